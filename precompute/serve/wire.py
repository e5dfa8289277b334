"""The pipes of a server of live answers: lines in and out, and the standard streams set aside.

What is printed by anybody, an adapter or a library in native code, goes to the log: nothing can
speak for the server but what it says itself.
"""

import contextlib
import os
import queue
import select
import sys
import threading
from collections.abc import Iterator

from ired_interp_core.errors import Refusal
from ired_interp_core.messages import MOST_LINE, Said, line

READ_BYTES = 2**16

MOST_BACKLOG = 2**26
"""Bytes that wait for a reader; beyond, drafts are dropped, which their answer makes up for."""

GRACE_SECONDS = 5.0
"""For a server to end by itself when nobody holds the other end any more; then it is ended."""

LOOK_SECONDS = 0.5


@contextlib.contextmanager
def set_aside() -> Iterator[tuple[int, int]]:
    """Take standard input and output for oneself; meanwhile they are nothing, and the log.

    Yields:
        Descriptors of what was the standard input, and of what was the output. No child process
        inherits them.
    """
    sys.stdout.flush()
    kept = reads, writes = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    try:
        yield kept
    finally:
        sys.stdout.flush()
        os.dup2(reads, 0)
        os.dup2(writes, 1)
        os.close(reads)
        os.close(writes)


class Lines:
    """Lines out of pieces, however they are cut; of one that is too long the rest is skipped."""

    def __init__(self) -> None:
        self._begun: list[bytes] = []
        self._size = 0

    def split(self, piece: bytes) -> Iterator[bytes | Refusal]:
        """Take a piece.

        Args:
            piece: as it was read.

        Yields:
            Whole lines, and a refusal of each that is too long, at its end.
        """
        *ends, rest = piece.split(b"\n")
        for end in ends:
            self._take(end)
            text, long = b"".join(self._begun), self._size > MOST_LINE
            self._begun, self._size = [], 0
            if long:
                yield _too_long()
            elif text.strip():
                yield text
        self._take(rest)

    def _take(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > MOST_LINE:
            self._begun = []
        elif piece:
            self._begun.append(piece)


def _too_long() -> Refusal:
    return Refusal("line is too long", came=f"over {MOST_LINE} bytes", expected="one request")


class Outbox:
    """Says things in order, from a thread of its own: a reader that is slow stops nobody.

    Args:
        descriptor: to write to.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._size = descriptor, 0
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self.broken = False
        """Whether nobody reads any more."""
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def put(self, said: Said) -> None:
        """Say something; a draft only while the reader keeps up."""
        text = line(said)
        with self._lock:
            if said.say == "draft" and self._size > MOST_BACKLOG:
                return
            self._size += len(text)
        self._waiting.put(text)

    def close(self) -> None:
        """Say what is left, if somebody reads."""
        self._waiting.put(None)
        self._thread.join(GRACE_SECONDS)

    def _write(self) -> None:
        while (text := self._waiting.get()) is not None:
            rest = memoryview(text)
            try:
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
            except OSError:
                self.broken = True
                return
            with self._lock:
                self._size -= len(text)


@contextlib.contextmanager
def ending_with(reads: int) -> Iterator[None]:
    """Meanwhile, end this process when whoever started it has gone, whatever it does.

    They have gone when the pipe has no writer left, or when this is the child of another process
    than at the start. A server notices that by itself, unless it hangs: hence some seconds' grace.

    Args:
        reads: the pipe that requests come from.

    Yields:
        Nothing.
    """
    left = threading.Event()
    threading.Thread(target=_watch, args=(reads, os.getppid(), left), daemon=True).start()
    try:
        yield
    finally:
        left.set()


def _watch(reads: int, parent: int, left: threading.Event) -> None:
    poll = select.poll()
    poll.register(reads, 0)  # a hang-up is told unasked
    while not left.is_set() and os.getppid() == parent:
        if poll.poll(LOOK_SECONDS * 1000):
            break
    if not left.wait(GRACE_SECONDS):
        os._exit(1)
