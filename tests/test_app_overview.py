"""Overview: what its headline and its cards say, and where they lead."""

from dataclasses import replace

import drawn
import fake_store
import numpy as np
import pytest

import store
from app.components.said import Picked
from app.overview import about, coverage, headline, panels
from app.overview.figures import maps as maps_figures
from app.overview.figures import strip
from app.shared.page.contract import Drawn, Missing
from app.shared.page.grid import blocks, halves
from app.shared.table.baselines import Interval, Mean
from app.shared.table.verdict import Beside, Standing
from ired_interp_core import registry
from ired_interp_core.spelling import number

ANALYSES = ("problem_properties", "descent", "hessian_spectrum", "landscape_slice")
COUNT = 6


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    root = fake_store.make(tmp_path_factory.mktemp("overview") / "s", COUNT, analyses=ANALYSES)
    with store.open(root) as s:
        yield s


@pytest.fixture(scope="module")
def page(opened):
    return drawn.page(opened, "overview")


def standing(low, high, *, error=0.01, best=0.004, count=32, diverged=0):
    """A model whose error differs from the best predictor's by an interval."""
    middle = error - best
    beside = Beside("zero", Mean(best, 0.0), Interval(middle, low, high), Mean(0.1, 0.0))
    return Standing(count, diverged, Mean(error, 1e-4), Mean(error, 1e-4), (beside,))


def one(page, start):
    return next(panel for panel in page.panels if panel.id.startswith(start))


def words(sentence):
    parts = (part for lines in sentence.lines for part in lines[0])
    return "".join(part if isinstance(part, str) else part.b for part in parts)


@pytest.mark.parametrize(
    ("found", "text", "state"),
    [
        (standing(0.001, 0.002), "worse than zero", "not"),
        (standing(-0.002, -0.001), "better than zero", "holds"),
        (standing(-0.001, 0.001), "indistinguishable from zero", "undecided"),
        (standing(np.nan, np.nan, count=1), "one problem: no interval", "unmeasured"),
        (standing(-0.002, -0.001, diverged=3), "diverges: 3 of 32", "not"),
        (replace(standing(0, 0), beside=()), "no trivial predictor", "unmeasured"),
    ],
)
def test_the_chip_says_what_the_interval_allows(found, text, state):
    chip = about.chip(found)
    assert (chip.text, chip.state) == (text, state)


def test_files_of_a_card_hold_the_answer_and_every_error():
    numbers = about.labelled(standing(0.001, 0.002))
    for name in ("answer", "official", "mse"):
        assert {name, f"{name}_error"} <= set(numbers)
    assert float(numbers["answer"]) == standing(0.001, 0.002).answer.value


@pytest.mark.parametrize(("low", "high"), [(1e-6, 0.002), (-0.001, 1e-6), (-0.002, -1e-6)])
def test_the_ratio_is_clear_of_1_where_the_difference_is_clear_of_0(low, high):
    ratio = headline.ratio(standing(low, high))
    assert (ratio.low > 1, ratio.high < 1) == (low > 0, high < 0)
    assert ratio.value == pytest.approx(0.01 / 0.004)


def test_an_exact_predictor_gives_no_ratio():
    assert np.isnan(headline.ratio(standing(0.001, 0.002, best=0.0)).value)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([standing(0.001, 0.002), standing(0.001, 0.003, error=0.02)], "None beats"),
        ([standing(0.001, 0.002), standing(-0.002, -0.001)], "second beats"),
        ([standing(0.001, 0.002), standing(-0.002, 0.001)], "of second the interval does not"),
        ([standing(0.001, 0.002), standing(0.001, 0.002, diverged=2)], "second diverged on some"),
        ([standing(np.nan, np.nan, count=1)], "first cannot be judged yet"),
        ([standing(0.001, 0.002)], "It does not beat"),
    ],
)
def test_the_headline_claims_no_more_than_the_intervals(page, found, says, monkeypatch):
    subject = page.scene.descended[0]
    named = [replace(subject, model=name) for name in ("first", "second")[: len(found)]]
    monkeypatch.setattr(type(page.scene), "name", lambda scene, of: of.model)
    there = dict(zip(named, found, strict=True))
    assert says in words(headline.Sentence([[headline._verdict(page.scene, there)]]))


def test_a_card_has_its_panels_in_one_frame_and_names_no_problem_twice(page):
    (card,) = [block for block in blocks(page.panels) if block[0].card]
    assert [panel.id.partition("-")[0] for panel in card] == ["about", "maps", "strip", "first"]
    rows = drawn.outcome(page, card[-1].id).body.rows
    problems = [row.id for row in rows if isinstance(row.id, int)]
    assert 1 < len(problems) <= 3
    assert len(set(problems)) == len(problems)
    to = card[-1].on_pick(page.address, Picked(custom=("problems",)))
    assert to.view == "problems"


def test_a_map_opens_its_plane_at_its_level(page, opened):
    panel = one(page, "maps-")
    result = drawn.outcome(page, panel.id)
    assert isinstance(result, Drawn)
    energy = result.numbers["energy"]
    assert energy.dims == ("level", "b", "a")
    for place, level in enumerate(energy["level"].values):
        x = place * (maps_figures.SIDE + maps_figures.GAP) + maps_figures.SIDE / 2
        to = panel.on_pick(page.address, Picked(x=x, y=3))
        assert (to.view, to["level"]) == ("landscape", level)
        assert f"problem {to['problem']}," in result.note
    landscape = drawn.page(opened, "landscape", **{n: to[n] for n in ("problem", "plane")})
    assert landscape.address.messages == ()


def test_every_card_has_the_same_axis_and_names_do_not_lie_on_each_other(page):
    body = drawn.outcome(page, one(page, "strip-").id).body
    names = body.data[0].text
    assert sum(map(bool, names)) <= strip.NAMED
    assert names[-1]  # the best predictor, which decides, is named
    assert body.layout.xaxis.type == "log"
    shown = strip._named(["a" * 9] * 5, np.full(5, 0.1), np.array([0.5, 0.5, 0.5, 0.9, 0.5]))
    assert sorted(shown) == [3, 4]


def test_predictors_that_are_missing_leave_the_rest_of_the_card(tmp_path):
    root = fake_store.make(tmp_path / "s", 2, analyses=("descent",))
    with store.open(root) as bare:
        page = drawn.page(bare, "overview")
        missing = [p.id.partition("-")[0] for p in page.panels
                   if isinstance(drawn.outcome(page, p.id), Missing)]  # fmt: skip
        assert missing == ["maps", "strip"]
        assert "cannot be judged" in words(drawn.outcome(page, "headline").body)


def test_models_beyond_the_cards_stand_in_a_table(page, monkeypatch):
    monkeypatch.setattr(panels, "MOST_CARDS", 0)
    shown = {panel.id: panel for panel in panels.panels(page.scene)}
    assert "further" in shown
    result = shown["further"].draw(page.scene, {"order": ""})
    assert len(result.body.rows) == len(page.scene.descended)
    for order, way in (("-mse", -1), ("mse", 1)):
        result = shown["further"].draw(page.scene, {"order": order})
        errors = result.numbers["mse"].values
        assert (np.diff(errors) * way >= 0).all()
        assert [row.cells[3] for row in result.body.rows] == [number(e) for e in errors]
        to = shown["further"].on_pick(page.address, Picked(custom=(result.body.rows[0].id,)))
        first = next(
            s for s in page.scene.descended if (s.model, s.set) == (to["model"], to["set"])
        )
        assert page.scene.standing(first).answer.value == errors[0]
    head = Picked(head=True, x="mse")
    assert shown["further"].on_pick(page.address, head) == {"order": "-mse"}
    to = shown["further"].on_pick(page.address, Picked(custom=(0,)))
    assert (to.view, to["model"]) == ("problems", page.scene.descended[0].model)
    assert shown["further"].on_pick(page.address, Picked(custom=(99,))) is None


def test_what_the_store_has_stands_by_model_and_analysis(page, opened):
    drawing = drawn.outcome(page, "coverage")
    heads = [column.text for column in drawing.body.columns]
    assert heads[:2] == ["problems", "model"]
    assert len(heads) == 2 + len(set(drawing.numbers["analysis"].values))
    models = {(row.label, row.cells[0]) for row in drawing.body.rows}
    assert len(models) == len(drawing.body.rows)
    at = heads.index(registry.get("descent").title) - 1
    descended = [row for row in drawing.body.rows if row.cells[at]]
    assert len(descended) == len(page.scene.descended)
    assert {row.cells[at] for row in descended} == {str(COUNT)}


@pytest.mark.parametrize(
    ("present", "asked", "failures", "said"),
    [(1200, 1200, 0, "1,200"), (3, 16, 0, "3 of 16"), (0, 16, 2, "0 of 16 · 2 failed")],
)
def test_a_cell_of_the_content_says_what_is_missing(present, asked, failures, said):
    assert coverage.cell(present, asked, failures) == said


def test_a_card_counts_once_in_the_grid(page):
    heads = [block[0] for block in blocks(page.panels)]
    assert len(heads) < len(page.panels)
    assert all(half in (1, 2) for half in halves(heads))
