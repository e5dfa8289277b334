"""The Markdown documents of the project, and what the tests of them read out of them."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cases import ROOT

DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / folder / "README.md" for folder in ("checkpoints", "slurm", "benchmarks")),
    ]
)
"""Every document that a reader of the project is sent to."""

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^(?: {4}.*\n?)+", re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_ANCHOR = re.compile(r'<a id="([^"]+)"></a>')
_STARTS = (
    "python -m precompute", "python -m streamlit", "ired-interp", "make ", "IRED_STORE=", "sbatch ",
)  # fmt: skip


class Command(NamedTuple):
    """One command line of a document."""

    document: str
    line: str


def name(document: Path) -> str:
    """The document as a reader names it."""
    return document.relative_to(ROOT).as_posix()


def prose(document: Path) -> str:
    """The text without its code."""
    return _INLINE.sub("", _FENCE.sub("", document.read_text()))


def links(document: Path) -> list[str]:
    """Targets of all links and pictures."""
    return _LINK.findall(_FENCE.sub("", document.read_text()))


def slug(heading: str) -> str:
    """The anchor that GitHub gives to a heading: letters, decimal digits, _ and -, spaces as -."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    kept = (c for c in plain if c in "- _" or unicodedata.category(c)[0] in "LM" or c.isdecimal())
    return "".join(kept).replace(" ", "-")


def anchors(document: Path) -> set[str]:
    """Every anchor that a link into the document may name."""
    text = _FENCE.sub("", document.read_text())
    return {slug(h) for h in _HEADING.findall(text)} | set(_ANCHOR.findall(text))


def code(document: Path) -> Iterator[str]:
    """Fenced, indented and inline code."""
    text = document.read_text()
    fences = _FENCE.findall(text)
    yield from (fence.split("\n", 1)[1].rsplit("\n", 1)[0] for fence in fences)
    text = _FENCE.sub("", text)
    yield from _INDENTED.findall(text)
    yield from _INLINE.findall(_INDENTED.sub("", text))


def commands(document: Path) -> Iterator[Command]:
    """Command lines: continued lines joined, the words beside them and comments taken off."""
    for block in code(document):
        for line in block.replace("\\\n", " ").splitlines():
            line = re.split(r" +#| {3,}", line.strip(), maxsplit=1)[0]
            if line.startswith(_STARTS):
                yield Command(name(document), line)
