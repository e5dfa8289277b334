"""Records of features: a planted one is found, and every number is that of a plain loop."""

import dictionary_records as made
import numpy as np
import pytest
import scipy.stats
import xarray as xr

from ired_interp_core import tasks
from ired_interp_core.dictionaries import atoms, codes, correlations, examples, neighbours
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.names import QUANTILES
from ired_interp_core.records import Gathered

LEVELS, STEPS, SIZE, COUNT = 10, 6, 4, 45
POINTS = LEVELS * STEPS


def planted() -> tuple[Gathered, np.ndarray]:
    """Feature 1 is active where the trace is large, at level 3 and step 4 only; 2 never."""
    p = tasks.problems("inverse", COUNT, seed=0, size=SIZE)
    trace = tasks.properties("inverse", p.x, p.y)["trace"]
    values = -np.ones((COUNT, LEVELS, STEPS, SIZE**2))
    values[:, 3, 4, 1] = trace - np.median(trace)
    values[..., 0] = np.random.default_rng(0).uniform(1, 2, values.shape[:3])
    atom = made.dictionary(np.eye(SIZE**2)[:3], variant="relu")
    return made.gathered(atom, made.activations(values), size=SIZE), trace - np.median(trace)


def test_a_planted_feature_is_found() -> None:
    given, trace = planted()
    r = made.run("dictionary_features", given, examples=5, bins=4)
    f, positive = r.isel(feature=1), np.flatnonzero(trace > 0)
    strongest = positive[np.argsort(-trace[positive])]
    assert str(r.property.values[int(f.strongest_property)]) == "trace"
    assert float(f.strongest_correlation) > 0.8
    assert float(f.strongest_p) < 1e-6
    assert int(f.peak_level) == 3
    assert float(f.activity[3, 4]) == pytest.approx(len(positive) / COUNT)
    assert float(f.activity.sum()) == float(f.activity[3, 4])
    assert float(f.density) == pytest.approx(len(positive) / COUNT / POINTS)
    np.testing.assert_array_equal(f.example_problem, strongest[:5])
    np.testing.assert_array_equal(f.quantile_problem[3], strongest[len(strongest) // 2])
    for name in ("example", "quantile"):
        assert (f[f"{name}_level"] == 3).all()
        assert (f[f"{name}_step"] == 4).all()
    np.testing.assert_allclose(f.example_value, trace[strongest[:5]], rtol=1e-6)


def test_a_dead_feature_has_a_record() -> None:
    f = made.run("dictionary_features", planted()[0]).isel(feature=2)
    assert float(f.density) == float(f.max_activation) == float(f.energy_share) == 0
    assert int(f.peak_level) == int(f.strongest_property) == -1
    assert np.isnan([float(f.mean_activation), float(f.strongest_correlation)]).all()
    assert (f.correlation_p == 1).all()
    for name in ("example", "quantile"):
        for word in ("problem", "level", "step"):
            assert (f[f"{name}_{word}"] == -1).all()
        assert np.isnan(f[f"{name}_value"]).all()
    assert (f.together_feature == -1).all()
    assert np.isfinite(f.near_cosine[:2]).all()
    np.testing.assert_array_equal(f.near_feature[:3], [0, 1, -1])


@pytest.fixture(scope="module")
def random() -> tuple[Gathered, np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Codes f [problem, point, feature] in float64, atoms and properties beside what is given."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(COUNT, LEVELS, STEPS, SIZE**2)) * rng.uniform(0, 2, (COUNT, 1, 1, 1))
    w = rng.normal(size=(40, SIZE**2))
    w[7] = w[3]
    w /= np.linalg.norm(w, axis=1, keepdims=True)
    atom = made.dictionary(w, scale=1.3, centre=0.1, k=5)
    p = tasks.problems("completion", COUNT, seed=0, size=SIZE)
    properties = tasks.properties("completion", p.x, p.y)
    properties["log_abs_det"] = properties["log_abs_det"].copy()
    properties["log_abs_det"][4] = -np.inf
    properties["trace"] = np.round(properties["trace"])  # ties
    given = made.gathered(atom, made.activations(values), "completion", SIZE, properties)
    dictionary = Dictionary.from_dataset(atom)
    rows = values.reshape(COUNT, POINTS, -1).astype("f4")
    f = np.stack([g.numpy() for g in codes.encode(dictionary, rows)])
    return given, f.astype("f8"), dictionary.decoder.numpy().astype("f8"), properties


@pytest.fixture(scope="module")
def answer(random) -> xr.Dataset:
    return made.run("dictionary_features", random[0], examples=6, neighbours=4, bins=9)


def test_activity_is_that_of_a_plain_loop(random, answer: xr.Dataset) -> None:
    f = random[1].reshape(COUNT, LEVELS, STEPS, -1)
    for i in range(f.shape[-1]):
        g, r = f[..., i], answer.isel(feature=i)
        positive = g[g > 0]
        assert float(r.density) == (g > 0).mean()
        assert float(r.density_held_out) == (g[4::5] > 0).mean()
        assert float(r.problem_share) == np.mean([(problem > 0).any() for problem in g])
        assert float(r.mean_activation) == pytest.approx(positive.mean(), rel=1e-12)
        assert float(r.max_activation) == g.max()
        assert float(r.energy_share) == pytest.approx((g**2).sum() / (f**2).sum(), rel=1e-12)
        np.testing.assert_allclose(r.activity, (g > 0).mean(axis=0), rtol=1e-6)
        with np.errstate(invalid="ignore"):
            np.testing.assert_allclose(r.strength, g.sum(0) / (g > 0).sum(0), rtol=1e-6)
        counts = np.histogram(positive, 9, (0, g.max()))[0]
        np.testing.assert_array_equal(r.histogram, counts)
        assert int(r.peak_level) == (g > 0).sum(axis=(0, 2)).argmax()


def test_examples_are_those_of_a_plain_loop(random, answer: xr.Dataset) -> None:
    f = random[1]
    for i in range(f.shape[-1]):
        r, best = answer.isel(feature=i), []
        for problem in range(COUNT):
            point = f[problem, :, i].argmax()
            best.append((-f[problem, point, i], problem, point))
        for rank, (value, problem, point) in enumerate(sorted(best)[:6]):
            e = r.isel(example=rank)
            found = [int(e.example_problem), int(e.example_level), int(e.example_step)]
            assert found == [problem, *divmod(point, STEPS)]
            assert float(e.example_value) == -value
        positive = f[..., i][f[..., i] > 0]
        assert int(r.quantile_points) == len(positive)
        for j, q in enumerate(QUANTILES):
            e = r.isel(quantile=j)
            nearest = np.abs(positive - np.quantile(positive, q)).min()
            value = float(e.quantile_value)
            assert abs(value - np.quantile(positive, q)) == pytest.approx(nearest, abs=1e-9)
            at = int(e.quantile_level) * STEPS + int(e.quantile_step)
            assert f[int(e.quantile_problem), at, i] == value


def test_neighbours_are_those_of_a_plain_loop(random, answer: xr.Dataset) -> None:
    _, f, w, _ = random
    f = f.reshape(-1, f.shape[-1])
    with np.errstate(invalid="ignore"):
        together = f.T @ f / np.outer(*[np.sqrt((f**2).sum(0))] * 2)
    for i in range(len(w)):
        r = answer.isel(feature=i)
        for name, table in (("near", w @ w.T), ("together", together)):
            best = sorted([table[i, j] for j in range(len(w)) if j != i], reverse=True)[:4]
            near = r[f"{name}_feature"].values
            np.testing.assert_allclose(r[f"{name}_cosine"], best, atol=1e-6)
            np.testing.assert_allclose(table[i, near], best, atol=1e-6)  # atoms 3 and 7 are tied
            assert len(set(near) - {i}) == 4
    assert int(answer.near_feature[7, 0]) == 3
    assert float(answer.near_cosine[7, 0]) <= 1


def test_correlations_are_those_of_scipy_with_holm_by_a_loop(random, answer: xr.Dataset) -> None:
    _, f, w, properties = random
    mean = f.mean(axis=1)
    found: list[tuple[float, int, int]] = []
    for i in range(len(w)):
        for j, name in enumerate(answer.property.values):
            usable = np.isfinite(properties[name]).all() and np.ptp(mean[:, i]) > 0
            if not usable:
                assert np.isnan(answer.correlation[i, j])
                assert float(answer.correlation_p[i, j]) == 1
                continue
            rho, p = scipy.stats.spearmanr(mean[:, i], properties[name])
            assert float(answer.correlation[i, j]) == pytest.approx(rho, abs=1e-6)
            found.append((p, i, j))
    assert len(found) == len(w) * 10  # log_abs_det is not finite on one problem
    worst = 0.0
    for rank, (p, i, j) in enumerate(sorted(found)):
        worst = max(worst, min(1.0, p * (len(found) - rank)))
        assert float(answer.correlation_p[i, j]) == pytest.approx(worst, rel=1e-4)
    best = np.nanargmax(np.abs(answer.correlation.values), axis=1)
    np.testing.assert_array_equal(answer.strongest_property, best)
    np.testing.assert_allclose(
        answer.strongest_correlation, answer.correlation.values[np.arange(len(w)), best], rtol=1e-6
    )
    chosen = answer.correlation_p.values[np.arange(len(w)), best]
    np.testing.assert_array_equal(answer.strongest_p, chosen)


def test_what_does_not_fit_into_memory_gives_the_same(
    random, answer: xr.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "KEPT", 100)
    monkeypatch.setattr(neighbours, "SUMS_AT_ONCE", 7 * 40)
    monkeypatch.setattr(neighbours, "SORTED_AT_ONCE", 3 * 40)
    monkeypatch.setattr(neighbours, "SPARSE_COST", 0)
    monkeypatch.setattr(correlations, "FEATURES_AT_ONCE", 9)
    small = made.run("dictionary_features", random[0], examples=6, neighbours=4, bins=9)
    xr.testing.assert_allclose(small, answer, rtol=1e-6, atol=1e-12)


def test_a_sample_of_the_activations_is_uniform_and_says_its_size(monkeypatch) -> None:
    features, points, size = 3000, 50, 10
    monkeypatch.setattr(examples, "SAMPLED", features * size)
    sample = examples.Sample(features, points, np.random.default_rng(0))
    rng, seen = np.random.default_rng(1), np.zeros(points)
    value = rng.permutation(points).astype("f4")
    for part in np.array_split(np.arange(points), 4):
        feature = np.repeat(np.arange(features - 1), len(part))
        at = np.tile(part, features - 1)
        sample.add(feature, at, value[at])
    sample.add(np.full(3, features - 1), np.array([4, 8, 9]), value[[4, 8, 9]])
    assert (sample.held[:-1] == size).all()
    assert sample.held[-1] == 3
    at, found = sample.nearest(np.linspace(0, 1, size))
    np.testing.assert_array_equal(found[:-1], value[at[:-1]])
    assert all(len(set(row)) == size for row in at[:-1])
    seen = np.bincount(at[:-1].ravel(), minlength=points) / (features - 1)
    sd = np.sqrt(0.2 * 0.8 / (features - 1))
    assert np.abs(seen - 0.2).max() < 4.5 * sd
    assert set(at[-1]) == {4, 8, 9}


def test_matrices_of_atoms_have_known_shares_and_ranks() -> None:
    n, rng = 5, np.random.default_rng(0)
    g, u, v = rng.normal(size=(n, n)), rng.normal(size=n), rng.normal(size=n)
    given = np.stack([g + g.T, g - g.T, np.diag(u), np.eye(n), np.outer(u, v), np.zeros((n, n))])
    shares = atoms.matrix_shares(given)
    np.testing.assert_allclose(shares[0, :2], [1, 0], atol=1e-15)
    np.testing.assert_allclose(shares[1], [0, 1, 0, 0], atol=1e-15)
    np.testing.assert_allclose(shares[2, 2:], [1, u.sum() ** 2 / n / (u @ u)])
    np.testing.assert_allclose(shares[3], [1, 0, 1, 1])
    assert np.isnan(shares[5]).all()
    rank = atoms.effective_rank(np.linalg.svd(given, compute_uv=False))
    assert rank[3] == pytest.approx(n)
    assert rank[4] == pytest.approx(1)
    random = rng.normal(size=(4000, n, n))
    np.testing.assert_allclose(
        atoms.matrix_shares(random).mean(0), atoms.random_shares(n), atol=0.01
    )
    ranks = atoms.effective_rank(np.linalg.svd(random, compute_uv=False))
    assert atoms.random_rank(n, 0) == pytest.approx(ranks.mean(), abs=5 * ranks.std() / 8)


def test_atoms_of_a_hidden_layer_are_no_matrices() -> None:
    values = np.random.default_rng(0).normal(size=(5, LEVELS, 2, 7))
    atom = made.dictionary(np.eye(7), variant="relu")
    r = made.run("dictionary_features", made.gathered(atom, made.activations(values, "h2"), size=3))
    assert r.sizes["singular"] == 3
    for name in ("atom_share", "atom_share_random", "atom_singular", "atom_rank"):
        assert np.isnan(r[name]).all()
    assert np.isfinite(r.density).all()


@pytest.mark.parametrize("count", [1, 2, 4])
def test_few_problems_prove_nothing(count: int) -> None:
    values = np.random.default_rng(0).normal(size=(count, LEVELS, 2, 9))
    atom = made.dictionary(np.eye(9), variant="relu")
    r = made.run("dictionary_features", made.gathered(atom, made.activations(values), size=3))
    assert np.isnan(r.density_held_out).all()
    assert bool(np.isfinite(r.correlation).any()) == (count > 2)
    assert (r.correlation_p == 1).all()
