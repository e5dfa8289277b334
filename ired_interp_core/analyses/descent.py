"""The official sampler step by step, its answers, and the minimum each answer lies in."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core import tasks
from ired_interp_core.live import DOUBLE, Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schedule import VARIABLES as SCHEDULE
from ired_interp_core.schema import DIMS, Derived, Parameter, Variable, seed_of

MATRIX = ("row", "col")
LEVEL = ("problem", "level")
STEP = ("problem", "level", "step")

ACCEPTANCE = ("not_proposed", "rejected", "accepted", "unchanged")
"""`unchanged`: the proposal is the state itself, mostly since the clamp undid it, so that accepting
it means nothing."""
DECISION = ("decided", "undecided")
POLISH = ("converged", "stalled", "out_of_iterations")

VARIABLES = {
    "start": Variable(
        ("problem", *MATRIX), "float32", "starting noise", "y",
        "seeded standard normal numbers: ỹ before the first jump, at t = 9", frame="level",
    ),
    "trajectory": Variable(
        (*STEP, *MATRIX), "float32", "y on the way", "y",
        "state after every step of every level, divided by √ᾱ_t", frame="data",
    ),
    "answer": Variable(
        (*LEVEL, *MATRIX), "float32", "answer ŷ_t", "y",
        "the sampler's state at the end of level t, divided by √ᾱ_t; not a minimiser", frame="data",
    ),
    "answer_official": Variable(
        ("problem", *MATRIX), "float32", "official answer", "y",
        "what the official sample() returns: the last state, not divided by √ᾱ_0", frame="level",
    ),
    "minimum": Variable(
        (*LEVEL, *MATRIX), "float32", "minimum", "y",
        "ŷ_t polished by L-BFGS on E_t, without the clamp", frame="data",
    ),
    "step_energy": Variable(
        STEP, "float32", "energy E_t", "E", "energy after each step, on its own level's landscape"
    ),
    "step_gradient_norm": Variable(
        STEP, "float32", "‖∇E‖", "E/ỹ", "norm of the gradient after each step", frame="level"
    ),
    "step_mse": Variable(
        STEP, "float32", "MSE", "y²", "error of the state after each step", frame="data"
    ),
    "step_clamped": Variable(
        STEP, "float32", "clamped share", "1",
        "share of entries that lie on the box ±c√ᾱ_t, or beyond it before the first clamp",
    ),
    "step_accepted": Variable(
        STEP, "int8", "acceptance", "1",
        "fate of the proposal, as it was: step 0 is the jump and is never judged",
        flags=ACCEPTANCE,
    ),
    "step_undecided": Variable(
        STEP, "int8", "undecided", "1",
        "whether rounding chose the fate: |E' − E| < 8 ulp of E in the walk's arithmetic; an"
        " unchanged state and the jump leave nothing to decide", flags=DECISION,
    ),
    "step_cosine_to_minimum": Variable(
        STEP, "float32", "cos(−∇E, minimum − ỹ)", "1",
        "whether the descent direction after each step points to the minimum of the level; NaN"
        " without polishing, and at the minimum itself",
    ),
    "step_cosine_to_truth": Variable(
        STEP, "float32", "cos(−∇E, √ᾱ y* − ỹ)", "1",
        "whether the descent direction after each step points to the truth",
    ),
    "mse": Variable(
        LEVEL, "float64", "MSE of ŷ_t", "y²", "error of the answer of level t (divided by √ᾱ_t)",
        frame="data", scalar=True,
    ),
    "energy_answer": Variable(
        LEVEL, "float64", "E_t(ŷ_t)", "E", "energy at the answer of the level", scalar=True
    ),
    "energy_truth": Variable(
        LEVEL, "float64", "E_t(y*)", "E",
        "energy at the true answer; above E_t(ŷ_t) the model prefers a wrong answer", scalar=True,
    ),
    "gradient_norm_answer": Variable(
        LEVEL, "float64", "‖∇E‖ at ŷ_t", "E/ỹ", "gradient left at the answer", "level", scalar=True
    ),
    "accepted_share": Variable(
        LEVEL, "float64", "accepted share", "1",
        "inner steps that were accepted and moved the state, undecided ones too", scalar=True,
        span="share",
    ),
    "unchanged_share": Variable(
        LEVEL, "float64", "unchanged share", "1",
        "inner steps whose proposal was the state itself: undone by the clamp, or below the last"
        " bit", scalar=True, span="share",
    ),
    "undecided_share": Variable(
        LEVEL, "float64", "undecided share", "1",
        "inner steps accepted or rejected on |E' − E| < 8 ulp of E, that is by rounding",
        scalar=True, span="share",
    ),
    "decided_accepted_share": Variable(
        LEVEL, "float64", "decided accepted share", "1",
        "inner steps accepted on more than rounding", scalar=True, span="share",
    ),
    "decided_rejected_share": Variable(
        LEVEL, "float64", "decided rejected share", "1",
        "inner steps rejected on more than rounding; with the decided accepted, undecided and"
        " unchanged share 1", scalar=True, span="share",
    ),
    "minimum_energy": Variable(
        LEVEL, "float64", "E_t(minimum)", "E", "energy at the polished minimum", scalar=True
    ),
    "minimum_gradient_norm": Variable(
        LEVEL, "float64", "‖∇E‖ at minimum", "E/ỹ", "gradient left after polishing", "level",
        scalar=True,
    ),
    "minimum_distance": Variable(
        LEVEL, "float64", "‖minimum − ŷ_t‖", "y", "how far polishing moved the answer", "data",
        scalar=True,
    ),
    "minimum_mse": Variable(
        LEVEL, "float64", "MSE of minimum", "y²", "error of the polished minimum", "data",
        scalar=True,
    ),
    "minimum_status": Variable(
        LEVEL, "int8", "polish status", "1",
        "how L-BFGS ended; converged: no entry of ∇E above 10⁻⁷, so a stationary point, which the"
        " least eigenvalue there (hessian_spectrum, place minimum) tells from a saddle",
        flags=POLISH,
    ),
    "minimum_in_box": Variable(
        LEVEL, "float64", "minimum in the box", "1",
        "1 if all entries of the minimum lie within ±c, where the sampler can go; else 0",
        scalar=True, span="share",
    ),
    "mse_final": Variable(
        ("problem",), "float64", "MSE of ŷ", "y²",
        "error of the final answer, divided by √ᾱ_0", frame="data", scalar=True, diverges=True,
    ),
    "mse_official": Variable(
        ("problem",), "float64", "MSE, official", "y²",
        "error as the official code measures it: the last state is not divided by √ᾱ_0",
        scalar=True,
    ),
    "inverse_residual": Variable(
        ("problem",), "float64", "‖AŶ − I‖/√n", "1",
        "inverse only: how far the answer is from inverting A; NaN on other tasks", scalar=True,
    ),
    "mse_to_baseline": Variable(
        ("problem", "baseline"), "float64", "MSE to baseline's answer", "y²",
        "distance of the final answer from a trivial predictor's: small if the model computes it",
        frame="data", scalar=True,
    ),
    **SCHEDULE,
}  # fmt: skip

SAMPLER = {
    "clip": Parameter(
        float, 2.0, "box ±c in the data frame; official: 2", minimum=1e-3, maximum=1e6
    ),
    "inner_steps": Parameter(
        int, 5, "gradient steps per level; official: 5", minimum=0, maximum=1000
    ),
    "jump": Parameter(
        bool, True, "whether each level begins with the denoising jump; official: yes"
    ),
}
"""How the official sampler is run."""


def _drift(answer: xr.Dataset) -> xr.DataArray:
    y = answer["answer"].sortby("level").astype(float)
    moved = y - y.shift(level=-1)
    return (moved**2).sum(("row", "col"), skipna=False) ** 0.5


DERIVED = {
    "drift": Derived(
        Variable(
            ("problem", "level"), "float64", "drift ‖ŷ_t − ŷ_{t+1}‖", "y",
            "distance between the answers of successive levels; none at the first", "data",
            scalar=True,
        ), ("answer",), _drift,
    ),
}  # fmt: skip
"""What catalogs keep beside the declared scalars."""


BATCH = 32
"""Rows walked together, and evaluated together while they are polished."""
TYPICAL_POLISH = 40
"""Iterations until a minimum of a trained model is reached; one that stalls takes all."""


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    walked = 10 * (2 + parameters["inner_steps"])
    polished = min(parameters["polish_iterations"], TYPICAL_POLISH)
    energies = 20  # at the truth and the answer of ten levels
    return sizes.look(BATCH * (walked + DOUBLE * (polished + energies)))


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    kept = 10 * (1 + parameters["inner_steps"]) * BATCH * sizes.d
    return 40 * kept + 80 * BATCH * sizes.width + 8 * sizes.weights  # states, looks, float64 copy


@analysis(
    name="descent",
    version=2,
    title="Descent",
    sentence="How the sampler walks down ten landscapes, what it accepts, and where it ends.",
    rows=64,
    inputs={"model": Role("model"), "problems": Role("problems")},
    parameters={
        **SAMPLER,
        "seed": seed_of("of the starting noise"),
        "polish_iterations": Parameter(
            int, 300, "L-BFGS steps from ŷ_t to the minimum at most", minimum=0, maximum=100_000
        ),
    },
    variables=VARIABLES,
    derived=DERIVED,
    dims=(DIMS["baseline"].labelled(tasks.BASELINES, some=True),),
    figure="lines",
    arithmetic="float32 walk, float64 minima and energies at answers",
    live=Live(_seconds, _memory, together=BATCH),
)  # fmt: skip
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Run the sampler from seeded noise and polish each level's answer (docs/definitions.md §1.7).

    Args:
        block: rows and a model.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.descent_record import descent_dataset

    return descent_dataset(block, parameters)
