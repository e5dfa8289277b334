"""What is said to people: lines on the standard output, and durations in words."""

from ired_interp_core.errors import printable


def say(line: str) -> None:
    """Print a line at once, so that a log of a job shows how far it is."""
    print(shown(line), flush=True)


def shown(text: object) -> str:
    """Text as a terminal may have it: what came from a file's name or content commands nothing."""
    return printable(text, kept="\n\t")


def time_left(seconds: float | None) -> str:
    """Words for the time left.

    Returns:
        Such as "2 min 5 s left"; empty when nothing is known.
    """
    return "" if seconds is None else f"{spell(seconds)} left"


def spell(seconds: float) -> str:
    """Words for a duration.

    Returns:
        Such as "4.2 s", "2 min 5 s", "3 h 7 min".
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
