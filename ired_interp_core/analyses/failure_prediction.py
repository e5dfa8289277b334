"""When an answer will fail: from what it is foreseen, how early, and whether that is a cause."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core import tasks
from ired_interp_core.failure.declared import DECLARED_DIMS, VARIABLES
from ired_interp_core.failure.names import RAW, RULES
from ired_interp_core.records import Gathered
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, first_problems, seed_of

POINTS = {"all": "every visited state", "before": "the states before each jump"}


def _share(default: float, help: str) -> Parameter:
    return Parameter(float, default, help, minimum=0.0, maximum=1.0)


def _count(default: int, help: str, minimum: int, maximum: int) -> Parameter:
    return Parameter(int, default, help, minimum=minimum, maximum=maximum)


PARAMETERS = {
    "rule": Parameter(
        str, "worst", "what a failure is: the largest errors, worse than a trivial predictor, the"
        " largest ‖AŶ − I‖, or an energy that prefers the answer to the truth", choices=RULES,
    ),
    "share": _share(0.125, "of failures, where the rule is the largest errors or ‖AŶ − I‖"),
    "baseline": Parameter(
        str, "best", "trivial predictor that errors are compared with; best: of the smallest mean"
        " error on these problems", choices=("best", *tasks.BASELINES),
    ),
    "kind_scale": _share(0.5, "share of e² that a factor leaves less than, for the kind scale"),
    "kind_asymmetric": _share(0.5, "antisymmetric share of e², for the kind asymmetric"),
    "kind_clipped": _share(0.05, "share of entries on the box, for the kind clipped"),
    "points": Parameter(str, "all", "states that are predicted from", choices=POINTS),
    "level": _count(0, "of the numbers, at the state before its jump", 0, 9),
    "pooled": Parameter(
        str, "h3", "input whose points are put side by side, and pooled", choices=RAW
    ),
    "threshold": _share(
        0.0, "probability above which failure is predicted; 0: the base rate of the training folds"
    ),
    "components": _count(64, "principal components of an input at most", 1, 4096),
    "best": _count(100, "features of codes with the largest |d| on training rows", 1, 4096),
    "trees": _count(50, "of gradient boosting; 0: none", 0, 10_000),
    "folds": _count(5, "test folds", 3, 20),
    "splits": _count(3, "splits by problem", 1, 100),
    "top": _count(100, "strongest features", 1, 10_000),
    "zeroed": _count(100, "of these that are set to 0 in the sampler; 0: none", 0, 10_000),
    "walked": _count(512, "problems walked without them, not those they were chosen on", 0, 20_000),
    "random_sets": _count(5, "matched random sets of features", 1, 1000),
    "concatenated": _count(4096, "problems whose points are put side by side", 1, 4096),
    "permutations": _count(200, "of labels, for the largest |d| and the map", 10, 100_000),
    "bootstrap": _count(1000, "resamples of an interval", 10, 1_000_000),
    "seed": seed_of("of folds, permutations, resamples and random features"),
    "problems": first_problems(),
}  # fmt: skip


@analysis(
    name="failure_prediction",
    version=1,
    title="Failures",
    sentence="When an answer will fail: from what, how early, and beyond which trivial signs.",
    rows=1,
    scope="set",
    small={
        "share": 0.5, "folds": 3, "components": 4, "trees": 3, "splits": 2, "top": 5,
        "walked": 4, "random_sets": 1, "permutations": 10, "bootstrap": 20, "points": "before",
        "problems": 10,
    },
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "states": Role("answer", "layer_states", given={"points": "all", "networks": "trained"}),
        "descent": Role("answer", "descent", of="states"),
        "properties": Role("answer", "problem_properties"),
        "dictionary": Role("answer", "dictionary", needed=False, apart=True),
        "activations": Role("answer", "activations", of="dictionary", needed=False),
        "spectrum": Role("answer", "hessian_spectrum", needed=False),
        "starts": Role("answer", "many_starts", needed=False),
    },
    parameters=PARAMETERS,
    variables=VARIABLES,
    dims=DECLARED_DIMS,
    figure="table",
    arithmetic="float64 predictions, float32 activations and walks",
)  # fmt: skip
def compute(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Prediction of failure from states, beside what is known anyway (docs/definitions.md §6.2).

    Args:
        gathered: states of all visited points, their descent, the properties of the problems; a
            dictionary that was learned on other problems, spectra and walks from other noises,
            where they are there.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.failure.analysis import failure_dataset

    return failure_dataset(gathered, parameters)
