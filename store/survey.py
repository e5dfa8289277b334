"""What is in a store's folders: every record and shard that holds, and every one that does not."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet, Question
from store import (
    failures,
    files,
    folders,
    layout,
    models,
    naming,
    records,
    series,
    shell,
    sides,
    submissions,
)
from store.faults import Fault
from store.layout import Root
from store.series import Series
from store.sides import Range


@dataclass(frozen=True)
class Asked:
    """A question that can be shown: its records hold and its analysis is installed.

    Args:
        question: what was asked.
        model: digest of the model it is about, or "".
        problems: the set it is about.
    """

    question: Question
    model: str
    problems: ProblemSet


@dataclass(frozen=True)
class Shard:
    """A shard whose bytes agree with its side file.

    Args:
        sha256: of its bytes.
        bytes: how many.
        provenance: facts about its computation, JSON.
        state: of both files when the bytes were compared, as `sides.state` spells it.
    """

    sha256: str
    bytes: int
    provenance: str
    state: str


Place = tuple[str, int, int]
"""Key of a question, first problem, one past the last."""


@dataclass
class Survey:
    """Everything a catalog is made of.

    Args:
        questions: by key, upstream ones first.
        shards: verified shards, by key and range.
        runs: run records by name.
        models: model records by digest.
        series: by id.
        failures: units that failed and were not computed since.
        faults: what does not hold and was left out.
        others: questions of a version of their analysis that is not installed, by key. Nothing is
            wrong with them; xarray and the version that wrote them can read their answers.
    """

    questions: dict[str, Asked] = field(default_factory=dict)
    others: dict[str, Question] = field(default_factory=dict)
    shards: dict[Place, Shard] = field(default_factory=dict)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    failures: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @functools.cached_property
    def _ranges(self) -> dict[str, list[Range]]:
        ranges: dict[str, list[Range]] = {}
        for key, start, stop in sorted(self.shards):
            ranges.setdefault(key, []).append((start, stop))
        return ranges

    def ranges(self, key: str) -> list[Range]:
        """[start, stop) of a question's verified shards, sorted, once the survey is complete."""
        return self._ranges.get(key, [])


def survey(root: Root, known: Mapping[Place, Shard] | None = None) -> Survey:
    """Walk through a store and verify what is in it.

    Args:
        root: of the store.
        known: shards whose bytes were compared before; those whose files are still in the state
            they were in then are not read again.

    Returns:
        What holds and what does not; every other shard's sha256 was compared.

    Raises:
        Refusal: there is no such folder.
    """
    if not Path(root).is_dir():
        raise Refusal(
            "no store there",
            where=str(root),
            came="no folder",
            next_step=shell.again(root),
        )
    contents = Survey()
    with files.one_line(Path(root), "cannot read the store"):
        contents.faults += closed(root)
        _models(root, contents)
        _runs(root, contents)
        _series(root, contents)
        _submissions(root, contents)
        _questions(root, contents)
        for key in contents.questions:
            _shards(root, contents, key, known or {})
        # A unit of another version cannot be tried again from here.
        contents.failures = [
            f for f in failures.failures(root) if f["question"] not in contents.others
        ]
    return contents


def closed(root: Root) -> list[Fault]:
    """Folders that are there and cannot be read; what lies in one of them is not looked for."""
    within = (layout.results(root), layout.submissions(root))
    tops = (layout.models(root), layout.runs(root), layout.all_series(root), layout.notes(root))
    below = (folder / name for folder in within for name in folders.names(folder))
    every = ((folder, folders.closed(folder)) for folder in (*tops, *within, *below))
    return [Fault(str(folder), why, shell.readable(folder)) for folder, why in every if why]


def _models(root: Root, contents: Survey) -> None:
    folder = layout.guard(root, layout.models(root))
    for digest in folders.names(folder):
        try:
            naming.check_digest(digest)
            contents.models[digest] = models.read(root, digest)
        except (Refusal, OSError) as error:
            contents.faults.append(Fault.of(folder / digest, error, shell.again(root)))


def _runs(root: Root, contents: Survey) -> None:
    layout.guard(root, layout.runs(root))
    for name in records.run_names(root):
        try:
            contents.runs[name] = records.read_run(root, name)
        except (Refusal, OSError) as error:
            contents.faults.append(Fault.of(layout.run(root, name), error, shell.again(root)))


def _series(root: Root, contents: Survey) -> None:
    for name in series.ids(root):
        try:
            contents.series[name] = series.read(root, name)
        except (Refusal, OSError) as error:
            contents.faults.append(Fault.of(layout.series(root, name), error, shell.again(root)))


def _submissions(root: Root, contents: Survey) -> None:
    for name in submissions.names(root):
        path = layout.submission_record(root, name)
        try:
            submissions.read(root, name)
        except (Refusal, OSError) as error:
            contents.faults.append(Fault.of(path, error, shell.remove(path)))


def _questions(root: Root, contents: Survey) -> None:
    loaded: dict[str, Question] = {}
    for analysis, key in sides.addresses(root):
        try:
            question = records.read_question(root, analysis, key)
            (loaded if records.is_installed(question) else contents.others)[key] = question
        except (Refusal, OSError) as error:
            path = layout.question_folder(root, analysis, key)
            forever = isinstance(error, records.NoQuestion)
            mend = shell.remove(path, folder=True) if forever else shell.again(root)
            contents.faults.append(Fault.of(path, error, mend))
    sets: dict[str, ProblemSet] = {}
    order = list(registry.analyses())
    for key, question in sorted(loaded.items(), key=lambda kq: order.index(kq[1].analysis)):
        try:
            _check_inputs(question, loaded)
            model, digest = subject(question, loaded)
            if digest not in sets:
                sets[digest] = records.read_problem_set(root, digest)
            contents.questions[key] = Asked(question, model, sets[digest])
        except (Refusal, OSError) as error:
            path = layout.question_folder(root, question.analysis, key)
            contents.faults.append(Fault.of(path, error, shell.again(root)))


def _check_inputs(question: Question, loaded: Mapping[str, Question]) -> None:
    """Refuse inputs in a role which is not theirs; those that are not here cannot be seen."""
    where = f"{question.analysis}/{question.key}"
    for role, what in registry.roles_of(question).items():
        given = question.inputs[role]
        if what.kind != "answer":
            naming.check_digest(given)
            continue
        above = loaded.get(naming.check_key(given))
        if above is not None and above.analysis not in what.analyses:
            raise Refusal(
                "input is the answer of another analysis",
                where=f"{where}, {role}",
                came=above.analysis,
                expected=", ".join(what.analyses),
            )
        of = loaded.get(question.inputs[what.of]) if what.of else None
        if of is not None and of.inputs.get(what.above(role), given) != given:
            raise Refusal(
                "input is not the one that stands above another input",
                where=f"{where}, {role}",
                came=given,
                expected=of.inputs[what.above(role)],
            )


def subject(question: Question, loaded: Mapping[str, Question]) -> tuple[str, str]:
    """Digests of model and problem set of a question, its own or from upstream; "" for none."""
    roles = registry.get(question.analysis).inputs
    model, problems = (
        next((question.inputs.get(r, "") for r, what in roles.items() if what.kind == kind), "")
        for kind in ("model", "problems")
    )
    for role, what in roles.items():
        given = question.inputs.get(role, "")
        known = loaded.get(given) if what.kind == "answer" else None
        if known is not None and question.analysis != known.analysis:
            above = subject(known, loaded)
            model, problems = model or above[0], problems or above[1]
    return model, problems


def _shards(root: Root, contents: Survey, key: str, known: Mapping[Place, Shard]) -> None:
    analysis = contents.questions[key].question.analysis
    folder = layout.question_folder(root, analysis, key)
    if why := folders.closed(folder):
        contents.faults.append(Fault(str(folder), why, shell.readable(folder)))
    spans = {naming.range_of(name) for name in folders.names(folder)}
    for start, stop in sorted({(s[0], s[1]) for s in spans if s and s[2] in ("h5", "json")}):
        address = (root, analysis, key, start, stop)
        before = known.get((key, start, stop))
        if before and before.state and before.state == sides.state(*address):
            contents.shards[key, start, stop] = before
            continue
        path = layout.shard(*address)
        if wrong := sides.trouble(*address):
            contents.faults.append(Fault(str(path), wrong, shell.again(root)))
            continue
        try:
            contents.shards[key, start, stop] = _shard(address)
        except (Refusal, FileNotFoundError) as error:
            contents.faults.append(Fault.of(path, error, shell.again(root)))


def _shard(address: sides.Address) -> Shard:
    # The state first: if the file changes now, the next look does not find it and reads again.
    state = sides.verified_state(*address)
    side = sides.read_side(*address)
    provenance = json.dumps(side["provenance"], sort_keys=True)
    return Shard(side["sha256"], side["bytes"], provenance, state)
