"""The app on a store: Streamlit in the place of this process."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from precompute.cluster.status import exists
from precompute.work import app_beside

LOCAL = ("127.0.0.1", "localhost", "::1")
"""Names of this machine for itself, as the app's own settings allow them."""


def open_app(root: Path, port: int, hosts: Sequence[str], further: Sequence[str]) -> NoReturn:
    """Become Streamlit. Its settings are read from beside the app, whatever folder this is.

    Args:
        root: store.
        port: to listen on.
        hosts: further names to answer to; one that begins with "*." stands for all below it.
        further: options of `streamlit run`, as typed; they win over the settings.
    """
    exists(root)
    words = app_beside.command(port)
    # Streamlit takes a list from one place alone: with names of one's own, ours are named anew.
    names = (*LOCAL, *hosts) if hosts else ()
    words += [word for name in names for word in ("--server.allowedHosts", name)]
    os.environ["IRED_STORE"] = str(root.absolute())
    sys.stdout.flush()
    os.execv(sys.executable, [*words, *further, *app_beside.script_words()])
