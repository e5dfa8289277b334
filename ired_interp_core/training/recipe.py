"""What a training is: everything that its weights depend on besides code, device and threads.

Light: plans name trainings, and planning loads no torch.
"""

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from ired_interp_core import problem_kinds, tasks
from ired_interp_core.errors import Refusal
from ired_interp_core.tasks import doors

if TYPE_CHECKING:
    from ired_interp_core.training.parameters import Shape

WIDTH = 512
"""Hidden width of the official network."""

NEGATIVES = ("official", "none", "random", "hard", "adversarial")
"""Ways of making negatives, in the order of menus; `training.negatives` has a file for each."""

BOUNDS = ("first", "own")
"""Box of an inner step: of the batch's first sample for all (official), or each sample's own."""

RANGES: dict[str, tuple[float, float]] = {
    "size": (problem_kinds.MIN_SIZE, problem_kinds.MAX_SIZE),
    "width": (1, 2**14),
    "steps": (1, 10**9),
    "batch": (1, 2**20),
    "seed": (0, problem_kinds.MAX_SEED),
    "rate": (1e-12, 1.0),
    "warm_up": (0.0, 1.0),
    "decay": (0.0, 1.0),
    "clip": (1e-12, 1e12),
    "ema": (0.0, 1.0),
    "ema_every": (1, 10**6),
}
"""Smallest and largest value of every number."""


@dataclass(frozen=True)
class Recipe:
    """A training; the defaults are the official ones (docs/definitions.md §1.3).

    Args:
        task: inverse, addition or completion; problems of the variant same.
        size: matrix side n. One for all: fc1 has n_in + d columns, so that a network knows one n.
        width: hidden width.
        steps: updates.
        batch: problems an update.
        seed: of the first weights and the batches.
        rate: of Adam.
        warm_up: share of the steps in which the rate rises in a line.
        decay: share of the steps, at the end, in which it falls in a line to 0.
        clip: largest norm of the gradient.
        ema: largest decay of the averaged weights.
        ema_every: updates between two averages.
        negatives: strategy.
        bound: box of the inner steps that make negatives.
        start: digest of the weights to begin with; empty for random ones.
    """

    task: str
    size: int = 20
    width: int = WIDTH
    steps: int = 50_000
    batch: int = 2048
    seed: int = 0
    rate: float = 1e-4
    warm_up: float = 0.0
    decay: float = 0.0
    clip: float = 1.0
    ema: float = 0.995
    ema_every: int = 10
    negatives: str = "official"
    bound: str = "first"
    start: str = ""

    def __post_init__(self) -> None:
        for name, known in (
            ("task", tasks.TASKS), ("negatives", NEGATIVES), ("bound", BOUNDS),
        ):  # fmt: skip
            doors.one_of(name, getattr(self, name), known, "training", "ask for one of these")
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise Refusal(
                    f"{name} out of range",
                    where="training",
                    came=value,
                    expected=f"{low:g} … {high:g}",
                )

    @property
    def shape(self) -> "Shape":
        """Of the network."""
        from ired_interp_core.training.parameters import Shape

        return Shape(self.width, tasks.n_in(self.task, self.size), tasks.d(self.size))

    @property
    def scheduled(self) -> bool:
        """Whether a step depends on how many there will be."""
        return self.warm_up > 0 or self.decay > 0

    def as_dict(self) -> dict[str, Any]:
        """Every field.

        Returns:
            A JSON-ready dict.
        """
        return asdict(self)

    @property
    def identity(self) -> dict[str, Any]:
        """What two trainings must share for one to go on where the other stopped."""
        return {k: v for k, v in self.as_dict().items() if k != "steps" or self.scheduled}

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> "Recipe":
        """Read a recipe back.

        Args:
            record: as `as_dict` gives; unknown fields are left out.

        Returns:
            The recipe.
        """
        return cls(**{f.name: record[f.name] for f in fields(cls) if f.name in record})
