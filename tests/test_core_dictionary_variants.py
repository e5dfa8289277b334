"""Every variant finds a planted dictionary again; fast gradients are those of dense autograd."""

from functools import cache

import numpy as np
import pytest
import torch
from planted import found_again, planted

from ired_interp_core import registry
from ired_interp_core.dictionaries import fit
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.sparse import from_dense, top_of_batch, top_of_rows
from ired_interp_core.dictionaries.variants import KINDS

SPARSITY = {"relu": 2.0}
BATCH = 256


@cache
def learned(variant: str) -> tuple[Dictionary, np.ndarray]:
    x, truth = planted(6000)
    settings = {"k": 4, "steps": 800, "batch": BATCH, "rate": 3e-3}
    settings["sparsity"] = SPARSITY.get(variant, 1.0)
    return fit(x, variant, n_features=96, seed=1, **settings), truth


@pytest.mark.parametrize("variant", KINDS)
def test_a_planted_dictionary_is_found_again(variant: str) -> None:
    dictionary, truth = learned(variant)
    assert found_again(dictionary.decoder.numpy(), truth) >= 0.9
    np.testing.assert_allclose(dictionary.decoder.norm(dim=1), 1, atol=1e-5)


@pytest.mark.parametrize("variant", KINDS)
def test_the_gate_after_training_is_that_of_training(variant: str) -> None:
    """Learned thresholds keep about as many features of new inputs as the last batches had."""
    dictionary, _ = learned(variant)
    x, _ = planted(8000)
    f = dictionary.encode(x[6000:])
    l0 = float((f > 0).sum(1).double().mean())
    assert l0 == pytest.approx(float(dictionary.log["l0"][-1]), rel=0.15)
    if variant != "relu":
        assert l0 == pytest.approx(4, rel=0.15)
    missing = float((torch.from_numpy(x[6000:]) - dictionary.decode(f)).square().sum())
    explained = 1 - missing / float(np.square(x[6000:] - x[6000:].mean(0)).sum())
    assert explained == pytest.approx(float(dictionary.log["explained_variance"][-1]), abs=0.05)
    assert explained > 0.8
    assert dictionary.k == (4 if variant == "topk" else 0)


def weights(m: int, d: int, seed: int = 0) -> dict[str, torch.Tensor]:
    g = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64)

    return {
        "encoder": normal(m, d) / d**0.5,
        "encoder_bias": 0.1 * normal(m),
        "decoder": torch.nn.functional.normalize(normal(m, d), dim=1),
        "decoder_bias": 0.1 * normal(d),
    }


def inputs(rows: int, d: int) -> torch.Tensor:
    return torch.randn(rows, d, generator=torch.Generator().manual_seed(9), dtype=torch.float64)


class Jump(torch.autograd.Function):
    """z·1[z > θ] and 1[z > θ] with the pseudo-derivatives of arXiv 2407.14435, eqs. 11 and 12."""

    @staticmethod
    def forward(ctx, z, theta, width):
        ctx.save_for_backward(z, theta)
        ctx.width = width
        gate = (z > theta).to(z)
        return z * gate, gate

    @staticmethod
    def backward(ctx, by_f, by_gate):
        z, theta = ctx.saved_tensors
        kernel = ((z - theta).abs() < ctx.width / 2).to(z) / ctx.width
        by_theta = -(theta * kernel * by_f) - kernel * by_gate
        return by_f * (z > theta), by_theta.sum(0), None


def twin(variant: str, w: dict, x: torch.Tensor, dead: torch.Tensor, p: dict) -> dict:
    """Loss parts by dense autograd; gradients are left in the weights."""
    n, d = x.shape
    z = x @ w["encoder"].T + w["encoder_bias"]
    sparsity = torch.zeros((), dtype=x.dtype)
    m, prefixes = z.shape[1], [z.shape[1]]
    if variant == "topk":
        edge = z.detach().sort(1, descending=True).values[:, p["k"] - 1 : p["k"]]
        f = torch.where(z >= edge, z, 0).relu()
    elif variant in ("batch_topk", "matryoshka"):
        edge = z.detach().flatten().sort(descending=True).values[n * p["k"] - 1]
        f = torch.where(z >= edge, z, 0).relu()
        if variant == "matryoshka":
            prefixes = [m // 16, m // 8, m // 4, m // 2, m]
    elif variant == "relu":
        f = z.relu()
        sparsity = p["sparsity"] * f.sum() / (n * d)
    else:
        f, gate = Jump.apply(z, w["log_threshold"].exp(), p["bandwidth"])
        sparsity = p["sparsity"] * (gate.sum() / n / p["k"] - 1) ** 2
    rebuilt = [f[:, :q] @ w["decoder"][:q] + w["decoder_bias"] for q in prefixes]
    reconstruction = sum((r - x).square().sum() for r in rebuilt) / (n * d * len(prefixes))
    error = (x - rebuilt[-1]).detach()
    silent = dead & (z <= 0).all(0)
    pushed = z[:, dead].relu()
    if pushed.shape[1] > d // 2:
        edge = pushed.detach().sort(1, descending=True).values[:, d // 2 - 1 : d // 2]
        pushed = torch.where(pushed >= edge, pushed, 0)
    missing = error - pushed @ w["decoder"][dead]
    weight = p["auxiliary"] if dead.any() else 0.0
    auxiliary = weight * missing.square().sum() / error.square().sum()
    auxiliary = auxiliary - weight * z[:, silent].mean(0).sum() / d
    (reconstruction + sparsity + auxiliary).backward()
    parts = {"reconstruction": reconstruction, "sparsity": sparsity, "auxiliary": auxiliary}
    return {name: float(part.detach()) for name, part in parts.items()}


@pytest.mark.parametrize("dead", [0, 3, 20])
@pytest.mark.parametrize("variant", KINDS)
def test_gradients_are_those_of_dense_autograd(variant: str, dead: int) -> None:
    m, d, rows = 48, 12, 70
    p = {"k": 5, "auxiliary": 0.3, "sparsity": 0.7, "bandwidth": 0.4}
    w, x = weights(m, d), inputs(rows, d)
    w["encoder_bias"][1] = -20  # silent
    kind = KINDS[variant].of(p)
    kind.start(w, x)
    asleep = torch.arange(m) < dead
    found = kind.step(w, x, asleep)
    leaves = {name: v.clone().requires_grad_() for name, v in w.items()}
    parts = twin(variant, leaves, x, asleep, p)
    for name, part in parts.items():
        assert float(getattr(found, name)) == pytest.approx(part, rel=1e-12), name
    assert set(found.gradients) == set(leaves)
    for name, leaf in leaves.items():
        scale = float(leaf.grad.abs().max())
        assert scale > 0
        torch.testing.assert_close(found.gradients[name], leaf.grad, atol=1e-12 * scale, rtol=1e-9)


@pytest.mark.parametrize(("m", "k"), [(512, 8), (513, 8), (1000, 32), (64, 60), (8, 20), (96, 1)])
def test_the_top_of_rows_is_that_of_a_full_sort(m: int, k: int) -> None:
    w, x = weights(m, 6), inputs(300, 6)
    codes = top_of_rows(w["encoder"], w["encoder_bias"], x, k)
    z = x @ w["encoder"].T + w["encoder_bias"]
    edge = z.sort(1, descending=True).values[:, min(k, m) - 1 : min(k, m)]
    torch.testing.assert_close(codes.dense(), torch.where(z >= edge, z, 0).relu())


@pytest.mark.parametrize("guess", [-1.0, 0.1, 1e9])
@pytest.mark.parametrize("k", [3, 40, 64])
def test_the_top_of_a_batch_is_that_of_a_full_sort(k: int, guess: float) -> None:
    """Whatever the guess; with k beyond the positive entries all of these are kept."""
    w, x = weights(64, 6), inputs(300, 6)
    codes, smallest = top_of_batch(w["encoder"], w["encoder_bias"], x, k, guess)
    z = (x @ w["encoder"].T + w["encoder_bias"]).relu()
    edge = max(float(z.flatten().sort(descending=True).values[300 * k - 1]), 1e-300)
    expected = torch.where(z >= edge, z, 0)
    torch.testing.assert_close(codes.dense(), expected)
    assert smallest == pytest.approx(float(expected[expected > 0].min()))


def test_ties_at_the_edge_keep_the_number_of_entries() -> None:
    encoder, x = torch.ones(10, 3), torch.ones(4, 3)
    codes, smallest = top_of_batch(encoder, torch.zeros(10), x, 2, 0.0)
    assert len(codes.col) == 8
    assert smallest == 3


def test_codes_survive_dense_segment_and_decode() -> None:
    w, x = weights(32, 6), inputs(20, 6)
    f = (x @ w["encoder"].T).relu()
    codes = from_dense(f)
    torch.testing.assert_close(codes.dense(), f)
    torch.testing.assert_close(codes.matrix().to_dense(), f)
    torch.testing.assert_close(codes.decode(w["decoder"]), f @ w["decoder"])
    torch.testing.assert_close(codes.segment(8, 20).dense(), f[:, 8:20])


def test_the_analysis_accepts_every_kind() -> None:
    assert set(registry.get("dictionary").parameters["variant"].choices) == set(KINDS)
