"""The first moments of a worker process: it watches its parent, and then loads what it works with.

What is imported here is imported with the garbage collector on; so it is little.
"""

import multiprocessing
import os
import pickle
import threading
from multiprocessing.connection import Connection, wait
from typing import Any

from ired_interp_core.loading import uncollected

LOOK_SECONDS = 0.5
"""Between two looks at whose child this is."""


def begin(pipe: Connection, bell: Any, packed: bytes) -> None:
    """Be a worker until the parent has no more work, or has gone.

    Args:
        pipe: to the parent.
        bell: which it rings.
        packed: the other arguments of `worker.run`, pickled: they are of modules that load here.
    """
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    with uncollected():
        from precompute.work import worker

        arguments = pickle.loads(packed)
    worker.run(pipe, bell, *arguments)


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
