"""Words in the middle of a figure in which there is nothing to draw."""

from typing import Any

from app.shared.drawing.levels import SMALL


def centred(words: str, colour: str = "", size: int = SMALL, height: float = 0.5) -> dict[str, Any]:
    """The annotation.

    Args:
        words: why there is nothing.
        colour: of the words; the template's when left out.
        size: of the type, px.
        height: over the lower edge, as a share of the figure.

    Returns:
        An annotation of plotly.js.
    """
    font = {"size": size, **({"color": colour} if colour else {})}
    return {"xref": "paper", "yref": "paper", "x": 0.5, "y": height, "showarrow": False,
            "text": words, "font": font}  # fmt: skip
