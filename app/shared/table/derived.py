"""Every number that an analysis declares or that is made of declared ones, each defined once.

An operator serves all readers: as NumPy over arrays, and as SQL where all parts are scalars of the
catalog. Pure: knows no store and no screen.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.shared.drawing.names import baseline_name
from app.shared.table.quantities import Part, Quantity
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.schema import Variable


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below == 0, np.nan, above / below)


@dataclass(frozen=True)
class Operator:
    """How a quantity is made of its parts.

    Args:
        arrays: parts as float arrays → the numbers.
        sql: the same over columns {0}, {1}.
    """

    arrays: Callable[..., np.ndarray]
    sql: str


OPERATORS: Mapping[str, Operator] = {
    "": Operator(lambda value: value, "{0}::DOUBLE"),
    "-": Operator(np.subtract, "({0}::DOUBLE - {1}::DOUBLE)"),
    "/": Operator(_ratio, "({0}::DOUBLE / nullif({1}::DOUBLE, 0))"),
}


@dataclass(frozen=True)
class _Definition:
    id: str
    label: str
    help: str
    operator: str
    parts: tuple[str, ...]
    """Of "analysis.variable", in the operator's order."""


_DEFINITIONS = (
    _Definition(
        "descent.energy_excess", "E_t(ŷ_t) − E_t(y*)",
        "below 0 the model prefers its wrong answer to the truth",
        "-", ("descent.energy_answer", "descent.energy_truth"),
    ),
    _Definition(
        "descent.minimum_ratio", "MSE of minimum over MSE of ŷ_t",
        "below 1 the minimum is nearer to the truth than the answer of the level",
        "/", ("descent.minimum_mse", "descent.mse"),
    ),
    _Definition(
        "hessian_spectrum.variance_ratio", "implied variance over denoising error",
        "mean v over the error of the denoised answer at the same point: 1 in the mean over noised"
        " truths for an ideal model; v is read too large above it",
        "/", ("hessian_spectrum.implied_variance", "hessian_spectrum.denoising_error"),
    ),
    _Definition(
        "descent.excess", "MSE − baseline",
        "error of the final answer minus that of a trivial predictor: above 0 the model does worse"
        " on this problem",
        "-", ("descent.mse_final", "problem_properties.baseline_mse"),
    ),
)  # fmt: skip


def _declaration(name: str) -> tuple[Part, Variable]:
    analysis, _, variable = name.partition(".")
    declared = registry.get(analysis).schema.variables[variable]
    return Part(analysis, variable, declared.dims), declared


def _made(definition: _Definition) -> Quantity:
    parts, variables = zip(*map(_declaration, definition.parts), strict=True)
    dims = tuple(dict.fromkeys(d for p in parts for d in p.dims))
    first = variables[0]
    return Quantity(
        definition.id, definition.label,
        unit="1" if definition.operator == "/" else first.unit, help=definition.help, dims=dims,
        frame="" if definition.operator == "/" else first.frame, parts=parts,
        operator=definition.operator, group=registry.get(parts[0].analysis).title,
        span="signed" if definition.operator == "-" else "",
    )  # fmt: skip


def quantities(analysis: str) -> dict[str, Quantity]:
    """Every scalar that an analysis declares, by id, and what is made of them; dims are open."""
    declared = registry.get(analysis)
    scalars = {n: v for n, v in declared.schema.scalars().items() if v.dtype != "text"}
    found = {}
    for name, v in scalars.items():
        beside = scalars.get(f"{name}_error")
        id_ = f"{analysis}.{name}"
        found[id_] = Quantity(
            id_, v.label, v.unit, v.help, v.dims, v.frame, (Part(analysis, name, v.dims),),
            group=declared.title, error=f"{name}_error" if beside and beside.dims == v.dims else "",
            span=v.span,
        )  # fmt: skip
    made = (d for d in _DEFINITIONS if d.id.partition(".")[0] == analysis)
    return found | {d.id: _made(d) for d in made}


def labelled(quantity: Quantity, labels: Sequence[str]) -> Quantity:
    """A quantity of one label for each of its open dims, in their order."""
    chosen = tuple(zip(quantity.open_dims, labels, strict=True))
    parts = tuple(
        replace(p, labels=tuple((d, w) for d, w in chosen if d in p.dims)) for p in quantity.parts
    )
    said = ", ".join(_name(dim, word) for dim, word in chosen)
    return replace(
        quantity,
        id=".".join((quantity.id, *labels)),
        label=f"{quantity.label}: {said}",
        parts=parts,
        labels=(*quantity.labels, *chosen),
    )


def _name(dim: str, label: str) -> str:
    return baseline_name(label) if dim == "baseline" else label.replace("_", " ")


def spellable(label: str) -> bool:
    """Whether an address can name a label: no dot, which stands between two of them."""
    return label.replace("_", "").isalnum() and label.isascii() and label == label.lower()


def quantity(id_: str) -> Quantity | None:
    """Look a quantity up by its id; None where no analysis declares such a one."""
    analysis, *rest = id_.split(".")
    try:
        known = quantities(analysis)
    except Refusal:
        return None
    bare = known.get(".".join((analysis, *rest[:1])))
    if bare is None or not rest[1:]:
        return bare
    return labelled(bare, rest[1:]) if len(rest[1:]) == len(bare.open_dims) else None


def combined(quantity: Quantity, parts: Sequence[np.ndarray]) -> np.ndarray:
    """Make a quantity of the float arrays of its parts, all in the same order of problems."""
    return OPERATORS[quantity.operator].arrays(*(np.asarray(p, float) for p in parts))


def sql(quantity: Quantity, columns: Sequence[str]) -> str:
    """A quantity as SQL over the columns of its parts; NULL or NaN where there is no number."""
    return OPERATORS[quantity.operator].sql.format(*columns)
