"""One unit of work, from its rows to a published shard. The same in a worker, a job, or a test."""

import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import xarray as xr

from ired_interp_core import registry
from ired_interp_core.desk import Desk
from ired_interp_core.errors import Cancelled, Paused, Refusal
from ired_interp_core.messages import WHOLE
from ired_interp_core.records import Block, Gathered
from precompute.ground import problem_rows, provenance, storage
from precompute.ground.stored import StoredRows, input_digests, rows_left
from precompute.plan import models
from precompute.plan.making import Making, Piece
from precompute.plan.models import ModelRef
from precompute.plan.plan import Unit, rows_read
from precompute.work import devices, making, speed
from precompute.work.desk import StoreDesk
from store import LiveAnswers, reading, shards

Status = Literal[
    "done", "already", "waiting", "paused", "failed", "storage", "cancelled", "stranded", "refused"
]

MADE = "problem"
"""Name of the part that is a problem that was made."""

MODELS_KEPT = 8
"""Models a worker keeps loaded; one is some 10 MB."""


@dataclass(frozen=True)
class Outcome:
    """What became of a unit.

    Args:
        status: done (computed), already (was there), waiting (reads an answer that is not there),
            paused (left with a checkpoint, as it was told), failed (recorded beside the shard),
            storage (nothing can be written), cancelled (nobody wants it any more), stranded (not
            begun, because it reads a unit that failed or was cancelled), refused (no problem can be
            made of what was given).
        seconds: of the computation alone.
        error_class: of a failure.
        message: of a failure, one line.
    """

    status: Status
    seconds: float = 0.0
    error_class: str = ""
    message: str = ""


class Worker:
    """Does units; keeps the models it has loaded.

    Args:
        root: store.
        known: digest → model.
        code: provenance of the code.
        device: torch device.
        desk: hears how far a unit is and of its finished parts, and knows whether to leave.
        live: where units that were asked live read and publish; their failures are not recorded,
            as whoever asked hears of them. None for a sweep, which knows nothing of live answers.
    """

    def __init__(
        self,
        root: Path,
        known: Mapping[str, ModelRef],
        code: Mapping[str, Any],
        device: str = "cpu",
        desk: Desk | None = None,
        live: LiveAnswers | None = None,
    ) -> None:
        self.root, self.known, self.code, self.device = root, known, code, device
        self.live = live
        self.desk = desk or Desk()
        self.model = lru_cache(maxsize=MODELS_KEPT)(self._load)

    def _load(self, digest: str) -> Any:
        devices.set_up()
        return models.load(self.root, self.known[digest])

    def warm(self) -> None:
        """Load the libraries and the models that are known, so that no question waits for them."""
        devices.set_up()
        if self.live is not None:
            speed.calibrate(self.live.folder)
        for digest in list(self.known)[:MODELS_KEPT]:
            try:
                self.model(digest)
            except (Refusal, OSError) as error:  # a question about it will say so again
                print(error, file=sys.stderr, flush=True)

    def execute(self, unit: Piece) -> Outcome:
        """Compute and publish a unit, or say why not.

        Returns:
            What became of it; a failure is recorded beside the shard and raised no further.
        """
        if isinstance(unit, Making):
            return self._make(unit)
        question = unit.asked.question
        try:
            rows = (question.analysis, question.key, unit.start, unit.stop)
            there, seconds = self._where(*rows) is not None, 0.0
            if not there:
                if lacking := self._lacking(unit):
                    return Outcome("waiting", message=f"reads {lacking}, which is not there yet")
                seconds = self._compute(unit)
            if self.live is None:
                shards.clear_failure(self.root, question, unit.start, unit.stop)
        except Cancelled:
            return Outcome("cancelled")
        except Paused:
            return Outcome("paused", message="left with a checkpoint")
        except Exception as error:  # noqa: BLE001 - the one place that records a failed unit
            outcome = _outcome(error)
            if outcome.status == "storage":
                return outcome
            return self._record(unit, outcome, traceback.format_exc())
        return Outcome("already" if there else "done", seconds)

    def _make(self, unit: Making) -> Outcome:
        """Make a problem, which is handed over, or say why none can be made."""
        if self.live is None:
            return Outcome("refused", message="a sweep makes no problems")
        began = time.perf_counter()
        try:
            made = making.make(self.live, unit.request)
        except (Refusal, OSError) as error:
            return Outcome("refused", 0.0, type(error).__name__, _outcome(error).message)
        except Exception as error:  # noqa: BLE001 - whatever the bytes do, the worker goes on
            traceback.print_exc()
            return _outcome(error)
        self.desk.hand_over(MADE, made)
        return Outcome("done", time.perf_counter() - began)

    def _where(self, analysis: str, key: str, start: int, stop: int) -> Path | None:
        """The store that holds all of these rows; None if none does."""
        rows = (analysis, key, start, stop)
        if self.live is not None:
            return self.live.where(*rows)
        return None if rows_left(self.root, *rows) else self.root

    def _work_in(self) -> Path:
        """The store that keeps checkpoints."""
        return self.root

    def _record(self, unit: Unit, outcome: Outcome, trace: str) -> Outcome:
        if self.live is not None:
            print(trace, file=sys.stderr, flush=True)
            return outcome
        try:
            shards.record_failure(
                self.root, unit.asked.question, unit.start, unit.stop,
                outcome.error_class, outcome.message, trace,
                {**self.code, **devices.where(self.device)},
            )  # fmt: skip
        except OSError as error:
            return _outcome(error)
        return outcome

    def _lacking(self, unit: Unit) -> str:
        """The first answer this unit reads that is not there; empty if all are.

        Returns:
            For people: analysis, beginning of the key, rows.
        """
        for analysis, key, low, high in rows_read(unit).values():
            if self._where(analysis, key, low, high) is None:
                left = shards.missing(self.root, analysis, key, [(low, high)])
                start, stop = left[0] if left else (low, high)
                return f"{analysis} {key[:8]} [{start}, {stop})"
        return ""

    def _compute(self, unit: Unit) -> float:
        question = unit.asked.question
        analysis, parameters = registry.get(question.analysis), question.parameters
        loaded = {
            role: self.model(question.inputs[role])
            for role, kind in registry.roles_of(question).items()
            if kind.kind == "model"
        }
        if analysis.scope == "set":
            desk = StoreDesk(self._work_in(), question, self.desk)
            result, pieces = analysis.run(self._gathered(unit, loaded, desk), parameters), 1
            seconds = desk.seconds
        else:
            block = self._block(unit, loaded)
            began = time.perf_counter()  # reading is no part of a block's computation
            result, pieces = devices.run(analysis, block, parameters)
            seconds = time.perf_counter() - began
        record = provenance.of_unit(
            self.code,
            device=self.device,
            dtype=analysis.computes_in(parameters),
            seconds=seconds,
            inputs={
                role: input_digests(self._where(*at) or self.root, *at)
                for role, at in rows_read(unit).items()
            },
        )
        record |= devices.facts(self.device) | ({"pieces": pieces} if pieces > 1 else {})
        self._publish(unit, result, record)
        if analysis.scope == "set":
            desk.clear()
        return seconds

    def _publish(self, unit: Unit, result: xr.Dataset, record: Mapping[str, Any]) -> None:
        question = unit.asked.question
        if self.live is None:
            shards.publish(self.root, question, unit.start, result, record)
            return
        # Whoever waits has it before it is written, and also where it cannot be.
        self.desk.hand_over(WHOLE, result)
        about = {"problems": unit.asked.problems.as_dict()}
        self.live.publish(question, unit.start, result, {**record, **about})

    def _block(self, unit: Unit, loaded: Mapping[str, Any]) -> Block:
        p, start, stop = unit.asked.problems, unit.start, unit.stop
        roots = (self.root,) if self.live is None else self.live.roots
        x, y = problem_rows.read(roots, p, start, stop)
        upstream = {
            role: reading.read_shards(self._where(*at) or self.root, *at)
            for role, at in rows_read(unit).items()
        }
        return Block(p, start, x, y, loaded, upstream, self.device, self.desk)

    def _gathered(self, unit: Unit, loaded: Mapping[str, Any], desk: StoreDesk) -> Gathered:
        devices.set_up()  # a set may have no model to load
        count = int(unit.asked.question.parameters[registry.RANGE])
        upstream = {
            r: StoredRows(self._where(*at) or self.root, *at) for r, at in rows_read(unit).items()
        }
        return Gathered(unit.asked.problems, count, loaded, upstream, desk, self.device)


def _outcome(error: Exception) -> Outcome:
    """Tell a failure of the unit from one of the place it is written to."""
    line = str(error).strip().splitlines()
    message = line[0][:500] if line else type(error).__name__
    if place := storage.trouble(error):
        return Outcome("storage", 0.0, type(error).__name__, f"{place}: {message}")
    return Outcome("failed", 0.0, type(error).__name__, message)
