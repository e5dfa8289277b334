"""The paper's Figure 4: energy against squared error, along random ways out of the truth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.colors import sample_colorscale
from plotly.subplots import make_subplots

from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER
from ired_interp_core.schema import LEVELS

TINTS = sample_colorscale(colours.ENERGY, np.linspace(0.22, 0.88, LEVELS).tolist())
"""Colour of each level, t = 0 dark, t = 9 light; without the ends, which one ground swallows."""

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

FIRM, LOOSE = "star", "circle-open"
"""Marks of the minimum: below the truth's energy beyond the errors, or not."""


@dataclass(frozen=True)
class Around:
    """Mean energies around the truth of one variant.

    Args:
        displacement: mean squared displacements, ascending [K].
        energy: E_t [level, K].
        error: standard errors [level, K].
        lowest: level → rank of the lowest energy, and whether it lies below the truth's firmly.
    """

    displacement: Float[np.ndarray, " K"]
    energy: Float[np.ndarray, "L K"]
    error: Float[np.ndarray, "L K"]
    lowest: Mapping[int, tuple[int, bool]]


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
    found.sort()
    return np.arcsinh(found).tolist(), [f"{v:g}".replace("-", "−") for v in found]


def figure(
    arounds: Mapping[str, Around],
    template: go.layout.Template,
    muted: str,
    *,
    excess: bool,
) -> go.Figure:
    """Draw one panel for each variant, one line for each level.

    Args:
        arounds: variant → energies.
        template: of the page's ground.
        muted: colour of the line of the truth.
        excess: draw E_t − E_t(y*) on an axis linear near 0, rather than E_t on a logarithmic one.

    Returns:
        The figure; the displacement 0 stands apart at the left end of a logarithmic axis.
    """
    drawn = make_subplots(1, max(len(arounds), 1), subplot_titles=list(arounds),
                          horizontal_spacing=0.08)  # fmt: skip
    for column, around in enumerate(arounds.values(), 1):
        at = {"row": 1, "col": column}
        values = around.energy - around.energy[:, :1] if excess else around.energy
        x, marks, names = _across(around.displacement)
        for t in LEVEL_ORDER:
            y = values[t]
            where = np.arcsinh(y) if excess else np.where(y > 0, y, np.nan)
            # E − E at y* has no bars: both are of one draw.
            error = np.where(y > 0, around.error[t], 0)
            bars = {} if excess else {"error_y": {"array": error, "thickness": 1, "width": 0}}
            drawn.add_scatter(
                x=x, y=where, mode="lines+markers", name=f"t = {t}", legendgroup=str(t),
                line={"color": TINTS[t], "width": 1.6}, marker={"size": 4},
                showlegend=column == 1, **at, **bars,
                customdata=np.stack(
                    [around.displacement, around.energy[t], around.error[t],
                     around.energy[t] - around.energy[t, 0]], axis=-1,
                ),
                hovertemplate=f"t = {t}, δ² = %{{customdata[0]:.3g}} y²<br>E %{{customdata[1]:.5g}}"
                " ± %{customdata[2]:.2g}<br>less the truth's: %{customdata[3]:.4g}<extra></extra>",
            )  # fmt: skip
            if t in around.lowest:
                k, firm = around.lowest[t]
                drawn.add_scatter(
                    x=x[k : k + 1], y=where[k : k + 1], mode="markers", legendgroup=str(t),
                    showlegend=False, hoverinfo="skip",
                    marker={"color": TINTS[t], "size": 13 if firm else 10,
                            "symbol": FIRM if firm else LOOSE,
                            "line": {"width": 1, "color": muted if firm else TINTS[t]}}, **at,
                )  # fmt: skip
        if excess:
            drawn.add_hline(0, line={"color": muted, "width": 1, "dash": "dot"}, **at)
            places, said = ticks(values)
            drawn.update_yaxes(tickvals=places, ticktext=said, **at)
        else:
            there = values[values > 0]
            wide = there.size and there.max() > 100 * there.min()
            dtick = 1 if wide else "D2"
            drawn.update_yaxes(type="log", exponentformat="power", dtick=dtick, **at)
        drawn.update_xaxes(type="log", tickvals=marks, ticktext=names,
                           title={"text": "displacement of y*: mean δ² [y²]"}, **at)  # fmt: skip
    title = "E<sub>t</sub>(y* + δ) − E<sub>t</sub>(y*)" if excess else "E<sub>t</sub>(y* + δ)"
    drawn.update_yaxes(title={"text": title}, row=1, col=1)
    drawn.update_annotations(selector={"yref": "paper"}, font={"size": 12})
    drawn.update_layout(
        template=template, margin={"l": 8, "r": 8, "t": 60, "b": 8},
        legend={"y": 1.07},
    )  # fmt: skip
    return drawn


def _across(displacement: np.ndarray) -> tuple[np.ndarray, list[float], list[str]]:
    """Places on the logarithmic axis; 0 stands half a decade left of the smallest one.

    Returns:
        Places, ticks and their names.
    """
    positive = displacement[displacement > 0]
    if not positive.size:
        return displacement + 1.0, [1.0], ["0"]
    aside = float(positive.min()) / 10**0.5
    low, high = int(np.floor(np.log10(positive.min()))), int(np.ceil(np.log10(positive.max())))
    marks = [10.0**p for p in range(low, high + 1) if positive.min() <= 1.01 * 10.0**p]
    powers = [str(round(np.log10(m))).translate(RAISED) for m in marks]
    names = [f"{m:g}" if 1e-4 < m < 1e4 else f"10{p}" for m, p in zip(marks, powers, strict=True)]
    if (displacement == 0).any():
        marks, names = [aside, *marks], ["0", *names]
    return np.where(displacement > 0, displacement, aside), marks, names
