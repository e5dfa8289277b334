"""TopK (Gao et al. 2024, arXiv 2406.04093): the k largest pre-activations of every input."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ired_interp_core.dictionaries.base import Found, Variant, Weights, revive
from ired_interp_core.dictionaries.sparse import Codes, top_of_rows


@dataclass
class TopK(Variant):
    """f keeps the k largest relu(z) of an input; loss ‖x − x̂‖²/d + AuxK.

    Args:
        k: active features of an input.
    """

    name = "topk"
    k: int = 32

    def step(self, weights: Weights, x: Float[Tensor, "B d"], dead: Bool[Tensor, "m"]) -> Found:
        """Loss and gradients of a batch.

        Args:
            weights: as they are.
            x: scaled activations.
            dead: features to revive.

        Returns:
            Losses and gradients.
        """
        codes = top_of_rows(weights["encoder"], weights["encoder_bias"], x, self.k)
        return sparse_step(weights, x, codes, (codes.features,), dead, self.auxiliary)


def sparse_step(
    weights: Weights,
    x: Float[Tensor, "B d"],
    codes: Codes,
    prefixes: tuple[int, ...],
    dead: Bool[Tensor, "m"],
    auxiliary: float,
) -> Found:
    """Mean over prefixes of ‖x − x̂_p‖²/d, x̂_p from the first p features, plus AuxK.

    Args:
        weights: as they are.
        x: scaled activations.
        codes: of the gate; they keep their entries under a small change of the weights.
        prefixes: ascending, the last is m.
        dead: features to revive.
        auxiliary: weight of AuxK.

    Returns:
        Losses and gradients.
    """
    decoder, spans = weights["decoder"], list(pairwise((0, *prefixes)))
    pieces = [codes.segment(a, b) for a, b in spans]
    rebuilt, errors = weights["decoder_bias"].expand_as(x), []
    for (a, b), piece in zip(spans, pieces, strict=True):
        rebuilt = rebuilt + piece.decode(decoder[a:b])
        errors.append(rebuilt - x)
    share = 1 / (x.numel() * len(prefixes))
    g, parts = torch.zeros_like(x), []
    for (a, b), piece, error in reversed(list(zip(spans, pieces, errors, strict=True))):
        # A feature is part of its own prefix and of every longer one.
        g = g.add_(error, alpha=2 * share)
        parts.append(piece.backward(g, x, decoder[a:b]))
    joined = [torch.cat(p[::-1]) if len(p) > 1 else p[0] for p in zip(*parts, strict=True)]
    gradients = dict(zip(("encoder", "encoder_bias", "decoder"), joined, strict=True))
    gradients["decoder_bias"] = g.sum(0)
    reconstruction = torch.stack([e.square().sum() for e in errors]).sum() * share
    revived = revive(weights, x, -errors[-1], dead, auxiliary, gradients)
    return Found(reconstruction, x.new_zeros(()), revived, gradients, codes, rebuilt)
