"""Schedulers other than Slurm: the script that is written asks each for the same elements.

Fakes of qsub, bsub and kubectl run what they are given at once, each index with the variable of
that scheduler, and refuse words that the real ones refuse.
"""

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from precompute_toys import ROOT
from slurm_project import Project, original  # noqa: F401 - a fixture
from test_precompute_plan import MODEL, asked

from precompute.cluster import profiles, schedulers, submission
from precompute.cluster.packed_code import Code
from precompute.cluster.packing import Element
from precompute.cluster.submission import Contents
from precompute.ground.exits import Usage
from precompute.plan import plan
from store import layout, submissions

FAKE = """
import os, re, subprocess, sys
name, words = os.path.basename(sys.argv[0]), sys.argv[1:]
log = os.environ["FAKE_LOG"]
def run(command, variable, indices, count):
    for i in indices:
        with open(log, "a") as file:
            file.write(" ".join([name, *words]).replace(chr(10), " ") + chr(10))
        environment = dict(os.environ) | ({variable: str(i)} if variable else {})
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
command = words[words.index("/bin/bash"):] if "/bin/bash" in words else []
if name == "kubectl" and words[0] == "apply":
    text = sys.stdin.read()
    count = int(re.search(r"completions: (\\d+)", text)[1])
    command = re.findall(r'"([^"]*)"', re.search(r"command: \\[(.*)\\]", text)[1])
    words.append(text)
    run(command, "JOB_COMPLETION_INDEX", range(count), count)
elif name == "bsub":
    last = int((re.search(r"\\[1-(\\d+)\\]", words[words.index("-J") + 1]) or [0, 0])[1])
    run(command, "LSB_JOBINDEX", range(1, last + 1) if last else [0], last)
    print("Job <77> is submitted to queue <normal>.")
elif name == "qsub" and "-terse" in words:
    last = int(words[words.index("-t") + 1].split("-")[1]) if "-t" in words else 0
    indices = range(1, last + 1) if last else ["undefined"]
    run(command, "SGE_TASK_ID", indices, last)
    print(f"77.1-{last}:1" if last else "77")
elif name == "qsub":
    if "-J" not in words:
        run(command, "", [0], 1)
    else:
        first, last = map(int, words[words.index("-J") + 1].split("-"))
        assert last > first, "an array of one is none"
        run(command, "PBS_ARRAY_INDEX", range(first, last + 1), last)
    print("77[].server")
"""


def fakes(folder: Path) -> str:
    """A PATH with the three programs."""
    folder.mkdir()
    for name in ("qsub", "bsub", "kubectl"):
        (folder / name).write_text(f"#!{sys.executable} -ISE\n{FAKE}")
        (folder / name).chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


POD = {"image": "me/ired:1", "claim": "store"}
SITE = {
    "slurm": {"partition": "long", "account": "us", "cpus": 2, "memory": "2G", "gres": "gpu:1"},
    "kubernetes": POD,
}


def written(folder: Path, scheduler: str, site: dict[str, object]) -> Path:
    """A submission of five elements in two stages, whose Python writes down what it is asked."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.add(ROOT / "slurm", "slurm")
    python = folder / "python"
    python.write_text('#!/bin/sh\necho "$@" >> "$FAKE_ASKED"\n')
    python.chmod(0o755)
    environment = {"python": str(python), "scratch": str(folder / "scratch")}
    profile = profiles.parse({**site, "environment": environment}, "site", "site")
    units = plan.missing_units(folder, [asked("descent", 64 * 5)])
    elements = [Element((i,), 60.0, stage) for i, stage in enumerate((0, 0, 0, 1, 2))]
    contents = Contents(
        "toy", "", "toy.toml", profile, Code("c" * 40, [], b"", buffer.getvalue()), [MODEL], units,
        elements, {}, scheduler,
    )  # fmt: skip
    return layout.submission(folder / "store", submission.write(folder / "store", contents))


@pytest.mark.parametrize("scheduler", schedulers.NAMES)
def test_every_scheduler_is_asked_for_every_element_once(tmp_path: Path, scheduler: str) -> None:
    folder = written(tmp_path, scheduler, SITE)
    log, heard = tmp_path / "log", tmp_path / "asked"
    log.touch()
    done = subprocess.run(
        ["bash", folder / schedulers.SUBMIT], capture_output=True, text=True, timeout=60,
        env={"PATH": fakes(tmp_path / "bin"), "FAKE_LOG": str(log), "FAKE_ASKED": str(heard)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = heard.read_text().splitlines()
    assert lines == [
        *(f"-m precompute element {folder} {i}" for i in range(5)),
        f"-m precompute reduce {folder}",
        f"-m precompute collect --store {tmp_path / 'store'}",
    ]
    assert not list((tmp_path / "scratch").iterdir())
    said = log.read_text()
    words = {
        "pbs": ["select=1:ncpus=2:mem=2048mb:ngpus=1", "walltime=3600", "-q long", "-A us",
                "-J 0-2", "depend=afterany:77[].server"],
        "sge": ["-pe smp 2", "h_rt=3600,h_vmem=1024M,gpu=1", "-t 1-3", "-hold_jid 77"],
        "lsf": ["-n 2", "-M 2048MB", "-W 60", "-gpu num=1", "ired-from0[1-3]", "-w ended(77)"],
        "k8s": ["completions: 3", 'claimName: "store"', 'nvidia.com/gpu: "1"', "2048Mi",
                f'mountPath: "{tmp_path / "store"}"'],
        "none": [],
    }  # fmt: skip
    for word in words[scheduler]:
        assert word in said, (word, said)
    record = submissions.read(tmp_path / "store", folder.name)
    assert (record["state"], record["scheduler"]) == ("written", scheduler)


def test_what_is_left_out_of_a_profile_is_left_to_the_site(tmp_path: Path) -> None:
    folder = written(tmp_path, "pbs", {"slurm": {"memory": "", "time": ""}})
    log = tmp_path / "log"
    subprocess.run(
        ["bash", folder / schedulers.SUBMIT], check=True, timeout=60, capture_output=True,
        env={"PATH": fakes(tmp_path / "bin"), "FAKE_LOG": str(log), "FAKE_ASKED": "/dev/null"},
    )  # fmt: skip
    said = log.read_text()
    assert "select=1:ncpus=1 " in said
    assert not any(word in said for word in ("walltime", "mem=", "-q ", "-A "))


def test_words_that_no_scheduler_has(tmp_path: Path) -> None:
    with pytest.raises(Usage, match=r"unknown scheduler.*moab.*slurm, pbs, sge, lsf, k8s, none"):
        schedulers.check("moab")
    with pytest.raises(Usage, match="Kubernetes needs an image and a volume"):
        written(tmp_path, "k8s", {})


def test_the_shards_are_those_of_a_local_run(tmp_path: Path, original: Path) -> None:  # noqa: F811
    """Byte for byte, through a fake qsub that runs what it is given."""
    bare = fakes(tmp_path / "bin")
    project = Project(
        tmp_path / "a folder", original,
        {"PATH": bare, "FAKE_LOG": str(tmp_path / "log"), "FAKE_ASKED": "/dev/null"},
    )  # fmt: skip
    sweep = project.sweep(8)
    profile = project.profile(submit="minutes = 60")
    said = project.submit(sweep, profile, "--scheduler", "pbs")
    (folder,) = project.submissions
    assert "next: bash" in said
    subprocess.run(
        ["bash", folder / schedulers.SUBMIT], check=True, timeout=120, env=project.environment,
        capture_output=True,
    )  # fmt: skip
    project.call("run", sweep, "--store", tmp_path / "local", "--workers", "1")
    there, local = (
        {p.relative_to(root): p.read_bytes() for p in (root / "results").rglob("*.h5")}
        for root in (project.store, tmp_path / "local")
    )
    assert len(local) == 6
    assert there == local
    assert "toy: 16 of 16 answers" in project.call("status", "--store", project.store).stdout
