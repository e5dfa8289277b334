"""The level-controlled panels: registration of the browser part, and its payload.

The files beside this one and the installed plotly.js are served by Streamlit's own route for
component files: only numbers travel through the websocket, and nothing comes from elsewhere.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import plotly
import streamlit as st
from plotly.offline import get_plotlyjs_version
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from app.shared.drawing.levels import LEVEL_ORDER, AnyPanel, to_json
from ired_interp_core.schedule import Schedule

PANELS = "ired.panels"
PLOTLY = "ired.plotly"


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


def payload(
    panels: Sequence[AnyPanel],
    schedule: Schedule,
    templates: Mapping[str, Any],
    arrangement: str,
) -> str:
    """Everything the browser needs for all ten levels, as one text.

    Args:
        panels: what to show, in reading order.
        schedule: of the model; its σ_t stand under the level bar.
        templates: Plotly templates "light" and "dark".
        arrangement: name of the grid in panels.css.

    Returns:
        JSON; a text that did not change is not sent again.
    """
    levels = []
    for t in LEVEL_ORDER:
        sigma, alpha = float(schedule.sigma[t]), float(schedule.alphas_cumprod[t])
        facts = f"σ {sigma:.4f}   1/σ {1 / sigma:.3f}   √ᾱ {alpha**0.5:.4f}"
        word = {9: " (smoothest)", 0: " (sharpest)"}.get(t, "")
        levels.append(
            {
                "t": t,
                "sigma": sigma,
                "text": f"{sigma:.3f}".removeprefix("0"),
                "facts": facts,
                "help": f"level t = {t}{word} · σ_t = {sigma:.4f} · key {t}",
            }
        )
    return to_json(
        {
            "version": get_plotlyjs_version(),
            "level": LEVEL_ORDER[-1],  # if the address names none
            "levels": levels,
            "templates": templates,
            "arrangement": arrangement,
            "panels": list(panels),
        }
    )


def show(key: str, text: str) -> None:
    """Place the panels on the page.

    Args:
        key: of the element; the same one keeps level, zoom and camera while the payload changes.
        text: from `payload`.
    """
    serve(PLOTLY, Path(plotly.__file__).parent / "package_data")
    serve(PANELS, Path(__file__).parent)
    mount = st.components.v2.component(
        PANELS, js="panels.js", css="panels.css", isolate_styles=False
    )
    mount(key=key, data={"payload": text}, height="content")
