"""Names and values as TOML, and as lines of a shell, spell them: whatever they hold stays data."""

import json
import re
from collections.abc import Iterable
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def value(given: Any) -> str:
    """Spell a text, a number or a truth value; a text is one line of printable characters."""
    return _text(given) if isinstance(given, str) else json.dumps(given)


def entry(name: str, given: Any) -> str:
    """Spell one line of a table."""
    return f"{name if _BARE.fullmatch(name) else _text(name)} = {value(given)}"


def _text(given: str) -> str:
    return '"' + "".join(map(_character, given)) + '"'


def _character(c: str) -> str:
    if c in '"\\':
        return f"\\{c}"
    if "\ud800" <= c <= "\udfff":  # a byte of a file name that is no UTF-8: TOML has no word for it
        return "\\ufffd"
    return c if c.isprintable() else f"\\U{ord(c):08x}"


def here_document(file: str, lines: Iterable[str]) -> str:
    """Shell lines that write a file of such entries; no line of theirs can end it."""
    return f"cat > {file} <<'END'\n" + "\n".join(lines) + "\nEND\n"
