"""A real Slurm of one node, from submit to catalog: killed, out of time, failing, cancelled."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from precompute_toys import contents, same
from slurm_node import Node, node  # noqa: F401 - a fixture
from slurm_project import Project, original  # noqa: F401 - a fixture

import store

pytestmark = [pytest.mark.slurm, pytest.mark.slow]

REAL = """
name = "real"
[[models]]
checkpoint = "checkpoints/inverse.safetensors"
[[problems]]
task = "inverse"
variant = "same"
seed = 0
count = 2
[[problems]]
task = "inverse"
variant = "same"
seed = 1
count = 1
[[analyses]]
name = "descent"
polish_iterations = 20
[[analyses]]
name = "hessian_spectrum"
inputs.descent = { polish_iterations = 20 }
"""

BAD = '[[analyses]]\nname = "toy_base"\nfail_at = 0\nsalt = {}\n'

OF_THE_RUN = {"seconds", "host", "provenance", "state"}
"""Columns of the table of shards that say when and where, and in `state` which file."""

ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT"}


@pytest.fixture
def project(tmp_path: Path, original: Path, node: Node) -> Iterator[Project]:  # noqa: F811
    """A clone whose commands talk to the node; its jobs must leave nothing in their scratch."""
    made = Project(tmp_path / "a folder", original, node.environment)
    yield made
    node.wait(lambda: set(jobs_of(node, made).values()) <= ENDED)
    assert list(made.scratch.iterdir()) == [], made.logs()


def chain(project: Project, sums: int, sleep: float, name: str = "toy") -> Path:
    """A sweep of one element: an answer, and 2·sums slow units that all read it."""
    slow = '[[analyses]]\nname = "toy_sum"\nsalt = {}\nsleep = {}\n'
    more = "".join(slow.format(i, sleep) for i in range(1, sums))
    return project.sweep(4, name, total=f"sleep = {sleep}", more=more)


def jobs_of(node: Node, project: Project) -> dict[str, str]:  # noqa: F811
    """Element or job → state, of what this project submitted."""
    names = [folder.name for folder in project.submissions]
    return {job: state for job, name, state, _ in node.jobs() if any(n in name for n in names)}


def elements_of(node: Node, project: Project) -> dict[str, str]:  # noqa: F811
    """Element → state, of the arrays alone."""
    return {job: state for job, state in jobs_of(node, project).items() if "_" in job}


def finish(node: Node, project: Project, seconds: float = 200.0) -> dict[str, str]:  # noqa: F811
    """Wait until what this project submitted has ended; states."""
    node.wait(lambda: set(jobs_of(node, project).values()) <= ENDED, seconds)
    return jobs_of(node, project)


def heartbeat(project: Project, element: int = 0) -> dict:
    return json.loads((project.submissions[-1] / "elements" / f"{element}.json").read_text())


def report(project: Project) -> dict:
    return json.loads((project.submissions[-1] / "report.json").read_text())


def local(project: Project, sweep: Path, **environment: str) -> Path:
    """The store of an undisturbed `run` of the same sweep on this machine."""
    root = project.folder / "local"
    project.call("run", sweep, "--store", root, "--workers", 1, TOY_QUICK="1", **environment)
    return root


def complete(project: Project, sweep: Path, **environment: str) -> None:
    """Assert that the store is what a local run makes of it, and the catalog up to date."""
    said = project.call("status", "--store", project.store).stdout
    done, asked = said.split(" answers")[0].split(": ")[1].split(" of ")
    assert done == asked, said
    same(contents(project.store), contents(local(project, sweep, **environment)))
    assert project.temporaries() == []
    with store.open(project.store) as opened:
        assert int(opened.sql("SELECT count(*) n FROM shards")["n"][0]) == len(project.shards())


def catalog(root: Path) -> dict[str, pd.DataFrame]:
    """Every table of a catalog but for what says when, where and by whom."""
    with store.open(root) as opened:
        names = opened.sql("SELECT table_name n FROM information_schema.tables")["n"]
        found = {name: opened.sql(f'SELECT * FROM "{name}"') for name in names if name != "_build"}
    for name, table in found.items():
        kept = [c for c in table.columns if name != "shards" or c not in OF_THE_RUN]
        found[name] = table[kept].sort_values(kept[:4]).reset_index(drop=True)
    return found


@pytest.fixture(scope="module", autouse=True)
def early(
    tmp_path_factory: pytest.TempPathFactory,
    original: Path,  # noqa: F811
    node: Node,  # noqa: F811
) -> dict[str, Project]:
    """Runs that tests look at later: submitted before the first of them, to save the waiting."""
    names = ("limited", "failing", "stopping")
    made = {
        n: Project(tmp_path_factory.mktemp(n) / "a folder", original, node.environment)
        for n in names
    }
    limited, failing, stopping = made.values()
    submits = [
        # 45 s of work in jobs that Slurm tells after 10 to 40 s that their time is over.
        limited.begin(*limited.words(
            chain(limited, 22, 1.0),
            limited.profile(slurm='time = "00:01:00"', submit="signal_seconds = 20"),
        )),
        failing.begin(*failing.words(failing.sweep(16, base="fail_at = 5"), failing.profile())),
        stopping.begin(*stopping.words(
            stopping.sweep(4, more="".join(BAD.format(i) for i in range(1, 13))),
            stopping.profile(submit="max_running = 1"),
        ), "--overrule", "problem"),
    ]  # fmt: skip
    for process in submits:
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
    return made


def test_the_bundled_checkpoint_gives_the_catalog_of_a_local_run(
    project: Project,
    node: Node,  # noqa: F811
) -> None:
    sweep = project.folder / "real.toml"
    sweep.write_text(REAL)
    said = project.submit(sweep, project.profile())
    assert "in 2 elements" in said
    root = local(project, sweep)
    states = finish(node, project)
    assert len(states) == 4  # two elements, reduce, collect
    assert set(states.values()) == {"COMPLETED"}, project.logs()
    assert report(project)["done"] == report(project)["units"] == 4

    there, here = catalog(project.store), catalog(root)
    assert there.keys() == here.keys()
    assert {"descent__problem", "hessian_spectrum__problem_level_place"} <= there.keys()
    for name, table in here.items():
        pd.testing.assert_frame_equal(there[name], table)
    shards = {p.relative_to(root): p.read_bytes() for p in project.shards(root)}
    assert {p.relative_to(project.store): p.read_bytes() for p in project.shards()} == shards
    assert "0 problems" in project.call("verify", "--store", project.store).stdout

    commit = json.loads((project.submissions[0] / "submission.json").read_text())["commit"]
    for side in project.store.glob("results/*/*/0*.json"):  # the job had the commit, not git
        found = json.loads(side.read_text())["provenance"]
        assert (found["commit"], found["dirty"]) == (commit, False)
    assert "nothing to submit: 6 answers asked, none missing" in project.submit(
        sweep, project.profile()
    )


def test_an_element_killed_in_the_middle_goes_on(
    project: Project,
    node: Node,  # noqa: F811
) -> None:
    sweep = chain(project, 8, 0.5)
    project.submit(sweep, project.profile())
    node.wait(lambda: len(project.shards()) >= 3)
    ((element, state),) = elements_of(node, project).items()
    assert state == "RUNNING"
    # As the kernel does when memory is short: the script puts itself back into the queue.
    os.kill(heartbeat(project)["pid"], signal.SIGKILL)
    first = len(project.shards())
    node.wait(lambda: len(project.shards()) >= first + 3)
    assert node.restarts(element) == 1
    # As when a node dies: nothing of the job is left, and Slurm, or somebody, requeues it.
    for pid in node.processes(element):
        os.kill(pid, signal.SIGKILL)
    node.wait(lambda: elements_of(node, project)[element] == "FAILED")
    before = {p: p.stat().st_mtime_ns for p in project.shards()}
    assert 6 <= len(before) < 17
    node.call("scontrol", "requeue", element)
    assert finish(node, project)[element] == "COMPLETED", project.logs()
    assert node.restarts(element) == 2
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert heartbeat(project)["already"] == len(before)
    project.call("collect", "--store", project.store)  # that of the submission may have run before
    complete(project, sweep)


def test_an_element_fails_and_the_rest_completes_then_resubmit(
    early: dict[str, Project],
    node: Node,  # noqa: F811
) -> None:
    project = early["failing"]
    states = finish(node, project)
    record = json.loads((project.submissions[0] / "submission.json").read_text())
    array, reduce = record["waves"][0]["job_id"], record["reduce"]["job_id"]
    failed = {job for job, state in states.items() if state == "FAILED"}
    assert failed == {f"{array}_1", str(reduce)}  # reduce says that something is missing
    assert heartbeat(project, 1)["failed"] == 1
    assert (report(project)["failed"], report(project)["missing"]) == (1, 2)
    said = project.call("status", "--store", project.store).stdout
    assert "toy: 24 of 32 answers, 1 failed unit" in said
    assert "ArithmeticError: toy fails here" in said
    (log,) = [line.split("log: ")[1] for line in said.splitlines() if "log: " in line]
    assert "toy fails here" in Path(log).read_text()

    before = {p: p.stat().st_mtime_ns for p in project.shards()}
    profile = project.profile("mended", environment='setup = ["export TOY_WELL=1"]')
    said = project.call("resubmit", "toy", "--store", project.store, "--profile", profile).stdout
    assert "3 units in 1 element" in said
    assert set(finish(node, project).values()) >= {"COMPLETED"}
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert report(project)["done"] == 3
    complete(project, project.sweep(16, base="fail_at = 5"), TOY_WELL="1")
    assert list(project.scratch.iterdir()) == []


def test_two_submits_at_once_do_everything_once(
    project: Project,
    node: Node,  # noqa: F811
) -> None:
    sweep, profile = project.sweep(12, base="sleep = 1.0"), project.profile()
    words = project.words(sweep, profile)
    both = [project.begin(*words), project.begin(*words)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert sorted(p.returncode for p in both) in ([0, 0], [0, 75]), said
    (folder,) = project.submissions
    assert len(elements_of(node, project)) == 3
    assert set(finish(node, project).values()) == {"COMPLETED"}
    assert [heartbeat(project, i)["done"] for i in range(3)] == [3, 3, 3]
    complete(project, sweep)

    # By hand, as the scripts say, with a path from where one is; everything is there already.
    job = node.call(
        "sbatch", "--parsable", "--wait", "--array=0-0", f"--chdir={project.folder}",
        "--output=%a.out", folder / "array.sbatch", folder.relative_to(project.folder), 0,
    )  # fmt: skip
    assert node.states()[f"{job}_0"] == "COMPLETED"
    assert heartbeat(project, 0)["already"] == 3


def test_a_cancelled_run_is_resumed(project: Project, node: Node) -> None:  # noqa: F811
    sweep = chain(project, 12, 1.2)
    project.submit(sweep, project.profile())
    node.wait(lambda: len(project.shards()) >= 3)
    project.call("cancel", "toy", "--store", project.store)
    assert set(finish(node, project).values()) == {"CANCELLED"}
    node.wait(lambda: not list(project.scratch.iterdir()), 20)
    before = {p: p.stat().st_mtime_ns for p in project.shards()}
    assert 3 <= len(before) < 25
    quick = 'setup = ["export TOY_QUICK=1"]'
    hurry = project.profile("hurry", environment=quick, submit="minutes = 2")
    said = project.call("resubmit", "toy", "--store", project.store, "--profile", hurry).stdout
    assert f"toy: {25 - len(before)} units in 1 element" in said
    finish(node, project)
    assert {p: p.stat().st_mtime_ns for p in before} == before
    complete(project, sweep)


def test_many_failures_stop_the_array(
    early: dict[str, Project],
    node: Node,  # noqa: F811
) -> None:
    project = early["stopping"]
    states = finish(node, project)
    assert "units failed" in (project.submissions[0] / "STOP").read_text()
    assert list(states.values()).count("FAILED") < 8, states
    (rest,) = [job for job, state in states.items() if state == "CANCELLED"]
    assert rest.isdecimal()  # the whole rest of the array, in one line
    assert report(project)["failed"] < 7
    assert "of" in report(project)["stopped"]
    assert "stopped: " in project.call("status", "--store", project.store).stdout
    assert list(project.scratch.iterdir()) == []


def test_a_time_limit_is_seen_coming_and_the_rest_is_done_after_requeue(
    early: dict[str, Project],
    node: Node,  # noqa: F811
) -> None:
    limited = early["limited"]
    collected = limited.store / "catalog" / "CURRENT"
    states = finish(node, limited)
    assert set(states.values()) == {"COMPLETED"}, limited.logs()  # no TIMEOUT
    (element,) = elements_of(node, limited)
    assert node.restarts(element) >= 1
    log = limited.logs()
    assert "told to leave by SIGUSR1" in log
    assert "exit code 75: back into the queue" in log
    assert heartbeat(limited)["already"] > 0
    assert collected.is_file()
    complete(limited, chain(limited, 22, 1.0))
    assert list(limited.scratch.iterdir()) == []
