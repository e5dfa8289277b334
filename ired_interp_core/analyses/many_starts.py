"""The sampler from many starting noises: whether it ends at the stored answer, or elsewhere."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.analyses import descent
from ired_interp_core.dims import Dim
from ired_interp_core.live import Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable, seed_of

EACH = ("problem",)
START = ("problem", "start")
STEP = (*START, "level", "step")


def _one(label: str, unit: str, help: str, frame: Any = "", span: Any = "") -> Variable:
    return Variable(EACH, "float64", label, unit, help, frame, scalar=True, span=span)


VARIABLES = {
    "step_energy": Variable(
        STEP, "float32", "energy E_t", "E", "energy after each step, on its own level's landscape"
    ),
    "step_mse": Variable(
        STEP, "float32", "MSE", "y²", "error of the state after each step", frame="data"
    ),
    "answer": Variable(
        (*START, "row", "col"), "float32", "answer ŷ", "y",
        "final answer from each start, divided by √ᾱ_0", frame="data",
    ),
    "mse_final": Variable(
        START, "float64", "MSE of ŷ", "y²", "error of the final answer from each start",
        frame="data",
    ),
    "energy_final": Variable(START, "float64", "E_0(ŷ)", "E", "energy at each final answer"),
    "distance": Variable(
        START, "float64", "distance to the stored answer", "y",
        "root mean square over the entries of ŷ less the stored descent's ŷ", frame="data",
    ),
    "cluster": Variable(
        START, "int16", "end", "1",
        "ends within the tolerance of each other, step by step, are one: 0 is the most frequent;"
        " −1: the walk left the numbers",
    ),
    "ends": _one("ends", "1", "how many distinct ends were seen"),
    "at_stored": _one(
        "starts that end at the stored answer", "1",
        "how many final answers are within the tolerance of the stored descent's",
    ),
    "furthest": _one(
        "largest distance to the stored answer", "y",
        "of the final answers, root mean square over the entries", "data",
    ),
    "energy_lowest": _one("lowest E_0(ŷ)", "E", "of the final answers"),
    "energy_stored": _one("E_0(ŷ), stored", "E", "energy at the stored descent's answer"),
    "unseen_share": _one(
        "share of starts with an unseen end, at most", "1",
        "1 − 0.05^(1/n): where all n starts end at the stored answer, the share of starts that end"
        " elsewhere is below it with 95 % confidence; NaN where some end elsewhere", span="share",
    ),
}  # fmt: skip


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    batches = -(-parameters["starts"] // descent.BATCH)
    return batches * sizes.look(descent.BATCH * 10 * (2 + parameters["inner_steps"]))


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    states = 10 * (1 + parameters["inner_steps"]) * descent.BATCH
    ends = 12 * parameters["starts"] * sizes.d + 16 * parameters["starts"] ** 2
    return 40 * states * sizes.d + 80 * descent.BATCH * sizes.width + 8 * sizes.weights + ends


@analysis(
    name="many_starts",
    version=1,
    title="Many starts",
    sentence="Whether the sampler ends at one answer, whichever noise it starts from.",
    rows=16,
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "descent": Role("answer", "descent"),
    },
    parameters={
        "starts": Parameter(int, 32, "starting noises", minimum=2, maximum=1024),
        **descent.SAMPLER,
        "tolerance": Parameter(
            float, 1e-3, "two ends are one within this root mean square over the entries; rounding"
            " in the sampler moves an answer by some 10⁻⁴", minimum=0.0, maximum=1e3,
        ),
        "seed": seed_of("of the starting noises"),
    },
    variables=VARIABLES,
    dims=(Dim("start", "starting noise, by its number"),),
    figure="lines",
    arithmetic="float32 walks, float64 distances and energies of the answers",
    live=Live(_seconds, _memory),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Walk down from many seeded noises, and tell the ends apart (docs/definitions.md §1.7).

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.landscape.walks import many_starts_dataset

    return many_starts_dataset(block, parameters)
