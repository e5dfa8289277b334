"""A catalog of 10⁶ problems at ten levels: filter, order and page as the app asks them."""

import statistics
import tempfile
import time
from pathlib import Path

import store
from app.shared.asks import chosen
from app.shared.asks.reading import Subject
from app.shared.table import catalog as tables
from app.shared.table import statements
from benchmarks import catalog_size
from benchmarks.measure import Row

PROBLEMS = 1_000_000
REPEATS = 20


def run() -> list[Row]:
    """The row of PERFORMANCE's table that is about the catalog: the slowest of the questions."""
    with tempfile.TemporaryDirectory(prefix="catalog-size-") as folder:
        built = catalog_size.build(Path(folder), PROBLEMS, spectra=False)
        with store.open(folder) as s:
            subject = Subject(catalog_size.MODEL, catalog_size.PROBLEMS)
            of = chosen.family(s, subject).scope(3, "answer")
            known = tables.columns(s, of)
            found = {
                name: catalog_size.measure(act, REPEATS)
                for name, act in catalog_size.asked(s, of, known).items()
                if name.startswith(("count", "page"))
            }
            some = ("problem_properties.log10_condition", "descent.mse_final", "descent.mse")
            seconds = []
            for offset in range(6):  # never the same twice: answers are kept
                asked = statements.select(of, known, some, (), "descent.mse", True, 50, offset)
                began = time.perf_counter()
                s.sql(*asked)
                seconds.append(time.perf_counter() - began)
    slowest = max(found, key=lambda name: found[name]["median_ms"])
    return [
        Row(
            target="catalog with 10⁶ problems × 10 levels: filter + page of rows",
            ours=found[slowest]["median_ms"],
            peer=1e3 * statistics.median(seconds),
            unit="ms",
            peer_name="three columns of a page in one SQL statement, joined and sorted",
            must=100,
            aim=30,
            higher_is_better=False,
            value=found[slowest]["median_ms"],
            accuracy=f"every column; the slowest of {len(found)} questions: {slowest}",
            more={"questions": found, "built": built},
        )
    ]
