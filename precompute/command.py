"""`ired-interp`: the same as `python -m precompute`, as an installed command."""

import signal


def main() -> int:
    """Run a command; what is imported here is imported by every worker process, too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the real `main` can answer it
    from precompute.__main__ import main as run

    return run()
