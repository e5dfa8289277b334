"""The app beside a run: opened on the store as soon as it has something of every model."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from precompute.ground import foreign_code
from precompute.ground.shipped import APP
from precompute.plan.plan import Span, Unit
from store import layout

END_SECONDS = 10.0
"""For the app to end by itself; then it is killed."""


def command(port: int) -> list[str]:
    """Words that start the app, which finds its store in IRED_STORE.

    Returns:
        The words.
    """
    # -P: a `store.py` in the folder one works in is not ours.
    return [sys.executable, "-P", "-m", "streamlit", "run", str(APP), "--server.port", str(port)]


def script_words() -> list[str]:
    """What follows the options of Streamlit: words for the app itself.

    Returns:
        Whether its live answers may run the code of adapters, where that was said here.
    """
    given = foreign_code.words()
    return ["--", *given] if given else []


def first_units(units: Sequence[Unit]) -> set[Span]:
    """The first problems of all that reads neither another answer nor a whole set.

    Returns:
        What they compute.
    """
    return {
        unit.span
        for unit in units
        if unit.start == 0 and unit.asked.depth == 0 and unit.asked.stage == 0
    }


class AppBeside:
    """Opens the app while a run computes, keeps it afterwards, and ends it.

    Args:
        root: store.
        port: to listen on.
        units: that the run computes.
        say: prints a line.
    """

    def __init__(
        self, root: Path, port: int, units: Sequence[Unit], say: Callable[[str], None]
    ) -> None:
        self._root, self._port, self._say = root, port, say
        self._awaited = first_units(units)
        self._since = time.time() if self._awaited else 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._gone = False

    def ended(self, unit: Unit) -> None:
        """Hear that a unit is done, or has failed."""
        if unit.span in self._awaited:
            self._awaited.remove(unit.span)
            self._since = time.time()

    def look(self) -> None:
        """Open the app if it is time; say so if it has ended."""
        if self._process is None and not self._awaited and self._collected():
            self._open()
        if self._process is not None and not self._gone and self._process.poll() is not None:
            self._gone = True
            self._say(f"note: the app ended with code {self._process.returncode}")

    def _collected(self) -> bool:
        try:
            return layout.current(self._root).stat().st_mtime >= self._since
        except FileNotFoundError:
            return False

    def _open(self) -> "subprocess.Popen[bytes]":
        self._process = subprocess.Popen(
            [*command(self._port), *script_words()],
            env={**os.environ, "IRED_STORE": str(self._root.absolute())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        self._say(f"open http://localhost:{self._port}   (Ctrl-C ends it)")
        return self._process

    def stay(self) -> None:
        """Open the app if it is not, and wait until it ends or a Ctrl-C."""
        process = self._process or self._open()
        try:
            process.wait()
        except KeyboardInterrupt:
            self.end()

    def end(self) -> None:
        """End the app."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
