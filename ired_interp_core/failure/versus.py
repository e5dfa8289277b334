"""Ways to predict against each other, more problems against fewer, splits against splits, kinds.

Definitions: docs/definitions.md §6.2.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from ired_interp_core.failure import nested
from ired_interp_core.failure.gather import Signs
from ired_interp_core.failure.measured import balanced
from ired_interp_core.failure.models import reduced
from ired_interp_core.failure.names import KINDS, RAW, SIZES
from ired_interp_core.failure.nested import Foreseen, Setting
from ired_interp_core.failure.resampling import Weights, interval
from ired_interp_core.failure.scores import fold_auroc
from ired_interp_core.failure.stages import Plan, able
from ired_interp_core.probing.folds import folds, ranks


@dataclass(frozen=True)
class Versus:
    """Paired difference of the balanced accuracy of two ways to predict.

    Args:
        difference: first − second.
        low: lower end of its interval.
        high: upper end.
        gap: AUROC on training rows less that on test rows, of the first.
        other_gap: the same of the second.
    """

    difference: float
    low: float
    high: float
    gap: float
    other_gap: float


def versus(
    one: Foreseen, other: Foreseen, setting: Setting, weights: Weights, threshold: float
) -> Versus:
    """Compare two predictions of the same problems.

    Args:
        one: the first.
        other: the second.
        setting: labels and folds.
        weights: of the resamples.
        threshold: as `nested.decided`.

    Returns:
        Their paired difference and both gaps; NaN where one of them is not there.
    """
    first, second = (balanced(f, setting, weights, threshold) for f in (one, other))
    low, high, _ = interval(first[0] - second[0], first[1] - second[1])
    gaps = [
        float(np.mean(f.train)) - fold_auroc(setting.failed, f.probability, setting.fold)
        for f in (one, other)
    ]
    return Versus(first[0] - second[0], low, high, *gaps)


def part_of(setting: Setting, words: Int[np.ndarray, "N"], share: float, seed: int) -> np.ndarray:
    """The first problems of each fold and kind in a random order: larger parts hold smaller ones.

    Args:
        setting: labels and folds.
        words: of the problems.
        share: of them.
        seed: of the order.

    Returns:
        Whether each problem is in the part.
    """
    order, chosen = ranks(words, seed), np.zeros(len(words), dtype=bool)
    for f in range(setting.k):
        for kind in (True, False):
            here = np.flatnonzero((setting.fold == f) & (setting.failed == kind))
            most = int(np.ceil(share * len(here)))
            chosen[here[np.argsort(order[here], kind="stable")[:most]]] = True
    return chosen


def learnt(
    values: Callable[[int], np.ndarray],
    setting: Setting,
    part: np.ndarray,
    grid: Sequence[float] = nested.PENALTIES,
) -> Foreseen:
    """Predict all problems by models that were trained on a part of them.

    Args:
        values: columns of a test fold.
        setting: labels and folds.
        part: rows that may be trained on; test rows are the same whatever it is.
        grid: penalties, strongest first.

    Returns:
        Predictions; with all rows in the part those of `nested.nested`.
    """
    k = setting.k
    p, train = np.empty(len(part), "f4"), np.empty(k)
    chosen, loss = np.empty(k), np.empty(k)
    few = replace(setting, failed=setting.failed[part], fold=setting.fold[part])
    known: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for f in range(k):
        columns = values(f)
        if id(columns) not in known:
            known[id(columns)] = nested.penalties(columns[part], few, grid=grid)
        penalty, losses = known[id(columns)]
        chosen[f], loss[f] = penalty[f], losses[f]
        rows, test = part & setting.training(f), setting.fold == f
        ready = reduced(columns[rows], setting.components)
        z = ready.of(columns)
        told = nested.logistic(z[rows], setting.failed[rows], float(penalty[f])).probability(z)
        p[test], train[f] = told[test], nested.auroc(setting.failed[rows], told[rows])
    return Foreseen(p, train, chosen, loss)


def learning(
    plan: Plan, signs: Signs, level: int, chosen: list[str], threshold: float, seed: int
) -> dict[str, Float[np.ndarray, "size"]]:
    """Scores by the number of training problems; test problems are the same at every size.

    Args:
        plan: problems and settings.
        signs: the confounds.
        level: t, at the state before its jump.
        chosen: input of every fold, as at the full size.
        threshold: as `nested.decided`.
        seed: of the order in which problems join.

    Returns:
        By size: training problems, AUROC and balanced accuracy of the activations on test rows,
        AUROC on training rows, and both of the confounds.
    """
    setting = plan.setting
    names = ("size", "auroc", "balanced", "train", "confounds", "confounds_balanced")
    found = {f"learning_{n}": np.full(len(SIZES), np.nan) for n in names}
    inputs = {n: plan.values(n, level) for n in dict.fromkeys(chosen)}
    columns = signs.by(level, 0)
    nothing = np.empty((0, setting.failed.size))
    for i, share in enumerate(SIZES):
        part = part_of(setting, plan.cases.words, share, seed)
        found["learning_size"][i] = part.sum() * (setting.k - 1) / setting.k
        if not able(replace(setting, failed=setting.failed[part], fold=setting.fold[part])):
            continue
        for kind, values, grid in (
            ("", lambda f: inputs[chosen[f]], nested.PENALTIES),
            ("confounds", lambda _: columns, nested.WEAK),
        ):
            one = learnt(values, setting, part, grid)
            area = fold_auroc(setting.failed, one.probability, setting.fold)
            accuracy = balanced(one, setting, nothing, threshold)[0]
            if kind:
                found["learning_confounds"][i] = area
                found["learning_confounds_balanced"][i] = accuracy
            else:
                found["learning_auroc"][i], found["learning_balanced"][i] = area, accuracy
                found["learning_train"][i] = float(np.mean(one.train))
    return found


def again(plan: Plan, signs: Signs, level: int, split: int, seed: int) -> dict[str, np.ndarray]:
    """The same with other folds: how far scores depend on the split.

    Args:
        plan: problems and settings.
        signs: the confounds.
        level: t, at the state before its jump.
        split: its number, from 1 on.
        seed: of the first split.

    Returns:
        Folds, and predictions of confounds, activations and both.
    """
    words = plan.cases.words
    fold = folds(words, seed + split, plan.setting.k, plan.setting.failed.astype(int))
    setting = replace(plan.setting, fold=fold)
    values = {n: plan.values(n, level) for n in RAW}
    each = {n: nested.nested(v, setting) for n, v in values.items()}
    chosen = nested.nearest({n: f.loss for n, f in each.items()})
    p = np.empty(len(words), "f4")
    for f, name in enumerate(chosen):
        p[fold == f] = each[name].probability[fold == f]
    columns = signs.by(level, 0)
    alone = nested.nested(columns, setting, grid=nested.WEAK)
    both = nested.added(nested.Added(columns, alone.penalty, values, chosen), setting)
    return {"fold": fold, "p": np.stack([alone.probability, p, both.probability])}


def kinds(
    values: Mapping[str, Float[np.ndarray, "N p"]],
    chosen: list[str],
    penalty: Float[np.ndarray, "k"],
    kind: Int[np.ndarray, "N"],
    setting: Setting,
    rng: np.random.Generator,
    permutations: int,
) -> dict[str, np.ndarray]:
    """Predict which kind of error a failure has, from the activations.

    One logistic regression a kind against the others, at the penalty of the prediction of failure;
    the kind with the largest probability is predicted.

    Args:
        values: input → columns.
        chosen: input of every fold.
        penalty: of every fold.
        kind: of every error.
        setting: labels and folds; only failures are predicted, and trained on.
        rng: of the permutations.
        permutations: of predictions among failures, for what a guess reaches.

    Returns:
        Counts true × predicted, macro-F1 over the kinds that occur, its mean and 95 % quantile
        under permutation.
    """
    failed, fold = setting.failed, setting.fold
    told = np.full(len(failed), -1)
    for f, name in enumerate(chosen):
        rows, test = failed & (fold != f), failed & (fold == f)
        ready = reduced(values[name][rows], setting.components)
        z, ahead = ready.of(values[name][rows]), ready.of(values[name][test])
        each = [
            nested.logistic(z, kind[rows] == i, float(penalty[f])).probability(ahead)
            for i in range(len(KINDS))
        ]
        told[test] = np.argmax(each, axis=0)
    true, seen = kind[failed], told[failed]
    null = [macro_f1(true, rng.permutation(seen)) for _ in range(permutations)]
    counts = np.zeros((len(KINDS), len(KINDS)))
    np.add.at(counts, (true, seen), 1)
    return {
        "kind_count": counts, "kind_f1": np.array(macro_f1(true, seen)),
        "kind_f1_shuffled": np.array(np.mean(null) if null else np.nan),
        "kind_f1_limit": np.array(np.quantile(null, 0.95) if null else np.nan),
    }  # fmt: skip


def macro_f1(true: Int[np.ndarray, "n"], told: Int[np.ndarray, "n"]) -> float:
    """Mean over the kinds that occur of 2·hits/(2·hits + missed + alarms); NaN of a single one."""
    if len(np.unique(true)) < 2:
        return np.nan
    scores = []
    for kind in np.unique(true):
        hits = float(((true == kind) & (told == kind)).sum())
        scores.append(2 * hits / float((true == kind).sum() + (told == kind).sum()))
    return float(np.mean(scores))
