"""One shape for every refusal: what · where · came · expected · next step, on one line."""


class Paused(Exception):
    """Long work saved a checkpoint and left, because it was told to; it goes on when run again."""


class Cancelled(Exception):
    """Work was left without a checkpoint, because nobody wants its answer any more."""


class Refusal(ValueError):
    """Input that cannot be used, said in one line that a user can act on.

    Args:
        what: what is wrong.
        where: the file, key, argument or address it was found in.
        came: what was found there.
        expected: what would have been right.
        next_step: what the reader can do now.

    Attributes:
        what, where, came, expected, next_step: the same as bounded, printable text; "" where none.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        came: object = "",
        expected: str = "",
        next_step: str = "",
    ) -> None:
        self.what, self.where, self.came = what, _one_line(where), _one_line(came)
        self.expected, self.next_step = _one_line(expected), _one_line(next_step)
        super().__init__(self.line + (f" · next: {self.next_step}" if next_step else ""))

    @property
    def line(self) -> str:
        """Everything but the next step, for whoever shows that by itself."""
        named = (("in", self.where), ("came", self.came), ("expected", self.expected))
        return " · ".join([self.what, *(f"{word}: {text}" for word, text in named if text)])


def printable(value: object, kept: str = "") -> str:
    """Text that moves no cursor and hides nothing: control and bidi characters escaped.

    Args:
        value: to show.
        kept: characters that stay as they are, such as the end of a line.

    Returns:
        The text.
    """
    return "".join(c if c.isprintable() or c in kept else repr(c)[1:-1] for c in str(value))


def _one_line(value: object, limit: int = 300) -> str:
    """Fold to one printable line: control and bidi characters escaped, length bounded."""
    text = printable(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
