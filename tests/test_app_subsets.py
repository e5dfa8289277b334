"""Any subset of the analyses is a store: every sheet says what is missing and draws the rest."""

import os
import random
import shutil
from pathlib import Path

import drawn
import fake_store
import pytest

import store
from app.shared.asks import reading
from app.shared.page.contract import Drawn, Missing
from app.views import VIEWS
from ired_interp_core import registry

NAMES = tuple(registry.analyses())
SHEETS = [(view, sheet.id) for view in VIEWS for sheet in view.sheets]
RANDOM = int(os.environ.get("IRED_RANDOM_STORES", "4"))
"""Stores of analyses taken at random; 200 of them take half an hour."""


def above(name: str) -> set[str]:
    """What an analysis reads, directly and through others."""
    found = {kind.analysis for kind in registry.get(name).inputs.values() if kind.kind == "answer"}
    return found.union(*(above(n) for n in found))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of every analysis, three problems."""
    fake = fake_store.Fake(tmp_path_factory.mktemp("subsets") / "whole", count=3)
    for name in NAMES:
        fake.ask(name)
    return fake.write_run()


def part(whole: Path, root: Path, names: set[str]) -> Path:
    """A store of some analyses, asked by a run that asks for all."""
    left = [n for n in NAMES if n not in names]
    shutil.copytree(whole, root, ignore=shutil.ignore_patterns("catalog*", *left))
    store.catalog.collect(root)
    return root


def wrong(root: Path) -> list[str]:
    """Sheets and panels of a store that neither draw nor say what is missing."""
    found = []
    with store.open(root) as opened:
        first = next(iter(reading.subjects(opened)), None)
        for view, sheet in SHEETS:
            values = {"sheet": sheet} if "sheet" in view.fields else {}
            if first and view.subjects:
                values |= {"model": first.model, "set": first.set}
            page = drawn.page(opened, view.name, **values)
            if isinstance(page.scene, Missing):
                found += [] if page.scene.text else [f"{view.name} {sheet} says nothing"]
                continue
            for panel in page.panels:
                result = drawn.outcome(page, panel.id)
                if not isinstance(result, Drawn | Missing):
                    found.append(f"{view.name} {sheet} {panel.id}: {result}")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_an_analysis_with_what_it_reads_is_a_store(name: str, whole: Path, tmp_path: Path) -> None:
    assert wrong(part(whole, tmp_path / "store", {name} | above(name))) == []


@pytest.mark.parametrize("seed", range(RANDOM))
def test_some_analyses_taken_at_random_are_a_store(seed: int, whole: Path, tmp_path: Path) -> None:
    """What an answer reads may be missing as well: its files lay elsewhere, or were removed."""
    names = {n for n in NAMES if random.Random(f"{seed} {n}").random() < 0.6}
    assert wrong(part(whole, tmp_path / "store", names)) == [], sorted(names)
