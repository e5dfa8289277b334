"""Which visited points a dictionary is of, and how they are standardised by (level, step).

Definitions: docs/definitions.md §5.1.

89 % of the variance of ∇_ỹE over all points lies in those before the jumps, and the mean over
problems of one (level, step) differs from that of another: a dictionary may leave either out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from ired_interp_core.dictionaries.names import STATES
from ired_interp_core.dictionaries.samples import blocks
from ired_interp_core.records import Rows

Cells = Float[np.ndarray, "level step d"]


@dataclass(frozen=True)
class Standard:
    """z = s_{t,i}·(x − c_{t,i}) at the states i of every level t that the dictionary knows.

    Args:
        states: all; before, each level's state before its jump; after, all the others.
        centre: c; none where nothing is subtracted.
        scale: s; none where nothing is multiplied.
    """

    states: str = STATES[0]
    centre: Cells | None = None
    scale: Float[np.ndarray, "level step"] | None = None

    @classmethod
    def from_dataset(cls, result: xr.Dataset, parameters: Mapping[str, Any]) -> "Standard":
        """Of an answer of the analysis `dictionary` with these parameters."""
        given = {
            word: np.asarray(result[f"{word}_step"], dtype="f8")
            for word, asked in (("centre", "centre_steps"), ("scale", "scale_steps"))
            if parameters[asked]
        }
        return cls(parameters["states"], **given)

    @property
    def plain(self) -> bool:
        """Whether it leaves everything as it is."""
        return self.states == STATES[0] and self.centre is None and self.scale is None

    def of(self, values: Float[np.ndarray, "n level step d"]) -> Float[np.ndarray, "n level i d"]:
        """The states that it knows.

        Args:
            values: of all steps; the first is the one before the jump.

        Returns:
            A view.
        """
        return values[:, :, {"all": slice(None), "before": slice(1), "after": slice(1, None)}[
            self.states
        ]]  # fmt: skip

    def knows(self, step: int) -> bool:
        """Whether a step is among its states; −1 is the one before the jump."""
        return self.states == "all" or (self.states == "before") == (step < 0)

    def into(self, x: Float[np.ndarray, "n level step d"]) -> Float[np.ndarray, "n level step d"]:
        """Standardise: s·(x − c), float32.

        Args:
            x: of its states.

        Returns:
            The inputs z of a dictionary.
        """
        if self.centre is not None:
            x = x - self.centre
        if self.scale is not None:
            x = x * self.scale[..., None]
        return x.astype("f4", copy=False)

    def back(self, z: Float[np.ndarray, "n level step d"]) -> Float[np.ndarray, "n level step d"]:
        """Take it back: z/s + c, float64.

        Args:
            z: of its states.

        Returns:
            Activations x in their own frame.
        """
        x = z.astype("f8")
        if self.scale is not None:
            x = x / self.scale[..., None]
        return x if self.centre is None else x + self.centre

    def at(self, level: int, step: int) -> tuple[np.ndarray, float]:
        """Tell c and s of one of its points, for a walk that is there.

        Args:
            level: t.
            step: −1 before the jump, 0 after it, …

        Returns:
            c [d] or [1], and s.
        """
        i = step if self.states == "after" else step + 1
        centre = np.zeros(1) if self.centre is None else self.centre[level, i]
        return centre, 1.0 if self.scale is None else float(self.scale[level, i])

    def walk(
        self, activations: Rows, problems: np.ndarray
    ) -> Iterator[tuple[np.ndarray, Float[np.ndarray, "n level step d"]]]:
        """Read its states, some problems at a time, as `samples.blocks`.

        Args:
            activations: answer of the analysis `activations`.
            problems: indices.

        Yields:
            Indices and activations.
        """
        for indices, values in blocks(activations, problems):
            yield indices, self.of(values)


def standardise(
    activations: Rows, problems: np.ndarray, states: str, centred: bool, scaled: bool
) -> Standard:
    """Fit c and s on some problems: their mean, and 1/rms of ‖x − c‖²/d, of every (level, step).

    Args:
        activations: answer of the analysis `activations`.
        problems: indices of the training problems.
        states: which are known.
        centred: whether c is subtracted.
        scaled: whether s is multiplied; about c if centred, about 0 if not.

    Returns:
        The standard; a point without any spread has s = 1.
    """
    chosen = Standard(states)
    if not (centred or scaled):
        return chosen
    mean = sum(x.sum(axis=0, dtype="f8") for _, x in chosen.walk(activations, problems))
    centre = np.asarray(mean) / len(problems) if centred else None
    if not scaled:
        return Standard(states, centre)
    about = Standard(states, centre)
    square = sum(
        np.square(about.into(x), dtype="f8").mean(axis=-1).sum(axis=0)
        for _, x in chosen.walk(activations, problems)
    )
    rms = np.sqrt(np.asarray(square) / len(problems))
    return Standard(states, centre, 1 / np.where(rms > 0, rms, 1.0))
