"""Every view, sheet and panel keeps the contract: whatever is added is tested here, too."""

import ast
import dataclasses
import json
import re
from pathlib import Path

import drawn
import fake_store
import numpy as np
import pytest
import xarray as xr

import store
from app.panel_numbers import numbers
from app.shared.address import address as links
from app.shared.address import fields
from app.shared.asks import reading
from app.shared.page import exports, outcomes, pages
from app.shared.page.contract import COLUMNS, Control, Drawn, Missing
from app.views import VIEWS
from ired_interp_core import registry
from ired_interp_core.errors import Refusal

ALL = (
    "problem_properties", "descent", "hessian_spectrum", "eigenspace", "landscape_slice", "minima",
    "paths", "geometry", "symmetry", "attribution",
)  # fmt: skip
SHEETS = [(view.name, sheet.id) for view in VIEWS for sheet in view.sheets]
MOST_BYTES, MOST_CONTEXTS, MOST_MARKS = 1_500_000, 4, 5_000


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return fake_store.make(tmp_path_factory.mktemp("contract") / "store", count=12, analyses=ALL)


@pytest.fixture(scope="module")
def opened(root):
    with store.open(root) as s:
        yield s


@pytest.fixture(scope="module")
def nothing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contract") / "empty"
    folder.mkdir()
    fake_store.make(folder, count=1, analyses=())
    with store.open(folder) as s:
        yield s


def shown(opened, view, sheet, **values):
    """A page of the first subject, at defaults unless said otherwise."""
    named = {"sheet": sheet} if "sheet" in drawn.view(view).fields else {}
    if drawn.view(view).subjects:
        first = reading.subjects(opened)[0]
        named |= {"model": first.model, "set": first.set}
    return drawn.page(opened, view, **{**named, **values})


def text(page, panel):
    read = outcomes.values(panel, page.address, {})
    result = outcomes.outcome(panel, page.scene, read, "light")
    return outcomes.spelled(panel, result, page.store, read)


@pytest.mark.parametrize("view", [view.name for view in VIEWS])
def test_a_view_declares_itself_whole(view):
    declared = drawn.view(view)
    assert declared.title
    assert declared.prefers in {"", *registry.analyses()}
    assert len({sheet.id for sheet in declared.sheets}) == len(declared.sheets)
    if len(declared.sheets) > 1:
        assert "sheet" in declared.fields
        for sheet in declared.sheets:
            assert declared.fields["sheet"].parse(sheet.id) == sheet.id
    for name, field in declared.fields.items():
        assert re.fullmatch("[a-z]+", name)
        if field.most == 1:
            assert field.parse(field.spell(field.default)) == field.default, name


@pytest.mark.parametrize(("view", "sheet"), SHEETS)
def test_panels_have_words_places_and_known_fields(opened, view, sheet):
    page = shown(opened, view, sheet)
    ids = [panel.id for panel in page.panels]
    assert len(set(ids)) == len(ids)
    for panel in page.panels:
        assert re.fullmatch("[a-z0-9][a-z0-9_-]*", panel.id), panel.id
        assert panel.title
        assert panel.words.short, panel.id
        assert panel.words.long, panel.id
        assert 1 <= panel.span <= COLUMNS
        assert panel.height % 8 == 0, panel.id
        for name in panel.reads:
            known = name[1:] in ids if name.startswith("@") else name in drawn.view(view).fields
            assert known, (panel.id, name)


@pytest.mark.parametrize(("view", "sheet"), SHEETS)
def test_a_sheet_is_drawn_within_its_budget(opened, view, sheet):
    page = shown(opened, view, sheet)
    total = contexts = 0
    for panel in page.panels:
        result = drawn.outcome(page, panel.id)
        assert isinstance(result, Drawn | Missing), (panel.id, result)
        payload = text(page, panel)
        total += len(payload)
        told = json.loads(payload)
        traces = [*told.get("shared", []), *(told.get("levels") or [[]])[0]]
        kinds = {trace.get("type", "scatter") for trace in traces}
        contexts += bool(kinds & {"surface", "scattergl", "scatter3d"})
        svg = [t for t in traces if t.get("type", "scatter") in {"scatter", "bar"}]
        assert sum(_length(t.get("x")) for t in svg) <= MOST_MARKS, panel.id
    assert total <= MOST_BYTES
    assert contexts <= MOST_CONTEXTS


def _length(values):
    """Points of a trace, spelled as a list or as a typed array."""
    if isinstance(values, dict) and "bdata" in values:
        size = int(re.search(r"\d", values["dtype"])[0])
        return len(values["bdata"]) * 3 // 4 // size
    return len(values) if isinstance(values, list) else 0


@pytest.mark.parametrize(("view", "sheet"), SHEETS)
def test_files_hold_the_numbers_that_are_shown(opened, view, sheet, tmp_path):
    page = shown(opened, view, sheet)
    for panel in page.panels:
        result = drawn.outcome(page, panel.id)
        if not isinstance(result, Drawn):
            continue
        assert result.numbers.data_vars, panel.id
        assert all(re.fullmatch(r"[A-Za-z]\w*", str(n)) for n in result.numbers.variables), panel.id
        table = exports.table(result.numbers)
        assert len(table), panel.id
        seen = json.loads(exports.numbers_json(result))
        assert seen["total"] == len(table)
        csv = exports.content(result, "CSV").splitlines()
        assert csv[0].split(",")[0] == seen["columns"][0]
        assert len(csv) == len(table) + 1
        path = tmp_path / f"{panel.id}.nc"
        path.write_bytes(exports.content(result, "netCDF"))
        with xr.open_dataset(path) as again:
            for name, variable in result.numbers.data_vars.items():
                if variable.dtype.kind in "fiu":
                    np.testing.assert_array_equal(again[name].values, variable.values)


@pytest.mark.parametrize(("view", "sheet"), SHEETS)
def test_copied_python_runs(opened, view, sheet):
    page = shown(opened, view, sheet)
    for panel in page.panels:
        told = json.loads(text(page, panel))
        if told["state"] != "drawn" or not told["python"]:
            continue
        found: dict = {}
        exec(told["python"], found)
        result = drawn.outcome(page, panel.id)
        again = numbers(opened, page.address.url(), panel.id)
        xr.testing.assert_identical(again, result.numbers)
        if "s" in found:  # tables that ship lie in no store
            found["s"].close()
        assert told["cite"], panel.id


def test_copied_python_gives_what_filters_order_and_lasso_leave(opened):
    filters = ("descent.mse_final~gt~0",)
    page = shown(opened, "problems", "", sort="descent.mse_final", order="up", place="minimum",
                 level=2, filter=tuple(map(fields.filter_, filters)))  # fmt: skip
    held = {"scatter": ((7,), (1,), (2,), (3,))}
    screen = drawn.outcome(page, "table", selections=held).numbers
    assert sorted(screen.problem.values) == [1, 2, 3, 7]
    link = page.address.url()
    again = numbers(opened, f"https://host.org{link}&selected=scatter~1-3.7", "table")
    xr.testing.assert_identical(again, screen)
    assert numbers(opened, link, "table").sizes["problem"] == 12
    for wrong in (f"{link}&level=12", f"/nowhere?{link}", f"{link}&model=0123456789"):
        with pytest.raises(Refusal):
            numbers(opened, wrong, "table")
    with pytest.raises(Refusal, match="no such panel"):
        numbers(opened, link, "nothing")


def others(page):
    """Fields of a sheet's controls, each with another value than the page has."""
    if isinstance(page.scene, Missing):
        return
    rows = [*page.sheet.controls, *(panel.controls for panel in page.panels)]
    for part in (part for row in rows for part in row):
        if not isinstance(part, Control):
            continue
        options = part.options
        options = options(page.scene, page.address) if callable(options) else options
        for value in list(options or {})[:3]:
            if value != page.address[part.field]:
                yield part.field, value
                break


@pytest.mark.parametrize(("view", "sheet"), SHEETS)
def test_a_change_outside_what_a_panel_reads_changes_nothing(opened, view, sheet):
    page = shown(opened, view, sheet)
    before = {panel.id: text(page, panel) for panel in page.panels}
    for field, value in others(page):
        after = pages.settled(page.view, opened, page.address.replace(**{field: value}))
        for panel in after.panels:
            if panel.id in before and field not in panel.reads:
                was = outcomes.values(panel, page.address, {})
                if outcomes.values(panel, after.address, {}) == was:  # settling may change more
                    assert text(after, panel) == before[panel.id], (panel.id, field)


@pytest.mark.parametrize(("view", "sheet"), SHEETS)
def test_an_address_is_spelled_whole_and_read_back(opened, view, sheet):
    from urllib.parse import parse_qs, urlsplit

    page = shown(opened, view, sheet)
    url = page.address.url()
    assert len(url) <= links.MOST_BYTES
    again = links.parse(view, parse_qs(urlsplit(url).query, keep_blank_values=True))
    assert again.messages == ()
    assert dict(again.values) == dict(page.address.values)
    assert pages.settled(page.view, opened, again).address.values == page.address.values


@pytest.mark.parametrize(("view", "sheet"), SHEETS)
def test_a_store_without_answers_says_so(nothing, view, sheet):
    page = drawn.page(nothing, view, **({"sheet": sheet} if "sheet" in drawn.view(view).fields
                                        else {}))  # fmt: skip
    if isinstance(page.scene, Missing):
        assert page.scene.text
        return
    for panel in page.panels:
        assert isinstance(drawn.outcome(page, panel.id), Drawn | Missing), panel.id


@pytest.mark.parametrize("view", [view.name for view in VIEWS])
def test_the_page_runs_in_streamlit(root, view, monkeypatch):
    monkeypatch.setenv("IRED_STORE", str(root))
    app = drawn.app(view)
    assert not app.exception


def test_a_panel_that_breaks_is_one_line_and_its_traceback_is_in_the_log(opened, caplog):
    page = shown(opened, "annealing", "levels")
    broken = drawn.panel(page, "error")
    broken = type(broken)(**{**vars(broken), "draw": lambda scene, fields: fields["nothing"]})
    told = json.loads(text(page, broken))
    assert told["state"] == "failed"
    assert "could not be drawn" in told["text"]
    assert "KeyError" in caplog.text


def test_a_draft_is_marked(opened):
    page = shown(opened, "landscape", "landscape")
    panel = page.panels[0]
    assert json.loads(text(page, panel))["state"] == "drawn"
    assert json.loads(text(page, dataclasses.replace(panel, draft=True)))["state"] == "draft"


MARKDOWN = {
    "badge", "button", "caption", "checkbox", "download_button", "error", "expander",
    "form_submit_button", "header", "info", "link_button", "markdown", "metric", "multiselect",
    "number_input", "page_link", "pills", "popover", "radio", "segmented_control", "selectbox",
    "slider", "spinner", "subheader", "success", "tabs", "text_area", "text_input", "title",
    "toast", "toggle", "warning", "write",
}  # fmt: skip
"""What of Streamlit reads a text as Markdown, in which a picture is fetched from anywhere."""


def is_text(node):
    """Whether Markdown shows a text as it is: ours, a number, or spelled for it by `literal`."""
    if isinstance(node, ast.JoinedStr):
        return all(map(is_text, node.values))
    if isinstance(node, ast.FormattedValue):
        return is_text(node.value)
    if isinstance(node, ast.BoolOp):
        return all(map(is_text, node.values))
    if isinstance(node, ast.IfExp):
        return is_text(node.body) and is_text(node.orelse)
    if isinstance(node, ast.Call):
        return getattr(node.func, "attr", getattr(node.func, "id", "")) in {"literal", "len"}
    return isinstance(node, ast.Constant)


def test_no_text_of_a_store_is_read_as_markdown():
    told = []
    for path in (Path(__file__).parents[1] / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr not in MARKDOWN or getattr(node.func.value, "id", "") != "st":
                continue
            labels = [k.value for k in node.keywords if k.arg in {"label", "body"}] or node.args[:1]
            if labels and not isinstance(labels[0], ast.Starred) and not is_text(labels[0]):
                told.append(f"{path.name}:{node.lineno}: {ast.unparse(labels[0])}")
    assert told == [], told
