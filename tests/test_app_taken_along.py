"""What a reader takes along from a panel asks for what the panel shows: every view, every panel."""

import base64
import csv
import io
import re
import shlex
import tomllib
from pathlib import Path

import drawn
import fake_store
import numpy as np
import pytest
import xarray as xr
from test_app_subsets import part

import store
from app.landscape import eigen_address
from app.panel_numbers import numbers
from app.shared.asks import reading
from app.shared.drawing.levels import Levels, levels_of
from app.shared.page import exports, outcomes
from app.shared.page.contract import Drawn, Missing
from app.views import VIEWS
from ired_interp_core import registry
from precompute.plan import plan, sweep
from precompute.plan.models import ModelRef

ROOT = Path(__file__).parents[1]

STIFFEST = 16
"""Rank of the stiffest eigenvector, which the analysis takes by default."""


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    root = fake_store.everything(tmp_path_factory.mktemp("taken") / "store")
    with store.open(root) as found:
        yield found


@pytest.fixture(scope="module")
def shown(opened):
    """Every panel that draws: the page that it stands on, the panel, what it draws, its payload."""
    found = []
    first = reading.subjects(opened)[0]
    for view in VIEWS:
        for sheet in view.sheets:
            values = {"sheet": sheet.id} if "sheet" in view.fields else {}
            if view.subjects:
                values |= {"model": first.model, "set": first.set}
            if view.name == "landscape":
                values["eigen"] = eigen_address.Eigen(STIFFEST)
            page = drawn.page(opened, view.name, **values)
            for panel in page.panels:
                result = drawn.outcome(page, panel.id)
                if isinstance(result, Drawn):
                    found.append((page, panel, result))
    return found


def asked_by(command, opened, folder):
    """Keys of the questions that a command asks once its sweep is planned; None for no sweep."""
    document = re.fullmatch(r"cat > sweep\.toml <<'END'\n(.*)\nEND\n(.*)\n", command, re.DOTALL)
    if document is None:
        return None
    text, line = document.groups()
    words = shlex.split(line)
    assert words[:5] == ["python", "-m", "precompute", "run", "sweep.toml"], line
    asked = sweep.parse(text, "copied", folder)
    refs = []
    for entry in asked.models:
        digest = entry.path.parent.name  # the weights are none: the folder says whose they are
        size = asked.problems[0].problems.size
        refs.append(ModelRef(digest, entry.task, size, "", "", "ema", "", "", {}))
    return {one.question.key for one in plan.questions(asked, refs, "copied")}


def analyses_asked(command, subject, folder):
    """Analyses of the questions of a command's sweep, or of what it adds to one about a subject."""
    whole = re.fullmatch(r"cat > sweep\.toml <<'END'\n(.*)\nEND\n.*", command, re.DOTALL)
    added = re.fullmatch(r"# add to SWEEP\.toml\n(.*)\n\n# then\n.*", command, re.DOTALL)
    shipped = re.search(r"python -m precompute run (precompute/sweeps/\S+\.toml) ", command)
    if shipped:
        return {ask["name"] for ask in tomllib.loads((ROOT / shipped[1]).read_text())["analyses"]}
    if whole is None and added is None:
        return None
    made = subject.problems
    head = f"""
        [[models]]
        checkpoint = "{folder}/store/models/{subject.model}/weights.safetensors"
        [[problems]]
        task = "{made.task}"
        variant = "{made.variant}"
        size = {made.size}
        count = 2
    """
    text = whole[1] if whole else f'name = "added"\n{head}\n{added[1]}'
    return {ask.analysis.name for ask in sweep.parse(text, "copied", folder).analyses}


def test_a_copied_command_asks_what_the_panel_shows(shown, opened, tmp_path):
    seen, wrong = set(), []
    for page, panel, result in shown:
        about = {source.question.analysis for source in result.questions}
        if "failure_transfer" in about:  # this store's is about what it was learned from: refused
            continue
        command = outcomes.command(result, opened)
        planned = asked_by(command, opened, tmp_path) if command else None
        if planned is None:
            continue
        wanted = {source.question.key for source in result.questions}
        wrong += [] if wanted <= planned else [(page.view.name, panel.id)]
        seen |= {source.question.analysis for source in result.questions}
    assert wrong == []
    # Means of the paper have a sweep of their own; bare activations are shown by no panel.
    assert seen == registry.analyses().keys() - {"accuracy", "activations", "failure_transfer"}


HELD = [{"descent"}, {"problem_properties", "descent"},
        {"problem_properties", "descent", "activations", "dictionary"}]  # fmt: skip


@pytest.mark.parametrize("names", HELD, ids=len)
def test_the_recipe_of_an_empty_state_is_a_sweep_that_fills_it(names, opened, tmp_path):
    root = part(opened.root, tmp_path / "store", names)
    store.catalog.collect(root)
    tried, wrong = 0, []
    with store.open(root) as held:
        first = reading.subjects(held)[0]
        for view in VIEWS:
            subject = {"model": first.model, "set": first.set} if view.subjects else {}
            for sheet in view.sheets:
                values = {"sheet": sheet.id} if "sheet" in view.fields else {}
                page = drawn.page(held, view.name, **values, **subject)
                whole = [page.scene] if isinstance(page.scene, Missing) else []
                for found in whole or [drawn.outcome(page, panel.id) for panel in page.panels]:
                    if not isinstance(found, Missing) or not found.command:
                        continue
                    planned = analyses_asked(found.command, first, tmp_path)
                    wanted = (found.question or {}).get("analysis", "")
                    tried += 1
                    if not planned or (wanted and wanted not in planned):
                        wrong.append((view.name, sheet.id, found.command))
    assert wrong == []
    assert tried > 5


def labels(spelled):
    """Numbers as Plotly spells them: a list, or an array as base64."""
    if not isinstance(spelled, dict):
        return np.ravel(spelled)
    return np.frombuffer(base64.b64decode(spelled["bdata"]), spelled["dtype"])


def test_files_of_points_in_a_lasso_hold_these_alone(shown, opened):
    seen = set()
    for page, panel, result in shown:
        if not panel.selects:
            continue
        seen.add((page.view.name, panel.id))
        body = result.body if isinstance(result.body, Levels) else levels_of(result.body)
        traces = [*body.shared, *(t for level in body.levels for t in level)]
        found = [labels(t["customdata"]) for t in traces if "customdata" in t]
        points = np.unique(np.concatenate(found)).tolist()
        assert points == sorted(result.numbers[panel.selects].values.tolist())
        held = exports.held(result, panel.selects, [[point, "x"] for point in points[1:4]])
        assert held.numbers[panel.selects].values.tolist() == points[1:4]
        assert held.numbers.attrs["held"] == f"3 of {len(points):,} points, those in the lasso"
        rows = csv.DictReader(io.StringIO(exports.content(held, "CSV")))
        assert {row[panel.selects] for row in rows} - {""} == set(map(str, points[1:4]))
        assert exports.stem(panel.id, held, {}, opened).endswith("-lasso")
        link = f"{page.address.url()}&selected={panel.id}~{points[1]}-{points[3]}"
        xr.testing.assert_identical(numbers(opened, link, panel.id), held.numbers)
        assert exports.held(result, panel.selects, None) is result
    assert seen == {
        ("problems", "scatter"), ("features", "map"), ("minima", "align"), ("geometry", "energy"),
        ("geometry", "pairs"), ("geometry", "project"),
    }  # fmt: skip
