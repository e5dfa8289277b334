"""The descent step by step: energy, error beside baselines, what was accepted and clamped."""

from typing import Any

import numpy as np
import xarray as xr

from app.landscape.figures import beside
from app.landscape.figures.beside import BESIDE, ERROR
from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, TINY, Layout, Levels, Trace, axis
from app.shared.drawing.ticks import log_axis
from ired_interp_core.spelling import number

FATES = ("not proposed", "rejected", "accepted", "unchanged")
"""In the order of the flags of step_accepted."""
UNDECIDED = len(FATES)
"""Stands in the strip in place of the fate that rounding chose."""
FATE_COLOURS = (
    colours.JUMP, colours.REJECTED, colours.ACCEPTED, colours.UNCHANGED, colours.UNDECIDED
)  # fmt: skip
LISTED = 3
"""Baselines that are named beside the error."""


def caption(walk: xr.Dataset) -> str:
    """How to read the figure where other descents stand in it; else the panel's own words do."""
    if "start_mse" in walk:
        return (
            "Thin: many starts, ends at the right, ◇ where they differ from the most frequent one."
            " Thick: the stored descent. Dotted: trivial predictors."
        )
    lines = {"stored": "dashed: the stored one", "pinned": "dash-dotted: the pinned one"}
    there = [said for word, said in lines.items() if f"{word}_mse" in walk]
    if not there:
        return ""
    return (
        f"Solid: this descent; {'; '.join(there)}. ◇: state after a jump. Dotted: trivial"
        " predictors. Click a state for its level."
    )


def notes(walk: xr.Dataset) -> list[str]:
    """Error beside the best baseline and what became of the proposals, per level."""
    name, least = min(beside.baselines(walk).items(), key=lambda item: item[1], default=("", 0.0))
    best = f" beside {number(least)} of {name.replace('_', ' ')}" if name else ""
    lines = []
    title, others = walk.attrs.get("title", ""), _others(walk)
    unwalked = _unwalked(walk)[:, 0]
    for mse, shown, old, none in zip(
        walk["mse"].values[:, -1], _shown(walk), others, unwalked, strict=True
    ):
        counts = (f"{(shown == code).sum()} {word}" for code, word in SHOWN.items() if code)
        if none:
            lines.append(f"{title} · begins below this level")
            continue
        told = old or f"{best} · {', '.join(counts)}"
        said = f"MSE {number(mse)}{told}"
        lines.append(f"{title} · {said}" if title else said)
    return lines


def _others(walk: xr.Dataset) -> list[str]:
    """The error of the other descents in the figure, per level; "" where there are none."""
    there = {word: walk[f"{word}_mse"].values[:, -1] for word in BESIDE if f"{word}_mse" in walk}
    if not there:
        return [""] * len(LEVEL_ORDER)
    told = (
        [f"{word} {number(errors[i])}" for word, errors in there.items()]
        for i in range(len(LEVEL_ORDER))
    )
    return [f" ({', '.join(parts)})" for parts in told]


SHOWN = {2: "accepted", 1: "rejected", UNDECIDED: "undecided", 3: "unchanged", 0: "jump"}
"""Code in the strip → its word, in the order in which they are listed."""


def _shown(walk: xr.Dataset) -> np.ndarray:
    """What the strip shows of every proposal [level, step]: its fate, or that it is undecided."""
    fate = np.array([[FATES.index(word) for word in row] for row in walk["fate"].values.tolist()])
    return np.where(walk["undecided"].values > 0, UNDECIDED, fate)


def _unwalked(walk: xr.Dataset) -> np.ndarray:
    """Levels above the one at which the walk began [level, 1]."""
    there = np.isfinite(walk["energy"].values).any(axis=1, keepdims=True)
    return ~np.logical_or.accumulate(there, axis=0) & there.any()


def _said(walk: xr.Dataset) -> list[str]:
    """What the strip says of every proposal under the pointer."""
    undecided = walk["undecided"].values.ravel() > 0
    words = walk["fate"].values.ravel().tolist()
    return [
        f"{word}, undecided: |ΔE| < 8 ulp of E" if near else word
        for word, near in zip(words, undecided, strict=True)
    ]


def figure(walk: xr.Dataset) -> Levels:
    """Draw the walk: four rows over one axis of levels, which are equal bands; one is shaded."""
    levels, steps = walk["energy"].shape
    level_of = np.repeat(np.array(LEVEL_ORDER), steps)
    step_of = np.tile(np.arange(steps), levels)
    x = beside.positions(levels, steps)
    words, fate = _said(walk), np.where(_unwalked(walk), np.nan, _shown(walk)).ravel()
    info = np.stack([level_of, step_of, fate], axis=-1).astype(np.float32)
    at = "t = %{customdata[0]}, step %{customdata[1]}<br>"
    common: Trace = {"meta": "jump", "customdata": info}
    landing = step_of == 0
    size = np.where(landing, 7, 3.5).astype(np.float32)
    symbol = ["diamond-open" if first else "circle" for first in landing]
    edge = np.where(landing, 1.2, 0.0).astype(np.float32)

    def states(name: str, values: np.ndarray, colour: str, said: str, **axes: str) -> Trace:
        rim = {"width": edge, "color": colour}
        return {
            "type": "scatter",
            "mode": "lines+markers",
            "x": x,
            "y": beside.positive(values),
            **axes,
            "name": name,
            "line": {"color": colour, "width": 1.3},
            "marker": {"size": size, "symbol": symbol, "color": colour, "line": rim},
            "hovertemplate": at + said,
            **common,
        }

    energy, error = "E_t %{y:.5g}<extra>energy</extra>", "MSE %{y:.5g}<extra>error</extra>"
    shared: list[Trace] = [
        *beside.baseline_lines(walk),
        *beside.start_lines(walk),
        *beside.other_lines(walk),
        states("energy E_t", walk["energy"].values, colours.FIRST, energy),
        states("MSE of the state", walk["mse"].values, ERROR, error, yaxis="y2"),
        {
            "type": "heatmap",
            "x": x,
            "y": [0],
            "z": fate.reshape(1, -1).astype(np.float32),
            "yaxis": "y3",
            "zmin": -0.5,
            "zmax": UNDECIDED + 0.5,
            "colorscale": [
                [edge / len(FATE_COLOURS), colour]
                for k, colour in enumerate(FATE_COLOURS)
                for edge in (k, k + 1)
            ],
            "showscale": False,
            "xgap": 1,
            "customdata": [
                [[*place, word] for place, word in zip(info[:, :2].tolist(), words, strict=True)]
            ],
            "hovertemplate": at + "%{customdata[2]}<extra></extra>",
            "meta": "jump",
        },
        {
            "type": "scatter",
            "mode": "lines",
            "x": x,
            "y": walk["clamped"].values.ravel().astype(np.float32),
            "yaxis": "y4",
            "fill": "tozeroy",
            "line": {"color": colours.UNCHANGED, "width": 1, "shape": "hvh"},
            "hovertemplate": at + "%{y:.1%} of the entries on the box<extra></extra>",
            **common,
        },
        *beside.end_dots(walk),
    ]
    layouts = [{"shapes": [_shade(i)]} for i in range(levels)]
    return Levels(_layout(walk), shared=shared, layouts=layouts)


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


def listed_baselines(walk: xr.Dataset) -> dict[str, float]:
    """The baselines that are named beside the error: the best and the worst, and some between."""
    worst_first = sorted(((v, n) for n, v in beside.drawn_baselines(walk).items()), reverse=True)
    count = len(worst_first)
    picks = np.unique(np.linspace(0, count - 1, min(LISTED, count)).round().astype(int))
    return {name: value for value, name in (worst_first[k] for k in picks)}


def _layout(walk: xr.Dataset) -> Layout:
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
        "yaxis": axis("Eₜ", domain=[0.68, 1.0], **log_axis(beside.drawn(walk, "energy"), most=3)),
        "yaxis2": axis("MSE [y²]", domain=[0.2, 0.64], **log_axis(beside.drawn(walk, "mse"))),
        "yaxis3": axis(domain=[0.115, 0.165], showticklabels=False, **hidden),
        "yaxis4": axis(
            "box", domain=[0, 0.09], range=[0, 1.05], tickvals=[1], ticktext=["1"], **hidden
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
                "y": 1,
                "yanchor": "top",
                "yshift": 4 - 13 * row,
                "text": f"{name.replace('_', ' ')} {number(value, '.2g')}",
                "showarrow": False,
                "font": {"size": TINY, "color": colours.BASELINE},
            }
            for row, (name, value) in enumerate(listed_baselines(walk).items())
        ]
        + [_fates()],
    }


def _fates() -> dict[str, Any]:
    """Names of the strip's colours, beside it."""
    texts = [f'<span style="color:{FATE_COLOURS[k]}">■</span> {w}' for k, w in SHOWN.items()]
    return {
        "xref": "paper",
        "x": 1.01,
        "xanchor": "left",
        "yref": "paper",
        "y": 0,
        "yanchor": "bottom",
        "yshift": -22,
        "align": "left",
        "text": "<br>".join(texts),
        "showarrow": False,
        "font": {"size": TINY},
    }
