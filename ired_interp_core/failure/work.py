"""The parts of a prediction of failure in their order, kept on the way and taken up again.

Definitions: docs/definitions.md §6.2.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from ired_interp_core.failure import nested, pooled, stages, versus
from ired_interp_core.failure.causal import (
    Sampler,
    by_place,
    matched,
    problems_of,
)  # fmt: skip
from ired_interp_core.failure.effects import filled, permuted
from ired_interp_core.failure.gather import Signs, cases, signs
from ired_interp_core.failure.nested import Foreseen, Setting
from ired_interp_core.failure.scores import fold_auroc
from ired_interp_core.failure.stages import Numbers, Plan, able, assembled, back
from ired_interp_core.failure.strongest import place_of
from ired_interp_core.probing.folds import folds, ranks
from ired_interp_core.probing.saved import Parts
from ired_interp_core.records import Gathered, seeded
from ired_interp_core.schema import LEVELS


@dataclass(frozen=True)
class Work:
    """One prediction of failure: what it is asked, and the parts that are finished.

    Args:
        gathered: inputs and desk.
        parameters: as the analysis declares.
        plan: problems and settings.
        parts: finished ones.
        able: whether every fold holds problems of both kinds.
    """

    gathered: Gathered
    parameters: Mapping[str, Any]
    plan: Plan
    parts: Parts
    able: bool

    @classmethod
    def of(cls, gathered: Gathered, parameters: Mapping[str, Any]) -> "Work":
        """Read the problems, and take up what an earlier run kept."""
        given = cases(gathered, parameters)
        failed, seed = given.outcome.failed, parameters["seed"]
        k, most = parameters["folds"], parameters["permutations"]
        fold = folds(given.words, seed, k, failed.astype(int))
        # Features are chosen on one half of the problems and shown on the other.
        half = folds(given.words, seed + 1_000_003, 2, failed.astype(int)) == 0
        rng = seeded("failure", "permutations", seed)
        setting = Setting(failed, fold, parameters["components"], parameters["trees"])
        plan = Plan(
            given, setting, parameters["best"],
            tuple(range(len(given.steps))) if parameters["points"] == "all" else (0,),
            half, permuted(failed, rng, most), permuted(failed[half], rng, most),
            parameters["top"],
        )  # fmt: skip
        parts = Parts(gathered.desk, (len(given.inputs) + 2) * LEVELS + 10)
        parts.restore()
        return cls(gathered, parameters, plan, parts, able(setting))

    @property
    def level(self) -> int:
        """That of the numbers, at the state before its jump."""
        return int(self.parameters["level"])

    @cached_property
    def signs(self) -> Signs:
        """Trivial signs of failure."""
        return signs(self.gathered, self.plan.cases)

    def points(self, name: str, level: int) -> Numbers:
        """Predictions from an input at the states of a level; x is the same at all of them."""
        at = LEVELS - 1 if name == "x" else level
        plan = replace(self.plan, places=(0,)) if name == "x" else self.plan
        return self.parts.part(
            f"{name} {at}", f"{name}, level {at}", lambda: stages.points(plan, name, at)
        )

    def confounds(self, level: int) -> Numbers:
        """Predictions from what is known by then, at the states of a level."""
        return self.parts.part(
            f"confounds {level}", f"confounds, level {level}",
            lambda: stages.confounds(self.plan, self.signs, level),
        )  # fmt: skip

    def at_end(self) -> Foreseen:
        """Prediction from the confounds when the walk is over."""
        made = self.parts.part(
            "confounds end", "confounds at the end",
            lambda: stages.kept(
                nested.nested(self.signs.at_end(), self.plan.setting, grid=nested.WEAK)
            ),
        )  # fmt: skip
        return back(made)

    def of_level(self, level: int) -> dict[str, Numbers]:
        """Predictions at a level by input, and of its confounds."""
        found = {n: self.points(n, level) for n in self.plan.cases.inputs}
        return found | {"confounds": self.confounds(level)}

    def ways(self, level: int) -> Iterator[tuple[str, str, Foreseen]]:
        """Predictions from the state before the jump of a level.

        Args:
            level: t.

        Yields:
            Design, estimator and prediction.
        """
        there = self.of_level(level)
        both = self.parts.part(
            f"together {level}", f"both, level {level}",
            lambda: stages.together(self.plan, self.signs, level, there),
        )  # fmt: skip
        yield "confounds", "logistic", back(there["confounds"], 0)
        yield "activations", "logistic", assembled(there, self.plan.setting, 0)[0]
        if "codes" in there and np.isfinite(there["codes"]["loss"]).all():
            yield "codes", "logistic", back(there["codes"], 0)
        names = dict.fromkeys(n.rsplit("/", 1)[0] for n in both)
        for name in names:
            estimator, design = name.split("/")
            yield (
                design,
                estimator,
                Foreseen(*(both[f"{name}/{a}"] for a in ("p", "train", "penalty", "loss"))),
            )

    def chosen(self, level: int) -> list[str]:
        """Input of the activations of every fold."""
        return assembled(self.of_level(level), self.plan.setting, 0)[1]

    def again(self, split: int) -> Numbers:
        """Predictions with other folds."""
        seed = self.parameters["seed"]
        return self.parts.part(
            f"split {split}", f"split {split + 1}",
            lambda: versus.again(self.plan, self.signs, self.level, split, seed),
        )  # fmt: skip

    def shuffled(self) -> float:
        """AUROC of the pipeline for labels that know nothing, from one input at the level."""
        plan, name = self.plan, self.parameters["pooled"]
        rng = seeded("failure", "shuffled", self.parameters["seed"])
        failed = rng.permutation(plan.setting.failed)
        fold = folds(plan.cases.words, self.parameters["seed"], plan.setting.k, failed.astype(int))
        setting = replace(plan.setting, failed=failed, fold=fold)
        made = self.parts.part(
            "shuffled", "shuffled labels",
            lambda: stages.kept(nested.nested(plan.values(name, self.level), setting)),
        )  # fmt: skip
        return fold_auroc(failed, made["p"], fold)

    def learning(self) -> Numbers:
        """The learning curve."""
        given = self.parameters
        return self.parts.part(
            "learning", "learning curve",
            lambda: versus.learning(
                self.plan, self.signs, self.level, self.chosen(self.level), given["threshold"],
                given["seed"],
            ),
        )  # fmt: skip

    @cached_property
    def few(self) -> np.ndarray:
        """Rows of the problems of which all points are put side by side."""
        order = ranks(self.plan.cases.words, self.parameters["seed"])
        return np.sort(np.argsort(order, kind="stable")[: self.parameters["concatenated"]])

    def pooled(self, name: str, way: str) -> Numbers:
        """Prediction from all points of an input: concatenated, their mean or the sequence.

        Args:
            name: of the input.
            way: name of the function in `pooled`.

        Returns:
            Predictions of the `few`.
        """
        setting = self.plan.setting
        few = replace(setting, failed=setting.failed[self.few], fold=setting.fold[self.few])
        given = self.plan.cases

        def points() -> Iterator[Float[np.ndarray, "N p"]]:
            for level in reversed(range(LEVELS)):
                for place in self.plan.places:
                    self.gathered.desk.check()
                    values = given.read(name, level, given.steps[place], self.few)
                    if values is not None:
                        yield values

        def make() -> Numbers:
            if not able(few):
                nothing = np.full(few.k, np.nan)
                return stages.kept(
                    Foreseen(np.full(len(self.few), np.nan), nothing, nothing, nothing)
                )
            return stages.kept(getattr(pooled, way)(points, few))

        return self.parts.part(f"{way} {name}", f"all points, {way}", make)

    def kinds(self) -> Numbers:
        """Kinds of error, told from the activations of the level."""
        there, setting = self.of_level(self.level), self.plan.setting
        found, chosen = assembled(there, setting, 0)

        def make() -> Numbers:
            values = {n: self.plan.values(n, self.level) for n in dict.fromkeys(chosen)}
            rng = seeded("failure", "kinds", self.parameters["seed"])
            return versus.kinds(
                values, chosen, found.penalty, self.plan.cases.kind, setting, rng,
                self.parameters["permutations"],
            )  # fmt: skip

        return self.parts.part("kinds", "kinds of error", make)

    def walks(self, cells: np.ndarray, features: np.ndarray) -> Numbers:
        """The sampler with the strongest features set to 0, and with matched random ones.

        Args:
            cells: where the strongest features lie, −1 where there are no more.
            features: their indices there.

        Returns:
            The walked problems, and their failures in every walk.
        """
        return self.parts.part(
            "walks", "walks without features", lambda: self._walk(cells, features)
        )

    def _walk(self, cells: np.ndarray, features: np.ndarray) -> Numbers:
        given, plan, asked = self.plan.cases, self.plan, self.parameters
        usable = np.flatnonzero(~plan.chosen_on)
        order = ranks(given.words, asked["seed"])[usable]
        rows = usable[np.argsort(order, kind="stable")[: asked["walked"]]]
        rows = rows[np.argsort(given.index[rows])]
        there = np.flatnonzero(cells >= 0)[: asked["zeroed"]]
        places = [place_of(plan, int(c)) for c in cells[there]]
        at = [(name, level, given.steps[p]) for name, level, p in places]
        chosen = by_place(at, features[there])
        sampler = Sampler(
            self.gathered, given.states.x[given.index[rows]],
            problems_of(self.gathered, given.index[rows]), given.index[rows], asked["rule"],
            given.outcome.threshold, given.beside[rows], given.codes,
        )  # fmt: skip
        walked = [sampler.failures({}), sampler.failures(chosen)]
        sizes = {place: self._sizes(*place) for place in chosen}
        for draw in range(asked["random_sets"]):
            rng = seeded("failure", "random features", asked["seed"], draw)
            drawn = {
                place: matched(sizes[place], some, rng) for place, some in sorted(chosen.items())
            }
            walked.append(sampler.failures(drawn))
            self.gathered.desk.check()
        return {"problem": given.index[rows], "failed": np.stack(walked)}

    def _sizes(self, name: str, level: int, step: int) -> Float[np.ndarray, "F"]:
        """Root mean square of every feature of a place, 0 of one that does not vary."""
        values = self.plan.cases.read(name, level, step, np.flatnonzero(self.plan.chosen_on))
        assert values is not None
        values = filled(values)
        return np.where(values.std(0) > 0, np.sqrt(np.square(values).mean(0)), 0.0)
