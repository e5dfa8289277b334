"""The panels of the annealing view: each from what it reads to its figure and its numbers."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from app.annealing import arrays
from app.annealing.figures import ridges as annealing_ridges
from app.annealing.figures import spaces as annealing_spaces
from app.annealing.figures.rows import stack
from app.annealing.scene import Chosen, Scene
from app.annealing.words import ABOUT
from app.shared.drawing.bands import QUANTILES, quantiles, shares
from app.shared.drawing.by_level import Line, Row
from app.shared.drawing.colours import PLACE_NAMES
from app.shared.drawing.eigenvalues import VARIANCE_LEVELS, reading
from app.shared.drawing.names import FRAMES, baseline_name, legal
from app.shared.drawing.scatter import spans_decades
from app.shared.page.contract import Draw, Drawn, Fields, Missing, Source
from app.shared.table import baselines
from app.shared.table.quantities import framed, titled, unit
from ired_interp_core.schema import LEVELS
from ired_interp_core.spelling import counted, number

Made = tuple[go.Figure, str, xr.Dataset]
"""Figure, note, and the numbers that are drawn."""

Make = Callable[[Chosen], Made]

MSE = {"level": "ᾱ·MSE [ỹ²]", "data": "MSE [y²]"}


def draw(name: str, make: Make) -> Draw:
    """How a panel is drawn, as the contract asks for it."""
    about = ABOUT[name]

    def drawn(scene: Scene, fields: Fields) -> Drawn:
        figure, note, numbers = make(Chosen(scene, fields))
        source = Source(scene.asked(about.analysis), {"variables": list(about.variables)})
        caption = about.caption(grouped=bool(fields["group"]))
        return Drawn(figure, numbers, (source,), note, caption)

    return drawn


def noted(chosen: Chosen, analysis: str, *facts: str) -> str:
    """How many problems are drawn, and what else a reader should know."""
    question = chosen.scene.asked(analysis)
    asked = max(question.rows_asked, question.rows)
    there = counted(asked, "problem")
    there = there if question.rows == asked else f"{question.rows:,} of {there}"
    return " · ".join([there, *facts])


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


def error(chosen: Chosen) -> Made:
    """MSE of the answers, beside predictors that learned nothing."""
    factor = chosen.scaling("descent.mse")
    known = baselines.of_scope(chosen.scene.store, chosen.scene.family.scope())
    best = next(reversed(known), "")
    lines = [
        Line(baseline_name(name), mse * factor, "solid" if name == best else "dash")
        for name, mse in known.items()
        if mse > 0
    ]
    row = chosen.row("descent.mse", MSE[chosen.frame], lines=lines, log=True)
    problems, values = chosen.raw("descent.mse")
    sharp = values[chosen.groups.of(problems) >= 0, 0]
    sharp = sharp[np.isfinite(sharp)]
    median = float(np.median(sharp) * factor[0]) if sharp.size else np.nan
    said = f"median at t = 0: {number(median)}"
    if best:
        said += f", {baseline_name(best)} {number(known[best] * factor[0])}"
    return _stacked(chosen, [row], noted(chosen, "descent", FRAMES[chosen.frame], said))


def spectrum(chosen: Chosen) -> Made:
    """All eigenvalues, a ridge for each level."""
    question, store = chosen.scene.asked("hessian_spectrum"), chosen.scene.store
    pooled = arrays.pooled(store, question, chosen.place, chosen.groups, chosen.fields["group"])
    axis = chosen.fields["spectrum"]
    prior = baselines.prior_variance(store, chosen.scene.family.scope())
    schedule = chosen.scene.schedule
    ridges = annealing_ridges.ridges(pooled, axis, chosen.frame, schedule, prior, chosen.extremes())
    facts = [_at(chosen)]
    if axis == "eigenvalue":
        facts.append(FRAMES[chosen.frame])
    if axis == "variance":
        facts.append(reading(chosen.place))
        v, error = (a.mean(axis=0) for a in arrays.variance_check(store, question))
        ratio = (v / error)[: VARIANCE_LEVELS + 1]
        if np.isfinite(ratio).any():
            facts.append(
                f"mean v at the noised truth {number(ratio.min(), '.2g')} to"
                f" {number(ratio.max(), '.2g')} × the denoising"
                " error"
            )
    row = Row(annealing_ridges.EIGENVALUE, ridges.label, ridges.quantiles, ridges.lines)
    figure = annealing_ridges.figure(ridges, chosen.look)
    numbers = _numbers(chosen, [row]).assign(
        share=(("group", "level", "bin"), ridges.shares),
        centre=(("level", "bin"), ridges.centres, {"long_name": ridges.label}),
    )
    return figure, noted(chosen, "hessian_spectrum", *facts), numbers


def counts(chosen: Chosen) -> Made:
    """Numbers of eigenvalues below 0, and above the ideal."""
    ideal = chosen.ideals("hessian_spectrum.above_inverse_sigma", strong=True)
    rows = []
    for name, label in (("index", "index"), ("above_inverse_sigma", "#{λ > 1/σ}")):
        row = chosen.row(f"hessian_spectrum.{name}", label, lines=ideal)
        most = float(np.nanmax(row.values, initial=1.0))
        rows.append(replace(row, span=(-0.06 * most, 1.06 * most)))
    said = f"of {chosen.scene.entries} eigenvalues"
    return _stacked(chosen, rows, noted(chosen, "hessian_spectrum", _at(chosen), said))


def rank(chosen: Chosen) -> Made:
    """Effective ranks of the Hessian."""
    labels = {"participation_ratio": "participation", "entropy_rank": "entropy rank"}
    ids = {f"hessian_spectrum.{name}": label for name, label in labels.items()}
    rows = [chosen.row(id_, label, lines=chosen.ideals(id_)) for id_, label in ids.items()]
    return _stacked(chosen, rows, noted(chosen, "hessian_spectrum", _at(chosen)))


def parts(chosen: Chosen) -> Made:
    """Gauss–Newton and residual part, and the cosine between them."""
    ideal = chosen.ideals("hessian_spectrum.gauss_newton_norm", strong=True)
    cosine = "hessian_spectrum.gauss_newton_residual_cosine"
    rows = [
        chosen.row("hessian_spectrum.gauss_newton_norm", "‖GN‖_F", lines=ideal, log=True),
        chosen.row("hessian_spectrum.residual_norm", "‖residual‖_F", lines=ideal, log=True),
        chosen.row(cosine, "cosine", lines=chosen.ideals(cosine)),
    ]
    units = "E/ỹ²" if chosen.frame == "level" else "E/y²"
    facts = (_at(chosen), f"{FRAMES[chosen.frame]}, {units}")
    return _stacked(chosen, rows, noted(chosen, "hessian_spectrum", *facts))


def _left(chosen: Chosen) -> Line:
    """What is left to the truth, the control of distances: √(d·MSE), median, data frame."""
    mse = chosen.raw("descent.mse")[1]
    return Line("‖ŷ_t − y*‖", np.nanmedian(np.sqrt(chosen.scene.entries * mse), axis=0))


def drift(chosen: Chosen) -> Made:
    """How far the answer moves from level to level."""
    row = chosen.row("descent.drift", "‖ŷ_t − ŷ_{t+1}‖ [y]", lines=[_left(chosen)], log=True)
    return _stacked(chosen, [row], noted(chosen, "descent", "data frame"))


def minimum(chosen: Chosen) -> Made:
    """The answer beside the minimum that is found from it."""
    distance, ratio = "descent.minimum_distance", "descent.minimum_ratio"
    left = _left(chosen)
    lines = [replace(left, values=left.values * chosen.scaling(distance))]
    entry = "y" if chosen.frame == "data" else "ỹ"
    rows = [
        chosen.row(distance, f"‖min − ŷ_t‖ [{entry}]", lines=lines, log=True),
        chosen.row(ratio, "MSE ratio", lines=chosen.ideals(ratio), log=True),
    ]
    return _stacked(chosen, rows, noted(chosen, "descent", FRAMES[chosen.frame]))


def preference(chosen: Chosen) -> Made:
    """Energy of the answer less that of the truth, and how often it is below 0."""
    excess = "descent.energy_excess"
    problems, values = chosen.raw(excess)
    member = chosen.groups.of(problems)
    below = shares(values < 0, np.isfinite(values), member, chosen.groups.count)
    rows = [
        chosen.row(excess, "E_t(ŷ_t) − E_t(y*) [E]", lines=chosen.ideals(excess)),
        Row(excess, "share < 0", below, span=(-0.05, 1.05)),
    ]
    own = values[member >= 0, 0]
    own = own[np.isfinite(own)] < 0
    share = f"{100 * own.mean():.0f} %" if own.size else "none"
    said = f"at t = 0 below 0 in {share}"
    if chosen.scene.problems.task == "completion":
        said += "; an ideal model has 100 %"
    return _stacked(chosen, rows, noted(chosen, "descent", said))


def _random(value: float) -> Line:
    return Line("random", np.full(LEVELS, float(value)))


def alignment(chosen: Chosen) -> Made:
    """Share of the stiff and soft directions in named subspaces."""
    found = arrays.spaces(chosen.scene.store, chosen.scene.asked("eigenspace"), chosen.place)
    member, many = chosen.groups.of(found.problems), chosen.groups.count
    rows = []
    for e, end in enumerate(found.ends):
        resolved = found.resolved[:, :, e]
        unsure = shares(~resolved, np.ones_like(resolved), member, many)
        label = annealing_spaces.ENDS[end]
        row = [Row(f"eigenspace.unresolved.{end}", label, unsure)]
        for i, name in enumerate(found.subspaces):
            values = np.where(resolved, found.alignment[:, :, e, i], np.nan)
            row.append(
                Row(
                    f"eigenspace.alignment.{name}.{end}",
                    label,
                    quantiles(values, member, many),
                    [_random(found.random[i]), *chosen.own(found.problems, values)],
                    grey=unsure,
                )
            )
        rows.append(row)
    columns = ["no gap at k", *(annealing_spaces.NAMES[n] for n in found.subspaces)]
    figure = annealing_spaces.figure(columns, rows, chosen.look)
    flat = [r for row in rows for r in row]
    own = found.resolved[member >= 0]
    said = f"{int((~own).sum()):,} of {counted(own.size, 'space')} ill-defined"
    note = noted(chosen, "eigenspace", _at(chosen), f"k = {found.k}", said)
    return figure, note, _numbers(chosen, flat)


def angles(chosen: Chosen) -> Made:
    """How far the eigenspaces turn from level to level."""
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
                [_random(mean), *chosen.own(found.problems, values)],
                span=(-0.04, np.pi / 2 + 0.04),
                grey=unsure,
            )
        )
    facts = (_at(chosen), f"random {mean:.2f}, s.d. {spread:.2f}", f"{left_out:,} excluded")
    return _stacked(chosen, rows, noted(chosen, "eigenspace", *facts))


def quantity(scene: Scene, fields: Fields) -> Drawn | Missing:
    """Any scalar by level, with its spread over the problems."""
    chosen, id_ = Chosen(scene, fields), fields["quantity"]
    if id_ not in scene.quantities:
        return Missing("These problems have no number by level.")
    one = scene.quantities[id_]
    row = chosen.row(
        id_, titled(one.label, unit(one, chosen.frame)), lines=chosen.ideals(id_, strong=True)
    )
    row = replace(row, log=spans_decades(row.values))
    facts = [_at(chosen)] if "place" in one.dims else []
    facts += [FRAMES[chosen.frame]] if framed(one) else []
    figure, note, numbers = _stacked(chosen, [row], noted(chosen, one.analysis, *facts))
    about = ABOUT["quantity"]
    variables = list(dict.fromkeys(part.variable for part in one.parts)) or [one.variable]
    return Drawn(
        figure,
        numbers,
        (Source(scene.asked(one.analysis), {"variables": variables}),),
        note,
        about.caption(grouped=bool(fields["group"])),
        f"{one.help}. {about.long}",
    )
