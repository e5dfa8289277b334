"""Distance of turned-back answers at the level in view, one row a transformation."""

from collections.abc import Sequence

import numpy as np

from app.geometry.over import Middle
from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, TINY, Layout, Levels, Trace, axis
from app.shared.drawing.ticks import log_axis
from ired_interp_core.spelling import number


def figure(
    rows: Sequence[tuple[str, str, Middle]], error: Middle, rounding: Middle, chosen: str,
    ink: str, accent: str, muted: str,
) -> Levels:  # fmt: skip
    """Draw median distances with their intervals beside the model's error.

    Args:
        rows: id, name and distance of each transformation.
        error: of the model, a dashed line.
        rounding: of the sampler, a dotted line.
        chosen: id of the row that is ringed.
        ink: of marks and whiskers.
        accent: of the ring.
        muted: of words.

    Returns:
        The figure; its marks tell the place of their row.
    """
    every = [m.value for _, _, m in rows] + [m.low for _, _, m in rows] + [m.high for *_, m in rows]
    values = np.concatenate([*every, error.value, rounding.value])
    ticks = log_axis(values, most=6)
    known = values[np.isfinite(values) & (values > 0)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.01, 1.0)
    layout: Layout = {
        "margin": {"l": 118, "r": 16, "t": 24, "b": 36},
        "xaxis": axis("rms distance per entry [y]", **ticks, zeroline=False,
                      range=[np.log10(low) - 0.1, np.log10(high) + 0.1]),
        "yaxis": axis(range=[len(rows) - 0.4, -0.6], tickvals=list(range(len(rows))),
                      ticktext=[name for _, name, _ in rows], showgrid=False, zeroline=False),
        "showlegend": False,
        "hovermode": "closest",
    }  # fmt: skip
    levels = [[_marks(rows, error, t, ink), *_ring(rows, chosen, t, accent)] for t in LEVEL_ORDER]
    return Levels(layout, levels=levels,
                  layouts=[_lines(error, rounding, t, muted) for t in LEVEL_ORDER])  # fmt: skip


def _marks(rows: Sequence[tuple[str, str, Middle]], error: Middle, t: int, ink: str) -> Trace:
    told = []
    for _, name, m in rows:
        ends = f" [{number(m.low[t])}, {number(m.high[t])}]" if np.isfinite(m.low[t]) else ""
        told.append(f"t {t} · {name}: {number(m.value[t])}{ends}<br>error {number(error.value[t])}"
                    "<br>click: an example")  # fmt: skip
    value, low, high = (np.array([getattr(m, end)[t] for *_, m in rows])
                        for end in ("value", "low", "high"))  # fmt: skip
    return {
        "type": "scatter", "mode": "markers", "x": value, "y": list(range(len(rows))),
        "marker": {"size": 10, "color": colours.PLACES["answer"]},
        "error_x": {"type": "data", "symmetric": False, "width": 0, "thickness": 1.6, "color": ink,
                    "array": np.nan_to_num(high - value),
                    "arrayminus": np.nan_to_num(value - low)},
        "customdata": [[k, id_] for k, (id_, *_) in enumerate(rows)],
        "hovertext": told, "hovertemplate": "%{hovertext}<extra></extra>", "cliponaxis": False,
    }  # fmt: skip


def _ring(rows: Sequence[tuple[str, str, Middle]], chosen: str, t: int, accent: str) -> list[Trace]:
    at = [(m.value[t], k) for k, (id_, _, m) in enumerate(rows) if id_ == chosen]
    return [{"type": "scatter", "mode": "markers", "x": [x], "y": [y], "hoverinfo": "skip",
             "marker": {"symbol": "circle-open", "size": 17, "color": accent,
                        "line": {"width": 2}}} for x, y in at]  # fmt: skip


def _lines(error: Middle, rounding: Middle, t: int, muted: str) -> Layout:
    shapes, notes = [], []
    for name, middle, dash, end in (
        ("error", error, "dash", {"y": 1}),
        ("rounding", rounding, "dot", {"y": 0, "xanchor": "left", "xshift": 3}),
    ):
        value = float(middle.value[t])
        if not np.isfinite(value) or value <= 0:
            continue
        shapes.append(
            {
                "type": "line",
                "x0": value,
                "x1": value,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"color": colours.BASELINE, "width": 1.6, "dash": dash},
            }
        )
        notes.append({"x": np.log10(value), "yref": "paper", **end, "yanchor": "bottom",
                      "text": f"{name} {number(value)}", "showarrow": False,
                      "font": {"size": TINY, "color": muted}})  # fmt: skip
    return {"shapes": shapes, "annotations": notes}
