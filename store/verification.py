"""`verify`: does everything in a store hold? A line for each thing that does not."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Question
from ired_interp_core.spelling import counted
from store import contents as own
from store import (
    files,
    folders,
    generations,
    layout,
    models,
    naming,
    reading,
    records,
    shell,
    sides,
    survey,
    temporaries,
)
from store.faults import Fault
from store.layout import Root
from store.survey import Survey, closed


@dataclass
class Report:
    """What `verify` found.

    Args:
        problems: what does not hold, with the command that mends it.
        counts: how many of each kind were looked at.
    """

    problems: list[Fault] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.problems

    def lines(self) -> list[str]:
        """One line for each problem, then one with the counts."""
        found = counted(len(self.problems), "problem")
        return [*map(str, self.problems), f"{found}; checked {self.checked}"]

    @property
    def checked(self) -> str:
        """What was looked at, and how much of it."""
        one = {"series": "series", "questions of other versions": "question of another version"}
        words = (
            (n, one.get(what, what.removesuffix("s")), what) for what, n in self.counts.items()
        )
        return ", ".join(counted(*word) for word in words)


def verify(root: Root, digest_of: Callable[[Path], str] | None = None) -> Report:
    """Read every file of a store again and compare it with what is recorded of it.

    Args:
        root: of the store.
        digest_of: computes the digest of a model from the file of its weights, which the store
            itself knows nothing about.

    Returns:
        The report: shards (sha256, structure, every chunk), questions, models, runs, catalog.
    """
    sides.forget()
    generations.forget()
    contents = survey.survey(root)
    report = Report(list(contents.faults))
    report.counts = {
        "questions": len(contents.questions),
        "shards": len(contents.shards),
        "models": len(contents.models),
        "runs": len(contents.runs),
        "series": len(contents.series),
        "failures": len(contents.failures),
    }
    if contents.others:
        report.counts["questions of other versions"] = len(contents.others)
    with files.one_line(Path(root), "cannot read the store"):
        _read_everything(root, contents, report)
        _others(root, contents, report)
        _models(root, contents, report, digest_of)
        _runs(root, contents, report)
        _series(root, contents, report)
        _contents(Path(root), report)
        _catalog(root, report)
        _unknown(root, report)
        _live(root, report)
    return report


def _read_everything(root: Root, contents: Survey, report: Report) -> None:
    for key, asked in sorted(contents.questions.items()):
        if spans := contents.ranges(key):
            report.problems += reading.unsound(root, asked.question, spans)


def _others(root: Root, contents: Survey, report: Report) -> None:
    """Answers of versions that are not installed: their bytes are compared, nothing is read."""
    for key, question in contents.others.items():
        folder = layout.question_folder(root, question.analysis, key)
        for span in sides.present(root, question.analysis, key):
            wrong = sides.trouble(root, question.analysis, key, *span)
            if wrong:
                path = layout.shard(root, question.analysis, key, *span)
                report.problems.append(Fault(str(path), wrong, shell.remove(folder, folder=True)))


def _models(
    root: Root, contents: Survey, report: Report, digest_of: Callable[[Path], str] | None
) -> None:
    mend = shell.again(root)
    known = {fault.path for fault in contents.faults}
    for digest in sorted({asked.model for asked in contents.questions.values()} - {""}):
        path = str(layout.model_card(root, digest).parent)
        if digest not in contents.models and path not in known:
            what = "answers are about a model that is not kept here"
            report.problems.append(Fault(path, what, mend))
    for digest, record in contents.models.items():
        wrong = models.trouble(root, digest)
        if wrong:
            report.problems.append(Fault(str(layout.model_card(root, digest)), wrong, mend))
        elif digest_of is not None and record["card"].get("adapter"):
            # What an adapter makes of its file, only the adapter's code could say again.
            known_not = "models of adapters, whose weights were not compared"
            report.counts[known_not] = report.counts.get(known_not, 0) + 1
        elif digest_of is not None:
            _weights(root, digest, digest_of, report)


def _weights(root: Root, digest: str, digest_of: Callable[[Path], str], report: Report) -> None:
    path = layout.model_weights(root, digest)
    mend = f"{shell.remove(path.parent, folder=True)} && {shell.again(root)}"
    try:
        came = digest_of(path)
    except (Refusal, OSError) as error:
        report.problems.append(Fault.of(path, error, mend))
        return
    if came != digest:
        what = f"weights of another model, {came}, under this digest"
        report.problems.append(Fault(str(path), what, mend))


def _runs(root: Root, contents: Survey, report: Report) -> None:
    mend = shell.again(root)
    for name, record in contents.runs.items():
        unknown = {q["key"] for q in record["questions"]} - {*contents.questions, *contents.others}
        if unknown:
            first, many = min(unknown), counted(len(unknown), "question")
            what = f"no folder of {many} asked, {first} first"
            report.problems.append(Fault(str(layout.run(root, name)), what, mend))


def _series(root: Root, contents: Survey, report: Report) -> None:
    known = {fault.path for fault in contents.faults}
    for name, series in contents.series.items():
        for step, digest in series.models:
            card = layout.model_card(root, digest)
            if digest not in contents.models and str(card.parent) not in known:
                what = f"step {step} of series {series.name} is a model that is not kept here"
                mend = shell.again(root)
                report.problems.append(Fault(str(layout.series(root, name)), what, mend))


def _catalog(root: Root, report: Report) -> None:
    try:
        generation = generations.current(root)
        connection = generations.connect(root, generation)
        try:
            query = "SELECT analysis, question, start, stop FROM shards"
            rows = connection.cursor().execute(query).fetchall()
        finally:
            connection.close()
    except Refusal as refusal:
        mend = shell.command(root, "collect")
        report.problems.append(Fault.of(layout.current(root), refusal, mend))
        return
    report.counts["generations"] = len(generations.generations(root))
    for row in rows:
        path = layout.shard(root, *row)
        if not os.path.lexists(path):
            mend = shell.command(root, "collect")
            what = "catalog names a shard that is gone"
            report.problems.append(Fault(str(path), what, mend))


def _live(root: Root, report: Report) -> None:
    """Answers that were asked live: whatever is wrong with one, it is asked again."""
    live, count = layout.live(root), 0
    report.problems += closed(live)
    for analysis, key in sides.addresses(live):
        folder = layout.question_folder(live, analysis, key)
        try:
            question = records.read_question(live, analysis, key)
        except (Refusal, OSError) as error:
            report.problems.append(Fault.of(folder, error, shell.remove(folder, folder=True)))
            continue
        for span in sides.present(live, analysis, key):
            count += 1
            if wrong := _wrong(live, question, span):
                path = layout.shard(live, analysis, key, *span)
                mend = shell.remove(folder, folder=True)
                report.problems.append(Fault(str(path), wrong, mend))
    if live.is_dir():
        report.counts["live answers"] = count
        _unknown(live, report)
        _contents(live, report)


def _contents(root: Path, report: Report) -> None:
    """Problems of one's own: matrices that no longer are those of their digest are made again."""
    found = own.digests(root)
    for digest in found:
        try:
            own.read((root,), digest)
        except (Refusal, OSError) as error:
            path = layout.content(root, digest)
            report.problems.append(Fault.of(path, error, shell.remove(path)))
    if found:
        known = report.counts.get("own problem sets", 0)
        report.counts["own problem sets"] = known + len(found)


def _wrong(root: Root, question: Question, span: sides.Range) -> str:
    """What is wrong with a shard, read whole if its version is installed; "" for nothing."""
    if not records.is_installed(question):
        return sides.trouble(root, question.analysis, question.key, *span)
    try:
        reading.read(root, question, [span], np.arange(*span))
    except Refusal as refusal:
        return refusal.line
    return ""


def _unknown(root: Root, report: Report) -> None:
    """Files in question folders that no part of the store reads."""
    for analysis, key in sides.addresses(root):
        folder = layout.question_folder(root, analysis, key)
        for name in folders.names(folder):
            known = (
                naming.range_of(name)
                or temporaries.final_of(name)
                or name in ("question.json", ".lock")
            )
            if not known:
                mend = shell.remove(folder / name)
                report.problems.append(Fault(str(folder / name), "file of an unknown name", mend))
