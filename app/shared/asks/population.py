"""All problems of a subject: which questions belong together, their scalars by level, groups.

Everything comes from the catalog; `population_arrays` reads what stands in the shards alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app.shared.asks import reading
from app.shared.asks.reading import Subject
from app.shared.drawing.bands import Groups, cut, together
from app.shared.table import catalog as tables
from app.shared.table.catalog import Column, Scope
from ired_interp_core.schedule import Schedule, cosine
from ired_interp_core.schema import LEVELS, PLACES
from store import QuestionInfo, Store


@dataclass(frozen=True)
class Population:
    """The questions about a subject that belong together: all on one descent.

    Args:
        of: problem_properties, descent, hessian_spectrum, as the table of problems chooses them.
        asked: every question, by analysis; eigenspace too.
    """

    of: Scope
    asked: Mapping[str, QuestionInfo]


def population(s: Store, subject: Subject, prefix: str = "") -> Population:
    """Choose the questions.

    Args:
        s: the store.
        subject: model and problems.
        prefix: of the descent's key, where there are several.

    Returns:
        What there is.
    """
    of, asked = tables.scope(s, subject, 0, PLACES[0], prefix)
    found = {q.analysis: q for q in asked}
    descent = of.key("descent")
    spaces = [
        q
        for q in reading.questions(s, subject, "eigenspace")
        if q.rows and q.inputs.get("descent") == descent
    ]
    return Population(of, {**found, **({"eigenspace": spaces[0]} if spaces else {})})


@dataclass(frozen=True)
class ByLevel:
    """Numbers of every problem at every level.

    Args:
        problems: indices, ascending.
        values: name → [problem, level t]; NaN where there is none.
    """

    problems: np.ndarray
    values: Mapping[str, np.ndarray]


def sealed(*arrays: np.ndarray) -> None:
    """Let nobody write into arrays that all sessions share.

    Args:
        *arrays: to be read from now on.
    """
    for array in arrays:
        array.flags.writeable = False


@st.cache_resource(max_entries=24, show_spinner=False)
def _scalars(
    generation: str, table: str, key: str, place: str, names: tuple[str, ...], _s: Store
) -> ByLevel:
    listed = ", ".join(f'"{n}"' for n in names)  # names of columns are ours, values are bound
    where, params = "question = ?", [key]
    if place:
        where, params = "question = ? AND place = ?", [key, place]
    frame = _s.sql(f"SELECT problem, level, {listed} FROM {table} WHERE {where}", params)
    problems, row = np.unique(frame["problem"].to_numpy(dtype=np.int64), return_inverse=True)
    level = frame["level"].to_numpy(dtype=np.int64)
    values = {}
    for name in names:
        filled = np.full((len(problems), LEVELS), np.nan)
        filled[row, level] = frame[name].to_numpy(dtype=float)
        values[name] = filled
    sealed(problems, *values.values())
    return ByLevel(problems, values)


DESCENT = (
    "mse",
    "energy_answer",
    "energy_truth",
    "minimum_distance",
    "minimum_mse",
)
SPECTRUM = (
    "index",
    "above_inverse_sigma",
    "participation_ratio",
    "entropy_rank",
    "gauss_newton_norm",
    "residual_norm",
    "gauss_newton_residual_cosine",
    "trace",
    "smallest_eigenvalue",
    "largest_eigenvalue",
)


def descent(s: Store, question: QuestionInfo) -> ByLevel:
    """Errors and energies of every problem's answers.

    Args:
        s: the store.
        question: a descent.

    Returns:
        The variables of DESCENT.
    """
    return _scalars(s.generation, "descent__problem_level", question.key, "", DESCENT, s)


def curvature(s: Store, question: QuestionInfo, place: str) -> ByLevel:
    """Scalars of every problem's Hessians at one place, level frame.

    Args:
        s: the store.
        question: a hessian_spectrum.
        place: one of PLACES.

    Returns:
        The variables of SPECTRUM.
    """
    table = "hessian_spectrum__problem_level_place"
    return _scalars(s.generation, table, question.key, place, SPECTRUM, s)


@st.cache_data(max_entries=16, show_spinner=False)
def _baselines(generation: str, key: str, descent: str, _s: Store) -> dict[str, float]:
    among = "AND problem IN (SELECT problem FROM descent__problem WHERE question = ?) "
    frame = _s.sql(
        "SELECT baseline, avg(baseline_mse) AS mse FROM problem_properties__problem_baseline "
        f"WHERE question = ? {among if descent else ''}GROUP BY baseline ORDER BY mse DESC",
        [key, descent] if descent else [key],
    )
    return dict(zip(frame["baseline"], frame["mse"].astype(float), strict=True))


def baselines(s: Store, of: Scope) -> dict[str, float]:
    """Mean error of every trivial predictor on the problems that the model has answered.

    Args:
        s: the store.
        of: whose.

    Returns:
        Name → MSE, data frame, worst first; empty without problem_properties.
    """
    key = of.key("problem_properties")
    return _baselines(s.generation, key, of.key("descent"), s) if key else {}


def schedule(s: Store, asked: Mapping[str, QuestionInfo]) -> Schedule:
    """The model's own schedule, as its answers record it.

    Args:
        s: the store.
        asked: questions by analysis.

    Returns:
        It; the official one where no answer says.
    """
    for analysis in ("descent", "hessian_spectrum"):
        question = asked.get(analysis)
        if question is not None:
            first = int(reading.problems_present(question)[0])
            found = reading.dataset(s, question, (first,), ("alpha_bar",))["alpha_bar"]
            return Schedule.from_alphas_cumprod(found.sortby("level").values)
    return cosine()


def properties(s: Store, of: Scope) -> dict[str, Column]:
    """What problems can be grouped by: one number for each problem.

    Args:
        s: the store.
        of: whose.

    Returns:
        id → column.
    """
    known = tables.columns(s, of)
    return {
        i: c
        for i, c in known.items()
        if i != "problem" and not c.per and not i.startswith(("problem_properties.baseline_mse.",
                                                              "descent.mse_to_baseline."))
    }  # fmt: skip


def groups(s: Store, of: Scope, by: str, many: int) -> Groups:
    """Cut the problems of a subject into groups.

    Args:
        s: the store.
        of: whose.
        by: id of a column; all problems together when empty.
        many: groups wanted.

    Returns:
        The groups.
    """
    known = tables.columns(s, of)
    frame = tables.ask(s, tables.select(of, known, [by] if by else []))
    problems = frame["problem"].to_numpy(dtype=np.int64)
    if not by:
        return together(problems)
    return cut(problems, frame[by].to_numpy(dtype=float), many, known[by].axis)
