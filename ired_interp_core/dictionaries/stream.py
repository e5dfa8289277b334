"""Scaled training batches in a random order that depends on seed and position alone.

The training rows are read in pieces (aligned blocks of problems). Every epoch puts the pieces into
a random order, fills a pool with as many as fit under a cap, shuffles the rows of the pool, gives
them out, and fills the next: each row once an epoch, reads sequential within a piece. If all fit,
there is one pool, read once, and the order is a plain shuffle of all rows. Which row comes at a
position is a function of (seed, position): a resumed training needs no other state.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.dictionaries.samples import PROBLEMS_AT_ONCE
from ired_interp_core.dictionaries.split import held_out
from ired_interp_core.dictionaries.standard import Standard
from ired_interp_core.errors import Refusal
from ired_interp_core.records import Rows, seeded

CAP = 2 * 2**30
"""Bytes of activations held in memory."""

DISTINCT_AT_LEAST = 64
"""Fewer different activations than this are no training set."""

WATCHED = 32
"""Held-out problems on which a training is looked at."""


class Pieces(Protocol):
    """Training rows in pieces that are read one at a time."""

    rows: Sequence[int]
    width: int
    where: str
    standard: Standard

    def read(self, piece: int) -> np.ndarray:
        """Rows of a piece, [n, d] float32, finite.

        Args:
            piece: index.
        """

    def held_out(self) -> np.ndarray:
        """Rows of some held-out problems, [n, d] float32; none where nothing is held out."""


class ArrayPieces:
    """An array as one piece.

    Args:
        values: [N, d].

    Raises:
        Refusal: not a matrix of finite numbers.
    """

    where = "activations given to fit"
    standard = Standard()

    def __init__(self, values: np.ndarray | Tensor) -> None:
        array = values.detach().cpu().numpy() if isinstance(values, Tensor) else values
        array = np.asarray(array)
        if array.ndim != 2 or not array.size or array.dtype.kind not in "fiu":
            raise Refusal(
                "activations cannot be used", where=self.where,
                came=f"{array.dtype} of shape {array.shape}", expected="numbers [N, d]",
            )  # fmt: skip
        self._values = array.astype("f4", copy=False)
        if not np.isfinite(self._values).all():
            bad = int(np.flatnonzero(~np.isfinite(self._values).all(axis=1))[0])
            raise Refusal(
                "activations are not finite", where=self.where, came=f"row {bad}",
                expected="finite numbers within float32",
            )  # fmt: skip
        self.rows: Sequence[int] = [len(array)]
        self.width = array.shape[1]

    def read(self, piece: int) -> np.ndarray:
        """All rows.

        Args:
            piece: 0.

        Returns:
            The array as float32.
        """
        return self._values

    def held_out(self) -> np.ndarray:
        """No rows."""
        return self._values[:0]


class ProblemPieces:
    """Activations of the problems that are not held out, a shard's worth at a time.

    Args:
        activations: answer of the analysis `activations`.
        count: problems 0 … count − 1.
        standard: what is taken of them, and how.

    Raises:
        Refusal: no training problem.
    """

    def __init__(self, activations: Rows, count: int, standard: Standard | None = None) -> None:
        indices = np.arange(count)
        kept, self._held = indices[~held_out(indices)], indices[held_out(indices)]
        self._activations = activations
        self.standard = standard or Standard()
        self.where = f"{activations.question.analysis} {activations.question.key[:8]}"
        shard = kept // PROBLEMS_AT_ONCE
        self._problems = [kept[shard == s] for s in np.unique(shard)]
        if not len(kept):
            raise Refusal(
                "no training problems", where=self.where, came=f"{count} problems",
                expected="at least one that is not held out", next_step="raise `problems`",
            )  # fmt: skip
        one = self._read(kept[:1])
        self.width = one.shape[1]
        self.rows: Sequence[int] = [len(p) * len(one) for p in self._problems]

    def read(self, piece: int) -> np.ndarray:
        """Rows of the training problems of a shard.

        Args:
            piece: index.

        Returns:
            Problems × levels × steps, flattened.
        """
        return self._read(self._problems[piece])

    def held_out(self) -> np.ndarray:
        """Rows of the first held-out problems."""
        held = self._held[:WATCHED]
        return self._read(held) if len(held) else np.empty((0, self.width), "f4")

    def _read(self, problems: np.ndarray) -> np.ndarray:
        """Rows of some problems."""
        walk = self.standard.walk(self._activations, problems)
        values = np.concatenate([self.standard.into(x) for _, x in walk])
        return values.reshape(-1, values.shape[-1])


class Stream:
    """Shuffled batches z = scale·(x − centre).

    Args:
        pieces: training rows.
        seed: of the order.
        device: of the batches.
        cap: bytes held in memory.
    """

    def __init__(self, pieces: Pieces, seed: int, device: str = "cpu", cap: int = CAP) -> None:
        self._pieces, self._seed, self._device = pieces, seed, device
        self.standard = pieces.standard
        self.rows = sum(pieces.rows)
        self._most = max(cap // (4 * pieces.width), max(pieces.rows))
        self._pools: tuple[int, list[list[int]]] = (-1, [])
        self._held: tuple[int, ...] = ()
        self._pool = np.empty((0, pieces.width), "f4")
        self._order: tuple[tuple[int, int], np.ndarray] = ((-1, -1), np.empty(0, "i8"))
        self.centre = np.zeros(pieces.width)
        self.scale, self.distinct = 1.0, 0
        if self.rows <= self._most:
            self._fill(tuple(range(len(pieces.rows))))
        self._measure()
        if len(self._pool):
            self._scale_pool()

    def _measure(self) -> None:
        """Centre and scale: two passes of float64 sums, and the number of different rows.

        Raises:
            Refusal: too few of them.
        """
        total, hashes = np.zeros(self._pieces.width), []
        key = seeded("rows").integers(0, 2**63, self._pieces.width, dtype=np.uint64) * 2 + 1
        for values in self._raw():
            total += values.sum(axis=0, dtype="f8")
            # −0 and 0 are one number; equal rows have equal sums modulo 2⁶⁴.
            words = (values + np.float32(0)).view("u4").astype("u8")
            hashes.append(words @ key)
        self.centre = total / self.rows
        self.distinct = len(np.unique(np.concatenate(hashes)))
        if self.distinct < DISTINCT_AT_LEAST:
            raise Refusal(
                "too few different activations", where=self._pieces.where,
                came=f"{self.distinct} among {self.rows}", expected=f"{DISTINCT_AT_LEAST} or more",
                next_step="raise `problems`",
            )  # fmt: skip
        norms = [np.linalg.norm(v - self.centre, axis=1).sum() for v in self._raw()]
        self.scale = math.sqrt(self._pieces.width) * self.rows / float(np.sum(norms))

    def _raw(self) -> Iterator[np.ndarray]:
        """Unscaled rows [n, d], float32, some thousands at a time; from memory where all fit."""
        read = (self._pieces.read(piece) for piece in range(len(self._pieces.rows)))
        for values in [self._pool] if len(self._pool) else read:
            for start in range(0, len(values), 4096):
                yield values[start : start + 4096]

    @cached_property
    def held_out(self) -> Float[Tensor, "n d"]:
        """Scaled rows of some held-out problems, read once; none where nothing is held out."""
        rows = (self._pieces.held_out() - self.centre) * self.scale
        return torch.from_numpy(rows.astype("f4")).to(self._device)

    def batch(self, position: int, count: int) -> Float[Tensor, "count d"]:
        """Rows position … position + count − 1 of the endless shuffled sequence.

        Args:
            position: first.
            count: how many.

        Returns:
            Scaled rows.
        """
        found: list[np.ndarray] = []
        while count:
            epoch, place = divmod(position, self.rows)
            pool, place = self._locate(epoch, place)
            rows = self._shuffled(epoch, pool)[place : place + count]
            found.append(self._pool[rows])
            position, count = position + len(rows), count - len(rows)
        return torch.from_numpy(np.concatenate(found)).to(self._device)

    def _locate(self, epoch: int, place: int) -> tuple[int, int]:
        """Pool of an epoch that holds a place, and the place within it."""
        ends = np.cumsum([sum(self._pieces.rows[p] for p in pool) for pool in self._plan(epoch)])
        pool = int(np.searchsorted(ends, place, side="right"))
        return pool, place - (int(ends[pool - 1]) if pool else 0)

    def _plan(self, epoch: int) -> list[list[int]]:
        """Pieces of each pool of an epoch."""
        if self._pools[0] != epoch:
            pools: list[list[int]] = [[]]
            filled = 0
            for piece in seeded("pieces", self._seed, epoch).permutation(len(self._pieces.rows)):
                size = self._pieces.rows[piece]
                if filled + size > self._most:
                    pools.append([])
                    filled = 0
                pools[-1].append(int(piece))
                filled += size
            self._pools = epoch, pools
        return self._pools[1]

    def _shuffled(self, epoch: int, pool: int) -> np.ndarray:
        """Order of the rows of a pool, which is brought into memory."""
        if self._order[0] != (epoch, pool):
            wanted = tuple(sorted(self._plan(epoch)[pool]))
            if self._held != wanted:
                self._fill(wanted)
                self._scale_pool()
            order = seeded("rows", self._seed, epoch, pool).permutation(len(self._pool))
            self._order = (epoch, pool), order
        return self._order[1]

    def _fill(self, pieces: tuple[int, ...]) -> None:
        """Read the pieces of a pool."""
        self._pool = np.empty((0, self._pieces.width), "f4")  # frees the old one first
        self._pool = np.empty((sum(self._pieces.rows[p] for p in pieces), self._pieces.width), "f4")
        start = 0
        for piece in pieces:
            values = self._pieces.read(piece)
            self._pool[start : start + len(values)] = values
            start += len(values)
        self._held = pieces

    def _scale_pool(self) -> None:
        """scale·(x − centre), some thousand rows at a time: no second pool in float64."""
        for start in range(0, len(self._pool), 4096):
            rows = self._pool[start : start + 4096]
            rows[:] = (rows - self.centre) * self.scale
