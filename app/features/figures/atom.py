"""An atom as a matrix with its parts and singular values; or as a vector where it is no matrix."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from app.shared.drawing import colours


@dataclass(frozen=True)
class Parts:
    """An atom taken apart.

    Args:
        names: of the parts, the whole first.
        matrices: [part, n, n]; symmetric + antisymmetric = whole; the diagonal lies in the former.
        shares: of the squared norm, one for each part.
        random: the same of a random atom.
        singular: singular values of the whole, descending.
    """

    names: tuple[str, ...]
    matrices: np.ndarray
    shares: np.ndarray
    random: np.ndarray
    singular: np.ndarray

    @property
    def end(self) -> float:
        """End ± of the colours: the largest |entry| of the whole, so that parts compare."""
        return float(np.abs(self.matrices[0]).max()) or 1.0


def parts(atom: Float[np.ndarray, "n n"]) -> Parts:
    """Symmetric, antisymmetric and diagonal part of an atom.

    Args:
        atom: W as a matrix.

    Returns:
        W, (W + Wᵀ)/2, (W − Wᵀ)/2 and diag W with their shares of ‖W‖².
    """
    w = np.asarray(atom, dtype=np.float64)
    n = len(w)
    matrices = np.stack([w, (w + w.T) / 2, (w - w.T) / 2, np.diag(np.diag(w))])
    norms = (matrices**2).sum(axis=(1, 2))
    random = np.array([n * n, n * (n + 1) / 2, n * (n - 1) / 2, n]) / n**2
    shares = norms / norms[0] if norms[0] > 0 else np.full(4, np.nan)
    names = ("W", "symmetric", "antisymmetric", "diagonal")
    return Parts(names, matrices, shares, random, np.linalg.svd(w, compute_uv=False))


def figure(p: Parts) -> go.Figure:
    """Draw the parts side by side, and the singular values.

    Args:
        p: of one atom.

    Returns:
        The figure: four heatmaps with one scale, one row of bars.
    """
    heads = ["atom W"] + [
        f"{name}<br>{100 * share:.0f} % ({100 * random:.0f} %)"
        for name, share, random in zip(p.names[1:], p.shares[1:], p.random[1:], strict=True)
    ]
    made = make_subplots(1, 5, subplot_titles=[*heads, "singular values"], horizontal_spacing=0.025)
    for i, (name, matrix) in enumerate(zip(p.names, p.matrices, strict=True)):
        made.add_trace(
            go.Heatmap(
                z=matrix.astype(np.float32), zmin=-p.end, zmax=p.end, colorscale=colours.SIGNED,
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
            x=np.arange(1, len(p.singular) + 1), y=p.singular, marker={"color": colours.BULK},
            hovertemplate="s %{x}: %{y:.4g}<extra></extra>",
        ),
        1, 5,
    )  # fmt: skip
    made.update_yaxes(side="right", rangemode="tozero", nticks=4, row=1, col=5)
    made.update_layout(
        showlegend=False,
        margin={"l": 4, "r": 4, "t": 36, "b": 4},
    )  # fmt: skip
    made.update_annotations(font_size=11)
    return made


def vector(atom: Float[np.ndarray, " d"]) -> go.Figure:
    """Draw an atom of hidden units: its entries in descending order of size.

    Args:
        atom: W.

    Returns:
        The figure.
    """
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
