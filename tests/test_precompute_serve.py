"""The server of live answers: shared jobs, cancelling, limits, and every way to end."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import live_toys
import pytest
from live_toys import PROBLEMS, Served, ask
from precompute_toys import Bench, alive, wait_until

from ired_interp_core import registry
from ired_interp_core.messages import Cancel, Leave, unpack
from store import LiveAnswers, layout, shards

pytestmark = [pytest.mark.alone, pytest.mark.slow]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with live_toys.known(live_toys.bench(tmp_path_factory.mktemp("live"))) as here:
        yield here


@pytest.fixture(scope="module")
def served(bench: Bench) -> Iterator[Served]:
    """One server for all that it outlives."""
    running = Served(bench, "--workers", 1, "--seconds", 3, "--memory", 0.3)
    ready = running.until("ready", seconds=120)
    assert ready.limits
    assert ready.limits["seconds"] == 3
    assert ready.limits["speed"] > 0
    yield running
    assert running.process.poll() is None
    workers = running.workers()
    assert running.end(signal.SIGTERM) == 0
    wait_until(lambda: not any(map(alive, workers)), 5)
    assert bench.temporaries() == []
    assert "told to stop" in running.log.read_text()


def mean(said_key: str, bench: Bench, problem: int) -> float:
    return float(LiveAnswers(bench.store).read("live_base", said_key, problem).mean_x[0])


def test_an_answer_with_what_it_reads_then_from_the_store(served: Served, bench: Bench) -> None:
    served.tell(ask("a", analysis="live_sum", problem=9))
    answer = served.until("answer", "a")
    assert (answer.stored, answer.saved, answer.problem) == (False, True, 9)
    found = LiveAnswers(bench.store).read("live_sum", answer.key, 9)
    (key,) = os.listdir(layout.results(bench.store) / "live_base")
    assert float(found.twice[0]) == 2 * mean(key, bench, 9)
    drafts = [served.until("draft", "a") for _ in range(3)]
    assert [(d.analysis, d.name) for d in drafts] == [
        ("live_base", "first"), ("live_base", "answer"), ("live_sum", "answer")
    ]  # fmt: skip
    for draft, k in zip(drafts, (key, key, answer.key), strict=True):
        assert draft.key == k
        assert draft.part
    assert float(unpack(drafts[0].part or {}).mean_x[0]) == mean(key, bench, 9)
    served.tell(ask("b", analysis="live_sum", problem=9), ask("c", analysis="live_sum", problem=2))
    assert served.until("answer", "b").stored  # live
    assert served.until("answer", "c").stored  # of the sweep
    side = LiveAnswers(bench.store).folder / "results" / "live_sum" / answer.key
    assert PROBLEMS.variant in (side / "000009-000010.json").read_text()
    assert shards.missing(bench.store, "live_sum", answer.key, [(9, 10)])


def test_nothing_printed_speaks_for_the_server_and_no_line_is_lost(served: Served) -> None:
    served.tell(b"nonsense\n", b"x" * 3_000_000 + b"\n", b'{"do":"stop"}\n', ask("p", salt=1))
    errors = [served.until("error").words for _ in range(3)]
    assert [e.split(" · ")[0] for e in errors] == [
        "line is no JSON", "line is too long", "unknown request"
    ]  # fmt: skip
    assert served.until("answer", "p").key != "forged"
    assert all(said.key != "forged" for said in served.heard)
    assert "this is printed" in served.log.read_text()
    assert "forged" in served.log.read_text()


def test_what_cannot_be_asked_is_refused_before_it_begins(served: Served) -> None:
    served.tell(
        ask("1", analysis="toy_base"), ask("2", analysis="nothing"), ask("3", tiles="many"),
        ask("4", costs=30.0), ask("5", takes=4.0), ask("6", problem=-1),
    )  # fmt: skip
    said = {i: served.until("refused", i).words for i in "123456"}
    assert "not asked live" in said["1"]
    assert "unknown analysis" in said["2"]
    assert "wrong type" in said["3"]
    assert "expected: at most 3.0 s" in said["4"]
    assert "4.0 GiB" in said["5"]
    assert "unusable range" in said["6"]


def test_one_runs_one_waits_and_equal_ones_share(served: Served, bench: Bench) -> None:
    served.tell(ask("long", "one", tiles=600))
    served.until("running", "long")
    served.tell(
        ask("w1", "one", salt=11), ask("w2", "one", salt=12),
        ask("other", "two", salt=12), ask("mine", "three", tiles=600),
    )  # fmt: skip
    assert served.until("replaced", "w1")
    assert served.until("waiting", "w2").place == 1
    assert served.until("waiting", "other").place == 1
    assert served.until("running", "mine").place == 0
    served.tell(Cancel("one", "long"))
    assert served.until("cancelled", "long")
    pids = served.workers()
    began = time.monotonic()
    served.tell(Cancel("three", "mine"))
    keys = {served.until("answer", name).key for name in ("w2", "other")}
    assert time.monotonic() - began < 2.0  # it left between two tiles
    assert served.workers() == pids
    assert len(keys) == 1
    long = [e for e in LiveAnswers(bench.store).entries() if e.address[3] == 0]
    assert len(long) == len({e.address[2] for e in long})
    assert shards.failures(bench.store) == []


def test_a_worker_that_does_not_leave_is_replaced(served: Served) -> None:
    (before,) = served.workers()
    served.tell(ask("s", sleep=300.0))
    served.until("draft", "s")
    served.tell(Leave("tab"), ask("next", "another", salt=21))
    assert served.until("cancelled", "s")
    assert served.until("answer", "next").saved
    assert served.workers() != [before]
    assert not alive(before)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ({"die": True}, "was killed (signal 9)"),
        ({"fail": True}, "fails here"),
        ({"sleep": 300.0}, "gave up after 3.0 s"),
        ({"grow": 700}, "ran out of memory"),
    ],
)
def test_trouble_is_one_line_and_the_next_question_is_answered(
    served: Served, bench: Bench, trouble: dict, words: str
) -> None:
    served.tell(ask("bad", **trouble), ask("good", "another", salt=30))
    said = served.until("failed", "bad")
    assert words in said.words
    assert "\n" not in said.words
    assert served.until("answer", "good").saved
    assert shards.failures(bench.store) == []


def test_an_answer_that_cannot_be_saved_is_given_all_the_same(served: Served, bench: Bench) -> None:
    served.tell(ask("full", full=True))
    answer = served.until("answer", "full")
    assert not answer.saved
    assert answer.words == "no room left"
    drafts = [served.until("draft", "full") for _ in range(2)]
    assert [d.name for d in drafts] == ["first", "answer"]
    assert drafts[1].part
    assert registry.read_question(drafts[1].question).key == answer.key
    assert unpack(drafts[1].part).mean_x.dims == ("problem",)
    assert LiveAnswers(bench.store).where("live_base", answer.key, 0, 1) is None
    assert "no room left" in served.log.read_text()


@pytest.mark.parametrize("how", ["killed", "hung up"])
def test_no_worker_outlives_its_server_also_in_a_native_call(bench: Bench, how: str) -> None:
    running = Served(bench, "--workers", 2)
    running.tell(*(ask(f"{i}", f"s{i}", matrix=5000, salt=i) for i in range(2)))
    running.until("draft", "0")
    running.until("draft", "1")
    workers = running.workers()
    assert len(workers) == 2
    if how == "killed":
        running.end(signal.SIGKILL)
    else:
        assert running.process.stdin
        running.process.stdin.close()
        running.process.wait(10)
    wait_until(lambda: not any(map(alive, workers)), 5)


def test_a_budget_and_a_store_that_cannot_be_written(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    running = Served(bench, "--live", tmp_path / "file")
    running.tell(ask("new", problem=77), ask("old", analysis="live_sum", problem=1))
    assert "read only" in running.until("refused", "new").words
    assert running.until("answer", "old").stored
    assert running.end(signal.SIGTERM) == 0
    running = Served(bench, "--budget", 0.5, "--live", tmp_path / "live")
    running.tell(ask("1", tiles=12))
    assert running.until("answer", "1", 120).seconds > 0.5
    running.tell(ask("2", salt=1), ask("3", "other", salt=1))
    assert "used up" in running.until("refused", "2").words
    assert running.until("answer", "3").saved
    assert running.end(signal.SIGTERM) == 0
