"""One eigenvector: as a matrix, and the energy along it."""

import numpy as np
import xarray as xr

from app.shared.drawing import colours
from app.shared.drawing.centred import centred
from app.shared.drawing.levels import LEVEL_ORDER, TINY, TOP_LEGEND, Layout, Levels, Trace, axis
from ired_interp_core.spelling import number


def notes(shown: xr.Dataset) -> list[str]:
    """λ, its gap and the shares beside those of random directions, per level."""
    return [_said(shown, i) for i in range(len(LEVEL_ORDER))]


def _said(shown: xr.Dataset, i: int) -> str:
    here, unit = shown.isel(level=i), shown["eigenvalue"].attrs["units"]
    rank = f"rank {shown.attrs['rank']} of {shown.attrs['eigenvalues']}"
    gap = number(float(here["gap"]), ".2g")
    first = f"{rank} · λ {number(float(here['eigenvalue']))} {unit}"
    if not int(here["resolved"]):
        return f"{first} · gap {gap} too small: not determined"
    shares = [
        f"{word} share {number(float(here[name]), '.2g')}"
        f" (random {number(float(here[f'{name}_random']), '.3g')})"
        for word, name in (("symmetric", "symmetric_share"), ("diagonal", "diagonal_share"))
    ]
    return " · ".join([first, f"gap to the next {gap}", *shares])


def matrix(shown: xr.Dataset) -> Levels:
    """Draw the eigenvector of every level as a matrix; none where it is not determined."""
    n = shown.sizes["row"]
    levels, layouts = [], []
    for i in range(len(LEVEL_ORDER)):
        values = shown["vector"].values[i].astype(np.float32)
        resolved = bool(shown["resolved"].values[i]) and np.isfinite(values).all()
        end = float(np.abs(values).max()) if resolved else 1.0
        levels.append([_heatmap(values if resolved else np.full_like(values, np.nan), end)])
        layouts.append({"annotations": [] if resolved else [_undetermined()]})
    side: Layout = {"showgrid": False, "zeroline": False, "ticks": "", "nticks": 5}
    layout: Layout = {
        "margin": {"l": 26, "r": 60, "t": 8, "b": 22},
        "xaxis": axis(range=[-0.5, n - 0.5], constrain="domain", **side),
        "yaxis": axis(range=[n - 0.5, -0.5], scaleanchor="x", constrain="domain", **side),
        "hovermode": "closest",
        "uirevision": "eigenvector",
    }
    return Levels(layout, levels=levels, layouts=layouts)


def _heatmap(values: np.ndarray, end: float) -> Trace:
    return {
        "type": "heatmap",
        "z": values,
        "zmin": -end,
        "zmax": end,
        "colorscale": colours.SIGNED,
        "colorbar": {
            "thickness": 8,
            "outlinewidth": 0,
            "nticks": 5,
            "title": {"text": "entry of v", "side": "right", "font": {"size": TINY}},
            "tickfont": {"size": TINY},
        },
        "name": "eigenvector v",
        "meta": "matrix",
        "hoverongaps": False,
        "hovertemplate": "row %{y} · col %{x}<br>%{z:.4g}<extra>eigenvector v</extra>",
    }


def _undetermined() -> Layout:
    return centred("gap too small: not determined")


def departures(shown: xr.Dataset) -> list[str]:
    """How far E is from the parabola at the ends, per level, as a share of its range."""
    lines = []
    for i in range(len(LEVEL_ORDER)):
        energy, parabola = (shown[name].values[i] for name in ("energy", "parabola"))
        away, spread = np.abs(energy - parabola).max(), np.ptp(energy)
        if not np.isfinite(away) or not spread:
            lines.append("")
            continue
        far = number(100 * away / spread, ".2g")
        lines.append(f"deviates from the parabola by at most {far} % of its range")
    return lines


def along(shown: xr.Dataset) -> Levels:
    """Draw E along the eigenvector, and the parabola of slope and curvature at its middle."""
    s = shown["s"].values.astype(np.float32)
    levels: list[list[Trace]] = []
    for i in range(len(LEVEL_ORDER)):
        resolved = bool(shown["resolved"].values[i])
        both = (
            ("energy", "Eₜ", colours.FIRST, "solid", 2.0),
            ("parabola", "parabola", colours.BASELINE, "dash", 1.5),
        )
        levels.append(
            [
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": s,
                    "y": shown[name].values[i] if resolved else np.full(len(s), np.nan),
                    "name": word,
                    "line": {"color": colour, "width": width, "dash": dash},
                    "hovertemplate": f"s %{{x:.3g}} · %{{y:.6g}}<extra>{word}</extra>",
                }
                for name, word, colour, dash, width in both
            ]
        )
    words = [
        {"annotations": [] if bool(r) else [_undetermined()]} for r in shown["resolved"].values
    ]
    layout: Layout = {
        "margin": {"l": 58, "r": 10, "t": 22, "b": 38},
        "xaxis": axis("s along v [y, data frame]"),
        "yaxis": axis("Eₜ [E]"),
        "legend": TOP_LEGEND,
        "hovermode": "closest",
        "uirevision": "along",
    }
    return Levels(layout, levels=levels, layouts=words)
