"""How a reader takes a figure along: caption, citation, copies of link, code, command, and files.

Nothing here is computed before it is asked for: a file is made when its button is pressed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st
import xarray as xr

from app.shared.address import address as links
from app.shared.address.address import Address
from app.shared.asks.commands import citation as citation  # for views that place their own feet
from app.shared.asks.commands import command as command
from app.shared.asks.commands import python as python
from app.shared.asks.commands import python_sql as python_sql
from app.shared.asks.commands import upstream as upstream
from app.shared.page import look as theme

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
