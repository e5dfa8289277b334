"""What one browser may ask of all the others' server: known messages, ten a second.

Each websocket is a session with a short id of our own, for the log. Streamlit's own id is no name:
whoever presents it is handed the session.
"""

import asyncio
import logging
import secrets
import time

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from app.live import allowed
from app.live.bound import Bound
from app.live.header import ALLOWED

log = logging.getLogger(__name__)

HEADER = b"x-ired-session"
"""How the id comes to the script's `st.context.headers`; what a browser sends so is taken out."""

MOST, SECONDS = 10, 1.0
"""Messages of a session in so many seconds; further ones wait, and none is lost."""

KNOWN = frozenset({"rerun_script", "stop_script", "app_heartbeat"})
"""What the page's browser side sends. Others would empty the caches of all readers (`clear_cache`),
start git (`load_git_info`) or offer uploads, which no page of ours has."""


def kind(data: bytes) -> str | None:
    """What a browser's message asks for; None where it is no message."""
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    return message.WhichOneof("type")


class Sessions:
    """Gives every websocket its id and its bound.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a browser."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        session = _Session(secrets.token_hex(4), receive)
        own = {HEADER: session.id, ALLOWED.encode(): allowed.why_not(scope)}
        named = [(name, value) for name, value in scope["headers"] if name.lower() not in own]
        told = [(name, value.encode("latin-1", "replace")) for name, value in own.items()]
        scope = {**scope, "headers": [*named, *told]}
        try:
            await self._app(scope, session.receive, send)
        finally:
            session.closed()


class _Session:
    def __init__(self, id_: str, receive: Receive) -> None:
        self.id, self._receive = id_, receive
        self._bound, self._ignored = Bound(MOST, SECONDS), set[str | None]()
        self._count, self._waited, self._opened = 0, 0.0, time.monotonic()
        self._say(logging.INFO, "opened")

    async def receive(self) -> Message:
        """The next message that Streamlit gets to see."""
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            await self._in_turn()
            asked = kind(message.get("bytes") or b"")
            if asked in KNOWN or asked is None:  # Streamlit itself ends a session with the latter
                return message
            if asked not in self._ignored:
                self._ignored.add(asked)
                self._say(logging.WARNING, f"asked for {asked}, as no page of ours does: ignored")

    async def _in_turn(self) -> None:
        self._count += 1
        wait = self._bound.wait(time.monotonic())
        if wait > 0:
            if not self._waited:
                self._say(logging.WARNING, f"sends more than {MOST} messages a second: they wait")
            self._waited += wait
            await asyncio.sleep(wait)

    def closed(self) -> None:
        """Say how it went."""
        seconds = time.monotonic() - self._opened
        held = f", held back for {self._waited:.1f} s in all" if self._waited else ""
        self._say(logging.INFO, f"closed after {seconds:.0f} s and {self._count} messages{held}")

    def _say(self, level: int, text: str) -> None:
        log.log(level, text, extra={"session": self.id})
