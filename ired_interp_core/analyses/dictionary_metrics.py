"""How well a dictionary rebuilds what it was not trained on, and what that is worth."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.dictionaries.names import (
    CODINGS,
    CONCEPTS,
    FRACTIONS,
    STAGES,
    STATUS,
)
from ired_interp_core.records import Gathered
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import DIMS, Parameter, Variable, first_problems, number, seed_of

DECLARED = (
    DIMS["concept"].labelled(CONCEPTS),
    DIMS["coding"].labelled(CODINGS),
    DIMS["stage"].labelled(STAGES),
    DIMS["fraction"].labelled(FRACTIONS),
)

CODING, LEVEL, CONCEPT = ("coding",), ("coding", "level"), ("concept",)
STAGED, CELL = ("stage", "coding"), ("level", "step")


def _column(dims: tuple[str, ...], label: str, help: str, unit: str = "1") -> Variable:
    """A column of the table of these dims."""
    return Variable(dims, "float64", label, unit, help, scalar=True)


def _array(dims: tuple[str, ...], label: str, help: str, unit: str = "1") -> Variable:
    """An array that is drawn and is no column."""
    return Variable(dims, "float64", label, unit, help)


VARIABLES = {
    "l0": number("L0", "1", "mean number of active features, #{f > 0}, on held-out problems"),
    "explained_variance": number(
        "EV", "1", "1 − Σ‖x − x̂‖²/Σ‖x − x̄‖² on held-out problems, x̄ their mean over all points"
    ),
    "fvu": number("FVU", "1", "Σ‖x − x̂‖²/Σ‖x − x̄‖²: 1 for x̂ = x̄"),
    "explained_variance_training": number(
        "EV, training", "1", "the same on the training problems: a gap to EV is overfitting"
    ),
    "cosine": number("cosine", "1", "Σx·x̂/√(Σ‖x‖² Σ‖x̂‖²), so that large activations count more"),
    "norm_ratio": number("‖x̂‖/‖x‖", "1", "√(Σ‖x̂‖²/Σ‖x‖²)"),
    "dead_share": number("dead share", "1", "features never active on any problem of the range"),
    "rare_share": number(
        "rare share", "1", "live features that are active at less than `rare_density` of the points"
    ),
    "forced_density": number(
        "forced density", "1", "L0 over the live features: their mean density, whatever was learned"
    ),
    "live_cosine": number("|cos| of live pairs", "1", "mean over all pairs of live features"),
    "random_explained_variance": number(
        "EV of random atoms", "1",
        "control: random unit atoms, as many; orthogonal matching pursuit with L0 of them",
    ),
    "mse_original": number("MSE", "y²", "final error of the sampler on `walked_problems`"),
    "mse_zero": number("MSE with 0", "y²", "the same with 0 in place of x"),
    "held_out_problems": number(
        "held-out problems", "1", "problems that all this is measured on, but for walks"
    ),
    "walked_problems": number(
        "walked problems", "1", "held-out problems put through the sampler: MSE, loss recovered"
    ),
    "absorption": number(
        "absorption", "1", "mean absorption fraction over the concepts measured; NaN if none"
    ),
    "full_absorption": number("full absorption", "1", "mean rate over the concepts measured"),
    "splitting": number("splitting", "1", "mean latents a concept needs, over measured concepts"),
    "probe_auroc": number(
        "AUROC of the probe", "1",
        "of probes on the activations themselves, mean over the concepts that they carry",
    ),
    "coding_explained": _column(CODING, "EV", "of every coding, as EV"),
    "mse_replaced": _column(CODING, "MSE with x̂", "final error with x̂ at every step", "y²"),
    "loss_recovered": _column(
        CODING, "loss recovered",
        "(MSE with x̂ − MSE with 0)/(MSE − MSE with 0): 1 leaves the error as it is. The descent"
        " corrects itself: it stands with the L0 of its own walk, and measures no code",
    ),
    "loss_recovered_low": _column(
        CODING, "loss recovered, low", "2.5 % of a bootstrap over problems"
    ),
    "loss_recovered_high": _column(CODING, "loss recovered, high", "97.5 % of it"),
    "walk_l0": _column(CODING, "L0 in its walk", "mean number of active features in that walk"),
    "sparse_auroc_mean": _column(
        ("coding", "probed"), "AUROC of sparse probes",
        "of probes on so few features, mean over the concepts that the activations carry",
    ),
    "beyond": _column(
        STAGED, "EV beyond the step's mean",
        "1 − Σ‖x − x̂‖²/Σ‖x − μ‖², μ the mean of each (level, step) over the held-out problems",
    ),
    "beyond_low": _column(STAGED, "low", "of the 95 % interval over problems, one training"),
    "beyond_high": _column(STAGED, "high", "of the 95 % interval over problems, one training"),
    "gain": _column(
        STAGED, "gain over it", "EV beyond the step's mean, of the dictionary less this coding"
    ),
    "gain_low": _column(STAGED, "gain, low", "paired by problem, 95 % interval, one training"),
    "gain_high": _column(STAGED, "gain, high", "paired by problem, 95 % interval, one training"),
    "coding_l0": _column(STAGED, "L0", "mean number of numbers kept of a point"),
    "explained_variance_level": _column(
        LEVEL, "EV by level", "on the held-out points of one level, about their own mean"
    ),
    "l0_level": _column(LEVEL, "L0 by level", "mean number of numbers kept of a point"),
    "walk_l0_level": _column(LEVEL, "L0 in its walk, by level", "NaN where nothing is replaced"),
    "one_concept_share": _column(
        LEVEL, "features of one concept",
        "live features with AUROC ≥ `one_concept` for one concept and ≤ `other_concepts` for all"
        " others, either way round, on the held-out points of one level",
    ),
    "explained_variance_step": _array(
        ("coding", *CELL), "EV by step", "on the points of one (level, step), about their own mean"
    ),
    "l0_step": _array(("coding", *CELL), "L0 by step", "mean number of numbers kept"),
    "variance_share_step": _array(
        CELL, "share of the variance", "Σ‖x − x̄‖² of one (level, step) over that of all points"
    ),
    "cosine_step": _array(CELL, "cosine by step", "as `cosine`, of one (level, step)"),
    "norm_ratio_step": _array(CELL, "‖x̂‖/‖x‖ by step", "as `norm_ratio`, of one (level, step)"),
    "problem_error": _array(
        ("coding", "measured"), "Σ‖x − x̂‖²", "over the points of a problem, for paired comparisons"
    ),
    "problem_spread": _array(("measured",), "Σ‖x − μ‖²", "over the points of a problem"),
    "pair_cosine": _column(
        ("fraction",), "|cos| of pairs active together",
        "mean over the share q of all pairs that are most active together on held-out points",
    ),
    "sparse_auroc": _column(
        ("coding", "concept", "probed"), "AUROC of a sparse probe",
        "logistic probe on the few features whose means lie furthest apart, held-out problems",
    ),
    "absorption_fraction": _column(
        CONCEPT, "absorption fraction",
        "mean over the concept's points of the share of the probe's direction that at most three"
        " other latents have taken over from the main ones (SAEBench)",
    ),
    "absorption_rate": _column(
        CONCEPT, "full absorption",
        "share of the concept's points that its main latents miss and another latent, aligned with"
        " the concept's probe, takes over (SAEBench)",
    ),
    "absorption_status": Variable(
        CONCEPT, "int8", "status", "1",
        "unavailable unless measured: undefined on this task; few_points, under 50 points or 10"
        " problems of an answer; weak_probe, AUROC under 0.7; no_latent, none speaks for it",
        flags=STATUS, scalar=True,
    ),
    "concept_positives": Variable(
        CONCEPT, "int64", "positives", "1", "held-out points for which the concept holds",
        scalar=True,
    ),
    "concept_points": Variable(
        CONCEPT, "int64", "points", "1", "held-out points on which it was looked at", scalar=True
    ),
    "concept_auroc": Variable(
        CONCEPT, "float64", "AUROC of the probe", "1",
        "logistic probe on the activations themselves, held-out problems", scalar=True,
    ),
    "concept_auroc_latents": Variable(
        CONCEPT, "float64", "AUROC of the latents", "1",
        "logistic probe on the latents that k-sparse probing keeps", scalar=True,
    ),
    "split_latents": Variable(
        CONCEPT, "float64", "latents", "1", "latents that k-sparse probing of the concept keeps",
        scalar=True,
    ),
}  # fmt: skip


@analysis(
    name="dictionary_metrics",
    version=2,
    title="Dictionary metrics",
    sentence="How faithful a dictionary is on problems it has not seen, beside rivals as sparse.",
    rows=1,
    scope="set",
    small={"recovery_problems": 4, "bootstrap": 20, "problems": 10},
    inputs={
        "dictionary": Role("answer", "dictionary"),
        "activations": Role("answer", "activations", of="dictionary"),
        "descent": Role("answer", "descent", of="activations"),
        "properties": Role("answer", "problem_properties"),
        "model": Role("model"),
        "problems": Role("problems"),
    },
    parameters={
        "recovery_problems": Parameter(
            int, 64, "held-out problems put through the sampler at most", minimum=1, maximum=100_000
        ),
        "bootstrap": Parameter(
            int, 1000, "resamples of an interval", minimum=10, maximum=1_000_000
        ),
        "rare_density": Parameter(
            float, 0.05, "density below which a feature is called rare (hypothesis 2.2)",
            minimum=0.0, maximum=1.0,
        ),
        "one_concept": Parameter(
            float, 0.9, "least AUROC of a feature's one concept (hypothesis 2.6)", minimum=0.5,
            maximum=1.0,
        ),
        "other_concepts": Parameter(
            float, 0.6, "most AUROC of all its other concepts (hypothesis 2.6)", minimum=0.5,
            maximum=1.0,
        ),
        "seed": seed_of("of random atoms, points and bootstrap"),
        "problems": first_problems(),
    },
    variables=VARIABLES,
    dims=DECLARED,
    figure="table",
    arithmetic="float32 codes and walks, float64 sums",
)  # fmt: skip
def compute(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Every metric of docs/definitions.md §5.4 that needs one dictionary.

    Args:
        gathered: a dictionary, the activations it was trained on, and what they come from.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.dictionaries.evaluation import metrics_dataset

    return metrics_dataset(gathered, parameters)
