"""One problem of the paper's sheet: where its error lies, level by level, from a stored descent."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from app.shared.address import address as links
from app.shared.address.address import Address
from app.shared.asks import reading
from app.shared.asks.chosen import family
from app.shared.drawing.levels import LEVEL_ORDER
from store import QuestionInfo, Store


@dataclass(frozen=True)
class Example:
    """A descent, and the problems it walked.

    Args:
        descent: its question.
        properties: the question that holds the true answers.
    """

    descent: QuestionInfo
    properties: QuestionInfo

    @property
    def there(self) -> np.ndarray:
        """Problems that both have."""
        present = (reading.problems_present(q) for q in (self.descent, self.properties))
        return np.intersect1d(*present)

    @property
    def ends(self) -> tuple[int, int]:
        """First and last problem."""
        there = self.there
        return int(there[0]), int(there[-1])

    @property
    def set(self) -> str:
        """The set as a link spells it."""
        return links.set_name(self.descent.problems)


def find(store: Store, task: str, model: str) -> Example | None:
    """A model's first descent, same before harder, default parameters before others, if any."""
    about = [t for t in reading.subjects(store) if t.model == model and t.problems.task == task]
    for subject in sorted(about, key=lambda t: t.problems.variant == "harder"):
        asked = family(store, subject).asked
        if {"descent", "problem_properties"} <= asked.keys():
            found = Example(asked["descent"], asked["problem_properties"])
            if len(found.there):
                return found
    return None


def settle(store: Store, address: Address, model: str | None) -> Address:
    """Keep the problem that the address names where the store has it, or say which is shown."""
    found = find(store, address["task"], model) if model else None
    if found is None or address["example"] in found.there:
        return address
    nearest = int(found.there[np.abs(found.there - address["example"]).argmin()])
    low, high = found.ends
    return address.refuse("example", f"this store has problems {low} … {high}", nearest)


def read(store: Store, example: Example, problem: int) -> tuple[xr.Dataset, np.ndarray]:
    """Read the answers of one problem.

    Args:
        store: opened.
        example: descent and properties.
        problem: number.

    Returns:
        ŷ_t, y* and the MSE of ŷ; |ŷ_t − y*| [level, row, col] in the order t = 9 … 0; all in the
        data frame.
    """
    walked = reading.dataset(store, example.descent, (problem,), ("answer", "mse_final"))
    true = reading.dataset(store, example.properties, (problem,), ("y_true",))
    both = xr.merge([walked, true], combine_attrs="drop", compat="override", join="override")
    both = both.isel(problem=0)
    answers = both["answer"].sel(level=list(LEVEL_ORDER)).values.astype(float)
    return both, np.abs(answers - both["y_true"].values)
