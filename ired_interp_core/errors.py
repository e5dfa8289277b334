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
        parts = [what]
        for word, value in (("in", where), ("came", came), ("expected", expected)):
            text = _one_line(value)
            if text:
                parts.append(f"{word}: {text}")
        if next_step:
            parts.append(f"next: {_one_line(next_step)}")
        super().__init__(" · ".join(parts))


def _one_line(value: object, limit: int = 300) -> str:
    """Fold to one printable line: control and bidi characters escaped, length bounded.

    Returns:
        The text, at most `limit` characters long.
    """
    text = str(value)
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
