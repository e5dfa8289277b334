"""The client of Slurm against one that misbehaves: whatever sbatch says, a job is accepted once."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_sbatch import FakeSlurm

from precompute.cluster import queue
from precompute.cluster.slurm import Client, Limit, Silence
from precompute.ground.exits import Usage

Start = Callable[..., tuple[FakeSlurm, Client]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Give a scenario, get the fake on PATH and a client of little patience."""

    def started(patience: float = 8.0, **scenario: object) -> tuple[FakeSlurm, Client]:
        fake = FakeSlurm(tmp_path / "fake", **scenario)
        monkeypatch.setenv("PATH", fake.path)
        return fake, Client(retry_seconds=0.2, patience_seconds=patience, command_seconds=1.5)

    return started


def words(fake: FakeSlurm) -> list[str]:
    script = fake.folder / "script.sbatch"
    script.write_text("#!/bin/bash\n")
    return ["--array=0-3", "--requeue", str(script), "argument"]


@pytest.mark.parametrize(
    "scenario",
    [
        {},
        {"cluster": "cluster1"},
        {"sbatch": ["slow 0.5"]},
        {"sbatch": ["accepted-timeout"]},
        {"sbatch": ["accepted-timeout"], "lasts": 0.0},  # over before one could look: sacct knows
        {"sbatch": ["accepted-timeout"], "appears": 0.15},  # not in the queue at once
        {"sbatch": ["accepted-timeout"], "squeue": ["down", "down"], "accounting": False},
        {"sbatch": ["accepted-timeout"], "squeue": ["garbage"]},
        {"sbatch": ["accepted-timeout"], "squeue": ["slow 3"]},
        {"sbatch": ["accepted-garbage"]},
        {"sbatch": ["accepted-hang 3"]},
        {"sbatch": ["timeout"]},
        {"sbatch": ["garbage"]},
        {"sbatch": ["down", "down", "timeout"]},
        {"sbatch": ["down"], "squeue": ["down"], "sacct": ["down", "garbage"]},
        {"sbatch": ["down", "accepted-timeout"], "squeue": ["slow 0.2", "down"]},
    ],
    ids=str,
)
def test_a_job_is_accepted_exactly_once(start: Start, scenario: dict[str, object]) -> None:
    fake, client = start(**scenario)
    number = client.submit("unique", words(fake))
    assert [job["id"] for job in fake.jobs] == [number]
    assert fake.jobs[0]["name"] == "unique"
    if "sbatch" not in scenario:  # a clear answer needs no looking
        assert fake.calls("squeue") == []
    assert client.look_up("unique") == number


def test_silence_ends_in_a_refusal_and_the_job_is_found_later(start: Start) -> None:
    fake, client = start(patience=1.0, sbatch=["accepted-timeout"], squeue=["down"] * 9)
    fake.play(sbatch=["accepted-timeout"], squeue=["down"] * 9, accounting=False)
    with pytest.raises(Silence, match="accepted"):
        client.submit("unique", words(fake))
    assert len(fake.calls("sbatch")) == 1  # never again while it is unclear
    fake.play()
    assert client.look_up("unique") == fake.jobs[0]["id"]


@pytest.mark.alone
def test_a_controller_that_stays_down_is_left_alone_after_a_while(start: Start) -> None:
    fake, client = start(patience=4, sbatch=["down"] * 99)
    began = time.monotonic()
    with pytest.raises(Silence, match="Unable to contact slurm controller"):
        client.submit("unique", words(fake))
    assert time.monotonic() - began < 20
    assert 2 <= len(fake.calls("sbatch")) < 9  # again and again, with ever longer pauses
    assert fake.jobs == []


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("limit", "QOSMaxSubmitJobPerUserLimit / Batch job submission failed: .*job submit limit"),
        ("association", "AssocMaxSubmitJobLimit"),
        ("group", "AssocGrpSubmitJobsLimit"),
        ("full", "temporarily unable"),
    ],
)
def test_a_submit_limit_is_told_from_other_refusals(start: Start, kind: str, reason: str) -> None:
    fake, client = start(sbatch=[kind, "account"])
    with pytest.raises(Limit, match=reason):
        client.submit("unique", words(fake))
    with pytest.raises(Usage, match="Invalid account"):
        client.submit("unique", words(fake))
    assert len(fake.calls("sbatch")) == 2
    assert fake.jobs == []


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("wall", "QOSMaxWallDurationPerJobLimit / .*time limits"),
        ("nodes", "AssocMaxNodePerJobLimit"),
        ("plugin", "timeout of 3 h / .*Requested time limit is invalid"),
    ],
)
def test_what_waiting_does_not_change_ends_at_once_with_its_reason(
    start: Start, kind: str, reason: str
) -> None:
    """Slurm spells every policy with the sentence that speaks of submit limits, too."""
    fake, client = start(sbatch=[kind] * 9)
    with pytest.raises(Usage, match=reason):
        client.submit("unique", words(fake))
    assert len(fake.calls("sbatch")) == 1


def test_the_queue_is_asked_for_the_jobs_of_those_who_submitted_alone(start: Start) -> None:
    fake, client = start()
    client.queue(["unique"], users=["7", "5"])
    client.look_up("unique")
    client.queue(["unique"])
    asked = [[w for w in call if w.startswith("--user")] for call in fake.calls("squeue")]
    assert asked == [["--user=5,7"], [f"--user={os.getuid()}"], []]
    records = [{"user": "5"}, {"user": "7"}]
    assert set(queue.users(records)) == {"5", "7"}
    assert not queue.users([*records, {}])  # from before it was kept: anybody's
    assert not queue.users([{"user": "5 --me"}])


def test_the_queue_by_element(start: Start) -> None:
    fake, client = start(squeue=["down", "well", "garbage", "down"])
    number = client.submit("unique", words(fake))
    found = client.queue(["unique"])
    assert [(t.job, t.index, t.state) for t in found] == [(number, i, "PENDING") for i in range(4)]
    assert client.queue([]) == []
    # Garbage and silence are no empty queue.
    assert client.queue(["unique"], patient=False) is None
    assert client.queue(["unique"], patient=False) is None
    assert client.queue(["other"]) == []


def test_how_jobs_ended(start: Start) -> None:
    fake, client = start(lasts=0.0)
    number = client.submit("unique", words(fake))
    assert client.ended(["unique"]) == {(number, i): "COMPLETED" for i in range(4)}
    fake.play(accounting=False)
    assert client.ended(["unique"]) == {}
