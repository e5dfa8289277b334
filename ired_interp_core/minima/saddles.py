"""Saddles between minima: a string, then eigenvector following from its maxima.

Definitions: docs/definitions.md §4. Source of the string: E, Ren & Vanden-Eijnden, J. Chem. Phys.
126 (2007), 164103. A saddle counts only where its index is 1, its gradient small, and small steps
from both its sides end in known minima: never an image of the string.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float

from ired_interp_core.minima import grouping
from ired_interp_core.minima.basins import Basins
from ired_interp_core.minima.newton import Look, Stationary, stationary
from ired_interp_core.minima.profiles import String
from ired_interp_core.minima.tree import components

GRADIENT = 1e-8
"""‖∇E‖ of a saddle that counts."""
STRING_STEPS = 100
"""Steps of a string."""
SPLITS = 4
"""Times that a pair is split where its saddles lead elsewhere."""
BOWS = (0.0, 0.5, -0.5)
"""First strings: straight, and bowed to both sides by so much of the distance."""


@dataclass(frozen=True)
class Saddle:
    """A verified saddle.

    Args:
        point: index 1, ‖∇E‖ ≤ GRADIENT.
        ends: the two minima that small steps from its sides end in, the smaller number first; they
            may be one.
    """

    point: Stationary
    ends: tuple[int, int]


@dataclass
class Network:
    """The minima of one energy and the saddles between them.

    Args:
        basins: of the energy.
        group: which one.
        energy: it, counted.
        budget: looks at a gradient; a Hessian counts d/2. What is left is not tried.
        images: of a string.
        saddles: found so far.
        strings: pair of minima, the smaller number first → of its strings that whose highest image
            is the lowest.
    """

    basins: Basins
    group: int
    energy: Look
    budget: int = 100_000
    images: int = 11
    saddles: list[Saddle] = field(default_factory=list)
    strings: dict[tuple[int, int], String] = field(default_factory=dict)

    @property
    def left(self) -> bool:
        """Whether there is budget."""
        return self.energy.count < self.budget

    @property
    def minima(self) -> list[Stationary]:
        """Known minima; saddles may lead to further ones."""
        return self.basins.known.setdefault(self.group, [])

    def joined(self, i: int, j: int) -> bool:
        """Whether saddles lead from one minimum to the other, by way of others where need be."""
        part = components(len(self.minima), [one.ends for one in self.saddles])
        return bool(part[i] == part[j])

    def connect(self, i: int, j: int) -> bool:
        """Look for saddles between two minima, by way of others where they lie between.

        Args:
            i: number of a minimum.
            j: number of another.

        Returns:
            Whether the two are joined; if not, the pair is open.
        """
        asked = (i, j)
        for _ in range(1 + SPLITS):
            self.strung(*asked)
            if self.joined(i, j) or not self.left:
                break
            asked = self._nearest(i, j)
        return self.joined(i, j)

    def strung(self, i: int, j: int, bows: Sequence[float] = BOWS) -> None:
        """Let strings fall between two minima, and follow the maxima of each to a saddle.

        Args:
            i: number of a minimum.
            j: number of another.
            bows: of the first strings, over the distance.
        """
        i, j = min(i, j), max(i, j)
        for first in self._first(self.minima[i].y, self.minima[j].y, bows):
            if not self.left:
                return
            fallen = self.string(first)
            best = self.strings.get((i, j))
            if best is None or fallen.energies.max() < best.energies.max():
                self.strings[i, j] = fallen
            points = fallen.points
            for k in maxima(fallen.energies):
                reach = float(np.sqrt(((points[k + 1] - points[k - 1]) ** 2).mean()))
                self.follow(points[k], reach)

    def straight(self, i: int, j: int) -> tuple[np.ndarray, np.ndarray]:
        """Points at equal distances on the line between two minima, and their energies E_t."""
        share = np.linspace(0, 1, self.images)[:, None]
        points = (1 - share) * self.minima[i].y + share * self.minima[j].y
        return points, self._many(points)[0]

    def _first(self, a: np.ndarray, b: np.ndarray, bows: Sequence[float]) -> Iterator[np.ndarray]:
        """Straight strings, and such as are bowed along the softest direction across the line."""
        share = np.linspace(0, 1, self.images)[:, None]
        way, middle = b - a, (a + b) / 2
        if not any(bows):
            yield a + share * way
            return
        values, vectors = self.energy.spectrum(middle)
        across = np.eye(len(a)) - np.outer(way, way) / (way @ way)
        hessian = across @ (vectors.T * values) @ vectors @ across
        stiff = np.abs(values).max() * 10
        _, turned = np.linalg.eigh(hessian + stiff * (np.eye(len(a)) - across))
        for bow in bows:
            rise = 4 * share * (1 - share) * bow * np.linalg.norm(way)
            yield a + share * way + rise * turned[:, 0]

    def string(self, points: Float[np.ndarray, "s d"]) -> String:
        """Let a string of images fall, kept at equal distances, its ends held.

        Args:
            points: the images at first.

        Returns:
            The string as it then is.
        """
        before, points = self.energy.count, points.copy()
        e, g = self._many(points)
        step = 0.5 / max(one.eigenvalues[-1] for one in self.minima)
        for _ in range(STRING_STEPS):
            if not self.left:
                break
            longest = 0.2 * np.linalg.norm(np.diff(points, axis=0), axis=1).mean()
            moved = step * g[1:-1]
            size = np.linalg.norm(moved, axis=1, keepdims=True)
            trial = points.copy()
            trial[1:-1] -= moved * np.minimum(1, longest / np.maximum(size, 1e-300))
            trial = spread(trial)
            shift = np.abs(trial - points).max()
            points = trial
            e, g = self._many(points)
            if shift < 1e-4 * longest:
                break
        return String(points, e, g, self.energy.count - before)

    def _many(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.energy.count += len(points)
        y = torch.as_tensor(points, device=self.energy.x.device)
        x = self.energy.x.expand(len(points), -1)
        e, g = self.basins.model.energy_and_gradient(x, y, self.energy.t)
        return e.cpu().numpy(), g.cpu().numpy()

    def follow(self, y: Float[np.ndarray, "d"], reach: float) -> Saddle | None:
        """From a point to the saddle near it, and down on both sides.

        Args:
            y: a maximum of a string.
            reach: longest step, root mean square over the entries.

        Returns:
            The saddle, noted if it is new; None where none was verified.
        """
        found = stationary(self.energy, y, climbed=1, longest=reach, left=lambda: self.left)
        if not found.stands or found.index != 1 or found.gradient_norm > GRADIENT:
            return None
        for one in self.saddles:
            if grouping.same(one.point, found):
                return one
        ends = sorted(self.basins.both_sides(self.group, self.energy, found))
        if ends[0] < 0:
            return None
        self.saddles.append(Saddle(found, (ends[0], ends[1])))
        return self.saddles[-1]

    def _nearest(self, i: int, j: int) -> tuple[int, int]:
        """The two nearest minima of which one is joined to i, the other not."""
        part = components(len(self.minima), [one.ends for one in self.saddles])
        here = np.flatnonzero(part == part[i])
        there = np.flatnonzero(part == part[j])
        pairs = [(int(a), int(b)) for a in here for b in there]
        return min(pairs, key=lambda p: np.linalg.norm(self.minima[p[0]].y - self.minima[p[1]].y))


def maxima(energies: Float[np.ndarray, "s"]) -> list[int]:
    """Images that lie higher than both their neighbours; the ends are none."""
    middle = energies[1:-1]
    higher = (middle > energies[:-2]) & (middle >= energies[2:])
    return [int(k) + 1 for k in np.flatnonzero(higher)]


def spread(points: Float[np.ndarray, "s d"]) -> Float[np.ndarray, "s d"]:
    """Images at equal distances along the same polygon."""
    length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    wanted = np.linspace(0, length[-1], len(points))
    k = np.clip(np.searchsorted(length, wanted, side="right") - 1, 0, len(points) - 2)
    gap = length[k + 1] - length[k]
    share = np.where(gap > 0, (wanted - length[k]) / np.where(gap > 0, gap, 1), 0)[:, None]
    return (1 - share) * points[k] + share * points[k + 1]
