"""The panels along training, each from its reads to its figure."""

import html
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from app.annealing.figures.ridges import affine
from app.annealing.scene import Missing
from app.shared.address import address as links
from app.shared.asks import series
from app.shared.drawing.bands import PERCENT
from app.shared.drawing.colours import PLACE_NAMES
from app.shared.drawing.eigenvalues import VARIANCE_LEVELS
from app.shared.drawing.names import baseline_name
from app.shared.page import look as theme
from app.shared.table import baselines
from app.shared.table.quantities import Quantity, factor, framed, ideals, titled, unit
from app.training import arrays as series_arrays
from app.training import quantities as series_quantities
from app.training import words
from app.training.figures import curves as series_curves
from app.training.figures import tracks as series_tracks
from app.training.quantities import QUANTILES
from app.training.questions import Alike
from app.training.scene import Drawn, Scene, missing, properties
from app.training.slices import planes

ERRORS = {"descent.mse", "descent.mse_final", "descent.mse_official", "descent.minimum_mse"}
MEASURED = {"accuracy.mse", "accuracy.mse_official", "accuracy.mse_level"}
"""Quantities that trivial predictors have, too: medians over problems, and means."""

FRAMES = {"level": "level frame", "data": "data frame"}


def curves(scene: Scene) -> Drawn | Missing:
    """The logs of the series.

    Args:
        scene: everything.

    Returns:
        The panel.
    """
    courses = [series_curves.course(series.name(scene.s, one), one.log) for one in scene.chosen]
    if not any(one.log for one in scene.chosen):
        return Missing("These series brought no log.", "")
    ink = theme.ink()
    figure = series_curves.figure(courses, scene.template, ink.muted, ink.text, ink.ground)
    told = [_recipe(scene, one.recipe, name) for one, name in zip(scene.chosen, scene.names,
                                                                 strict=True)]  # fmt: skip
    return Drawn(
        figure, " | ".join(told), words.READING["curves"], words.LONG["curves"],
        lambda: series_curves.table(courses),
    )  # fmt: skip


def _recipe(scene: Scene, recipe: Mapping[str, object], name: str) -> str:
    """What tells one training from another."""
    shown = ("negatives", "bound", "batch", "rate", "seed", "width")
    every = [one.recipe for one in scene.chosen]
    differ = [w for w in recipe if any(r.get(w) != recipe[w] for r in every)]
    kept = [w for w in shown if w in recipe and (w in differ or w in ("negatives", "batch"))]
    more = [w for w in differ if w not in shown and w != "task"]
    said = ", ".join(f"{w} {links.plain(recipe[w])}" for w in [*kept, *more])
    return f"{html.unescape(name)}: {said}"


def quantity(scene: Scene) -> Drawn | Missing:
    """The chosen quantity against training step.

    Args:
        scene: everything.

    Returns:
        The panel.
    """
    if scene.problems is None:
        return missing("descent")
    known = series_quantities.quantities(scene.s, scene.chosen, scene.problems)
    what = known.get(scene.address["quantity"])
    of = scene.asked(what.analysis) if what else None
    if what is None or of is None:
        return missing("descent")
    level, place, frame = (scene.address[n] for n in ("level", "place", "frame"))
    scale = float(factor(what, frame, scene.schedule)[level])
    by_level = "level" in what.dims
    tracks, rows = [], []
    for (one, steps), name in zip(scene.along(of), scene.names, strict=True):
        found = series_quantities.track(scene.s, what, one, steps, level, place)
        q = scale * found.quantiles
        tracks.append(series_tracks.Track(name, found.steps, q[:, 2], q[:, 1], q[:, 3],
                                          found.counts))  # fmt: skip
        rows += [
            (html.unescape(name), int(step), what_, value)
            for step, numbers in zip(found.steps, q, strict=True)
            for what_, value in _listed(what, numbers)
        ]
    if not any(len(t.steps) for t in tracks):
        return Missing(f"No finite number of {what.label} at this level and place.", "")
    said = "median" if what.by_problem else "mean" if what.error else "value"
    drawn = series_tracks.Quantity(
        titled(what.label, unit(what, frame)), tracks, said,
        _baselines(scene, what, of, scale), _ideal(scene, what),
    )  # fmt: skip
    ink = theme.ink()
    return Drawn(
        series_tracks.quantity(drawn, scene.template, ink.muted, ink.ground),
        _said(scene, what, tracks, by_level),
        words.READING["quantity"].format(
            said={"median": "median over the problems", "mean": "mean over the problems",
                  "value": "the number itself"}[said],
            band={"median": "25–75 % of them", "mean": "± standard error", "value": "none"}[said],
        ),
        _long(scene, what, said),
        lambda: pd.DataFrame(rows, columns=["series", "step",
                                            "percent" if what.by_problem else "number",
                                            "value"]),
        [q for _, steps in scene.along(of) for _, q in steps],
        [what.id.split(".")[1]],
    )  # fmt: skip


def _listed(what: Quantity, numbers: np.ndarray) -> list[tuple[float | str, float]]:
    """Numbers of one step for a file: quantiles by percent; or a mean, and it ± its error."""
    if what.by_problem:
        return [(100 * share, float(v)) for share, v in zip(QUANTILES, numbers, strict=True)]
    low, middle, high = map(float, numbers[1:4])
    if not what.error:
        return [("value", middle)]
    return [("mean", middle), ("mean - s.e.", low), ("mean + s.e.", high)]


def _said(
    scene: Scene, what: Quantity, tracks: list[series_tracks.Track], by_level: bool
) -> str:  # fmt: skip
    parts = [what.group.lower()]
    if what.by_problem:
        counts = [int(n) for t in tracks for n in t.counts]
        least, most = min(counts), max(counts)
        parts.append(f"{most:,} problems" if least == most else f"{least:,} … {most:,} problems")
    if by_level:
        parts.append(f"t = {scene.address['level']}")
    if "place" in what.dims:
        parts.append(f"at the {PLACE_NAMES[scene.address['place']]}")
    short = [t.name for t in tracks if not len(t.steps)]
    if short:
        parts.append(f"not computed: {html.unescape(', '.join(short))}")
    return " · ".join(parts)


def _long(scene: Scene, what: Quantity, said: str) -> str:
    frame = scene.address["frame"]
    if framed(what):
        told = f"Shown in the {FRAMES[frame]}."
    else:
        told = "In the frame in which it is stored." if "y" in what.unit or "ỹ" in what.unit else ""
    calibrated = ""
    if "place" in what.dims:
        noised = scene.address["place"] == "noised_truth"
        calibrated = ", calibrated at this place" if noised else (
            ", extrapolated: this place carries no noise")  # fmt: skip
    return words.LONG["quantity"].format(
        help=what.help[:1].upper() + what.help[1:], frame=told, calibrated=calibrated,
        of="median" if said == "median" else "mean",
        set=f" ({links.set_name(scene.problems)})" if scene.problems else "",
    )  # fmt: skip


def _baselines(scene: Scene, what: Quantity, of: Alike, scale: float) -> dict[str, float]:
    first = next(iter(of.of.values()))
    found: dict[str, float] = {}
    if what.id in MEASURED:
        found = baselines.measured(scene.s, first.key)
    about = properties(scene)
    if what.id in ERRORS and about is not None:
        found = baselines.errors(scene.s, about.key, first.key, "median")
    return {baseline_name(n): scale * mse for n, mse in found.items() if mse > 0}


def _ideal(scene: Scene, what: Quantity) -> dict[str, float]:
    """What an ideal denoiser would give where the answer is certain."""
    if scene.problems is None:
        return {}
    level, frame = scene.address["level"], scene.address["frame"]
    lines = ideals(what, scene.problems.size**2, scene.schedule, frame)
    return {said: float(values[level]) for said, values in lines.items()}


def spectra(scene: Scene) -> Drawn | Missing:
    """Quantile bands of the eigenvalues at level t against training step.

    Args:
        scene: everything.

    Returns:
        The panel.
    """
    of = scene.asked("hessian_spectrum")
    if of is None:
        return missing("hessian_spectrum")
    level, place, frame = (scene.address[n] for n in ("level", "place", "frame"))
    kind = scene.address["spectrum"]
    if kind == "variance" and level > VARIANCE_LEVELS:
        return Missing(f"At t = {level} σ²/ᾱ is so large that a variance read off is noise;"
                       f" levels 0 … {VARIANCE_LEVELS} have one.", "")  # fmt: skip
    slopes, offsets, label = affine(kind, frame, scene.schedule)
    slope, offset = float(slopes[level]), float(offsets[level])
    every = [q for _, steps in scene.along(of) for _, q in steps]
    problems = series_arrays.common(every)[: series_arrays.SPECTRA]
    if not len(problems):
        return Missing("No problem has its eigenvalues at every step yet.", "")
    bands, rows = [], []
    for (_, steps), name in zip(scene.along(of), scene.names, strict=True):
        if not steps:
            continue
        q = series_arrays.spectra(scene.s, [x for _, x in steps], problems, level, place)
        q = slope * q + offset
        q = q[:, ::-1] if slope < 0 else q
        at = np.array([step for step, _ in steps], float)
        bands.append(series_tracks.Bands(name, at, q))
        rows += [(html.unescape(name), step, percent, value)
                 for (step, _), numbers in zip(steps, q, strict=True)
                 for percent, value in zip(PERCENT, numbers, strict=True)]  # fmt: skip
    # One colour a series in every figure, also where one of them has no spectra.
    order = [scene.names.index(b.name) for b in bands]
    drawn = np.concatenate([b.quantiles.ravel() for b in bands])
    drawn = drawn[np.isfinite(drawn)]
    if not drawn.size:
        return Missing("No finite eigenvalue at this level and place.", "")
    low, high = float(drawn.min()), float(drawn.max())
    figure = series_tracks.spectra(
        bands, label, slope / float(scene.schedule.sigma[level]) + offset,
        offset if low <= offset <= high else None, scene.template, theme.ink().muted, order,
    )  # fmt: skip
    note = f"{len(problems)} problems · t = {level} · at the {PLACE_NAMES[place]}"
    if kind == "variance":
        calibrated = place == "noised_truth"
        note += " · calibrated here" if calibrated else " · extrapolated: no noise at this place"
    return Drawn(
        figure, note, words.READING["spectra"], words.LONG["spectra"].format(count=len(problems)),
        lambda: pd.DataFrame(rows, columns=["series", "step", "percent", "value"]),
        every, ["eigenvalue_spectrum"],
    )  # fmt: skip


DRAW: Mapping[str, Callable[[Scene], Drawn | Missing]] = {
    "curves": curves,
    "quantity": quantity,
    "spectra": spectra,
    "planes": planes,
}
"""Panel → how it is drawn."""
