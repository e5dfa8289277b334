"""From the server's start to its end: what is there before the first reader, and lasts."""

import gc
import importlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.server import log as form

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
    importlib.import_module("app.views")
    gc.collect()
    gc.freeze()
    log.info("started; %d imported objects are never collected", gc.get_freeze_count())
    yield
    log.info("ended")
