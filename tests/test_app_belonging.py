"""Nothing is shown under another model's, set's or problem's name, in any panel of any view.

A page about one subject is drawn in a store that has this subject alone, and again in a store that
has other models and other sets, too, whose numbers all differ: nothing may change.
"""

import shutil

import drawn
import fake_store
import numpy as np
import pytest
import xarray as xr

import store
from app.shared.address import address as links
from app.shared.page.contract import Drawn
from app.views import VIEWS
from ired_interp_core import registry
from ired_interp_core.records import ProblemSet

ELSEWHERE = ProblemSet("inverse", "same", 4, 1)
OTHERS = (("two", fake_store.PROBLEMS), ("one", ELSEWHERE))
COUNT = 3

MARKED = {
    "landscape": {"readout"},
    "problems": {"table", "scatter"},
    "annealing": {"energy", "spectrum", "alignment", "angles"},
    "geometry": {"energy"},
}
"""Panels of all problems: their numbers are the same, whichever of these is asked for."""

SHEETS = [(v, s.id) for v in VIEWS if v.subjects == 1 for s in v.sheets if s.subject]


def fill(root, model, problems):
    fake = fake_store.Fake(root, problems, model, count=COUNT)
    for name in registry.analyses():
        fake.ask(name)
    fake.write_run(f"{model}-{problems.seed}")


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """The subject alone, and among others."""
    alone = tmp_path_factory.mktemp("belonging") / "alone"
    fill(alone, "one", fake_store.PROBLEMS)
    among = shutil.copytree(alone, alone.with_name("among"))
    for model, problems in OTHERS:
        fill(among, model, problems)
    with store.open(alone) as one, store.open(among) as many:
        yield one, many


def shown(opened, view, sheet, problem):
    """Every panel of a sheet about the subject, at one of its problems."""
    model, problems = fake_store.model_digest("one"), links.set_name(fake_store.PROBLEMS)
    values = {"model": model, "set": problems, "sheet": sheet, "problem": problem}
    page = drawn.page(opened, view.name, **{n: v for n, v in values.items() if n in view.fields})
    return {panel.id: (panel, drawn.outcome(page, panel.id)) for panel in page.panels}


def words(outcome):
    """What a panel says, without the store it comes from."""
    return [getattr(outcome, name, "") for name in ("text", "note", "caption")]


@pytest.mark.parametrize(("view", "sheet"), SHEETS, ids=lambda v: getattr(v, "title", v))
def test_a_page_shows_its_subject_and_its_problem(view, sheet, stores):
    alone, among = (shown(opened, view, sheet, 1) for opened in stores)
    assert list(alone) == list(among)
    for id_, (_, mine) in alone.items():
        theirs = among[id_][1]
        assert words(mine) == words(theirs), id_
        if isinstance(mine, Drawn):
            xr.testing.assert_identical(mine.numbers, theirs.numbers)
        for source in getattr(theirs, "questions", ()):
            assert source.question.model in ("", fake_store.model_digest("one")), id_
            assert source.question.problems == fake_store.PROBLEMS, id_
    if "problem" in view.fields:
        other = shown(stores[1], view, sheet, 2)
        assert alike(among, other) <= MARKED.get(view.name, set())
        for panels, problem in ((among, 1), (other, 2)):
            for id_, (_, outcome) in panels.items():
                for source in getattr(outcome, "questions", ()):
                    assert problem in source.arguments.get("problems", [problem]), id_


def alike(one, two):
    """Panels that read which problem is asked for, and have the same numbers for two of them."""
    both = [(id_, panel, out, two[id_][1]) for id_, (panel, out) in one.items() if id_ in two]
    return {
        id_
        for id_, panel, first, second in both
        if "problem" in panel.reads
        and isinstance(first, Drawn)
        and isinstance(second, Drawn)
        and first.numbers.identical(second.numbers)
    }


def test_a_panel_of_all_problems_says_how_many_diverged(tmp_path):
    """No median has them; a panel of one problem says nothing of the others."""
    fake = fake_store.Fake(tmp_path / "store", count=20)
    lost = np.isin(np.arange(20), (3, 7, 18))
    error = np.where(lost[:, None], np.nan, np.full((20, 10), 0.5))
    fake.ask("descent", {"mse_final": np.where(lost, np.nan, 0.5), "mse": error})
    fake.ask("hessian_spectrum")
    with store.open(fake.write_run()) as opened:
        notes = {
            id_: drawn.drawn(opened, view, id_).note
            for view, id_ in (
                ("annealing", "error"),
                ("annealing", "rank"),
                ("landscape", "spectrum"),
            )
        }
    assert "3 of 20 diverged" in notes["error"]
    assert "median at t = 0: 0.5" in notes["error"]
    assert "3 of 20 diverged" in notes["rank"]  # spectra at points of these descents
    assert "diverged" not in str(notes["spectrum"])
