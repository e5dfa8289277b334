"""From the server's start to its end: what is there before the first reader, and lasts."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.live import allowed
from app.live.desk import DESK
from app.server import log as form
from ired_interp_core.errors import Refusal
from ired_interp_core.loading import load

log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Start the log, import the views, and take what was imported out of garbage collection.

    Streamlit would end each rerun with a full collection, under the lock that all threads share
    (`runner.postScriptGC`, off in our settings). Python's own collections come by need, and look no
    more at the hundred thousands of objects that modules are made of.

    Yields:
        Nothing; the server runs meanwhile.
    """
    form.start()
    load("app.views")
    gc.freeze()  # also where the views were there before
    log.info("started; %d imported objects are never collected", gc.get_freeze_count())
    async with _live():
        yield
    log.info("ended")


@asynccontextmanager
async def _live() -> AsyncIterator[None]:
    """Answer live questions meanwhile, where anybody may ask them and there is a store."""
    # Here, since caches are made when it is imported, and want a server that runs.
    from app.shared.asks import live, reading

    try:
        root = None if allowed.mode() == "off" else reading.root()
    except Refusal as refusal:
        log.warning("no live answers: %s", refusal)
        root = None
    if root is None or not root.is_dir():
        yield
        return
    DESK.start(root)
    live.offer(True)
    cleaning = asyncio.create_task(DESK.keep_clean())
    try:
        yield
    finally:
        live.offer(False)
        cleaning.cancel()
        await DESK.stop()
