"""How well the level itself is read, over the rows of all levels together.

Definitions: docs/definitions.md §6.1. The time embedding gives the level away, so that there is no
verdict.
"""

import numpy as np
from jaxtyping import Float

from ired_interp_core.probing.cells import Design, Fitted, fitted
from ired_interp_core.probing.compared import compared
from ired_interp_core.probing.names import LAYERS
from ired_interp_core.probing.saved import Numbers
from ired_interp_core.probing.study import Study, numbers
from ired_interp_core.records import seeded
from ired_interp_core.schema import LEVELS

PROBLEMS = 64
"""Problems whose rows are pooled at most: 640 rows."""


def pooled(study: Study) -> Numbers:
    """Probes of the level t from inputs of all levels together, rows of a problem on one side.

    The shuffled target permutes the levels of each problem.

    Args:
        study: of the set.

    Returns:
        Numbers along [input, …, 1], predictions along [input, level, problem], and the positions of
        the `problems`.
    """
    some = study.design.once[:PROBLEMS]
    words = np.repeat(study.probed.words[some], LEVELS)
    level = np.tile(np.arange(LEVELS, dtype=np.float64), len(some))[:, None]
    rng = seeded("pooled levels", study.parameters["seed"])
    mixed = [np.concatenate([rng.permutation(LEVELS) for _ in some])[:, None] for _ in range(2)]
    targets = np.concatenate([level, *mixed], axis=1).astype(np.float64)
    design = Design(
        words, level, np.zeros(len(words), dtype=int), 1, study.parameters["folds"],
        study.parameters["seed"], given=targets,
    )  # fmt: skip
    inputs = tuple(name for name in study.inputs if name in study.there(LEVELS - 1))
    fits: dict[tuple[str, str], Fitted] = {}
    for name in inputs:
        for network in ("trained", "untrained"):
            known = study.probed.both and name in (*LAYERS, "gradient")
            if network == "trained" or known:
                x = _rows(study, name, network, some)
                fits[name, network] = fitted(design, x, None, 3, False, study.check)
    held = compared(
        design, fits, inputs, study.site, seeded("pooled", study.parameters["seed"]),
        study.parameters["bootstrap"],
    )  # fmt: skip
    found = numbers(held)
    own = [fits[name, "trained"] for name in inputs]
    found["train_score"] = np.stack([f.train for f in own])
    found["validation_score"] = np.stack([f.validation for f in own])
    predicted = np.stack([f.predicted[:, 0].reshape(len(some), LEVELS).T for f in own])
    return found | {"predicted": predicted.astype(np.float32), "problems": some}


def _rows(study: Study, name: str, network: str, some: np.ndarray) -> Float[np.ndarray, "N p"]:
    """Rows of all levels of some problems, by problem and level."""
    levels = []
    for t in range(LEVELS):
        if name == "codes" and study.codes:
            values = study.codes.encode(study.probed.read(study.codes.site, t, some=some))
        else:
            values = study.probed.read(name, t, network, some)
        levels.append(values)
    return np.stack(levels, axis=1).reshape(len(some) * LEVELS, -1)
