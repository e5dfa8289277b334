"""Which problem sets there can be, by name and by size. Light, so that a record can be checked."""

TASK_NAMES = ("inverse", "addition", "completion")
"""In the order of menus; `tasks.TASKS` says what each of them is."""

VARIANTS: tuple[str, ...] = ("same", "harder")
"""Variants of every task: as trained, and out of distribution. The position is the seeding code."""

MIN_SIZE = 2
"""Smallest matrix side: the spectral gap needs two singular values."""

MAX_SIZE = 256
"""Largest matrix side; addition at this side has 131,072 inputs for one problem."""

MAX_SEED = 2**31 - 1
"""Largest seed of a user's problem set. Seeds above it belong to the fits (`seeding.FIT_SEED`)."""
