"""One minimum: its matrix beside the truth, its spectrum, and its numbers, at every level."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.shared.drawing import colours
from app.shared.drawing.centred import centred
from app.shared.drawing.levels import SMALL, TINY, Layout, Levels, Trace, axis
from ired_interp_core.spelling import number

TOP = (0.56, 1.0)
"""Part of the height that the matrices take."""
BOTTOM = (0.0, 0.4)
SPECTRUM = (0.0, 0.46)
"""Part of the width that the spectrum takes; numbers stand beside it."""


@dataclass(frozen=True)
class Card:
    """What is drawn of one level.

    Args:
        name: of the minimum.
        beside: what it is compared with.
        matrices: the minimum, what it is compared with, and a third one; empty for none.
        ends: ± of the colours of each.
        spectrum: ascending.
        inverse_sigma: 1/σ, above which an ideal model has no eigenvalue.
        lines: its numbers.
        nothing: why there is none.
        third: what the third matrix is.
        entries: numbers of an answer that is no matrix, drawn as bars; 0 where it is one.
    """

    name: str
    beside: str
    matrices: Sequence[np.ndarray]
    ends: Sequence[float]
    spectrum: np.ndarray
    inverse_sigma: float
    lines: Sequence[str]
    nothing: str = ""
    third: str = "difference"
    entries: int = 0


def figure(levels: Sequence[Card], ink: str, muted: str) -> Levels:
    """Draw the card of every level.

    Args:
        levels: smoothest first.
        ink: of numbers.
        muted: of heads.

    Returns:
        The figure.
    """
    n = next((len(card.matrices[0]) for card in levels if card.matrices), 1)
    entries = max(card.entries for card in levels)
    layout: Layout = {
        "margin": {"l": 44, "r": 8, "t": 20, "b": 34},
        "hovermode": "closest",
        "showlegend": False,
        "xaxis4": axis("rank", domain=list(SPECTRUM), anchor="y4", nticks=4),
        "yaxis4": axis("λ (level frame) [E/ỹ²]", domain=list(BOTTOM), anchor="x4", nticks=5),
    }
    for k in range(3):
        suffix = str(k + 1) if k else ""
        if entries:
            layout |= _bar_axes(k, suffix, levels, entries)
            continue
        match = {"matches": "x"} if k else {}
        layout[f"xaxis{suffix}"] = {
            "automargin": False, "domain": [k / 3 + 0.01, (k + 1) / 3 - 0.01],
            "range": [-0.5, n - 0.5], "constrain": "domain", "showticklabels": False, "ticks": "",
            "showgrid": False, "zeroline": False, "anchor": f"y{suffix}", **match,
        }  # fmt: skip
        layout[f"yaxis{suffix}"] = {
            "automargin": False, "domain": list(TOP), "range": [n - 0.5, -0.5],
            "scaleanchor": f"x{suffix}", "constrain": "domain", "showticklabels": False,
            "ticks": "", "showgrid": False, "zeroline": False, "anchor": f"x{suffix}",
            **({"matches": "y"} if k else {}),
        }  # fmt: skip
    return Levels(layout, levels=[_traces(card) for card in levels],
                  layouts=[_words(card, ink, muted) for card in levels])  # fmt: skip


def _bar_axes(k: int, suffix: str, levels: Sequence[Card], entries: int) -> Layout:
    """Axes of answers that are no matrices; both that are compared have one scale."""
    end = max((card.ends[k] for card in levels if card.matrices), default=1.0)
    return {
        f"xaxis{suffix}": axis(domain=[k / 3 + 0.03, (k + 1) / 3 - 0.01], anchor=f"y{suffix}",
                               nticks=4, zeroline=False, showgrid=False,
                               range=[0.4, entries + 0.6]),
        f"yaxis{suffix}": axis(domain=[TOP[0] + 0.04, TOP[1]], anchor=f"x{suffix}", nticks=4,
                               range=[-1.05 * end, 1.05 * end]),
    }  # fmt: skip


def _heads(card: Card) -> list[str]:
    names = (card.name, card.beside, card.third)
    return [f"{name} ±{number(end, '.2g')}" for name, end in zip(names, card.ends, strict=True)]


def _traces(card: Card) -> list[Trace]:
    if card.nothing:
        return [{"type": "scatter", "x": [None], "y": [None], "xaxis": "x4", "yaxis": "y4"}]
    names = (card.name, card.beside, card.third)
    traces: list[Trace] = [
        _bars(card, matrix, name, str(k + 1) if k else "")
        if card.entries
        else {
            "type": "heatmap", "z": matrix.astype(np.float32), "zmin": -end, "zmax": end,
            "xaxis": f"x{k + 1 if k else ''}", "yaxis": f"y{k + 1 if k else ''}",
            "colorscale": colours.SIGNED, "showscale": False, "name": name, "meta": "matrix",
            "hoverongaps": False,
            "hovertemplate": f"row %{{y}} · col %{{x}}<br>%{{z:.5g}}<extra>{name}</extra>",
        }
        for k, (matrix, end, name) in enumerate(zip(card.matrices, card.ends, names, strict=True))
    ]  # fmt: skip
    rank = np.arange(1, len(card.spectrum) + 1)
    low = card.spectrum < 0
    traces += [
        {
            "type": "scatter", "mode": "lines+markers", "x": rank[mine], "xaxis": "x4",
            "yaxis": "y4", "y": card.spectrum[mine].astype(np.float32),
            "line": {"color": colour, "width": 1.4}, "marker": {"size": size, "color": colour},
            "hovertemplate": "rank %{x} · λ %{y:.5g}<extra></extra>",
        }
        for mine, colour, size in ((~low, colours.BULK, 3), (low, colours.NEGATIVE, 7))
        if mine.any()
    ]  # fmt: skip
    return traces


def _bars(card: Card, matrix: np.ndarray, name: str, suffix: str) -> Trace:
    """The numbers of an answer that is no matrix, as they stand in the rows of the padded one."""
    return {
        "type": "bar", "x": list(range(1, card.entries + 1)),
        "y": matrix.ravel()[: card.entries].astype(np.float32),
        "xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "name": name,
        "marker": {"color": colours.BULK},
        "hovertemplate": f"entry %{{x}}<br>%{{y:.5g}}<extra>{name}</extra>",
    }  # fmt: skip


def _words(card: Card, ink: str, muted: str) -> Layout:
    if card.nothing:
        centre = centred(card.nothing, ink)
        hidden = {"visible": False}
        return {"annotations": [centre], "shapes": [], "xaxis4": hidden, "yaxis4": hidden}
    heads = [
        {
            "text": head, "xref": f"x{k + 1 if k else ''} domain",
            "yref": f"y{k + 1 if k else ''} domain", "x": 0.5, "y": 1.0, "xanchor": "center",
            "yanchor": "bottom", "showarrow": False, "font": {"size": SMALL, "color": muted},
        }
        for k, head in enumerate(_heads(card))
    ]  # fmt: skip
    numbers = {
        "text": "<br>".join(card.lines), "xref": "paper", "x": SPECTRUM[1] + 0.04,
        "xanchor": "left", "yref": "paper", "y": BOTTOM[1] + 0.04, "yanchor": "top",
        "align": "left", "showarrow": False, "font": {"size": TINY, "color": ink},
    }  # fmt: skip
    line = {"type": "line", "xref": "x4 domain", "x0": 0, "x1": 1, "yref": "y4"}
    shapes = [
        {**line, "y0": at, "y1": at, "line": {"color": colour, "width": 1.2, "dash": "dash"}}
        for at, colour in ((0.0, colours.NEGATIVE), (card.inverse_sigma, colours.IDEAL))
    ]
    sigma = {"text": "1/σ", "xref": "x4 domain", "x": 0.01, "xanchor": "left", "yref": "y4",
             "y": card.inverse_sigma, "yanchor": "bottom", "showarrow": False,
             "font": {"size": TINY, "color": colours.IDEAL}}  # fmt: skip
    return {"annotations": [*heads, numbers, sigma], "shapes": shapes}
