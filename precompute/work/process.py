"""A worker process as its parent sees it: of one thread, spawned and never forked.

It does one job at a time. When its parent dies, even by kill −9, it notices and leaves, whatever it
computes (`birth`).
"""

import ctypes
import multiprocessing
import pickle
import signal
import time
from collections.abc import Mapping
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from precompute.plan.making import Piece
from precompute.plan.models import ModelRef
from precompute.work import birth
from precompute.work.messages import COLLECT, LEAVE, SAVE, Message
from store import LiveAnswers

PARENT_ANSWERS = {signal.SIGINT, signal.SIGTERM, signal.SIGUSR1}


class WorkerProcess:
    """A worker process as its parent sees it.

    Args:
        root: store.
        code: provenance of the code.
        device: torch device.
        live: where it reads and publishes, if it answers live.
        models: digest → model, that it has loaded before it is ready.
        gpu: the only one that it sees, as CUDA_VISIBLE_DEVICES names it; empty for all.
    """

    def __init__(
        self,
        root: Path,
        code: Mapping[str, Any],
        device: str,
        live: LiveAnswers | None = None,
        models: Mapping[str, ModelRef] | None = None,
        gpu: str = "",
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        # A bare byte: a worker that is killed cannot leave it locked.
        self._bell = context.RawValue(ctypes.c_byte, 0)
        packed = pickle.dumps((root, dict(code), device, live, dict(models or {})))
        self._process = context.Process(
            target=birth.begin, args=(theirs, self._bell, packed, gpu), daemon=True
        )
        # Born with these blocked: the parent alone answers them, wherever they are sent to all
        # processes of a terminal or a job, and no worker dies of them in the middle of a unit.
        # The tracker comes first, because starting it lifts the block.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, PARENT_ANSWERS)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        self.ready, self.gpu = False, gpu
        self.ticket: int | None = None
        """Of the unit that it computes."""
        self.since = 0.0
        """When it began with that, of the monotonic clock."""
        self.collects = False

    @property
    def handles(self) -> tuple[Any, Any]:
        """What rings when it says something or ends; for `multiprocessing.connection.wait`."""
        return self.pipe, self._process.sentinel

    @property
    def pid(self) -> int | None:
        """Of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.is_alive()

    @property
    def busy(self) -> bool:
        """Whether it has a job."""
        return self.ticket is not None or self.collects

    def compute(self, ticket: int, unit: Piece, models: Mapping[str, ModelRef]) -> bool:
        """Have it compute a unit.

        Args:
            ticket: of the unit.
            unit: of a plan.
            models: digest → model; those that the unit reads.

        Returns:
            False if it has died.
        """
        self._bell.value = 0  # rung for what it computed before
        sent = self._send((unit, dict(models)))
        if sent:
            self.ticket, self.since = ticket, time.monotonic()
        return sent

    def collect(self) -> bool:
        """Have it build a catalog generation; False if it has died."""
        self.collects = self._send(COLLECT)
        return self.collects

    def _send(self, job: Any) -> bool:
        try:
            self.pipe.send(job)
        except OSError:
            self.ready = False
            return False
        return True

    def receive(self) -> Message | None:
        """The next thing it said; None if there is nothing, or half of something."""
        try:
            return self.pipe.recv() if self.pipe.poll() else None
        except (EOFError, OSError):
            return None

    def ring(self, how: int = SAVE) -> None:
        """Ask it to leave what it computes: to save it if that is long work, or to drop it."""
        self._bell.value = how

    def dismiss(self) -> None:
        """Let it end by itself, so that libraries take down what they set up."""
        self._send(LEAVE)

    def join(self, seconds: float | None = None) -> None:
        """Wait for its end."""
        self._process.join(seconds)

    def kill(self) -> None:
        """End it at once: a shard is published whole or not at all."""
        self._process.kill()

    def close(self) -> None:
        """Wait for its end, and hear no more of it."""
        self._process.join()
        self.pipe.close()

    @property
    def cause_of_death(self) -> str:
        """Why it ended, for people."""
        code = self._process.exitcode
        if code == -signal.SIGKILL:
            return "was killed (signal 9), out of memory or by hand"
        if code is not None and code < 0:
            return f"was ended by signal {-code} ({signal.Signals(-code).name})"
        return f"exited with code {code}"
