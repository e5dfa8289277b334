"""The map of atoms: registration of the browser part, and its payload.

Hovering draws the atom as a small matrix and a click opens its card, so that pointing needs no
round trip; a lasso tells the server which features it holds.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import plotly
import plotly.graph_objects as go
import streamlit as st
from plotly.offline import get_plotlyjs_version

from app.components import panels
from app.features.figures.atom_map import Small
from app.shared.drawing import colours
from app.shared.drawing.levels import to_json

ATOMS = "ired.atoms"


def payload(
    figure: go.Figure,
    atoms: Small | None,
    facts: np.ndarray,
    fact_names: tuple[str, ...],
    labels: Mapping[int, str],
) -> str:
    """Everything the browser needs, as one text.

    Args:
        figure: from `atom_map`.
        atoms: drawn at hover; None where atoms are no matrices.
        facts: numbers told at hover [m, k].
        fact_names: of them.
        labels: feature → what readers call it.

    Returns:
        JSON; a text that did not change is not sent again.
    """
    return to_json(
        {
            "version": get_plotlyjs_version(),
            "figure": figure.to_plotly_json(),
            "atoms": vars(atoms) if atoms else None,
            "side": int(atoms.entries.shape[1]) if atoms else 0,
            "stops": colours.SIGNED,
            "facts": facts.astype(np.float32),
            "factNames": list(fact_names),
            "labels": {str(i): text for i, text in labels.items()},
        }
    )


def show(
    key: str,
    text: str,
    on_pick: Callable[[], None],
    height: int,
) -> list[int] | None:
    """Place the map on the page.

    Args:
        key: of the element; the same one keeps zoom and lasso while the payload changes.
        text: from `payload`.
        on_pick: called when a point was clicked; `picked` tells which.
        height: pixels.

    Returns:
        Features in the lasso; None without one.
    """
    panels.serve(panels.PLOTLY, Path(plotly.__file__).parent / "package_data")
    panels.serve(ATOMS, Path(__file__).parent)
    mount = st.components.v2.component(ATOMS, js="atoms.js", css="atoms.css", isolate_styles=False)
    found = mount(
        key=key,
        data={"payload": text, "height": height},
        default={"lasso": None},
        on_lasso_change=lambda: None,
        on_picked_change=on_pick,
        height=height,
    )
    return numbers(found.get("lasso"))


def numbers(found: Any) -> list[int] | None:
    """What the browser says it holds, as feature numbers; anything else counts as nothing.

    Args:
        found: from the component.

    Returns:
        Ascending numbers, None if there are none.
    """
    if not isinstance(found, list):
        return None
    return sorted({i for i in found if type(i) is int and i >= 0}) or None


def picked(key: str) -> int | None:
    """The feature whose point was clicked; for `on_pick`.

    Args:
        key: of the element.

    Returns:
        Its number.
    """
    state = st.session_state.get(key)
    found = state.get("picked") if state is not None else None
    return found if type(found) is int and found >= 0 else None
