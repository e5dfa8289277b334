"""Controls that several views have: the descent, the place of curvature, frame and axis."""

from typing import Any

from app.shared.address.address import Address
from app.shared.drawing.colours import PLACE_NAMES
from app.shared.drawing.eigenvalues import AXES
from app.shared.page.contract import Control


def descents(scene: Any, address: Address) -> dict[str, str]:
    """Every descent of the subject by key: what differs from the official settings."""
    return {q.key: f"{q.title} · {q.key[:8]}" for q in scene.family.others.get("descent", ())}


DESCENT = Control(
    "q", "Descent", descents,
    "how the sampler was run, named by what differs from the official settings (such as"
    " polish_iterations 0: without L-BFGS polishing)", kind="select", width=190,
    shown=lambda scene, address: len(descents(scene, address)) > 1,
)  # fmt: skip
PLACE = Control(
    "place",
    "Place",
    {**PLACE_NAMES, "noised_truth": "noised"},
    "the point at which the Hessian"
    " is taken: noised truth (truth + noise of the level), truth, answer ŷ_t, or the minimum that"
    " is found from it",
)
FRAME = Control(
    "frame", "Frame", {"level": "level ỹ", "data": "data y"},
    "level frame ỹ = √ᾱ_t·y: what the network sees; data frame y: to compare levels",
)  # fmt: skip
SPECTRUM = Control(
    "spectrum", "Eigenvalues", {"relative": "σλ", "eigenvalue": "λ", "variance": "variance"},
    "; ".join(AXES.values()),
)  # fmt: skip
