"""The metrics of one dictionary as declared in `analyses/dictionary_metrics.py`.

Definitions: docs/definitions.md §5.4.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ired_interp_core.dictionaries import metrics
from ired_interp_core.dictionaries.baselines import matching_pursuit, random_atoms
from ired_interp_core.dictionaries.concepts import point_labels, problem_concepts
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.metrics import Errors, explained
from ired_interp_core.dictionaries.names import CODINGS, CONCEPTS, FRACTIONS, PROBED, STAGES
from ired_interp_core.dictionaries.orthogonality import live_cosines, most_together, pair_cosines
from ired_interp_core.dictionaries.progress import step
from ired_interp_core.dictionaries.recovery import Walker, coded_by, constant, recovery
from ired_interp_core.dictionaries.rivals import rivals
from ired_interp_core.dictionaries.scores import Scored, carried
from ired_interp_core.dictionaries.split import held_out
from ired_interp_core.dictionaries.survey import Coding, Kept, fit, measure
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
    """Fidelity beside rivals, loss recovered, absorption, splitting and what features say.

    Args:
        gathered: a dictionary, the activations it was trained on, and what they come from.
        parameters: as the analysis declares.

    Returns:
        The declared variables; levels ascending from t = 0.
    """
    seed, resamples = parameters["seed"], parameters["bootstrap"]
    training, held = splits(gathered, "dictionary_metrics")
    dictionary = Dictionary.from_dataset(
        gathered.upstream["dictionary"].read(), gathered.device, standardises=True
    )
    activations = gathered.upstream["activations"]

    def tell(low: float, high: float, name: str, whole: int) -> Any:
        def told(done: int) -> None:
            share = low + (high - low) * done / whole
            step(gathered.desk, share, f"{name}: {done} of {whole} problems")

        return told

    points = [seeded("points", seed, name) for name in ("training", "held out")]
    fitted = fit(
        activations, dictionary, training, points[0], tell(0.0, 0.4, "training", len(training))
    )
    known = rivals(fitted.moments, dictionary)
    twice = tell(0.4, 0.55, "held out, twice", 2 * len(held))
    measured = measure(activations, dictionary, known, fitted, held, points[1], twice)
    codings: dict[str, Coding] = {"dictionary": dictionary, **measured.rivals}
    step(gathered.desk, 0.55, "walking with replaced activations")
    walked = held[: parameters["recovery_problems"]]
    recovered = _recovered(gathered, walked, dictionary, codings, fitted.mean, parameters)
    step(gathered.desk, 0.7, "concepts")
    answers = problem_concepts(gathered, training)
    labels = [point_labels(answers, k.problem, k.level) for k in (fitted.kept, measured.kept)]
    scored = Scored(dictionary, (fitted.kept, measured.kept), codings, (labels[0], labels[1]))
    found = scored.concepts(gathered.desk)
    errors, live = measured.errors, (fitted.counts + measured.counts) > 0
    points_measured = errors.spread.size
    scalars = {
        "l0": errors.active["dictionary"].mean(),
        "explained_variance": errors.explained("dictionary"),
        "fvu": 1 - errors.explained("dictionary"),
        "explained_variance_training": fitted.explained,
        "cosine": metrics.weighted_cosine(errors),
        "norm_ratio": metrics.weighted_norm_ratio(errors),
        "dead_share": 1 - live.mean(),
        "rare_share": _rare(measured.counts / points_measured, live, parameters["rare_density"]),
        "forced_density": errors.active["dictionary"].mean() / max(int(live.sum()), 1),
        "live_cosine": live_cosines(dictionary.decoder[torch.from_numpy(live)])[0],
        "random_explained_variance": _random_explained(
            dictionary, measured.kept, errors.active["dictionary"].mean(), seed
        ),
        "held_out_problems": len(held),
        "walked_problems": len(walked),
        "absorption": _mean(found["absorption_fraction"][1]),
        "full_absorption": _mean(found["absorption_rate"][1]),
        "splitting": _mean(found["split_latents"][1]),
        "probe_auroc": _mean(found["concept_auroc"][1][carried(found)]),
    }
    probed = found["sparse_auroc"][1][:, carried(found)]
    shares = parameters["one_concept"], parameters["other_concepts"]
    return xr.Dataset(
        {name: ((), np.float64(value)) for name, value in scalars.items()}
        | recovered
        | _staged(errors, seeded("beyond", seed), resamples)
        | _by_step(errors)
        | {
            "problem_error": (
                ("coding", "measured"),
                np.stack([errors.error[c].sum(axis=(1, 2)) for c in CODINGS]),
            ),
            "problem_spread": (("measured",), errors.spread.sum(axis=(1, 2))),
            "pair_cosine": (
                ("fraction",),
                _pair_cosines(dictionary, scored.codes["dictionary"][1]),
            ),
            "one_concept_share": (
                ("coding", "level"),
                scored.one_concept(errors.spread.shape[1], *shares),
            ),
            "sparse_auroc_mean": (("coding", "probed"), np.apply_along_axis(_mean, 1, probed)),
        }
        | found,
        coords={
            "level": np.arange(errors.spread.shape[1]),
            "step": errors.first + np.arange(errors.spread.shape[2]),
            "concept": np.array(CONCEPTS),
            "coding": np.array(CODINGS),
            "stage": np.array(STAGES),
            "measured": held,
            "probed": np.array(PROBED),
            "fraction": np.array(FRACTIONS),
        },
    )


def _recovered(
    gathered: Gathered,
    problems: np.ndarray,
    dictionary: Dictionary,
    codings: Mapping[str, Coding],
    mean: Float[np.ndarray, "level step d"],
    parameters: Mapping[str, Any],
) -> dict[str, Any]:
    """Errors of walks with every coding, its loss recovered, and the L0 it has there."""
    standard = dictionary.standard
    replaced = {name: coded_by(c, standard) for name, c in codings.items()}
    replaced["mean"] = constant(mean, standard)
    found = recovery(
        Walker.of(gathered, problems), replaced, standard, parameters["bootstrap"],
        seeded("recovery", parameters["seed"]),
    )  # fmt: skip
    triples = np.array([found.recovered[c] for c in CODINGS])
    names = ("loss_recovered", "loss_recovered_low", "loss_recovered_high")
    return {
        "mse_original": ((), np.float64(found.original)),
        "mse_zero": ((), np.float64(found.zero)),
        "mse_replaced": ("coding", np.array([found.replaced[c] for c in CODINGS])),
        **{name: ("coding", column) for name, column in zip(names, triples.T, strict=True)},
        "walk_l0": ("coding", np.array([found.active_all[c] for c in CODINGS])),
        "walk_l0_level": (("coding", "level"), np.stack([found.active[c] for c in CODINGS])),
    }


def _staged(errors: Errors, rng: np.random.Generator, resamples: int) -> dict[str, Any]:
    """EV beyond the (level, step) mean of every coding, before the jumps apart, and the gain."""
    whole = ("stage", "coding")
    found = zip(*(errors.beyond(stage, rng, resamples) for stage in STAGES), strict=True)
    values = {
        f"{name}{end}": (whole, np.stack([getattr(i, part) for i in intervals]))
        for name, intervals in zip(("beyond", "gain"), found, strict=True)
        for part, end in (("value", ""), ("low", "_low"), ("high", "_high"))
    }
    active = [
        [_mean(errors.active[c][:, :, errors.steps(stage)].ravel()) for c in CODINGS]
        for stage in STAGES
    ]
    return values | {"coding_l0": (whole, np.array(active))}


def _by_step(errors: Errors) -> dict[str, Any]:
    """EV by coding; by level about the level's mean, by (level, step) about that point's own."""
    total = errors.about((0, 1))
    about_all = errors.spread.sum(axis=0) + len(errors.spread) * np.square(
        errors.mean - errors.mean.mean(axis=(0, 1))
    ).sum(axis=-1)
    cells, levels = ("coding", "level", "step"), ("coding", "level")

    def each(of: Any) -> np.ndarray:
        return np.stack([of(c) for c in CODINGS])

    return {
        "coding_explained": ("coding", each(errors.explained)),
        "explained_variance_level": (levels, each(lambda c: errors.explained(c, (1,)))),
        "l0_level": (levels, each(lambda c: errors.active[c].mean(axis=(0, 2)))),
        "explained_variance_step": (cells, each(lambda c: errors.explained(c, ()))),
        "l0_step": (cells, each(lambda c: errors.active[c].mean(axis=0))),
        "variance_share_step": (cells[1:], about_all / (total if total > 0 else np.nan)),
        "cosine_step": (cells[1:], metrics.weighted_cosine(errors, (0,))),
        "norm_ratio_step": (cells[1:], metrics.weighted_norm_ratio(errors, (0,))),
    }


def _rare(density: np.ndarray, live: np.ndarray, most: float) -> float:
    """Share of live features that are active at fewer points than `most`."""
    return float((density[live] < most).mean()) if live.any() else np.nan


def _pair_cosines(dictionary: Dictionary, codes: Any) -> np.ndarray:
    """Mean |cos| of the pairs most active together on held-out points, for every share."""
    found = []
    for fraction in FRACTIONS:
        i, j, _ = most_together(codes, fraction)
        size = np.abs(pair_cosines(dictionary.decoder, i, j)) if len(i) else np.empty(0)
        found.append(_mean(size.astype("f8")))
    return np.array(found)


def _random_explained(dictionary: Dictionary, kept: Kept, l0: float, seed: int) -> float:
    """EV of random unit atoms with round(L0) of them by orthogonal matching pursuit."""
    rng = seeded("random atoms", seed)
    m, d = dictionary.decoder.shape
    atoms = torch.from_numpy(random_atoms(m, d, rng)).to(dictionary.decoder)
    inputs = (kept.z - dictionary.centre) * dictionary.scale
    some = rng.permutation(len(inputs))[:PURSUED]
    inputs = inputs[torch.from_numpy(some).to(inputs.device)]
    error = sum(
        float((p - matching_pursuit(p, atoms, round(l0))).double().square().sum())
        for p in inputs.split(PURSUED_AT_ONCE)
    )
    centred = inputs.double() - inputs.double().mean(0)
    return float(explained(error, float(centred.square().sum())))


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan
