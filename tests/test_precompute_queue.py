"""The open queue of units: what begins next, what waits, what is put ahead and what is given up."""

from pathlib import Path

import pytest
from test_precompute_plan import asked, upstream_units

from precompute.plan import plan
from precompute.plan.plan import Unit
from precompute.work.queue import Queue


@pytest.fixture
def units(tmp_path: Path) -> list[Unit]:
    """Two blocks of a descent, and of two planes the seven blocks that read them."""
    descent = asked("descent", 100)
    planes = [asked("landscape_slice", 100, descent, plane=p) for p in ("stiff", "soft")]
    return plan.missing_units(tmp_path, [descent, *planes])


def taken(queue: Queue) -> list[int]:
    """All that can begin now."""
    tickets = []
    while (ticket := queue.pop()) is not None:
        tickets.append(ticket)
    return tickets


def starts(units: list[Unit], tickets: list[int]) -> list[int]:
    return [units[i].start for i in tickets]


def descents(units: list[Unit]) -> list[int]:
    return [i for i, u in enumerate(units) if u.asked.question.analysis == "descent"]


def test_a_unit_waits_for_exactly_the_rows_it_reads(units: list[Unit]) -> None:
    queue, needs = Queue(), upstream_units(units)
    assert queue.add(units) == list(range(len(units)))
    done: set[int] = set()
    while ready := taken(queue):
        assert ready == [i for i in range(len(units)) if needs[i] <= done and i not in done]
        done |= set(ready)
        for ticket in ready:
            queue.done(ticket)
    assert done == set(range(len(units)))
    assert len(queue) == 0


def test_what_reads_a_failed_unit_is_given_up_and_nothing_else(units: list[Unit]) -> None:
    queue = Queue()
    queue.add(units)
    first, second = taken(queue)
    assert starts(units, [first, second]) == [0, 64]  # every slice reads a descent
    queue.done(second)
    assert set(starts(units, taken(queue))) == {64, 80, 96}
    stranded = queue.give_up(first)
    assert {unit.start for _, unit in stranded} == {0, 16, 32, 48}
    assert [units[ticket] for ticket, _ in stranded] == [unit for _, unit in stranded]
    assert not queue


def test_newer_work_that_is_put_ahead_goes_first_in_its_own_order(units: list[Unit]) -> None:
    queue = Queue()
    old = queue.add([units[i] for i in descents(units)])
    behind, newer, newest = (
        plan.missing_units(Path("nowhere"), [asked("descent", count, seed=seed)])
        for seed, count in ((1, 10), (2, 100), (3, 10))
    )
    later = queue.add(behind)
    second, first = queue.add(newer, ahead=True), queue.add(newest, ahead=True)
    assert len(second) > 1
    assert taken(queue) == [*first, *second, *old, *later]


def test_what_a_unit_waits_for_is_put_ahead_with_it(units: list[Unit]) -> None:
    queue = Queue()
    queue.add(units)
    last = max(descents(units))  # of the second block
    reader = next(i for i, needs in enumerate(upstream_units(units)) if needs == {last})
    assert queue.add([units[reader]], ahead=True) == [reader]  # it has its ticket already
    assert queue.pop() == last
    queue.done(last)
    assert queue.pop() == reader


def test_a_unit_under_way_is_not_given_out_again(units: list[Unit]) -> None:
    queue = Queue()
    first, *_ = queue.add(units)
    assert queue.pop() == first
    assert queue.add([units[first]], ahead=True) == [first]
    assert first not in taken(queue)
    queue.put_back(first)
    assert queue.pop() == first


def test_a_closed_queue_takes_nothing(units: list[Unit]) -> None:
    queue = Queue()
    queue.closed = True
    with pytest.raises(ValueError, match="closed"):
        queue.add(units)
