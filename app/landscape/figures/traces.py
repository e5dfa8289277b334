"""The descent step by step: energy, error beside baselines, what was accepted and clamped."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, TINY, Layout, Levels, Trace, axis
from app.shared.drawing.names import baseline_name

FATES = ("not proposed", "rejected", "accepted", "unchanged")
"""In the order of the flags of step_accepted."""
ERROR = colours.PLACES["answer"]
FATE_COLOURS = (colours.JUMP, colours.REJECTED, colours.ACCEPTED, colours.UNCHANGED)


@dataclass(frozen=True)
class Walk:
    """One descent as a walk of level × step, smoothest level first.

    Args:
        energy: E_t on its own level's landscape [level, step].
        mse: error of each state, data frame [level, step].
        clamped: share of entries on the box [level, step].
        fate: index into FATES [level, step].
        baselines: name → MSE of the trivial predictors on this problem.
    """

    energy: Float[np.ndarray, "L S"]
    mse: Float[np.ndarray, "L S"]
    clamped: Float[np.ndarray, "L S"]
    fate: Int[np.ndarray, "L S"]
    baselines: dict[str, float]

    @property
    def position(self) -> Float[np.ndarray, "L S"]:
        """Where a step is drawn: level index + share of the level; levels are equal bands."""
        levels, steps = self.energy.shape
        return np.arange(levels)[:, None] + (np.arange(steps)[None, :] + 0.5) / steps - 0.5


def walk(descent: xr.Dataset, baselines: xr.DataArray | None) -> Walk:
    """Describe the descent of one problem.

    Args:
        descent: descent of one problem (no problem dim).
        baselines: baseline_mse of the same problem [baseline], if stored.

    Returns:
        The walk.
    """
    ordered = descent.sel(level=list(LEVEL_ORDER))

    def array(name: str) -> np.ndarray:
        return ordered[name].transpose("level", "step").values.astype(np.float64)

    named = {}
    if baselines is not None:
        named = {
            baseline_name(str(name)): float(value)
            for name, value in zip(baselines["baseline"].values, baselines.values, strict=True)
        }
    return Walk(
        energy=array("step_energy"),
        mse=array("step_mse"),
        clamped=array("step_clamped"),
        fate=array("step_accepted").astype(np.int64),
        baselines=named,
    )


def notes(w: Walk) -> list[str]:
    """What became of the proposals of each level, in words.

    Args:
        w: the walk.

    Returns:
        Texts in LEVEL_ORDER.
    """
    lines = []
    for i in range(len(LEVEL_ORDER)):
        best = min(w.baselines.items(), key=lambda item: item[1], default=None)
        beside = f" beside {best[1]:.3g} of {best[0].replace('_', ' ')}" if best else ""
        fates = ", ".join(f"{int((w.fate[i] == k).sum())} {FATES[k]}" for k in (2, 1, 3))
        lines.append(f"MSE {w.mse[i, -1]:.3g}{beside} · {fates}")
    return lines


def figure(w: Walk) -> Levels:
    """Draw the walk: four rows over one axis of levels.

    Args:
        w: the walk.

    Returns:
        The walk, and the shade of each level.
    """
    x = w.position
    levels, steps = w.energy.shape
    level_of = np.repeat(np.array(LEVEL_ORDER), steps)
    step_of = np.tile(np.arange(steps), levels)
    info = np.stack([level_of, step_of, w.fate.ravel()], axis=-1).astype(np.float32)
    at = "t = %{customdata[0]}, step %{customdata[1]}<br>"
    common: Trace = {"meta": "jump", "customdata": info}
    flat = x.ravel().astype(np.float32)
    mark = {
        "size": np.where(step_of == 0, 7, 3.5).astype(np.float32),
        "symbol": ["diamond-open" if s == 0 else "circle" for s in step_of],
    }
    edge = np.where(step_of == 0, 1.2, 0.0).astype(np.float32)
    shared: list[Trace] = [
        *_baseline_lines(w),
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": flat,
            "y": _positive(w.energy),
            "name": "energy E_t",
            "line": {"color": colours.FIRST, "width": 1.3},
            "marker": {
                **mark,
                "color": colours.FIRST,
                "line": {"width": edge, "color": colours.FIRST},
            },
            "hovertemplate": at + "E_t %{y:.5g}<extra>energy</extra>",
            **common,
        },
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": flat,
            "y": _positive(w.mse),
            "yaxis": "y2",
            "name": "MSE of the state",
            "line": {"color": ERROR, "width": 1.3},
            "marker": {**mark, "color": ERROR, "line": {"width": edge, "color": ERROR}},
            "hovertemplate": at + "MSE %{y:.5g}<extra>error</extra>",
            **common,
        },
        {
            "type": "heatmap",
            "x": flat,
            "y": [0],
            "z": w.fate.reshape(1, -1).astype(np.float32),
            "yaxis": "y3",
            "zmin": -0.5,
            "zmax": 3.5,
            "colorscale": [
                [edge / 4, colour] for k, colour in enumerate(FATE_COLOURS) for edge in (k, k + 1)
            ],
            "showscale": False,
            "xgap": 1,
            "customdata": [[[*row[:2], FATES[int(row[2])]] for row in info.tolist()]],
            "hovertemplate": at + "%{customdata[2]}<extra></extra>",
            "meta": "jump",
        },
        {
            "type": "scatter",
            "mode": "lines",
            "x": flat,
            "y": w.clamped.ravel().astype(np.float32),
            "yaxis": "y4",
            "fill": "tozeroy",
            "line": {"color": colours.UNCHANGED, "width": 1, "shape": "hvh"},
            "hovertemplate": at + "%{y:.1%} of the entries on the box<extra></extra>",
            **common,
        },
    ]
    return Levels(
        _layout(w), shared=shared, layouts=[{"shapes": [_shade(i)]} for i in range(levels)]
    )


def _positive(values: np.ndarray) -> np.ndarray:
    """For a logarithmic axis: gaps where there is no logarithm.

    Returns:
        Flat float32.
    """
    flat = values.ravel().astype(np.float32)
    return np.where(flat > 0, flat, np.nan).astype(np.float32)


def _shade(i: int) -> dict:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": i - 0.5,
        "x1": i + 0.5,
        "y0": 0,
        "y1": 1,
        "fillcolor": colours.SHADE,
        "line": {"width": 0},
        "layer": "below",
    }


def _baseline_lines(w: Walk) -> list[Trace]:
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
        for name, value in w.baselines.items()
        if np.isfinite(value) and value > 0
    ]


def listed_baselines(w: Walk, most: int = 5) -> dict[str, float]:
    """The baselines that are named beside the error: the best and the worst, and some between.

    Args:
        w: the walk.
        most: how many.

    Returns:
        Name → MSE, worst first.
    """
    usable = sorted(
        ((v, n) for n, v in w.baselines.items() if np.isfinite(v) and v > 0), reverse=True
    )
    picks = np.unique(np.linspace(0, len(usable) - 1, min(most, len(usable))).round().astype(int))
    return {usable[k][1]: usable[k][0] for k in picks}


def _layout(w: Walk) -> Layout:
    span = [-0.5, len(LEVEL_ORDER) - 0.5]
    hidden = {"showgrid": False, "zeroline": False, "ticks": ""}
    return {
        "margin": {"l": 50, "r": 124, "t": 6, "b": 36},
        "xaxis": axis(
            "level t",
            range=span,
            tickvals=list(range(len(LEVEL_ORDER))),
            ticktext=[str(t) for t in LEVEL_ORDER],
            showgrid=False,
            zeroline=False,
            anchor="y4",
        ),
        "yaxis": axis(
            "E<sub>t</sub>", type="log", domain=[0.68, 1.0], dtick=1, exponentformat="power"
        ),
        "yaxis2": axis("MSE [y²]", type="log", domain=[0.2, 0.64], dtick=1, exponentformat="power"),
        "yaxis3": axis(domain=[0.115, 0.165], showticklabels=False, **hidden),
        "yaxis4": axis(
            "box", domain=[0, 0.09], range=[0, 1.05], tickvals=[0, 1], ticktext=["0", "1"], **hidden
        ),
        "showlegend": False,
        "uirevision": "traces",
        "hovermode": "closest",
        "annotations": [
            {
                "xref": "paper",
                "x": 1.01,
                "xanchor": "left",
                "yref": "paper",
                "y": 0.68 - 0.085 * row,
                "yanchor": "top",
                "text": f"{name.replace('_', ' ')} {value:.2g}",
                "showarrow": False,
                "font": {"size": TINY, "color": colours.BASELINE},
            }
            for row, (name, value) in enumerate(listed_baselines(w, 4).items())
        ]
        + [_fates()],
    }


def _fates() -> dict[str, Any]:
    """Names of the strip's colours, beside it."""
    words = {2: "accepted", 1: "rejected", 3: "unchanged", 0: "jump"}
    texts = [f'<span style="color:{FATE_COLOURS[k]}">■</span> {w}' for k, w in words.items()]
    return {
        "xref": "paper",
        "x": 1.01,
        "xanchor": "left",
        "yref": "paper",
        "y": 0.11,
        "yanchor": "middle",
        "align": "left",
        "text": "<br>".join(texts),
        "showarrow": False,
        "font": {"size": TINY},
    }
