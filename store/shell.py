"""Lines that people paste into a shell: what came from a file name stays one word of them."""

import os
import shlex
from pathlib import Path

from store.layout import Root


def line(*words: str | Path) -> str:
    """Spell a command.

    Args:
        words: of the command; a path is never read as an option.

    Returns:
        One printable line that a shell reads as these words.
    """
    return " ".join(map(word, words))


def word(text: str | Path) -> str:
    """Quote one word; what cannot be printed is spelled as bash, zsh and ksh read it, $'…'."""
    plain = _path(text) if isinstance(text, os.PathLike) else text
    if plain.isprintable():
        return shlex.quote(plain)
    return "$'" + "".join(map(_spelled, plain)) + "'"


def _path(path: Path) -> str:
    text = str(path)
    return f"./{text}" if text.startswith("-") else text


def _spelled(c: str) -> str:
    if c in "\\'":
        return "\\" + c
    if c.isprintable():
        return c
    undecoded = "\udc80" <= c <= "\udcff"  # a byte of a file name that is no UTF-8
    data = c.encode("utf-8", "surrogateescape" if undecoded else "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in data)


def command(root: Root, verb: str, *words: str) -> str:
    """Spell the line that does something with a store: a verb, words, and the store."""
    return line("python", "-m", "precompute", verb, *words, "--store", Path(root))


def again(root: Root) -> str:
    """Spell the line that computes what is missing in a store."""
    return command(root, "run", "SWEEP.toml")


def anew(root: Root, shard: Path) -> str:
    """Spell the line that computes a shard again which agrees with its side file all the same."""
    return f"{remove(shard)} && {again(root)}"


def readable(path: Path | str) -> str:
    """Spell the line by which its owner opens a folder, or a file, to its readers."""
    return line("chmod", "-R", "a+rX", Path(path))


def remove(path: Path, folder: bool = False) -> str:
    """Spell the line that removes a file, or a folder with all that is in it."""
    return line("rm", *(["-r"] if folder else []), path)
