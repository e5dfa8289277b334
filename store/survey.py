"""What is in a store's folders: every record and shard that holds, and every one that does not."""

import functools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ired_interp_core import registry
from ired_interp_core.errors import Refusal, printable
from ired_interp_core.records import ProblemSet, Question
from store import failures, files, layout, models, records, series, shell, sides
from store.layout import Root
from store.series import Series
from store.sides import Range


@dataclass(frozen=True)
class Fault:
    """One thing in a store that does not hold.

    Args:
        path: of the file or folder.
        what: is wrong with it.
        mend: the command that mends it.
    """

    path: str
    what: str
    mend: str

    @classmethod
    def of(cls, path: Path | str, error: Exception, mend: str) -> "Fault":
        """What an error says is wrong.

        Args:
            path: of the file or folder.
            error: that reading it raised; of its next step the command takes the place.
            mend: the command that mends it.

        Returns:
            The fault.
        """
        return cls(str(path), error.line if isinstance(error, Refusal) else str(error), mend)

    def __str__(self) -> str:
        return printable(f"{self.path} · {self.what} · next: {self.mend}")


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
        _models(root, contents)
        _runs(root, contents)
        _series(root, contents)
        _questions(root, contents)
        for key in contents.questions:
            _shards(root, contents, key, known or {})
        # A unit of another version cannot be tried again from here.
        contents.failures = [
            f for f in failures.failures(root) if f["question"] not in contents.others
        ]
    return contents


def _models(root: Root, contents: Survey) -> None:
    folder = layout.guard(root, layout.models(root))
    for digest in sorted(os.listdir(folder)) if folder.is_dir() else ():
        try:
            layout.check_digest(digest)
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


def _questions(root: Root, contents: Survey) -> None:
    loaded: dict[str, Question] = {}
    for analysis, key in sides.addresses(root):
        try:
            question = records.read_question(root, analysis, key)
            (loaded if records.is_installed(question) else contents.others)[key] = question
        except (Refusal, OSError) as error:
            path = layout.question_folder(root, analysis, key)
            contents.faults.append(Fault.of(path, error, shell.again(root)))
    sets: dict[str, ProblemSet] = {}
    order = list(registry.analyses())
    for key, question in sorted(loaded.items(), key=lambda kq: order.index(kq[1].analysis)):
        try:
            model, digest = _subject(question, loaded)
            if digest not in sets:
                sets[digest] = records.read_problem_set(root, digest)
            contents.questions[key] = Asked(question, model, sets[digest])
        except (Refusal, OSError) as error:
            path = layout.question_folder(root, question.analysis, key)
            contents.faults.append(Fault.of(path, error, shell.again(root)))


def _subject(question: Question, loaded: Mapping[str, Question]) -> tuple[str, str]:
    """Digests of model and problem set of a question, its own or from upstream; "" for none."""
    model = problems = ""
    for role, what in registry.get(question.analysis).inputs.items():
        given = question.inputs.get(role, "")
        if what.kind == "model":
            model = model or given
        elif what.kind == "problems":
            problems = problems or given
        elif given in loaded and question.analysis != loaded[given].analysis:
            above = _subject(loaded[given], loaded)
            model, problems = model or above[0], problems or above[1]
    return model, problems


def _shards(root: Root, contents: Survey, key: str, known: Mapping[Place, Shard]) -> None:
    analysis = contents.questions[key].question.analysis
    folder = layout.question_folder(root, analysis, key)
    spans = {layout.range_of(name) for name in os.listdir(folder)}
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


def title(
    asked: Asked, questions: Mapping[str, Asked], others: Mapping[str, Question] | None = None
) -> str:
    """What tells a question from others of its analysis: its parameters that are not the default.

    Args:
        asked: the question.
        questions: all, by key, for what stands upstream.
        others: those of versions that are not installed.

    Returns:
        For example "plane soft, level 3, descent: clip 5.0"; "defaults" if nothing differs.
    """
    return ", ".join(_differences(asked, questions, others or {})) or "defaults"


def _differences(
    asked: Asked, questions: Mapping[str, Asked], others: Mapping[str, Question]
) -> list[str]:
    question = asked.question
    declared = registry.get(question.analysis)
    words = [
        f"{name} {value}"
        for name, value in question.parameters.items()
        if name not in declared.parameters or value != declared.parameters[name].default
    ]
    for role, what in declared.inputs.items():
        given = question.inputs.get(role, "")
        if what.kind == "answer" and given in others:
            words.append(f"{role}: version {others[given].version}")
        elif what.kind == "answer" and given in questions:
            words += [f"{role}: {w}" for w in _differences(questions[given], questions, others)]
    return words
