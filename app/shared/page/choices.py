"""Controls that several views have: where curvature is taken, and in which frame it is shown."""

from app.shared.drawing.colours import PLACE_NAMES
from app.shared.drawing.eigenvalues import AXES
from app.shared.page.contract import Control

PLACE = Control(
    "place", "Place", {**PLACE_NAMES, "noised_truth": "noised"}, "where the Hessian is taken"
)
FRAME = Control(
    "frame", "Frame", {"level": "level ỹ", "data": "data y"},
    "level frame ỹ: what the network sees; data frame y: compares levels",
)  # fmt: skip
SPECTRUM = Control(
    "spectrum", "Eigenvalues", {"relative": "σλ", "eigenvalue": "λ", "variance": "variance"},
    "; ".join(AXES.values()),
)  # fmt: skip
