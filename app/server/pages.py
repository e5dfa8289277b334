"""Which address leads to which view, before Streamlit is asked.

Streamlit answers any path with the same page, whose script then searches for the server from there:
two 404s in the console of whoever opens a view by its link, a blank page below a view, and "Page
not found" over the overview for another spelling. Here a view's own path gets the page with the
place of the server in it, other spellings lead to it, and anything else is a 404 that names the
views.
"""

from html import escape
from pathlib import Path

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import file_util

from app.shared.address.address import PATHS, plain

STREAMLITS = ("_stcore/", "media/", "component/", "static/", "app/static/", "auth/")
"""Below these Streamlit answers for itself."""

# All views stand side by side, so that the server is where the last part of the address begins:
# right also behind a proxy that takes a part of the path away.
HERE = '<script>window.__streamlit={BACKEND_BASE_URL:new URL(".",location.href).href}</script>'

NOT_FOUND = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>No such page</title>
<style>body{{font:14px/1.5 sans-serif;margin:3rem;color-scheme:light dark}}</style>
<p>No such page · came: {came} · expected one of these:</p><ul>{links}</ul></html>"""


def index() -> str:
    """Streamlit's page, told where its server is.

    Returns:
        The text of the page.

    Raises:
        RuntimeError: another Streamlit, whose page has no head.
    """
    whole = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    before, head, after = whole.partition("<head>")
    if not head:
        raise RuntimeError("Streamlit's index.html has no <head>")
    return f"{before}{head}{HERE}{after}"


def spellings() -> dict[str, str]:
    """Every spelling of a view, folded as `folded` does, and the view's path below the base."""
    known = {"index": "", "home": ""}
    for view, path in PATHS.items():
        known[view] = known[folded(path)] = path.strip("/")
    return known


def folded(path: str) -> str:
    """A path without what may differ between spellings of the same view."""
    return path.strip("/. ").casefold().removesuffix(".html")


class Pages:
    """Serves the page at the paths of views alone.

    Args:
        app: what answers anything else.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._base = "/" + (st.get_option("server.baseUrlPath") or "").strip("/") + "/"
        self._base = self._base.replace("//", "/")
        self._index = index()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for a view, in any spelling; leave the rest to Streamlit."""
        path = scope.get("path", "")
        reads = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        name = path.removeprefix(self._base)
        if not reads or not path.startswith(self._base) or name.startswith(STREAMLITS):
            await self._app(scope, receive, send)
        elif response := self._own(name, scope["query_string"].decode("latin-1")):
            await response(scope, receive, send)
        else:
            await self._app(scope, receive, _Instead(self._missing(name), scope, receive, send))

    def _own(self, name: str, query: str) -> Response | None:
        known = spellings()
        if name in known.values():
            return HTMLResponse(self._index, headers={"Cache-Control": "no-cache"})
        view = known.get(folded(name))
        if view is None:
            return None
        where = _back(name) + view + (f"?{query}" if query else "")
        return RedirectResponse(where, 307, headers={"Cache-Control": "no-cache"})

    def _missing(self, name: str) -> Response:
        links = "".join(
            f'<li><a href="{escape(_back(name) + path)}">/{escape(path)}</a></li>'
            for path in sorted(set(spellings().values()))
        )
        came = escape("/" + plain(name, 80))
        return HTMLResponse(NOT_FOUND.format(came=came, links=links), 404)


def _back(name: str) -> str:
    """From a path below the base back to the base, however the server is reached."""
    return "./" + "../" * name.count("/")


class _Instead:
    """Sends another answer where Streamlit would send its page, since it knows no such file."""

    def __init__(self, other: Response, scope: Scope, receive: Receive, send: Send) -> None:
        self._other, self._scope, self._receive, self._send = other, scope, receive, send
        self._taken = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            self._taken = kind.startswith("text/html")
            if self._taken:
                await self._other(self._scope, self._receive, self._send)
        if not self._taken:
            await self._send(message)
