"""What figures call things, where a name of the store is no word for a reader."""

import re
import unicodedata
from collections.abc import Collection

from ired_interp_core import tasks
from ired_interp_core.probing.names import ERROR, POOLED

FRAMES = {"level": "level frame", "data": "data frame"}
"""Frames of derivatives and errors."""

PROBED = {ERROR: "log₁₀ MSE of ŷ", POOLED: "level t"}
"""What probes read beside the properties of problems."""


def baseline_name(baseline: str) -> str:
    """Name a trivial predictor for a reader; its fit is core's and stays there.

    Args:
        baseline: as the store names it.

    Returns:
        For example "degree 7 in A".
    """
    base = baseline.removesuffix("_refitted")
    degree = base.removeprefix("polynomial_")
    names = {
        "scaled_identity": "c·I",
        "copy_observed": "copy observed",
        "exact": "exact sum",
        "exact_undivided": "exact sum · √ᾱ₀",
        "posterior_mean": "posterior mean",
    }
    shown = f"degree {degree} in A" if degree != base else names.get(base, base.replace("_", " "))
    return f"{shown}, refitted" if baseline != base else shown


def property_name(name: str) -> str:
    """Name what a probe reads for a reader: a property of the problem, the error, or the level."""
    known = tasks.PROPERTIES.get(name)
    return known.label if known else PROBED.get(name, name)


INPUTS = {"xy": "(x, ỹ)", "gradient": "∇E"}
"""Inputs of probes that are not called as they are spelled."""


def input_name(name: str) -> str:
    """Name what a probe reads from for a reader."""
    return INPUTS.get(name, name)


def basin_name(basin: int, first: str = "T") -> str:
    """Name a basin: T the truth's (S the answer's without a truth), a number, ? one not kept."""
    return first if basin == 0 else str(basin) if basin > 0 else "?"


def basin_id(basin: int) -> str:
    """What marks of a basin are called in the browser, which lights them together; "" for none."""
    return f"basin {basin}" if basin >= 0 else ""


def legal(text: str, taken: Collection[str]) -> str:
    """A text as the name of a variable of a file; its words stand in the attribute long_name."""
    plain = unicodedata.normalize("NFKD", text).replace("σ", "sigma").replace("√", "sqrt_")
    name = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_") or "value"
    name = name if name[0].isalpha() else f"v_{name}"
    count = 2
    while name in taken:
        name, count = f"{name.rstrip('0123456789').rstrip('_')}_{count}", count + 1
    return name
