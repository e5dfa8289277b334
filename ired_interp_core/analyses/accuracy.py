"""How good the answers of a sampler's setting are over many problems, beside trivial predictors."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core import tasks
from ired_interp_core.accuracy.names import DISPLACEMENTS, QUANTILES
from ired_interp_core.analyses.descent import SAMPLER
from ired_interp_core.records import Gathered
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import DIMS, Parameter, Variable, number

LEVEL = ("level",)
BASELINE = ("baseline",)
MOVED = ("level", "displacement")


def _column(
    dims: tuple[str, ...], label: str, unit: str, help: str, dtype: str = "float64"
) -> Variable:
    return Variable(dims, dtype, label, unit, help, scalar="displacement" not in dims)


VARIABLES = {
    "measured_problems": number("problems", "1", "problems that every mean is taken over"),
    "mse": number("MSE of ŷ", "y²", "mean over problems, answer divided by √ᾱ_0, data frame"),
    "mse_error": number("s.e. of MSE", "y²", "standard error of that mean"),
    "mse_official": number("MSE, official", "y²", "the same, not divided, as official code does"),
    "mse_official_error": number("s.e. of official MSE", "y²", "standard error of that mean"),
    "absolute_error": number("mean |ŷ − y*|", "y", "mean over entries and problems"),
    "absolute_error_error": number("s.e. of |ŷ − y*|", "y", "standard error, by problem"),
    "inverse_residual": number(
        "‖AŶ − I‖/√n", "1", "mean; inverse only, NaN on other tasks: how far ŷ is from inverting A"
    ),
    "inverse_residual_error": number("s.e. of ‖AŶ − I‖/√n", "1", "standard error of that mean"),
    "prefers_wrong": number(
        "share E(ŷ) < E(y*)", "1", "problems whose final answer has lower E_0 than the truth"
    ),
    "prefers_wrong_error": number("s.e. of that share", "1", "standard error, √(p(1−p)/N)"),
    "truth_r2": number(
        "R² of ŷ on y*", "1",
        "1 − Σ‖ŷ − y*‖²/Σ‖ŷ − mean ŷ‖²: what R² on a baseline has to be held against",
    ),
    "truth_r2_low": number("R² of ŷ on y*, low", "1", "2.5 % of a bootstrap over problems"),
    "truth_r2_high": number("R² of ŷ on y*, high", "1", "97.5 % of it"),
    "mse_quantile": Variable(
        ("quantile",), "float64", "quantile of MSE", "y²", "of the problems' own MSE of ŷ"
    ),
    "mse_level": _column(LEVEL, "MSE of ŷ_t", "y²", "mean at the end of level t, data frame"),
    "mse_level_error": _column(LEVEL, "s.e. of MSE of ŷ_t", "y²", "standard error of that mean"),
    "absolute_error_level": _column(
        LEVEL, "mean |ŷ_t − y*|", "y", "mean over entries and problems at the end of level t"
    ),
    "absolute_error_level_error": _column(
        LEVEL, "s.e. of |ŷ_t − y*|", "y", "standard error, by problem"
    ),
    "energy_answer_level": _column(LEVEL, "E_t(ŷ_t)", "E", "mean energy at the answer of level t"),
    "energy_truth_level": _column(LEVEL, "E_t(y*)", "E", "mean energy at the truth at level t"),
    "prefers_wrong_level": _column(
        LEVEL, "share E_t(ŷ_t) < E_t(y*)", "1", "problems whose answer has lower energy at level t"
    ),
    "baseline_problems": _column(
        BASELINE, "problems", "1",
        "problems this predictor answered: all, or the first `slow_problems` of a slow one",
    ),
    "baseline_mse": _column(BASELINE, "baseline MSE", "y²", "of the predictor, on its problems"),
    "baseline_mse_error": _column(BASELINE, "s.e. of baseline MSE", "y²", "standard error"),
    "difference": _column(
        BASELINE, "MSE of ŷ − baseline's", "y²", "mean paired difference on its problems"
    ),
    "difference_error": _column(BASELINE, "s.e. of the difference", "y²", "paired, by problem"),
    "distance": _column(
        BASELINE, "MSE of ŷ to the baseline's answer", "y²", "small if the model computes it"
    ),
    "distance_error": _column(BASELINE, "s.e. of the distance", "y²", "standard error"),
    "r2": _column(
        BASELINE, "R² of ŷ on the baseline", "1",
        "1 − Σ‖ŷ − b‖²/Σ‖ŷ − mean ŷ‖², entry by entry around the mean answer, nothing fitted: 1 if"
        " the model computes the baseline, below 0 if its mean answer is nearer",
    ),
    "r2_low": _column(BASELINE, "R², low", "1", "2.5 % of a bootstrap over problems"),
    "r2_high": _column(BASELINE, "R², high", "1", "97.5 % of it"),
    "r2_truth": _column(
        BASELINE, "R² of y* on the baseline", "1",
        "the control: what of the truth itself the baseline explains, on the same problems",
    ),
    "energy_displaced": _column(
        MOVED, "E_t(y* + δ)", "E",
        "mean energy where the truth is moved in a random direction by a given MSE; level frame",
    ),
    "energy_displaced_error": _column(MOVED, "s.e. of that energy", "E", "standard error"),
}  # fmt: skip


@analysis(
    name="accuracy",
    version=1,
    title="Accuracy",
    sentence="How good the answers are over many problems, and whether a trivial rule gives them.",
    rows=1,
    scope="set",
    inputs={"model": Role("model"), "problems": Role("problems")},
    parameters={
        **SAMPLER,
        "seed": Parameter(
            int, 0, "of starting noise, displacements and bootstrap", minimum=0, maximum=2**31 - 1
        ),
        "slow_problems": Parameter(
            int, 1000, "problems that a slow predictor (the posterior mean) answers at most",
            minimum=1, maximum=1_000_000,
        ),
        "energy_problems": Parameter(
            int, 512, "problems around whose truth energies are measured at most",
            minimum=0, maximum=1_000_000,
        ),
        "problems": Parameter(
            int, 0, "problems 0 … problems − 1 of the set; 0: as many as the sweep names",
            minimum=0, maximum=1_000_000,
        ),
    },
    variables=VARIABLES,
    dims=(
        DIMS["baseline"].labelled(tasks.BASELINES, some=True),
        DIMS["quantile"].labelled(QUANTILES),
        DIMS["displacement"].labelled(DISPLACEMENTS),
    ),
    figure="table",
    arithmetic="float32 walk, float64 energies and sums",
)  # fmt: skip
def compute(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Means over problems 0 … N − 1 of one setting of the sampler (docs/definitions.md §2.3).

    Args:
        gathered: a model and a problem set.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.accuracy.analysis import accuracy_dataset

    return accuracy_dataset(gathered, parameters)
