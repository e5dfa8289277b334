"""Analyses of problems at hand: the same numbers as through a store, and clear refusals."""

from pathlib import Path

import answers
import numpy as np
import pytest
import xarray as xr

from ired_interp_core import checkpoints, memory, tasks
from ired_interp_core.errors import Refusal

CHECKPOINTS = Path(__file__).parent.parent / "checkpoints"


@pytest.fixture(scope="module")
def model():
    return checkpoints.load(CHECKPOINTS / "addition.safetensors")


def test_the_matrices_of_a_seeded_set_give_its_answer(model):
    p = tasks.problems("addition", 2, 0, size=20)
    ours = memory.compute("descent", model, p.x)
    theirs = answers.run("descent", model, "addition", 0, 2, 20)
    for name in ("answer", "mse", "accepted"):
        if name in theirs:
            np.testing.assert_array_equal(ours[name], theirs[name])
    assert ours["problem"].values.tolist() == [0, 1]


def test_what_an_analysis_reads_is_computed_too_and_parameters_count(model):
    a = np.random.default_rng(0).uniform(-1, 1, (2, 20, 20))
    found = memory.compute("hessian_spectrum", model, a, dtype="float64")
    assert found.eigenvalue_spectrum.dims[:3] == ("problem", "level", "place")
    # The trace is the sum of the eigenvalues, and the energy that of the model at the truth.
    np.testing.assert_allclose(found.eigenvalue_spectrum.sum("eigenvalue"), found.trace, rtol=1e-6)


@pytest.mark.parametrize("analysis", ["dictionary", "dictionary_codes", "probes", "nonsense"])
def test_what_is_learned_from_a_set_is_refused_in_one_line(model, analysis):
    with pytest.raises(Refusal, match=r"whole problem set|unknown analysis"):
        memory.compute(analysis, model, np.zeros((2, 20, 20)))


@pytest.mark.parametrize("x", [np.zeros((20, 20)), np.full((2, 20, 20), np.nan), np.zeros(3)])
def test_matrices_that_fit_no_problem_are_refused(model, x):
    with pytest.raises(Refusal, match="in: x and y"):
        memory.compute("descent", model, x)


def test_a_truth_of_ones_own_is_taken(model):
    p = tasks.problems("addition", 1, 3, size=20)
    given = memory.compute("problem_properties", model, p.x, p.y)
    xr.testing.assert_equal(given, memory.compute("problem_properties", model, p.x))
