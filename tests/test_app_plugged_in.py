"""What a newcomer adds, in a copy of the checkout: a folder for a view, a file for an analysis."""

import os
import re
import shutil
import subprocess
import sys

import browser
import pytest
from cases import ROOT
from playwright.sync_api import expect

FOLDERS = ("app", "checkpoints", "ired_interp_core", "precompute", "slurm", "store", "tests")

VIEW = '''"""Toy: two figures and a field of its own."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from app.shared.address.fields import SUBJECT, Field, integer
from app.shared.asks import reading
from app.shared.page.contract import Control, Drawn, Panel, Sheet, Source, View, Words
from store import QuestionInfo, Store


@dataclass(frozen=True)
class Scene:
    """The first descent of a subject."""

    store: Store
    descent: QuestionInfo | None

    @property
    def identity(self):
        return (self.descent and self.descent.key,)

    def question(self, analysis):
        return self.descent if analysis == "descent" else None


def scene(store, address, subject):
    """Find the descent."""
    return address, Scene(store, next(iter(reading.questions(store, subject, "descent")), None))


def ranks(made, fields):
    """The first ranks, as a line."""
    x = np.arange(fields["rank"])
    numbers = xr.Dataset({"square": ("rank", x**2)}, {"rank": x})
    return Drawn(go.Figure(go.Scatter(x=x, y=x**2)), numbers, [Source(made.descent)])


def errors(made, fields):
    """The errors of all problems."""
    mse = made.store.read("descent", question=made.descent.key)["mse_final"]
    numbers = mse.to_dataset(name="mse_final")
    return Drawn(go.Figure(go.Bar(y=mse.values)), numbers, [Source(made.descent)])


VIEW = View(
    name="toy",
    title="Toys",
    fields={**SUBJECT, "rank": Field(3, integer(1, 20))},
    scene=scene,
    sheets=(
        Sheet("toys", "Toys", (
            Panel("ranks", "Ranks", ("descent",), ("rank",), ranks, Words("Ranks.", "Of ranks.")),
            Panel("errors", "Errors", ("descent",), (), errors, Words("Errors.", "Of errors.")),
        ), ((Control("rank", "Rank"),),)),
    ),
)
'''


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy that may be changed."""
    copy = tmp_path_factory.mktemp("plugged") / "checkout"
    unwanted = shutil.ignore_patterns("__pycache__", "*.pyc", ".pytest_cache")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=unwanted)
    for name in ("CONTRIBUTING.md", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, copy / name)
    return copy


def run(checkout, *words, **rest):
    done = subprocess.run(
        [sys.executable, *words], cwd=checkout, capture_output=True, text=True, **rest
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    return done.stdout


def test_a_view_costs_one_folder_and_its_line_in_the_list(checkout):
    folder = checkout / "app" / "toy"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""Toys."""\n')
    (folder / "view.py").write_text(VIEW)
    listed = checkout / "app" / "views.py"
    text = listed.read_text()
    line = "OWN: tuple["
    assert line in text
    start = text.index(line)
    at = text.index("\n", start) + 1
    text = text[:at] + "    TOY,\n" + text[at:]
    listed.write_text(text[:start] + "from app.toy.view import VIEW as TOY\n\n" + text[start:])
    tests = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_app_contract.py"]
    run(checkout, *tests, "-k", "toy")
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "import drawn\n"
        "from app.shared.address.address import parse\n"
        "assert parse('toy', {'rank': ['5']})['rank'] == 5\n"
        "assert parse('toy', {'rank': ['99']}).messages\n"
        "assert [v.title for v in drawn.VIEWS].count('Toys') == 1\n"
        "print('known')\n"
    )
    assert "known" in run(checkout, "-c", script)


@pytest.mark.browser
@pytest.mark.slow
def test_the_example_of_contributing_is_seen_as_a_figure_and_as_a_column(checkout, chromium):
    text = (ROOT / "CONTRIBUTING.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", text, re.S)
    (file,) = re.findall(r"Save this as `(.*?)`", text)
    (entry,) = re.findall(r"```toml\n(.*?)```", text, re.S)
    (checkout / file).write_text(example)
    sweep = checkout / "plugged.toml"
    sweep.write_text(
        'name = "plugged"\n[[models]]\ncheckpoint = "checkpoints/inverse.safetensors"\n'
        '[[problems]]\ntask = "inverse"\nvariant = "same"\nseed = 0\ncount = 4\n'
        '[[analyses]]\nname = "problem_properties"\n[[analyses]]\nname = "descent"\n' + entry
    )
    quiet = {**os.environ, "OMP_NUM_THREADS": "1"}
    words = ["-m", "precompute", "run", str(sweep), "--store", "plugged-store", "--workers", "1"]
    run(checkout, *words, env=quiet)
    with (
        browser.serve(checkout / "plugged-store", checkout) as url,
        browser.page_of(chromium) as page,
    ):
        page.goto(f"{url}/more")
        panel = page.locator("[data-panel=answer_symmetry]")
        expect(panel).to_contain_text("Answer symmetry")
        expect(panel.locator(".js-plotly-plot .scatterlayer")).to_have_count(1)
        page.goto(f"{url}/problems?sort=answer_symmetry.symmetry_defect&order=down")
        browser.settled(page)
        expect(page.locator("[data-panel=table]")).to_contain_text("‖Ŷ − Ŷᵀ‖/‖Ŷ‖")
        assert page.locator(".st-key-messages").count() == 0
