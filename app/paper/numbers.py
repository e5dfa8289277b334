"""The numbers of the paper's tables and figures as files hold them: rows with labelled columns."""

import pandas as pd
import xarray as xr

from app.paper import rows
from app.paper.answers import ANALYSIS, PAIRED, Answer
from ired_interp_core import registry
from store import tables

LABELS = {
    "task": ("task", ""),
    "variant": ("variant of the problems", ""),
    "weights": ("digest of the model", ""),
    "card": ("model", ""),
    "source": ("where the answer lies", ""),
    "question": ("key of the question", ""),
    "problems": ("problems that every mean is taken over", "1"),
    "inner_steps": ("gradient steps per level", "1"),
    "steps": ("optimization steps, 10 levels × inner steps", "1"),
    "jump": ("whether each level begins with the denoising jump", ""),
    "clip": ("box ±c of the sampler, data frame", "y"),
    "changed": ("what of the official sampler is changed", ""),
    "published": ("MSE that the paper gives, NaN where it gives none", "y²"),
    "nearest": ("predictor that the model's answers are nearest to", ""),
    "computes_it": ("whether the model computes it", ""),
    "rival": ("best trivial predictor", ""),
    "rival_mse": ("MSE of the best trivial predictor", "y²"),
    "predictor": ("trivial predictor", ""),
    "predictor_mse": ("MSE of the trivial predictor", "y²"),
    "level": ("level t", "1"),
    "displacement": ("mean squared displacement of y*", "y²"),
    "direction": ("way in which the truth is displaced", ""),
    "below_truth": ("below the truth's energy with p < 0.05", ""),
    "rival_problems": ("problems that this predictor has answered", "1"),
    "paired_with": ("key of the answer that this one is held against", ""),
}
"""Column → what it is, unit; columns that the analysis declares describe themselves."""


def about(answer: Answer) -> dict[str, object]:
    """What tells an answer from others, as columns."""
    return {"task": answer.task, "variant": answer.variant, "weights": answer.model,
            "question": answer.key, "problems": answer.problems}  # fmt: skip


def labelled(table: pd.DataFrame) -> xr.Dataset:
    """A table as labelled arrays along its rows.

    Args:
        table: columns of numbers or texts.

    Returns:
        One variable for each column, with name and unit; texts that are not there are "".
    """
    declared = dict(registry.get(ANALYSIS).schema.variables)
    compared = registry.get(PAIRED).schema.variables
    declared |= {tables.paired_name(n): v for n, v in compared.items()}
    found = {}
    for name, column in table.items():
        if column.dtype.kind not in "iufb":
            column = column.fillna("").astype(str)
        attributes = declared[name].attributes() if name in declared else _attributes(str(name))
        found[str(name)] = ("row", column.to_numpy(), attributes)
    return xr.Dataset(found, {"row": range(len(table))})


def _attributes(name: str) -> dict[str, str]:
    """Name and unit of a column that stands in no declaration."""
    if name.startswith("baseline_"):
        long, unit = f"MSE of {rows.label(name.removeprefix('baseline_'))}", "y²"
    else:
        long, unit = LABELS[name]
    return {"long_name": long, **({"units": unit} if unit else {})}
