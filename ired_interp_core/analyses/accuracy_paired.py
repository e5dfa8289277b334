"""What another setting of the sampler changes, on the very same problems."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.records import Gathered
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Variable, first_problems, number, seed_of


def _compared(begin: str, which: str) -> dict[str, Variable]:
    """Numbers of one kind of answer: `begin` before the names, `which` in the texts."""
    return {
        f"{begin}mse_one": number(f"MSE, one{which}", "y²", "of the setting in question"),
        f"{begin}mse_other": number(f"MSE, other{which}", "y²", "of that it is held against"),
        f"{begin}difference": number(
            f"one − other{which}", "y²", "mean difference of the errors, paired by problem"
        ),
        f"{begin}difference_low": number(
            f"one − other{which}, low", "y²", "of its 95 % bootstrap-t interval over problems"
        ),
        f"{begin}difference_high": number(f"one − other{which}, high", "y²", "upper end of it"),
        f"{begin}detectable": number(
            f"detectable{which}", "y²", "the difference that so many problems find with 80 % power"
        ),
        f"{begin}ratio": number(f"one / other{which}", "1", "ratio of the mean errors"),
        f"{begin}ratio_low": number(
            f"one / other{which}, low", "1", "2.5 % of a bootstrap over problems, both together"
        ),
        f"{begin}ratio_high": number(f"one / other{which}, high", "1", "97.5 % of it"),
    }


@analysis(
    name="accuracy_paired",
    version=1,
    title="Paired accuracy",
    sentence="What a setting of the sampler changes, problem by problem.",
    rows=1,
    scope="set",
    small={"problems": 10},
    inputs={"one": Role("answer", "accuracy"), "other": Role("answer", "accuracy")},
    parameters={"seed": seed_of("of the bootstrap"), "problems": first_problems()},
    variables={
        "paired_problems": number("problems", "1", "problems that both have answered"),
        **_compared("", ""),
        **_compared("official_", ", official"),
    },
    figure="table",
    arithmetic="float64",
)
def compute(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Mean difference and ratio of two settings' errors (docs/definitions.md §2.4).

    Args:
        gathered: two answers of `accuracy` on the same problems.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.accuracy.paired import paired_dataset

    return paired_dataset(gathered, parameters["seed"])
