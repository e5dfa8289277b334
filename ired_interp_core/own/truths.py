"""The true answer of a problem of one's own, where its task says one."""

import numpy as np
from jaxtyping import Bool, Float64

from ired_interp_core.errors import Refusal
from ired_interp_core.spelling import number

MOST_CONDITION = 1e12
"""Largest κ of a matrix to invert: A⁻¹ then still has some three right digits in float64."""

LARGEST = 1e6
"""Largest |entry|: the network works in float32, and squares what it is given several times."""

ROUNDING = 1e-6
"""How far a truth that was given may lie off, times κ: what writing x and y with seven digits
does. Never more than `MOST_OFF`."""

MOST_OFF = 1e-2


def matrix_of(task: str, x: Float64[np.ndarray, "N n_in"]) -> Float64[np.ndarray, "N n n"]:
    """The matrix that a problem is described by: A (inverse), A + B (addition), x (completion).

    Args:
        task: inverse, addition or completion.
        x: problems [N, n_in], row-major.

    Returns:
        Matrices [N, n, n]; for completion with 0 where an entry is hidden, as the model sees it.
    """
    parts = 2 if task == "addition" else 1
    n = round((x.shape[1] / parts) ** 0.5)
    blocks = x.reshape(len(x), parts, n, n)
    return blocks[:, 0] + blocks[:, 1] if parts == 2 else blocks[:, 0]


def condition(task: str, x: Float64[np.ndarray, "N n_in"]) -> Float64[np.ndarray, " N"]:
    """Condition number s_max/s_min of `matrix_of`; ∞ where s_min is exactly 0.

    Args:
        task: inverse, addition or completion.
        x: problems [N, n_in], finite.

    Returns:
        κ [N], dimensionless.
    """
    values = np.linalg.svd(matrix_of(task, x), compute_uv=False)
    with np.errstate(all="ignore"):
        found = values[:, 0] / values[:, -1]
    return np.where(values[:, -1] > 0, found, np.inf)


def check_finite(numbers: Float64[np.ndarray, "..."], where: str) -> None:
    """Refuse numbers that are not finite, by their places, which are counted from 1."""
    _refuse(~np.isfinite(numbers), "not finite", where)


def check_entries(x: Float64[np.ndarray, "..."], where: str) -> None:
    """Refuse entries that are not finite, or beyond `LARGEST`, by their places."""
    check_finite(x, where)
    _refuse(np.abs(x) > LARGEST, f"larger than {LARGEST:,.0f}", where)


def _refuse(wrong: Bool[np.ndarray, "..."], what: str, where: str) -> None:
    places = np.argwhere(wrong)
    if len(places):
        named = ", ".join(f"({', '.join(str(i + 1) for i in place)})" for place in places[:4])
        more = ", …" if len(places) > 4 else ""
        verb = "entry is" if len(places) == 1 else "entries are"
        raise Refusal(
            f"{len(places)} {verb} {what}: {named}{more}", where=where,
            expected="finite numbers; places are counted from 1",
        )  # fmt: skip


def solve(task: str, x: Float64[np.ndarray, "N n_in"]) -> Float64[np.ndarray, "N d"] | None:
    """The true answers: A⁻¹ (inverse), A + B (addition); completion does not say them.

    Args:
        task: inverse, addition or completion.
        x: problems [N, n_in], finite.

    Returns:
        y* [N, n²] in the data frame, or None.

    Raises:
        Refusal: κ of a matrix to invert is over `MOST_CONDITION`.
    """
    if task == "completion":
        return None
    matrices = matrix_of(task, x)
    if task == "addition":
        return matrices.reshape(len(x), -1)
    worst = float(condition(task, x).max())
    if not worst <= MOST_CONDITION:
        raise Refusal(
            f"κ would be {number(worst, '.2g', '∞')}, the limit is 10¹²",
            came="a matrix that is singular, or nearly" if np.isfinite(worst) else "κ ∞: singular",
            expected=f"κ at most {number(MOST_CONDITION, '.0e')}",
        )
    return np.stack([np.linalg.inv(a).ravel() for a in matrices])


def settle(
    task: str, x: Float64[np.ndarray, "N n_in"], y: Float64[np.ndarray, "N d"] | None, where: str
) -> Float64[np.ndarray, "N d"] | None:
    """The truth of problems that came with or without one.

    Where x says the truth, one that was given must be it up to the rounding of a file, and is then
    kept to the bit. For completion it must have the observed entries of x.

    Args:
        task: inverse, addition or completion.
        x: problems [N, n_in], finite.
        y: what was given as truth.
        where: named in refusals.

    Returns:
        y* [N, n²]; None where nobody knows it.

    Raises:
        Refusal: y is no truth of x, or κ is too large.
    """
    solved = solve(task, x)
    if y is None:
        return solved
    if solved is None:
        solved = np.where(x != 0, x, y)
    most = np.full(len(x), ROUNDING)
    if task == "inverse":
        most = np.minimum(ROUNDING * condition(task, x), MOST_OFF)
    with np.errstate(all="ignore"):
        off = np.linalg.norm(y - solved, axis=1) / np.linalg.norm(solved, axis=1)
    off = np.where((y == solved).all(axis=1), 0.0, off)
    if not (off <= most).all():
        at = int(np.argmin(off <= most))
        meant = {"inverse": "A⁻¹", "addition": "A + B"}.get(task, "x where x is observed")
        raise Refusal(
            "y is not the true answer of x", where=where,
            came=f"‖y − y*‖/‖y*‖ = {number(off[at], '.2g')}",
            expected=f"{meant} to within {number(most[at], '.2g')}", next_step="leave y out",
        )  # fmt: skip
    return y
