"""One walk through the activations of a split: everything about fidelity, in one pass."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy import sparse
from torch import Tensor

from ired_interp_core.dictionaries.absorption import Points
from ired_interp_core.dictionaries.baselines import Moments
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.metrics import Fidelity
from ired_interp_core.dictionaries.samples import blocks
from ired_interp_core.records import Rows

NUMBERS_AT_ONCE = 2**24
"""Codes held together: 67 MB, whatever the number of features is."""

POINTS = 4096
"""Points of a split on which concepts are looked at, at most."""


@dataclass(frozen=True)
class Survey:
    """What was seen of a split.

    Args:
        fidelity: sums by level.
        moments: of the activations, by level.
        active: whether a feature was ever active.
        points: a random few, for concepts.
    """

    fidelity: Fidelity
    moments: list[Moments]
    active: np.ndarray
    points: Points

    @property
    def all_levels(self) -> Moments:
        """Moments of all levels together."""
        whole = Moments(self.moments[0].shift)
        for part in self.moments:
            whole.count += part.count
            whole.total = whole.total + part.total
            whole.square = whole.square + part.square
        return whole


def codes_in_pieces(
    dictionary: Dictionary, x: Float[Tensor, "N d"]
) -> tuple[Float[Tensor, "N d"], Int[Tensor, "N"], np.ndarray]:
    """Rebuild inputs without ever holding all their codes.

    Args:
        dictionary: any variant.
        x: activations in their own frame.

    Returns:
        x̂, #{f > 0} of each input, and whether a feature was active on any.
    """
    rebuilt, counts = [], []
    active = torch.zeros(dictionary.features, dtype=torch.bool, device=x.device)
    for piece in x.split(max(1, NUMBERS_AT_ONCE // dictionary.features)):
        f = dictionary.encode(piece)
        on = f > 0
        rebuilt.append(dictionary.decode(f))
        counts.append(on.sum(-1))
        active |= on.any(0)
    return torch.cat(rebuilt), torch.cat(counts), active.cpu().numpy()


def sparse_codes(dictionary: Dictionary, x: Float[Tensor, "N d"]) -> sparse.csr_matrix:
    """Codes of some inputs, without their zeros.

    Args:
        dictionary: any variant.
        x: activations in their own frame.

    Returns:
        f.
    """
    pieces = x.split(max(1, NUMBERS_AT_ONCE // dictionary.features))
    return sparse.vstack(
        [sparse.csr_matrix(dictionary.encode(p).cpu().numpy()) for p in pieces], format="csr"
    )


@torch.no_grad()
def survey(
    activations: Rows,
    dictionary: Dictionary,
    problems: Int[np.ndarray, "P"],
    rng: np.random.Generator,
    tell: Callable[[int], None],
) -> Survey:
    """Walk through the activations of some problems, all their visited points.

    A point that the sampler visits twice, since a proposal was rejected, counts twice: these are
    means over what the sampler does, not over distinct inputs.

    Args:
        activations: answer of the analysis `activations`.
        dictionary: trained on them.
        problems: indices, ascending.
        rng: which points are kept for concepts.
        tell: is told how many problems are done.

    Returns:
        Sums and points.
    """
    device = dictionary.centre.device
    there = activations.question.parameters["highest_level"] + 1
    fidelity = Fidelity(there)
    moments = [Moments(dictionary.centre) for _ in range(there)]
    active = np.zeros(dictionary.features, dtype=bool)
    kept: list[tuple[Tensor, np.ndarray]] = []
    chosen = np.empty(0, dtype=np.int64)
    done = 0
    for indices, values in blocks(activations, problems):
        levels, steps, d = values.shape[1:]
        each = levels * steps
        if not done:
            total = len(problems) * each
            chosen = np.sort(rng.choice(total, size=min(POINTS, total), replace=False))
        x = torch.from_numpy(values).to(device)
        rows = x.reshape(-1, d)
        rebuilt, counts, seen = codes_in_pieces(dictionary, rows)
        active |= seen
        fidelity.add(x, rebuilt.reshape(x.shape), counts.reshape(x.shape[:-1]))
        for t in range(levels):
            moments[t].add(x[:, t].reshape(-1, d))
        low, high = np.searchsorted(chosen, [done * each, (done + len(indices)) * each])
        here = chosen[low:high] - done * each
        where = np.stack([indices[here // each], here % each // steps], axis=1)
        kept.append((rows[torch.from_numpy(here).to(device)], where))
        done += len(indices)
        tell(done)
    inputs, places = torch.cat([k[0] for k in kept]), np.concatenate([k[1] for k in kept])
    u = (inputs - dictionary.centre) * dictionary.scale - dictionary.decoder_bias
    points = Points(u.cpu().numpy(), sparse_codes(dictionary, inputs), places[:, 0], places[:, 1])
    return Survey(fidelity, moments, active, points)
