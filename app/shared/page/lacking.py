"""What a panel about one problem says where a question has no answer about it."""

from typing import Any

from app.shared.asks import commands, live_commands, reading, settling
from app.shared.page import asking
from app.shared.page.contract import Missing
from ired_interp_core import registry
from store import QuestionInfo


def answer(scene: Any, question: QuestionInfo, problem: int) -> Missing:
    """How far a question is that has no answer about a problem yet, and what computes it too."""
    title, there = registry.get(question.analysis).title, settling.available(question)
    text = f"{title}: problem {problem} has not been computed (available: {there}). To compute it:"
    wanted = {"analysis": question.analysis, "problem": problem, **question.parameters}
    count = max(problem + 1, question.rows_asked, len(reading.problems_present(question)))
    command = commands.command(scene.store, question, count=count)
    if question.problems.content:  # no sweep asks about these
        q = question
        command = live_commands.ask(
            scene.store, q.analysis, q.model, q.problems, problem, q.parameters, q.inputs
        )
    return Missing(text, wanted, command, asking.same(question, scene.subject, problem))
