"""A number of the catalog: what it is made of, its unit, and how a change of frame scales it.

Formula, label, unit and help come from the declarations of the analyses, or, for numbers made of
declared ones, from `app.shared.table.derived`. Pure: knows no store and no screen.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ired_interp_core.curvature.ideal import gaussian_eigenvalue, implied_variance
from ired_interp_core.records import ProblemSet
from ired_interp_core.schedule import Schedule
from ired_interp_core.schema import Frame, Span
from ired_interp_core.tasks.completion import entry_variance, observed_share

PLACED = ("problem", "level", "place")
"""Dims that a page chooses; a further dim (baseline, subspace, …) gives a number for each label."""

UNFRAMED = frozenset(
    {
        "descent.drift",
        "hessian_spectrum.implied_variance",
        "hessian_spectrum.denoising_error",
        "point.implied_variance",
        "point.denoising_error",
    }
)
"""Stay in the data frame: a drift lies between two levels, whose frames differ, and an implied
variance is by definition that of y, as the axis of variances draws it, like what it is held to."""

_POWERS = {"": 1, "²": 2, "³": 3, "⁴": 4}
_ENTRY = re.compile(r"([yỹ])([²³⁴]?)")


@dataclass(frozen=True)
class Part:
    """Declared numbers, as the catalog or the shards keep them.

    Args:
        analysis: that declares them.
        variable: name in its schema.
        dims: as declared.
        labels: further dim → the chosen label.
    """

    analysis: str
    variable: str
    dims: tuple[str, ...]
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def table(self) -> str:
        """Catalog table that holds them, if they are scalars."""
        return "__".join(filter(None, (self.analysis, "_".join(self.dims))))


@dataclass(frozen=True)
class Quantity:
    """One number of a problem, a feature, a model; by level and place where its dims say so.

    Args:
        id: as an address spells it: analysis.variable, then the labels of further dims.
        label: short name, a formula where there is one.
        unit: of the stored numbers.
        help: one sentence.
        dims: of the number, further ones too.
        frame: in which it is stored; "" where it has none.
        parts: what it is made of; none for an index.
        operator: of `derived.OPERATORS`: how it is made of its parts.
        group: heading it stands under in menus.
        labels: further dim → the chosen label.
        error: variable with its standard error; "" where none is declared.
        span: where its numbers lie, as declared.
    """

    id: str
    label: str
    unit: str
    help: str
    dims: tuple[str, ...] = ()
    frame: Frame = ""
    parts: tuple[Part, ...] = ()
    operator: str = ""
    group: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    error: str = ""
    span: Span = ""

    @property
    def analysis(self) -> str:
        """Analysis that its id names."""
        return self.id.partition(".")[0]

    @property
    def variable(self) -> str:
        """Name within its analysis, without labels."""
        return self.id.split(".")[1] if "." in self.id else self.id

    @property
    def axis(self) -> str:
        """Label with the unit in which it is stored."""
        return titled(self.label, self.unit)

    @property
    def per(self) -> str:
        """What a page chooses for it: "level", "level and place" or ""."""
        return " and ".join(d for d in PLACED[1:] if d in self.dims)

    @property
    def open_dims(self) -> tuple[str, ...]:
        """Further dims that no label is chosen of yet."""
        chosen = dict(self.labels)
        return tuple(d for d in self.dims if d not in PLACED and d not in chosen)

    @property
    def by_problem(self) -> bool:
        """Whether there is one number for each problem."""
        return "problem" in self.dims


def titled(label: str, unit: str) -> str:
    """A label with its unit, as an axis says it."""
    return label if unit == "1" else f"{label} [{unit}]"


def power(unit: str) -> int:
    """How many entries of an answer a unit is made of: 2 for y², −2 for E/ỹ², 0 for E.

    Args:
        unit: factors joined by · and at most one /.

    Returns:
        The power of y or ỹ; that of √ᾱ follows from it, since ỹ = √ᾱ·y.
    """
    above, _, below = unicodedata.normalize("NFC", unit).partition("/")
    return _entries(above) - _entries(below)


def _entries(factors: str) -> int:
    found = (_ENTRY.fullmatch(f.strip()) for f in factors.split("·"))
    return sum(_POWERS[m[2]] for m in found if m)


def framed(quantity: Quantity) -> bool:
    """Whether a change of frame changes the numbers: with a frame, a level, and a unit of y."""
    return bool(
        quantity.frame
        and "level" in quantity.dims
        and quantity.id not in UNFRAMED
        and power(quantity.unit)
    )


def factor(quantity: Quantity, frame: str, schedule: Schedule) -> np.ndarray:
    """What turns stored numbers into a frame: √ᾱ_t^p into the level frame, √ᾱ_t^−p out of it.

    Args:
        quantity: whose unit holds p entries of an answer.
        frame: "level" or "data".
        schedule: of the model.

    Returns:
        Factors [level]; 1 where the quantity has no frame or is stored in this one.
    """
    alpha_bar = schedule.alphas_cumprod
    if not framed(quantity) or quantity.frame == frame:
        return np.ones(len(alpha_bar))
    sign = 1 if frame == "level" else -1
    return alpha_bar ** (sign * power(quantity.unit) / 2)


def unit(quantity: Quantity, frame: str) -> str:
    """Unit of the numbers in a frame, as `factor` gives them."""
    if not framed(quantity) or quantity.frame == frame:
        return quantity.unit
    entry = "ỹ" if frame == "level" else "y"
    return re.sub("[yỹ]", entry, unicodedata.normalize("NFC", quantity.unit))


def ideals(
    quantity: Quantity, problems: ProblemSet, schedule: Schedule, frame: str
) -> Mapping[str, np.ndarray]:
    """Reference values: what an ideal denoiser, or an equal pair, would give.

    Where x fixes y, H = I/σ: λ = 1/σ, tr H = d/σ, ‖H‖_F = √d/σ, no eigenvalue below 0 or above 1/σ,
    all d directions alike, no residual part. On completion the Gaussian ideal: so half of them, the
    observed entries, and σ/(σ² + ᾱv) along the others, v the variance of an entry.

    Args:
        quantity: which.
        problems: the set that it is about.
        schedule: of the model.
        frame: "level" or "data".

    Returns:
        What is said of a line → its values [level]; empty where nothing is known.
    """
    known = {"descent.minimum_ratio": ("equal", 1.0), "descent.energy_excess": ("equal", 0.0)}
    if problems.task == "completion":
        known |= _gaussian_ideals(problems, schedule)
    else:
        known |= _certain_ideals(problems.size**2, schedule.sigma)
    if quantity.id not in known:
        return {}
    said, value = known[quantity.id]
    return {said: factor(quantity, frame, schedule) * value}


Known = dict[str, tuple[str, np.ndarray | float]]
"""Id → what its line is called, and its values."""


def _certain_ideals(d: int, sigma: np.ndarray) -> Known:
    root = np.sqrt(d)
    return {
        "hessian_spectrum.smallest_eigenvalue": ("1/σ", 1 / sigma),
        "hessian_spectrum.largest_eigenvalue": ("1/σ", 1 / sigma),
        "hessian_spectrum.spectral_radius": ("1/σ", 1 / sigma),
        "hessian_spectrum.trace": ("d/σ", d / sigma),
        "hessian_spectrum.hessian_norm": ("√d/σ", root / sigma),
        "hessian_spectrum.gauss_newton_norm": ("√d/σ", root / sigma),
        "hessian_spectrum.gauss_newton_residual_cosine": ("0", 0.0),
        "hessian_spectrum.above_inverse_sigma": ("ideal: 0", 0.0),
        "hessian_spectrum.index": ("ideal: 0", 0.0),
        "hessian_spectrum.condition": ("1", 1.0),
        "hessian_spectrum.relative_gap": ("0", 0.0),
        "hessian_spectrum.participation_ratio": (f"d = {d}", float(d)),
        "hessian_spectrum.entropy_rank": (f"d = {d}", float(d)),
        "hessian_spectrum.implied_variance": ("0", 0.0),
        "hessian_spectrum.denoising_error": ("0", 0.0),
    }


def _gaussian_ideals(problems: ProblemSet, schedule: Schedule) -> Known:
    """The share of entries observed that a problem of completion has in the mean."""
    d, sigma = problems.size**2, schedule.sigma
    seen = observed_share(problems.variant) * d
    hidden = d - seen
    variance = entry_variance(problems.variant)
    certain, soft = 1 / sigma, gaussian_eigenvalue(variance, sigma, schedule.alphas_cumprod)
    trace, square = seen * certain + hidden * soft, seen * certain**2 + hidden * soft**2
    share = np.stack([certain, soft]) / trace
    left = implied_variance(soft, sigma, schedule.alphas_cumprod) * hidden / d
    values: dict[str, np.ndarray | float] = {
        "smallest_eigenvalue": soft,
        "largest_eigenvalue": certain,
        "spectral_radius": certain,
        "trace": trace,
        "hessian_norm": np.sqrt(square),
        "gauss_newton_norm": np.sqrt(square),
        "gauss_newton_residual_cosine": 0.0,
        "above_inverse_sigma": 0.0,
        "index": 0.0,
        "condition": certain / soft,
        "relative_gap": 0.0,
        "participation_ratio": trace**2 / square,
        "entropy_rank": np.exp(-(np.array([[seen], [hidden]]) * share * np.log(share)).sum(0)),
        "implied_variance": left,
        "denoising_error": left,
    }
    return {f"hessian_spectrum.{name}": ("Gaussian ideal", v) for name, v in values.items()}
