"""One dot a problem or a pair: barriers, gaps, where gradients point, and alignment."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Bool, Float, Int

from app.minima.figures.all_levels import TOP, T, laid_out
from app.minima.parts import Pair
from app.shared.drawing import colours
from app.shared.drawing.by_level import faint
from app.shared.drawing.filled import band
from app.shared.drawing.scatter import spans_decades
from app.shared.drawing.ticks import log_axis
from ired_interp_core.records import seeded

ASIDE = 0.17
"""Levels from the middle of a column to its dots of one direction."""
SPREAD = 0.12
"""Half the width of a column of dots."""
MOST = 2000
"""Dots of a panel; of more a seeded sample is drawn."""
BAND = (0.05, 0.5, 0.95)


def spread(words: str, count: int) -> Float[np.ndarray, "N"]:
    """Where dots stand beside the middle of their column, so that they do not cover each other."""
    return seeded("beside", words, count).uniform(-SPREAD, SPREAD, count)


def some(count: int) -> Int[np.ndarray, "M"]:
    """Which of many dots are drawn, in order."""
    drawn = seeded("dots", count).permutation(count)[:MOST]
    return np.sort(drawn)


def _medians(
    drawn: go.Figure, levels: np.ndarray, values: np.ndarray, side: float, ink: str
) -> None:
    """A short bar at the median of each level."""
    x: list[float | None] = []
    y: list[float | None] = []
    for t in np.unique(levels):
        middle = float(np.median(values[levels == t]))
        x += [t + side - SPREAD, t + side + SPREAD, None]
        y += [middle, middle, None]
    drawn.add_scatter(x=x, y=y, mode="lines", line={"width": 2.5, "color": ink}, showlegend=False,
                      hoverinfo="skip")  # fmt: skip


def barriers(
    verified: Sequence[Pair], left: Sequence[Pair], ink: str, template: go.layout.Template
) -> go.Figure:
    """Draw barriers in both directions between T and another minimum.

    Args:
        verified: pairs that verified saddles join.
        left: open pairs, at the top.
        ink: of the medians.
        template: of the ground.

    Returns:
        The figure; its marks tell problem, level and the other basin.
    """
    drawn = go.Figure()
    shown = [verified[k] for k in some(len(verified))]
    level = np.array([pair.level for pair in verified])
    both = np.array([v for p in verified for v in (p.climb, p.back)])
    positive = both[both > 0]
    for name, side, colour, field in (
        ("from T", ASIDE, colours.PLACES["truth"], "climb"),
        ("back to T", -ASIDE, colours.OTHER, "back"),
    ):
        drawn.add_scatter(
            x=np.array([p.level for p in shown]) + side + spread(name, len(shown)),
            y=[getattr(p, field) for p in shown], mode="markers", name=name,
            marker={"size": 6, "color": colour, "opacity": 0.75},
            customdata=[[p.problem, p.level, p.other] for p in shown],
            hovertemplate=f"problem %{{customdata[0]}} · t = %{{customdata[1]}} · {name}"
                          "<br>barrier %{y:.4g} E, other minimum %{customdata[2]}"
                          "<br>click: its path<extra></extra>",
        )  # fmt: skip
        if verified:
            _medians(drawn, level, np.array([getattr(p, field) for p in verified]), side, ink)
    top = float(positive.max(initial=1.0)) * 2
    drawn.add_scatter(
        x=np.array([p.level for p in left]) + spread("open", len(left)), y=np.full(len(left), top),
        mode="markers", name="open", showlegend=bool(left),
        marker={"symbol": "triangle-up-open", "size": 8, "color": ink},
        customdata=[[p.problem, p.level, p.other] for p in left],
        hovertemplate="problem %{customdata[0]} · t = %{customdata[1]} · no path found to minimum"
                      " %{customdata[2]}<br>click: this pair<extra></extra>",
    )  # fmt: skip
    ends = np.array([*positive, top]) if positive.size else np.array([1.0, 10.0])
    return laid_out(drawn, template, yaxis={"title": {"text": "barrier [E]"}, **log_axis(ends)})


def gaps(
    gap: Float[np.ndarray, "N L"], basin: Int[np.ndarray, "N L"], out: Bool[np.ndarray, "N L"],
    problems: Int[np.ndarray, "N"], template: go.layout.Template,
) -> go.Figure:  # fmt: skip
    """Draw the energy of the lowest other minimum less T's, one dot a problem and level.

    Args:
        gap: NaN where there is no other.
        basin: its number; below 0 where its point was not kept.
        out: whether it lies outside the box.
        problems: indices.
        template: of the ground.

    Returns:
        The figure; its marks tell problem, level and basin.
    """
    drawn = go.Figure()
    every = np.argwhere(np.isfinite(gap))
    every = every[some(len(every))]
    kept = basin > 0
    places = (
        ("in the box", "circle", kept & ~out), ("outside the box", "circle-open", kept & out),
        ("not kept", "x-thin-open", ~kept),
    )  # fmt: skip
    for name, symbol, there in places:
        at = every[there[every[:, 0], every[:, 1]]]
        y = gap[at[:, 0], at[:, 1]]
        drawn.add_scatter(
            x=at[:, 1] + 2 * spread(name, len(at)), y=y, mode="markers", name=name,
            showlegend=bool(len(at)),
            marker={"symbol": symbol, "size": 7,
                    "color": np.where(y < 0, colours.IDEAL, colours.OTHER).tolist(),
                    "line": {"width": 1.6}},
            customdata=[[int(problems[p]), int(t), max(int(basin[p, t]), 0)] for p, t in at],
            hovertemplate="problem %{customdata[0]} · t = %{customdata[1]}"
                          + (" · minimum %{customdata[2]}" if name != "not kept" else "")
                          + f"<br>E %{{y:+.4g}} beside T<br>{name}<br>click: "
                          + ("this problem" if name == "not kept" else "this minimum")
                          + "<extra></extra>",
        )  # fmt: skip
    drawn.add_hline(0, line={"color": colours.BASELINE, "width": 1.2})
    return laid_out(drawn, template, yaxis={"title": {"text": "E(lowest other) − E(T) [E]"}})


def quantiles(values: Float[np.ndarray, "N L"]) -> Float[np.ndarray, "Q L"]:
    """5, 50 and 95 % of each level; NaN where nothing is known."""
    found = np.full((len(BAND), values.shape[1]), np.nan)
    for t, column in enumerate(values.T):
        there = column[np.isfinite(column)]
        if there.size:
            found[:, t] = np.quantile(there, BAND)
    return found


def pointing(
    at_truth: Float[np.ndarray, "Q L"], at_steps: Float[np.ndarray, "Q L"] | None,
    to_truth: Float[np.ndarray, "L"], random: float, ink: str, template: go.layout.Template,
) -> go.Figure:  # fmt: skip
    """Draw the cosine of −∇E with the way to the minimum.

    Args:
        at_truth: quantiles at the noised truth.
        at_steps: the same at the steps; None where they are not known.
        to_truth: median with the way to √ᾱ y*, at the noised truth.
        random: half width of what random directions give.
        ink: of the dashed line.
        template: of the ground.

    Returns:
        The figure; its points tell their level.
    """
    drawn = go.Figure()
    drawn.add_hrect(-random, random, fillcolor=faint(colours.BASELINE, 0.35), line_width=0)
    places = [[int(t)] for t in T]
    lines = [("noised truth", at_truth, colours.PLACES["noised_truth"], "diamond")]
    lines += [] if at_steps is None else [("steps", at_steps, colours.PLACES["answer"], "circle")]
    for name, (low, middle, high), colour, symbol in lines:
        drawn.add_trace(band(T, low, high, faint(colour, 0.2), 0.1))
        drawn.add_scatter(
            x=T, y=middle, mode="lines+markers", name=name, line={"color": colour, "width": 1.6},
            marker={"symbol": symbol, "size": 7, "color": colour}, customdata=places,
            text=[f"{a:.2f} … {b:.2f}" for a, b in zip(low, high, strict=True)],
            hovertemplate=f"t = %{{x}} · {name}<br>median %{{y:.3f}}, 5–95 % %{{text}}"
                          f"<br>random ±{random:g}<br>click: problems of this level"
                          "<extra></extra>",
        )  # fmt: skip
    drawn.add_scatter(
        x=T, y=to_truth, mode="lines", name="to the truth", customdata=places,
        line={"color": ink, "width": 1.4, "dash": "dash"},
        hovertemplate="t = %{x} · towards √ᾱ y*, noised truth<br>median %{y:.3f}<extra></extra>",
    )  # fmt: skip
    return laid_out(drawn, template, yaxis={"title": {"text": "cos(−∇E, minimum − ỹ)"},
                                            "range": [-1.05, 1.08], "dtick": 0.5})  # fmt: skip


def align(
    error: Float[np.ndarray, "N"], centred: Float[np.ndarray, "N"], problems: Int[np.ndarray, "N"],
    template: go.layout.Template,
) -> go.Figure:  # fmt: skip
    """Draw centred alignment against the final error, one dot a problem.

    Args:
        error: MSE of ŷ.
        centred: alignment less that with another problem's minimum.
        problems: indices.
        template: of the ground.

    Returns:
        The figure; its dots tell their problem.
    """
    there = np.isfinite(error) & np.isfinite(centred) & (error > 0)
    which = np.flatnonzero(there)[some(int(there.sum()))]
    drawn = go.Figure()
    drawn.add_hline(0, line={"color": colours.BASELINE, "width": 1.4, "dash": "dash"})
    drawn.add_scatter(
        x=error[which], y=centred[which], mode="markers", showlegend=False,
        marker={"size": 7, "color": colours.PLACES["answer"], "opacity": 0.8},
        customdata=[[int(problems[k])] for k in which],
        hovertemplate="problem %{customdata[0]}<br>MSE %{x:.3g}, alignment %{y:.3f}"
                      "<br>click: this problem<extra></extra>",
    )  # fmt: skip
    axis: Any = log_axis(error[which]) if spans_decades(error[which]) else {"nticks": 5}
    return drawn.update_layout(
        template=template, margin={"l": 54, "r": 10, "t": 10, "b": 40}, legend=TOP,
        xaxis={"title": {"text": "MSE of ŷ [y²]"}, **axis},
        yaxis={"title": {"text": "alignment, less another's"}}, hovermode="closest",
        dragmode="lasso",
    )  # fmt: skip
