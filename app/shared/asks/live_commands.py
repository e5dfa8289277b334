"""Lines that give a live answer outside of the app: a question on the command line, and Python."""

from collections.abc import Mapping
from typing import Any

from app.shared.asks import live
from ired_interp_core import registry
from ired_interp_core.records import ProblemSet
from store import Store, shell


def ask(
    store: Store,
    analysis: str,
    model: str,
    problems: ProblemSet,
    problem: int,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, str],
) -> str:
    """The line that asks a question about one problem.

    Args:
        store: opened.
        analysis: name.
        model: digest; "" for none.
        problems: the set.
        problem: index in it.
        parameters: given ones; those at their defaults are left out.
        inputs: role → key; those that follow from others are left out.

    Returns:
        One line.
    """
    declared = registry.get(analysis)
    p = problems
    about = ["--x", p.content] if p.content else [
        "--task", p.task, "--variant", p.variant, "--size", str(p.size), "--seed", str(p.seed),
    ]  # fmt: skip
    given = [
        f"{name}={_spelled(value)}"
        for name, value in parameters.items()
        if name not in declared.parameters or value != declared.parameters[name].default
    ]
    read = [
        word
        for role, what in declared.inputs.items()
        if what.kind == "answer" and not what.of and role in inputs
        for word in ("--input", f"{role}={inputs[role]}")
    ]
    words = [*(["--model", model] if model else []), *about, "--problem", str(problem)]
    return shell.command(store.root, "ask", analysis, *words, *read, *given)


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def command(store: Store, used: Any) -> str:
    """The lines that give the live answers behind a panel; "" where there is none.

    Args:
        store: with the live answers of the page.
        used: the sources of the panel.

    Returns:
        One line for each.
    """
    lines = [
        ask(store, q.analysis, q.model, q.problems, problem, q.parameters, q.inputs)
        for one in used
        for q in [one.question]
        for problem in one.arguments.get("problems", ())
        if live.is_live(store, q.key, problem)
    ]
    return "".join(f"{line}\n" for line in dict.fromkeys(lines))


def read(store: Store, one: Any) -> str:
    """The Python that reads a source of a panel by its key; "" where no live answer is in it."""
    problems = list(one.arguments.get("problems", ()))
    q = one.question
    if len(problems) != 1 or not live.is_live(store, q.key, problems[0]):
        return ""
    variables = one.arguments.get("variables")
    more = "" if variables is None else f", {list(variables)!r}"
    opened = f"store.LiveAnswers({str(store.root.resolve())!r})"
    return f'{opened}.read("{q.analysis}", "{q.key}", {problems[0]}{more})'
