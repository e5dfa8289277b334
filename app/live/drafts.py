"""What the server of live answers hands over before it publishes it, kept for the pages.

A whole answer is shown from here until it can be read from the store, or for good where it cannot
be written. Of what is computed, finished parts are kept for panels that draw drafts.
"""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.messages import WHOLE, Said, unpack
from store import LiveAnswers, handed

log = logging.getLogger(__name__)

HANDED = "handed"
"""Said of a request whose answer can be shown, though it is not published yet."""

PUBLISHING_SECONDS, LOOK_SECONDS = 5.0, 0.05
"""For an answer that is shown to be published, and between two looks."""


async def published(root: Path, key: str, problem: int) -> None:
    """Wait until an answer that is shown lies in the store, too.

    Args:
        root: of the store.
        key: of the question.
        problem: index.

    Raises:
        Refusal: it could not be written.
    """
    kept = handed.of(LiveAnswers(root).folder)
    for _ in range(round(PUBLISHING_SECONDS / LOOK_SECONDS)):
        if not kept.holds(key, problem):
            return
        await asyncio.sleep(LOOK_SECONDS)
    raise Refusal("answer is not saved", next_step="make room, and ask it again")


def heard(root: Path | None, said: Said) -> Said | None:
    """Keep what is handed over, and let go what is published.

    Args:
        root: of the store whose questions are answered.
        said: by the server.

    Returns:
        What is to be told to the asker, without arrays; None for nothing.
    """
    if root is None or said.say not in ("draft", "answer"):
        return said
    kept = handed.of(LiveAnswers(root).folder)
    if said.say == "answer":
        if said.saved:
            kept.drop(said.key, said.problem)
        return said
    if said.part is None or said.question is None:
        return None
    told = replace(said, question=None, part=None)
    try:
        question, part = registry.read_question(said.question), unpack(said.part)
        if said.name != WHOLE:
            kept.take_part(question, said.problem, said.name, part)
            return told
        kept.take(handed.Given.of(question, said.problem, part))
    except Refusal as refusal:  # it is shown once it is published
        log.warning("not shown before it is published: %s", refusal)
        return None
    return replace(told, say=HANDED, name="")
