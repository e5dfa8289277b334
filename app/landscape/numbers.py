"""What the landscape view's panels draw, as labelled arrays: what leaves as a file."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from app.landscape.figures.marks import SliceView
from app.landscape.figures.traces import FATES
from app.shared.drawing.eigenvalues import VARIANCE_LEVELS, Spectrum
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.drawing.names import baseline_name
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
RANKS = 8
"""Active features of a state: as many as can be read at a glance."""


def _named(long_name: str, units: str) -> dict[str, str]:
    return {"long_name": long_name, "units": units}


def place_energies(curvature: xr.Dataset | None, places: Sequence[str]) -> np.ndarray:
    """Energies at named places [level, place], NaN where no spectrum knows them."""
    if curvature is None:
        return np.full((len(LEVEL_ORDER), len(places)), np.nan)
    return curvature["energy"].sel(LEVELS).transpose("level", "place").reindex(place=places).values


def of_slice(view: SliceView) -> xr.Dataset:
    """Energies of the plane as drawn, the descent and the places on it."""
    name, long_name, units = SCALES[view.surface.scale]
    states, points = ("level", "step"), ("level", "place")
    marked = [("step", states, view.path, "state of the descent"),
              ("place", points, view.places, "named place")]  # fmt: skip
    if view.landmarks is not None:
        marked += [("basin", ("level", "basin"), view.landmarks.basins, "minimum of the basin"),
                   ("saddle", ("level", "saddle"), view.landmarks.saddles, "saddle")]  # fmt: skip
    data: dict[str, Any] = {
        name: (("level", "b", "a"), view.surface.values, _named(long_name, units)),
        "centre_energy": ("level", view.surface.centre_energy, _named("E_t at the centre", "E")),
        "surface_error": (
            "level", view.surface.error,
            _named("estimated surface error, share of the level's range", "1"),
        ),
    }  # fmt: skip
    for prefix, dims, on_plane, said in marked:
        for field, words, unit in (
            ("a", "along a", "radius"),
            ("b", "along b", "radius"),
            ("distance", "distance to the plane", "radius"),
            ("energy", "its own E_t", "E"),
            ("gap", "E_t less that of the surface", "E"),
        ):
            about = _named(f"{said}, {words}", unit)
            data[f"{prefix}_{field}"] = (dims, getattr(on_plane, field), about)
    coords = {
        **LEVELS,
        "a": ("a", view.surface.a, {"long_name": view.names[0], **RADII}),
        "b": ("b", view.surface.b, {"long_name": view.names[1], **RADII}),
        "place": list(view.place_names),
    }
    facts = {"radius_in_data_frame": view.surface.radius, "half_width": view.half_width}
    facts |= (
        {} if view.point is None else dict(zip(("point_a", "point_b"), view.point, strict=True))
    )
    return xr.Dataset(data, coords, facts)


def of_cuts(view: SliceView) -> xr.Dataset:
    """The energies along the two axes of the plane."""
    surface, (_, long_name, units) = view.surface, SCALES[view.surface.scale]
    middle = len(surface.a) // 2
    data = {
        f"along_{axis}": (("level", "position"), values, _named(f"{long_name}, {name}", units))
        for axis, values, name in zip(
            "ab", (surface.values[:, middle, :], surface.values[:, :, middle]), view.names,
            strict=True,
        )
    }  # fmt: skip
    position = ("position", surface.a, {"long_name": "a or b", **RADII})
    return xr.Dataset(data, {**LEVELS, "position": position})


def of_spectrum(described: Spectrum, pinned: np.ndarray | None = None) -> xr.Dataset:
    """Eigenvalues at one place, and what is counted beyond the lines; those that are pinned."""
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
        "break_below": ("level", described.broken[:, 0], _named("λ below the widest gap", "1")),
        "break_ratio": ("level", described.broken[:, 1], _named("its width in median gaps", "1")),
        "identity": (
            "level", described.identity,
            _named("share of the stiffest direction along the identity, at least", "1"),
        ),
        "mean_variance": (
            "level", described.check[:, 0], _named("mean v at the noised truth", "y²")
        ),
        "denoising_error": (
            "level", described.check[:, 1], _named("denoising error at the noised truth", "y²")
        ),
    }  # fmt: skip
    if pinned is not None:
        said = _named(f"{symbol} of the pinned view, λ ascending", unit)
        data[f"pinned_{name}"] = (("level", "rank"), pinned, said)
    rank = np.arange(1, described.values.shape[1] + 1)
    facts = {"place": described.place, "frame": described.frame}
    return xr.Dataset(data, {**LEVELS, "rank": rank}, facts)


def framed(
    answer: xr.Dataset, shown: Mapping[str, Quantity], frame: str, schedule: Schedule
) -> xr.Dataset:
    """Scalars by level and place in a frame, "level" or "data"."""
    ordered = answer.sel(level=list(LEVEL_ORDER))
    data = {}
    for name, quantity in shown.items():
        values = ordered[name].transpose("level", "place").values.astype(np.float64)
        values = values * quantities.factor(quantity, frame, schedule)[list(LEVEL_ORDER), None]
        if name in {"implied_variance", "denoising_error"}:  # noise where σ²/ᾱ is large
            values[np.array(LEVEL_ORDER) > VARIANCE_LEVELS] = np.nan
        named = _named(quantity.label, quantities.unit(quantity, frame))
        data[name] = (("level", "place"), values, named)
    places = [str(p) for p in answer["place"].values]
    return xr.Dataset(data, {**LEVELS, "place": places}, {"frame": frame})


def of_matrices(properties: xr.Dataset, descent: xr.Dataset | None, parts: list[str]) -> xr.Dataset:
    """Problem with its parts, truth, and the answers of a descent with their errors, data frame."""
    matrix = ("row", "column")
    truth = properties["y_true"].values
    data: dict[str, Any] = {
        "x": (("part", *matrix), properties["x"].values, _named("x", "1")),
        "truth": (matrix, truth, _named("y*", "y")),
    }
    if descent is None:
        return xr.Dataset(data, {"part": parts})
    answers = descent["answer"].sel(LEVELS).values
    data["answer"] = (("level", *matrix), answers, _named("ŷ_t", "y"))
    data["error"] = (("level", *matrix), np.abs(answers - truth), _named("|ŷ_t − y*|", "y"))
    return xr.Dataset(data, {"part": parts, **LEVELS})


def of_walk(descent: xr.Dataset, baselines: xr.DataArray | None) -> xr.Dataset:
    """Energy, error, fate and clamping of every state of a descent, beside trivial predictors."""
    dims = ("level", "step")
    ordered = descent.sel(LEVELS).transpose("level", "step", ...)

    def array(name: str) -> np.ndarray:
        return ordered[name].values.astype(np.float64)

    fate = np.array(FATES)[ordered["step_accepted"].values.astype(np.int64)]
    data: dict[str, Any] = {
        "energy": (dims, array("step_energy"), _named("E_t on its own level's landscape", "E")),
        "mse": (dims, array("step_mse"), _named("MSE of the state", "y²")),
        "fate": (dims, fate, _named("fate of the proposal", "1")),
        "undecided": (
            dims, ordered["step_undecided"].values,
            _named("whether |E' − E| < 8 ulp of E: rounding chose", "1"),
        ),
        "clamped": (dims, array("step_clamped"), _named("share of the entries on the box", "1")),
    }  # fmt: skip
    coords: dict[str, Any] = {**LEVELS, "step": np.arange(fate.shape[1])}
    if baselines is not None and baselines.size:
        named = _named("MSE of a trivial predictor", "y²")
        data["baseline_mse"] = ("baseline", baselines.values.astype(np.float64), named)
        coords["baseline"] = [baseline_name(str(name)) for name in baselines["baseline"].values]
    return xr.Dataset(data, coords)


def beside(walk: xr.Dataset, other: xr.Dataset, word: str) -> xr.Dataset:
    """A descent with energy and error of another one, "stored" or "pinned"; steps may differ."""
    taken = other[["energy", "mse"]].rename(
        {"energy": f"{word}_energy", "mse": f"{word}_mse", "step": f"{word}_step"}
    )
    for array in taken.data_vars.values():
        array.attrs["long_name"] += f", {word} descent"
    return walk.merge(taken)


def with_pinned_answer(shown: xr.Dataset, descent: xr.Dataset) -> xr.Dataset:
    """The matrices with the answers of a pinned descent, and how far these are from them."""
    held = descent["answer"].sel(LEVELS).values
    matrix = ("level", "row", "column")
    return shown.assign(
        pinned_answer=(matrix, held, _named("ŷ_t, pinned", "y")),
        difference=(matrix, shown["answer"].values - held, _named("ŷ_t − ŷ_t pinned", "y")),
    )


def compared(now: xr.Dataset, pinned: xr.Dataset, place: str) -> xr.Dataset:
    """Scalars by level at one place: now, pinned, and their difference."""
    both = {}
    for name in now.data_vars:
        if name not in pinned:
            continue
        mine, theirs = (one[name].sel(place=place).values for one in (now, pinned))
        values = np.stack([mine, theirs, mine - theirs], axis=1)
        both[name] = (("level", "view"), values, now[name].attrs)
    views = ["now", "pinned", "now − pinned"]
    return xr.Dataset(both, {**LEVELS, "view": views}, {**now.attrs, "place": place})


def of_features(codes: xr.Dataset, dictionary: str) -> xr.Dataset:
    """The strongest features at every state of one problem, and what they leave out."""
    nothing = {"code_feature": -1, "code_value": 0.0, "code_count": -1, "code_error": np.nan}
    strongest = codes.isel(active=slice(0, RANKS))[list(nothing)]
    ordered = strongest.reindex(LEVELS, fill_value=nothing).transpose("level", "step", "active")
    ranked, states = ("level", "step", "rank"), ("level", "step")
    data = {
        name: (dims, ordered[stored].values, _named(said, "1"))
        for name, dims, stored, said in (
            ("feature", ranked, "code_feature", "feature; -1: none"),
            ("activation", ranked, "code_value", "activation, scaled frame"),
            ("active", states, "code_count", "features with f > 0; -1: level unknown"),
            ("left_out", states, "code_error", "‖x − x̂‖²/‖x − centre‖²"),
        )
    }
    coords = {"step": ordered["step"].values, "rank": np.arange(1, ordered.sizes["active"] + 1)}
    return xr.Dataset(data, {**LEVELS, **coords}, {"dictionary": dictionary})
