"""Selected pairs are those of the dense product, gradients those of autograd, and it works."""

import numpy as np
import pytest
import torch
from planted import shelf

from ired_interp_core import registry
from ired_interp_core.dictionaries import fit, orthogonality
from ired_interp_core.dictionaries.orthogonality import Penalty, co_active, live_cosines, nearest
from ired_interp_core.dictionaries.sparse import from_dense
from ired_interp_core.records import Gathered, ProblemSet

SETTINGS = {
    "orthogonality": "pairs", "gamma": 0.7, "fraction": 0.05, "threshold": "fixed", "tau": 0.1,
    "select_every": 1,
}  # fmt: skip


def codes(rows: int = 200, m: int = 60, seed: int = 0, dtype=torch.float64) -> torch.Tensor:
    """Codes of which features are active to very different degrees."""
    g = torch.Generator().manual_seed(seed)
    f = torch.rand(rows, m, generator=g, dtype=torch.float64)
    often = torch.rand(m, generator=g, dtype=torch.float64) ** 3
    return torch.where(torch.rand(rows, m, generator=g, dtype=torch.float64) < often, f, 0).to(
        dtype
    )


def atoms(m: int = 60, d: int = 10, seed: int = 1) -> torch.Tensor:
    g = torch.Generator().manual_seed(seed)
    w = torch.randn(m, d, generator=g, dtype=torch.float64)
    return torch.nn.functional.normalize(w, dim=1)


def dense_pairs(f: torch.Tensor, wanted: int) -> set[tuple[int, int]]:
    """The same by the full m × m product and a full sort."""
    i, j = np.triu_indices(f.shape[1], 1)
    together = (f.T @ f).numpy()[i, j]
    top = np.argsort(-together)[:wanted]
    return {(int(i[p]), int(j[p])) for p in top if together[p] > 0}


@pytest.mark.parametrize("likely", [0.0, 0.5, 1e9])
@pytest.mark.parametrize("fraction", [1e-8, 0.01, 0.2, 1.0])
def test_selected_pairs_are_those_of_the_dense_product(fraction: float, likely: float) -> None:
    f = codes()
    i, j, smallest = co_active(from_dense(f), fraction, likely)
    wanted = max(1, round(fraction * 60 * 59 / 2))
    expected = dense_pairs(f, wanted)
    assert len(i) == len(expected)
    assert set(zip(i.tolist(), j.tolist(), strict=True)) == expected
    product = f.T @ f
    assert smallest == pytest.approx(float(product[i.tolist(), j.tolist()].min()))


@pytest.mark.parametrize("rows", [7, 1024])
def test_cosines_of_all_pairs_are_those_of_the_full_product(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orthogonality, "ROWS_AT_ONCE", rows)
    w = atoms()
    size = np.abs((w @ w.T).numpy())[np.triu_indices(60, 1)]
    np.testing.assert_allclose(live_cosines(w), (size.mean(), size.std()), rtol=1e-12)
    assert np.isnan(live_cosines(w[:1])).all()


def penalised(settings: dict, f: torch.Tensor, w: torch.Tensor, step: int = 0):
    penalty, gradient = Penalty.of(settings), torch.zeros_like(w)
    return penalty.add(step, from_dense(f), w, gradient), gradient


@pytest.mark.parametrize("threshold", ["fixed", "adaptive"])
def test_the_penalty_of_pairs_is_that_of_autograd(threshold: str) -> None:
    f, w = codes(), atoms()
    found, gradient = penalised(SETTINGS | {"threshold": threshold}, f, w)
    pairs = np.array(sorted(dense_pairs(f, round(0.05 * 60 * 59 / 2))))
    leaf = w.clone().requires_grad_()
    size = (leaf @ leaf.T)[pairs[:, 0], pairs[:, 1]].abs()
    plain = size.detach()
    tau = float(plain.mean() + plain.std(correction=0)) if threshold == "adaptive" else 0.1
    value = 0.7 * (size - tau).relu().square().mean()
    value.backward()
    assert found.value == pytest.approx(float(value.detach()), rel=1e-12)
    assert found.value > 0
    assert found.tau == pytest.approx(tau)
    assert found.mean == pytest.approx(float(plain.mean()))
    assert found.deviation == pytest.approx(float(plain.std(correction=0)))
    torch.testing.assert_close(gradient, leaf.grad, rtol=1e-10, atol=1e-14)


def test_ortsae_is_that_of_autograd() -> None:
    w = atoms()
    found, gradient = penalised(SETTINGS | {"orthogonality": "ortsae"}, codes(), w)
    leaf = w.clone().requires_grad_()
    cosine = leaf @ leaf.T - 2 * torch.eye(60, dtype=torch.float64)
    value = 0.7 * cosine.max(1).values.square().mean()
    value.backward()
    assert found.value == pytest.approx(float(value.detach()), rel=1e-12)
    torch.testing.assert_close(gradient, leaf.grad, rtol=1e-10, atol=1e-14)
    assert np.isnan([found.tau, found.mean, found.deviation]).all()


def test_nearest_atoms_do_not_depend_on_the_tile(monkeypatch: pytest.MonkeyPatch) -> None:
    import ired_interp_core.dictionaries.orthogonality as module

    whole = nearest(atoms())
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 7)
    np.testing.assert_array_equal(nearest(atoms()), whole)
    assert (whole != np.arange(60)).all()


def test_pairs_are_kept_for_as_long_as_asked() -> None:
    penalty, w = Penalty.of(SETTINGS | {"select_every": 3}), atoms()
    sets = []
    for step in range(5):
        penalty.add(step, from_dense(codes(seed=step)), w, torch.zeros_like(w))
        sets.append(penalty.pairs(60).tolist())
    assert sets[0] == sets[1] == sets[2] != sets[3] == sets[4]
    assert sets[0] == sorted(i * 60 + j for i, j in dense_pairs(codes(seed=0), 88))
    assert sets[3] == sorted(i * 60 + j for i, j in dense_pairs(codes(seed=3), 88))


def test_the_adaptive_threshold_is_a_running_mean() -> None:
    penalty, taus, now = Penalty.of(SETTINGS | {"threshold": "adaptive"}), [], []
    for step in range(3):
        w = atoms(seed=step)
        found = penalty.add(step, from_dense(codes()), w, torch.zeros_like(w))
        taus.append(found.tau)
        now.append(found.mean + found.deviation)
    assert taus[0] == pytest.approx(now[0])
    assert taus[1] == pytest.approx(0.99 * taus[0] + 0.01 * now[1])
    assert taus[2] == pytest.approx(0.99 * taus[1] + 0.01 * now[2])


def test_codes_without_pairs_cost_nothing() -> None:
    found, gradient = penalised(SETTINGS, torch.eye(60, dtype=torch.float64), atoms())
    assert found.value == 0
    assert not gradient.any()


def correlated(rows: int = 3000) -> np.ndarray:
    """Atoms that lean towards one direction, four of them active at a time."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(24, 16)) / 4 + 1.2 * rng.normal(size=16) / 4
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    f = np.zeros((rows, 24))
    for row in f:
        row[rng.choice(24, 4, replace=False)] = rng.uniform(0.5, 1.5, 4)
    return f @ truth


@pytest.mark.parametrize("variant", ["topk", "relu"])
@pytest.mark.parametrize("kind", ["pairs", "ortsae"])
def test_atoms_get_less_alike(kind: str, variant: str) -> None:
    given = {"k": 4, "steps": 250, "batch": 128, "rate": 5e-3, "fraction": 0.2, "gamma": 20.0}
    given |= {"threshold": "fixed", "tau": 0.1}
    x = correlated()
    plain, apart = (
        fit(x, variant, 24, orthogonality=o, **given).decoder.numpy() for o in ("none", kind)
    )

    def alike(w: np.ndarray) -> float:
        cosine = np.abs(w @ w.T) - np.eye(24)
        return float(np.sort(cosine, axis=None)[-60:].mean())

    assert alike(apart) < {"pairs": 0.95, "ortsae": 0.9}[kind] * alike(plain)


def test_the_log_tells_of_the_pairs() -> None:
    rows, spec = shelf(width=16, atoms=20), registry.get("dictionary")
    given = {"features": 24, "k": 3, "steps": 230, "batch": 60, "log_every": 50}
    given |= {"orthogonality": "pairs", "fraction": 0.1}
    parameters = spec.question({"activations": "x"}, given).parameters
    gathered = Gathered(ProblemSet("inverse", "same", 4, 0), 40, upstream={"activations": rows})
    log = spec.run(gathered, parameters)
    assert list(log.log_step.values) == [50, 100, 150, 200, 230]
    for name in ("tau", "pair_cosine", "pair_cosine_sd"):
        assert np.isfinite(log[f"log_{name}"]).all()
        assert ((log[f"log_{name}"] > 0) & (log[f"log_{name}"] < 1)).all()
    stability = log.log_pair_stability.values
    assert np.isnan(stability[:2]).all()
    assert ((stability[2:] > 0) & (stability[2:] < 1)).all()
    parts = sum(log[f"log_{n}"] for n in ("reconstruction", "auxiliary", "orthogonality"))
    np.testing.assert_allclose(log.log_loss, parts, rtol=1e-5)
