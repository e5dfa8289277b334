"""What a caption says of the pointer, and the caption without it: a picture cannot be clicked."""

import re

WORDS = re.compile(r"\b(clicks?|hover|drag|lasso|press|tap|point at|esc)\b", re.IGNORECASE)
_SENTENCE, _CLAUSE = re.compile(r"(?<=[.!?])\s+"), re.compile(r";\s+")


def without(caption: str) -> str:
    """A caption as a picture has it.

    Args:
        caption: of a panel.

    Returns:
        Its sentences, without those or the clauses after a semicolon that tell what to do.
    """
    kept = []
    for sentence in _SENTENCE.split(caption):
        clauses = [c for c in _CLAUSE.split(sentence) if not WORDS.search(c)]
        if clauses:
            kept.append("; ".join(clauses).rstrip(".") + "." * sentence.endswith("."))
    return " ".join(kept)
