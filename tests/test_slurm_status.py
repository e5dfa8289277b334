"""What status says of elements that never began, and of those that went back into the queue."""

from pathlib import Path

import pytest

from precompute.cluster import queue, status
from precompute.cluster.activity import Cluster
from precompute.cluster.early_ends import early_ends
from store import layout, submissions

RECORD = {
    "run": "toy", "sweep": "", "profile": {}, "commit": "c" * 40, "units": 5, "elements": 5,
    "stages": [0], "state": "submitted", "reduce": None, "collect": None,
    "waves": [
        {"job_name": "a", "job_id": 7, "first": 0, "last": 2, "state": "submitted"},
        {"job_name": "b", "job_id": 9, "first": 3, "last": 4, "state": "submitted"},
    ],
}  # fmt: skip


def test_an_element_that_died_before_python_is_named_with_its_log(tmp_path: Path) -> None:
    name = "toy-20261130T000000-00000000"
    submissions.write(tmp_path, name, RECORD)
    logs = layout.submission_logs(tmp_path, name)
    logs.mkdir()
    (logs / "7_1.out").write_text("module: command not found\nenvironment.sh failed\n\n")
    (logs / "9_0.out").write_text("")
    (logs / "7_2.out").write_text("it runs\n")
    (logs / "7_0.out").write_text("it has begun\n")
    found = early_ends(tmp_path, name, RECORD, begun={0}, queued={2}, ended={4: "OUT_OF_MEMORY"})
    assert [(e.element, e.line) for e in found] == [
        (1, "environment.sh failed"),
        (3, "it says nothing"),
        (4, "out of memory, and its job wrote no log"),
    ]
    assert [e.log and e.log.name for e in found] == ["7_1.out", "9_0.out", None]


@pytest.mark.parametrize(
    ("state", "waits"),
    [("PENDING", True), ("REQUEUED", True), ("REQUEUE_HOLD", True), ("RUNNING", False),
     ("COMPLETING", False), ("SUSPENDED", False)],
)  # fmt: skip
def test_a_requeued_element_that_waits_is_not_at_work(
    tmp_path: Path, state: str, waits: bool
) -> None:
    name = "toy-20261130T000000-00000000"
    submissions.write(tmp_path, name, RECORD)
    beat = {"state": "running", "host": "node7", "total": 3, "seconds": 1.0}
    cluster = Cluster({name: RECORD}, {name: {1: beat}}, elements={name: {1: state}})
    report = status._Report(tmp_path, None, cluster)
    report._submission(name, last=True)
    assert queue.waits(state) is waits
    assert any("element 1 on node7" in line for line in report.lines) is not waits
