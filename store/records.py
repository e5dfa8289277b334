"""The small JSON files of a store: questions, problem sets, models, runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet, Question
from store import files, folders, forms, layout, naming, shell
from store.layout import Root

RUN: forms.Form = {"name": str, "sweep?": str, "questions": list, "models?": dict}
ASKED: forms.Form = {"key": str, "analysis": str, "count": int}
MODEL: forms.Form = {"checkpoint?": str, "card?": dict}
"""What readers of a run record rely on."""


class NoQuestion(Refusal):
    """A record that no sweep asks, and so none writes again."""


def is_installed(question: Question) -> bool:
    """Whether this very version of a question's analysis is installed."""
    known = registry.analyses().get(question.analysis)
    return known is not None and known.version == question.version


def declared(question: Question) -> registry.Analysis:
    """The declaration that a question's answers follow.

    Args:
        question: of a registered analysis.

    Returns:
        The analysis.

    Raises:
        Refusal: the question is of another version of the analysis than the one installed.
    """
    analysis = registry.get(question.analysis)
    if analysis.version != question.version:
        raise Refusal(
            "question is of another version of its analysis",
            where=f"{question.analysis}/{question.key}",
            came=question.version,
            expected=f"{analysis.version}, the version installed",
            next_step="run the sweep again; the old answer stays readable with xarray",
        )
    return analysis


def publish_record(path: Path, record: Mapping[str, Any]) -> bool:
    """Publish an immutable record that follows from its address, mending a broken one.

    Args:
        path: of the JSON file.
        record: its content.

    Returns:
        True if the file was written now, False if it was there already.
    """
    data = files.json_bytes(dict(record))
    with files.one_line(path):
        folders.make_folder(path.parent)
        if _same(path, data):
            return False
        if files.publish(path, data) or _same(path, data):
            return True
        # What stands there is broken. Whoever mends it writes the same bytes.
        files.replace(path, data)
    return True


def _same(path: Path, data: bytes) -> bool:
    try:
        return files.read_bytes(path) == data
    except FileNotFoundError:
        return False


def publish_question(root: Root, question: Question) -> Path:
    """Say in a question's folder what was asked; return the path of question.json."""
    path = layout.question(root, question.analysis, question.key)
    publish_record(path, question.as_dict())
    return path


def read_question(root: Root, analysis: str, key: str) -> Question:
    """Read a question back and check that it belongs to its address.

    Args:
        root: of the store.
        analysis: name.
        key: of the question.

    Returns:
        The question.

    Raises:
        NoQuestion: no analysis asks this.
        Refusal: missing, broken, or the question of another address.
    """
    path = layout.guard(root, layout.question(root, analysis, key))
    mend = f"run the sweep that asked it again: {shell.again(root)}"
    try:
        record = files.read_json(path)
    except FileNotFoundError as error:
        raise Refusal(
            "no such question", where=str(path), came="no file", next_step=mend
        ) from error
    try:
        question = registry.read_question(record)
    except Refusal as refusal:
        raise NoQuestion(
            "file is no question that can be asked",
            where=str(path),
            came=refusal.line,
            expected="a question",
            next_step=mend,
        ) from refusal
    if (question.analysis, question.key) != (analysis, key):
        raise Refusal(
            "question does not belong to its address",
            where=str(path),
            came=f"{question.analysis}/{question.key}",
            expected=f"{analysis}/{key}",
            next_step=mend,
        )
    return question


def publish_problem_set(root: Root, problems: ProblemSet) -> Path:
    """Say which seeded set of problems a digest stands for; return the path of its record."""
    path = layout.problem_set(root, problems.digest)
    publish_record(path, problems.as_dict())
    return path


def read_problem_set(root: Root, digest: str) -> ProblemSet:
    """Read a problem set back.

    Args:
        root: of the store.
        digest: of the set.

    Returns:
        The set.

    Raises:
        Refusal: missing, broken, or the record of another digest.
    """
    path = layout.guard(root, layout.problem_set(root, digest))
    mend = f"run the sweep that asked it again: {shell.again(root)}"
    try:
        record = files.read_json(path)
    except FileNotFoundError as error:
        raise Refusal(
            "no record of a problem set", where=str(path), came="no file", next_step=mend
        ) from error
    try:
        problems = ProblemSet.from_dict(record)
        came = problems.digest
    except Refusal as refusal:
        came = refusal.line
    if came != digest:
        raise Refusal(
            "file is no problem set of this digest",
            where=str(path),
            came=came,
            expected=digest,
            next_step=mend,
        )
    return problems


def write_run(root: Root, name: str, record: Mapping[str, Any]) -> Path:
    """Say which questions a sweep asked; a grown sweep of the same name replaces its record.

    Args:
        root: of the store.
        name: of the run.
        record: {"name", "sweep", "questions": [{"key", "analysis", "count"}, …], "models", …}.

    Returns:
        Path of the record.
    """
    path = layout.run(root, name)
    record = dict(record) | {"name": name}
    check_run_record(record, str(path))
    data = files.seal(record)
    with files.one_line(path):
        folders.make_folder(path.parent)
        if not _same(path, data):
            files.replace(path, data)
    return path


def read_run(root: Root, name: str) -> dict[str, Any]:
    """Read a run record.

    Args:
        root: of the store.
        name: of the run.

    Returns:
        The record.

    Raises:
        Refusal: missing or broken.
    """
    path = layout.guard(root, layout.run(root, name))
    try:
        record = files.read_sealed(path)
    except FileNotFoundError as error:
        known = ", ".join(run_names(root)) or "no run yet"
        raise Refusal("unknown run", where=str(path), came=name, expected=known) from error
    check_run_record(record, str(path))
    if record["name"] != name:
        raise Refusal("run record of another name", where=str(path), came=record["name"])
    return record


def check_run_record(record: Mapping[str, Any], where: str) -> None:
    """Check the parts of a run record that the store and its readers use.

    Args:
        record: to check; a `Refusal` where questions, sweep or models are not what a run writes.
        where: named in refusals.
    """
    forms.check(record, RUN, where, "a run record")
    for question in record["questions"]:
        forms.check(question, ASKED, where, "a question of a run record")
        naming.check_key(question["key"])
        naming.check_analysis(question["analysis"])
        naming.check_range(0, question["count"])
    for digest, model in record.get("models", {}).items():
        naming.check_digest(digest)
        forms.check(model, MODEL, where, "a model of a run record")


def run_names(root: Root) -> list[str]:
    """Names of all runs of a store, sorted."""
    names = map(naming.run_of, folders.names(layout.runs(root)))
    return sorted(name for name in names if name)
