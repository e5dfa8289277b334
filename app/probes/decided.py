"""Failures: predictions against outcomes at a threshold that a reader chooses."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.probes.foreseen import Foreseen
from app.probes.scene import FAILURES, Scene
from app.shared.address.address import Address
from app.shared.asks import reading

COUNTS = ("hits", "missed", "alarms", "passed")
RATES = ("balanced_accuracy", "recall", "precision", "false_alarms")


def at_threshold(
    scene: Scene, found: Foreseen, at: Mapping[str, Any], threshold: float
) -> xr.Dataset:
    """Counts and rates of out-of-fold predictions p > threshold.

    Args:
        scene: of the view.
        found: who failed.
        at: design, estimator and level.
        threshold: of the probability.

    Returns:
        Counts of problems that have a prediction, and rates of them; NaN where there are none.
    """
    stored = reading.dataset(scene.store, scene.asked[FAILURES], (0,), ("probability",))
    p = stored["probability"].sel(at).values.astype("f8")
    known, failed = np.isfinite(p), found.answer["failed"].values == 1
    said = p > threshold
    cells = (said & failed, ~said & failed, said & ~failed, ~said & ~failed)
    counts = [float((cell & known).sum()) for cell in cells]
    rates = dict(zip(RATES, _rates(*counts), strict=True))
    of = {**dict(zip(COUNTS, counts, strict=True)), **rates, "threshold": threshold}
    declared = found.answer[[*COUNTS, *RATES, "threshold"]].sel(at)
    return declared.assign({n: declared[n].copy(data=np.float64(v)) for n, v in of.items()})


def _rates(hits: float, missed: float, alarms: float, passed: float) -> tuple[float, ...]:
    def share(part: float, rest: float) -> float:
        return part / (part + rest) if part + rest else float("nan")

    recall, false_alarms = share(hits, missed), share(alarms, passed)
    return (recall + 1 - false_alarms) / 2, recall, share(hits, alarms), false_alarms


def moved(address: Address, point: Picked) -> dict[str, float | None] | None:
    """The curve was clicked: its threshold; the mark of the stored one: that one again."""
    told = point.custom[:1]
    if not told:
        return None
    if told[0] == "stored":
        return {"threshold": None}
    if not isinstance(told[0], int | float) or not 0 <= told[0] <= 1:
        return None
    return {"threshold": round(float(told[0]), 6)}
