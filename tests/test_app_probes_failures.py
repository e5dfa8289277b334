"""The sheet on failures: what it concludes from planted numbers, and that panels agree."""

import drawn
import numpy as np
import probe_store
import pytest
from probe_store import COUNT, FAILED

import store
from app.components.said import Picked
from app.probes import carried, decided, fail_more, fail_when
from app.shared.asks import commands
from app.shared.drawing.levels import LEVEL_ORDER, Strong
from app.shared.page.contract import Drawn, Missing
from ired_interp_core.failure.names import RIVALS

PANELS = ("rule", "increment", "confusion", "rates", "early", "roc", "calibration", "hot", "forest",
          "cases", "causal", "kinds", "rivals", "learned")  # fmt: skip


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    root = probe_store.make(tmp_path_factory.mktemp("failures") / "store", count=FAILED)
    with store.open(root) as found:
        yield found


def see(opened, id_, **fields) -> Drawn:
    return drawn.drawn(opened, "probes", id_, sheet="failures", **fields)


def said(outcome) -> str:
    parts = [part for line in outcome.body.lines for one in line for part in one]
    return "".join(p.b if isinstance(p, Strong) else p for p in parts)


def test_the_sentence_says_the_increment_and_from_when_on(opened):
    found = see(opened, "foreseen")
    text = said(found)
    assert text.startswith(
        "Failure is foreseen with AUROC 0.80 by confounds and activations, 0.70 by confounds alone:"
        " increment 0.10 [0.07, 0.13], 30 failures of 40.From t = 5 on, before the jump,"
    )
    assert "the worst 12.5 % by error" in text
    assert found.body.chips[0].state == "holds"


@pytest.mark.parametrize(
    ("failures", "gain", "words", "state"),
    [
        (FAILED, 0.01, "Not shown to be better than confounds: AUROC 0.71 against 0.70", "not"),
        (20, 0.1, "Too few failures to decide: AUROC 0.80", "undecided"),  # fewer than 30
        (3, 0.1, "Too few failures (3 < 5 folds): there is no AUROC.", "unmeasured"),
        (0, 0.1, "Too few failures (0 < 5 folds)", "unmeasured"),
        (COUNT, 0.1, "All 40 problems fail by this rule: nothing to predict.", "unmeasured"),
    ],
)
def test_no_more_is_concluded_than_there_are_failures_for(tmp_path, failures, gain, words, state):
    root = probe_store.make(tmp_path / "store", count=failures, gain=gain)
    with store.open(root) as opened:
        found = see(opened, "foreseen")
        assert said(found).startswith(words)
        assert found.body.chips[0].state == state
        page = drawn.page(opened, "probes", sheet="failures")
        for id_ in PANELS:
            outcome = drawn.outcome(page, id_)
            nothing = state == "unmeasured" and id_ not in ("rule", "causal")
            assert isinstance(outcome, Missing if nothing else Drawn), (id_, outcome)


def test_panels_draw_the_planted_numbers(opened):
    rule = see(opened, "rule")
    assert rule.note == "30 of 40 (75 %)"
    assert [int(sum(t.y)) for t in rule.body.data if t.type == "bar"] == [10, 30]
    ways = see(opened, "increment")
    names = [t.y[0] for t in ways.body.data]
    assert names.count("confounds + activations") == 2  # its AUROC, and its increment
    assert "codes" not in names
    confusion = see(opened, "confusion")
    assert [a.text for a in confusion.body.layout.annotations][::2] == ["20", "10", "4", "6"]
    rows = {r.label for r in see(opened, "rates").body.rows}
    assert rows == {"guessing by the base rate", "confounds", "activations",
                    "confounds + activations", "confounds + codes"}  # fmt: skip
    boosting = see(opened, "confusion", estimator="boosting", level=7)
    assert boosting.note.endswith("t = 7")


def test_the_curve_marks_the_first_level_and_a_click_takes_its_numbers(opened):
    found = see(opened, "early")
    (line,) = [t for t in found.body.data if t.name == "activations"]
    assert np.allclose(line.y, 0.8)
    assert list(line.customdata[0]) == [9, -1]
    marks = [s.x0 for s in found.body.layout.shapes if s.type == "line"]
    assert marks == [pytest.approx(LEVEL_ORDER.index(5) - 0.5 + 0.5 / 7)]
    assert fail_when.picked(drawn.address("probes"), Picked(custom=(5, 2))) == {"level": 5}


def test_hot_spots_stand_out_of_chance_and_features_lead_to_cards(opened):
    hot = see(opened, "hot")
    _, sure = hot.body.data
    at = np.argwhere(np.isfinite(np.array(sure.z, dtype=float)))
    row, column = at[0].tolist()
    assert len(at) == 1
    assert sure.y[row] == "h3"
    assert sure.customdata[row][column][:4] == [2.0, 2.0, 9.0, pytest.approx(0.3)]
    forest = see(opened, "forest")
    marks = forest.body.data[0]
    assert marks.x[0] == pytest.approx(0.5)
    assert list(marks.marker.symbol) == ["circle"] * 3 + ["circle-open"] * 4
    to = fail_more.to_card(drawn.address("probes"), Picked(custom=tuple(marks.customdata[0])))
    assert (to.view, to["sheet"], to["feature"]) == ("features", "atoms", 6)
    assert fail_more.to_card(drawn.address("probes"), Picked(custom=("h3", 4))) is None


def test_the_most_surprising_case_stands_first_and_opens_its_landscape(opened):
    found = see(opened, "cases")
    first = found.body.rows[0]
    assert (first.id, *first.cells[:2]) == ("3 inverse-same-4-0", "failed, missed", "0.01")
    assert found.numbers["measured"].values[0] == 3
    to = fail_more.to_landscape(drawn.address("probes"), Picked(custom=(first.id,)))
    assert (to.view, to["problem"], to["set"]) == ("landscape", 3, "inverse-same-4-0")


def test_comparisons_that_were_not_made_are_left_out(opened):
    assert list(see(opened, "rivals").numbers["rival"].values) == [
        r for r in RIVALS if r != "boosting_logistic"
    ]
    assert see(opened, "causal").note.startswith("change 10.0 [2.0, 20.0] points")


@pytest.mark.parametrize(("there", "sure"), [(0.78, True), (0.66, False)])
def test_what_carries_over_is_bold_and_what_chance_reaches_is_pale(tmp_path, there, sure):
    with store.open(probe_store.make(tmp_path / "store", there=there)) as opened:
        found = see(opened, "carried", level=2)
        names = found.numbers["learned_on"].values.tolist()
        assert names == ["inverse", "addition"]  # that of the page first
        cell = found.numbers.sel(side="activations", learned_on="inverse", tried_on="addition")
        assert [float(cell[n]) for n in ("auroc", "low", "chance_low", "chance_high")] == [
            there, pytest.approx(there - 0.04), 0.3, 0.7,
        ]  # fmt: skip
        back = found.numbers.sel(learned_on="addition", tried_on="inverse")
        assert np.isnan(back["auroc"]).all()
        assert float(found.numbers["auroc"].sel(side="activations")[0, 0]) == 0.8
        texts = [a.text for a in found.body.layout.annotations]
        assert (f"<b>{there:.2f}</b>" if sure else f"{there:.2f}") in texts
        assert texts.count("chance 0.30 … 0.70") == 1
        assert texts.count("–") == 2
        # Confounds reach .60, where permuted labels reach .80: pale.
        (first, second) = found.body.data
        assert (first.z[0][1], second.z[0][1]) == (pytest.approx(there) if sure else 0.5, 0.5)
        told = Picked(custom=tuple(first.customdata[0][1]))
        to = carried.to_other(drawn.address("probes", sheet="failures"), told)
        assert (to["sheet"], to["set"]) == ("failures", "addition-same-4-0")
        other = drawn.drawn(opened, "probes", "carried", sheet="failures", model=to["model"],
                            set=to["set"])  # fmt: skip
        assert other.numbers["learned_on"].values.tolist() == ["addition", "inverse"]
        (asked,) = opened.questions("failure_transfer")
        lines = commands.command(opened, asked)
        assert 'set = {task = "addition"}' in lines
        assert lines.count("[[models]]") == 2


def test_without_a_transfer_the_panel_says_which_sweep_makes_it(opened):
    page = drawn.page(opened, "probes", sheet="failures")
    missing = drawn.outcome(page, "carried")
    assert isinstance(missing, Missing)
    assert "failure_transfer" in str(missing)
    assert '"least": 0' in drawn.payload(page, "carried").replace('"least":0', '"least": 0')


@pytest.mark.parametrize("threshold", [0.1, 0.005, 0.9])
def test_a_threshold_that_is_clicked_moves_what_is_counted(opened, threshold):
    address = drawn.address("probes", sheet="failures")
    assert decided.moved(address, Picked(custom=(threshold,))) == {"threshold": threshold}
    found = see(opened, "confusion", threshold=threshold)
    # Planted: p = .2 of everyone but problem 3, which has .01; the first FAILED problems fail.
    failed = np.arange(COUNT) < FAILED
    said = np.where(np.arange(COUNT) == 3, 0.01, 0.2) > threshold
    wanted = {"hits": said & failed, "missed": ~said & failed, "alarms": said & ~failed,
              "passed": ~said & ~failed}  # fmt: skip
    for name, cell in wanted.items():
        assert float(found.numbers[name]) == cell.sum(), name
    rates = see(opened, "rates", threshold=threshold)
    way = {"design": "confounds_activations"}
    recall = float(rates.numbers["recall"].sel(way))
    assert recall == pytest.approx((said & failed).sum() / FAILED)
    roc = see(opened, "roc", threshold=threshold)
    assert roc.body.data[-1].y[0] == pytest.approx(recall)
    assert "no intervals" in rates.note
    assert f"threshold {threshold:g}" in found.note


def test_the_stored_threshold_comes_back_and_no_other_is_taken(opened):
    address = drawn.address("probes", sheet="failures", threshold=0.3)
    assert decided.moved(address, Picked(custom=("stored",))) == {"threshold": None}
    for told in ((), (2.0,), (float("nan"),), ("else",)):
        assert decided.moved(address, Picked(custom=told)) is None
    plain, back = see(opened, "confusion"), see(opened, "confusion", threshold=None)
    assert plain.numbers.identical(back.numbers)
    assert float(plain.numbers["hits"]) == 20.0
    (ring,) = (t for t in see(opened, "roc", threshold=0.1).body.data if t.customdata is not None
               and t.customdata[0][0] == "stored")  # fmt: skip
    assert ring.marker.symbol == "circle-open"
