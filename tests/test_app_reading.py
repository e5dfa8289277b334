"""What the app reads from a store, and the numbers that it puts beside the baselines."""

import json
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import drawn
import fake_store
import numpy as np
import plotly.graph_objects as go
import pytest
import xarray as xr

import store
from app.shared.address import address as links
from app.shared.address.fields import Filter
from app.shared.asks import chosen, reading, settling, similar, toml
from app.shared.asks import commands as citing
from app.shared.page import exports, outcomes
from app.shared.page import look as theme
from app.shared.page.contract import Drawn, Source
from app.shared.table import baselines, statements, verdict
from app.shared.table import catalog as tables
from app.shared.table import memory as table_columns
from app.shared.table import rows as table_rows
from app.shared.table.rows import Rows
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.intervals import bootstrap_t
from ired_interp_core.records import ProblemSet, seeded
from store import generations

SET = ProblemSet("inverse", "same", 4, 0)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("app") / "store"
    fake_store.make(root, problems=SET, count=24, asked=40)
    other = ProblemSet("inverse", "harder", 4, 1)
    return fake_store.make(
        root, problems=other, model="two", count=8, run="second",
        analyses=("problem_properties", "descent"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def s(root):
    with store.open(root) as opened:
        yield opened


@pytest.fixture(scope="module")
def subject():
    return reading.Subject(fake_store.model_digest("one"), SET)


@pytest.fixture(scope="module")
def scope(s, subject):
    return chosen.family(s, subject).scope(3, "truth")


def test_an_answer_about_one_problem_is_read_once_for_all_generations(root, s, subject):
    (descent,) = reading.questions(s, subject, "descent")
    with store.open(root) as later:
        later.generation = "of another day"
        (same,) = reading.questions(later, subject, "descent")
        assert reading.dataset(later, same, (3,)) is reading.dataset(s, descent, (3,))
        assert reading.dataset(later, same, (3, 4)) is not reading.dataset(s, descent, (3, 4))
        with pytest.raises(Refusal):
            reading.dataset(later, same, (39,))  # asked, and not there


def test_a_payload_names_its_figure_by_what_is_drawn():
    def said(title, x):
        figure = {
            "layout": {"width": 3},
            "shared": [{"x": np.array(x)}],
            "levels": [],
            "hover": None,
        }
        spelled = json.loads(outcomes._apart({"title": title, **figure}))
        assert list(spelled) == ["title", "drawing", *figure]
        return spelled

    assert said("a", [1, 2])["drawing"] == said("b", [1, 2])["drawing"]
    assert said("a", [1, 2])["drawing"] != said("a", [1, 3])["drawing"]
    assert json.loads(outcomes._apart({"title": "a table"})) == {"title": "a table"}


def test_importing_the_app_loads_no_torch():
    code = "import sys; import app.overview.view, app.problems.view; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_model_on_every_set_is_a_subject(s):
    assert [t.set for t in reading.subjects(s)] == ["inverse-same-4-0", "inverse-harder-4-1"]


def test_coverage_counts_rows_there_and_asked(s):
    table = reading.coverage(s)
    one = table[(table["set"] == "inverse-same-4-0") & (table["analysis"] == "descent")].iloc[0]
    assert (one["present"], one["asked"]) == (24, 40)
    two = table[table["set"] == "inverse-harder-4-1"]
    assert (two["present"] == 8).all()


def settle(s, **texts):
    return settling.settle(s, links.parse("problems", {n: [t] for n, t in texts.items()}))


def test_a_unique_prefix_finds_the_model(s):
    model = fake_store.model_digest("two")
    address, subject = settle(s, model=model[:8])
    assert not address.messages
    assert (address["model"], subject.set) == (model, "inverse-harder-4-1")


def test_a_removed_model_is_named_and_the_nearest_choice_shown(s, subject):
    address, shown = settle(s, model="0123456789abcdef", set=subject.set)
    assert shown == subject
    (line,) = address.messages
    assert "model=0123456789abcdef: no such model" in line
    assert subject.model[:8] in line


def test_a_removed_set_is_named_and_the_models_own_set_shown(s):
    model = fake_store.model_digest("two")
    address, shown = settle(s, model=model, set="inverse-same-4-0")
    assert (shown.model, shown.set) == (model, "inverse-harder-4-1")
    assert "set=inverse-same-4-0" in address.messages[0]


def test_a_problem_that_is_not_there_gives_the_nearest(s, subject):
    question = reading.questions(s, subject, "descent")[0]
    address = links.parse("problems", {"problem": ["999"]})
    settled = settling.problem(address, question)
    assert settled["problem"] == 23
    assert "problem=999" in settled.messages[0]


def test_arrays_that_are_given_away_cannot_be_written(s, subject):
    question = reading.questions(s, subject, "descent")[0]
    answer = reading.dataset(s, question, (3,), ("answer", "mse"))
    with pytest.raises(ValueError, match="read-only"):
        answer["answer"].values[0] = 1


def test_the_wide_table_joins_what_the_shards_hold(s, subject, scope):
    known = tables.columns(s, scope)
    ids = ["descent.mse", "hessian_spectrum.trace", "problem_properties.trace", "descent.excess"]
    table = s.sql(*statements.select(scope, known, ids)).set_index("problem")
    descent = s.read("descent", question=scope.key("descent"))
    spectrum = s.read("hessian_spectrum", question=scope.key("hessian_spectrum"))
    properties = s.read("problem_properties", question=scope.key("problem_properties"))
    assert np.array_equal(table["descent.mse"], descent["mse"].sel(level=3))
    trace = spectrum["trace"].sel(level=3, place="truth")
    assert np.array_equal(table["hessian_spectrum.trace"], trace)
    assert np.array_equal(table["problem_properties.trace"], properties["trace"])
    name = baselines.best(s, scope)
    best = properties["baseline_mse"].sel(baseline=name)
    assert properties["baseline_mse"].mean("problem").idxmin() == name
    assert np.allclose(table["descent.excess"], descent["mse_final"] - best, rtol=0, atol=1e-15)


def test_sorting_paging_and_filters_agree_with_pandas(s, scope):
    known = tables.columns(s, scope)
    whole = s.sql(*statements.select(scope, known, ["descent.mse", "problem_properties.trace"]))
    middle = float(whole["problem_properties.trace"].median())
    filters = (
        Filter("problem_properties.trace", "gt", middle),
        Filter("problem", "lt", 20.0),
        Filter("problem", "ge", 2.0),
    )
    kept = whole[
        (whole["problem_properties.trace"] > middle) & whole["problem"].between(2, 19)
    ].sort_values("descent.mse", ascending=False)
    page = statements.select(scope, known, ["descent.mse"], filters, "descent.mse", True, 4, 3)
    assert s.sql(*page)["problem"].tolist() == kept["problem"].tolist()[3:7]
    assert len(s.sql(*statements.select(scope, known, [], filters))) == len(kept) > 3


def shuffled(seed, count=500):
    """Numbers with ties, both infinities and gaps."""
    rng = np.random.default_rng(seed)
    numbers = rng.integers(0, 40, count).astype(float)
    numbers[rng.random(count) < 0.1] = np.nan
    numbers[:4] = (np.inf, -np.inf, np.inf, -np.inf)
    return rng.permutation(numbers)


@pytest.mark.parametrize("down", [False, True])
def test_gaps_come_last_and_equal_ones_stay_in_their_order(down):
    for numbers in (
        shuffled(3),
        np.random.default_rng(3).permutation(np.arange(500.0)),  # no ties
        np.append(np.random.default_rng(3).permutation(np.arange(500.0)), [np.nan, np.nan]),
        np.full(5, np.nan),
        np.zeros(5),
        np.zeros(0),
    ):
        there = np.flatnonzero(~np.isnan(numbers))
        key = -numbers[there] if down else numbers[there]
        order = [*there[np.argsort(key, kind="stable")], *np.flatnonzero(np.isnan(numbers))]
        assert table_columns.sorting(numbers, down).tolist() == order


@pytest.mark.parametrize(
    "sort",
    [
        "",
        "problem",
        "descent.mse",
        "descent.excess",
        "hessian_spectrum.index",
        "problem_properties.trace",
    ],
)
@pytest.mark.parametrize("down", [False, True])
def test_rows_in_memory_are_those_of_one_sql_statement(s, scope, sort, down):
    known = tables.columns(s, scope)
    every = [i for i, q in known.items() if i != "problem"]
    filters = (Filter("problem_properties.trace", "ge", -1e9), Filter("problem", "lt", 22.0))
    rows = table_rows.Rows(filters, sort, down)
    for only in (None, [3, 5, 21, 22, 99]):
        asked = statements.select(scope, known, every, filters, sort, down, 8, 1, only)
        twin = s.sql(*asked)
        problems = table_rows.ordered(s, scope, known, rows, 8, 1, only)
        page = table_rows.page(s, scope, known, every, problems)
        assert page.columns.tolist() == twin.columns.tolist()
        assert problems == twin["problem"].tolist()
        assert len(problems) == (8 if only is None else 2)
        assert np.array_equal(
            page.to_numpy(dtype=float), twin.to_numpy(dtype=float), equal_nan=True
        )
    whole = table_rows.points(s, scope, known, every, rows, 1000)
    twin = s.sql(*statements.select(scope, known, every, filters, sort, down))
    assert np.array_equal(whole.to_numpy(dtype=float), twin.to_numpy(dtype=float), equal_nan=True)
    counted = len(s.sql(*statements.select(scope, known, [], filters)))
    assert table_rows.total(s, scope, known, filters) == counted == len(whole) == 22


def test_a_problem_without_a_number_passes_no_filter_and_sorts_last(tmp_path):
    """Spectra of the first sixteen problems only."""
    root = fake_store.make(tmp_path / "store", count=24, problems=SET)
    with store.open(root) as opened:
        key = opened.questions("hessian_spectrum")[0].key
        descent = opened.questions("descent")[0].key
        properties = opened.questions("problem_properties")[0].key
    for path in (root / "results/hessian_spectrum" / key).glob("000016-*"):
        path.unlink()
    store.catalog.collect(root)
    keys = (("problem_properties", properties), ("descent", descent), ("hessian_spectrum", key))
    with store.open(root) as opened:
        of = chosen.Scope(keys, 3, "truth")
        known = tables.columns(opened, of)
        trace = "hessian_spectrum.trace"
        for down in (False, True):
            rows = table_rows.points(opened, of, known, [trace], Rows((), trace, down), 100)
            twin = opened.sql(*statements.select(of, known, [trace], (), trace, down))
            assert rows.equals(twin)
            assert rows["problem"].tolist()[16:] == list(range(16, 24))
        for operator in ("gt", "lt"):
            filters = (Filter(trace, operator, 0.0 if operator == "gt" else 1e9),)
            assert table_rows.total(opened, of, known, filters) == 16


def test_a_column_that_is_not_there_is_left_out_and_named(s, scope):
    known = tables.columns(s, scope)
    bad = Filter('x"; DROP TABLE descent__problem; --', "gt", 1.0)
    kept, lost = tables.usable(known, [bad, Filter("descent.mse", "gt", 0.0)])
    assert [f.column for f in kept] == ["descent.mse"]
    assert len(lost) == 1


def test_similar_problems_are_nearest_in_standardised_properties(s, scope):
    near = similar.similar(s, scope, 7, most=3)
    properties = s.read("problem_properties", question=scope.key("problem_properties"))
    names = [n for n, v in properties.data_vars.items() if v.dims == ("problem",)]
    values = np.stack([properties[n].values for n in names], axis=1)
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    distance = np.sqrt(((values - values[7]) ** 2).mean(axis=1))
    distance[7] = np.inf
    assert near["problem"].tolist() == np.argsort(distance)[:3].tolist()
    assert np.allclose(near["distance"], np.sort(distance)[:3], rtol=1e-5)
    few = similar.similar(s, scope, 7, most=3, among=np.array([2, 7]))
    assert few["problem"].tolist() == [2]


def test_the_standing_is_paired_over_the_same_problems(s, scope):
    found = verdict.standing(s, scope)
    descent = s.read("descent", question=scope.key("descent"))
    properties = s.read("problem_properties", question=scope.key("problem_properties"))
    assert found.count == 24
    assert found.answer.value == pytest.approx(float(descent["mse_final"].mean()), rel=1e-12)
    for beside in found.beside:
        own = descent["mse_final"] - properties["baseline_mse"].sel(baseline=beside.name)
        assert beside.difference.value == pytest.approx(float(own.mean()), rel=1e-9)
        error = float(own.std(ddof=1)) / np.sqrt(24)
        assert 1.5 * error < beside.difference.value - beside.difference.low < 4 * error
        # One resampling for all predictors, in the order of their names.
        others = sorted(b.name for b in found.beside)
        every = (descent["mse_final"] - properties["baseline_mse"]).sel(baseline=others)
        slow = bootstrap_t(every.transpose("problem", "baseline").values, seeded("standing"))
        assert beside.difference.low == pytest.approx(slow.low[others.index(beside.name)])
        distance = descent["mse_to_baseline"].sel(baseline=beside.name)
        assert beside.distance.value == pytest.approx(float(distance.mean()), rel=1e-9)


def mean(value, error):
    return verdict.Mean(value, error)


@pytest.mark.parametrize(
    ("difference", "word"),
    [
        (verdict.Interval(0.003, 0.001, 0.005), "worse than"),
        (verdict.Interval(-0.003, -0.005, -0.001), "better than"),
        (verdict.Interval(0.0019, -0.0001, 0.004), "indistinguishable from"),
        (verdict.Interval(0.5, float("nan"), float("nan")), "not comparable with"),
    ],
)
def test_the_verdict_follows_from_the_paired_difference(difference, word):
    beside = verdict.Beside("polynomial_7", mean(0.01, 0.001), difference, mean(0.002, 0.001))
    known = (mean(0.013, 0.001), mean(0.013, 0.001), (beside,))
    said = verdict.sentence(verdict.Standing(32, 0, *known))
    assert said.startswith(f"Its answer is {word} the best trivial predictor (degree 7 in A")
    # What diverged is counted and said first, whatever the rest comes to.
    some = verdict.sentence(verdict.Standing(32, 3, *known))
    assert some.startswith("The descent diverges on 3 of 32 problems")
    assert "On the other 29: Its answer is" in some
    assert "paired over 29 problems" in some
    assert verdict.sentence(verdict.Standing(32, 32, *known)) == (
        "The descent diverges: none of its 32 answers is finite."
    )
    assert "no verdict" in verdict.sentence(verdict.Standing(1, 0, *known))
    assert verdict.Standing(1, 0, *known).counted == "1 problem"


@pytest.mark.parametrize("gone", [(3,), (0, 5), tuple(range(24))])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_answers_that_are_not_finite_are_counted_and_enter_no_mean(tmp_path, gone, value):
    errors = np.linspace(0.01, 0.02, 24)
    errors[list(gone)] = value
    fake = fake_store.Fake(tmp_path / "store")
    fake.ask("problem_properties")
    fake.ask("descent", {"mse_final": errors, "mse_official": errors})
    with store.open(fake.write_run()) as s:
        (subject,) = reading.subjects(s)
        found = verdict.standing(s, chosen.family(s, subject).scope())
        assert (found.count, found.diverged) == (24, len(gone))
        if found.finite:
            left = errors[np.isfinite(errors)].mean()
            assert found.answer.value == pytest.approx(left) == found.official.value
            assert f"On the other {24 - len(gone)}: " in verdict.sentence(found)
        else:
            assert verdict.sentence(found).startswith("The descent diverges: none of its 24")


def test_a_mean_is_spelled_to_its_errors_second_digit():
    assert verdict.spelled(mean(0.009575, 0.000237)) == "0.00958 ± 0.00024"
    assert verdict.spelled(mean(12.3456, 0.5)) == "12.35 ± 0.50"
    assert verdict.spelled(mean(0.0, 0.0)) == "0"


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        ((-0.004428, -0.004512, -0.004343), "−0.00443 [−0.00451, −0.00434]"),
        ((0.0000193, 0.0000183, 0.0000203), "1.93 [1.83, 2.03]×10⁻⁵"),
        ((1.5, 1.4, 1.6), "1.50 [1.40, 1.60]"),
        ((0.0, 0.0, 0.0), "0"),
        ((1.0, 1.0, 1.0), "1"),
        ((0.3, np.nan, np.nan), "0.3"),
    ],
)
def test_an_estimate_is_spelled_to_the_second_digit_of_its_interval(estimate, said):
    assert verdict.ranged(verdict.Interval(*estimate)) == said


def test_copied_python_loads_this_very_data(s, subject):
    question = reading.questions(s, subject, "descent")[0]
    scope: dict = {}
    used = Source(question, {"problems": [3], "variables": ["mse"]})
    exec(citing.sources(s, [used]), scope)
    assert scope["data"].equals(s.read("descent", question=question.key, problems=[3])[["mse"]])


def test_copied_sql_gives_the_same_rows(s, scope):
    known = tables.columns(s, scope)
    asked = statements.select(scope, known, ["descent.mse"], (Filter("descent.mse", "gt", 0.0),))
    names: dict = {}
    exec(citing.python_sql(s, asked.sql, asked.params), names)
    assert names["table"].equals(s.sql(*asked))


def test_a_copied_command_asks_the_same_question(s, subject):
    question = reading.questions(s, subject, "hessian_spectrum")[0]
    text = citing.command(s, question)
    sweep = tomllib.loads(text.split("<<'END'\n")[1].split("\nEND\n")[0])
    (analysis,) = sweep["analyses"]
    descent = analysis.pop("inputs")["descent"]
    assert analysis.pop("name") == "hessian_spectrum"
    assert analysis == dict(question.parameters)
    assert descent == dict(reading.questions(s, subject, "descent")[0].parameters)
    assert sweep["problems"] == [
        {"task": "inverse", "variant": "same", "size": 4, "seed": 0, "count": 40}
    ]


def test_what_a_copied_command_holds_stays_data():
    """Names and values of a record end no here-document, run nothing, and come back as they are."""
    odd = ["a\nEND\ntouch INJECTED; cat <<'END'\n", 'x" = 1\ny = "', "\x1b]0;t\x07\u202e", "μ-𝔸.pt"]
    given: list[object] = [*odd, True, 3, 0.1, 1e16]
    entries = [toml.entry(str(name), value) for name, value in zip(odd * 2, given, strict=True)]
    for entry, value in zip(entries, given, strict=True):
        assert entry.isprintable()
        assert list(tomllib.loads(entry).values()) == [value]
    lines = toml.here_document("sweep.toml", entries[:4]).splitlines()
    assert [i for i, line in enumerate(lines) if line == "END"] == [5]
    assert tomllib.loads("\n".join(lines[1:5])) == dict(zip(odd, odd, strict=True))


def test_a_saved_netcdf_opens_as_what_was_shown(s, subject, tmp_path):
    question = reading.questions(s, subject, "descent")[0]
    answer = reading.dataset(s, question, (3,), ("answer", "mse", "mse_to_baseline"))
    path = tmp_path / "saved.nc"
    path.write_bytes(exports.content(Drawn(go.Figure(), answer), "netCDF"))
    with xr.open_dataset(path) as again:
        assert np.array_equal(again["answer"], answer["answer"])
        assert again["answer"].attrs["frame"] == "data"


def test_no_store_named_or_no_store_there_is_one_line(monkeypatch, tmp_path):
    monkeypatch.delenv("IRED_STORE", raising=False)
    with pytest.raises(Refusal, match="IRED_STORE is not set"):
        reading.root()
    monkeypatch.setenv("IRED_STORE", str(tmp_path / "nowhere"))
    with pytest.raises(Refusal, match="no store there"):
        reading.newest()


def test_a_session_stays_on_its_generation_until_it_moves_on(monkeypatch, tmp_path):
    root = fake_store.make(tmp_path / "store", count=4, analyses=("problem_properties", "descent"))
    monkeypatch.setenv("IRED_STORE", str(root))
    session: dict = {}
    monkeypatch.setattr(reading.st, "session_state", session)
    before = reading.here()
    fake_store.make(root, count=4, model="later", analyses=("problem_properties", "descent"))
    assert reading.newest() != before.generation
    assert reading.here() is before
    reading.move_on()
    assert reading.here().generation == reading.newest()
    assert len(reading.subjects(reading.here())) == 2
    shutil.rmtree(root)
    assert len(reading.subjects(reading.here())) == 2


def test_a_session_stays_on_its_generation_however_many_come_after_it(monkeypatch, tmp_path):
    root = fake_store.make(tmp_path / "store", count=2, analyses=("problem_properties",))
    monkeypatch.setenv("IRED_STORE", str(root))
    first, others = {}, [{} for _ in range(9)]
    monkeypatch.setattr(reading.st, "session_state", first)
    before = reading.here()
    for number, session in enumerate(others):
        monkeypatch.setattr(reading.st, "session_state", session)
        fake_store.make(root, count=2, model=f"m{number}", analyses=("problem_properties",))
        assert reading.here().generation == reading.newest()
    monkeypatch.setattr(reading.st, "session_state", first)
    assert reading.here() is before
    assert before.generation not in generations.generations(root)  # its file is gone, it reads on
    assert reading.coverage(before)["present"].sum() == 2
    assert reading.newest() != before.generation  # so the head offers the newer data


def test_the_page_and_the_figures_have_the_same_inks():
    config = tomllib.loads((Path(__file__).parents[1] / "app/.streamlit/config.toml").read_text())
    for ground, ink in theme.INK.items():
        page = config["theme"][ground]
        assert page["backgroundColor"] == ink.ground
        assert page["secondaryBackgroundColor"] == ink.raised
        assert page["textColor"] == ink.text
        assert page["primaryColor"] == ink.accent


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_words_can_be_read_on_both_grounds(ground):
    ink = theme.INK[ground]
    for colour in (ink.text, ink.muted, ink.accent):
        light, dark = sorted((luminance(colour), luminance(ink.ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_server_keeps_to_itself():
    config = tomllib.loads((Path(__file__).parents[1] / "app/.streamlit/config.toml").read_text())
    assert config["server"]["address"] == "127.0.0.1"
    assert config["server"]["enableXsrfProtection"]
    assert config["server"]["enableCORS"]
    assert not config["server"]["enableStaticServing"]
    assert config["server"]["fileWatcherType"] == "none"
    assert config["client"]["showErrorDetails"] == "none"
    assert not config["browser"]["gatherUsageStats"]
    assert not config["runner"]["magicEnabled"]


def test_answers_of_another_version_are_named_with_what_renews_them(monkeypatch, tmp_path):
    root = fake_store.make(tmp_path / "store", count=6)
    monkeypatch.setenv("IRED_STORE", str(root))
    known = registry.analyses()
    newer = {**known, "descent": replace(known["descent"], version=99)}
    monkeypatch.setattr(registry, "analyses", lambda: newer)
    with store.open(root) as opened:
        assert {q.analysis for q in reading.questions(opened)} == {"problem_properties"}
        left = {q.analysis for q in reading.outdated(opened)}
    assert {"descent", "hessian_spectrum", "landscape_slice"} <= left  # and what was read from it
    for view in ("overview", "problems", "landscape", "annealing"):
        page = drawn.app(view)
        said = "\n".join(e.value for kind in ("text", "code") for e in page.get(kind))
        assert f"descent {known['descent'].version} (now 99)" in said
        assert f"precompute run synthetic --store {root}" in said
        assert not page.exception
