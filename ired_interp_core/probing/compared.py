"""Scores of one level beside their controls, with intervals over problems.

Definitions: docs/definitions.md §6.1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ired_interp_core.intervals import percentile
from ired_interp_core.probing.cells import Design, Fitted
from ired_interp_core.probing.names import CONTROLS

Fits = Mapping[tuple[str, str], Fitted]
"""(input, network) → its probes at one level."""

HELD = {"x": (0,), "xy": (0, 2)}
"""Controls that a control is itself held against, as places among CONTROLS; all for the others."""


@dataclass(frozen=True)
class Compared:
    """Numbers of all inputs at one level: value, lower and upper end [3, input, …, T].

    Args:
        score: R².
        control: R² of every control; NaN where there is none.
        gain: score − best control.
        shuffled: the same of a shuffled target, held against its own controls.
        best: control with the largest R², 1 + its place among CONTROLS; 0 where there is none.
    """

    score: Float[np.ndarray, "3 input T"]
    control: Float[np.ndarray, "3 input control T"]
    gain: Float[np.ndarray, "3 input T"]
    shuffled: Float[np.ndarray, "3 input T"]
    best: Int[np.ndarray, "input T"]


def controls(
    fits: Mapping[tuple[str, str], Any], name: str, site: str
) -> list[tuple[tuple[str, str] | None, int]]:
    """Which probe each control is, and how many kinds further its target stands.

    Args:
        fits: of a level.
        name: input.
        site: of the activations that codes are of.

    Returns:
        In the order of CONTROLS: (input, network) and 1 for the shuffled target; none where there
        is no such probe.
    """  # fmt: skip
    raw = site if name == "codes" else name
    every: list[tuple[tuple[str, str] | None, int]] = [
        ((name, "trained"), 1),
        ((raw, "untrained") if (raw, "untrained") in fits else None, 0),
        (("x", "trained"), 0),
        (("xy", "trained"), 0),
    ]
    held = HELD.get(name, range(len(CONTROLS)))
    return [one if place in held else (None, 0) for place, one in enumerate(every)]


def compared(
    design: Design,
    fits: Fits,
    inputs: Sequence[str],
    site: str,
    rng: np.random.Generator,
    resamples: int,
) -> Compared:
    """Hold every input against its controls, on the same problems in every resample.

    Problems are resampled with all that is known of them; R² = 1 − Σ(y − ŷ)²/Σ(y − ȳ)² and the best
    of the controls are taken anew in each resample.

    Args:
        design: targets and splits.
        fits: of a level.
        inputs: in order.
        site: of the activations that codes are of.
        rng: of the resampling.
        resamples: how many.

    Returns:
        Percentile intervals.
    """
    count = design.properties
    spread = fits["x", "trained"].spread
    columns, places, start = [spread], {}, spread.shape[1]
    for key, fit in fits.items():
        columns.append(fit.miss)
        places[key] = slice(start, start := start + fit.miss.shape[1])
    held = {name: controls(fits, name, site) for name in inputs}

    def of(means: np.ndarray) -> np.ndarray:
        whole = np.where(means[:, : spread.shape[1]] > 0, means[:, : spread.shape[1]], np.nan)
        score = {
            key: (1 - means[:, place] / whole[:, : place.stop - place.start]).reshape(
                len(means), -1, count
            )
            for key, place in places.items()
        }
        nothing = np.full((len(means), count), np.nan)
        parts = []
        for name in inputs:
            own = score[name, "trained"]
            beside = [
                [nothing if key is None else score[key][:, kind + shift] for key, shift in
                 held[name]] for kind in (0, 1)
            ]  # fmt: skip
            task, noise = (np.stack(one, axis=1) for one in beside)
            parts.append(np.stack([own[:, 0], own[:, 0] - _largest(task),
                                   own[:, 1] - _largest(noise)], axis=1))  # fmt: skip
            parts.append(task)
        return np.concatenate(parts, axis=1).reshape(len(means), -1)

    values = by_problem(np.concatenate(columns, axis=1), design.words)
    ends = percentile(values, rng, resamples, of)
    found = np.stack([of(values.mean(axis=0, keepdims=True))[0], *ends])
    found = found.reshape(3, len(inputs), 3 + len(CONTROLS), count)
    task = found[0, :, 3:]
    best = np.where(np.isnan(task), -np.inf, task).argmax(axis=1) + 1
    best[np.isnan(task).all(axis=1)] = 0
    return Compared(found[:, :, 0], found[:, :, 3:], found[:, :, 1], found[:, :, 2], best)


def _largest(scores: Float[np.ndarray, "R control T"]) -> Float[np.ndarray, "R T"]:
    """Best of the controls that are there; NaN where none is."""
    there = ~np.isnan(scores).all(axis=1)
    filled = np.where(np.isnan(scores), -np.inf, scores).max(axis=1)
    return np.where(there, filled, np.nan)


def by_problem(
    values: Float[np.ndarray, "N column"], words: Int[np.ndarray, "N"]
) -> Float[np.ndarray, "problem column"]:
    """Sums over the rows of each problem, which are resampled together."""
    unique, row = np.unique(words, return_inverse=True)
    if len(unique) == len(words):
        return values
    sums = np.zeros((len(unique), values.shape[1]))
    np.add.at(sums, row, values)
    return sums


def transferred(
    design: Design,
    fits: Fits,
    inputs: Sequence[str],
    site: str,
    best: Int[np.ndarray, "input T"],
    rng: np.random.Generator,
    resamples: int,
) -> tuple[Float[np.ndarray, "3 input T"], Float[np.ndarray, "input T"]]:
    """R² on the harder set of probes that were fitted on this one, and of the same best control.

    Around the mean of the harder set: 0 if the probes say its mean, below 0 where they are further
    off. Each problem is predicted by the probe of the folds that its twin is not in.

    Args:
        design: with the properties of the harder set.
        fits: of a level, with their errors there.
        inputs: in order.
        site: of the activations that codes are of.
        best: control of every cell, as `compared` says.
        rng: of the resampling.
        resamples: how many.

    Returns:
        Value, lower and upper end; and the control's value. NaN without a harder set.
    """
    count = design.properties
    shape = (len(inputs), count)
    if design.far is None:
        return np.full((3, *shape), np.nan), np.full(shape, np.nan)
    rows = np.isfinite(design.far).all(axis=1)
    spread = np.square(design.far - design.far[rows].mean(axis=0))[rows]
    miss = {key: fit.far[rows] for key, fit in fits.items() if fit.far is not None}
    own = [miss[name, "trained"][:, :count] for name in inputs]

    def of(means: np.ndarray) -> np.ndarray:
        whole = np.where(means[:, :count] > 0, means[:, :count], np.nan)
        return np.asarray(1 - means[:, count:] / np.tile(whole, len(inputs)))

    values = by_problem(np.concatenate([spread, *own], axis=1), design.words[rows])
    ends = percentile(values, rng, resamples, of)
    score = np.stack([of(values.mean(axis=0, keepdims=True))[0], *ends]).reshape(3, *shape)
    beside = np.full(shape, np.nan)
    whole = np.where(spread.sum(axis=0) > 0, spread.sum(axis=0), np.nan)
    for i, name in enumerate(inputs):
        for place, (key, shift) in enumerate(controls(fits, name, site)):
            if key is None:
                continue
            found = 1 - miss[key].sum(axis=0).reshape(2, count)[shift] / whole
            beside[i] = np.where(best[i] == place + 1, found, beside[i])
    return score, beside
