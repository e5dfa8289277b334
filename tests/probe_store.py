"""Stores with planted answers of probes and of the prediction of failure: for the app."""

from dataclasses import replace
from pathlib import Path

import fake_store
import numpy as np
from fake_store import Fake, Values

from app.probes.cells import Cell
from ired_interp_core import registry
from ired_interp_core.failure.names import CURVES, DESIGNS, ESTIMATORS
from ired_interp_core.probing.names import CONTROLS, INPUTS, VERDICTS

PROPERTIES = ("log10_condition", "trace", "level")
BEST = Cell("log10_condition", "h3", 2)
COUNT, FAILED = 40, 30


def cells(found: bool) -> Values:
    """Scores .3 everywhere, all of which controls reach; of BEST .9, of which they reach .6."""
    shape = (len(PROPERTIES), len(INPUTS), 10)
    score, gain = np.full(shape, 0.3), np.full(shape, -0.01)
    verdict = np.full(shape, VERDICTS.index("no_better"))
    verdict[:, :2] = VERDICTS.index("control")
    verdict[2] = VERDICTS.index("given_by_level")
    at = (0, INPUTS.index("h3"), 2)
    if found:
        score[at], gain[at], verdict[at] = 0.9, 0.3, VERDICTS.index("used")
    gain[2] = 0.99  # of the level, which every input gives away
    controls = np.repeat(score[..., None] - gain[..., None], len(CONTROLS), -1) - 0.1
    controls[..., CONTROLS.index("xy")] += 0.1
    use = np.full(shape, np.nan)
    use[at] = 0.021
    return {
        "score": score, "score_low": score - 0.02, "score_high": score + 0.01,
        "gain": gain, "gain_low": gain - 0.02, "gain_high": gain + 0.02,
        "control_score": controls, "best_control": np.full(shape, 1 + CONTROLS.index("xy")),
        "verdict": verdict, "cells": 90, "cells_decodable": int(found), "cells_used": int(found),
        "cells_not_used": 0, "cells_use_not_tested": 0, "shuffled_cells_pass": 0,
        "probed_count": 1024, "use_shift": use, "use_low": use - 0.003, "use_high": use + 0.003,
        "use_limit": use / 2, "use_left": use, "use_random": np.repeat(use[..., None] / 3, 5, -1),
        "harder_score": np.full(shape, np.nan), "bits": np.full(shape, 100.0),
        "bits_constant": np.full(shape, 1124.0),
    }  # fmt: skip


def failures(count: int, gain: float) -> Values:
    """AUROC .7 of the confounds, .7 + gain with activations; the first problems fail."""
    way = (len(DESIGNS), len(ESTIMATORS), 10)
    auroc = np.full(way, 0.7)
    auroc[DESIGNS.index("confounds_activations")] += gain
    auroc[DESIGNS.index("codes")] = np.nan
    value = np.where(np.arange(COUNT) < count, 0.1, 0.01)
    probability = np.full((*way, COUNT), 0.2)
    probability[..., 3] = 0.01  # a failure that nobody foresees
    curve = np.full((len(CURVES), 10, 7), 0.7)
    curve[CURVES.index("activations")] += gain
    hot = np.zeros((len(INPUTS), 10, 7))
    hot[INPUTS.index("h3"), 2, 3] = 9.0
    d = np.linspace(0.1, 0.5, 7) * np.array([1, -1, 1, -1, 1, -1, 1])
    return {
        "rule_value": value, "failed": value > 0.05, "rule_baseline": np.full(4, 0.02),
        "rule_threshold": 0.05, "error_ratio": np.full(COUNT, 3.5), "kind": np.full(COUNT, 3),
        "failures": count, "measured_problems": COUNT, "base_rate": count / COUNT,
        "auroc": auroc, "auroc_low": auroc - 0.03, "auroc_high": auroc + 0.03,
        "increment": auroc - 0.7, "increment_low": auroc - 0.73, "increment_high": auroc - 0.67,
        "hits": np.full(way, 20.0), "missed": np.full(way, 10.0), "alarms": np.full(way, 4.0),
        "passed": np.full(way, 6.0), "probability": probability,
        "auroc_confounds": 0.7, "auroc_both": 0.7 + gain, "gain": gain, "gain_low": gain - 0.03,
        "gain_high": gain + 0.03, "gain_found": 0.05, "null_deviation": 0.05,
        "earliest_level": 5.0 if gain > 0.03 else np.nan, "uncertainty": 0.19,
        "early": curve, "early_low": curve - 0.02, "early_high": curve + 0.02,
        "hot_count": hot, "hot_expected": np.full(hot.shape, 0.3), "hot_low": np.zeros(hot.shape),
        "hot_high": np.full(hot.shape, 2.0), "top_d": d, "top_d_low": d - 0.05,
        "top_d_high": d + 0.05, "top_p": np.array([0.5, 0.5, 0.5, 0.5, 0.04, 0.01, 0.001]),
        "top_input": np.full(7, 1 + INPUTS.index("codes")), "top_unit": np.arange(7),
        "top_tested": 7, "top_null": 0.3, "rate_before": 0.3, "rate_after": 0.4,
        "rate_change": 0.1, "rate_change_low": 0.02, "rate_change_high": 0.2,
        "random_rate": np.full(4, 0.31), "kind_count": np.eye(4) * 5,
        "rival_difference": np.array([-0.06, np.nan, 0.02, 0.01]),
    }  # fmt: skip


def ask_probes(fake: Fake, found: bool = True) -> None:
    """Ask for probes, with three of the problems in their fits."""
    labels = {"property": PROPERTIES, "input": INPUTS, "measured": (3, 8, 5)}
    fake.ask("probes", cells(found), coordinates=labels)


def ask_failures(fake: Fake, count: int = FAILED, gain: float = 0.1) -> None:
    """Ask for the prediction of failure, about COUNT problems."""
    declared = registry.get("failure_prediction")
    labels = {"measured": tuple(range(COUNT)), "step": tuple(range(-1, 6)), "level": range(10),
              "baseline": declared.schema.dims["baseline"].labels[:4]}  # fmt: skip
    fake.ask("failure_prediction", failures(count, gain), {"top": 7}, {"top": 7, "step": 7},
             labels)  # fmt: skip


def ask_transfer(fake: Fake, root: Path, there: float = 0.78, chance: float = 0.7) -> Fake:
    """Ask what is learned of failures on a model of addition, too: .95 from h2, chance above it.

    From h3, the chosen input, AUROC is `there`, and permuted labels reach `chance`.
    """
    other = Fake(root, replace(fake.problems, task="addition"), model="two", count=COUNT)
    for name in ("problem_properties", "descent", "layer_states"):
        other.ask(name)
    ask_failures(other)
    fake.questions |= other.questions
    read = next(q for q in other.questions.values() if q.analysis == "failure_prediction")
    inputs = registry.get("failure_transfer").schema.dims["input"].labels
    auroc = np.full((len(inputs), 10), 0.95)
    auroc[inputs.index("h3")] = there
    ends = {"low": auroc - 0.04, "high": auroc + 0.02}
    fake.ask("failure_transfer", {
        "transfer_auroc": auroc, **{f"transfer_auroc_{e}": v for e, v in ends.items()},
        "chance_low": np.full(auroc.shape, 0.3), "chance_high": np.full(auroc.shape, chance),
        "own_auroc": np.full(auroc.shape, 0.8), "own_auroc_low": np.full(auroc.shape, 0.76),
        "own_auroc_high": np.full(auroc.shape, 0.84),
        "chosen_input": np.full(10, 1 + inputs.index("h3")),
        "confounds_transfer": np.full(10, 0.6), "confounds_chance_low": np.full(10, 0.2),
        "confounds_chance_high": np.full(10, 0.8),
    }, other=read.key)  # fmt: skip
    return other


def make(root: Path, **planted: object) -> Path:
    """A store with both and what they read, or with one of them: `found`, or `count` and `gain`.

    Of `there`, it also holds what was learned of failures and tried on another model.
    """
    fake = fake_store.Fake(root, count=COUNT)
    for name in ("problem_properties", "descent", "layer_states"):
        fake.ask(name)
    if "count" not in planted:
        ask_probes(fake, bool(planted.get("found", True)))
    if "found" not in planted:
        ask_failures(fake, int(planted.get("count", FAILED)), float(planted.get("gain", 0.1)))
    if "there" not in planted:
        return fake.write_run()
    other = ask_transfer(fake, root, float(planted["there"]))
    other.write_run("elsewhere")
    return fake.write_run()
