"""Several readers at once: each gets the answer to their own question, and the line is bounded."""

import os
import threading
import time

import browser
import numpy as np
import pytest
from live_people import Person
from test_app_live import computed

import store
from ired_interp_core import contents as given
from ired_interp_core import registry, tasks
from ired_interp_core.contents import Content
from ired_interp_core.own import edit
from ired_interp_core.records import ProblemSet

pytestmark = [pytest.mark.slow, pytest.mark.alone]
PEOPLE = int(os.environ.get("LIVE_PEOPLE", "5"))
SECONDS = float(os.environ.get("LIVE_SECONDS", "5"))
"""`make soak` has twenty of them for a minute."""
SAME = ProblemSet("inverse", "same", 20, 0)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return computed(tmp_path_factory.mktemp("people") / "store")


def key_of(analysis: str, model: str, problems: ProblemSet) -> str:
    """The key that an answer with the default parameters has."""
    filled = {"model": model, "problems": problems.digest}
    return registry.get(analysis).question(filled, {}).key


def test_nobody_gets_the_answer_to_anothers_question(root):
    with store.open(root) as opened:
        (model,) = {q.model for q in opened.questions("descent")}
    wrong, told, errors = [], [], []
    live = store.LiveAnswers(root)

    def reader(person: Person, number: int) -> None:
        rng = np.random.default_rng(number)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            problem, row, col = int(rng.integers(2)), *map(int, rng.integers(20, size=2))
            value = round(float(rng.normal()), 3)
            change = {"row": row, "col": col, "value": value}
            began = time.monotonic()
            made = person.ask("edit", {"problems": SAME.as_dict(), "problem": problem,
                                       "changes": [change], "symmetric": True})  # fmt: skip
            told.append((made["say"], time.monotonic() - began))
            if made["say"] != "made":
                continue
            x, y = (m.astype(float) for m in sets[problem])
            wanted = edit(Content("inverse", 20, x, y, problem), [given.Change(row, col, value)])
            mine = ProblemSet.from_dict(made["problems"])
            if mine.content != wanted.digest:
                wrong.append((number, change, mine.content))
            began = time.monotonic()
            answer = person.ask("ask", {"analysis": "descent", "model": model, "problem": problem,
                                        "problems": made["problems"], "parameters": {},
                                        "inputs": {}})  # fmt: skip
            told.append((answer["say"], time.monotonic() - began))
            if answer["say"] == "answer" and answer["key"] != key_of("descent", model, mine):
                wrong.append((number, answer["key"]))

    def run(number: int, address: str) -> None:
        try:
            with Person(address) as person:
                reader(person, number)
        except (OSError, AssertionError, ValueError, KeyError, TimeoutError) as error:
            errors.append(repr(error))

    made = tasks.problems("inverse", 2, 0)
    sets = [(made.x[i : i + 1], made.y[i : i + 1]) for i in range(2)]
    with browser.serve(root, live="local") as address:
        threads = [threading.Thread(target=run, args=(n, address)) for n in range(PEOPLE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS + 90)
    assert errors == []
    assert wrong == []
    words = [word for word, _ in told]
    assert words.count("made") >= PEOPLE
    assert words.count("answer") >= PEOPLE
    # A line of eight is full at times where there are twenty: that is said, and nothing else.
    assert set(words) <= {"made", "answer"} | ({"refused"} if PEOPLE > 8 else set())
    seconds = sorted(taken for _, taken in told)
    print(f"{len(told)} requests, p50 {seconds[len(seconds) // 2]:.2f} s, "
          f"p95 {seconds[int(0.95 * len(seconds))]:.2f} s")  # fmt: skip
    sound = {e.address[1:3] for e in live.entries()}
    assert len(sound) >= words.count("answer") // 2
