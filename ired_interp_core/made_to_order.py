"""Problems made to order: variants of a task with declared parameters, and how they are spelled.

A variant made to order is a name like the others, so that catalogs, addresses and files need no
field for it: the parameters that differ from training, in the order of their declaration, as in
`rank5_noise0` or `condition100_largest`. Definitions: docs/definitions.md §6.4. Light: no NumPy.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from ired_interp_core.errors import Refusal
from ired_interp_core.parameters import Parameter
from ired_interp_core.problem_kinds import MAX_SIZE, VARIANTS
from ired_interp_core.spelling import number

CODE = 1000
"""Variant code in the seeding, one for all that are made to order: problem i of two sets that
differ in one number, but for the rank, is made of the same draws, so that they can be compared
paired."""

ORDERS: Mapping[str, Mapping[str, Parameter]] = {
    "inverse": {
        "condition": Parameter(
            float, 0.0, "condition number κ of A; 0: whatever comes", minimum=0.0, maximum=1e5
        ),
        "kept": Parameter(
            str, "smallest", "eigenvalue that is the same at every κ, as training has it",
            choices={"smallest": "smallest eigenvalue ½", "largest": "largest eigenvalue kept"},
        ),
        "spectrum": Parameter(
            str, "drawn", "how the eigenvalues lie between the two ends, on a logarithmic axis",
            choices={"drawn": "drawn uniformly", "even": "evenly spaced"},
        ),
        "bases": Parameter(
            str, "one", "A = QΛQᵀ, or UΛVᵀ with two independent bases",
            choices={"one": "one basis", "free": "two bases"},
        ),
        "ensemble": Parameter(
            str, "official", "family of matrices",
            choices={
                "official": "2RRᵀ + ½I", "toeplitz": "Toeplitz", "orthogonal": "orthogonal",
                "heavy": "heavy-tailed",
            },
        ),
    },
    "addition": {
        "range": Parameter(
            float, 1.0, "entries are uniform in ±range", minimum=0.01, maximum=1000.0
        ),
    },
    "completion": {
        "rank": Parameter(int, 10, "rank of M but for its noise", minimum=1, maximum=MAX_SIZE),
        "observed": Parameter(
            float, 0.5, "probability that an entry is observed", minimum=0.01, maximum=1.0
        ),
        "noise": Parameter(float, 0.1, "s.d. of the noise on M", minimum=0.0, maximum=10.0),
        "variance": Parameter(
            str, "kept", "of an entry of UVᵀ: that of rank 10, or growing with the rank",
            choices={"kept": "entry variance kept", "unscaled": "variance grows with rank"},
        ),
    },
}  # fmt: skip
"""Task → its parameters, with the values that training has."""

CONDITIONED = ("kept", "spectrum", "bases")
"""Parameters that mean something beside a condition number alone."""

_TOKEN = re.compile(r"([a-z]+)([0-9]{1,6}(?:\.[0-9]{1,6})?)?")
_FEWEST = 1e-6
"""Finest number that is spelled: without an exponent."""


def is_made(variant: str) -> bool:
    """Whether a variant is made to order."""
    return variant not in VARIANTS


def spell(task: str, given: Mapping[str, Any], where: str = "") -> str:
    """The variant with these parameters.

    Args:
        task: inverse, addition or completion.
        given: values by name; what is left out is as in training.
        where: named in refusals.

    Returns:
        Its one name; `same` where every value is that of training.

    Raises:
        Refusal: an unknown name, or values that are unusable, each alone or together.
    """
    declared = ORDERS[task]
    for name in given:
        if name not in declared:
            known = ", ".join(declared)
            raise Refusal("unknown parameter of a problem set", where=where, came=name,
                          expected=known)  # fmt: skip
    full = _full(task, given, where)
    _together(full, where)
    tokens = [_token(n, full[n], where) for n, p in declared.items() if full[n] != p.default]
    return "_".join(tokens) or VARIANTS[0]


@lru_cache(maxsize=256)
def values(task: str, variant: str) -> Mapping[str, Any]:
    """The parameters of a variant made to order; of `same`, those of training.

    Args:
        task: inverse, addition or completion.
        variant: its name, as `spell` gives it.

    Returns:
        Every declared parameter with its value.

    Raises:
        Refusal: no such variant, or one that is spelled otherwise.
    """
    given = _read(task, variant)
    if given is None or spell(task, given) != variant:
        named = ", ".join((*VARIANTS, *ORDERS[task]))
        raise Refusal("unknown variant", came=repr(variant)[:80], expected=named)
    return MappingProxyType(_full(task, given, ""))


def check(task: str, variant: str, size: int) -> None:
    """Refuse what is no variant of a task, or none of this size.

    Args:
        task: inverse, addition or completion.
        variant: same, harder, or made to order.
        size: matrix side n.

    Raises:
        Refusal: an unknown variant, or a rank above the side.
    """
    if is_made(variant) and (rank := values(task, variant).get("rank", 0)) > size:
        raise Refusal(
            "rank above the matrix side", came=f"rank {rank}, size {size}", expected=f"1 … {size}"
        )


def title(task: str, variant: str) -> str:
    """A variant for a reader: `rank 5, noise 0`."""
    if not is_made(variant):
        return variant
    declared, full = ORDERS[task], values(task, variant)
    said = []
    for name, p in declared.items():
        if full[name] != p.default:
            word = p.word(full[name]) if p.choices else f"{name} {number(full[name], 'g')}"
            said.append(word)
    return ", ".join(said)


def place(task: str, variant: str) -> tuple[Any, ...]:
    """Where a variant stands among others: same, harder, then those made to order by their values.

    Args:
        task: inverse, addition or completion.
        variant: its name.

    Returns:
        What to sort by, so that rank 2 comes before rank 10.
    """
    if not is_made(variant):
        return (VARIANTS.index(variant),)
    full = values(task, variant)
    choices = {name: list(p.choices) for name, p in ORDERS[task].items()}
    return (CODE, *(choices[n].index(v) if choices[n] else v for n, v in full.items()))


def _full(task: str, given: Mapping[str, Any], where: str) -> dict[str, Any]:
    return {
        name: p.coerce(given[name], f"{where}, {name}".strip(", ")) if name in given else p.default
        for name, p in ORDERS[task].items()
    }


def _read(task: str, variant: str) -> dict[str, Any] | None:
    """What a spelling gives; None where it says nothing, or something twice."""
    declared, given = ORDERS[task], dict[str, Any]()
    for token in variant.split("_") if variant != VARIANTS[0] else ():
        match = _TOKEN.fullmatch(token)
        if match and match[2]:
            name = match[1]
        else:
            name = next((n for n, p in declared.items() if token in p.choices), "")
        if name not in declared or name in given:
            return None
        given[name] = float(match[2]) if match and match[2] else token
    return given


def _token(name: str, value: Any, where: str) -> str:
    if isinstance(value, str):
        return value
    text = f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    if float(text) != value:
        raise Refusal(
            "number has too many digits", where=where, came=f"{name} = {value!r}",
            expected=f"multiples of {_FEWEST:.6f}",
        )  # fmt: skip
    return f"{name}{text}"


def _together(full: Mapping[str, Any], where: str) -> None:
    """Refuse values of inverse that contradict each other."""
    if "condition" not in full:
        return
    kappa, declared = full["condition"], ORDERS["inverse"]
    if kappa == 0.0:
        idle = [name for name in CONDITIONED if full[name] != declared[name].default]
        if idle:
            raise Refusal("parameter means nothing without a condition number", where=where,
                          came=", ".join(idle), expected="condition = 100 beside it")  # fmt: skip
    elif kappa < 1.0:
        raise Refusal("condition number below 1", where=where, came=kappa, expected="1 … 100000")
    elif full["ensemble"] != "official":
        raise Refusal(
            "a family of matrices has its own condition numbers", where=where,
            came=f"condition {kappa:g}, {full['ensemble']}", expected="one of the two",
        )  # fmt: skip
