"""A store together with the live answers about one problem, read by the same words.

The live ones belong to no generation and to no table of the catalog: whoever shows one problem asks
for them by `about`, and gets a store whose generation says that they are in it. An answer that was
handed over and is not published yet is read from memory; its generation is that of the published.
A draft is in it for whoever asks for it, and has a generation of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from ired_interp_core import registry
from ired_interp_core.records import ProblemSet, Question, digest
from store import handed, live_index, reading, shards, sides, titles
from store.faults import Fault
from store.handed import Given
from store.live import LiveAnswers
from store.opened import Store
from store.questions import QuestionInfo
from store.sides import Range
from store.survey import Asked, subject


@dataclass(frozen=True)
class _Found:
    """A question with live answers about the problem, its model, and the spans that hold it.

    `given` is the answer where it is in memory alone.
    """

    question: Question
    model: str
    spans: tuple[Range, ...]
    given: Given | None = None


def about(
    base: Store,
    live: LiveAnswers,
    model: str,
    problems: ProblemSet,
    problem: int,
    draft: str = "",
) -> Store:
    """A store with what was asked live about one problem of a model.

    Args:
        base: the store.
        live: its live answers.
        model: digest.
        problems: the set.
        problem: index.
        draft: key of a question; what is known of its answer is in it while that is computed.

    Returns:
        Another store; the very same one where nothing was asked live.
    """
    memory = handed.of(live.folder)
    early = memory.draft(draft, problem) if draft else []
    given = {one.question.key: one for one in (*early, *memory.about(problem))}
    asked = {q.key: q for q in live_index.of(live.folder).questions()}
    asked |= {key: one.question for key, one in given.items() if key not in asked}
    if not asked:
        return base
    known = {q.key: q for q in base.questions()}
    loaded = {key: q.question for key, q in known.items()} | asked
    found = []
    for key, question in sorted(asked.items(), key=lambda one: (one[1].analysis, one[0])):
        of = subject(question, loaded)
        if of not in {(model, problems.digest), ("", problems.digest)}:
            continue
        there = known[key].rows_present if key in known else ()
        if any(start <= problem < stop for start, stop in there):
            continue
        place = (live.folder, question.analysis, key)
        spans = tuple(
            span
            for span in sides.present(*place)
            if span[0] <= problem < span[1] and shards.complete(*place, *span)
        )
        if spans:
            found.append(_Found(question, of[0], spans))
        elif key in given:
            found.append(_Found(question, of[0], ((problem, problem + 1),), given[key]))
    return Joined(base, live, problems, found) if found else base


class Joined(Store):
    """A store with further answers; `about` makes it.

    Args:
        base: the store.
        live: its live answers.
        problems: the set that they are about.
        found: they.
    """

    def __init__(
        self,
        base: Store,
        live: LiveAnswers,
        problems: ProblemSet,
        found: Sequence[_Found],
    ) -> None:
        self.root, self._time_limit = base.root, base._time_limit
        self._base, self._connection = base, base._connection
        self._live = live
        self._further = {f.question.key: f.spans for f in found}
        self._given = {f.question.key: f.given for f in found if f.given is not None}
        said = digest([[f.question.key, *map(list, f.spans), *_number(f.given)] for f in found])[:8]
        self.generation = f"{base.generation}+live-{said}"
        self.__dict__["_questions"] = _merged(base, problems, found)

    def close(self) -> None:
        """Nothing: the catalog is the base's."""

    def odd_questions(self) -> list[Fault]:
        """Those of the base."""
        return self._base.odd_questions()

    def diverged(self) -> dict[str, tuple[int, int]]:
        """Those of the base: no table of the catalog knows a live answer."""
        return self._base.diverged()

    @property
    def base(self) -> Store:
        """The store without the live answers."""
        return self._base

    def is_live(self, key: str, problem: int | None = None) -> bool:
        """Whether an answer is a live one, or where no problem is said, some of a question's."""
        spans = self._further.get(key, ())
        mine = any(problem is None or start <= problem < stop for start, stop in spans)
        return mine or (isinstance(self._base, Joined) and self._base.is_live(key, problem))

    def is_draft(self, key: str) -> bool:
        """Whether what is read of a question is a draft."""
        mine = key in self._given and bool(self._given[key].draft)
        return mine or (isinstance(self._base, Joined) and self._base.is_draft(key))

    def _mine(self, key: str, problem: int) -> bool:
        return any(start <= problem < stop for start, stop in self._further.get(key, ()))

    def _answer(
        self,
        info: QuestionInfo,
        problems: np.ndarray,
        names: Sequence[str] | None,
        left_out: list[Fault] | None,
        at: Mapping[str, Any] | None = None,
    ) -> xr.Dataset:
        """Read answers, stored and live ones."""
        wanted = problems.tolist()
        fresh = [p for p in wanted if self._mine(info.key, p)]
        stored = [p for p in wanted if not self._mine(info.key, p)]
        parts = []
        if stored or not fresh:
            rows = np.array(stored, dtype=np.int64)
            parts.append(self._base._answer(info, rows, names, left_out, at))
        if fresh:
            live = self._read_live(info, fresh, names, left_out)
            parts.append(live.sel(at).drop_vars(list(at)) if at else live)
        if len(parts) == 1 or "problem" not in parts[0].dims:
            return parts[0]
        whole = xr.concat(
            parts, "problem", data_vars="minimal", coords="minimal", compat="override"
        )
        places = {p: i for i, p in enumerate(whole["problem"].values.tolist())}
        return whole.isel(problem=[places[p] for p in wanted if p in places])

    def _read_live(
        self,
        info: QuestionInfo,
        problems: Sequence[int],
        names: Sequence[str] | None,
        left_out: list[Fault] | None,
    ) -> xr.Dataset:
        given = self._given.get(info.key)
        if given is None:
            spans, at = list(self._further[info.key]), np.array(problems)
            return reading.read(self._live.folder, info.question, spans, at, names, left_out)
        answer = given.read(names)
        return answer.isel(problem=[0] * len(problems)) if "problem" in answer.dims else answer


def _number(given: Given | None) -> list[int]:
    return [given.draft] if given is not None and given.draft else []


def _merged(base: Store, problems: ProblemSet, found: Sequence[_Found]) -> list[QuestionInfo]:
    """The questions of the base with their further rows, then those that it does not have."""
    further = {f.question.key: f for f in found}
    merged = [
        replace(q, rows_present=tuple(sides.merged([*q.rows_present, *further[q.key].spans])))
        if q.key in further
        else q
        for q in base.questions()
    ]
    known = {q.key for q in merged}
    asked = {q.key: Asked(q.question, q.model, q.problems) for q in merged}
    asked |= {k: Asked(f.question, f.model, problems) for k, f in further.items()}
    for key, one in further.items():
        if key not in known:
            merged.append(_info(one, asked, problems))
    order = {name: i for i, name in enumerate(registry.analyses())}
    return sorted(
        (q for q in merged if q.analysis in order),
        key=lambda q: (order[q.analysis], q.key not in known, q.title != "defaults", q.title),
    )


def _info(one: _Found, asked: Mapping[str, Asked], problems: ProblemSet) -> QuestionInfo:
    question = one.question
    return QuestionInfo(
        key=question.key,
        analysis=question.analysis,
        version=question.version,
        parameters=question.parameters,
        inputs=question.inputs,
        title=titles.title(asked[question.key], asked),
        model=one.model,
        problems=problems,
        rows_present=one.spans,
        rows_asked=0,
        failures=0,
    )
