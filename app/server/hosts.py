"""Which names the server answers to, and the headers of every answer.

A page elsewhere may let its own name lead to this machine, and its reader's browser then takes our
answers for that page's. The name in `Host` gives it away: pages and websocket alike answer only to
names of `server.allowedHosts`, Streamlit's own setting, which by itself holds for its websocket.
"""

import logging
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ired_interp_core.errors import Refusal

log = logging.getLogger(__name__)

FORBIDDEN_TO_WEBSOCKETS = 1008

CONTENT = "; ".join(
    (
        "frame-ancestors 'none'",  # nobody lays our buttons under theirs
        "img-src 'self' data: blob:",  # a picture elsewhere would tell who reads what
        "media-src 'self' data: blob:",
        "frame-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
"""What a browser may do with our pages. Scripts stand in the page itself, so they go unlisted."""

HEADERS = {
    "Content-Security-Policy": CONTENT,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # an address names the reader's model and problem
    "X-Content-Type-Options": "nosniff",
}


KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}
VERSIONED = re.compile(r"/_stcore/bidi-components/(ired\.host_[0-9a-f]{8}/|.*\?v=)")
"""Addresses of files in which their version stands: a browser asks for each once."""


def answers_to(hosts: Sequence[str], allowed: Sequence[str]) -> bool:
    """Whether a request is for one of our names.

    Args:
        hosts: every `Host` header, as it came.
        allowed: names, or "*.name" for all below one, or "*" for any.

    Returns:
        False, too, where there is no such header, or more than one, or no name in it.
    """
    if len(hosts) != 1:
        return False
    try:
        parts = urlsplit(f"//{hosts[0]}")
        named = parts.hostname or ""
        whole = parts.netloc == hosts[0] and "@" not in hosts[0] and (parts.port or 1) > 0
    except ValueError:
        return False
    name = named.lower().rstrip(".")
    return bool(whole and name) and any(_fits(name, one.strip().lower()) for one in allowed)


def _fits(name: str, allowed: str) -> bool:
    if allowed.startswith("*."):
        return name.endswith(allowed[1:])
    return allowed in {"*", name}


class AllowedHosts:
    """Answers to its own names alone.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._allowed = tuple(st.get_option("server.allowedHosts"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for one of our names, and refuse any other."""
        hosts = Headers(scope=scope).getlist("host") if scope["type"] != "lifespan" else ()
        if scope["type"] == "lifespan" or answers_to(hosts, self._allowed):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(hosts)
        log.warning("%s", refusal)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": FORBIDDEN_TO_WEBSOCKETS})
        else:
            await PlainTextResponse(f"{refusal}\n", 400)(scope, receive, send)

    def _refusal(self, hosts: Sequence[str]) -> Refusal:
        return Refusal(
            "this server does not answer to that name",
            where="header Host",
            came=", ".join(hosts) or "nothing",
            expected=", ".join(self._allowed),
            next_step="ired-interp app --store DIR --host NAME, where the name is yours",
        )


class OwnHeaders:
    """Puts `HEADERS` on every answer, and `KEPT` on files that stay as they are.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with our headers."""
        asked = f"{scope.get('path', '')}?{bytes(scope.get('query_string', b'')).decode('latin-1')}"
        versioned = VERSIONED.search(asked)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = KEPT if versioned and message["status"] == 200 else {}
                MutableHeaders(scope=message).update(HEADERS | kept)
            await send(message)

        await self._app(scope, receive, with_headers)
