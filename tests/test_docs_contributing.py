"""The example of CONTRIBUTING.md is code that runs."""

import re
import subprocess
import sys

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


def test_the_example_analysis_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.S)
    done = subprocess.run(
        [sys.executable, "-c", example + CHECK], capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout.strip() == "ran", done.stderr
