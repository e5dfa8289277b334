"""What starts that were drawn say of basins in which none fell (docs/definitions.md §4).

Light: NumPy and SciPy's beta distribution.
"""

import numpy as np
from jaxtyping import Int
from scipy.stats import beta

CONFIDENCE = 0.95


def singletons(counts: Int[np.ndarray, "basin"]) -> int:
    """Basins in which exactly one start fell."""
    return int((np.asarray(counts) == 1).sum())


def good_turing(counts: Int[np.ndarray, "basin"]) -> float:
    """Good–Turing's estimate f₁/k of the share of starts that fall into unseen basins.

    Source: Good, Biometrika 40 (1953), 237.

    Args:
        counts: starts that fell into each basin seen.

    Returns:
        The share of starts that are alone in their basin, 0 … 1; of a single start nothing is known
        and it is 1; NaN without a start.
    """
    k = int(np.sum(counts))
    return singletons(counts) / k if k else float("nan")


def unseen_bound(counts: Int[np.ndarray, "basin"], confidence: float = CONFIDENCE) -> float:
    """Upper bound on the share of starts that fall into all unseen basins together.

    Clopper and Pearson's one-sided bound on a share of which f₁ of k were seen, f₁ the starts that
    are alone in their basin, at the error (1 − c)/m where m basins were seen: any of the m finds
    may have been the last one too early. With one basin it is 1 − (1 − c)^(1/k): 58 starts .0503,
    59 .0495. It holds for starts drawn independently of one distribution, so for each kind apart;
    that it covers is a simulation in the tests, not a theorem.

    Args:
        counts: starts that fell into each basin seen.
        confidence: c.

    Returns:
        The bound, 0 … 1; 1 without a start.
    """
    return _bound(*_seen(counts), confidence)


def _seen(counts: Int[np.ndarray, "basin"]) -> tuple[int, int, int]:
    """Starts, those alone in their basin, basins; a single start is not counted as alone."""
    k = int(np.sum(counts))
    return k, singletons(counts) if k > 1 else 0, int((np.asarray(counts) > 0).sum())


def _bound(k: int, alone: int, basins: int, confidence: float) -> float:
    error = (1 - confidence) / max(basins, 1)
    if alone >= k:
        return 1.0
    if alone == 0:
        return float(1 - error ** (1 / k))
    return float(beta.ppf(1 - error, alone + 1, k - alone))


def starts_needed(
    counts: Int[np.ndarray, "basin"], bound: float, most: int, confidence: float = CONFIDENCE
) -> int:
    """How many starts bring the bound to what is wanted, if no further basin comes up.

    Args:
        counts: starts that fell into each basin seen so far.
        bound: wanted bound.
        most: largest number of starts.
        confidence: of the bound.

    Returns:
        The smallest such number, at least those drawn so far, at most `most`.
    """
    k, alone, basins = _seen(counts)
    low, high = max(k, alone + 1, 1), max(most, 1)
    while low < high:
        middle = (low + high) // 2
        reached = _bound(middle, alone, basins, confidence) <= bound
        low, high = (low, middle) if reached else (middle + 1, high)
    return max(k, min(low, most))
