"""What the landscape view's panels draw, as labelled arrays: what leaves as a file."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from app.landscape.figures.active_features import Active
from app.landscape.figures.marks import SliceView
from app.landscape.figures.matrices import Matrices
from app.landscape.figures.traces import FATES, Walk
from app.shared.drawing.eigenvalues import VARIANCE_LEVELS, Spectrum
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.table import quantities
from app.shared.table.quantities import Quantity
from ired_interp_core.schedule import Schedule

LEVELS = {"level": list(LEVEL_ORDER)}
SCALES = {
    "energy": ("energy", "E_t", "E"),
    "log": ("log10_energy", "log10 E_t", "log10 E"),
    "percent": ("energy_percent", "E_t / E_t(centre)", "percent"),
}
"""Scale of a slice → variable, long name, units."""
RADII = {"units": "radius"}


def _named(long_name: str, units: str) -> dict[str, str]:
    return {"long_name": long_name, "units": units}


def of_slice(view: SliceView) -> xr.Dataset:
    """Energies of the plane as drawn, the descent and the places on it."""
    name, long_name, units = SCALES[view.surface.scale]
    states, points = ("level", "step"), ("level", "place")
    data: dict[str, Any] = {
        name: (("level", "b", "a"), view.surface.values, _named(long_name, units)),
        "centre_energy": ("level", view.surface.centre_energy, _named("E_t at the centre", "E")),
        "error_bound": (
            "level", view.surface.error, _named("surface error, share of the level's range", "1"),
        ),
    }  # fmt: skip
    for prefix, dims, on_plane, said in (
        ("step", states, view.path, "state of the descent"),
        ("place", points, view.places, "named place"),
    ):
        data |= {
            f"{prefix}_a": (dims, on_plane.a, _named(f"{said}, along a", "radius")),
            f"{prefix}_b": (dims, on_plane.b, _named(f"{said}, along b", "radius")),
            f"{prefix}_distance": (
                dims, on_plane.distance, _named(f"{said}, distance to the plane", "radius"),
            ),
            f"{prefix}_energy": (dims, on_plane.energy, _named(f"{said}, its own E_t", "E")),
            f"{prefix}_gap": (
                dims, on_plane.gap, _named(f"{said}, E_t less that of the surface", "E"),
            ),
        }  # fmt: skip
    coords = {
        **LEVELS,
        "a": ("a", view.surface.a, {"long_name": view.names[0], **RADII}),
        "b": ("b", view.surface.b, {"long_name": view.names[1], **RADII}),
        "place": list(view.place_names),
    }
    facts = {"radius_in_data_frame": view.surface.radius, "half_width": view.half_width}
    return xr.Dataset(data, coords, facts)


def of_cuts(view: SliceView) -> xr.Dataset:
    """The energies along the two axes of the plane."""
    surface, (_, long_name, units) = view.surface, SCALES[view.surface.scale]
    middle = len(surface.a) // 2
    dims = ("level", "position")
    along = {
        "along_a": (dims, surface.values[:, middle, :], f"{long_name}, {view.names[0]}"),
        "along_b": (dims, surface.values[:, :, middle], f"{long_name}, {view.names[1]}"),
    }
    position = ("position", surface.a, {"long_name": "a or b", **RADII})
    data = {n: (d, values, _named(said, units)) for n, (d, values, said) in along.items()}
    return xr.Dataset(data, {**LEVELS, "position": position})


def of_spectrum(described: Spectrum) -> xr.Dataset:
    """Eigenvalues at one place, and what is counted beyond the lines."""
    level = described.frame == "level"
    variance = described.axis == "variance"
    name = "implied_variance" if variance else "eigenvalue"
    unit = "y²" if variance else "E/ỹ²" if level else "E/y²"
    ideal = "variance of a certain answer" if variance else "1/σ"
    symbol = "v" if variance else "λ"
    data = {
        name: (("level", "rank"), described.values, _named(f"{symbol}, λ ascending", unit)),
        "ideal": ("level", described.line, _named(ideal, unit)),
        "above": ("level", described.above, _named("number of λ > 1/σ", "1")),
        "below": ("level", described.below, _named("number of λ < 0", "1")),
        "exactly_zero": ("level", described.flat[:, 1], _named("number of λ = 0", "1")),
    }
    rank = np.arange(1, described.values.shape[1] + 1)
    facts = {"place": described.place, "frame": described.frame}
    return xr.Dataset(data, {**LEVELS, "rank": rank}, facts)


def framed(
    answer: xr.Dataset, shown: Mapping[str, Quantity], frame: str, schedule: Schedule
) -> xr.Dataset:
    """Scalars by level and place in a frame.

    Args:
        answer: of one problem.
        shown: variable → what it is.
        frame: "level" or "data".
        schedule: of the model.

    Returns:
        The scalars; an implied variance only where it is read.
    """
    ordered = answer.sel(level=list(LEVEL_ORDER))
    data = {}
    for name, quantity in shown.items():
        values = ordered[name].transpose("level", "place").values.astype(np.float64)
        values = values * quantities.factor(quantity, frame, schedule)[list(LEVEL_ORDER), None]
        if name == "implied_variance":  # noise where σ²/ᾱ is large
            values[np.array(LEVEL_ORDER) > VARIANCE_LEVELS] = np.nan
        named = _named(quantity.label, quantities.unit(quantity, frame))
        data[name] = (("level", "place"), values, named)
    places = [str(p) for p in answer["place"].values]
    return xr.Dataset(data, {**LEVELS, "place": places}, {"frame": frame})


def of_matrices(shown: Matrices) -> xr.Dataset:
    """Problem, truth, answers and errors, data frame."""
    matrix = ("row", "column")
    data: dict[str, Any] = {
        "x": (("part", *matrix), shown.x, _named("x", "1")),
        "truth": (matrix, shown.truth, _named("y*", "y")),
    }
    if shown.answers is not None:
        data |= {
            "answer": (("level", *matrix), shown.answers, _named("ŷ_t", "y")),
            "error": (
                ("level", *matrix), np.abs(shown.answers - shown.truth), _named("|ŷ_t − y*|", "y"),
            ),
        }  # fmt: skip
    coords = {"part": list(shown.part_names)} | ({} if shown.answers is None else LEVELS)
    return xr.Dataset(data, coords)


def of_walk(walk: Walk) -> xr.Dataset:
    """Energy, error, fate and clamping of every state, and the trivial predictors' errors."""
    dims = ("level", "step")
    fate = np.array(FATES)[walk.fate]
    data: dict[str, Any] = {
        "energy": (dims, walk.energy, _named("E_t on its own level's landscape", "E")),
        "mse": (dims, walk.mse, _named("MSE of the state", "y²")),
        "fate": (dims, fate, _named("fate of the proposal", "1")),
        "clamped": (dims, walk.clamped, _named("share of the entries on the box", "1")),
    }
    coords: dict[str, Any] = {**LEVELS, "step": np.arange(walk.energy.shape[1])}
    if walk.baselines:
        named = _named("MSE of a trivial predictor", "y²")
        data["baseline_mse"] = ("baseline", list(walk.baselines.values()), named)
        coords["baseline"] = list(walk.baselines)
    return xr.Dataset(data, coords)


def of_features(shown: Active, name: str) -> xr.Dataset:
    """Features and activations at every state, and what they leave out."""
    ranked, states = ("level", "step", "rank"), ("level", "step")
    data = {
        "feature": (ranked, shown.feature, _named("feature; -1: none", "1")),
        "activation": (ranked, shown.value, _named("activation, scaled frame", "1")),
        "active": (states, shown.count, _named("features with f > 0; -1: level unknown", "1")),
        "left_out": (states, shown.error, _named("‖x − x̂‖²/‖x − centre‖²", "1")),
    }
    ranks = np.arange(1, shown.feature.shape[2] + 1)
    return xr.Dataset(data, {**LEVELS, "step": shown.steps, "rank": ranks}, {"dictionary": name})
