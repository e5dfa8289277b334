"""How far the gradient reaches: its size by layer and step, ratios, and units without any."""

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from app.probes.gradients import BAND, MOST_DEAD, Flow
from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.drawing.ticks import log_axis
from ired_interp_core.probing.names import LAYERS, NETWORKS

TINTS = (colours.FIRST, colours.SECOND, colours.GROUPS[2])
"""Of h1, h2, h3, and of the pairs that begin with them."""
PAIRS = tuple(f"{a} / {b}" for a, b in pairwise(LAYERS))
DASH = {"trained": "solid", "untrained": "dash"}


def _walk(steps: int) -> tuple[np.ndarray, list[list[int]]]:
    """Where the states of the walk stand, t = 9 … 0 from left to right, and [level, step]."""
    at = np.arange(len(LEVEL_ORDER))[:, None] + (np.arange(steps) + 0.5) / steps - 0.5
    return at.ravel(), [[t, s - 1] for t in LEVEL_ORDER for s in range(steps)]


def _lines(values: np.ndarray, names: tuple[str, ...], said: str) -> list[go.Scatter]:
    """Medians over the problems, of both networks; [problem, network, level, step, line]."""
    middle = np.median(values[:, :, list(LEVEL_ORDER)], axis=0)
    x, places = _walk(middle.shape[2])
    return [
        go.Scatter(
            x=x.astype(np.float32), y=middle[n, ..., k].ravel().astype(np.float32),
            customdata=places, mode="lines", name=name if network == "trained" else "",
            legendgroup=name, showlegend=network == "trained",
            line={"color": TINTS[k], "width": 2 if network == "trained" else 1.2,
                  "dash": DASH[network]},
            hovertemplate=f"{name}, {network} · t = %{{customdata[0]}}, step %{{customdata[1]}}"
                          f"<br>{said} %{{y:.3g}}<extra></extra>",
        )
        for n, network in enumerate(NETWORKS)
        for k, name in enumerate(names)
    ]  # fmt: skip


def _laid_out(
    drawn: go.Figure, label: str, values: np.ndarray, template: go.layout.Template
) -> go.Figure:
    return drawn.update_layout(
        template=template,
        margin={"l": 56, "r": 8, "t": 28, "b": 40},
        xaxis={"title": {"text": "level t, its steps side by side"}, "showgrid": False,
               "tickvals": list(range(len(LEVEL_ORDER))), "ticktext": [str(t) for t in LEVEL_ORDER],
               "range": [-0.5, len(LEVEL_ORDER) - 0.5], "zeroline": False},
        yaxis={"title": {"text": label}, **log_axis(values)},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
        hovermode="closest",
    )  # fmt: skip


def rms(flow: Flow, template: go.layout.Template) -> go.Figure:
    """The size of the gradient in every layer, step by step."""
    drawn = go.Figure(_lines(flow.size, LAYERS, "rms ∂E/∂h"))
    return _laid_out(drawn, "rms ∂E/∂h [E/h]", np.median(flow.size, axis=0), template)


def ratio(flow: Flow, template: go.layout.Template) -> go.Figure:
    """Ratios of neighbouring layers, with the band in which the gradient flows."""
    own = flow.ratio[:, 0][:, list(LEVEL_ORDER)]
    drawn = go.Figure()
    drawn.add_hrect(*BAND, fillcolor=colours.SHADE, line_width=0, layer="below")
    x, _ = _walk(own.shape[2])
    for k in range(len(PAIRS)):
        low, high = (f(own[..., k], axis=0).ravel() for f in (np.min, np.max))
        drawn.add_scatter(
            x=np.repeat(x, 3).astype(np.float32),
            y=np.stack([low, high, np.full_like(low, np.nan)], 1).ravel().astype(np.float32),
            mode="lines", line={"color": TINTS[k], "width": 1}, opacity=0.5, showlegend=False,
            hoverinfo="skip",
        )  # fmt: skip
    drawn.add_traces(_lines(flow.ratio, PAIRS, "ratio"))
    ends = np.array([*BAND, own.min(), own.max()])
    return _laid_out(drawn, "ratio of rms ∂E/∂h", ends, template)


def sorted_shares(flow: Flow) -> np.ndarray:
    """Share of points at which a unit of the model is dead, largest first [layer, rank]."""
    return -np.sort(-flow.dead[0], axis=-1)


def units(flow: Flow, template: go.layout.Template, scale: colours.Stops) -> go.Figure:
    """Every unit's share of points without gradient, a row for each layer."""
    shares = sorted_shares(flow)
    drawn = go.Figure(
        go.Heatmap(
            z=shares.astype(np.float32), y=list(LAYERS), x=np.arange(1, flow.units + 1),
            zmin=0, zmax=1, colorscale=scale,
            colorbar={"title": {"text": "share of points", "side": "right"}, "thickness": 10},
            hovertemplate="%{y}, rank %{x}<br>dead at %{z:.1%} of the points<extra></extra>",
        )
    )  # fmt: skip
    return drawn.update_layout(
        template=template, margin={"l": 36, "r": 8, "t": 8, "b": 40},
        xaxis={"title": {"text": "unit, by its share"}, "showgrid": False},
        yaxis={"autorange": "reversed", "showgrid": False},
    )  # fmt: skip


def dead(flow: Flow, template: go.layout.Template) -> go.Figure:
    """Units that are dead everywhere, of the model and of an untrained network."""
    share = flow.everywhere / flow.units
    drawn = go.Figure(
        [
            go.Bar(
                x=list(LAYERS), y=share[n].astype(np.float32), name=network,
                marker={"color": colours.BULK if network == "trained" else colours.BASELINE},
                customdata=flow.everywhere[n],
                hovertemplate=f"{network}, %{{x}}: %{{customdata}} of {flow.units}<extra></extra>",
            )
            for n, network in enumerate(NETWORKS)
        ]
    )  # fmt: skip
    drawn.add_hline(MOST_DEAD, line={"color": colours.IDEAL, "width": 1.5, "dash": "dash"})
    top = max(2 * MOST_DEAD, 1.1 * float(share.max()))
    return drawn.update_layout(
        template=template, margin={"l": 52, "r": 8, "t": 28, "b": 28}, barmode="group",
        yaxis={"title": {"text": "share of the units"}, "range": [0, top], "tickformat": ".0%"},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
    )  # fmt: skip
