"""Failures: how early they are foreseen, at which threshold, how well calibrated."""

import numpy as np

from app.components.said import Picked
from app.probes import decided
from app.probes.fail_panels import best, columns, ends, predicting, walked
from app.probes.figures import foretold
from app.probes.foreseen import CURVES, Foreseen
from app.probes.scene import FAILURES, Scene
from app.shared.address.address import Address
from app.shared.asks import reading
from app.shared.page.contract import Drawn, Fields, Outcome
from ired_interp_core.spelling import number

MOST_POINTS = 1000


@predicting
def draw_early(scene: Scene, found: Foreseen, fields: Fields) -> Outcome:
    """AUROC along the walk, beside the confounds known by then and at the end."""
    names = ["early", "early_low", "early_high", "early_gain", "early_gain_low", "early_gain_high"]
    numbers = walked(found.answer[names], "early").transpose("curve", "level", "step")
    steps = [int(s) for s in numbers["step"].values]
    curves = []
    for c in map(str, numbers["curve"].values):
        value, low, high = columns(numbers.sel(curve=c), names[:3])
        dashed = c == "confounds_at_end"
        curves.append(foretold.Curve(c, CURVES[c], value, low, high, dashed))
    first = found.number("earliest_level")
    figure = foretold.early(
        curves, steps, first, found.number("null_deviation"), fields.look.template
    )
    return Drawn(figure, numbers, scene.sources(FAILURES, *names))


def picked(address: Address, point: Picked) -> dict[str, int] | None:
    """A state of the walk was clicked: the numbers of its level."""
    told = point.custom[:1]
    return {"level": int(told[0])} if told and isinstance(told[0], int | float) else None


@predicting
def draw_roc(scene: Scene, found: Foreseen, fields: Fields) -> Outcome:
    """Recall against false alarms, of confounds with activations beside them."""
    at = best(found, fields)
    names = ["roc_recall", "roc_low", "roc_high", "roc_threshold"]
    numbers = found.answer[names].sel(at)
    confounds = found.answer["roc_recall"].sel({**at, "design": "confounds"})
    numbers = numbers.assign(roc_confounds=confounds.drop_vars(["design"]))
    point = tuple(ends(found, n, **at)[0] for n in ("false_alarms", "recall"))
    recall, low, high, thresholds = columns(numbers, names)
    chosen = None
    if fields["threshold"] is not None:
        moved = decided.at_threshold(scene, found, at, fields["threshold"])
        chosen = (float(moved["false_alarms"]), float(moved["recall"]))
        numbers = numbers.assign(moved[["threshold", "false_alarms", "recall"]].data_vars)
    figure = foretold.roc(
        numbers["alarm"].values, recall, low, high, confounds.values.astype("f8"),
        (point[0], point[1]), chosen, thresholds, fields.look.template,
    )  # fmt: skip
    note = f"AUROC {number(float(found.answer['auroc'].sel(at)), '.2f')} · t = {at['level']}"
    return Drawn(figure, numbers, scene.sources(FAILURES, *names), note)


@predicting
def draw_calibration(scene: Scene, found: Foreseen, fields: Fields) -> Outcome:
    """Observed against predicted failure rate."""
    at = best(found, fields)
    names = [f"calibration_{n}" for n in ("predicted", "observed", "low", "high", "count")]
    parts = ["brier", "miscalibration", "discrimination", "miscalibration_expected",
             "miscalibration_limit"]  # fmt: skip
    numbers = found.answer[[*names, *parts]].sel(at)
    question = scene.asked[FAILURES]
    probability = reading.dataset(scene.store, question, (0,), ("probability",))["probability"]
    p = probability.sel(at).values.astype("f8")
    failed = found.answer["failed"].values == 1
    strips = [one[np.isfinite(one)][:MOST_POINTS] for one in (p[failed], p[~failed])]
    predicted, observed, low, high, count = columns(numbers, names)
    template = fields.look.template
    figure = foretold.calibration(predicted, observed, low, high, count, strips, template)
    n = {v: float(numbers[v]) for v in parts}
    note = (
        f"Brier {number(n['brier'], '.3f')} = {number(n['miscalibration'], '.3f')} −"
        f" {number(n['discrimination'], '.3f')} + {number(found.number('uncertainty'), '.3f')}"
        f" (miscalibration − discrimination + uncertainty; calibrated forecasts show"
        f" {number(n['miscalibration_expected'], '.3f')}, 95 % below"
        f" {number(n['miscalibration_limit'], '.3f')})"
    )
    return Drawn(figure, numbers, scene.sources(FAILURES, *names, *parts), note)
