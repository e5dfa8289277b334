"""Logistic probes of classes: whether a property lies above its median.

Definitions: docs/definitions.md §6.1.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from ired_interp_core.failure.models import logistic, reduced
from ired_interp_core.failure.nested import Setting, nested, penalties
from ired_interp_core.failure.resampling import draws, interval, resampled_auroc
from ired_interp_core.failure.scores import confusion, fold_auroc
from ired_interp_core.probing.cells import Design
from ired_interp_core.probing.codelength import Fitted, class_bits
from ired_interp_core.probing.compared import controls
from ired_interp_core.probing.control_task import shuffled
from ired_interp_core.probing.saved import Numbers

FEW = 40
"""Rows below which a block's penalty is 1 instead of chosen by cross-validation."""


@dataclass(frozen=True)
class Classified:
    """Class probes of one input.

    Args:
        probability: out of fold, first split, of every property.
        shuffled: AUROC of shuffled classes; NaN where not asked.
        bits: online code.
        constant: of the constant predictor.
    """

    probability: Float[np.ndarray, "T N"]
    shuffled: Float[np.ndarray, "T"]
    bits: Float[np.ndarray, "T"]
    constant: Float[np.ndarray, "T"]


def labels(values: Float[np.ndarray, "N T"]) -> Bool[np.ndarray, "T N"]:
    """Whether each property lies above its median."""
    return np.asarray((values > np.median(values, axis=0)).T)


def classified(
    design: Design, x: Float[np.ndarray, "N p"], control: bool, check: Callable[[], None]
) -> Classified:
    """Fit class probes of an input, the penalty chosen within the training rows of each fold.

    Args:
        design: targets and splits.
        x: the input, one row a problem.
        control: whether probabilities alone are needed.
        check: called between properties.

    Returns:
        Probabilities, and what stands beside them.
    """
    fold, order = design.fold[0], design.once
    shuffle = shuffled(design.words, labels(design.values).T, 2 * design.seed).T
    found: list[tuple[np.ndarray, float, float, float]] = []
    for label, mixed in zip(labels(design.values), shuffle, strict=True):
        check()
        probability = nested(x, Setting(label, fold)).probability
        if control:
            found.append((probability, np.nan, np.nan, np.nan))
            continue
        noise = nested(x, Setting(mixed, fold)).probability
        bits = class_bits(x[order], label[order], design.words[order], fitting(fold[order]))
        found.append((
            probability, fold_auroc(mixed, noise, fold), float(bits.probe[0]),
            float(bits.constant[0]),
        ))  # fmt: skip
    return Classified(*(np.array(column) for column in zip(*found, strict=True)))


def fitting(fold: Int[np.ndarray, "N"]) -> Fitted:
    """How the rows before a block are fitted: their penalty by cross-validation over these folds.

    Args:
        fold: of the rows in the order in which they are coded.

    Returns:
        For `codelength.class_bits`.
    """

    def of(x: np.ndarray, label: np.ndarray, words: np.ndarray, new: np.ndarray) -> np.ndarray:
        setting = Setting(label, fold[: len(label)])
        chosen = np.median(penalties(x, setting)[0]) if len(label) >= FEW else 1.0
        ready = reduced(x, setting.components)
        return logistic(ready.of(x), label, float(chosen)).probability(ready.of(new))

    return of


def classes_beside(
    design: Design,
    found: Mapping[tuple[str, str], Classified],
    inputs: Sequence[str],
    site: str,
    rng: np.random.Generator,
    resamples: int,
) -> Numbers:
    """AUROC of every input with its interval, beside its best control.

    The mean over test folds; problems are resampled within fold and class.

    Args:
        design: targets and splits.
        found: (input, network) → probes.
        inputs: in order.
        site: of the activations that codes are of.
        rng: of the resampling.
        resamples: how many.

    Returns:
        Variables by name, along [input, T].
    """
    fold, shape = design.fold[0], (len(inputs), design.properties)
    names = ("class_auroc", "class_low", "class_high", "class_balanced", "class_control")
    numbers = {name: np.full(shape, np.nan) for name in names}
    for t, label in enumerate(labels(design.values)):
        weights = draws(label, fold, design.words, rng, resamples)
        auroc = {key: fold_auroc(label, one.probability[t], fold) for key, one in found.items()}
        for i, name in enumerate(inputs):
            own = found[name, "trained"].probability[t]
            value = auroc[name, "trained"]
            low, high, _ = interval(value, resampled_auroc(label, own, fold, weights), True)
            balanced = confusion(label, own > 0.5).balanced_accuracy
            beside = [
                found[key].shuffled[t] if shift else auroc[key]
                for key, shift in controls(found, name, site)
                if key is not None
            ]
            best = max(beside) if np.isfinite(beside).all() else np.nan
            for word, number in zip(names, (value, low, high, balanced, best), strict=True):
                numbers[word][i, t] = number
    for word, field in (("class_bits", "bits"), ("class_bits_constant", "constant")):
        numbers[word] = np.stack([getattr(found[name, "trained"], field) for name in inputs])
    return numbers
