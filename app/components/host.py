"""The browser host of all panels: its registration, and the two functions that mount it.

One component, `HOST`, is mounted once for the page (`page`: level bar, keys, templates, what
panels share) and once for every panel (`panel`). Both mounts load the same ES modules, so that
panels are moved together in the browser without asking the server. The files beside this one and
the installed plotly.js are served by Streamlit's own route for component files: only numbers travel
through the websocket, and nothing comes from elsewhere.

What the browser says is checked here. Each callback of `panel` is called with one value:
`on_picked` with a `Picked`, `on_selected` with the customdata of the selected points (None when
there are none), `on_export` with the label of a file or "numbers"; `on_cancel`
with nothing; `on_answered` with the key of an answer that was asked live.

A page may name the `panels` (ids) that stand on it: then it counts as drawn when all of them are.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plotly
import streamlit as st
from plotly.offline import get_plotlyjs_version
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from app.components import said
from app.components.said import Custom, Picked
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.drawing.payload import to_json
from ired_interp_core.schedule import Schedule

HERE = Path(__file__).parent


def _digest(*endings: str) -> str:
    """Of the files that the browser gets."""
    found = hashlib.blake2b(digest_size=4)
    for path in sorted(path for path in HERE.rglob("*") if path.suffix in endings):
        found.update(path.read_bytes())
    return found.hexdigest()


HOST = f"ired.host_{_digest('.js', '.css', '.ttf')}"
"""With a digest: a browser keeps files whose address says what is in them, and asks once."""
PLOTLY = "ired.plotly"
NUMBERS = "numbers"
"""The label that `on_export` gets when a reader wants to see the numbers; also the id of the file
that answers: JSON {columns, rows, total}."""
LIGHT = "light"
"""The same for the payload of the panel on light ground, from which pictures are made."""

KEY = re.compile(r"[0-9a-f]{24}")

_HEARD = "host:heard"

Payload = str | Mapping[str, Any]


def serve(name: str, folder: Path) -> None:
    """Let the server hand out the files of a folder under `_stcore/bidi-components/<name>/`.

    Streamlit finds such folders in the metadata of installed packages; this project is run from its
    checkout, so it says the same here.

    Args:
        name: of the component, "package.component".
        folder: with its files.
    """
    manager = get_bidi_component_manager()
    if manager.get(name) is None:
        package, component = name.split(".")
        config = ComponentConfig(component, asset_dir=folder.name)
        manager.register_from_manifest(ComponentManifest(package, "1", [config]), folder.parent)


def _mount() -> Any:
    serve(PLOTLY, Path(plotly.__file__).parent / "package_data")
    serve(HOST, HERE)
    return st.components.v2.component(HOST, js="host.js", isolate_styles=False)


def version() -> str:
    """Version of the installed plotly.js, as the page's payload names it."""
    return get_plotlyjs_version()


def stops(schedule: Schedule) -> list[dict[str, Any]]:
    """The stops of the level bar, smoothest first, each with its σ_t."""
    described = []
    for t in LEVEL_ORDER:
        sigma, alpha = float(schedule.sigma[t]), float(schedule.alphas_cumprod[t])
        word = {9: " (smoothest)", 0: " (sharpest)"}.get(t, "")
        described.append(
            {
                "t": t,
                "sigma": sigma,
                "text": f"{sigma:.3f}",
                "facts": f"σ {sigma:.4f}   1/σ {1 / sigma:.3f}   √ᾱ {alpha**0.5:.4f}",
                "help": f"level t = {t}{word} · σ_t = {sigma:.4f} · key {t}",
            }
        )
    return described


def file(id: str, name: str, mime: str, content: bytes | str) -> dict[str, str]:
    """Spell a file for the browser, which saves it once for every new id.

    Args:
        id: new for every wish to save; `NUMBERS` and `LIGHT` for what the page itself reads.
        name: of the file.
        mime: its type.
        content: text is sent as UTF-8.

    Returns:
        What `panel` takes.
    """
    data = content.encode() if isinstance(content, str) else content
    return {"id": id, "name": name, "mime": mime, "base64": base64.b64encode(data).decode()}


@dataclass(frozen=True)
class Went:
    """An address of the app that a reader goes to.

    Args:
        path: the end of its path.
        query: its query.
        draft: key of an answer of which a draft is shown there, or "".
    """

    path: str
    query: str
    draft: str = ""


@dataclass(frozen=True)
class Drafted:
    """Something is known of an answer: its key, and the panel in whose form it was asked, or ""."""

    key: str
    panel: str


def page(
    key: str,
    payload: Payload,
    on_went: Callable[[Went], None] | None = None,
    on_answered: Callable[[], None] | None = None,
    on_drafted: Callable[[Drafted], None] | None = None,
    on_looked: Callable[[], None] | None = None,
) -> None:
    """Place what the panels of a page share; first on it.

    Args:
        key: of the element.
        payload: {version, templates: {light, dark}, levels: `stops` or None, bar, query, live,
            panels, opening, asking: {token, why} of live questions, looks: seconds between two
            looks for newer data}, or that as text of `to_json`.
        on_went: called with an address that the reader goes to.
        on_answered: called when something was answered live that no panel asked for by itself.
        on_drafted: called when a draft of an answer can be drawn.
        on_looked: called when it is time to look for newer data.
    """

    def words(about: str, *names: str) -> list[str]:
        """The texts that the browser tells with a word; none where something is no text."""
        value = _told(key, about)
        texts = [value.get(n) for n in names] if isinstance(value, Mapping) else []
        return [str(t) for t in texts] if all(isinstance(t, str) for t in texts) else []

    def went() -> None:
        told = words("went", "path", "query", "draft")
        if on_went is not None and told and KEY.fullmatch(told[2] or "0" * 24):
            on_went(Went(*told))

    def drafted() -> None:
        told = words("drafted", "key", "panel")
        if on_drafted is not None and told and KEY.fullmatch(told[0]):
            on_drafted(Drafted(*told))

    def heard(name: str, act: Callable[[], None] | None) -> Callable[[], None]:
        return lambda: act() if _told(key, name) is not None and act is not None else None

    _mount()(
        key=key,
        data={
            "part": "page",
            "name": key,
            "payload": _spelled(payload),
            "heard": st.session_state.get(_HEARD, 0),
        },
        on_went_change=went,
        on_answered_change=heard("answered", on_answered),
        on_looked_change=heard("looked", on_looked),
        on_drafted_change=drafted,
        height="content",
    )


def panel(
    key: str,
    payload: Payload,
    height: int,
    file: Mapping[str, str] | None = None,
    early: bool = False,
    on_picked: Callable[[Picked], None] | None = None,
    on_selected: Callable[[list[Custom] | None], None] | None = None,
    on_export: Callable[[str], None] | None = None,
    on_cancel: Callable[[], None] | None = None,
    on_answered: Callable[[str], None] | None = None,
) -> list[Custom] | None:
    """Place a panel.

    Args:
        key: of the element; the same one keeps zoom, camera and selection while the payload
            changes.
        payload: the panel, as text from `to_json` or as what it takes; a text that did not change
            is not drawn again.
        height: pixels of the body; 0 for as high as its content.
        file: from `file`, the answer to `on_export`.
        early: it shows a draft, which the address of the page does not name yet.
        on_picked: called with what was clicked.
        on_selected: called with what lasso or box hold.
        on_export: called with the label of a wanted file, or `NUMBERS`.
        on_cancel: called when the reader no longer wants what is pending.
        on_answered: called with the key of an answer that was asked live in the panel.

    Returns:
        Customdata of the points in lasso or box; None where nothing is selected.
    """

    def told(name: str, say: Callable[[Any], None]) -> Callable[[], None]:
        def callback() -> None:
            say(_told(key, name))

        return callback

    def picked(value: Any) -> None:
        checked = said.picked(value)
        if checked is not None and on_picked is not None:
            on_picked(checked)

    def selected(value: Any) -> None:
        if on_selected is not None:
            on_selected(said.selected(value))

    def wanted(value: Any) -> None:
        if isinstance(value, str) and on_export is not None:
            on_export(value)

    def cancelled(value: Any) -> None:
        if value is True and on_cancel is not None:
            on_cancel()

    def answered(value: Any) -> None:
        key = value.get("key") if isinstance(value, Mapping) else None
        if isinstance(key, str) and KEY.fullmatch(key) and on_answered is not None:
            on_answered(key)

    state = _mount()(
        key=key,
        data={
            "part": "panel",
            "name": key,
            "payload": _spelled(payload),
            "height": height,
            "file": dict(file) if file else None,
            "early": early,
        },
        default={"selected": None},
        on_picked_change=told("picked", picked),
        on_selected_change=told("selected", selected),
        on_export_change=told("export", wanted),
        on_cancel_change=told("cancel", cancelled),
        on_answered_change=told("answered", answered),
        height="content",
    )
    return said.selected(state.get("selected"))


def _told(key: str, name: str) -> Any:
    """What a mount tells by a name."""
    state = st.session_state.get(key)
    value = state.get(name) if state is not None else None
    turn = value.get("turn") if isinstance(value, Mapping) else None
    # What changes the page comes with a turn, which the page's own mount repeats: until then the
    # browser tells nothing else: Streamlit takes what it interrupts back to the address before.
    if type(turn) is int and 0 < turn < 2**53:
        st.session_state[_HEARD] = turn
    return value


def _spelled(payload: Payload) -> str:
    return payload if isinstance(payload, str) else to_json(payload)
