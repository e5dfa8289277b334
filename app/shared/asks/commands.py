"""Where numbers come from, in words that a reader can run: citation, Python, command."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from app.shared.asks import live_commands, reading, toml
from ired_interp_core import registry
from ired_interp_core.records import ProblemSet
from store import QuestionInfo, Store, layout, shell
from store.joined import Joined


def opening(store: Store) -> str:
    """The lines that open a store, with which all others begin."""
    return f"import store\n\ns = store.open({str(store.root.resolve())!r})\n"


def python_sql(store: Store, query: str, params: Sequence[Any]) -> str:
    """The lines that ask the catalog this very question."""
    asked = f'table = s.sql(\n    """{query}""",\n    {list(params)!r},\n)\n'
    return opening(store) + asked


def command(
    store: Store,
    question: QuestionInfo,
    *beside: QuestionInfo,
    count: int = 0,
    models: Sequence[str] = (),
) -> str:
    """Shell lines that compute the answers to a question.

    Args:
        store: opened.
        question: what to compute.
        *beside: what else is shown; what is about another model or set is left out.
        count: problems; as many as a run asked for when left out.
        models: lines that name the models; the one of the question when left out.

    Returns:
        A sweep and the command that runs it.
    """
    p, model = question.problems, next((q.model for q in (question, *beside) if q.model), "")
    every = {q.key: q for q in (question, *beside)
             if q.problems == p and q.model in ("", model)}.values()  # fmt: skip
    lines = [f'name = "{question.analysis}-{question.key[:8]}"', ""]
    if model:
        lines += models or ["[[models]]", *_checkpoint(store, model, p.task), ""]
    for other, task in _elsewhere(store, every, p):
        lines += ["[[models]]", *_checkpoint(store, other, task), ""]
    lines += ["[[problems]]", toml.entry("task", p.task), *_drawn(store, p)]
    lines += [f"count = {count or max(map(_count, every))}"]
    for q in every:
        lines += ["", "[[analyses]]", toml.entry("name", q.analysis)]
        lines += [toml.entry(name, value) for name, value in q.parameters.items()]
        lines += upstream(store, q.analysis, q.inputs, q.problems)
    code = " --allow-code" if any(line.startswith("adapter = ") for line in lines) else ""
    return f"{toml.here_document('sweep.toml', lines)}{run('sweep.toml', store)}{code}\n"


def _elsewhere(
    store: Store, asked: Collection[QuestionInfo], problems: ProblemSet
) -> list[tuple[str, str]]:
    """Models of other tasks whose answers are read, each with its task."""
    by_key = {q.key: q for q in reading.questions(store)}
    found: dict[str, str] = {}
    seen, ahead = set[str](), [key for q in asked for key in q.inputs.values()]
    while ahead:
        key = ahead.pop()
        if key in by_key and key not in seen:
            seen.add(key)
            one = by_key[key]
            if one.model and one.problems.task != problems.task:
                found[one.model] = one.problems.task
            ahead += one.inputs.values()
    return list(found.items())


def _count(question: QuestionInfo) -> int:
    """Problems that a question is about; one of a set has a single row itself."""
    whole = int(question.parameters.get(registry.RANGE, 0))
    return max(whole, question.rows_asked, question.rows)


def upstream(
    store: Store, analysis: str, inputs: Mapping[str, str], problems: ProblemSet
) -> list[str]:
    """Lines of a sweep's entry that choose what an analysis reads, however far upstream.

    Args:
        store: opened.
        analysis: name.
        inputs: role → key.
        problems: the set that the entry is about.

    Returns:
        One line for each role that can be chosen and is in the store.
    """
    by_key = {q.key: q for q in reading.questions(store)}

    def table(question: QuestionInfo, within: ProblemSet) -> str:
        given = [toml.entry(n, v) for n, v in question.parameters.items()]
        if other := _differing(question.problems, within):
            given.append(f"set = {{{other}}}")
        return ", ".join([*given, *entries(question.analysis, question.inputs, question.problems)])

    def entries(name: str, filled: Mapping[str, str], within: ProblemSet) -> list[str]:
        return [
            f"inputs.{role} = {{{table(by_key[filled[role]], within)}}}"
            for role, what in registry.get(name).inputs.items()
            if what.kind == "answer" and not what.of and filled.get(role) in by_key
        ]

    return entries(analysis, inputs, problems)


def _differing(one: ProblemSet, within: ProblemSet) -> str:
    """What a problem set has otherwise than another one of the same size."""
    fields = [(n, getattr(one, n)) for n in ("task", "variant", "seed")]
    return ", ".join(toml.entry(n, v) for n, v in fields if v != getattr(within, n))


def _drawn(store: Store, p: ProblemSet) -> list[str]:
    """What a set is made of: a seed, or the matrices that the store keeps."""
    if p.content:
        return [toml.entry("file", str(layout.content(store.root.resolve(), p.content)))]
    return [toml.entry("variant", p.variant), f"size = {p.size}", f"seed = {p.seed}"]


def _checkpoint(store: Store, digest: str, task: str) -> list[str]:
    """Lines that name a model: the store's own copy, but for what an adapter alone can read."""
    for record in reading.runs(store):
        known = record.get("models", {}).get(digest, {})
        if known.get("adapter"):
            given = {"checkpoint": known.get("path", known["checkpoint"]), "task": task}
            named = {**given, "weights": known.get("weights", "ema"), "adapter": known["adapter"]}
            return [toml.entry(name, str(value)) for name, value in named.items()]
    path = store.root.resolve() / "models" / digest / "weights.safetensors"
    return [toml.entry("checkpoint", str(path)), toml.entry("task", task)]


def citation(store: Store, *asked: QuestionInfo) -> str:
    """Name where numbers come from.

    Args:
        store: opened.
        *asked: the questions behind a figure.

    Returns:
        For example "ired-interp, descent b81c22f4 · store demo-store 20261121T042033".
    """
    sources = ", ".join(f"{q.analysis} {q.key[:8]}" for q in asked)
    while isinstance(store, Joined):  # its key alone names a live answer: no generation knows it
        store = store.base
    return f"ired-interp, {sources} · generation {store.generation}"


def sources(store: Store, used: Sequence[Any]) -> str:
    """The lines that load what a panel shows.

    Args:
        store: opened.
        used: questions with arguments of `Store.read`.

    Returns:
        Python source: one dataset, or one for each of several questions.
    """
    if not used:
        return ""
    if len(used) == 1:
        return f"{opening(store)}data = {_read(store, used[0])}\n"
    entries = [f'    "{one.question.analysis}": {_read(store, one)},\n' for one in used]
    return "".join([opening(store), "data = {\n", *entries, "}\n"])


def _read(store: Store, one: Any) -> str:
    if asked := live_commands.read(store, one):
        return asked
    words = "".join(f", {name}={value!r}" for name, value in one.arguments.items())
    return f's.read("{one.question.analysis}", question="{one.question.key}"{words})'


def run(sweep: str, store: Store) -> str:
    """The shell line that runs a sweep on this store."""
    return shell.command(store.root, "run", sweep)


def addition(store: Store, entries: Sequence[str]) -> str:
    """What to add to a sweep so that it computes more, and the command that runs it.

    Args:
        store: opened.
        entries: lines under one `[[analyses]]` each.

    Returns:
        Shell lines.
    """
    tables = "\n\n".join(f"[[analyses]]\n{entry}" for entry in entries)
    return f"# add to SWEEP.toml\n{tables}\n\n# then\n{run('SWEEP.toml', store)}"
