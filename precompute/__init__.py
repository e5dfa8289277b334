"""Plans, runs and keeps results: the one command line of the project (`python -m precompute`).

`ask` answers one question from Python.
"""

from typing import Any


def ask(*words: Any, **named: Any) -> Any:
    """Ask one question about one problem: see `precompute.serve.notebook.ask`."""
    from precompute.serve import notebook  # only whoever asks waits for what it loads

    return notebook.ask(*words, **named)
