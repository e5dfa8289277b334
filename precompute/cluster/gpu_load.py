"""How busy the GPUs of an element are, for its log: idle ones cost as much as busy ones."""

import os
import re
import shutil
import subprocess

SECONDS = 10.0
_LINE = re.compile(r"(\d{1,3}), (\d{1,9}), (\d{1,9})")


def words() -> str:
    """What nvidia-smi says of the GPUs that this process was given.

    Returns:
        Such as "GPU 87 % busy, 12 of 80 GB"; empty where nobody says.
    """
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    given = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    query = "--query-gpu=utilization.gpu,memory.used,memory.total"
    command = [
        program,
        query,
        "--format=csv,noheader,nounits",
        *([f"--id={given}"] if given else []),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=SECONDS,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = [_LINE.fullmatch(line.strip()) for line in done.stdout.splitlines()]
    if done.returncode != 0 or not found or not all(found):
        return ""
    return "; ".join(
        f"GPU {m[1]} % busy, {int(m[2]) / 1024:.3g} of {int(m[3]) / 1024:.3g} GB"
        for m in found
        if m
    )
