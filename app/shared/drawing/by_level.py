"""Marks of the annealing figures: bands, lines and markers over the levels, and what they mean.

x is the level t in walking order, 9 … 0. Every marker carries the level, the quantile, the group
and the row that it stands for, so that a click leads to the problems behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from app.shared.drawing import colours
from app.shared.drawing.bands import MEDIAN, PERCENT
from app.shared.drawing.filled import band
from ired_interp_core.schema import LEVELS

SHARE = -1
"""Stands for a quantile where a row shows one number for each group."""

WALK = np.arange(LEVELS)[::-1]
RANGE = [LEVELS - 0.5, -0.5]
ASIDE = 0.09
LONE = 0.1
"""Half the width of a band at a level without neighbours."""


@dataclass(frozen=True)
class Line:
    """What a row is compared with: a control, a bound, a predictor that learned nothing.

    Args:
        name: written at its right end.
        values: one for each level t.
        dash: Plotly's dash.
        strong: drawn in the colour of the ideal.
        chosen: of the problem that the reader has chosen.
    """

    name: str
    values: Float[np.ndarray, " L"]
    dash: str = "dash"
    strong: bool = False
    chosen: bool = False

    def colour(self, look: "Look") -> str:
        """Ideal, chosen problem or control."""
        if self.chosen:
            return look.text
        return colours.IDEAL if self.strong else colours.BASELINE

    def ink(self, look: "Look") -> str:
        """Colour of its name, which is read: the grey of controls is too pale for words."""
        return self.colour(look) if self.strong or self.chosen else look.muted


@dataclass(frozen=True)
class Row:
    """One quantity.

    Args:
        what: its id, for picks.
        label: with unit.
        values: quantiles [group, quantile, level], or one number [group, level].
        lines: to compare it with.
        log: on a logarithmic axis.
        span: ends of the axis; from the values when None.
        grey: share of problems left out as not determined [group, level]; None if none can be.
    """

    what: str
    label: str
    values: np.ndarray
    lines: Sequence[Line] = ()
    log: bool = False
    span: tuple[float, float] | None = None
    grey: np.ndarray | None = None


@dataclass(frozen=True)
class Pick:
    """A point that the reader clicked.

    Args:
        what: id of the quantity.
        level: t.
        percent: quantile in per cent, or SHARE.
        group: position of the group.
    """

    what: str
    level: int
    percent: int
    group: int


@dataclass(frozen=True)
class Look:
    """What all figures of the view share.

    Args:
        template: of the page's ground.
        text: colour of words.
        muted: colour of controls.
        names: of the groups; one if all problems are together.
        pick: to be ringed.
    """

    template: go.layout.Template
    text: str
    muted: str
    names: tuple[str, ...]
    pick: Pick | None = None

    def colour(self, group: int) -> str:
        """Colour of a group, the same in every figure."""
        return colours.BULK if len(self.names) < 2 else colours.GROUPS[group]

    def aside(self, group: int) -> float:
        """How far beside its level a group's markers stand; the lowest on the smooth side."""
        return ASIDE * ((len(self.names) - 1) / 2 - group)


def faint(colour: str, share: float) -> str:
    """A colour #rrggbb with an opacity of 0 … 1."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{share})"


def level_axis(show: bool, ticks: Sequence[int] = tuple(range(LEVELS)), title: bool = True) -> dict:
    """The axis of levels, smooth to sharp.

    Args:
        show: whether it is labelled.
        ticks: labelled levels.
        title: whether it says what it is.

    Returns:
        Part of a layout.
    """
    axis: dict[str, object] = {
        "range": RANGE,
        "tickvals": list(ticks),
        "showticklabels": show,
        "ticklen": 3,
        "fixedrange": True,
        "zeroline": False,
    }
    if show and title:
        axis["title"] = {"text": "level t", "standoff": 3, "font": {"size": 11}}
    return axis


def points(row: Row, index: int, look: Look, compact: bool = False) -> list[go.Scatter]:
    """Bands, lines and markers of one row.

    Args:
        row: what is drawn.
        index: position of the row, given back by a click.
        look: shared.
        compact: few pixels: no minimum and maximum.

    Returns:
        Traces without axes.
    """
    traces = []
    shown_values = row.values
    if row.log:  # a logarithmic axis has no place for 0
        with np.errstate(invalid="ignore"):
            shown_values = np.where(row.values > 0, row.values, np.nan)
    for group, values in enumerate(shown_values):
        colour = look.colour(group)
        if values.ndim == 1:
            traces.append(_line(values, SHARE, group, index, colour, look, row))
            continue
        alone = len(row.values) == 1
        for low, high, share in ((1, 5, 0.14), (2, 4, 0.28 if alone else 0.16)):
            if alone or low == 2:
                ends = values[low][WALK], values[high][WALK]
                traces.append(band(WALK, *ends, faint(colour, share), LONE))
        shown = range(len(PERCENT)) if alone and not compact else (1, MEDIAN, 5)
        for q in shown:
            traces.append(_line(values[q], PERCENT[q], group, index, colour, look, row))
    return traces


def _line(
    values: np.ndarray, percent: int, group: int, index: int, colour: str, look: Look, row: Row
) -> go.Scatter:
    name = look.names[group]
    middle = percent in (50, SHARE)
    end = percent in (0, 100)
    said = {0: "min", 100: "max", 50: "median", SHARE: "share"}.get(percent, f"{percent} %")
    grey = np.zeros(LEVELS) if row.grey is None else np.nan_to_num(row.grey[group])
    info = [[int(t), percent, group, index, round(100 * float(grey[t])), row.what] for t in WALK]
    fill = [colours.BASELINE if g > 0.5 else colour for g in grey[WALK]]
    unsure = "<br>%{customdata[4]} % of problems not determined" if row.grey is not None else ""
    return go.Scatter(
        x=(WALK + look.aside(group)).astype(np.float32),
        y=values[WALK].astype(np.float32),
        customdata=info,
        mode="lines+markers",
        line={
            "color": colour if middle else faint(colour, 0.55),
            "width": 2 if middle else 0.8,
            "dash": "dot" if end else "solid",
        },
        marker={"size": 6 if middle else 4, "color": fill},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        name=name,
        showlegend=False,
        hovertemplate=f"t = %{{customdata[0]}} · {said} %{{y:.4g}}{unsure}<extra>{name}</extra>",
    )


def compare(row: Row, look: Look) -> list[go.Scatter]:
    """Controls of a row, as traces without axes."""
    x = np.array([LEVELS - 0.5, *WALK, -0.5], np.float32)
    traces = []
    for line in row.lines:
        v = line.values[WALK]
        ends = np.concatenate([v[:1], v, v[-1:]]).astype(np.float32)
        traces.append(
            go.Scatter(
                x=x,
                y=ends,
                mode="lines",
                line={
                    "color": line.colour(look),
                    "width": 1.6 if line.strong or line.chosen else 1.1,
                    "dash": line.dash,
                },
                showlegend=False,
                hovertemplate=f"t = %{{x}} · %{{y:.4g}}<extra>{line.name}</extra>",
            )
        )
    return traces


def ring(row: Row, look: Look) -> go.Scatter | None:
    """A ring around the picked point, without axes; None where this row does not hold it."""
    pick = look.pick
    if pick is None or pick.what != row.what or pick.group >= len(row.values):
        return None
    values = row.values[pick.group]
    if values.ndim == 2:
        if pick.percent not in PERCENT:
            return None
        values = values[PERCENT.index(pick.percent)]
    return go.Scatter(
        x=[pick.level + look.aside(pick.group)],
        y=values[[pick.level]].astype(np.float32),
        mode="markers",
        marker={"symbol": "circle-open", "size": 13, "color": look.text, "line": {"width": 2}},
        hoverinfo="skip",
        showlegend=False,
    )


def legend(look: Look) -> list[go.Scatter]:
    """Names of the groups, once in a figure: empty traces that only the legend shows."""
    if len(look.names) < 2:
        return []
    return [
        go.Scatter(
            x=[None],
            y=[None],
            mode="lines",
            line={"color": look.colour(i), "width": 3},
            name=name,
            showlegend=True,
        )
        for i, name in enumerate(look.names)
    ]
