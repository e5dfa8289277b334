"""The command line that the modules beside this one add their commands to, and shared options."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Compute, keep and check what the app shows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def folder(text: str) -> Path:
    """A folder as typed; `--store "$UNSET"` must not become the present one.

    Args:
        text: as typed.

    Returns:
        The folder.

    Raises:
        BadParameter: an empty word, or one that no file system takes.
    """
    if not text.strip() or "\0" in text:
        raise typer.BadParameter(f"{text!r} is no folder; the present one is spelled .")
    return Path(text)


Store = Annotated[
    Path,
    typer.Option("--store", parser=folder, metavar="DIR", help="Folder that keeps the results."),
]
