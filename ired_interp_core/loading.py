"""Imports of heavy libraries without the garbage collector, which would find nothing in them."""

import atexit
import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

atexit.register(gc.unfreeze)  # nanobind (DuckDB) takes what is frozen at the end for leaked


@contextmanager
def uncollected() -> Iterator[None]:
    """Make what stays to the end of the process, such as imported modules.

    The collector pauses meanwhile, which is an eighth of the time that imports take, and looks at
    what is there by then no more until the process ends.
    """
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if paused:
            gc.enable()


def load(*names: str) -> None:
    """Import modules by their dotted names, `uncollected`; does nothing where all are there."""
    if any(name not in sys.modules for name in names):
        with uncollected():
            for name in names:
                importlib.import_module(name)
