"""Two settings of the sampler on the very same problems, as `analyses/accuracy_paired.py` declares.

Definitions: docs/definitions.md §2.4.
"""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from ired_interp_core.accuracy.statistics import Ratio, ratio
from ired_interp_core.errors import Refusal
from ired_interp_core.intervals import bootstrap_t, detectable
from ired_interp_core.records import Gathered, seeded

ERRORS = {"": "problem_mse", "official_": "problem_mse_official"}
"""Beginning of the names of what is compared → the errors that it is made of."""


def paired_dataset(gathered: Gathered, seed: int) -> xr.Dataset:
    """Differences and ratios of the errors of `one` and `other`, paired by problem.

    Args:
        gathered: two answers of `accuracy`.
        seed: of the bootstrap.

    Returns:
        The declared variables.

    Raises:
        Refusal: answers about different problems.
    """
    one, other = (
        gathered.upstream[role].read(variables=ERRORS.values()) for role in ("one", "other")
    )
    if not np.array_equal(one["measured"].values, other["measured"].values):
        raise Refusal(
            "answers are about different problems", where="accuracy_paired",
            came=f"{one.sizes['measured']} and {other.sizes['measured']}",
            expected="the same problems",
        )  # fmt: skip
    found: dict[str, Any] = {"paired_problems": ((), np.float64(one.sizes["measured"]))}
    for begin, name in ERRORS.items():
        pair = np.stack([one[name].values, other[name].values], axis=1)
        found |= {f"{begin}{n}": ((), v) for n, v in compared(pair, seed).items()}
    return xr.Dataset(found)


def compared(pair: Float[np.ndarray, "N 2"], seed: int) -> dict[str, float]:
    """Mean difference, ratio of means, their intervals, and the difference that could be found.

    Args:
        pair: errors of one and other on every problem.
        seed: of the bootstrap.

    Returns:
        By name; differences [y²] by bootstrap-t, the ratio by the percentile bootstrap. Exactly 0
        and 1 where both are the same.
    """
    apart = pair[:, :1] - pair[:, 1:]
    difference = bootstrap_t(apart, seeded("accuracy_paired", "difference", seed))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        quotient: Ratio = ratio(
            pair, lambda m: m[:, :1] / m[:, 1:], seeded("accuracy_paired", "ratio", seed)
        )
    return {
        "mse_one": pair[:, 0].mean(),
        "mse_other": pair[:, 1].mean(),
        "difference": difference.value[0],
        "difference_low": difference.low[0],
        "difference_high": difference.high[0],
        "detectable": detectable(apart)[0],
        "ratio": quotient.value[0],
        "ratio_low": quotient.low[0],
        "ratio_high": quotient.high[0],
    }
