"""Sheet of Annealing: how the landscape comes about, training step by training step."""

from dataclasses import replace

from app.shared.drawing.planes import SCALES
from app.shared.page import choices
from app.shared.page.contract import Control, Panel, Sheet
from app.training import controls, panels
from app.training.scene import Scene, scene
from app.training.slices import planes
from app.training.words import words
from ired_interp_core.schema import LEVELS

CONTROLS = (
    (
        controls.trainings,
        Control("set", "Problems", controls.problem_sets, "the seeded set that every step was"
                " asked about", kind="select", width=260, resets={"q": "", "problem": None}),
        Control("level", "Level", {t: f"t = {t}" for t in reversed(range(LEVELS))},
                "t = 9 is the smoothest landscape, t = 0 the sharpest", kind="select", width=110),
        choices.PLACE,
        choices.FRAME,
        choices.SPECTRUM,
    ),
)  # fmt: skip

PANELS = (
    Panel("curves", "Training curves", (), (), panels.curves, words("curves"),
          span=24, height=440),
    Panel("quantity", "Along training", (), ("quantity", "level", "place", "frame", "q"),
          panels.quantity, words("quantity"), span=12, height=384,
          controls=(
              Control("quantity", "Quantity", controls.quantities,
                      "any scalar of the catalog that these models have", kind="select",
                      width="stretch", resets={"q": ""}),
              controls.setting,
          )),
    Panel("spectra", "Eigenvalues along training", (),
          ("level", "place", "frame", "spectrum", "q"), panels.spectra, words("spectra"),
          span=12, height=384),
    Panel("planes", "The same slice along training", (),
          ("level", "plane", "centre", "shade", "problem"), planes, words("planes"),
          span=24, height=480,
          controls=(
              controls.plane,
              Control("shade", "Colour", {"percent": "% centre", "log": "log E", "energy": "E"},
                      f"colour: {', '.join(SCALES.values())}"),
          )),
)  # fmt: skip

ROW = 250
"""Pixels of one series' maps."""


def shown(scene: Scene) -> tuple[Panel, ...]:
    """The panels; the maps are as high as their series need."""
    maps = PANELS[-1]
    return *PANELS[:-1], replace(maps, height=min(maps.height, 110 + ROW * len(scene.chosen)))


SHEET = Sheet("training", "Along training", shown, CONTROLS, scene=scene, subject=False)
