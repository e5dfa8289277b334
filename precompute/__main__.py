"""The one command line: `python -m precompute COMMAND`, installed `ired-interp COMMAND`.

Exit codes: 0 all done, 75 some left (the same command goes on), 64 wrong use, 65 bad data, 70 bug.
"""

import contextlib
import os
import sys
from pathlib import Path

# The folder one works in comes last: a `store.py` there is not ours, the module of an adapter is.
# Workers inherit this order.
with contextlib.suppress(FileNotFoundError):  # the folder was deleted
    if (here := os.getcwd()) != str(Path(__file__).resolve().parents[1]):
        sys.path[:] = [p for p in sys.path if p not in ("", here)] + [here]

# Before anything could load torch: with spinning OpenMP threads on busy cores eigenvalues take
# 10–59 times as long; several processes of one thread are the way to use several cores.
os.environ.update(
    OMP_NUM_THREADS="1",
    OPENBLAS_NUM_THREADS="1",
    MKL_NUM_THREADS="1",
    OMP_WAIT_POLICY="PASSIVE",
    GOMP_SPINCOUNT="0",
    # Matrix products round alike wherever their operands lie in memory: on processors without
    # AVX-512 a row's last bits depended on the block that it was computed in.
    MKL_CBWR=os.environ.get("MKL_CBWR", "AUTO"),
)

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until `main` can answer: end without a traceback

import traceback
from typing import Any

from ired_interp_core.loading import uncollected

with uncollected():
    import typer

    from ired_interp_core.errors import Refusal
    from precompute.cli import compute, live, store_commands, train
    from precompute.cli.options import app
    from precompute.ground import storage
    from precompute.ground.exits import BAD_DATA, BUG, DONE, SOME_LEFT, USAGE, Later, Usage
    from precompute.ground.tell import shown

UsageError: Any = typer.BadParameter.__base__
"""Every mistake on the command line; typer gives it no public name."""

TYPER_INTERRUPTED = 130
"""What typer makes of Ctrl-C inside a command."""

INTERRUPTED = "interrupted; the same command goes on from here"

COMMANDS = (compute, live, store_commands, train)
"""Modules that add their commands to `app` when they are imported."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; every foreseen trouble is one line on stderr.

    Args:
        arguments: of the command line; the process's own when left out.

    Returns:
        Exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # Also where a shell started us with interrupts ignored, as it does for background jobs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = typer.main.get_command(app).main(args=arguments, standalone_mode=False)
        sys.stdout.flush()
    except Usage as error:
        return _refuse(error, USAGE)
    except Later as error:
        return _refuse(error, SOME_LEFT)
    except Refusal as error:
        return _refuse(error, USAGE if storage.foreign(error) else BAD_DATA)
    except (KeyboardInterrupt, typer.Abort):
        return _refuse(INTERRUPTED, SOME_LEFT)
    except UsageError as error:
        return _refuse(_usage(error), USAGE)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a bug, if it is nothing else
        return _unforeseen(error)
    if code == TYPER_INTERRUPTED:
        return _refuse(INTERRUPTED, SOME_LEFT)
    return code if isinstance(code, int) else DONE


def _unforeseen(error: BaseException) -> int:
    """What no command refuses itself: output that cannot be written, an unusable path, or a bug."""
    cause = error.__context__ if isinstance(error, SystemExit) else error  # as click ends a pipe
    if isinstance(cause, BrokenPipeError):  # such as `… | head`: nobody listens any more
        _leave_output()
        return SOME_LEFT
    place = storage.said(error)
    if place:
        return _refuse(place, USAGE)
    if isinstance(error, OSError) and storage.trouble(error):
        _leave_output()
        return _refuse(
            f"cannot write: {error.strerror} · next: make room, and repeat it", SOME_LEFT
        )
    return _bug(error)


def _leave_output() -> None:
    """Write what is left to nowhere, so that the interpreter does not fail on it as it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage(error: Any) -> str:
    """A mistake on the command line, answered with what is known.

    Returns:
        One line; the help where nothing was asked.
    """
    message = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":
        return message
    known = ""
    if message.startswith("No such command"):
        known = ", ".join(c.name or "" for c in app.registered_commands if c.name)
    elif message.startswith("No such option") and error.ctx is not None:
        known = ", ".join(o for p in error.ctx.command.params for o in p.opts if o[0] == "-")
    expected = f" · expected: {known}" if known else ""
    return " ".join(message.split()) + expected + " · next: python -m precompute --help"


def _refuse(error: object, code: int) -> int:
    print(f"precompute: {shown(error)}", file=sys.stderr, flush=True)
    return code


def _bug(error: BaseException) -> int:
    """Keep the traceback in a file, for a report; the user sees one line."""
    import tempfile

    where = ""
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="precompute-bug-", suffix=".txt", delete=False
        ) as file:
            traceback.print_exception(error, file=file)
            where = f" · traceback in {file.name}"
    except OSError:
        where = f" · at {traceback.extract_tb(error.__traceback__)[-1]}"
    text = " ".join(str(error).split())
    return _refuse(f"this is a bug: {type(error).__name__}: {text}{where}", BUG)


if __name__ == "__main__":
    sys.exit(main())
