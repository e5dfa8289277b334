"""Answers of the analysis `accuracy`: of the open store, and of the tables that ship with us.

One answer is one setting of the sampler on one set of problems. Where several answer the same
question about a model, the one over the most problems is shown, and the others are named.
"""

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import ired_interp_core
import store
from app.shared.asks import reading
from app.shared.asks.kept import kept
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from store import Store

ANALYSIS = "accuracy"
SHIPPED = Path(ired_interp_core.__file__).parents[1] / "checkpoints" / "accuracy.nc"
CARDS = "models"
"""Attribute of the shipped tables: JSON, digest → card."""


@dataclass(frozen=True)
class Setting:
    """How the sampler was run.

    Args:
        inner_steps: gradient steps per level.
        jump: whether each level begins with the denoising jump.
        clip: box ±c in the data frame.
    """

    inner_steps: int
    jump: bool
    clip: float


_DEFAULT = registry.get(ANALYSIS).parameters
OFFICIAL = Setting(*(_DEFAULT[n].default for n in ("inner_steps", "jump", "clip")))


@dataclass(frozen=True)
class Answer:
    """Means over the problems of one set.

    Args:
        key: of the question.
        task: of the problems.
        variant: same or harder.
        size: side n of the matrices.
        model: digest.
        setting: of the sampler.
        shipped: from the shipped tables, not from the store.
        numbers: variables without dims.
        levels: variables by level t, rows t = 0 … 9.
        baselines: variables by baseline, rows named as the store names them.
    """

    key: str
    task: str
    variant: str
    size: int
    model: str
    setting: Setting
    shipped: bool
    numbers: Mapping[str, float] = field(repr=False)
    levels: pd.DataFrame = field(repr=False)
    baselines: pd.DataFrame = field(repr=False)

    @property
    def problems(self) -> int:
        """Problems that the means are taken over."""
        return int(self.numbers["measured_problems"])

    @property
    def source(self) -> str:
        """Where it lies, for a reader."""
        return "shipped tables" if self.shipped else "this store"


@dataclass(frozen=True)
class Shown:
    """An answer, and those to the same question that are not shown.

    Args:
        answer: the one over the most problems.
        others: the others.
    """

    answer: Answer
    others: tuple[Answer, ...] = ()


_STORE = """SELECT a.*, q.task, q.variant, q.size, q.model, q.parameters
FROM accuracy AS a JOIN questions AS q ON q.question = a.question"""


@kept(16)
def _of_store(generation: str, _s: Store) -> tuple[Answer, ...]:
    rows = _s.sql(_STORE).to_dict("records")
    levels = _frames(_s.sql("SELECT * FROM accuracy__level ORDER BY question, level"), "level")
    baselines = _frames(_s.sql("SELECT * FROM accuracy__baseline ORDER BY question"), "baseline")
    found = []
    for row in rows:
        key, asked = row["question"], json.loads(row["parameters"])
        numbers = {n: float(row[n]) for n in _columns()[()]}
        of = Setting(int(asked["inner_steps"]), bool(asked["jump"]), float(asked["clip"]))
        about = (key, row["task"], row["variant"], int(row["size"]), row["model"], of, False)
        found.append(Answer(*about, numbers, levels[key], baselines[key]))
    return tuple(found)


def _frames(rows: pd.DataFrame, dim: str) -> dict[str, pd.DataFrame]:
    """Split sorted rows by question; slices of arrays, as groups of frames are slow."""
    keys = rows["question"].to_numpy(str)
    index = rows[dim].astype(int if dim == "level" else str).to_numpy()
    arrays = {n: rows[n].to_numpy(float) for n in _columns()[dim,]}
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, int)
    found = {}
    for start, stop in zip(starts, [*starts[1:], len(keys)], strict=True):
        pieces = {n: a[start:stop] for n, a in arrays.items()}
        found[str(keys[start])] = pd.DataFrame(pieces, index=index[start:stop])
    return found


@functools.cache
def _columns() -> dict[tuple[str, ...], list[str]]:
    """Dims → the declared scalars that have them."""
    names: dict[tuple[str, ...], list[str]] = {}
    for name, declared in registry.get(ANALYSIS).schema.scalars().items():
        names.setdefault(declared.dims, []).append(name)
    return names


def of_store(s: Store) -> tuple[Answer, ...]:
    """Every answer in the store.

    Args:
        s: the store.

    Returns:
        In no order.
    """
    if not any(q.rows for q in reading.questions(s, analysis=ANALYSIS)):
        return ()
    return _of_store(s.generation, s)


@kept(2)
def _shipped(path: str) -> tuple[xr.Dataset | None, str]:
    try:
        return store.read_tables(path), ""
    except Refusal as refusal:
        return None, str(refusal)


def shipped_tables() -> tuple[xr.Dataset | None, str]:
    """The tables that ship with the bundled weights.

    Returns:
        Them, or why there are none, in one line.
    """
    return _shipped(str(SHIPPED))


def shipped_facts() -> tuple[str, ...]:
    """Which shipped tables are shown: path, day and commit."""
    tables, _ = shipped_tables()
    facts = {} if tables is None else tables.attrs
    return (str(SHIPPED), str(facts.get("created", ""))[:10], str(facts.get("commit", ""))[:10])


@kept(2)
def _of_shipped(path: str, _tables: xr.Dataset) -> tuple[Answer, ...]:
    names = _columns()
    wanted = [*names[()], *names["level",], *names["baseline",]]
    arrays = {n: _tables[n].values for n in wanted}  # `setting` leads
    about = {n: _tables[n].values for n in ("key", "task", "variant", "size", "model")}
    ran = {n: _tables[n].values for n in ("inner_steps", "jump", "clip")}
    levels, baselines = (_tables[n].values for n in ("level", "baseline"))
    up, called = np.argsort(levels), np.array([str(b) for b in baselines])
    found = []
    for i in range(_tables.sizes["setting"]):
        there = np.isfinite(arrays["baseline_problems"][i])
        key, task, variant, size, model = (a[i] for a in about.values())
        of = Setting(int(ran["inner_steps"][i]), bool(ran["jump"][i]), float(ran["clip"][i]))
        by_level = {n: arrays[n][i][up] for n in names["level",]}
        by_name = {n: arrays[n][i][there] for n in names["baseline",]}
        found.append(
            Answer(
                str(key), str(task), str(variant), int(size), str(model), of, True,
                {n: float(arrays[n][i]) for n in names[()]},
                pd.DataFrame(by_level, index=levels[up].astype(int)),
                pd.DataFrame(by_name, index=called[there]),
            )
        )  # fmt: skip
    return tuple(found)


def of_shipped() -> tuple[Answer, ...]:
    """Every answer in the shipped tables.

    Returns:
        In their order; none where they cannot be read.
    """
    tables, _ = shipped_tables()
    return () if tables is None else _of_shipped(str(SHIPPED), tables)


def shown(answers: Iterable[Answer]) -> list[Shown]:
    """Choose among answers to the same question about a model.

    Args:
        answers: of one or several sources.

    Returns:
        One for each task, variant, size, model and setting: that over the most problems, and of
        equal ones that of the store.
    """
    groups: dict[tuple[Any, ...], list[Answer]] = {}
    for a in answers:
        groups.setdefault((a.task, a.variant, a.size, a.model, a.setting), []).append(a)
    found = []
    for group in groups.values():
        first, *rest = sorted(group, key=lambda a: (-a.problems, a.shipped, a.key))
        found.append(Shown(first, tuple(a for a in rest if a.key != first.key)))
    return found


def everything(s: Store) -> list[Shown]:
    """What there is to show.

    Args:
        s: the store.

    Returns:
        Of the store and of the shipped tables.
    """
    return shown([*of_store(s), *of_shipped()])


def card(s: Store, model: str) -> Mapping[str, Any]:
    """Facts about a model.

    Args:
        s: the store.
        model: digest.

    Returns:
        Its card in the store, or that in the shipped tables; empty if neither has one.
    """
    tables, _ = shipped_tables()
    cards = _cards(str(SHIPPED), tables) if tables is not None else {}
    return reading.card(s, model) or cards.get(model, {})


@kept(2)
def _cards(path: str, _tables: xr.Dataset) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(_tables.attrs.get(CARDS, "{}"))
    except (TypeError, ValueError):
        return {}
    return {str(k): dict(v) for k, v in found.items()} if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Moved:
    """Energies around the truth.

    Args:
        displacement: mean squared displacements δ², ascending [K].
        energy: mean E_t(y* + δ) [level, K].
        error: standard errors [level, K].
    """

    displacement: np.ndarray
    energy: np.ndarray
    error: np.ndarray


MOVED = ("energy_displaced", "energy_displaced_error")


def moved(s: Store, answer: Answer) -> Moved:
    """Read the energies around the truth.

    Args:
        s: the store.
        answer: whose.

    Returns:
        Rows t = 0 … 9.
    """
    if answer.shipped:
        tables, _ = shipped_tables()
        if tables is None:  # it was there a moment ago
            return Moved(np.zeros(0), np.zeros((0, 0)), np.zeros((0, 0)))
        at = [str(k) for k in tables["key"].values].index(answer.key)
        found = tables[list(MOVED)].isel(setting=at)
    else:
        question = next(q for q in reading.questions(s, analysis=ANALYSIS) if q.key == answer.key)
        found = reading.dataset(s, question, (0,), MOVED)
    found = found.sortby("displacement").sortby("level")
    energy, error = (found[n].transpose("level", "displacement").values for n in MOVED)
    return Moved(np.asarray(found["displacement"].values, float), energy, error)
