"""Annealing: all problems of a subject by level, smooth to sharp; a point leads to its problems."""

from collections.abc import Mapping
from typing import Any

from app.annealing import behind_bar, checks, energy_panel, panels
from app.annealing.address import FIELDS
from app.annealing.panels import Make
from app.annealing.scene import Scene, scene
from app.annealing.words import ABOUT
from app.shared.address.address import Address
from app.shared.page import choices
from app.shared.page.contract import Control, Panel, Sheet, View
from ired_interp_core.schema import PLACES

NO_PICK = {"pick": ""}
"""The group of a picked point is another one when groups are cut anew."""


def groups(scene: Scene, address: Address) -> Mapping[str, str]:
    """What problems can be grouped by."""
    return {"": "all problems together"} | {
        name: f"groups by {column.axis}" for name, column in scene.properties.items()
    }


CONTROLS = (
    (
        choices.DESCENT,
        Control("group", "Problems", groups, "group the problems by the quantiles of a number",
                kind="select", width=300, resets=NO_PICK),
        Control("groups", "Groups", {2: "2", 3: "3", 4: "4"}, "number of groups", resets=NO_PICK,
                shown=lambda scene, address: bool(address["group"])),
        choices.PLACE,
        choices.FRAME,
        choices.SPECTRUM,
        Control("energy", "Energy", {"value": "E", "excess": "E − E(y*)"},
                "in “Energy against error”: E_t, or its excess over E_t(y*)"),
        Control("points", "Points", {"answers": "answers", "steps": "every step"},
                "in “Energy against error”: the answers of the levels, or the state at every step"),
    ),
    (behind_bar.bar,),
)  # fmt: skip

BY_LEVEL = ("place", "frame", "group", "groups", "pick", "level", "problem")


def mine(*quantities: str) -> Any:
    """Forget a pick that stands in another panel, so that this one is not drawn again."""

    def narrowed(read: Mapping[str, Any]) -> dict[str, Any]:
        picked = str(read["pick"]).partition("~")[0]
        own = picked and any(picked.startswith(name) for name in quantities)
        return dict(read) if own else {**read, "pick": "", "level": 0}

    return narrowed


def _panel(
    name: str, title: str, make: Make, span: int, quantities: tuple[str, ...], **rest: Any
) -> Panel:
    """A panel, and the quantities that can be picked in it."""
    about = ABOUT[name]
    usual = {"reads": BY_LEVEL, "narrow": mine(*quantities), "on_pick": behind_bar.picked}
    return Panel(name, title, (about.analysis,), draw=panels.draw(name, make), words=about.words,
                 span=span, **usual | rest)  # fmt: skip


def _together(read: Mapping[str, Any]) -> dict[str, Any]:
    """All problems as one group, whatever is chosen for the others: drawn once."""
    return {**read, "group": "", "groups": 2, "place": PLACES[0]}


OF_ALL: Mapping[str, Any] = {
    "reads": ("place", "group", "groups"), "narrow": _together, "on_pick": None
}  # fmt: skip
"""Of panels that speak of all problems together and of no chosen place."""

HESSIAN = "hessian_spectrum"
QUANTITY = Control(
    "quantity", "Number",
    lambda scene, address: {i: q.axis for i, q in scene.quantities.items()},
    "any scalar of the catalog that these problems have at every level",
    kind="select", width="stretch",
)  # fmt: skip

PANELS = (
    _panel("error", "Error by level", panels.error, 8, ("descent.mse",)),
    _panel("spectrum", "Eigenvalues by level", panels.spectrum, 16, (f"{HESSIAN}.eigenvalue",),
           reads=(*BY_LEVEL, "spectrum")),
    _panel("counts", "Beyond the ideal", panels.counts, 8,
           (f"{HESSIAN}.index", f"{HESSIAN}.above_inverse_sigma")),
    _panel("rank", "Effective rank of the Hessian", panels.rank, 8,
           (f"{HESSIAN}.participation_ratio", f"{HESSIAN}.entropy_rank")),
    _panel("parts", "Gauss–Newton and residual", panels.parts, 8,
           (f"{HESSIAN}.gauss_newton_norm", f"{HESSIAN}.residual_norm",
            f"{HESSIAN}.gauss_newton_residual_cosine")),
    _panel("variance", "Implied variance beside the denoising error", checks.variance, 6, (),
           **OF_ALL),
    _panel("definite", "Positive definite, or nearly", checks.definite, 8, (), **OF_ALL),
    Panel("progression", "Order under annealing", (HESSIAN,), ("place",),
          checks.progression, ABOUT["progression"].words, span=10, kind="table"),
    _panel("energy", "Energy against error", energy_panel.energy, 24, (), height=424, least=720,
           reads=("place", "frame", "group", "groups", "energy", "points", "problem", "level"),
           narrow=None, on_pick=behind_bar.picked_problem),
    _panel("drift", "Drift between levels", panels.drift, 6, ("descent.drift",)),
    _panel("minimum", "Answer against minimum", panels.minimum, 6,
           ("descent.minimum_distance", "descent.minimum_ratio")),
    _panel("preference", "Energy of the answer, less that of the truth", panels.preference, 6,
           ("descent.energy_excess",)),
    _panel("fates", "Fate of the inner steps", checks.fates, 6, (), **OF_ALL),
    _panel("alignment", "Subspaces of the stiff and soft directions", panels.alignment, 16,
           ("eigenspace.alignment", "eigenspace.unresolved")),
    _panel("angles", "Rotation of the eigenspaces", panels.angles, 8, ("eigenspace.angle",)),
    Panel("quantity", "Any number by level", (), (*BY_LEVEL, "quantity"), panels.quantity,
          ABOUT["quantity"].words, narrow=lambda read: mine(read["quantity"])(read),
          on_pick=behind_bar.picked, controls=(QUANTITY,), span=24),
)  # fmt: skip

VIEW = View(
    name="annealing",
    title="Annealing",
    fields=FIELDS,
    scene=scene,
    sheets=(Sheet("levels", "By level", PANELS, CONTROLS),),
    has=lambda there: there.any("descent", "hessian_spectrum", more_than=1) or there.series,
    analyses=frozenset({"descent", "hessian_spectrum", "eigenspace"}),
)
