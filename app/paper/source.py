"""Where the numbers of the paper's tables come from: a citation, and the lines that load them."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple

import pandas as pd
import plotly.graph_objects as go

from app.paper import answers as paper_answers
from app.paper.answers import ANALYSIS, Answer
from app.paper.numbers import labelled
from app.paper.scene import Scene, command
from app.shared.asks import commands, reading
from app.shared.drawing.levels import Sentence, Strong, Table
from app.shared.page.contract import Drawn, Source
from store import QuestionInfo, Store

MOST_KEYS = 4
"""Questions that a citation names; the CSV names them all."""


def drawn(
    scene: Scene,
    body: go.Figure | Table | Sentence,
    table: pd.DataFrame,
    shown: Sequence[Answer],
    note: str = "",
    caption: str = "",
) -> Drawn:
    """A panel of mean errors, with where they come from.

    Args:
        scene: of the sheet.
        body: what it shows.
        table: the numbers in it.
        shown: the answers behind it.
        note: beside the title.
        caption: where it depends on the numbers.

    Returns:
        The panel.
    """
    store = scene.store
    return Drawn(
        body,
        labelled(table),
        [Source(question) for question in _asked(store, shown)],
        note,
        caption,
        python=python(store, shown),
        command=command(store),
        cite=citation(store, shown),
    )


def spoken(task: str, lines: Iterable[str]) -> Sentence:
    """Lines that begin with a variant, behind the name of the task."""
    parts = (line.partition(":") for line in lines)
    return Sentence([[[Strong(f"{task}, {variant}:"), rest]] for variant, _, rest in parts])


def citation(store: Store, shown: Sequence[Answer]) -> str:
    """Name where answers come from; both sources where both are used."""
    told, asked = [], _asked(store, shown)
    if asked:
        more = len(asked) - MOST_KEYS
        told.append(commands.citation(store, *asked[:MOST_KEYS]))
        told[-1] += f" and {more} more questions" if more > 0 else ""
    if any(a.shipped for a in shown):
        path = paper_answers.SHIPPED
        _, when, commit = paper_answers.shipped_facts()
        named = filter(None, (f"shipped tables {path.parent.name}/{path.name}", when))
        said = f"ired-interp, {', '.join(named)}"
        told.append(said + (f", commit {commit}" if commit else ""))
    return "; ".join(told)


def python(store: Store, shown: Sequence[Answer]) -> str:
    """The lines that load answers; of both sources where both are used."""
    lines = []
    if own := [a for a in shown if not a.shipped]:
        lines.append(_python(store, own))
    if len(own) < len(shown):
        lines.append(
            f"import store\n\ntables = store.read_tables({str(paper_answers.SHIPPED)!r})\n"
        )
    return "\n".join(lines)


def _asked(store: Store, shown: Sequence[Answer]) -> list[QuestionInfo]:
    """The questions of the answers that lie in the store."""
    own = {a.key for a in shown if not a.shipped}
    return [q for q in reading.questions(store, analysis=ANALYSIS) if q.key in own]


def _python(store: Store, answers: Sequence[Answer]) -> str:
    """Lines that load whole answers: by level and around the truth, too."""
    listed = [
        f"    {(a.task, a.variant, a.model[:8], *astuple(a.setting))!r}: {a.key!r},\n"
        for a in answers
    ]
    return (
        f"{commands.opening(store)}"
        "questions = {  # (task, variant, weights, inner steps, jump, clip): key\n"
        f"{''.join(listed)}}}\n"
        f'data = {{at: s.read("{ANALYSIS}", question=key) for at, key in questions.items()}}\n'
    )
