"""Along training: which answers belong together, their numbers against NumPy, and the sheet."""

import json
import re
import tomllib
from urllib.parse import parse_qs, urlsplit

import browser
import drawn
import fake_store
import numpy as np
import pytest
import series_store
from playwright.sync_api import expect
from series_store import COUNT, PROBLEMS, STEPS, model

import store
from app.components.said import Picked
from app.overview import coverage
from app.shared.address import address as links
from app.shared.asks import reading, series, settling
from app.shared.asks import steps as series_picks
from app.shared.asks.reading import Subject
from app.shared.drawing import steps
from app.shared.drawing.scatter import spans_decades
from app.shared.page import exports, pages
from app.shared.page.contract import Drawn, Missing, There
from app.shared.table import baselines
from app.shared.table.quantities import PLACED
from app.training import arrays as series_arrays
from app.training import quantities, questions
from app.training.figures import (
    curves as series_curves,
)
from app.training.figures import (
    planes as series_planes,
)
from app.training.view import PANELS
from ired_interp_core import registry
from ired_interp_core.schedule import cosine
from ired_interp_core.schema import PLACES


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return series_store.make(tmp_path_factory.mktemp("series") / "store")


@pytest.fixture(scope="module")
def opened(root):
    with store.open(root) as s:
        yield s


@pytest.fixture(scope="module")
def official(opened):
    return next(one for one in series.known(opened) if one.name == "official")


NAMES_OF = [panel.id for panel in PANELS]


def address(opened, **changes):
    subject = Subject(model("official", STEPS[-1]), PROBLEMS)
    about = {"sheet": "training", "model": subject.model, "set": subject.set}
    return drawn.address("annealing", **{**about, **changes})


def made(opened, **changes):
    where = {"plane": "random", "centre": "answer", "problem": 3}
    return pages.settled(drawn.view("annealing"), opened, address(opened, **{**where, **changes}))


def draw(opened, name, **changes):
    found = drawn.outcome(made(opened, **changes), name)
    assert isinstance(found, Drawn), found
    return found


def payload(opened, name, **changes):
    """What the browser gets of a panel."""
    page = made(opened, **changes)
    return sent(page, name)


def sent(page, name):
    return json.loads(drawn.payload(page, name))


# ----- which models are listed, and what they are called


def test_a_model_of_a_training_is_named_by_its_steps(opened):
    assert reading.model_name(opened, model("official", 1000)) == "official · step 1,000"
    assert reading.model_name(opened, model("none", 0)) == "none, official · step 0"
    assert reading.model_name(opened, fake_store.model_digest("lonely")).startswith("lonely 500")


def test_a_training_is_listed_once_by_its_last_step(opened):
    there = [reading.model_name(opened, t.model) for t in series_picks.listed(opened)]
    assert there[1:] == ["none · step 1,000", "official · step 1,000"]
    assert len(reading.subjects(opened)) == 2 * len(STEPS)  # untrained weights once, a lonely one


def test_the_table_of_what_is_here_has_a_training_in_one_row(opened):
    called = {m: coverage.model_or_training(opened, m) for m in
              (model("official", 10), model("official", 1000), model("none", 0),
               fake_store.model_digest("lonely"))}  # fmt: skip
    assert list(called.values()) == [
        "training official", "training official", "none, official · step 0",
        fake_store.model_digest("lonely")[:8],
    ]  # fmt: skip


@pytest.mark.parametrize(("step", "others"), [(10, 10), (100, 100), (0, 10)])
def test_the_other_training_is_listed_by_the_same_step(opened, step, others):
    shown = Subject(model("official", step), PROBLEMS)
    there = series_picks.listed(opened, shown)
    assert shown in there
    assert len(there) == 3
    other = next(t.model for t in there[1:] if t != shown)
    (found,) = series.steps_of(opened, other)
    assert found.step == others


def test_what_a_page_opens_with_is_trained(opened):
    _, subject = settling.settle(opened, links.parse("landscape", {"set": [PROBLEMS and SET]}))
    assert not series.steps_of(opened, subject.model)
    walk = series_picks.walk(opened, Subject(model("none", 10), PROBLEMS))
    assert [step for step, _ in walk.subjects] == list(STEPS)
    assert "3 other steps" in series_picks.more(opened, walk.subjects[0][1])


SET = links.set_name(PROBLEMS)


# ----- which answers belong together


def test_questions_that_differ_in_the_model_alone_are_one_way(opened, official):
    ways = questions.alike(opened, [official], PROBLEMS, "landscape_slice")
    assert len(ways) == len(series_store.PLANES)
    for way in ways:
        assert [step for step, _ in way.steps(official)] == list(STEPS)
        assert len({json.dumps(dict(q.parameters)) for q in way.by_model.values()}) == 1
    planes = {next(iter(w.by_model.values())).parameters["plane"] for w in ways}
    assert planes == set(series_store.PLANES)


def test_a_question_that_an_address_names_says_which_way_is_meant(opened, official):
    ways = questions.alike(opened, [official], PROBLEMS, "landscape_slice")
    for way in ways:
        for q in way.by_model.values():
            found = questions.asked(opened, [official], PROBLEMS, "landscape_slice", q.key[:10])
            assert found == way


def test_an_address_without_series_shows_those_of_the_task_and_unknown_ones_are_named(opened):
    found, chosen, problems = questions.settle(opened, address(opened))
    assert [one.name for one in chosen] == ["official", "none"]  # the address' model first
    assert problems == PROBLEMS
    assert not found.messages
    named, chosen, _ = questions.settle(
        opened, address(opened, series=("0" * 24, chosen[1].id[:12]))
    )
    assert [one.name for one in chosen] == ["none"]
    assert "no such series" in named.messages[0]
    assert named["series"] == (chosen[0].id,)


def test_another_set_is_shown_with_a_message(opened):
    found, _, problems = questions.settle(opened, address(opened, set="addition-same-4-0"))
    assert problems == PROBLEMS
    assert found["set"] == SET
    assert found.messages == ()  # nobody has named a series: it is the page's own choice
    named = address(opened, set="addition-same-4-0", series=found["series"])
    assert "no answers" in questions.settle(opened, named)[0].messages[0]


# ----- numbers


def plain(opened, question, what, level, place):
    """The same number read from the shards, problem by problem."""
    analysis, name = what.split(".")
    read = opened.read(analysis, question=question.key)
    made_of = {"energy_excess": lambda r: r["energy_answer"] - r["energy_truth"]}
    values = made_of.get(name, lambda r: r[name])(read)
    values = values.sel(level=level) if "level" in values.dims else values
    return (values.sel(place=place) if "place" in values.dims else values).values.astype(float)


@pytest.mark.parametrize("level", [0, 7])
@pytest.mark.parametrize(
    "what",
    ["descent.mse", "descent.mse_final", "descent.energy_excess", "hessian_spectrum.trace",
     "hessian_spectrum.above_inverse_sigma"],
)  # fmt: skip
def test_a_quantity_along_training_has_the_quantiles_of_numpy(opened, official, what, level):
    known = quantities.quantities(opened, [official], PROBLEMS)
    analysis = known[what].analysis
    of = questions.asked(opened, [official], PROBLEMS, analysis).steps(official)
    found = quantities.track(opened, known[what], of, level, "truth")
    assert found.steps.tolist() == list(STEPS)
    for got, (_, question) in zip(found.quantiles, of, strict=True):
        values = plain(opened, question, what, level, "truth")
        np.testing.assert_allclose(got, np.quantile(values, quantities.QUANTILES), rtol=1e-6)
    assert (found.counts == COUNT).all()
    if what == "descent.mse":
        assert series_store.declining(found.quantiles[:, 2])


def test_every_scalar_of_the_catalog_can_be_drawn(opened, official):
    known = quantities.quantities(opened, [official], PROBLEMS)
    for analysis in ("descent", "hessian_spectrum", "landscape_slice", "accuracy"):
        scalars = registry.get(analysis).schema.scalars()
        plain_ones = {n for n, v in scalars.items() if set(v.dims) <= set(PLACED) |
                      {"level"} and not n.endswith("_error")}  # fmt: skip
        assert {f"{analysis}.{n}" for n in plain_ones} <= set(known)
    assert "descent.mse_to_baseline.zero" in known
    for what in known.values():
        assert not links.parse("annealing", {"quantity": [what.id]}).messages
        of = questions.asked(opened, [official], PROBLEMS, what.analysis).steps(official)
        assert len(quantities.track(opened, what, of, 2, "answer").steps) in {0, 4}


def test_a_mean_has_its_standard_error_around_it(opened, official):
    known = quantities.quantities(opened, [official], PROBLEMS)
    of = questions.asked(opened, [official], PROBLEMS, "accuracy").steps(official)
    found = quantities.track(opened, known["accuracy.mse"], of, 0, "answer")
    for row, (_, question) in zip(found.quantiles, of, strict=True):
        read = opened.read("accuracy", question=question.key)
        mean, error = float(read["mse"]), float(read["mse_error"])
        np.testing.assert_allclose(row[[1, 2, 3]], [mean - error, mean, mean + error])
    shown = draw(opened, "quantity", quantity="accuracy.mse")
    assert "standard error" in shown.caption
    assert any(t.name is None and "c·I" in (t.hovertemplate or "") for t in shown.body.data)


def test_baselines_are_medians_over_the_problems_answered(opened, official):
    asked = questions.asked(opened, [official], PROBLEMS, "descent")
    first = next(iter(asked.by_model.values()))
    about = reading.questions(opened, analysis="problem_properties")[0]
    found = baselines.errors(opened, about.key, first.key, "median")
    read = opened.read("problem_properties", question=about.key)["baseline_mse"]
    for name, mse in found.items():
        assert mse == pytest.approx(float(np.median(read.sel(baseline=name))), rel=1e-6)


def test_frames_and_ideals_follow_the_schedule(opened):
    schedule, level = cosine(), 3
    for frame, factor in (("level", 1.0), ("data", schedule.alphas_cumprod[level])):
        shown = draw(opened, "quantity", quantity="hessian_spectrum.largest_eigenvalue",
                     level=level, frame=frame, place="noised_truth")  # fmt: skip
        ideal = next(t for t in shown.body.data if (t.hovertemplate or "").startswith("1/σ"))
        assert ideal.y[0] == pytest.approx(factor / schedule.sigma[level])
        assert "extrapolation" not in shown.long
    other = draw(opened, "quantity", quantity="hessian_spectrum.trace", place="answer")
    assert "an extrapolation" in other.long


def test_spectra_along_training_have_the_quantiles_of_numpy(opened, official):
    of = questions.asked(opened, [official], PROBLEMS, "hessian_spectrum").steps(official)
    problems = series_arrays.common([q for _, q in of])
    assert problems.tolist() == list(range(COUNT))
    for place in PLACES[:2]:
        found = series_arrays.spectra(opened, [q for _, q in of], problems, 4, place)
        for got, (_, question) in zip(found, of, strict=True):
            read = opened.read("hessian_spectrum", question=question.key)["eigenvalue_spectrum"]
            values = read.sel(level=4, place=place).values.astype(float)
            wanted = np.quantile(values, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1])
            np.testing.assert_allclose(got, wanted, rtol=1e-9)


# ----- figures


def test_the_axis_of_steps_keeps_their_order_and_shows_step_0_beyond_a_break():
    every = np.array([0, 10, 32, 100, 1500])
    axis = steps.StepAxis.of(every)
    at = axis.at(every)
    assert (np.diff(at) > 0).all()
    np.testing.assert_allclose(at[1:], np.log10(every[1:]))
    low, high = axis.layout()["range"]
    assert low < at[0]
    assert high > at[-1]
    assert list(axis.ticks()) == [0, 10, 100, 1000]
    assert not steps.StepAxis.of(every[1:]).zero
    assert steps.StepAxis.of([0.0]).layout()["ticktext"][0] == "0"
    assert [steps.spelled(s) for s in (0, 316, 1000, 50_000, 2e6)] == [
        "0", "316", "1k", "50k", "2M",
    ]  # fmt: skip


def test_a_log_is_read_as_it_was_written_and_thinned_evenly():
    log = series_store.log("none")
    found = series_curves.course("<b>none</b>", log)
    assert "<b>" not in found.name
    written = [e["loss"] for e in log if "evaluation" not in e]
    assert found.losses["loss"].tolist() == written
    assert (found.losses["contrastive"] == 0).all()
    assert found.measured["same"][0].tolist() == list(STEPS)
    assert found.baselines["harder"] == {"zero": 0.02, "scaled_identity": 0.014}
    table = series_curves.table([found])
    assert len(table[table["quantity"] == "loss"]) == len(written)
    every = np.arange(100.0, 1_000_001.0, 100.0)
    kept = series_curves.thinned(every)
    assert kept[0] == 0
    assert kept[-1] == len(every) - 1
    assert len(kept) <= series_curves.DRAWN
    assert series_curves.course("x", [{"step": 3, "loss": None}]).losses["loss"].size == 1


def test_maps_stand_at_their_step_and_series():
    def tile(value):
        return series_planes.Tile(np.full((3, 3), value, np.float32), {"truth": (0.0, 0.0)})

    rows = [{0: tile(1.0), 10: tile(2.0)}, {10: tile(4.0)}]
    values = series_planes.mosaic(rows, [0, 10], 3)
    pitch = 3 + series_planes.GAP
    assert (values[pitch:, :3] == 1).all()
    assert (values[pitch:, pitch:] == 2).all()
    assert np.isnan(values[:3, :3]).all()
    assert (values[:3, pitch:] == 4).all()
    assert np.isnan(values[3:pitch]).all()
    every = list(range(30))
    kept = series_planes.chosen(every)
    assert (kept[0], kept[-1], len(kept)) == (0, 29, series_planes.MOST_STEPS)


def test_an_axis_is_logarithmic_only_where_numbers_need_it():
    for values, wanted in (
        ((0.001, 1.0), True), ((0.5, 1.0), False), ((-1.0, 0.001, 1.0), False),
    ):  # fmt: skip
        assert spans_decades(np.array(values)) == wanted


@pytest.mark.parametrize("name", NAMES_OF)
def test_every_panel_is_drawn_in_few_bytes_and_its_files_hold_its_numbers(opened, name):
    shown = draw(opened, name, quantity="hessian_spectrum.entropy_rank")
    assert len(shown.body.to_json()) < 400_000
    table = exports.table(shown.numbers)
    assert set(table["series"]) == {"official", "none"}
    assert set(table["step"]) >= set(STEPS)
    bytes(exports.content(shown, "netCDF"))
    sent = payload(opened, name, quantity="hessian_spectrum.entropy_rank")
    assert "{" not in sent["long"]
    assert "{" not in sent["caption"]


@pytest.mark.parametrize("name", NAMES_OF)
def test_copied_python_loads_these_very_numbers(opened, name):
    at = {"quantity": "descent.mse", "frame": "data"}
    shown = draw(opened, name, **at)
    found: dict = {}
    exec(payload(opened, name, **at)["python"], found)
    if name == "curves":
        assert found["logs"]["none"] == series_store.log("none")
    elif name == "quantity":
        rows = {r.question: r.q[2] for r in found["table"].itertuples()}
        table = exports.table(shown.numbers)
        median = table[(table["percent"] == 50) & (table["series"] == "none")]
        assert set(median["step"]) == set(STEPS)
        for row in median.itertuples():
            key = found["questions"]["none", row.step]
            assert rows[key] == pytest.approx(row.value)
    else:
        assert set(found["data"]) == {(n, step) for n in ("none", "official") for step in STEPS}
    found["s"].close()


@pytest.mark.parametrize("name", NAMES_OF)
def test_a_copied_command_names_the_series(opened, name):
    text = payload(opened, name)["command"]
    if name == "curves":
        assert text.count("python -m precompute train") == 2
        assert "--negatives none" in text
        return
    sweep = tomllib.loads(text.partition("<<'END'\n")[2].partition("\nEND\n")[0])
    assert {m["name"]: m["series"] for m in sweep["models"]} == {
        "official": "trained/official", "none": "trained/none",
    }  # fmt: skip
    first = draw(opened, name).questions[0].question
    assert sweep["analyses"][0]["name"] == first.analysis


def test_a_slice_says_whether_it_is_the_very_same_plane(opened):
    shown = draw(opened, "planes")
    assert "each model has its own" in shown.long
    assert "of the model at each step" in shown.note


def test_another_plane_is_shown_with_a_message(opened):
    assert not made(opened).address.messages
    assert not made(opened, plane="stiff_soft", centre="").address.messages
    (said,) = made(opened, plane="atoms", centre="").address.messages
    assert said.startswith("plane=atoms: these series have no such slice; showing")
    (said,) = made(opened, centre="start").address.messages
    assert said.startswith("centre=start: these series have no such slice; showing")


def test_copied_python_reads_the_problems_that_are_drawn_and_no_others(opened, monkeypatch):
    monkeypatch.setattr(series_arrays, "SPECTRA", 3)
    found: dict = {}
    exec(payload(opened, "spectra", level=1)["python"], found)
    assert found["data"]["none", 10]["problem"].values.tolist() == [0, 1, 2]
    found["s"].close()
    cut, lost = series_arrays.cut, model("none", 10)
    monkeypatch.setattr(
        series_arrays, "cut", lambda s, q, *a: None if q.model == lost else cut(s, q, *a)
    )
    shown = draw(opened, "planes", level=1)
    # the untrained weights of both trainings are one model, asked once
    assert len(shown.questions) == 2 * len(STEPS) - 2
    assert lost not in {one.question.model for one in shown.questions}


def test_eigenvalues_that_are_no_numbers_are_missing(opened, monkeypatch):
    found = series_arrays.spectra
    monkeypatch.setattr(series_arrays, "spectra", lambda *a: np.full_like(found(*a), np.nan))
    shown = drawn.outcome(made(opened), "spectra")
    assert isinstance(shown, Missing)
    assert "no finite eigenvalue" in shown.text


def test_the_file_of_a_mean_names_its_standard_error(opened):
    shown = draw(opened, "quantity", quantity="accuracy.mse")
    table = exports.table(shown.numbers).set_index(["series", "step", "number"])["value"].to_dict()
    question = next(
        one.question for one in shown.questions if one.question.model == model("none", 100)
    )
    read = opened.read("accuracy", question=question.key)
    mean, error = float(read["mse"]), float(read["mse_error"])
    found = {n: table["none", 100, n] for n in ("mean", "mean - s.e.", "mean + s.e.")}
    assert found == pytest.approx(
        {"mean": mean, "mean - s.e.": mean - error, "mean + s.e.": mean + error}
    )
    assert float(shown.numbers["value"].sel(series="none", step=100, number="mean")) == mean


# ----- names that nobody chose with care, and answers of `accuracy` alone

NAMES = tuple('<b>$x$</b> "q" \\ ![i](http://e/i.png) ' + "n" * 40 + end for end in "12")


@pytest.fixture(scope="module")
def careless(tmp_path_factory):
    folder = tmp_path_factory.mktemp("careless") / "store"
    return series_store.make(folder, NAMES, analyses=("accuracy",), lonely=False)


@pytest.fixture(scope="module")
def careless_page(careless):
    with store.open(careless) as s:
        at = {"model": model(NAMES[0], 10), "set": SET, "quantity": "accuracy.mse"}
        yield pages.settled(drawn.view("annealing"), s,
                             drawn.address("annealing", sheet="training", **at))  # fmt: skip


def test_names_that_are_cut_to_the_same_are_told_apart(careless_page):
    assert len(set(careless_page.scene.names)) == 2
    shown = drawn.outcome(careless_page, "curves")
    found: dict = {}
    exec(sent(careless_page, "curves")["python"], found)
    assert set(found["logs"]) == set(exports.table(shown.numbers)["series"])
    assert len(found["logs"]) == 2
    assert "<b>" not in shown.body.to_json()
    found["s"].close()


def test_names_are_no_code(careless_page):
    said = sent(careless_page, "quantity")
    assert said["cite"].count('<b>$x$</b> "q" \\ ![i](') == 2
    sweep = tomllib.loads(said["command"].partition("<<'END'\n")[2].partition("\nEND\n")[0])
    assert {m["name"] for m in sweep["models"]} == set(NAMES)


def test_entries_of_a_log_that_are_none_are_left_out():
    broken = ({"step": 1, "evaluation": None}, {"step": 2, "evaluation": {"same": 3}})
    found = series_curves.course("x", [*broken, *series_store.log("none")])
    assert found.measured["same"][0].tolist() == list(STEPS)


@pytest.mark.parametrize("view", ["problems", "annealing"])
def test_a_store_of_accuracy_alone_has_every_view(careless, view, monkeypatch):
    monkeypatch.setenv("IRED_STORE", str(careless))
    app = drawn.app(view)
    assert not app.exception
    assert "Nothing" in "\n".join(t.value for t in app.text)
    assert not any("](" in c.value for c in app.caption)


def test_overview_leads_from_accuracy_alone_to_the_means_and_the_steps(careless):
    with store.open(careless) as s:
        page = drawn.page(s, "overview")
        subject = page.scene.undescended[0]
        rows = drawn.outcome(page, "undescended").body.rows
        pick = drawn.panel(page, "undescended").on_pick
        to = [pick(page.address, Picked(custom=(row.id,))) for row in rows[:2]]
        assert rows[0].cells[0].endswith(reading.model_name(s, subject.model))
    assert "only means were measured" in rows[0].cells[1]
    assert [(a.view, a["sheet"]) for a in to] == [("overview", "paper"), ("annealing", "training")]
    assert to[0]["weights"] == (subject.model,)


def test_the_menu_has_annealing_where_a_training_has_answers():
    assert drawn.view("annealing").has(There({"accuracy": 1}, series=True))
    assert not drawn.view("annealing").has(There({"accuracy": 1}))


# ----- in the browser


def test_the_sheet_is_read_chosen_from_and_linked(root):
    with (
        browser.serve(root) as url,
        browser.chromium() as chromium,
        browser.page_of(chromium) as page,
    ):
        page.goto(f"{url}/annealing?sheet=training&level=2")
        browser.settled(page)
        expect(page.locator("[data-panel] .js-plotly-plot")).to_have_count(len(NAMES_OF))
        browser.select(page, "Quantity", "^participation ratio")
        page.wait_for_url(re.compile("participation_ratio"))
        browser.settled(page)
        query = parse_qs(urlsplit(page.url).query)
        assert (query["sheet"], query["level"]) == (["training"], ["2"])
        assert len(query["series"]) == 2
        page.goto(f"{url}/landscape?model={model('official', 10)}&problem=4&level=3")
        page.get_by_role("button", name=re.compile("Shortcut K")).click()
        page.wait_for_url(re.compile(model("official", 100)))
        query = parse_qs(urlsplit(page.url).query)
        assert (query["problem"], query["level"]) == (["4"], ["3"])
