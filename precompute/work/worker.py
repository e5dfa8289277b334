"""What a worker process does: one job after the other, and its word of each to the parent."""

import os
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ired_interp_core.desk import Desk
from ired_interp_core.errors import Cancelled, Refusal
from precompute.plan.models import ModelRef
from precompute.work.messages import COLLECT, DROP, LEAVE, READY, Part, Words
from precompute.work.unit import Outcome, Worker
from store import LiveAnswers, catalog, folders

LIVE_NICENESS = 10
"""Of workers that answer live: whoever only looks at the app comes first."""


class _PipeDesk(Desk):
    """Tells the parent, and hears its bell."""

    def __init__(self, pipe: Connection, bell: Any, awaited: bool) -> None:
        self._pipe, self._bell, self.awaited = pipe, bell, awaited

    def report(self, share: float, words: str) -> None:
        self._tell(Words(f"{share:.0%} · {words}"))

    def hand_over(self, name: str, part: Any) -> None:
        self._tell(Part(name, part))

    def pause(self) -> bool:
        return bool(self._bell.value)

    def check(self) -> None:
        if self._bell.value == DROP:
            raise Cancelled

    def _tell(self, message: Words | Part) -> None:
        try:
            self._pipe.send(message)
        except ConnectionError:  # the parent has gone: no failure of the unit, to be recorded
            os._exit(1)


def run(
    pipe: Connection,
    bell: Any,
    root: Path,
    code: Mapping[str, Any],
    device: str,
    live: LiveAnswers | None,
    known: dict[str, ModelRef],
) -> None:
    """Take a job, do it, say what became of it; until there are no more.

    Args:
        pipe: to the parent.
        bell: which it rings.
        root: store.
        code: provenance of the code.
        device: torch device.
        live: where it reads and publishes, if it answers live.
        known: digest → model; those of later jobs are added.
    """
    folders.hush()
    worker = Worker(root, known, code, device, _PipeDesk(pipe, bell, live is not None), live)
    if live is not None:
        os.nice(LIVE_NICENESS)
        worker.warm()
    try:
        pipe.send(READY)
        while True:
            job = pipe.recv()
            if job == LEAVE:
                return
            if job == COLLECT:
                pipe.send(_collect(root))
                continue
            unit, models = job
            known.update(models)
            pipe.send(worker.execute(unit))
    except (EOFError, ConnectionError):  # the parent has gone
        os._exit(1)


def _collect(root: Path) -> Outcome:
    began = time.monotonic()
    try:
        catalog.collect(root)
    except (Refusal, OSError) as error:
        return Outcome("failed", error_class=type(error).__name__, message=str(error))
    return Outcome("done", time.monotonic() - began)
