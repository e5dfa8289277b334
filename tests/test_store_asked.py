"""A store is asked in words, with an index, a slice or a list, at once or when it is looked at."""

import numpy as np
import pytest
import store_cases as cases
import xarray as xr

import store
from ired_interp_core.errors import Refusal
from store import reading

ANALYSIS = "hessian_spectrum"


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    root = tmp_path_factory.mktemp("store")
    cases.fill(root, cases.question(ANALYSIS))
    store.catalog.collect(root)
    with store.open(root) as opened:
        yield opened


@pytest.fixture(scope="module")
def whole(reader):
    return reader.read(ANALYSIS)


def test_a_question_is_as_good_as_its_name(reader, whole):
    (question,) = reader.questions()
    xr.testing.assert_identical(reader.read(question), whole)
    assert question.key[:8] in str(question)
    assert f"{question.rows} problems" in str(question)
    assert "1 question of 1 analysis" in repr(reader)


@pytest.mark.parametrize(
    ("asked", "places"),
    [(3, [3]), (np.int64(3), [3]), (slice(1, 6, 2), [1, 3, 5]), (slice(-2, None), [-2, -1]),
     ([4, 0], [4, 0]), (range(2), [0, 1]), (np.array([1]), [1])],
)  # fmt: skip
def test_problems_are_an_index_a_slice_or_a_list(reader, whole, asked, places):
    xr.testing.assert_identical(reader.read(ANALYSIS, problems=asked), whole.isel(problem=places))


@pytest.mark.parametrize("asked", ["3", 2.0, True, [0.5], [], {"a": 1}, slice(9**9, None), [9**9]])
def test_other_problems_are_refused_in_one_line(reader, asked):
    with pytest.raises(Refusal, match=r"came|not in the store|unusable"):
        reader.read(ANALYSIS, problems=asked)


def test_words_choose_a_question(reader):
    (question,) = reader.questions()
    words = {"task": question.problems.task, "size": question.problems.size}
    assert reader.questions(ANALYSIS, **words, parameters=question.parameters) == [question]
    assert reader.questions(ANALYSIS, dtype=question.parameters["dtype"], seed=7) == [question]
    assert reader.questions(ANALYSIS, parameters={"seed": 7}) == []
    assert reader.questions(model=question.model[:6]) == [question]
    assert reader.questions(model="fff0") == []
    for role, key in question.inputs.items():
        assert reader.questions(inputs={role: key[:5]}) == [question]
    with pytest.raises(Refusal, match=r"unknown word of a question.*came: taks"):
        reader.read(ANALYSIS, taks="inverse")
    with pytest.raises(Refusal, match="unknown input of a question"):
        reader.questions(inputs={"nothing": "0"})
    with pytest.raises(Refusal, match=f"no question fits.*size=99.*expected: .*{question.key[:8]}"):
        reader.read(ANALYSIS, size=99)


def test_a_model_is_found_by_the_beginning_of_its_digest(reader):
    known = list(reader.models())
    for digest in known:
        assert reader.weights(digest[:8]).parent.name == digest
    with pytest.raises(Refusal, match="unknown model"):
        reader.weights("nothing")


PICKS = (
    {"problem": 2}, {"problem": slice(1, 5, 2)}, {"problem": [3, 0]}, {"problem": slice(0, 0)},
    {"level": 1}, {"problem": [1, 4], "level": slice(None, None, -1)},
)  # fmt: skip


@pytest.mark.parametrize("pick", PICKS)
def test_a_lazy_answer_reads_the_problems_that_are_looked_at(reader, whole, monkeypatch, pick):
    lazy = reader.read(ANALYSIS, lazy=True)
    assert {n: v.dims for n, v in lazy.variables.items()} == {
        n: v.dims for n, v in whole.variables.items()
    }
    seen = []
    real = reading.read

    def watched(root, question, spans, problems, *rest):
        seen.extend(np.asarray(problems).tolist())
        return real(root, question, spans, problems, *rest)

    monkeypatch.setattr(reading, "read", watched)
    pick = {dim: label for dim, label in pick.items() if dim in whole.dims}
    chosen = lazy.isel(pick)
    assert seen == []
    xr.testing.assert_equal(chosen.load(), whole.isel(pick))
    if "problem" in pick:
        assert set(seen) <= set(np.atleast_1d(whole["problem"].values[pick["problem"]]).tolist())
