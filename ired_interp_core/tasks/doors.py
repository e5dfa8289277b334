"""The doors of this package: every argument from outside is checked here, once, in one wording."""

import operator
from collections.abc import Collection

import numpy as np
from jaxtyping import Float64

from ired_interp_core import made_to_order
from ired_interp_core.errors import Refusal
from ired_interp_core.problem_kinds import MAX_SIZE, MIN_SIZE

MAX_INDEX = 2**31 - 1
"""Largest problem index i: one 32-bit word of the seed sequence, and one int of any table."""

MAX_NUMBERS = 2**29
"""Most float64 numbers that one call makes for x (4 GiB); larger sets are asked for in blocks."""

FLATTEN = "give matrices flattened row-major, one problem per row"


def one_of(name: str, value: object, known: Collection[str], where: str, step: str) -> str:
    """Accept one of the known names.

    Args:
        name: Name of the argument.
        value: What came.
        known: The accepted names.
        where: The function asked.
        step: Next step, said in a refusal.

    Returns:
        The name.

    Raises:
        Refusal: The value is no known name.
    """
    if isinstance(value, str) and value in known:
        return value
    names = f"one of {', '.join(known)}"
    place = f"{where}({name}=…)"
    raise Refusal(f"unknown {name}", where=place, came=repr(value), expected=names, next_step=step)


def variant(task: str, value: object, size: int, where: str) -> str:
    """Accept a variant of a task: same, harder, or made to order.

    Args:
        task: Its name.
        value: What came.
        size: Matrix side n.
        where: The function asked.

    Returns:
        The variant.

    Raises:
        Refusal: No such variant, or none of this size.
    """
    try:
        made_to_order.check(task, value if isinstance(value, str) else repr(value), size)
    except Refusal as refusal:
        raise Refusal(
            refusal.what,
            where=f"{where}(variant=…)",
            came=refusal.came,
            expected=refusal.expected,
            next_step="ask for one of these, or spell parameters by made_to_order.spell",
        ) from None
    return str(value)


def integer(name: str, value: object, low: int, high: int, where: str) -> int:
    """Accept an integer (Python or NumPy) in low … high; a bool or a float is none.

    Args:
        name: Name of the argument.
        value: What came.
        low: Smallest accepted value.
        high: Largest accepted value.
        where: The function asked.

    Returns:
        The value as a Python int.

    Raises:
        Refusal: Not an integer, or out of range.
    """
    number = None
    if not isinstance(value, bool | np.bool_):
        try:
            number = operator.index(value)  # type: ignore[arg-type]
        except TypeError:
            number = None
    if number is None or not low <= number <= high:
        what = f"{name} is no integer" if number is None else f"{name} out of range"
        expected = f"an integer in {low} … {high}"
        raise Refusal(
            what,
            where=f"{where}({name}=…)",
            came=repr(value),
            expected=expected,
            next_step=f"give {name} in that range",
        )
    return number


def rows(name: str, value: object, columns: int | None, where: str) -> Float64[np.ndarray, "N c"]:
    """Accept a table of real numbers, one flattened matrix (or two) per row, as float64.

    Args:
        name: Name of the argument.
        value: What came: anything NumPy reads as an array of real numbers. NaN and ±inf pass.
        columns: Numbers per row, or None where any count will do.
        where: The function asked.

    Returns:
        Array [N, columns] of float64; the input itself where it is that already.

    Raises:
        Refusal: Not real numbers, or not of that shape.
    """
    place = f"{where}({name})"
    wanted = f"real numbers of shape [N, {'d' if columns is None else columns}]"
    try:
        table = np.asarray(value)
    except ValueError:
        came = f"{type(value).__name__} with rows of unequal length"
        raise Refusal(
            f"{name} is no table", where=place, came=came, expected=wanted, next_step=FLATTEN
        ) from None
    shape_fits = table.ndim == 2 and columns in {None, table.shape[-1]}
    if not shape_fits or table.dtype.kind not in "fiu":
        came = f"{table.dtype} of shape {list(table.shape)}"
        raise Refusal(
            f"{name} has the wrong form",
            where=place,
            came=came,
            expected=wanted,
            next_step=FLATTEN,
        )
    return table.astype(np.float64, copy=False)


def side(name: str, count: int, where: str) -> int:
    """Matrix side n of a row with d = n² numbers.

    Args:
        name: Name of the argument that has these rows.
        count: d.
        where: The function asked.

    Returns:
        n.

    Raises:
        Refusal: d is no square of an accepted side.
    """
    n = round(count**0.5)
    if n * n != count or not MIN_SIZE <= n <= MAX_SIZE:
        raise Refusal(
            f"{name} is not made of square matrices",
            where=f"{where}({name})",
            came=f"{count} numbers per row",
            expected=f"n² numbers with n in {MIN_SIZE} … {MAX_SIZE}",
            next_step=FLATTEN,
        )
    return n
