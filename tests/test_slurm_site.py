"""What sites want to be asked for, in the words of a profile, of sbatch and of the jobs' shell."""

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from fake_sbatch import FakeSlurm

from ired_interp_core.errors import Refusal
from precompute.cluster import amounts, gpu_load, offers, packed_code, profiles
from precompute.cluster.asking import sbatch_says
from precompute.cluster.job_lines import client_of, turn
from precompute.cluster.packing import Element
from precompute.cluster.profiles import Environment
from precompute.cluster.submission import environment_script
from precompute.ground.exits import Usage


def parsed(device: str = "cpu", environment: object = None, submit: object = None,
           **slurm: object) -> profiles.Profile:  # fmt: skip
    table = {"device": device, "slurm": slurm, "environment": environment or {},
             "submit": submit or {}}  # fmt: skip
    return profiles.parse(table, "site", "site.toml")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, ["--cpus-per-task=1", "--mem=4G", "--time=01:00:00"]),
        ({"memory": "64GB", "time": ""}, ["--cpus-per-task=1", "--mem=64GB"]),
        ({"memory": "", "time": ""}, ["--cpus-per-task=1"]),
        ({"memory": "0", "cpus": 0, "time": "", "options": ["--exclusive"]},
         ["--mem=0", "--exclusive"]),
        ({"memory_per_cpu": "2G", "cpus": 8, "time": ""},
         ["--cpus-per-task=8", "--mem-per-cpu=2G"]),
        ({"gpus": "4", "cpus_per_gpu": 8, "memory_per_gpu": "60G", "time": ""},
         ["--gpus=4", "--cpus-per-gpu=8", "--mem-per-gpu=60G"]),
        ({"options": ["--mem-per-cpu=2G"], "time": ""},
         ["--cpus-per-task=1", "--mem-per-cpu=2G"]),
        ({"options": ["--mem-per-cpu", "2G"], "time": ""},
         ["--cpus-per-task=1", "--mem-per-cpu", "2G"]),
        ({"partition": "a,b", "constraint": "a100&nvme", "reservation": "mine", "memory": "",
          "cpus": 0, "time": ""},
         ["--partition=a,b", "--constraint=a100&nvme", "--reservation=mine"]),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_profile_asks_of_sbatch(asked: dict[str, object], words: list[str]) -> None:
    profile = parsed(**asked)
    assert profile.slurm.words() == words
    again = profiles.parse(profile.as_dict(), "site", "record")  # as a submission keeps it
    assert again.slurm == profile.slurm


@pytest.mark.parametrize(
    "asked",
    [
        {"memory": "4G", "memory_per_cpu": "2G"},
        {"memory_per_cpu": "2G", "memory_per_gpu": "2G"},
        {"memory": "4G", "options": ["--mem-per-gpu=8G"]},
    ],
    ids=str,
)
def test_memory_is_asked_for_once(asked: dict[str, object]) -> None:
    with pytest.raises(Usage, match=r"memory is asked for twice .*\[slurm\]"):
        parsed(**asked)


@pytest.mark.parametrize(
    ("text", "count"),
    [("64GB", 65536.0), ("64g", 65536.0), ("500", 500.0), ("100Mb", 100.0), ("1T", 2.0**20)],
)
def test_memory_as_slurm_takes_it(text: str, count: float) -> None:
    assert amounts.megabytes(text) == count


@pytest.mark.parametrize("text", ["1.5G", "64 GB", "B", "G", "64GiB", "1KK"])
def test_memory_that_slurm_refuses(text: str) -> None:
    with pytest.raises(Usage, match="not an amount of memory"):
        amounts.megabytes(text)


@pytest.mark.parametrize(
    ("asked", "gpus"),
    [
        ({"gres": "gpu:1"}, 1),
        ({"gres": "gpu"}, 1),
        ({"gres": "gpu:a100:4"}, 4),
        ({"gres": "gpu:a100_1g.5gb:2"}, 2),
        ({"gres": "shard:3,gpu:2"}, 2),
        ({"gpus": "a100:4"}, 4),
        ({"options": ["-G1"]}, 1),
        ({"options": ["-G", "2"]}, 2),
        ({"options": ["--gpus=8"]}, 8),
        ({"options": ["--gpus-per-node", "a100:4"]}, 4),
        ({"options": ["--gres=gpu:3"]}, 3),
        ({"partition": "gpu"}, 0),
        ({"constraint": "a100"}, 0),
        ({"options": ["--exclusive"]}, 0),
    ],
    ids=str,
)
def test_a_gpu_can_be_asked_for_in_every_way(asked: dict[str, object], gpus: int) -> None:
    profile = parsed("cuda", **asked)
    assert profile.slurm.asked_gpus == gpus
    assert profile.workers() == max(1, gpus)
    assert profile.workers(gpus=4) == 4  # the node says what there is
    with pytest.raises(Usage, match="asks the cluster for none"):
        parsed("cuda")


def test_processes_of_an_element() -> None:
    assert parsed(cpus=4).workers() == 4
    assert parsed(cpus=4).workers(cores=2) == 2
    assert parsed(cpus=4).workers(cores=64) == 4  # of an exclusive node it asked for four
    assert parsed(cpus=0).workers(cores=64) == 64  # left to the site: what it gives
    assert parsed(cpus=4, submit={"workers": 2}).workers(cores=4) == 2
    several = parsed("cuda", gres="gpu:1", submit={"workers": 3})
    assert several.workers(gpus=1) == 3


def sourced(tmp_path: Path, environment: Environment, then: str) -> subprocess.CompletedProcess:
    """Source the environment as the scripts do, then run a line."""
    (tmp_path / "environment.sh").write_text(environment_script(environment))
    line = f'. "{tmp_path}/environment.sh" || {{ echo failed; exit 65; }}\nset -u\n{then}'
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize(
    ("line", "good"),
    [
        ("source /nothing/bin/activate # of the project", False),
        ("source /nothing/bin/activate", False),
        ("false # comment", False),
        ("false \\", False),
        ("export WORD='a # b' # comment", True),
        ("# a comment alone", True),
        ("export WORD=1;", True),
        ("test -n x || false", True),
        ("echo 'without an end", False),
    ],
)
def test_a_line_of_the_setup_that_fails_ends_the_job(tmp_path: Path, line: str, good: bool) -> None:
    done = sourced(tmp_path, Environment(setup=(line,)), "echo went on")
    assert ("went on" in done.stdout) is good, done
    assert done.returncode == (0 if good else 65)


@pytest.mark.parametrize(
    ("python", "words"),
    [
        ("", [sys.executable]),
        ("uv run --project '/a b' python", ["uv", "run", "--project", "/a b", "python"]),
        (("apptainer", "exec", "--nv", "$HOME/i.sif", "python"),
         ["apptainer", "exec", "--nv", "/home of me/i.sif", "python"]),
        ("$HOME/venv/bin/python", ["/home of me/venv/bin/python"]),
        (('say "hi"', "`id`"), ['say "hi"', "`id`"]),
    ],
    ids=str,
)  # fmt: skip
def test_python_may_be_several_words(
    tmp_path: Path, python: str | tuple[str, ...], words: list[str]
) -> None:
    show = 'HOME="/home of me"\n. "$0"'
    environment = Environment(python=python)
    (tmp_path / "environment.sh").write_text(environment_script(environment))
    done = subprocess.run(
        ["bash", "-c", show + '; printf "%s\\n" "${PYTHON[@]}"', tmp_path / "environment.sh"],
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert done.stdout.splitlines() == words


def test_an_interpreter_in_a_folder_with_a_space_stays_one_word(tmp_path: Path) -> None:
    place = tmp_path / "a folder" / "python"
    place.parent.mkdir()
    place.write_text("#!/bin/sh\necho here\n")
    place.chmod(0o755)
    done = sourced(tmp_path, Environment(python=str(place)), '"${PYTHON[@]}"')
    assert done.stdout == "here\n"


def test_modules_are_looked_for_where_the_profile_says(tmp_path: Path) -> None:
    calls = 'module() { echo module $*; [ "$2" != gone ]; }\n'
    environment = Environment(module_use=("/my modules",), modules=("cuda/12.4", "gone"))
    (tmp_path / "e.sh").write_text(environment_script(environment))
    done = subprocess.run(
        ["bash", "-c", f'{calls}. "{tmp_path}/e.sh" || echo failed'],
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "module use /my modules", "module load cuda/12.4", "module load gone", "failed"
    ]  # fmt: skip


@pytest.mark.parametrize("limit", [1, 3, 4, 16])
@pytest.mark.parametrize("sizes", [[10, 10, 10], [1] * 9, [5, 2, 2, 1, 7, 1]], ids=str)
def test_no_more_elements_run_at_once_than_the_profile_says(sizes: list[int], limit: int) -> None:
    """Of any waves that may run together, by what each of them waits for."""
    spans = []
    for size in sizes:
        first = spans[-1][1] + 1 if spans else 0
        spans.append((first, first + size - 1))
    waits: list[set[int]] = []
    for i in range(len(spans)):
        direct = set(turn(spans[: i + 1], limit))
        waits.append(direct.union(*(waits[j] for j in direct)))
    for i in range(len(spans)):  # i runs: at once with it are those it does not wait for
        together = [j for j in range(i + 1) if j not in waits[i]]
        assert sum(min(limit, sizes[j]) for j in together) <= max(limit, min(limit, sizes[i]))
    assert turn(spans, 0) == []


def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: profiles.Profile,
           **scenario: object):  # fmt: skip
    fake = FakeSlurm(tmp_path / "fake", **scenario)
    monkeypatch.setenv("PATH", fake.path)
    return client_of(profile)


def findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: profiles.Profile,
    longest: float = 60.0, measured: bool = True, **scenario: object,
) -> dict[str, bool]:  # fmt: skip
    asked = client(tmp_path, monkeypatch, profile, **scenario)
    found = offers.checks(profile, asked, lambda _: "#!/bin/bash\n", [Element((0,), longest)],
                          measured)  # fmt: skip
    return {f"{f.subject}: {f.note}": f.ok for f in found}


def wrong(found: dict[str, bool]) -> list[str]:
    return [line for line, ok in found.items() if not ok]


def test_several_partitions_are_refused_for_none_that_suffices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = {"partitions": {"short": "00:30:00", "long": "08:00:00"}}
    profile = parsed(partition="short,long", time="04:00:00")
    found = findings(tmp_path / "1", monkeypatch, profile, **both)
    assert not wrong(found)
    assert any("short will not take it" in line for line in found)
    (line,) = wrong(
        findings(
            tmp_path / "2", monkeypatch, parsed(partition="short,long", time="09:00:00"), **both
        )
    )
    assert "short 00:30:00, long 08:00:00" in line


def test_the_longest_element_is_held_against_the_time_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = parsed(time="02:00:00")
    (line,) = wrong(findings(tmp_path / "1", monkeypatch, profile, longest=3 * 3600.0))
    assert "the longest element takes about 3 h 0 min" in line
    guessed = findings(tmp_path / "2", monkeypatch, profile, longest=3 * 3600.0, measured=False)
    assert not wrong(guessed)
    assert any("a guess" in line for line in guessed)


def test_what_sbatch_accepts_is_not_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nodes say too little of themselves: sbatch names one that it would take."""
    profile = parsed(cpus=65)
    (line,) = wrong(findings(tmp_path / "1", monkeypatch, profile))
    assert "a node with 65 CPUs" in line
    found = findings(tmp_path / "2", monkeypatch, profile, takes=True)
    assert not wrong(found)
    assert any("but sbatch accepts it" in line for line in found)


@pytest.mark.parametrize(
    ("mood", "ok", "said"),
    [
        ("well", True, "no objection"),
        ("wall", False, "QOSMaxWallDurationPerJobLimit / "),
        ("account", False, "Invalid account"),
        ("limit", True, "submit will wait: QOSMaxSubmitJobPerUserLimit"),
        ("down", True, "does not answer now"),
    ],
)
def test_what_sbatch_says_of_a_job_before_it_is_submitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mood: str, ok: bool, said: str
) -> None:
    profile = parsed()
    asked = client(tmp_path, monkeypatch, profile, sbatch=[mood])
    finding = sbatch_says("slurm", profile, asked, lambda _: "#!/bin/bash\n", 4)
    assert finding.ok is ok
    assert said in finding.note
    assert "→ mend [slurm]" in finding.note or ok


def test_the_code_of_the_jobs_is_what_jobs_run() -> None:
    with tarfile.open(fileobj=io.BytesIO(packed_code.pack(allow_dirty=True).tar)) as tar:
        there = {name.partition("/")[0] for name in tar.getnames()}
        size = sum(member.size for member in tar)
    assert {"ired_interp_core", "precompute", "store", "slurm", "app"} <= there
    assert not there & {"tests", "docs", "checkpoints", "benchmarks"}
    assert size < 7_000_000


def test_a_checkout_of_somebody_else_is_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = tmp_path / "git"
    git.write_text(
        "#!/bin/sh\necho \"fatal: detected dubious ownership in repository at '/shared'\" >&2\n"
        "exit 128\n"
    )
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(Usage, match=r"another user owns it.*safe\.directory"):
        packed_code.pack(allow_dirty=False)


def test_a_profile_in_the_store_is_not_ones_own(tmp_path: Path) -> None:
    """Anybody who writes into the store could have written its lines, which a login node runs."""
    mine = tmp_path / "mine.toml"
    mine.write_text('[environment]\nsetup = ["true"]\n')
    store = tmp_path / "store"
    store.mkdir()
    assert profiles.own("mine", str(mine), store).environment.setup == ("true",)
    assert profiles.own("one-machine", "", store).name == "one-machine"
    theirs = store / "theirs.toml"
    theirs.write_text('[environment]\nsetup = ["touch /tmp/run"]\n')
    link = tmp_path / "link.toml"
    link.symlink_to(theirs)
    for path in (theirs, link, tmp_path / "gone.toml", "", "a\0b"):
        with pytest.raises(Refusal, match="repeat the command with --profile FILE"):
            profiles.own("theirs", str(path), store)


def test_how_busy_the_gpus_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smi = tmp_path / "nvidia-smi"
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-1,GPU-2")
    for script, words in (
        ("echo 87, 12288, 81920; echo 0, 512, 81920",
         "GPU 87 % busy, 12 of 80 GB; GPU 0 % busy, 0.5 of 80 GB"),
        ('[ "$3" = --id=GPU-1,GPU-2 ] && echo 1, 1024, 2048', "GPU 1 % busy, 1 of 2 GB"),
        ("echo No devices were found; exit 6", ""),
        ("echo [N/A], 1, 2", ""),
    ):  # fmt: skip
        smi.write_text(f"#!/bin/sh\n{script}\n")
        smi.chmod(0o755)
        assert gpu_load.words() == words
    smi.unlink()
    assert gpu_load.words() == ""
