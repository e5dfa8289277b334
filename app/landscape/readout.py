"""A probe's direction in the landscape: as an axis of a plane, and as a way to push the sampler."""

import xarray as xr

from app.landscape import steering
from app.landscape.scene import Scene
from app.shared.asks import probing, reading, slices
from app.shared.drawing.levels import Line, Sentence, Strong
from app.shared.drawing.names import input_name, property_name
from app.shared.page.contract import Compute, Drawn, Fields, Outcome, Source
from ired_interp_core.probing.names import VERDICTS
from ired_interp_core.spelling import number
from store import QuestionInfo

NAMES = ("score", "score_low", "score_high", "gain", "verdict")


def plane(scene: Scene, probe: str, under: QuestionInfo, problem: int) -> Compute | None:
    """A plane along a probe's direction, to be asked with other settings; None without probes."""
    known = scene.asked.get(probing.ANALYSIS)
    if known is None:
        return None
    return Compute(
        slices.PROBE, scene.subject.model, scene.subject.problems, problem, probing.read(probe),
        {"probes": known.key, "slice": under.key}, free=True, label="a probe's direction",
    )  # fmt: skip


def draw(scene: Scene, fields: Fields) -> Outcome:
    """Which probe is opened, what it reads, and the way to steer along it."""
    question, at = scene.asked[probing.ANALYSIS], probing.read(fields["probe"])
    inputs = {"probes": question.key}
    if "descent" in scene.asked:
        inputs["descent"] = scene.asked["descent"].key
    asks = Compute(
        steering.PROBE, scene.subject.model, scene.subject.problems, fields["problem"], at,
        inputs, free=True, label="along a probe",
    )  # fmt: skip
    answer = reading.dataset(scene.store, question, (0,), NAMES)
    lines, numbers = _said(answer, at)
    used = {"variables": list(NAMES)}
    return Drawn(Sentence([[lines]], small=True), numbers, [Source(question, used)], asks=(asks,))


def _said(answer: xr.Dataset, at: dict[str, str | int]) -> tuple[Line, xr.Dataset]:
    """What is said of the probe, and its numbers; of all where none is opened."""
    known = {str(p) for p in answer["property"].values}
    if not at or at["property"] not in known:
        return ("A probe's direction can be an axis of the slice (Other plane), or a way to push"
                " the sampler (Steer); Probes says which are worth it.",), answer  # fmt: skip
    site = str(at["site"])
    one = answer.sel(property=at["property"], level=at["level"], input=site)
    score = [number(float(one[n]), ".2f") for n in NAMES[:3]]
    verdict = VERDICTS[int(one["verdict"])].replace("_", " ")
    what = f"{property_name(str(at['property']))} from {input_name(site)} at t = {at['level']}"
    way = ("its direction is one of the answer" if site == "gradient" else
           "the plane is along ∇(w·h) at its centre")  # fmt: skip
    return (
        Strong(what), f": R² {score[0]} [{score[1]}, {score[2]}], gain"
        f" {number(float(one['gain']), '.2f')}, {verdict}; {way}.",
    ), one  # fmt: skip
