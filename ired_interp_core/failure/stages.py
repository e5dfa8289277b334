"""The parts of a prediction of failure that are kept on the way, each one computed whole.

Definitions: docs/definitions.md §6.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from ired_interp_core.failure import nested
from ired_interp_core.failure.effects import cohens_d
from ired_interp_core.failure.gather import Cases, Signs
from ired_interp_core.failure.hotspots import Strongest
from ired_interp_core.failure.names import FEATURED, RAW
from ired_interp_core.failure.nested import Added, Foreseen, Setting
from ired_interp_core.failure.scores import enough
from ired_interp_core.schema import LEVELS

Numbers = dict[str, np.ndarray]


@dataclass(frozen=True)
class Plan:
    """What is the same for all parts.

    Args:
        cases: the problems.
        setting: labels and folds of the first split.
        best: columns of the codes that are used, chosen on training rows.
        places: which steps are predicted from, by their place.
        chosen_on: problems on which features are chosen; they are shown on the others.
        labels: as they are and permuted, of all problems.
        labels_chosen: the same of the problems on which features are chosen.
        top: strongest features that are kept.
    """

    cases: Cases
    setting: Setting
    best: int
    places: tuple[int, ...]
    chosen_on: Bool[np.ndarray, "N"]
    labels: Float[np.ndarray, "label N"]
    labels_chosen: Float[np.ndarray, "label M"]
    top: int

    def best_of(self, name: str) -> int:
        """Columns chosen of an input: of codes alone, most of which are 0 at any point."""
        return self.best if name == "codes" else 0

    def values(self, name: str, level: int) -> Float[np.ndarray, "N p"]:
        """An input before the jump of a level, where it is known to be there."""
        values = self.cases.read(name, level, self.cases.steps[0])
        assert values is not None
        return values

    def cell(self, name: str, level: int, place: int) -> int:
        """Number of a place of the map of features."""
        steps = len(self.cases.steps)
        return (FEATURED.index(name) * LEVELS + level) * steps + place


def kept(found: Foreseen) -> Numbers:
    """As arrays of a part."""
    return {"p": found.probability, "train": found.train, "penalty": found.penalty,
            "loss": found.loss}  # fmt: skip


def back(part: Mapping[str, np.ndarray], place: int | None = None) -> Foreseen:
    """Predictions of a part, at one place of several."""
    p, train = (part[n] if place is None else part[n][place] for n in ("p", "train"))
    return Foreseen(p, train, part["penalty"], part["loss"])


def points(plan: Plan, name: str, level: int) -> Numbers:
    """Predict from an input at the states of a level, and find its strongest features.

    The penalty is chosen at the state before the level's jump, which is the end of the level
    above, and serves all states of the level: nothing that comes later is in it.

    Args:
        plan: problems and settings.
        name: of the input.
        level: t.

    Returns:
        Predictions by place, and the strongest features of the level; predictions are NaN where
        the dictionary does not know the level, or where failures are too few.
    """
    setting, steps, best = plan.setting, len(plan.cases.steps), plan.best_of(name)
    k, count = setting.k, plan.cases.count
    p, train = np.full((steps, count), np.nan, "f4"), np.full((steps, k), np.nan)
    penalty, loss = np.full(k, np.nan), np.full(k, np.nan)
    rows = len(plan.labels)
    strongest, largest = Strongest(rows, plan.top), np.full(rows, -1.0)
    live = np.zeros(steps)
    for place in plan.places:
        values = plan.cases.read(name, level, plan.cases.steps[place])
        if values is None:
            break
        if able(setting):
            if place == 0:
                penalty, loss = nested.penalties(values, setting, best)
            found = nested.predicted(values, setting, penalty, loss, best)
            p[place], train[place] = found.probability, found.train
        if name not in FEATURED:
            continue
        d = cohens_d(values[plan.chosen_on], plan.labels_chosen)
        strongest.add(plan.cell(name, level, place), d)
        live[place] = np.isfinite(d[0]).sum()
        every = np.abs(cohens_d(values, plan.labels))
        largest = np.maximum(largest, np.nanmax(every, axis=1, initial=-1.0))
    return {
        "p": p, "train": train, "penalty": penalty, "loss": loss, "live": live,
        "largest": largest, "size": strongest.size, "cell": strongest.cell.astype("i4"),
        "feature": strongest.feature.astype("i4"),
    }  # fmt: skip


def able(setting: Setting) -> bool:
    """Whether every fold holds problems of both kinds."""
    return enough(setting.failed, setting.fold)


def confounds(plan: Plan, signs: Signs, level: int) -> Numbers:
    """Predict from what is known by then, at the states of a level."""
    setting, steps = plan.setting, len(plan.cases.steps)
    p = np.full((steps, plan.cases.count), np.nan, "f4")
    train = np.full((steps, setting.k), np.nan)
    penalty, loss = nested.penalties(signs.by(level, 0), setting, grid=nested.WEAK)
    for place in plan.places:
        found = nested.predicted(signs.by(level, place), setting, penalty, loss)
        p[place], train[place] = found.probability, found.train
    return {"p": p, "train": train, "penalty": penalty, "loss": loss}


def together(
    plan: Plan, signs: Signs, level: int, parts: Mapping[str, Mapping[str, np.ndarray]]
) -> Numbers:
    """What stands beside the confounds before the jump of a level, and gradient boosting.

    Args:
        plan: problems and settings.
        signs: the confounds.
        level: t.
        parts: predictions of the inputs at that level, and of the confounds, by name.

    Returns:
        Arrays of every design, named "estimator/design/array".
    """
    setting = plan.setting
    chosen = nested.nearest({n: parts[n]["loss"] for n in RAW})
    columns, alone = signs.by(level, 0), parts["confounds"]
    values = {n: plan.values(n, level) for n in dict.fromkeys(chosen)}
    found: dict[str, Foreseen] = {}
    sets = {"activations": (values, chosen, 0)}
    if "codes" in parts and np.isfinite(parts["codes"]["loss"]).all():
        codes = {"codes": plan.values("codes", level)}
        sets["codes"] = (codes, ["codes"] * setting.k, plan.best)
    for word, (inputs, names, best) in sets.items():
        beside = Added(columns, alone["penalty"], inputs, names, best)
        found[f"logistic/confounds_{word}"] = nested.added(beside, setting)
        if setting.trees:
            own = replace(beside, confounds=columns[:, :0])
            found[f"boosting/{word}"] = nested.boosting(nested.ready_beside(own, setting), setting)
            found[f"boosting/confounds_{word}"] = nested.boosting(
                nested.ready_beside(beside, setting), setting
            )
    if setting.trees:
        found["boosting/confounds"] = nested.boosting(nested.ready_by(columns, setting), setting)
    return {f"{n}/{a}": v for n, one in found.items() for a, v in kept(one).items()}


def assembled(
    parts: Mapping[str, Mapping[str, np.ndarray]], setting: Setting, place: int
) -> tuple[Foreseen, list[str]]:
    """Activations of the input that each fold chose before the jump of the level.

    Args:
        parts: predictions of the inputs at a level, by name.
        setting: labels and folds.
        place: of the step.

    Returns:
        Predictions, and the input of every fold.
    """
    chosen = nested.nearest({n: parts[n]["loss"] for n in RAW})
    fold = setting.fold
    p = np.empty(len(fold), "f4")
    train, penalty, loss = (np.empty(setting.k) for _ in range(3))
    for f, name in enumerate(chosen):
        one = back(parts[name], place)
        p[fold == f] = one.probability[fold == f]
        train[f], penalty[f], loss[f] = one.train[f], one.penalty[f], one.loss[f]
    return Foreseen(p, train, penalty, loss), chosen
