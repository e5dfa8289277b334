"""Matrix tasks: problems with their answers, properties of each problem, trivial baselines.

Pure NumPy and light to import. `problems` makes them, `properties` describes them, `baselines`
gives the predictors that every error is shown beside; `TASKS` and `VARIANTS` are the known names.
"""

from ired_interp_core.problem_kinds import VARIANTS
from ired_interp_core.tasks.generation import (
    BASELINES,
    TASKS,
    Problems,
    baselines,
    d,
    n_in,
    problems,
    unfit,
)
from ired_interp_core.tasks.kinds import Baseline, Task
from ired_interp_core.tasks.properties import PROPERTIES, Property, properties

__all__ = [
    "BASELINES",
    "PROPERTIES",
    "TASKS",
    "VARIANTS",
    "Baseline",
    "Problems",
    "Property",
    "Task",
    "baselines",
    "d",
    "n_in",
    "problems",
    "properties",
    "unfit",
]
