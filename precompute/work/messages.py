"""What a worker process and its parent say to each other."""

from dataclasses import dataclass
from typing import Any, Literal

from precompute.work.unit import Outcome

READY = "ready"
COLLECT = "collect"
LEAVE = "leave"

SAVE, DROP = 1, 2
"""What the bell asks of work under way: a checkpoint, or nothing more at all."""


@dataclass(frozen=True)
class Words:
    """How far a unit is, for people."""

    text: str


@dataclass(frozen=True)
class Part:
    """A finished part of the answer that a unit is computing.

    Args:
        name: of the part.
        content: arrays, or a dataset of them.
    """

    name: str
    content: Any


Message = Literal["ready"] | Words | Part | Outcome
"""What a worker says: once that it is there, and of each job at last what became of it."""
