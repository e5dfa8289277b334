"""The panels of the annealing view: each from what it reads to its figure and its numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from app.annealing import arrays, words
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
from app.annealing.scene import Chosen, Scene
from app.shared.drawing.bands import QUANTILES, quantiles, shares
from app.shared.drawing.by_level import Line, Row
from app.shared.drawing.colours import PLACE_NAMES
from app.shared.drawing.names import baseline_name, legal
from app.shared.page.contract import Draw, Drawn, Fields, Missing, Source
from app.shared.table import baselines
from app.shared.table.quantities import framed, ideals, titled, unit
from ired_interp_core.schema import LEVELS

Made = tuple[go.Figure, str, xr.Dataset]
"""Figure, note, and the numbers that are drawn."""

FRAMES = {"level": "level frame", "data": "data frame"}


def _many(chosen: Chosen, analysis: str) -> str:
    question = chosen.scene.asked(analysis)
    asked = max(question.rows_asked, question.rows)
    there = f"{question.rows:,}" if question.rows == asked else f"{question.rows:,} of {asked:,}"
    return f"{there} problems"


def _at(chosen: Chosen) -> str:
    return f"at the {PLACE_NAMES[chosen.place]}"


def _numbers(chosen: Chosen, rows: Sequence[Row]) -> xr.Dataset:
    coords = {
        "group": np.array(chosen.groups.names),
        "quantile": np.array(QUANTILES),
        "level": np.arange(LEVELS),
    }
    data: dict[str, Any] = {}
    for row in rows:
        name = legal(row.what, data)
        dims = ("group", "quantile", "level") if row.values.ndim == 3 else ("group", "level")
        data[name] = (dims, row.values, {"long_name": row.label})
        for line in row.lines:
            named = legal(f"{name} {line.name}", data)
            data[named] = ("level", line.values, {"long_name": line.name})
    used = {d for v in data.values() for d in ([v[0]] if isinstance(v[0], str) else v[0])}
    facts = {"frame": chosen.frame, "place": chosen.place, "grouped_by": chosen.groups.by or "none"}
    return xr.Dataset(data, {d: c for d, c in coords.items() if d in used}, facts)


def _stacked(chosen: Chosen, rows: Sequence[Row], note: str) -> Made:
    return stack(rows, chosen.look), note, _numbers(chosen, rows)


def _flat(name: str, value: float, **rest: Any) -> Line:
    return Line(name, np.full(LEVELS, float(value)), **rest)


def _error(chosen: Chosen) -> Made:
    factor = scaling("descent.mse", chosen.frame, chosen.scene.schedule)
    known = baselines.of_scope(chosen.scene.store, chosen.scene.family.scope())
    lines = [
        Line(baseline_name(n), mse * factor, "solid" if i == len(known) - 1 else "dash")
        for i, (n, mse) in enumerate(known.items())
        if mse > 0
    ]
    unit = "MSE [y²]" if chosen.frame == "data" else "ᾱ·MSE [ỹ²]"
    row = chosen.row("descent.mse", unit, lines=lines, log=True)
    median = _median(chosen, "descent.mse", 0)
    note = f"{_many(chosen, 'descent')} · {FRAMES[chosen.frame]} · median at t = 0: {median:.3g}"
    if known:
        name, best = list(known.items())[-1]
        note += f" beside {best * factor[0]:.3g} of {baseline_name(name)}"
    return _stacked(chosen, [row], note)


def _median(chosen: Chosen, what: str, level: int) -> float:
    problems, values = raw(chosen.scene.store, chosen.scene.family, what, chosen.place)
    values = values[chosen.groups.of(problems) >= 0, level]
    values = values[np.isfinite(values)]
    factor = scaling(what, chosen.frame, chosen.scene.schedule)[level]
    return float(np.median(values) * factor) if values.size else float("nan")


def _spectrum(chosen: Chosen) -> Made:
    question = chosen.scene.asked("hessian_spectrum")
    store, by = chosen.scene.store, chosen.fields["group"]
    pooled = arrays.pooled(store, question, chosen.place, chosen.groups, by)
    axis = chosen.fields["spectrum"]
    prior = baselines.of_scope(store, chosen.scene.family.scope()).get("zero")
    found = annealing_ridges.ridges(pooled, axis, chosen.frame, chosen.scene.schedule, prior)
    frame = f" · {FRAMES[chosen.frame]}" if axis == "eigenvalue" else ""
    note = f"{_many(chosen, 'hessian_spectrum')} · {_at(chosen)}{frame}"
    if axis == "variance":
        calibrated = chosen.place == "noised_truth"
        note += " · calibrated here" if calibrated else " · extrapolated: no noise at this place"
    row = Row(annealing_ridges.WHAT, found.label, found.quantiles)
    figure = annealing_ridges.figure(found, chosen.look)
    return figure, note, _numbers(chosen, [row])


def _counts(chosen: Chosen) -> Made:
    ideal = [_flat("ideal: 0", 0, strong=True)]
    rows = []
    for name, label in (("index", "index"), ("above_inverse_sigma", "#{λ > 1/σ}")):
        row = chosen.row(f"hessian_spectrum.{name}", label, lines=ideal)
        most = float(np.nanmax(row.values, initial=1.0))
        rows.append(replace(row, span=(-0.06 * most, 1.06 * most)))
    d = chosen.scene.asked("hessian_spectrum").problems.size ** 2
    note = f"{_many(chosen, 'hessian_spectrum')} · {_at(chosen)} · of {d} eigenvalues"
    return _stacked(chosen, rows, note)


def _rank(chosen: Chosen) -> Made:
    d = chosen.scene.asked("hessian_spectrum").problems.size ** 2
    line = [_flat(f"d = {d}", d)]
    rows = [
        chosen.row("hessian_spectrum.participation_ratio", "participation", lines=line),
        chosen.row("hessian_spectrum.entropy_rank", "entropy rank", lines=line),
    ]
    return _stacked(chosen, rows, f"{_many(chosen, 'hessian_spectrum')} · {_at(chosen)}")


def _parts(chosen: Chosen) -> Made:
    d = chosen.scene.asked("hessian_spectrum").problems.size ** 2
    factor = scaling("hessian_spectrum.residual_norm", chosen.frame, chosen.scene.schedule)
    ideal = [Line("√d/σ", factor * np.sqrt(d) / chosen.scene.schedule.sigma, strong=True)]
    rows = [
        chosen.row("hessian_spectrum.gauss_newton_norm", "‖GN‖_F", lines=ideal, log=True),
        chosen.row("hessian_spectrum.residual_norm", "‖residual‖_F", lines=ideal, log=True),
        chosen.row(
            "hessian_spectrum.gauss_newton_residual_cosine", "cosine", lines=[_flat("0", 0)]
        ),
    ]
    unit = "E/ỹ²" if chosen.frame == "level" else "E/y²"
    note = f"{_many(chosen, 'hessian_spectrum')} · {_at(chosen)} · {FRAMES[chosen.frame]}, {unit}"
    return _stacked(chosen, rows, note)


def _energy(chosen: Chosen) -> Made:
    store, question = chosen.scene.store, chosen.scene.asked("descent")
    family = chosen.scene.family
    problems, truth = raw(store, family, "descent.energy_truth", chosen.place)
    excess = chosen.fields["energy"] == "excess"
    factor = scaling("descent.mse", chosen.frame, chosen.scene.schedule)
    if chosen.fields["points"] == "steps":
        steps = arrays.steps(store, question)
        error, energy = steps.mse.astype(float), steps.energy.astype(float)
    else:
        error = raw(store, family, "descent.mse", chosen.place)[1][..., None]
        energy = raw(store, family, "descent.energy_answer", chosen.place)[1][..., None]
    bowl = _bowl(chosen) if excess else np.full(LEVELS, np.nan)
    many = error.shape[2]
    problem = np.repeat(problems, many)
    member = np.repeat(chosen.groups.of(problems), many)
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
        "MSE [y²]" if chosen.frame == "data" else "ᾱ·MSE [ỹ²]",
        "E_t − E_t(y*) [E]" if excess else "E_t [E]",
    )
    n = chosen.fields["problem"]
    ringed = None if n is None else (n, chosen.fields["level"])
    figure = annealing_energy.figure(clouds, chosen.look, *labels, ringed)
    points = {
        name: ("point", np.concatenate([getattr(c, name) for c in clouds]))
        for name in ("problem", "group", "error", "energy")
    }
    points["level"] = ("point", np.concatenate([np.full(len(c.problem), c.level) for c in clouds]))
    drawn, every = sum(len(c.problem) for c in clouds), sum(c.total for c in clouds)
    note = f"{_many(chosen, 'descent')} · errors in the {FRAMES[chosen.frame]}"
    if drawn < every:
        note += f" · {drawn:,} of {every:,} points drawn"
    return figure, note, xr.Dataset(points)


def _bowl(chosen: Chosen) -> np.ndarray:
    """−½·λ̄·d over the error: what E − E(y*) would be in a round bowl around each answer.

    Returns:
        Slopes over the error in the chosen frame [level]; NaN without spectra.
    """
    scene = chosen.scene
    if "hessian_spectrum" not in scene.family.asked:
        return np.full(LEVELS, np.nan)
    trace = raw(scene.store, scene.family, "hessian_spectrum.trace", "answer")[1]
    in_level_frame = -0.5 * np.nanmedian(trace, axis=0)  # λ̄·d is the trace
    factor = scaling("descent.mse", chosen.frame, chosen.scene.schedule)
    return in_level_frame * chosen.scene.schedule.alphas_cumprod / factor


def _left(chosen: Chosen) -> Line:
    """What is left to the truth: √(d·MSE), median.

    Returns:
        The control of distances, data frame.
    """
    scene, question = chosen.scene, chosen.scene.asked("descent")
    mse = raw(scene.store, scene.family, "descent.mse", chosen.place)[1]
    left = np.nanmedian(np.sqrt(question.problems.size**2 * mse), axis=0)
    return Line("‖ŷ_t − y*‖", left)


def _drift(chosen: Chosen) -> Made:
    row = chosen.row("descent.drift", "‖ŷ_t − ŷ_{t+1}‖ [y]", lines=[_left(chosen)], log=True)
    return _stacked(chosen, [row], f"{_many(chosen, 'descent')} · data frame")


def _minimum(chosen: Chosen) -> Made:
    left = _left(chosen)
    factor = scaling("descent.minimum_distance", chosen.frame, chosen.scene.schedule)
    unit = "y" if chosen.frame == "data" else "ỹ"
    lines = [Line(left.name, left.values * factor)]
    rows = [
        chosen.row("descent.minimum_distance", f"‖min − ŷ_t‖ [{unit}]", lines=lines, log=True),
        chosen.row("descent.minimum_ratio", "MSE ratio", lines=[_flat("equal", 1)], log=True),
    ]
    return _stacked(chosen, rows, f"{_many(chosen, 'descent')} · {FRAMES[chosen.frame]}")


def _preference(chosen: Chosen) -> Made:
    problems, values = raw(
        chosen.scene.store, chosen.scene.family, "descent.energy_excess", chosen.place
    )
    member = chosen.groups.of(problems)
    below = shares(values < 0, np.isfinite(values), member, chosen.groups.count)
    rows = [
        chosen.row("descent.energy_excess", "E_t(ŷ_t) − E_t(y*) [E]", lines=[_flat("equal", 0)]),
        Row("descent.energy_excess", "share < 0", below, span=(-0.05, 1.05)),
    ]
    own = (values < 0)[member >= 0, 0]
    share = f"{100 * own.mean():.0f} %" if own.size else "none"
    note = f"{_many(chosen, 'descent')} · at t = 0 the answer is preferred in {share}"
    return _stacked(chosen, rows, note)


def _alignment(chosen: Chosen) -> Made:
    found = arrays.spaces(chosen.scene.store, chosen.scene.asked("eigenspace"), chosen.place)
    member, many = chosen.groups.of(found.problems), chosen.groups.count
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
    figure = annealing_spaces.figure(columns, rows, chosen.look)
    flat = [r for row in rows for r in row]
    left_out = int((~found.resolved[member >= 0]).sum())
    note = (
        f"{_many(chosen, 'eigenspace')} · {_at(chosen)} · k = {found.k}"
        f" · {left_out:,} of {found.resolved[member >= 0].size:,} spaces not determined"
    )
    return figure, note, _numbers(chosen, flat)


def _angles(chosen: Chosen) -> Made:
    found = arrays.spaces(chosen.scene.store, chosen.scene.asked("eigenspace"), chosen.place)
    member, many = chosen.groups.of(found.problems), chosen.groups.count
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
        f"{_many(chosen, 'eigenspace')} · {_at(chosen)} · random {mean:.2f} ± {spread:.2f}"
        f" · {left_out:,} left out"
    )
    return _stacked(chosen, rows, note)


DRAW: Mapping[str, Callable[[Chosen], Made]] = {
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


def draw(name: str) -> Draw:
    """How a panel is drawn, as the contract asks for it."""

    def drawn(scene: Scene, fields: Fields) -> Drawn:
        figure, note, numbers = DRAW[name](Chosen(scene, fields))
        question = scene.asked(words.SOURCES[name])
        source = Source(question, {"variables": list(words.VARIABLES[name])})
        caption = words.caption(name, grouped=bool(fields["group"]))
        return Drawn(figure, numbers, (source,), note, caption)

    return drawn


def quantity(scene: Scene, fields: Fields) -> Drawn | Missing:
    """Any scalar by level, with its spread over the problems."""
    chosen, id_ = Chosen(scene, fields), fields["quantity"]
    if id_ not in scene.quantities:
        return Missing("No number by level of these problems is chosen.")
    one = scene.quantities[id_]
    d = scene.asked(one.analysis).problems.size ** 2
    lines = [
        Line(name, values, strong=True)
        for name, values in ideals(one, d, scene.schedule, chosen.frame).items()
    ]
    row = chosen.row(id_, titled(one.label, unit(one, chosen.frame)), lines=lines)
    spread = row.values[np.isfinite(row.values)]
    logarithmic = spread.size and spread.min() > 0 and spread.max() > 30 * spread.min()
    figure, note, numbers = _stacked(
        chosen, [replace(row, log=bool(logarithmic))], _many(chosen, one.analysis)
    )
    placed = f" · {_at(chosen)}" if "place" in one.dims else ""
    framed_ = f" · {FRAMES[chosen.frame]}" if framed(one) else ""
    variables = list(dict.fromkeys(part.variable for part in one.parts)) or [one.variable]
    return Drawn(
        figure,
        numbers,
        (Source(scene.asked(one.analysis), {"variables": variables}),),
        f"{note}{placed}{framed_}",
        words.caption("quantity", grouped=bool(fields["group"])),
        f"{one.help}. {words.LONG['quantity']}",
    )
