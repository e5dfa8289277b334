"""The paper's Figure 4: energy against squared error, along random and directed ways."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.colors import sample_colorscale
from plotly.subplots import make_subplots

from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.drawing.ticks import log_axis
from ired_interp_core.accuracy.names import DIRECTIONS, RANDOM
from ired_interp_core.schema import LEVELS
from ired_interp_core.spelling import RAISED, number

TINTS = sample_colorscale(colours.ORDERED, np.linspace(0.12, 0.85, LEVELS).tolist())
"""Colour of each level, t = 0 dark, t = 9 light; without the ends, which one ground swallows."""

WAYS = {
    "ŷ − y*": ("to_answer", "from_answer"),
    "−∇E": ("downhill", "uphill"),
    "softest": ("soft_downhill", "soft_uphill"),
    "stiffest": ("stiff_downhill", "stiff_uphill"),
    "random": (RANDOM,),
}
"""Panel of the figure → the direction to its right, and the opposite one to its left."""

ROOM = 0.12
"""Share of an axis that a tick's name takes, in the lower of two rows."""

STAR = "star"
"""Mark of the lowest energy of a panel, where it lies below the truth's beyond its interval."""


@dataclass(frozen=True)
class Around:
    """Energies around the truth of one variant.

    Args:
        displacement: mean squared displacements, ascending from 0 [K].
        energy: mean E_t of the displaced truth.
        rise: mean E_t − E_t(y*), paired by problem.
        low: lower end of its interval.
        high: upper end.
        p: Holm over the directed displacements of a level, NaN elsewhere.
        problems: that were measured.
        lowest: level → direction, rank of the lowest directed mean, and whether it lies below the
            truth's energy beyond its interval (p < .05).
    """

    displacement: Float[np.ndarray, " K"]
    energy: Float[np.ndarray, "L D K"]
    rise: Float[np.ndarray, "L D K"]
    low: Float[np.ndarray, "L D K"]
    high: Float[np.ndarray, "L D K"]
    p: Float[np.ndarray, "L D K"]
    problems: int
    lowest: Mapping[int, tuple[int, int, bool]]


def ticks(values: np.ndarray) -> tuple[list[float], list[str]]:
    """Ticks of an asinh axis, which is linear near 0 and logarithmic far from it.

    Args:
        values: what is drawn.

    Returns:
        Places and names: 0, and powers of ten on both sides, below 1 only if all values are.
    """
    there = values[np.isfinite(values)]
    least, most = (float(there.min()), float(there.max())) if there.size else (0.0, 1.0)
    largest = max(abs(least), abs(most)) or 1.0
    found = [0.0]
    for power in range(min(0, int(np.floor(np.log10(largest)))), 6):
        found += [v for v in (-(10.0**power), 10.0**power) if 1.3 * least <= v <= 1.3 * most]
    apart = ROOM * float(np.arcsinh(most) - np.arcsinh(least))
    kept = [0.0]
    for side in (-1.0, 1.0):
        last = 0.0
        for value in sorted((v for v in found if v * side > 0), key=abs):
            if abs(np.arcsinh(value) - np.arcsinh(last)) >= apart:
                kept.append(value)
                last = value
    kept.sort()
    return np.arcsinh(kept).tolist(), [number(v, "g") for v in kept]


def figure(
    arounds: Mapping[str, Around],
    template: go.layout.Template,
    muted: str,
    *,
    excess: bool,
) -> go.Figure:
    """Draw a row for each variant, a panel for each way out of the truth, a line for each level.

    Args:
        arounds: variant → energies.
        template: of the page's ground.
        muted: colour of the lines of the truth.
        excess: draw E_t − E_t(y*) on an axis linear near 0, rather than E_t on a logarithmic one.

    Returns:
        The figure; displacements grow to both sides of the truth, which stands at 0.
    """
    rows = max(len(arounds), 1)
    drawn = make_subplots(rows, len(WAYS), shared_yaxes=True, shared_xaxes=True,
                          column_titles=list(WAYS), horizontal_spacing=0.012,
                          vertical_spacing=0.06)  # fmt: skip
    traces, truths = [], []
    for row, (variant, around) in enumerate(arounds.items(), 1):
        values = around.rise if excess else around.energy
        for column, ways in enumerate(WAYS.values(), 1):
            x, y = _axes(row, column)
            for t in LEVEL_ORDER:
                line = _line(around, values, ways, t, excess)
                traces.append({**line, "xaxis": x, "yaxis": y, "showlegend": not truths})
            dotted = {"type": "line", "line": {"color": muted, "width": 1, "dash": "dot"}}
            truths.append({**dotted, "x0": 0, "x1": 0, "xref": x,
                           "y0": 0, "y1": 1, "yref": f"{y} domain"})  # fmt: skip
            if excess:
                truths.append({**dotted, "x0": 0, "x1": 1, "xref": f"{x} domain",
                               "y0": 0, "y1": 0, "yref": y})  # fmt: skip
        title = "Eₜ(y* + δ)" + (" − Eₜ(y*)" if excess else "")
        drawn.update_yaxes(title={"text": f"{variant}<br>{title}"}, row=row, col=1)
        if excess:
            places, said = ticks(values)
            drawn.update_yaxes(tickvals=places, ticktext=said, row=row)
        else:
            drawn.update_yaxes(log_axis(values, most=6), row=row)
    # At once: one by one they would take five times as long.
    drawn.add_traces([*traces, *_marks(arounds, muted, excess)])
    places, said = across_ticks(next(iter(arounds.values())).displacement if arounds else ZERO)
    drawn.update_xaxes(tickvals=places, ticktext=said, tickangle=0)
    drawn.update_xaxes(title={"text": "mean δ² [y²], both signs"}, row=rows, col=3)
    drawn.update_annotations(selector={"yref": "paper"}, font={"size": 12})
    drawn.update_layout(
        template=template, margin={"l": 8, "r": 8, "t": 60, "b": 8}, legend={"y": 1.13},
        shapes=truths,
    )  # fmt: skip
    return drawn


def _axes(row: int, column: int) -> tuple[str, str]:
    """Names of the axes of a panel, as `make_subplots` counts them."""
    n = (row - 1) * len(WAYS) + column
    return f"x{n if n > 1 else ''}", f"y{n if n > 1 else ''}"


ZERO = np.zeros(1)


def across(displacement: np.ndarray) -> np.ndarray:
    """Places of displacements right of the truth, which stands at 0 a decade left of the least."""
    positive = displacement[displacement > 0]
    least = float(positive.min()) if positive.size else 1.0
    return np.where(displacement > 0, np.log10(np.maximum(displacement, least) / least) + 1, 0.0)


def across_ticks(displacement: np.ndarray) -> tuple[list[float], list[str]]:
    """Ticks of that axis, both signs: the truth, and every second power of ten.

    Args:
        displacement: mean squared displacements from 0.

    Returns:
        Places and names.
    """
    positive = displacement[displacement > 0]
    if not positive.size:
        return [0.0], ["y*"]
    powers = np.arange(np.ceil(np.log10(positive.min()) - 1e-9), np.log10(positive.max()) + 1e-9)
    powers = powers[::-1][::2]
    there = powers - np.log10(positive.min()) + 1
    names = [f"10{str(int(p)).translate(RAISED)}" if p < -1 else f"{10.0**p:g}" for p in powers]
    return [*(-there), 0.0, *there], [*names, "y*", *names]


def _line(
    around: Around, values: np.ndarray, ways: tuple[str, ...], t: int, excess: bool
) -> dict[str, object]:
    """One level along one way: the opposite direction to the left, where there is one."""
    places, ranks = [DIRECTIONS.index(way) for way in ways], np.arange(len(around.displacement))
    x, d, k = across(around.displacement), np.full(len(ranks), places[0]), ranks
    if len(places) > 1:
        x, k = np.concatenate([-x[:0:-1], x]), np.concatenate([ranks[:0:-1], ranks])
        d = np.concatenate([np.full(len(ranks) - 1, places[1]), d])
    y = values[t, d, k]
    told = np.stack([around.displacement[k], *(a[t, d, k] for a in (
        around.energy, around.rise, around.low, around.high))], axis=-1)  # fmt: skip
    return {
        "type": "scatter", "x": x, "y": np.arcsinh(y) if excess else np.where(y > 0, y, np.nan),
        "mode": "lines+markers", "name": f"t = {t}", "legendgroup": str(t),
        "line": {"color": TINTS[t], "width": 1.4}, "marker": {"size": 3}, "customdata": told,
        "text": [DIRECTIONS[i].replace("_", " ") for i in d],
        "hovertemplate": f"t = {t}, %{{text}}, δ² = %{{customdata[0]:.3g}} y²<br>"
        "E %{customdata[1]:.5g}, less the truth's %{customdata[2]:.4g} "
        "[%{customdata[3]:.4g}, %{customdata[4]:.4g}]<extra></extra>",
    }  # fmt: skip


def _marks(arounds: Mapping[str, Around], muted: str, excess: bool) -> list[dict[str, object]]:
    """A star where a level is lowest, beyond its interval, along a directed way."""
    columns = {way: (c, n) for c, ways in enumerate(WAYS.values(), 1) for n, way in enumerate(ways)}
    found = []
    for row, around in enumerate(arounds.values(), 1):
        for t, (direction, rank, firm) in around.lowest.items():
            if not firm:
                continue
            column, left = columns[DIRECTIONS[direction]]
            xaxis, yaxis = _axes(row, column)
            y = (around.rise if excess else around.energy)[t, direction, rank]
            found.append({
                "type": "scatter", "x": [across(around.displacement)[rank] * (-1 if left else 1)],
                "y": [np.arcsinh(y) if excess else y], "mode": "markers", "legendgroup": str(t),
                "showlegend": False, "hoverinfo": "skip", "xaxis": xaxis, "yaxis": yaxis,
                "marker": {"color": TINTS[t], "size": 12, "symbol": STAR,
                           "line": {"width": 1, "color": muted}},
            })  # fmt: skip
    return found
