"""The finished parts of a prediction of failure as the arrays that are declared.

Definitions: docs/definitions.md §6.2.
"""

from collections.abc import Mapping

import numpy as np

from ired_interp_core.failure.causal import change
from ired_interp_core.failure.declared import LEARNERS
from ired_interp_core.failure.measured import Score, numbers, score
from ired_interp_core.failure.names import CURVES, DESIGNS, ESTIMATORS, FEATURED, RIVALS
from ired_interp_core.failure.nested import Foreseen, Setting
from ired_interp_core.failure.resampling import Weights, draws
from ired_interp_core.failure.scores import fold_auroc
from ired_interp_core.failure.stages import assembled, back
from ired_interp_core.failure.strongest import hot, merged, shown
from ired_interp_core.failure.versus import versus
from ired_interp_core.failure.work import Work
from ired_interp_core.intervals import LEVEL
from ired_interp_core.probing.names import INPUTS
from ired_interp_core.records import seeded
from ired_interp_core.schema import LEVELS

Columns = dict[str, np.ndarray]

ENDS = ("", "_low", "_high")


def predictions(work: Work, into: Columns) -> None:
    """Everything that a prediction enters.

    Args:
        work: parts, computed where they are not there yet.
        into: arrays by name, filled.
    """
    setting, given = work.plan.setting, work.plan.cases
    asked = work.parameters
    for level in reversed(range(LEVELS)):
        work.of_level(level)
    end = work.at_end()
    rng = seeded("failure", "bootstrap", asked["seed"])
    weights = draws(setting.failed, setting.fold, given.words, rng, asked["bootstrap"])
    _ways(work, weights, into)
    _curves(work, end, weights, into)
    _rivals(work, weights, into)
    for name, values in work.learning().items():
        into[name][:] = values
    _splits(work, into)
    into["auroc_shuffled"][...] = work.shuffled()
    for name, values in work.kinds().items():
        into[name][...] = values


def _ways(work: Work, weights: Weights, into: Columns) -> None:
    """Designs and estimators before the jump of every level, and the numbers of one level."""
    setting, asked = work.plan.setting, work.parameters
    earliest = np.nan
    for level in range(LEVELS):
        found = {
            (design, estimator): score(foreseen, setting, weights)
            for design, estimator, foreseen in work.ways(level)
        }
        into["chosen_input"][level] = [1 + INPUTS.index(n) for n in work.chosen(level)]
        for (design, estimator), one in found.items():
            at = DESIGNS.index(design), ESTIMATORS.index(estimator), level
            measured = numbers(one, setting, weights, asked["threshold"], asked["seed"])
            for name, value in measured.items():
                into[name][at] = value
            into["probability"][at] = one.foreseen.probability
            if design != "confounds":
                over = one.over(found["confounds", estimator])
                for name, number in zip(
                    (*(f"increment{e}" for e in ENDS), "increment_found"), over, strict=True
                ):
                    into[name][at] = number
        both, alone = found["confounds_activations", "logistic"], found["confounds", "logistic"]
        if both.over(alone)[1] > 0:
            earliest = float(level)
        if level == work.level:
            _headline(found, both, alone, into)
    into["earliest_level"][...] = earliest
    into["accuracy_both"][...] = into["balanced_accuracy"][
        DESIGNS.index("confounds_activations"), 0, work.level
    ]


def _headline(
    found: Mapping[tuple[str, str], Score], both: Score, alone: Score, into: Columns
) -> None:
    into["auroc_confounds"][...] = alone.value
    into["auroc_activations"][...] = found["activations", "logistic"].value
    into["auroc_both"][...] = both.value
    names = ("gain", "gain_low", "gain_high", "gain_found")
    for name, value in zip(names, both.over(alone), strict=True):
        into[name][...] = value


def _curves(work: Work, end: Foreseen, weights: Weights, into: Columns) -> None:
    """AUROC at every level and step."""
    setting = work.plan.setting
    last = score(end, setting, weights)
    for level in range(LEVELS):
        there = work.of_level(level)
        for place in work.plan.places:
            then = score(back(there["confounds"], place), setting, weights)
            curves = {
                "activations": score(assembled(there, setting, place)[0], setting, weights),
                "confounds_by_then": then,
                "confounds_at_end": last,
            }
            if "codes" in there:
                curves["codes"] = score(back(there["codes"], place), setting, weights)
            for name, one in curves.items():
                at = CURVES.index(name), level, place
                for ending, value in zip(ENDS, one.interval(), strict=True):
                    into[f"early{ending}"][at] = value
                if one is not then:
                    for ending, value in zip(ENDS, one.over(then)[:3], strict=True):
                        into[f"early_gain{ending}"][at] = value
            for row, name in enumerate(work.plan.cases.inputs):
                here = 0 if name == "x" else place
                one = score(back(there[name], here), setting, weights)
                for ending, value in zip(ENDS, one.interval(), strict=True):
                    into[f"input_auroc{ending}"][row, level, place] = value
                into["input_train"][row, level, place] = np.mean(there[name]["train"][here])


def _splits(work: Work, into: Columns) -> None:
    """AUROC with other folds."""
    failed = work.plan.setting.failed
    first = [into["auroc"][DESIGNS.index(n), 0, work.level] for n in LEARNERS]
    into["fold"][0], into["split_auroc"][:, 0] = work.plan.setting.fold, first
    for split in range(1, work.parameters["splits"]):
        made = work.again(split)
        into["fold"][split] = made["fold"]
        into["split_auroc"][:, split] = [fold_auroc(failed, p, made["fold"]) for p in made["p"]]


def _rivals(work: Work, weights: Weights, into: Columns) -> None:
    """Ways to predict against each other, at the level of the numbers."""
    setting, asked, few = work.plan.setting, work.parameters, work.few
    ways = {(d, e): f for d, e, f in work.ways(work.level)}
    some = Setting(setting.failed[few], setting.fold[few], setting.components, setting.trees)
    pairs: dict[str, tuple[Foreseen, Foreseen, Setting, Weights]] = {}
    codes = work.plan.cases.codes
    if codes is not None and ("codes", "logistic") in ways:
        raw = back(work.points(codes.site, work.level), 0)
        pairs["codes_raw"] = (ways["codes", "logistic"], raw, setting, weights)
    if ("activations", "boosting") in ways:
        pairs["boosting_logistic"] = (
            ways["activations", "boosting"], ways["activations", "logistic"], setting, weights,
        )  # fmt: skip
    together = {
        way: back(work.pooled(asked["pooled"], way)) for way in ("concatenated", "mean", "sequence")
    }
    beside = (some, weights[:, few])
    pairs["points_mean"] = (together["concatenated"], together["mean"], *beside)
    pairs["sequence_points"] = (together["sequence"], together["concatenated"], *beside)
    for name, (one, other, where, drawn) in pairs.items():
        found = versus(one, other, where, drawn, asked["threshold"])
        row = RIVALS.index(name)
        into["rival_difference"][row] = found.difference
        into["rival_difference_low"][row], into["rival_difference_high"][row] = (
            found.low,
            found.high,
        )
        into["rival_gap"][row], into["rival_gap_other"][row] = found.gap, found.other_gap


def features(work: Work, into: Columns) -> None:
    """Effects of features, where they lie, and what the sampler does without them.

    Args:
        work: parts, computed where they are not there yet.
        into: arrays by name, filled.
    """
    plan, asked = work.plan, work.parameters
    failed, halves = plan.setting.failed, (plan.chosen_on, ~plan.chosen_on)
    if min((y & half).sum() for y in (failed, ~failed) for half in halves) < 2:
        return
    names = [n for n in FEATURED if n in plan.cases.inputs]
    parts = [work.points(n, level) for n in names for level in range(LEVELS)]
    strongest = merged(plan, parts)
    largest = np.max([p["largest"] for p in parts], axis=0)
    into["largest_d"][...] = largest[0]
    if len(largest) > 1:
        into["largest_d_null"][...] = np.quantile(largest[1:], LEVEL)
    found = work.parts.part(
        "strongest", "strongest features",
        lambda: shown(plan, strongest, asked["bootstrap"], asked["permutations"], asked["seed"]),
    )  # fmt: skip
    for name, values in found.items():
        if name != "top_cell":
            into[name][...] = values
    steps = len(plan.cases.steps)
    live = np.zeros(len(FEATURED) * LEVELS * steps)
    for i, part in enumerate(parts):
        name, level = names[i // LEVELS], i % LEVELS
        live[plan.cell(name, level, 0) : plan.cell(name, level, 0) + steps] = part["live"]
    rows = [plan.cases.inputs.index(n) for n in names]
    kept = [FEATURED.index(n) for n in names]
    for name, values in hot(plan, strongest, live, found["top_p"]).items():
        if name.endswith("_step"):
            into[name][:] = values
        else:
            into[name][rows] = values[kept]
    if not asked["zeroed"] or not asked["walked"]:
        return
    walks = work.walks(found["top_cell"], found["top_unit"])
    before, after, random = walks["failed"][0], walks["failed"][1], walks["failed"][2:]
    made = change(before, after, random, seeded("failure", "walks", asked["seed"]))
    into["walked_problem"][:] = walks["problem"]
    into["walked_failed"][:], into["walked_after"][:] = before, after
    into["random_rate"][:] = made.random
    for name, value in (
        ("before", made.before), ("after", made.after), ("change", made.change),
        ("change_low", made.low), ("change_high", made.high), ("beyond", made.beyond),
        ("beyond_low", made.beyond_low), ("beyond_high", made.beyond_high),
    ):  # fmt: skip
        into[f"rate_{name}"][...] = value
