"""Parameters of the view's address."""

from dataclasses import replace

from app.shared.address import fields
from app.shared.address.fields import Field, choice, integer, problem_set
from ired_interp_core.geometry import names
from ired_interp_core.geometry.names import (
    ENDS,
    MANIFOLDS,
    METHODS,
    MOST_DIMENSION,
    QUANTITIES,
    TURNS,
)

DISTANCES = ("geodesic", "chordal")
MOST_BESIDE = 8
"""Sets that are read; how many stand side by side is said in the view."""
WAYS = ("integrated", *METHODS[3:])
"""How one attributes: along a path from a baseline, or by the gradient around or at the point."""
SPLITS = ("diagonal", "rows", "observed")
LENGTHS = tuple(f"{length:g}" for length in names.LENGTHS)

FIELDS = {
    **fields.SUBJECT,
    "sheet": Field("subspaces", choice("subspaces", "moves", "modes", "symmetry", "attribution")),
    "problem": fields.PROBLEM,
    "level": replace(fields.LEVEL, live=True),
    "place": fields.PLACE,
    "k": Field(10, integer(1, MOST_DIMENSION), help="dimension of the leading singular spaces"),
    "distance": Field(DISTANCES[0], choice(*DISTANCES)),
    "manifold": Field(MANIFOLDS[0], choice(*MANIFOLDS)),
    "length": Field("0.1", choice(*LENGTHS), help="of a move, in units of ‖y*‖"),
    "turn": Field(TURNS[0], choice(*TURNS)),
    "beside": Field((), problem_set, most=MOST_BESIDE, help="sets that stand beside this one"),
    "of": Field(QUANTITIES[0], choice(*QUANTITIES), help="what is attributed"),
    "baseline": Field(METHODS[0], choice(*METHODS[:3]), help="where the path begins"),
    "method": Field(WAYS[0], choice(*WAYS)),
    "grouping": Field(SPLITS[0], choice(*SPLITS)),
    "q": fields.KEY,
}


def place(field: str) -> str:
    """What is compared with the truth: a place of other views is taken for the answer."""
    return field if field in ENDS else ENDS[0]
