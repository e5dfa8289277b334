"""The panels of the annealing view, each from its reads to its figure and its numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from app.annealing import arrays
from app.annealing.behind import raw, scaling
from app.annealing.figures import (
    energy as annealing_energy,
)
from app.annealing.figures import (
    ridges as annealing_ridges,
)
from app.annealing.figures import (
    spaces as annealing_spaces,
)
from app.annealing.figures.rows import stack
from app.annealing.scene import Drawn, Scene
from app.shared.drawing.bands import QUANTILES, quantiles, shares
from app.shared.drawing.by_level import Line, Row
from app.shared.drawing.colours import PLACE_NAMES
from app.shared.drawing.names import baseline_name
from app.shared.table import baselines
from ired_interp_core.schema import LEVELS

FRAMES = {"level": "level frame", "data": "data frame"}


def _many(scene: Scene, analysis: str) -> str:
    question = scene.asked(analysis)
    asked = max(question.rows_asked, question.rows)
    there = f"{question.rows:,}" if question.rows == asked else f"{question.rows:,} of {asked:,}"
    return f"{there} problems"


def _at(scene: Scene) -> str:
    return f"at the {PLACE_NAMES[scene.place]}"


def _numbers(scene: Scene, rows: Sequence[Row]) -> xr.Dataset:
    coords = {
        "group": np.array(scene.groups.names),
        "quantile": np.array(QUANTILES),
        "level": np.arange(LEVELS),
    }
    data: dict[str, Any] = {}
    for row in rows:
        name = row.what.replace(".", "_")
        dims = ("group", "quantile", "level") if row.values.ndim == 3 else ("group", "level")
        data[name] = (dims, row.values, {"long_name": row.label})
        for line in row.lines:
            data[f"{name}__{line.name.replace(' ', '_')}"] = ("level", line.values)
    used = {d for v in data.values() for d in ([v[0]] if isinstance(v[0], str) else v[0])}
    facts = {"frame": scene.frame, "place": scene.place, "grouped_by": scene.groups.by or "none"}
    return xr.Dataset(data, {d: c for d, c in coords.items() if d in used}, facts)


def _stacked(scene: Scene, rows: Sequence[Row], note: str) -> Drawn:
    return Drawn(stack(rows, scene.look), note, tuple(r.what for r in rows), _numbers(scene, rows))


def _flat(name: str, value: float, **rest: Any) -> Line:
    return Line(name, np.full(LEVELS, float(value)), **rest)


def _error(scene: Scene) -> Drawn:
    factor = scaling("descent.mse", scene.frame, scene.schedule)
    known = baselines.of_scope(scene.s, scene.pop.of)
    lines = [
        Line(baseline_name(n), mse * factor, "solid" if i == len(known) - 1 else "dash")
        for i, (n, mse) in enumerate(known.items())
        if mse > 0
    ]
    unit = "MSE [y²]" if scene.frame == "data" else "ᾱ·MSE [ỹ²]"
    row = scene.row("descent.mse", unit, lines=lines, log=True)
    median = _median(scene, "descent.mse", 0)
    note = f"{_many(scene, 'descent')} · {FRAMES[scene.frame]} · median at t = 0: {median:.3g}"
    if known:
        name, best = list(known.items())[-1]
        note += f" beside {best * factor[0]:.3g} of {baseline_name(name)}"
    return _stacked(scene, [row], note)


def _median(scene: Scene, what: str, level: int) -> float:
    problems, values = raw(scene.s, scene.pop, what, scene.place)
    values = values[scene.groups.of(problems) >= 0, level]
    values = values[np.isfinite(values)]
    factor = scaling(what, scene.frame, scene.schedule)[level]
    return float(np.median(values) * factor) if values.size else float("nan")


def _spectrum(scene: Scene) -> Drawn:
    question = scene.asked("hessian_spectrum")
    pooled = arrays.pooled(scene.s, question, scene.place, scene.groups, scene.address["group"])
    axis = scene.address["spectrum"]
    prior = baselines.of_scope(scene.s, scene.pop.of).get("zero")
    found = annealing_ridges.ridges(pooled, axis, scene.frame, scene.schedule, prior)
    frame = f" · {FRAMES[scene.frame]}" if axis == "eigenvalue" else ""
    note = f"{_many(scene, 'hessian_spectrum')} · {_at(scene)}{frame}"
    if axis == "variance":
        calibrated = scene.place == "noised_truth"
        note += " · calibrated here" if calibrated else " · extrapolated: no noise at this place"
    row = Row(annealing_ridges.WHAT, found.label, found.quantiles)
    figure = annealing_ridges.figure(found, scene.look)
    return Drawn(figure, note, (annealing_ridges.WHAT,), _numbers(scene, [row]))


def _counts(scene: Scene) -> Drawn:
    ideal = [_flat("ideal: 0", 0, strong=True)]
    rows = []
    for name, label in (("index", "index"), ("above_inverse_sigma", "#{λ > 1/σ}")):
        row = scene.row(f"hessian_spectrum.{name}", label, lines=ideal)
        most = float(np.nanmax(row.values, initial=1.0))
        rows.append(replace(row, span=(-0.06 * most, 1.06 * most)))
    d = scene.asked("hessian_spectrum").problems.size ** 2
    note = f"{_many(scene, 'hessian_spectrum')} · {_at(scene)} · of {d} eigenvalues"
    return _stacked(scene, rows, note)


def _rank(scene: Scene) -> Drawn:
    d = scene.asked("hessian_spectrum").problems.size ** 2
    line = [_flat(f"d = {d}", d)]
    rows = [
        scene.row("hessian_spectrum.participation_ratio", "participation", lines=line),
        scene.row("hessian_spectrum.entropy_rank", "entropy rank", lines=line),
    ]
    return _stacked(scene, rows, f"{_many(scene, 'hessian_spectrum')} · {_at(scene)}")


def _parts(scene: Scene) -> Drawn:
    d = scene.asked("hessian_spectrum").problems.size ** 2
    factor = scaling("hessian_spectrum.residual_norm", scene.frame, scene.schedule)
    ideal = [Line("√d/σ", factor * np.sqrt(d) / scene.schedule.sigma, strong=True)]
    rows = [
        scene.row("hessian_spectrum.gauss_newton_norm", "‖GN‖_F", lines=ideal, log=True),
        scene.row("hessian_spectrum.residual_norm", "‖residual‖_F", lines=ideal, log=True),
        scene.row("hessian_spectrum.gauss_newton_residual_cosine", "cosine", lines=[_flat("0", 0)]),
    ]
    unit = "E/ỹ²" if scene.frame == "level" else "E/y²"
    note = f"{_many(scene, 'hessian_spectrum')} · {_at(scene)} · {FRAMES[scene.frame]}, {unit}"
    return _stacked(scene, rows, note)


def _energy(scene: Scene) -> Drawn:
    s, question = scene.s, scene.asked("descent")
    problems, truth = raw(s, scene.pop, "descent.energy_truth", scene.place)
    excess = scene.address["energy"] == "excess"
    factor = scaling("descent.mse", scene.frame, scene.schedule)
    if scene.address["points"] == "steps":
        steps = arrays.steps(s, question)
        error, energy = steps.mse.astype(float), steps.energy.astype(float)
    else:
        error = raw(s, scene.pop, "descent.mse", scene.place)[1][..., None]
        energy = raw(s, scene.pop, "descent.energy_answer", scene.place)[1][..., None]
    bowl = _bowl(scene) if excess else np.full(LEVELS, np.nan)
    many = error.shape[2]
    problem = np.repeat(problems, many)
    member = np.repeat(scene.groups.of(problems), many)
    clouds = []
    for t in range(LEVELS):
        reference = truth[:, t, None] if excess else 0.0
        clouds.append(
            annealing_energy.cloud(
                t,
                problem,
                member,
                (error[:, t] * factor[t]).ravel(),
                (energy[:, t] - reference).ravel(),
                np.zeros(1) if excess else truth[:, t],
                bowl[t],
            )
        )
    labels = (
        "MSE [y²]" if scene.frame == "data" else "ᾱ·MSE [ỹ²]",
        "E_t − E_t(y*) [E]" if excess else "E_t [E]",
    )
    n = scene.address["problem"]
    chosen = None if n is None else (n, scene.address["level"])
    figure = annealing_energy.figure(clouds, scene.look, *labels, chosen)
    points = {
        name: ("point", np.concatenate([getattr(c, name) for c in clouds]))
        for name in ("problem", "group", "error", "energy")
    }
    points["level"] = ("point", np.concatenate([np.full(len(c.problem), c.level) for c in clouds]))
    drawn, every = sum(len(c.problem) for c in clouds), sum(c.total for c in clouds)
    note = f"{_many(scene, 'descent')} · errors in the {FRAMES[scene.frame]}"
    if drawn < every:
        note += f" · {drawn:,} of {every:,} points drawn"
    return Drawn(figure, note, (), xr.Dataset(points))


def _bowl(scene: Scene) -> np.ndarray:
    """−½·λ̄·d over the error: what E − E(y*) would be in a round bowl around each answer.

    Returns:
        Slopes over the error in the chosen frame [level]; NaN without spectra.
    """
    if "hessian_spectrum" not in scene.pop.asked:
        return np.full(LEVELS, np.nan)
    trace = raw(scene.s, scene.pop, "hessian_spectrum.trace", "answer")[1]
    in_level_frame = -0.5 * np.nanmedian(trace, axis=0)  # λ̄·d is the trace
    factor = scaling("descent.mse", scene.frame, scene.schedule)
    return in_level_frame * scene.schedule.alphas_cumprod / factor


def _left(scene: Scene) -> Line:
    """What is left to the truth: √(d·MSE), median.

    Returns:
        The control of distances, data frame.
    """
    question = scene.asked("descent")
    mse = raw(scene.s, scene.pop, "descent.mse", scene.place)[1]
    left = np.nanmedian(np.sqrt(question.problems.size**2 * mse), axis=0)
    return Line("‖ŷ_t − y*‖", left)


def _drift(scene: Scene) -> Drawn:
    row = scene.row("descent.drift", "‖ŷ_t − ŷ_{t+1}‖ [y]", lines=[_left(scene)], log=True)
    return _stacked(scene, [row], f"{_many(scene, 'descent')} · data frame")


def _minimum(scene: Scene) -> Drawn:
    left = _left(scene)
    factor = scaling("descent.minimum_distance", scene.frame, scene.schedule)
    unit = "y" if scene.frame == "data" else "ỹ"
    lines = [Line(left.name, left.values * factor)]
    rows = [
        scene.row("descent.minimum_distance", f"‖min − ŷ_t‖ [{unit}]", lines=lines, log=True),
        scene.row("descent.minimum_ratio", "MSE ratio", lines=[_flat("equal", 1)], log=True),
    ]
    return _stacked(scene, rows, f"{_many(scene, 'descent')} · {FRAMES[scene.frame]}")


def _preference(scene: Scene) -> Drawn:
    problems, values = raw(scene.s, scene.pop, "descent.energy_excess", scene.place)
    member = scene.groups.of(problems)
    below = shares(values < 0, np.isfinite(values), member, scene.groups.count)
    rows = [
        scene.row("descent.energy_excess", "E_t(ŷ_t) − E_t(y*) [E]", lines=[_flat("equal", 0)]),
        Row("descent.energy_excess", "share < 0", below, span=(-0.05, 1.05)),
    ]
    own = (values < 0)[member >= 0, 0]
    share = f"{100 * own.mean():.0f} %" if own.size else "none"
    note = f"{_many(scene, 'descent')} · at t = 0 the answer is preferred in {share}"
    return _stacked(scene, rows, note)


def _alignment(scene: Scene) -> Drawn:
    found = arrays.spaces(scene.s, scene.asked("eigenspace"), scene.place)
    member, many = scene.groups.of(found.problems), scene.groups.count
    rows = []
    for e, end in enumerate(found.ends):
        resolved = found.resolved[:, :, e]
        unsure = shares(~resolved, np.ones_like(resolved), member, many)
        label = f"{annealing_spaces.ENDS[end]}"
        row = [Row(f"eigenspace.unresolved.{end}", label, unsure)]
        for i, name in enumerate(found.subspaces):
            values = np.where(resolved, found.alignment[:, :, e, i], np.nan)
            row.append(
                Row(
                    f"eigenspace.alignment.{name}.{end}",
                    label,
                    quantiles(values, member, many),
                    [_flat("random", found.random[i])],
                    grey=unsure,
                )
            )
        rows.append(row)
    columns = ["no gap at k", *(annealing_spaces.NAMES[n] for n in found.subspaces)]
    figure = annealing_spaces.figure(columns, rows, scene.look)
    flat = [r for row in rows for r in row]
    left_out = int((~found.resolved[member >= 0]).sum())
    note = (
        f"{_many(scene, 'eigenspace')} · {_at(scene)} · k = {found.k}"
        f" · {left_out:,} of {found.resolved[member >= 0].size:,} spaces not determined"
    )
    return Drawn(figure, note, tuple(r.what for r in flat), _numbers(scene, flat))


def _angles(scene: Scene) -> Drawn:
    found = arrays.spaces(scene.s, scene.asked("eigenspace"), scene.place)
    member, many = scene.groups.of(found.problems), scene.groups.count
    mean, spread = found.chance
    rows, left_out = [], 0
    for e, end in enumerate(found.ends):
        values, both = found.turning(e)
        unsure = shares(~both, np.ones_like(both), member, many)
        left_out += int((~both[member >= 0]).sum())
        rows.append(
            Row(
                f"eigenspace.angle.{end}",
                f"{annealing_spaces.ENDS[end]} [rad]",
                quantiles(values, member, many),
                [_flat("random", mean)],
                span=(-0.04, np.pi / 2 + 0.04),
                grey=unsure,
            )
        )
    note = (
        f"{_many(scene, 'eigenspace')} · {_at(scene)} · random {mean:.2f} ± {spread:.2f}"
        f" · {left_out:,} left out"
    )
    return _stacked(scene, rows, note)


DRAW: Mapping[str, Callable[[Scene], Drawn]] = {
    "error": _error,
    "spectrum": _spectrum,
    "counts": _counts,
    "rank": _rank,
    "parts": _parts,
    "energy": _energy,
    "drift": _drift,
    "minimum": _minimum,
    "preference": _preference,
    "alignment": _alignment,
    "angles": _angles,
}
"""Panel → how it is drawn."""
