"""More analyses: answers that have no view of their own, drawn as their analysis declares."""

from functools import partial

from app.more.address import FIELDS
from app.more.panels import panels
from app.more.scene import Scene, scene
from app.shared.address.address import Address
from app.shared.drawing.colours import PLACE_NAMES
from app.shared.page.contract import Control, Sheet, View


def _problems(made: Scene, address: Address) -> dict[int, str]:
    return {i: f"problem {i}" for i in made.problems}


CONTROLS = (
    (
        Control("problem", "Problem", _problems, "whose matrix is drawn", kind="select", width=150,
                shown=lambda made, address: bool(made.problems)),
        Control("place", "Place", {**PLACE_NAMES, "noised_truth": "noised"},
                "where curvature is taken", shown=lambda made, address: made.places),
    ),
)  # fmt: skip


def view(shown_elsewhere: frozenset[str]) -> View:
    """The view, given which analyses have one of their own."""
    return View(
        name="more",
        title="More analyses",
        fields=FIELDS,
        scene=partial(scene, shown_elsewhere),
        sheets=(
            Sheet("default", "Default figures", panels, CONTROLS, levels=lambda made: made.levels),
        ),
        has=lambda there: any(rows and name not in shown_elsewhere
                              for name, rows in there.rows.items()),
    )  # fmt: skip
