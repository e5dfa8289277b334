"""One random stream per problem, so that any worker makes any problem alone."""

import numpy as np

from ired_interp_core import made_to_order
from ired_interp_core.problem_kinds import VARIANTS

FIT_SEED = 2**32 - 20
"""Seed of the sets on which baselines are fitted: above `MAX_SEED`, so no user's set."""


def variant_code(variant: str) -> int:
    """Position of a variant in the seeding; one for all that are made to order."""
    return made_to_order.CODE if made_to_order.is_made(variant) else VARIANTS.index(variant)


def stream(
    task_code: int, variant_code: int, size: int, seed: int, index: int
) -> np.random.Generator:
    """Random stream of problem `index` of a set.

    PCG64 seeded by `SeedSequence([seed, task_code, variant_code, size, index])`. Each of the five
    integers must lie in 0 … 2³² − 1: SeedSequence splits larger ones into several words, and two
    different sets could then share a stream. NumPy promises the bits of PCG64 and of SeedSequence
    for good, the normal numbers drawn from them only until a release says otherwise (NEP 19); a
    test holds golden values.

    Args:
        task_code: Code of the task (`Task.code`).
        variant_code: Position in `VARIANTS`, or `made_to_order.CODE`.
        size: Matrix side n.
        seed: Seed of the set.
        index: Problem i.

    Returns:
        A fresh generator.
    """
    words = [seed, task_code, variant_code, size, index]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))
