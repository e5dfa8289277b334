"""What a dictionary is worth beside its rivals, in sentences."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from app.features import rivals
from app.features.rivals import NAMES
from app.shared.drawing.levels import Line, Strong
from ired_interp_core.spelling import counted, number


def wins(row: pd.Series) -> Line:
    """Who explains most beyond the mean of each (level, step); what the interval leaves open."""
    if not np.isfinite(row["lead"]):
        return ("The activations do not vary beyond the mean of each (level, step).",)
    winner, other = rivals.winner(row), NAMES[row["better"]]
    explained = {
        "dictionary": f"{row['beyond']:.3f} [{row['beyond_low']:.3f}, {row['beyond_high']:.3f}]",
        **{name: f"{row[f'{name}_beyond']:.3f}" for name in rivals.RIVALS},
    }
    order = sorted(explained, key=lambda name: name != winner)
    told = ", ".join(f"{NAMES[name]} {explained[name]}" for name in order)
    where = (
        f"of the variance beyond the mean of each (level, step), {told}, all chosen by the same"
        f" rule and at L0 = {row['l0']:.3g}"
    )
    end = f" ({counted(int(row['held_out_problems']), 'held-out problem')}, one training)."
    if winner == "dictionary":
        return (
            Strong("The dictionary explains most"),
            f": {where}. It leads {other} by {row['lead']:.3f} {_interval(row)}{end}",
        )
    if winner:
        return (
            Strong(f"{NAMES[winner][0].upper()}{NAMES[winner][1:]} explain most"),
            f": {where}. The dictionary lies {-row['lead']:.3f} {_interval(row, -1)} behind{end}",
        )
    lead = f"{row['lead']:+.3f} {_interval(row)}".replace("-", "−")
    return (
        Strong("Which explains most is not decided"),
        f": {where}. The dictionary leads {other} by {lead}, an interval that contains 0{end}",
    )


def _interval(row: pd.Series, sign: int = 1) -> str:
    low, high = sorted((sign * row["lead_low"], sign * row["lead_high"]))
    return f"[{low:.3f}, {high:.3f}]"


def recovered(answer: xr.Dataset, n: Mapping[str, float]) -> Line:
    """Loss recovered with the L0 of its own walk, beside the rivals'."""
    told = []
    for coding in ("dictionary", *rivals.RIVALS):
        one = answer.sel(coding=coding)
        told.append(
            f"{NAMES[coding]} {number(float(one['loss_recovered']), '.3f')} with L0 ="
            f" {number(float(one['walk_l0']))} in its own walk"
            f" (MSE {number(float(one['mse_replaced']), '.4g')})"
        )
    return (
        f"Loss recovered: {'; '.join(told)}. The MSE is {number(n['mse_original'], '.4g')}"
        f" with x itself and {number(n['mse_zero'], '.4g')} with 0 in place of x, on"
        f" {counted(int(n['walked_problems']), 'held-out problem')}. The walk corrects itself, so"
        " this does not measure the quality of a code.",
    )


def rest(n: Mapping[str, float]) -> Line:
    """What else was measured of the dictionary itself."""
    return (
        f"Explained variance about a single mean: {number(n['explained_variance'], '.3f')} on"
        f" held-out problems, {number(n['explained_variance_training'], '.3f')} on those of the"
        f" training, {number(n['random_explained_variance'], '.3f')} with random atoms. Cosine of"
        f" x̂ and x: {number(n['cosine'], '.3f')}; ‖x̂‖/‖x‖: {number(n['norm_ratio'], '.3f')}; dead"
        f" features: {number(100 * n['dead_share'], '.1f')} %.",
    )
