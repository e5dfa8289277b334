"""Probes of a model: which question is meant, and one of them as addresses name it."""

from app.shared.asks import reading
from app.shared.asks.reading import Subject
from store import QuestionInfo, Store

ANALYSIS = "probes"
SITES = ("gradient", "h1", "h2", "h3")
"""Inputs whose probes have a direction that is one of the answer, or is pulled back to one."""


def probes(store: Store, subject: Subject) -> QuestionInfo | None:
    """The probes of a model: on these problems first, and about the most; None where it has none.

    What was learned of others is shown where there are none: their directions are the model's.
    """  # noqa: DOC201
    there = [q for q in reading.questions(store, analysis=ANALYSIS)
             if q.rows and q.model == subject.model]  # fmt: skip
    return max(there, default=None, key=lambda q: (
        q.problems == subject.problems, int(q.parameters.get("problems", 0)), q.rows
    ))  # fmt: skip


def spelled(property: str, level: int, site: str) -> str:
    """A probe as addresses name it."""
    return f"{property}~{level}~{site}"


def read(word: str) -> dict[str, str | int]:
    """Property, level and site of a probe by its name; none of the empty one."""
    if not word:
        return {}
    property, level, site = word.split("~")
    return {"property": property, "level": int(level), "site": site}
