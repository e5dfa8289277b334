"""The examples of the pages on adding things are code that runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cases import ROOT
from documents import name

PAGES = sorted((ROOT / "docs").glob("adding-*.md"))
FENCE = re.compile(r"^( *)```python\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^`(\S+\.py)` .*?\n\n```python\n(.*?)^```", re.MULTILINE | re.DOTALL)

SET_CHECK = """
import sys
sys.path.insert(0, "tests")
from ired_interp_core import registry
from ired_interp_core.records import Gathered, ProblemSet, Question

class Rows:
    question, count = Question("descent", 1, {}, {}), 5

    def read(self, problems=None, variables=None):
        energy = np.arange(50.0).reshape(5, 10)[list(problems)]
        coords = {"problem": list(problems), "level": range(10)}
        return xr.Dataset({"energy_answer": (("problem", "level"), energy)}, coords)

spec = registry.get("mean_energy")
question = spec.question(dict.fromkeys(spec.inputs, "x"), {})
gathered = Gathered(ProblemSet("inverse", "same", 3, 0), 5, upstream={"descent": Rows()})
assert spec.run(gathered, question.parameters).mean_energy == 20.0
print("ran")
"""

VIEW_CHECK = """
import sys
import app, numpy as np, xarray as xr
app.__path__.append(sys.argv[1])
from app.shared.page import look
from app.shared.page.contract import Drawn, Fields
from app.symmetry.view import VIEW, Scene

((sheet,), (panel,)) = VIEW.sheets, VIEW.sheets[0].panels
assert len(panel.words.short.split()) <= 25 and set(panel.reads) <= set(VIEW.fields)

class Store:
    def read(self, analysis, question):
        defect = np.arange(40.0).reshape(4, 10)
        coords = {"problem": range(4), "level": range(10)}
        return xr.Dataset({"symmetry_defect": (("problem", "level"), defect)}, coords)

class Asked:
    key, rows = "0" * 24, 4

scene = Scene(Store(), Asked())
for half, problems, highest in (("all", 4, 15.0), ("first", 2, 5.0)):
    drawn = panel.draw(scene, Fields({"half": half}, look.look("light")))
    assert isinstance(drawn, Drawn) and drawn.numbers.sizes["problem"] == problems
    (line,) = drawn.body.data
    assert list(line.x) == list(range(9, -1, -1)) and line.y[-1] == highest
print("ran")
"""


def run(code: str, *words: str) -> str:
    """What a fresh process prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=ROOT
    )
    assert not done.returncode, done.stderr
    return done.stdout.strip().splitlines()[-1]


def examples(page: str) -> list[str]:
    """Fenced Python of a page that stands for itself."""
    return [code for _, code in FENCE.findall((ROOT / "docs" / page).read_text())]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_examples_are_python(page: Path) -> None:
    for indent, code in FENCE.findall(page.read_text()):
        lines = code.splitlines()
        assert all(line.startswith(indent) or not line.strip() for line in lines)
        compile("\n".join(line[len(indent) :] for line in lines), name(page), "exec")


def test_the_analysis_of_a_set_runs() -> None:
    (example,) = [code for code in examples("adding-an-analysis.md") if "@analysis" in code]
    assert run(example + SET_CHECK) == "ran"


def test_the_view_draws(tmp_path: Path) -> None:
    files = FILE.findall((ROOT / "docs" / "adding-a-view.md").read_text())
    assert [file for file, _ in files] == ["words.py", "figures/by_level.py", "view.py"]
    for file, code in files:
        path = tmp_path / "symmetry" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(code)
    assert run(VIEW_CHECK, str(tmp_path)) == "ran"


@pytest.mark.parametrize("word", ["Dim(", "older="])
def test_declarations_of_dims_and_of_later_parameters_are_accepted(word):
    (example,) = [code for code in examples("adding-an-analysis.md") if word in code]
    assert run(example + "\nprint('ran')") == "ran"
