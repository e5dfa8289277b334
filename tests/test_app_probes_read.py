"""The sheet on what can be read: what it concludes from planted cells, and that panels agree."""

import drawn
import fake_store
import numpy as np
import probe_store
import pytest

import store
from app.components.said import Picked
from app.landscape import readout
from app.probes import read_more, read_panels
from app.probes import scene as scenes
from app.shared.asks.reading import Subject
from app.shared.drawing.levels import LEVEL_ORDER, Linked, Strong
from app.shared.page.contract import Missing
from ired_interp_core.probing.names import INPUTS, VERDICTS
from ired_interp_core.records import ProblemSet


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    root = probe_store.make(tmp_path_factory.mktemp("read") / "store", found=True)
    with store.open(root) as found:
        yield found


@pytest.fixture(scope="module")
def nothing(tmp_path_factory):
    root = probe_store.make(tmp_path_factory.mktemp("nothing") / "store", found=False)
    with store.open(root) as found:
        yield found


def said(outcome) -> str:
    parts = [part for line in outcome.body.lines for one in line for part in one]
    return "".join(p.b if isinstance(p, Strong) else p for p in parts)


def test_the_sentence_names_the_surest_cell_its_best_control_and_how_many_clear(opened):
    found = drawn.drawn(opened, "probes", "answer")
    text = said(found)
    assert text.startswith(
        "From h3 at t = 2, log₁₀ condition number is read with R² 0.90 [0.88, 0.91]; its best"
        " control, (x, ỹ), reaches 0.60. 1 of 90 cells clear their controls; with shuffled targets"
        " 0 do."
    )
    assert "1 are used" in text
    assert found.body.chips[0].state == "holds"
    assert float(found.numbers["gain_low"]) == pytest.approx(0.28)


def test_what_was_found_on_other_problems_of_the_model_is_shown_and_says_on_which(opened):
    other = ProblemSet("inverse", "same", 4, 9)
    subject = Subject(fake_store.model_digest(), other)
    _, scene = scenes.scene(opened, drawn.address("probes"), subject)
    text = said(read_panels.headline(scene, {}))
    assert text.endswith("one training. On other problems of this model: same, seed 0.")
    assert scene.set("probes") == "inverse-same-4-0"
    stranger = Subject("0" * 64, other)
    assert scenes.scene(opened, drawn.address("probes"), stranger)[1].asked == {}
    assert read_more.problem_of(drawn.address("probes"), (3, "nonsense")) is None


def test_a_null_result_is_said_with_what_could_not_be_seen(nothing):
    found = drawn.drawn(nothing, "probes", "answer")
    assert said(found).startswith(
        "No layer gives any of 3 properties better than its best control by δ = 0.05 (90 cells,"
        " 1,024 problems). Largest gain −0.01 [−0.03, 0.01]:"
    )
    assert found.body.chips[0].state == "not"


def test_the_map_is_filled_with_gains_and_marks_verdicts_and_a_click_is_the_cell(opened):
    found = drawn.drawn(opened, "probes", "map")
    maps = [t for t in found.body.data if t.type == "heatmap"]
    assert [np.shape(t.z) for t in maps] == [(3, 1)] + [(3, 10)] * 6
    assert next(iter(maps[0].y)) == "log₁₀ condition number"  # the surest stands first
    h3 = maps[INPUTS.index("h3")]
    column = LEVEL_ORDER.index(2)
    assert h3.z[0][column] == pytest.approx(0.3)
    assert h3.z[0][0] == 0.0  # below 0
    assert maps[1].z[0][0] == pytest.approx(0.3)  # a control shows its score
    marks = [t for t in found.body.data if t.type == "scatter"]
    assert [(t.name, list(t.y)) for t in marks] == [
        ("decodable and used", ["log₁₀ condition number"])
    ]
    picked = Picked(custom=tuple(h3.customdata[0][column]))
    assert read_panels.picked(drawn.address("probes"), picked) == {
        "property": "log10_condition", "input": "h3", "level": 2,
    }  # fmt: skip
    assert read_panels.picked(drawn.address("probes"), Picked(custom=("x", "nowhere", 3))) is None
    score = drawn.drawn(opened, "probes", "map", fill="score").body.data
    assert [t for t in score if t.type == "heatmap"][4].z[0][column] == pytest.approx(0.9)


def test_bars_are_grey_up_to_the_best_control_and_coloured_beyond(opened):
    found = drawn.drawn(opened, "probes", "why")
    grey, more = found.body.data[:2]
    at = INPUTS.index("h3")
    assert (grey.x[at], more.x[at]) == (pytest.approx(0.6), pytest.approx(0.3))
    assert sum(more.x) == pytest.approx(0.3 + 2 * 0.0)
    assert found.numbers["control_score"].sel(input="h3", control="xy") == pytest.approx(0.6)
    other = drawn.drawn(opened, "probes", "why", property="trace", input="h1", level=9)
    assert other.note == "trace, t = 9"
    assert max(other.body.data[1].x) == 0.0


def test_use_is_drawn_where_it_was_tested_and_else_says_why_not(opened):
    found = drawn.drawn(opened, "probes", "use")
    assert found.note.startswith("decodable and used · 3 times")
    assert float(found.numbers["use_shift"]) == pytest.approx(0.021)
    page = drawn.page(opened, "probes", property="trace", input="h1", level=9)
    other = drawn.outcome(page, "use")
    assert isinstance(other, Missing)
    assert "trace from h1 at t = 9 was not tested" in other.text
    assert not other.command


def test_a_decodable_cell_of_untested_use_comes_with_the_sweep_that_tests_all(tmp_path):
    fake = fake_store.Fake(tmp_path / "store", count=probe_store.COUNT)
    for name in ("problem_properties", "descent", "layer_states"):
        fake.ask(name)
    at = (0, INPUTS.index("h3"), 2)
    values = probe_store.cells(found=True) | {"cells_decodable": 57}
    values["verdict"][at], values["use_shift"][at] = VERDICTS.index("use_not_tested"), np.nan
    labels = {"property": probe_store.PROPERTIES, "input": INPUTS, "measured": (3, 8, 5)}
    fake.ask("probes", values, coordinates=labels)
    with store.open(fake.write_run()) as opened:
        page = drawn.page(opened, "probes")
        missing = drawn.outcome(page, "use")
        assert "at most 40 of them. A sweep tests all 57." in missing.text
        assert "use_cells = 57" in missing.command


def test_the_table_says_the_same_numbers_and_a_row_is_an_input(opened):
    found = drawn.drawn(opened, "probes", "numbers")
    row = next(r for r in found.body.rows if r.id == "h3")
    assert row.chosen
    assert list(row.cells[:2]) == ["0.90 [0.88, 0.91]", "0.30 [0.28, 0.32]"]
    assert row.cells[3] == "1.00"  # bits a problem
    assert row.cells[5] == "decodable and used"
    assert read_more.chose_input(drawn.address("probes"), Picked(custom=("h1",))) == {"input": "h1"}


def test_fits_lead_to_problems_and_lines_to_levels(opened):
    found = drawn.drawn(opened, "probes", "fit")
    assert [told[0] for told in found.body.data[0].customdata] == [3, 8, 5]
    to = read_more.to_landscape(
        drawn.address("probes", level=4), Picked(custom=(8, "inverse-same-4-0"))
    )
    assert (to.view, to["problem"], to["level"]) == ("landscape", 8, 4)
    lines = drawn.drawn(opened, "probes", "levels")
    (line,) = [t for t in lines.body.data if t.name == "h3"]
    assert line.y[LEVEL_ORDER.index(2)] == pytest.approx(0.9)
    assert [t.customdata[0][1] for t in lines.body.data if t.name] == list(INPUTS[2:])
    page = drawn.page(opened, "probes")
    assert isinstance(drawn.outcome(page, "transfer"), Missing)


def test_a_probe_with_a_direction_leads_to_its_landscape(opened):
    page = drawn.page(opened, "probes", property="trace", input="h3", level=2)
    table = drawn.outcome(page, "numbers").body
    assert table.link.endswith("&probe=trace~2~")
    last = [heading.text for heading in table.columns].index("in Landscape") - 1
    linked = {row.label: row.cells[last] for row in table.rows}
    assert linked["h3"] == Linked("h3", "")
    assert linked["∇E"] == Linked("gradient", "")
    assert {linked[name] for name in ("x", "(x, ỹ)", "codes")} == {"–"}


def test_the_landscape_says_which_probe_is_opened_and_offers_plane_and_steering(opened):
    page = drawn.page(opened, "landscape", problem=1, probe="log10_condition~2~h3")
    found = drawn.outcome(page, "readout")
    assert said(found).startswith("log₁₀ condition number from h3 at t = 2: R² 0.90 [0.88, 0.91]")
    assert "used; the plane is along ∇(w·h)" in said(found)
    (asks,) = found.asks
    assert asks.analysis == "probe_steered"
    at = {"property": "log10_condition", "level": 2, "site": "h3"}
    assert asks.parameters == at
    (key,) = (q.key for q in opened.questions("probes"))
    assert asks.inputs["probes"] == key
    under = next(iter(opened.questions("descent")))
    plane = readout.plane(page.scene, "trace~4~gradient", under, 1)
    assert (plane.analysis, plane.inputs["probes"]) == ("probe_slice", key)
    assert plane.parameters == {"property": "trace", "level": 4, "site": "gradient"}
    unopened = drawn.outcome(drawn.page(opened, "landscape", problem=1), "readout")
    assert "Probes says which are worth it" in said(unopened)
    assert unopened.asks[0].parameters == {}


def test_codes_stand_against_the_raw_input_that_validation_chose(tmp_path):
    rng = np.random.default_rng(0)
    fake = fake_store.Fake(tmp_path / "store", count=probe_store.COUNT)
    for name in ("problem_properties", "descent", "layer_states"):
        fake.ask(name)
    shape = (len(probe_store.PROPERTIES), len(INPUTS), 10)
    true = rng.normal(size=(shape[0], 200))
    noise = np.where(np.array(INPUTS) == "codes", 0.6, 0.4)[:, None, None]
    predicted = true[:, None, None] + rng.normal(size=(*shape, 200)) * noise
    validation = np.full(shape, 0.5)
    validation[:, INPUTS.index("h2")] = 0.6  # the others may do better on the test side
    values = probe_store.cells(found=True) | {
        "true": true, "predicted": predicted, "validation_score": validation,
        "fold": rng.integers(0, 5, (3, 200)),
    }  # fmt: skip
    labels = {"property": probe_store.PROPERTIES, "input": INPUTS, "measured": range(200)}
    fake.ask("probes", values, coordinates=labels)
    with store.open(fake.write_run()) as opened:
        found = drawn.drawn(opened, "probes", "numbers", property="trace", level=4)
        row = found.body.rows[-1]
        assert row.label == "codes − h2"
        a, b = (predicted[1, INPUTS.index(n), 4] for n in ("codes", "h2"))
        y = true[1]
        slow = (np.square(y - b).sum() - np.square(y - a).sum()) / np.square(y - y.mean()).sum()
        assert float(found.numbers["codes_raw"]) == pytest.approx(slow, abs=0.02)
        low, high = (float(found.numbers[f"codes_raw_{e}"]) for e in ("low", "high"))
        assert low < slow < high < 0
        assert row.cells[0].startswith("−0.")
