"""The command line that the modules beside this one add their commands to, and shared options."""

from pathlib import Path
from typing import Annotated

import typer

from precompute.ground import foreign_code, shipped

app = typer.Typer(
    help="Compute, store and check what the app shows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def folder(text: str) -> Path:
    """A folder as typed; `--store "$UNSET"` must not become the present one.

    Returns:
        The folder.

    Raises:
        BadParameter: an empty word, or one that no file system takes.
    """
    if not text.strip() or "\0" in text:
        raise typer.BadParameter(f"{text!r} is not a folder; write . for the current one")
    return Path(text)


def sweep_path(text: str) -> Path:
    """The sweep file that is meant; as typed where there is none, for the refusal to name it."""
    try:
        return shipped.sweep_file(Path(text)) or Path(text)
    except (OSError, ValueError):  # no name for a file
        return Path(text)


SweepFile = Annotated[
    Path,
    typer.Argument(
        parser=sweep_path,
        metavar="SWEEP.toml",
        help=f"Sweep to compute: a file, or one of {', '.join(shipped.sweep_names())}.",
    ),
]

Store = Annotated[
    Path,
    typer.Option(
        "--store",
        parser=folder,
        metavar="DIR",
        help="Folder of the store, which keeps the results.",
    ),
]

AllowCode = Annotated[
    bool,
    typer.Option(
        foreign_code.FLAG,
        callback=foreign_code.allow,
        help="Run the code of adapters that the sweep, plan or store names.",
    ),
]
"""Of every command that would run code which a sweep, a plan or a store names."""
