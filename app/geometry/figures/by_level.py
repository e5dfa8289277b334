"""Medians over problems by level, beside what chance gives: the form of most panels of the view."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float

from app.geometry.over import Middle
from app.shared.drawing import colours
from app.shared.drawing.by_level import LONE, RANGE, faint
from app.shared.drawing.centred import centred
from app.shared.drawing.filled import outline
from app.shared.drawing.levels import (
    LEVEL_ORDER,
    LINE_LEGEND,
    Layout,
    Levels,
    Trace,
    axis,
)
from app.shared.drawing.ticks import log_axis
from ired_interp_core.spelling import number

WALK = np.array(LEVEL_ORDER)


@dataclass(frozen=True)
class Line:
    """One quantity.

    Args:
        name: as a reader calls it.
        middle: of each level, t at index t.
        colour: of line and marks.
        dash: Plotly's.
        symbol: of the marks.
        hollow: levels at which it says little.
        band: quartiles are filled.
        told: further lines of the tooltip, of each level.
        kind: median or mean.
        link: set of problems that its marks lead to, as a link spells it; "" for that of the page.
        sort: column by which they are sorted there; "" for that of the panel.
        listed: it stands in the legend.
    """

    name: str
    middle: Middle
    colour: str
    dash: str = "solid"
    symbol: str = "circle"
    hollow: Bool[np.ndarray, "L"] | None = None
    band: bool = True
    told: Sequence[str] = field(default=())
    kind: str = "median"
    link: str = ""
    sort: str = ""
    listed: bool = True

    @property
    def tells(self) -> list[str]:
        """What its marks tell beside their level and the place of the line."""
        return [self.link, self.sort] if self.link or self.sort else []


@dataclass(frozen=True)
class Null:
    """What chance or a predictor gives.

    Args:
        name: as a reader calls it.
        value: at every level.
        low: lower end of what 95 % of chance gives; the value for a line alone.
        high: upper end.
        dash: Plotly's.
    """

    name: str
    value: Float[np.ndarray, "L"]
    low: Float[np.ndarray, "L"] | None = None
    high: Float[np.ndarray, "L"] | None = None
    dash: str = "dash"


def figure(
    lines: Sequence[Line], nulls: Sequence[Null], label: str, log: bool = False,
    span: Sequence[float] | None = None, unit: str = "",
) -> Levels:  # fmt: skip
    """Draw lines by level, smooth to sharp; the level in view is shaded.

    Args:
        lines: quantities.
        nulls: what they stand beside.
        label: of the axis.
        log: a logarithmic axis.
        span: ends of a linear axis.
        unit: of the numbers in tooltips.

    Returns:
        The figure; its marks tell their level and the place of their line.
    """
    shared: list[Trace] = []
    for null in nulls:
        shared += _null(null, unit)
    for k, line in enumerate(lines):
        shared += _line(line, k, unit)
    drawn = [v for line in lines for v in (line.middle.lower, line.middle.upper, line.middle.value)]
    drawn += [null.value for null in nulls]
    values = np.concatenate(drawn) if drawn else np.ones(1)
    rest = log_axis(values) if log else {"range": list(span)} if span else {"rangemode": "tozero"}
    layout: Layout = {
        "margin": {"l": 58, "r": 14, "t": 26, "b": 36},
        "xaxis": axis("level t", range=RANGE, tickvals=list(LEVEL_ORDER), zeroline=False,
                      showgrid=False),
        "yaxis": axis(label, zeroline=False, **rest),
        "legend": LINE_LEGEND,
        "hovermode": "closest",
    }  # fmt: skip
    return Levels(layout, shared=shared, layouts=[{"shapes": [shade(t)]} for t in LEVEL_ORDER])


def shade(level: int) -> Layout:
    """The level in view."""
    return {"type": "rect", "x0": level - 0.5, "x1": level + 0.5, "yref": "paper", "y0": 0,
            "y1": 1, "line": {"width": 0}, "fillcolor": colours.SHADE,
            "layer": "below"}  # fmt: skip


def _null(null: Null, unit: str) -> list[Trace]:
    x = np.array([9.5, *WALK, -0.5], np.float32)
    traces: list[Trace] = []
    if null.low is not None and null.high is not None:
        low, high = (np.concatenate([v[WALK][:1], v[WALK], v[WALK][-1:]])
                     for v in (null.low, null.high))  # fmt: skip
        traces.append(area(x, low, high, faint(colours.BASELINE, 0.3)))
    values = null.value[WALK]
    traces.append({
        "type": "scatter", "mode": "lines", "name": null.name, "x": x,
        "y": np.concatenate([values[:1], values, values[-1:]]).astype(np.float32),
        "line": {"color": colours.BASELINE, "width": 1.4, "dash": null.dash},
        "hovertemplate": f"t %{{x}} · {null.name}: %{{y:.3g}}{unit}<extra></extra>",
    })  # fmt: skip
    return traces


def area(x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str) -> Trace:
    """The area between two lines, wherever both are known."""
    across, up = outline(x, low, high, LONE)
    return {"type": "scatter", "mode": "lines", "x": across, "y": up, "fill": "toself",
            "fillcolor": colour, "line": {"width": 0}, "hoverinfo": "skip",
            "showlegend": False}  # fmt: skip


def _line(line: Line, place: int, unit: str) -> list[Trace]:
    m = line.middle
    hollow = np.zeros(len(WALK), bool) if line.hollow is None else line.hollow[WALK]
    told = []
    for t in WALK:
        ends = (f" [{number(m.low[t])}, {number(m.high[t])}]" if np.isfinite(m.low[t]) else
                f" of {int(m.count[t])}")  # fmt: skip
        rest = f"<br>{line.told[t]}" if line.told else ""
        told.append(f"t {t} · {line.name}: {line.kind} {number(m.value[t])}{unit}{ends}{rest}")
    traces: list[Trace] = []
    if line.band:
        traces.append(area(WALK.astype(np.float32), m.lower[WALK], m.upper[WALK],
                           faint(line.colour, 0.2)))  # fmt: skip
    traces.append({
        "type": "scatter", "mode": "lines+markers", "name": line.name, "showlegend": line.listed,
        "x": WALK, "y": m.value[WALK].astype(np.float32),
        "line": {"color": line.colour, "width": 1.8, "dash": line.dash},
        "marker": {"symbol": [f"{line.symbol}-open" if h else line.symbol for h in hollow],
                   "size": 7, "color": [colours.BASELINE if h else line.colour for h in hollow],
                   "line": {"width": 1.6}},
        "customdata": [[int(t), place, *line.tells] for t in WALK],
        "hovertext": told,
        "hovertemplate": "%{hovertext}<br>click: problems of this level<extra></extra>",
    })  # fmt: skip
    return traces


def empty(words: str, muted: str) -> tuple[list[Trace], Layout]:
    """A level of which there is nothing to draw, and why."""
    return [{"type": "scatter", "x": [None], "y": [None], "showlegend": False}], {
        "annotations": [centred(words, muted)]
    }
