"""Problems made to order: how they are spelled, and that they are what was ordered."""

import json

import numpy as np
import pytest
from answers import _compute, ask
from cases import small

from ired_interp_core import made_to_order, registry, tasks
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet
from ired_interp_core.tasks import completion, ensembles, generation, polynomials

N = 20


def matrices(task: str, variant: str, count: int, size: int = N) -> tuple[np.ndarray, np.ndarray]:
    made = tasks.problems(task, count, 0, size, variant)
    return (side.reshape(count, -1, size, size)[:, 0] for side in (made.x, made.y))


@pytest.mark.parametrize(
    ("task", "given", "name", "title"),
    [
        ("completion", {"rank": 5}, "rank5", "rank 5"),
        ("completion", {"noise": 0, "rank": 5.0}, "rank5_noise0", "rank 5, noise 0"),
        ("completion", {"rank": 10, "observed": 0.5}, "same", "same"),
        ("completion", {"rank": 1, "variance": "unscaled"}, "rank1_unscaled",
         "rank 1, variance grows with rank"),
        ("inverse", {"condition": 100}, "condition100", "condition 100"),
        ("inverse", {"condition": 2.5, "kept": "largest", "bases": "free"},
         "condition2.5_largest_free", "condition 2.5, largest eigenvalue kept, two bases"),
        ("inverse", {"ensemble": "toeplitz"}, "toeplitz", "Toeplitz"),
        ("addition", {"range": 0.25}, "range0.25", "range 0.25"),
    ],
)  # fmt: skip
def test_an_order_has_one_name_that_is_read_back(task, given, name, title):
    assert made_to_order.spell(task, given) == name
    assert made_to_order.title(task, name) == title
    found = made_to_order.values(task, name)
    assert {key: found[key] for key in given} == given
    named = ProblemSet(task, name, N, 3)
    record = json.loads(json.dumps(named.as_dict()))
    assert ProblemSet.from_dict(record) == named
    assert set(record) == {"task", "variant", "size", "seed"}, "the record is as it always was"


@pytest.mark.parametrize(
    ("task", "variant"),
    [
        ("completion", "rank"), ("completion", "rank5.0"), ("completion", "rank05"),
        ("completion", "noise0_rank5"), ("completion", "rank5_rank5"), ("completion", "rank21"),
        ("completion", "rank10"), ("completion", "condition10"), ("completion", ""),
        ("completion", "rank5_kept"), ("inverse", "rank5"), ("inverse", "condition0.5"),
        ("inverse", "condition1000000"), ("inverse", "condition10_toeplitz"),
        ("inverse", "largest"), ("inverse", "free"), ("addition", "range0"),
        ("addition", "range1"), ("addition", "Range2"), ("addition", "range-2"),
    ],
)  # fmt: skip
def test_what_is_no_order_is_refused(task, variant):
    for asked in (
        lambda: tasks.problems(task, 1, 0, N, variant),
        lambda: ProblemSet.from_dict({"task": task, "variant": variant, "size": N, "seed": 0}),
    ):
        with pytest.raises(Refusal):
            asked()


def test_orders_that_cannot_be_spelled_are_refused():
    with pytest.raises(Refusal, match="too many digits"):
        made_to_order.spell("completion", {"noise": 1e-7})
    with pytest.raises(Refusal, match="condition = 100"):
        made_to_order.spell("inverse", {"kept": "largest"}, "here")
    with pytest.raises(Refusal, match="unknown parameter"):
        made_to_order.spell("inverse", {"rank": 2})


@pytest.mark.parametrize("kappa", [1, 2.5, 10, 1000, 100000])
@pytest.mark.parametrize("more", ["", "_largest", "_even", "_free"])
def test_the_condition_number_is_the_one_ordered(kappa, more):
    x, y = matrices("inverse", f"condition{kappa}{more}", 6)
    values = np.linalg.svd(x, compute_uv=False)
    ends = (0.5, 0.5 * kappa) if more != "_largest" else (45.5 / kappa, 45.5)
    np.testing.assert_allclose(values[:, 0] / values[:, -1], kappa, rtol=1e-10)
    np.testing.assert_allclose(values[:, 0], ends[1], rtol=1e-12)
    np.testing.assert_allclose(values[:, -1], ends[0], rtol=1e-10)
    np.testing.assert_allclose(
        x @ y, np.broadcast_to(np.eye(N), x.shape), atol=1e-14 * kappa + 1e-13
    )
    symmetric = np.array_equal(x, x.swapaxes(1, 2)) and np.array_equal(y, y.swapaxes(1, 2))
    assert symmetric == (more != "_free")
    if more == "_even":
        np.testing.assert_allclose(np.diff(np.log(values), axis=1), -np.log(kappa) / 19, atol=1e-8)


@pytest.fixture
def few(monkeypatch):
    """Fits on fewer problems, which later tests do not meet."""
    monkeypatch.setattr(polynomials, "fit_count", lambda size: 300)
    for cached in (polynomials.fit, generation._baselines):
        cached.cache_clear()
    yield
    for cached in (polynomials.fit, generation._baselines):
        cached.cache_clear()


def test_condition_one_is_half_the_identity_and_the_answer_lies_on_the_box(few):
    x, y = matrices("inverse", "condition1", 3)
    assert np.array_equal(x, np.broadcast_to(0.5 * np.eye(N), x.shape))
    assert np.array_equal(y, np.broadcast_to(2.0 * np.eye(N), y.shape))
    known = tasks.baselines("inverse", "condition1", N)
    assert np.isfinite([b.predict(x.reshape(3, -1)) for b in known]).all()


def test_sets_of_other_condition_numbers_are_paired():
    """The same bases: matrices of one index commute, and the order of eigenvalues is kept."""
    one, other = (next(matrices("inverse", f"condition{k}", 3)) for k in (10, 1000))
    np.testing.assert_allclose(one @ other, other @ one, atol=1e-9)
    logs = [np.log(np.linalg.eigvalsh(m) / 0.5) for m in (one, other)]
    np.testing.assert_allclose(logs[1], 3 * logs[0], atol=1e-9)
    shares = np.concatenate([logs[0][:, 1:-1].ravel() / np.log(10)])
    assert 0.2 < shares.mean() < 0.8


def test_bases_are_uniform():
    """Haar: entries have mean 0 and variance 1/n, and the signs of a column are free."""
    rng = np.random.default_rng(0)
    drawn = np.stack([ensembles.haar(rng, 8) for _ in range(2000)])
    squares = drawn @ drawn.swapaxes(1, 2)
    np.testing.assert_allclose(squares, np.broadcast_to(np.eye(8), drawn.shape), atol=1e-13)
    assert abs(drawn.mean(0)).max() < 0.04  # 4.5 standard errors
    np.testing.assert_allclose((drawn**2).mean(0), 1 / 8, atol=0.02)


def test_families_are_what_they_say():
    x, y = matrices("inverse", "toeplitz", 40)
    assert np.array_equal(x[:, 1:, 1:], x[:, :-1, :-1])
    assert np.array_equal(x, x.swapaxes(1, 2))
    np.testing.assert_allclose(np.linalg.eigvalsh(x)[:, 0], 0.5, atol=1e-12)
    off = x[:, 0, 1:]
    assert abs(off.std() - 2 * (N / 9) ** 0.5 * 1.0) < 0.15, "as training has off the diagonal"
    x, y = matrices("inverse", "orthogonal", 3)
    np.testing.assert_allclose(
        x @ x.swapaxes(1, 2), np.broadcast_to(np.eye(N), x.shape), atol=1e-14
    )
    assert np.array_equal(y, x.swapaxes(1, 2))
    heavy, training = (next(matrices("inverse", v, 300)) for v in ("heavy", "same"))
    assert np.linalg.eigvalsh(heavy)[:, 0].min() >= 0.5
    traces = [np.trace(m, axis1=1, axis2=2) for m in (heavy, training)]
    assert abs(np.median(traces[0]) / traces[1].mean() - 0.9) < 0.15
    assert traces[0].std() > 3 * traces[1].std()


def test_rank_keeps_variance_and_error_but_not_the_tails():
    """Kurtosis of an entry of UVᵀ is 3 + 6/r; with the noise 5.9, 4.5, 3.6, 3.3 at r = 1 … 10."""
    found = {}
    for rank in (1, 2, 5, 10):
        variant = made_to_order.spell("completion", {"rank": rank})
        assert completion.entry_variance(variant) == pytest.approx(0.035, abs=1e-15)
        x, y = matrices("completion", variant, 1500)
        assert y.var() == pytest.approx(0.035, rel=0.05)
        assert ((x - y) ** 2).mean() == pytest.approx(0.0175, rel=0.05)
        found[rank] = (y**4).mean() / y.var() ** 2
    low = 6 * (0.025 / 0.035) ** 2
    for rank, exact in ((1, 5.9), (2, 4.5), (5, 3.6), (10, 3.3)):
        assert 3 + low / rank == pytest.approx(exact, abs=0.17)
        assert found[rank] == pytest.approx(3 + low / rank, rel=0.12)


def test_rank_is_exact_without_noise_and_the_share_is_observed():
    for rank in (1, 3):
        _, y = matrices("completion", f"rank{rank}_noise0", 4)
        values = np.linalg.svd(y, compute_uv=False)
        assert (values[:, rank:] < 1e-13 * values[:, :1]).all()
        assert (values[:, rank - 1] > 1e-3 * values[:, 0]).all()
    x, y = matrices("completion", "observed0.2", 200)
    assert (x != 0).mean() == pytest.approx(0.2, abs=0.01)
    same = tasks.problems("completion", 200, 0, N, "observed1")
    np.testing.assert_array_equal(same.x, same.y)
    grown = completion.entry_variance("rank2_unscaled")
    assert grown == pytest.approx(0.01 + 2 / 400)
    x, _ = matrices("addition", "range3", 50, 4)
    assert 2.9 < abs(x).max() <= 3


def test_predictors_are_fitted_for_the_set_or_said_not_to_apply(few):
    fitted = {}
    for variant in ("condition10", "condition1000"):
        made = tasks.problems("inverse", 100, 0, 10, variant)
        known = {b.name: b for b in tasks.baselines("inverse", variant, 10)}
        fitted[variant] = {n: ((b.predict(made.x) - made.y) ** 2).mean() for n, b in known.items()}
    wide, narrow = fitted["condition1000"], fitted["condition10"]
    assert narrow["polynomial_3_refitted"] < narrow["scaled_identity_refitted"] < narrow["zero"]
    assert narrow["polynomial_7_refitted"] < narrow["polynomial_7"], "fitted on these"
    assert "polynomial_7" not in wide
    assert "polynomial_7_refitted" in wide
    assert all(np.isfinite(v) and v < 4 for v in (*wide.values(), *narrow.values()))
    left = tasks.unfit("inverse", "condition1000", 10)
    assert "beyond those" in left["polynomial_7"]
    assert tasks.unfit("inverse", "condition10", 10) == {}
    assert "symmetric" in tasks.unfit("inverse", "orthogonal", 10)["polynomial_2_refitted"]
    assert "mix" in tasks.unfit("completion", "rank2_noise0", 10)["posterior_mean_refitted"]
    assert "posterior_mean_refitted" in {b.name for b in tasks.baselines("completion", "rank2", 10)}


def test_sets_stand_in_the_order_of_their_values():
    ranks = ["harder", "rank12", "rank2", "same", "rank1"]
    key = [made_to_order.place("completion", name) for name in ranks]
    ordered = [name for _, name in sorted(zip(key, ranks, strict=True))]
    assert ordered == ["same", "harder", "rank1", "rank2", "rank12"]


@pytest.mark.parametrize(
    ("task", "variant"),
    [("inverse", "orthogonal"), ("inverse", "condition1"), ("completion", "rank1_noise0")],
)
@pytest.mark.parametrize("name", ["problem_properties", "descent", "geometry", "accuracy"])
def test_analyses_answer_about_sets_to_order(few, name, task, variant):
    """With the predictors that apply, and gaps where the set has no such thing."""
    problems = ProblemSet(task, variant, 3, 0)
    asked = ask(name, problems)
    result = _compute(asked.question.key, small(3, task), problems, 0, 3)
    there = [b.name for b in tasks.baselines(task, variant, 3)]
    if "baseline" in result.dims:
        assert set(result.baseline.values) == set(there)
    if name == "problem_properties":
        outside = registry.get(name).schema.derived["outside_box"].array(result)
        assert (outside == 0).all(), "2I lies on the box"
    if name == "geometry" and variant == "orthogonal":
        assert np.isnan(result.off_diagonal_share).all()
        assert not result.resolved.sel(dimension=[1, 2], place="answer").any(), "equal values"
