"""Damaged files of every kind through the command line; `make soak` takes ten times as long."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_every_damaged_file_ends_in_one_line_and_a_meant_exit_code() -> None:
    """In a process of its own, whose peak memory is that of the commands alone."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, str(ROOT / "tests" / "fuzz.py"), "--seconds", "30", "--seed", "0"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}"
