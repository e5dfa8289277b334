"""Whole submissions to a Slurm that misbehaves: no element lost, none in two jobs, in order."""

import io
import json
import signal
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_sbatch import FakeSlurm, indices
from precompute_toys import ROOT, end, wait_until
from slurm_project import Project, original  # noqa: F401 - a fixture
from test_precompute_plan import MODEL, asked

from precompute.cluster import profiles, submission
from precompute.cluster.packed_code import Code
from precompute.cluster.packing import Element
from precompute.cluster.submission import Contents
from precompute.cluster.submit import Flight
from precompute.ground.exits import DONE, SOME_LEFT, Usage
from precompute.plan import plan
from store import submissions

ELEMENTS = 10


def covered(fake: FakeSlurm) -> list[int]:
    """Elements of all accepted arrays, cancelled ones apart, each as often as it was accepted."""
    found = []
    for job in fake.jobs:
        if job["array"] and not job["cancelled"]:
            found += [int(job["words"][-1]) + i for i in indices(job["array"])]
    return sorted(found)


def ends_in_order(fake: FakeSlurm) -> None:
    """Assert: one reduce after every array, whatever becomes of them, and one collect after it."""
    arrays = [job for job in fake.jobs if job["array"]]
    reduce, collect = (
        [job for job in fake.jobs if f"/{what}.sbatch" in " ".join(job["words"])]
        for what in ("reduce", "collect")
    )
    assert len(reduce) == len(collect) == 1
    assert reduce[0]["dependency"] == "afterany:" + ":".join(str(a["id"]) for a in arrays)
    assert collect[0]["dependency"] == f"afterany:{reduce[0]['id']}"
    names = [job["name"] for job in fake.jobs]
    assert len(set(names)) == len(names)


@pytest.fixture
def flight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Flight]:
    """A written submission of ten elements, given to a fake with a scenario."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.add(ROOT / "slurm", "slurm")
    units = plan.missing_units(tmp_path, [asked("descent", 64 * ELEMENTS)])
    assert len(units) == ELEMENTS
    fake = FakeSlurm(tmp_path / "fake")
    monkeypatch.setenv("PATH", fake.path)

    def written(
        patience: float = 20.0, stages: tuple[int, ...] = (0,) * ELEMENTS, **limits: object
    ) -> Flight:
        quick = {"retry_seconds": 0.1, "command_seconds": 1.0, "patience_minutes": patience / 60}
        profile = profiles.parse({"submit": quick | limits}, "test", "test")
        code = Code("c" * 40, [], b"", buffer.getvalue())
        elements = [Element((i,), 60.0, stage) for i, stage in enumerate(stages)]
        name = submission.write(
            tmp_path / "store",
            Contents("toy", "", "toy.toml", profile, code, [MODEL], units, elements, {}),
        )
        return again(Flight(tmp_path / "store", name, {}, profile))

    return written


def again(flight: Flight) -> Flight:
    """The submission as another process would take it up, from what is written down."""
    record = submissions.read(flight.root, flight.name)
    return Flight(flight.root, flight.name, record, flight.profile)


def fake_of(flight: Flight) -> FakeSlurm:
    fake = FakeSlurm.__new__(FakeSlurm)
    fake.folder = flight.root.parent / "fake"
    return fake


@pytest.mark.parametrize(
    ("limits", "scenario"),
    [
        ({}, {}),
        ({"max_array": 3}, {}),
        ({}, {"max_array": 5}),
        ({"max_array": 4}, {"sbatch": ["accepted-timeout"] * 5}),
        ({"max_array": 4}, {"sbatch": ["accepted-garbage", "garbage", "accepted-timeout"]}),
        ({"max_array": 5}, {"sbatch": ["down", "limit", "well", "down", "limit", "timeout"]}),
        ({"max_array": 5}, {"sbatch": ["accepted-hang 3", "well", "accepted-hang 3"]}),
        ({"max_array": 5}, {"sbatch": ["accepted-timeout"], "squeue": ["down"], "appears": 0.1}),
        # A site that lets nobody have more than so many elements in the queue, for some time.
        ({}, {"most": 4, "lasts": 0.6, "sbatch": ["well", "accepted-timeout", "down"]}),
        ({}, {"sbatch": ["limit"] * 5}),
    ],
    ids=str,
)  # fmt: skip
def test_no_element_is_lost_and_none_doubled(
    flight: Callable[..., Flight], limits: dict[str, object], scenario: dict[str, object]
) -> None:
    flown = flight(**limits)
    fake = fake_of(flown)
    fake.play(**scenario)
    assert flown.finish() == DONE
    assert covered(fake) == list(range(ELEMENTS))
    ends_in_order(fake)
    record = submissions.read(flown.root, flown.name)
    assert record["state"] == "submitted"
    assert [w["job_id"] for w in record["waves"]] == [j["id"] for j in fake.jobs if j["array"]]
    calls = len(fake.calls("sbatch"))
    assert again(flown).finish() == DONE  # a second time there is nothing to do
    assert len(fake.calls("sbatch")) == calls


@pytest.mark.parametrize(
    "scenario", [{}, {"sbatch": ["down", "well", "accepted-timeout"]}], ids=str
)
def test_a_stage_begins_when_the_arrays_of_those_before_have_ended(
    flight: Callable[..., Flight], scenario: dict[str, object]
) -> None:
    flown = flight(stages=(0,) * 5 + (1,) * 3 + (2,) * 2, max_array=3)
    fake = fake_of(flown)
    fake.play(**scenario)
    assert flown.finish() == DONE
    assert covered(fake) == list(range(ELEMENTS))
    ends_in_order(fake)
    arrays = {int(j["words"][-1]): j for j in fake.jobs if j["array"]}
    assert sorted(arrays) == [0, 3, 5, 8]  # an array is of one stage
    ids = {first: str(j["id"]) for first, j in arrays.items()}
    assert not arrays[0]["dependency"]
    assert not arrays[3]["dependency"]
    assert arrays[5]["dependency"] == f"afterany:{ids[0]}:{ids[3]}"
    assert arrays[8]["dependency"] == f"afterany:{ids[0]}:{ids[3]}:{ids[5]}"


@pytest.mark.parametrize("accepted", [0, 1, 2, 3])
@pytest.mark.parametrize("last", ["down", "accepted-timeout"])
def test_after_a_long_silence_the_same_command_goes_on(
    flight: Callable[..., Flight], accepted: int, last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    flown = flight(patience=0.3, retry_seconds=0.1, max_array=5)
    fake = fake_of(flown)
    fake.play(
        sbatch=["well"] * accepted + [last] + ["down"] * 99, squeue=["down"] * 99, accounting=False
    )
    assert flown.finish() == SOME_LEFT
    said = capsys.readouterr().out
    assert "goes on" in said
    assert f"{min(accepted, 2) * 5} of 10 elements are submitted" in said
    fake.play()
    assert again(flown).finish() == DONE
    assert covered(fake) == list(range(ELEMENTS))
    ends_in_order(fake)


def test_a_limit_that_stays_ends_submit_and_the_rest_comes_later(
    flight: Callable[..., Flight],
) -> None:
    flown = flight(patience=1.0)
    fake = fake_of(flown)
    fake.play(most=6)
    assert flown.finish() == SOME_LEFT
    assert covered(fake) == list(range(6))
    fake.play()
    assert again(flown).finish() == DONE
    assert covered(fake) == list(range(ELEMENTS))
    ends_in_order(fake)


def test_a_limit_is_met_with_few_large_waves(flight: Callable[..., Flight]) -> None:
    flown = flight()
    fake = fake_of(flown)
    fake.play(most=5, lasts=1.0)
    assert flown.finish() == DONE
    assert len([job for job in fake.jobs if job["array"]]) <= 4  # one by one it would be six


def test_a_refusal_for_good_says_why_and_submits_nothing(flight: Callable[..., Flight]) -> None:
    flown = flight()
    fake = fake_of(flown)
    fake.play(sbatch=["account"])
    with pytest.raises(Usage, match="Invalid account"):
        flown.finish()
    assert fake.jobs == []
    assert submissions.read(flown.root, flown.name)["state"] == "refused"


# The command line, from a clone of the project.


@pytest.fixture
def project(tmp_path: Path, original: Path) -> Project:  # noqa: F811
    fake = FakeSlurm(tmp_path / "fake")
    return Project(tmp_path / "a folder", original, {"PATH": fake.path})


QUICK = "#!/bin/sh\necho 2.13.0 None\n"
"""An interpreter for the check of the imports: nothing is computed, and torch takes seconds."""


def profile_of(project: Project, submit: str = "") -> Path:
    python = project.folder / "python"
    python.write_text(QUICK)
    python.chmod(0o755)
    return project.profile(environment=f'python = "{python}"', submit=submit)


@pytest.fixture
def fake(project: Project) -> FakeSlurm:
    found = FakeSlurm.__new__(FakeSlurm)
    found.folder = project.folder.parent / "fake"
    return found


def test_a_submission_and_a_second_one_while_it_waits(project: Project, fake: FakeSlurm) -> None:
    sweep, profile = project.sweep(24), profile_of(project)
    said = project.submit(sweep, profile)
    assert "submitted toy-" in said
    assert covered(fake) == list(range(6))  # blocks of four problems, each with all that reads it
    ends_in_order(fake)
    (folder,) = project.submissions
    record = json.loads((folder / "submission.json").read_text())
    assert len(record["commit"]) == 40
    assert record["dirty"] is False
    assert [w["job_id"] for w in record["waves"]] == [1000]

    jobs = len(fake.jobs)
    assert "nothing to submit" in project.submit(sweep, profile)
    assert len(fake.jobs) == jobs
    grown = project.submit(project.sweep(32), profile)  # what is in the queue is left alone
    assert "in the queue already" in grown
    assert len(covered(fake)) == 6 + 2


def test_a_dry_run_shows_everything_and_does_nothing(project: Project, fake: FakeSlurm) -> None:
    said = project.submit(project.sweep(24), profile_of(project), "--dry-run")
    for shown in ("sbatch --parsable", "--array=0-5", "--dependency=afterany:", "#SBATCH",
                  "--time=00:05:00", "-m precompute element", "PYTHON="):  # fmt: skip
        assert shown in said, shown
    assert fake.jobs == []
    assert not project.store.exists()


def test_submits_at_once_and_killed_ones_do_not_double(project: Project, fake: FakeSlurm) -> None:
    sweep, profile = project.sweep(24), profile_of(project, "max_array = 2")
    words = project.words(sweep, profile)
    fake.play(sbatch=["slow 1.5"] * 99)
    both = [project.begin(*words), project.begin(*words)]
    wait_until(lambda: fake.jobs, seconds=60)
    for process in both:
        end(process, signal.SIGKILL)
    time.sleep(2.0)  # an sbatch under way outlives its parent
    fake.play()
    both = [project.begin(*words), project.begin(*words)]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert sorted(p.returncode for p in both) in ([0, 0], [0, 75]), said
    assert covered(fake) == list(range(6)), said
    ends_in_order(fake)
    assert len(project.submissions) == 1


def test_a_cancelled_run_can_be_submitted_again(project: Project, fake: FakeSlurm) -> None:
    sweep, profile = project.sweep(24), profile_of(project)
    project.submit(sweep, profile)
    project.call("cancel", "toy", "--store", project.store)
    assert covered(fake) == []
    assert all(job["cancelled"] for job in fake.jobs)
    project.submit(sweep, profile)
    assert covered(fake) == list(range(6))


def test_status_with_and_without_an_answer_of_slurm(project: Project, fake: FakeSlurm) -> None:
    project.submit(project.sweep(24), profile_of(project))
    for mood in ("well", "down", "garbage"):
        fake.play(squeue=[mood] * 99, sacct=[mood] * 99)
        said = project.call("status", "--store", project.store).stdout
        assert "toy: 0 of 48 answers" in said
        assert ("6 pending of 6 elements" in said) == (mood == "well"), said
        assert ("Slurm does not answer" in said) == (mood != "well"), said
