"""Failures: the sentence, the rule, how well they are foreseen, predictions and outcomes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from app.probes import decided
from app.probes.figures import failed, foretold
from app.probes.foreseen import BOTH, DESIGNS, QUANTITIES, Foreseen
from app.probes.scene import FAILURES, Scene
from app.probes.spelled import spelled
from app.shared.drawing.levels import LEVEL_ORDER, Chip, Column, Line, Row, Sentence, Strong, Table
from app.shared.page.contract import Drawn, Fields, Missing, Outcome
from ired_interp_core.failure.names import ESTIMATORS
from ired_interp_core.spelling import counted, number

SHOWN = {
    "balanced_accuracy": "balanced accuracy", "recall": "recall", "precision": "precision",
    "false_alarms": "false alarms", "brier": "Brier score",
}  # fmt: skip


def columns(numbers: xr.Dataset, names: Sequence[str]) -> list[np.ndarray]:
    """Variables as arrays of float64."""
    return [numbers[name].values.astype("f8") for name in names]


def walked(numbers: xr.Dataset, name: str) -> xr.Dataset:
    """Numbers along the walk, at the states that were looked at, in the order of inference."""
    ordered = numbers.sel(level=list(LEVEL_ORDER))
    others = [d for d in ordered[name].dims if d != "step"]
    known = np.isfinite(ordered[name]) & (ordered[name] != 0)
    return ordered.isel(step=np.flatnonzero(known.any(others)))


def ends(found: Foreseen, name: str, **at: Any) -> tuple[float, float, float]:
    """A number with the ends of its interval."""
    a, b, c = (float(found.answer[f"{name}{e}"].sel(at)) for e in ("", "_low", "_high"))
    return a, b, c


def predicting(
    draw: Callable[[Scene, Foreseen, Fields], Outcome],
) -> Callable[[Scene, Fields], Outcome]:
    """A panel that needs an AUROC: it says so where there are too few failures."""

    def drawn(scene: Scene, fields: Fields) -> Outcome:
        found = scene.foreseen
        why = found.too_few()
        return Missing(why) if why else draw(scene, found, fields)

    return drawn


def headline(scene: Scene, fields: Fields) -> Outcome:
    """Whether failure is foreseen better than by trivial signs."""
    found = scene.foreseen
    names = ("auroc_confounds", "auroc_both", "gain", "gain_low", "gain_high", "gain_found",
             "failures", "measured_problems", "earliest_level", "accuracy_both", "base_rate",
             "null_deviation")  # fmt: skip
    n = {name: found.number(name) for name in names}
    many = f"{counted(found.failures, 'failure')} of {found.problems:,}"
    rule = f" Failure: {found.rule}. Over problems, one training.{scene.elsewhere(FAILURES)}"
    numbers = found.answer[list(names)]
    if why := found.too_few():
        return Drawn(Sentence([[(why + rule,)]], [Chip("nothing to predict", "unmeasured")]),
                     numbers, scene.sources(FAILURES, *names))  # fmt: skip
    gain = spelled(n["gain"], n["gain_low"], n["gain_high"])
    few = found.failures < 30
    better = n["gain_low"] > 0 and not few
    least = n["gain_found"]
    seen = (f", so that less than about {number(least, '.2g')} could not be seen"
            if np.isfinite(least) and least > 0 else "")  # fmt: skip
    if better:
        first: Line = (
            "Failure is foreseen with AUROC ", Strong(number(n["auroc_both"], ".2f")),
            f" by confounds and activations, {number(n['auroc_confounds'], '.2f')} by confounds"
            " alone: increment ", Strong(gain), f", {many}.",
        )  # fmt: skip
    else:
        start = "Too few failures to decide" if few else "Not shown to be better than confounds"
        first = (
            f"{start}: AUROC {number(n['auroc_both'], '.2f')} against"
            f" {number(n['auroc_confounds'], '.2f')}, increment ", Strong(gain),
            f"; {many}{seen}.",
        )  # fmt: skip
    level = n["earliest_level"]
    early = (f"From t = {level:.0f} on, before the jump, activations beat what the confounds known"
             " by then say." if np.isfinite(level) else "At no level do activations beat what the"
             " confounds known by then say.")  # fmt: skip
    words = "not decided" if few else ("better than confounds" if better else
                                       "no increment shown")  # fmt: skip
    chip = Chip(words, "undecided" if few else ("holds" if better else "not"))
    second = rule.strip() if few else early + rule
    return Drawn(Sentence([[first], [(second,)]], [chip]), numbers, scene.sources(FAILURES, *names))


def draw_rule(scene: Scene, fields: Fields) -> Outcome:
    """Who fails."""
    found = scene.foreseen
    label, logarithmic = QUANTITIES[str(found.parameters["rule"])]
    names = ["rule_value", "failed", "rule_baseline", "rule_threshold"]
    numbers = found.answer[names]
    baselines = {}
    if found.parameters["rule"] == "worst":
        of = numbers["rule_baseline"]
        baselines = {str(b).replace("_", " "): float(of.sel(baseline=b))
                     for b in of["baseline"].values}  # fmt: skip
    figure = failed.rule(
        numbers["rule_value"].values.astype("f8"), numbers["failed"].values == 1, baselines,
        found.number("rule_threshold"), label, logarithmic, fields.look.template,
    )  # fmt: skip
    share = 100 * found.number("base_rate")
    note = f"{found.failures:,} of {found.problems:,} ({number(share, '.3g')} %)"
    return Drawn(figure, numbers, scene.sources(FAILURES, *names), note, f"A failure: {found.rule}."
                 " Dashed: mean errors of trivial predictors.")  # fmt: skip


@predicting
def draw_increment(scene: Scene, found: Foreseen, fields: Fields) -> Outcome:
    """How well every way predicts, and what it adds to the confounds."""
    level = found.at(fields)["level"]
    ways = []
    for estimator in ESTIMATORS:
        for design in DESIGNS:
            at = {"design": design, "estimator": estimator, "level": level}
            auroc, more = (ends(found, n, **at) for n in ("auroc", "increment"))
            if np.isfinite(auroc[0]):
                hollow = estimator == "boosting"
                name = f"{DESIGNS[design]}{', boosting' if hollow else ''}"
                more = more if design.startswith("confounds_") else (np.nan,) * 3
                ways.append(foretold.Way(design, name, auroc, more, hollow))
    names = [f"{n}{e}" for n in ("auroc", "increment") for e in ("", "_low", "_high")]
    names += ["train_auroc", "increment_found"]
    numbers = found.answer[[*names, "null_deviation"]].sel(level=level)
    figure = foretold.increment(ways, found.number("null_deviation"), fields.look.template)
    return Drawn(
        figure, numbers, scene.sources(FAILURES, *names), f"before the jump of t = {level}"
    )


def best(found: Foreseen, fields: Fields) -> dict[str, Any]:
    """Confounds with activations beside them, where this estimator was tried."""
    at = {"design": BOTH, **found.at(fields)}
    if not np.isfinite(float(found.answer["auroc"].sel(at))):
        at["estimator"] = "logistic"
    return at


@predicting
def draw_confusion(scene: Scene, found: Foreseen, fields: Fields) -> Outcome:
    """Predictions against outcomes at the threshold."""
    at = best(found, fields)
    names = [*decided.COUNTS, "threshold"]
    chosen = fields["threshold"]
    numbers = (found.answer[names].sel(at) if chosen is None
               else decided.at_threshold(scene, found, at, chosen))  # fmt: skip
    h, m, a, p, threshold = (float(numbers[n]) for n in names)
    figure = failed.confusion(np.array([[h, m], [a, p]]), fields.look.ink.text,
                              fields.look.template)  # fmt: skip
    if chosen is None:
        note = f"threshold {number(threshold, '.2f')}, chosen on training folds · t = {at['level']}"
        return Drawn(figure, numbers, scene.sources(FAILURES, *names), note)
    note = f"threshold {number(threshold, '.3g')}, chosen on the curve · t = {at['level']}"
    caption = (
        f"Predicted failure against outcome at the threshold that was clicked: recall"
        f" {number(float(numbers['recall']), '.2f')}, precision"
        f" {number(float(numbers['precision']), '.2f')}, false alarms"
        f" {number(float(numbers['false_alarms']), '.2f')}."
    )
    return Drawn(figure, numbers, scene.sources(FAILURES, "probability", "failed"), note, caption)


@predicting
def draw_rates(scene: Scene, found: Foreseen, fields: Fields) -> Outcome:
    """Rates of the confusion matrix of every way, beside what guessing gives."""
    at, rate = found.at(fields), found.number("base_rate")
    guess = {"balanced_accuracy": 0.5, "recall": rate, "precision": rate, "false_alarms": rate,
             "brier": found.number("uncertainty")}  # fmt: skip
    parts: list[xr.Dataset] = []
    rows = [Row("guessing by the base rate", "what needs no model",
                [number(guess[n], ".2f") for n in SHOWN] + [number(rate, ".2f")])]  # fmt: skip
    chosen = fields["threshold"]
    for design in found.designs(fields):
        cells = [spelled(*ends(found, n, design=design, **at)) for n in SHOWN]
        if chosen is not None:  # seen on the test problems: no interval would hold what it says
            moved = decided.at_threshold(scene, found, {"design": design, **at}, chosen)
            parts.append(moved)
            cells[: len(decided.RATES)] = [number(float(moved[n]), ".2f") for n in decided.RATES]
        mean = float(found.answer["mean_probability"].sel(design=design, **at))
        rows.append(Row(DESIGNS[design], "", [*cells, number(mean, ".2f")], design,
                        design == BOTH))  # fmt: skip
    columns = [Column(fields["estimator"], "what failure is predicted from"),
               *(Column(words) for words in SHOWN.values()),
               Column("mean probability", "calibrated forecasts have the base rate")]  # fmt: skip
    names = [f"{n}{e}" for n in SHOWN for e in ("", "_low", "_high")] + ["mean_probability"]
    numbers, note, caption = found.answer[names].sel(at), f"t = {at['level']}", ""
    if parts:
        caption = (
            "Rates at the threshold that was clicked, without intervals. The Brier score has no"
            " threshold. First row: what guessing by the base rate gives."
        )
        numbers = xr.concat(parts, "design").assign(mean_probability=numbers["mean_probability"])
        note = f"threshold {number(chosen, '.3g')}, chosen on the curve: no intervals · {note}"
    return Drawn(Table(columns, rows), numbers, scene.sources(FAILURES, *names), note, caption)
