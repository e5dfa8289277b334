"""Figure 4 of the paper's sheet: energies around the truth, and where they are lowest."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from app.paper import answers as paper_answers
from app.paper.answers import Answer
from app.paper.figures import energy
from app.paper.figures.energy import Around
from app.paper.numbers import about
from app.paper.scene import Scene
from app.paper.source import drawn, spoken
from app.shared.asks import reading
from app.shared.page.contract import Drawn, Fields, Missing
from app.shared.table import verdict
from app.shared.table.baselines import Interval
from ired_interp_core.accuracy.names import DIRECTIONS, DISPLACEMENTS, RANDOM
from ired_interp_core.schema import LEVELS
from ired_interp_core.spelling import counted, number
from ired_interp_core.tasks import TASKS
from store import Store

VARIABLES = ("energy_displaced", "energy_rise", "energy_rise_low", "energy_rise_high",
             "energy_rise_p")  # fmt: skip
SURE = 0.05
"""Holm's p from which on an energy is called lower than the truth's."""

SAID = {
    "to_answer": "towards ŷ", "from_answer": "away from ŷ", "downhill": "along −∇E",
    "uphill": "along ∇E", "soft_downhill": "down the softest eigenvector",
    "soft_uphill": "up the softest eigenvector", "stiff_downhill": "down the stiffest eigenvector",
    "stiff_uphill": "up the stiffest eigenvector",
}  # fmt: skip
"""Directed way → how a sentence names it."""


def read(store: Store, answer: Answer) -> Around:
    """The energies around the truth of an answer; rows t = 0 … 9."""
    shape = (LEVELS, len(DIRECTIONS), len(DISPLACEMENTS))
    if answer.shipped:
        tables, _ = paper_answers.shipped_tables()
        if tables is None:  # it was there a moment ago
            none = np.full(shape, np.nan)
            return around(np.array(DISPLACEMENTS), none, none, none, none, none, 0)
        at = [str(k) for k in tables["key"].values].index(answer.key)
        arrays = tables[list(VARIABLES)].isel(setting=at)
    else:
        asked = reading.questions(store, analysis=paper_answers.ANALYSIS)
        question = next(q for q in asked if q.key == answer.key)
        arrays = reading.dataset(store, question, (0,), VARIABLES)
    arrays = arrays.sortby("displacement").sortby("level").sel(direction=list(DIRECTIONS))
    dims = ("level", "direction", "displacement")
    energy_, rise, low, high, p = (arrays[name].transpose(*dims).values for name in VARIABLES)
    displacement = np.asarray(arrays["displacement"].values, float)
    problems = int(answer.numbers["displaced_problems"])
    return around(displacement, energy_, rise, low, high, p, problems)


def around(
    displacement: np.ndarray,
    energy_: np.ndarray,
    rise: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    p: np.ndarray,
    problems: int,
) -> Around:
    """Say of energies around the truth along which directed way E_t is lowest.

    Args:
        displacement: mean squared displacements, ascending from 0 [K].
        energy_: mean E_t [level, direction, K].
        rise: mean E_t − E_t(y*).
        low: lower end of its interval.
        high: upper end.
        p: of no rise and no fall, Holm over the directed ones of a level.
        problems: that were measured.

    Returns:
        They with `lowest`; random displacements decide nothing, since they raise the energy around
        any point of a bowl.
    """
    lowest = {}
    directed = [i for i, name in enumerate(DIRECTIONS) if name != RANDOM]
    for t in range(len(rise)):
        values = rise[t, directed]
        if np.isfinite(values).any():
            place, rank = np.unravel_index(np.nanargmin(values), values.shape)
            i, k = directed[int(place)], int(rank)
            lowest[t] = (i, k, bool(rise[t, i, k] < 0 and p[t, i, k] < SURE))
    return Around(displacement, energy_, rise, low, high, p, problems, lowest)


def sentence(variant: str, energies: Around, determined: bool = True) -> str:
    """Say at which levels a directed way leads from the truth down, and how far.

    Args:
        variant: named first.
        energies: around the truth.
        determined: whether x fixes y; where it does not, no energy has its bottom at the truth.

    Returns:
        One line.
    """
    lowest = energies.lowest
    falls = sorted(t for t, (*_, firm) in lowest.items() if firm)
    if not lowest:
        return f"{variant}: no energies were measured."
    over = f"over {counted(energies.problems, 'problem')}, one training"
    if not determined:
        over += "; x does not determine y here, so an ideal energy is lowest at its mean"
    if not falls:
        return (
            f"{variant}: no directed displacement has an energy below that of the truth beyond"
            f" chance ({over})."
        )
    told = "; ".join(_fall(energies, t) for t in falls if t in _told(falls))
    where = f"at {len(falls)} of {len(lowest)} levels ({_levels(falls)})"
    return f"{variant}: the truth is not the minimum {where}. Lowest {told}; {over}."


def _told(levels: Sequence[int]) -> set[int]:
    """The sharpest, the middle and the smoothest of some levels: those that are spelled out."""
    return {levels[0], levels[len(levels) // 2], levels[-1]}


def _fall(energies: Around, t: int) -> str:
    i, k, _ = energies.lowest[t]
    ends = (a[t, i, k] for a in (energies.rise, energies.low, energies.high))
    fall, whole = verdict.ranged(Interval(*map(float, ends))), energies.energy[t, 0, 0]
    way = f"{SAID[DIRECTIONS[i]]} at δ² = {number(float(energies.displacement[k]))} y²"
    return f"at t = {t} {way}, {fall} of {number(float(whole))}"


def _levels(levels: Sequence[int]) -> str:
    if len(levels) == 1:
        return f"t = {levels[0]}"
    if list(levels) == list(range(levels[0], levels[-1] + 1)):
        return f"t = {levels[0]} … {levels[-1]}"
    return "t = " + ", ".join(map(str, levels))


def _measured(scene: Scene, task: str) -> Mapping[str, Around] | Missing:
    """Energies around the truth by variant, or what is missing."""
    answers = scene.official(task)
    if not answers:
        return scene.lacks(task)
    every = {variant: read(scene.store, answer) for variant, answer in answers.items()}
    there = {v: energies for v, energies in every.items() if energies.lowest}
    return there or Missing("No energies around the truth were measured (energy_problems = 0).")


def bottom(scene: Scene, fields: Fields) -> Drawn | Missing:
    """Where the energy around the truth is lowest."""
    task = fields["task"]
    measured = _measured(scene, task)
    if isinstance(measured, Missing):
        return measured
    answers = scene.official(task)
    fixed = TASKS[task].determined
    body = spoken(task, (sentence(variant, of, fixed) for variant, of in measured.items()))
    parts = []
    for variant, energies in measured.items():
        shape = energies.rise.shape
        at = [np.ravel_multi_index((t, i, k), shape) for t, (i, k, _) in energies.lowest.items()]
        firm = [firm for *_, firm in energies.lowest.values()]
        parts.append(_table(answers[variant], energies).iloc[at].assign(below_truth=firm))
    return drawn(scene, body, pd.concat(parts), [*answers.values()])


def figure(scene: Scene, fields: Fields) -> Drawn | Missing:
    """Figure 4: the energy around the truth."""
    task = fields["task"]
    measured = _measured(scene, task)
    if isinstance(measured, Missing):
        return measured
    answers, look = scene.official(task), fields.look
    excess = fields["curve"] == "excess"
    body = energy.figure(measured, look.template, look.ink.muted, excess=excess)
    numbers = pd.concat([_table(answers[v], energies) for v, energies in measured.items()])
    counts = sorted({e.problems for e in measured.values()})
    many = [*map(str, counts[:-1]), counted(counts[-1], "problem")]
    note = f"{task} · {' and '.join(many)}"
    return drawn(scene, body, numbers, [*answers.values()], note)


def _table(answer: Answer, energies: Around) -> pd.DataFrame:
    levels, ways, count = energies.rise.shape
    columns = {
        "level": np.repeat(np.arange(levels), ways * count),
        "direction": np.tile(np.repeat(DIRECTIONS, count), levels),
        "displacement": np.tile(energies.displacement, levels * ways),
        **{
            name: values.ravel()
            for name, values in zip(
                VARIABLES,
                (energies.energy, energies.rise, energies.low, energies.high, energies.p),
                strict=True,
            )
        },
    }
    return pd.DataFrame({**about(answer), "displaced_problems": energies.problems, **columns})
