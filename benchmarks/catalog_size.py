"""A catalog of 10⁶ problems at ten levels: how long it builds, and how long the app's queries take.

    python benchmarks/catalog_size.py --problems 1000000 [--spectra] [--store DIR] [--out FILE.json]

The generation is built by the project's own code from made-up scalars (no shards: `collect` would
read 10⁶ descents); the questions are those of the view Problems, on one connection as the app opens
it. Each is asked once with nothing in memory, then `--repeats` times: page after page of one order.
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

import store
from app.problems.scatter import MOST_POINTS
from app.shared.address.fields import Filter
from app.shared.asks import chosen, similar
from app.shared.asks.chosen import Scope
from app.shared.asks.reading import Subject
from app.shared.table import catalog as tables
from app.shared.table import rows as table_rows
from app.shared.table.quantities import Quantity
from app.shared.table.rows import Rows
from ired_interp_core import registry
from ired_interp_core.records import ProblemSet, Question, digest, seeded
from ired_interp_core.schema import LEVELS, PLACES, Variable
from store import catalog, catalog_scalars, files, generations, layout
from store.survey import Asked, Shard, Survey

PROBLEMS = ProblemSet("inverse", "same", 20, 0)
MODEL = digest({"made-up model": 1})
BASELINES = ("zero", "identity", "mean", "scaled_identity", *(f"polynomial_{i}" for i in range(6)))


class MadeUp:
    """Scalars of any rows, and the seconds that making them up took."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(
        self,
        root: Path,
        question: Question,
        span: tuple[int, int],
        problems: np.ndarray,
        variables: Iterable[str],
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """What `store.reading.arrays` would read."""
        began = time.perf_counter()
        declared = registry.get(question.analysis).schema.variables
        coords: dict[str, np.ndarray] = {
            "problem": problems,
            "level": np.arange(LEVELS),
            "place": np.array(PLACES, dtype=object),
            "baseline": np.array(BASELINES, dtype=object),
        }
        rng = seeded("made-up", question.key, span[0])
        arrays = {name: _values(declared[name], coords, rng) for name in variables}
        used = {d for name in arrays for d in declared[name].dims}
        self.seconds += time.perf_counter() - began
        return arrays, {d: c for d, c in coords.items() if d in used}


def _values(v: Variable, coords: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    shape = tuple(len(coords[d]) for d in v.dims)
    if v.dtype.startswith("int"):
        return rng.integers(0, 9, shape).astype(v.dtype)
    values = np.exp(rng.standard_normal(shape))
    if v.unit == "1":
        values[rng.random(shape) < 0.01] = np.nan  # as a condition that does not exist
    return values.astype(v.dtype)


def questions(spectra: bool) -> dict[str, Question]:
    """What the catalog holds answers to."""
    properties = registry.get("problem_properties").question({"problems": PROBLEMS.digest}, {})
    inputs = {"model": MODEL, "problems": PROBLEMS.digest}
    descent = registry.get("descent").question(inputs, {})
    found = {"problem_properties": properties, "descent": descent}
    if spectra:
        found["hessian_spectrum"] = registry.get("hessian_spectrum").question(
            {**inputs, "descent": descent.key}, {}
        )
    return found


def surveyed(asked: Iterable[Question], count: int) -> Survey:
    """What a walk through a store with so many answers would find."""
    found = Survey()
    for question in asked:
        model = question.inputs.get("model", "")
        found.questions[question.key] = Asked(question, model, PROBLEMS)
        rows = registry.get(question.analysis).rows
        for start in range(0, count, rows):
            stop = min(start + rows, count)
            found.shards[question.key, start, stop] = Shard("0" * 64, 0, '{"seconds": 1.0}', "")
    return found


def build(root: Path, count: int, spectra: bool) -> dict[str, Any]:
    """Make a generation.

    Returns:
        Seconds, bytes and peak memory.
    """
    root.mkdir(parents=True, exist_ok=True)
    found = surveyed(questions(spectra).values(), count)
    made_up = MadeUp()
    real, catalog_scalars.reading.arrays = catalog_scalars.reading.arrays, made_up
    began = time.perf_counter()
    try:
        layout.catalog(root).mkdir(exist_ok=True)
        name = catalog._build(root, found, digest({"made-up": count}), None)
    finally:
        catalog_scalars.reading.arrays = real
    whole = time.perf_counter() - began
    return {
        "build_seconds": round(whole - made_up.seconds, 1),
        "making_up_seconds": round(made_up.seconds, 1),
        "bytes": layout.generation(root, name).stat().st_size,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def asked(s: store.Store, of: Scope, known: dict[str, Quantity]) -> dict[str, Any]:
    """The questions of the view, by what the reader does."""
    final, level, side = "descent.mse_final", "descent.mse", "problem_properties.log10_condition"
    some = (Filter(side, "gt", 1.0),)
    more = (*some, Filter(level, "lt", 1.0), Filter("descent.excess", "gt", 0.0))
    every = [i for i, q in known.items() if q.parts]

    def page(filters: tuple, sort: str, offset: int = 0) -> Callable[[], Any]:
        def act() -> Any:
            rows = Rows(filters, sort, down=True)
            problems = table_rows.ordered(s, of, known, rows, 50, offset)
            return table_rows.page(s, of, known, every, problems)

        return act

    def count(*filters: Filter) -> Callable[[], Any]:
        return lambda: table_rows.total(s, of, known, filters)

    def points(*filters: Filter) -> Callable[[], Any]:
        ids, most = [side, final, level], MOST_POINTS
        return lambda: table_rows.points(s, of, known, ids, Rows(filters), most)

    found = {
        "count, no filter": count(),
        "count, one filter": count(*some),
        "count, three filters": count(*more),
        "page, by a scalar of the problem": page((), final),
        "page, by a scalar of the level": page((), level),
        "page, by a property": page((), side),
        "page, by MSE − baseline (two tables)": page((), "descent.excess"),
        "page, one filter": page(some, final),
        "page, three filters": page(more, level),
        "page 10,000 of 20,000, by a scalar of the level": page((), level, 499_950),
        "page 10,000, by MSE − baseline": page((), "descent.excess", 499_950),
        "scatter, 100,000 points": points(),
        "scatter, one filter": points(*some),
        "six similar problems": lambda: similar.similar(s, of, 17),
    }
    if of.key("hessian_spectrum"):
        index = "hessian_spectrum.index"
        found["page, by the index of the Hessian"] = page((), index)
        found["count, filter of the Hessian"] = count(Filter(index, "gt", 1.0))
    return found


def measure(act: Callable[[], Any], repeats: int) -> dict[str, float]:
    """Ask with nothing in memory but the opened catalog, then again and again.

    Returns:
        Milliseconds: the first time; then median and smallest of the wall, mean of the CPU.
    """
    st.cache_resource.clear()
    began = time.perf_counter()
    act()
    first = 1e3 * (time.perf_counter() - began)
    times = []
    cpu = time.process_time()
    for _ in range(repeats):
        began = time.perf_counter()
        act()
        times.append(1e3 * (time.perf_counter() - began))
    return {
        "first_ms": round(first, 2),
        "median_ms": round(statistics.median(times), 2),
        "least_ms": round(min(times), 2),
        "cpu_ms": round(1e3 * (time.process_time() - cpu) / repeats, 2),
    }


def main() -> None:
    """Build, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=1_000_000)
    parser.add_argument("--spectra", action="store_true", help="4·10⁷ rows more, some 8 GB")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--store", type=Path, help="keep the generation here, or use the one there")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.out and os.path.lexists(arguments.out):
        parser.error(f"--out: {arguments.out} exists; give a new path")
    with tempfile.TemporaryDirectory(prefix="catalog-size-") as folder:
        root = arguments.store or Path(folder)
        result: dict[str, Any] = {"problems": arguments.problems, "levels": LEVELS}
        if not layout.current(root).exists():
            result |= build(root, arguments.problems, arguments.spectra)
        with store.open(root) as s:
            subject = Subject(MODEL, PROBLEMS)
            began = time.perf_counter()
            of = chosen.family(s, subject).scope(3, "answer")
            known = tables.columns(s, of)
            result["opening_seconds"] = round(time.perf_counter() - began, 2)
            result["memory_limit"], result["threads"] = generations.MEMORY, generations.THREADS
            result["queries"] = {
                name: measure(act, arguments.repeats) for name, act in asked(s, of, known).items()
            }
    text = json.dumps(result, indent=1, ensure_ascii=False)
    print(text)
    if arguments.out:
        files.publish(arguments.out, f"{text}\n".encode())


if __name__ == "__main__":
    main()
