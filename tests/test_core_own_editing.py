"""Edited problems: the entries meant and no others, and the truth that follows."""

import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from cases import ROOT, bundled
from hypothesis import given, settings
from hypothesis import strategies as st

from ired_interp_core import tasks
from ired_interp_core.contents import Content
from ired_interp_core.errors import Refusal
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.own import Change, edit, facts, places, rounding, training_range

N = 4


def problem(task: str, truth: bool = True, size: int = N) -> Content:
    p = tasks.problems(task, 1, 0, size, start=7)
    return Content(task, size, p.x, p.y if truth else None, first=7)


def moved(before: Content, after: Content) -> set[tuple[int, ...]]:
    """Places of x that differ: (part, row, column)."""
    shape = (-1, before.size, before.size)
    return set(zip(*np.nonzero((before.x != after.x).reshape(shape)), strict=True))


@pytest.mark.parametrize("symmetric", [True, False])
def test_inverse_changes_the_entry_and_its_mirror_and_inverts_anew(symmetric: bool) -> None:
    before = problem("inverse")
    after = edit(before, [Change(1, 3, 0.25)], symmetric)
    assert moved(before, after) == {(0, 1, 3), (0, 3, 1)} if symmetric else {(0, 1, 3)}
    a = after.x.reshape(N, N)
    assert a[1, 3] == 0.25
    np.testing.assert_allclose(after.y.reshape(N, N), np.linalg.solve(a, np.eye(N)), rtol=1e-9)
    assert after.first == 7
    assert after.digest == edit(before, [Change(1, 3, 0.25)], symmetric).digest != before.digest
    noted = facts(after, before)["notes"]
    assert noted == ([] if symmetric else ["not symmetric, as no training problem was"])


def test_addition_changes_one_summand_alone_and_adds_anew() -> None:
    before = problem("addition")
    after = edit(before, [Change(1, 3, 2.0, part=1), Change(0, 0, -1.0)])
    assert moved(before, after) == {(1, 1, 3), (0, 0, 0)}
    a, b = after.x.reshape(2, N, N)
    assert [[a[i][j] + b[i][j] for j in range(N)] for i in range(N)] == after.y.reshape(
        N, N
    ).tolist()


def test_completion_shows_hides_and_changes_what_is_observed() -> None:
    before = problem("completion")
    (i, j), (k, m) = (tuple(map(int, p[0])) for p in (
        np.argwhere(before.x.reshape(N, N) != 0), np.argwhere(before.x.reshape(N, N) == 0)
    ))  # fmt: skip
    truth = before.y.reshape(N, N)
    hidden = edit(before, [Change(i, j, observed=False)])
    assert moved(before, hidden) == {(0, i, j)}
    np.testing.assert_array_equal(hidden.y, before.y)
    shown = edit(hidden, [Change(i, j, observed=True), Change(i, j, observed=True)])
    assert shown.digest == before.digest
    assert edit(before, [Change(k, m, observed=True)]).x.reshape(N, N)[k, m] == truth[k, m]
    changed = edit(before, [Change(k, m, 0.5)])
    assert changed.x.reshape(N, N)[k, m] == changed.y.reshape(N, N)[k, m] == 0.5
    assert np.count_nonzero(changed.y != before.y) == 1


def test_without_a_truth_none_is_invented() -> None:
    before = problem("completion", truth=False)
    hidden = tuple(map(int, np.argwhere(before.x.reshape(N, N) == 0)[0]))
    assert edit(before, [Change(*hidden, 0.5)]).y is None
    with pytest.raises(Refusal, match=r"cannot be shown.*no true value.*give it a value"):
        edit(before, [Change(*hidden, observed=True)])
    said = facts(before)
    assert not said["truth"]
    assert said["notes"] == ["no truth"]


@pytest.mark.parametrize("task", tasks.TASKS)
def test_no_change_is_the_very_same_problem(task: str) -> None:
    before = problem(task)
    value = before.x.reshape(-1, N, N)[0, 0, 0]
    same = [] if task == "completion" and value == 0 else [Change(0, 0, float(value))]
    for changes in ([], same):
        assert edit(before, changes).digest == before.digest
    said = facts(before, before)
    assert (said["changed"], said["relative_change"]) == (0, 0.0)
    assert said["condition"] == said["condition_before"]


@pytest.mark.parametrize(
    ("task", "change", "words"),
    [
        ("inverse", Change(4, 0, 1.0), "no such entry"), ("inverse", Change(0, -1, 1.0), "no such"),
        ("inverse", Change(0, 0, 1.0, part=1), "no such entry"),
        ("addition", Change(0, 0, 1.0, part=2), "no such entry"),
        ("inverse", Change(0, 0), "and not both"), ("completion", Change(0, 0, 1.0, True), "both"),
        ("inverse", Change(0, 0, observed=True), "only completion hides"),
        ("inverse", Change(0, 0, math.nan), "cannot be used"),
        ("addition", Change(0, 0, 1e7), "cannot be used"),
        ("completion", Change(0, 0, 0.0), "cannot be 0, which says hidden"),
    ],
)  # fmt: skip
def test_what_cannot_be_changed_is_one_line(task: str, change: Change, words: str) -> None:
    with pytest.raises(Refusal, match=words) as refusal:
        edit(problem(task), [change])
    assert "\n" not in str(refusal.value)


def test_a_matrix_that_cannot_be_inverted_is_refused_with_both_numbers() -> None:
    flat = Content("inverse", 2, np.array([[1.0, 0.0, 0.0, 1.0]]), np.array([[1.0, 0.0, 0.0, 1.0]]))
    with pytest.raises(Refusal, match=r"κ would be 1×10¹³, the limit is 10¹²"):
        edit(flat, [Change(1, 1, 1e-13)])
    with pytest.raises(Refusal, match=r"κ would be ∞, the limit is 10¹².*singular"):
        edit(flat, [Change(1, 1, 0.0)])
    with pytest.raises(Refusal, match="one problem is edited at a time"):
        edit(Content("completion", 2, np.ones((2, 4))), [])
    near = edit(flat, [Change(1, 1, 1e-11)])
    np.testing.assert_allclose(near.y, [[1, 0, 0, 1e11]])
    assert facts(near, flat)["condition"] == pytest.approx(1e11)
    indefinite = edit(flat, [Change(0, 0, -1.0)])
    assert facts(indefinite)["notes"] == ["not positive definite, as no training problem was"]


# --- how far outside training -------------------------------------------------------------------


def slowly(task: str, x: np.ndarray) -> dict[str, float]:
    """The compared values of one problem, from their definitions."""
    n = training_range.SIZE
    a = [[sum(x[p * n * n + i * n + j] for p in range(len(x) // (n * n))) for j in range(n)]
         for i in range(n)]  # fmt: skip
    gram = np.array(
        [[sum(a[k][i] * a[k][j] for k in range(n)) for j in range(n)] for i in range(n)]
    )
    singular = np.sqrt(np.maximum(np.linalg.eigvalsh(gram), 0))
    norm = math.sqrt(sum(v * v for row in a for v in row))
    off = math.sqrt(sum((a[i][j] - a[j][i]) ** 2 for i in range(n) for j in range(n)))
    smallest = singular[0]
    if task == "inverse":
        smallest = min(np.linalg.eigvals((np.array(a) + np.array(a).T) / 2).real)
    return {
        "condition": singular[-1] / singular[0], "smallest": smallest,
        "symmetry_defect": off / norm, "largest_entry": max(map(abs, x)),
        "norm": math.sqrt(sum(v * v for v in x)),
    }  # fmt: skip


@pytest.mark.parametrize("task", tasks.TASKS)
def test_values_are_those_of_their_definitions(task: str) -> None:
    x = tasks.problems(task, 2, 5).x
    found = training_range.values(task, x)
    for i in range(2):
        for name, value in slowly(task, x[i]).items():
            assert found[name][i] == pytest.approx(value, rel=1e-6, abs=1e-9), name


@pytest.mark.parametrize("task", tasks.TASKS)
def test_the_table_that_ships_is_that_of_a_smaller_sample(task: str) -> None:
    """Shares beyond the 1 and 99 % quantiles of 20,000 problems, among 1,000 of another seed."""
    assert training_range.TABLE.stat().st_size < 20_000
    kept = training_range.table()[task]
    found = training_range.values(task, tasks.problems(task, 1000, 1).x)
    assert set(kept) == set(found)
    for name, values in found.items():
        assert sorted(kept[name]) == kept[name]
        low, middle, high = (
            kept[name][training_range.QUANTILES.index(q)] for q in (0.01, 0.5, 0.99)
        )
        if low == high:  # a training matrix of inverse is symmetric to the bit
            assert (values == low).all()
            continue
        assert 0.001 <= (values < low).mean() <= 0.025, name
        assert 0.001 <= (values > high).mean() <= 0.025, name
        assert 0.44 <= (values < middle).mean() <= 0.56, name


def test_a_problem_outside_says_where() -> None:
    p = tasks.problems("inverse", 1, 3)
    inside = places("inverse", 20, p.x[0])
    assert [q.name for q in inside] == [
        "condition", "smallest", "symmetry_defect", "largest_entry", "norm"
    ]  # fmt: skip
    assert [q.inside for q in inside] == [True] * 5
    outside = {q.name: q for q in places("inverse", 20, 10 * p.x[0])}
    assert not outside["norm"].inside
    assert outside["norm"].value > outside["norm"].high
    assert outside["condition"].inside
    tilted = p.x[0].copy()
    tilted[1] += 1.0
    assert [q.name for q in places("inverse", 20, tilted) if not q.inside] == ["symmetry_defect"]
    elsewhere = places("completion", N, np.zeros(N * N))
    assert {q.inside for q in elsewhere} == {None}
    assert facts(Content("completion", N, np.zeros((1, N * N))))["condition"] == "inf"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(tasks.TASKS)), st.integers(0, N - 1), st.integers(0, N - 1),
       st.floats(-1e6, 1e6) | st.booleans(), st.booleans())  # fmt: skip
def test_any_change_gives_finite_numbers_or_one_line(task, row, col, what, symmetric) -> None:
    shown = isinstance(what, bool)
    change = Change(row, col, None if shown else what, what if shown else None)
    before = problem(task)
    try:
        after = edit(before, [change], symmetric)
    except Refusal as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017 - what it raises is what is looked at
        return
    assert np.isfinite(after.x).all()
    assert np.isfinite(after.y).all()
    facts(after, before)


def test_making_a_problem_loads_no_torch() -> None:
    code = "import sys, ired_interp_core.own; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("task", ["inverse", "addition", "completion"])
def test_rounding_moves_an_answer_by_no_more_than_is_said(task):
    model, made, count = bundled(task), tasks.problems(task, 24, 5), 24
    x = torch.from_numpy(made.x.astype("f4"))
    start = torch.from_numpy(start_noise(0, np.arange(count), model.d).astype("f4"))
    side = np.where(np.random.default_rng(1).random(x.shape) < 0.5, 1, -1).astype("f4")
    near = torch.nextafter(x, x + torch.from_numpy(side))
    moved = (anneal(model, near, start).answer - anneal(model, x, start).answer).abs().amax(-1)
    assert 0 < float(moved.max()) <= 2 * rounding.ROUNDING[task]
    assert float(moved.quantile(0.9)) <= rounding.ROUNDING[task]
