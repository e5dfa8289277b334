"""Problem, truth, answer and error as matrices."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, SMALL, TINY, Layout, Levels, Trace, subscript


@dataclass(frozen=True)
class Matrices:
    """The matrices of one problem.

    Args:
        x: parts of the problem [part, row, col].
        truth: y* [row, col].
        answers: ŷ_t [level in LEVEL_ORDER, row, col]; None where no descent is stored.
        part_names: names of the parts of x.
    """

    x: Float32[np.ndarray, "P n n"]
    truth: Float32[np.ndarray, "n n"]
    answers: Float32[np.ndarray, "L n n"] | None
    part_names: tuple[str, ...]

    @property
    def scale(self) -> float:
        """End ± of the colours of y* and ŷ_t: the largest |entry| of y*, so that levels compare."""
        return _end(self.truth)

    @property
    def problem_scale(self) -> float:
        """End ± of the colour scale of x: that of y*, unless x would be washed out or clipped."""
        own = _end(self.x)
        return self.scale if 0.5 <= own / self.scale <= 2.0 else own

    @property
    def error_end(self) -> float:
        """End of the error's colours: the 98th percentile of |ŷ_t − y*| at t ≤ 4, or y*'s end."""
        if self.answers is None:
            return self.scale
        late = np.abs(self.answers[-5:] - self.truth)
        late = late[np.isfinite(late)]
        return float(np.quantile(late, 0.98)) or self.scale if late.size else self.scale


def _end(values: np.ndarray) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


PART_NAMES = {
    "inverse": ("problem A",),
    "addition": ("summand 1", "summand 2"),
    "completion": ("observed entries x",),
}


def notes(m: Matrices) -> list[str]:
    """Scales in words, and the error of each level.

    Args:
        m: the matrices.

    Returns:
        Texts in LEVEL_ORDER.
    """
    same = m.problem_scale == m.scale
    which = "x, y*, ŷ" if same else "y*, ŷ"
    scales = f"colours: {which} ±{m.scale:.3g}" + ("" if same else f"; x ±{m.problem_scale:.3g}")
    if m.answers is None:
        return [scales]
    errors = [float(np.mean((a.astype(np.float64) - m.truth) ** 2)) for a in m.answers]
    return [
        f"MSE of ŷ{subscript(t)} {e:.3g} · {scales}"
        for t, e in zip(LEVEL_ORDER, errors, strict=True)
    ]


def _heatmap(z: np.ndarray, axis: int, name: str, end: float, *, signed: bool, bar: bool) -> Trace:
    """One matrix on its own axes; `bar` gives it a colour bar.

    Returns:
        The trace.
    """
    suffix = "" if axis == 1 else str(axis)
    return {
        "type": "heatmap",
        "z": z.astype(np.float32),
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "zmin": -end if signed else 0.0,
        "zmax": end,
        "colorscale": colours.SIGNED if signed else colours.ERROR,
        "showscale": bar,
        **({"colorbar": _bar(signed=signed)} if bar else {}),
        "name": name,
        "meta": "matrix",
        "hoverongaps": False,
        "hovertemplate": f"row %{{y}} · col %{{x}}<br>%{{z:.5g}}<extra>{name}</extra>",
    }


def _bar(*, signed: bool) -> dict:
    return {
        "thickness": 8,
        "len": 0.46,
        "y": 0.77 if signed else 0.23,
        "x": 1.005,
        "outlinewidth": 0,
        "nticks": 4,
        "title": {
            "text": "entry" if signed else "|error|",
            "side": "right",
            "font": {"size": TINY},
        },
        "tickfont": {"size": TINY},
    }


def figure(m: Matrices) -> Levels:
    """Draw the matrices side by side.

    Args:
        m: the matrices.

    Returns:
        The matrices at all levels.
    """
    heads = [*m.part_names, "truth y*"]
    shared = [
        _heatmap(part, i + 1, name, m.problem_scale, signed=True, bar=False)
        for i, (part, name) in enumerate(zip(m.x, m.part_names, strict=True))
    ]
    shared.append(_heatmap(m.truth, len(heads), "truth y*", m.scale, signed=True, bar=True))
    levels: list[list[Trace]] = []
    if m.answers is not None:
        first = len(heads) + 1
        heads += ["answer ŷ<sub>t</sub>", "|ŷ<sub>t</sub> − y*|"]
        for answer in m.answers:
            error = np.abs(answer - m.truth)
            levels.append(
                [
                    _heatmap(answer, first, "answer ŷ_t", m.scale, signed=True, bar=False),
                    _heatmap(error, first + 1, "|ŷ_t − y*|", m.error_end, signed=False, bar=True),
                ]
            )
    return Levels(_layout(heads, m.truth.shape[0]), shared=shared, levels=levels)


def _layout(heads: list[str], n: int) -> Layout:
    """A row of square axes, rows downwards, all zooming together.

    Returns:
        The layout.
    """
    gap = 0.02
    width = (1 - gap * (len(heads) - 1)) / len(heads)
    layout: Layout = {
        "margin": {"l": 20, "r": 54, "t": 18, "b": 4},
        "uirevision": "matrices",
        "annotations": [],
        "hovermode": "closest",
    }
    for i, head in enumerate(heads):
        suffix = "" if i == 0 else str(i + 1)
        left = i * (width + gap)
        match = {"matches": "x"} if i else {}
        layout[f"xaxis{suffix}"] = {
            "automargin": False,
            "domain": [left, left + width],
            "constrain": "domain",
            "showticklabels": False,
            "ticks": "",
            "showgrid": False,
            "zeroline": False,
            "range": [-0.5, n - 0.5],
            "anchor": f"y{suffix}",
            **match,
        }
        layout[f"yaxis{suffix}"] = {
            "automargin": False,
            "range": [n - 0.5, -0.5],
            "scaleanchor": f"x{suffix}",
            "constrain": "domain",
            "showticklabels": i == 0,
            "tickfont": {"size": TINY},
            "nticks": 5,
            "ticks": "",
            "showgrid": False,
            "zeroline": False,
            "anchor": f"x{suffix}",
            **({"matches": "y"} if i else {}),
        }
        layout["annotations"].append(
            {
                "text": head,
                "xref": f"x{suffix} domain",
                "yref": f"y{suffix} domain",
                "x": 0.5,
                "y": 1.0,
                "xanchor": "center",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": SMALL},
            }
        )
    return layout
