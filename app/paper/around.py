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
from app.shared.table.verdict import FIRM
from store import Store

VARIABLES = ("energy_displaced", "energy_displaced_error")


def read(store: Store, answer: Answer) -> Around:
    """The energies around the truth of an answer; rows t = 0 … 9."""
    if answer.shipped:
        tables, _ = paper_answers.shipped_tables()
        if tables is None:  # it was there a moment ago
            return around(np.zeros(0), np.zeros((0, 0)), np.zeros((0, 0)))
        at = [str(k) for k in tables["key"].values].index(answer.key)
        arrays = tables[list(VARIABLES)].isel(setting=at)
    else:
        asked = reading.questions(store, analysis=paper_answers.ANALYSIS)
        question = next(q for q in asked if q.key == answer.key)
        arrays = reading.dataset(store, question, (0,), VARIABLES)
    arrays = arrays.sortby("displacement").sortby("level")
    energy_, error = (arrays[n].transpose("level", "displacement").values for n in VARIABLES)
    return around(np.asarray(arrays["displacement"].values, float), energy_, error)


def around(displacement: np.ndarray, energy_: np.ndarray, error: np.ndarray) -> Around:
    """Say of energies around the truth where on the way from it E_t is lowest.

    Args:
        displacement: mean squared displacements, ascending from 0 [K].
        energy_: E_t [level, K].
        error: standard errors [level, K].

    Returns:
        They with `lowest`; an energy is below that at the truth firmly where it is so by more than
        `FIRM` standard errors (taken as independent, so that it is said too rarely).
    """
    lowest = {}
    for t, (values, errors) in enumerate(zip(energy_, error, strict=True)):
        if not np.isfinite(values).any():
            continue
        rank = int(np.nanargmin(values))
        slack = FIRM * float(np.hypot(errors[rank], errors[0]))
        lowest[t] = (rank, rank > 0 and bool(values[0] - values[rank] > slack))
    return Around(displacement, energy_, error, lowest)


def sentence(variant: str, energies: Around) -> str:
    """Say at which levels the truth is not the bottom."""
    lowest = energies.lowest
    away = sorted(t for t, (_, firm) in lowest.items() if firm)
    if not lowest:
        return f"{variant}: no energies were measured."
    if not away:
        return f"{variant}: at every level the mean energy is lowest at the truth, within 2 s.e."
    least = ", ".join(
        f"t = {t}: {verdict.short(float(energies.displacement[lowest[t][0]]))}" for t in away[:3]
    )
    more = "" if len(away) <= 3 else ", …"
    where = f"{_levels(away)} (displacement {least}{more} y²)"
    return f"{variant}: lowest away from the truth at {where}."


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
    body = spoken(task, (sentence(variant, energies) for variant, energies in measured.items()))
    parts = []
    for variant, energies in measured.items():
        lowest = energies.lowest
        every = _table(answers[variant], energies)
        at = [t * len(energies.displacement) + rank for t, (rank, _) in lowest.items()]
        parts.append(every.iloc[at].assign(below_truth=[firm for _, firm in lowest.values()]))
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
    return drawn(scene, body, numbers, [*answers.values()], task)


def _table(answer: Answer, energies: Around) -> pd.DataFrame:
    levels, count = energies.energy.shape
    columns = {
        "level": np.repeat(np.arange(levels), count),
        "displacement": np.tile(energies.displacement, levels),
        "energy": energies.energy.ravel(),
        "energy_error": energies.error.ravel(),
        "energy_excess": (energies.energy - energies.energy[:, :1]).ravel(),
    }
    return pd.DataFrame({**about(answer), **columns})
