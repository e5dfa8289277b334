"""Who hears from a supervisor: a run, an element of a submission, the server of live answers."""

from collections.abc import Sequence
from typing import Any

from precompute.ground import tell
from precompute.plan.making import Piece
from precompute.work.messages import Part
from precompute.work.unit import Outcome


class Watcher:
    """Hears from a supervisor. This one counts nothing, and prints what it is told to say."""

    def ended(self, ticket: int, unit: Piece, outcome: Outcome) -> None:
        """Hear what became of a unit, once for each that is not left in the queue at the end."""

    def progressed(self, ticket: int, unit: Piece, words: str) -> None:
        """Hear how far a long unit is."""

    def handed_over(self, ticket: int, unit: Piece, part: Part) -> None:
        """Take a finished part of a unit that is under way."""

    def handles(self) -> Sequence[Any]:
        """Further things that wake the loop, such as the standard input: see `called`."""
        return ()

    def called(self, handle: Any) -> None:
        """Answer one of the handles: it can be read."""

    def look(self) -> None:
        """Look around: after whatever happened, and at every tick of the clock."""

    def say(self, line: str) -> None:
        """Print a line."""
        tell.say(line)
