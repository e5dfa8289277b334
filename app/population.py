"""All problems of a subject by level: cached reads and what is added up on the way.

Scalars come from the catalog. Arrays are read from the shards some hundred problems at a time,
all four places in one pass, and what is kept of a problem is small; so 20,000 problems need no
more memory than a few arrays of [problem, level]. Everything shared is read-only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
import xarray as xr

from app import reading, tables
from app.figures.annealing_numbers import Groups, Pooled, cut, random_angle, together
from app.reading import Subject
from app.tables import Column, Scope
from ired_interp_core.schedule import Schedule, cosine
from ired_interp_core.schema import LEVELS, PLACES
from store import QuestionInfo, Store

CHUNK = 256
"""Problems read at once: 16 MB of spectra, a shard of 16 problems being 1 MB."""

BINS = 2048
"""Bins of a level's eigenvalues, from the smallest to the largest there is."""

ANGLES = ("least", "mean", "most")
"""Kept of the principal angles: smallest, root mean square, largest."""


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


def _sealed(*arrays: np.ndarray) -> None:
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
    _sealed(problems, *values.values())
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


def _chunks(s: Store, question: QuestionInfo, variables: Sequence[str]) -> Iterator[xr.Dataset]:
    there = reading.problems_present(question)
    for i in range(0, len(there), CHUNK):
        problems = there[i : i + CHUNK].tolist()
        yield s.read(
            question.analysis, question=question.key, problems=problems, variables=variables
        )


@dataclass(frozen=True)
class Steps:
    """How answers move.

    Args:
        problems: indices, ascending.
        drift: ‖ŷ_t − ŷ_{t+1}‖ in the data frame [problem, level]; NaN at t = 9.
        energy: E_t after each step [problem, level, step].
        mse: error after each step, data frame [problem, level, step].
    """

    problems: np.ndarray
    drift: np.ndarray
    energy: np.ndarray
    mse: np.ndarray


@st.cache_resource(max_entries=4, show_spinner="Reading the answers of every level")
def _steps(generation: str, key: str, _s: Store, _question: QuestionInfo) -> Steps:
    drift, energy, mse = [], [], []
    for part in _chunks(_s, _question, ("answer", "step_energy", "step_mse")):
        answer = part["answer"].sortby("level").values
        moved = np.full(answer.shape[:2], np.nan)
        moved[:, :-1] = np.linalg.norm(answer[:, :-1] - answer[:, 1:], axis=(2, 3))
        drift.append(moved)
        energy.append(part["step_energy"].sortby("level").values)
        mse.append(part["step_mse"].sortby("level").values)
    problems = reading.problems_present(_question)
    steps = Steps(problems, *(np.concatenate(v) for v in (drift, energy, mse)))
    _sealed(steps.problems, steps.drift, steps.energy, steps.mse)
    return steps


def steps(s: Store, question: QuestionInfo) -> Steps:
    """Drift between levels, and energy and error of every step.

    Args:
        s: the store.
        question: a descent.

    Returns:
        Arrays over all its problems.
    """
    return _steps(s.generation, question.key, s, question)


@st.cache_resource(max_entries=12, show_spinner="Counting eigenvalues")
def _pooled(
    generation: str,
    key: str,
    by: tuple[str, int],
    _s: Store,
    _question: QuestionInfo,
    _groups: Groups,
) -> dict[str, Pooled]:
    ends = {p: curvature(_s, _question, p).values for p in PLACES}
    low = np.stack([np.nanmin(ends[p]["smallest_eigenvalue"], axis=0) for p in PLACES])
    high = np.stack([np.nanmax(ends[p]["largest_eigenvalue"], axis=0) for p in PLACES])
    high = np.where(high > low, high, low + 1e-6)
    counts = np.zeros((len(PLACES), max(_groups.count, 1), LEVELS, BINS), np.int64)
    for part in _chunks(_s, _question, ("eigenvalue_spectrum",)):
        chosen = part["eigenvalue_spectrum"].sel(level=range(LEVELS), place=list(PLACES))
        found = chosen.transpose("place", "level", "problem", "eigenvalue").values
        member = _groups.of(part["problem"].values)
        for p, level in np.ndindex(len(PLACES), LEVELS):
            scale = BINS / (high[p, level] - low[p, level])
            at = (found[p, level] - low[p, level]) * scale
            for g in range(_groups.count):
                own = at[member == g]
                own = own[np.isfinite(own)].clip(0, BINS - 1).astype(np.int64)
                counts[p, g, level] += np.bincount(own, minlength=BINS)
    _sealed(counts, low, high)
    return {p: Pooled(counts[i], low[i], high[i]) for i, p in enumerate(PLACES)}


def pooled(s: Store, question: QuestionInfo, place: str, groups: Groups, by: str) -> Pooled:
    """Count the eigenvalues of all problems at one place.

    Args:
        s: the store.
        question: a hessian_spectrum.
        place: one of PLACES.
        groups: of the problems.
        by: id of the number that made the groups.

    Returns:
        Counts by group and level, level frame.
    """
    made = (by, groups.count)
    return _pooled(s.generation, question.key, made, s, question, groups)[place]


@dataclass(frozen=True)
class Spaces:
    """Eigenspaces of every problem at one place.

    Args:
        problems: indices, ascending.
        ends: "top" and "bottom".
        subspaces: names of those that the task has.
        alignment: ‖P_S V_k‖²/k [problem, level, end, subspace].
        random: dim S/d, mean over the problems [subspace].
        resolved: whether the k vectors are determined [problem, level, end].
        angle: to the eigenspace of t − 1 [problem, level, end, one of ANGLES], rad; NaN at t = 0.
        k: vectors at each end.
        d: dimension of the answer.
        chance: root mean square angle of random spaces, mean and standard deviation.
    """

    problems: np.ndarray
    ends: tuple[str, ...]
    subspaces: tuple[str, ...]
    alignment: np.ndarray
    random: np.ndarray
    resolved: np.ndarray
    angle: np.ndarray
    k: int
    d: int
    chance: tuple[float, float]

    def turning(self, end: int) -> tuple[np.ndarray, np.ndarray]:
        """Root mean square angle to the eigenspace of t − 1, where both are determined.

        Args:
            end: position in `ends`.

        Returns:
            Angles and whether they are determined [problem, level]; at t = 0 there is no angle,
            and nothing undetermined.
        """
        both = self.resolved[:, :, end].copy()
        both[:, 1:] &= self.resolved[:, :-1, end]
        both[:, 0] = True
        return np.where(both, self.angle[:, :, end, ANGLES.index("mean")], np.nan), both


@st.cache_resource(max_entries=2, show_spinner="Reading eigenspaces")
def _spaces(generation: str, key: str, _s: Store, _question: QuestionInfo) -> dict[str, Spaces]:
    wanted = ("alignment", "alignment_random", "resolved", "angle_level")
    aligned, random, resolved, angles = [], [], [], []
    ends: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    vectors = 0
    for part in _chunks(_s, _question, wanted):
        part = part.sel(level=range(LEVELS), place=list(PLACES))
        ends = tuple(str(e) for e in part["end"].values)
        names = tuple(str(n) for n in part["subspace"].values)
        vectors = part.sizes["vector"]
        aligned.append(part["alignment"].transpose("place", "problem", ...).values)
        random.append(part["alignment_random"].values)
        resolved.append(part["resolved"].transpose("place", "problem", ...).values == 1)
        theta = part["angle_level"].transpose("place", "problem", ..., "vector").values
        mean = np.sqrt(np.mean(theta**2, axis=-1))
        angles.append(np.stack([theta[..., 0], mean, theta[..., -1]], axis=-1))
    by_problem = np.concatenate(random)
    has = np.isfinite(by_problem).any(axis=0)
    alignment, determined, angle = (np.concatenate(v, axis=1) for v in (aligned, resolved, angles))
    alignment = alignment[..., has]
    problems = reading.problems_present(_question)
    d = _question.problems.size**2
    _sealed(problems, alignment, determined, angle)
    return {
        place: Spaces(
            problems,
            ends,
            tuple(n for n, h in zip(names, has, strict=True) if h),
            alignment[p],
            np.nanmean(by_problem[:, has], axis=0),
            determined[p],
            angle[p],
            vectors,
            d,
            random_angle(min(vectors, d), d),
        )
        for p, place in enumerate(PLACES)
    }


def spaces(s: Store, question: QuestionInfo, place: str) -> Spaces:
    """Alignments and angles of all problems at one place.

    Args:
        s: the store.
        question: an eigenspace.
        place: one of PLACES.

    Returns:
        Arrays over all its problems.
    """
    return _spaces(s.generation, question.key, s, question)[place]


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
