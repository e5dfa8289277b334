"""A table of numbers out of text: CSV, TSV, semicolons or spaces, points or decimal commas."""

import re
from collections.abc import Callable

import numpy as np

from ired_interp_core.errors import Refusal

_POINT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?(?:[0-9]+(?:,[0-9]*)?|,[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity|na|n/a)", re.IGNORECASE)

_LETTER = re.compile(r"[^\W\d]")

Split = Callable[[str], list[str]]


class _Ragged(Refusal):
    """Every field is a number, but rows are of unequal length."""


def table(content: bytes, size: int, where: str) -> np.ndarray:
    """Read a table.

    A comma is a decimal one where fields are parted by semicolons, tabs or spaces, and a separator
    where that alone gives numbers; text that could be read both ways is refused. A first row
    whose fields all begin with a letter is a header; lines that begin with # are left out.

    Args:
        content: UTF-8, or UTF-16 with its mark.
        size: matrix side, so that a row of another length is named; 0 for unknown.
        where: named in refusals.

    Returns:
        Numbers [rows, columns], float64; NaN and ∞ as they were written.

    Raises:
        Refusal: not text, no number, rows of unequal length, or readable in two ways.
    """
    lines = [ln for ln in _decoded(content, where).splitlines() if ln.strip()]
    lines = [ln for ln in lines if not ln.lstrip().startswith("#")]
    text = "\n".join(lines)
    for separator in (";", "\t"):
        if separator in text:
            return _read(lines, _parted(separator), "," in text, size, where)
    if "," not in text:
        return _read(lines, str.split, False, size, where)
    found, refused = [], []
    for split, comma in ((_parted(","), False), (str.split, True)):
        try:
            found.append(_read(lines, split, comma, size, where))
        except Refusal as refusal:
            refused.append(refusal)
    if len(found) == 2:
        raise Refusal(
            "a comma can be read as decimal or as a separator here", where=where,
            came=lines[0].strip()[:40], next_step="part numbers by ;, or write decimals with a dot",
        )  # fmt: skip
    if not found:
        further = next((r for r in refused if isinstance(r, _Ragged)), refused[0])
        raise further
    return found[0]


def _decoded(content: bytes, where: str) -> str:
    utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Refusal(
            "file is neither text nor of a known form", where=where, came="bytes that are no text",
            expected="CSV, TSV or numbers with spaces; .npy, .npz, .mat",
        )  # fmt: skip
    return text.replace("\u2212", "-").replace("\u00a0", " ")


def _parted(separator: str) -> Split:
    """Fields between separators, without quotes around them; one empty field at the end is none."""

    def split(line: str) -> list[str]:
        fields = [field.strip() for field in line.split(separator)]
        fields = [f[1:-1].strip() if re.fullmatch('".*"', f) else f for f in fields]
        return fields[:-1] if len(fields) > 1 and not fields[-1] else fields

    return split


def _read(lines: list[str], split: Split, comma: bool, size: int, where: str) -> np.ndarray:
    known = _COMMA if comma else _POINT
    rows = [split(line) for line in lines]
    if rows and all(_LETTER.match(f) and not _NOT_FINITE.fullmatch(f) for f in rows[0]):
        rows = rows[1:]
    if not rows:
        raise Refusal("no numbers in the text", where=where, came=" ".join(lines)[:40] or "nothing")
    read = [[_number(f, known, i, j, where) for j, f in enumerate(r)] for i, r in enumerate(rows)]
    lengths = [len(row) for row in read]
    expected = size if size in lengths else lengths[0]
    for i, length in enumerate(lengths):
        if length != expected:
            raise _Ragged(
                f"row {i + 1} has {length} numbers, {expected} expected", where=where,
                next_step="give every row as many; rows are counted from 1, without the header",
            )  # fmt: skip
    return np.array(read, dtype=np.float64)


def _number(field: str, known: re.Pattern[str], row: int, column: int, where: str) -> float:
    if known.fullmatch(field):
        return float(field.replace(",", "."))
    if _NOT_FINITE.fullmatch(field):
        return np.nan
    raise Refusal(
        f"row {row + 1}, field {column + 1} is no number", where=where,
        came=repr(field[:40]) if field else "nothing", expected="a number such as 0.5 or -1e-3",
    )  # fmt: skip
