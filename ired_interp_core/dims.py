"""Dims: the words along which results are laid out, each declared once.

From one declaration follow the help beside an axis, the check of the labels, the layout of files
and the type of a column in the catalog. Words that several analyses share stand here; a dim of one
analysis is declared in its own file (`registry.analysis(dims=…)`). Light: no torch.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from ired_interp_core.errors import Refusal

Span = Literal["", "share", "signed"]
"""Where numbers lie: from 0 to 1, or on both sides of a 0 that means something; "" where neither is
true, or the unit says enough."""

LEVELS = 10
"""Annealed landscapes, t = 9 (smooth) to 0 (sharp)."""

PLACES = ("noised_truth", "truth", "answer", "minimum")
"""Where curvature is taken: √ᾱy* + σε, √ᾱy*, ŷ_t, and ŷ_t polished to a minimum."""

Sql = Literal["SMALLINT", "INTEGER", "BIGINT", "DOUBLE", "VARCHAR"]
Taken = Literal["singly", "walked", "whole", "in_runs"]

_LARGEST = {"SMALLINT": 2**15 - 1, "INTEGER": 2**31 - 1, "BIGINT": 2**63 - 1}
"""What a column of indices can hold."""

_KINDS = {"VARCHAR": "OUS", "DOUBLE": "fiu"} | dict.fromkeys(_LARGEST, "iu")
"""Kinds of NumPy dtypes that a coordinate may have."""


@dataclass(frozen=True)
class Dim:
    """One declared dim.

    Args:
        name: its one name, from the file to the axis and the address.
        help: a phrase for a reader.
        sql: type of its column in the catalog, which says what its coordinate is: integers
            (indices), DOUBLE (numbers) or VARCHAR (text).
        taken: how a reader takes its entries, which the layout of files follows. `singly`: one at a
            time; `walked`: one after the other, so that they lie together while that stays small;
            `whole`: all at once, as a matrix or a spectrum; `in_runs`: thousands, in runs.
        labels: the coordinate, in order, where it is always the same: words of a VARCHAR, numbers
            of a DOUBLE.
        some: whether a result may carry only some of the labels, as each task has its own.
        least: smallest index of a dim of integers.
        most: largest one; as the column of the catalog can hold when left out.
    """

    name: str
    help: str
    sql: Sql = "INTEGER"
    taken: Taken = "singly"
    labels: tuple[str, ...] | tuple[float, ...] = ()
    some: bool = False
    least: int = 0
    most: int | None = None

    def __post_init__(self) -> None:
        if not (self.name.isidentifier() and self.name.isascii() and self.help):
            raise Refusal("unusable dim", came=repr(self.name), expected="an identifier, and help")
        if self.sql not in get_args(Sql) or self.taken not in get_args(Taken):
            raise Refusal(
                "unusable dim",
                where=self.name,
                came=f"{self.sql}, {self.taken}",
                expected=", ".join((*get_args(Sql), *get_args(Taken))),
            )
        kind = {"VARCHAR": str, "DOUBLE": float}.get(self.sql)
        if len(set(self.labels)) < len(self.labels) or not all(
            kind is not None and isinstance(label, kind) for label in self.labels
        ):
            raise Refusal(
                "unusable labels of a dim",
                where=self.name,
                came=self.labels,
                expected="distinct words of a VARCHAR, or numbers of a DOUBLE",
            )

    def labelled(self, labels: Iterable[str] | Iterable[float], some: bool = False) -> "Dim":
        """This dim where an analysis knows the labels.

        Args:
            labels: the coordinate, in order.
            some: whether a result may carry only some of them.

        Returns:
            The same dim with labels.
        """
        return replace(self, labels=tuple(labels), some=some)  # type: ignore[arg-type]

    def alike(self, other: "Dim") -> bool:
        """Whether two declarations mean the same dim; labels aside, which an analysis may know."""
        return replace(self, labels=(), some=False) == replace(other, labels=(), some=False)

    def attributes(self) -> dict[str, str]:
        """Attributes written beside the coordinate."""
        return {"units": "1", "long_name": self.name, "help": self.help}

    def check(self, coordinate: np.ndarray, where: str) -> None:
        """Check the coordinate of a result.

        Args:
            coordinate: values along the dim.
            where: named in the refusal.

        Raises:
            Refusal: values of another type than declared, values that occur twice, labels other
                than declared, or indices out of range.
        """
        came = coordinate.tolist()
        right = coordinate.dtype.kind in _KINDS[self.sql] and len(set(came)) == len(came)
        if right and self.labels:
            right = set(came) <= set(self.labels) if self.some else tuple(came) == self.labels
        elif right and self.bounds and came:
            right = self.bounds[0] <= min(came) and max(came) <= self.bounds[1]
        if not right:
            raise Refusal(
                "coordinate differs from its declaration",
                where=f"{where}, {self.name}",
                came=came,
                expected=("some of " if self.some else "") + self._expected,
            )

    @property
    def bounds(self) -> tuple[int, int] | None:
        """Smallest and largest index; None where the coordinate is no index."""
        if self.sql not in _LARGEST:
            return None
        return self.least, _LARGEST[self.sql] if self.most is None else self.most

    @property
    def _expected(self) -> str:
        if self.labels:
            return ", ".join(map(str, self.labels))
        if self.bounds:
            return f"distinct integers {self.bounds[0]} … {self.bounds[1]}"
        return f"distinct values of {self.sql}, as the dim declares"


def _by_name(*dims: Dim) -> Mapping[str, Dim]:
    return {dim.name: dim for dim in dims}


DIMS = _by_name(
    Dim("problem", "index of the problem in its set", "BIGINT"),
    Dim(
        "step", "step within a level: −1 before the jump, 0 after it, 1… after each gradient step",
        taken="walked", least=-1,
    ),
    Dim(
        "level",
        "annealing level t: 9 is the smoothest, 0 the sharpest; inference walks 9 → 0",
        "SMALLINT", "walked", most=LEVELS - 1,
    ),
    Dim(
        "place", "where curvature is taken: noised truth, truth, answer, minimum",
        "VARCHAR", "walked", PLACES,
    ),
    Dim("eigenvalue", "rank of the eigenvalue, ascending", taken="whole"),
    Dim("vector", "rank of the eigenvector, most extreme first"),
    Dim("row", "matrix row", taken="whole"),
    Dim("col", "matrix column", taken="whole"),
    Dim("part", "matrix of the problem: addition has two, the other tasks one", taken="whole"),
    Dim("a", "node along the first axis of the plane", taken="whole"),
    Dim("b", "node along the second axis of the plane", taken="whole"),
    Dim("end", "end of the spectrum: top = largest eigenvalues, bottom = smallest", "VARCHAR"),
    Dim("subspace", "named subspace of the answer matrices", "VARCHAR"),
    Dim("axis", "axis of the plane: 0 along a, 1 along b", taken="whole"),
    Dim("point", "a named point seen from the plane", "VARCHAR", "whole", PLACES),
    Dim("baseline", "trivial predictor the model is compared with", "VARCHAR", "whole"),
    Dim("network", "the model, or one of its shape with random weights", "VARCHAR"),
    Dim("layer", "hidden layer, after its swish", "VARCHAR"),
    Dim(
        "unit", "coordinate of an activation: entry of ∇E (row-major) or hidden unit",
        taken="whole",
    ),
    Dim("feature", "index of a feature of a dictionary", taken="in_runs"),
    Dim(
        "active", "rank among the features that are active at a point, strongest first",
        taken="whole",
    ),
    Dim("neighbour", "rank among the nearest features", taken="whole"),
    Dim("example", "rank among the examples of a feature, strongest first", taken="whole"),
    Dim("quantile", "quantile of a feature's positive activations", "DOUBLE", "whole"),
    Dim("bin", "bin of a histogram, ascending", taken="whole"),
    Dim("singular", "rank of the singular value, descending", taken="whole"),
    Dim("share", "named part of the matrices that an atom can lie in", "VARCHAR", "whole"),
    Dim("property", "property of the problem", "VARCHAR", "whole"),
    Dim("concept", "yes-or-no question about a point, answered from its matrices", "VARCHAR"),
    Dim(
        "coding",
        "what rebuilds an activation: the dictionary; its rivals under the same rule of selection,"
        " principal components and single entries; the mean of each (level, step) alone",
        "VARCHAR", "whole",
    ),
    Dim("stage", "all points, those before the jumps, those after them", "VARCHAR", "whole"),
    Dim("probed", "features that a sparse probe is given", taken="whole"),
    Dim("fraction", "share q of all pairs of features", "DOUBLE", "whole"),
    Dim("coordinate", "axis of a map of atoms", taken="whole"),
    Dim("displacement", "mean squared displacement of the truth, data frame", "DOUBLE"),
    Dim("direction", "way in which the truth is displaced", "VARCHAR"),
    Dim(
        "measured", "index in its set of a problem that is measured as one of many", "BIGINT",
        "in_runs",
    ),
    Dim("iteration", "rank of the entry in a training log"),
)  # fmt: skip
"""Dims that several analyses share, by name; those that are walked most often first."""
