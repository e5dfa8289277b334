"""Entries of a problem and its truth, each beside what is attributed to it, level by level."""

import numpy as np
import xarray as xr

from app.landscape.figures.matrices import Look, axes, heatmap
from app.shared.drawing.levels import LEVEL_ORDER, Levels, Trace
from ired_interp_core.spelling import number

QUANTILE = 0.98
"""Of |attribution|: the end of its colours."""


def figure(matrices: xr.Dataset) -> Levels:
    """Draw x, its attribution, y* and its attribution side by side.

    Args:
        matrices: `x`, `truth`, `attribution_x` and, where there is one, `attribution_y`.

    Returns:
        The figure; every level has its own colours of attributions.
    """
    parts = matrices["part"].values.tolist()
    truth = _end(matrices["truth"].values, 1.0)
    given = [(f"{name} ±{number(end)}", values, end)
             for name, values in zip(parts, matrices["x"].values, strict=True)
             for end in (_end(values, 1.0),)]  # fmt: skip
    if "attribution_y" in matrices:
        given.append((f"truth y* ±{number(truth)}", matrices["truth"].values, truth))
    shared = [heatmap(values, 2 * k + 1, name, Look("entry", end))
              for k, (name, values, end) in enumerate(given)]  # fmt: skip
    levels, heads = [], []
    for i in range(len(LEVEL_ORDER)):
        own = list(matrices["attribution_x"].values[i])
        if "attribution_y" in matrices:
            own.append(matrices["attribution_y"].values[i])
        drawn: list[Trace] = []
        told = []
        for k, values in enumerate(own):
            end = _end(values, QUANTILE)
            known = np.isfinite(values).any()
            told += [given[k][0], f"attribution ±{number(end)}" if known else "attribution"]
            drawn.append(heatmap(values, 2 * k + 2, "attribution", Look("entry", end)))
        levels.append(drawn)
        heads.append(told)
    layout = axes(heads[0], matrices.sizes["row"])
    layout["margin"] = {**layout["margin"], "r": 8}
    places = layout.pop("annotations")
    layouts = [
        {"annotations": [{**one, "text": text} for one, text in zip(places, told, strict=True)]}
        for told in heads
    ]
    return Levels(layout, shared=shared, levels=levels, layouts=layouts)


def _end(values: np.ndarray, quantile: float) -> float:
    known = np.abs(values[np.isfinite(values)])
    return (float(np.quantile(known, quantile)) if known.size else 0.0) or 1.0
