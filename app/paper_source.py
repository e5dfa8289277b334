"""Where the numbers of the paper's tables come from: a citation, and the lines that load them."""

from collections.abc import Sequence
from dataclasses import dataclass

from app import citing, paper_answers, reading
from app.paper_answers import ANALYSIS, Shown
from store import Store

MOST_KEYS = 4
"""Questions that a citation names; the CSV names them all."""

SQL = """SELECT q.task, q.variant, q.model, q.parameters, a.*
FROM accuracy AS a JOIN questions AS q ON q.question = a.question"""


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
        lines.append(
            citing.python_sql(s, SQL, ()) if len(asked) > 1 else citing.python(s, asked[0])
        )
    if len(own) < len(shown):
        told.append(shipped())
        lines.append(
            f"import store\n\ntables = store.read_tables({str(paper_answers.SHIPPED)!r})\n"
        )
    return Source("; ".join(told), "\n".join(lines))


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
