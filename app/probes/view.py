"""Probes: what the layers know, when an answer fails, how far the gradient reaches into them."""

from collections.abc import Callable, Sequence
from typing import Any

from app.probes import (
    along,
    carried,
    decided,
    fail_more,
    fail_panels,
    fail_when,
    flow_panels,
    read_more,
    read_panels,
)
from app.probes.address import FIELDS
from app.probes.fail_words import WORDS as FAIL_WORDS
from app.probes.flow_words import WORDS as FLOW_WORDS
from app.probes.read_words import WORDS as READ_WORDS
from app.probes.scene import ANALYSES, FAILURES, FLOW, READ, Scene, scene
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.drawing.names import input_name, property_name
from app.shared.page import controls
from app.shared.page.contract import Control, Draw, Panel, Sheet, View
from ired_interp_core.schema import LEVELS

CELL = ("property", "input", "level")
AT = ("estimator", "level")
DECIDED = (*AT, "threshold")


def _read(name: str, title: str, draw: Draw, span: int, height: int, **rest: Any) -> Panel:
    return Panel(name, title, (READ,), rest.pop("reads", CELL), draw, READ_WORDS[name], span=span,
                 height=height, **rest)  # fmt: skip


def _flow(name: str, title: str, draw: Draw, span: int, height: int, **rest: Any) -> Panel:
    return Panel(name, title, (FLOW,), (), draw, FLOW_WORDS[name], span=span, height=height,
                 **rest)  # fmt: skip


def _fail(name: str, title: str, draw: Draw, span: int, height: int, **rest: Any) -> Panel:
    return Panel(name, title, (FAILURES,), rest.pop("reads", ()), draw, FAIL_WORDS[name], span=span,
                 height=height, **rest)  # fmt: skip


def read(scene: Scene, address: Address) -> bool:
    """Whether there are probes."""
    return READ in scene.asked


def foreseen(scene: Scene, address: Address) -> bool:
    """Whether the prediction of failure is there."""
    return FAILURES in scene.asked


def whole(analysis: str, panels: Sequence[Panel]) -> Callable[[Scene], Sequence[Panel]]:
    """All panels of a sheet; where nothing is there the first one, which says what is missing."""
    return lambda scene: panels if analysis in scene.asked else panels[:1]


def can_be_read(scene: Scene) -> Sequence[Panel]:
    """The panels of the first sheet, with the one along training where several steps are there."""
    panels = whole(READ, CAN_BE_READ)(scene)
    return [*panels, ALONG] if along.along(scene) else panels


def properties(scene: Scene, address: Address) -> dict[str, str]:
    """What can be chosen to be read."""
    if not read(scene, address):
        return {"": "–"}
    return {"": "the surest"} | {p: property_name(p) for p in scene.cells.order("gain")}


def inputs(scene: Scene, address: Address) -> dict[str, str]:
    """What it can be read from."""
    if not read(scene, address):
        return {"": "–"}
    return {"": "the surest"} | {i: input_name(i) for i in scene.cells.inputs}


def level(scene: Scene, address: Address) -> None:
    """The level of the cell, in the order of inference."""
    if {"read": READ, "failures": FAILURES}[address["sheet"]] not in scene.asked:
        return
    nothing = "the surest" if address["sheet"] == "read" else "as asked"
    options = {"": nothing} | {str(t): str(t) for t in reversed(range(LEVELS))}
    shown = "" if address["level"] is None else str(address["level"])
    controls.choice(
        "probes-level", "Level t", options, shown,
        lambda chosen: session.push("probes", level=int(chosen) if chosen else None),
        "annealing level t: 9 is the smoothest, 0 the sharpest", 140,
    )  # fmt: skip


ESTIMATOR = Control(
    "estimator", "Model", {"logistic": "logistic", "boosting": "boosting"}, shown=foreseen
)

CONTROLS = (
    (
        Control("property", "Property", properties, kind="select", width=260, shown=read),
        Control("input", "Input", inputs, kind="select", width=140, shown=read),
        level,
        Control("fill", "Map", {"gain": "beyond control", "score": "score"}, shown=read),
        Control("ranked", "Order", {"gain": "by gain", "declared": "as declared"}, shown=read),
    ),
)

CAN_BE_READ = (
    _read("answer", "What can be read", read_panels.headline, 24, 0, kind="sentence", reads=()),
    _read("map", "What each input adds", read_panels.draw_map, 24, 376, least=900,
          reads=(*CELL, "fill", "ranked"), on_pick=read_panels.picked),
    _read("why", "Beside its controls", read_panels.draw_why, 14, 296, on_pick=read_panels.picked),
    _read("use", "Whether it is used", read_panels.draw_use, 5, 296),
    _read("fit", "Predicted and true", read_more.draw_fit, 5, 296, on_pick=read_more.to_landscape),
    _read("numbers", "In numbers", read_more.draw_numbers, 24, 0, kind="table",
          on_pick=read_more.chose_input),
    _read("levels", "By level", read_more.draw_levels, 8, 264, on_pick=read_panels.picked),
    _read("learning", "By training problems", read_more.draw_learning, 8, 264),
    _read("transfer", "On harder problems", read_more.draw_transfer, 8, 264),
)  # fmt: skip

ALONG = _read("along", "Along training", along.draw, 24, 264, on_pick=along.to_step)

FORESEEN = (
    _fail("foreseen", "Whether failure is foreseen", fail_panels.headline, 24, 0, kind="sentence"),
    _fail("rule", "What a failure is", fail_panels.draw_rule, 7, 248),
    _fail("increment", "Beyond confounds", fail_panels.draw_increment, 10, 248, reads=AT),
    _fail("confusion", "Predicted and failed", fail_panels.draw_confusion, 7, 248, reads=DECIDED),
    _fail("early", "How early failure is foreseen", fail_when.draw_early, 12, 296,
          on_pick=fail_when.picked),
    _fail("roc", "Recall of failures", fail_when.draw_roc, 6, 296, reads=DECIDED,
          on_pick=decided.moved),
    _fail("calibration", "Calibration", fail_when.draw_calibration, 6, 296, reads=AT),
    _fail("rates", "Rates", fail_panels.draw_rates, 24, 0, reads=DECIDED, kind="table"),
    _fail("hot", "Where the strongest features lie", fail_more.draw_hot, 10, 336, least=480),
    _fail("forest", "Features that differ", fail_more.draw_forest, 14, 336 + 248,
          on_pick=fail_more.to_card),
    _fail("cases", "Surprising cases", fail_more.draw_cases, 14, 320, reads=AT, kind="table",
          on_pick=fail_more.to_landscape),
    _fail("causal", "Whether they matter", fail_more.draw_causal, 5, 320),
    _fail("kinds", "Kinds of error", fail_more.draw_kinds, 5, 320),
    _fail("rivals", "Ways to predict", fail_more.draw_rivals, 12, 264),
    _fail("learned", "By training problems", fail_more.draw_learning, 12, 264),
    _fail("carried", "On other tasks", carried.draw, 24, 280, reads=("level",), least=800,
          on_pick=carried.to_other),
)  # fmt: skip

GRADIENT_FLOW = (
    _flow("headline", "Does the gradient reach all layers?", flow_panels.headline, 24, 0,
          kind="sentence"),
    _flow("rms", "Size of the gradient in each layer", flow_panels.draw_rms, 12, 320),
    _flow("ratio", "Ratio of neighbouring layers", flow_panels.draw_ratio, 12, 320),
    _flow("units", "Units without gradient", flow_panels.draw_units, 16, 264),
    _flow("dead", "Dead everywhere", flow_panels.draw_dead, 8, 264),
)  # fmt: skip

VIEW = View(
    name="probes",
    title="Probes",
    fields=FIELDS,
    scene=scene,
    sheets=(
        Sheet("read", "What can be read", can_be_read, CONTROLS),
        Sheet("failures", "Failures", whole(FAILURES, FORESEEN), ((ESTIMATOR, level),)),
        Sheet("flow", "Gradient flow", whole(FLOW, GRADIENT_FLOW)),
    ),
    has=lambda there: there.any(*ANALYSES),
    prefers="probes",
    analyses=frozenset(ANALYSES),
)
