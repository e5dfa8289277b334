"""Shards that cannot be read: each costs itself, and whoever draws from the others names it."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from ired_interp_core.errors import Refusal
from ired_interp_core.spelling import counted
from store import Fault, Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lost:
    """Answers that are in the store's catalog and cannot be read.

    Args:
        line: what is wrong, and with which file.
        mend: the command that mends it.
    """

    line: str
    mend: str

    @classmethod
    def of(cls, wrong: Fault | Refusal) -> "Lost":
        """What a shard that was left out, or a refused read, says."""
        if isinstance(wrong, Fault):
            return cls(wrong.what, wrong.mend)
        return cls(wrong.line, wrong.next_step)


_found: ContextVar[dict[Lost, None] | None] = ContextVar("unreadable", default=None)


@contextmanager
def noticed() -> Iterator[dict[Lost, None]]:
    """Gather what could not be read inside, each once."""
    found: dict[Lost, None] = {}
    token = _found.set(found)
    try:
        yield found
    finally:
        _found.reset(token)


def notice(wrong: Fault | Refusal) -> None:
    """Say that something could not be read: to the log, and to the panel that is being drawn."""
    lost = Lost.of(wrong)
    log.warning("%s · next: %s", lost.line, lost.mend)
    pass_on([lost])


def pass_on(lost: Iterable[Lost]) -> None:
    """Say again what was noticed when a kept result was made."""
    found = _found.get()
    if found is not None:
        found |= dict.fromkeys(lost)


def said(store: Store, found: Iterable[Lost]) -> str:
    """One line that names what could not be read; "" for nothing."""
    lines = [one.line.replace(f"{store.root}/", "") for one in found]
    more = f", and {counted(len(lines) - 1, 'file')} more" if len(lines) > 1 else ""
    return f"not in this figure: {lines[0]}{more}" if lines else ""
