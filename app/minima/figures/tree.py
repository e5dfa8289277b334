"""How the minima of a level hang together: a tree, a ladder of two, or one with its parabolas."""

from collections.abc import Sequence

from app.minima.figures.ladder import Grown, ladder, parabolas, tinted
from app.minima.figures.leaves import dashed, marks, nothing, saddles, said, span
from app.shared.drawing.levels import TOP_LEGEND, Layout, Levels, Trace, axis

STEM = 1.4
MARGIN: Layout = {"l": 58, "r": 16, "t": 24, "b": 36}


def figure(levels: Sequence[Grown], label: str, ink: str, muted: str, accent: str) -> Levels:
    """Draw every level as its number of minima asks for.

    Args:
        levels: smoothest first.
        label: of the axis of energies.
        ink: of branches.
        muted: of words.
        accent: of the chosen minimum's ring.

    Returns:
        The figure.
    """
    traces, layouts = [], []
    for one in levels:
        if len(one.leaves) == 1:
            drawn, layout = parabolas(one)
        elif len(one.leaves) == 2:
            drawn, layout = ladder(one, ink, muted, accent)
        elif one.leaves:
            drawn, layout = _tree(one, ink, muted, accent)
        else:
            drawn, layout = [nothing()], {"annotations": [said(one.words, muted)]}
        traces.append(drawn)
        layouts.append({"annotations": [], "shapes": [], **layout})
    layout = {
        "margin": MARGIN, "xaxis": axis(zeroline=False), "yaxis": axis(label, zeroline=False),
        "hovermode": "closest", "legend": TOP_LEGEND, "showlegend": True,
    }  # fmt: skip
    return Levels(layout, levels=traces, layouts=layouts)


def _hidden(low: float, high: float) -> Layout:
    return {"range": [low, high], "showticklabels": False, "showgrid": False, "ticks": "",
            "title": {"text": ""}}  # fmt: skip


def _tree(one: Grown, ink: str, muted: str, accent: str) -> tuple[list[Trace], Layout]:
    x: list[float | None] = []
    y: list[float | None] = []
    loose_x: list[float | None] = []
    loose_y: list[float | None] = []
    for knot in one.knots:
        (a, low), (b, other) = knot.sides
        x += [a, a, b, b, None]
        y += [low, knot.energy, knot.energy, other, None]
    tops = [leaf.energy for leaf in one.leaves] + [knot.energy for knot in one.knots]
    low, high = span(tops, above=0.2)
    several = len(one.roots) > 1
    for at, energy in one.roots:
        (loose_x if several else x).extend([at, at, None])
        (loose_y if several else y).extend([energy, high, None])
    traces: list[Trace] = []
    if x:
        traces.append({"type": "scatter", "mode": "lines", "x": x, "y": y, "showlegend": False,
                       "line": {"color": ink, "width": STEM}, "hoverinfo": "skip"})  # fmt: skip
    if loose_x:
        traces.append(dashed(loose_x, loose_y, ink))
    traces += [*saddles(one.knots), *marks(one.leaves, ink, accent)]
    places = [leaf.x for leaf in one.leaves]
    notes: list[Layout] = []
    if one.more:
        notes.append({**said(one.more, muted, 0.0), "x": 1.0, "xanchor": "right",
                      "yanchor": "bottom"})  # fmt: skip
    layout: Layout = {
        "xaxis": _hidden(min(places) - 0.7, max(places) + 0.7),
        "yaxis": {"range": [low, high]},
        "annotations": notes,
        "shapes": tinted(one, low),
    }
    return traces, layout
