"""Whether strong features go with properties: planted answers, other atoms, plain loops."""

import dictionary_records as made
import numpy as np
import pytest
import scipy.stats
import torch
from dictionary_cases import loaded, rough

from ired_interp_core import tasks
from ired_interp_core.dictionaries import correlations, strongest
from ired_interp_core.dictionaries.baselines import Moments
from ired_interp_core.dictionaries.names import OTHERS
from ired_interp_core.intervals import holm
from ired_interp_core.records import Gathered

SIZE, COUNT, LEVELS, STEPS = 4, 60, 2, 3
D = SIZE**2


def planted(goes: int, strong: int = 4) -> Gathered:
    """Of as many strong features `goes` follow the trace, each along a direction of its own.

    The directions are no entries and no principal components: every entry holds some of all.
    """
    p = tasks.problems("inverse", COUNT, seed=0, size=SIZE)
    trace = tasks.properties("inverse", p.x, p.y)["trace"]
    trace = (trace - trace.mean()) / trace.std()
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(D, D)))[0]
    strength = 3 + rng.normal(size=(COUNT, LEVELS, STEPS, strong)) * 0.5
    strength[..., :goes] += trace[:, None, None, None]
    values = np.maximum(strength, 0.1) @ basis[:strong]
    atoms = made.dictionary(basis[: strong + 2], variant="relu", bias=-0.05)
    return made.gathered(atoms, made.activations(values), size=SIZE)


@pytest.mark.parametrize("goes", [0, 1, 4])
def test_planted_features_go_with_a_property_and_permuted_ones_do_not(goes: int) -> None:
    r = made.run("dictionary_features", planted(goes), strongest=4, bootstrap=20)
    assert float(r.going_share) == goes / 4
    chance = float(r.going_share_others.sel(other="permuted"))
    assert chance < 0.02
    low = r.going_beyond_low.sel(other="permuted")
    assert bool(low > 0) == (goes > 0)
    assert tuple(r.other.values) == OTHERS


def test_shares_are_those_of_scipy_one_by_one() -> None:
    rng = np.random.default_rng(1)
    properties = rng.normal(size=(COUNT, 3))
    properties[:, 2] = 1e-14 * rng.normal(size=COUNT)  # rounding
    means = {
        "features": properties[:, :2] @ rng.normal(size=(2, 5)) + rng.normal(size=(COUNT, 5)),
        **{name: rng.normal(size=(COUNT, 5)) + 0.4 * properties[:, :1] for name in OTHERS[:3]},
    }
    found = strongest.shares(means, properties, 0.3, 10, 0)
    for name, share in zip(means, [found.share, *found.others], strict=False):
        pairs = [
            [scipy.stats.spearmanr(means[name][:, i], properties[:, j]) for j in (0, 1)]
            for i in range(5)
        ]
        rho = np.array([[pair.statistic for pair in row] for row in pairs])
        p = holm(np.array([[pair.pvalue for pair in row] for row in pairs]))
        assert share == ((p < 0.05) & (np.abs(rho) >= 0.3)).any(axis=1).mean()
    assert 0 < found.share <= 1
    assert (found.beyond_low <= found.beyond_high).all()


def test_nothing_active_has_no_share() -> None:
    means = {"features": np.zeros((COUNT, 0)), **{n: np.zeros((COUNT, 0)) for n in OTHERS[:3]}}
    found = strongest.shares(means, np.ones((COUNT, 2)), 0.3, 10, 0)
    assert np.isnan([found.share, *found.others]).all()


@pytest.mark.parametrize(("variant", "k"), [("topk", 3), ("batch_topk", 3)])
def test_other_atoms_are_under_the_rule_of_the_dictionary(variant: str, k: int) -> None:
    rng = np.random.default_rng(2)
    x = torch.from_numpy((rng.normal(size=(800, 9)) * np.arange(1, 10)).astype("f4"))
    d = loaded(rough(variant=variant, k=k))
    moments = Moments(d.centre)
    moments.add(x)
    others = strongest.other_atoms(d, moments, x, 2.5, 0)
    assert {name: o.features for name, o in others.items()} == {
        "components": 18, "entries": 18, "random_atoms": d.features,
    }  # fmt: skip
    vectors = np.linalg.eigh(np.cov(x.numpy().T.astype("f8")))[1].T
    basis = {"components": vectors, "entries": np.eye(9)}
    for name, o in others.items():
        active = (o.encode(x) > 0).sum(1).float()
        if variant == "topk":
            assert (active <= 3).all()
            assert active.mean() > 2.9
        else:
            assert abs(float(active.mean()) - 2.5) < 0.01
        w = o.decoder.double().numpy()
        np.testing.assert_allclose(np.linalg.norm(w, axis=1), 1, atol=1e-5)
        if name in basis:
            overlap = np.abs(basis[name] @ w.T)
            np.testing.assert_allclose(np.sort(overlap, axis=1)[:, -2:], 1, atol=1e-3)
        scores = d.scale * (x.double().numpy() - d.centre.double().numpy()) @ w.T
        f = o.encode(x).numpy()
        np.testing.assert_allclose(f[f > 0], scores[f > 0], rtol=1e-4, atol=1e-4)


def test_codes_of_other_atoms_are_summed_problem_by_problem() -> None:
    given = planted(2)
    d = loaded(given.upstream["dictionary"].read())
    seen = strongest.look(given, {"one": d}, COUNT, "")["one"]
    values = given.upstream["activations"].read()["activation"].values.reshape(COUNT, -1, D)
    f = np.stack([d.encode(rows).numpy() for rows in values]).astype("f8")
    np.testing.assert_allclose(seen.means, f.mean(1), rtol=1e-5)
    np.testing.assert_allclose(seen.squares, (f**2).sum((0, 1)), rtol=1e-5)
    order = seen.strongest(3)
    assert (np.diff(seen.squares[order]) <= 0).all()
    assert len(seen.strongest(100)) == (seen.squares > 0).sum()


def test_a_property_that_is_rounding_is_left_out() -> None:
    rng = np.random.default_rng(3)
    properties = np.stack(
        [
            rng.normal(size=30), 1e-15 * rng.normal(size=30), 5 + 1e-7 * rng.normal(size=30),
            1e9 + rng.normal(size=30), 1e-3 * rng.normal(size=30), np.full(30, np.nan),
        ],
        axis=1,
    )  # fmt: skip
    known = [True, False, False, False, True, False]
    np.testing.assert_array_equal(correlations.usable(properties), known)
    r = made.run("dictionary_features", planted(1), bootstrap=10)
    used = dict(zip(r.property.values, r.property_used.values, strict=True))
    assert not used["symmetry_defect"]  # of an inverse: 1e-16
    assert not used["observed_share"]  # of completion alone
    assert used["trace"]
    assert np.isnan(r.correlation.sel(property="symmetry_defect")).all()


def test_shares_of_the_data_are_those_of_a_plain_loop() -> None:
    given = planted(1)
    r = made.run("dictionary_features", given, bootstrap=10)
    values = given.upstream["activations"].read()["activation"].values.astype("f8")
    for name, of in (("before", slice(0, 0)), ("after", slice(0, STEPS))):
        parts, whole = np.zeros(4), 0.0
        for g in values[:, :, of].reshape(-1, SIZE, SIZE):
            s, a = (g + g.T) / 2, (g - g.T) / 2
            parts += [(s**2).sum(), (a**2).sum(), (np.diag(g) ** 2).sum(), np.trace(g) ** 2 / SIZE]
            whole += (g**2).sum()
        # These activations have steps from 0: none lies before a jump.
        if whole:
            np.testing.assert_allclose(r[f"data_share_{name}"], parts / whole, rtol=1e-5)
        else:
            assert np.isnan(r[f"data_share_{name}"]).all()


def test_symmetric_data_before_the_jumps_and_others_after_them() -> None:
    rng = np.random.default_rng(4)
    g = rng.normal(size=(COUNT, LEVELS, STEPS, SIZE, SIZE))
    g[:, :, 0] += g[:, :, 0].swapaxes(-1, -2)
    given = planted(0)
    held = made.activations(g.reshape(COUNT, LEVELS, STEPS, D))
    held = held.assign_coords(step=np.arange(-1, STEPS - 1))
    given.upstream["activations"] = made.Held(made.asked(held), held)  # type: ignore[index]
    r = made.run("dictionary_features", given, bootstrap=10)
    assert float(r.data_share_before.sel(share="symmetric")) == pytest.approx(1, abs=1e-6)
    expected = SIZE * (SIZE + 1) / 2 / D
    assert float(r.data_share_after.sel(share="symmetric")) == pytest.approx(expected, abs=0.03)
