"""The minima of every level, and who falls into them."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.dims import Dim
from ired_interp_core.live import DOUBLE, Live, Sizes
from ired_interp_core.minima.names import KINDS, STATUSES
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schedule import VARIABLES as SCHEDULE
from ired_interp_core.schema import LEVELS, Parameter, Variable, seed_of

LEVEL = ("problem", "level")
BASIN = (*LEVEL, "basin")
KIND = (*LEVEL, "start_kind")
BASINS = Dim("basin", "number of the basin: 0 is the truth's, others in order of birth")


def _of(dims: tuple[str, ...]) -> Any:
    def declare(
        label: str, unit: str, help: str, frame: Any = "", dtype: str = "float64", **more: Any
    ) -> Variable:
        return Variable(dims, dtype, label, unit, help, frame, **more)

    return declare


_problem, _level, _basin, _kind = _of(("problem",)), _of(LEVEL), _of(BASIN), _of(KIND)

VARIABLES = {
    "minima": _level(
        "minima", "1", "distinct minima found at the level, by starts of every kind", scalar=True
    ),
    "minima_tolerance": Variable(
        (*LEVEL, "tolerance"), "int32", "minima at other tolerances", "1",
        "distinct minima where the tolerances of energy and distance are ÷10, as stated, ×10",
    ),
    "unseen_bound": _level(
        "share of starts in unseen basins, at most", "1",
        "with 95 % confidence, largest of the drawn kinds of start; 1 where none has arrived",
        scalar=True, span="share",
    ),
    "lowest_energy": _level("lowest E_t of the minima", "E", "of those found", scalar=True),
    "lowest_above_truth": _level(
        "lowest E_t of the minima, less that of the truth's basin", "E",
        "0 where the truth's basin is the deepest that was found, else below 0", scalar=True,
    ),
    "in_deepest": _level(
        "answer in the deepest basin", "1",
        "1 where ŷ_t falls into the lowest minimum found, 0 where into another one",
        scalar=True, span="share",
    ),
    "answer_basin": _level(
        "basin of the answer", "1", "number of the basin that ŷ_t falls into; −1: in none that is"
        " kept", dtype="int16",
    ),
    "left_out": _level("basins left out", "1", "found, and beyond those kept", dtype="int32"),
    "pointing": _level(
        "cos(−∇E, minimum − ỹ), noised truth", "1",
        "mean over noised truths of the cosine with the way to the minimum that it falls into",
        scalar=True, span="signed",
    ),
    "pointing_truth": _level(
        "cos(−∇E, √ᾱ y* − ỹ), noised truth", "1",
        "mean over the noised truths of the cosine with the way to the truth",
        scalar=True, span="signed",
    ),
    "asymptotic_alignment": _problem(
        "asymptotic alignment", "1",
        "mean over t = 2, 1, 0 of the cosine between the level's displacement and the way from its"
        " start to the minimum that ŷ_t falls into, data frame", scalar=True, span="signed",
    ),
    "asymptotic_other": _problem(
        "asymptotic alignment, another problem's minimum", "1",
        "the same with the truth's minimum of another problem: its control", scalar=True,
        span="signed",
    ),
    "compared": _level(
        "starts compared", "1", "starts that L-BFGS was given as well", dtype="int32"
    ),
    "compared_alike": _level(
        "L-BFGS ends alike", "1",
        "starts from which L-BFGS ends in the basin into which small steps fall", dtype="int32",
    ),
    "energy": _basin("E_t of the minimum", "E", "at the minimum; NaN: no such basin at the level"),
    "above_truth": _basin("E_t less the truth's basin", "E", "below 0: lower than the truth's"),
    "status": _basin(
        "status", "1", "whether ‖∇E‖ came to the tolerance, to rounding, or to neither",
        dtype="int8", flags=STATUSES,
    ),
    "gradient_norm": _basin("‖∇E‖", "E/ỹ", "at the minimum, float64", "level"),
    "index": _basin(
        "index", "1", "directions with λ < −τ, τ = 10⁻⁶·max|λ|; −1: no such basin", dtype="int16"
    ),
    "flat": _basin(
        "flat directions", "1",
        "with |λ| ≤ τ: along them the position is not determined; −1: no such basin",
        dtype="int16",
    ),
    "smallest_eigenvalue": _basin("min λ", "E/ỹ²", "at the minimum", "level"),
    "largest_eigenvalue": _basin("max λ", "E/ỹ²", "at the minimum", "level"),
    "mse": _basin("MSE of the minimum", "y²", "to the truth", "data"),
    "distance_answer": _basin(
        "distance to ŷ_t", "y", "root mean square over the entries", "data"
    ),
    "outside": _basin(
        "entries outside the box", "1", "with |y| > c; −1: no such basin", dtype="int32"
    ),
    "born": Variable(
        ("problem", "basin"), "int8", "born at", "1",
        "highest level at which the basin was found; −1: no such basin",
    ),
    "ended": Variable(
        ("problem", "basin"), "int8", "ended at", "1",
        "lowest level at which the basin was found; −1: no such basin",
    ),
    "basin_below": _basin(
        "basin at t − 1", "1", "into which it falls at the next lower level; −1: none kept",
        dtype="int16",
    ),
    "basin_above": _basin(
        "basin at t + 1", "1",
        "into which it falls at the next higher level; −1: none kept", dtype="int16",
    ),
    "eigenvalue_spectrum": Variable(
        (*BASIN, "eigenvalue"), "float32", "eigenvalue λ", "E/ỹ²",
        "all eigenvalues of ∇²_ỹE at the minimum, ascending", "level",
    ),
    "point": Variable(
        (*BASIN, "row", "col"), "float64", "minimum", "y", "the minimum, divided by √ᾱ_t", "data"
    ),
    "fell": Variable(
        (*KIND, "basin"), "int32", "starts that fell there", "1",
        "starts of the kind that small steps lead into the basin",
    ),
    "starts": _kind("starts", "1", "of the kind", dtype="int32"),
    "fell_elsewhere": _kind(
        "starts in basins left out", "1", "in minima beyond those kept", dtype="int32"
    ),
    "unfinished": _kind(
        "starts not converged", "1", "whose steps ran out: in no basin", dtype="int32"
    ),
    "at_saddle": _kind(
        "starts at a saddle", "1", "came to rest at a point with λ < −τ: in no basin",
        dtype="int32",
    ),
    "diverged": _kind("starts that diverged", "1", "left the numbers", dtype="int32"),
    "bound": _kind(
        "share of starts in unseen basins, at most", "1",
        "95 % bound for this kind of start; NaN for kinds that are not drawn", span="share",
    ),
    "good_turing": _kind(
        "share of starts in unseen basins, estimated", "1",
        "Good–Turing: starts that are alone in their basin, over all that arrived", span="share",
    ),
    **SCHEDULE,
}  # fmt: skip


FALL, REFINED = 150, 60
"""Looks of a start until it has arrived; Hessians of a problem, of all its minima together."""


def _falls(parameters: Mapping[str, Any]) -> int:
    return LEVELS * (3 * parameters["starts"] + parameters["states"] + parameters["others"])


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    exact = DOUBLE * REFINED * (sizes.hessians(1) + sizes.spectra(1))
    return sizes.look(FALL * _falls(parameters)) + exact


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    states = _falls(parameters) * (40 * sizes.d + 80 * sizes.width)
    return states + 12 * LEVELS * parameters["basins"] * sizes.d + 100 * sizes.d**2


@analysis(
    name="minima",
    version=1,
    title="Minima",
    sentence="How many minima a level has, how sure that is, and who falls into which.",
    rows=8,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "descent": Role("answer", "descent"),
    },
    parameters={
        "starts": Parameter(
            int, 4, "starts of each drawn kind and level, at most; 59 in one basin bound the unseen"
            " ones by 5 %", minimum=1, maximum=4096,
        ),
        "bound": Parameter(
            float, 0.05, "bound on unseen basins at which no more starts of a kind are drawn",
            minimum=1e-4, maximum=1.0,
        ),
        "states": Parameter(
            int, 2, "states of the sampler at each level, the last ones", minimum=1, maximum=1001
        ),
        "others": Parameter(int, 2, "answers of other problems", minimum=1, maximum=1024),
        "compared": Parameter(
            int, 1, "starts of each drawn kind and level that L-BFGS is given as well", minimum=0,
            maximum=4096,
        ),
        "steps": Parameter(int, 2048, "small steps of a start, at most", minimum=16, maximum=10**6),
        "refinements": Parameter(
            int, 256, "points of a level that are refined by Newton's method, at most", minimum=1,
            maximum=10**6,
        ),
        "basins": Parameter(int, 8, "basins kept, the truth's first", minimum=1, maximum=1024),
        "clip": Parameter(float, 2.0, "box ±c of the answer", minimum=1e-6, maximum=1e9),
        "seed": seed_of("of the starts"),
    },
    variables=VARIABLES,
    dims=(
        BASINS,
        Dim("start_kind", "kind of start", "VARCHAR", "whole", KINDS),
        Dim("tolerance", "factor of the tolerances", "DOUBLE", "whole", (0.1, 1.0, 10.0)),
    ),
    figure="lines",
    arithmetic="float32 steps, float64 minima",
    live=Live(_seconds, _memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Let starts of every kind fall, and describe where they end (docs/definitions.md §4).

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.minima.analysis import minima_dataset

    return minima_dataset(block, parameters)
