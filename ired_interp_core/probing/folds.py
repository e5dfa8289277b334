"""Which rows are trained on and which are tested: whole problems, the same for every input.

Definitions: docs/definitions.md §6.1. Light: no torch.
"""

import hashlib

import numpy as np
from jaxtyping import Float, Int, Int8


def groups(x: Float[np.ndarray, "N n_in"]) -> Int[np.ndarray, "N"]:
    """A word for the content of every problem: equal problems share it, others do not.

    The first 64 bits of a SHA-256 of the numbers, float64 (two of a million different problems
    share a word with probability 3·10⁻⁸).

    Args:
        x: problems, flattened row-major.

    Returns:
        Words, int64; rows of levels, steps and twins of a problem are given its word.
    """
    rows = np.ascontiguousarray(x, dtype="<f8") + 0.0  # −0 is 0
    return np.array([_word(row.tobytes()) for row in rows], dtype=np.int64)


def ranks(words: Int[np.ndarray, "N"], seed: int) -> Int[np.ndarray, "N"]:
    """A random order of the problems that knows their content and the seed, and no index.

    Args:
        words: of every row, as `groups` gives; rows of one problem share its rank.
        seed: of the order.

    Returns:
        0 … number of problems − 1. Of any subset of the problems the order is the same.
    """
    unique, row = np.unique(words, return_inverse=True)
    return _places(unique, seed)[row]


def folds(
    words: Int[np.ndarray, "N"],
    seed: int,
    k: int = 5,
    label: Int[np.ndarray, "N"] | None = None,
) -> Int8[np.ndarray, "N"]:
    """Deal the problems round to k folds, in an order that knows their content alone.

    Folds depend neither on the order of the rows nor on how often a problem occurs among them. The
    number of problems differs by at most one between folds, and so does that of every class.

    Args:
        words: of every row, as `groups` gives; rows of one problem share its fold.
        seed: of the split.
        k: folds.
        label: class of every row, for folds that hold each class equally; a problem whose rows
            have several is dealt by the largest.

    Returns:
        Fold of every row, 0 … k − 1.
    """
    unique, row = np.unique(words, return_inverse=True)
    classes = np.zeros(len(unique), dtype=np.int64)
    if label is not None:
        label = np.asarray(label).astype(np.int64)
        classes[:] = np.iinfo(np.int64).min
        np.maximum.at(classes, row, label)
    dealt = np.empty(len(unique), dtype=np.int8)
    # Class after class, and the dealing goes on where it stopped: equal within classes and in all.
    dealt[np.lexsort((_places(unique, seed), classes))] = np.arange(len(unique)) % k
    return dealt[row]


def _places(unique: Int[np.ndarray, "G"], seed: int) -> Int[np.ndarray, "G"]:
    """Rank of every problem by a digest of (seed, word)."""
    drawn = np.array([_word(f"fold {seed} {word}".encode()) for word in unique.tolist()])
    places = np.empty(len(unique), dtype=np.int64)
    places[np.lexsort((unique, drawn))] = np.arange(len(unique))
    return places


def _word(content: bytes) -> int:
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "little", signed=True)
