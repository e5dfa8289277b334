"""A piece of work that answers no question: it makes a problem, of a file or of another problem."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from functools import cached_property

from ired_interp_core.messages import Edit, Load
from ired_interp_core.records import digest
from precompute.plan.plan import Unit


@dataclass(frozen=True)
class Making:
    """What a worker makes a problem of; it waits in line as a unit of one row does.

    Args:
        request: whoever asks first; another that is equal but for its asker is the same work.
    """

    request: Edit | Load

    name = "making of a problem"
    start, stop = 0, 1

    @cached_property
    def key(self) -> str:
        """Of everything that it depends on."""
        asked = asdict(self.request)
        return digest({word: asked[word] for word in asked if word not in ("session", "request")})

    @property
    def inputs(self) -> Collection[str]:
        """No models."""
        return ()

    def reads(self) -> Collection[tuple[str, str, int, int]]:
        """No answers."""
        return ()


Piece = Unit | Making
"""What a queue holds and a worker does."""
