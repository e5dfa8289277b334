"""The panels along training, each from its reads to its figure."""

import html
from collections.abc import Mapping

import numpy as np
import pandas as pd

from app.shared.address import address as links
from app.shared.asks import series
from app.shared.drawing.bands import PERCENT
from app.shared.drawing.colours import PLACE_NAMES
from app.shared.drawing.eigenvalues import VARIANCE_LEVELS, affine
from app.shared.drawing.names import baseline_name
from app.shared.page.contract import Drawn, Fields, Missing, Source
from app.shared.table import baselines
from app.shared.table.quantities import Quantity, factor, framed, ideals, titled, unit
from app.training import arrays as series_arrays
from app.training import citing, words
from app.training import quantities as series_quantities
from app.training.figures import curves as series_curves
from app.training.figures import tracks as series_tracks
from app.training.quantities import QUANTILES
from app.training.questions import Alike
from app.training.scene import Scene, labelled, missing, properties, unique

ERRORS = {"descent.mse", "descent.mse_final", "descent.mse_official", "descent.minimum_mse"}
MEASURED = {"accuracy.mse", "accuracy.mse_official", "accuracy.mse_level"}
"""Quantities that trivial predictors have, too: medians over problems, and means."""

FRAMES = {"level": "level frame", "data": "data frame"}


def curves(scene: Scene, fields: Fields) -> Drawn | Missing:
    """The logs of the series."""
    courses = [series_curves.course(series.name(scene.store, one), one.log) for one in scene.chosen]
    if not any(one.log for one in scene.chosen):
        return Missing("These series brought no log.")
    look = fields.look
    ink = look.ink
    figure = series_curves.figure(courses, look.template, ink.muted, ink.text, ink.ground)
    told = [
        _recipe(scene, one.recipe, name)
        for one, name in zip(scene.chosen, scene.names, strict=True)
    ]
    return Drawn(
        figure,
        labelled(series_curves.table(courses)),
        note=" | ".join(told),
        cite=citing.citation(scene, ()),
        python=citing.logs(scene),
        command=citing.trainings(scene),
    )


def _recipe(scene: Scene, recipe: Mapping[str, object], name: str) -> str:
    """What tells one training from another."""
    shown = ("negatives", "bound", "batch", "rate", "seed", "width")
    every = [one.recipe for one in scene.chosen]
    differ = [w for w in recipe if any(r.get(w) != recipe[w] for r in every)]
    kept = [w for w in shown if w in recipe and (w in differ or w in ("negatives", "batch"))]
    more = [w for w in differ if w not in shown and w != "task"]
    said = ", ".join(f"{w} {links.plain(recipe[w])}" for w in [*kept, *more])
    return f"{html.unescape(name)}: {said}"


def quantity(scene: Scene, fields: Fields) -> Drawn | Missing:
    """The chosen quantity against training step."""
    if scene.problems is None:
        return missing("descent")
    chosen = scene.quantities.get(fields["quantity"])
    way = scene.asked(chosen.analysis, fields["q"]) if chosen else None
    if chosen is None or way is None:
        return missing("descent")
    level, place, frame = (fields[n] for n in ("level", "place", "frame"))
    scale = float(factor(chosen, frame, scene.schedule)[level])
    tracks, rows = [], []
    for (one, steps), name in zip(scene.along(way), scene.names, strict=True):
        found = series_quantities.track(scene.store, chosen, one, steps, level, place)
        q = scale * found.quantiles
        tracks.append(
            series_tracks.Track(name, found.steps, q[:, 2], q[:, 1], q[:, 3], found.counts)
        )
        rows += [
            (html.unescape(name), int(step), label, value)
            for step, numbers in zip(found.steps, q, strict=True)
            for label, value in _listed(chosen, numbers)
        ]
    if not any(len(t.steps) for t in tracks):
        return Missing(f"No finite number of {chosen.label} at this level and place.")
    said = "median" if chosen.by_problem else "mean" if chosen.error else "value"
    drawn = series_tracks.Quantity(
        titled(chosen.label, unit(chosen, frame)), tracks, said,
        _baselines(scene, chosen, way, scale), _ideal(scene, chosen, level, frame),
    )  # fmt: skip
    columns = ["series", "step", "percent" if chosen.by_problem else "number", "value"]
    questions = unique([q for _, steps in scene.along(way) for _, q in steps])
    ink = fields.look.ink
    return Drawn(
        series_tracks.quantity(drawn, fields.look.template, ink.muted, ink.ground),
        labelled(pd.DataFrame(rows, columns=columns)),
        [Source(q) for q in questions],
        _said(scene, chosen, tracks, level, place),
        words.READING["quantity"].format(
            said={"median": "median over the problems", "mean": "mean over the problems",
                  "value": "the number itself"}[said],
            band={"median": "25–75 % of them", "mean": "± standard error", "value": "none"}[said],
        ),
        _long(scene, chosen, said, frame, place),
        cite=citing.citation(scene, questions),
        python=citing.selection(scene, questions, chosen, level, place),
        command=citing.command(scene, questions[0]),
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
    scene: Scene, what: Quantity, tracks: list[series_tracks.Track], level: int, place: str
) -> str:
    parts = [what.group.lower()]
    if what.by_problem:
        counts = [int(n) for t in tracks for n in t.counts]
        least, most = min(counts), max(counts)
        parts.append(f"{most:,} problems" if least == most else f"{least:,} … {most:,} problems")
    if "level" in what.dims:
        parts.append(f"t = {level}")
    if "place" in what.dims:
        parts.append(f"at the {PLACE_NAMES[place]}")
    short = [t.name for t in tracks if not len(t.steps)]
    if short:
        parts.append(f"not computed: {html.unescape(', '.join(short))}")
    return " · ".join(parts)


def _long(scene: Scene, what: Quantity, said: str, frame: str, place: str) -> str:
    if framed(what):
        told = f"Shown in the {FRAMES[frame]}."
    else:
        told = "In the frame in which it is stored." if "y" in what.unit or "ỹ" in what.unit else ""
    calibrated = ""
    if "place" in what.dims:
        noised = place == "noised_truth"
        calibrated = ", calibrated at this place" if noised else (
            ", extrapolated: this place carries no noise")  # fmt: skip
    return words.LONG["quantity"].format(
        help=what.help[:1].upper() + what.help[1:], frame=told, calibrated=calibrated,
        of="median" if said == "median" else "mean",
        set=f" ({links.set_name(scene.problems)})" if scene.problems else "",
    )  # fmt: skip


def _baselines(scene: Scene, what: Quantity, way: Alike, scale: float) -> dict[str, float]:
    first = next(iter(way.of.values()))
    found: dict[str, float] = {}
    if what.id in MEASURED:
        found = baselines.measured(scene.store, first.key)
    about = properties(scene)
    if what.id in ERRORS and about is not None:
        found = baselines.errors(scene.store, about.key, first.key, "median")
    return {baseline_name(n): scale * mse for n, mse in found.items() if mse > 0}


def _ideal(scene: Scene, what: Quantity, level: int, frame: str) -> dict[str, float]:
    """What an ideal denoiser would give where the answer is certain."""
    if scene.problems is None:
        return {}
    lines = ideals(what, scene.problems.size**2, scene.schedule, frame)
    return {said: float(values[level]) for said, values in lines.items()}


def spectra(scene: Scene, fields: Fields) -> Drawn | Missing:
    """Quantile bands of the eigenvalues at level t against training step."""
    way = scene.asked("hessian_spectrum", fields["q"])
    if way is None:
        return missing("hessian_spectrum")
    level, place, frame, kind = (fields[n] for n in ("level", "place", "frame", "spectrum"))
    if kind == "variance" and level > VARIANCE_LEVELS:
        return Missing(f"At t = {level} σ²/ᾱ is so large that a variance read off is noise;"
                       f" levels 0 … {VARIANCE_LEVELS} have one.")  # fmt: skip
    slopes, offsets, label = affine(kind, frame, scene.schedule)
    slope, offset = float(slopes[level]), float(offsets[level])
    every = [q for _, steps in scene.along(way) for _, q in steps]
    problems = series_arrays.common(every)[: series_arrays.SPECTRA]
    if not len(problems):
        return Missing("No problem has its eigenvalues at every step yet.")
    bands, rows = [], []
    for (_, steps), name in zip(scene.along(way), scene.names, strict=True):
        if not steps:
            continue
        q = series_arrays.spectra(scene.store, [x for _, x in steps], problems, level, place)
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
        return Missing("No finite eigenvalue at this level and place.")
    low, high = float(drawn.min()), float(drawn.max())
    figure = series_tracks.spectra(
        bands, label, slope / float(scene.schedule.sigma[level]) + offset,
        offset if low <= offset <= high else None, fields.look.template,
        fields.look.ink.muted, order,
    )  # fmt: skip
    note = f"{len(problems)} problems · t = {level} · at the {PLACE_NAMES[place]}"
    if kind == "variance":
        calibrated = place == "noised_truth"
        note += " · calibrated here" if calibrated else " · extrapolated: no noise at this place"
    questions = unique(every)
    variables = ["eigenvalue_spectrum"]
    return Drawn(
        figure,
        labelled(pd.DataFrame(rows, columns=["series", "step", "percent", "value"])),
        [Source(q) for q in questions],
        note,
        long=words.LONG["spectra"].format(count=len(problems)),
        cite=citing.citation(scene, questions),
        # those alone that are drawn: the spectra of all may fill a memory
        python=citing.python(scene, questions, variables, problems),
        command=citing.command(scene, questions[0]),
    )
