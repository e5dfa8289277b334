"""What the annealing view shows: panels drawn from a population, and the problems behind a point.

Between `population` (cached reads) and `app.figures` (pure drawing); no widgets here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
import xarray as xr

from app import annealing_words as words
from app import population as people
from app import tables, theme
from app.annealing_quantities import raw, scaling
from app.figures import annealing_energy, annealing_ridges, annealing_spaces
from app.figures.annealing_numbers import QUANTILES, Groups, quantiles, shares
from app.figures.annealing_rows import Line, Look, Pick, Row, stack
from app.figures.colours import PLACE_NAMES
from app.links import Address
from app.population import Population
from ired_interp_core import registry
from ired_interp_core.schedule import Schedule
from ired_interp_core.schema import LEVELS
from store import QuestionInfo, Store

FRAMES = {"level": "level frame", "data": "data frame"}


@dataclass(frozen=True)
class Drawn:
    """A panel with its figure.

    Args:
        figure: ready to show.
        note: one line beside the title.
        whats: quantity of each row, as a click counts them.
        numbers: what the figure shows, as labelled arrays.
    """

    figure: go.Figure
    note: str
    whats: tuple[str, ...]
    numbers: xr.Dataset

    def table(self) -> pd.DataFrame:
        """The numbers as a table.

        Returns:
            One row for each level, group and quantile, or for each point.
        """
        return self.numbers.to_dataframe().reset_index()


@dataclass(frozen=True)
class Missing:
    """A panel that has nothing to show.

    Args:
        text: why.
        command: what fills it.
    """

    text: str
    command: str


@dataclass(frozen=True)
class Scene:
    """Everything that panels are drawn from.

    Args:
        s: the store.
        pop: the questions.
        address: settled.
        groups: of the problems.
        schedule: of the model.
        look: shared by the figures.
    """

    s: Store
    pop: Population
    address: Address
    groups: Groups
    schedule: Schedule
    look: Look

    @property
    def place(self) -> str:
        """Where the curvature is taken."""
        return self.address["place"]

    @property
    def frame(self) -> str:
        """Frame of derivatives and errors."""
        return self.address["frame"]

    def asked(self, analysis: str) -> QuestionInfo:
        """The question of an analysis.

        Args:
            analysis: one that is there.

        Returns:
            It.
        """
        return self.pop.asked[analysis]

    def row(self, what: str, label: str, **rest: Any) -> Row:
        """Quantiles of a quantity over the problems of each group, in the chosen frame.

        Args:
            what: id of the quantity.
            label: with unit.
            **rest: further fields of `Row`.

        Returns:
            The row.
        """
        problems, values = raw(self.s, self.pop, what, self.place)
        values = values * scaling(what, self.frame, self.schedule)
        member = self.groups.of(problems)
        return Row(what, label, quantiles(values, member, self.groups.count), **rest)


def scene(s: Store, pop: Population, address: Address) -> Scene:
    """Gather what all panels share.

    Args:
        s: the store.
        pop: from `population`.
        address: settled.

    Returns:
        The scene.
    """
    groups = people.groups(s, pop.of, address["group"], address["groups"])
    ink = theme.ink()
    pick = pick_of(address)
    look = Look(theme.template(theme.active()), ink.text, ink.muted, groups.names, pick)
    return Scene(s, pop, address, groups, people.schedule(s, pop.asked), look)


def pick_of(address: Address) -> Pick | None:
    """The point that an address names.

    Args:
        address: of the view.

    Returns:
        The pick, None if there is none.
    """
    if not address["pick"]:
        return None
    what, percent, group = address["pick"].split("~")
    return Pick(what, address["level"], -1 if percent == "share" else int(percent), int(group))


def _many(scene: Scene, analysis: str) -> str:
    question = scene.asked(analysis)
    asked = max(question.rows_asked, question.rows)
    there = f"{question.rows:,}" if question.rows == asked else f"{question.rows:,} of {asked:,}"
    return f"{there} problems"


def _at(scene: Scene) -> str:
    return f"at the {PLACE_NAMES[scene.place]}"


def _numbers(scene: Scene, rows: Sequence[Row]) -> xr.Dataset:
    names = np.array(scene.groups.names)
    coords = {"group": names, "quantile": np.array(QUANTILES), "level": np.arange(LEVELS)}
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
    known = people.baselines(scene.s, scene.pop.of)
    lines = [
        Line(tables.baseline_name(n), mse * factor, "solid" if i == len(known) - 1 else "dash")
        for i, (n, mse) in enumerate(known.items())
        if mse > 0
    ]
    unit = "MSE [y²]" if scene.frame == "data" else "ᾱ·MSE [ỹ²]"
    row = scene.row("descent.mse", unit, lines=lines, log=True)
    median = _median(scene, "descent.mse", 0)
    note = f"{_many(scene, 'descent')} · {FRAMES[scene.frame]} · median at t = 0: {median:.3g}"
    if known:
        name, best = list(known.items())[-1]
        note += f" beside {best * factor[0]:.3g} of {tables.baseline_name(name)}"
    return _stacked(scene, [row], note)


def _median(scene: Scene, what: str, level: int) -> float:
    problems, values = raw(scene.s, scene.pop, what, scene.place)
    values = values[scene.groups.of(problems) >= 0, level]
    values = values[np.isfinite(values)]
    factor = scaling(what, scene.frame, scene.schedule)[level]
    return float(np.median(values) * factor) if values.size else float("nan")


def _spectrum(scene: Scene) -> Drawn:
    question = scene.asked("hessian_spectrum")
    pooled = people.pooled(scene.s, question, scene.place, scene.groups, scene.address["group"])
    axis = scene.address["spectrum"]
    prior = people.baselines(scene.s, scene.pop.of).get("zero")
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
    levels = people.descent(s, question)
    truth = levels.values["energy_truth"]
    excess = scene.address["energy"] == "excess"
    factor = scaling("descent.mse", scene.frame, scene.schedule)
    if scene.address["points"] == "steps":
        steps = people.steps(s, question)
        error, energy = steps.mse.astype(float), steps.energy.astype(float)
    else:
        error = levels.values["mse"][..., None]
        energy = levels.values["energy_answer"][..., None]
    many = error.shape[2]
    problem = np.repeat(levels.problems, many)
    member = np.repeat(scene.groups.of(levels.problems), many)
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


def _left(scene: Scene) -> Line:
    """What is left to the truth: √(d·MSE), median.

    Returns:
        The control of distances, data frame.
    """
    question = scene.asked("descent")
    mse = people.descent(scene.s, question).values["mse"]
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
    found = people.spaces(scene.s, scene.asked("eigenspace"), scene.place)
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
    found = people.spaces(scene.s, scene.asked("eigenspace"), scene.place)
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
