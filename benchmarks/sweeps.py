"""A whole sweep: how much of its time is spent outside the numerical kernels."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Row
from benchmarks.networks import CHECKPOINTS

ROOT = Path(__file__).parents[1]
SLICES = ("descent", "landscape_slice")
ALL = ("problem_properties", "descent", "hessian_spectrum", "eigenspace", "landscape_slice")


def computed(folder: Path, analyses: tuple[str, ...], count: int) -> Path:
    """Run a small sweep over the inverse model.

    Returns:
        The store.
    """
    return swept(folder, CHECKPOINTS / "inverse.safetensors", "inverse", analyses, count)


def swept(
    folder: Path, checkpoint: Path, task: str, analyses: tuple[str, ...], count: int, more: str = ""
) -> Path:
    """Run a small sweep by the command line, with one worker; `more`: further lines of it.

    Returns:
        The store.
    """
    sweep = folder / "bench.toml"
    asked = "".join(f'[[analyses]]\nname = "{name}"\n' for name in analyses)
    sweep.write_text(
        f'name = "bench"\n[[models]]\ncheckpoint = "{checkpoint}"\n'
        f'[[problems]]\ntask = "{task}"\nvariant = "same"\nseed = 0\ncount = {count}\n'
        f"{asked}{more}"
    )
    root = folder / "store"
    command = [sys.executable, "-m", "precompute", "run", str(sweep), "--store", str(root)]
    subprocess.run([*command, "--workers", "1"], cwd=ROOT, check=True, capture_output=True)
    return root


def run(count: int = 128) -> list[Row]:
    """CPU seconds of all processes of a sweep, without those of the computations themselves."""
    with tempfile.TemporaryDirectory() as folder:
        before, began = os.times(), time.monotonic()
        root = computed(Path(folder), ALL, count)
        after, wall = os.times(), time.monotonic() - began
        sides = [json.loads(p.read_text()) for p in root.glob("results/*/*/[0-9]*.json")]
        kernels = sum(side["provenance"]["seconds"] for side in sides)
    cpu = sum(after[2:4]) - sum(before[2:4])
    return [
        Row(
            target="a whole sweep: time outside the numerical kernels",
            ours=wall - kernels,
            peer=wall,
            unit="s",
            peer_name="the whole sweep, one worker, process start and catalog included",
            must=0.20,
            aim=0.10,
            higher_is_better=False,
            value=1 - kernels / wall,
            more={"problems": count, "shards": len(sides), "CPU s of all processes": cpu},
        )
    ]
