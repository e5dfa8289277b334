"""What a request to make a problem wants: one piece of work, which is never there already."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ired_interp_core.live import LEAST
from precompute.plan.making import Making
from precompute.plan.models import ModelRef
from precompute.serve.asking import Row

MEMORY = 128 * 2**20
"""Bytes for the largest file, its numbers, and their spelling."""


@dataclass(frozen=True)
class ToMake:
    """A problem that somebody wants made; `asking.Wanted` says what its words mean.

    Args:
        work: what makes it.
    """

    work: Making

    @property
    def models(self) -> Mapping[str, ModelRef]:
        """None."""
        return {}

    @property
    def about(self) -> Mapping[str, Any]:
        """No analysis, no key."""
        return {}

    @property
    def row(self) -> Row:
        """Address of the work, so that equal requests share it."""
        return self.work.key, 0

    def missing(self) -> list[Making]:
        """The work."""
        return [self.work]


def price(speed: float) -> tuple[float, float]:
    """Seconds and bytes that making a problem takes, on a machine of this speed."""
    return 2 * speed * LEAST, MEMORY
