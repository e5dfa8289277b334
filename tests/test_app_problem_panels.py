"""Table, scatter and similar problems of the view Problems, drawn without a browser."""

import fake_store
import numpy as np
import pytest
from drawn import address, app, drawn, outcome, page, panel

import store
from app.components.said import Picked
from app.problems import table
from app.shared.address import address as links
from app.shared.page.contract import Missing
from ired_interp_core.records import ProblemSet
from ired_interp_core.spelling import aligned

COUNT = 70
SET = ProblemSet("inverse", "same", 4, 0)
OLD = (
    {},
    {"sort": "problem", "order": "up"},
    {"sort": "descent.excess", "level": 3, "place": "truth"},
    {"sort": "problem_properties.baseline_mse.zero", "x": "descent.mse_to_baseline.polynomial_1"},
    {"x": "problem", "y": "hessian_spectrum.index", "colour": "descent.energy_excess"},
    {"sort": "landscape_slice.energy_range", "colour": "descent.minimum_ratio"},
)
"""Addresses as they were before, and two that name what could not be named then."""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("problems") / "store"
    return fake_store.make(root, problems=SET, count=COUNT, clips=(2.0, 5.0))


@pytest.fixture(scope="module")
def opened(root):
    with store.open(root) as found:
        yield found


def question(opened, analysis, **parameters):
    (found,) = (
        q for q in opened.questions(analysis)
        if all(q.parameters[n] == v for n, v in parameters.items())
    )  # fmt: skip
    return found


@pytest.mark.parametrize("values", OLD)
def test_an_address_of_before_is_answered_without_a_word(opened, values):
    shown = page(opened, "problems", **values)
    assert shown.address.messages == ()
    frame = drawn(opened, "problems", "table", **values).numbers.to_dataframe()
    assert len(frame) == 50
    by = values.get("sort", "descent.mse_final")
    if by != "problem":
        order = frame[by.replace(".", "_")].to_numpy()
        assert (np.diff(order) <= 0).all()
    points = drawn(opened, "problems", "scatter", **values)
    (trace, *_) = points.body.data
    for axis, values_ in (("x", trace.x), ("y", trace.y), ("colour", trace.marker.color)):
        name = shown.address[axis].replace(".", "_")
        assert np.array_equal(points.numbers[name], values_)


def test_the_table_shows_what_its_file_holds(opened):
    shown = drawn(opened, "problems", "table", level=4, labels="all")
    ids = [c.id for c in shown.body.columns[1:]]
    assert set(shown.numbers.data_vars) == {i.replace(".", "_") for i in ids}
    rows = shown.body.rows
    told = shown.numbers.sel(problem=[row.id for row in rows])
    for at, name in enumerate(ids):
        assert [row.cells[at] for row in rows] == aligned(told[name.replace(".", "_")].values)
    descent = opened.read("descent", question=question(opened, "descent", clip=2.0).key)
    mse = descent["mse"].sel(level=4, problem=shown.numbers["problem"].values)
    assert np.array_equal(shown.numbers["descent_mse"], mse)


def test_labels_of_a_further_dim_are_columns_where_they_are_asked_for_or_used(opened):
    few, every = (
        [c.id for c in drawn(opened, "problems", "table", labels=word).body.columns]
        for word in ("few", "all")
    )
    named = "problem_properties.baseline_mse.zero"
    assert named not in few
    assert named in every
    used = drawn(opened, "problems", "table", sort=named).body.columns
    assert named in [c.id for c in used]
    assert "landscape_slice.energy_range" in few


def test_another_question_of_an_analysis_is_chosen_by_the_address(opened):
    first, second = (question(opened, "landscape_slice", plane=p) for p in fake_store.PLANES)
    for asked, wanted in (((), first), ((f"landscape_slice~{second.key[:8]}",), second)):
        shown = page(opened, "problems", ask=asked)
        assert shown.address.messages == ()
        numbers = outcome(shown, "table").numbers
        stored = opened.read("landscape_slice", question=wanted.key)
        expected = stored["energy_range"].sel(level=0, problem=numbers["problem"].values)
        assert np.array_equal(numbers["landscape_slice_energy_range"], expected)
    assert shown.address["ask"] == (f"landscape_slice~{second.key}",)
    again = links.parse("problems", {"ask": list(shown.address["ask"])})
    assert again["ask"] == shown.address["ask"]


def test_a_question_that_is_not_there_is_named_and_left_out(opened):
    shown = page(opened, "problems", ask=("landscape_slice~ffff", "nothing~ffff"), q="ffff")
    assert shown.address["ask"] == ()
    said = "\n".join(shown.address.messages)
    for line in ("ask=landscape_slice~ffff: no such answer", "ask=nothing~ffff: no such answer",
                 "q=ffff: no such descent"):  # fmt: skip
        assert line in said


def test_a_descent_brings_only_what_stands_on_it(opened):
    clipped = question(opened, "descent", clip=5.0)
    shown = page(opened, "problems", q=clipped.key[:6])
    assert shown.address["q"] == clipped.key
    assert "hessian_spectrum.index" not in shown.scene.columns
    assert "descent.drift" in shown.scene.columns


def test_a_selection_in_the_scatter_narrows_the_table(opened):
    shown = page(opened, "problems", sort="problem", order="up")
    found = outcome(shown, "table", selections={"scatter": ((3,), (60,), (7,))})
    assert found.numbers["problem"].values.tolist() == [3, 7, 60]
    assert found.note == "3 problems selected in the scatter plot"


def test_a_number_that_no_catalog_keeps_sorts_and_names_its_problems_in_the_lines(opened):
    shown = drawn(opened, "problems", "table", sort="descent.drift", level=2)
    names: dict = {}
    exec(shown.python, names)
    assert sorted(names["table"]["problem"]) == sorted(shown.numbers["problem"].values)
    plain = drawn(opened, "problems", "table", level=2)
    exec(plain.python, names)
    assert names["table"]["problem"].tolist() == plain.numbers["problem"].values.tolist()


def test_a_head_sorts_and_a_row_chooses_its_problem():
    here = address("problems")
    assert table.picked(here, Picked(x="descent.mse", head=True)) == {
        "sort": "descent.mse", "order": "down", "page": 1,
    }  # fmt: skip
    turned = table.picked(here, Picked(x="descent.mse_final", head=True))
    assert turned["order"] == "up"
    assert table.picked(here, Picked(custom=(5,))) == {"problem": 5}
    assert table.picked(address("problems", problem=5), Picked(custom=(5,))) == {"problem": None}


def test_similar_problems_lead_to_their_landscapes(opened):
    assert isinstance(outcome(page(opened, "problems"), "similar"), Missing)
    shown = drawn(opened, "problems", "similar", problem=7)
    assert len(shown.body.rows) == 6
    assert (np.diff(shown.numbers["distance"]) >= 0).all()
    one = panel(page(opened, "problems"), "similar")
    there = one.on_pick(address("problems", problem=7), Picked(custom=(shown.body.rows[0].id,)))
    assert (there.view, there["problem"]) == ("landscape", shown.body.rows[0].id)


def test_a_filter_that_none_passes_is_one_sentence(opened):
    filters = links.parse("problems", {"filter": ["problem~lt~-1"]})["filter"]
    shown = page(opened, "problems", filter=filters)
    for name in ("table", "scatter"):
        assert outcome(shown, name) == Missing("No problem passes these filters.")


def test_the_page_is_placed_with_a_menu_for_each_choice(root, monkeypatch):
    monkeypatch.setenv("IRED_STORE", str(root))
    shown = app("problems", labels="all", page="2")
    assert not shown.exception
    labels = [s.label for s in shown.selectbox]
    for wanted in ("Descent", "Landscape slice", "Sort by", "x", "y", "Colour"):
        assert wanted in labels, labels
    assert [n.value for n in shown.number_input if n.label == "Page"] == [2]
    (slices,) = (s for s in shown.selectbox if s.label == "Landscape slice")
    with store.open(root) as opened_:
        second = question(opened_, "landscape_slice", plane=fake_store.PLANES[1]).key
    slices.select(second).run()
    assert f"landscape_slice~{second}" in shown.query_params["ask"]
