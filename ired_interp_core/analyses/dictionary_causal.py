"""What happens to the answer when a feature is taken out of the sampler, or turned up in it."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.records import Gathered
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable, first_problems, seed_of

FEATURE = ("feature",)

TESTED = ("not_tested", "tested")


def effect(label: str, unit: str, text: str) -> Variable:
    """A number of each tested feature; NaN for the others.

    Args:
        label: short name.
        unit: of it.
        text: one sentence.

    Returns:
        The declaration.
    """
    return Variable(FEATURE, "float64", label, unit, text, scalar=True)


VARIABLES = {
    "tested": Variable(
        FEATURE, "int8", "tested", "1", "the most active features are tested", flags=TESTED,
        scalar=True,
    ),
    "ablation": effect(
        "ΔMSE, ablated", "y²",
        "final MSE without the feature (x − f W/scale at every step) minus with it",
    ),
    "ablation_low": effect("ΔMSE, ablated, low", "y²", "2.5 % of a bootstrap over problems"),
    "ablation_high": effect("ΔMSE, ablated, high", "y²", "97.5 % of it"),
    "ablation_shift": effect("‖Δŷ‖, ablated", "y", "mean distance that the answer moves"),
    "ablation_random": effect(
        "ΔMSE, random direction", "y²",
        "control: at every step the same length f/scale is taken off along a random unit direction",
    ),
    "ablation_random_low": effect("control, low", "y²", "2.5 % of a bootstrap over problems"),
    "ablation_random_high": effect("control, high", "y²", "97.5 % of it"),
    "ablation_random_shift": effect("‖Δŷ‖, control", "y", "as ‖Δŷ‖, of the control"),
    "steering": effect(
        "ΔMSE, steered", "y²",
        "the same with strength × f̄ W/scale added at every step, f̄ the mean of f where f > 0",
    ),
    "steering_low": effect("ΔMSE, steered, low", "y²", "2.5 % of a bootstrap over problems"),
    "steering_high": effect("ΔMSE, steered, high", "y²", "97.5 % of it"),
    "steering_shift": effect("‖Δŷ‖, steered", "y", "mean distance that the answer moves"),
    "steering_random": effect(
        "ΔMSE, random, steered", "y²", "control: the same length along a random unit direction"
    ),
    "steering_random_low": effect("control, low", "y²", "2.5 % of a bootstrap over problems"),
    "steering_random_high": effect("control, high", "y²", "97.5 % of it"),
    "steering_random_shift": effect("‖Δŷ‖, control", "y", "as ‖Δŷ‖, of the control"),
    "causal_problems": Variable(
        (), "int64", "problems", "1", "held-out problems walked with and without", scalar=True
    ),
}  # fmt: skip


@analysis(
    name="dictionary_causal",
    version=1,
    title="Causal effects",
    sentence="Whether a feature matters: the answer without it, beside random directions.",
    rows=1,
    scope="set",
    inputs={
        "dictionary": Role("answer", "dictionary"),
        "activations": Role("answer", "activations", of="dictionary"),
        "descent": Role("answer", "descent", of="activations"),
        "model": Role("model"),
        "problems": Role("problems"),
    },
    parameters={
        "tested": Parameter(
            int, 64, "features tested: those with the largest summed activation", minimum=1,
            maximum=131_072,
        ),
        "walked": Parameter(
            int, 16, "held-out problems walked for each feature", minimum=2, maximum=100_000
        ),
        "strength": Parameter(
            float, 1.0, "of steering, in mean positive activations of the feature", minimum=-1e3,
            maximum=1e3,
        ),
        "bootstrap": Parameter(
            int, 1000, "resamples of an interval", minimum=10, maximum=1_000_000
        ),
        "seed": seed_of("of directions and bootstrap"),
        "problems": first_problems(),
    },
    variables=VARIABLES,
    figure="table",
    arithmetic="float32 walks, float64 means",
)  # fmt: skip
def compute(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Ablation and steering inside the sampler with matched controls (docs/definitions.md §5.5).

    Args:
        gathered: a dictionary, the activations it was trained on, and what they come from.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.dictionaries.causal import causal_dataset

    return causal_dataset(gathered, parameters)
