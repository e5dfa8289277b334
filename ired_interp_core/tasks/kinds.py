"""What a task and a baseline are: the two records that the task files fill in."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64

from ired_interp_core.tasks import doors

FittedOn = str
"""The variant that a baseline has seen; empty where nothing was fitted or assumed."""

Draw = Callable[
    [np.random.Generator, int, str],
    tuple[Float64[np.ndarray, " n_in"], Float64[np.ndarray, " d"]],
]
"""(stream, size, variant) → (x, y): one problem, flattened row-major."""

Predict = Callable[[Float64[np.ndarray, "N n_in"]], Float64[np.ndarray, "N d"]]
"""x → ŷ in the data frame."""


@dataclass(frozen=True)
class Baseline:
    """A predictor that every model's error is shown beside.

    Attributes:
        name: Stable name, unique within (task, variant); good as a column name.
        label: Short text for a legend.
        fitted_on: The variant whose problems were fitted, or whose prior is assumed; empty if none.
        parameters: Number of fitted numbers.
        help: One or two sentences: formula, how fitted, what it approximates.
        n_in: Numbers per row that `predict` takes.
        function: The predictor itself, without the door.
        slow: Takes some 20 ms a problem instead of some 20 µs.
    """

    name: str
    label: str
    fitted_on: FittedOn
    parameters: int
    help: str
    n_in: int
    function: Predict = field(repr=False)
    slow: bool = False

    def predict(self, x: Float64[np.ndarray, "N n_in"]) -> Float64[np.ndarray, "N d"]:
        """Answer the problems x.

        Args:
            x: Problems [N, n_in], flattened row-major. A row with NaN or ±inf gives no error and
                no warning; its answer is then meaningless or NaN.

        Returns:
            ŷ [N, d] in the data frame.
        """
        checked = doors.rows("x", x, self.n_in, f"Baseline {self.name}.predict")
        with np.errstate(all="ignore"):
            return self.function(checked)


@dataclass(frozen=True)
class Task:
    """One matrix task.

    Attributes:
        name: Its name everywhere.
        code: Its integer in the seeding; never changes.
        title: A few words for a menu.
        formula: Problem → answer of the variant same, as text.
        harder: What the variant harder changes, as text.
        blocks: Number of n×n matrices in x.
        determined: Whether x fixes y. Where it does not, an ideal energy is lower at the posterior
            mean than at the truth.
        source: Where it is defined.
        draw: Makes one problem.
        baselines: Names of its baselines, those of every variant, simplest first.
        fit_baselines: (variant, size) → its baselines.
        why_unfit: variant made to order → why some predictors do not apply to it; empty if all do.
    """

    name: str
    code: int
    title: str
    formula: str
    harder: str
    blocks: int
    determined: bool
    source: str
    baselines: tuple[str, ...]
    draw: Draw = field(repr=False)
    fit_baselines: Callable[[str, int], tuple[Baseline, ...]] = field(repr=False)
    why_unfit: Callable[[str], str] = field(repr=False, default=lambda variant: "")

    @property
    def description(self) -> str:
        """Title and both formulas in one sentence for a reader."""
        return f"{self.title}: {self.formula}. Harder: {self.harder}."


def answer_zero(x: Float64[np.ndarray, "N n_in"], d: int) -> Float64[np.ndarray, "N d"]:
    """Answer 0 to everything.

    Args:
        x: Problems [N, n_in].
        d: Numbers per answer.

    Returns:
        Zeros [N, d].
    """
    return np.zeros((len(x), d))
