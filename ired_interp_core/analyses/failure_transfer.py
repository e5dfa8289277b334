"""Whether what foretells the failures of one model also foretells those of another."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.dims import Dim
from ired_interp_core.failure.names import RAW
from ired_interp_core.records import Gathered
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable, first_problems, number, seed_of

INPUTS = ("x", "xy", *RAW)
POINT = ("input", "level")
LEVEL = ("level",)
SCALED = {
    "each": "by its own problems, whose failures are not looked at",
    "own": "by the problems that were learned from",
}


def _one(dims: tuple[str, ...], label: str, help: str) -> Variable:
    return Variable(dims, "float64", label, "1", help, span="share")


def _ends(name: str, dims: tuple[str, ...], label: str, help: str) -> dict[str, Variable]:
    return {
        name: _one(dims, label, help),
        f"{name}_low": _one(dims, f"{label}, low", "lower end of its 95 % interval over problems"),
        f"{name}_high": _one(dims, f"{label}, high", "upper end of it"),
    }


def _chance(begin: str, dims: tuple[str, ...], label: str) -> dict[str, Variable]:
    words = "% quantile of models that learned permuted labels, on the same problems"
    return {
        f"{begin}chance_low": _one(dims, f"{label}, low", f"2.5 {words}"),
        f"{begin}chance_high": _one(dims, f"{label}, high", f"97.5 {words}"),
    }


VARIABLES = {
    **_ends(
        "transfer_auroc", POINT, "AUROC there",
        "of the other model's failures, by what was learned on this one's problems; none where the"
        " shapes differ",
    ),
    **_chance("", POINT, "AUROC there by chance"),
    **_ends("own_auroc", POINT, "AUROC here", "of this model's failures, out of fold"),
    **_ends(
        "there_auroc", POINT, "AUROC of its own", "of the other's failures by its own model, out of"
        " fold",
    ),
    **_ends(
        "confounds_transfer", LEVEL, "AUROC of confounds there",
        "learned on this model's problems, from the confounds that both have",
    ),
    **_chance("confounds_", LEVEL, "AUROC of confounds there by chance"),
    **_ends("confounds_own", LEVEL, "AUROC of confounds here", "the same confounds, out of fold"),
    **_ends(
        "confounds_there", LEVEL, "AUROC of confounds of its own",
        "the same, learned on the other's problems, out of fold",
    ),
    "chosen_input": Variable(
        LEVEL, "int8", "chosen input", "1",
        "of the activations: that of the smallest loss where it was learned",
        flags=("none", *INPUTS),
    ),
    **{
        name: Variable(LEVEL, "float64", label, "1", help, span="signed")
        for name, label, help in (
            ("transfer_gain", "activations − confounds there",
             "AUROC of the chosen input − that of the confounds, paired by problem"),
            ("transfer_gain_low", "difference, low", "lower end of its 95 % interval"),
            ("transfer_gain_high", "difference, high", "upper end of it"),
        )
    },
    "learned_failures": number("failures learned from", "1", "of this model, by its own rule"),
    "predicted_failures": number("failures predicted", "1", "of the other, by its own rule"),
    "predicted_problems": number("problems predicted", "1", "of the other"),
    "predicted_deviation": number(
        "s.d. of an AUROC by chance", "1", "√((n₁ + n₀ + 1)/(12 n₁n₀)), of a constant prediction"
    ),
    "shared_confounds": number(
        "shared confounds", "1", "numbers that both have before the jump of t = 0"
    ),
}  # fmt: skip


@analysis(
    name="failure_transfer",
    version=1,
    title="Failures of another model",
    sentence="Whether what foretells failures of one task's model foretells another's.",
    rows=1,
    scope="set",
    small={"permutations": 10, "bootstrap": 20, "problems": 10},
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "failure": Role("answer", "failure_prediction"),
        "states": Role("answer", "layer_states", of="failure"),
        "descent": Role("answer", "descent", of="failure"),
        "properties": Role("answer", "problem_properties", of="failure"),
        "other": Role("answer", "failure_prediction", apart=True),
        "other_model": Role("model", of="other", there="model"),
        "other_states": Role("answer", "layer_states", of="other", there="states"),
        "other_descent": Role("answer", "descent", of="other", there="descent"),
        "other_properties": Role("answer", "problem_properties", of="other", there="properties"),
    },
    parameters={
        "scaled": Parameter(
            str, "each", "how the other model's numbers are standardised", choices=SCALED
        ),
        "permutations": Parameter(
            int, 1000, "of the labels, for what chance gives", minimum=10, maximum=100_000
        ),
        "bootstrap": Parameter(
            int, 1000, "resamples of an interval", minimum=10, maximum=1_000_000
        ),
        "seed": seed_of("of permutations and resamples"),
        "problems": first_problems(),
    },
    variables=VARIABLES,
    dims=(Dim("input", "what a probe reads", "VARCHAR", "whole", INPUTS),),
    figure="table",
    arithmetic="float64 predictions, float32 activations",
)  # fmt: skip
def compute(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Failures of one model by a prediction learned on another's (docs/definitions.md §6.2).

    Args:
        gathered: predictions of failure of both models, with the states, descents and properties
            that they read; of each the problems that its prediction is about.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.failure.transfer import transfer_dataset

    return transfer_dataset(gathered, parameters)
