"""The metrics of one dictionary as declared in `analyses/dictionary_metrics.py`.

Definitions: docs/definitions.md §5.4.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr

from ired_interp_core.dictionaries import absorption
from ired_interp_core.dictionaries.baselines import matching_pursuit, pca_unexplained, random_atoms
from ired_interp_core.dictionaries.concepts import point_labels, problem_concepts
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.metrics import unexplained
from ired_interp_core.dictionaries.names import CONCEPTS
from ired_interp_core.dictionaries.progress import step
from ired_interp_core.dictionaries.recovery import Walker, recovery
from ired_interp_core.dictionaries.split import held_out
from ired_interp_core.dictionaries.survey import Survey, survey
from ired_interp_core.errors import Refusal
from ired_interp_core.records import Gathered, seeded

PURSUED = 256
"""Held-out points given to random atoms: the s.e. of their EV is then some .01."""

PURSUED_AT_ONCE = 64
"""Of them together: the bases of 64 points with L0 = 400 take 41 MB."""


def splits(gathered: Gathered, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Training and held-out problems of the range.

    Args:
        gathered: for the range.
        where: named in a refusal.

    Returns:
        Indices, ascending.

    Raises:
        Refusal: too few problems for both.
    """
    indices = np.arange(gathered.count)
    held = held_out(indices)
    if not held.any():
        raise Refusal(
            "no problem is held out",
            where=where,
            came=f"{gathered.count} problems",
            expected="at least 5: every fifth is held out",
            next_step="name more problems in the sweep",
        )
    return indices[~held], indices[held]


def metrics_dataset(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Fidelity beside its baselines, loss recovered, absorption and splitting.

    Args:
        gathered: a dictionary, the activations it was trained on, and what they come from.
        parameters: as the analysis declares.

    Returns:
        The declared variables; levels ascending from t = 0.
    """
    seed, desk = parameters["seed"], gathered.desk
    training, held = splits(gathered, "dictionary_metrics")
    dictionary = Dictionary.from_dataset(
        gathered.upstream["dictionary"].read(), device=gathered.device
    )
    activations = gathered.upstream["activations"]

    def walk(problems: np.ndarray, low: float, high: float, name: str) -> Survey:
        def tell(done: int) -> None:
            share = low + (high - low) * done / len(problems)
            step(desk, share, f"{name}: {done} of {len(problems)} problems")

        return survey(activations, dictionary, problems, seeded("points", seed, name), tell)

    fitted = walk(training, 0.0, 0.4, "training")
    measured = walk(held, 0.4, 0.5, "held out")
    step(desk, 0.5, "walking with replaced activations")
    walker = Walker.of(gathered, held[: parameters["recovery_problems"]])
    kept = recovery(walker, dictionary, parameters["bootstrap"], seeded("recovery", seed))
    step(desk, 0.7, "concepts")
    concepts = _concepts(gathered, dictionary, fitted, measured, training)
    scalars = {
        **_fidelity(fitted, measured),
        "random_explained_variance": _random_explained(dictionary, measured, seed),
        "mse_original": kept.original,
        "mse_replaced": kept.replaced,
        "mse_zero": kept.zero,
        "mse_mean": kept.mean,
        "loss_recovered": kept.recovered,
        "loss_recovered_low": kept.low,
        "loss_recovered_high": kept.high,
        "held_out_problems": len(held),
        "absorption": _mean(concepts["absorption_rate"]),
        "splitting": _mean(concepts["split_latents"]),
    }
    return xr.Dataset(
        {name: ((), np.float64(value)) for name, value in scalars.items()}
        | {name: (("level",), values) for name, values in _by_level(fitted, measured).items()}
        | {name: (("concept",), values) for name, values in concepts.items()},
        coords={"level": np.arange(len(measured.moments)), "concept": np.array(CONCEPTS)},
    )


def _fidelity(fitted: Survey, measured: Survey) -> dict[str, float]:
    seen, moments = measured.fidelity, measured.all_levels
    fvu = unexplained(seen.error, moments.spread)
    l0 = round(seen.l0)
    return {
        "l0": seen.l0,
        "fvu": fvu,
        "explained_variance": 1 - fvu,
        "explained_variance_training": 1
        - unexplained(fitted.fidelity.error, fitted.all_levels.spread),
        "cosine": seen.cosine,
        "norm_ratio": seen.norm_ratio,
        "dead_share": float(1 - (fitted.active | measured.active).mean()),
        "pca_explained_variance": 1 - pca_unexplained(fitted.all_levels, l0, moments),
    }


def _by_level(fitted: Survey, measured: Survey) -> dict[str, np.ndarray]:
    """EV of one level is taken about the mean of that level's held-out points."""
    l0, whole = round(measured.fidelity.l0), fitted.all_levels
    errors = measured.fidelity.sums["error"]
    fvu = [unexplained(float(e), m.spread) for e, m in zip(errors, measured.moments, strict=True)]
    pca = [pca_unexplained(whole, l0, m) for m in measured.moments]
    return {
        "explained_variance_level": 1 - np.array(fvu),
        "l0_level": measured.fidelity.l0_level,
        "pca_explained_variance_level": 1 - np.array(pca),
    }


def _random_explained(dictionary: Dictionary, measured: Survey, seed: int) -> float:
    """EV of random unit atoms with round(L0) of them by orthogonal matching pursuit."""
    rng = seeded("random atoms", seed)
    m, d = dictionary.decoder.shape
    atoms = torch.from_numpy(random_atoms(m, d, rng)).to(dictionary.decoder)
    inputs = torch.from_numpy(measured.points.u).to(dictionary.decoder) + dictionary.decoder_bias
    some = rng.permutation(len(inputs))[:PURSUED]
    inputs = inputs[torch.from_numpy(some).to(inputs.device)]
    steps = round(measured.fidelity.l0)
    error = sum(
        float((p - matching_pursuit(p, atoms, steps)).double().square().sum())
        for p in inputs.split(PURSUED_AT_ONCE)
    )
    centred = inputs.double() - inputs.double().mean(0)
    return 1 - unexplained(error, float(centred.square().sum()))


def _concepts(
    gathered: Gathered,
    dictionary: Dictionary,
    fitted: Survey,
    measured: Survey,
    training: np.ndarray,
) -> dict[str, np.ndarray]:
    answers = problem_concepts(gathered, training)
    labels, held_labels = (
        point_labels(answers, p.problem, p.level) for p in (fitted.points, measured.points)
    )
    atoms = dictionary.decoder.cpu().numpy()
    found = []
    for rank, name in enumerate(CONCEPTS):
        found.append(
            absorption.measure(
                atoms, fitted.points, labels[name], measured.points, held_labels[name]
            )
        )
        step(gathered.desk, 0.7 + 0.3 * (rank + 1) / len(CONCEPTS), f"concept {name}")
    column = {
        "absorption_rate": "rate",
        "concept_auroc": "auroc",
        "concept_auroc_latents": "auroc_latents",
        "split_latents": "latents",
    }
    return {
        **{name: np.array([getattr(c, a) for c in found]) for name, a in column.items()},
        "absorption_status": np.array([c.status for c in found], dtype=np.int8),
        "concept_positives": np.array([c.positives for c in found], dtype=np.int64),
        "concept_points": np.array([c.points for c in found], dtype=np.int64),
    }


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan
