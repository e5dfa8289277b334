"""A prediction of failure that was learned on one model's problems, tried on another's.

Definitions: docs/definitions.md §6.2. Labels, folds and rule of either side are those of its own
`failure_prediction`. One (input, level) of both is in memory at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from ired_interp_core.errors import Refusal
from ired_interp_core.failure import nested
from ired_interp_core.failure.carried import carried
from ired_interp_core.failure.gather import Cases, Signs, cases, signs
from ired_interp_core.failure.measured import score
from ired_interp_core.failure.names import RAW
from ired_interp_core.failure.nested import PENALTIES, WEAK, Setting
from ired_interp_core.failure.resampling import draws, interval, resampled_auroc
from ired_interp_core.failure.scores import auroc, null_deviation
from ired_interp_core.failure.stages import Numbers, able
from ired_interp_core.probing.folds import folds
from ired_interp_core.probing.saved import Parts
from ired_interp_core.records import Gathered, seeded
from ired_interp_core.registry import get
from ired_interp_core.schema import LEVELS

INPUTS = ("x", "xy", *RAW)
CHANCE = (0.025, 0.975)
ENDS = ("", "_low", "_high")


@dataclass(frozen=True)
class Side:
    """One model with its problems, as its own prediction of failure has them.

    Args:
        cases: problems, states and failures.
        setting: labels and folds of the first split.
        signs: confounds.
        answer: what `failure_prediction` found, by itself.
    """

    cases: Cases
    setting: Setting
    signs: Signs
    answer: xr.Dataset

    @classmethod
    def of(cls, gathered: Gathered, begin: str) -> "Side":
        """Read a side, whose roles begin with a word.

        Args:
            gathered: with the roles of `analyses/failure_transfer.py`.
            begin: "" for what is trained on, "other_" for what it is tried on.

        Returns:
            The side.
        """
        role = "other" if begin else "failure"
        asked = gathered.upstream[role].question.parameters
        model = gathered.models[f"{begin}model"]
        given = replace(
            gathered,
            problems=replace(gathered.problems, task=model.task or gathered.problems.task),
            count=asked["problems"],
            models={"model": model},
            upstream={n: gathered.upstream[begin + n] for n in ("states", "descent", "properties")},
        )
        found = cases(given, asked)
        failed = found.outcome.failed
        fold = folds(found.words, asked["seed"], asked["folds"], failed.astype(int))
        names = [f"input_auroc{e}" for e in ENDS]
        answer = gathered.upstream[role].read(None, names, at={"step": -1})
        return cls(
            found, Setting(failed, fold, asked["components"], 0), signs(given, found, (0,)), answer
        )  # fmt: skip

    def known(self, name: str, level: int) -> tuple[float, float, float]:
        """AUROC of an input by its own model, out of fold, with its interval."""
        at = self.answer.sel(input=name, level=level)
        value, low, high = (float(at[f"input_auroc{e}"]) for e in ENDS)
        return value, low, high

    def shared(self, other: "Side") -> "Side":
        """The same with the confounds that both sides have."""
        mine, theirs = self.signs, other.signs
        return replace(
            self,
            signs=replace(
                mine,
                problem={n: v for n, v in mine.problem.items() if n in theirs.problem},
                ends={n: v for n, v in mine.ends.items() if n in theirs.ends},
            ),
        )


@dataclass(frozen=True)
class Transfer:
    """One side learned from, the other predicted.

    Args:
        own: what is learned from.
        other: what is predicted.
        permuted: labels of the former that know nothing.
        weights: resamples of the problems of the latter.
        each: whether each side is standardised by itself.
        parts: finished ones.
    """

    own: Side
    other: Side
    permuted: np.ndarray
    weights: np.ndarray
    each: bool
    parts: Parts

    @classmethod
    def of(cls, gathered: Gathered, parameters: Mapping[str, Any]) -> "Transfer":
        """Read both sides, and take up what an earlier run kept."""
        first, second = Side.of(gathered, ""), Side.of(gathered, "other_")
        own, other = first.shared(second), second.shared(first)
        if own.cases.steps != other.cases.steps:
            raise Refusal(
                "the samplers take different steps",
                where="failure_transfer",
                came=f"{len(own.cases.steps) - 2} and {len(other.cases.steps) - 2} inner steps",
                expected="the same",
            )
        rng = seeded("failure", "transfer labels", parameters["seed"])
        labels = [rng.permutation(own.setting.failed) for _ in range(parameters["permutations"])]
        failed, words = other.setting.failed, other.cases.words
        weights = draws(
            failed, np.zeros(len(failed), int), words,
            seeded("failure", "transfer resamples", parameters["seed"]), parameters["bootstrap"],
        )  # fmt: skip
        parts = Parts(gathered.desk, 2 * LEVELS)
        parts.restore()
        return cls(own, other, np.array(labels), weights, parameters["scaled"] == "each", parts)

    @property
    def able(self) -> bool:
        """Whether both sides have problems of both kinds in every fold."""
        return able(self.own.setting) and able(self.other.setting)

    def level(self, level: int) -> Numbers:
        """Predictions from every input whose shapes agree, before the jump of a level."""
        return self.parts.part(f"level {level}", f"level {level}", lambda: self._level(level))

    def _carried(
        self, mine: np.ndarray, theirs: np.ndarray, grid: tuple[float, ...] = PENALTIES
    ) -> Numbers:
        settings = self.own.setting, self.other.setting
        return carried(mine, theirs, *settings, self.permuted, self.each, grid)

    def _level(self, level: int) -> Numbers:
        made: Numbers = {}
        first = self.own.cases.steps[0]
        for name in INPUTS if level == LEVELS - 1 else INPUTS[1:]:
            mine, theirs = (s.cases.read(name, level, first) for s in (self.own, self.other))
            assert mine is not None
            assert theirs is not None
            if mine.shape[1] == theirs.shape[1]:
                made |= {f"{name}/{n}": v for n, v in self._carried(mine, theirs).items()}
        return made

    def confounds(self, level: int) -> Numbers:
        """The same from the confounds that both have, and what they give on either side."""
        return self.parts.part(
            f"confounds {level}", f"confounds, level {level}", lambda: self._confounds(level)
        )

    def _confounds(self, level: int) -> Numbers:
        mine, theirs = (s.signs.by(level, 0) for s in (self.own, self.other))
        found = self._carried(mine, theirs, WEAK)
        sides = (("own", self.own, mine), ("there", self.other, theirs))
        alone = {n: nested.nested(v, s.setting, grid=WEAK).probability for n, s, v in sides}
        return found | alone

    def scored(self, score: np.ndarray) -> tuple[float, np.ndarray]:
        """AUROC of scores of the other side, also of every resample."""
        failed, same = self.other.setting.failed, np.zeros(len(self.other.setting.failed), int)
        return auroc(failed, score), resampled_auroc(failed, score, same, self.weights)


def transfer_dataset(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """How well failures of one model are told by what was learned on another's.

    On one thread, so that sums round alike however many there are.

    Args:
        gathered: with the roles of the analysis.
        parameters: as it declares.

    Returns:
        The declared variables.
    """
    declared = get("failure_transfer").schema.variables
    labels: dict[str, Any] = {"input": list(INPUTS), "level": np.arange(LEVELS)}
    with threadpool_limits(limits=1):
        work = Transfer.of(gathered, parameters)
        found = {n: np.full([len(labels[d]) for d in v.dims], np.nan) for n, v in declared.items()}
        found["chosen_input"][:] = 0
        _numbers(work, found)
        if work.able:
            for level in reversed(range(LEVELS)):
                _level(work, level, parameters["seed"], found)
    arrays = {n: (v.dims, found[n].astype(v.dtype)) for n, v in declared.items()}
    return xr.Dataset(arrays, labels)


def _numbers(work: Transfer, into: dict[str, np.ndarray]) -> None:
    own, there = work.own.setting.failed, work.other.setting.failed
    for name, value in (
        ("learned_failures", own.sum()), ("predicted_failures", there.sum()),
        ("predicted_problems", len(there)),
        ("predicted_deviation", null_deviation(int(there.sum()), int((~there).sum()))),
        ("shared_confounds", work.own.signs.by(0, 0).shape[1]),
    ):  # fmt: skip
        into[name][...] = value


def _put(into: dict[str, np.ndarray], name: str, at: Any, values: tuple[float, ...]) -> None:
    for ending, value in zip(ENDS, values, strict=True):
        into[f"{name}{ending}"][at] = value


def _level(work: Transfer, level: int, seed: int, into: dict[str, np.ndarray]) -> None:
    """Everything at one level."""
    part = work.level(level) | {
        n: v for n, v in work.level(LEVELS - 1).items() if n.startswith("x/")
    }
    resampled: dict[str, tuple[float, np.ndarray]] = {}
    for row, name in enumerate(INPUTS):
        for word, side in (("own", work.own), ("there", work.other)):
            _put(into, f"{word}_auroc", (row, level), side.known(name, level))
        if f"{name}/score" in part:
            value, each = resampled[name] = work.scored(part[f"{name}/score"])
            _put(into, "transfer_auroc", (row, level), (value, *interval(value, each, True)[:2]))
            ends = np.quantile(part[f"{name}/chance"], CHANCE)
            into["chance_low"][row, level], into["chance_high"][row, level] = ends
    confounds = work.confounds(level)
    value, each = work.scored(confounds["score"])
    _put(into, "confounds_transfer", level, (value, *interval(value, each, True)[:2]))
    ends = np.quantile(confounds["chance"], CHANCE)
    into["confounds_chance_low"][level], into["confounds_chance_high"][level] = ends
    for word, side in (("own", work.own), ("there", work.other)):
        _put(into, f"confounds_{word}", level, _out_of_fold(side, confounds[word], seed))
    usable = {n: float(part[f"{n}/loss"]) for n in RAW if n in resampled}
    if usable:
        best = min(usable, key=lambda n: usable[n])
        into["chosen_input"][level] = 1 + INPUTS.index(best)
        theirs, again = resampled[best]
        gain = theirs - value
        _put(into, "transfer_gain", level, (gain, *interval(gain, again - each)[:2]))


def _out_of_fold(side: Side, p: np.ndarray, seed: int) -> tuple[float, float, float]:
    """AUROC of out-of-fold predictions, with its interval."""
    setting = side.setting
    rng = seeded("failure", "resamples", seed)
    weights = draws(setting.failed, setting.fold, side.cases.words, rng, 200)
    nothing = np.zeros(setting.k)
    found = nested.Foreseen(p, nothing, nothing, nothing)
    return score(found, setting, weights).interval()
