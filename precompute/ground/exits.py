"""Exit codes, and the one refusal that says which of them it means."""

import contextlib
from collections.abc import Iterator

from ired_interp_core.errors import Refusal

DONE = 0
USAGE = 64
BAD_DATA = 65
BUG = 70
SOME_LEFT = 75


class Usage(Refusal):
    """A refusal of what was typed or asked for (exit 64), not of the data found (exit 65)."""


class StoreUnusable(Usage):
    """The store cannot be written: nothing more can be kept, so that going on makes no sense."""


class Later(Refusal):
    """What cannot be done now; the same command goes on when it can (exit 75)."""


@contextlib.contextmanager
def asking(where: str = "") -> Iterator[None]:
    """Within this, what the core refuses was asked wrongly: its refusals become `Usage`.

    Args:
        where: named in those that name no place.

    Raises:
        Usage: for a refusal.
    """
    try:
        yield
    except Usage:
        raise
    except Refusal as error:
        place = error.where if where in error.where else ", ".join((where, error.where)).strip(", ")
        raise Usage(
            error.what, where=place, came=error.came, expected=error.expected,
            next_step=error.next_step,
        ) from error  # fmt: skip
