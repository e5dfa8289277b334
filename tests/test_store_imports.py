"""The store and the list of analyses stay light: a fresh process loads nothing heavy."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "lines",
    ["import store", "from ired_interp_core import registry; registry.analyses(); import store"],
)
def test_light(lines):
    heavy = ("torch", "streamlit", "plotly", "sklearn", "scipy", "geomstats")
    code = f"{lines}\nimport sys\nprint(*[m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_opening_the_catalog_is_what_loads_duckdb():
    code = "import store, sys; print('duckdb' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
