"""One shape for every refusal: what · where · came · expected · next step, on one line."""


class Paused(Exception):
    """Long work saved a checkpoint and left, because it was told to; it goes on when run again."""


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


def _one_line(value: object, limit: int = 300) -> str:
    """Fold to one printable line: control and bidi characters escaped, length bounded."""
    text = str(value)
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
