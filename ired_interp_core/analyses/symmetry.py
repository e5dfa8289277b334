"""Whether the answer follows when the problem is turned."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.dims import Dim
from ired_interp_core.geometry.names import TURNS
from ired_interp_core.live import DOUBLE, Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable, seed_of

LEVEL, MATRIX = ("problem", "level"), ("row", "col")


def _apart(words: str, where: str = "") -> Variable:
    return Variable(
        LEVEL, "float64", f"distance under {words}", "y",
        "rms distance of the answer to the turned problem, turned back, from the answer; root mean"
        f" square over draws{where}", "data", scalar=True,
    )  # fmt: skip


VARIABLES = {
    "permutation_distance": _apart("A → PAPᵀ"),
    "rotation_distance": _apart("A → QAQᵀ", "; completion has no such symmetry"),
    "transpose_distance": _apart("A → Aᵀ", "; NaN where x is symmetric"),
    "scale_distance": _apart("A → cA", "; completion has no such symmetry"),
    "sum_distance": _apart("(A, B) → (A + C, B − C)", "; addition only"),
    "error": Variable(
        LEVEL, "float64", "rms error of ŷ_t", "y", "what every distance stands beside", "data",
        scalar=True,
    ),
    "rounding": Variable(
        LEVEL, "float64", "rounding of the sampler", "y",
        "rms distance of the answer in float64 from that in float32", "data", scalar=True,
    ),
    "walked": Variable(
        (*LEVEL, *MATRIX), "float32", "ŷ_t in float64", "y", "of the problem as it is", "data"
    ),
    "turned_back": Variable(
        ("problem", "turn", "level", *MATRIX), "float32", "ŷ_t turned back", "y",
        "answer to the turned problem, turned back; of the first draw", "data",
    ),
    "turned_problem": Variable(
        ("problem", "turn", "part", *MATRIX), "float32", "turned problem", "y",
        "what the model is given instead of x; of the first draw",
    ),
}  # fmt: skip


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return DOUBLE * sizes.look(70 * (1 + 5 * parameters["draws"]))


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    walked = 1 + 5 * parameters["draws"]
    return 8 * (sizes.weights + walked * (70 * 3 * sizes.d + 20 * sizes.width))


@analysis(
    name="symmetry",
    version=1,
    title="Symmetry audit",
    sentence="Whether answers follow when the problem is permuted, rotated, transposed or scaled.",
    rows=16,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "descent": Role("answer", "descent"),
    },
    parameters={
        "draws": Parameter(int, 2, "random turns of each kind", minimum=1, maximum=32),
        "factor": Parameter(float, 1.25, "factor c of the scale", minimum=0.01, maximum=100.0),
        "seed": seed_of("of permutations, rotations and summands"),
    },
    variables=VARIABLES,
    dims=(Dim("turn", "what is done to the problem", "VARCHAR", "whole", TURNS),),
    figure="lines",
    arithmetic="float64",
    live=Live(_seconds, _memory),
)
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Answers to turned problems, turned back, beside the error (docs/definitions.md §6.5).

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.geometry.symmetries import symmetry_dataset

    return symmetry_dataset(block, parameters)
