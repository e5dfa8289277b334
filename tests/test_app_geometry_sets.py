"""Sets of problems side by side in Geometry: their order, colours, slopes, chips and refusals."""

import drawn
import numpy as np
import pytest
from fake_store import Fake

import store
from app.components.said import Picked
from app.geometry import links, sets, sets_bar, slopes
from app.shared.address.address import set_name
from app.shared.asks.reading import Subject
from app.shared.drawing import colours
from app.shared.page.contract import Drawn, Missing
from ired_interp_core.geometry.names import TURNS
from ired_interp_core.records import ProblemSet, seeded
from ired_interp_core.schema import LEVELS
from ired_interp_core.tasks import problems

COUNT, SIZE = 8, 4
VARIANTS = {
    "condition1000": 0.9,
    "condition10": 0.1,
    "condition100": 0.5,
    "condition10_largest": 7.0,
}
OWN, *OTHERS = (f"inverse-{variant}-{SIZE}-0" for variant in VARIANTS)


def of(variant, task="inverse"):
    return ProblemSet(task, variant, SIZE, 0)


def spread(name, value):
    return value * seeded("sets", name).uniform(0.9, 1.1, (COUNT, LEVELS))


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    root = tmp_path_factory.mktemp("sets") / "store"
    for variant, value in VARIANTS.items():
        fake = Fake(root, of(variant), count=COUNT)
        ratio = spread(variant, value)
        fake.ask("problem_properties", {"y_true": lambda rng, shape: np.resize([0, 3.0], shape)})
        fake.ask("geometry", {
            "geodesic": lambda rng, shape, v=value: v * rng.uniform(0.9, 1.1, shape),
            "normal_ratio": lambda rng, shape, r=ratio: np.ones(shape) * r[..., None, None, None],
            "bent_share": spread(variant, value / 10),
        })  # fmt: skip
        if variant != "condition100":
            turned = {f"{turn}_distance": spread(turn, value) for turn in TURNS}
            fake.ask("symmetry", turned | {"error": spread("error", 2 * value)})
        fake.write_run(variant)
    with store.open(root) as s:
        yield s


def page(opened, sheet, *beside, set_=OWN, **fields):
    return drawn.page(opened, "geometry", sheet=sheet, set=set_, beside=beside, **fields)


def panel(shown, id_):
    found = drawn.outcome(shown, id_)
    assert isinstance(found, Drawn), found
    return found


def lines(found):
    """Of a figure by level; of several fields those of the first."""
    drawn_lines = [t for t in found.body.shared if t.get("mode") == "lines+markers"]
    return {t["name"]: t for t in reversed(drawn_lines)}


# ----- which sets, and in which order


def test_sets_stand_in_the_order_of_their_number_each_in_its_colour(opened):
    sides = page(opened, "moves", *OTHERS).scene.sides
    assert [s.name for s in sides] == ["κ 10", "κ 10, largest eigenvalue kept", "κ 100", "κ 1000"]
    assert [s.colour for s in sides] == list(colours.GROUPS)
    assert len({s.symbol for s in sides}) == 4
    # Slopes are of sets that differ in nothing else.
    np.testing.assert_allclose([s.at for s in sides], [1, np.nan, 2, 3])


def test_a_set_as_in_training_stands_at_its_own_number():
    made = [ProblemSet("completion", v, 20, 0) for v in ("same", "rank20_noise0", "rank5")]
    address = drawn.address("geometry", beside=tuple(set_name(one) for one in made[1:]))
    found = sets.sides(None, address, Subject("", made[0]), {}, ())
    assert [side.name for side in found] == ["rank 5", "rank 10, same", "rank 20, noise 0"]
    np.testing.assert_allclose([side.at for side in found], [5, 10, np.nan])
    assert sets.unit("rank") == "unit of rank"


@pytest.mark.parametrize(
    ("variants", "task", "name"),
    [(("rank1", "rank2"), "completion", "rank"), (("same", "noise0"), "completion", "noise"),
     (("same", "rank5"), "completion", "rank"), (("same", "condition10"), "inverse", ""),
     (("range2", "same"), "addition", "range"), (("same", "same"), "inverse", "")],
)  # fmt: skip
def test_the_number_in_which_sets_differ_is_found(variants, task, name):
    assert sets.along(of(one, task) for one in variants) == name


def test_a_fifth_set_and_one_of_another_task_are_refused_in_words(opened):
    fifth = page(opened, "moves", *OTHERS, "inverse-same-4-0").address
    assert fifth["beside"] == tuple(OTHERS)
    assert "at most 4 sets stand side by side" in fifth.messages[0]
    other = page(opened, "moves", "completion-same-4-0", "inverse-condition10-5-0").address
    assert other["beside"] == ()
    assert "another task or size" in other.messages[0]
    again = page(opened, "moves", OWN, OTHERS[0], OTHERS[0]).address
    assert (again["beside"], again.messages) == ((OTHERS[0],), ())


# ----- panels


@pytest.mark.parametrize(
    ("sheet", "id_", "name"),
    [("subspaces", "distance", "distance"), ("moves", "split", "begin"),
     ("modes", "score", "error"), ("modes", "structure", "effective_rank"),
     ("symmetry", "by_level", "distance")],
)  # fmt: skip
def test_each_panel_by_level_draws_a_line_a_set_and_the_slope(opened, sheet, id_, name):
    shown = page(opened, sheet, *OTHERS)
    found = panel(shown, id_)
    drawn_lines = lines(found)
    for side in shown.scene.sides:
        if sheet == "symmetry" and side.name == "κ 100":
            assert side.name not in drawn_lines
            continue
        at = found.numbers.sel(set=side.link)[name]
        line = drawn_lines[side.name]
        np.testing.assert_allclose(line["y"], at.sel(level=line["x"]), rtol=1e-6)
        assert line["line"]["color"] == side.colour
    assert " a decade of κ, shuffled ±" in found.note[3]
    assert ("κ 100: not computed" in found.note[3]) == (sheet == "symmetry")
    assert len(found.questions) == (3 if sheet == "symmetry" else 4)


def test_the_slope_is_least_squares_over_problems_and_shuffled_labels_give_less(opened):
    found = panel(page(opened, "moves", *OTHERS), "split")
    chosen = [
        (np.log10(k), spread(f"condition{k}", VARIANTS[f"condition{k}"])) for k in (10, 100, 1000)
    ]
    x = np.repeat([at for at, _ in chosen], COUNT)
    at = found.numbers.sel(level=3)
    twin = np.polyfit(x, np.concatenate([v[:, 3] for _, v in chosen]), 1)[0]
    assert float(at["slope_value"]) == pytest.approx(twin)
    assert at["slope_low"] < twin < at["slope_high"]
    assert at["slope_shuffled"] < 0.7 * twin


def test_shuffled_slopes_are_as_large_as_theory_says():
    values = [seeded("null", k).normal(size=(300, 1)) for k in range(3)]
    found = slopes.slope([1.0, 2.0, 3.0], values, 0)
    spread_x = np.sqrt(900 * 2 / 3)
    assert found.shuffled == pytest.approx(1.96 / spread_x, rel=0.15)
    assert found.high - found.low == pytest.approx(2 * 1.96 / spread_x, rel=0.15)
    assert slopes.slope([1.0, np.nan, 1.0], values, 0) is None


def test_one_set_alone_has_neither_colour_nor_slope(opened):
    shown = page(opened, "moves")
    assert len(shown.scene.sides) == 1
    found = panel(shown, "split")
    assert set(lines(found)) == {"begin of the level", "end"}
    assert "slope" not in found.note


def test_a_mark_of_another_set_leads_to_its_own_problems(opened):
    shown = page(opened, "subspaces", *OTHERS, q="")
    line = lines(panel(shown, "distance"))["κ 100"]
    to = links.by_level("geometry.distance")(shown.address, Picked(0, tuple(line["customdata"][4])))
    assert (to.view, to["set"], to["level"]) == ("problems", "inverse-condition100-4-0", 5)


def test_a_panel_about_one_set_shows_the_chosen_one(opened):
    pairs = [panel(page(opened, "subspaces", *(n for n in (OWN, OTHERS[0]) if n != own), set_=own),
                   "energy").numbers["distance"] for own in (OWN, OTHERS[0])]  # fmt: skip
    assert float(pairs[0].median()) == pytest.approx(0.9, rel=0.1)
    assert float(pairs[1].median()) == pytest.approx(0.1, rel=0.1)


def test_the_tails_of_sets_of_several_ranks_are_said_beside_their_slope():
    made = [of(f"rank{r}" if r != 10 else "same", "completion") for r in (1, 2, 5, 10)]
    assert sets.tails(made) == "kurtosis of entries 6.1, 4.5, 3.6, 3.3"
    drawn_entries = problems("completion", 4000, 0, variant="rank2").y
    spread_of = drawn_entries / drawn_entries.std()
    assert sets.kurtosis(of("rank2", "completion")) == pytest.approx(
        (spread_of**4).mean(), rel=0.05
    )
    assert sets.kurtosis(of("rank1_noise0", "completion")) == 9
    assert sets.tails([of("condition10"), of("condition100")]) == ""


# ----- chips


def test_a_chip_says_what_the_set_is_made_of(opened):
    scene = page(opened, "moves", *OTHERS).scene
    said = sets.told(opened, scene.sides[0], scene.sides[0].asked["geometry"])
    assert said.startswith("inverse, SPD, κ = 10, smallest eigenvalue 0.5 · 8 problems · 50 % of")
    assert "degree 7 in A" in said  # the fake has four predictors: the others were not fitted
    assert sets.told(opened, scene.sides[0], None).endswith("not computed")
    rank = sets.Side(of("rank5_unscaled", "completion"), {}, 0, 5.0)
    assert rank.unscaled
    assert not sets.Side(of("rank5", "completion"), {}, 0, 5.0).unscaled


def test_chips_are_hollow_without_answers_and_warn_where_the_variance_grows(opened):
    scene = page(opened, "symmetry", *OTHERS).scene
    rules = sets_bar.style(scene, "symmetry")
    hollow = [f"set-{s.place} button::before" for s in scene.sides if s.name == "κ 100"]
    assert rules.count("transparent") == 1
    assert hollow[0] in rules.partition("transparent")[0].rpartition("}")[2]
    assert "dashed" not in rules
    assert sets_bar.style(page(opened, "moves").scene, "geometry") == "<style></style>"
    side = sets.Side(of("rank5_unscaled", "completion"), {}, 1, 5.0)
    lone = type(scene)(opened, Subject("", of("same", "completion")), {}, (), (side, side))
    assert "dashed" in sets_bar.style(lone, "geometry")


def test_a_click_on_a_chip_shows_its_set_and_leaves_the_others_beside(opened, monkeypatch):
    monkeypatch.setenv("IRED_STORE", str(opened.root))
    app = drawn.app("geometry", sheet="moves", set=OWN, beside=list(OTHERS))
    assert not app.exception
    chips = [b for b in app.button if "geometry-set-" in (b.key or "")]
    assert [b.label.replace("\\", "") for b in chips][2] == "κ 100"
    chips[2].click().run()
    assert not app.exception
    assert app.query_params["set"] == "inverse-condition100-4-0"
    assert set(app.query_params["beside"]) == {OWN, OTHERS[0], OTHERS[2]}
    app.multiselect(key=sets_bar.KEY).set_value([OWN]).run()
    assert app.query_params["beside"] == OWN


def test_a_set_without_answers_is_hollow_and_the_others_are_drawn(opened):
    shown = page(opened, "moves", "inverse-condition50-4-0")
    assert [s.name for s in shown.scene.sides] == ["κ 50", "κ 1000"]
    found = panel(shown, "split")
    assert set(lines(found)) == {"κ 1000"}
    assert "no slope · κ 50: not computed" in found.note[0]
    lone = page(opened, "symmetry", set_="inverse-condition100-4-0")
    assert isinstance(drawn.outcome(lone, "audit"), Missing)
