"""Matrices that a problem set is made of: an address of their own, read back to the bit."""

import json

import numpy as np
import pytest

from ired_interp_core import tasks
from ired_interp_core.contents import Content
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet, digest


def made(task: str = "inverse", count: int = 2, first: int = 0, truth: bool = True) -> Content:
    p = tasks.problems(task, count, seed=3, size=4)
    return Content(task, 4, p.x, p.y if truth else None, first)


@pytest.mark.parametrize("task", tasks.TASKS)
@pytest.mark.parametrize("truth", [True, False])
def test_matrices_are_read_back_to_the_bit_under_the_same_digest(task: str, truth: bool) -> None:
    one = made(task, first=7, truth=truth)
    again = Content.from_dict(json.loads(json.dumps(one.as_dict())))
    assert again.digest == one.digest == digest(one.as_dict())
    np.testing.assert_array_equal(again.x, one.x)
    x, y = again.rows(8, 9)
    np.testing.assert_array_equal(x, one.x[1:])
    np.testing.assert_array_equal(y, one.y[1:] if truth else np.full((1, 16), np.nan))


def test_everything_that_an_answer_depends_on_is_in_the_address() -> None:
    one = made()
    other = one.x.copy()
    other[0, 0] = np.nextafter(other[0, 0], 9.0)
    others = [
        made(first=1), made(truth=False), made(count=1), Content("inverse", 4, other, one.y),
        Content("completion", 4, one.x, one.y),
    ]  # fmt: skip
    digests = {c.problems.digest for c in (one, *others)}
    assert len(digests) == 1 + len(others)
    assert one.problems == ProblemSet("inverse", "same", 4, 0, one.digest)
    assert ProblemSet.from_dict(json.loads(json.dumps(one.problems.as_dict()))) == one.problems
    assert one.problems.digest != ProblemSet("inverse", "same", 4, 0).digest


@pytest.mark.parametrize(("start", "stop"), [(6, 8), (8, 10), (0, 1), (8, 8), (9, 8)])
def test_other_problems_than_its_own_are_refused(start: int, stop: int) -> None:
    with pytest.raises(Refusal, match=r"no such problem.*problems 7 … 8 alone"):
        made(first=7).rows(start, stop)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"content": "short"}, "no digest"), ({"content": "A" * 24}, "no digest"),
        ({"content": 3}, "no problem set"), ({"content": None}, "no problem set"),
        ({"content": "a" * 24, "seed": 1}, "no variant and no seed"),
        ({"content": "a" * 24, "variant": "harder"}, "no variant and no seed"),
    ],
)  # fmt: skip
def test_a_set_of_given_matrices_has_a_digest_and_neither_variant_nor_seed(fields, words) -> None:
    record = ProblemSet("inverse", "same", 4, 0).as_dict() | fields
    with pytest.raises(Refusal, match=words):
        ProblemSet.from_dict(record)


@pytest.mark.parametrize(
    "fields",
    [
        {"x": [[1.0] * 15]}, {"x": []}, {"x": [[1.0] * 16, [1.0]]}, {"x": [1.0] * 16},
        {"x": [[True] * 16]}, {"x": [["1"] * 16]}, {"x": [[None] * 16]}, {"x": [[10**400] * 16]},
        {"x": [[float("nan")] * 16] * 2}, {"y": [[1.0] * 16]}, {"y": "none"}, {"size": 4.0},
        {"size": 1}, {"size": 10**9}, {"size": True}, {"first": -1}, {"first": 2**31},
        {"task": "lowrank"}, {"task": ["inverse"]}, {"more": 1},
    ],
)  # fmt: skip
def test_forged_records_are_refused_in_one_line(fields: dict) -> None:
    with pytest.raises(Refusal) as refusal:
        Content.from_dict(made().as_dict() | fields)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 1000


def test_more_numbers_than_a_file_should_hold_are_refused() -> None:
    with pytest.raises(Refusal, match=r"too many numbers.*at most 262,144"):
        Content("inverse", 256, np.ones((5, 256**2)))


def test_without_a_truth_only_what_is_of_the_problem_alone_has_a_value() -> None:
    x, y = made("completion", truth=False).rows(0, 2)
    found, whole = tasks.properties("completion", x, y), tasks.properties("completion", x, x)
    for name, values in found.items():
        if name in ("problem_norm", "observed_share"):
            np.testing.assert_array_equal(values, whole[name])
        else:
            assert np.isnan(values).all(), name
    assert 0 < found["observed_share"][0] < 1
