"""Who may ask live questions: `IRED_LIVE` says nobody, whoever sits at this machine, or everybody.

Behind any proxy it has to be set: a bare one sends no sign of itself, and only the browser's
`Origin` tells that the reader sits elsewhere.
"""

import ipaddress
import os
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from ired_interp_core.errors import Refusal

NAME = "IRED_LIVE"
MODES = ("local", "off", "on")
BETWEEN = ("forwarded", "x-forwarded", "x-real-ip", "via")
"""Beginnings of the headers in which a proxy says for whom it asks."""


def mode() -> str:
    """The word of the environment; `local` where it says nothing.

    Returns:
        One of `MODES`.

    Raises:
        Refusal: another word.
    """
    word = os.environ.get(NAME) or MODES[0]
    if word not in MODES:
        raise Refusal(
            "unknown mode of live questions",
            where=f"environment, {NAME}",
            came=word,
            expected=", ".join(MODES),
        )
    return word


def why_not(scope: Scope) -> str:
    """Why whoever asks may not ask live questions; "" where they may.

    Args:
        scope: of the request, HTTP or websocket.

    Returns:
        One line for the reader.
    """
    try:
        word = mode()
    except Refusal as refusal:
        return refusal.line
    if word == "on":
        return ""
    if word == "off":
        return f"Live questions are off on this server ({NAME}=off)."
    return "" if is_local(scope) else (
        f"This server answers live questions at its own machine only ({NAME}=on lets guests ask)."
    )  # fmt: skip


def is_local(scope: Scope) -> bool:
    """Whether peer, Host and Origin are all this machine, and no proxy says that it is between."""
    headers = Headers(scope=scope)
    between = any(name.startswith(BETWEEN) for name in headers)
    peer = (scope.get("client") or ("", 0))[0]
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    return (
        not between
        and is_loopback(peer)
        and [is_loopback(name_of(f"//{one}")) for one in hosts] == [True]
        and [is_loopback(name_of(one)) for one in origins] == [True]
    )


def same_origin(headers: Headers) -> bool:
    """Whether a request comes from a page of this very server."""
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    if len(hosts) != 1 or len(origins) != 1:
        return False
    return _place(origins[0]) == hosts[0].lower()


def _place(origin: str) -> str:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return parts.netloc.lower() if parts.scheme in ("http", "https") else ""


def name_of(url: str) -> str:
    """The name of a host in an origin or in "//host:port"; "" where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_loopback(name: str) -> bool:
    """Whether a name or number is this machine's for itself."""
    if name.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
