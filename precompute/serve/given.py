"""Problems that somebody gives with a question: a file, arrays, or the digest of what is kept."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ired_interp_core import own
from ired_interp_core.contents import Content
from precompute.ground.exits import Usage
from store import LiveAnswers, contents, files, naming

Given = str | PathLike[str] | np.ndarray | Mapping[str, Any]
"""A file or a digest, problems as an array, or arrays by name."""


def content(live: LiveAnswers, given: Given, task: str, size: int) -> Content:
    """Read what was given, and keep it so that questions about it can be asked.

    Args:
        live: where it is kept.
        given: a file, a digest, or arrays.
        task: of the problems.
        size: matrix side; 0: as they say.

    Returns:
        The problems.

    Raises:
        Usage: neither a file nor a digest of the store, or problems of another task or size.
    """
    if isinstance(given, str | PathLike):
        path = Path(given)
        if not path.is_file() and naming.is_key(str(given)):
            found = contents.read(live.roots, str(given))
        elif path.is_file():
            data = files.read_bytes(path.resolve(), own.MOST_FILE)
            found = own.read(data, task, size, str(path))
        else:
            raise Usage("no such file of problems", came=path, expected="a file, or a digest")
    else:
        named = given if isinstance(given, Mapping) else {"x": given}
        arrays = {str(name): np.asarray(array) for name, array in named.items()}
        found = own.content_of(arrays, task, size)
    if found.task != task or size not in (0, found.size):
        raise Usage("problems of another task or size", came=f"{found.task}, size {found.size}",
                    expected=f"{task}, size {size or found.size}")  # fmt: skip
    contents.publish(live, found)
    return found
