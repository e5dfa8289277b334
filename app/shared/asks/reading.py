"""Cached reads: what views ask of the store, keyed by ids and the catalog's generation.

A session stays on the generation it opened until its reader asks for newer data; arrays that are
given away are read-only, since one copy serves all sessions.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
import xarray as xr

from app.shared.address import address as links
from app.shared.asks import series, unreadable
from app.shared.asks.kept import kept, sealed
from ired_interp_core import made_to_order, registry
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet
from store import Fault, QuestionInfo, Store, generations
from store import open as open_store
from store.joined import Joined

_PIN = "reading:store"


@dataclass(frozen=True)
class Subject:
    """What a reader looks at: one model on one set of problems.

    Args:
        model: digest.
        problems: the set.
    """

    model: str
    problems: ProblemSet

    @property
    def set(self) -> str:
        """The set as a link spells it."""
        return links.set_name(self.problems)


def root() -> Path:
    """The store that this server shows: IRED_STORE; a `Refusal` where it is not set."""
    given = os.environ.get("IRED_STORE", "")
    if not given:
        raise Refusal(
            "no store named",
            where="environment",
            came="IRED_STORE is not set",
            expected="the folder of a store",
            next_step="make demo, or IRED_STORE=DIR python -m streamlit run app/main.py",
        )
    return Path(given)


@kept(8)
def _opened(folder: str, generation: str) -> Store:
    return open_store(folder)


def newest() -> str:
    """The id of the generation in force."""
    return generations.current(root()).name


def here() -> Store:
    """The store at this session's generation, shared between sessions.

    A session holds the store itself: its generation may be gone from disk and from the cache, and
    goes on being what its reader sees.

    Returns:
        The store, open.
    """
    pinned = st.session_state.get(_PIN)
    if pinned is None or pinned.root != root():
        pinned = st.session_state[_PIN] = _opened(str(root()), newest())
    return pinned


def move_on() -> None:
    """Let this session go on with the newest generation; for `on_click`."""
    st.session_state.pop(_PIN, None)


@kept(32)
def _questions(store: Store) -> tuple[tuple[QuestionInfo, ...], tuple[QuestionInfo, ...]]:
    """Those of the installed versions, and all others: upstream ones come first in a store."""
    installed = {name: a.version for name, a in registry.analyses().items()}
    current: dict[str, QuestionInfo] = {}
    old: dict[str, QuestionInfo] = {}
    for q in store.questions():
        fits = q.version == installed.get(q.analysis, q.version)
        (current if fits and old.keys().isdisjoint(q.inputs.values()) else old)[q.key] = q
    return tuple(current.values()), tuple(old.values())


def questions(
    store: Store, subject: Subject | None = None, analysis: str | None = None
) -> list[QuestionInfo]:
    """Questions about a subject; those about problems alone belong to every model.

    Those of another version of their analysis than the one installed, and what was computed from
    them, are `outdated`: they hold other variables, or mean something else, and no view shows them.

    Args:
        store: opened.
        subject: all when left out.
        analysis: name; all when left out.

    Returns:
        Upstream analyses first, defaults before variants.
    """
    return [
        q
        for q in _questions(store)[0]
        if (analysis is None or q.analysis == analysis)
        and (subject is None or (q.problems == subject.problems and q.model in {"", subject.model}))
    ]


def outdated(store: Store) -> list[QuestionInfo]:
    """Questions that have answers, of another version than the one installed or read from such."""
    return [q for q in _questions(store)[1] if q.rows]


@kept(32)
def subjects(store: Store) -> tuple[Subject, ...]:
    """Every model on every set of problems it was asked about.

    Args:
        store: opened.

    Returns:
        Those with the most analyses first, then those with the most problems, since they have most
        to show; steps of trainings after the other models, the last step first.
    """
    analyses: dict[Subject, set[str]] = {}
    rows: dict[Subject, int] = {}
    for asked in questions(store):
        if asked.model:
            subject = Subject(asked.model, asked.problems)
            analyses.setdefault(subject, set()).update([asked.analysis] if asked.rows else [])
            rows[subject] = max(rows.get(subject, 0), asked.rows)
    places = {m: _place(store, m) for m in {f.model for f in analyses}}

    def order(f: Subject) -> tuple[Any, ...]:
        step, *place = places[f.model]
        richest = (-len(analyses[f]), -rows[f]) if not step else ()
        return (step, *richest, f.problems.task, _variant(f.problems), f.set, *place)

    return tuple(sorted(analyses, key=order))


def _variant(problems: ProblemSet) -> tuple[Any, ...]:
    return made_to_order.place(problems.task, problems.variant)


def _place(store: Store, digest: str) -> tuple[bool, str, int, str]:
    """Where a model stands among others."""
    there = series.steps_of(store, digest)
    if there:
        return True, series.name(store, there[0].series), -there[0].step, digest
    return False, model_name(store, digest), 0, digest


@kept(32)
def _models(store: Store) -> dict[str, dict[str, Any]]:
    return store.models()


def card(store: Store, digest: str) -> dict[str, Any]:
    """Facts about a model; empty if the store has none."""
    return dict(_models(store).get(digest, {}))


def model_name(store: Store, digest: str) -> str:
    """The training and step that a model is; else title of its card and first digits of digest."""
    if named := series.step_name(store, digest):
        return named
    facts = card(store, digest)
    title = facts.get("title") or facts.get("source_file") or facts.get("task") or "without a card"
    return f"{links.plain(title)} · {digest[:8]}"


@kept(32)
def runs(store: Store) -> list[dict[str, Any]]:
    """Run records, as `Store.runs`."""
    return store.runs()


@kept(32)
def failures(store: Store) -> list[dict[str, Any]]:
    """Units that failed, as `Store.failures`."""
    return store.failures()


@kept(32)
def left_out(store: Store) -> list[Fault]:
    """What does not hold and is not shown, with the command that mends it."""
    return store.left_out()


def coverage(store: Store) -> pd.DataFrame:
    """How far every question is: analysis, title, model, set, present, asked, failures, key."""
    columns = ["analysis", "title", "model", "set", "present", "asked", "failures", "key"]
    rows = [
        (q.analysis, q.title, q.model, links.set_name(q.problems), q.rows,
         max(q.rows_asked, q.rows), q.failures, q.key)
        for q in questions(store)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def problems_present(question: QuestionInfo) -> np.ndarray:
    """Indices of the problems that a question has answers to, ascending."""
    spans = [np.arange(start, stop) for start, stop in question.rows_present]
    return np.concatenate(spans) if spans else np.zeros(0, dtype=int)


def dataset(
    store: Store,
    question: QuestionInfo,
    problems: tuple[int, ...],
    variables: tuple[str, ...] | None = None,
) -> xr.Dataset:
    """Answers to a question about some problems.

    Args:
        store: opened.
        question: whose answers.
        problems: indices.
        variables: names; all when left out.

    Returns:
        Labelled arrays, shared and read-only, of all problems whose shard can be read; a `Refusal`
        where that is none.
    """
    return _sealed(_where(store, question, problems), store, question, problems, variables)


def _where(store: Store, question: QuestionInfo, problems: tuple[int, ...]) -> str:
    """What tells an answer from those of other stores."""
    alone = len(problems) == 1 and problems[0] in problems_present(question)
    draft = isinstance(store, Joined) and store.is_draft(question.key)
    # Of one problem, each generation has the same answer.
    return str(store.root) + ("" if alone and not draft else store.generation)


@kept(128)
def _sealed(
    place: str, _store: Store, question: QuestionInfo, problems: tuple[int, ...], variables: Any
) -> xr.Dataset:
    answer = read(_store, question, problems, variables)
    arrays = (variable.data for variable in answer.variables.values())
    sealed(*(array for array in arrays if isinstance(array, np.ndarray)))
    return answer


def read(
    store: Store,
    question: QuestionInfo,
    problems: Iterable[int],
    variables: Iterable[str] | None = None,
) -> xr.Dataset:
    """As `dataset`, for whoever keeps what becomes of the answer, and not the answer."""
    faults: list[Fault] = []
    asked = {"question": question.key, "problems": problems, "variables": variables}
    answer = store.read(question.analysis, **asked, left_out=faults)
    for fault in faults:
        unreadable.notice(fault)
    return answer


def about(
    store: Store,
    question: QuestionInfo | None,
    problem: int,
    variables: tuple[str, ...] | None = None,
) -> xr.Dataset | None:
    """The answer about one problem, without that dim; None where there is none that can be read."""
    if question is None or problem not in problems_present(question):
        return None
    try:
        return _alone(_where(store, question, (problem,)), store, question, problem, variables)
    except Refusal as refusal:
        unreadable.notice(refusal)
        return None


@kept(128)
def _alone(place: str, _store: Store, question: QuestionInfo, problem: int, variables: Any) -> Any:
    return _sealed(place, _store, question, (problem,), variables).isel(problem=0)
