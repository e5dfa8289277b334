"""Problem, truth, answer and error as matrices."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, SMALL, TINY, Layout, Levels, Trace, subscript
from ired_interp_core.spelling import number

PARTS = {
    "inverse": ["problem A"],
    "addition": ["summand 1", "summand 2"],
    "completion": ["observed entries x"],
}
"""Task → names of the parts of a problem."""


class Ends(NamedTuple):
    """Ends of the colours.

    Args:
        problem: ± of x: those of y*, unless x would be washed out or clipped.
        truth: ± of y* and ŷ_t: the largest |entry| of y*, so that levels compare.
        error: the 98th percentile of |ŷ_t − y*| at t ≤ 4; the end of y* where that is nothing.
        difference: ± of ŷ_t − the pinned ŷ_t, over the levels t ≤ 4; 0 where nothing is pinned.
    """

    problem: float
    truth: float
    error: float
    difference: float = 0.0


def ends(matrices: xr.Dataset) -> Ends:
    """Ends of the colours of some matrices, from `numbers.of_matrices`."""
    own, truth = _end(matrices["x"].values), _end(matrices["truth"].values)
    problem = truth if 0.5 <= own / truth <= 2.0 else own
    late = matrices["error"].values[-5:] if "error" in matrices else np.array([])
    late = late[np.isfinite(late)]
    error = float(np.quantile(late, 0.98)) if late.size else 0.0
    if "difference" not in matrices:
        return Ends(problem, truth, error or truth)
    return Ends(problem, truth, error or truth, _end(matrices["difference"].values[-5:]))


def _end(values: np.ndarray) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def notes(matrices: xr.Dataset) -> list[str]:
    """Scales in words, and the error of each level."""
    problem, truth, _, difference = ends(matrices)
    same = problem == truth
    which = "x, y*, ŷ" if same else "y*, ŷ"
    scales = f"colours: {which} ±{truth:.3g}" + ("" if same else f"; x ±{problem:.3g}")
    if "answer" not in matrices:
        return [scales]
    distances = matrices["answer"].astype(np.float64) - matrices["truth"]
    errors = (distances**2).mean(("row", "column")).values
    lines = [
        f"MSE of ŷ{subscript(t)} {number(float(e))}"
        for t, e in zip(LEVEL_ORDER, errors, strict=True)
    ]
    if "difference" in matrices:
        away = matrices["difference"].astype(np.float64)
        moved = (away**2).mean(("row", "column")) ** 0.5
        lines = [
            f"{line} · {m:.3g} (rms) from the pinned answer"
            for line, m in zip(lines, moved.values, strict=True)
        ]
        scales += f"; difference ±{difference:.3g}"
    return [f"{line} · {scales}" for line in lines]


def caption(matrices: xr.Dataset) -> str:
    """How to read them where an answer is pinned; else the panel's own words do."""
    if "difference" not in matrices:
        return ""
    return (
        "Matrix entries in the data frame, colours centred on 0. The difference from the pinned"
        " answer has a scale of its own. All panels zoom together."
    )


class Look(NamedTuple):
    """How a matrix is coloured: key of `_BARS`, and ± or the end of its colours."""

    kind: str
    end: float


_BARS = {"entry": (0.77, "entry"), "error": (0.23, "|error|"), "difference": (0.23, "difference")}
"""Kind of matrix → height and words of its colour bar."""


def heatmap(z: np.ndarray, axis: int, name: str, look: Look, bar: bool = False) -> Trace:
    """One matrix on its own axes, counted from 1; `bar` gives it a colour bar."""
    suffix = "" if axis == 1 else str(axis)
    signed = look.kind != "error"
    return {
        "type": "heatmap",
        "z": z.astype(np.float32),
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "zmin": -look.end if signed else 0.0,
        "zmax": look.end,
        "colorscale": colours.SIGNED if signed else colours.ERROR,
        "showscale": bar,
        **({"colorbar": _bar(*_BARS[look.kind])} if bar else {}),
        "name": name,
        "meta": "matrix",
        "hoverongaps": False,
        "hovertemplate": f"row %{{y}} · col %{{x}}<br>%{{z:.5g}}<extra>{name}</extra>",
    }


def _bar(height: float, words: str) -> dict:
    return {
        "thickness": 8,
        "len": 0.46,
        "y": height,
        "x": 1.005,
        "outlinewidth": 0,
        "nticks": 4,
        "title": {"text": words, "side": "right", "font": {"size": TINY}},
        "tickfont": {"size": TINY},
    }


def figure(matrices: xr.Dataset, changes: Sequence[Mapping[str, Any]] = ()) -> Levels:
    """Draw the matrices side by side; entries of x that were changed are outlined."""
    end = ends(matrices)
    entry = Look("entry", end.truth)
    heads = matrices["part"].values.tolist()
    shared = [
        heatmap(part, i + 1, name, Look("entry", end.problem))
        for i, (part, name) in enumerate(zip(matrices["x"].values, heads, strict=True))
    ]
    pinned = "difference" in matrices  # then truth and error give way: ten maps at most
    if not pinned:
        heads.append("truth y*")
        shared.append(heatmap(matrices["truth"].values, len(heads), "truth y*", entry, bar=True))
    shown = []
    if pinned:
        shown = [
            ("answer", "answer ŷₜ", entry, True),
            ("pinned_answer", "pinned ŷₜ", entry, False),
            ("difference", "difference", Look("difference", end.difference), True),
        ]
    elif "answer" in matrices:
        shown = [
            ("answer", "answer ŷₜ", entry, False),
            ("error", "|ŷₜ − y*|", Look("error", end.error), True),
        ]
    first = len(heads) + 1
    levels = [
        [
            heatmap(matrices[name].values[i], first + k, head, look, bar)
            for k, (name, head, look, bar) in enumerate(shown)
        ]
        for i in (range(len(LEVEL_ORDER)) if shown else ())
    ]
    heads += [head for _, head, _, _ in shown]
    layout = axes(heads, matrices.sizes["row"])
    layout["shapes"] = [_outline(**one) for one in changes]
    return Levels(layout, shared=shared, levels=levels)


def _outline(row: int, col: int, part: int = 0, **_: Any) -> dict[str, Any]:
    """A frame round one entry of a part of x."""
    suffix = str(part + 1) if part else ""
    return {
        "type": "rect",
        "xref": f"x{suffix}",
        "yref": f"y{suffix}",
        "x0": col - 0.5,
        "x1": col + 0.5,
        "y0": row - 0.5,
        "y1": row + 0.5,
        "line": {"color": colours.CHANGED, "width": 1.5},
    }


def axes(heads: list[str], n: int) -> Layout:
    """A row of square axes, rows downwards, all zooming together."""
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
            "tick0": 0,
            "dtick": max(1, n // 4),
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
