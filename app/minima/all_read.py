"""What the sheet on all problems is drawn from, read once for all readers."""

import xarray as xr

from app.minima.everything import OF_DESCENT, OF_MINIMA, OF_PATHS, OF_PROPERTIES, Everything
from app.minima.scene import DESCENT, MINIMA, PATHS, PROPERTIES, Scene
from app.shared.asks import reading
from app.shared.asks.kept import kept
from app.shared.page.contract import Source
from store import QuestionInfo, Store

READ = {MINIMA: OF_MINIMA, PATHS: OF_PATHS, DESCENT: OF_DESCENT, PROPERTIES: OF_PROPERTIES}


def everything(scene: Scene) -> Everything:
    """The minima of all problems that have some."""
    others = (scene.asked.get(name) for name in (PATHS, DESCENT, PROPERTIES))
    return _read(scene.store, scene.asked[MINIMA], *others)


def sources(scene: Scene, *analyses: str) -> list[Source]:
    """Answers that a panel shows."""
    there = [name for name in analyses if name in scene.asked]
    return [Source(scene.asked[name], {"variables": list(READ[name])}) for name in there]


@kept(8)
def _read(
    store: Store,
    minima: QuestionInfo,
    paths: QuestionInfo | None,
    descent: QuestionInfo | None,
    properties: QuestionInfo | None,
) -> Everything:
    whole = _about(store, minima, None)
    assert whole is not None  # a question without answers is not among those that are asked
    beside = (_about(store, one, whole) for one in (paths, descent, properties))
    return Everything(whole, *beside)


def _about(
    store: Store, question: QuestionInfo | None, like: xr.Dataset | None
) -> xr.Dataset | None:
    """Answers by problem and ascending level; of paths only some problems may have some."""
    if question is None:
        return None
    there = set(reading.problems_present(question).tolist())
    if like is not None:
        there &= set(like["problem"].values.tolist())
    if not there:
        return None
    names = READ[question.analysis]
    found = reading.read(store, question, sorted(there), names)
    found = found.sortby("level") if "level" in found.dims else found
    whole = like is None or question.analysis == PATHS
    return found if whole else found.reindex(problem=like["problem"].values)
