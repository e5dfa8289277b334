"""Where the numbers of the paper's tables come from: a citation, and the lines that load them."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from app.paper import answers as paper_answers
from app.paper.answers import ANALYSIS, Answer, Shown
from app.shared.asks import reading
from app.shared.page import foot as citing
from store import Store

MOST_KEYS = 4
"""Questions that a citation names; the CSV names them all."""


@dataclass(frozen=True)
class Source:
    """Of a table or a figure.

    Args:
        cite: words.
        python: lines that load the data.
    """

    cite: str
    python: str


def source(s: Store, shown: Sequence[Shown]) -> Source:
    """Say where answers come from.

    Args:
        s: the store.
        shown: the answers.

    Returns:
        Words and lines; of both sources where both are used.
    """
    own = [e.answer.key for e in shown if not e.answer.shipped]
    asked = [q for q in reading.questions(s, analysis=ANALYSIS) if q.key in own]
    told, lines = [], []
    if asked:
        told.append(citing.citation(s, *asked[:MOST_KEYS]))
        if len(asked) > MOST_KEYS:
            told[-1] += f" and {len(asked) - MOST_KEYS} more questions"
        lines.append(_python(s, [e.answer for e in shown if not e.answer.shipped]))
    if len(own) < len(shown):
        told.append(shipped())
        lines.append(
            f"import store\n\ntables = store.read_tables({str(paper_answers.SHIPPED)!r})\n"
        )
    return Source("; ".join(told), "\n".join(lines))


def _python(s: Store, answers: Sequence[Answer]) -> str:
    """Lines that load whole answers: by level and around the truth, too."""
    listed = [
        f"    {(a.task, a.variant, a.model[:8], *astuple(a.setting))!r}: {a.key!r},\n"
        for a in answers
    ]
    return (
        f"import store\n\ns = store.open({str(s.root.resolve())!r})\n"
        "questions = {  # (task, variant, weights, inner steps, jump, clip): key\n"
        f"{''.join(listed)}}}\n"
        f'data = {{at: s.read("{ANALYSIS}", question=key) for at, key in questions.items()}}\n'
    )


def shipped() -> str:
    """Cite the shipped tables.

    Returns:
        Their name, day and commit.
    """
    tables, _ = paper_answers.shipped_tables()
    facts = {} if tables is None else tables.attrs
    when, commit = str(facts.get("created", ""))[:10], str(facts.get("commit", ""))[:10]
    path = paper_answers.SHIPPED
    named = ", ".join(filter(None, (f"shipped tables {path.parent.name}/{path.name}", when)))
    return f"ired-interp, {named}" + (f", commit {commit}" if commit else "")
