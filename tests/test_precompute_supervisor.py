"""The loop over worker processes: newer work first, one unit cancelled, parts, deaths, the end."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from precompute_toys import Bench, alive, in_this_process, wait_until

from ired_interp_core.errors import Refusal
from precompute.plan.plan import Unit
from precompute.work.collector import Collector
from precompute.work.messages import Part
from precompute.work.prepare import Prepared, prepare
from precompute.work.supervisor import Supervisor
from precompute.work.unit import Outcome
from precompute.work.watcher import Watcher
from store import shards, unfinished

ENDLESS = "sleep = 600"
"""A block that ends within no test by itself."""


class Recorder(Watcher):
    """Writes down what it hears, and does what a test wants done then."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor = supervisor
        self.statuses: dict[int, str] = {}
        self.parts: list[tuple[int, Part]] = []
        self.pids: set[int] = set()
        self.lines: list[str] = []
        self.at_end: Callable[[int], None] = lambda ticket: None
        self.at_part: Callable[[int, Part], None] = lambda ticket, part: None
        self.at_words: Callable[[int], None] = lambda ticket: None
        self.read_from: list[Any] = []
        self.at_call: Callable[[Any], None] = lambda handle: None

    def ended(self, ticket: int, unit: Unit, outcome: Outcome) -> None:
        assert ticket not in self.statuses
        self.statuses[ticket] = outcome.status
        self.at_end(ticket)

    def progressed(self, ticket: int, unit: Unit, words: str) -> None:
        self.at_words(ticket)

    def handed_over(self, ticket: int, unit: Unit, part: Part) -> None:
        assert ticket not in self.statuses
        self.parts.append((ticket, part))
        self.at_part(ticket, part)

    def handles(self) -> list[Any]:
        return self.read_from

    def called(self, handle: Any) -> None:
        self.at_call(handle)

    def look(self) -> None:
        self.pids |= set(self.supervisor.pids())

    def say(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    with in_this_process(Bench(tmp_path), monkeypatch) as here:
        yield here


def planned(bench: Bench, count: int, **words: str) -> Prepared:
    """A sweep over toy_base, in blocks of four, and toy_sum, in blocks of two."""
    return prepare(bench.sweep(count, f"toy{count}", **words), bench.store)


def supervised(
    bench: Bench, units: list[Unit], workers: int, collector: Collector | None = None
) -> Recorder:
    supervisor = Supervisor(bench.store, workers, collector=collector)
    assert supervisor.add(units, {}) == list(range(len(units)))
    return Recorder(supervisor)


def finish(recorder: Recorder) -> None:
    """Close the queue and run; no worker outlives that."""
    recorder.supervisor.close()
    recorder.supervisor.run(recorder, tick=0.05)
    assert recorder.supervisor.pids() == []
    wait_until(lambda: not any(map(alive, recorder.pids)))


def of(units: list[Unit], analysis: str) -> list[int]:
    return [i for i, unit in enumerate(units) if unit.asked.question.analysis == analysis]


def test_one_running_unit_is_cancelled_and_the_others_end_well(bench: Bench) -> None:
    endless = planned(bench, 4, base=ENDLESS).units  # one block, and two that read it
    others = planned(bench, 12).units
    units = [*endless, *others]
    (victim,) = of(list(endless), "toy_base")
    recorder = supervised(bench, units, workers=2)
    before: set[int] = set()

    def cancel(ticket: int, part: Part) -> None:
        if ticket == victim:  # it is under way: it hands over its first rows, and goes on
            before.update(recorder.supervisor.pids())
            recorder.supervisor.cancel(ticket)

    recorder.at_part = cancel
    finish(recorder)
    assert recorder.statuses == {
        i: "cancelled" if i == victim else "stranded" if i < len(endless) else "done"
        for i in range(len(units))
    }
    assert len(recorder.pids - before) <= 1  # a fresh worker in the place of one that was ended
    assert len(bench.shards()) == len(others)
    shards.sweep_temporaries(bench.store)
    assert bench.temporaries() == []
    assert shards.failures(bench.store) == []


def test_a_waiting_unit_is_cancelled_before_it_begins(bench: Bench) -> None:
    units = planned(bench, 12).units
    recorder = supervised(bench, list(units), workers=1)
    last = of(list(units), "toy_base")[-1]
    recorder.supervisor.cancel(last)
    recorder.supervisor.cancel(last)  # once is enough
    finish(recorder)
    readers = {i for i in of(list(units), "toy_sum") if units[i].start >= units[last].start}
    assert len(readers) == 2
    assert {i for i, s in recorder.statuses.items() if s == "stranded"} == readers
    assert recorder.statuses[last] == "cancelled"
    assert sum(s == "done" for s in recorder.statuses.values()) == len(units) - 3


def test_newer_work_goes_first_while_older_work_is_under_way(bench: Bench) -> None:
    old, new = planned(bench, 16).units, planned(bench, 4, base="salt = 1").units
    recorder = supervised(bench, list(old), workers=1)
    tickets: list[int] = []

    def ask(_: int) -> None:
        if not tickets:
            tickets.extend(recorder.supervisor.add(new, {}, ahead=True))
            recorder.supervisor.close()  # while units wait and one has just ended

    recorder.at_end = ask
    recorder.supervisor.run(recorder, tick=0.05)
    order = list(recorder.statuses)
    assert len(tickets) == len(new) == 3
    assert order[1 : 1 + len(tickets)] == tickets
    assert set(recorder.statuses.values()) == {"done"}
    assert len(order) == len(old) + len(new)
    with pytest.raises(ValueError, match="closed"):
        recorder.supervisor.add(new, {})


def test_what_asks_for_more_wakes_the_loop(bench: Bench) -> None:
    units = planned(bench, 4).units
    recorder = supervised(bench, [], workers=1)
    reads, writes = os.pipe()
    recorder.read_from = [reads]
    os.write(writes, b"more")

    def answer(handle: Any) -> None:
        assert os.read(handle, 100) == b"more"
        recorder.supervisor.add(units, {})
        recorder.supervisor.close()

    recorder.at_call = answer
    began = time.monotonic()
    recorder.supervisor.run(recorder, tick=600.0)
    assert time.monotonic() - began < 300.0
    assert recorder.statuses == dict.fromkeys(range(3), "done")
    os.close(reads)
    os.close(writes)


def test_finished_parts_arrive_before_their_unit_ends(bench: Bench) -> None:
    more = '[[analyses]]\nname = "toy_whole"\nsteps = 3'
    units = planned(bench, 4, more=more).units
    recorder = supervised(bench, list(units), workers=1)
    finish(recorder)  # the recorder itself refuses a part of a unit that has ended
    (base,), (whole,) = of(list(units), "toy_base"), of(list(units), "toy_whole")
    assert [(ticket, part.name) for ticket, part in recorder.parts] == [
        (base, "first"), (whole, "step 0"), (whole, "step 1"), (whole, "step 2")
    ]  # fmt: skip
    np.testing.assert_array_equal(recorder.parts[-1][1].content, np.arange(2))
    assert set(recorder.statuses.values()) == {"done"}


def test_a_killed_worker_costs_its_unit_and_is_replaced(bench: Bench) -> None:
    endless, others = planned(bench, 2, base=ENDLESS).units, planned(bench, 8).units
    recorder = supervised(bench, [*endless, *others], workers=1)
    recorder.at_part = lambda ticket, _: (
        os.kill(recorder.supervisor.pids()[0], signal.SIGKILL) if ticket == 0 else None
    )
    finish(recorder)
    assert [recorder.statuses.pop(i) for i in (0, 1)] == ["failed", "stranded"]
    assert set(recorder.statuses.values()) == {"done"}
    assert len(recorder.pids) == 2
    (failure,) = shards.failures(bench.store)
    assert failure["error"] == "WorkerDied"


def test_a_drained_supervisor_lets_long_work_leave_and_begins_nothing(bench: Bench) -> None:
    more = '[[analyses]]\nname = "toy_whole"\nsteps = 3000\nsleep = 0.2'
    units = planned(bench, 4, more=more).units
    recorder = supervised(bench, list(units), workers=1)
    recorder.at_words = lambda _: recorder.supervisor.drain(600.0)
    recorder.supervisor.run(recorder, tick=0.05)  # open, and it ends all the same
    (whole,) = of(list(units), "toy_whole")
    assert recorder.statuses[whole] == "paused"
    question = units[whole].asked.question
    assert unfinished.load(bench.store, question.analysis, question.key)


def test_what_does_not_leave_in_time_is_ended(bench: Bench) -> None:
    recorder = supervised(bench, list(planned(bench, 4, base=ENDLESS).units), workers=1)
    recorder.at_part = lambda *_: recorder.supervisor.drain(0.2)
    finish(recorder)
    assert recorder.statuses == {}
    assert bench.shards() == []


def test_workers_that_cannot_even_start_are_no_endless_loop(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bench.folder / "site" / "sitecustomize.py").write_text("import os\nos._exit(3)\n")
    recorder = supervised(bench, list(planned(bench, 4).units), workers=1)
    recorder.supervisor.close()
    with pytest.raises(Refusal, match=r"die before they take a unit.*exited with code 3"):
        recorder.supervisor.run(recorder, tick=0.05)


def test_the_catalog_is_built_on_the_way_and_its_failure_is_told(bench: Bench) -> None:
    (bench.store / "catalog").mkdir(parents=True)
    (bench.store / "catalog" / "CURRENT").mkdir()  # no file can take its place
    units = planned(bench, 8).units
    recorder = supervised(bench, list(units), 1, Collector(bench.store, 0.0, 0.0))
    finish(recorder)
    assert set(recorder.statuses.values()) == {"done"}
    assert recorder.lines
    assert all("catalog not built" in line for line in recorder.lines)


def test_generations_are_built_for_news_alone_rarely_and_by_one_at_a_time(tmp_path: Path) -> None:
    free = True
    collector = Collector(tmp_path, 0.0, 60.0, lock=lambda: nullcontext(free))
    assert not collector.begin()  # no news
    collector.news()
    free = False
    assert not collector.begin()  # somebody else is at it
    free = True
    assert collector.begin()
    assert not collector.begin()  # the news are being built
    collector.end(Outcome("done", seconds=0.0))
    collector.news()
    assert collector.begin()
    collector.end(Outcome("done", seconds=5.0))  # then not for fifty seconds
    collector.news()
    assert not collector.begin()
