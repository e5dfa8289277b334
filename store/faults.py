"""What does not hold in a store, in one line each, with the command that mends it."""

from dataclasses import dataclass
from pathlib import Path

from ired_interp_core.errors import Refusal, printable
from store import shell


@dataclass(frozen=True)
class Fault:
    """One thing in a store that does not hold.

    Args:
        path: of the file or folder.
        what: is wrong with it.
        mend: the command that mends it.
    """

    path: str
    what: str
    mend: str

    @classmethod
    def of(cls, path: Path | str, error: Exception, mend: str) -> "Fault":
        """What an error says is wrong.

        Args:
            path: of the file or folder.
            error: that reading it raised; of its next step the command takes the place.
            mend: the command that mends it; what is closed to us is opened first.

        Returns:
            The fault.
        """
        if isinstance(error, PermissionError):
            mend = shell.readable(path)
        if isinstance(error, OSError):
            return cls(str(path), error.strerror or str(error), mend)
        return cls(str(path), error.line if isinstance(error, Refusal) else str(error), mend)

    def __str__(self) -> str:
        return printable(f"{self.path} · {self.what} · next: {self.mend}")
