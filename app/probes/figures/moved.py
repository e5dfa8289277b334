"""What was learned on one model, tried on another: a matrix of AUROCs for each kind of sign."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.shared.drawing.colours import Stops
from ired_interp_core.spelling import number

FULL = 0.75
"""From here on the fill is nearer to ink than to ground."""
TITLES = ("activations", "confounds that both have")


def matrices(
    numbers: np.ndarray, words: np.ndarray, names: Sequence[str], custom: Sequence[Sequence[str]],
    scale: Stops, inks: tuple[str, str], template: go.layout.Template,
) -> go.Figure:  # fmt: skip
    """Draw what carries over from row to column; what chance reaches is pale.

    Args:
        numbers: AUROC, its two ends, 2.5 and 97.5 % of what permuted labels reach (none on the
            diagonal) [side, learned on, tried on, 5]; NaN where nothing was asked.
        words: what it was predicted from.
        names: of the models.
        custom: model and set of each, for a click.
        scale: of the fill.
        inks: of text on the page, and on a full cell.
        template: of the ground.

    Returns:
        The figure.
    """
    auroc, low, _, _, most = np.moveaxis(numbers, -1, 0)
    drawn = make_subplots(1, len(TITLES), horizontal_spacing=0.14, subplot_titles=TITLES)
    # A matrix of a model by itself is no transfer: its interval decides, which is above a half.
    limit = np.where(np.isfinite(most), most, 0.5)
    sure = (np.where(np.isfinite(most), auroc, low) > limit) & (low > 0.5)
    for side in range(len(TITLES)):
        told = numbers[side]
        hover = [
            [_hover(names[i], names[j], told[i, j], words[side, i, j]) for j in range(len(names))]
            for i in range(len(names))
        ]
        place = [[list(custom[j]) for j in range(len(names))] for _ in names]
        drawn.add_heatmap(
            z=np.where(np.isfinite(auroc[side]), np.where(sure[side], auroc[side], 0.5), np.nan),
            x=list(names), y=list(names), zmin=0.5, zmax=1.0, xgap=2, ygap=2, showscale=False,
            colorscale=scale, customdata=place, hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>", hoverongaps=False, row=1, col=side + 1,
        )  # fmt: skip
        for i, row in enumerate(names):
            for j, column in enumerate(names):
                _write(drawn, told[i, j], bool(sure[side, i, j]), row, column, side, inks)
    drawn.update_annotations(selector={"yref": "paper"}, font={"size": 12})
    drawn.update_xaxes(title={"text": "tried on"}, showgrid=False, ticks="", showline=False)
    drawn.update_yaxes(autorange="reversed", showgrid=False, ticks="", showline=False)
    drawn.update_yaxes(title={"text": "learned on"}, col=1)
    return drawn.update_layout(
        template=template, margin={"l": 8, "r": 8, "t": 28, "b": 40}
    )  # fmt: skip


def _write(
    drawn: go.Figure,
    told: np.ndarray,
    sure: bool,
    row: str,
    column: str,
    side: int,
    inks: tuple[str, str],
) -> None:
    """The numbers of a cell; a dash where the pair was not asked."""
    value, low, high, least, most = told
    known = np.isfinite(value)
    ink = inks[bool(sure and value > FULL)]
    beside = (f"chance {number(least, '.2f')} … {number(most, '.2f')}" if np.isfinite(least)
              else f"[{number(low, '.2f')}, {number(high, '.2f')}]")  # fmt: skip
    axis = {"xref": f"x{side + 1}", "yref": f"y{side + 1}"} if side else {}
    text = number(value, ".2f") if known else "–"
    drawn.add_annotation(
        x=column, y=row, text=f"<b>{text}</b>" if sure else text, showarrow=False,
        font={"size": 15, "color": ink}, yshift=8 if known else 0, **axis,
    )  # fmt: skip
    if known:
        drawn.add_annotation(x=column, y=row, text=beside, showarrow=False, yshift=-12,
                             font={"size": 11, "color": ink}, **axis)  # fmt: skip


def _hover(own: str, other: str, told: np.ndarray, words: str) -> str:
    value, low, high, least, most = told
    ends = f"{number(value, '.2f')} [{number(low, '.2f')}, {number(high, '.2f')}]"
    if own == other:
        return f"{own}, {words}: AUROC {ends}"
    chance = f"permuted labels: {number(least, '.2f')} … {number(most, '.2f')}"
    return f"{own} → {other}, {words}: AUROC {ends}<br>{chance}<br>click: failures of {other}"
