"""How a reader takes a figure along: caption, citation, copies of link, code, command, and files.

Nothing here is computed before it is asked for: a file is made when its button is pressed.
"""

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st
import xarray as xr

from app.shared.address import address as links
from app.shared.address.address import Address
from app.shared.asks import reading
from app.shared.page import look as theme
from ired_interp_core import registry
from store import QuestionInfo, Store

_COPY_JS = """
const words = { link: "copy link", python: "copy as Python", command: "copy as command" };

async function put(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // pages that are not served from localhost or by https have no clipboard of their own
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

// The link spells every parameter; what the browser itself changed stands in its own address.
function link(query, live) {
  const spelled = new URLSearchParams(query);
  const shown = new URLSearchParams(window.location.search);
  for (const name of live) if (shown.has(name)) spelled.set(name, shown.get(name));
  return `${window.location.origin}${window.location.pathname}?${spelled}`;
}

export default function copy({ data, parentElement }) {
  const row = parentElement.querySelector(".row");
  row.replaceChildren();
  for (const [name, label] of Object.entries(words)) {
    if (!data[name]) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.title = name === "link" ? "an address of this very view" : data[name];
    button.onclick = async () => {
      await put(name === "link" ? link(data.link, data.live) : data[name]);
      button.textContent = "copied";
      setTimeout(() => { button.textContent = label; }, 1200);
    };
    row.append(button);
  }
}
"""

_COPY_CSS = """
.row { display: flex; gap: 0.9rem; flex-wrap: nowrap; }
button { all: unset; cursor: pointer; font: inherit; font-size: 0.82rem; line-height: 1.7;
  color: var(--st-link-color); white-space: nowrap; min-width: 3.2rem; }
button:hover { text-decoration: underline; text-underline-offset: 3px; }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""


@dataclass(frozen=True)
class Download:
    """A file that a reader can save.

    Args:
        label: on the button.
        name: of the file.
        mime: its type.
        make: gives its content when asked.
    """

    label: str
    name: str
    mime: str
    make: Callable[[], bytes | str]


def python(s: Store, question: QuestionInfo, **arguments: Any) -> str:
    """The lines that load this very data.

    Args:
        s: the store.
        question: whose answers.
        **arguments: further ones of `Store.read`.

    Returns:
        Python source.
    """
    words = "".join(f", {name}={value!r}" for name, value in arguments.items())
    return (
        "import store\n\n"
        f"s = store.open({str(s.root.resolve())!r})\n"
        f'data = s.read("{question.analysis}", question="{question.key}"{words})\n'
    )


def python_sql(s: Store, query: str, params: Sequence[Any]) -> str:
    """The lines that ask the catalog this very question.

    Args:
        s: the store.
        query: SQL.
        params: bound values.

    Returns:
        Python source.
    """
    return (
        "import store\n\n"
        f"s = store.open({str(s.root.resolve())!r})\n"
        f'table = s.sql(\n    """{query}""",\n    {list(params)!r},\n)\n'
    )


def _toml(value: Any) -> str:
    return json.dumps(value)  # TOML spells texts, numbers and booleans as JSON does


def command(s: Store, question: QuestionInfo, count: int = 0) -> str:
    """Shell lines that compute the answers to a question.

    Args:
        s: the store.
        question: what to compute.
        count: problems; as many as a run asked for when left out.

    Returns:
        A sweep and the command that runs it.
    """
    p = question.problems
    lines = [f'name = "{question.analysis}-{question.key[:8]}"', ""]
    if question.model:
        path = _checkpoint(s, question.model)
        lines += ["[[models]]", f"checkpoint = {_toml(path)}", ""]
    asked = int(question.parameters.get(registry.RANGE, 0))  # of a set, which has one row itself
    count = count or max(asked, question.rows_asked, question.rows)
    lines += ["[[problems]]", f"task = {_toml(p.task)}", f"variant = {_toml(p.variant)}"]
    lines += [f"size = {p.size}", f"seed = {p.seed}", f"count = {count}", "", "[[analyses]]"]
    lines += [f"name = {_toml(question.analysis)}"]
    lines += [f"{name} = {_toml(value)}" for name, value in question.parameters.items()]
    lines += upstream(s, question.analysis, question.inputs)
    run = shlex.join(["python", "-m", "precompute", "run", "sweep.toml", "--store", str(s.root)])
    return "cat > sweep.toml <<'END'\n" + "\n".join(lines) + f"\nEND\n{run}\n"


def upstream(s: Store, analysis: str, inputs: Mapping[str, str]) -> list[str]:
    """Lines of a sweep's entry that choose what an analysis reads, however far upstream.

    Args:
        s: the store.
        analysis: name.
        inputs: role → key.

    Returns:
        One line for each role that can be chosen and is in the store.
    """
    by_key = {q.key: q for q in reading.questions(s)}

    def table(question: QuestionInfo) -> str:
        given = [f"{n} = {_toml(v)}" for n, v in question.parameters.items()]
        return ", ".join([*given, *entries(question.analysis, question.inputs)])

    def entries(name: str, filled: Mapping[str, str]) -> list[str]:
        return [
            f"inputs.{role} = {{{table(by_key[filled[role]])}}}"
            for role, what in registry.get(name).inputs.items()
            if what.kind == "answer" and not what.of and filled.get(role) in by_key
        ]

    return entries(analysis, inputs)


def _checkpoint(s: Store, digest: str) -> str:
    for record in reading.runs(s):
        known = record.get("models", {}).get(digest, {})
        if known.get("checkpoint"):
            return str(known["checkpoint"])
    return str(s.root / "models" / digest / "weights.safetensors")


def copies(address: Address, key: str, python: str = "", command: str = "") -> None:
    """Buttons: copy link, copy as Python, copy as command.

    Args:
        address: of the view.
        key: of the element.
        python: source; no button when empty.
        command: shell lines; no button when empty.
    """
    live = [name for name, known in links.VIEWS[address.view].items() if known.live]
    query = address.url().partition("?")[2]
    mount = st.components.v2.component(
        "ired_copy", html='<div class="row"></div>', css=_COPY_CSS, js=_COPY_JS
    )
    data = {"link": query, "live": live, "python": python, "command": command}
    mount(key=f"copy:{key}", data=data, width="content")


def saves(key: str, downloads: Sequence[Download]) -> None:
    """Buttons that save files.

    Args:
        key: of the element.
        downloads: the files.
    """
    for file in downloads:
        st.download_button(
            file.label,
            file.make,
            file.name,
            file.mime,
            key=f"save:{key}:{file.label}",
            on_click="ignore",
            type="tertiary",
        )


def foot(
    address: Address,
    key: str,
    reading_help: str,
    cite: str,
    python: str = "",
    command: str = "",
    downloads: Sequence[Download] = (),
) -> None:
    """What stands under every figure: how to read it, its citation, copies and files.

    Args:
        address: of the view.
        key: unique on the page.
        reading_help: how to read it, units, frame, what is approximated. Our own words only.
        cite: from `citation`.
        python: source that loads the data.
        command: shell lines that compute it.
        downloads: files.
    """
    with st.container(key=f"foot-{key}", gap=None):
        st.caption(reading_help)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(cite, width="content")
            copies(address, key, python, command)
            saves(key, downloads)


def citation(s: Store, *asked: QuestionInfo) -> str:
    """Name where numbers come from.

    Args:
        s: the store.
        *asked: the questions behind a figure.

    Returns:
        For example "ired-interp, descent b81c22f4 · store demo-store 20261121T042033".
    """
    sources = ", ".join(f"{q.analysis} {q.key[:8]}" for q in asked)
    return f"ired-interp, {sources} · generation {s.generation}"


def html(figure: go.Figure, name: str) -> Download:
    """A figure as a page of its own that needs no network.

    Args:
        figure: to save.
        name: of the file, without ending.

    Returns:
        The download.
    """
    return Download("HTML", f"{name}.html", "text/html", lambda: page(figure))


def page(figure: go.Figure) -> str:
    """Write a figure as a page of its own that needs no network, and offers to use none.

    Args:
        figure: to save.

    Returns:
        HTML.
    """
    return str(figure.to_html(include_plotlyjs=True, config=theme.PLOT_CONFIG))


def netcdf(answer: Callable[[], xr.Dataset], name: str) -> Download:
    """Labelled arrays as a file that xarray opens.

    Args:
        answer: gives the dataset when asked.
        name: of the file, without ending.

    Returns:
        The download.
    """

    def make() -> bytes:
        return bytes(answer().to_netcdf(engine="h5netcdf"))

    return Download("netCDF", f"{name}.nc", "application/x-netcdf", make)
