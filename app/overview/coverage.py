"""What is here: how far every analysis is, one row for each model, one column for each analysis."""

import pandas as pd
import xarray as xr

from app.overview import words
from app.overview.scene import Scene
from app.shared.asks import commands, reading, series
from app.shared.asks.kept import kept
from app.shared.drawing.levels import Column, Row, Table
from app.shared.page.contract import Drawn, Fields, Panel
from ired_interp_core import registry
from store import Store, shell

MOST_ROWS = 14
"""Rows of a table that is not scrolled."""

COLUMNS = {
    "set": ("problems", "task-variant-size-seed"),
    "model": ("model", "first digits of the model's digest; a training counts with all its steps"),
    "analysis": ("analysis", ""),
    "questions": ("questions", "number of different parameters that were asked"),
    "present": ("rows present", "verified rows, summed over questions"),
    "asked": ("rows asked", "rows that the largest run of each question asked for"),
    "share": ("done [%]", "share of the rows asked that are present"),
    "failures": ("failed units", ""),
}


def panels(store: Store) -> list[Panel]:
    """The table; none where nothing was asked."""
    there = table(store)
    rows = len(there[["set", "model"]].drop_duplicates())
    height = 0 if rows <= MOST_ROWS else 464
    panel = Panel("coverage", "Content of the store", (), (), draw, words.COVERAGE, span=24,
                  height=height, kind="table")  # fmt: skip
    return [panel] if rows else []


@kept(16, copied=True)
def table(store: Store) -> pd.DataFrame:
    """Rows by problems, model and analysis, summed over questions; columns as `COLUMNS`."""
    found = reading.coverage(store)
    called = {digest: model_or_training(store, digest) for digest in found["model"].unique()}
    grouped = (
        found.assign(model=found["model"].map(called))
        .groupby(["set", "model", "analysis"], sort=False)
        .agg(
            questions=("key", "size"),
            present=("present", "sum"),
            asked=("asked", "sum"),
            failures=("failures", "sum"),
        )
        .reset_index()
    )
    order = {name: place for place, name in enumerate(registry.analyses())}
    grouped = grouped.sort_values(
        ["set", "model", "analysis"], key=lambda c: c.map(order) if c.name == "analysis" else c
    )
    grouped["analysis"] = [registry.get(name).title for name in grouped["analysis"]]
    grouped["share"] = 100.0 * grouped["present"] / grouped["asked"].clip(lower=1)
    return grouped[list(COLUMNS)]


def draw(scene: Scene, fields: Fields) -> Drawn:
    """How far every analysis of every model is."""
    store, found = scene.store, table(scene.store)
    named = {name: registry.get(name).title for name in registry.analyses()}
    there = [title for title in named.values() if title in set(found["analysis"])]
    heads = [
        *(
            Column(COLUMNS[n][0], COLUMNS[n][1], align="left", pinned=True)
            for n in ("set", "model")
        ),
        *(Column(title) for title in there),
    ]
    rows = []
    for number, ((set_, model), own) in enumerate(found.groupby(["set", "model"], sort=False)):
        cells = {
            analysis: cell(present, asked, failures)
            for analysis, present, asked, failures in own[
                ["analysis", "present", "asked", "failures"]
            ].itertuples(index=False)
        }
        rows.append(Row(set_, "", [model, *(cells.get(title, "") for title in there)], number))
    numbers = xr.Dataset(
        {
            name: ("row", found[name].to_numpy(), {"long_name": text, "units": "1"})
            for name, (text, _) in COLUMNS.items()
        }
    )
    python = (
        f"{commands.opening(store)}"
        "here = [(q.problems, q.model, q.analysis, q.rows, q.rows_asked) for q in s.questions()]\n"
    )
    cite = f"ired-interp, generation {store.generation}"
    command = shell.command(store.root, "status")
    return Drawn(Table(heads, rows), numbers, python=python, command=command, cite=cite)


def cell(present: int, asked: int, failures: int) -> str:
    """Rows that are there, with those that were asked where some are missing, and what failed."""
    said = f"{present:,}" if present == asked else f"{present:,} of {asked:,}"
    return said + (f" · {failures} failed" if failures else "")


def model_or_training(store: Store, digest: str) -> str:
    """Name a model in a table that has the steps of one training in one row.

    Args:
        store: the store.
        digest: of the model.

    Returns:
        First digits of its digest, or the training that it is a step of; weights that trainings
        share by both names.
    """
    there = series.steps_of(store, digest)
    if len(there) == 1:
        return f"training {series.name(store, there[0].series)}"
    return series.step_name(store, digest) or digest[:8]
