"""What several modules begin with: stores and empty files, made once in a session of tests."""

import fcntl
import functools
import hashlib
import inspect
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from store import encoding

FOLDER = "IRED_KEPT_STORES"
"""Names the folder that the processes of a session share; without it every store is made anew."""


def once(make: Callable[..., Path]) -> Callable[..., Path]:
    """Have a maker of stores, whose first argument is the root, make each store once."""

    @functools.wraps(make)
    def copied(root: Path, *given: object, **named: object) -> Path:
        base = os.environ.get(FOLDER)
        if not base or Path(root).exists():  # to what is there, a maker adds
            return make(root, *given, **named)
        asked = inspect.signature(make).bind(root, *given, **named)
        asked.apply_defaults()
        words = [make.__module__, *map(repr, list(asked.arguments.items())[1:])]
        kept = Path(base) / hashlib.sha256("\n".join(words).encode()).hexdigest()[:24]
        with _alone(kept.with_suffix(".lock")):
            if not kept.exists():
                make(kept.with_suffix(".made"), *given, **named)
                kept.with_suffix(".made").rename(kept)
        shutil.copytree(kept, root)
        return Path(root)

    return copied


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def empty_files() -> None:
    """Have files without numbers, which every shard begins with, made once for all processes.

    Each costs a tenth of a second of CPU, and the stores of tests have some hundred forms.
    """
    base, make = os.environ.get(FOLDER), encoding._empty
    if not base:
        return

    @functools.wraps(make)
    def found(*form: object) -> bytes:
        kept = Path(base) / f"{hashlib.sha256(repr(form).encode()).hexdigest()[:24]}.h5"
        if not kept.exists():
            made = kept.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            made.write_bytes(make(*form))
            made.rename(kept)
        return kept.read_bytes()

    encoding._empty = found
