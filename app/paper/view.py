"""Sheet of Overview: the paper's tables and figures, published beside measured beside trivial."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from app.paper import around, panels, sampler
from app.paper import weights as paper_weights
from app.paper.captions import WORDS
from app.paper.scene import Scene, scene
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.page import controls, frame
from app.shared.page.contract import Control, Draw, Panel, Sheet

TASK = {"reads": ("task",), "span": 24}


def weights(scene: Scene, address: Address) -> None:
    """The weights of the chosen task, where there are several."""
    task = address["task"]
    known = paper_weights.models(scene.store, scene.everything, task)
    if len(known) < 2:
        return
    controls.choice(
        f"{address.view}:weights:{task}", "Weights",
        {model: paper_weights.named(scene.store, model)[0] for model in known},
        scene.chosen[task],
        lambda model: session.go(paper_weights.exchange(address, scene.chosen, task, model)),
        "the weights that are shown for this task, also in Table 1", 440,
    )  # fmt: skip


def problem(scene: Scene, address: Address) -> None:
    """The problem that is shown entry by entry."""
    found = scene.example(address["task"])
    if found:
        help_ = "index of the problem in its set"
        controls.problem(address, "example", "Problem", found.ends, help_, 140)


def landscape(scene: Scene, address: Address) -> None:
    """The way to the landscape of the problem."""
    found, number = scene.example(address["task"]), address["example"]
    if found and frame.with_something(scene.store)["landscape"]:
        about = {"model": found.descent.model, "set": found.set, "problem": number}
        frame.link(f"problem {number} in Landscape", address.carry("landscape", **about))


def _panel(id_: str, title: str, draw: Draw, **rest: Any) -> Panel:
    return Panel(id_, title, (), draw=draw, words=WORDS[id_], **{**TASK, **rest})


def _said(task: str, span: int) -> Panel:
    """What the numbers of Table 1 say about one task."""
    return Panel(f"said-{task}", f"What Table 1 says about {task}", (), (),
                 partial(sampler.said, task), WORDS["said"], span=span, height=0,
                 kind="sentence")  # fmt: skip


TABLE_1 = _panel("table-1", "Table 1 · errors on three tasks", sampler.errors, reads=(), height=0,
                 kind="table")  # fmt: skip
OF_TASK = (
    _panel("table-2", "Table 2 · errors by number of steps", sampler.steps, span=11, height=0,
           kind="table"),
    _panel("steps", "Table 2 as a figure", sampler.steps_figure, span=13, height=288),
    _panel("table-3", "Table 3 · ablations of the sampler", sampler.ablations, height=0,
           kind="table"),
    _panel("figure-3", "Figure 3 · error by level", panels.fall, span=12, height=304),
    _panel("example", "One problem, entry by entry", panels.example, span=12, height=304,
           reads=("task", "example"),
           controls=(problem, landscape)),
    _panel("bottom", "Where the energy is lowest", around.bottom, height=0, kind="sentence"),
    _panel("figure-4", "Figure 4 · energy around the truth", around.figure, height=480, least=720,
           reads=("task", "curve"),
           controls=(
               Control("curve", "Energy", {"excess": "E − E at y*", "value": "E"},
                       "the energy itself, or its excess over that of the true answer"),
           )),
)  # fmt: skip


def sheet_panels(scene: Scene) -> Sequence[Panel]:
    """The panels; sentences about the tasks whose weights were measured."""
    told = [task for task in paper_weights.TASKS if scene.official(task)]
    said = [_said(task, 24 // len(told)) for task in told]
    return (TABLE_1, *said, *OF_TASK)


CONTROLS = (
    (
        Control("task", "Task", {task: task for task in paper_weights.TASKS},
                "the task of Tables 2 and 3 and of the figures"),
        weights,
    ),
)  # fmt: skip

SHEET = Sheet("paper", "The paper's tables", sheet_panels, CONTROLS, scene=scene, subject=False)
