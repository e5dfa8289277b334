"""What work on the way to an answer writes to and asks. Light."""

from typing import Any


class Desk:
    """What work writes to and asks on the way. This one keeps nothing and never stops.

    `precompute` gives one whose checkpoints outlive the process.
    """

    awaited: bool = False
    """Whether somebody waits for finished parts: nobody does in a sweep, so that none are made."""

    def report(self, share: float, words: str) -> None:
        """Say how far the work is.

        Args:
            share: done, 0 … 1.
            words: one line, such as "step 200 of 2000 · loss 0.31 · EV 0.71".
        """

    def load(self) -> bytes | None:
        """Newest checkpoint that verifies; None where nothing was saved."""
        return None

    def save(self, content: bytes) -> None:
        """Keep a checkpoint; the one before is kept too."""

    def hand_over(self, name: str, part: Any) -> None:
        """Give away a part of the answer that is finished, before the whole is.

        Nothing is kept of it: whoever waits sees it earlier, and the answer is published whole.

        Args:
            name: of the part, such as "level 3".
            part: arrays by name, or a dataset of them; it may be sent to another process.
        """

    def pause(self) -> bool:
        """Whether to save and leave now, by raising `errors.Paused`."""
        return False

    def check(self) -> None:
        """Leave what nobody wants any more by `errors.Cancelled`; asked between tiles, steps."""
