"""Whether the strongest features go with properties of the problem more than other directions do.

Definitions: docs/definitions.md §5.5; hypothesis 2.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Float64, Int
from torch import Tensor

from ired_interp_core.dictionaries.atoms import matrix_parts
from ired_interp_core.dictionaries.baselines import Moments, random_atoms
from ired_interp_core.dictionaries.correlations import standard_ranks, two_sided, usable
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.names import SHARES
from ired_interp_core.dictionaries.progress import step
from ired_interp_core.dictionaries.samples import blocks
from ired_interp_core.dictionaries.survey import NUMBERS_AT_ONCE
from ired_interp_core.intervals import holm
from ired_interp_core.records import Gathered, seeded

SURE = 0.05
"""Holm's p below which a property goes with a feature."""

POINTS = 1024
"""Visited points from which the threshold of a rival is taken."""

PERMUTATIONS = 100
"""Of the properties among the problems; their mean stands for what chance does."""


@dataclass(frozen=True)
class Seen:
    """Codes of some atoms over a range.

    Args:
        means: mean of f over the points of each problem.
        squares: Σf² over all of them.
    """

    means: Float32[np.ndarray, "problem atom"]
    squares: Float64[np.ndarray, "atom"]

    def strongest(self, count: int) -> Int[np.ndarray, "strong"]:
        """Atoms by Σf², strongest first; none that is never active."""
        order = np.argsort(-self.squares, kind="stable")[:count]
        return order[self.squares[order] > 0]


@torch.no_grad()
def other_atoms(
    dictionary: Dictionary,
    moments: Moments,
    points: Float[Tensor, "N unit"],
    active: float,
    seed: int,
) -> dict[str, Dictionary]:
    """Other atoms under the rule of a dictionary: ± principal components, ± entries, random atoms.

    A rival has the dictionary's centre and scale, its own atoms as encoder, and no bias. TopK keeps
    the k largest of an input; of all others one threshold keeps as many as the dictionary does.

    Args:
        dictionary: whose rule they follow.
        moments: of the inputs.
        points: some inputs.
        active: mean #{f > 0} of the dictionary.
        seed: of the random atoms.

    Returns:
        By name, in the order of `names.OTHERS`, but for the permuted properties.
    """
    d = dictionary.decoder.shape[1]
    vectors = torch.linalg.eigh(moments.scatter()).eigenvectors.T.to(dictionary.decoder)
    entries = torch.eye(d).to(vectors)
    drawn = random_atoms(dictionary.features, d, seeded("rival atoms", seed))
    atoms = {
        "components": torch.cat([vectors, -vectors]),
        "entries": torch.cat([entries, -entries]),
        "random_atoms": torch.from_numpy(drawn).to(vectors),
    }
    return {name: _as_dictionary(dictionary, w, points, active) for name, w in atoms.items()}


def _as_dictionary(
    like: Dictionary, atoms: Float[Tensor, "m unit"], points: Float[Tensor, "N unit"], active: float
) -> Dictionary:
    zeros = torch.zeros(len(atoms)).to(atoms)
    made = replace(
        like, encoder=atoms, decoder=atoms, encoder_bias=zeros, threshold=zeros,
        decoder_bias=torch.zeros_like(like.decoder_bias),
    )  # fmt: skip
    if like.k:
        return made
    z = made.preactivation(points).flatten()
    kept = min(max(round(active * len(points)), 1), len(z) - 1)
    threshold = z.kthvalue(len(z) - kept).values.clamp_min(0.0)
    return replace(made, threshold=zeros + threshold)


@dataclass
class Inputs:
    """What is taken from the activations themselves, in one walk.

    Args:
        moments: of all points.
        points: a random few.
        parts: ‖P_S g‖² summed over points before the jumps, and over all others.
        squares: ‖g‖² summed over the same.
    """

    moments: Moments
    points: Float[Tensor, "N unit"]
    parts: Float64[np.ndarray, "2 share"]
    squares: Float64[np.ndarray, "2"]

    @property
    def shares(self) -> Float64[np.ndarray, "2 share"]:
        """Shares of ‖g‖²: before the jumps, and after; NaN where there is no such point."""
        with np.errstate(invalid="ignore"):
            return self.parts / self.squares[:, None]


def inputs(gathered: Gathered, dictionary: Dictionary, count: int, size: int, seed: int) -> Inputs:
    """Walk through the activations of a range.

    Args:
        gathered: with the role activations.
        dictionary: of these activations.
        count: problems 0 … count − 1.
        size: side n of the matrices; 0 where they are none, and all parts stay NaN.
        seed: of the points that are kept.

    Returns:
        Moments, points and parts.
    """
    activations = gathered.upstream["activations"]
    steps = activations.read([0], ["activation"])["step"].values
    moments, kept = Moments(dictionary.centre), []
    parts = np.full((2, len(SHARES)), np.nan if not size else 0.0)
    squares, rng = np.zeros(2), seeded("points", seed)
    for _, values in blocks(activations, np.arange(count)):
        rows = torch.from_numpy(values.reshape(-1, values.shape[-1])).to(gathered.device)
        moments.add(rows)
        few = min(len(rows), -(-POINTS * len(values) // count))
        some = np.sort(rng.choice(len(rows), few, replace=False))
        kept.append(rows[torch.from_numpy(some).to(rows.device)])
        for i, of in enumerate((steps < 0, steps >= 0)) if size else ():
            matrices = values[:, :, of].astype(np.float64).reshape(-1, size, size)
            parts[i] += matrix_parts(matrices).sum(axis=0)
            squares[i] += (matrices**2).sum()
    return Inputs(moments, torch.cat(kept), parts, squares)


@torch.no_grad()
def look(
    gathered: Gathered, dictionaries: Mapping[str, Dictionary], count: int, words: str
) -> dict[str, Seen]:
    """Codes of several dictionaries in one walk through the activations.

    Args:
        gathered: with the role activations.
        dictionaries: by name.
        count: problems 0 … count − 1.
        words: of the report.

    Returns:
        By name.
    """
    means: dict[str, list[np.ndarray]] = {name: [] for name in dictionaries}
    squares = {name: np.zeros(d.features) for name, d in dictionaries.items()}
    for indices, values in blocks(gathered.upstream["activations"], np.arange(count)):
        each = values.shape[1] * values.shape[2]
        rows = torch.from_numpy(values.reshape(-1, values.shape[-1])).to(gathered.device)
        for name, d in dictionaries.items():
            whole = max(1, NUMBERS_AT_ONCE // (d.features * each)) * each
            for piece in rows.split(whole):
                f = d.encode(piece)
                means[name].append(f.reshape(-1, each, d.features).mean(1).cpu().numpy())
                squares[name] += f.double().square_().sum(0).cpu().numpy()
        step(gathered.desk, (int(indices[-1]) + 1) / count, f"{words}: {int(indices[-1]) + 1}")
    return {name: Seen(np.concatenate(means[name]), squares[name]) for name in dictionaries}


def goes(
    ranked: Float[np.ndarray, "problem strong"],
    properties: Float[np.ndarray, "problem property"],
    least: float,
) -> Bool[np.ndarray, "strong"]:
    """Whether an atom goes with some property: p < .05 after Holm over all pairs, and |ρ| ≥ least.

    Args:
        ranked: standard ranks of the mean activation of the strongest atoms.
        properties: standard ranks of the same problems.
        least: smallest |ρ|.

    Returns:
        One answer an atom.
    """
    rho = np.clip(ranked.T @ properties, -1.0, 1.0)
    p = holm(two_sided(rho, len(ranked)))
    with np.errstate(invalid="ignore"):
        return ((p < SURE) & (np.abs(rho) >= least)).any(axis=1)


@dataclass(frozen=True)
class Shares:
    """Share of the strongest atoms that go with a property, beside rivals on the same problems.

    Args:
        share: of the features.
        others: of each of `names.OTHERS`; of permuted properties the mean over permutations.
        beyond_low: 2.5 % of share − other over resampled problems.
        beyond_high: 97.5 % of it.
    """

    share: float
    others: Float[np.ndarray, "other"]
    beyond_low: Float[np.ndarray, "other"]
    beyond_high: Float[np.ndarray, "other"]


def shares(
    strongest: Mapping[str, Float[np.ndarray, "problem strong"]],
    properties: Float[np.ndarray, "problem property"],
    least: float,
    resamples: int,
    seed: int,
) -> Shares:
    """Hold the strongest features against the strongest atoms of each rival.

    Args:
        strongest: mean activations by problem; the first entry is of the features.
        properties: of the same problems.
        least: smallest |ρ|.
        resamples: of the bootstrap over problems.
        seed: of the bootstrap and of the permutations.

    Returns:
        Shares; NaN where nothing is active.
    """
    names, rng = list(strongest), seeded("strongest", seed)
    count, many = len(properties), [strongest[name].shape[1] for name in names]
    used = np.where(usable(properties), properties, 0.0)
    columns = np.concatenate([*strongest.values(), used], axis=1)

    def share(ranked: np.ndarray, values: np.ndarray) -> float:
        return float(goes(ranked, values, least).mean()) if ranked.shape[1] else np.nan

    def all_shares(rows: np.ndarray) -> tuple[list[float], list[np.ndarray]]:
        parts = np.split(standard_ranks(columns[rows]), np.cumsum(many), axis=1)
        return [share(part, parts[-1]) for part in parts[:-1]], parts

    value, parts = all_shares(np.arange(count))
    chance = [share(parts[0], parts[-1][rng.permutation(count)]) for _ in range(PERMUTATIONS)]
    drawn = []
    for _ in range(resamples):
        found, again = all_shares(rng.integers(count, size=count))
        drawn.append([*found, share(again[0], again[-1][rng.permutation(count)])])
    low, high = np.full((2, len(names)), np.nan)
    if count > 1:
        apart = np.array(drawn)[:, :1] - np.array(drawn)[:, 1:]
        low, high = np.quantile(apart, [0.025, 0.975], axis=0)
    return Shares(value[0], np.array([*value[1:], np.mean(chance)]), low, high)
