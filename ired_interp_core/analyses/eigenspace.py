"""Where the stiffest and softest eigenvectors lie, and how they turn from level to level."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.curvature.names import ENDS, SUBSPACES
from ired_interp_core.live import Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import DIMS, Parameter, Variable, seed_of

POINT = ("problem", "level", "place", "end")

VARIABLES = {
    "alignment": Variable(
        (*POINT, "subspace"), "float32", "alignment ‖P_S V_k‖²/k", "1",
        "share of the k eigenvectors that lies in a named subspace; NaN where the task has none",
    ),
    "alignment_first": Variable(
        (*POINT, "subspace"), "float32", "alignment of the outermost eigenvector", "1",
        "the same of the stiffest (top) and of the softest (bottom) direction alone",
    ),
    "alignment_break": Variable(
        (*POINT, "subspace"), "float32", "alignment on either side of the break", "1",
        "the same of all eigenvectors above (top) and below (bottom) the widest gap that leaves a"
        " twentieth of all on either side",
    ),
    "alignment_random": Variable(
        ("problem", "subspace"), "float32", "alignment of a random space", "1",
        "dim S/d: what k random directions would give",
    ),
    "gap": Variable(
        POINT, "float32", "relative gap at k", "1",
        "|λ_k − λ_{k+1}|/|λ_k|: below the eigenvalue error the k vectors are not determined",
    ),
    "resolved": Variable(
        POINT, "int8", "resolved", "1", "whether the gap at k exceeds the eigenvalue error",
        flags=("degenerate", "resolved"),
    ),
    "angle_level": Variable(
        (*POINT, "vector"), "float32", "principal angles to t − 1", "rad",
        "between the eigenspaces of level t and t − 1 at the same place, ascending; NaN at t = 0",
    ),
    "angle_place": Variable(
        (*POINT, "vector"), "float32", "principal angles to the answer's", "rad",
        "between the eigenspace of a place and that of the answer at the same level, ascending",
    ),
}  # fmt: skip


POINTS = 40
"""Four places of ten levels."""


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return sizes.hessians(POINTS) + sizes.spectra(5 * POINTS)  # vectors, and their alignments


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    w, k = sizes.width, min(sizes.width, sizes.d)
    vectors = 2 * POINTS * parameters["k"] * sizes.d
    return 4 * (POINTS * k * k + 2 * (3 * w * k + w * w) + 4 * k * k) + 12 * vectors


@analysis(
    name="eigenspace",
    version=2,
    title="Eigenspaces",
    sentence="Which structure the stiff and soft directions have, and when they turn.",
    rows=16,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "descent": Role("answer", "descent"),
    },
    parameters={
        "k": Parameter(int, 10, "eigenvectors at each end", minimum=1, maximum=100),
        "rank": Parameter(
            int,
            10,
            "rank of the tangent space; that of the completion task",
            minimum=1,
            maximum=256,
        ),
        "seed": seed_of("of the noise of the noised truth"),
    },
    variables=VARIABLES,
    dims=(DIMS["end"].labelled(ENDS), DIMS["subspace"].labelled(SUBSPACES)),
    figure="lines",
    arithmetic="float32 Hessians, float64 angles",
    live=Live(_seconds, _memory),
)
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Eigenvectors at both ends, their alignments and angles (docs/definitions.md §3.3).

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.curvature.eigenspaces import eigenspace_dataset

    return eigenspace_dataset(block, parameters)
