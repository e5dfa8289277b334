"""Times and memory as Slurm spells them."""

import re

from precompute.ground.exits import Usage

_TIME = re.compile(r"(?:(\d{1,3})-)?(\d{1,4})(?::(\d{1,2}))?(?::(\d{1,2}))?")
_MEMORY = re.compile(r"(\d{1,9})(?:([KMGT])B?)?")
_UNITS = {"K": 2.0**-10, "": 1.0, "M": 1.0, "G": 2.0**10, "T": 2.0**20}


def seconds(text: str, where: str = "") -> float:
    """A time limit as Slurm spells it: minutes, MM:SS, HH:MM:SS, D-HH, D-HH:MM, D-HH:MM:SS.

    Args:
        text: such as 04:00:00; UNLIMITED and INFINITE are endless.
        where: named in the refusal.

    Returns:
        Seconds.

    Raises:
        Usage: anything else.
    """
    if text.upper() in ("UNLIMITED", "INFINITE"):
        return float("inf")
    match = _TIME.fullmatch(text)
    if not match:
        raise Usage(
            "not a time", where=where, came=text, expected="MINUTES, HH:MM:SS or D-HH:MM:SS"
        )
    days, *rest = match.groups()
    found = [int(word) for word in rest if word is not None]
    if days is not None:
        units = (3600, 60, 1)
    else:
        units = {1: (60,), 2: (60, 1), 3: (3600, 60, 1)}[len(found)]
    return float(int(days or 0) * 86400 + sum(n * u for n, u in zip(found, units, strict=False)))


def megabytes(text: str, where: str = "") -> float:
    """Memory as Slurm spells it.

    Args:
        text: such as 32G or 32GB; without a unit, megabytes.
        where: named in the refusal.

    Returns:
        Megabytes.

    Raises:
        Usage: anything else.
    """
    match = _MEMORY.fullmatch(text.upper())
    if not match:
        raise Usage("not an amount of memory", where=where, came=text, expected="such as 32G")
    return int(match[1]) * _UNITS[match[2] or ""]
