"""Where starts fall, and the minima they fall into (docs/definitions.md §4).

All starts of a problem fall together, whatever their level. Every few steps the quietest one of a
level is refined, so that there is about one refinement a basin; starts whose end the quadratic of a
known minimum foretells leave. What still slides along a soft valley after SLIDING steps goes on by
L-BFGS: it has arrived where that comes to a minimum that Newton's method knows, and else falls on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ired_interp_core.energy import Energy
from ired_interp_core.minima import grouping
from ired_interp_core.minima.falling import TOGETHER, Falling, fall, look
from ired_interp_core.minima.newton import Look, Stationary, stationary
from ired_interp_core.minima.states import State, blocks, finite, lbfgs, noise_near, state_of
from ired_interp_core.polish import OUT_OF_ITERATIONS, polish

UNFINISHED, DIVERGED, AT_SADDLE = -1, -2, -3
"""Instead of the number of a minimum: steps ran out; left the numbers; came to rest at a saddle."""
SLIDING = 64
"""Small steps after which a start that has not arrived is polished."""
POLISHES, PIECES = 50, 5
"""Steps of L-BFGS between two looks at who has arrived, and how many such pieces."""
JUMPS = 8
"""The same for L-BFGS from a start itself."""
QUIETER = 0.1
"""A level is refined again once its quietest gradient has fallen to this share."""
TRIED = 3
"""Points of a level that are refined at one look at most."""
OFF = 0.05
"""Length of the way by which a saddle is left, root mean square over the entries."""


@dataclass
class Basins:
    """The minima of one problem that are known, and how they came.

    Args:
        model: any energy.
        steps: small steps of a start at most.
        dtype: of the small steps.
        check: asked between blocks of steps; what it raises ends the search.
        refinements: of a group at most; starts that need more stay unfinished.
        known: group → its minima, in order of discovery. A group is one energy: a level.
        refined: group → every point that was refined to a minimum, for other tolerances.
        left: group → saddles that starts came to rest at.
        noises: of energy and gradient in the arithmetic of the small steps, at each known minimum,
            where the one is known and the other is 0.
        spent: refinements by group.
    """

    model: Energy
    steps: int = 2048
    dtype: torch.dtype = torch.float32
    check: Callable[[], None] = lambda: None
    refinements: int = 256
    known: dict[int, list[Stationary]] = field(default_factory=dict)
    refined: dict[int, list[Stationary]] = field(default_factory=dict)
    left: dict[int, list[Stationary]] = field(default_factory=dict)
    noises: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    spent: dict[int, int] = field(default_factory=dict)

    def number(self, group: int, found: Stationary, energy: Look) -> int:
        """The number of a minimum in its group; it is noted if it is new."""
        self.refined.setdefault(group, []).append(found)
        known = self.known.setdefault(group, [])
        for number, one in enumerate(known):
            if grouping.same(one, found):
                return number
        known.append(found)
        self.noises.setdefault(group, []).append(noise_near(self.model, energy, found, self.dtype))
        return len(known) - 1

    @torch.no_grad()
    def falls(
        self,
        x: Float[Tensor, "B n_in"],
        y: Float[Tensor, "B d"],
        t: Int[Tensor, "B"],
        group: Int[np.ndarray, "B"],
    ) -> Int[np.ndarray, "B"]:
        """Let starts fall by small steps, and find the minima that they end in.

        Args:
            x: problems.
            y: starts ỹ, level frame.
            t: level of each.
            group: which energy each belongs to; all of one group share x and t.

        Returns:
            The number of the minimum in its group, or UNFINISHED, DIVERGED, AT_SADDLE.
        """
        label = np.full(len(y), UNFINISHED)
        there = torch.isfinite(y).all(-1).cpu().numpy()
        label[~there] = DIVERGED
        going = np.flatnonzero(there)
        if not going.size:
            return label
        at = torch.as_tensor(going, device=y.device)
        rows = Falling.of(self.model, x[at].to(self.dtype), y[at].to(self.dtype), t[at])
        quiet: dict[int, float] = {}
        for taken, block in blocks(self.steps):
            self.check()
            fall(self.model, rows, block)
            state = state_of(rows.y, rows.e, rows.g)
            arrived = np.where(finite(state), UNFINISHED, DIVERGED)
            self._assign(group[going], state, arrived)
            if taken + block < SLIDING:
                self._refine_quiet(group[going], rows, state, arrived, quiet)
            else:
                ends = self._polished(group[going], rows, arrived)
                arrived = np.where(arrived == UNFINISHED, ends, arrived)
            label[going] = arrived
            going = going[arrived == UNFINISHED]
            if not going.size:
                break
            stay = np.flatnonzero(arrived == UNFINISHED)
            rows = rows.rows(torch.as_tensor(stay, device=y.device))
        return label

    @torch.no_grad()
    def jumps(
        self,
        x: Float[Tensor, "B n_in"],
        y: Float[Tensor, "B d"],
        t: Int[Tensor, "B"],
        group: Int[np.ndarray, "B"],
    ) -> Int[np.ndarray, "B"]:
        """The known minima that L-BFGS comes to from points themselves, in JUMPS pieces at most.

        Args:
            x: problems.
            y: points ỹ, level frame.
            t: level of each.
            group: which energy each belongs to.

        Returns:
            The number of the minimum in its group, or UNFINISHED.
        """
        label, y = np.full(len(y), UNFINISHED), y.clone()
        for _ in range(JUMPS):
            going = np.flatnonzero(label == UNFINISHED)
            if not going.size:
                break
            at = torch.as_tensor(going, device=y.device)
            y[at] = polish(self.model, x[at], y[at], t[at], POLISHES, self.check).points
            ends = np.full(len(going), UNFINISHED)
            state = state_of(y[at], *look(self.model, x[at], y[at], t[at]))
            self._assign(group[going], state, ends, grouping.FORESEEN_POLISHED)
            label[going] = ends
        return label

    def _assign(
        self,
        group: np.ndarray,
        state: State,
        label: np.ndarray,
        share: float = grouping.FORESEEN,
    ) -> None:
        """Who will arrive where, as far as the known minima foretell it."""
        for one in np.unique(group):
            known = zip(self.known.get(one, ()), self.noises.get(one, ()), strict=True)
            for number, (minimum, noise) in enumerate(known):
                mine = np.flatnonzero((group == one) & (label == UNFINISHED))
                if mine.size:
                    y, e, g = (v[mine] for v in state)
                    label[mine[grouping.foreseen(minimum, y, e, g, noise, share)]] = number

    def _refine_quiet(
        self,
        group: np.ndarray,
        rows: Falling,
        state: State,
        label: np.ndarray,
        quiet: dict[int, float],
    ) -> None:
        """Refine the quietest start of each level, if it is quieter than the one before it."""
        size = np.linalg.norm(state[2], axis=1)
        for one in np.unique(group):
            mine = np.flatnonzero((group == one) & (label == UNFINISHED))
            free = self.spent.get(int(one), 0) < self.refinements
            if free and mine.size and size[mine].min() <= QUIETER * quiet.get(int(one), np.inf):
                first = mine[size[mine].argmin()]
                quiet[int(one)] = size[first]
                energy = Look(self.model, rows.x[first], int(rows.t[first]))
                self.refine(int(one), energy, lbfgs(energy, state[0][first]))
        self._assign(group, state, label)

    def _polished(self, group: np.ndarray, rows: Falling, label: np.ndarray) -> np.ndarray:
        """The minima that L-BFGS ends in from the starts that have not arrived."""
        ends = np.full(len(label), UNFINISHED)
        which = np.flatnonzero(label == UNFINISHED)
        y = rows.y.clone()
        for last in [False] * (PIECES - 1) + [True]:
            which = which[ends[which] == UNFINISHED]
            if not which.size:
                break
            at = torch.as_tensor(which, device=y.device)
            together = min(TOGETHER, 1 << (len(at) - 1).bit_length())
            done = polish(self.model, rows.x[at], y[at], rows.t[at], POLISHES, self.check, together)
            y[at] = done.points
            e, g = self.model.energy_and_gradient(rows.x[at], y[at], rows.t[at])
            state, mine = state_of(y[at], e, g), group[which]
            found = np.where(finite(state), UNFINISHED, DIVERGED)
            self._assign(mine, state, found, grouping.FORESEEN_POLISHED)
            ripe = last | (done.status != OUT_OF_ITERATIONS).cpu().numpy()
            for one in np.unique(mine):
                self._refine_ends(int(one), rows, which, (mine == one) & ripe, state, found)
            self._assign(mine, state, found, grouping.FORESEEN_POLISHED)
            ends[which] = found
        return ends

    def _refine_ends(
        self,
        group: int,
        rows: Falling,
        which: np.ndarray,
        ripe: np.ndarray,
        state: State,
        found: np.ndarray,
    ) -> None:
        """Refine the quietest ends of L-BFGS in a level that no known minimum foretells."""
        size = np.linalg.norm(state[2], axis=1)
        for _ in range(TRIED):
            mine = np.flatnonzero(ripe & (found == UNFINISHED))
            if not mine.size or self.spent.get(group, 0) >= self.refinements:
                return
            first = mine[size[mine].argmin()]
            energy = Look(self.model, rows.x[which[first]], int(rows.t[which[first]]))
            here = self.refine(group, energy, state[0][first])
            ripe = ripe.copy()
            ripe[first] = False
            if here is None:
                continue
            if here.index:
                near = np.sqrt(((state[0][mine] - here.y) ** 2).mean(-1)) < OFF
                found[mine[near]] = AT_SADDLE
                continue
            others = np.flatnonzero(ripe & (found == UNFINISHED))
            y, e, g = (v[others] for v in state)
            told = found[others]
            self._assign(np.full(len(told), group), (y, e, g), told, grouping.FORESEEN_POLISHED)
            found[others] = told
            found[first] = next(
                i for i, one in enumerate(self.known[group]) if grouping.same(one, here)
            )

    def refine(self, group: int, energy: Look, y: Float[np.ndarray, "d"]) -> Stationary | None:
        """Refine a point by Newton's method; a saddle is left along both signs, never counted.

        Args:
            group: the level.
            energy: of the group.
            y: a point near a stationary one.

        Returns:
            What was found; None where it did not converge, or the refinements are spent.
        """
        self.spent[group] = self.spent.get(group, 0) + 1
        if self.spent[group] > self.refinements:
            return None
        found = stationary(energy, y)
        if not found.stands:
            return None
        if found.index == 0:
            self.number(group, found, energy)
        else:
            self.leave(group, energy, found)
        return found

    def leave(self, group: int, energy: Look, saddle: Stationary) -> tuple[int, int]:
        """`both_sides` of a saddle that was not left before; else UNFINISHED twice."""
        at = self.left.setdefault(group, [])
        if any(grouping.same(one, saddle) for one in at):
            return UNFINISHED, UNFINISHED
        at.append(saddle)
        return self.both_sides(group, energy, saddle)

    def both_sides(self, group: int, energy: Look, saddle: Stationary) -> tuple[int, int]:
        """Where small steps end on both sides of a saddle, along its softest direction."""
        off = min(OFF * len(saddle.y) ** 0.5, OFF) * saddle.vectors[0]
        device = energy.x.device
        points = torch.as_tensor(np.stack([saddle.y - off, saddle.y + off]), device=device)
        t = torch.full((2,), energy.t, device=device)
        ends = self.falls(energy.x.expand(2, -1), points, t, np.full(2, group))
        return int(ends[0]), int(ends[1])
