"""What the annealing view shows, panel by panel, made once for everybody who asks for the same.

Between `population` (cached reads) and `figures` (pure drawing); no widgets here.
"""

from typing import Any

import streamlit as st

from app.annealing import words
from app.annealing.panels import DRAW
from app.annealing.scene import Drawn, Missing, Scene
from app.shared.page import look as theme
from ired_interp_core import registry


@st.cache_resource(max_entries=256, show_spinner=False)
def _drawn(identity: tuple[Any, ...], panel: str, _scene: Scene) -> Drawn:
    return DRAW[panel](_scene)


def identity(scene: Scene, panel: str) -> tuple[Any, ...]:
    """What a panel depends on; a pick only where it stands.

    Args:
        scene: everything.
        panel: id.

    Returns:
        A key for caches.
    """
    a = scene.address
    keys = tuple(sorted((n, q.key) for n, q in scene.pop.asked.items()))
    pick = a["pick"] and (a["pick"], a["level"])
    mine = pick if pick and panel_of(a["pick"].split("~")[0]) == panel else ""
    if panel == "energy":
        mine = (a["problem"], a["level"], a["energy"], a["points"])
    names = ("place", "frame", "spectrum", "group", "groups")
    values = tuple(a[n] for n in names)
    return (scene.s.generation, str(scene.s.root), keys, theme.active(), values, mine)


def panel_of(what: str) -> str:
    """Where a quantity is drawn.

    Args:
        what: its id.

    Returns:
        Id of the panel; empty if it is drawn nowhere.
    """
    head, _, rest = what.partition(".")
    if head == "eigenspace":
        kind = rest.partition(".")[0]
        known = {"alignment": "alignment", "unresolved": "alignment", "angle": "angles"}
        return known.get(kind, "")
    return {
        "mse": "error",
        "drift": "drift",
        "minimum_distance": "minimum",
        "minimum_ratio": "minimum",
        "energy_excess": "preference",
        "eigenvalue": "spectrum",
        "index": "counts",
        "above_inverse_sigma": "counts",
        "participation_ratio": "rank",
        "entropy_rank": "rank",
        "gauss_newton_norm": "parts",
        "residual_norm": "parts",
        "gauss_newton_residual_cosine": "parts",
    }.get(rest, "")


def panel(scene: Scene, id_: str) -> Drawn | Missing:
    """Draw a panel, or say what is missing.

    Args:
        scene: everything.
        id_: key of words.TITLES.

    Returns:
        The panel.
    """
    analysis = words.SOURCES[id_]
    if analysis in scene.pop.asked:
        return _drawn(identity(scene, id_), id_, scene)
    title = registry.get(analysis).title.lower()
    command = (
        f'# add to SWEEP.toml\n[[analyses]]\nname = "{analysis}"\n\n# then\n'
        "python -m precompute run SWEEP.toml --store $IRED_STORE"
    )
    return Missing(f"This store has no {title} of this model and set.", command)
