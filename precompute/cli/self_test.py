"""The smallest real work of each room, in a folder of its own that goes again."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from precompute.ground.finding import Finding
from precompute.ground.shipped import REPOSITORY

SECONDS = 300.0

SWEEP = """
name = "self-test"
[[models]]
checkpoint = {checkpoint}
[[problems]]
task = "inverse"
variant = "same"
seed = 0
count = 1
[[analyses]]
name = "descent"
"""

DRAW = """
from streamlit.testing.v1 import AppTest
shown = AppTest.from_file("app/main.py", default_timeout=200).run()
assert not shown.exception, shown.exception[0].message
"""
"""In a process of its own: nothing here imports the app."""


def findings() -> Iterator[Finding]:
    """Compute one problem, publish, collect and verify it, and draw the first page about it.

    Yields:
        One finding for each room, until one fails.
    """
    with tempfile.TemporaryDirectory(prefix="ired-interp-self-test-") as name:
        folder = Path(name)
        sweep, store = folder / "self-test.toml", folder / "store"
        checkpoint = REPOSITORY / "checkpoints" / "inverse.safetensors"
        sweep.write_text(SWEEP.format(checkpoint=f"'{checkpoint}'"), encoding="utf-8")
        precompute = ["-m", "precompute"]
        kept = ["--store", str(store)]
        for room, words in (
            ("core and precompute: a descent", [*precompute, "run", str(sweep), *kept]),
            ("store: collected and verified", [*precompute, "verify", *kept]),
            ("app: its first page", ["-c", DRAW]),
        ):
            finding = _work(room, words, store)
            yield finding
            if not finding.ok:
                return


def _work(room: str, words: list[str], store: Path) -> Finding:
    began = time.monotonic()
    paths = [str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    environment = {
        **os.environ, "PYTHONPATH": os.pathsep.join(paths), "IRED_STORE": str(store),
        "IRED_LIVE": "off",
    }  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, *words], cwd=REPOSITORY, env=environment, capture_output=True,
            text=True, errors="replace", timeout=SECONDS, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Finding(room, False, f"takes longer than {SECONDS:.0f} s")
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        said = lines[-1][:300] if lines else f"exit status {done.returncode}"
        return Finding(room, False, said)
    return Finding(room, True, f"in {time.monotonic() - began:.1f} s")
