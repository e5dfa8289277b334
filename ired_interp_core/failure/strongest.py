"""The features that tell failures best, chosen on some problems and shown on others.

Definitions: docs/definitions.md §6.2.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Float, Int

from ired_interp_core.failure.effects import effects, permuted
from ired_interp_core.failure.hotspots import Strongest, spots
from ired_interp_core.failure.names import FEATURED
from ired_interp_core.failure.resampling import draws
from ired_interp_core.failure.stages import Plan
from ired_interp_core.probing.names import INPUTS
from ired_interp_core.records import seeded
from ired_interp_core.schema import LEVELS


def merged(plan: Plan, parts: Iterable[Mapping[str, np.ndarray]]) -> Strongest:
    """The strongest features of all levels and inputs.

    Args:
        plan: problems and settings.
        parts: of `stages.points`.

    Returns:
        The same as if all cells had been given to one.
    """
    found = list(parts)
    size, cell, feature = (
        np.concatenate([p[n] for p in found], axis=1) for n in ("size", "cell", "feature")
    )
    order = np.lexsort((feature, cell, -size), axis=1)[:, : plan.top]
    sides = (np.take_along_axis(v, order, 1) for v in (size, cell, feature))
    return Strongest(len(size), plan.top, *sides)


def place_of(plan: Plan, cell: int) -> tuple[str, int, int]:
    """Input, level and place of the step of a cell."""
    steps = len(plan.cases.steps)
    return FEATURED[cell // steps // LEVELS], cell // steps % LEVELS, cell % steps


def columns(
    plan: Plan, cells: Int[np.ndarray, "top"], features: Int[np.ndarray, "top"]
) -> Float[np.ndarray, "N top"]:
    """The features' own numbers, of every problem.

    Args:
        plan: problems and settings.
        cells: where each lies.
        features: its index there.

    Returns:
        float32; NaN where there is no feature.
    """
    found = np.full((plan.cases.count, len(cells)), np.nan, dtype="f4")
    for cell in np.unique(cells[cells >= 0]):
        name, level, place = place_of(plan, int(cell))
        values = plan.cases.read(name, level, plan.cases.steps[place])
        assert values is not None
        here = np.flatnonzero(cells == cell)
        found[:, here] = values[:, features[here]]
    return found


def shown(
    plan: Plan, strongest: Strongest, resamples: int, permutations: int, seed: int
) -> dict[str, np.ndarray]:
    """Effects of the strongest features on the problems that they were not chosen on.

    Args:
        plan: problems and settings.
        strongest: chosen.
        resamples: of intervals.
        permutations: of the null of the largest |d|.
        seed: of both.

    Returns:
        Arrays by the names of the declared variables.
    """
    cells, features = strongest.cell[0], strongest.feature[0]
    values, there = columns(plan, cells, features), ~plan.chosen_on
    failed, words = plan.setting.failed[there], plan.cases.words[there]
    rng = seeded("failure", "effects", seed)
    weights = draws(failed, np.zeros(len(failed), int), words, rng, resamples)
    found = effects(values[there], failed, weights, permuted(failed, rng, permutations))
    size = np.where(cells >= 0, strongest.size[0], np.nan)
    places = [place_of(plan, int(c)) if c >= 0 else ("", -1, 0) for c in cells]
    return {
        "top_input": np.array([1 + INPUTS.index(n) if n else 0 for n, *_ in places]),
        "top_level": np.array([level for _, level, _ in places]),
        "top_step": np.array([plan.cases.steps[p] for *_, p in places]),
        "top_unit": features, "top_chosen_d": size, "top_d": found.d, "top_d_low": found.low,
        "top_d_high": found.high, "top_p": found.p, "top_failed": found.failed_mean,
        "top_other": found.other_mean, "top_null": np.array(found.null),
        "top_tested": np.array(found.tested), "top_value": values.T, "top_cell": cells,
    }  # fmt: skip


def hot(
    plan: Plan, strongest: Strongest, live: Float[np.ndarray, "cell"], p: Float[np.ndarray, "top"]
) -> dict[str, np.ndarray]:
    """Where the strongest features lie, against their share of live features.

    Args:
        plan: problems and settings.
        strongest: chosen.
        live: live features of every cell.
        p: of the chosen ones, on the other problems.

    Returns:
        Counts, expectations and bands of every cell, every input and every step, and how many of a
        cell's are told from 0 again.
    """
    steps = len(plan.cases.steps)
    shape = (len(FEATURED), LEVELS, steps)
    count = int(np.prod(shape))
    grid = np.arange(count).reshape(shape)
    counts = strongest.counts(count)
    found: dict[str, np.ndarray] = {}
    groups = {
        "": np.eye(count, dtype=bool),
        "_input": np.stack([np.isin(np.arange(count), grid[i]) for i in range(shape[0])]),
        "_step": np.stack([np.isin(np.arange(count), grid[..., s]) for s in range(steps)]),
    }
    for ending, group in groups.items():
        one = spots(counts, live, group)
        for word, values in vars(one).items():
            name = f"hot_{word}{ending}"
            found[name] = values.reshape(shape) if not ending else values
    again = np.bincount(strongest.cell[0][(p < 0.05) & (strongest.cell[0] >= 0)], minlength=count)
    found["hot_again"] = again.reshape(shape).astype(float)
    return found
