"""The landscape view's panels without a browser: numbers as drawn, and what is said of gaps."""

from dataclasses import replace

import drawn
import fake_store
import numpy as np
import pytest

import store
from app.landscape import missing, pin
from app.shared.address import address as links
from app.shared.drawing.levels import LEVEL_ORDER, figure
from app.shared.page import outcomes
from app.shared.page.contract import Drawn, Missing

COUNT = 5
CHOICES = (
    {},
    {"place": "truth", "frame": "data", "scale": "log"},
    {"axis": "variance", "scale": "percent", "view": "surface", "problem": 3},
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    folder = tmp_path_factory.mktemp("landscape") / "store"
    with store.open(fake_store.make(folder, count=COUNT)) as s:
        yield s


def panel(opened, id_, **asked):
    return drawn.drawn(opened, "landscape", id_, **asked)


@pytest.mark.parametrize("asked", CHOICES, ids=str)
def test_every_panel_is_drawn_for_all_levels(opened, asked):
    page = drawn.page(opened, "landscape", **asked)
    assert [p.id for p in page.panels] == [
        "slice", "spectrum", "numbers", "matrices", "traces", "cuts",
    ]  # fmt: skip
    for one in page.panels:
        found = drawn.outcome(page, one.id)
        assert isinstance(found, Drawn), (one.id, found)
        assert isinstance(found.note, str) or len(found.note) == len(LEVEL_ORDER)
        assert len(drawn.payload(page, one.id)) < 500_000
        for name, variable in found.numbers.data_vars.items():
            assert set(variable.attrs) >= {"long_name", "units"}, name


@pytest.mark.parametrize("asked", CHOICES, ids=str)
def test_numbers_are_those_that_are_drawn(opened, asked):
    on_plane, spectrum = panel(opened, "slice", **asked), panel(opened, "spectrum", **asked)
    cuts, traces = panel(opened, "cuts", **asked), panel(opened, "traces", **asked)
    matrices = panel(opened, "matrices", **asked)
    energy = next(iter(on_plane.numbers.data_vars))
    value = next(iter(spectrum.numbers.data_vars))
    for t in (9, 4, 0):
        surface = figure(on_plane.body, t).data[0]
        at = on_plane.numbers.sel(level=t)
        np.testing.assert_array_equal(at[energy], surface.z)
        np.testing.assert_allclose(at["a"], surface.x, atol=1e-6)
        lines = figure(cuts.body, t).data
        for name, line in zip(("along_a", "along_b"), lines, strict=True):
            np.testing.assert_array_equal(cuts.numbers[name].sel(level=t), line.y)
        shown = [trace.y for trace in figure(spectrum.body, t).data if trace.xaxis != "x2"]
        flat = np.concatenate([np.asarray(y, dtype=float) for y in shown])
        stored = spectrum.numbers[value].sel(level=t).values
        np.testing.assert_allclose(
            np.sort(flat[np.isfinite(flat)]), np.sort(stored[np.isfinite(stored)])
        )
        answer = figure(matrices.body, t).data[-2]
        np.testing.assert_array_equal(matrices.numbers["answer"].sel(level=t), answer.z)
    line = next(t for t in traces.body.shared if t.get("name") == "MSE of the state")
    known = traces.numbers["mse"].values.ravel()
    np.testing.assert_allclose(line["y"][known > 0], known[known > 0].astype(np.float32))


def test_what_a_choice_does_not_concern_is_not_drawn_again(opened):
    first, other = (
        drawn.page(opened, "landscape", plane=plane, place=place)
        for plane, place in (("stiff_soft", "answer"), ("random", "truth"))
    )
    assert first.scene.identity == other.scene.identity
    changed = {
        one.id
        for one in first.panels
        if outcomes.values(one, first.address, {}) != outcomes.values(one, other.address, {})
    }
    assert changed == {"slice", "cuts", "spectrum", "numbers"}


def test_a_missing_plane_names_plane_centre_and_command(opened):
    page = drawn.page(opened, "landscape", plane="symmetry", centre="truth", problem=2)
    for id_ in ("slice", "cuts"):
        found = drawn.outcome(page, id_)
        assert isinstance(found, Missing)
        assert "at truth" in found.text
        for line in ('plane = "symmetry"', 'place = "truth"', "count = 5", "precompute run"):
            assert line in found.command
        assert found.question["plane"] == "symmetry"
        assert found.question["problem"] == 2
    assert isinstance(drawn.outcome(page, "spectrum"), Drawn)


def test_a_missing_problem_says_how_many_there_are(opened):
    page = drawn.page(opened, "landscape")
    found = missing.answer(page.scene, page.scene.asked["descent"], 40)
    assert f"problem 40 has not been computed (available: 0 … {COUNT - 1})" in found.text
    assert "count = 41" in found.command


def test_without_spectra_the_rest_is_shown(tmp_path):
    names = ("problem_properties", "descent")
    with store.open(fake_store.make(tmp_path / "s", count=2, analyses=names)) as bare:
        page = drawn.page(bare, "landscape")
        found = {one.id: drawn.outcome(page, one.id) for one in page.panels}
        assert {id_ for id_, one in found.items() if isinstance(one, Missing)} == {
            "slice", "cuts", "spectrum", "numbers",
        }  # fmt: skip
        assert page.scene.limits(page.address) is None


def test_a_lock_keeps_the_range_of_all_levels(opened):
    page = drawn.page(opened, "landscape", problem=1, scale="log")
    low, high = page.scene.limits(page.address)
    values = panel(opened, "slice", problem=1, scale="log").numbers["log10_energy"]
    assert (low, high) == (float(values.min()), float(values.max()))
    locked = panel(opened, "slice", problem=4, lock=(low, high))
    for t in (9, 0):
        surface = figure(locked.body, t).data[0]
        assert (surface.zmin, surface.zmax) == (low, high)


def test_a_slice_is_named_by_its_key_where_that_is_not_enough(opened):
    key = next(q.key for q in opened.questions("landscape_slice"))
    page = drawn.page(opened, "landscape", q=key[:8])
    assert page.scene.slice(page.address.values).key == key
    refused = drawn.page(opened, "landscape", q="ffff")
    assert "no such slice" in refused.address.messages[0]


@pytest.fixture(scope="module")
def pinned(opened):
    """The page of problem 1 with problem 3 pinned, and both problems' pages alone."""
    alone = [drawn.page(opened, "landscape", problem=p) for p in (1, 3)]
    text = pin.spell(pin.of(alone[1].address))
    return drawn.page(opened, "landscape", problem=1, pin=pin.parse(text)), *alone


def test_a_pinned_problem_is_drawn_beside_the_one_on_the_page(pinned):
    page, now, held = pinned
    ids = [one.id for one in page.panels]
    assert ids == [
        "slice", "pinned_slice", "spectrum", "matrices", "cuts", "traces", "numbers",
    ]  # fmt: skip
    numbers = {id_: drawn.outcome(page, id_).numbers for id_ in ids}

    def of(alone, id_, name):
        return drawn.outcome(alone, id_).numbers[name].values

    spectrum = numbers["spectrum"]
    np.testing.assert_array_equal(spectrum["eigenvalue"], of(now, "spectrum", "eigenvalue"))
    np.testing.assert_array_equal(spectrum["pinned_eigenvalue"], of(held, "spectrum", "eigenvalue"))
    mine, theirs = (of(one, "matrices", "answer") for one in (now, held))
    np.testing.assert_array_equal(numbers["matrices"]["pinned_answer"], theirs)
    np.testing.assert_array_equal(numbers["matrices"]["difference"], mine - theirs)
    np.testing.assert_array_equal(numbers["traces"]["pinned_mse"], of(held, "traces", "mse"))
    np.testing.assert_array_equal(numbers["pinned_slice"]["energy"], of(held, "slice", "energy"))
    trace = numbers["numbers"]["trace"]
    both = [
        drawn.outcome(one, "numbers").numbers["trace"].sel(place="answer") for one in (now, held)
    ]
    np.testing.assert_array_equal(trace.sel(view="pinned"), both[1])
    np.testing.assert_array_equal(trace.sel(view="now − pinned"), both[0] - both[1])


def test_what_is_pinned_is_seen_and_both_slices_have_the_same_colours(pinned):
    page, *alone = pinned
    first, second = (drawn.outcome(page, id_) for id_ in ("slice", "pinned_slice"))
    assert "Another plane: only energies compare" in second.caption
    assert not second.asks
    for t in (9, 4, 0):
        ends = [(m.zmin, m.zmax) for m in (figure(one.body, t).data[0] for one in (first, second))]
        own = [figure(drawn.outcome(one, "slice").body, t).data[0] for one in alone]
        assert ends[0] == ends[1]
        assert ends[0] == (min(m.zmin for m in own), max(m.zmax for m in own))
        spectrum = figure(drawn.outcome(page, "spectrum").body, t)
        line = next(trace for trace in spectrum.data if trace.name == "pinned")
        held = drawn.outcome(alone[1], "spectrum").numbers["eigenvalue"].sel(level=t)
        np.testing.assert_array_equal(line.y, held)
        low, high = spectrum.layout.yaxis.range
        assert low <= held.min()
        assert held.max() <= high
        maps = figure(drawn.outcome(page, "matrices").body, t).data
        assert [m.name for m in maps] == ["problem A", "answer ŷₜ", "pinned ŷₜ", "difference"]
        assert -maps[-1].zmin == maps[-1].zmax > 0


def test_a_view_pinned_beside_itself_differs_nowhere(opened):
    alone = drawn.page(opened, "landscape", problem=2)
    page = drawn.page(opened, "landscape", problem=2, pin=pin.of(alone.address))
    assert float(abs(drawn.outcome(page, "matrices").numbers["difference"]).max()) == 0
    numbers = drawn.outcome(page, "numbers").numbers.sel(view="now − pinned")
    assert all(float(abs(one).max()) == 0 for one in numbers.data_vars.values())
    assert "The same plane" in drawn.outcome(page, "pinned_slice").caption
    note = drawn.outcome(page, "spectrum").note
    assert all("|Δλ| ≤ 0" in line for line in note)


@pytest.mark.parametrize(
    "spelled", ["7", "inverse-same-20-0~x~stiff_soft~~~", "~1~stiff_soft~~~", "a~b~c~d~e~f~g"]
)
def test_a_pin_that_cannot_be_read_is_said(opened, spelled):
    address = links.parse("landscape", {"pin": [spelled]})
    assert address["pin"] is None
    assert len(address.messages) == 1


def test_a_pin_of_another_task_or_of_nothing_that_is_here_is_said(opened):
    mine = pin.of(drawn.page(opened, "landscape").address)
    other = drawn.page(opened, "landscape", pin=replace(mine, set="addition-same-20-0"))
    assert other.scene.pinned is None
    assert any("pin=" in line for line in other.address.messages)
    away = drawn.page(opened, "landscape", pin=replace(mine, problem=COUNT + 9))
    assert any("pinned view" in line for line in away.address.messages)
    for one in away.panels:
        assert isinstance(drawn.outcome(away, one.id), Drawn)
