"""The panels along training, each from its reads to its figure."""

import html
from collections.abc import Mapping

import numpy as np
import pandas as pd

from app.shared.address import address as links
from app.shared.asks import series
from app.shared.drawing.bands import PERCENT
from app.shared.drawing.colours import PLACE_NAMES
from app.shared.drawing.eigenvalues import VARIANCE_LEVELS, affine, reading
from app.shared.drawing.names import FRAMES, baseline_name
from app.shared.page.contract import Drawn, Fields, Missing
from app.shared.table import baselines
from app.shared.table.quantities import Quantity, factor, framed, ideals, titled, unit
from app.training import arrays as series_arrays
from app.training import citing, words
from app.training import quantities as series_quantities
from app.training.figures import curves as series_curves
from app.training.figures import tracks as series_tracks
from app.training.figures.tracks import Track
from app.training.quantities import QUANTILES
from app.training.questions import Alike
from app.training.scene import Scene, labelled, missing, properties
from ired_interp_core.spelling import counted

ERRORS = {"descent.mse", "descent.mse_final", "descent.mse_official", "descent.minimum_mse"}
MEASURED = {"accuracy.mse", "accuracy.mse_official", "accuracy.mse_level"}
"""Quantities that trivial predictors have, too: medians over problems, and means."""


def curves(scene: Scene, fields: Fields) -> Drawn | Missing:
    """The logs of the series."""
    courses = [series_curves.course(series.name(scene.store, one), one.log) for one in scene.chosen]
    if not any(one.log for one in scene.chosen):
        return Missing("These series have no training log.")
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
    along = scene.along(way)
    tracks = {
        name: series_quantities.track(scene.store, chosen, steps, level, place, scale)
        for name, steps in along
    }
    rows = [
        (html.unescape(name), int(step), label, value)
        for name, track in tracks.items()
        for step, numbers in zip(track.steps, track.quantiles, strict=True)
        for label, value in _listed(chosen, numbers)
    ]
    if not any(len(track.steps) for track in tracks.values()):
        return Missing(f"{chosen.label} has no finite value at this level and place.")
    said = "median" if chosen.by_problem else "mean" if chosen.error else "value"
    drawn = series_tracks.Quantity(
        titled(chosen.label, unit(chosen, frame)), tracks, said,
        _baselines(scene, chosen, way, scale), _ideal(scene, chosen, level, frame),
    )  # fmt: skip
    columns = ["series", "step", "percent" if chosen.by_problem else "number", "value"]
    questions = [q for _, steps in along for _, q in steps]
    ink = fields.look.ink
    return citing.drawn(
        scene,
        series_tracks.quantity(drawn, fields.look.template, ink.muted, ink.ground),
        pd.DataFrame(rows, columns=columns),
        questions,
        citing.selection(scene, questions, chosen, level, place),
        _said(chosen, tracks, level, place),
        words.READING["quantity"].format(
            said={"median": "median over the problems", "mean": "mean over the problems",
                  "value": "the number itself"}[said],
            band={"median": "25–75 %", "mean": "± standard error", "value": "none"}[said],
        ),
        _long(scene, chosen, said, frame, place),
    )  # fmt: skip


def _listed(chosen: Quantity, numbers: np.ndarray) -> list[tuple[float | str, float]]:
    """Numbers of one step for a file: quantiles by percent; or a mean, and it ± its error."""
    if chosen.by_problem:
        return [(100 * share, float(v)) for share, v in zip(QUANTILES, numbers, strict=True)]
    low, middle, high = map(float, numbers[1:4])
    if not chosen.error:
        return [("value", middle)]
    return [("mean", middle), ("mean - s.e.", low), ("mean + s.e.", high)]


def _said(chosen: Quantity, tracks: Mapping[str, Track], level: int, place: str) -> str:
    parts = [chosen.group.lower()]
    if chosen.by_problem:
        counts = [int(n) for track in tracks.values() for n in track.counts]
        least, most = min(counts), max(counts)
        parts.append(
            counted(most, "problem") if least == most else f"{least:,} … {most:,} problems"
        )
    if "level" in chosen.dims:
        parts.append(f"t = {level}")
    if "place" in chosen.dims:
        parts.append(f"at the {PLACE_NAMES[place]}")
    short = [name for name, track in tracks.items() if not len(track.steps)]
    if short:
        parts.append(f"not computed: {html.unescape(', '.join(short))}")
    return " · ".join(parts)


def _long(scene: Scene, chosen: Quantity, said: str, frame: str, place: str) -> str:
    if framed(chosen):
        told = f"It is shown in the {FRAMES[frame]}."
    else:
        told = (
            "It is shown in the frame in which it is stored."
            if "y" in chosen.unit or "ỹ" in chosen.unit
            else ""
        )
    where = ""
    if "place" in chosen.dims and place != "noised_truth":
        where = " (an extrapolation, since this place carries no noise)"
    return words.LONG["quantity"].format(
        help=chosen.help[:1].upper() + chosen.help[1:], frame=told, where=where,
        of="median" if said == "median" else "mean",
        set=f" ({links.set_name(scene.problems)})" if scene.problems else "",
    )  # fmt: skip


def _baselines(scene: Scene, chosen: Quantity, way: Alike, scale: float) -> dict[str, float]:
    key, found = way.first.key, {}
    if chosen.id in MEASURED:
        found = baselines.measured(scene.store, key)
    about = properties(scene)
    if chosen.id in ERRORS and about is not None:
        found = baselines.errors(scene.store, about.key, key, "median")
    return {baseline_name(n): scale * mse for n, mse in found.items() if mse > 0}


def _ideal(scene: Scene, chosen: Quantity, level: int, frame: str) -> dict[str, float]:
    """What an ideal denoiser would give where the answer is certain."""
    if scene.problems is None:
        return {}
    lines = ideals(chosen, scene.problems, scene.schedule, frame)
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
    along = scene.along(way)
    every = [q for _, steps in along for _, q in steps]
    problems = series_arrays.common(every)[: series_arrays.SPECTRA]
    if not len(problems):
        return Missing("No problem has eigenvalues at every training step yet.")
    tracks, rows = {}, []
    for name, steps in along:
        q = series_arrays.spectra(scene.store, [x for _, x in steps], problems, level, place)
        q = slope * q + offset
        q = q[:, ::-1] if slope < 0 else q
        at = np.array([step for step, _ in steps], float)
        tracks[name] = Track(at, q, np.full(len(at), len(problems)))
        rows += [(html.unescape(name), step, percent, value)
                 for (step, _), numbers in zip(steps, q, strict=True)
                 for percent, value in zip(PERCENT, numbers, strict=True)]  # fmt: skip
    if not any(np.isfinite(track.quantiles).any() for track in tracks.values()):
        return Missing("There is no finite eigenvalue at this level and place.")
    figure = series_tracks.spectra(
        tracks, label, slope / float(scene.schedule.sigma[level]) + offset, offset,
        fields.look.template, fields.look.ink.muted,
    )  # fmt: skip
    note = f"{counted(len(problems), 'problem')} · t = {level} · at the {PLACE_NAMES[place]}"
    if kind == "variance":
        note += f" · {reading(place)}"
    return citing.drawn(
        scene,
        figure,
        pd.DataFrame(rows, columns=["series", "step", "percent", "value"]),
        every,
        # those alone that are drawn: the spectra of all may fill a memory
        citing.python(scene, every, ["eigenvalue_spectrum"], problems),
        note,
        long=words.LONG["spectra"].format(count=counted(len(problems), "problem")),
    )
