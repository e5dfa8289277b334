"""The panels of the gradient flow: from the answers of all problems to figures and numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from app.probes.figures import flow as figures
from app.probes.flow_arrays import VARIABLES, flow
from app.probes.gradients import BAND, Flow
from app.probes.scene import FLOW, Scene
from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, Chip, Line, Sentence, Strong
from app.shared.page.contract import Drawn, Fields, Outcome, Source
from app.shared.page.look import Look
from ired_interp_core.probing.names import LAYERS, NETWORKS
from ired_interp_core.spelling import counted, number

Make = Callable[[Flow, Look], go.Figure]


def _draw(
    make: Make, numbers: Callable[[Flow], xr.Dataset], said: Callable[[Flow], str] = lambda _: ""
) -> Any:
    """A panel of a figure, and of what it draws as labelled arrays."""

    def drawn(scene: Scene, fields: Fields) -> Outcome:
        question = scene.asked[FLOW]
        found = flow(scene.store, question)
        note = " · ".join(filter(None, (said(found), counted(len(found.size), "problem"))))
        source = Source(question, {"variables": list(VARIABLES)})
        return Drawn(make(found, fields.look), numbers(found), [source], note)

    return drawn


def headline(scene: Scene, fields: Fields) -> Outcome:
    """Whether the gradient reaches all layers, beside an untrained network."""
    question = scene.asked[FLOW]
    found = flow(scene.store, question)
    (low, high), (least, most) = (found.ends(network) for network in NETWORKS)
    count, beside = (int(v) for v in found.everywhere.sum(-1))
    every = counted(len(LAYERS) * found.units, "unit")
    line: Line = (
        "Ratios between neighbouring layers are ",
        Strong(f"{number(low, '.2g')} … {number(high, '.2g')}"),
        f" at all levels and steps (limit {BAND[0]:g} … {BAND[1]:g}); ",
        Strong(f"{count} of {every}"),
        f" are dead everywhere. Untrained: {number(least, '.2g')} … {number(most, '.2g')};"
        f" {beside}.{scene.elsewhere(FLOW)}",
    )
    chip = Chip("5.4 holds", "holds") if found.holds else Chip("5.4 does not hold", "not")
    data = {
        "least_ratio": ("network", np.array([low, least]), _said("smallest ratio of all", "1")),
        "largest_ratio": ("network", np.array([high, most]), _said("largest ratio of all", "1")),
        "dead": ("network", np.array([count, beside]), _said("units dead everywhere", "1")),
    }
    numbers = xr.Dataset(data, {"network": list(NETWORKS)}, {"question": FLOW})
    source = Source(question, {"variables": list(VARIABLES)})
    return Drawn(Sentence([[line]], [chip]), numbers, [source])


def _said(words: str, units: str) -> dict[str, str]:
    return {"long_name": words, "units": units}


def _medians(values: np.ndarray, name: str, last: tuple[str, ...], words: str) -> xr.Dataset:
    middle = np.median(values[:, :, list(LEVEL_ORDER)], axis=0)
    units = "E/h" if name == "layer_gradient" else "1"
    dims = ("network", "level", "step", "of")
    coords = {"network": list(NETWORKS), "level": list(LEVEL_ORDER), "of": list(last),
              "step": np.arange(-1, middle.shape[2] - 1)}  # fmt: skip
    return xr.Dataset({name: (dims, middle, _said(words, units))}, coords)


def sizes(found: Flow) -> xr.Dataset:
    """Medians of the sizes."""
    return _medians(found.size, "layer_gradient", LAYERS, "median rms ∂E/∂h over the problems")


def ratios(found: Flow) -> xr.Dataset:
    """Medians of the ratios, and their ends of the model."""
    made = _medians(found.ratio, "ratio", figures.PAIRS, "median ratio over the problems")
    own = found.ratio[:, 0][:, list(LEVEL_ORDER)]
    dims = ("level", "step", "of")
    return made.assign(
        least=(dims, own.min(0), _said("smallest ratio of the problems, model", "1")),
        largest=(dims, own.max(0), _said("largest ratio of the problems, model", "1")),
    )


def shares(found: Flow) -> xr.Dataset:
    """Shares of points at which units are dead, sorted."""
    values = figures.sorted_shares(found)
    said = _said("share of points at which the unit is dead", "1")
    coords = {"layer": list(LAYERS), "rank": np.arange(1, found.units + 1)}
    return xr.Dataset({"dead_share": (("layer", "rank"), values, said)}, coords)


def everywhere(found: Flow) -> xr.Dataset:
    """Shares of units that are dead everywhere."""
    said = _said("share of the units that are dead at every point", "1")
    values = found.everywhere / found.units
    coords = {"network": list(NETWORKS), "layer": list(LAYERS)}
    return xr.Dataset({"dead_everywhere": (("network", "layer"), values, said)}, coords)


draw_rms = _draw(lambda found, look: figures.rms(found, look.template), sizes)
draw_ratio = _draw(lambda found, look: figures.ratio(found, look.template), ratios)
draw_units = _draw(
    lambda found, look: figures.units(found, look.template, colours.GAIN[look.ground]),
    shares,
    lambda found: f"at most {100 * float(found.dead[0].max()):.2g} % of the points",
)
draw_dead = _draw(
    lambda found, look: figures.dead(found, look.template),
    everywhere,
    lambda found: (
        f"{found.everywhere[0].sum()} of {len(LAYERS) * found.units:,} units, untrained"
        f" {found.everywhere[1].sum()}"
    ),
)
