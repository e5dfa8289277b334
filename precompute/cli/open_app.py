"""The app on a store: Streamlit in the place of this process."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from precompute.cluster.status import exists
from precompute.ground.shipped import APP


def open_app(root: Path, port: int, further: Sequence[str]) -> NoReturn:
    """Become Streamlit. Its settings are read from beside the app, whatever folder this is.

    Args:
        root: store.
        port: to listen on.
        further: options of `streamlit run`, as typed; they win over the settings.
    """
    exists(root)
    # -P: a `store.py` in the folder one works in is not ours.
    words = [sys.executable, "-P", "-m", "streamlit", "run", str(APP), "--server.port", str(port)]
    os.environ["IRED_STORE"] = str(root.absolute())
    sys.stdout.flush()
    os.execv(sys.executable, [*words, *further])
