"""The gradient flow of all problems, read together."""

import numpy as np

from app.probes.gradients import Flow
from app.shared.asks.kept import kept, sealed
from app.shared.table.by_level import pieces
from store import QuestionInfo, Store

VARIABLES = ("layer_gradient", "dead_points")


@kept(4, "Reading the gradient flow")
def flow(store: Store, question: QuestionInfo) -> Flow:
    """The flow of all problems that a question has answers to."""
    sizes, dead = [], 0
    points = 0
    for part, _ in pieces(store, question, VARIABLES):
        one = part["layer_gradient"].transpose("problem", "network", "level", "step", "layer")
        sizes.append(one.values)
        points += one.sizes["problem"] * one.sizes["level"] * one.sizes["step"]
        count = part["dead_points"].transpose("network", "layer", "unit", "problem", "level")
        dead = dead + count.values.sum((-2, -1), dtype=np.int64)
    size, share = np.concatenate(sizes), np.asarray(dead) / points
    sealed(size, share)
    return Flow(size, share)
