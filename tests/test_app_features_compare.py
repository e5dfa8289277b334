"""Two dictionaries side by side, training, labels, and features in Landscape: numbers, browser."""

import json
import os
import re
import tomllib
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import browser
import drawn
import fake_store
import feature_store
import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect

import store
from app.features import dictionaries as dictionary_rows
from app.features import pairs as dictionary_pairs
from app.features import study as dictionary_study
from app.features import study_panels
from app.features.figures import matching, study, training
from app.features.view import VIEW
from app.landscape.chosen import dictionary_of
from app.landscape.figures import active_features as active_figures
from app.landscape.numbers import of_features as active_numbers
from app.shared.address import address as links
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.drawing import planes
from app.shared.drawing.levels import LEVEL_ORDER, Linked
from app.shared.drawing.payload import to_json
from app.shared.page import labels
from app.shared.page.contract import Missing
from ired_interp_core import registry
from precompute.plan import plan, sweep
from precompute.plan.models import ModelRef
from store import notes

in_browser = [
    pytest.mark.browser,
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = feature_store.make(tmp_path_factory.mktemp("compare") / "store")
    with store.open(folder) as s:
        dictionary = _ask(s, seed=0, orthogonality="none", variant="topk")
        activations = next(iter(s.questions("activations")))
        inputs = {
            "dictionary": dictionary.key,
            "activations": activations.key,
            "descent": activations.inputs["descent"],
            "model": dictionary.model,
            "problems": dictionary.problems.digest,
        }
        question = registry.get("atom_slice").question(inputs, {"second": -2})
        problems = dictionary.problems
    plane = fake_store.answer(question, problems, 0, 16)
    plane["axis_feature"].values[:] = [[7, -2]] * 16
    plane["explained_share"].values[:] = np.nan
    store.shards.publish(folder, question, 0, plane, {"commit": "0" * 40})
    store.catalog.collect(folder)
    return folder


@pytest.fixture(scope="module")
def s(root):
    with store.open(root) as opened:
        yield opened


def _ask(s, **parameters):
    return next(
        q
        for q in s.questions("dictionary")
        if all(q.parameters[n] == v for n, v in parameters.items())
    )


@pytest.fixture(scope="module")
def one(s):
    return _ask(s, seed=0, orthogonality="none", variant="topk")


@pytest.fixture(scope="module")
def other(s):
    return _ask(s, seed=1)


@pytest.fixture(scope="module")
def penalised(s):
    return _ask(s, orthogonality="pairs")


def address(s, view="features", **changes):
    subject = reading.subjects(s)[0]
    values = {n: f.default for n, f in links.VIEWS[view].items()}
    return links.Address(view, {**values, "model": subject.model, "set": subject.set, **changes})


# ----- two dictionaries


def test_a_comparison_is_found_from_either_side(s, one, other, penalised):
    assert dictionary_pairs.find(s, one, other) == dictionary_pairs.find(s, other, one)
    pair = dictionary_pairs.find(s, other, one)
    assert (pair.one, pair.other) == (one, other)
    assert pair.match is not None
    assert dictionary_pairs.find(s, one, penalised).match is None
    assert dictionary_pairs.differing(pair) == {"seed": (0, 1)}


def test_the_table_of_pairs_is_the_stored_match(s, one, other):
    match = dictionary_pairs.find(s, one, other).match
    answer = s.read("dictionary_match", question=match.key)
    table = dictionary_pairs.pairs(s, match, {})
    assert len(table) == int((answer["match"].values >= 0).sum())
    assert table["size"].is_monotonic_decreasing
    atoms = [s.read("dictionary", question=q.key)["decoder"].values for q in (one, other)]
    for row in table.sample(12, random_state=0).to_dict("records"):
        assert answer["match"].values[row["a"]] == row["b"]
        assert row["cosine"] == pytest.approx(
            float(atoms[0][row["a"]] @ atoms[1][row["b"]]), abs=1e-5
        )
    np.testing.assert_array_equal(dictionary_rows.atoms(s, one), atoms[0])


def test_metrics_and_stability_are_those_of_the_answers(s, one, other):
    pair = dictionary_pairs.find(s, one, other)
    table = dictionary_pairs.side_by_side(s, pair).set_index("metric")
    for column, q in (("a", one), ("b", other)):
        key = features.downstream(s, q, "dictionary_metrics").key
        answer = s.read("dictionary_metrics", question=key)
        assert table.loc["EV", column] == pytest.approx(float(answer["explained_variance"]))
        beyond = answer["beyond"].sel(stage="all")
        assert table.loc["components", column] == float(beyond.sel(coding="components"))
    assert table.loc["EV", "difference"] == table.loc["EV", "b"] - table.loc["EV", "a"]
    stable = dictionary_pairs.stability(s, pair.match).set_index("measure")
    answer = s.read("dictionary_match", question=pair.match.key)
    assert stable.loc["PW-MCC", "value"] == float(answer["pw_mcc"])
    assert stable.loc["PW-MCC", "random"] == float(answer["null_pw_mcc"])
    assert stable.loc["MMCS back", "sd"] == float(answer["null_mmcs_sd"])
    assert pd.isna(stable.loc["matched share", "random"])  # there is no null of it, and no 0


def test_the_command_asks_for_the_match_that_is_missing(s, one, other, penalised, tmp_path):
    """The lines that the page shows, planned by precompute, are the very question."""
    pair = dictionary_pairs.find(s, one, other)
    for first, second in ((one, other), (penalised, other)):
        text = dictionary_pairs.command(s, replace(pair, one=first, other=second, match=None))
        weights = tmp_path / "weights.safetensors"
        weights.write_bytes(b"none")
        toml = text.split("<<'END'\n")[1].split("\nEND\n")[0]
        toml = toml.replace("synthetic.safetensors", str(weights))
        asked = sweep.parse(toml, "test", tmp_path)
        model = ModelRef(one.model, "inverse", one.problems.size, "", "", "ema", "", "", {})
        planned = plan.questions(asked, [model], "test")
        match = next(q.question for q in planned if q.question.analysis == "dictionary_match")
        assert (match.inputs["one"], match.inputs["other"]) == (first.key, second.key)
    assert match.key not in {q.key for q in s.questions("dictionary_match")}


def test_a_second_dictionary_is_settled_only_where_it_is_shown(s, one, other):
    there = [q for q in s.questions("dictionary") if q.rows]
    settle = dictionary_pairs.settle
    asked = settle(s, address(s, sheet="compare"), one, there)
    assert asked["other"] == other.key  # the one that is matched
    assert settle(s, address(s, sheet="training"), one, there)["other"] == ""
    named = settle(s, address(s, sheet="training", other=other.key[:9]), one, there)
    assert named["other"] == other.key
    refused = settle(s, address(s, sheet="training", other="ffff"), one, there)
    assert refused["other"] == ""
    assert "no such dictionary beside it" in refused.messages[0]
    assert settle(s, address(s, sheet="compare"), one, [one])["other"] == ""


def test_pairs_are_counted_by_size(s):
    cosine = np.array([0.05, -0.05, 0.71, -1.0, 1.0, np.nan, 0.69, 1.0000001])
    found = matching.spread(cosine, 0.3, np.nan)
    expected = np.zeros(matching.BINS, int)
    for c in cosine[np.isfinite(cosine)]:
        expected[min(int(min(abs(c), 1) * matching.BINS + 1e-9), matching.BINS - 1)] += 1
    np.testing.assert_array_equal(found["pairs"], expected)
    figure = matching.histogram(found, "#000000", "#888888")
    assert {0.3, matching.MATCHED} <= {shape.x0 for shape in figure.layout.shapes}
    empty = matching.histogram(matching.spread(np.full(3, np.nan), np.nan, np.nan), "#000", "#888")
    assert len(empty.layout.shapes) == 1  # no null, no line of it


@pytest.mark.parametrize(("units", "shape"), [(400, (20, 20)), (512, (16, 32)), (7, (1, 7))])
def test_a_vector_is_laid_out_as_near_to_a_square_as_it_can_be(units, shape):
    assert matching.sides(units) == shape
    atoms = [np.arange(units) - 3.0, np.ones(units)]
    figure = matching.pair(atoms, ["a", "b"])
    assert figure.data[0].z.shape == shape
    assert figure.layout.coloraxis.cmax == -figure.layout.coloraxis.cmin == units - 4


# ----- training


def test_a_long_log_is_thinned_and_keeps_its_end(s, penalised):
    answer = s.read("dictionary", question=penalised.key)
    every = answer.sizes["iteration"]
    short = training.log(answer, "n", "pairs")
    assert len(short.step) == every
    long = answer.isel(iteration=np.arange(1234) % every)
    long["log_step"].values[:] = np.arange(1234)
    thinned = training.log(long, "n", "pairs")
    assert len(thinned.step) <= training.DRAWN
    assert thinned.step[-1] == 1233
    assert set(np.diff(thinned.step)) == {thinned.every}
    np.testing.assert_array_equal(
        thinned.values["log_loss"], long["log_loss"].values[thinned.step.astype(int)]
    )
    points = sum(
        len(trace.x)
        for titles in (training.PENALTY, training.COURSE)
        for trace in training.figure([thinned, thinned], ("#000", "#111"), "#888", titles).data
    )
    assert points <= 10_000  # two svg figures


def test_a_panel_without_numbers_says_why(s, one, penalised):
    plain, pairs = (
        training.log(s.read("dictionary", question=q.key), "n", q.parameters["orthogonality"])
        for q in (one, penalised)
    )
    drawn = training.figure([plain], ("#000",), "#888", training.PENALTY)
    told = [a.text for a in drawn.layout.annotations if "no orthogonality" in a.text]
    assert len(told) == 3
    assert drawn.layout.xaxis.visible is drawn.layout.xaxis2.visible is False
    assert drawn.layout.xaxis3.visible is not False  # |cos| of all live pairs has numbers
    assert drawn.layout.yaxis6.type == "log"
    for logs in ([pairs], [plain, pairs]):
        drawn = training.figure(logs, ("#000", "#111"), "#888", training.PENALTY)
        assert not [a for a in drawn.layout.annotations if "no orthogonality" in a.text]
        assert any(t.fill == "toself" for t in drawn.data)
    ortsae = training.log(s.read("dictionary", question=one.key), "n", "ortsae")
    drawn = training.figure([ortsae], ("#000",), "#888", training.PENALTY)
    assert any("OrtSAE" in a.text for a in drawn.layout.annotations)


# ----- what orthogonality costs


def test_a_penalised_dictionary_stands_beside_the_same_one_without(s, one, other, penalised):
    there = [q for q in s.questions("dictionary") if q.rows]
    assert dictionary_study.baseline(penalised, there) == one
    assert dictionary_study.baseline(penalised, [other, penalised]) is None
    row = dictionary_study.rows(s, there).set_index("key").loc[penalised.key]
    metrics = [
        s.read("dictionary_metrics", question=features.downstream(s, q, "dictionary_metrics").key)
        for q in (penalised, one)
    ]
    ev = [float(m["beyond"].sel(stage="all", coding="dictionary")) for m in metrics]
    rates = [m["absorption_fraction"].values for m in metrics]
    both = np.isfinite(rates[0]) & np.isfinite(rates[1])
    change = float((rates[0][both] - rates[1][both]).mean())
    assert row["ev_change"] == pytest.approx(ev[0] - ev[1])
    assert row["absorption_change"] == pytest.approx(change)
    assert row["concepts"] == both.sum()
    assert row["extra_time"] == 0  # every answer of this store says the same seconds
    assert pd.isna(row["per_time"])
    if ev[0] < ev[1]:
        assert row["per_ev"] == pytest.approx(-change / (100 * (ev[1] - ev[0])))
    assert "no extra time" in row["why"]
    for name, numbers in {
        "pair_change": [float(m["pair_cosine"].sel(fraction=1e-3)) for m in metrics],
        "live_change": [float(m["live_cosine"]) for m in metrics],
    }.items():
        assert row[name] == pytest.approx(numbers[0] - numbers[1])
    assert row["chance"] == pytest.approx(1e-3 / (2 - 1e-3))
    logged = s.read("dictionary", question=penalised.key)["log_pair_stability"].values
    assert row["stability"] == pytest.approx(logged[-1])
    assert dictionary_study.rows(s, [penalised])["why"].tolist() == [
        "no otherwise identical dictionary without penalty"
    ]


@pytest.mark.parametrize(
    ("time", "ev", "expected", "said"),
    [
        (10.0, -0.02, {"per_time": 0.006, "per_ev": 0.03}, []),
        (-3.0, 0.01, {}, ["no extra time", "no EV lost"]),
        (np.nan, np.nan, {}, ["metrics not computed for both"]),
    ],
)
def test_a_ratio_is_taken_only_of_what_was_paid(time, ev, expected, said):
    why: list[str] = []
    row = {"extra_time": time, "ev_change": ev, "absorption_change": -0.06}
    assert dictionary_study._ratios(row, why) == pytest.approx(expected)
    assert why == said


def test_times_of_different_devices_are_not_compared(s, one, penalised, monkeypatch):
    monkeypatch.setattr(
        dictionary_study, "_places", lambda *_: {one.key: ("a", "cpu"), penalised.key: ("a", "gpu")}
    )
    numbers = dictionary_study.dictionary_rows.rows(s, [one, penalised]).set_index("key")
    row = dictionary_study._row(
        s,
        penalised,
        one,
        numbers,
        dictionary_study._places(s, ()),
        *[dict.fromkeys((one.key, penalised.key), pd.Series(dtype=float))] * 2,
    )
    assert pd.isna(row["extra_time"])
    assert "timed elsewhere: a gpu against a cpu" in row["why"]
    assert "no concept measured on both" in row["why"]


def test_the_study_that_is_offered_is_a_sweep_of_the_chosen_dictionary(s, one):
    lines = tomllib.loads(study_panels.lines(s, one).partition("# then")[0])["analyses"]
    assert [e["name"] for e in lines] == ["dictionary_metrics"] * 7
    for entry in lines:
        asked = entry["inputs"]["dictionary"]
        assert (asked["features"], asked["k"]) == (64, one.parameters["k"])
    found = {(e.get("threshold"), e.get("fraction")) for e in
             (entry["inputs"]["dictionary"] for entry in lines[1:])}  # fmt: skip
    assert found == {(t, q) for t in ("fixed", "adaptive") for q in (1e-4, 1e-3, 1e-2)}
    run = {"name": "n", "kind": "fixed", "label": "q", "time": 1.0, "ev": 2.0, "less": 0.1}
    figure = study.study(pd.DataFrame([run]), "#888")
    assert figure.data[0].y == (0.1,)


def test_what_a_penalty_costs_is_drawn_where_there_is_one(s, one):
    page = drawn.page(s, "features", sheet="compare", dictionary=one.key)
    assert [panel.id for panel in page.panels][-2:] == ["study", "cost"]
    without = replace(page.scene, dictionaries=(one,))
    assert "cost" not in [panel.id for panel in VIEW.sheet("compare").of(without)]
    missing = study_panels.draw_table(without, {"order": ""})
    assert isinstance(missing, Missing)
    assert "orthogonality" in missing.command
    assert len(missing.text) < 80  # the recipe stands behind it


def test_a_name_that_a_declaration_marks_as_code_is_quoted(s, one):
    page = drawn.page(s, "features", sheet="compare", dictionary=one.key)
    payload = drawn.payload(page, "metrics")
    assert "“rare_density”" in payload
    assert "`" not in payload
    (what,) = [c for c in json.loads(payload)["columns"] if c["text"] == "what it is"]
    assert what["prose"]


# ----- labels


def test_the_newest_label_of_a_card_wins_and_shows_at_once(tmp_path, s, one):
    fresh = _elsewhere(s, tmp_path)
    card = labels.card(address(s), one.key, 7)
    assert labels.of(fresh, one.key) == {}
    for text in ("first", "second", ""):
        notes.add(tmp_path, card.url(), f"note of {text}", "A", label=text)
        found = labels.of(fresh, one.key)
        assert (found[7].text, found[7].note) == (text, f"note of {text}")
    notes.add(tmp_path, card.url(), "only a word", "B")  # says nothing about the label
    notes.add(tmp_path, labels.card(address(s), one.key[:12], 7).url(), "", "B", label="prefix")
    notes.add(tmp_path, card.url(feature=None), "", "B", label="of no feature")
    notes.add(tmp_path, "/landscape?problem=7", "", "B", label="of a landscape")
    assert labels.of(fresh, one.key)[7].text == ""
    assert list(labels.of(fresh, one.key)) == [7]
    assert len(labels.written(fresh)) == 7


def test_notes_are_not_read_again_while_there_are_no_new_ones(tmp_path, s, one, monkeypatch):
    fresh = _elsewhere(s, tmp_path)
    notes.add(tmp_path, labels.card(address(s), one.key, 1).url(), "", "A", label="x")
    folder = tmp_path / "notes"
    os.utime(folder, (1e9, 1e9))  # settled long ago
    assert labels.of(fresh, one.key)[1].text == "x"
    monkeypatch.setattr(notes, "read", lambda root: pytest.fail("read again"))
    assert labels.of(fresh, one.key)[1].text == "x"


def _elsewhere(s, folder):
    class Elsewhere:
        root = folder
        generation = s.generation

    return Elsewhere()


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/features?feature=1",
        "//example.org/features?feature=1",
        "/nowhere?feature=1",
        "/features?" + "a=1&" * 100,
        "http://[",
        "",
    ],
)
def test_a_note_leads_only_to_our_own_views(text):
    assert labels.leads_to(text) is None


def test_an_address_of_a_note_is_read_like_any_other(s, one):
    found = labels.leads_to(f"/features?dictionary={one.key}&feature=3&page=<b>&map=evil")
    assert (found["dictionary"], found["feature"], found["map"]) == (one.key, 3, "umap")


# ----- features in Landscape


def test_the_table_of_active_features_is_what_the_codes_say(s, one):
    key = features.downstream(s, one, "dictionary_codes").key
    codes = s.read("dictionary_codes", question=key, problems=[3]).isel(problem=0)
    table = active_figures.table(active_numbers(codes, "name"), {5: "five"}, "features?x=1&")
    steps = codes.sizes["step"]
    assert [c.mark for c in table.columns] == [False] * steps + [True]
    for i, level in enumerate(LEVEL_ORDER):
        for step in range(steps):
            at = codes.sel(level=level).isel(step=step)
            found = [row.cells[step][i] for row in table.rows]
            order = np.argsort(-at["code_value"].values, kind="stable")
            for rank, (cell, k) in enumerate(zip(found[:-2], order, strict=False)):
                feature = int(at["code_feature"].values[k])
                if feature < 0:
                    assert cell == ""
                    continue
                assert isinstance(cell, Linked), rank
                assert cell.to == str(feature)
                value, _, label = cell.text.partition(" ")
                assert float(value.replace("−", "-")) == pytest.approx(
                    float(at["code_value"].values[k]), rel=5e-3
                )
                assert label == ("five" if feature == 5 else "")
            assert found[-2] == str(int(at["code_count"]))
            assert float(found[-1]) == pytest.approx(float(at["code_error"]), rel=1e-3)
    assert planes.atom_names([412, -2]) == ("atom 412", "gradient ∇E")


def test_levels_that_a_dictionary_does_not_have_are_blank_and_said(s, one):
    key = features.downstream(s, one, "dictionary_codes").key
    codes = s.read("dictionary_codes", question=key, problems=[0]).isel(problem=0)
    low = active_numbers(codes.sel(level=slice(0, 6)), "name")
    table = active_figures.table(low, {}, "features?")
    whole = active_figures.table(active_numbers(codes, "name"), {}, "features?")
    for i, level in enumerate(LEVEL_ORDER):
        for row, full in zip(table.rows, whole.rows, strict=True):
            assert [c[i] for c in row.cells] == [
                full.cells[step][i] if level <= 6 else "" for step in range(len(row.cells))
            ]
        assert ("t ≤ 6 only" in active_figures.notes(low)[i]) == (level > 6)


def test_the_dictionary_of_landscape_is_settled(s, one, other):
    there = {q.key: q for q in features.dictionaries(s, reading.subjects(s)[0])}

    def chosen(plane=None, **asked):
        return dictionary_of(s, there, address(s, "landscape", **asked), plane)

    first = there[chosen()["dictionary"]]
    assert features.downstream(s, first, "dictionary_codes")
    assert chosen(dictionary=other.key[:10])["dictionary"] == other.key
    plane = next(iter(s.questions("atom_slice")))
    assert chosen(plane)["dictionary"] == one.key
    assert "no such dictionary" in chosen(dictionary="ffff").messages[0]


def test_missing_codes_say_what_computes_them(s, one):
    bare = _ask(s, variant="batch_topk")
    subject = {"model": bare.model, "set": links.set_name(bare.problems)}
    page = drawn.page(s, "landscape", **subject, dictionary=bare.key)
    missing = drawn.outcome(page, "features")
    assert isinstance(missing, Missing)
    assert 'name = "dictionary_codes"' in missing.command
    assert missing.question["dictionary"] == bare.key
    shown = drawn.drawn(s, "landscape", "features", **subject, dictionary=one.key, problem=3)
    read = s.read("dictionary_codes", question=shown.questions[0].question.key, problems=[3])
    for level in (9, 0):
        np.testing.assert_array_equal(
            shown.numbers["feature"].sel(level=level),
            read["code_feature"].sel(level=level).isel(problem=0, active=slice(0, 8)),
        )


# ----- in the browser


def query(page):
    return {k: v[0] for k, v in parse_qs(urlsplit(page.url).query).items()}


def wait_for_query(page, **wanted):
    page.wait_for_function(
        "wanted => Object.entries(wanted).every("
        "([k, v]) => (new URLSearchParams(location.search).get(k) ?? '') === v)",
        arg={k: str(v) for k, v in wanted.items()},
    )
    browser.settled(page)


class TestInTheBrowser:
    pytestmark = in_browser

    def test_compare_shows_pairs_and_leads_to_cards(self, page, url, s, one, other):
        page.goto(f"{url}/features?sheet=compare&dictionary={one.key[:8]}")
        browser.settled(page)
        expect(page.get_by_text("They differ in: seed 0 | 1").first).to_be_visible()
        expect(page.get_by_text("matched ≥ 0.7").first).to_be_visible()
        table = dictionary_pairs.pairs(s, dictionary_pairs.find(s, one, other).match, {})
        row = table.iloc[3]
        page.locator("[data-panel=pairs] tbody tr").nth(3).click()
        wait_for_query(page, feature=row["a"])
        expect(page.get_by_text(f"card of atom {row['b']} of B").first).to_be_visible()
        page.reload()
        browser.settled(page)
        page.get_by_text(f"card of atom {row['b']} of B").click()
        wait_for_query(page, dictionary=other.key, feature=row["b"], sheet="atoms")
        summary = page.locator("[data-panel=summary]")
        expect(summary).to_contain_text(re.compile(rf"Feature {row['b']} "))

    def test_without_a_match_the_page_says_what_makes_it(self, page, url, one, penalised):
        page.goto(f"{url}/features?sheet=compare&dictionary={one.key}&other={penalised.key}")
        browser.settled(page)
        expect(page.get_by_text("have not been matched yet").first).to_be_visible()
        recipe = page.locator("[data-panel=stability] .ip-recipe")
        expect(recipe).to_contain_text('name = "dictionary_match"')
        expect(recipe.get_by_role("button", name="copy the command")).to_be_hidden()
        recipe.get_by_text("how to compute it").click()
        expect(recipe.get_by_role("button", name="copy the command")).to_be_visible()
        page.get_by_text("Training", exact=True).click()
        wait_for_query(page, sheet="training", other=penalised.key)
        expect(page.get_by_text("290 of 2,000 steps succeeded").first).to_be_visible()
        for name in ("penalty", "course"):
            expect(page.locator(f"[data-panel={name}] .js-plotly-plot")).to_be_visible()

    def test_a_label_is_kept_and_seen_everywhere(self, page, url, root, one):
        key, text = one.key, "corner of *one* <b>diagonal</b>"
        page.goto(f"{url}/features?sheet=atoms&dictionary={key}&feature=0")
        browser.settled(page)
        page.get_by_role("button", name="Label this feature").click()
        page.get_by_label("Label", exact=True).fill(text)
        page.get_by_label("Note", exact=True).fill("seen at every level")
        page.get_by_label("Author", exact=True).fill("A. Reader")
        page.get_by_label("Author", exact=True).press("Enter")
        shown = page.get_by_text(f"“{text}”")
        expect(shown).to_be_visible()
        expect(page.get_by_text("seen at every level").first).to_be_visible()
        browser.settled(page)
        written = notes.read(root)[0][0]
        assert (written.label, written.author) == (text, "A. Reader")
        assert parse_qs(urlsplit(written.address).query)["feature"] == ["0"]
        page.reload()
        browser.settled(page)
        expect(shown).to_be_visible()
        cell = page.locator("[data-panel=features] td").filter(has_text=text)
        expect(cell.first).to_be_attached()
        page.goto(url)
        browser.settled(page)
        expect(shown).to_be_visible()
        page.get_by_role("link", name="feature 0", exact=True).click()
        wait_for_query(page, dictionary=key, feature=0, sheet="atoms")
        expect(page.locator("[data-panel=summary]")).to_contain_text("Feature 0 ")
        page.goto(f"{url}/landscape?problem=2&level=4&dictionary={key}")
        page.wait_for_selector(".ip-root[data-level='4']")
        expect(page.locator("[data-panel=features]").get_by_text(text).first).to_be_attached()
        page.goto(f"{url}/features?sheet=atoms&dictionary={key}&feature=0")
        browser.settled(page)
        page.get_by_role("button", name="Remove label").click()
        expect(page.get_by_text("label removed")).to_be_visible()
        expect(cell).to_have_count(0)
        expect(page.get_by_role("button", name="Remove label")).to_have_count(0)
        assert [note.label for note in notes.read(root)[0][:2]] == ["", text]

    def test_active_features_follow_the_level_without_a_request(self, page, url, s, one):
        frames = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda f: frames.append(f)))
        page.goto(f"{url}/landscape?problem=5&level=6&plane=atoms&dictionary={one.key}")
        page.wait_for_selector(".ip-root[data-level='6']")
        browser.settled(page)
        expect(page.locator("[data-panel=slice]").get_by_text("a: atom 7").first).to_be_visible()
        expect(
            page.locator("[data-panel=slice]").get_by_text("b: gradient ∇E").first
        ).to_be_visible()
        frames.clear()
        key = features.downstream(s, one, "dictionary_codes").key
        codes = s.read("dictionary_codes", question=key, problems=[5])["code_feature"]
        for level in (6, 3):
            page.keyboard.press(str(level))
            page.wait_for_selector(f".ip-root[data-level='{level}']")
            strongest = int(codes.sel(level=level).values[0, -1, 0])
            last = page.locator("[data-panel=features] tbody tr").first.locator("td.ip-mark a")
            expect(last).to_have_text(str(strongest))
        assert frames == []
        last.click()
        wait_for_query(page, dictionary=one.key, feature=strongest)
        summary = page.locator("[data-panel=summary]")
        expect(summary).to_contain_text(re.compile(rf"Feature {strongest} "))


def test_the_payload_stays_small(s, one):
    key = features.downstream(s, one, "dictionary_codes").key
    codes = s.read("dictionary_codes", question=key, problems=[0]).isel(problem=0)
    table = active_figures.table(active_numbers(codes, "name"), {}, "features?x=1&feature=")
    text = to_json([table])
    assert len(text) < 25_000
    assert json.loads(text)[0]["link"] == "features?x=1&feature="
