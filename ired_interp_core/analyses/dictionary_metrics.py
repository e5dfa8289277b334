"""How well a dictionary rebuilds what it was not trained on, and what that is worth."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.dictionaries.names import CONCEPTS, STATUS
from ired_interp_core.records import Gathered
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import DIMS, Parameter, Variable, first_problems, number, seed_of

WHOLE = ()
LEVEL = ("level",)
CONCEPT = ("concept",)

VARIABLES = {
    "l0": number("L0", "1", "mean number of active features, #{f > 0}, on held-out problems"),
    "explained_variance": number(
        "EV", "1", "1 − Σ‖x − x̂‖²/Σ‖x − x̄‖² on held-out problems, x̄ their mean"
    ),
    "fvu": number("FVU", "1", "Σ‖x − x̂‖²/Σ‖x − x̄‖²: 1 for x̂ = x̄"),
    "explained_variance_training": number(
        "EV, training", "1", "the same on the training problems: a gap to EV is overfitting"
    ),
    "cosine": number("cosine", "1", "mean cos(x, x̂)"),
    "norm_ratio": number("‖x̂‖/‖x‖", "1", "mean ratio of norms"),
    "dead_share": number("dead share", "1", "features never active on any problem of the range"),
    "pca_explained_variance": number(
        "EV of PCA", "1", "baseline: as many principal components of the training split as L0"
    ),
    "random_explained_variance": number(
        "EV of random atoms", "1",
        "baseline: random unit atoms, as many; orthogonal matching pursuit with L0 of them",
    ),
    "mse_original": number("MSE", "y²", "final error of the sampler on held-out problems"),
    "mse_replaced": number("MSE with x̂", "y²", "the same with x̂ in place of x at every step"),
    "mse_zero": number("MSE with 0", "y²", "the same with 0 in place of x"),
    "mse_mean": number("MSE with x̄", "y²", "the same with the training mean in place of x"),
    "loss_recovered": number(
        "loss recovered", "1", "(MSE with x̂ − MSE with 0)/(MSE − MSE with 0): 1 is perfect"
    ),
    "loss_recovered_low": number("loss recovered, low", "1", "2.5 % of a bootstrap over problems"),
    "loss_recovered_high": number("loss recovered, high", "1", "97.5 % of it"),
    "held_out_problems": number("held-out problems", "1", "problems all this is measured on"),
    "absorption": number(
        "absorption", "1", "mean over concepts for which it could be measured; NaN if none"
    ),
    "splitting": number("splitting", "1", "mean latents a concept needs, over measured concepts"),
    "explained_variance_level": Variable(
        LEVEL, "float64", "EV by level", "1", "on the held-out points of one level", scalar=True
    ),
    "l0_level": Variable(LEVEL, "float64", "L0 by level", "1", "as L0, of one level", scalar=True),
    "pca_explained_variance_level": Variable(
        LEVEL, "float64", "EV of PCA by level", "1", "the same baseline, on one level", scalar=True
    ),
    "absorption_rate": Variable(
        CONCEPT, "float64", "absorption rate", "1",
        "share of the concept's points that its main latents miss and another latent, aligned with"
        " the concept's probe, takes over (SAEBench)", scalar=True,
    ),
    "absorption_status": Variable(
        CONCEPT, "int8", "status", "1",
        "unavailable unless measured: undefined on this task; few_points, under 50 points or 10"
        " problems of an answer; weak_probe, AUROC under .7; no_latent, none speaks for it",
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
    version=1,
    title="Dictionary metrics",
    sentence="How faithful, sparse and useful a dictionary is on problems it has not seen.",
    rows=1,
    scope="set",
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
        "seed": seed_of("of random atoms and bootstrap"),
        "problems": first_problems(),
    },
    variables=VARIABLES,
    dims=(DIMS["concept"].labelled(CONCEPTS),),
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
