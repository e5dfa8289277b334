"""Problem sets: the list of tasks, their shapes, and the one way to make problems.

Definitions: docs/definitions.md §2.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from jaxtyping import Float64

from ired_interp_core import made_to_order
from ired_interp_core.problem_kinds import MAX_SEED, MAX_SIZE, MIN_SIZE, TASK_NAMES
from ired_interp_core.tasks import addition, completion, doors, inverse
from ired_interp_core.tasks.kinds import Baseline, Task
from ired_interp_core.tasks.seeding import stream, variant_code

TASKS: Mapping[str, Task] = MappingProxyType(
    dict(zip(TASK_NAMES, (inverse.TASK, addition.TASK, completion.TASK), strict=True))
)
"""name → task, in the order of menus."""

BASELINES: tuple[str, ...] = tuple(dict.fromkeys(b for t in TASKS.values() for b in t.baselines))
"""Names of the baselines of all tasks and variants."""


@dataclass(frozen=True, eq=False)
class Problems:
    """A block of problems start … start + N − 1 of one set.

    Attributes:
        x: Problems [N, n_in], float64, row-major flattened.
        y: True answers [N, d] in the data frame, float64, row-major flattened.
        task: Task name.
        variant: same, harder, or made to order (`made_to_order.spell`).
        size: Matrix side n.
        seed: Seed of the set.
        start: Index of the first problem.
    """

    x: Float64[np.ndarray, "N n_in"]
    y: Float64[np.ndarray, "N d"]
    task: str
    variant: str
    size: int
    seed: int
    start: int

    def __len__(self) -> int:
        """How many problems there are."""
        return len(self.x)


def task_named(task: str, where: str) -> Task:
    """The task of this name.

    Args:
        task: Its name.
        where: The function asked, for a refusal.

    Returns:
        The task.
    """
    step = "ask for one of these"
    if task == "lowrank":
        step = "the official name lowrank is completion here"
    return TASKS[doors.one_of("task", task, TASKS, where, step)]


def d(size: int) -> int:
    """Numbers in an answer: d = n².

    Args:
        size: Matrix side n.

    Returns:
        d.
    """
    return doors.integer("size", size, MIN_SIZE, MAX_SIZE, "tasks.d") ** 2


def n_in(task: str, size: int) -> int:
    """Numbers in a problem: n² (inverse, completion) or 2n² (addition).

    Args:
        task: Task name.
        size: Matrix side n.

    Returns:
        n_in.
    """
    return task_named(task, "tasks.n_in").blocks * d(size)


def problems(
    task: str, count: int, seed: int, size: int = 20, variant: str = "same", start: int = 0
) -> Problems:
    """Make problems start … start + count − 1 of the set (task, variant, size, seed).

    Problem i is a pure function of (task, variant, size, seed, i): a block made alone equals the
    same rows of a longer one, bit for bit on one machine. Another processor or BLAS may round
    products and inverses differently in the last digit; so may, for inverse, another number of
    BLAS threads (measured: not up to n = 96, but at n = 100). Refused arguments raise
    `errors.Refusal`, a ValueError of one line that names the accepted values.

    Args:
        task: inverse, addition or completion.
        count: Number of problems.
        seed: Seed of the set, 0 … 2³¹ − 1.
        size: Matrix side n.
        variant: same, harder, or made to order (`made_to_order.spell`).
        start: Index of the first problem.

    Returns:
        The block.
    """
    where = "tasks.problems"
    kind = task_named(task, where)
    size = doors.integer("size", size, MIN_SIZE, MAX_SIZE, where)
    variant = doors.variant(kind.name, variant, size, where)
    seed = doors.integer("seed", seed, 0, MAX_SEED, where)
    start = doors.integer("start", start, 0, doors.MAX_INDEX, where)
    columns = kind.blocks * size * size
    most = min(doors.MAX_NUMBERS // columns, doors.MAX_INDEX + 1 - start)
    count = doors.integer("count", count, 1, most, where)

    x = np.empty((count, columns))
    y = np.empty((count, size * size))
    for row in range(count):
        rng = stream(kind.code, variant_code(variant), size, seed, start + row)
        x[row], y[row] = kind.draw(rng, size, variant)
    return Problems(x, y, kind.name, variant, size, seed, start)


def baselines(task: str, variant: str, size: int) -> tuple[Baseline, ...]:
    """The trivial predictors of a task. Every error shown stands beside them.

    Fits are made on first use on a fixed seeded set that no user's set meets, and kept for the life
    of the process.

    Args:
        task: Task name.
        variant: Variant of the problems to answer; for all but `same` the refitted ones are added,
            where they apply (`unfit` says where not).
        size: Matrix side n.

    Returns:
        The baselines, simplest first, names unique.
    """
    where = "tasks.baselines"
    kind = task_named(task, where)
    size = doors.integer("size", size, MIN_SIZE, MAX_SIZE, where)
    variant = doors.variant(kind.name, variant, size, where)
    return _baselines(kind.name, variant, size)


def unfit(task: str, variant: str, size: int) -> dict[str, str]:
    """Which predictors of a task do not apply to a variant made to order, and why.

    Args:
        task: Task name.
        variant: Variant of the problems to answer.
        size: Matrix side n.

    Returns:
        Name of a baseline → why it is left out; empty for the variants `same` and `harder`.
    """
    there = {b.name for b in baselines(task, variant, size)}
    kind = task_named(task, "tasks.unfit")
    why = kind.why_unfit(variant) if made_to_order.is_made(variant) else ""
    return {name: why for name in kind.baselines if name not in there and why}


@lru_cache(maxsize=64)
def _baselines(task: str, variant: str, size: int) -> tuple[Baseline, ...]:
    return TASKS[task].fit_baselines(variant, size)
