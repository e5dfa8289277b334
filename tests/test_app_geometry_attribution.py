"""The sheet Attribution: ratios, verdicts and gaps of planted answers, its controls and clicks."""

import drawn
import numpy as np
import pytest
import xarray as xr
from fake_store import Fake

import store
from app.components.said import Picked
from app.geometry import links
from app.geometry.attribution import Attribution, Ratio, folded
from app.geometry.attribution_panels import (
    attribution,
    picked_grouping,
    picked_method,
)
from app.geometry.sheets import attributions, groupings
from app.shared.drawing.levels import Strong
from app.shared.page.contract import Drawn, Missing
from ired_interp_core.geometry.names import COUNTS, METHODS, MOST_GAP
from ired_interp_core.records import ProblemSet, seeded

COUNT, N = 12, 4
PROBLEMS = ProblemSet("inverse", "same", N, 0)
ENERGY = {"of": "energy", "baseline": "zero", "method": "integrated"}


def planted(untrained=1.0):
    """Off the diagonal x carries 3 times as much from zero, half as much from the mean problem."""
    rng = seeded("planted attribution")
    eye = np.eye(N, dtype=bool)
    around = rng.uniform(0.95, 1.05, (COUNT, 1, 1))
    to_x = np.ones((COUNT, len(METHODS), 1, N, N))
    to_x[:, 0, 0] = around * np.where(eye, 1.0, -3.0)
    to_x[:, 1, 0] = around * np.where(eye, 2.0, 1.0)
    to_y = np.ones((COUNT, len(METHODS), N, N)) * np.where(eye, 5.0, 2.0)
    means = np.full((COUNT, 2, len(METHODS), 4), np.nan)
    means[:, 1, :, 0], means[:, 1, :, 1] = 1.0, untrained
    moved = np.ones((COUNT, 3, len(COUNTS))) * [[4.0], [1.0], [2.0]]
    agreement = np.ones((COUNT, 5, 5)) * 0.5
    gaps = np.full((COUNT, len(METHODS)), 1e-6)
    gaps[:3, 0], gaps[:, 3:] = 0.02, np.nan
    return {
        "attribution_x": to_x, "attribution_y": to_y, "mean_x": means, "mean_y": means,
        "energy_gaps": gaps, "disturbance": moved, "agreement": agreement,
        "error_gap": np.full(COUNT, 1e-9), "error_true_gap": np.full(COUNT, 0.5),
    }  # fmt: skip


def made(root, values, problems=PROBLEMS, asked=None, **more):
    fake = Fake(root, problems, count=COUNT)
    entries = seeded("entries").uniform(0.5, 1.5, (COUNT, 1, N, N))
    fake.ask("problem_properties", {"x": entries, **more})
    answers = np.broadcast_to(entries[:, :1], (COUNT, 10, N, N))
    fake.ask("descent", {"answer": answers})
    fake.ask("attribution", values, asked or {})
    return fake


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    fake = made(tmp_path_factory.mktemp("attribution") / "store", planted())
    with store.open(fake.write_run()) as s:
        yield s


def page(s, **fields):
    return drawn.page(s, "geometry", sheet="attribution", **fields)


def panel(s, id_, **fields):
    found = drawn.outcome(page(s, **fields), id_)
    assert isinstance(found, Drawn), found
    return found


def said(found, line):
    parts = found.body.lines[line][0]
    return "".join(p.b if isinstance(p, Strong) else p for p in parts).replace("\u00a0", " ")


# ----- numbers


def slow(values, above, below):
    """Ratio of means, entry by entry."""
    found = []
    for one, up, down in zip(values, above, below, strict=True):
        first = [float(v) for v, there in zip(one.ravel(), up.ravel(), strict=True) if there]
        second = [float(v) for v, there in zip(one.ravel(), down.ravel(), strict=True) if there]
        both = first and second
        found.append(sum(first) / len(first) / (sum(second) / len(second)) if both else np.nan)
    return found


@pytest.mark.parametrize("approach", ["zero", "mean"])
def test_ratios_are_those_of_a_slow_twin(approach):
    """Over the entries that count: from zero not those that are 0; else sizes from the mean."""
    rng = seeded("twin of ratios")
    x, y = rng.normal(size=(6, 2, 3, 3)), rng.normal(size=(6, 3, 3))
    x[rng.random(x.shape) < 0.3] = 0.0
    x[0, :, range(3), range(3)] = 0.0  # nothing on the diagonal of problem 0 is given
    values = {"attribution_x": rng.normal(size=(6, 5, 2, 3, 3)),
              "attribution_y": rng.normal(size=(6, 5, 3, 3)),
              "mean_x": np.ones((6, 2, 5, 4)), "mean_y": np.ones((6, 2, 5, 4))}  # fmt: skip
    dims = {"attribution_x": ("problem", "approach", "part", "row", "col"),
            "attribution_y": ("problem", "approach", "row", "col")}  # fmt: skip
    grouped = ("problem", "network", "approach", "group")
    coords = {"approach": list(METHODS), "network": ["trained", "untrained"], "problem": range(6),
              "group": ["diagonal", "off_diagonal", "observed", "hidden"]}  # fmt: skip
    found = xr.Dataset({name: (dims.get(name, grouped), v) for name, v in values.items()}, coords)
    of = Attribution(found, x, y, "energy", approach, True)
    k = METHODS.index(approach)
    eye = np.eye(3, dtype=bool)
    on, seen = np.broadcast_to(eye, x.shape), x != 0
    counted = seen if approach == "zero" else np.ones_like(seen)
    size = abs(x if approach == "zero" else x - x.mean(0))
    row = of.ratios["x_diagonal"]
    up, down = counted & ~on, counted & on
    np.testing.assert_allclose(row.value, slow(abs(values["attribution_x"][:, k]), up, down))
    np.testing.assert_allclose(row.size, slow(size, up, down))
    assert np.isnan(row.value[0]) == (approach == "zero")
    to_y = abs(values["attribution_y"][:, k])
    on = np.broadcast_to(eye, y.shape)
    np.testing.assert_allclose(of.ratios["y_diagonal"].value, slow(to_y, on, ~on))
    apart = of.ratios["y_observed"].value
    np.testing.assert_allclose(apart, slow(to_y, seen[:, 0], ~seen[:, 0]))
    rows = of.ratios["y_rows"].value
    np.testing.assert_allclose(rows, [m.mean(1).max() / m.mean() for m in to_y])
    assert ("x_observed" in of.ratios) == (approach == "mean")  # by construction 0 from zero


def test_the_distance_from_noise_is_its_mean_over_draws():
    apart, spread = np.array([0.0, 0.3, -2.0, 0.7]), np.array([1.0, 0.5, 1.5, 0.0])
    noise = seeded("noise").standard_normal((200_000, 4))
    slow = np.abs(apart - spread * noise).mean(0)
    np.testing.assert_allclose(folded(apart, spread), slow, rtol=0.01)


@pytest.mark.parametrize(
    ("value", "size", "untrained", "verdict"),
    [(3.0, 1.0, 2.0, "holds"), (3.0, 4.0, 2.0, "undecided"), (3.0, 1.0, 3.5, "undecided"),
     (3.0, 1.0, np.nan, "undecided"), (0.5, 0.1, 0.1, "not"), (np.nan, 1.0, 1.0, "unmeasured")],
)  # fmt: skip
def test_a_ratio_counts_beyond_size_and_an_untrained_network(value, size, untrained, verdict):
    around = seeded("ratio").uniform(0.98, 1.02, COUNT)
    one = Ratio("", "", value * around, size * np.ones(COUNT), untrained * np.ones(COUNT))
    assert one.verdict.word == verdict


def test_the_sentence_has_both_hypotheses_beside_their_controls(opened):
    found = panel(opened, "attribution_answer")
    assert [chip.text for chip in found.body.chips] == ["3.1 holds", "3.2 holds"]
    first, second = said(found, 0), said(found, 1)
    assert "x carries off its diagonal 3 [3, 3] times as much (|x| alone" in first
    assert "y on it 2.5 [2.5, 2.5] times as much (|ŷ| alone" in first
    assert "untrained 1)" in first
    assert "3 from zero, 0.5 from the mean problem, 1 from noise: the baseline decides" in second
    assert "2.00 [2.00, 2.00] times as far as random ones, the largest 0.50" in second
    np.testing.assert_allclose(found.numbers["value"].sel(ratio="x_diagonal"), 3)
    np.testing.assert_allclose(found.numbers["moved_attribution_over_random"], 2)
    other = panel(opened, "attribution_answer", baseline="mean")
    assert other.body.chips[0].text == "3.1 does not hold"
    assert "|x − mean| alone" in said(other, 0)


def test_the_error_is_attributed_to_x_alone(opened):
    found = panel(opened, "attribution_answer", of="error")
    assert "Final error, from the mean problem" in said(found, 0)
    assert "no untrained control" in said(found, 0)
    assert found.body.chips[1].text == "3.2 not measured"
    assert set(panel(opened, "mean", of="error").numbers) == {"attribution_x", "size_x"}
    gap = panel(opened, "gap", of="error")
    assert gap.note.replace("\u00a0", " ") == f"0 of {COUNT} beyond 1 %"
    np.testing.assert_allclose(gap.numbers["true_gap"], 0.5)


def test_gaps_beyond_the_line_are_counted_and_gradients_have_none(opened):
    found = panel(opened, "gap")
    assert found.note.startswith(f"3 of {COUNT}")
    assert sum(found.body.shared[0]["y"]) == COUNT
    assert found.body.layout["shapes"][0]["x0"] == np.log10(100 * MOST_GAP)
    for method in ("smooth", "gradient"):
        nothing = drawn.outcome(page(opened, method=method), "gap")
        assert isinstance(nothing, Missing)
        assert "up to nothing" in nothing.text


def test_hidden_entries_enter_no_mean_and_diverged_problems_are_counted(tmp_path):
    values = planted()
    values["attribution_x"][0] = np.nan
    values["attribution_x"][:, :, 0, 1, 2] = 100.0  # of an entry that is hidden in all problems
    problems = ProblemSet("completion", "same", N, 0)
    entries = seeded("holes").uniform(0.5, 1.5, (COUNT, 1, N, N))
    entries[:, 0, 1, 2] = 0.0
    fake = made(tmp_path / "store", values, problems, x=entries)
    with store.open(fake.write_run()) as s:
        found = panel(s, "mean")
        assert np.isnan(found.numbers["attribution_x"][1, 2])
        assert float(found.numbers["attribution_x"][1, 3]) == pytest.approx(3, rel=0.02)
        assert "1 diverged" in panel(s, "ratio").note
        assert "observed / hidden" in panel(s, "mean", grouping="observed").note
        assert list(groupings(page(s).scene, page(s).address)) == ["diagonal", "rows", "observed"]


# ----- controls, clicks, nothing


def test_a_control_shows_what_it_is_named_after(opened):
    shown = page(opened)
    whole = attribution(shown.scene, ENERGY)
    assert list(groupings(shown.scene, shown.address)) == ["diagonal", "rows"]
    for fields, approach in ((ENERGY, "zero"), (ENERGY | {"baseline": "noise"}, "noise"),
                             (ENERGY | {"method": "smooth"}, "smooth"),
                             (ENERGY | {"of": "error"}, "mean")):  # fmt: skip
        assert attribution(shown.scene, fields).approach == approach
    assert whole.from_zero
    assert len(attributions(shown.scene, shown.address)) == 1


def test_one_of_several_attributions_is_named_and_other_sheets_drop_its_key(tmp_path):
    fake = made(tmp_path / "store", planted())
    later = fake.ask("attribution", planted(), {"level": 3})
    geometry = fake.ask("geometry")
    with store.open(fake.write_run()) as s:
        shown = page(s, q=later.key[:8])
        assert shown.address["q"] == later.key
        assert "t = 3" in panel(s, "ratio", q=later.key[:8]).note
        assert len(attributions(shown.scene, shown.address)) == 2
        other = drawn.page(s, "geometry", sheet="moves", q=later.key)
        assert (other.address["q"], other.address.messages) == ("", ())
        back = page(s, q=geometry.key)
        assert back.address["q"] in attributions(back.scene, back.address)
        assert not back.address.messages
        assert page(s, q="ffff").address.messages


def test_sets_side_by_side_have_a_slope_beside_shuffled_labels(tmp_path):
    for kappa, times in ((10, 1.0), (1000, 2.0)):
        values = planted()
        values["attribution_x"] = np.where(np.eye(N, dtype=bool), 1.0, times) * np.ones(
            values["attribution_x"].shape
        )
        problems = ProblemSet("inverse", f"condition{kappa}", N, 0)
        made(tmp_path / "store", values, problems).write_run(f"at-{kappa}")
    with store.open(tmp_path / "store") as s:
        both = {"set": "inverse-condition10-4-0", "beside": ("inverse-condition1000-4-0",)}
        found = panel(s, "ratio", **both)
        np.testing.assert_allclose(found.numbers["value"].sel(ratio="x_diagonal"), [1, 2])
        told = found.note.replace("\u00a0", " ")
        assert told.startswith("x: off / on diagonal: slope 0.5 [0.5, 0.5] a decade of κ")
        marks = [t for t in found.body.shared if "customdata" in t]
        assert [t["name"] for t in marks] == ["κ 10", "κ 1000"]
        assert marks[0]["marker"]["symbol"] != marks[1]["marker"]["symbol"]
        keys = {one.question.key for one in found.questions}
        assert len(keys) == 6, "attribution, problems and walk of each set"
        lone = panel(s, "mean", **both)
        assert len({one.question.key for one in lone.questions}) == 3
        beside = ("inverse-condition1000-4-0", "inverse-condition100-4-0")
        lacking = panel(s, "ratio", **{**both, "beside": beside})
        assert lacking.note.endswith("κ 100: not computed")


@pytest.mark.parametrize(
    ("parameters", "of", "count"),
    [({}, "energy", 2), ({"level": 3}, "energy", 1), ({"baseline": "zero"}, "energy", 2),
     ({"baseline": "zero"}, "error", 1)],
)  # fmt: skip
def test_sets_whose_attribution_is_of_another_kind_are_no_part_of_the_slope(
    tmp_path, parameters, of, count
):
    for kappa, asked in ((10, {}), (1000, parameters)):
        problems = ProblemSet("inverse", f"condition{kappa}", N, 0)
        made(tmp_path / "store", planted(), problems, asked).write_run(f"at-{kappa}")
    with store.open(tmp_path / "store") as s:
        found = panel(s, "ratio", of=of, set="inverse-condition10-4-0",
                      beside=("inverse-condition1000-4-0",))  # fmt: skip
        assert found.numbers.sizes["set"] == count
        assert ("κ 1000: known at another level" in found.note) == (count == 1)


def test_an_answer_that_diverged_does_not_take_the_size_of_the_others():
    rng = seeded("diverged")
    x, y = rng.normal(size=(6, 1, 3, 3)), rng.normal(size=(6, 3, 3))
    for approach in ("mean", "noise"):
        whole = Attribution(xr.Dataset(), x[1:], y[1:], "energy", approach, False)
        gone = y.copy()
        gone[0] = np.nan
        of = Attribution(xr.Dataset(), x, gone, "energy", approach, False)
        np.testing.assert_allclose(of.size_y[1:], whole.size_y)
        assert np.isnan(of.size_y[0]).all()


def test_clicks_choose_a_grouping_a_method_and_problems(opened):
    address = page(opened).address
    assert picked_grouping(address, Picked(0, ("rows",))) == {"grouping": "rows"}
    assert picked_grouping(address, Picked(0, ("columns",))) is None
    to = links.attributed("attribution.energy_gap")(address, Picked(0, (1,)))
    assert (to.view, to["sort"]) == ("problems", "attribution.energy_gap")
    of_error = links.attributed("attribution.energy_gap", "attribution.error_gap")
    assert of_error(address, Picked(0, (1,)))["sort"] == "attribution.energy_gap"
    address = page(opened, of="error").address
    assert of_error(address, Picked(0, (1,)))["sort"] == "attribution.error_gap"
    assert links.attributed("attribution.energy_gap")(address, Picked(0, ())) is None
    assert picked_method(address, Picked(0, (3,))) is None
    to = picked_method(address, Picked(0, ("noise",)))
    assert (to.view, to["attribution"]) == ("landscape", "noise")


def test_what_is_missing_is_said(tmp_path):
    fake = Fake(tmp_path / "store", count=2)
    fake.ask("descent")
    with store.open(fake.write_run()) as s:
        shown = page(s)
        for one in shown.panels:
            found = drawn.outcome(shown, one.id)
            assert isinstance(found, Missing), one.id
            assert "ttribution" in found.text
