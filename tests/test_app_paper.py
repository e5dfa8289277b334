"""The paper's tables on the screen: what is chosen, what is said, what is drawn."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import browser
import drawn
import fake_store
import numpy as np
import pandas as pd
import paper_store
import pytest
import streamlit as st
import xarray as xr
from playwright.sync_api import expect

import store
from app.paper import (
    answers as paper_answers,
)
from app.paper import (
    around as paper_around,
)
from app.paper import (
    cells,
)
from app.paper import (
    example as paper_example,
)
from app.paper import (
    rows as paper,
)
from app.paper import (
    source as paper_source,
)
from app.paper import (
    tables as paper_tables,
)
from app.paper import (
    weights as paper_weights,
)
from app.paper import (
    words as paper_words,
)
from app.paper.answers import OFFICIAL, Setting
from app.paper.figures import energy as paper_energy
from app.paper.figures import levels as paper_levels
from app.paper.figures import steps as paper_steps
from app.paper.rows import Near
from app.shared.address import address as links
from app.shared.page.contract import Drawn, Missing
from app.shared.page.look import template
from app.shared.table.baselines import Interval
from app.shared.table.verdict import Mean
from ired_interp_core import published
from ired_interp_core.accuracy.names import DIRECTIONS
from ired_interp_core.records import ProblemSet

in_browser = [pytest.mark.browser, pytest.mark.slow]
TITLE = "<b>young</b> & $x$"
CARDS = {
    "one": {"title": TITLE, "training": {"steps": 5000, "batch": 256}, "remark": "No solver."},
    "two": {"training": {"steps": 3000, "batch": 256, "negatives": "none"}},
}
SMALL = ({}, {"inner_steps": 1}, {"inner_steps": 0})


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Two models of inverse, a descent of one of them, and a model of completion."""
    folder = tmp_path_factory.mktemp("paper") / "store"
    models = {
        "one": ("inverse", SMALL),
        "two": ("inverse", ({},)),
        "three": ("completion", ({},)),
    }
    paper_store.make(folder, models, cards=CARDS, worse={"two": 1.5})
    problems = ProblemSet("inverse", "same", 20, 0)
    return fake_store.make(folder, 8, problems, analyses=("problem_properties", "descent"))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    path = tmp_path_factory.mktemp("shipped") / "accuracy.nc"
    return paper_store.tables(path, {"one": "inverse", "sum": "addition"}, SMALL[:2], cards=CARDS)


@pytest.fixture
def s(root, shipped, monkeypatch):
    st.cache_resource.clear()
    monkeypatch.setattr(paper_answers, "SHIPPED", shipped)
    with store.open(root) as opened:
        yield opened


def address(**changes):
    values = {n: f.default for n, f in links.VIEWS["overview"].items()}
    return links.Address("overview", {**values, **changes})


def answer(task="inverse", variant="same", shipped=False, count=2000, **setting):
    """One answer as the app holds it, from the synthetic numbers."""
    of = paper_store.question(task, variant, "one", count, **setting)
    found = paper_store.values(task, variant, of.parameters, count)
    names = {(): {}, ("level",): {}, ("baseline",): {}}
    for name, array in found.items():
        names.get(array.dims, {})[str(name)] = array.values
    asked = Setting(*(of.parameters[n] for n in ("inner_steps", "jump", "clip")))
    numbers = {n: float(v) for n, v in names[()].items()}
    baselines = pd.DataFrame(names["baseline",], [str(b) for b in found["baseline"].values])
    levels = pd.DataFrame(names["level",])
    about = (of.key, task, variant, 20, of.inputs["model"], asked, shipped)
    return paper_answers.Answer(*about, numbers, levels, baselines)


# ----- both sources


def test_answers_of_the_store_are_those_of_its_shards(s):
    found = paper_answers.of_store(s)
    assert len(found) == 10
    for a in found:
        read = s.read("accuracy", question=a.key)
        for name, value in a.numbers.items():
            np.testing.assert_equal(value, float(read[name]))
        for frame, dim in ((a.levels, "level"), (a.baselines, "baseline")):
            names = read[dim].values.tolist()
            assert sorted(frame.index) == sorted(names)
            for name in frame:
                np.testing.assert_array_equal(frame.loc[names, name], read[name])
        moved = paper_around.read(s, a)
        np.testing.assert_array_equal(moved.displacement, read["displacement"])
        np.testing.assert_array_equal(moved.rise, read["energy_rise"])


def test_answers_of_the_shipped_tables_are_those_of_the_file(s, shipped):
    found = paper_answers.of_shipped()
    with xr.open_dataset(shipped) as file:
        assert len(found) == file.sizes["setting"] == 8
        for i, a in enumerate(found):
            row = file.isel(setting=i)
            assert (a.key, a.task, a.model) == tuple(
                row[n].item() for n in ("key", "task", "model")
            )
            assert a.setting.inner_steps == int(row["inner_steps"])
            assert a.numbers["mse_official"] == float(row["mse_official"])
            np.testing.assert_array_equal(a.levels["mse_level"], row["mse_level"])
            there = row["baseline_mse"].dropna("baseline")
            assert list(a.baselines.index) == there["baseline"].values.tolist()
            np.testing.assert_array_equal(a.baselines["baseline_mse"], there)
            moved = paper_around.read(s, a)
            np.testing.assert_array_equal(moved.rise, row["energy_rise"])
            assert a.paired_with == row["paired_with"].item()
            assert bool(a.paired) == (a.setting != OFFICIAL)
            if a.paired:
                assert a.paired["official_ratio"] == float(row["paired_official_ratio"])


def test_what_is_paired_in_the_store_is_read_with_its_answer(s):
    paired = [a for a in paper_answers.of_store(s) if a.paired]
    assert len(paired) == 4
    for a in paired:
        (key,) = [q.key for q in s.questions("accuracy_paired") if q.inputs["one"] == a.key]
        read = s.read("accuracy_paired", question=key)
        assert a.paired["official_ratio"] == float(read["official_ratio"])
        whole = paper_store.question(a.task, a.variant, "one").key
        assert a.paired_with == whole


def test_of_answers_to_one_question_the_one_over_the_most_problems_is_shown(s):
    everything = paper_answers.everything(s)
    one = fake_store.model_digest("one")
    same = paper.pick(everything, "inverse", one, OFFICIAL)["same"]
    assert (same.shipped, same.problems) == (True, 20_000)
    assert [(o.shipped, o.problems) for o in same.others] == [(False, 2000)]
    ablated = paper.pick(everything, "inverse", one, Setting(0, True, 2.0))["same"]
    assert not ablated.shipped
    assert not ablated.others
    two, here, copy = answer(shipped=True), answer(), answer(shipped=True)
    (chosen,) = paper_answers.shown([two, copy, here])
    assert (chosen.key, chosen.shipped) == (
        here.key,
        False,
    )  # of equal ones the store's; the same question is no other answer
    assert not chosen.others


def test_tables_that_cannot_be_read_are_named_and_the_store_is_shown(s, monkeypatch, tmp_path):
    broken = tmp_path / "accuracy.nc"
    broken.write_bytes(b"no tables")
    monkeypatch.setattr(paper_answers, "SHIPPED", broken)
    tables, why = paper_answers.shipped_tables()
    assert tables is None
    assert "\n" not in why
    assert str(broken) in why
    assert all(not e.shipped for e in paper_answers.everything(s))


# ----- which weights


def test_the_address_chooses_the_weights_of_a_task(s):
    everything = paper_answers.everything(s)
    one, two, three, added = map(fake_store.model_digest, ("one", "two", "three", "sum"))
    others = {"completion": three, "addition": added}
    assert paper_weights.models(s, everything, "inverse") == [one, two]  # more problems
    settled, chosen = paper_weights.settle(s, everything, address())
    assert chosen == {"inverse": one, **others}
    assert set(settled["weights"]) == {one, three, added}
    settled, chosen = paper_weights.settle(s, everything, address(weights=(two[:8],)))
    assert chosen["inverse"] == two
    assert not settled.messages
    settled, chosen = paper_weights.settle(s, everything, address(weights=("0" * 8,)))
    assert chosen["inverse"] == one
    assert "no accuracy of such a model" in settled.messages[0]
    settled, chosen = paper_weights.settle(s, everything, address(weights=(two[:8], one[:8], two)))
    assert chosen["inverse"] == two
    assert settled.messages == (
        f"weights={one[:8]}: other weights of inverse were named before; left out",
    )
    again = paper_weights.exchange(settled, chosen, "inverse", two)
    assert paper_weights.settle(s, everything, again)[1] == {"inverse": two, **others}


def test_published_numbers_stand_beside_their_own_setting_only():
    assert paper.quoted(answer()) == 0.0095
    assert paper.quoted(answer(variant="harder", inner_steps=1)) == 0.2110
    assert paper.quoted(answer("completion", "harder")) == 0.2054
    for other in (
        answer(clip=5.0),
        answer(jump=False),
        answer(inner_steps=0),
        answer("completion", inner_steps=1),
        replace(answer(), size=8),
    ):
        assert np.isnan(paper.quoted(other))


# ----- what is said


@pytest.mark.parametrize(
    ("r2", "control", "word"),
    [
        ((0.995, 0.993, 0.997), 0.54, "computes"),
        ((0.93, 0.92, 0.94), 0.54, "largely"),
        ((0.93, 0.89, 0.96), 0.54, "leans"),
        ((0.7, 0.69, 0.71), 0.54, "leans"),
        ((0.56, 0.53, 0.59), 0.54, "open"),
        ((0.5, 0.49, 0.51), 0.54, "no"),
        ((0.93, 0.92, 0.94), 0.95, "no"),
        ((0.999, 0.999, 0.999), 1.0, "truth"),
        ((np.nan, np.nan, np.nan), 0.54, "unknown"),
    ],
)
def test_whether_a_model_computes_a_predictor_is_decided_by_numbers(r2, control, word):
    assert paper_words.computes(near(r2, control)) == word


def near(r2=(0.93, 0.92, 0.94), control=0.54, slope=(0.0, -0.1, 0.1)):
    """A predictor that a model is near to."""
    three = (Interval(*r2), control, Interval(*slope), Interval(0.01, -0.1, 0.1))
    return Near("polynomial_1", *three, Interval(0.32, 0.31, 0.33))


@pytest.mark.parametrize(
    ("slope", "said"),
    [
        ((0.0004, -0.0001, 0.0009),
         "Beyond {}, ŷ shows nothing of the truth: slope 0.0004 [−0.0001, 0.0009]"),
        ((0.3, 0.2, 0.4), "Of what the truth has beyond {}, ŷ has a share of 0.30 [0.20, 0.40]"),
        ((-0.3, -0.4, -0.2), "Beyond {}, ŷ goes away from the truth: slope −0.30 [−0.40, −0.20]"),
    ],
)  # fmt: skip
def test_what_the_answer_knows_beyond_a_predictor_is_said_by_its_interval(slope, said):
    told = paper_words.beyond(near(slope=slope))
    assert told == f"{said.format('c₀·I + c₁·A')}, cosine 0.010; corr²(ŷ, y*) 0.320"


def test_sentences_hold_the_numbers_that_decide_them():
    shown = {v: answer(variant=v) for v in ("same", "harder")}
    same, harder = paper_words.sentence(shown)
    assert same.startswith("same: it largely computes c₀·I + c₁·A: R² 0.930 [0.926, 0.934] of ŷ")
    assert "0.540 of the truth on it. Beyond c₀·I + c₁·A, ŷ shows nothing of the truth" in same
    assert (
        "as published; ŷ is no different from c₀·I + c₁·A (paired difference 0.00003 [−0." in same
    )
    assert "and worse than the best trivial predictor, degree 7 in A (MSE 0.0012;" in same
    # on fewer problems than the error beside it
    assert same.endswith("on 1,000 problems) (2,000 problems, one training).")
    # a predictor refitted on harder knows more than the model, and is no rival
    assert "refitted" not in harder
    assert [b.name for b in paper.named(shown["harder"])] == [
        "polynomial_1", "polynomial_7", "polynomial_7_refitted",
    ]  # fmt: skip
    added = paper_words.sentence({"same": answer("addition")})
    assert "exact sum is the true answer here" in added[0]
    assert "eyond" not in added[0]


@pytest.mark.parametrize(
    ("mean", "quoted", "said"),
    [
        (Mean(0.00953, 0.00001), 0.0095, "as published"),  # within half of the last digit
        (Mean(0.0105, 0.0006), 0.0095, "as published"),
        (Mean(0.0105, 0.0001), 0.0095, "1.11 × the published"),
        (Mean(0.0050, np.nan), 0.0095, "0.526 × the published"),
        (Mean(0.0095, 0.0001), np.nan, ""),
    ],
)
def test_a_measured_error_is_compared_within_its_own_error(mean, quoted, said):
    assert paper_words.reproduces(mean, quoted) == said


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (Interval(0.98584, 0.98576, 0.98592), "0.98584 [0.98576, 0.98592]"),
        (Interval(-1.13, -1.15, -1.11), "−1.13 [−1.15, −1.11]"),
        (Interval(0.5, np.nan, np.nan), "0.500"),
        (Interval(np.nan, np.nan, np.nan), "–"),
    ],
)
def test_an_interval_is_spelled_to_its_own_digits(of, said):
    assert paper_words.spell(of) == said


def test_an_energy_that_is_lowest_away_from_the_truth_is_said():
    displacement = np.array([0.0, 0.01, 0.1])
    rise = np.zeros((3, len(DIRECTIONS), 3))
    rise[..., 1:] = 2.0
    rise[:, 0, 1:] = -5.0  # random: decides nothing
    rise[1, 3, 1], rise[2, 1, 2] = -0.05, -0.8
    p = np.ones_like(rise)
    p[2, 1, 2] = 0.01
    of = (1.0 + rise, rise, rise - 0.1, rise + 0.1)
    found = paper_around.around(displacement, *of, p, 64)
    assert found.lowest == {0: (1, 0, False), 1: (3, 1, False), 2: (1, 2, True)}
    assert paper_around.sentence("same", found) == (
        "same: the truth is not the minimum at 1 of 3 levels (t = 2). Lowest at t = 2 towards ŷ at"
        " δ² = 0.1 y², −0.80 [−0.90, −0.70] of 1; over 64 problems, one training."
    )
    assert paper_around.sentence("same", found, determined=False).endswith(
        "; x does not determine y here, so an ideal energy is lowest at its mean."
    )
    at_truth = paper_around.around(displacement, *(a[:2] for a in of), p[:2], 64)
    assert paper_around.sentence("same", at_truth) == (
        "same: no directed displacement has an energy below that of the truth beyond chance (over"
        " 64 problems, one training)."
    )


def test_a_model_that_diverged_is_not_called_no_different():
    of = answer()
    lost = replace(of, baselines=of.baselines.assign(difference=np.nan))
    (said,) = paper_words.sentence({"same": lost})
    assert "no different" not in said
    assert "ŷ is not to be compared with" in said


# ----- tables


def test_the_first_table_holds_what_is_published_and_what_is_measured(s):
    everything = paper_answers.everything(s)
    _, chosen = paper_weights.settle(s, everything, address())
    table, numbers = paper_tables.first(s, everything, chosen)
    bands = [row.label for row in table.rows if not row.cells]
    assert [band.split("\n")[0] for band in bands] == list(published.MSE)
    assert f"{TITLE} · 5,000 steps of batch 256" in bands[0]
    assert bands[0].endswith("\nNo solver.")
    quoted = [row.cells[0] for row in table.rows if row.cells]
    wanted = [v for by_variant in published.MSE.values() for v in by_variant.values()]
    assert quoted == [f"{value:.4f}" for value in wanted]
    assert "(2,000 in this store)" in table.rows[1].label
    assert set(zip(numbers["task"], numbers["variant"], strict=True)) == {
        (t, v) for t in published.MSE for v in ("same", "harder")
    }
    row = numbers.set_index(["task", "variant"]).loc["inverse", "same"]
    assert (row["published"], row["nearest"], row["computes_it"]) == (
        0.0095, "polynomial_1", "largely",
    )  # fmt: skip
    assert row["baseline_polynomial_1"] == 0.0095


def test_what_was_not_measured_is_blank_and_never_0(s):
    everything = paper_answers.everything(s)
    table, numbers = paper_tables.first(s, everything, {"inverse": fake_store.model_digest("two")})
    told = "\nno weights of this task were measured"
    assert sum(told in row.label for row in table.rows if not row.cells) == 2
    (blank,) = [row for row in table.rows if row.cells and row.cells[0] == "0.2054"]
    assert blank.label == "harder\nnot measured"
    assert blank.cells == ["0.2054", *["–"] * (len(table.columns) - 2)]
    assert set(numbers["task"]) == {"inverse"}


def test_other_weights_that_ship_stand_below_those_that_are_chosen(s):
    everything = paper_answers.everything(s)
    one, two = (fake_store.model_digest(name) for name in ("one", "two"))
    assert paper_weights.shipped(everything, "inverse", two) == [one]
    assert paper_weights.shipped(everything, "inverse", one) == []
    _, alone = paper_tables.first(s, everything, {"inverse": one})
    _, both = paper_tables.first(s, everything, {"inverse": two})
    pd.testing.assert_frame_equal(both.tail(len(alone)).reset_index(drop=True), alone)
    assert both["mse_official"].iloc[0] > alone["mse_official"].iloc[0]


def test_the_second_table_quotes_the_paper_for_inverse_only(s):
    everything = paper_answers.everything(s)
    one, added = fake_store.model_digest("one"), fake_store.model_digest("sum")
    table, numbers = paper_tables.second(paper.by_steps(everything, "inverse", one), "inverse")
    assert list(numbers["steps"].unique()) == [10, 50]
    told = numbers.set_index(["steps", "variant"])["published"]
    assert told[10, "harder"] == 0.2110
    assert np.isnan(told[50, "same"])
    assert [row.cells.count("0.2110") for row in table.rows] == [1, 0]
    assert all("20,000 problems" in row.label for row in table.rows)
    table, numbers = paper_tables.second(paper.by_steps(everything, "addition", added), "addition")
    assert numbers["published"].isna().all()
    assert not any("published" in column.text for column in table.columns)


def test_the_third_table_leaves_parts_out_and_finds_the_training_without_negatives(s):
    everything = paper_answers.everything(s)
    one, two = fake_store.model_digest("one"), fake_store.model_digest("two")
    rows = paper.ablations(s, everything, "inverse", one)
    assert [(r.name, r.model) for r in rows] == [
        ("official sampler", one),
        ("jump only, no steps", one),
        ("trained without the contrastive loss", two),
    ]
    table, numbers = paper_tables.third(s, rows)
    assert "×" not in table.rows[2].cells[0]  # another training: not paired
    counts = [row.label.split("\n")[-1] for row in table.rows]
    assert counts == ["2,000 problems"] * 3  # the official one on those of the others, too
    assert table.rows[1].cells[0].endswith("1.1000 [1.0960, 1.1040] ×")
    row = numbers.set_index(["changed", "variant"]).loc["jump only, no steps", "same"]
    assert row["paired_official_ratio"] == pytest.approx(1.1)
    assert row["paired_with"] == paper_store.question("inverse", "same", "one").key
    assert set(numbers["weights"]) == {one, two}
    (own,) = paper.ablations(s, everything, "inverse", two)
    assert own.name == "trained without the contrastive loss: official sampler"


def test_lines_to_load_name_the_source_they_load(s):
    everything = paper_answers.everything(s)
    own = [e for e in everything if not e.shipped]
    assert "shipped" not in paper_source.citation(s, own)
    loaded: dict = {}
    exec(paper_source.python(s, own), loaded)
    assert set(loaded["questions"].values()) == {e.key for e in own}
    levels = {e.key: e.levels["mse_level"] for e in own}  # Figure 3's, too
    for at, key in loaded["questions"].items():
        read = loaded["data"][at]["mse_level"].sel(level=levels[key].index)
        np.testing.assert_array_equal(read, levels[key])
    assert "shipped tables" in paper_source.citation(s, everything)
    exec(paper_source.python(s, everything), loaded)
    assert loaded["tables"].sizes["setting"] == 8


def test_a_factor_that_is_no_number_is_blank():
    whole, other = answer(), answer(jump=False)
    numbers = {"official_ratio": 1.5, "official_ratio_low": 1.4, "official_ratio_high": 1.6}
    paired = replace(other, paired=numbers, paired_with=whole.key)
    assert cells.times(paired, whole) == "1.50 [1.40, 1.60] ×"
    assert cells.times(other, whole) == ""  # not paired: no comparison
    assert cells.times(paired, answer(count=500)) == ""  # with others
    diverged = replace(paired, paired=dict.fromkeys(numbers, np.nan))
    assert cells.times(diverged, whole) == ""


# ----- figures


def test_the_axis_of_energies_is_linear_near_zero_and_keeps_the_sign():
    places, names = paper_energy.ticks(np.array([-70.0, 0.0, 1616.0]))
    assert names == ["−10", "0", "10", "100", "1000"]  # there is no room for 1
    np.testing.assert_allclose(np.sinh(places), [-10, 0, 10, 100, 1000])
    assert paper_energy.ticks(np.array([-3.0, 20.0]))[1] == ["−1", "0", "1", "10"]
    assert paper_energy.ticks(np.array([0.0, 0.06, -0.02]))[1] == ["−0.01", "0", "0.01"]
    assert paper_energy.ticks(np.zeros(3))[1] == ["0"]


@pytest.mark.parametrize("excess", [True, False])
def test_energies_around_the_truth_are_drawn_with_their_minimum(excess):
    of = paper_store.values("completion", "same", {"inner_steps": 5, "jump": True})
    moved = paper_around.around(of["displacement"].values,
                                *(of[n].values for n in paper_around.VARIABLES), 64)  # fmt: skip
    figure = paper_energy.figure({"same": moved}, template("light"), "#888", excess=excess)
    lines = [t for t in figure.data if t.mode == "lines+markers"]
    assert [t.name for t in lines] == [f"t = {t}" for t in range(9, -1, -1)] * 5
    assert [t.name for t in lines if t.showlegend] == [f"t = {t}" for t in range(9, -1, -1)]
    values, last = moved.rise if excess else moved.energy, len(moved.displacement) - 1
    for panel, (right, *left) in enumerate(paper_energy.WAYS.values()):
        line = lines[10 * panel + 9 - 3]
        drawn_as = np.sinh(line.y) if excess else line.y
        wanted = [values[3, DIRECTIONS.index(right)]]
        if left:
            wanted.insert(0, values[3, DIRECTIONS.index(left[0])][:0:-1])
        np.testing.assert_allclose(drawn_as, np.concatenate(wanted), atol=1e-9)
        assert line.x[-1] == pytest.approx(6)  # five decades, and one beside the truth
        assert list(line.x).index(0) == (last if left else 0)
    stars = [t for t in figure.data if t.mode == "markers"]
    assert 0 < len(stars) < 10
    assert all(m.x[0] > 0 and m.xaxis == "x" for m in stars)  # towards the answer, panel 1
    places, names = paper_energy.across_ticks(moved.displacement)
    assert dict(zip(names, places, strict=True))["y*"] == 0
    assert places[names.index("1")] == -6


def test_the_error_of_one_problem_is_drawn_level_by_level(s):
    found = paper_example.find(s, "inverse", fake_store.model_digest("one"))
    assert found.ends == (0, 7)
    both, errors = paper_example.read(s, found, 5)
    read = s.read("descent", problems=[5])
    truth = s.read("problem_properties", problems=[5])["y_true"].values[0]
    assert float(both["mse_final"]) == float(read["mse_final"])
    figure = paper_levels.strip(errors, template("dark"))
    z = np.asarray(figure.data[0].z)
    for i, t in enumerate(range(9, -1, -1)):
        at = paper_levels.corner(i, 20)
        wanted = np.abs(read["answer"].sel(level=t).values[0] - truth)
        np.testing.assert_allclose(z[at], wanted, rtol=1e-6)
        assert (figure.data[0].customdata[at][..., 0] == t).all()
    assert np.isfinite(z).sum() == 10 * 400  # none over another


def test_an_example_that_is_not_there_is_refused_with_the_nearest(s):
    one = fake_store.model_digest("one")
    settled = paper_example.settle(s, address(example=900), one)
    assert settled["example"] == 7
    assert "problems 0 … 7" in settled.messages[0]
    assert not paper_example.settle(s, address(example=3), one).messages
    assert not paper_example.settle(s, address(example=900), None).messages


def test_predictors_far_from_the_measured_errors_do_not_squeeze_them():
    rows = [(10, 0.2, 0.001, np.nan), (50, 0.21, 0.001, np.nan)]
    measured = pd.DataFrame(rows, columns=paper_steps.MEASURED)
    course = paper_steps.Course(measured, {"near": 0.18, "far": 0.01})
    figure = paper_steps.figure({"harder": course}, template("light"), "#000", "#888")
    assert [s.y0 for s in figure.layout.shapes] == [0.18]
    assert [t.name for t in figure.data] == ["measured"]


# ----- the sheet


def page(s, **values):
    return drawn.page(s, "overview", sheet="paper", **values)


def test_every_panel_holds_the_numbers_it_shows(s):
    shown = page(s, example=5)
    results = {p.id: drawn.outcome(shown, p.id) for p in shown.panels}
    assert all(isinstance(found, Drawn) for found in results.values()), results
    said = results["said-inverse"].body.lines[0][0]
    assert said[0].b == "inverse, same:"
    assert said[1].startswith(" it largely computes c₀·I + c₁·A")
    assert results["said-inverse"].numbers["computes_it"].values.tolist() == ["largely"] * 2
    course = results["steps"].numbers
    table = results["table-2"].numbers
    measured = np.isfinite(course["mse_official"].values)
    np.testing.assert_array_equal(
        np.sort(course["mse_official"].values[measured]), np.sort(table["mse_official"].values)
    )
    example = results["example"].numbers
    wanted = np.abs(example["answer"] - example["y_true"])
    np.testing.assert_allclose(example["error"], wanted, rtol=1e-6)
    assert example["error"].dims == wanted.dims
    energy = results["figure-4"].numbers
    lowest = results["bottom"].numbers.to_dataframe()
    every = energy.to_dataframe().query("direction != 'random'")
    every = every.groupby(["variant", "level"])["energy_rise"].min()
    np.testing.assert_array_equal(lowest.set_index(["variant", "level"])["energy_rise"], every[
        pd.MultiIndex.from_frame(lowest[["variant", "level"]])])  # fmt: skip


def test_panels_speak_of_the_chosen_task_and_weights(s):
    two = fake_store.model_digest("two")
    shown = page(s, task="completion", weights=(two[:8],))
    assert drawn.outcome(shown, "figure-3").note.startswith("completion · same: smallest ")
    assert isinstance(drawn.outcome(shown, "table-2"), Missing)  # of one number of steps
    assert isinstance(drawn.outcome(shown, "example"), Missing)  # no descent of these weights
    first = drawn.outcome(shown, "table-1")
    assert two in first.numbers["weights"].values
    assert first.body.rows[1].cells[1].endswith("× the published")
    assert drawn.outcome(page(s), "table-1").body.rows[1].cells[1].endswith("\nas published")


def _said(shown):
    """Everything that the sheet says, as the browser gets it."""
    return "\n".join(drawn.payload(shown, panel.id) for panel in shown.panels)


def test_an_empty_store_shows_the_shipped_tables(tmp_path, shipped, monkeypatch):
    root = tmp_path / "store"
    root.mkdir()
    store.catalog.collect(root)
    monkeypatch.setattr(paper_answers, "SHIPPED", shipped)
    with store.open(root) as empty:
        said = _said(page(empty))
        assert "shipped tables" in said
        assert "it largely computes c₀·I + c₁·A" in said
        monkeypatch.setattr(paper_answers, "SHIPPED", tmp_path / "missing.nc")
        without = page(empty)
    assert "missing.nc" in without.address.messages[0]
    assert isinstance(without.scene, Missing)
    assert without.scene.command == (
        f"python -m precompute run precompute/sweeps/accuracy.toml --store {root}"
    )


def test_what_was_measured_of_other_settings_alone_is_not_called_nothing(
    tmp_path, shipped, monkeypatch
):
    monkeypatch.setattr(paper_answers, "SHIPPED", shipped.with_name("missing.nc"))
    root = paper_store.make(tmp_path / "store", {"one": ("inverse", ({"inner_steps": 1},))})
    with store.open(root) as opened:
        said = _said(page(opened))
        other = _said(page(opened, task="addition"))
    assert "fewer than two numbers of steps" in said
    assert "fewer than two settings" in said
    assert "not measured with the official sampler" in said
    assert "No weights for addition have been measured yet." in other


def _query(page):
    return parse_qs(urlsplit(page.url).query)


class TestPage:
    pytestmark = in_browser

    def test_weights_and_task_are_chosen_by_address_and_back_returns(self, url, chromium):
        two = fake_store.model_digest("two")
        with browser.page_of(chromium, browser.SIZES[1], "dark") as page:
            page.goto(f"{url}/?sheet=paper&weights={two[:8]}&example=5")
            table = page.locator("[data-panel=table-1] table")
            example, fall = (page.locator(f"[data-panel={n}]") for n in ("example", "figure-3"))
            expect(fall.locator(".ip-note")).to_contain_text("inverse")
            browser.settled(page)
            expect(table).to_contain_text(f"3,000 steps of batch 256 · {two[:8]}")
            expect(table).to_contain_text("0.0095")
            assert page.evaluate("document.documentElement.scrollWidth") <= 1024
            browser.select(page, "Weights", "young")
            expect(table).to_contain_text("No solver.")
            browser.settled(page)
            assert fake_store.model_digest("one") in _query(page)["weights"]
            expect(example).to_contain_text("problem 5 of inverse-same-20-0")
            page.get_by_role("radio", name="completion").click()
            expect(fall.locator(".ip-note")).to_contain_text("completion")
            assert _query(page)["task"] == ["completion"]
            page.go_back()
            expect(fall.locator(".ip-note")).to_contain_text("inverse")
            page.go_back()
            expect(table).to_contain_text("3,000 steps of batch 256")
