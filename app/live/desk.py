"""Requests of all readers: what was asked, what has been said of it, who has gone.

Everything here happens in the event loop of the server, but for `Desk.open`, which a page's script
calls. A request is remembered for as long as its reader looks at it. An answer that is handed over
before it is published is kept for all who show that problem (`store.handed`), and its askers are
told at once.
"""

import asyncio
import hmac
import itertools
import json
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.live import drafts
from app.live.bound import Bound
from app.live.drafts import HANDED
from app.live.pipe import Pipe
from ired_interp_core.messages import Cancel, Leave, Said, line, read_request

log = logging.getLogger(__name__)

GRACE_SECONDS = 30.0
"""For a reader who is no longer heard of, before their requests are taken back."""

MOST_READERS, MOST_REQUESTS = 2000, 16
"""Readers who are remembered, and requests of each; those of longest ago are forgotten."""

MOST_A_SECOND = 20
"""Requests of a reader to the route in a second; further ones wait."""

LAST = frozenset({"price", "answer", "made", "replaced", "cancelled", "refused", "failed"})
"""What ends a request."""


@dataclass(eq=False)
class Asked:
    """One request.

    Args:
        id: the reader's word for it.
        said: what was said of it, with its number; of a word that is said again the last alone.
        ended: whether nothing more will be said.
        key: of its answer, once the server has said so.
    """

    id: str
    said: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    ended: bool = False
    key: str = ""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _count: int = 0

    def hear(self, said: Mapping[str, Any]) -> None:
        """Take down what is said of it."""
        about = (said["say"], said.get("name"))
        self.said = [(n, s) for n, s in self.said if (s["say"], s.get("name")) != about]
        self._count += 1
        self.said.append((self._count, dict(said)))
        self.ended = self.ended or said["say"] in LAST
        self.key = said.get("key") or self.key
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def answered(self) -> bool:
        """Whether its answer can be shown, or none will come."""
        return self.ended or any(one["say"] == HANDED for _, one in self.said)

    async def after(self, number: int, seconds: float) -> list[tuple[int, dict[str, Any]]]:
        """What was said after a number; waits for something so long, but not after its end."""
        until = time.monotonic() + seconds
        while True:
            new = [one for one in self.said if one[0] > number]
            left = until - time.monotonic()
            if new or self.ended or left <= 0:
                return new
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                continue


@dataclass(eq=False)
class Reader:
    """Whoever looks at one page of the app.

    Args:
        name: in the line of live questions, and in the log.
        secret: proof that a request comes from their page.
        asked: requests by id, in the order in which they came.
        seen: when the reader was last heard of, of the monotonic clock.
    """

    name: str
    secret: str
    asked: dict[str, Asked] = field(default_factory=dict)
    seen: float = field(default_factory=time.monotonic)
    bound: Bound = field(default_factory=lambda: Bound(MOST_A_SECOND, 1.0))

    @property
    def token(self) -> str:
        """What the page's browser side shows."""
        return f"{self.name}.{self.secret}"

    @property
    def waits(self) -> bool:
        """Whether a request of theirs has not ended."""
        return any(not one.ended for one in self.asked.values())


class Desk:
    """Between the readers and the pipe."""

    def __init__(self) -> None:
        self._readers: dict[str, Reader] = {}
        self._numbers = itertools.count(1)
        self._pipe: Pipe | None = None
        self.root: Path | None = None
        """Of the store whose questions are answered."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self.limits: Mapping[str, Any] | None = None
        """Of the server of live answers; None before it is ready."""

    @property
    def running(self) -> bool:
        """Whether there is a pipe at all."""
        return self._pipe is not None

    def start(self, root: Path) -> None:
        """Start the server of live answers."""
        self._loop, self.root = asyncio.get_running_loop(), root
        self._pipe = Pipe(root, self._heard, self._lost)
        self._pipe.start()

    async def stop(self) -> None:
        """End it."""
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            await asyncio.to_thread(pipe.stop)

    async def keep_clean(self) -> None:
        """Take back what nobody looks at any more, for as long as the server runs."""
        while True:
            await asyncio.sleep(GRACE_SECONDS / 10)
            for reader in list(self._readers.values()):
                if reader.waits and time.monotonic() - reader.seen > GRACE_SECONDS:
                    log.info("reader %s has gone: their questions are taken back", reader.name)
                    self.leave(reader)

    # Readers.

    def open(self) -> Reader:
        """A new reader."""
        reader = Reader(f"r{next(self._numbers)}", secrets.token_urlsafe(32))
        self._readers[reader.name] = reader
        while len(self._readers) > MOST_READERS:
            idle = [r for r in list(self._readers.values()) if not r.waits and r is not reader]
            oldest = min(idle, key=lambda r: r.seen, default=None)
            if oldest is None:
                break
            self._readers.pop(oldest.name, None)
        return reader

    def reader(self, token: str) -> Reader | None:
        """The reader whose token this is; None for nobody's."""
        name, _, secret = token.partition(".")
        reader = self._readers.get(name)
        known = reader.secret if reader is not None else ""
        same = hmac.compare_digest(known.encode(), secret.encode("utf-8", "replace"))
        if reader is None or not same:
            return None
        reader.seen = time.monotonic()
        return reader

    # Requests.

    def ask(self, reader: Reader, verb: str, given: Mapping[str, Any]) -> Asked:
        """Ask for a reader.

        Args:
            reader: who asks.
            verb: "ask", "price", "edit" or "load".
            given: what `messages` declares of it, but for session and request.

        Returns:
            The request.

            A `Refusal` of `messages.read_request` where that is no such request.
        """
        id_ = f"q{next(self._numbers)}"
        record = {**given, "do": verb, "session": reader.name, "request": id_}
        request = read_request(json.dumps(record).encode())
        asked = reader.asked[id_] = Asked(id_)
        for old in [one.id for one in reader.asked.values() if one.ended][:-MOST_REQUESTS]:
            del reader.asked[old]
        if self._pipe is None or not self._pipe.send(request):
            words = "The server of live answers is being started. Ask again"
            asked.hear({"say": "failed", "words": words})
        return asked

    def cancel(self, reader: Reader, id_: str) -> None:
        """Take back a request of a reader."""
        if id_ in reader.asked and self._pipe is not None:
            self._pipe.send(Cancel(reader.name, id_))

    def leave(self, reader: Reader) -> None:
        """Take back all requests of a reader."""
        if self._pipe is not None and reader.waits:
            self._pipe.send(Leave(reader.name))

    # What is said, from the pipe's thread.

    def _heard(self, said: Said) -> None:
        left = drafts.heard(self.root, said)
        if self._loop is not None and left is not None:
            self._loop.call_soon_threadsafe(self._hear, left)

    def _lost(self, words: str) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._fail, words)

    def _hear(self, said: Said) -> None:
        if said.say == "ready":
            self.limits = said.limits
        if said.say == "error":
            log.warning("live answers: %s", said.words)
        reader = self._readers.get(said.session)
        asked = reader.asked.get(said.request) if reader is not None else None
        if said.say in (HANDED, "draft") and asked is not None and said.key != asked.key:
            return  # what its answer reads
        if asked is not None:
            record = json.loads(line(said))
            asked.hear({k: v for k, v in record.items() if k not in ("session", "request")})

    def _fail(self, words: str) -> None:
        self.limits = None
        for reader in list(self._readers.values()):
            for asked in reader.asked.values():
                if not asked.ended:
                    asked.hear({"say": "failed", "words": words})


DESK = Desk()
"""Of this server."""
