"""One question at once: looked up, or computed in this process and published like any live one."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr

from ired_interp_core.desk import Desk
from ired_interp_core.errors import Refusal, printable
from ired_interp_core.messages import WHOLE, Ask
from ired_interp_core.records import ProblemSet
from precompute.ground import exits, provenance
from precompute.ground.exits import Usage
from precompute.plan import models
from precompute.plan.sweep_models import ModelEntry
from precompute.serve import asking, given
from precompute.serve.asking import Wanted
from precompute.serve.given import Given
from precompute.serve.limits import Limits
from precompute.work import speed
from precompute.work.unit import Worker
from store import LiveAnswers

BEGINS = re.compile(rb'[0-9a-f]{24}\n\Z|\{"key": "[0-9a-f]{24}", "question": ')
"""How a key, and an answer as JSON, begin."""


@dataclass(frozen=True)
class Answer:
    """What came of a question.

    Args:
        wanted: the question.
        dataset: the answer.
        stored: whether it was there already.
        seconds: of computing.
        note: why it is not kept; empty where it is.
    """

    wanted: Wanted
    dataset: xr.Dataset
    stored: bool
    seconds: float
    note: str = ""


class _Tray(Desk):
    """Keeps the last answer, should it not be written."""

    def __init__(self) -> None:
        self.whole: xr.Dataset | None = None

    def hand_over(self, name: str, part: Any) -> None:
        if name == WHOLE:
            self.whole = part


def request(
    root: Path,
    analysis: str,
    *,
    model: str = "",
    task: str = "",
    variant: str = "same",
    size: int = 0,
    seed: int = 0,
    problem: int = 0,
    parameters: Mapping[str, Any] | None = None,
    inputs: Mapping[str, str] | None = None,
    x: Given | None = None,
    live: LiveAnswers | None = None,
) -> Ask:
    """Spell a question with what its model says of the problems.

    Args:
        root: store.
        analysis: name.
        model: digest of one in the store, its beginning, or a checkpoint, which is then kept there.
        task: of the problems; the model's when empty.
        variant: of them.
        size: matrix side; the model's when 0, else the paper's.
        seed: of the set.
        problem: index.
        parameters: of the analysis; the defaults where left out.
        inputs: role → key of the answer that is read.
        x: problems of one's own; `problem` is then an index in them.
        live: where those are kept; the store's own live answers when left out.

    Returns:
        The request.

    Raises:
        Usage: neither a model nor a task, or a variant or seed beside problems of one's own.
    """
    known = _model(root, model) if model else None
    if not task and known is None:
        raise Usage("neither a task nor a model is named", expected="--task TASK or --model M")
    record = {
        "task": task or (known.task if known else ""),
        "variant": variant,
        "size": size or (known.size if known else 20),
        "seed": seed,
    }
    with exits.asking():
        problems = ProblemSet.from_dict(record)
    if x is not None:
        if (variant, seed) != ("same", 0):
            raise Usage("problems of one's own have no variant and no seed",
                        came=f"{variant}, seed {seed}")  # fmt: skip
        side = size or (known.size if known else 0)
        content = given.content(live or LiveAnswers(root), x, problems.task, side)
        problems = content.problems
        problem = content.first if len(content.x) == 1 and not problem else problem
    return Ask(
        "here", "1", analysis, problems, problem,
        known.digest if known else "", dict(parameters or {}), dict(inputs or {}),
    )  # fmt: skip


def _model(root: Path, word: str) -> models.ModelRef:
    path = Path(word)
    if not path.is_file():
        return models.stored(root, word)
    found = models.identify(ModelEntry(word, path), root)
    models.publish(root, found)
    return found


def find(live: LiveAnswers, ask: Ask) -> tuple[Wanted, xr.Dataset | None]:
    """The answer to a request as far as it is there.

    Args:
        live: where answers lie.
        ask: the request.

    Returns:
        What is wanted, and the answer if some store holds it.
    """
    wanted = asking.wanted(live, ask)
    return wanted, _read(wanted) if wanted.where else None


def _read(wanted: Wanted) -> xr.Dataset:
    question = wanted.question
    return wanted.live.read(question.analysis, question.key, wanted.problem)


def answer(live: LiveAnswers, ask: Ask, limits: Limits) -> Answer:
    """Answer a request, computing here what is missing.

    Args:
        live: where answers lie.
        ask: the request.
        limits: of what is computed.

    Returns:
        The answer.

    Raises:
        Refusal: over a limit, or the computation failed.
    """
    wanted, found = find(live, ask)
    if found is not None:
        return Answer(wanted, found, True, 0.0)
    units = wanted.missing()
    price = asking.price(wanted, units, speed.known(live.folder) or 1.0)
    limits.check(ask.analysis, *price)
    tray, seconds = _Tray(), 0.0
    worker = Worker(live.root, wanted.models, provenance.of_code(), desk=tray, live=live)
    for unit in units:
        outcome = worker.execute(unit)
        seconds += outcome.seconds
        if outcome.status == "storage" and unit is units[-1] and tray.whole is not None:
            return Answer(wanted, tray.whole, False, seconds, outcome.message)
        if outcome.status not in ("done", "already"):
            raise Refusal(f"not answered: {outcome.error_class}", where=unit.name,
                          came=outcome.message or outcome.status)  # fmt: skip
    return Answer(wanted, _read(wanted), False, seconds)


def as_json(found: Answer) -> str:
    """An answer as one JSON object; NaN is null, infinities are words.

    Args:
        found: the answer.

    Returns:
        The text: key, question, problem, variables and coordinates with dims, dtype, units.
    """
    wanted, dataset = found.wanted, found.dataset
    record = {
        "key": wanted.question.key,
        "question": wanted.question.as_dict(),
        "problem": wanted.problem,
        "stored": found.stored,
        "seconds": round(found.seconds, 6),
        "variables": {str(n): _array(a) for n, a in dataset.data_vars.items()},
        "coordinates": {str(n): _array(a) for n, a in dataset.coords.items()},
    }
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def is_answer(path: Path) -> bool:
    """Whether a file is an answer as one of these functions spells it, or a key alone."""
    try:
        with path.open("rb") as file:
            if BEGINS.match(file.read(100)):
                return True
        with h5py.File(path) as netcdf:
            return {"key", "question"} <= netcdf.attrs.keys()
    except OSError:
        return False


def _array(array: xr.DataArray) -> dict[str, Any]:
    return {
        "dims": list(array.dims),
        "dtype": array.dtype.name,
        "units": printable(array.attrs.get("units", "")),
        "values": _plain(array.values.tolist()),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def as_netcdf(found: Answer) -> bytes:
    """An answer as the bytes of a netCDF file, as xarray reads it."""
    dataset = found.dataset.copy()
    for name, coordinate in dataset.coords.items():
        if coordinate.dtype.kind == "U":
            dataset = dataset.assign_coords({name: coordinate.astype(object)})
    content = dataset.to_netcdf(engine="h5netcdf")
    return bytes(np.frombuffer(content, np.uint8)) if not isinstance(content, bytes) else content
