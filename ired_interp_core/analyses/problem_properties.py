"""Problems as matrices, their properties, and the error of every trivial baseline."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from ired_interp_core import tasks
from ired_interp_core.live import Live, Sizes
from ired_interp_core.records import Block
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import DIMS, Derived, Variable

MATRIX = ("row", "col")

VARIABLES = {
    "x": Variable(
        ("problem", "part", *MATRIX), "float32", "problem x", "y",
        "what the model is given: A (inverse), two summands (addition), entries with holes"
        " (completion)",
    ),
    "y_true": Variable(
        ("problem", *MATRIX), "float32", "true answer y*", "y", "the right answer", frame="data"
    ),
    "baseline_mse": Variable(
        ("problem", "baseline"), "float64", "baseline MSE", "y²",
        "mean squared error of a trivial predictor: no model error means anything without it",
        scalar=True,
    ),
    **{
        name: Variable(("problem",), "float64", p.label, p.unit, p.help, scalar=True, span=p.span)
        for name, p in tasks.PROPERTIES.items()
    },
}  # fmt: skip

BOX = 2.0
"""Bound of the official sampler's box, data frame: no answer lies outside."""


def _outside(answer: xr.Dataset) -> xr.DataArray:
    y = answer["y_true"]
    share = (abs(y) > BOX).mean(("row", "col"))
    return share.where(y.notnull().all(("row", "col")))


DERIVED = {
    "outside_box": Derived(
        Variable(
            ("problem",), "float64", "share of y* outside ±2", "1",
            "entries of the true answer that the official sampler's box cannot reach",
            scalar=True, span="share",
        ), ("y_true",), _outside,
    ),
}  # fmt: skip
"""What catalogs keep beside the declared scalars."""


def _seconds(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return 0.2 * (sizes.size / 20) ** 3  # fits of the predictors, once in the life of a process


def _memory(parameters: Mapping[str, Any], sizes: Sizes) -> float:
    return 8 * (1000 * sizes.n_in + 3 * sizes.n_in**2)  # problems of a fit, and its matrix


@analysis(
    name="problem_properties",
    version=1,
    title="Problem properties and baselines",
    sentence="What each problem looks like, and how well predictors that learned nothing solve it.",
    rows=256,
    inputs={"problems": Role("problems")},
    parameters={},
    variables=VARIABLES,
    derived=DERIVED,
    dims=(DIMS["baseline"].labelled(tasks.BASELINES, some=True),),
    figure="table",
    arithmetic="float64",
    live=Live(_seconds, _memory),
)
def compute(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Properties of the matrices and MSE of the baselines (docs/definitions.md §2.2).

    Args:
        block: rows of a problem set.
        parameters: none.

    Returns:
        The declared variables.
    """
    p, n = block.problems, block.problems.size
    predictors = tasks.baselines(p.task, p.variant, n)
    mse = [np.mean((b.predict(block.x) - block.y) ** 2, axis=1) for b in predictors]
    return xr.Dataset(
        {
            "x": (
                ("problem", "part", *MATRIX),
                block.x.reshape(block.count, -1, n, n).astype("f4"),
            ),
            "y_true": (("problem", *MATRIX), block.y.reshape(block.count, n, n).astype("f4")),
            "baseline_mse": (("problem", "baseline"), np.stack(mse, axis=1)),
            **{
                name: (("problem",), values)
                for name, values in tasks.properties(p.task, block.x, block.y).items()
            },
        },
        coords={"baseline": np.array([b.name for b in predictors])},
    )
