"""What is drawn beside a descent: trivial predictors, other descents, and many starts."""

import numpy as np
import xarray as xr

from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, Trace

ERROR = colours.PLACES["answer"]
BESIDE = {"stored": "dash", "pinned": "dashdot"}
"""Other descents that may be drawn under one, and how their lines look."""
ENERGY_AND_ERROR = (("energy", "y", colours.FIRST, "E_t"), ("mse", "y2", ERROR, "MSE"))
FAINT = 0.3
"""Opacity of one start among many."""


def positions(levels: int, steps: int) -> np.ndarray:
    """Where the states of every level stand: side by side in its band."""
    x = np.arange(levels)[:, None] + (np.arange(steps) + 0.5) / steps - 0.5
    return x.ravel().astype(np.float32)


def positive(values: np.ndarray) -> np.ndarray:
    """For a logarithmic axis: gaps where there is no logarithm."""
    flat = values.ravel().astype(np.float32)
    return np.where(flat > 0, flat, np.nan).astype(np.float32)


def drawn(walk: xr.Dataset, name: str) -> np.ndarray:
    """All values of a quantity that the axis has to hold."""
    names = (name, *(f"{word}_{name}" for word in BESIDE), f"start_{name}", f"end_{name}")
    return np.concatenate([walk[n].values.ravel() for n in names if n in walk])


def baselines(walk: xr.Dataset) -> dict[str, float]:
    """MSE of the trivial predictors on this problem, where it is stored."""
    return walk["baseline_mse"].to_series().to_dict() if "baseline_mse" in walk else {}


def drawn_baselines(walk: xr.Dataset) -> dict[str, float]:
    """Those that a logarithmic axis can show."""
    return {n: v for n, v in baselines(walk).items() if np.isfinite(v) and v > 0}


def baseline_lines(walk: xr.Dataset) -> list[Trace]:
    """The error of every trivial predictor, at all levels the same."""
    ends = np.array([-0.5, len(LEVEL_ORDER) - 0.5], dtype=np.float32)
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": ends,
            "y": np.full(2, value, dtype=np.float32),
            "yaxis": "y2",
            "line": {"color": colours.BASELINE, "width": 1, "dash": "dot"},
            "hovertemplate": f"{name}: MSE {value:.4g}<extra>baseline</extra>",
        }
        for name, value in drawn_baselines(walk).items()
    ]


def other_lines(walk: xr.Dataset) -> list[Trace]:
    """Energy and error of the other descents, under this one."""
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": positions(*walk[f"{word}_{name}"].shape),
            "y": positive(walk[f"{word}_{name}"].values),
            "yaxis": yaxis,
            "line": {"color": colour, "width": 1.2, "dash": dash},
            "hovertemplate": f"{said} %{{y:.5g}}<extra>{word} descent</extra>",
        }
        for word, dash in BESIDE.items()
        if f"{word}_mse" in walk
        for name, yaxis, colour, said in ENERGY_AND_ERROR
    ]


def start_lines(walk: xr.Dataset) -> list[Trace]:
    """Energy and error of many starts: one thin line each, a gap between two of them."""
    if "start_mse" not in walk:
        return []
    count, *shape = walk["start_mse"].shape
    x = np.append(positions(*shape), np.nan).astype(np.float32)
    traces: list[Trace] = []
    for name, yaxis, colour, _ in ENERGY_AND_ERROR:
        values = positive(walk[f"start_{name}"].values).reshape(count, -1)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": np.tile(x, count),
                "y": np.pad(values, ((0, 0), (0, 1)), constant_values=np.nan).ravel(),
                "yaxis": yaxis,
                "line": {"color": colour, "width": 0.8},
                "opacity": FAINT,
                "hoverinfo": "skip",
            }
        )
    return traces


def end_dots(walk: xr.Dataset) -> list[Trace]:
    """Where every start ends, at the right edge; other ends than the most frequent are open."""
    if "end" not in walk:
        return []
    end, first = walk["end"].values, walk["end"].values == 0
    at = np.full(len(end), len(LEVEL_ORDER) - 0.5, dtype=np.float32)
    info = np.stack([walk["start"].values, end], axis=-1).astype(np.float32)
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": at,
            "y": positive(walk[f"end_{name}"].values),
            "yaxis": yaxis,
            "marker": {
                "size": np.where(first, 5, 8).astype(np.float32),
                "symbol": ["circle" if same else "diamond-open" for same in first],
                "color": colour,
            },
            "customdata": info,
            "cliponaxis": False,
            "hovertemplate": f"start %{{customdata[0]}}: {said} %{{y:.6g}}"
            "<br>end %{customdata[1]}<extra>its end</extra>",
        }
        for name, yaxis, colour, said in ENERGY_AND_ERROR
    ]
