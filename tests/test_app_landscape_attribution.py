"""Attribution of one problem on Landscape: what is drawn, and when nothing is."""

import drawn
import numpy as np
import pytest
from fake_store import Fake

import store
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.page.contract import Drawn, Missing
from ired_interp_core.geometry.names import METHODS
from ired_interp_core.records import seeded

COUNT, N = 3, 4
TO_X, TO_Y = 2.0, 0.5
TOTAL = N * N * (TO_X + TO_Y)


def planted():
    """From zero complete, from the mean problem 5 % off, from noise of no answer."""
    to_x = np.full((COUNT, len(METHODS), 1, N, N), TO_X)
    to_y = np.full((COUNT, len(METHODS), N, N), TO_Y)
    to_x[:, 2], to_y[:, 2] = np.nan, np.nan
    gaps = np.full((COUNT, len(METHODS)), np.nan)
    gaps[:, :2] = 1e-3, 0.05
    return {
        "attribution_x": to_x, "attribution_y": to_y, "energy_gaps": gaps,
        "energy_change": np.full((COUNT, len(METHODS)), TOTAL),
        "error_attribution": np.full((COUNT, 1, N, N), -0.1),
        "error_change": np.full(COUNT, -1.6), "error_gap": np.full(COUNT, 1e-9),
        "error_true_gap": np.full(COUNT, 0.3),
    }  # fmt: skip


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    fake = Fake(tmp_path_factory.mktemp("attribution") / "store", count=COUNT)
    fake.ask("problem_properties", {"x": seeded("x").normal(size=(COUNT, 1, N, N))})
    fake.ask("descent")
    fake.ask("attribution", planted())
    fake.ask("attribution", planted(), {"level": 6})
    with store.open(fake.write_run()) as s:
        yield s


def shown(s, approach, **fields):
    return drawn.outcome(drawn.page(s, "landscape", attribution=approach, **fields), "attribution")


def at(found, t):
    return found.note[LEVEL_ORDER.index(t)].replace("\u00a0", " ")


def test_every_attribution_stands_at_its_level_beside_what_it_adds_up_to(opened):
    found = shown(opened, "zero")
    assert isinstance(found, Drawn)
    there = np.isfinite(found.numbers["attribution_x"]).all(("part", "row", "column"))
    assert [t for t, one in zip(LEVEL_ORDER, there.values, strict=True) if one] == [6, 0]
    np.testing.assert_allclose(found.numbers["sum"].sel(level=[6, 0]), TOTAL)
    assert at(found, 6) == "t = 6 · from zero · sum 40, E − E(0) 40 (gap 0.1 %)"
    assert at(found, 3) == "t = 3 · from zero · not computed at this level"
    levels = found.body.levels[LEVEL_ORDER.index(0)]
    assert [len(found.body.shared), len(levels)] == [2, 2]
    assert levels[0]["zmax"] == -levels[0]["zmin"] == TO_X
    heads = found.body.layouts[LEVEL_ORDER.index(0)]["annotations"]
    assert [h["text"] for h in heads][1::2] == ["attribution ±2", "attribution ±0.5"]
    (asks,) = found.asks
    assert (asks.analysis, asks.follows, set(asks.inputs)) == ("attribution", "level", {"descent"})


def test_what_misses_its_change_is_not_shown_of_one_problem(opened):
    found = shown(opened, "mean")
    assert not np.isfinite(found.numbers["attribution_x"]).any()
    assert at(found, 0) == "t = 0 · from the mean problem · gap 5 %: not shown for one problem"
    assert at(shown(opened, "noise"), 0).endswith("the answer diverged")
    assert at(shown(opened, "smooth"), 0).endswith("adds up to nothing")


def test_the_error_is_attributed_at_all_levels_to_x_alone(opened):
    found = shown(opened, "error")
    assert "attribution_y" not in found.numbers
    np.testing.assert_allclose(found.numbers["attribution_x"], -0.1, rtol=1e-6)
    assert "MSE − MSE(baseline) −1.6" in at(found, 7)
    assert "real walks 30 %" in at(found, 7)
    assert len({source.question.key for source in found.questions}) == 2


def test_matrices_give_way_to_the_attribution_and_come_back(opened):
    for approach, expected in (("zero", "attribution"), ("", "matrices")):
        ids = [one.id for one in drawn.page(opened, "landscape", attribution=approach).panels]
        assert expected in ids
        assert len({"attribution", "matrices"} & set(ids)) == 1


def test_what_is_missing_can_be_asked(tmp_path):
    fake = Fake(tmp_path / "store", count=2)
    fake.ask("problem_properties")
    fake.ask("descent")
    with store.open(fake.write_run()) as s:
        found = shown(s, "zero")
        assert isinstance(found, Missing)
        assert "has no attribution" in found.text
        assert (found.compute.follows, found.compute.free) == ("level", True)
        assert 'name = "attribution"' in found.command
