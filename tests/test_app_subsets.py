"""Any subset of the analyses is a store, with odd files as without: every sheet draws the rest."""

import os
import random
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import drawn
import fake_store
import odd_records
import pytest

import store
from app.overview import provenance
from app.shared.asks import reading
from app.shared.page import outcomes
from app.shared.page.contract import Drawn, Missing
from app.views import VIEWS
from ired_interp_core import registry

NAMES = tuple(registry.analyses())
SHEETS = [(view, sheet.id) for view in VIEWS for sheet in view.sheets]
RANDOM = int(os.environ.get("IRED_RANDOM_STORES", "2"))
"""Stores of analyses taken at random; 200 of them take half an hour."""


def above(name: str) -> set[str]:
    """What an analysis reads, directly and through others."""
    found = {kind.analysis for kind in registry.get(name).inputs.values() if kind.kind == "answer"}
    return found.union(*(above(n) for n in found))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of every analysis, in two shards where there is an answer for each problem."""
    return fake_store.everything(tmp_path_factory.mktemp("subsets") / "whole", run=odd_records.RUN)


def part(whole: Path, root: Path, names: set[str]) -> Path:
    """The files of a store of some analyses, asked by a run that asks for all."""
    left = [n for n in NAMES if n not in names]
    return shutil.copytree(whole, root, ignore=shutil.ignore_patterns("catalog*", *left))


def wrong(root: Path, **asked: Any) -> list[str]:
    """Panels that neither draw nor say what is missing, and sheets that say nothing."""
    found = []
    with store.open(root) as opened:
        first = next(iter(reading.subjects(opened)), None)
        for view, sheet in SHEETS:
            values = {"sheet": sheet} if "sheet" in view.fields else {}
            values |= {name: value for name, value in asked.items() if name in view.fields}
            if first and view.subjects:
                values |= {"model": first.model, "set": first.set}
            page = drawn.page(opened, view.name, **values)
            if isinstance(page.scene, Missing):
                found += [] if page.scene.text else [f"{view.name} {sheet} says nothing"]
                continue
            for panel in page.panels:
                result = drawn.outcome(page, panel.id)
                # The other shard may be left out: then a problem of the odd one is shown.
                other = page.address.values.get("problem") != asked.get("problem")
                lost = other and isinstance(result, outcomes.Failed) and result.command
                if not isinstance(result, Drawn | Missing) and not lost:
                    found.append(f"{view.name} {sheet} {panel.id}: {result}")
        assert all(fault.mend for fault in reading.left_out(opened))
        assert len(provenance.provenance(opened)) <= len(NAMES)
    return found


def done(kinds: Mapping[str, Callable[[Path], None]], root: Path, chance: random.Random) -> str:
    """Do one of several odd things to a store, one that its analyses allow; say which."""
    for name in chance.sample(sorted(kinds), len(kinds)):
        with suppress(FileNotFoundError):
            kinds[name](root)
            return name
    return "nothing"


@pytest.mark.parametrize("name", NAMES)
def test_an_analysis_with_what_it_reads_is_a_store(name: str, whole: Path, tmp_path: Path) -> None:
    root = part(whole, tmp_path / "store", {name} | above(name))
    store.catalog.collect(root)
    assert wrong(root) == []


@pytest.mark.parametrize("name", NAMES[:: max(1, len(NAMES) // RANDOM)])
def test_an_analysis_that_is_missing_or_alone_leaves_the_rest(
    name: str, whole: Path, tmp_path: Path
) -> None:
    """Alone: without what it reads, which was removed. Some are tried here, all where time is."""
    for names in (set(NAMES) - {name}, {name}):
        root = part(whole, tmp_path / f"store-{len(names)}", names)
        store.catalog.collect(root)
        assert wrong(root) == []


@pytest.mark.parametrize("seed", range(RANDOM))
def test_an_odd_store_of_some_analyses_is_a_store(seed: int, whole: Path, tmp_path: Path) -> None:
    """What an answer reads may be missing as well: its files lay elsewhere, or were removed.

    One record is odd, rows of the catalog are, and of every analysis the first shard; what is asked
    for is a problem of the second.
    """
    chance = random.Random(seed)
    names = {name for name in NAMES if chance.random() < 0.6}
    root = part(whole, tmp_path / "store", names)
    odd = [done(odd_records.RECORDS, root, chance)]
    store.catalog.collect(root)
    odd.append(done(odd_records.ROWS, root, chance))
    for shard in odd_records.first_shards(root):
        odd.append(chance.choice(sorted(odd_records.SHARDS)))
        odd_records.SHARDS[odd[-1]](shard)
    assert wrong(root, problem=17, example=17) == [], (sorted(names), odd)


def test_a_bad_shard_of_spectra_costs_itself(whole: Path, tmp_path: Path) -> None:
    """Panels of all problems name it; of its own problems only the spectra are gone."""
    spectra = "hessian_spectrum"
    root = part(whole, tmp_path / "store", {"problem_properties", "descent", spectra})
    store.catalog.collect(root)
    (bad, _) = odd_records.shards_of(root, spectra)
    odd_records.SHARDS["cut"](bad)
    with store.open(root) as opened:
        about = f"{spectra}/{bad.parent.name}/{bad.name}"
        assert drawn.drawn(opened, "annealing", "spectrum").note.startswith("18 "), "of the catalog"
        grouped = drawn.drawn(opened, "annealing", "spectrum", group="descent.mse_final", groups=2)
        assert about in grouped.note
        page = drawn.page(opened, "landscape", problem=3)
        assert isinstance(drawn.outcome(page, "matrices"), Drawn)
        lost = drawn.outcome(page, "spectrum")
        assert isinstance(lost, outcomes.Failed)
        assert about in lost.text
        assert "precompute run" in lost.command
        assert isinstance(
            drawn.outcome(drawn.page(opened, "landscape", problem=17), "spectrum"), Drawn
        )
