"""How numbers and counts are spelled wherever a person reads them: app, command line, cards."""

import math
from collections.abc import Iterable

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
"""Digits of an exponent."""


def number(value: float, form: str = ".3g", nothing: str = "–") -> str:
    """Spell a number as a paper prints it.

    Args:
        value: the number.
        form: how Python formats it.
        nothing: what stands for a value that is not finite.

    Returns:
        With a leading zero, a true minus and raised powers: "0.0095", "−3.14", "7.1×10⁻⁶".
    """
    if not math.isfinite(value):
        return nothing
    digits, _, power = format(value, form).partition("e")
    digits = digits.replace("-", "−")
    return f"{digits}×10{str(int(power)).translate(RAISED)}" if power else digits


def aligned(values: Iterable[float], digits: int = 4) -> list[str]:
    """Spell the numbers of a column, all with as many decimals, so that digits stand in line.

    Args:
        values: the numbers.
        digits: of the largest one.

    Returns:
        Whole numbers without decimals; all with a power where the smallest would lose its digits.
    """
    listed = [float(value) for value in values]
    sizes = [abs(value) for value in listed if math.isfinite(value) and value != 0]
    if all(size == round(size) for size in sizes) and max(sizes, default=0) < 10**6:
        return [number(value, ".0f") for value in listed]
    places = max(0, digits - 1 - math.floor(math.log10(max(sizes))))
    short = min(sizes) < 10.0 ** (1 - places) or max(sizes) >= 10.0 ** (digits + 2)
    form = f".{digits - 1}e" if short or places > digits + 3 else f".{places}f"
    return [number(value, form) for value in listed]


def counted(count: int, one: str, many: str = "") -> str:
    """Spell a count with its noun.

    Args:
        count: how many.
        one: the noun of one thing.
        many: its plural, where that is not the noun with an s.

    Returns:
        Such as "1 inner step" and "1,200 inner steps".
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def part_of(part: int, whole: int, one: str, many: str = "") -> str:
    """Spell a part of a count with its noun and its verb.

    Args:
        part: how many of them.
        whole: how many there are.
        one: the noun of one thing.
        many: its plural, where that is not the noun with an s.

    Returns:
        Such as "1 of 12 units is" and "3 of 12 units are".
    """
    return f"{part:,} of {counted(whole, one, many)} {'is' if part == 1 else 'are'}"


def levels(which: Iterable[int]) -> str:
    """Levels in words, runs of three or more as "t = 3 … 9"."""
    runs: list[list[int]] = []
    for t in sorted(which):
        if runs and t == runs[-1][-1] + 1:
            runs[-1].append(t)
        else:
            runs.append([t])
    told = [f"{run[0]} … {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    return "t = " + ", ".join(told)
