"""Eigenvalues of all problems by level: a ridge for each level, and quantiles beside it.

Every axis is an affine function of λ, level by level; so one count of λ serves them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from app.shared.drawing import colours, eigenvalues
from app.shared.drawing.bands import MEDIAN, PERCENT, Pooled
from app.shared.drawing.by_level import Line, Look, faint, legend, level_axis
from ired_interp_core.schedule import Schedule
from ired_interp_core.schema import LEVELS

BINS = 64
WIDTH = 0.66
"""Height of the tallest ridge of a level, in levels."""

SHARP = 4
"""Smoothest level that the axis of variances makes room for; v grows with σ²/ᾱ, .03 to 9.6."""

EIGENVALUE = "hessian_spectrum.eigenvalue"
"""Of all problems together; a problem stands behind it by its smallest or largest, or its trace."""


@dataclass(frozen=True)
class Ridges:
    """Eigenvalues on one axis.

    Args:
        centres: of the bins [level, bin].
        shares: of a group's eigenvalues in a bin [group, level, bin].
        quantiles: [group, quantile, level].
        ideal: where λ = 1/σ lies [level].
        zero: where λ = 0 lies [level].
        label: of the axis, with unit.
        prior: variance of an entry of y*, for the axis of variances; None elsewhere.
        flipped: the axis falls where λ rises; a pick names quantiles of λ all the same.
        own: of the problem that the reader has chosen.
    """

    centres: Float[np.ndarray, "L B"]
    shares: Float[np.ndarray, "G L B"]
    quantiles: Float[np.ndarray, "G Q L"]
    ideal: Float[np.ndarray, " L"]
    zero: Float[np.ndarray, " L"]
    label: str
    prior: float | None = None
    flipped: bool = False
    own: Sequence[Line] = ()

    @property
    def lines(self) -> list[Line]:
        """What the eigenvalues are compared with, level by level."""
        lines = [Line("λ = 1/σ", self.ideal, strong=True)]
        low, high = np.nanmin(self.quantiles), np.nanmax(self.quantiles)
        if low < np.nanmin(self.zero) < high or self.prior is not None:
            lines.append(Line("λ = 0", self.zero, "dot"))
        if self.prior is not None:
            prior = np.where(np.isfinite(self.ideal), self.prior, np.nan)
            lines.append(Line("variance of y*", prior))
        return [*lines, *self.own]


def ridges(
    pooled: Pooled,
    axis: str,
    frame: str,
    schedule: Schedule,
    prior: float | None,
    own: Sequence[Line] = (),
) -> Ridges:
    """Describe the eigenvalues of a population.

    Args:
        pooled: counts of λ.
        axis: key of AXES.
        frame: "level" or "data".
        schedule: of the model.
        prior: variance of an entry of y*.
        own: eigenvalues of the chosen problem.

    Returns:
        What is drawn.
    """
    slope, offset, label = eigenvalues.affine(axis, frame, schedule)
    centres, shares = pooled.density(BINS)
    quantiles = slope * pooled.quantiles() + offset
    if axis == "variance":  # v falls where λ rises
        quantiles = quantiles[:, ::-1]
    return Ridges(
        centres=slope[:, None] * centres + offset[:, None],
        shares=shares,
        quantiles=quantiles,
        ideal=slope / schedule.sigma + offset,
        zero=offset,
        label=label,
        prior=prior if axis == "variance" else None,
        flipped=axis == "variance",
        own=[replace(line, values=slope * line.values + offset) for line in own],
    )


def _ridge(spectra: Ridges, group: int, level: int, top: float, look: Look) -> go.Scatter:
    heights = spectra.shares[group, level]
    there = np.flatnonzero(heights)
    first, last = max(there[0] - 1, 0), min(there[-1] + 2, len(heights))
    y = spectra.centres[level, first:last]
    x = level - WIDTH * heights[first:last] / top
    colour = look.colour(group)
    return go.Scatter(
        x=np.concatenate([[level], x, [level]]).astype(np.float32),
        y=np.concatenate([y[:1], y, y[-1:]]).astype(np.float32),
        mode="lines",
        fill="toself",
        fillcolor=faint(colour, 0.35 if len(look.names) < 2 else 0.16),
        line={"width": 1, "color": colour},
        hoverinfo="skip",
        showlegend=False,
    )


def _bars(spectra: Ridges, group: int, look: Look) -> list[go.Scatter]:
    """Quantiles at the smooth side of a level's line: one bar for each group."""
    colour = look.colour(group)
    x = np.arange(LEVELS) + _beside(group, len(spectra.shares))
    q = spectra.quantiles[group]

    def bar(low: int, high: int, width: float) -> go.Scatter:
        return go.Scatter(
            x=_segments(x, x), y=_segments(q[low], q[high]), mode="lines", hoverinfo="skip",
            line={"width": width, "color": colour}, showlegend=False,
        )  # fmt: skip

    traces = [bar(0, 6, 0.8), bar(1, 5, 2.2), bar(2, 4, 4.5)]
    for i in (0, 1, MEDIAN, 5, 6):
        percent = PERCENT[i]
        said = {0: "min", 50: "median", 100: "max"}.get(percent, f"{percent} %")
        of_lambda = 100 - percent if spectra.flipped else percent
        info = [[t, of_lambda, group, 0, 0, EIGENVALUE] for t in range(LEVELS)]
        traces.append(
            go.Scatter(
                x=x.astype(np.float32),
                y=q[i].astype(np.float32),
                customdata=info,
                mode="markers",
                marker={
                    "size": 6 if i == MEDIAN else 4,
                    "color": look.text if i == MEDIAN else colour,
                    "line": {"width": 1, "color": colour},
                },
                selected={"marker": {"opacity": 1}},
                unselected={"marker": {"opacity": 1}},
                showlegend=False,
                hovertemplate=f"t = %{{customdata[0]}} · {said} %{{y:.4g}}"
                f"<extra>{look.names[group]}</extra>",
            )
        )
    return traces


def _segments(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """A coordinate of one segment for each level, in one line that is broken between them."""
    return np.stack([starts, ends, np.full(LEVELS, np.nan)], axis=1).ravel().astype(np.float32)


def _beside(group: int, groups: int) -> float:
    """Levels from its line to a group's bar: the lowest group on the smooth side, as elsewhere."""
    return 0.09 + 0.085 * (groups - 1 - group)


def _level_line(line: Line, look: Look) -> go.Scatter:
    """A line across each level, which its ridge and its bars stand on."""
    colour = colours.NEGATIVE if line.name == "λ = 0" else line.colour(look)
    levels = np.arange(LEVELS)
    return go.Scatter(
        x=_segments(levels + 0.45, levels - 0.5),
        y=_segments(line.values, line.values),
        mode="lines",
        line={"width": 1.6, "color": colour, "dash": line.dash},
        name=line.name,
        showlegend=True,
        hovertemplate=f"{line.name} %{{y:.4g}}<extra></extra>",
    )


def figure(spectra: Ridges, look: Look) -> go.Figure:
    """Draw ridges and quantiles; a click on a marker gives [level, per cent, group, row]."""
    drawn = go.Figure()
    groups = len(spectra.shares)
    for level in range(LEVELS):
        top = float(spectra.shares[:, level].max(initial=0.0))
        if not top or not np.isfinite(spectra.centres[level]).all():
            continue
        for group in range(groups):
            if spectra.shares[group, level].any():
                drawn.add_trace(_ridge(spectra, group, level, top, look))
    for group in range(groups):
        drawn.add_traces(_bars(spectra, group, look))
    drawn.add_traces([_level_line(line, look) for line in spectra.lines])
    _ring(drawn, spectra, look)
    drawn.add_traces(legend(look))
    drawn.update_layout(
        template=look.template,
        margin={"l": 58, "r": 12, "t": 22, "b": 36},
        xaxis={**level_axis(True), "range": [LEVELS - 0.4, -0.75]},
        yaxis={
            "title": {"text": spectra.label, "standoff": 4, "font": {"size": 11}},
            "range": _range(spectra),
            "automargin": False,
        },
        clickmode="event+select",
        dragmode=False,
        hovermode="closest",
    )
    return drawn


def _ring(drawn: go.Figure, spectra: Ridges, look: Look) -> None:
    pick = look.pick
    if pick is None or pick.what != EIGENVALUE or pick.percent not in PERCENT:
        return
    if pick.group < len(spectra.quantiles):
        at = PERCENT.index(100 - pick.percent if spectra.flipped else pick.percent)
        y = spectra.quantiles[pick.group, at, pick.level]
        drawn.add_scatter(
            x=[pick.level + _beside(pick.group, len(spectra.shares))], y=[y],
            mode="markers", hoverinfo="skip",
            marker={"symbol": "circle-open", "size": 13, "color": look.text, "line": {"width": 2}},
            showlegend=False,
        )  # fmt: skip


def _range(spectra: Ridges) -> list[float] | None:
    """All quantiles and the ideal line; on the axis of variances 5 … 95 % of the sharp levels."""
    parts = [spectra.quantiles.ravel(), spectra.ideal]
    if spectra.prior is not None:
        sharp = spectra.quantiles[:, 1:6, : SHARP + 1]
        parts = [sharp.ravel(), spectra.ideal, np.array([spectra.prior])]
    values = np.concatenate(parts)
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    low, high = float(values.min()), float(values.max())
    edge = 0.05 * (high - low) or 1.0
    return [low - edge, high + edge]
