"""How a worker process begins and ends: it watches its parent before it loads what it works with.

What is imported here is imported with the garbage collector on; so it is little.
"""

import atexit
import multiprocessing
import os
import pickle
import sys
import threading
from multiprocessing.connection import Connection, wait
from typing import Any

from ired_interp_core.loading import uncollected

LOOK_SECONDS = 0.5
"""Between two looks at whose child this is."""


def begin(pipe: Connection, bell: Any, packed: bytes, gpu: str = "") -> None:
    """Be a worker until the parent has no more work, or has gone.

    Args:
        pipe: to the parent.
        bell: which it rings.
        packed: the other arguments of `worker.run`, pickled: they are of modules that load here.
        gpu: the only one that it shall see; empty for all.
    """
    if gpu:  # before anything looks for one
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    well = threading.Event()
    atexit.register(_leave, well)  # first, so that it comes last
    with uncollected():
        from precompute.work import worker

        arguments = pickle.loads(packed)
    worker.run(pipe, bell, *arguments)
    well.set()


def _leave(well: threading.Event) -> None:
    """End without taking modules apart, which takes half a second of CPU where torch is loaded.

    Libraries have taken down what they set up by then.
    """
    if well.is_set():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _exit_with_parent() -> None:
    """Wait for the end of the parent, then leave at once, whatever is being computed.

    Its end closes a pipe that no other process writes to. That this is the child of another by now
    says the same, should something else hold the pipe open.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        while not wait([parent.sentinel], LOOK_SECONDS) and os.getppid() == parent.pid:
            pass
        os._exit(1)
