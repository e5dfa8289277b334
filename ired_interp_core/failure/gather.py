"""What a prediction of failure reads: problems, states point by point, and who failed.

Definitions: docs/definitions.md §6.2. One (input, level, step) is in memory at a time. Problems
stand in the order of their content, so that sums round alike however a set is ordered.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ired_interp_core import tasks
from ired_interp_core.dictionaries.correlations import usable
from ired_interp_core.errors import Refusal
from ired_interp_core.failure import rules
from ired_interp_core.failure.names import RAW
from ired_interp_core.probing.folds import groups
from ired_interp_core.probing.reading import Codes, States
from ired_interp_core.records import Gathered
from ired_interp_core.schema import LEVELS


@dataclass(frozen=True)
class Cases:
    """The problems with their states and their ends, in the order of their content.

    Args:
        states: of the set.
        codes: a dictionary that was learned on other problems.
        index: of the problems in it.
        words: of their content.
        steps: of every level, −1 before its jump.
        outcome: by the rule.
        kind: of the error, index in KINDS.
        beside: MSE of the trivial predictor.
        ratio: MSE over that.
        baseline: mean MSE of every trivial predictor, by name.
        properties: those that x gives, by name.
    """

    states: States
    codes: Codes | None
    index: Int[np.ndarray, "N"]
    words: Int[np.ndarray, "N"]
    steps: tuple[int, ...]
    outcome: rules.Outcome
    kind: Int[np.ndarray, "N"]
    beside: Float[np.ndarray, "N"]
    ratio: Float[np.ndarray, "N"]
    baseline: Mapping[str, float]
    properties: Mapping[str, Float[np.ndarray, "N"]]

    @property
    def count(self) -> int:
        """Problems."""
        return len(self.index)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Inputs that are there."""
        return ("x", "xy", *RAW, *(("codes",) if self.codes else ()))

    def read(
        self, name: str, level: int, step: int, some: Int[np.ndarray, "M"] | slice = slice(None)
    ) -> Float[np.ndarray, "M p"] | None:
        """Read an input of these problems, or some of them, at one point.

        Args:
            name: of INPUTS.
            level: t.
            step: −1 before its jump.
            some: rows.

        Returns:
            One row a problem, float32; none for codes of a level that the dictionary does not know.
        """
        states, rows = replace(self.states, step=step), self.index[some]
        if name != "codes":
            return states.take(name, level, "trained", rows)
        if self.codes is None or level > self.codes.highest:
            return None
        return self.codes.encode(states.take(self.codes.site, level, "trained", rows))


def cases(gathered: Gathered, parameters: Mapping[str, Any]) -> Cases:
    """Read everything but the states.

    Args:
        gathered: with the roles of `analyses/failure_prediction.py`.
        parameters: as it declares.

    Returns:
        The problems, in the order of their content.

    Raises:
        Refusal: a rule or predictor that the task does not have, or states of some points only.
    """
    up, count, task = gathered.upstream, gathered.count, gathered.problems.task
    chosen = up["states"].question.parameters["points"]
    if chosen != "all":
        raise Refusal(
            "states of all visited points are needed",
            where="failure_prediction, states",
            came=f"points {chosen}",
            expected="points all",
            next_step='inputs.states = { points = "all", networks = "trained" }',
        )
    schedule = gathered.models["model"].schedule
    steps = tuple(range(-1, int(up["descent"].question.parameters["inner_steps"]) + 1))
    scale = float(schedule.sqrt_alpha_bar[0])
    states = States.of(up["states"], up["properties"], steps[-1], scale, count)
    words = groups(states.x)
    index = np.lexsort((np.arange(count), words))
    every = list(range(count))
    known = up["properties"].read(every, ["y_true", "baseline_mse", *tasks.PROPERTIES])
    names = [str(b) for b in known["baseline"].values]
    errors = known["baseline_mse"].values.astype("f8")
    name = parameters["baseline"]
    if name == "best":
        name = names[int(np.nanmean(errors[index], axis=0).argmin())]
    if name not in names:
        raise Refusal(
            "task has no such trivial predictor",
            where="failure_prediction, baseline",
            came=f"{name} on {task}",
            expected=", ".join(["best", *names]),
        )
    walk = up["descent"].read(every, ["mse_final", "inverse_residual"])
    ends = up["descent"].read(every, ["answer", "energy_answer", "energy_truth"], at={"level": 0})
    beside = errors[:, names.index(name)]
    measured = {
        "mse": walk["mse_final"].values.astype("f8"),
        "baseline_mse": beside,
        "residual": walk["inverse_residual"].values.astype("f8"),
        "energy_answer": ends["energy_answer"].values.astype("f8"),
        "energy_truth": ends["energy_truth"].values.astype("f8"),
    }
    determined = tasks.TASKS[task].determined
    found = rules.outcome(parameters["rule"], measured, parameters["share"], task, determined)
    kind = rules.kinds(
        ends["answer"].values, known["y_true"].values,
        up["descent"].question.parameters["clip"],
        *(parameters[f"kind_{word}"] for word in ("scale", "asymmetric", "clipped")),
    )  # fmt: skip
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = measured["mse"] / beside
    # What is read off the answer is known beforehand only where x fixes it.
    means = dict(zip(names, np.nanmean(errors[index], axis=0), strict=True))
    given = [n for n in tasks.PROPERTIES if determined or n in {"problem_norm", "observed_share"}]
    return Cases(
        states, Codes.of(up, gathered.device), index, words[index], steps,
        rules.Outcome(found.value[index], found.threshold, found.failed[index]),
        kind[index], beside[index], ratio[index], means,
        {n: v for n in given if _varies(v := known[n].values.astype("f8")[index])},
    )  # fmt: skip


def _varies(values: Float[np.ndarray, "N"]) -> bool:
    """Whether a property spreads by more than rounding, where it is finite."""
    return bool(usable(values[np.isfinite(values)][:, None])[0])


@dataclass(frozen=True)
class Signs:
    """Trivial signs of failure, each with the moment from which on it is known.

    Args:
        problem: of x, before the walk begins.
        energy: E_t of the state at every level and step.
        gradient: ‖∇_ỹE‖ there.
        norm: ‖ỹ‖ there.
        ends: of the levels, known when a level is over: E_t(ŷ_t), shares of accepted inner steps
            and clamped entries, λ_min at ŷ_t where the spectrum is there.
        walks: of walks from other noises, known when these are over.
    """

    problem: Mapping[str, Float[np.ndarray, "N"]]
    energy: Float[np.ndarray, "N level step"]
    gradient: Float[np.ndarray, "N level step"]
    norm: Float[np.ndarray, "N level step"]
    ends: Mapping[str, Float[np.ndarray, "N level"]]
    walks: Mapping[str, Float[np.ndarray, "N"]]

    def by(self, level: int, place: int) -> Float[np.ndarray, "N confound"]:
        """What is known at a state: of the problem, the state, and the levels that are over.

        Args:
            level: t.
            place: of the step, 0 for the one before the jump.

        Returns:
            Columns.
        """
        now = [v[:, level, place] for v in (self.energy, self.gradient, self.norm)]
        over = [v[:, t] for v in self.ends.values() for t in range(level + 1, LEVELS)]
        return np.stack([*self.problem.values(), *now, *over], axis=1)

    def at_end(self) -> Float[np.ndarray, "N confound"]:
        """What is known when the walk is over."""
        now = [v[:, 0, -1] for v in (self.energy, self.gradient, self.norm)]
        over = [v[:, t] for v in self.ends.values() for t in range(LEVELS)]
        return np.stack([*self.problem.values(), *now, *over, *self.walks.values()], axis=1)

    def named_at_end(self) -> dict[str, Float[np.ndarray, "N"]]:
        """The confounds at the end by name, of levels the last one."""
        now = {"energy": self.energy, "gradient_norm": self.gradient, "state_norm": self.norm}
        return (
            dict(self.problem)
            | {n: v[:, 0, -1] for n, v in now.items()}
            | {n: v[:, 0] for n, v in self.ends.items()}
            | dict(self.walks)
        )


def signs(gathered: Gathered, given: Cases, places: Collection[int] | None = None) -> Signs:
    """Read the trivial signs.

    Args:
        gathered: with the roles of `analyses/failure_prediction.py`.
        given: the problems.
        places: of the steps at which ‖∇_ỹE‖ and ‖ỹ‖ are read; all when left out, NaN elsewhere.

    Returns:
        The signs, in the order of the problems.
    """
    up, n = gathered.upstream, given.count
    every, index = list(range(n)), given.index
    read = up["states"].read(every, ["state_energy"], at={"network": "trained"})
    energy = read["state_energy"].transpose("problem", "level", "step").values[index]
    gradient, norm = (np.full((n, LEVELS, len(given.steps)), np.nan) for _ in range(2))
    for level in range(LEVELS):
        for place, step in enumerate(given.steps):
            if places is not None and place not in places:
                continue
            gathered.desk.check()
            for name, into in (("gradient", gradient), ("xy", norm)):
                values = given.read(name, level, step)
                assert values is not None
                part = values if name == "gradient" else values[:, given.states.x.shape[1] :]
                into[:, level, place] = np.sqrt(np.square(part, dtype="f8").sum(1))
    names = {"energy_ends": "energy_answer", "accepted_share": "accepted_share"}
    found = up["descent"].read(every, [*names.values(), "step_clamped"])
    found = found.sortby("level")
    ends = {n: found[v].values.astype("f8")[index] for n, v in names.items()}
    ends["clamped_share"] = found["step_clamped"].values[index, :, -1].astype("f8")
    if "spectrum" in up:
        least = up["spectrum"].read(every, ["smallest_eigenvalue"], at={"place": "answer"})
        ends["smallest_eigenvalue"] = least.sortby("level")["smallest_eigenvalue"].values[index]
    walks = {}
    if "starts" in up:
        many = up["starts"].read(every, ["furthest", "ends"])
        walks = {
            "start_spread": many["furthest"].values[index],
            "start_ends": many["ends"].values[index],
        }
    return Signs(given.properties, energy, gradient, norm, ends, walks)
