"""Fidelity of a dictionary beside its rivals, and the loss that it recovers."""

import numpy as np
import pytest
import torch
from answers import Kept
from dictionary_cases import (
    identity,
    loaded,
    plain_codes,
    plain_rebuild,
    rough,
    silent,
    tensor,
    values,
    world,
)  # fmt: skip
from dictionary_records import dictionary, run
from scipy.optimize import brentq
from scipy.stats import norm
from sklearn.decomposition import PCA
from sklearn.linear_model import orthogonal_mp

from ired_interp_core import tasks
from ired_interp_core.dictionaries.baselines import matching_pursuit, random_atoms
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.metrics import Errors, explained, ratio
from ired_interp_core.dictionaries.names import CODINGS
from ired_interp_core.dictionaries.recovery import loss_recovered
from ired_interp_core.dictionaries.rivals import Linear, Sizes
from ired_interp_core.dictionaries.split import held_out
from ired_interp_core.errors import Refusal

QUICK = {"recovery_problems": 2, "bootstrap": 20}


@pytest.mark.parametrize("variant", ["topk", "relu"])
def test_every_number_against_plain_loops(variant: str) -> None:
    atoms = rough(variant=variant, bias=0.0 if variant == "topk" else -0.8)
    given = world(atoms)
    r, d, x = run("dictionary_metrics", given, **QUICK), loaded(atoms), values(given)
    held = held_out(np.arange(10))
    f = plain_codes(d, x).reshape(*x.shape[:3], -1)
    wide, f = x.astype("f8"), f
    rebuilt = {"dictionary": plain_rebuild(d, f), "mean": wide[~held].mean(0)}
    kept = {"dictionary": f != 0, "mean": np.zeros((*x.shape[:3], 1))}
    train = wide[~held].reshape(-1, 9)
    bases = {"components": PCA(9).fit(train).components_.T, "entries": np.eye(9)}
    wanted = (f[held] != 0).sum()
    for name, basis in bases.items():
        scores = (wide - train.mean(0)) @ basis
        size = np.abs(scores)
        if variant == "topk":
            chosen = size >= -np.sort(-size, axis=-1)[..., 2:3]
        else:
            edge = np.sort(size[held].ravel())[-wanted]
            chosen = size >= edge
        rebuilt[name] = train.mean(0) + (scores * chosen) @ basis.T
        kept[name] = chosen

    def explained(coding, mask=held, levels=slice(None), steps=slice(None), about="all"):
        here = wide[mask][:, levels, steps]
        back = np.broadcast_to(rebuilt[coding], wide.shape)[mask][:, levels, steps]
        mean = here.mean((0, 1, 2)) if about == "all" else here.mean(0)
        return 1 - ((here - back) ** 2).sum() / ((here - mean) ** 2).sum()

    assert float(r.l0) == pytest.approx((f[held] > 0).sum(-1).mean())
    assert float(r.explained_variance) == pytest.approx(explained("dictionary"), abs=1e-5)
    assert float(r.fvu) == pytest.approx(1 - explained("dictionary"), abs=1e-5)
    known = explained("dictionary", ~held)
    assert float(r.explained_variance_training) == pytest.approx(known, abs=1e-5)
    stages = {"all": slice(None), "before_jump": slice(1), "after_jump": slice(1, None)}
    for coding in CODINGS:
        one = r.sel(coding=coding)
        assert float(one.coding_explained) == pytest.approx(explained(coding), abs=2e-3)
        for stage, steps in stages.items():
            known = explained(coding, steps=steps, about="step")
            assert float(one.beyond.sel(stage=stage)) == pytest.approx(known, abs=5e-3)
            gain = explained("dictionary", steps=steps, about="step") - known
            assert float(one.gain.sel(stage=stage)) == pytest.approx(gain, abs=5e-3)
            count = kept[coding][..., steps, :] if coding != "mean" else np.zeros((10, 1, 1, 1))
            count = count[held].sum(-1).mean()
            assert float(one.coding_l0.sel(stage=stage)) == pytest.approx(count, abs=0.02)
        for t in (0, 4, 9):
            level = slice(t, t + 1)
            known = explained(coding, levels=level)
            assert float(one.explained_variance_level[t]) == pytest.approx(known, abs=5e-3)
            for i in (0, 3):
                known = explained(coding, levels=level, steps=slice(i, i + 1), about="step")
                assert float(one.explained_variance_step[t, i]) == pytest.approx(known, abs=2e-2)
        away = (wide[held] - np.broadcast_to(rebuilt[coding], wide.shape)[held]) ** 2
        np.testing.assert_allclose(one.problem_error, away.sum((1, 2, 3)), rtol=5e-2)
    spread = ((wide[held] - wide[held].mean(0)) ** 2).sum((1, 2, 3))
    np.testing.assert_allclose(r.problem_spread, spread, rtol=1e-6)
    assert r.measured.values.tolist() == [4, 9]
    a, b = wide[held].reshape(-1, 9), rebuilt["dictionary"][held].reshape(-1, 9)
    whole = (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum())
    assert float(r.cosine) == pytest.approx(whole, abs=1e-5)
    assert float(r.norm_ratio) == pytest.approx(np.sqrt((b**2).sum() / (a**2).sum()), rel=1e-5)
    cell = wide[held][:, 3, 2], rebuilt["dictionary"][held][:, 3, 2]
    whole = (cell[0] * cell[1]).sum() / np.sqrt((cell[0] ** 2).sum() * (cell[1] ** 2).sum())
    assert float(r.cosine_step[3, 2]) == pytest.approx(whole, abs=1e-5)
    known = ((wide[held][:, 3, 2] - a.mean(0)) ** 2).sum() / ((a - a.mean(0)) ** 2).sum()
    assert float(r.variance_share_step[3, 2]) == pytest.approx(known, rel=1e-5)
    assert float(r.variance_share_step.sum()) == pytest.approx(1)
    live = (f > 0).any(axis=(0, 1, 2))
    assert float(r.dead_share) == pytest.approx(1 - live.mean())
    density = (f[held] > 0).mean(axis=(0, 1, 2))[live]
    assert float(r.rare_share) == pytest.approx((density < 0.05).mean())
    assert float(r.forced_density) == pytest.approx(density.mean())
    w = atoms["decoder"].values.astype("f8")[live]
    size = np.abs(w @ w.T)[np.triu_indices(live.sum(), 1)]
    assert float(r.live_cosine) == pytest.approx(size.mean(), rel=1e-5)
    assert (int(r.held_out_problems), int(r.walked_problems)) == (2, 2)


def closed_form(variances: np.ndarray, l0: float) -> float:
    """EV of independent normal numbers of which those larger than one threshold are kept."""
    deviation = np.sqrt(variances)

    def kept(edge: float) -> float:
        return float(2 * norm.sf(edge / deviation).sum())

    edge = brentq(lambda e: kept(e) - l0, 0, 20 * deviation.max()) / deviation
    return float((variances * 2 * (edge * norm.pdf(edge) + norm.sf(edge))).sum() / variances.sum())


@pytest.mark.parametrize("by_step", [False, True])
def test_rivals_of_gaussian_activations_explain_what_the_formula_says(by_step: bool) -> None:
    """Through the analysis; where every (level, step) has its own mean, it is taken off first."""
    rng = np.random.default_rng(0)
    count, shape = 200, (10, 7, 9)
    mixing = rng.normal(size=(9, 9)) * np.arange(1, 10)
    x = rng.normal(size=(count, *shape)) @ mixing
    means = rng.normal(size=shape) * 30 if by_step else np.zeros(shape)
    x += means
    atoms = dictionary(
        np.concatenate([np.eye(9), -np.eye(9)]), bias=-12.0, variant="relu", centre_steps=by_step
    )
    if by_step:
        atoms["centre_step"] = ("level", "step", "unit"), means
    given = world(atoms, count=count)
    held = given.upstream["activations"]
    seen = held.answer.assign(activation=(held.answer["activation"].dims, x.astype("f4")))
    given.upstream["activations"] = Kept(held.question, seen)
    r = run("dictionary_metrics", given, recovery_problems=1, bootstrap=20)
    covariance = mixing.T @ mixing
    l0 = float(r.l0)
    assert 1 < l0 < 8
    own = 39 / 40  # of the spread lies about the mean of 40 held-out problems
    rival = {
        "components": closed_form(np.linalg.eigvalsh(covariance), l0),
        "entries": closed_form(np.diag(covariance), l0),
    }
    for name, known in rival.items():
        one = r.sel(coding=name, stage="all")
        assert float(one.coding_l0) == pytest.approx(l0, abs=1e-3)
        assert 1 - (1 - float(one.beyond)) * own == pytest.approx(known, abs=3e-3), name
    edge = 12 / np.sqrt(np.diag(covariance))
    # z − 12 sign(z) is kept of |z| > 12: a soft threshold, which leaves 12² there and z² elsewhere.
    inside = np.diag(covariance) * (1 - 2 * (edge * norm.pdf(edge) + norm.sf(edge)))
    missing = (inside + 144 * 2 * norm.sf(edge)).sum()
    known = 1 - missing / np.trace(covariance)
    found = float(r.beyond.sel(coding="dictionary", stage="all"))
    assert 1 - (1 - found) * own == pytest.approx(known, abs=4e-3)
    between = ((means - means.mean((0, 1))) ** 2).sum()
    share = between / (between + 70 * np.trace(covariance))
    assert float(r.coding_explained.sel(coding="mean")) == pytest.approx(share, abs=0.01)
    # The mean of 160 training problems is not that of the 40 held-out ones.
    known = 1 - (1 + 1 / 160) / own
    assert float(r.beyond.sel(coding="mean", stage="all")) == pytest.approx(known, abs=0.006)


@pytest.mark.parametrize("turned", [False, True])
def test_the_larger_of_two_normal_numbers_explains_a_known_share(turned: bool) -> None:
    """E max(x², y²) = 1 + 2/π, in whatever basis."""
    basis = tensor(np.array([[0.6, -0.8], [0.8, 0.6]])) if turned else None
    x = torch.randn(400_000, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rival = Linear(torch.zeros(2, dtype=torch.float64), basis, k=1)
    f = rival.encode(x)
    assert ((f != 0).sum(1) == 1).all()
    missing = float((x - rival.decode(f)).square().sum())
    assert 1 - missing / float(x.square().sum()) == pytest.approx(0.5 + 1 / np.pi, abs=2e-3)


@pytest.mark.parametrize("wanted", [0, 1, 700, 2500, 9999, 20_000])
def test_a_threshold_keeps_as_many_numbers_as_wanted(wanted: int) -> None:
    x = torch.randn(10_000, generator=torch.Generator().manual_seed(1)) ** 3
    x[:500] = 0.0
    sizes = Sizes()
    for piece in x.split(999):
        sizes.add(piece)
    kept = int((x.abs() > sizes.threshold(wanted)).sum())
    assert abs(kept - min(wanted, 10_000)) <= 3 + 500 * (wanted == 9999)


def test_a_ratio_of_sums_has_an_interval_that_covers() -> None:
    """Lognormal sizes of 100 problems, half of each explained on average."""
    rng = np.random.default_rng(0)
    held = []
    for _ in range(2000):
        below = rng.lognormal(0, 0.7, 100)
        share = rng.beta(4, 4, (100, 1))
        found = ratio(below[:, None] * share, below, rng, 300)
        held.append(bool(found.low[0] <= 0.5 <= found.high[0]))
        assert found.value[0] == pytest.approx((below * share[:, 0]).sum() / below.sum())
    assert 0.92 < np.mean(held) < 0.97
    nothing = ratio(np.zeros((3, 1)), np.zeros(3), rng, 10)
    assert np.isnan([nothing.value, nothing.low]).all()


def test_the_mean_explains_nothing_and_the_input_everything() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 10, 3, 5)) + 100
    mean = x.mean(0)
    spread = ((x - mean) ** 2).sum(-1)
    whole = x.mean((0, 1, 2))
    errors = {"mean": spread, "whole": ((x - whole) ** 2).sum(-1), "x": np.zeros_like(spread)}
    e = Errors(mean, spread, errors, errors, -1, spread, spread, spread)
    assert e.explained("whole") == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(e.explained("mean", ()), 0, atol=1e-12)
    np.testing.assert_allclose(e.explained("x", (1,)), 1)
    value, gain = e.beyond("after_jump", rng, 20)
    np.testing.assert_allclose(value.value[[0, 2]], [0, 1], atol=1e-12)
    assert (value.low[2], value.high[2]) == (1, 1)
    assert gain.value[2] == pytest.approx(-1)
    assert np.isnan(explained(0.0, 0.0))


def test_a_dictionary_that_rebuilds_all_recovers_all() -> None:
    given = world(identity())
    r = run("dictionary_metrics", given, **QUICK)
    for name in ("explained_variance", "cosine", "norm_ratio"):
        assert float(r[name]) == pytest.approx(1, abs=1e-3), name
    for coding in ("dictionary", "components", "entries"):
        one = r.sel(coding=coding)
        assert float(one.loss_recovered) == pytest.approx(1, abs=1e-3)
        assert float(one.walk_l0) == pytest.approx(9, abs=0.01)
        assert float(one.coding_explained) == pytest.approx(1, abs=1e-3)
        np.testing.assert_allclose(one.walk_l0_level, 9, atol=0.05)
    assert float(r.l0) == pytest.approx(9)
    assert float(r.random_explained_variance) == pytest.approx(1, abs=1e-6)
    descent = given.upstream["descent"].read()["mse_final"].values
    assert float(r.mse_original) == pytest.approx(descent[[4, 9]].mean(), rel=1e-4)


def test_a_silent_dictionary_is_its_centre() -> None:
    given = world(silent())
    r = run("dictionary_metrics", given, **QUICK)
    assert float(r.l0) == 0
    assert float(r.dead_share) == 1
    assert np.isnan(r.cosine)
    assert float(r.norm_ratio) == 0
    silent_one, rival = (r.sel(coding=c) for c in ("dictionary", "components"))
    assert float(silent_one.mse_replaced) == float(r.mse_zero)
    assert float(silent_one.loss_recovered) == 0
    assert float(silent_one.walk_l0) == 0
    # No component is left of PCA: the training mean, which cannot beat the held-out one.
    assert float(rival.coding_l0.sel(stage="all")) == 0
    assert -0.2 < float(rival.coding_explained) <= 0
    mean = values(given)[[4, 9]].reshape(-1, 9).mean(0, dtype=float)
    at_mean = run("dictionary_metrics", world(silent(centre=mean)), **QUICK)
    assert float(at_mean.explained_variance) == pytest.approx(0, abs=1e-9)


def test_the_walk_is_the_descents_own() -> None:
    parameters = {"clip": 0.7, "inner_steps": 2, "jump": False, "seed": 3}
    given = world(rough(), task="completion", **parameters)
    r = run("dictionary_metrics", given, **QUICK)
    descent = given.upstream["descent"].read()["mse_final"].values
    assert float(r.mse_original) == pytest.approx(descent[[4, 9]].mean(), rel=1e-4)


@pytest.mark.parametrize("site", ["h1", "h3"])
def test_hidden_layers(site: str) -> None:
    r = run("dictionary_metrics", world(identity(16), site=site), **QUICK)
    assert float(r.explained_variance) == pytest.approx(1, abs=1e-5)
    replaced = float(r.mse_replaced.sel(coding="dictionary"))
    assert replaced == pytest.approx(float(r.mse_original), rel=1e-2)
    assert float(r.mse_zero) != float(r.mse_original)


def test_a_range_without_held_out_problems_is_refused() -> None:
    with pytest.raises(Refusal, match="no problem is held out"):
        run("dictionary_metrics", world(identity(), count=4), **QUICK)


def plain_walk(given, standard, coding) -> tuple[np.ndarray, float]:
    """The sampler of the descent in plain steps, its gradient rebuilt where it is known."""
    model, descent = given.models["model"], given.upstream["descent"].read()
    p = tasks.problems("inverse", 10, 0, size=3)
    rows = [4, 9]
    x, y = torch.from_numpy(p.x[rows]).float(), torch.from_numpy(descent["start"].values[rows])
    y, s, active = y.reshape(2, 9).float(), model.schedule, []

    def look(y, t, step):
        e, g = model.official_energy_and_gradient(x, y, t)
        if not standard.knows(step):
            return e, g
        i = step + 1 if standard.states != "after" else step
        c, k = standard.centre[t, i], standard.scale[t, i]
        f = coding.encode(((g.numpy() - c) * k).astype("f4"))
        active.append((f > 0).sum(-1).double().mean())
        return e, (coding.decode(f) / k + c).float()

    for t in range(9, -1, -1):
        root, sigma, size = s.sqrt_alpha_bar[t], s.sigma[t], s.step_size[t]
        y = ((y - sigma * look(y, t, -1)[1]) / root).clamp(-2, 2) * root
        e, g = look(y, t, 0)
        for inner in range(5):
            new = (y - (1 if inner == 0 else 2) * size * g).clamp(-2 * root, 2 * root)
            e_new, g_new = look(new, t, inner + 1)
            take = ~(e_new > e)[:, None]
            y, g, e = (
                torch.where(take, new, y),
                torch.where(take, g_new, g),
                torch.minimum(e, e_new),
            )
        y = y / root * (s.sqrt_alpha_bar[t - 1] if t else 1.0)
    error = (y.double() - torch.from_numpy(p.y[rows])).square().mean(1)
    return error.numpy(), float(np.mean(active))


@pytest.mark.parametrize("states", ["all", "before", "after"])
def test_a_standardised_dictionary_walks_as_in_plain_steps(states: str) -> None:
    rng = np.random.default_rng(3)
    atoms = rough(states=states, centre_steps=True, scale_steps=True, centre=0.0, scale=1.0)
    shape = 10, {"all": 7, "before": 1, "after": 6}[states], 9
    atoms["centre_step"] = ("level", "step", "unit"), 0.1 * rng.normal(size=shape)
    atoms["scale_step"] = ("level", "step"), rng.uniform(0.5, 2, shape[:2])
    given = world(atoms)
    r = run("dictionary_metrics", given, **QUICK)
    d = Dictionary.from_dataset(atoms, standardises=True)
    error, active = plain_walk(given, d.standard, d)
    one = r.sel(coding="dictionary")
    assert float(one.mse_replaced) == pytest.approx(error.mean(), rel=1e-3)
    assert float(one.walk_l0) == pytest.approx(active, abs=0.02)
    sizes = {"all": 70, "before": 10, "after": 60}
    assert r.sizes["step"] * 10 == sizes[states]
    assert np.isnan(r.beyond.sel(stage="before_jump")).all() == (states == "after")
    if states == "all":
        wide = values(given).astype("f8")
        z = (wide - d.standard.centre) * d.standard.scale[..., None]
        back = plain_rebuild(d, plain_codes(d, z)).reshape(wide.shape)
        back = back / d.standard.scale[..., None] + d.standard.centre
        held = held_out(np.arange(10))
        missing = ((wide - back)[held] ** 2).sum()
        known = 1 - missing / ((wide[held] - wide[held].mean((0, 1, 2))) ** 2).sum()
        assert float(r.explained_variance) == pytest.approx(known, abs=1e-4)


@pytest.mark.parametrize("steps", [0, 1, 5, 12])
def test_matching_pursuit_against_sklearn(steps: int) -> None:
    rng = np.random.default_rng(1)
    atoms = random_atoms(30, 12, rng).astype(float)
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    x = rng.normal(size=(9, 12))
    found = matching_pursuit(tensor(x), tensor(atoms), steps).numpy()
    known = np.zeros_like(x)
    if steps:
        known = orthogonal_mp(atoms.T, x.T, n_nonzero_coefs=steps).T @ atoms
    np.testing.assert_allclose(found, known, atol=1e-8)


def test_an_input_that_is_spanned_early_stays_finite() -> None:
    atoms = np.eye(4)[[0, 0, 1]]
    found = matching_pursuit(tensor(np.array([[2.0, 0, 0, 1]])), tensor(atoms), 3)
    np.testing.assert_allclose(found, [[2, 0, 0, 0]])


def test_random_atoms_are_unit_and_of_any_direction() -> None:
    atoms = random_atoms(4000, 6, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(atoms, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(atoms.T @ atoms / 4000, np.eye(6) / 6, atol=0.02)


def test_loss_recovered_of_known_errors() -> None:
    rng = np.random.default_rng(0)
    original = rng.uniform(0.1, 0.2, 50)
    zero = original + rng.uniform(1, 2, 50)
    for share in (1.0, 0.5, 0.0, -0.25):
        replaced = zero + share * (original - zero)
        table = np.stack([original, replaced, zero], axis=1)
        value, low, high = loss_recovered(table, 200, rng)
        np.testing.assert_allclose([value, low, high], share, atol=1e-12)
    noisy = np.stack([original, original + rng.uniform(0, 1, 50), zero], axis=1)
    value, low, high = loss_recovered(noisy, 500, rng)
    assert low < value < high
    assert high - low < 0.3
    assert np.isnan(loss_recovered(noisy[:1], 20, rng)[1])


def test_no_loss_recovered_where_nothing_is_lost_or_a_walk_diverged() -> None:
    rng = np.random.default_rng(0)
    same = np.full((20, 3), 0.3)
    noise = rng.normal(1, 0.1, (20, 3))
    diverged = noise + np.array([0, 0, 9])
    diverged[4, 1] = np.inf
    for table in (same, noise, diverged):
        assert np.isnan(loss_recovered(table, 300, rng)).all()
