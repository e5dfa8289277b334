"""Whether the app can show its store; `_stcore/health` says only that the server runs."""

import logging

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ired_interp_core.errors import Refusal
from store import open as open_store

log = logging.getLogger(__name__)


def ready(_: Request) -> JSONResponse:
    """Open the catalog that is in force: 200 with its id, or 503 with what to do."""
    # Here, since caches are made when it is imported, and want a server that runs.
    from app.shared.asks import reading

    fresh = {"Cache-Control": "no-store"}
    try:
        with open_store(reading.root()) as opened:
            return JSONResponse({"ready": True, "generation": opened.generation}, headers=fresh)
    except Refusal as refusal:
        log.warning("not ready: %s", refusal)
        return JSONResponse({"ready": False, "why": str(refusal)}, 503, headers=fresh)


# Streamlit puts `server.baseUrlPath` before its own routes alone.
ROUTES = [Route("/ready", ready), Route("/{base:path}/ready", ready)]
