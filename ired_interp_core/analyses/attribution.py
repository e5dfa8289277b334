"""Which entries of x and y carry the energy, and which carry the final error."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.dims import Dim
from ired_interp_core.geometry.names import CHOSEN, COUNTS, GROUPS, METHODS
from ired_interp_core.live import DOUBLE, Live, Sizes
from ired_interp_core.probing.names import NETWORKS
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import DIMS, LEVELS, Parameter, Variable, seed_of

MATRIX = ("row", "col")
GROUPED = ("problem", "network", "approach", "group")

DIMENSIONS = (
    DIMS["network"].labelled(NETWORKS),
    Dim("approach", "way of attributing, with its baseline", "VARCHAR", "whole", METHODS),
    Dim("other_approach", "the way that it is compared with", "VARCHAR", "whole", METHODS),
    Dim("group", "entries of a matrix", "VARCHAR", "whole", GROUPS),
    Dim("chosen", "how the disturbed entries were chosen", "VARCHAR", "whole", CHOSEN),
    Dim("count", "number of disturbed entries", "DOUBLE", "whole", tuple(map(float, COUNTS))),
)  # fmt: skip


def _ratio(label: str, words: str) -> Variable:
    return Variable(("problem",), "float64", label, "1", words, scalar=True)


def _moved(words: str) -> Variable:
    return Variable(
        ("problem",), "float64", f"‖Δŷ‖, {words}", "y",
        "how far the answer moves when 20 entries of x are moved by one amount", "data",
        scalar=True,
    )  # fmt: skip


VARIABLES = {
    "attribution_x": Variable(
        ("problem", "approach", "part", *MATRIX), "float32", "attribution of E to x", "E",
        "integrated gradients, or gradients times the distance from zero; 0 by construction where x"
        " equals the baseline",
    ),
    "attribution_y": Variable(
        ("problem", "approach", *MATRIX), "float32", "attribution of E to y", "E",
        "of the same path, in (x, ỹ) together",
    ),
    "energy_change": Variable(
        ("problem", "approach"), "float64", "E − E(baseline)", "E",
        "what the attributions to x and y add up to; integrated gradients alone",
    ),
    "energy_gaps": Variable(
        ("problem", "approach"), "float64", "completeness gap", "1",
        "|sum of attributions − change|/|change|",
    ),
    "energy_gap": Variable(
        ("problem",), "float64", "completeness gap of E", "1",
        "|sum of attributions − change|/|change|, from zero", scalar=True,
    ),
    "by_construction": Variable(
        ("problem", "approach"), "float64", "share of x that equals the baseline", "1",
        "these entries get 0 whatever the model is, and enter no mean", span="share",
    ),
    "mean_x": Variable(
        GROUPED, "float64", "mean |attribution| to x", "E",
        "per entry of a group, those apart that equal the baseline",
    ),
    "mean_y": Variable(GROUPED, "float64", "mean |attribution| to y", "E", "per entry of a group"),
    "size_x": Variable(
        ("problem", "group"), "float64", "mean |x|", "y", "per entry of a group that is not 0:"
        " attribution from zero grows with the size of an entry",
    ),
    "size_y": Variable(
        ("problem", "group"), "float64", "mean |ŷ_t|", "y", "per entry of a group", "data"
    ),
    "off_on_x": _ratio("attribution to x, off over on the diagonal",
                       "ratio of means per entry, integrated from zero"),
    "off_on_untrained": _ratio("the same of an untrained network", "what the shape alone does"),
    "off_on_size": _ratio("|x|, off over on the diagonal", "what the size of entries alone does"),
    "on_off_y": _ratio("attribution to y, on over off the diagonal",
                       "ratio of means per entry, integrated from zero"),
    "on_off_untrained": _ratio("the same of an untrained network, y", "what the shape alone does"),
    "on_off_size": _ratio("|ŷ_t|, on over off the diagonal", "what the size of entries alone does"),
    "agreement": Variable(
        ("problem", "approach", "other_approach"), "float32", "agreement of methods", "1",
        "Spearman over the entries of x and y", span="signed",
    ),
    "error_attribution": Variable(
        ("problem", "part", *MATRIX), "float32", "attribution of the error to x", "y²",
        "of the final MSE, with the walk's clamps and accept decisions held fast", "data",
    ),
    "error_change": Variable(
        ("problem",), "float64", "change of the error along the path", "y²",
        "MSE − MSE(baseline), decisions held fast", "data",
    ),
    "error_gap": Variable(
        ("problem",), "float64", "completeness gap of the error", "1",
        "|sum of attributions − change|/|change|, decisions held fast", scalar=True,
    ),
    "error_true_gap": Variable(
        ("problem",), "float64", "gap to the true change of the error", "1",
        "the same with the change of the error of two real walks", scalar=True,
    ),
    "off_on_error": _ratio("attribution of the error, off over on the diagonal",
                           "ratio of means per entry of x"),
    "disturbance": Variable(
        ("problem", "chosen", "count"), "float64", "‖Δŷ‖ of a disturbance", "y",
        "how far the answer moves when entries of x are moved by one amount", "data",
    ),
    "moved_attribution": _moved("entries of largest attribution"),
    "moved_size": _moved("largest entries"),
    "moved_random": _moved("random entries"),
}  # fmt: skip


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    looks = 2 * (3 * parameters["nodes"] + parameters["samples"]) + 30 * 60
    walked = 60 * 8 * parameters["error_nodes"]  # each differentiated twice
    return DOUBLE * sizes.look(looks + walked)


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return 8 * (3 * sizes.weights + 8 * 70 * 60 * sizes.width + 40 * sizes.n_in * 30)


@analysis(
    name="attribution",
    version=2,
    title="Attribution",
    sentence="Which entries of problem and answer carry the energy, and which carry the error.",
    rows=8,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "descent": Role("answer", "descent"),
    },
    parameters={
        "level": Parameter(
            int, 0, "level t of the energy and of the answer", minimum=0, maximum=LEVELS - 1
        ),
        "nodes": Parameter(int, 32, "Gauss–Legendre nodes of E", minimum=1, maximum=512),
        "samples": Parameter(int, 16, "noisy points of SmoothGrad", minimum=1, maximum=256),
        "baseline": Parameter(
            str, "mean", "where the path of the error begins",
            choices={"zero": "zero", "mean": "mean problem", "noise": "noise"},
        ),
        "error_nodes": Parameter(
            int, 8, "Gauss–Legendre nodes of the error; 0: none", minimum=0, maximum=128
        ),
        "amount": Parameter(
            float, 0.3, "by how much entries are moved, over the rms of x", minimum=1e-4,
            maximum=10.0,
        ),
        "seed": seed_of("of noise, signs and the untrained network"),
    },
    variables=VARIABLES,
    dims=DIMENSIONS,
    figure="matrix",
    arithmetic="float64",
    live=Live(_seconds, _memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Attributions of E and of the final error, and their test (docs/definitions.md §6.3).

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.geometry.attributed import attribution_dataset

    return attribution_dataset(block, parameters, VARIABLES)
