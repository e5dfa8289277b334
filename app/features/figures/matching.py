"""Two dictionaries beside each other: how alike paired atoms are, and one pair as matrices."""

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from jaxtyping import Float
from plotly.subplots import make_subplots

from app.shared.drawing import colours

MATCHED = 0.7
"""|cos| from which a pair counts as matched (docs/definitions.md §5.4)."""
BINS = 40


def spread(cosine: Float[np.ndarray, " m"], null: float, null_sd: float) -> xr.Dataset:
    """Count pairs by |cos| in equal bins.

    Args:
        cosine: signed; NaN without a pair.
        null: PW-MCC of random dictionaries.
        null_sd: its s.d.; NaN where there was one pair of them.

    Returns:
        Counts and null.
    """
    size = np.abs(cosine[np.isfinite(cosine)])
    counts, edges = np.histogram(np.minimum(size, 1.0), BINS, (0.0, 1.0))
    return xr.Dataset(
        {
            "low": ("bin", edges[:-1], {"long_name": "|cos| from", "units": "1"}),
            "high": ("bin", edges[1:], {"long_name": "|cos| to", "units": "1"}),
            "pairs": ("bin", counts, {"long_name": "pairs", "units": "1"}),
            "null": ((), null, {"long_name": "mean |cos| of random pairs", "units": "1"}),
            "null_sd": ((), null_sd, {"long_name": "its s.d.", "units": "1"}),
        }
    )


def histogram(counted: xr.Dataset, accent: str, muted: str) -> go.Figure:
    """Draw the spread of |cos| in `accent`, beside the null in `muted` and the limit of a match."""
    low, high = counted["low"].values, counted["high"].values
    null, sd = float(counted["null"]), float(counted["null_sd"])
    width = high[0] - low[0]
    figure = go.Figure(
        go.Bar(
            x=low + width / 2, y=counted["pairs"].values, width=width, showlegend=False,
            marker={"color": accent, "line": {"width": 0}},
            customdata=np.stack([low, high], axis=1),
            hovertemplate="|cos| %{customdata[0]:.3f} … %{customdata[1]:.3f}<br>%{y} pairs"
            "<extra></extra>",
        )
    )  # fmt: skip
    if math.isfinite(null):
        sd = sd if math.isfinite(sd) else 0.0
        figure.add_vrect(null - sd, null + sd, fillcolor=muted, opacity=0.35, line_width=0)
        figure.add_vline(null, line={"color": muted, "width": 2})
        figure.add_annotation(
            x=null, y=1, yref="paper", yanchor="bottom", showarrow=False,
            text=f"random {null:.3f}", font={"size": 11, "color": muted},
        )  # fmt: skip
    figure.add_vline(MATCHED, line={"color": colours.IDEAL, "width": 1.5, "dash": "dash"})
    figure.add_annotation(
        x=MATCHED, y=1, yref="paper", yanchor="bottom", showarrow=False, text="matched ≥ 0.7",
        font={"size": 11, "color": colours.IDEAL},
    )  # fmt: skip
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 26, "b": 8},
        bargap=0,
        dragmode=False,
        xaxis={"title": {"text": "|cos| of a pair"}, "range": [0, 1]},
        yaxis={"title": {"text": "pairs"}, "rangemode": "tozero"},
    )
    return figure


def sides(units: int) -> tuple[int, int]:
    """Rows and columns of a vector in a picture: the square that it is, else near to one."""
    rows = next(r for r in range(math.isqrt(units), 0, -1) if units % r == 0)
    return rows, units // rows


def pair(atoms: Sequence[Float[np.ndarray, " d"]], names: Sequence[str]) -> go.Figure:
    """Two atoms as matrices side by side, one colour scale centred on 0; names are escaped."""
    limit = float(max(np.abs(a).max() for a in atoms)) or 1.0
    figure = make_subplots(1, 2, subplot_titles=names, horizontal_spacing=0.06)
    for column, atom in enumerate(atoms, 1):
        matrix = np.asarray(atom, dtype=np.float32).reshape(sides(atom.size))
        figure.add_heatmap(
            z=matrix, coloraxis="coloraxis", row=1, col=column, meta="matrix",
            hovertemplate="row %{y} · column %{x}<br>%{z:.4f}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(constrain="domain", showgrid=False, zeroline=False, showline=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, zeroline=False, showline=False)
    figure.update_yaxes(scaleanchor="x", constrain="domain", row=1, col=1)
    figure.update_yaxes(scaleanchor="x2", constrain="domain", row=1, col=2)
    figure.update_annotations(font={"size": 12})
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 26, "b": 8},
        coloraxis={
            "colorscale": colours.SIGNED, "cmin": -limit, "cmax": limit,
            "colorbar": {"title": {"text": "entry", "side": "right"}, "nticks": 5},
        },
        dragmode=False,
    )  # fmt: skip
    return figure
