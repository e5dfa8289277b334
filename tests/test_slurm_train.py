"""slurm/train.sbatch: what it starts, hands on, and when it goes back into the queue."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from slurm_node import Node, node  # noqa: F401 - a fixture

from ired_interp_core import checkpoints

SLURM = Path(__file__).parents[1] / "slurm"
SCRIPT = SLURM / "train.sbatch"

WORKER = """#!/bin/bash
echo "$@" > words
trap 'echo USR1 >> heard; exit 75' USR1
trap 'echo TERM >> heard; exit 75' TERM
touch started
for i in $(seq {turns}); do sleep 0.02; done
exit {code}
"""


class Job:
    """The script with a worker and a scontrol that only note what they are asked."""

    def __init__(self, folder: Path, code: int = 0, turns: int = 0, restarts: int = 0) -> None:
        self.folder = folder
        bin_ = folder / "bin"
        bin_.mkdir()
        for name, text in (
            ("worker", WORKER.format(code=code, turns=turns)),
            ("scontrol", '#!/bin/bash\necho "$@" > "$SLURM_SUBMIT_DIR/asked"\nexit 1\n'),
        ):
            (bin_ / name).write_text(text)
            (bin_ / name).chmod(0o755)
        self.process = subprocess.Popen(
            ["bash", str(SCRIPT), "--task", "inverse", "--out", "a folder"],
            env={
                "PATH": f"{bin_}:{os.environ['PATH']}", "PYTHON": str(bin_ / "worker"),
                "SLURM_SUBMIT_DIR": str(folder), "SLURM_JOB_ID": "77",
                "SLURM_RESTART_COUNT": str(restarts),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip

    def signalled(self, number: int) -> "Job":
        until = time.monotonic() + 60
        while not (self.folder / "started").exists():
            assert time.monotonic() < until
            time.sleep(0.01)
        self.process.send_signal(number)
        return self

    def end(self) -> tuple[int, str]:
        """Exit code, and what scontrol was asked."""
        self.process.communicate(timeout=120)
        asked = self.folder / "asked"
        return self.process.returncode, asked.read_text().strip() if asked.exists() else ""


@pytest.mark.parametrize("script", sorted(SLURM.glob("*.sbatch")), ids=lambda p: p.name)
def test_scripts_are_shell(script: Path) -> None:
    done = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_trains_with_the_words_given(tmp_path: Path) -> None:
    assert Job(tmp_path).end() == (0, "")
    assert (tmp_path / "words").read_text() == (
        "-m precompute train --task inverse --out a folder\n"
    )


@pytest.mark.parametrize(
    ("code", "restarts", "asked"),
    [(75, 0, "requeue 77"), (75, 99, "requeue 77"), (75, 100, ""), (64, 0, ""), (65, 0, ""),
     (137, 2, "requeue 77"), (137, 3, ""), (0, 0, "")],
)  # fmt: skip
def test_what_is_left_goes_back_into_the_queue(
    tmp_path: Path, code: int, restarts: int, asked: str
) -> None:
    assert Job(tmp_path, code=code, restarts=restarts).end() == (code, asked)


@pytest.mark.parametrize(
    ("number", "name", "asked"),
    [(signal.SIGUSR1, "USR1", "requeue 77"), (signal.SIGTERM, "TERM", "")],
)
def test_a_signal_is_handed_on(tmp_path: Path, number: int, name: str, asked: str) -> None:
    job = Job(tmp_path, turns=3000).signalled(number)
    assert job.end() == (75, asked)
    assert (tmp_path / "heard").read_text().split() == [name]


def test_without_words_it_says_how(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", str(SCRIPT)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode != 0
    assert "usage: sbatch train.sbatch --task T --out DIR" in done.stderr


def test_the_words_in_the_guide_are_known_to_the_command() -> None:
    guide = (SLURM / "README.md").read_text()
    assert "slurm/train.sbatch --task inverse --out" in guide
    assert "Training has no sbatch file" not in guide


@pytest.mark.slurm
@pytest.mark.slow
def test_told_by_slurm_it_saves_goes_back_into_the_queue_and_ends_all_the_same(
    tmp_path: Path,
    node: Node,  # noqa: F811
) -> None:
    out, steps = tmp_path / "out", 1500
    job = node.call(
        "sbatch", "--parsable", f"--chdir={SLURM.parent}", f"--output={tmp_path}/log",
        f"--export=PYTHON={sys.executable},OMP_NUM_THREADS=1", SCRIPT, "--task", "addition",
        "--size", 2, "--width", 16, "--batch", 8, "--steps", steps, "--log-every", 10,
        "--evaluate-problems", 2, "--evaluate-every", 0, "--series", 0, "--device", "cpu",
        "--out", out,
    )  # fmt: skip
    log = out / "log.jsonl"
    node.wait(lambda: log.exists() and log.stat().st_size > 0)
    node.call("scancel", "--signal=USR1", "--batch", job)
    node.wait(lambda: node.restarts(job) == 1)
    node.wait(lambda: node.detail(job)["JobState"] == "COMPLETED")
    said = (tmp_path / "log").read_text()
    assert "the same command goes on" in said
    assert "going on from step" in said
    assert checkpoints.read_card(out / "addition.safetensors")["steps"] == steps
