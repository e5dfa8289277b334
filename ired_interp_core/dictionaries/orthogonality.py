"""Penalties on atoms that point the same way: co-active pairs, and OrtSAE.

Definitions: docs/definitions.md §5.3.

Gradients are by W, for rows of unit norm; the training removes their part along each row, and with
that they are those of the cosine.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse
import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.dictionaries.sparse import Codes, csr

MEMORY = 0.99
"""Of the running mean of the adaptive τ: some hundred steps."""

ROWS_AT_ONCE = 1024
"""Atoms compared with all others together."""


@dataclass(frozen=True)
class Penalised:
    """A penalty at one step.

    Args:
        value: with its weight γ.
        tau: τ.
        mean: of |cos| over the selected pairs.
        deviation: s.d. of it.
    """

    value: float
    tau: float = math.nan
    mean: float = math.nan
    deviation: float = math.nan


@dataclass
class Penalty:
    """Penalty of a training, and what it remembers from step to step.

    Args:
        orthogonality: none, pairs or ortsae.
        gamma: weight γ.
        fraction: q, share of all pairs that is selected.
        threshold: fixed or adaptive.
        tau: the fixed τ; then the running mean of the adaptive one.
        select_every: steps for which selected pairs (OrtSAE: nearest atoms) are kept.
        started: whether τ is adapted already.
        first: features i of the selected pairs.
        second: features j of them.
    """

    orthogonality: str
    gamma: float
    fraction: float
    threshold: str
    tau: float
    select_every: int = 1
    started: bool = False
    first: np.ndarray = field(default_factory=lambda: np.empty(0, "i4"))
    second: np.ndarray = field(default_factory=lambda: np.empty(0, "i4"))
    _likely: float = 0.0

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "Penalty":
        """Take the fields out of the parameters of the analysis `dictionary`.

        Args:
            parameters: every declared parameter.

        Returns:
            The penalty.
        """
        names = ("orthogonality", "gamma", "fraction", "threshold", "tau", "select_every")
        return cls(**{name: parameters[name] for name in names})

    def add(
        self, step: int, codes: Codes, decoder: Float[Tensor, "m d"], by_decoder: Tensor
    ) -> Penalised:
        """The penalty at one step; its gradient is added to that of the decoder.

        Args:
            step: 0, 1, …
            codes: of the batch.
            decoder: W, rows of unit norm.
            by_decoder: gradient to add to.

        Returns:
            Value and statistics.
        """
        if self.orthogonality == "none" or len(decoder) < 2:
            return Penalised(0.0)
        if step % self.select_every == 0 or not len(self.first):
            self._select(codes, decoder)
        if not len(self.first):
            return Penalised(0.0)
        cosine = pair_cosines(decoder, self.first, self.second)
        if self.orthogonality == "ortsae":
            value = self.gamma * float(np.square(cosine).mean())
            slope = 2 * self.gamma * cosine / len(cosine)
            add_pairs(by_decoder, decoder, self.first, self.second, slope)
            return Penalised(value)
        size = np.abs(cosine)
        mean, deviation = float(size.mean()), float(size.std())
        if self.threshold == "adaptive" and math.isfinite(mean + deviation):
            now = mean + deviation
            self.tau = MEMORY * self.tau + (1 - MEMORY) * now if self.started else now
            self.started = True
        excess = np.maximum(size - self.tau, 0)
        slope = 2 * self.gamma * excess * np.sign(cosine) / len(cosine)
        over = excess > 0
        add_pairs(by_decoder, decoder, self.first[over], self.second[over], slope[over])
        value = self.gamma * float(np.square(excess).mean())
        return Penalised(value, self.tau, mean, deviation)

    def pairs(self, features: int) -> np.ndarray:
        """The selected pairs as sorted numbers i·m + j.

        Args:
            features: m.

        Returns:
            int64; empty for OrtSAE and before the first selection.
        """
        if self.orthogonality != "pairs":
            return np.empty(0, "i8")
        return np.sort(self.first.astype("i8") * features + self.second)

    def _select(self, codes: Codes, decoder: Tensor) -> None:
        """Choose the pairs of the next steps."""
        if self.orthogonality == "ortsae":
            self.second = nearest(decoder)
            self.first = np.arange(len(decoder), dtype="i4")
        else:
            found = co_active(codes, self.fraction, self._likely)
            self.first, self.second, smallest = found
            self._likely = 0.9 * smallest


def co_active(
    codes: Codes, fraction: float, likely: float = 0.0
) -> tuple[np.ndarray, np.ndarray, float]:
    """The top share of pairs i < j by co-activation Σ_n f_ni f_nj: sparse fᵀf and a partition.

    Args:
        codes: of a batch.
        fraction: q; pairs that are never active together are left out.
        likely: guess below the smallest selected co-activation; decides the time it takes only.

    Returns:
        i, j, and the smallest selected co-activation (0 if none).
    """
    return most_together(codes.scipy(), fraction, likely)


def most_together(
    f: scipy.sparse.csr_matrix, fraction: float, likely: float = 0.0
) -> tuple[np.ndarray, np.ndarray, float]:
    """`co_active` of a SciPy matrix."""
    features = f.shape[1]
    wanted = max(1, round(fraction * features * (features - 1) / 2))
    together = f.T.tocsr() @ f
    for low in (likely, 0.0):
        places = np.flatnonzero(together.data > low)
        first = np.searchsorted(together.indptr, places, side="right") - 1
        second = together.indices[places]
        upper = first < second
        if low == 0 or upper.sum() >= wanted:
            break
    first, second, places = first[upper], second[upper], places[upper]
    values = together.data[places]
    if len(values) > wanted:
        top = np.argpartition(values, len(values) - wanted)[len(values) - wanted :]
        first, second, values = first[top], second[top], values[top]
    smallest = float(values.min()) if len(values) else 0.0
    return first.astype("i4"), second.astype("i4"), smallest


def nearest(decoder: Float[Tensor, "m d"]) -> np.ndarray:
    """argmax_{j≠i} cos(W_i, W_j) of every atom.

    Args:
        decoder: rows of unit norm.

    Returns:
        j [m].
    """
    found = []
    for start in range(0, len(decoder), ROWS_AT_ONCE):
        cosine = decoder[start : start + ROWS_AT_ONCE] @ decoder.T
        cosine.diagonal(start).fill_(-math.inf)
        found.append(cosine.argmax(1))
    return torch.cat(found).int().cpu().numpy()


def live_cosines(atoms: Float[Tensor, "m d"]) -> tuple[float, float]:
    """Mean and s.d. of |cos| over all pairs i < j.

    Args:
        atoms: of unit norm.

    Returns:
        Both; NaN of fewer than two atoms. Sums in float64 of float32 cosines.
    """
    pairs = len(atoms) * (len(atoms) - 1) / 2
    if not pairs:
        return math.nan, math.nan
    total = square = 0.0
    for start in range(0, len(atoms), ROWS_AT_ONCE):
        block = atoms[start : start + ROWS_AT_ONCE] @ atoms[start:].T
        size = block.triu_(1).abs_()  # j > i: the diagonal and what lies below it are 0
        total += float(size.sum(dtype=torch.float64))
        square += float(size.square_().sum(dtype=torch.float64))
    mean = total / pairs
    return mean, math.sqrt(max(square / pairs - mean**2, 0.0))


def pair_cosines(decoder: Float[Tensor, "m d"], i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """W_i·W_j of some pairs.

    Args:
        decoder: rows of unit norm.
        i: first atoms.
        j: second atoms.

    Returns:
        Of each pair.
    """
    order = np.argsort(i, kind="stable")
    starts = np.searchsorted(i[order], np.arange(len(decoder) + 1)).astype("i4")
    crow, col = (torch.from_numpy(v).to(decoder.device) for v in (starts, j[order]))
    shape = len(decoder), len(decoder)
    pattern = csr(crow, col, decoder.new_zeros(len(i)), shape)
    # A sampled product: gathering both rows of every pair takes eight times as long.
    dots = torch.sparse.sampled_addmm(pattern, decoder, decoder.T, beta=0.0).values()
    found = np.empty_like(dots.cpu().numpy())
    found[order] = dots.cpu().numpy()
    return found


def add_pairs(
    gradient: Float[Tensor, "m d"],
    decoder: Float[Tensor, "m d"],
    i: np.ndarray,
    j: np.ndarray,
    slope: np.ndarray,
) -> None:
    """Add ∂/∂W Σ_p slope_p·(W_i·W_j): a sparse symmetric matrix times W.

    Args:
        gradient: to add to.
        decoder: W.
        i: first atoms.
        j: second atoms.
        slope: of each pair.
    """
    m = len(decoder)
    both = np.concatenate([i, j]), np.concatenate([j, i])
    mixed = scipy.sparse.coo_matrix((np.tile(slope, 2), both), (m, m)).tocsr()
    crow, col = (torch.from_numpy(p).to(decoder.device) for p in (mixed.indptr, mixed.indices))
    values = torch.from_numpy(mixed.data).to(decoder)
    gradient.addmm_(csr(crow, col, values, (m, m)), decoder)
