"""Taking a property out, by known answers: in a layer, and inside the sampler."""

import numpy as np
import pytest
import torch
from cases import small

from ired_interp_core import tasks
from ired_interp_core.dictionaries.intervention import Intervened
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.probing.folds import folds
from ired_interp_core.probing.removal import Removal, left, oblique, random_removals
from ired_interp_core.probing.ridge import out_of_fold, r2, squares
from ired_interp_core.probing.use import Walks, measured, without
from ired_interp_core.probing.verdicts import Use, code, decodable, used


def readable(h: np.ndarray, z: np.ndarray) -> float:
    words = np.arange(len(z))
    found, _ = out_of_fold(h, z[:, None], words, folds(words, 0))
    return float(r2(*squares(z[:, None], found))[0])


def test_the_probes_own_direction_leaves_half_and_the_oblique_one_nothing():
    rng = np.random.default_rng(0)
    z, e = rng.normal(size=(2, 4000))
    h, words = np.stack([z, z + e], axis=1), np.arange(4000)
    removal = oblique(h, z, words)
    w = removal.readout / np.linalg.norm(removal.readout)
    np.testing.assert_allclose(w, [1, 0], atol=0.01)
    naive = h - (h @ w)[:, None] * w
    print(f"R² left without w: {readable(naive, z):.2f}")
    assert readable(naive, z) == pytest.approx(0.5, abs=0.03)
    half = words % 2 == 0
    assert abs(left(h, z, words, folds(words, 0), half, oblique(h[half], z[half], words[half]))) < (
        0.01
    )


def test_what_is_taken_out_is_uncorrelated_and_an_edit_is_the_same_for_the_sampler():
    rng = np.random.default_rng(1)
    h = rng.normal(size=(200, 30)) @ rng.normal(size=(30, 30)) + 2
    z = h[:, :3].sum(1) + rng.normal(size=200)
    removal = oblique(h, z, np.arange(200))
    taken = removal.of(h)
    np.testing.assert_allclose((taken - taken.mean(0)).T @ (z - z.mean()), 0, atol=1e-9)
    np.testing.assert_allclose(np.ptp(taken @ removal.readout), 0, atol=1e-9)
    np.testing.assert_allclose(removal(torch.from_numpy(h)).numpy(), taken, atol=1e-12)


def test_random_directions_carry_the_same_variance():
    rng = np.random.default_rng(2)
    h = rng.normal(size=(300, 20)) * np.linspace(0.1, 3, 20)
    removal = oblique(h, h[:, 0] + 0.1 * h[:, 19], np.arange(300))
    taken = np.square(h - removal.of(h)).sum(1)
    for control in random_removals(h, removal, 5, np.random.default_rng(0)):
        moved = np.square(h - control.of(h)).sum(1)
        assert moved.mean() == pytest.approx(taken.mean(), rel=1e-9)
        assert np.linalg.norm(control.readout) == pytest.approx(1)


@pytest.fixture(scope="module")
def walks() -> Walks:
    model = small(seed=3)
    p = tasks.problems("inverse", 6, 0, size=3)
    x = torch.from_numpy(p.x.astype("f4"))
    start = torch.from_numpy(start_noise(0, np.arange(6), 9).astype("f4"))
    above = anneal(model, x, start)
    scale = torch.from_numpy(np.float32(model.schedule.sqrt_alpha_bar))
    return Walks(model, 3, x, scale[3] * above.answers[5], 2.0, 5, True)


def test_a_walk_from_a_level_ends_where_the_whole_walk_does(walks):
    start = torch.from_numpy(start_noise(0, np.arange(6), 9).astype("f4"))
    whole = anneal(walks.model, walks.x, start).answer.double()
    torch.testing.assert_close(walks.answers("h2", None), whole, rtol=0, atol=0)


def test_an_edit_is_made_at_all_steps_of_the_level_and_nowhere_else(walks):
    rng = np.random.default_rng(0)
    one = Removal(np.zeros(16), rng.normal(size=16), rng.normal(size=16))
    asked = []

    class Noted(Intervened):
        def official_energy_and_gradient(self, x, y, t):
            asked.append(t)
            edited = Intervened(walks.model, "h2", one if t == 3 else None)
            return edited.official_energy_and_gradient(x, y, t)

    known = anneal(Noted(walks.model, "h2"), walks.x, walks.start, first=3).answer.double()
    torch.testing.assert_close(walks.answers("h2", one), known, rtol=0, atol=0)
    assert asked.count(3) == 7
    plain = walks.answers("h2", None)
    shift, random = without(walks, "h2", one, [Removal(*np.zeros((3, 16))), one])
    np.testing.assert_allclose(shift, torch.linalg.vector_norm(known - plain, dim=1))
    assert shift.max() > 0
    np.testing.assert_array_equal(random[:, 0], 0)
    np.testing.assert_array_equal(random[:, 1], shift)


def test_an_effect_is_held_against_the_quantile_of_random_directions():
    rng = np.random.default_rng(0)
    random = rng.lognormal(size=(64, 20)) * np.linspace(1, 2, 20)
    shift = random[:, 10] + 3
    found = measured(shift, random, 0.01, np.random.default_rng(1), 1000)
    assert found.limit == pytest.approx(np.quantile(random.mean(0), 0.95))
    np.testing.assert_allclose(found.random, random.mean(0))
    assert found.low < found.shift < found.high
    assert found.shift - found.limit > found.gain_low
    assert used(found, 0.05) == code("used")
    small = measured(random[:, 3], random, 0.01, np.random.default_rng(1), 1000)
    assert small.gain_low < 0
    assert used(small, 0.05) == code("not_used")
    same = measured(np.ones(64), np.ones((64, 1)), 0.0, np.random.default_rng(1), 100)
    assert (same.low, same.high, same.gain_low) == (1.0, 1.0, 0.0)


def test_not_used_is_said_only_where_nothing_is_left():
    numbers = dict(shift=1.0, low=0.9, high=1.1, random=np.ones(3), limit=1.2, gain_low=-0.1)
    assert used(Use(**numbers, left=0.55), 0.05) == code("not_decided")
    assert used(Use(**numbers, left=0.04), 0.05) == code("not_used")
    assert used(Use(**{**numbers, "gain_low": 0.2}, left=0.55), 0.05) == code("used")


def test_verdicts_are_read_off_intervals():
    known = {
        "use_not_tested": (0.9, 0.06, 0.3, True),
        "not_decided": (0.9, 0.04, 0.06, True),
        "no_better": (0.9, -0.1, 0.05, True),
        "not_decodable": (0.04, -0.1, 0.01, True),
    }
    columns = [np.array(c) for c in zip(*known.values(), strict=True)]
    assert decodable(*columns, 0.05).tolist() == [code(name) for name in known]
    missing = decodable(columns[0], columns[1], columns[2], np.zeros(4, dtype=bool), 0.05)
    assert missing[0] == code("not_decided")
    nothing = np.full(1, np.nan)
    assert decodable(nothing, nothing, nothing, np.ones(1, bool), 0.05) == code("not_decided")
