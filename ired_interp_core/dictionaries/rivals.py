"""What a dictionary has to beat: principal components and single entries, chosen as it chooses.

Definitions: docs/definitions.md §5.4.

A control under another rule is none: a dictionary chooses its atoms anew for every input, so that
the first k components, the same for all, are no match for it. Here TopK stands beside the k largest
components of every input, and all others beside the components above one threshold, set so that as
many are active as of the dictionary on the same points. Codes are signed, those of a dictionary are
not: one component does what two atoms ±v do.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.dictionaries.baselines import Moments
from ired_interp_core.dictionaries.dictionary import Dictionary

RIVALS = ("components", "entries")


@dataclass(frozen=True)
class Linear:
    """x̂ = centre + V f, f the largest of Vᵀ(x − centre) by size.

    Args:
        centre: mean of the training points.
        basis: V, orthonormal columns; none for the entries themselves.
        k: entries of f kept of an input; 0 where a threshold decides.
        threshold: kept are those of larger size.
    """

    centre: Float[Tensor, "d"]
    basis: Float[Tensor, "d d"] | None
    k: int = 0
    threshold: float = 0.0

    def scores(self, x: Float[Tensor, "N d"]) -> Float[Tensor, "N d"]:
        """Vᵀ(x − centre).

        Args:
            x: inputs.

        Returns:
            All of it.
        """
        away = x.to(self.centre) - self.centre
        return away if self.basis is None else away @ self.basis

    @torch.no_grad()
    def encode(self, x: Float[Tensor, "N d"]) -> Float[Tensor, "N d"]:
        """f, dense and signed.

        Args:
            x: inputs.

        Returns:
            0 where nothing is kept.
        """
        scores = self.scores(x)
        size = scores.abs()
        if self.k:
            places = size.topk(min(self.k, size.shape[-1]), dim=-1, sorted=False).indices
            return torch.zeros_like(scores).scatter_(-1, places, scores.gather(-1, places))
        return torch.where(size > self.threshold, scores, 0.0)

    def decode(self, f: Float[Tensor, "N d"]) -> Float[Tensor, "N d"]:
        """x̂ of f.

        Args:
            f: codes.

        Returns:
            centre + V f.
        """
        return self.centre + (f if self.basis is None else f @ self.basis.T)


def rivals(training: Moments, dictionary: Dictionary) -> dict[str, Linear]:
    """Both rivals of a dictionary, of the inputs that it is given; without a threshold yet.

    Args:
        training: of its training points.
        dictionary: whose rule they follow.

    Returns:
        By name.
    """
    like = dictionary.centre
    vectors = torch.linalg.eigh(training.scatter()).eigenvectors.flip(1)
    bases = (vectors.to(like), None)
    return {
        name: Linear(training.mean.to(like), basis, dictionary.k)
        for name, basis in zip(RIVALS, bases, strict=True)
    }


SHIFT = 11
"""Bits of a float32 that are left out when sizes are counted: 12 of the mantissa stay."""

INFINITE = 0x7F800000
"""Bits of float32 infinity."""


@dataclass
class Sizes:
    """How often numbers of which size occur: their float32 bits ascend with them.

    Args:
        counts: of each bin; neighbouring bins differ by a factor 1 + 2⁻¹² at most.
    """

    counts: np.ndarray = field(default_factory=lambda: np.zeros(1 << (31 - SHIFT), "i8"))

    def add(self, values: Float[Tensor, "..."]) -> None:
        """Count the sizes of numbers.

        Args:
            values: finite, of any sign.
        """
        bits = values.abs().float().cpu().numpy().ravel().view("i4") >> SHIFT
        self.counts += np.bincount(bits, minlength=len(self.counts))

    def threshold(self, wanted: float) -> float:
        """The edge of a bin above which as many numbers lie as wanted, or as nearly as can be.

        Args:
            wanted: how many.

        Returns:
            The threshold; all numbers above it are kept, those that equal it are not.
        """
        above = np.append(np.cumsum(self.counts[::-1])[::-1], 0)  # in bins i, i + 1, …
        edge = int(np.abs(above - wanted).argmin())
        if edge == 0:
            return -1.0
        # The largest float32 below bin `edge`; past the last one infinity, above which none lies.
        return float(np.int32(min((edge << SHIFT) - 1, INFINITE)).view("f4"))
