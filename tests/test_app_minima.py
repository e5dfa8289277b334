"""The view of minima: what it concludes, that it draws what it exports, and what a click does."""

from dataclasses import replace
from urllib.parse import unquote

import drawn
import minima_store
import numpy as np
import pytest
from minima_store import ODD, ONE, STARTS, TREE, TWO

import store
from app.components.said import Picked
from app.minima import (
    alike,
    answer_panel,
    card_panel,
    lineage_panel,
    list_panel,
    path_panel,
    shares_panel,
    tree_panel,
)
from app.minima.address import FIELDS, SADDLE, image_at, pair
from app.minima.view import VIEW
from app.shared.address.fields import Unusable
from app.shared.drawing.levels import LEVEL_ORDER, Strong
from app.shared.page import outcomes
from app.shared.page.contract import Drawn, Missing


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with store.open(minima_store.make(tmp_path_factory.mktemp("minima") / "store")) as s:
        yield s


def panel(opened, id_, **fields):
    return drawn.drawn(opened, "minima", id_, **fields)


def at(level):
    return LEVEL_ORDER.index(level)


def said(found, level):
    """The sentence of a level as a reader reads it."""
    parts = [line[at(level)] for line in found.body.lines]
    return " ".join("".join(p.b if isinstance(p, Strong) else p for p in line) for line in parts)


# ----- the sentence


def test_the_sentence_says_how_many_minima_and_how_sure_that_is(opened):
    two = said(panel(opened, "answer", problem=TWO), 0)
    assert "two minima. T at E 87.44; minimum 1 at 186.50, outside the box" in two
    assert "at most 5\xa0% of each kind of start (95\xa0%); Good–Turing 0\xa0%" in two
    assert "59 of 59 noise starts end in minimum 1. 59 of 59 noised truth starts end in T." in two
    one = said(panel(opened, "answer", problem=ONE), 5)
    assert "one minimum. All 177 starts (59 of each of 3 kinds) end there, 0.1 rms" in one
    lower = said(panel(opened, "answer", problem=TREE), 0)
    assert "Minimum 1 lies 1 below T (wrong)" in lower


def test_the_sentence_of_a_problem_without_a_truth_calls_no_basin_the_truths(opened):
    odd = panel(opened, "answer", problem=ODD)
    assert "from the truth" not in said(odd, 0)
    assert "no start converged. 5 starts diverged" in said(odd, minima_store.DIVERGED)


def test_without_a_truth_distances_are_those_to_the_answer(opened):
    found = panel(opened, "lineage", problem=ODD)
    assert "distance to ŷ₀" in found.body.layout["yaxis"]["title"]["text"]
    assert "best_predictor" not in found.numbers
    scene = drawn.page(opened, "minima", problem=ODD).scene
    last = scene.read("descent", ODD)["answer"].sel(level=0).values
    away = ((0.1 - last) ** 2).mean()
    np.testing.assert_allclose(found.numbers["drawn"].sel(level=0, basin=0), away, rtol=1e-6)
    assert panel(opened, "list", problem=ODD).body.rows[0].label[at(0)] == "S"
    card = panel(opened, "card", problem=ODD)
    heads = [a["text"] for a in card.body.layouts[at(0)]["annotations"]]
    assert heads[1].startswith("answer ŷₜ")


@pytest.mark.parametrize(
    ("share", "text"), [(0.0495, "5"), (0.0503, "5.1"), (0.05, "5"), (1, "100")]
)
def test_a_bound_is_never_rounded_down(share, text):
    assert answer_panel.at_most(share) == f"{text}\xa0%"


# ----- who falls where


def test_shares_are_the_counts_with_exact_intervals(opened):
    found = panel(opened, "shares", problem=TWO)
    bars = [t for t in found.body.levels[at(0)] if t["type"] == "bar"]
    noise = {t["customdata"][0][0]: t["x"][0] for t in bars if t["customdata"] != ["all"]}
    assert noise[1] == 100  # of the noise starts, the first row
    for trace in bars:
        assert all(0 < x <= 100 for x in trace["x"])
    total = sum(float(x) for t in bars for x in t["x"])
    assert total == pytest.approx(100 * 6)  # five kinds and all drawn together
    here = found.numbers.sel(level=0, start_kind="noised_truth")
    assert float(here["share"]) == 1
    assert float(here["share_low"]) == pytest.approx(0.025 ** (1 / STARTS))  # Clopper and Pearson
    assert "5\xa0%" in found.body.layouts[at(0)]["annotations"][1]["text"]


def test_starts_that_end_nowhere_are_grey_and_counted(opened):
    found = panel(opened, "shares", problem=ODD)
    (bar,) = [t for t in found.body.levels[at(minima_store.DIVERGED)] if t["type"] == "bar"]
    assert set(np.ravel([c[0] for c in bar["customdata"]])) == {-1}
    assert "1 of 59 diverged" in bar["hovertext"][0]


# ----- from level to level


def test_lines_follow_a_basin_and_are_dashed_where_it_goes_one_way(opened):
    scene = drawn.page(opened, "minima", problem=TWO).scene
    links = lineage_panel.links(scene.found(TWO))
    both = {(a, b) for link in links if link.both for a, b in [(link.start, link.end)]}
    assert both == {((t, 0), (t - 1, 0)) for t in range(1, 10)} | {((2, 1), (1, 1)),
                                                                   ((1, 1), (0, 1))}  # fmt: skip
    assert [(link.start, link.end) for link in links if not link.both] == [((3, 0), (2, 1))]
    found = panel(opened, "lineage", problem=TWO, kind="noise")
    assert found.note == "minimum 1 exists at t = 2, 1, 0"
    assert panel(opened, "lineage", problem=ONE).note == (
        "T is followed from t = 9 to 0 without a branch"
    )
    share = found.numbers["share"].sel(level=0)
    assert share.values.tolist() == [0, 1]
    assert [layout["shapes"][0]["x0"] for layout in found.body.layouts] == [
        t - 0.5 for t in LEVEL_ORDER
    ]


def test_of_too_many_minima_those_that_matter_are_drawn_and_the_others_counted(opened, monkeypatch):
    monkeypatch.setattr(lineage_panel, "MOST", 2)
    found = panel(opened, "lineage", problem=TREE)
    marks = [c for t in found.body.shared for c in t.get("customdata", ()) if len(c) == 2]
    assert sorted(b for t, b in marks if t == 0) == [0, 3]  # the truth's, and where noise falls
    assert found.body.layouts[at(0)]["annotations"][0]["text"] == "+ 2"


def test_marks_that_would_hide_one_another_stand_side_by_side(opened):
    found = panel(opened, "lineage", problem=TREE)
    others = next(t for t in found.body.shared if t.get("name") == "other minimum")
    assert len(set(others["x"])) == 3
    assert all(abs(x) < 0.5 for x in others["x"])


# ----- how they hang together


def test_two_minima_are_a_ladder_with_both_barriers(opened):
    found = panel(opened, "tree", problem=TWO)
    texts = [a["text"] for a in found.body.layouts[at(0)]["annotations"]]
    assert {"173.00", "73.94"} <= set(texts)
    (knot,) = [t for t in found.body.levels[at(0)] if t.get("name") == "saddle"]
    assert knot["y"] == [260.44]
    above = panel(opened, "tree", problem=TWO, energy="above")
    (knot,) = [t for t in above.body.levels[at(0)] if t.get("name") == "saddle"]
    assert knot["y"] == pytest.approx([173.0])


def test_one_minimum_is_drawn_along_two_directions_with_its_parabolas(opened):
    found = panel(opened, "tree", problem=ONE, energy="above")
    assert found.caption.startswith("One minimum: energy along its softest and stiffest")
    *lines, leaf = found.body.levels[at(3)]
    assert leaf["customdata"] == [[0]]
    for (line, dashed), curvature in zip((lines[:2], lines[2:]), (1.0, 3.0), strict=True):
        s = np.asarray(line["x"], float)
        parabola = minima_store.N**2 * curvature * s**2 / 2
        np.testing.assert_allclose(line["y"], parabola + s**3, atol=1e-6)
        assert dashed["line"]["dash"] == "dash"
        assert "dash" not in line["line"]
    assert found.asks == ()
    exported = found.numbers["line_energy"].sel(level=3, basin=0, end="top", offset=1.0)
    assert float(exported) == pytest.approx(4 + 1.5 * minima_store.N**2 + 1)


def test_a_tree_joins_at_the_lowest_saddles_and_leaves_an_island_apart(opened):
    found = panel(opened, "tree", problem=TREE)
    traces = found.body.levels[at(0)]
    (knots,) = [t for t in traces if t.get("name") == "saddle"]
    assert knots["y"] == [4.0, 6.0]
    assert knots["customdata"] == [["pair", 0, 1], ["pair", 1, 2]]
    dashed = [t for t in traces if t.get("line", {}).get("dash") == "dash"]
    assert len([x for x in dashed[0]["x"] if x is None]) == 2  # two trees that nothing joins
    assert found.note[at(0)] == "3 of 6 pairs connected · 3 saddles · 3 open"
    assert found.note[at(5)] == "one minimum, T: no tree"


def test_without_paths_minima_hang_apart_and_the_note_says_so(tmp_path):
    fake = minima_store.Fake(tmp_path / "store", count=4)
    fake.ask("minima", minima_store.minima(), {"starts": STARTS})
    with store.open(fake.write_run("minima")) as s:
        found = panel(s, "tree", problem=TREE)
        assert found.note[at(0)] == "paths have not been computed"
        assert not [t for t in found.body.levels[at(0)] if t.get("name") == "saddle"]
        page = drawn.page(s, "minima", problem=TWO)
        asks = drawn.outcome(page, "path").compute
        assert asks.inputs == {"minima": page.scene.question("minima").key}
        one = drawn.outcome(drawn.page(s, "minima", problem=ONE), "path")
        assert one.compute is None
        two = panel(s, "tree", problem=TWO).body.layouts[at(0)]["annotations"]
        assert "not connected" in two[0]["text"]
        parabola = panel(s, "tree", problem=ONE)
        assert {t["line"]["dash"] for t in parabola.body.levels[at(0)][:-1]} == {"dash"}
        assert "predicts" in parabola.caption
        (asks,) = parabola.asks
        assert (asks.analysis, dict(asks.inputs)) == (
            "minima_profiles", {"minima": page.scene.question("minima").key}
        )  # fmt: skip
        for id_ in ("lineage", "card", "list"):  # no problem's truth and no predictor in the store
            found = panel(s, id_, problem=TWO)
            assert found.numbers.data_vars
            known = {one.question.analysis for one in found.questions}
            assert known <= {"minima", "descent"}


# ----- the way between two


def test_a_path_has_its_images_its_saddle_and_both_barriers(opened):
    found = panel(opened, "path", problem=TWO)
    traces = {t.get("name"): t for t in found.body.levels[at(0)]}
    assert traces["saddle"]["y"] == pytest.approx([260.44])
    assert traces["image"]["mode"] == "markers"  # nothing is drawn between images
    here = found.numbers.sel(level=0)
    np.testing.assert_array_equal(traces["image"]["y"], here["path_energy"])
    np.testing.assert_array_equal(traces["straight line"]["y"], here["path_straight"])
    np.testing.assert_array_equal(traces["λ₁"]["y"], here["curvature_1"])
    texts = [a["text"] for a in found.body.layouts[at(0)]["annotations"]]
    assert {"260.44", "173.00", "73.94"} <= set(texts)
    assert found.note[at(0)] == (
        "T–1 · residual 8 %, 5 images · highest image 1.5 below the saddle"
    )
    assert (float(here["barrier"]), float(here["barrier_back"])) == pytest.approx((173.0, 73.94))
    assert found.note[at(5)] == "one minimum: no path"
    back = panel(opened, "path", problem=TWO, pair=(1, 0)).numbers.sel(level=0)
    assert float(back["barrier"]) == pytest.approx(73.94)
    above = panel(opened, "path", problem=TWO, energy="above").body.levels[at(0)]
    assert next(t for t in above if t.get("name") == "saddle")["y"] == pytest.approx([173.0])


def test_a_pair_without_a_path_says_why(opened):
    words = panel(opened, "path", problem=TREE, pair=(0, 3)).body.layouts[at(0)]["annotations"]
    assert words[0]["text"] == "tried, and no path found; Connect tries again"
    gone = panel(opened, "path", problem=TWO, pair=(1, 2))
    assert gone.note[at(0)] == "minimum 2 does not exist at t = 0"
    page = drawn.page(opened, "minima", problem=TREE)
    options = path_panel.options(page.scene, page.address)
    assert list(options) == [(), (0, 1), (0, 2), (1, 2)]
    assert path_panel.several(page.scene, page.address)
    assert isinstance(drawn.outcome(drawn.page(opened, "minima", problem=ONE), "path"), Drawn)


# ----- one minimum, and all as rows


def test_the_card_shows_the_chosen_minimum_beside_the_truth(opened):
    found = panel(opened, "card", problem=TWO, minimum=1)
    here = found.numbers.sel(level=0)
    np.testing.assert_allclose(here["difference"], here["point"] - here["beside"])
    maps = [t for t in found.body.levels[at(0)] if t["type"] == "heatmap"]
    np.testing.assert_array_equal(maps[0]["z"], here["point"].values.astype("f4"))
    words = found.body.layouts[at(0)]["annotations"][3]["text"]
    assert "E 186.5 (+99.06 from T)" in words
    assert "41 entries outside the box" in words
    nowhere = found.body.layouts[at(9)]["annotations"][0]["text"]
    assert nowhere == "Minimum 1 does not exist at t = 9"
    beyond = panel(opened, "card", problem=TWO, minimum=99)
    assert "does not exist" in beyond.body.layouts[at(0)]["annotations"][0]["text"]
    assert not np.isfinite(beyond.numbers["point"]).any()


def test_the_card_shows_the_saddle_of_the_path_that_was_clicked(opened):
    found = panel(opened, "card", problem=TWO, minimum=SADDLE)
    assert found.note[at(0)] == "saddle · joins T and minimum 1"
    assert found.note[at(9)] == "saddle · none at this level"
    here = found.numbers.sel(level=0)
    assert float(here["energy"]) == 260.44
    assert float(here["eigenvalue_spectrum"][0]) == pytest.approx(-3.23, abs=1e-6)
    np.testing.assert_array_equal(here["difference"], here["point"] - here["beside"])
    words = found.body.layouts[at(0)]["annotations"][3]["text"]
    assert "173.00 above T<br>73.94 above minimum 1" in words
    assert not np.isfinite(found.numbers["point"].sel(level=9)).any()
    by_way = panel(opened, "card", problem=TREE, minimum=SADDLE, pair=(0, 2))
    assert float(by_way.numbers["energy"].sel(level=0)) == 6.0  # the highest on the way by 1


def test_an_answer_that_is_no_matrix_is_drawn_as_bars(tmp_path):
    fake = minima_store.Fake(tmp_path / "store", count=4, card={"entries": 3})
    fake.ask("minima", minima_store.minima(), {"starts": STARTS})
    with store.open(fake.write_run("minima")) as s:
        found = panel(s, "card", problem=TWO, minimum=1)
        mine, beside, away = found.body.levels[at(0)][:3]
        assert {trace["type"] for trace in (mine, beside, away)} == {"bar"}
        np.testing.assert_allclose(mine["y"], [0.2] * 3)
        assert (mine["x"], mine["xaxis"], away["xaxis"]) == ([1, 2, 3], "x", "x3")
        assert "scaleanchor" not in found.body.layout["yaxis"]
        low, high = found.body.layout["yaxis"]["range"]
        assert low <= min(beside["y"]) <= max(beside["y"]) <= high


def test_the_card_shows_the_unstable_direction_of_a_saddle(opened):
    found = panel(opened, "card", problem=TWO, minimum=SADDLE)
    drawn_matrix = found.body.levels[at(0)][2]
    assert drawn_matrix["name"] == "unstable direction"
    direction = found.numbers["direction"].sel(level=0)
    np.testing.assert_allclose(drawn_matrix["z"], direction)
    np.testing.assert_allclose(direction, 1 / minima_store.N)
    assert "direction in which it falls" in found.caption


def test_the_card_shows_an_image_of_the_path_from_either_end(opened):
    there, back = (
        panel(opened, "card", problem=TWO, minimum=image_at(k), pair=pair_)
        for k, pair_ in ((1, (0, 1)), (minima_store.IMAGES - 2, (1, 0)))
    )
    assert there.note[at(0)] == "image 1 of T–1"
    assert there.note[at(9)] == "image 1 · none at this level"
    here = there.numbers.sel(level=0)
    np.testing.assert_allclose(here["point"], 0.125, rtol=1e-6)  # from .1 to .2 in four steps
    np.testing.assert_allclose(here["point"], back.numbers["point"].sel(level=0))
    assert float(here["energy"]) == pytest.approx((87.44 + 258.94) / 2)
    np.testing.assert_allclose(here["curvature"], [0.25, 1])
    words = there.body.layouts[at(0)]["annotations"][3]["text"]
    assert "on the string, no stationary point" in words
    beyond = panel(opened, "card", problem=TWO, minimum=image_at(99))
    assert beyond.note[at(0)] == "image 99 · none at this level"


def test_a_box_that_is_narrower_than_the_noise_is_called_degenerate(opened):
    smooth = said(panel(opened, "answer", problem=ONE), 9)
    assert "The box is ±0.0098 in the frame of this level: degenerate." in smooth
    assert "degenerate" not in said(panel(opened, "answer", problem=ONE), 8)


def test_rows_say_in_words_what_stands_out(opened):
    rows = panel(opened, "list", problem=TREE, minimum=1).body.rows
    assert [row.label[at(0)] for row in rows] == ["1", "T", "2", "3"]  # lowest first
    assert [row.label[at(3)] for row in rows] == ["T", "", "", ""]
    assert [row.chosen[at(0)] for row in rows] == [True, False, False, False]
    assert [row.chosen[at(3)] for row in rows] == [False] * 4
    assert [row.id[at(0)] for row in rows] == [1, 0, 2, 3]
    assert [row.name[at(3)] for row in rows] == ["basin 0", "", "", ""]
    assert rows[1].cells[-2][at(0)] == "sampler's answer"
    assert rows[0].cells[-2][at(0)] == "lower"
    assert rows[0].cells[1][at(0)] == "−1.00"
    outside = panel(opened, "list", problem=TWO).body.rows[1].cells[-2][at(0)]
    assert outside == "outside the box"


def test_a_matrix_is_known_again_in_another_order_of_rows_and_columns(opened):
    rng = np.random.default_rng(0)
    matrix, order = rng.normal(size=(6, 6)), rng.permutation(6)
    moved = matrix[np.ix_(order, order)] + 1e-5 * rng.normal(size=(6, 6))
    np.testing.assert_array_equal(alike.reordered(matrix, moved, 1e-3), order)
    assert alike.reordered(matrix, moved, 1e-7) is None
    assert alike.reordered(matrix, matrix[order], 1e-3) is None  # rows alone
    assert alike.reordered(matrix, rng.normal(size=(6, 6)), 1e-3) is None
    found = drawn.page(opened, "minima", problem=TREE).scene.found(TREE)
    points = found["point"].copy()
    here = points.shape[-1]
    points[0, 1] = rng.normal(size=(here, here))
    turn = np.arange(here)[::-1]
    points[0, 3] = points[0, 1][np.ix_(turn, turn)]
    minima = found.minima.assign(point=(found.minima["point"].dims, points))
    twins = alike.alike(replace(found, minima=minima), 0)
    assert twins == {0: [], 1: [3], 2: [], 3: [1]}
    assert list_panel.flags(found, 0, 3, twins[3]) == "same as 1 up to PAPᵀ"


# ----- addresses and clicks


def test_a_chosen_point_is_a_basin_or_the_saddle():
    field = FIELDS["minimum"]
    for value, text in ((0, "0"), (7, "7"), (SADDLE, "saddle"), (image_at(7), "image7")):
        assert field.spell(value) == text
        assert field.parse(text) == value
    for text in ("-1", "peak", "", "image", "image-1"):
        with pytest.raises(Unusable):
            field.parse(text)


def test_a_pair_is_spelled_with_two_different_numbers():
    assert pair("0~3") == (0, 3)
    assert pair("") == ()
    for text in ("1~1", "1", "a~b", "1~2~3", "-1~2"):
        with pytest.raises(Unusable):
            pair(text)


@pytest.mark.parametrize(
    ("pick", "custom", "change"),
    [
        (list_panel.picked, (2,), {"minimum": 2}),
        (list_panel.picked, ("T",), None),
        (shares_panel.picked, (1, "noise"), {"kind": "noise", "minimum": 1}),
        (shares_panel.picked, (-1, "box"), {"kind": "box"}),
        (shares_panel.picked, (1, "nothing"), None),
        (lineage_panel.picked, (3, 1), {"minimum": 1}),
        (lineage_panel.picked, (12, 1), None),
        (tree_panel.picked, (3,), {"minimum": 3}),
        (path_panel.picked, (3,), {"minimum": 3}),
        (path_panel.picked, ("saddle", 0, 2), {"pair": (0, 2), "minimum": SADDLE}),
        (path_panel.picked, ("image", 0, 2, 7), {"pair": (0, 2), "minimum": image_at(7)}),
        (path_panel.picked, ("image", 0, 0, 7), None),
        (path_panel.picked, ("image", 0, 2), None),
        (path_panel.picked, ("saddle", 0, "T"), None),
        (tree_panel.picked, ("pair", 0, 2), {"pair": (0, 2)}),
        (tree_panel.picked, ("pair", 0, 0), None),
        (tree_panel.picked, (), None),
    ],
)
def test_clicks_choose_what_was_clicked_and_nothing_else(pick, custom, change):
    assert pick(drawn.address("minima"), Picked(custom=custom)) == change


@pytest.mark.parametrize(("pick", "custom"), [(tree_panel.picked, (2,)), (list_panel.picked, (2,))])
def test_with_the_shift_key_a_second_minimum_is_the_other_end_of_a_path(pick, custom):
    address = drawn.address("minima", minimum=1)
    assert pick(address, Picked(custom=custom, shift=True)) == {"pair": (1, 2)}
    assert pick(address.replace(minimum=2), Picked(custom=custom, shift=True)) is None
    for point in (SADDLE, image_at(3)):
        assert pick(address.replace(minimum=point), Picked(custom=custom, shift=True)) is None


def test_all_problems_are_offered_where_there_are_several(tmp_path, opened):
    sheet = VIEW.sheet("all")
    assert sheet.shown(drawn.page(opened, "minima").scene)
    fake = minima_store.Fake(tmp_path / "store", count=1)
    fake.ask("minima", parameters={"starts": 4})
    with store.open(fake.write_run("minima")) as s:
        assert not sheet.shown(drawn.page(s, "minima").scene)


def test_a_click_on_the_last_cell_or_the_card_leads_to_a_plane_through_minima(opened):
    address = drawn.page(opened, "minima", problem=TREE, minimum=1).address
    for pick, custom, through in (
        (list_panel.picked, (3,), "2~0~3~1"),
        (list_panel.picked, (1,), "2~0~1"),
        (card_panel.picked, (), "2~0~1"),
    ):
        to = pick(address, Picked(custom=custom, x="plane", level=2))
        assert to.view == "landscape"
        assert not to.messages
        assert f"through={through}" in unquote(to.url())
        assert (to["problem"], to["level"], to["plane"]) == (TREE, 2, "minima")
    at_saddle = address.replace(minimum=SADDLE)
    assert card_panel.picked(at_saddle, Picked(level=0)) is None  # of no pair that is named
    for chosen, third in ((SADDLE, "saddle"), (image_at(3), "image3")):
        to = card_panel.picked(address.replace(minimum=chosen, pair=(0, 2)), Picked(level=0))
        assert f"through=0~0~2~{third}" in unquote(to.url())
        assert not to.messages
    to = list_panel.picked(at_saddle, Picked(custom=(2,), x="plane", level=0))
    assert "through=0~0~2" in unquote(to.url())
    rows = panel(opened, "list", problem=TREE, minimum=1).body.rows
    assert [row.cells[-1][at(0)] for row in rows] == ["T, 1 ›", "T, 1 ›", "T, 2, 1 ›", "T, 3, 1 ›"]
    assert rows[1].cells[-1][at(5)] == ""  # no such rank
    assert rows[0].cells[-1][at(5)] == ""  # one minimum alone


def test_a_problem_without_minima_says_which_have_them(opened):
    page = drawn.page(opened, "minima", problem=TWO)
    beyond = drawn.address("minima", **{**page.address.values, "problem": 77})
    for one in page.panels:
        read = {name: beyond[name] for name in one.reads}
        result = outcomes.outcome(one, page.scene, read, "light")
        assert isinstance(result, Missing), one.id
        assert "available: 0 … 3" in result.text


def test_more_starts_are_the_same_question_with_59_more(opened):
    (asks,) = panel(opened, "shares", problem=TWO).asks
    question = drawn.page(opened, "minima", problem=TWO).scene.question("minima")
    assert asks.parameters == {**question.parameters, "starts": 2 * STARTS}
    assert asks.inputs == {"descent": question.inputs["descent"]}
    shown = {n for n in question.parameters if n not in asks.hides}
    assert shown == {"starts", "seed"}


def test_the_minima_from_most_starts_are_shown_unless_a_key_says_otherwise(tmp_path):
    fake = minima_store.Fake(tmp_path / "store", count=4)
    few = fake.ask("minima", minima_store.minima(), {"starts": 4})
    many = fake.ask("minima", minima_store.minima(), {"starts": STARTS})
    with store.open(fake.write_run("minima")) as s:
        assert drawn.page(s, "minima").scene.question("minima").key == many.key
        chosen = drawn.page(s, "minima", q=few.key[:8])
        assert chosen.scene.question("minima").key == few.key
        assert chosen.address["q"] == few.key
        assert drawn.page(s, "minima", q="ffff").address.messages
        assert isinstance(drawn.outcome(chosen, "answer"), Drawn)
