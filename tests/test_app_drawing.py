"""What is handed to the browser's host, and what is believed of its answers."""

import base64
import json
import math
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.components import host, said
from app.shared.drawing import filled, scatter, ticks
from app.shared.drawing.levels import (
    Chip,
    Column,
    Row,
    Sentence,
    Strong,
    Table,
    figure,
    levels_of,
)
from app.shared.drawing.payload import to_json
from app.shared.page import look
from app.shared.page.contract import Panel, Words
from app.shared.page.grid import halves, rules


def test_both_parts_of_plotly_js_are_of_one_version():
    part = Path(host.__file__).parent / "vendor" / "plotly-cartesian.min.js"
    with part.open() as file:
        said = file.read(200)
    assert f"plotly.js (cartesian - minified) v{host.version()}\n" in said, "see vendor/README.md"


def test_webgl_draws_what_are_many_points():
    assert [scatter.marks(n) for n in (0, 1500, 1501)] == [go.Scatter, go.Scatter, go.Scattergl]


def test_what_the_browser_says_is_checked():
    told = {"trace": 0, "custom": [1, "a", None, {"x": 1}], "x": 0.5, "level": 11, "head": 1}
    assert said.picked(told) == said.Picked(0, (1, "a", None, None), 0.5)
    for nonsense in (None, 3, [], {"trace": "0"}, {"trace": True}):
        assert said.picked(nonsense) is None
    assert said.selected({"custom": [[1, 2], "x", [3]]}) == [(1, 2), (3,)]
    for nonsense in (None, {}, {"custom": []}, {"custom": "x"}, [1]):
        assert said.selected(nonsense) is None


def test_a_plain_figure_is_one_without_levels():
    plain = go.Figure(go.Scatter(y=np.arange(3.0)), {"xaxis": {"title": {"text": "step"}}})
    levels = levels_of(plain)
    assert (levels.levels, levels.layouts, levels.hover) == ((), (), None)
    assert "template" not in levels.layout
    assert figure(levels, 4).layout.xaxis.title.text == "step"
    spelled = json.loads(to_json(levels))
    y = spelled["shared"][0]["y"]
    assert np.frombuffer(base64.b64decode(y["bdata"]), y["dtype"]).tolist() == [0, 1, 2]
    assert spelled["layout"]["xaxis"]["title"]["text"] == "step"


def test_a_sentence_and_a_table_are_spelled_for_the_browser():
    sentence = Sentence([[["at ", Strong("t = 3")]]], [Chip("1.1 holds", "holds")])
    assert json.loads(to_json(sentence)) == {
        "lines": [[["at ", {"b": "t = 3"}]]],
        "chips": [{"text": "1.1 holds", "state": "holds"}],
        "small": False,
    }
    table = Table([Column("problem", id="problem")], [Row("7", "", [["a"] * 10], id=7)])
    row = json.loads(to_json(table))["rows"][0]
    assert (row["id"], row["chosen"], len(row["cells"][0])) == (7, False, 10)


@pytest.mark.parametrize(
    ("spans", "taken"),
    [
        ((8, 16, 8, 8, 8), [2, 2, 1, 1, 2]),
        ((12, 12), [1, 1]),
        ((12, 12, 12), [1, 1, 2]),
        ((24, 6, 24), [2, 2, 2]),
        ((), []),
    ],
)
def test_of_two_columns_a_panel_alone_in_its_row_takes_both(spans, taken):
    words = Words("Short.", "Long.")
    panels = [Panel(f"p{i}", "P", (), (), lambda *_: None, words, span=span)
              for i, span in enumerate(spans)]  # fmt: skip
    assert halves(panels) == taken


def test_json_has_null_for_nan_and_text_for_every_key():
    odd = {np.int64(3): [math.nan, np.float32(2), np.bool_(True)], "a": np.array([1.0, math.inf])}
    said = json.loads(to_json(odd))
    assert said["3"] == [None, 2, True]
    assert said["a"]["dtype"] == "f8"


def test_of_two_columns_some_panels_take_both_wherever_they_stand():
    words = Words("Short.", "Long.")
    panels = [Panel(f"p{i}", "P", (), (), lambda *_: None, words, two=two)
              for i, two in enumerate(("", "last", "", "whole", "", ""))]  # fmt: skip
    assert halves(panels) == [1, 2, 1, 2, 1, 1]
    last = "--half: 2; --later: 1; "
    assert f".st-key-grid > div:nth-child(2){{ --span: 8; {last}}}" in rules("grid", panels)


@given(st.floats(-9, 6), st.floats(0.02, 12), st.integers(3, 7))
def test_a_logarithmic_axis_has_a_few_ticks_within_it(start, width, most):
    low, high = 10.0**start, 10.0 ** (start + width)
    found = ticks.log_ticks(low, high, most)
    places, texts = found["tickvals"], found["ticktext"]
    assert 1 <= len(places) <= most
    assert len(set(texts)) == len(texts) == len(places)
    assert all(low * 0.998 <= place <= high * 1.002 for place in places)


def test_small_numbers_have_ticks_of_one_spelling():
    found = ticks.small_ticks(-2.4e-5, 1.1e-5)
    assert found["ticktext"] == ["−2×10⁻⁵", "−10⁻⁵", "0", "10⁻⁵"]
    assert found["tickvals"] == pytest.approx([-2e-5, -1e-5, 0, 1e-5])
    assert ticks.small_ticks(-0.2, 1.0) == {}
    axis = look.template("light").layout.yaxis
    assert axis.exponentformat == "e"  # where nobody spells them: Plotly's own are "20μ"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0001, "0.0001"),
        (20, "20"),
        (1e-6, "10⁻⁶"),
        (2e5, "2×10⁵"),
        (1e4, "10⁴"),
        (7e-5, "7×10⁻⁵"),
    ],
)
def test_ticks_have_no_small_raised_type(value, text):
    assert ticks.spelled(value) == text


def test_a_band_is_broken_where_nothing_is_known():
    x = np.array([9, 8, 7, 6, 5, 4, 3])
    low = np.array([1.0, 2, np.nan, 4, np.nan, 6, 7])
    high = low + np.array([1.0, 1, 1, 1, 1, 1, 1])
    made = filled.band(x, low, high, "#123456", lone=0.1)
    gaps = np.flatnonzero(np.isnan(made.x))
    assert np.array_equal(gaps, np.flatnonzero(np.isnan(made.y)))
    parts = [p[~np.isnan(p)].astype(float) for p in np.split(made.x, gaps)]
    assert [sorted(set(part.round(2).tolist())) for part in parts] == [[8, 9], [5.9, 6.1], [3, 4]]
    assert all(part[0] == part[-1] for part in parts)  # each is closed by itself
    assert made.y[:5].tolist() == [1, 2, 3, 2, 1]
    named, _ = filled.outline(np.array(["a", "b", "c"]), low[:3], high[:3])
    assert named.tolist() == ["a", "b", "b", "a", "a"]
    assert len(filled.outline(x[:1], low[2:3], high[2:3])[0]) == 0


def test_a_filled_area_is_drawn_by_the_one_way_that_knows_of_gaps():
    here = Path(filled.__file__).parents[2]
    fills = {f.stem for f in here.rglob("*.py") if 'fill="toself"' in f.read_text("utf-8")}
    assert fills == {"filled", "ridges"}  # a ridge is a histogram: it has no gaps


def test_an_axis_of_one_number_or_none_is_drawn():
    assert ticks.log_axis(np.array([0.01]))["tickvals"]
    assert ticks.log_axis(np.array([0.0, -1.0, np.nan])) == {"type": "log"}


def test_numbers_that_differ_by_rounding_alone_are_drawn_as_equal() -> None:
    value = 0.0022518861755
    low, high = scatter.ends(np.array([value, value * (1 + 1e-13)]))
    assert low == pytest.approx(0.95 * value)
    assert high == pytest.approx(1.05 * value)
    assert scatter.ends(np.array([0.0, 0.0])) == [-1, 1]
    assert scatter.ends(np.array([1.0, 2.0])) == pytest.approx([0.94, 2.06])
