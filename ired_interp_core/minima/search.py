"""All starts of one problem, at all levels: drawn until the bound is reached, and followed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int

from ired_interp_core.energy import Energy
from ired_interp_core.minima.basins import UNFINISHED, Basins
from ired_interp_core.minima.coverage import starts_needed
from ired_interp_core.minima.lineage import NOWHERE
from ired_interp_core.minima.starts import Draw
from ired_interp_core.schema import LEVELS

FOLLOWED = 3
"""Rounds in which minima that were just found are followed to the neighbouring levels."""


@dataclass(frozen=True)
class Start:
    """Where a descent begins.

    Args:
        t: level.
        kind: of the start.
        y: ỹ, level frame.
        x: another problem, whose minima are a control; its levels are groups of their own.
    """

    t: int
    kind: str
    y: Float[np.ndarray, "d"]
    x: Float[np.ndarray, "n_in"] | None = None

    @property
    def group(self) -> int:
        """The energy it belongs to."""
        return self.t if self.x is None else LEVELS + self.t


@dataclass
class Search:
    """Basins of one problem at all levels, and who fell where.

    Args:
        model: any energy.
        x: the problem [n_in].
        basins: what is known; level t is group t.
        device: torch device name.
        ends: (level, kind) → where each start of the kind ended: the number of a minimum in its
            level, or UNFINISHED, DIVERGED, AT_SADDLE.
    """

    model: Energy
    x: Float[np.ndarray, "n_in"]
    basins: Basins
    device: str = "cpu"
    ends: dict[tuple[int, str], list[int]] = field(default_factory=dict)

    def fall(self, starts: Sequence[Start]) -> Int[np.ndarray, "B"]:
        """Where starts end, all at once."""
        if not starts:
            return np.empty(0, int)
        y, x = (
            torch.as_tensor(np.stack(values), dtype=torch.float64, device=self.device)
            for values in (
                [one.y for one in starts],
                [self.x if one.x is None else one.x for one in starts],
            )
        )
        t = torch.tensor([one.t for one in starts], device=self.device)
        return self.basins.falls(x, y, t, np.array([one.group for one in starts]))

    def given(self, starts: Sequence[Start]) -> None:
        """Let starts fall, and note under their kind where they end."""
        for one, end in zip(starts, self.fall(starts), strict=True):
            self.ends.setdefault((one.t, one.kind), []).append(int(end))

    def counts(self, t: int, kind: str) -> Int[np.ndarray, "basin"]:
        """Starts of a kind in each minimum of a level."""
        ends = [end for end in self.ends.get((t, kind), ()) if end >= 0]
        return np.bincount(ends, minlength=len(self.basins.known.get(t, ())))

    def drawn(
        self, kinds: dict[str, Draw], most: int, bound: float, also: Sequence[Start] = ()
    ) -> None:
        """Draw starts of each kind at each level until unseen basins are bounded, or `most`.

        Args:
            kinds: kind → its starts.
            most: starts of a kind and level at most.
            bound: wanted of each kind and level.
            also: starts that are given together with the first ones.
        """
        starts = list(also)
        while True:
            starts += [
                Start(t, kind, draw(t, number))
                for t in range(LEVELS)
                for kind, draw in kinds.items()
                for number in range(
                    len(self.ends.get((t, kind), ())), self._needed(t, kind, most, bound)
                )
            ]
            if not starts:
                return
            self.given(starts)
            starts = []

    def _needed(self, t: int, kind: str, most: int, bound: float) -> int:
        ends = self.ends.get((t, kind), [])
        lost = sum(end < 0 for end in ends)
        return min(most, lost + starts_needed(self.counts(t, kind), bound, most))

    def follow(
        self, sqrt_alpha_bar: Float[np.ndarray, "10"], clip: float
    ) -> tuple[list[Int[np.ndarray, "m"]], list[Int[np.ndarray, "m"]]]:
        """Take every minimum to its neighbouring levels in the data frame, and let it fall there.

        Args:
            sqrt_alpha_bar: √ᾱ_t.
            clip: c; minima of t = 9, whose frame is 31 times smaller than that of t = 8, are
                clamped to ±c on the way, as the sampler's states are.

        Returns:
            down, up: level → for each minimum the one at t − 1, at t + 1 that it comes to, or
            NOWHERE. Minima that come up on the way are followed too, FOLLOWED times.
        """
        links: dict[tuple[int, int, int], int] = {}
        for _ in range(FOLLOWED):
            todo = [
                (t, k, to)
                for t in range(LEVELS)
                for k in range(len(self.basins.known.get(t, ())))
                for to in (t - 1, t + 1)
                if 0 <= to < LEVELS and (t, k, to) not in links
            ]
            starts = [
                Start(
                    to,
                    "followed",
                    sqrt_alpha_bar[to]
                    * np.clip(
                        self.basins.known[t][k].y / sqrt_alpha_bar[t],
                        *((-clip, clip) if t == LEVELS - 1 else (None, None)),
                    ),
                )
                for t, k, to in todo
            ]
            for key, end in zip(todo, self.fall(starts), strict=True):
                links[key] = int(end) if end >= 0 else NOWHERE
        return tuple(
            [
                np.array(
                    [
                        links.get((t, k, t + way), NOWHERE)
                        for k in range(len(self.basins.known.get(t, ())))
                    ],
                    dtype=int,
                )
                for t in range(LEVELS)
            ]
            for way in (-1, 1)
        )  # type: ignore[return-value]


def lost(ends: list[int], code: int = UNFINISHED) -> int:
    """Starts that ended so."""
    return sum(end == code for end in ends)
