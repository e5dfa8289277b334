"""Which colours a number has, and where they begin and end: decided here, by what it means."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from app.shared.drawing import colours
from app.shared.drawing.colours import Ground, Stops
from ired_interp_core.schema import Span

Meaning = Literal["energy", "error", "signed", "share", "amount"]


@dataclass(frozen=True)
class Scale:
    """Colours of some numbers.

    Args:
        stops: as Plotly takes them.
        low: number with the first colour.
        high: number with the last one; above `low`.
    """

    stops: Stops
    low: float
    high: float

    def logarithmic(self, powers: np.ndarray) -> "Scale":
        """The same of log₁₀, from the decade of the smallest of these `powers` on."""
        low = float(np.floor(powers.min())) if powers.size else -1.0
        high = float(np.log10(self.high)) if self.high > 0 else low
        return Scale(self.stops, low, high if high > low else low + 1.0)


def meaning(unit: str, span: Span, values: np.ndarray) -> Meaning:
    """What a number means, from its declaration.

    Args:
        unit: as declared.
        span: as declared.
        values: numbers; they decide only where nothing is declared: some below 0 are signed.

    Returns:
        The meaning.
    """
    if span:
        return span
    if unit == "E":
        return "energy"
    if (values < 0).any():
        return "signed"
    return "error" if unit == "y²" else "amount"


def scale(unit: str, span: Span, values: np.ndarray, ground: Ground) -> Scale:
    """Colours of numbers that are declared so.

    Energies and amounts fill their scale, errors begin at 0, signed numbers lie symmetrically
    around it, and shares always reach from 0 to 1, so that two pictures can be compared.

    Args:
        unit: as declared.
        span: as declared.
        values: what is coloured.
        ground: of the page.

    Returns:
        The scale.
    """
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    kind = meaning(unit, span, finite)
    if kind == "signed":
        high = max(abs(low), abs(high)) or 1.0
        return Scale(colours.SIGNED, -high, high)
    if kind == "share":
        return Scale(colours.GAIN[ground], 0.0, 1.0)
    low = 0.0 if kind == "error" else low
    stops = {"energy": colours.ENERGY, "error": colours.ERROR, "amount": colours.GAIN[ground]}
    return Scale(stops[kind], low, high if high > low else low + 1.0)


def marker(label: str, values: np.ndarray, of: Scale) -> dict[str, object]:
    """Part of a Plotly marker, with a bar that says `label`, the name with its unit."""
    return {
        "color": values,
        "colorscale": of.stops,
        "cmin": of.low,
        "cmax": of.high,
        "colorbar": {"title": {"text": label, "side": "right"}, "thickness": 10, "outlinewidth": 0},
    }
