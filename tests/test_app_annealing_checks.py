"""Annealing's panels that hold an expectation against its control: numbers against plain NumPy."""

import math

import drawn
import fake_store
import numpy as np
import pytest
import scipy.stats

import store
from app.annealing import checks
from app.shared.asks import reading
from app.shared.drawing.bands import order_over_levels, rank_correlation
from app.shared.page import exports
from ired_interp_core import intervals
from ired_interp_core.curvature.ideal import gaussian_eigenvalue
from ired_interp_core.records import ProblemSet
from ired_interp_core.schedule import cosine
from ired_interp_core.schema import LEVELS, PLACES
from ired_interp_core.tasks.completion import entry_variance

COUNT = 24
ANALYSES = ("problem_properties", "descent", "hessian_spectrum")


@pytest.fixture(scope="module", params=["inverse", "completion"])
def task(request):
    return request.param


@pytest.fixture(scope="module")
def opened(task, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checks") / "store"
    problems = ProblemSet(task, "same", 4, 0)
    fake_store.make(folder, count=COUNT, problems=problems, analyses=ANALYSES)
    with store.open(folder) as s:
        yield s


@pytest.fixture(scope="module")
def answers(opened):
    def read(analysis):
        question = next(q for q in reading.questions(opened) if q.analysis == analysis)
        return opened.read(analysis, question=question.key)

    return read


def test_the_ratio_is_that_of_the_means_and_lies_in_its_interval(opened, answers):
    shown = drawn.drawn(opened, "annealing", "variance", group="", place="answer")
    r = answers("hessian_spectrum").sel(place="noised_truth")
    v, error = (r[n].mean("problem").values for n in ("implied_variance", "denoising_error"))
    n = shown.numbers
    np.testing.assert_allclose(n.ratio[:8], (v / error)[:8], rtol=1e-6)
    assert np.isnan(n.ratio[8:]).all()
    assert (n.ratio_low <= n.ratio_high)[:8].all()
    schedule = cosine()
    scale = schedule.sigma**2 / schedule.alphas_cumprod
    np.testing.assert_allclose(scale * (1 - n.sigma_trace), v, rtol=1e-6)
    np.testing.assert_allclose(scale * (1 - n.one_minus_loss), error, rtol=1e-6)
    assert "error" not in shown.note


def test_definite_is_the_share_within_rounding_with_its_interval(opened, answers):
    n = drawn.drawn(opened, "annealing", "definite").numbers
    r = answers("hessian_spectrum")
    for place in PLACES:
        at = r.sel(place=place)
        hits = (at.smallest_eigenvalue >= -1e-5 * at.largest_eigenvalue).sum("problem").values
        np.testing.assert_allclose(n[f"{place}_share"], hits / COUNT)
        low, high = intervals.proportion(hits, np.full(LEVELS, COUNT))
        np.testing.assert_allclose(n[f"{place}_low"], low)
        np.testing.assert_allclose(n[f"{place}_high"], high)
    assert int(n.holds.sel(place="noised_truth")) == 0, "24 problems cannot show 0.95"
    assert len(exports.table(n))


def test_order_is_spearmans_beside_the_ideal_and_what_was_not_measured(opened, answers, task):
    shown = drawn.drawn(opened, "annealing", "progression", place="truth")
    n, values = shown.numbers, answers("hessian_spectrum").participation_ratio.sel(place="truth")
    rho = [
        abs(scipy.stats.spearmanr(np.arange(LEVELS), row).statistic)
        for row in values.transpose("problem", "level").values
    ]
    assert float(n.participation_ratio_model_median) == pytest.approx(np.median(rho))
    assert float(n.participation_ratio_model_reached) == sum(r >= checks.ORDERED for r in rho)
    ideal = float(n.participation_ratio_ideal)
    assert math.isnan(ideal) if task == "inverse" else ideal == 1.0
    assert math.isnan(float(n.index_ideal))
    assert [row.cells[2] for row in shown.body.rows] == ["–"] * 3
    assert "precompute train" in shown.command
    assert "--steps 1" in shown.long


def test_the_gaussian_ideal_is_in_order_since_its_soft_eigenvalues_rise():
    schedule = cosine()
    soft = gaussian_eigenvalue(entry_variance("same"), schedule.sigma, schedule.alphas_cumprod)
    assert (np.diff(soft * schedule.sigma) > 0).all()


def test_fates_add_up_and_undecided_stands_apart(opened, answers):
    shown = drawn.drawn(opened, "annealing", "fates")
    n, r = shown.numbers, answers("descent")
    for name in checks.FATES:
        np.testing.assert_allclose(n[name], r[name].mean("problem"), rtol=1e-6)
    assert [bar.name for bar in shown.body.data] == [
        "accepted",
        "rejected",
        "undecided",
        "unchanged",
    ]
    assert "% undecided" in shown.note


def test_order_over_levels_against_its_twin():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 5, (60, LEVELS)).astype(float)
    values[rng.random(values.shape) < 0.1] = np.nan
    values[0], values[1], values[2, 2:] = 3.0, np.arange(LEVELS), np.nan
    found = order_over_levels(values)
    twin = [rank_correlation(np.arange(LEVELS, dtype=float), row) for row in values]
    np.testing.assert_allclose(found, twin, atol=1e-9)
    assert np.isnan(found[[0, 2]]).all()
    assert found[1] == 1.0


def test_order_holds_only_beyond_its_control():
    high, low = np.full(12, 0.95), np.full(12, 0.5)
    missing = np.full(12, np.nan)
    for rho, untrained, verdict in (
        (high, None, "no control"), (high, low, "holds"), (high, high, "not decided"),
        (high, missing, "holds"), (low, None, "does not hold"), (missing, low, "not measured"),
        (np.linspace(0.7, 0.9, 12), low, "not decided"), (high[:5], low[:5], "not measured"),
    ):  # fmt: skip
        assert checks._verdict(rho, untrained)[0] == verdict
