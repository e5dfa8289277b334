"""Answers of the analysis `accuracy`: of the open store, and of the tables that ship with us.

One answer is one setting of the sampler on one set of problems. Where several answer the same
question about a model, the one over the most problems is shown, and the others are named.
"""

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import ired_interp_core
from app.shared.asks import reading
from app.shared.asks.kept import kept
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from store import Store, read_tables, tables

ANALYSIS, PAIRED = tables.ANALYSIS, tables.PAIRED
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

    @property
    def but_for_steps(self) -> bool:
        """Whether it is the official sampler, the number of steps left aside."""
        return self.jump and self.clip == OFFICIAL.clip


_DECLARED = registry.get(ANALYSIS).parameters
OFFICIAL = Setting(*(_DECLARED[n].default for n in ("inner_steps", "jump", "clip")))


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
        others: answers to the same question over fewer problems, which are not shown.
        paired: what `accuracy_paired` says of it beside the answer `paired_with`, or nothing.
        paired_with: key of the answer that it is held against on the same problems, or "".
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
    others: tuple["Answer", ...] = field(default=(), repr=False)
    paired: Mapping[str, float] = field(default_factory=dict, repr=False)
    paired_with: str = ""

    @property
    def problems(self) -> int:
        """Problems that the means are taken over."""
        return int(self.numbers["measured_problems"])

    @property
    def source(self) -> str:
        """Where it lies, for a reader."""
        return "shipped tables" if self.shipped else "this store"


def setting(asked: Mapping[str, Any]) -> Setting:
    """The setting that parameters of the analysis, or columns of a table, spell."""
    return Setting(int(asked["inner_steps"]), bool(asked["jump"]), float(asked["clip"]))


_STORE = """SELECT a.*, q.task, q.variant, q.size, q.model, q.parameters
FROM accuracy AS a JOIN questions AS q ON q.question = a.question
WHERE a.question IN (SELECT unnest(?::VARCHAR[]))"""


@kept(16)
def of_store(store: Store) -> tuple[Answer, ...]:
    """Every answer in the store, in no order."""
    asked = [q.key for q in reading.questions(store, analysis=ANALYSIS) if q.rows]
    if not asked:
        return ()
    rows = store.sql(_STORE, [asked]).to_dict("records")
    levels = store.sql("SELECT * FROM accuracy__level ORDER BY question, level")
    baselines = store.sql("SELECT * FROM accuracy__baseline ORDER BY question")
    by_level, by_name = _frames(levels, "level"), _frames(baselines, "baseline")
    compared = _compared(store)
    found = []
    for row in rows:
        key, ran = row["question"], setting(json.loads(row["parameters"]))
        numbers = {n: float(row[n]) for n in _columns()[()]}
        about = (key, row["task"], row["variant"], int(row["size"]), row["model"], ran, False)
        paired, held = compared.get(key, ({}, ""))
        found.append(Answer(*about, numbers, by_level[key], by_name[key], (), paired, held))
    return tuple(found)


def _compared(store: Store) -> dict[str, tuple[dict[str, float], str]]:
    """Key of an answer → what it differs by from another, and the key of that."""
    asked = {q.key: q.inputs for q in reading.questions(store, analysis=PAIRED) if q.rows}
    if not asked:
        return {}
    found = {}
    for row in store.sql(f"SELECT * FROM {PAIRED} ORDER BY question DESC").to_dict("records"):
        if row["question"] in asked:
            roles = asked[row["question"]]
            numbers = {n: float(row[n]) for n in registry.get(PAIRED).schema.scalars()}
            found[roles["one"]] = (numbers, roles["other"])
    return found


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


@kept(2)
def _shipped(path: str) -> tuple[xr.Dataset | None, str]:
    try:
        return read_tables(path), ""
    except Refusal as refusal:
        return None, str(refusal)


def shipped_tables() -> tuple[xr.Dataset | None, str]:
    """The tables that ship with the bundled weights; or why there are none, in one line."""
    return _shipped(str(SHIPPED))


def shipped_facts() -> tuple[str, ...]:
    """Which shipped tables are shown: path, day and commit."""
    found, _ = shipped_tables()
    facts = {} if found is None else found.attrs
    return (str(SHIPPED), str(facts.get("created", ""))[:10], str(facts.get("commit", ""))[:10])


@kept(2)
def _of_shipped(path: str) -> tuple[Answer, ...]:
    shipped, _ = _shipped(path)
    if shipped is None:
        return ()
    names = _columns()
    wanted = [*names[()], *names["level",], *names["baseline",]]
    arrays = {n: shipped[n].values for n in wanted}  # `setting` leads
    about = {n: shipped[n].values for n in ("key", "task", "variant", "size", "model")}
    ran = {n: shipped[n].values for n in ("inner_steps", "jump", "clip")}
    levels, baselines = (shipped[n].values for n in ("level", "baseline"))
    compared = {n: tables.paired_name(n) for n in registry.get(PAIRED).schema.scalars()}
    held = [str(key) for key in shipped["paired_with"].values]
    up, called = np.argsort(levels), np.array([str(b) for b in baselines])
    found = []
    for i in range(shipped.sizes["setting"]):
        there = np.isfinite(arrays["baseline_problems"][i])
        key, task, variant, size, model = (a[i] for a in about.values())
        by_level = {n: arrays[n][i][up] for n in names["level",]}
        by_name = {n: arrays[n][i][there] for n in names["baseline",]}
        found.append(
            Answer(
                str(key), str(task), str(variant), int(size), str(model),
                setting({n: a[i] for n, a in ran.items()}), True,
                {n: float(arrays[n][i]) for n in names[()]},
                pd.DataFrame(by_level, index=levels[up].astype(int)),
                pd.DataFrame(by_name, index=called[there]), (),
                {n: float(shipped[c].values[i]) for n, c in compared.items()} if held[i] else {},
                held[i],
            )
        )  # fmt: skip
    return tuple(found)


def of_shipped() -> tuple[Answer, ...]:
    """Every answer in the shipped tables, in their order; none where they cannot be read."""
    return _of_shipped(str(SHIPPED))


def shown(answers: Iterable[Answer]) -> list[Answer]:
    """Choose among answers to the same question about a model, of one or several sources.

    Args:
        answers: all of them.

    Returns:
        One for each task, variant, size, model and setting: that over the most problems, and of
        equal ones that of the store.
    """
    groups: dict[tuple[Any, ...], list[Answer]] = {}
    for a in answers:
        groups.setdefault((a.task, a.variant, a.size, a.model, a.setting), []).append(a)
    chosen = []
    for group in groups.values():
        first, *rest = sorted(group, key=lambda a: (-a.problems, a.shipped, a.key))
        others = tuple(a for a in rest if a.key != first.key)
        chosen.append(replace(first, others=others))
    return chosen


def everything(store: Store) -> list[Answer]:
    """What there is to show, of the store and of the shipped tables."""
    return shown([*of_store(store), *of_shipped()])


def card(store: Store, model: str) -> Mapping[str, Any]:
    """Facts about a model, of the store or the shipped tables; empty if neither has its card."""
    return reading.card(store, model) or _cards(str(SHIPPED)).get(model, {})


@kept(2)
def _cards(path: str) -> dict[str, dict[str, Any]]:
    shipped, _ = _shipped(path)
    try:
        found = json.loads(shipped.attrs.get(CARDS, "{}")) if shipped is not None else {}
    except (TypeError, ValueError):
        return {}
    return {str(k): dict(v) for k, v in found.items()} if isinstance(found, dict) else {}
