"""The route of live questions: JSON in and out, from a page of this server alone.

Three proofs are asked for: the request comes from a page of this origin; its header repeats
Streamlit's cookie against forged requests, which by itself is no secret; and it shows the token
that this very page got through its websocket. A GET computes nothing: there is none.
"""

import asyncio
import json
import logging
import time
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.web.server.starlette.starlette_app_utils import validate_xsrf_token

from app.live import allowed, drafts
from app.live.desk import DESK, Asked, Reader
from ired_interp_core.errors import Refusal
from ired_interp_core.messages import MOST_LINE
from store import LiveAnswers

log = logging.getLogger(__name__)

MOST_BYTES = MOST_LINE
"""Of the body of a request: that of a line to the server of live answers."""

TOKEN = "x-ired-live"
XSRF_HEADER, XSRF_COOKIE = "x-xsrftoken", "_streamlit_xsrf"

AT_ONCE = 0.4
"""Seconds within which an answer is waited for before the page is told that it is on its way."""

LONG = 10.0
"""Seconds for which a page that looks waits for news."""

ASKING = ("ask", "price", "edit", "load")
VERBS = (*ASKING, "look", "cancel", "leave", "keep")

FRESH = {"Cache-Control": "no-store"}


async def live(request: Request) -> JSONResponse:
    """Hear one request: 200 with what was said of it, or one line why not."""
    refused = _forbidden(request)
    if refused:
        log.warning("live question refused: %s", refused)
        return _no(403, refused)
    reader = DESK.reader(request.headers.get(TOKEN, ""))
    if reader is None:
        return _no(403, "This page is not known to the server any more. Reload it.")
    body = await _body(request)
    if body is None:
        return _no(413, f"request is too large · expected: at most {MOST_BYTES} bytes")
    await asyncio.sleep(reader.bound.wait(time.monotonic()))
    try:
        return JSONResponse(await _answer(reader, json.loads(body)), headers=FRESH)
    except Refusal as refusal:
        return _no(400, refusal.line)
    except (ValueError, RecursionError):
        return _no(400, "request is no JSON")


def _no(status: int, words: str) -> JSONResponse:
    said = [{"say": "refused", "words": words}]
    return JSONResponse({"request": "", "said": said, "at": 0}, status, headers=FRESH)


def _forbidden(request: Request) -> str:
    if not allowed.same_origin(request.headers):
        return "This request does not come from a page of this server."
    cookie, header = request.cookies.get(XSRF_COOKIE), request.headers.get(XSRF_HEADER)
    if st.get_option("server.enableXsrfProtection") and not validate_xsrf_token(header, cookie):
        return "This request does not repeat the server's cookie. Reload the page."
    return allowed.why_not(request.scope)


async def _body(request: Request) -> bytes | None:
    """The body, read piece by piece; None where it is too large, whatever its header says."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES:
            return None
        pieces.append(piece)
    return b"".join(pieces)


async def _answer(reader: Reader, record: Any) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise Refusal("no request", came=type(record).__name__, expected="a JSON object")
    verb, id_ = record.get("do"), record.get("request")
    if verb in ASKING:
        given = record.get("question")
        if not isinstance(given, dict):
            raise Refusal("no question", came=type(given).__name__, expected="an object")
        return await _settled(DESK.ask(reader, verb, given), AT_ONCE)
    if verb == "cancel" and isinstance(id_, str):
        DESK.cancel(reader, id_)
        return {"request": id_, "said": [], "at": 0}
    if verb == "keep":
        return await _keep(record)
    if verb == "leave":
        DESK.leave(reader)
        return {"request": "", "said": [], "at": 0}
    if verb == "look":
        at = record.get("at")
        found = reader.asked.get(id_) if isinstance(id_, str) else None
        if found is None or type(at) is not int:
            raise Refusal("no such request", came=repr(id_)[:80], expected="one that was asked")
        return _spelled(found, await found.after(at, LONG))
    raise Refusal("unknown request", came=repr(verb)[:80], expected=", ".join(VERBS))


async def _keep(record: dict[str, Any]) -> dict[str, Any]:
    """Keep an answer from being evicted."""
    words: list[Any] = [record.get(name) for name in ("analysis", "key", "problem")]
    if [type(one) for one in words] != [str, str, int] or DESK.root is None:
        raise Refusal("no answer", came=repr(words)[:80], expected="analysis, key, problem")
    analysis, key, problem = words
    await drafts.published(DESK.root, key, problem)
    await asyncio.to_thread(LiveAnswers(DESK.root).keep, analysis, key, problem)
    return {"request": "", "said": [{"say": "kept"}], "at": 0}


async def _settled(asked: Asked, seconds: float) -> dict[str, Any]:
    """What is said of a request until its answer can be shown, or it has ended, or for so long."""
    until = time.monotonic() + seconds
    at, said = 0, []
    while not asked.answered and (left := until - time.monotonic()) > 0:
        new = await asked.after(at, left)
        at = new[-1][0] if new else at
    said = await asked.after(0, 0.0)
    return _spelled(asked, said)


def _spelled(asked: Asked, said: list[tuple[int, dict[str, Any]]]) -> dict[str, Any]:
    at = said[-1][0] if said else 0
    return {
        "request": asked.id, "said": [one for _, one in said], "at": at, "ended": asked.ended,
    }  # fmt: skip


# Streamlit puts `server.baseUrlPath` before its own routes alone.
ROUTES = [
    Route("/live", live, methods=["POST"]),
    Route("/{base:path}/live", live, methods=["POST"]),
]
