"""Every writer under every fault, in the short form; `make soak` runs the long one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.parametrize("parts", [("kills", "operations", "room"), ("damage",)])
def test_nothing_is_lost_and_nothing_wrong_is_shown(parts: tuple[str, ...], tmp_path: Path) -> None:
    """In a process of its own: one that forks must not have the threads of DuckDB or torch."""
    command = [sys.executable, "tests/soak.py", "--short", "--seed", "0"]
    command += [word for part in parts for word in ("--part", part)]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(tmp_path),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}"
    assert ", 0 wrong" in done.stdout
    assert list(tmp_path.iterdir()) == []
