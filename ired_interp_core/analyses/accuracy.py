"""How good the answers of a sampler's setting are over many problems, beside trivial predictors."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core import tasks
from ired_interp_core.accuracy.names import DIRECTIONS, DISPLACEMENTS, QUANTILES
from ired_interp_core.analyses.descent import SAMPLER
from ired_interp_core.records import Gathered
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import DIMS, Parameter, Variable, number

LEVEL = ("level",)
BASELINE = ("baseline",)
MOVED = ("level", "direction", "displacement")
MEASURED = ("measured",)


def _column(dims: tuple[str, ...], label: str, unit: str, help: str) -> Variable:
    dtype = "float32" if dims == MOVED else "float64"  # a thousand numbers: half the shipped file
    return Variable(dims, dtype, label, unit, help, scalar=dims not in {MOVED, MEASURED})


VARIABLES = {
    "measured_problems": number("problems", "1", "problems that every mean is taken over"),
    "problem_mse": _column(MEASURED, "MSE of ŷ", "y²", "of every problem, data frame"),
    "problem_mse_official": _column(
        MEASURED, "MSE, official", "y²", "of every problem, not divided by √ᾱ_0"
    ),
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
        "share E(ŷ) < E(y*)", "1", "problems whose final answer has lower E_0 than the truth: a"
        " fault of the energy where x fixes y, as on inverse and addition",
    ),
    "prefers_wrong_error": number("s.e. of that share", "1", "standard error, √(p(1−p)/N)"),
    "prefers_wrong_ideal": number(
        "that share, ideal", "1", "of the Gaussian-ideal energy through the same sampler, on the"
        " first `energy_problems`; completion only, where such an energy has it too",
    ),
    "truth_correlation": number(
        "corr²(ŷ, y*)", "1", "over all entries and problems, each entry about its mean over the"
        " problems: what the answer shares with the truth, up to a factor",
    ),
    "truth_correlation_low": number("corr², low", "1", "2.5 % of a bootstrap over problems"),
    "truth_correlation_high": number("corr², high", "1", "97.5 % of it"),
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
    "energy_answer_level": _column(
        LEVEL, "E_t(ŷ_t)", "E",
        "mean energy at the answer of level t; t = 0 alone where `energy_problems` is 0",
    ),
    "energy_truth_level": _column(LEVEL, "E_t(y*)", "E", "mean at the truth, at the same levels"),
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
    "difference_low": _column(
        BASELINE, "difference, low", "y²", "of its 95 % bootstrap-t interval over problems"
    ),
    "difference_high": _column(BASELINE, "difference, high", "y²", "upper end of it"),
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
    "slope": _column(
        BASELINE, "slope of ŷ − b on y* − b", "1",
        "Σ(ŷ − b)·(y* − b)/Σ‖y* − b‖²: 0 if the answer knows nothing beyond the baseline, 1 if it"
        " is the truth up to errors unrelated to it; NaN where b is the truth",
    ),
    "slope_low": _column(BASELINE, "slope, low", "1", "2.5 % of a bootstrap over problems"),
    "slope_high": _column(BASELINE, "slope, high", "1", "97.5 % of it"),
    "cosine": _column(
        BASELINE, "cos(ŷ − b, y* − b)", "1",
        "over all entries and problems; NaN where b is the truth, or the answer",
    ),
    "cosine_low": _column(BASELINE, "cos, low", "1", "2.5 % of a bootstrap over problems"),
    "cosine_high": _column(BASELINE, "cos, high", "1", "97.5 % of it"),
    "displaced_problems": number(
        "problems around which energies are measured", "1", "the first ones of those measured"
    ),
    "energy_displaced": _column(
        MOVED, "E_t(y* + δ)", "E", "mean energy where the truth is moved by a given MSE"
    ),
    "energy_rise": _column(
        MOVED, "E_t(y* + δ) − E_t(y*)", "E",
        "mean over problems; random displacements raise E around any point of a bowl, directed"
        " ones tell whether the truth is its bottom",
    ),
    "energy_rise_low": _column(
        MOVED, "rise, low", "E", "of its 95 % bootstrap-t interval over problems"
    ),
    "energy_rise_high": _column(MOVED, "rise, high", "E", "upper end of it"),
    "energy_rise_p": _column(
        MOVED, "rise, p", "1", "of no rise and no fall, Holm over the directed ones of a level"
    ),
}  # fmt: skip


@analysis(
    name="accuracy",
    version=2,
    title="Accuracy",
    sentence="How good the answers are over many problems, and whether a trivial rule gives them.",
    rows=1,
    scope="set",
    small={"slow_problems": 3, "energy_problems": 2, "problems": 10},
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
            int, 64, "problems around whose truth energies are measured at most",
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
        DIMS["direction"].labelled(DIRECTIONS),
        DIMS["displacement"].labelled(DISPLACEMENTS),
    ),
    figure="table",
    arithmetic="float32 walk and Hessians, float64 energies and sums",
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
