"""The sheet of all problems: shares with their intervals, verdicts, and what a click leads to."""

from dataclasses import replace

import drawn
import fake_store
import minima_store
import numpy as np
import pytest
import scipy.stats
from minima_store import ODD, ONE, STARTS, TREE, TWO

import store
from app.components.said import Picked
from app.minima import all_answer, all_dots_panels, all_panels, all_read
from app.minima.figures import all_dots
from app.minima.parts import Pair, Share
from app.shared.drawing.levels import Strong
from app.shared.page.contract import Drawn, Fields, Missing
from app.shared.page.look import look
from ired_interp_core.minima.names import KINDS


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with store.open(minima_store.make(tmp_path_factory.mktemp("minima") / "store")) as s:
        yield s


@pytest.fixture(scope="module")
def page(opened):
    return drawn.page(opened, "minima", sheet="all")


@pytest.fixture
def found(page):
    return all_read.everything(page.scene)


def panel(page, id_):
    one = drawn.outcome(page, id_)
    assert isinstance(one, Drawn), (id_, one)
    return one


def trace(one, name):
    return next(t for t in one.body.data if t.name == name)


# ----- numbers


def exact(hits, count):
    """Clopper–Pearson by SciPy, slowly."""
    return scipy.stats.binomtest(int(hits), int(count)).proportion_ci(method="exact")


def test_shares_are_of_the_problems_in_which_something_is_known(page, found):
    one = panel(page, "counts").numbers
    for t in range(10):
        hits = 2 if t == 0 else 3 if t <= 2 or t == minima_store.DIVERGED else 4
        count = 3 if t == minima_store.DIVERGED else 4
        at = one.sel(level=t)
        assert (int(at["problems"].sel(number_of_minima="1")), int(at["one_problems"])) == (
            hits, count,
        )  # fmt: skip
        ends = exact(hits, count)
        assert (float(at["one_low"]), float(at["one_high"])) == pytest.approx((ends.low, ends.high))
    classes = one.sel(level=0)["problems"].values.tolist()
    assert classes == [2, 1, 1, 0]
    lower = panel(page, "lower").numbers
    assert lower.sel(level=0)["lower"] == 0.25  # in TREE minimum 1 lies below T
    assert float(lower["lower"].sel(level=slice(None, 1)).sum()) == 0


@pytest.mark.parametrize(
    ("hits", "count", "verdict"),
    [
        ([80, 80], [80, 80], "holds"),
        ([32, 32], [32, 32], "undecided"),  # [0.89, 1]
        ([80, 20], [80, 32], "not"),  # one level is enough
        ([80, 0], [80, 0], "holds"),  # a level at which nothing is known says nothing
        ([0], [0], "unmeasured"),
    ],
)
def test_a_verdict_follows_from_the_intervals_of_all_levels(hits, count, verdict):
    assert Share(np.array(hits), np.array(count)).verdict() == verdict


def test_who_ends_in_the_truths_basin(page):
    one = panel(page, "who").numbers
    noise = one.sel(start_kind="noise")
    assert float(noise["ends_in_truth"].sel(level=0)) == 0.5  # all of ONE and ODD, none of others
    box = one.sel(start_kind="box", level=0)
    assert float(box["ends_in_truth"]) == 1
    assert (float(box["low"]), float(box["high"])) == pytest.approx((exact(4, 4).low, 1))
    assert int(noise["starts"].sel(level=0)) == 4 * STARTS
    grey, filled = panel(page, "who").body.data
    few = np.isfinite(np.array(grey.z, float))
    assert few[KINDS.index("sampler")].all()  # 2 of each problem are fewer than 59
    assert not few[0].any()
    assert filled.z[0][-1] == 0.5  # level 0 stands at the right


def test_a_minimum_below_the_truths_counts_though_its_point_was_not_kept(found):
    whole = found.minima.copy(deep=True)
    at = {"problem": list(whole["problem"].values).index(ONE), "level": 3}
    whole["minima"][at], whole["lowest_above_truth"][at] = 40, -86.0
    one = replace(found, minima=whole)
    gap, basin, out = one.lowest_other
    index = at["problem"], at["level"]
    assert (gap[index], basin[index], out[index]) == (-86, -1, False)
    assert one.lower.hits[3] == found.lower.hits[3] + 1
    figure = all_dots.gaps(gap, basin, out, one.problems, look("light").template)
    cross = next(t for t in figure.data if t.name == "not kept")
    assert (cross.x.round().tolist(), cross.y.tolist()) == ([3], [-86])
    assert cross.customdata[0] == [ONE, 3, 0]
    assert "minimum" not in all_dots_panels.picked_minimum(None, Picked(0, (ONE, 3, 0)))


def test_barriers_and_gaps_are_those_that_were_planted(found):
    pairs = {(p.problem, p.level, p.other): (p.climb, p.back) for p in found.verified}
    for t in range(3):
        assert pairs[TWO, t, 1] == pytest.approx((173.0, 73.94))
    assert pairs[TREE, 0, 1] == (2.0, 3.0)
    assert pairs[TREE, 0, 2] == (4.0, 3.0)
    assert [(p.problem, p.level, p.other) for p in found.open] == [(TREE, 0, 3)]
    assert len(pairs) == 5
    gap, basin, out = found.lowest_other
    assert gap[TWO, 0] == pytest.approx(99.06)
    assert (gap[TREE, 0], basin[TREE, 0]) == (-1.0, 1)
    assert out[TWO, :3].all()
    assert not out[TREE, 0]
    assert np.isnan(gap[[ONE, ODD]]).all()


def test_basins_are_born_and_end_where_they_were_planted(page):
    numbers = panel(page, "births").numbers
    assert numbers["born"].sel(level=[2, 0]).values.tolist() == [1, 3]
    assert int(numbers["born"].sum()) == 4
    assert int(numbers["ended"].sum()) == 0  # all last to t = 0
    assert "4 of 8 basins there at t = 9, 8 at t = 0" in panel(page, "births").note


def test_a_single_bad_predictor_or_few_starts_change_the_verdict(found):
    assert found.one_basin == "not"  # at t = 0 two of four have one: [7, 93] %
    sure = found.minima.copy()
    sure["minima"] = sure["minima"] * 0 + 1
    whole = replace(found, minima=sure)
    assert whole.one.verdict() == "undecided"
    few = sure.copy()
    few["starts"] = few["starts"] * 0 + 4
    assert replace(found, minima=few).one_basin == "unmeasured"
    better = found.properties.copy()
    better["baseline_mse"] = better["baseline_mse"] * 0
    assert replace(whole, properties=better).one_basin == "not"
    worse = found.properties.copy()
    worse["baseline_mse"] = worse["baseline_mse"] * 0 + 1
    assert replace(whole, properties=worse).one_basin == "undecided"
    assert replace(whole, properties=None).one_basin == "unmeasured"


def test_gradients_point_only_where_they_do_at_the_steps_too(found):
    toward = found.minima.copy()
    toward["pointing"] = toward["pointing"] * 0 + 0.8
    walk = found.descent.copy()
    walk["step_cosine_to_minimum"] = walk["step_cosine_to_minimum"] * 0 + 0.5
    both = replace(found, minima=toward, descent=walk)
    assert both.gradients_point == "undecided"  # four problems decide nothing
    walk = walk.copy(deep=True)
    walk["step_cosine_to_minimum"][:, 3] = -0.5
    assert replace(both, descent=walk).gradients_point == "not"
    assert replace(both, descent=None).gradients_point == "unmeasured"


def test_a_rank_correlation_stands_beside_shuffled_ones(page, found):
    error = np.linspace(1, 2, 4)
    many = found.descent.copy()
    many["mse_final"] = ("problem", error)
    aligned = found.minima.copy()
    aligned["asymptotic_alignment"] = ("problem", -error)
    aligned["asymptotic_other"] = ("problem", np.zeros(4))
    one = replace(found, minima=aligned, descent=many).rho
    rho, low, high, shuffled = one.rho, one.low, one.high, one.shuffled
    assert rho == -1
    assert np.isnan([low, high, shuffled]).all()  # four problems give no interval


# ----- words


def said(page):
    lines = panel(page, "all_answer").body.lines
    told = ["".join(p.b if isinstance(p, Strong) else p for p in line[0]) for line in lines]
    return [text.replace("\u00a0", " ") for text in told]


def test_the_sentence_says_shares_with_their_intervals(page):
    first, second = said(page)
    assert "At t = 0, 2 of 4 problems have one minimum (50 % [7, 93])" in first
    assert "all do at t = 3 … 9" in first
    assert "At t = 0, 1 of 4 have a lower wrong minimum (25 % [1, 81])" in first
    assert "The MSE of T at t = 0, 0.0100, is " in second
    assert "−∇E points to the minimum at the noised truth in" in second
    assert second.endswith("Over problems, one training.")
    chips = [chip.text for chip in panel(page, "all_answer").body.chips]
    assert chips[0] == "1.1 does not hold"
    assert panel(page, "all_answer").numbers.attrs["one_basin"] == "does not hold"


# ----- figures and clicks


def test_marks_are_the_numbers_that_leave(page):
    counts = panel(page, "counts")
    t = counts.numbers["level"].values
    at = np.argsort(t)
    bars = trace(counts, "1 minimum")
    shares = counts.numbers["problems"].sel(number_of_minima="1") / counts.numbers["one_problems"]
    np.testing.assert_allclose(bars.y, shares.values[at])
    barriers = panel(page, "barriers")
    verified = barriers.numbers["status"].values == 1
    np.testing.assert_array_equal(
        trace(barriers, "from T").y, barriers.numbers["climb"].values[verified]
    )
    gap = panel(page, "gap")
    drawn_ = [v for t in gap.body.data for v in np.asarray(t.y, float)]
    stored = gap.numbers["gap"].values
    np.testing.assert_allclose(sorted(drawn_), sorted(stored[np.isfinite(stored)]))


@pytest.mark.parametrize(("level", "place", "wanted"), [(0, 0, [ONE, ODD]), (0, 2, [TREE]),
                                                        (1, 1, [TWO])])  # fmt: skip
def test_a_segment_leads_to_its_problems(opened, page, level, place, wanted):
    to = all_panels.picked_count(page.address, Picked(0, (level, place, 1, 4)))
    assert (to.view, to["level"]) == ("problems", level)
    rows = drawn.drawn(opened, "problems", "table", level=level, filter=to["filter"])
    assert sorted(int(row.id) for row in rows.body.rows) == wanted


def test_a_dot_leads_to_the_lower_minima_its_path_or_its_problem(opened, page):
    to = all_panels.picked_lower(page.address, Picked(0, (0,)))
    rows = drawn.drawn(opened, "problems", "table", level=0, filter=to["filter"])
    assert [int(row.id) for row in rows.body.rows] == [TREE]
    path = all_dots_panels.picked_pair(page.address, Picked(0, (TREE, 0, 2)))
    assert path == {"sheet": "problem", "problem": TREE, "level": 0, "minimum": 2, "pair": (0, 2)}
    one = all_dots_panels.picked_minimum(page.address, Picked(0, (TWO, 1, 1)))
    assert one == {"sheet": "problem", "problem": TWO, "level": 1, "minimum": 1}
    dot = all_dots_panels.picked_problem(page.address, Picked(0, (ODD,)))
    assert dot == {"sheet": "problem", "problem": ODD, "level": 0}
    for told in ((), ("x", "y", "z"), (-1, 0, 0)):
        assert all_dots_panels.picked_pair(page.address, Picked(0, told)) is None


def test_problems_are_asked_about_the_very_minima_of_the_sheet(tmp_path):
    fake = fake_store.Fake(tmp_path / "s", count=2)
    fake.ask("minima", sizes={"basin": 2})
    most = fake.ask("minima", parameters={"starts": STARTS}, sizes={"basin": 2})
    with store.open(fake.write_run()) as s:
        there = drawn.page(s, "minima", sheet="all")
        assert there.scene.asked["minima"].key == most.key
        to = all_panels.picked_level(there.address, Picked(0, (3,)))
        assert (to["ask"], to["level"]) == ((f"minima~{most.key}",), 3)


def test_of_a_model_without_any_minimum_the_sentence_says_so(page, found, monkeypatch):
    nothing = found.minima.copy(deep=True)
    nothing["minima"][:] = 0
    for name in ("above_truth", "mse", "pointing", "pointing_truth", "asymptotic_alignment"):
        nothing[name][:] = np.nan
    nothing["fell"][:] = 0
    lost = replace(found, minima=nothing, paths=None)
    for module in (all_answer, all_panels, all_dots_panels):
        monkeypatch.setattr(module, "everything", lambda scene: lost)
    light = Fields({}, look("light"))
    told = all_answer.headline(page.scene, light).body
    assert told.lines[0][0][0] == "No start converged at any level. "
    assert [chip.state for chip in told.chips] == ["unmeasured", "unmeasured"]
    for draw in (all_panels.draw_counts, all_panels.draw_lower, all_panels.draw_who,
                 all_dots_panels.draw_pointing):  # fmt: skip
        assert isinstance(draw(page.scene, light), Drawn)
    assert isinstance(all_dots_panels.draw_align(page.scene, light), Missing)


def test_of_many_dots_some_are_drawn_and_the_medians_are_of_all():
    many = all_dots.some(10_000)
    assert len(many) == all_dots.MOST == len(set(many.tolist()))
    assert (np.diff(many) > 0).all()
    assert all_dots.some(7).tolist() == list(range(7))
    pairs = [Pair(k, 0, 1, 1.0 + k, 2.0, 1) for k in range(3001)]
    drawn_ = all_dots.barriers(pairs, [], "#000000", None)
    assert len(drawn_.data[0].x) == all_dots.MOST
    assert drawn_.data[1].y[0] == 1501.0  # of all 3,001


def test_without_a_second_minimum_there_is_no_gap_and_no_barrier(page, found, monkeypatch):
    alone = found.minima.copy(deep=True)
    alone["above_truth"][..., 1:] = np.nan
    alone["lowest_above_truth"][:] = np.minimum(0, alone["above_truth"][..., 0])
    paths = found.paths.copy(deep=True)
    paths["pair_status"][:] = 0
    lone = replace(found, minima=alone, paths=paths)
    monkeypatch.setattr(all_dots_panels, "everything", lambda scene: lone)
    for draw in (all_dots_panels.draw_gap, all_dots_panels.draw_barriers):
        assert isinstance(draw(page.scene, Fields({}, look("light"))), Missing)
