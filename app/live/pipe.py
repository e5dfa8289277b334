"""The process `python -m precompute serve` beside the app: started, spoken to, started again.

Lines go in by one thread and come out by another, so that nobody waits for a pipe. Whatever the
process and its workers print goes to the app's log.
"""

import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ired_interp_core.errors import Refusal
from ired_interp_core.messages import Request, Said, line, read_said

log = logging.getLogger(__name__)

PROJECT = Path(__file__).resolve().parents[2]
"""The clone, or the site-packages that the project is installed in."""

END_SECONDS = 5.0
"""For the process to end by itself when its input is closed; then it is killed."""

MOST_WAITING = 1000
"""Requests that wait to be written; a process that takes none for so long hangs."""

STEADY_SECONDS = 60.0
"""A process that lived so long is started again at once; one that fails at its start is not."""

ALLOWED = [word for word in sys.argv[1:] if word == "--allow-code"]
"""Whether adapters may run: `streamlit run app/main.py -- --allow-code`."""

LONGEST_REST = 60.0
LOOK_SECONDS = 0.05


class Pipe:
    """One process that answers, and the next one when it is gone.

    Args:
        root: of the store.
        hear: called with everything it says, from a thread of the pipe.
        lost: called when it is gone, with one line.
    """

    def __init__(
        self, root: Path, hear: Callable[[Said], None], lost: Callable[[str], None]
    ) -> None:
        self._root, self._hear, self._lost = root, hear, lost
        self._process: subprocess.Popen[bytes] | None = None
        self._outbox: queue.Queue[bytes | None] = queue.Queue(MOST_WAITING)
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def pid(self) -> int:
        """Of the process; 0 while there is none."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else 0

    def start(self) -> None:
        """Start the process, and keep one running until `stop`."""
        self._threads = [
            threading.Thread(target=work, name=f"live-{work.__name__}", daemon=True)
            for work in (self._keep, self._write)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the process, at the latest after `END_SECONDS`."""
        self._ended.set()
        self._outbox.put(None)
        process = self._process
        if process is not None:
            self._close(process)
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for thread in self._threads:
            thread.join(END_SECONDS)

    def send(self, request: Request) -> bool:
        """Send a request; one that comes while the process is started again waits for it.

        Returns:
            False where nobody takes it.
        """
        if self._ended.is_set():
            return False
        try:
            self._outbox.put_nowait(line(request))
        except queue.Full:
            return False
        return True

    def _keep(self) -> None:
        rest = 0.0
        while not self._ended.is_set():
            began = time.monotonic()
            self._process = process = self._begin()
            if self._ended.is_set():  # told to stop while it was begun
                self._close(process)
            self._read(process)
            code = process.wait()
            if self._ended.is_set():
                return
            log.warning("the server of live answers ended (exit code %s)", code)
            self._lost("The server of live answers stopped; it is started again. Ask again")
            steady = time.monotonic() - began > STEADY_SECONDS
            rest = 0.0 if steady else min(max(2 * rest, 1.0), LONGEST_REST)
            self._ended.wait(rest)

    def _begin(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
        words = ["serve", "--store", str(self._root.absolute()), *ALLOWED]
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "precompute", *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # asked for
        with process.stdout as lines:
            for text in lines:
                try:
                    said = read_said(text)
                except Refusal as refusal:
                    log.warning("%s", refusal)
                    continue
                self._hear(said)

    def _write(self) -> None:
        while (text := self._outbox.get()) is not None:
            process = self._awaited()
            if process is None or process.stdin is None:
                continue
            try:
                process.stdin.write(text)
                process.stdin.flush()
            except (OSError, ValueError):  # gone: whoever waits is told when its output ends
                continue

    def _awaited(self) -> subprocess.Popen[bytes] | None:
        """The process, once there is one that runs; the last one where all has ended."""
        while not self.pid:
            if self._ended.wait(LOOK_SECONDS):
                break
        return self._process

    @staticmethod
    def _close(process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            try:
                process.stdin.close()
            except OSError:  # a line was left, and nobody takes it
                log.debug("the pipe was broken when it was closed")
