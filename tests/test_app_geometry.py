"""The view Geometry: what its panels make of planted answers, its verdicts, and its clicks."""

import drawn
import fake_store
import numpy as np
import pytest
import scipy.stats
import xarray as xr
from fake_store import Fake

import store
from app.components.said import Picked
from app.geometry import answers, links, modes, moves, over, subspaces
from app.geometry.audit_panels import picked_turn
from app.geometry.moves_panels import conditioned, picked_set
from app.geometry.scene import condition
from app.geometry.subspaces_panels import picked_k
from app.shared.asks import live
from app.shared.drawing import ranks
from app.shared.drawing.levels import LEVEL_ORDER, Strong
from app.shared.page import outcomes
from app.shared.page.contract import Drawn, Missing
from ired_interp_core.geometry.names import LENGTHS, TURNS
from ired_interp_core.records import ProblemSet, seeded
from ired_interp_core.schema import LEVELS
from store import LiveAnswers

COUNT = 12
RATIO = 2.0
"""What raising the rank costs over keeping it."""
AWAY = {"permutation": 0.03, "rotation": 0.02, "scale": 0.05}


def planted():
    """Distances that follow the energy exactly, Euclid's not at all; ratios that are known."""
    rng = seeded("planted geometry")
    far = np.linspace(0.5, 1.5, COUNT)
    level = np.ones((COUNT, LEVELS))
    excess = far[:, None, None] * np.ones((COUNT, LEVELS, 2))
    values = {
        "geodesic": far[:, None, None, None, None]
        * np.ones((COUNT, LEVELS, 2, 2, 3)) * [[3.0], [4.0]] / np.sqrt(12.5),
        "excess": excess, "euclidean": rng.permuted(excess, axis=0), "resolved": 1,
        "geodesic_random": np.array([1.0, 1.5, 2.0]),
        "geodesic_random_sd": np.array([0.1, 0.1, 0.1]),
        "path_barrier": level * (np.arange(COUNT) < 3)[:, None], "straight_barrier": 0 * level,
        "bent_share": level * 0.25,
        "arrival": np.tile([9, 8, 3, -1], (COUNT, 1)),
        "settled_order": rng.uniform(0.1, 0.3, COUNT),
        "arrival_order": rng.uniform(0.4, 0.8, COUNT),
        "arrival_order_shuffled": rng.uniform(-0.2, 0.2, COUNT),
        "predictor_order": rng.uniform(-0.2, 0.2, COUNT), "off_diagonal_share": level * 0.01,
        "beyond_line": level * 0.1,
    }  # fmt: skip
    moved = np.ones((COUNT, LEVELS, 2, 3, 5)) * rng.uniform(1, 2, (COUNT, 1, 1, 1, 1))
    moved[:, :, :, 1] *= RATIO
    moved[:, 9] *= -1
    return {**values, "move_energy": moved}


def turned():
    shape = (COUNT, LEVELS)
    spread = seeded("planted audit").uniform(0.9, 1.1, shape)
    known = {f"{turn}_distance": AWAY.get(turn, np.nan) * spread for turn in TURNS}
    return {**known, "error": 0.1 * spread, "rounding": np.full(shape, 1e-6)}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    fake = Fake(tmp_path_factory.mktemp("geometry") / "store", count=COUNT)
    values = {name: v if np.ndim(v) else (lambda rng, shape, v=v: np.full(shape, v))
              for name, v in planted().items()}  # fmt: skip
    fake.ask("geometry", values)
    fake.ask("symmetry", turned())
    with store.open(fake.write_run()) as s:
        yield s


def panel(opened, sheet, id_, **fields):
    found = drawn.outcome(drawn.page(opened, "geometry", sheet=sheet, **fields), id_)
    assert isinstance(found, Drawn), found
    return found


def said(found, line, t):
    levels = found.body.lines[line]
    parts = levels[LEVEL_ORDER.index(t)] if len(levels) > 1 else levels[0]
    return "".join(p.b if isinstance(p, Strong) else p for p in parts).replace("\u00a0", " ")


# ----- numbers


def test_medians_and_correlations_are_those_of_slow_twins():
    values = seeded("medians").normal(size=(20, 3))
    values[3, 0] = np.nan
    found = over.middle(values)
    for k, column in enumerate(values.T):
        assert found.value[k] == pytest.approx(np.nanmedian(column))
        assert found.low[k] < found.value[k] < found.high[k]
    x, y, z = values[:, 1].round(1), values[:, 2].round(1), values[:, 1] + values[:, 2]
    spearman = [scipy.stats.spearmanr(one, z).statistic for one in (x, y)]
    assert ranks.correlation(x, z).rho == pytest.approx(spearman[0])
    apart, low, high = over.more_than(x, y, z)
    assert apart == pytest.approx(spearman[0] - spearman[1])
    assert low < apart < high
    assert over.more_than(x, x, z)[0] == 0
    assert np.isnan(over.more_than(x, np.ones(20), z)).all()
    assert np.isnan(ranks.correlation(x[:2], z[:2]).rho)


def test_what_shuffled_pairs_stay_below_is_what_theory_says():
    values = seeded("shuffled").normal(size=(200, 2))
    assert ranks.correlation(*values.T).shuffled == pytest.approx(1.96 / np.sqrt(199), rel=0.15)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [([0.1, 0.2], [1, 1], "holds"), ([-1, 0.1], [0, 1], "not"), ([-1, 1], [1, 2], "undecided"),
     ([np.nan], [np.nan], "unmeasured"), ([np.nan, 1], [np.nan, 2], "holds")],
)  # fmt: skip
def test_a_verdict_follows_from_the_intervals(low, high, verdict):
    assert over.verdict(np.array(low, float), np.array(high, float), 0.0).word == verdict


def test_levels_are_named_where_others_decide_otherwise():
    low, high = np.array([0.1, -1, -1, -1, np.nan]), np.array([1, 0, -0.5, 0, np.nan])
    found = over.verdict(low, high, 0.0)
    assert answers.told(found) == "does not hold at t = 1 … 3"
    assert answers.told(over.verdict(low[1:], high[1:], 0.0)) == "does not hold"
    assert over.all_of(found, over.Verdict("not")) == over.Verdict("not")
    assert over.all_of(over.Verdict("holds"), over.Verdict("undecided")).word == "undecided"


def test_a_verdict_needs_a_difference_to_its_control_that_is_clear_of_0():
    holds = over.Verdict("holds")
    nothing = np.zeros(3)
    assert over.clear(holds, nothing + 0.1, nothing + 1) == holds
    for low, high in ((nothing, nothing), (nothing - 1, nothing + 1), (nothing * np.nan,) * 2):
        assert over.clear(holds, low, high).word == "undecided"
    assert over.clear(over.Verdict("not"), nothing, nothing).word == "not"


def test_the_effective_rank_of_equal_singular_values_is_their_number():
    values = np.array([[2.0, 2, 2, 0], [1, 0, 0, 0]])
    np.testing.assert_allclose(modes.effective_rank(values), [3, 1])


# ----- subspaces


def test_a_distance_is_the_root_mean_square_of_both_sides(opened):
    found = panel(opened, "subspaces", "distance", k=2)
    np.testing.assert_allclose(found.numbers["distance"], 1.0)  # √((3² + 4²)/2)/√12.5 = 1
    assert float(found.numbers["random"][0]) == pytest.approx(1.5)
    line = next(t for t in found.body.shared if t.get("name") == "answer")
    np.testing.assert_allclose(line["y"], found.numbers["distance"], rtol=1e-6)


def test_the_sentence_compares_both_distances_beside_shuffled_pairs(opened):
    found = panel(opened, "subspaces", "subspaces_answer", k=2)
    assert "energy excess and geodesic distance, Spearman 1.00 [1.00, 1.00]" in said(found, 0, 4)
    assert "(shuffled within ±0." in said(found, 0, 4)
    assert "random subspaces 1.5" in said(found, 1, 4)
    assert found.body.chips[1].text == "4.4 holds"


def test_a_space_without_a_gap_is_hollow_and_said(tmp_path):
    fake = Fake(tmp_path / "store", count=7)
    fake.ask("geometry", {"resolved": lambda rng, shape: np.zeros(shape)})
    with store.open(fake.write_run()) as s:
        found = panel(s, "subspaces", "distance")
        marks = next(t for t in found.body.shared if t.get("name") == "answer")["marker"]
        assert set(marks["symbol"]) == {"circle-open"}
        assert "not determined at 10 levels" in found.note
        text = said(panel(s, "subspaces", "subspaces_answer"), 1, 0)
        assert "not determined in most problems" in text


def test_a_share_of_ways_with_one_valley_has_its_exact_interval(opened):
    found = panel(opened, "subspaces", "path")
    ends = scipy.stats.binomtest(COUNT - 3, COUNT).proportion_ci(method="exact")
    at = found.numbers.sel(level=4)
    assert float(at["path_barrier_unimodal"]) == pytest.approx((COUNT - 3) / COUNT)
    assert (float(at["path_barrier_low"]), float(at["path_barrier_high"])) == pytest.approx(
        (ends.low, ends.high)
    )


# ----- moves, modes, symmetry


def test_the_cost_of_leaving_is_paired_and_has_no_ratio_where_keeping_is_free(opened):
    found = panel(opened, "moves", "pairs")
    ratio = found.numbers["ratio"]
    np.testing.assert_allclose(ratio.sel(level=list(range(9))), RATIO)
    assert np.isnan(ratio.sel(level=9))
    assert found.note[0] == "no ratio: keeping costs no energy"
    answer = panel(opened, "moves", "moves_answer")
    chips = [chip.text for chip in answer.body.chips]
    assert chips[2] == "4.6 holds"
    assert chips[3] == "1.4 not measured"  # κ of this set is not prescribed
    assert "costs 2.00 [2.00, 2.00] times as much" in said(answer, 0, 3)
    assert "25 % [5.49, 57.2] are not convex" in said(answer, 1, 3)


def test_leaving_that_costs_no_more_than_a_random_move_is_not_punished():
    values = planted()["move_energy"]
    ends = [np.linspace(0.9, 1.1, COUNT)] * LEVELS
    dims = ("problem", "level", "manifold", "move", "length")

    def verdict(random):
        moved = np.abs(values)
        moved[:, :, :, 2] = random * moved[:, :, :, 1] * np.array(ends).T[:, :, None, None]
        found = xr.Dataset({"move_energy": (dims, moved)})
        return moves.Moves(found, "rank", LENGTHS[0]).leaving_costs.word

    assert [verdict(random) for random in (0.5, 1.0)] == ["holds", "undecided"]


def test_distances_of_random_spaces_do_not_differ_from_euclids_in_a_telling_way():
    rng = np.random.default_rng(3)
    count = 64
    shape = (count, LEVELS, 1, 2, 1)

    def verdict(distance):
        found = xr.Dataset(
            {
                "geodesic": (("problem", "level", "place", "factor", "dimension"),
                             distance * rng.uniform(0.9, 1.1, shape)),
                "euclidean": (("problem", "level", "place"), rng.uniform(size=shape[:3])),
                "geodesic_random": ("dimension", [2.89]),
                "geodesic_random_sd": ("dimension", [0.1]),
            },
            {"place": ["answer"], "dimension": [1], "problem": np.arange(count)},
        )  # fmt: skip
        return subspaces.Subspaces(found, "answer", "geodesic", 1).differs.word

    assert [verdict(distance) for distance in (1.0, 2.89)] == ["holds", "undecided"]


def test_convexity_is_decided_where_the_condition_number_is_ten(tmp_path):
    fake = Fake(tmp_path / "store", ProblemSet("inverse", "condition10", 4, 0), count=7)
    fake.ask("geometry", {"bent_share": lambda rng, shape: rng.uniform(0.2, 0.3, shape)})
    with store.open(fake.write_run()) as s:
        assert panel(s, "moves", "moves_answer").body.chips[3].text == "1.4 does not hold"


def test_sets_of_several_condition_numbers_give_a_slope_beside_shuffled_ones(tmp_path):
    shares = {10: 0.02, 1000: 0.4}
    for kappa, share in shares.items():
        fake = Fake(tmp_path / "store", ProblemSet("inverse", f"condition{kappa}", 4, 0), count=8)
        around = seeded("bent", kappa).uniform(0.9, 1.1, (8, LEVELS))
        fake.ask("geometry", {"bent_share": share * around})
        fake.write_run(f"at-{kappa}")
    with store.open(tmp_path / "store") as s:
        page = drawn.page(s, "geometry", sheet="moves", set="inverse-condition10-4-0")
        found = drawn.outcome(page, "convex")
        at = found.numbers.sel(level=3)
        np.testing.assert_allclose(at["condition"], [10, 1000])
        values = np.concatenate([one.bent[:, 3] for one in conditioned(page.scene)])
        twin = np.polyfit(np.repeat([1, 3], 8), values, 1)[0]
        assert float(at["slope_value"]) == pytest.approx(twin)
        assert at["slope_low"] < twin < at["slope_high"]
        assert float(at["slope_shuffled"]) < 0.7 * twin
        to = picked_set(page.address, Picked(0, tuple(found.body.levels[0][0]["customdata"][1])))
        assert to["set"] == "inverse-condition1000-4-0"


@pytest.mark.parametrize(
    ("variant", "kappa"),
    [("condition10", 10), ("toeplitz", None), ("same", None), ("harder", None)],
)
def test_only_sets_of_one_condition_number_have_one(variant, kappa):
    assert condition(ProblemSet("inverse", variant, 4, 0)) == kappa


def test_a_line_explains_no_more_than_chance(opened):
    found = panel(opened, "modes", "modes_answer")
    told = {chip.text for chip in found.body.chips}
    assert "S2 holds" in told
    assert "4.7 does not hold" in told  # R² 0.1; a random column explains 1/(4 − 2)
    assert float(found.numbers["beyond_line_chance"]) == 0.5


def test_what_noise_brings_is_no_order(opened):
    answer = panel(opened, "modes", "modes_answer")
    assert "66.7 % of arrivals are at t = 9 or 8, in noise; until settled 0." in said(answer, 0, 3)
    found = drawn.page(opened, "geometry", sheet="modes").scene.read("geometry", *modes.ORDER)
    assert modes.Modes(found).coarse_to_fine.word == "holds"
    around = found.assign(settled_order=("problem", np.resize([-0.5, 0.5], COUNT)))
    assert modes.Modes(around).coarse_to_fine.word == "undecided"


def test_rows_of_the_audit_are_those_the_task_has_smallest_first(opened):
    page = drawn.page(opened, "geometry", sheet="symmetry")
    found = panel(opened, "symmetry", "audit")
    marks = found.body.levels[0][0]
    assert [row[1] for row in marks["customdata"]] == ["rotation", "permutation", "scale"]
    row = marks["customdata"][2]
    assert picked_turn(page.address, Picked(0, tuple(row))) == {"turn": "scale"}
    assert picked_turn(page.address, Picked(0, (1, "none"))) is None
    line = panel(opened, "symmetry", "by_level").body.shared[1]
    to = links.by_level("symmetry.error")(page.address, Picked(0, tuple(line["customdata"][3])))
    assert (to.view, to["level"], to["sort"]) == ("problems", 6, "symmetry.rotation_distance")
    assert "0.2, 0.3, 0.5 times it" in said(panel(opened, "symmetry", "symmetry_answer"), 1, 0)


# ----- clicks and nothing


def test_marks_lead_to_problems_landscape_and_k(opened):
    address = drawn.page(opened, "geometry", level=3).address
    to = links.by_level("geometry.distance")(address, Picked(0, (5, 0)))
    assert (to.view, to["level"], to["sort"]) == ("problems", 5, "geometry.distance")
    to = links.landscape(address, Picked(0, (7,), level=2))
    assert (to.view, to["problem"], to["level"]) == ("landscape", 7, 2)
    assert picked_k(address, Picked(0, (2, 1.5))) == {"k": 2}
    for told in ((), ("x",), (-1,)):
        assert links.landscape(address, Picked(0, told)) is None


def ask_live(root, question, problem, **values):
    answer = fake_store.answer(question, fake_store.PROBLEMS, problem, problem + 1, values)
    LiveAnswers(root).publish(question, problem, answer, fake_store.PROVENANCE)
    return answer


def test_a_live_answer_is_shown_of_its_problem_and_is_in_no_number_over_problems(
    tmp_path, monkeypatch
):
    fake = Fake(tmp_path / "store", count=7)
    asked = [fake.ask(name) for name in ("geometry", "symmetry")]
    fake.write_run()
    monkeypatch.setattr(live, "_offered", True)
    with store.open(fake.root) as s:
        for sheet, id_ in (("subspaces", "angles"), ("symmetry", "example")):
            missing = drawn.outcome(drawn.page(s, "geometry", sheet=sheet, problem=40), id_)
            assert isinstance(missing, Missing)
            assert (missing.compute.analysis, missing.compute.problem) == (
                {"angles": "geometry", "example": "symmetry"}[id_], 40,
            )  # fmt: skip
        before = panel(s, "subspaces", "distance", problem=40, k=2)
        answer = ask_live(fake.root, asked[0], 40)
        ask_live(fake.root, asked[1], 40)
        page = drawn.page(s, "geometry", sheet="subspaces", problem=40, k=2)
        shown = drawn.outcome(page, "angles")
        assert isinstance(shown, Drawn), shown
        own = answer["principal_angle"].isel(problem=0).sel(place="answer", dimension=2)
        np.testing.assert_array_equal(
            shown.numbers["angle"].sel(level=3, factor="left"),
            own.sel(level=3, factor="left").isel(angle=[0, 1]),
        )
        assert "precompute ask geometry" in outcomes.command(shown, page.scene.store)
        over_all = drawn.outcome(page, "distance")
        assert over_all.note == before.note
        np.testing.assert_array_equal(over_all.numbers["distance"], before.numbers["distance"])
        assert isinstance(drawn.outcome(drawn.page(s, "geometry", sheet="symmetry", problem=40),
                                        "example"), Drawn)  # fmt: skip


def test_what_was_asked_live_alone_fills_the_sheets_with_one_problem(tmp_path, monkeypatch):
    fake = Fake(tmp_path / "store", count=3)
    fake.ask("descent")
    fake.write_run()
    asked = fake.question("geometry")
    monkeypatch.setattr(live, "_offered", True)
    with store.open(fake.root) as s:
        missing = drawn.outcome(drawn.page(s, "geometry", problem=5), "angles")
        assert isinstance(missing, Missing)
        assert missing.compute.problem == 5
        ask_live(fake.root, asked, 5)
        for sheet in ("subspaces", "moves", "modes"):
            page = drawn.page(s, "geometry", sheet=sheet, problem=5)
            for one in page.panels:
                found = drawn.outcome(page, one.id)
                assert isinstance(found, Drawn), (one.id, found)
                assert found.questions[0].arguments["problems"] == [5]


def test_every_sheet_says_what_is_missing(tmp_path):
    fake = Fake(tmp_path / "store", count=2)
    fake.ask("descent")
    with store.open(fake.write_run()) as s:
        for sheet in drawn.view("geometry").sheets:
            page = drawn.page(s, "geometry", sheet=sheet.id)
            for one in page.panels:
                assert isinstance(drawn.outcome(page, one.id), Missing), one.id
