"""Problems that the server has made: asked about like any other, or refused in one line."""

import base64
import io
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import live_toys
import numpy as np
import pytest
from live_toys import PROBLEMS, Served, ask
from precompute_toys import Bench

from ired_interp_core import own, tasks
from ired_interp_core.contents import Change, Content
from ired_interp_core.messages import Ask, Cancel, Edit, Load, unpack
from ired_interp_core.records import ProblemSet
from store import LiveAnswers, contents

pytestmark = [pytest.mark.alone, pytest.mark.slow]

SEEDED = tasks.problems("inverse", 1, 0, 4, start=5)
PARENT = Content("inverse", 4, SEEDED.x, SEEDED.y, first=5)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with live_toys.known(live_toys.bench(tmp_path_factory.mktemp("make"))) as here:
        yield here


@pytest.fixture(scope="module")
def served(bench: Bench) -> Iterator[Served]:
    running = Served(bench, "--workers", 1)
    running.until("ready", seconds=120)
    yield running
    assert running.end(signal.SIGTERM) == 0
    assert bench.temporaries() == []


def edit(request: str, *changes: Change, session: str = "tab", **more: object) -> Edit:
    given = {"problems": PROBLEMS, "problem": 5} | more
    return Edit(session, request, changes=changes, **given)  # type: ignore[arg-type]


def load(request: str, data: bytes | str, task: str = "completion", size: int = 2) -> Load:
    text = data if isinstance(data, str) else base64.b64encode(data).decode()
    return Load("tab", request, task, size, text, "mine.csv")


def test_an_edited_problem_is_made_and_asked_about_like_any_other(
    served: Served, bench: Bench
) -> None:
    change = Change(1, 2, 0.25)
    served.tell(edit("1", change))
    made = served.until("made", "1")
    expected = own.edit(PARENT, [change])
    problems = ProblemSet.from_dict(made.problems or {})
    assert (problems, made.problem) == (expected.problems, 5)
    numbers = unpack(made.part or {})
    assert numbers.x.dims == ("problem", "part", "row", "col")
    for name, array in (("x", expected.x), ("x_before", PARENT.x), ("y_true", expected.y)):
        np.testing.assert_array_equal(numbers[name].values.ravel(), array.ravel())
    facts = made.facts or {}
    assert facts == json.loads(json.dumps(own.facts(expected, PARENT)))
    assert (facts["changed"], facts["truth"]) == (2, True)
    assert contents.read((LiveAnswers(bench.store).folder,), problems.content).first == 5
    served.tell(Ask("tab", "2", "live_sum", problems, 5))
    answer = served.until("answer", "2")
    found = LiveAnswers(bench.store).read("live_sum", answer.key, 5)
    assert float(found.twice[0]) == 2 * expected.x.mean(axis=1)[0]
    served.tell(edit("3", change, session="other"))
    again = served.until("made", "3")
    assert (again.problems, again.facts) == (made.problems, made.facts)
    served.tell(edit("4", Change(0, 0, 9.0), problems=problems))
    twice = served.until("made", "4")
    assert twice.problems != made.problems
    np.testing.assert_array_equal(unpack(twice.part or {}).x_before, numbers.x)


def test_a_file_is_made_into_problems(served: Served, bench: Bench) -> None:
    served.tell(load("text", b"0,5;1,25\n-3;4"))
    made = served.until("made", "text")
    numbers = unpack(made.part or {})
    np.testing.assert_array_equal(numbers.x.values.ravel(), [0.5, 1.25, -3.0, 4.0])
    assert np.isnan(numbers.y_true).all()
    assert "x_before" not in numbers
    assert (made.facts or {})["notes"] == ["no truth"]
    file = io.BytesIO()
    many = tasks.problems("inverse", 3, 1, 4)
    np.save(file, np.asfortranarray(many.x.reshape(3, 4, 4)))
    served.tell(load("npy", file.getvalue(), "inverse", 0))
    made = served.until("made", "npy")
    problems = ProblemSet.from_dict(made.problems or {})
    assert problems.content == Content("inverse", 4, many.x, many.y).digest
    assert (made.facts or {})["count"] == 3
    served.tell(Ask("tab", "last", "live_base", problems, 2))
    answer = served.until("answer", "last")
    found = LiveAnswers(bench.store).read("live_base", answer.key, 2)
    assert float(found.mean_x[0]) == many.x.mean(axis=1)[2]


def test_what_cannot_be_made_is_refused_in_one_line_by_the_same_worker(served: Served) -> None:
    bomb = io.BytesIO()
    np.savez_compressed(bomb, x=np.zeros(2**22))
    pids = served.workers()
    hostile = {
        "flat": (edit("flat", *(Change(i, j, 1.0) for i in range(4) for j in range(4))), "κ would"),
        "place": (edit("place", Change(4, 0, 1.0)), "no such entry"),
        "index": (edit("index", problem=2**40), "start out of range"),
        "lost": (edit("lost", problems=ProblemSet("inverse", "same", 4, 0, "a" * 24)), "not kept"),
        "row": (load("row", b"1 2\n3"), "row 2 has 1 numbers, 2 expected · in: mine.csv"),
        "nan": (load("nan", b"1 nan\n3 4"), "1 entry is not finite: (1, 2)"),
        "bomb": (load("bomb", bomb.getvalue()), "arrays are too large"),
        "base": (load("base", "@@@"), "no base64"),
        "big": (load("big", b"1 " * 600_000), "file is too large"),
        "task": (load("task", b"1 2\n3 4", "lowrank"), "unknown task"),
        "size": (load("size", b"1 2\n3 4", size=10**30), "wrong shape"),
    }  # fmt: skip
    for name, (request, words) in hostile.items():
        served.tell(request)
        said = served.until("refused", name)
        assert words in said.words
        assert "\n" not in said.words
        assert len(said.words) < 700
    assert served.workers() == pids
    served.tell(Ask("tab", "none", "live_base", ProblemSet("inverse", "same", 4, 0, "b" * 24), 0))
    assert "not kept here" in served.until("refused", "none").words
    served.tell(b'{"do":"load","session":"a","request":"b","data":"' + b"A" * 2**22 + b'"}\n')
    assert "line is too long" in served.until("error").words


def test_makings_wait_in_line_are_replaced_and_taken_back(served: Served) -> None:
    served.tell(ask("long", "one", tiles=600))
    served.until("running", "long")
    served.tell(*(edit(f"w{i}", Change(0, 0, 2.0 + i), session="one") for i in range(2)))
    served.until("replaced", "w0")
    assert served.until("waiting", "w1").place == 1
    served.tell(edit("other", Change(0, 0, 3.0), session="two"))
    served.until("waiting", "other")
    served.tell(Cancel("one", "w1"), Cancel("one", "long"))
    served.until("cancelled", "w1")
    served.until("cancelled", "long")
    assert served.until("made", "other").facts


def test_where_nothing_can_be_kept_no_problem_is_made(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    running = Served(bench, "--live", tmp_path / "file")
    running.tell(edit("1", Change(0, 0, 2.0)))
    assert "read only" in running.until("refused", "1").words
    assert running.end(signal.SIGTERM) == 0
