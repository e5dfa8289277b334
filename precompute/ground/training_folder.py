"""Names in the folder of a training: `train` writes it, a sweep reads the models it kept."""

import re
from pathlib import Path

RECIPE, LOG, SERIES = "recipe.json", "log.jsonl", "series"

STEP_FILE = re.compile(r"step-([0-9]{9,10})\.safetensors")
"""Averaged weights after so many steps."""


def step_file(folder: Path, step: int) -> Path:
    """The file of the averaged weights after some steps."""
    return folder / SERIES / f"step-{step:09d}.safetensors"
