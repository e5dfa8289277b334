"""Walks through the activations of a split: what is fitted on one, and measured on the other.

A point that the sampler visits twice, since a proposal was rejected, counts twice: sums are over
what the sampler does, not over distinct inputs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy import sparse
from torch import Tensor

from ired_interp_core.dictionaries.baselines import Moments
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.metrics import Errors, explained
from ired_interp_core.dictionaries.rivals import Linear, Sizes
from ired_interp_core.records import Rows

NUMBERS_AT_ONCE = 2**24
"""Codes held together: 67 MB, whatever the number of features is."""

POINTS = 4096
"""Points of a split on which concepts are looked at, at most."""

Tell = Callable[[int], None]


class Coding(Protocol):
    """What makes codes of inputs, and inputs of codes: a dictionary or a rival."""

    def encode(self, x: Float[Tensor, "N d"]) -> Float[Tensor, "N m"]:
        """Codes f of inputs."""

    def decode(self, f: Float[Tensor, "N m"]) -> Float[Tensor, "N d"]:
        """x̂ of codes."""


@dataclass(frozen=True)
class Kept:
    """Some visited points of a split.

    Args:
        z: inputs of the dictionary.
        problem: of every point.
        level: of every point.
    """

    z: Float[Tensor, "N d"]
    problem: Int[np.ndarray, "N"]
    level: Int[np.ndarray, "N"]


@dataclass(frozen=True)
class Fitted:
    """What was seen of the training problems.

    Args:
        moments: of the inputs of the dictionary.
        mean: of the activations at each (level, step), in their own frame.
        explained: EV of the dictionary.
        counts: points at which each feature was active.
        kept: some points.
    """

    moments: Moments
    mean: Float[np.ndarray, "level step d"]
    explained: float
    counts: Int[np.ndarray, "m"]
    kept: Kept


@dataclass(frozen=True)
class Measured:
    """What was seen of the held-out problems.

    Args:
        errors: of every coding.
        rivals: with their thresholds.
        counts: points at which each feature was active.
        kept: some points.
    """

    errors: Errors
    rivals: Mapping[str, Linear]
    counts: Int[np.ndarray, "m"]
    kept: Kept


def coded(
    coding: Coding, z: Float[Tensor, "N d"], counts: np.ndarray | None = None
) -> tuple[Float[Tensor, "N d"], Int[Tensor, "N"]]:
    """Rebuild inputs without ever holding all their codes.

    Args:
        coding: a dictionary or a rival.
        z: inputs.
        counts: of points at which each feature is active; added to.

    Returns:
        ẑ, and #{f ≠ 0} of each input.
    """
    rebuilt, active = [], []
    for rows in z.split(_at_once(coding, z.shape[1])):
        f = coding.encode(rows)
        on = f != 0
        rebuilt.append(coding.decode(f))
        active.append(on.sum(-1))
        if counts is not None:
            counts += on.sum(0).cpu().numpy()
    return torch.cat(rebuilt), torch.cat(active)


def sparse_codes(coding: Coding, z: Float[Tensor, "N d"]) -> sparse.csr_matrix:
    """Codes of some inputs, without their zeros.

    Args:
        coding: a dictionary or a rival.
        z: inputs.

    Returns:
        f.
    """
    pieces = z.split(_at_once(coding, z.shape[1]))
    return sparse.vstack(
        [sparse.csr_matrix(coding.encode(p).cpu().numpy()) for p in pieces], format="csr"
    )


def _at_once(coding: Coding, width: int) -> int:
    return max(1, NUMBERS_AT_ONCE // getattr(coding, "features", width))


class _Keeper:
    """Keeps POINTS of the points that go by, chosen before."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng, self._chosen, self._done = rng, np.empty(0, "i8"), 0
        self._kept: list[tuple[Tensor, np.ndarray, np.ndarray]] = []

    def see(self, problems: int, indices: np.ndarray, z: Float[Tensor, "n level step d"]) -> None:
        each, steps = z.shape[1] * z.shape[2], z.shape[2]
        if not self._done:
            total = problems * each
            self._chosen = np.sort(self._rng.choice(total, min(POINTS, total), replace=False))
        stop = self._done + len(z) * each
        low, high = np.searchsorted(self._chosen, [self._done, stop])
        here = self._chosen[low:high] - self._done
        rows = z.reshape(-1, z.shape[-1])[torch.from_numpy(here).to(z.device)]
        self._kept.append((rows, indices[here // each], here % each // steps))
        self._done = stop

    def kept(self) -> Kept:
        z, problem, level = zip(*self._kept, strict=True)
        return Kept(torch.cat(z), np.concatenate(problem), np.concatenate(level))


@torch.no_grad()
def fit(
    activations: Rows, dictionary: Dictionary, problems: np.ndarray, rng: np.random.Generator,
    tell: Tell,
) -> Fitted:  # fmt: skip
    """Walk through the training problems.

    Args:
        activations: answer of the analysis `activations`.
        dictionary: trained on them.
        problems: indices, ascending.
        rng: which points are kept.
        tell: is told how many problems are done.

    Returns:
        What rivals and concepts are fitted on.
    """
    keeper, moments = _Keeper(rng), Moments(dictionary.centre)
    counts = np.zeros(dictionary.features, "i8")
    total: np.ndarray | None = None
    square = error = 0.0
    done = 0
    standard = dictionary.standard
    for indices, x in standard.walk(activations, problems):
        z = torch.from_numpy(standard.into(x)).to(dictionary.centre.device)
        rows = z.reshape(-1, z.shape[-1])
        moments.add(rows)
        rebuilt = standard.back(coded(dictionary, rows, counts)[0].reshape(z.shape).cpu().numpy())
        if total is None:
            shift, total = x[0].astype("f8"), np.zeros(x.shape[1:])
        away = x - shift  # near the mean, so that squares do not cancel
        total += away.sum(axis=0)
        square += float(np.square(away).sum())
        error += float(np.square(x - rebuilt).sum())
        keeper.see(len(problems), indices, z)
        done += len(indices)
        tell(done)
    assert total is not None
    mean = total / done + shift
    # Σ‖x − x̄‖² = Σ‖x − s‖² − Σ‖μ − s‖²·P + P·Σ‖μ − x̄‖², μ of each (level, step).
    within = square - done * float(np.square(mean - shift).sum())
    spread = within + done * float(np.square(mean - mean.mean(axis=(0, 1))).sum())
    return Fitted(moments, mean, float(explained(error, spread)), counts, keeper.kept())


@torch.no_grad()
def measure(
    activations: Rows, dictionary: Dictionary, rivals: Mapping[str, Linear], fitted: Fitted,
    problems: np.ndarray, rng: np.random.Generator, tell: Tell,
) -> Measured:  # fmt: skip
    """Walk twice through the held-out problems: thresholds and means, then errors.

    Args:
        activations: answer of the analysis `activations`.
        dictionary: to measure.
        rivals: beside it; where they have no k, a threshold gives them its L0 on these points.
        fitted: of the training problems.
        problems: indices, ascending.
        rng: which points are kept.
        tell: is told how many problems are done, each counted twice.

    Returns:
        Errors of every coding at every point.
    """
    standard, device = dictionary.standard, dictionary.centre.device
    sizes = {name: Sizes() for name in rivals}
    keeper = _Keeper(rng)
    counts = np.zeros(dictionary.features, "i8")
    active, total, done = 0, 0.0, 0
    for indices, x in standard.walk(activations, problems):
        z = torch.from_numpy(standard.into(x)).to(device)
        rows = z.reshape(-1, z.shape[-1])
        active += int(coded(dictionary, rows, counts)[1].sum())
        for name, rival in rivals.items():
            if not rival.k:
                sizes[name].add(rival.scores(rows))
        total = total + x.sum(axis=0, dtype="f8")
        keeper.see(len(problems), indices, z)
        done += len(indices)
        tell(done)
    mean = np.asarray(total) / done
    rivals = {
        name: r if r.k else replace(r, threshold=sizes[name].threshold(active))
        for name, r in rivals.items()
    }
    pieces = []
    for indices, x in standard.walk(activations, problems):
        pieces.append(_errors(dictionary, rivals, x, mean, fitted.mean))
        done += len(indices)
        tell(done)
    joined = {
        name: np.concatenate([p[name] for p in pieces])
        for name in pieces[0]
    }  # fmt: skip
    errors = Errors(
        mean,
        joined["spread"],
        {c: joined[f"error {c}"] for c in ("dictionary", *rivals, "mean")},
        {c: joined[f"active {c}"] for c in ("dictionary", *rivals, "mean")},
        0 if standard.states == "after" else -1,
        joined["norm"],
        joined["norm_rebuilt"],
        joined["product"],
    )
    return Measured(errors, rivals, counts, keeper.kept())


def _errors(
    dictionary: Dictionary,
    rivals: Mapping[str, Linear],
    x: Float[np.ndarray, "n level step d"],
    mean: Float[np.ndarray, "level step d"],
    training_mean: Float[np.ndarray, "level step d"],
) -> dict[str, Float[np.ndarray, "n level step"]]:
    """Sums over the entries of some problems' points, in float64."""
    standard = dictionary.standard
    z = torch.from_numpy(standard.into(x)).to(dictionary.centre.device)
    rows = z.reshape(-1, z.shape[-1])
    wide = x.astype("f8")

    def squares(away: np.ndarray) -> np.ndarray:
        return np.square(away).sum(axis=-1)

    found = {
        "spread": squares(wide - mean),
        "norm": squares(wide),
        "error mean": squares(wide - training_mean),
        "active mean": np.zeros(x.shape[:-1]),
    }
    codings: dict[str, Coding] = {"dictionary": dictionary, **rivals}
    for name, coding in codings.items():
        flat, active = coded(coding, rows)
        rebuilt = standard.back(flat.reshape(z.shape).cpu().numpy())
        found[f"error {name}"] = squares(wide - rebuilt)
        found[f"active {name}"] = active.reshape(x.shape[:-1]).cpu().numpy().astype("f8")
        if name == "dictionary":
            found["norm_rebuilt"] = squares(rebuilt)
            found["product"] = (wide * rebuilt).sum(axis=-1)
    return found
