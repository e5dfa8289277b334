"""The axis of training steps: logarithmic, with step 0 beside it, beyond a break."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

SERIES = ("#2f7ed8", "#c98a1b", "#8d5fd3", "#2f9e8f")
"""Colours of the series, in the order in which they were chosen."""
SYMBOLS = ("circle", "square", "diamond", "triangle-up")
"""Their markers: a colour alone tells nothing in print."""

GAP = 0.16
"""Room between step 0 and the first other step, as a share of the decades that are drawn."""


@dataclass(frozen=True)
class StepAxis:
    """Where training steps lie.

    Args:
        first: smallest step above 0.
        last: largest step.
        zero: whether step 0 is drawn.
    """

    first: float
    last: float
    zero: bool

    @classmethod
    def of(cls, steps: Iterable[float]) -> "StepAxis":
        """Make room for every step that is drawn."""
        every = np.unique(np.fromiter(steps, float))
        above = every[every > 0]
        first, last = (float(above[0]), float(above[-1])) if len(above) else (1.0, 10.0)
        return cls(first, last, bool((every == 0).any()))

    @property
    def _decades(self) -> float:
        return max(float(np.log10(self.last / self.first)), 0.5)

    @property
    def _origin(self) -> float:
        """Place of step 0."""
        return float(np.log10(self.first)) - 2 * GAP * self._decades

    def at(self, steps: np.ndarray) -> np.ndarray:
        """Positions of some steps: log₁₀, and step 0 on the left of the break."""
        steps = np.asarray(steps, float)
        return np.where(steps > 0, np.log10(np.maximum(steps, 1e-9)), self._origin)

    def ticks(self, most: int = 7) -> dict[int, float]:
        """Labelled steps.

        Args:
            most: of them.

        Returns:
            Step → position.
        """
        low, high = np.log10(self.first), np.log10(self.last)
        decades = [10.0**k for k in range(int(np.ceil(low - 1e-9)), int(np.floor(high + 1e-9)) + 1)]
        if len(decades) < 2:
            decades = np.unique([self.first, self.last]).tolist()
        thinned = decades[:: -(-len(decades) // most)]
        shown = [0.0, *thinned] if self.zero else thinned
        return {round(v): float(self.at(np.array(v))) for v in shown}

    def layout(self, title: bool = True, most: int = 7) -> dict[str, Any]:
        """The axis.

        Args:
            title: whether it says what it is.
            most: labelled steps.

        Returns:
            Part of a layout.
        """
        edge = 0.05 * self._decades
        left = self._origin if self.zero else float(np.log10(self.first))
        ticks = self.ticks(most)
        axis: dict[str, Any] = {
            "range": [left - edge, float(np.log10(self.last)) + edge],
            "tickvals": list(ticks.values()),
            "ticktext": [spelled(step) for step in ticks],
            "ticklen": 3,
            "zeroline": False,
            "fixedrange": True,
        }
        if title:
            axis["title"] = {"text": "training step", "standoff": 3, "font": {"size": 11}}
        return axis

    def broken(self, figure: go.Figure, muted: str, **cell: int) -> None:
        """Mark the break between step 0 and the logarithmic part.

        Args:
            figure: with its axes.
            muted: colour.
            **cell: row and col of the figure's part.
        """
        if self.zero:
            x = (self._origin + float(np.log10(self.first))) / 2
            figure.add_shape(
                type="line", x0=x, x1=x, y0=0, y1=1, yref="y domain", layer="below",
                line={"color": muted, "width": 1, "dash": "dot"}, **cell,
            )  # fmt: skip


def spelled(step: float) -> str:
    """Spell a step for a tick, such as 316 or 10k."""
    if step >= 1_000_000:
        return f"{step / 1e6:g}M"
    return f"{step / 1000:g}k" if step >= 1000 else f"{step:g}"


def hover(steps: np.ndarray) -> list[str]:
    """What points say about their steps."""
    return [f"step {int(s):,}" for s in steps]
