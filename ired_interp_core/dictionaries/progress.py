"""Saying how far long work is, and leaving when told to."""

from ired_interp_core.desk import Desk
from ired_interp_core.errors import Paused


def step(desk: Desk, share: float, words: str) -> None:
    """Report, and leave where the work keeps nothing on the way.

    Args:
        desk: of the work.
        share: done, 0 … 1.
        words: one line.

    Raises:
        Paused: when told to stop; run again, the work starts anew.
    """
    desk.report(share, words)
    if desk.pause():
        raise Paused(words)
