"""An atom as a matrix with its parts and singular values; or as a vector where it is no matrix."""

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from jaxtyping import Float
from plotly.subplots import make_subplots

from app.shared.drawing import colours

WHOLE = {"long_name": "atom W, unit norm", "units": "1"}


def parts(atom: Float[np.ndarray, "n n"], data: Float[np.ndarray, "3"] | None = None) -> xr.Dataset:
    """Symmetric, antisymmetric and diagonal part of an atom; the diagonal lies in the former.

    Args:
        atom: W as a matrix.
        data: shares of the parts in the gradients before the jumps; None where not known.

    Returns:
        W, (W + Wᵀ)/2, (W − Wᵀ)/2 and diag W with their shares of ‖W‖², the same of the data and of
        a random atom, and the singular values of W.
    """
    w = np.asarray(atom, dtype=np.float64)
    n = len(w)
    matrices = np.stack([w, (w + w.T) / 2, (w - w.T) / 2, np.diag(np.diag(w))])
    norms = (matrices**2).sum(axis=(1, 2))
    random = np.array([n * n, n * (n + 1) / 2, n * (n - 1) / 2, n]) / n**2
    shares = norms / norms[0] if norms[0] > 0 else np.full(4, np.nan)
    singular = np.linalg.svd(w, compute_uv=False)
    of_data = np.array([1.0, *(np.full(3, np.nan) if data is None else data)])
    return xr.Dataset(
        {
            "entry": (("part", "row", "col"), matrices, WHOLE),
            "share": ("part", shares, {"long_name": "share of ‖W‖²", "units": "1"}),
            "share_data": ("part", of_data, {"long_name": "of the gradients before the jumps"}),
            "share_random": ("part", random, {"long_name": "of a random atom"}),
            "singular": ("rank", singular, {"long_name": "singular value", "units": "1"}),
        },
        {"part": ["W", "symmetric", "antisymmetric", "diagonal"]},
    )


def end(taken_apart: xr.Dataset) -> float:
    """End ± of the colours: the largest |entry| of the whole, so that parts compare."""
    return float(np.abs(taken_apart["entry"].values[0]).max()) or 1.0


def figure(taken_apart: xr.Dataset) -> go.Figure:
    """Draw the parts side by side with one scale, and the singular values as bars."""
    names, limit = taken_apart["part"].values.tolist(), end(taken_apart)
    shares, random = taken_apart["share"].values, taken_apart["share_random"].values
    singular, data = taken_apart["singular"].values, taken_apart["share_data"].values
    heads = ["atom W"] + [
        f"{name} {100 * share:.0f} %<br>"
        + (f"data {100 * seen:.0f} %, " if np.isfinite(seen) else "")
        + f"random {100 * chance:.0f} %"
        for name, share, seen, chance in zip(
            names[1:], shares[1:], data[1:], random[1:], strict=True
        )
    ]
    made = make_subplots(1, 5, subplot_titles=[*heads, "singular values"], horizontal_spacing=0.025)
    for i, (name, matrix) in enumerate(zip(names, taken_apart["entry"].values, strict=True)):
        made.add_trace(
            go.Heatmap(
                z=matrix.astype(np.float32), zmin=-limit, zmax=limit, colorscale=colours.SIGNED,
                showscale=False, name=name, meta="matrix",
                hovertemplate="row %{y} · col %{x}<br>%{z:.4g}<extra>" + name + "</extra>",
            ),
            1, i + 1,
        )  # fmt: skip
        made.update_xaxes(visible=False, constrain="domain", row=1, col=i + 1)
        axis = "" if i == 0 else str(i + 1)
        made.update_yaxes(
            visible=False, autorange="reversed", scaleanchor=f"x{axis}", constrain="domain",
            constraintoward="top", row=1, col=i + 1,
        )  # fmt: skip
    made.add_trace(
        go.Bar(
            x=np.arange(1, len(singular) + 1), y=singular, marker={"color": colours.BULK},
            hovertemplate="s %{x}: %{y:.4g}<extra></extra>",
        ),
        1, 5,
    )  # fmt: skip
    made.update_yaxes(side="right", rangemode="tozero", nticks=4, row=1, col=5)
    made.update_layout(showlegend=False, margin={"l": 4, "r": 4, "t": 36, "b": 4})
    made.update_annotations(font_size=11)
    return made


def vector(atom: Float[np.ndarray, " d"]) -> go.Figure:
    """Draw an atom of hidden units: its entries in descending order of size."""
    order = np.argsort(-np.abs(atom), kind="stable")
    made = go.Figure(
        go.Bar(
            x=np.arange(1, len(atom) + 1), y=np.asarray(atom)[order], customdata=order,
            marker={"color": colours.BULK, "line": {"width": 0}},
            hovertemplate="unit %{customdata}: %{y:.4g}<extra></extra>",
        )
    )  # fmt: skip
    made.update_layout(
        bargap=0, margin={"l": 4, "r": 4, "t": 10, "b": 4},
        xaxis={"title": {"text": "units, largest |entry| first"}}, yaxis={"title": {"text": "W"}},
    )  # fmt: skip
    return made
