"""The example of CONTRIBUTING.md is code that runs."""

import re
import subprocess
import sys

import pytest
from cases import ROOT

CHECK = """
import numpy as np, xarray as xr
from ired_interp_core import registry
from ired_interp_core.records import Block, ProblemSet

answer = np.zeros((2, 10, 3, 3)); answer[0] = np.eye(3); answer[1, :, 0, 1] = 1
upstream = {"descent": xr.Dataset({"answer": (("problem", "level", "row", "col"), answer)})}
spec = registry.get("answer_symmetry")
block = Block(ProblemSet("inverse", "same", 3, 0), 0, np.zeros((2, 9)), np.zeros((2, 9)),
              upstream=upstream)
question = spec.question(dict.fromkeys(spec.inputs, "x"), {})
found = spec.run(block, question.parameters).symmetry_defect
np.testing.assert_allclose(found[0], 0)
np.testing.assert_allclose(found[1], 2**0.5)
print("ran")
"""


(EXAMPLE,) = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.S)
(FILE,) = re.findall(r"Save this as `(.*?)`", (ROOT / "CONTRIBUTING.md").read_text())


def test_the_example_analysis_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EXAMPLE + CHECK], capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout.strip() == "ran", done.stderr


@pytest.mark.parametrize("words", [("check",), ("format", "--check")])
def test_the_example_passes_the_linter_as_it_is_printed(words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "ruff", *words, "--stdin-filename", FILE, "-"]
    done = subprocess.run(command, input=EXAMPLE, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
