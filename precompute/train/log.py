"""The log of a training: JSON lines, appended to, and cut back to where a training goes on."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from store import files, folders, regular


class Log:
    """One JSON object a line, each with its step.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.listeners: list[Callable[[Mapping[str, Any]], None]] = []

    def add(self, entry: Mapping[str, Any]) -> None:
        """Append an entry, and tell it to those who listen.

        Args:
            entry: JSON-ready, finite.
        """
        line = json.dumps(entry, allow_nan=False) + "\n"
        with files.one_line(self.path, "log cannot be written"):
            descriptor = regular.open_file(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            with open(descriptor, "a", encoding="utf-8") as file:
                file.write(line)
        for listen in self.listeners:
            listen(entry)

    def sync(self) -> None:
        """Have everything up to here on the disk."""
        if self.path.exists():
            with files.one_line(self.path, "log cannot be written"), open(self.path, "rb") as file:
                folders.sync(file.fileno(), self.path)

    def read(self) -> list[dict[str, Any]]:
        """All whole entries.

        Returns:
            In order; what a killed process left of a line is no entry.
        """
        found = []
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue
                if isinstance(entry, dict) and isinstance(entry.get("step"), int):
                    found.append(entry)
        return found

    def cut(self, step: int) -> None:
        """Drop what was written after a step: it will be written again.

        Args:
            step: of the last entry that stays; −1 for none.
        """
        kept = [json.dumps(e) + "\n" for e in self.read() if e["step"] <= step]
        with files.one_line(self.path, "log cannot be written"):
            files.replace(self.path, "".join(kept).encode())
