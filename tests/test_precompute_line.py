"""Who waits and who runs, what is allowed, and lines out of pieces: all without a process."""

import os
from types import SimpleNamespace
from typing import Any, cast

import pytest
from precompute_toys import wait_until

from ired_interp_core.errors import Refusal
from ired_interp_core.messages import MOST_LINE, Said
from precompute.ground.exits import Later, Usage
from precompute.serve import wire
from precompute.serve.limits import Budget, Limits
from precompute.serve.line import Asker, Job, Line


def job(name: str, seconds: float = 1.0) -> Job:
    return Job(cast(Any, SimpleNamespace(row=(name, 0))), seconds)


class Room:
    """A line, and who was replaced in it."""

    def __init__(self, most: int = 8) -> None:
        self.replaced: list[Asker] = []
        self.line = Line(most, self.replaced.append)

    def ask(self, session: str, name: str, request: str = "") -> int:
        asker = Asker(session, request or name)
        return self.line.place(self.line.enter(asker, job(name)))

    def start(self) -> Job | None:
        found = self.line.next()
        if found:
            found.began = 1.0
        return found

    @property
    def waiting(self) -> list[str]:
        return [j.row[0] for j in self.line.waiting]


def test_a_newer_request_takes_the_place_of_the_waiting_one() -> None:
    room = Room()
    assert [room.ask("a", "1"), room.ask("b", "2"), room.ask("a", "3")] == [1, 2, 1]
    assert room.waiting == ["3", "2"]
    assert room.replaced == [Asker("a", "1")]


def test_compute_and_cancel_again_and_again_holds_one_place() -> None:
    room = Room()
    room.ask("a", "runs")
    room.start()
    for i in range(5):
        assert room.ask("b", f"{i}") == 1
        assert len(room.waiting) == 1
        assert room.line.leave("b", f"{i}") == ([Asker("b", f"{i}")], [])
    assert room.waiting == []
    assert room.replaced == []


def test_one_runs_and_one_waits_of_each_session() -> None:
    room = Room()
    room.ask("a", "1")
    first = room.start()
    assert first
    room.ask("a", "2")
    assert room.start() is None  # a second worker is free, and the session has one running
    room.ask("b", "3")
    assert room.start().row[0] == "3"  # type: ignore[union-attr]
    room.line.end(first)
    assert room.start().row[0] == "2"  # type: ignore[union-attr]


def test_equal_requests_share_a_job_and_each_takes_back_its_own_part() -> None:
    room = Room()
    room.ask("a", "same", "mine")
    room.ask("b", "same", "theirs")
    shared = room.start()
    assert shared
    assert shared.askers == [Asker("a", "mine"), Asker("b", "theirs")]
    assert room.ask("c", "same") == 0
    assert room.line.leave("a") == ([Asker("a", "mine")], [])
    assert room.line.leave("b", "other") == ([], [])
    assert room.line.leave("b", "theirs") == ([Asker("b", "theirs")], [])
    assert room.line.leave("c") == ([Asker("c", "same")], [shared])
    assert list(room.line) == []


def test_a_shared_waiting_job_stays_when_one_asks_for_something_else() -> None:
    room = Room()
    room.ask("a", "same")
    room.ask("b", "same")
    assert room.ask("a", "other") == 2
    assert room.waiting == ["same", "other"]
    assert room.ask("a", "same", "again") == 1
    assert room.waiting == ["same"]
    assert room.ask("a", "same", "and again") == 1
    assert room.replaced == [Asker("a", "same"), Asker("a", "other"), Asker("a", "again")]


def test_a_full_line_says_when_to_come_again_and_loses_nothing() -> None:
    room = Room(most=2)
    room.ask("a", "1")
    room.ask("b", "2")
    with pytest.raises(Later, match=r"full \(2 waiting\) · next: try in about 2\.0 s"):
        room.ask("c", "3")
    assert room.ask("c", "2") == 2  # an equal one takes no room
    assert room.ask("a", "4") == 1  # nor does one that replaces
    assert room.waiting == ["4", "2"]


def test_limits_name_what_is_expected_and_what_is_allowed() -> None:
    limits = Limits(seconds=60, memory=2**30)
    limits.check("descent", 59.0, 2**29)
    with pytest.raises(Usage, match=r"too long.*about 5 min 40 s expected.*at most 1 min 0 s"):
        limits.check("descent", 340.0, 0)
    with pytest.raises(Usage, match=r"too much memory.*3\.0 GiB expected.*at most 1\.0 GiB"):
        limits.check("descent", 1.0, 3 * 2**30)


def test_a_budget_is_of_one_session_and_comes_back_within_the_hour() -> None:
    now = [1000.0]
    budget = Budget(10.0, lambda: now[0])
    for at, seconds in ((1000.0, 6.0), (2000.0, 3.0)):
        now[0] = at
        budget.check("a", seconds)
        budget.charge("a", seconds)
    budget.check("b", 9.0)
    with pytest.raises(Usage, match=r"10 s of computing are used up.*9\.0 s used, 2\.0 s expected"):
        budget.check("a", 2.0)
    budget.check("a", 1.0)
    now[0] = 4601.0  # the first is an hour ago
    budget.check("a", 7.0)
    now[0] = 9000.0
    budget.check("a", 10.0)
    assert budget._spent == {}


def test_lines_come_whole_however_they_are_cut_and_a_huge_one_costs_one_error() -> None:
    text = b'{"a":1}\n\n  \n' + b"x" * (MOST_LINE + 5) + b'\n{"b":2}\n' + b"y" * MOST_LINE + b"\nz"
    for size in (7, 2**16, len(text)):
        lines, found = wire.Lines(), []
        for at in range(0, len(text), size):
            found += lines.split(text[at : at + size])
        assert found[0] == b'{"a":1}'
        assert isinstance(found[1], Refusal)
        assert found[2:] == [b'{"b":2}', b"y" * MOST_LINE]
        assert lines._begun == [b"z"]


def test_a_reader_that_is_slow_loses_drafts_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "MOST_BACKLOG", 100_000)
    reads, writes = os.pipe()
    outbox = wire.Outbox(writes)
    for i in range(100):  # a pipe holds 64 KiB
        outbox.put(Said("draft", name=str(i), words="x" * 5000))
    outbox.put(Said("answer", key="k"))
    os.set_blocking(reads, True)
    content = b""
    while b'"answer"' not in content:
        content += os.read(reads, 2**16)
    outbox.close()
    assert 10 < content.count(b"draft") < 60
    os.close(reads)
    again = wire.Outbox(writes)
    again.put(Said("error"))
    again.close()
    assert again.broken
    os.close(writes)


def test_a_server_that_hangs_is_ended_when_nobody_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    monkeypatch.setattr(wire, "GRACE_SECONDS", 0.05)
    monkeypatch.setattr(wire, "LOOK_SECONDS", 0.02)
    reads, writes = os.pipe()
    with wire.ending_with(reads):  # and ends by itself
        os.write(writes, b"a request is no end")
    with wire.ending_with(reads):
        assert codes == []
        os.close(writes)
        wait_until(lambda: codes == [1])
    os.close(reads)


def test_what_is_printed_goes_to_the_log_and_no_child_gets_the_pipes(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with wire.set_aside() as (reads, writes):
        assert not os.get_inheritable(reads)
        assert not os.get_inheritable(writes)
        os.write(1, b"printed\n")
        assert os.read(0, 10) == b""
        os.write(writes, b"said\n")
    os.write(1, b"again\n")
    told = capfd.readouterr()
    assert (told.out, told.err) == ("said\nagain\n", "printed\n")
