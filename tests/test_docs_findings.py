"""What recomputes the findings can be asked, and the numbers that ship are the ones printed."""

import ast
import math
import re
import textwrap

import duckdb
import pytest
from cases import CHECKPOINTS, ROOT

import store
from ired_interp_core import checkpoints, registry
from store import catalog_form
from store.catalog_form import scalar_tables

PAGE = (ROOT / "docs" / "findings.md").read_text()
NEAREST = {"inverse": "polynomial_1", "completion": "copy_observed", "addition": "exact"}


FORMATS = (ROOT / "docs" / "files-and-formats.md").read_text()


def blocks(language: str, page: str = PAGE) -> list[str]:
    """Code of a page in one language."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", page, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(code) for _, code in found]


@pytest.fixture(scope="module")
def catalog() -> duckdb.DuckDBPyConnection:
    """A catalog without rows that has every declared table."""
    connection = duckdb.connect()
    for table, columns in catalog_form.TABLES.items():
        connection.execute(catalog_form.create(table, columns))
    for analysis in registry.analyses().values():
        for table, scalars in scalar_tables(analysis).items():
            columns = catalog_form.columns(scalars, analysis.schema.dims)
            connection.execute(catalog_form.create(table, columns))
    return connection


@pytest.mark.parametrize(
    "query", blocks("sql", PAGE + FORMATS), ids=lambda q: " ".join(q.split())[:60]
)
def test_the_catalog_takes_the_query(catalog: duckdb.DuckDBPyConnection, query: str) -> None:
    assert catalog.execute(query).fetchall() is not None


def test_a_wrong_column_is_found(catalog: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.BinderException):
        catalog.execute("SELECT mse_last FROM descent__problem")


@pytest.mark.parametrize("code", blocks("python"), ids=lambda c: " ".join(c.split())[-60:])
def test_what_is_read_is_declared(code: str) -> None:
    known = registry.analyses()
    for call in (n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Call)):
        name = getattr(call.func, "attr", "")
        if name in ("read", "questions") and isinstance(call.args[0], ast.Constant):
            analysis = known[call.args[0].value]
            lists = [k.value for k in call.keywords if k.arg == "variables"]
            asked = {v.value for names in lists for v in names.elts}
            assert asked <= set(analysis.schema.variables)


def rows() -> list[list[str]]:
    """Rows of the table of accuracy."""
    section = PAGE.split("\n## Accuracy\n")[1].split("\n## ")[0]
    of_a_set = re.compile(r"\| \w+, (same|harder)(, width 1,024)? \|")
    lines = [line for line in section.splitlines() if of_a_set.match(line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("row", [r for r in rows() if len(r) == 6], ids=lambda r: r[0])
def test_the_printed_accuracy_is_that_of_the_shipped_table(row: list[str]) -> None:
    table = store.read_tables(CHECKPOINTS / "accuracy.nc")
    task, variant, *wide = row[0].split(", ")
    file = CHECKPOINTS / f"{task}{'_width1024' if wide else ''}.safetensors"
    official = (
        (table["model"] == checkpoints.read_digest(file)) & (table["variant"] == variant)
        & (table["clip"] == 2.0) & (table["inner_steps"] == 5) & table["jump"].astype(bool)
    )  # fmt: skip
    there = official.values.nonzero()[0]
    assert len(there), f"the shipped tables lack {row[0]}: python -m precompute run accuracy"
    # The setting stands there twice: on the problems of the ablations, too.
    answer = table.isel(setting=max(there, key=lambda i: table["measured_problems"][i]))
    baseline = answer.sel(baseline=NEAREST[task])
    expected = [
        (row[1], [answer["mse_official"], answer["mse_official_error"]]),
        (row[4], [baseline["r2"], baseline["r2_low"], baseline["r2_high"]]),
        (row[5], [baseline["r2_truth"]]),
    ]
    if task != "addition":
        expected.append((row[3].rsplit(",", 1)[1], [baseline["baseline_mse"]]))
    for cell, values in expected:
        printed = re.findall(r"\d+(?:\.\d+)?", cell)
        for text, value in zip(printed, values, strict=True):
            digits = len(text.partition(".")[2])
            assert math.isclose(float(text), float(value), abs_tol=0.51 * 10**-digits), cell


def decided() -> dict[str, set[str]]:
    """Hypothesis → the sections of the findings to which its status leads."""
    page = (ROOT / "docs" / "hypotheses.md").read_text()
    rows = re.findall(r'^\| <a id="([\w.]+)"></a>(.*)$', page, re.MULTILINE)
    assert len(rows) > 40
    found = {id_: set(re.findall(r"findings\.md#([\w-]+)", row)) for id_, row in rows}
    return {id_: sections for id_, sections in found.items() if sections}


@pytest.mark.parametrize("id_", decided())
def test_a_hypothesis_that_was_measured_is_answered_where_its_status_leads(id_: str) -> None:
    sections = {
        text.split("\n", 1)[0].lower().replace(" ", "-").replace(",", "").replace(":", ""): text
        for text in PAGE.split("\n## ")[1:]
    }
    answered = rf"(?<![\w.]){re.escape(id_)}(?![\w.]*\w)"
    for section in decided()[id_]:
        assert re.search(answered, sections[section]), f"{section} does not name {id_}"
