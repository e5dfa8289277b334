"""Where branches stand: joined at the height of the lowest way, by a slow twin; none cross."""

from itertools import combinations

import numpy as np
import pytest

from app.minima.branches import branches
from ired_interp_core.minima.tree import barriers


class Minima:
    """The part of `Found` that branches read."""

    def __init__(self, energies, saddles, ends, fell=None):
        self.energies, self.heights = energies, barriers(energies, saddles, ends)
        self.joined = self
        self.visited = np.zeros(len(energies)) if fell is None else fell

    def __getitem__(self, name):
        return np.broadcast_to(self.visited, (1, 1, len(self.energies)))

    def there(self, t):
        return list(range(len(self.energies)))

    def answer(self, t):
        return 1

    def energy(self, t, b):
        return float(self.energies[b])

    def barrier(self, t, i, j):
        return self.heights[i, j]

    def saddles(self, t):
        return []


def climbed(energies, saddles, ends):
    """Of every pair the lowest highest saddle of all ways: by trying every stop in between."""
    n = len(energies)
    height = np.full((n, n), np.inf)
    for energy, (i, j) in zip(saddles, ends, strict=True):
        height[i, j] = height[j, i] = min(height[i, j], energy)
    for k in range(n):
        for i in range(n):
            for j in range(n):
                height[i, j] = min(height[i, j], max(height[i, k], height[k, j]))
    return height


def landscape(seed, n=9, edges=9):
    rng = np.random.default_rng(seed)
    energies = rng.normal(size=n)
    pairs = list(combinations(range(n), 2))
    ends = np.array([pairs[k] for k in rng.choice(len(pairs), edges, replace=False)])
    saddles = energies[ends].max(1) + rng.exponential(size=edges)
    return energies, saddles, ends


@pytest.mark.parametrize("seed", range(8))
def test_branches_meet_as_high_as_the_lowest_way_and_never_cross(seed):
    energies, saddles, ends = landscape(seed)
    made = branches(Minima(energies, saddles, ends), 0)
    twin = climbed(energies, saddles, ends)
    side: dict[tuple[float, float], set[int]] = {
        (made.leaves[b], float(energies[b])): {b} for b in made.leaves
    }
    met = np.full_like(twin, np.inf)
    for joint in made.joints:
        left, right = (side[one] for one in joint.sides)
        for i in left:
            for j in right:
                met[i, j] = met[j, i] = joint.energy
        whole = left | right
        places = sorted(made.leaves[b] for b in whole)
        assert places == list(range(int(places[0]), int(places[0]) + len(places)))  # no crossing
        assert max(made.leaves[b] for b in left) < min(made.leaves[b] for b in right)
        assert joint.pair[0] == min(left, key=lambda b: energies[b])
        side[joint.x, joint.energy] = whole
    np.fill_diagonal(met, np.inf)
    np.fill_diagonal(twin, np.inf)
    np.testing.assert_allclose(met, twin, rtol=1e-12)
    mine = [b for b in made.leaves if b == 0 or np.isfinite(twin[0, b])]
    assert sorted(made.leaves[b] for b in mine) == list(range(len(mine)))  # the truth's tree first
    assert len(made.roots) == len(energies) - len(made.joints)


def test_of_too_many_leaves_the_truth_the_answer_the_lowest_and_the_most_visited_are_drawn():
    energies = np.arange(40, dtype=float)[::-1].copy()
    fell = np.zeros(40)
    fell[20] = 5
    made = branches(Minima(energies, np.zeros(0), np.zeros((0, 2), int), fell), 0, most=6)
    assert len(made.leaves) == 6
    assert {0, 1, 20, 39} <= made.leaves.keys()
    assert len(made.hidden) == 34
