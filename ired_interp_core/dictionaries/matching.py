"""How far two dictionaries hold the same atoms, beside what random ones seem to share.

Definitions: docs/definitions.md §5.4.

MMCS(A → B) = mean_i max_j cos(A_i, B_j), cosines signed. PW-MCC = mean |cos| over the one-to-one
pairing of atoms that makes it largest (Hungarian method). Both are far from 0 for random
dictionaries, the more so the more atoms there are: hence the null beside them.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float, Int
from scipy.optimize import linear_sum_assignment

from ired_interp_core.dictionaries.baselines import random_atoms
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.progress import step
from ired_interp_core.dictionaries.samples import blocks
from ired_interp_core.errors import Refusal
from ired_interp_core.records import Gathered, seeded

MATCHED = 0.7
"""|cos| from which a pair counts as matched."""


def cosines(
    one: Float[np.ndarray, "m d"], other: Float[np.ndarray, "n d"]
) -> Float[np.ndarray, "m n"]:
    """Signed cosines of all pairs, float32.

    Args:
        one: atoms; an atom of norm 0 has cos 0 with everything.
        other: atoms.

    Returns:
        A Bᵀ of the normalised rows.
    """
    unit = [
        a / np.maximum(np.linalg.norm(a, axis=1, keepdims=True), np.finfo(np.float32).tiny)
        for a in (np.asarray(one, dtype=np.float32), np.asarray(other, dtype=np.float32))
    ]
    return unit[0] @ unit[1].T


def pairing(cosine: Float[np.ndarray, "m n"]) -> tuple[Int[np.ndarray, "k"], Int[np.ndarray, "k"]]:
    """The one-to-one pairing with the largest Σ|cos|.

    Args:
        cosine: of all pairs.

    Returns:
        Rows and columns of min(m, n) pairs.
    """
    return linear_sum_assignment(np.abs(cosine), maximize=True)


def pw_mcc(cosine: Float[np.ndarray, "m n"]) -> float:
    """Mean |cos| of the best pairing.

    Args:
        cosine: of all pairs.

    Returns:
        PW-MCC; NaN where one side is empty.
    """
    if not cosine.size:
        return np.nan
    return float(np.abs(cosine[pairing(cosine)]).mean(dtype=np.float64))


def mmcs(cosine: Float[np.ndarray, "m n"]) -> float:
    """Mean over rows of the largest signed cosine.

    Args:
        cosine: of all pairs; transposed for the way back.

    Returns:
        MMCS.
    """
    return float(cosine.max(axis=1).mean(dtype=np.float64))


def random_null(
    m: int, n: int, d: int, pairs: int, seed: int, gathered: Gathered | None = None
) -> Float[np.ndarray, "pairs 2"]:
    """PW-MCC and MMCS of pairs of random dictionaries: normal numbers, rows of unit norm.

    Args:
        m: atoms of the one.
        n: atoms of the other.
        d: entries of an atom.
        pairs: how many.
        seed: of the draws.
        gathered: whose desk hears of the progress.

    Returns:
        Columns PW-MCC, MMCS.
    """
    found = []
    for pair in range(pairs):
        one, other = (
            random_atoms(size, d, seeded("random dictionary", seed, pair, side))
            for side, size in enumerate((m, n))
        )
        cosine = cosines(one, other)
        found.append((pw_mcc(cosine), mmcs(cosine)))
        if gathered is not None:
            step(
                gathered.desk, 0.5 + 0.5 * (pair + 1) / pairs, f"random pair {pair + 1} of {pairs}"
            )
    return np.array(found)


def alive(gathered: Gathered, dictionaries: list[Dictionary]) -> list[Bool[np.ndarray, "feature"]]:
    """Which features are ever active on the activations of all problems of the range.

    Args:
        gathered: with the role activations.
        dictionaries: of one width.

    Returns:
        Booleans for each dictionary.
    """
    found = [np.zeros(d.features, dtype=bool) for d in dictionaries]
    done = 0
    for indices, values in blocks(gathered.upstream["activations"], np.arange(gathered.count)):
        for seen, dictionary in zip(found, dictionaries, strict=True):
            z = dictionary.standard.into(dictionary.standard.of(values))
            x = torch.from_numpy(z.reshape(-1, z.shape[-1])).to(gathered.device)
            seen |= (dictionary.encode(x) > 0).any(dim=0).cpu().numpy()
        done += len(indices)
        step(gathered.desk, 0.3 * done / gathered.count, f"{done} of {gathered.count} problems")
    return found


def match_dataset(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Compare two dictionaries as declared in `analyses/dictionary_match.py`.

    Args:
        gathered: roles one, other, and the activations that `one` was trained on.
        parameters: as the analysis declares.

    Returns:
        The declared variables.

    Raises:
        Refusal: atoms of different length.
    """
    pair = [
        Dictionary.from_dataset(gathered.upstream[r].read(), gathered.device, standardises=True)
        for r in ("one", "other")
    ]
    one, other = (d.decoder.cpu().numpy() for d in pair)
    if one.shape[1] != other.shape[1]:
        raise Refusal(
            "dictionaries of different sites cannot be matched",
            where="dictionary_match",
            came=f"atoms of {one.shape[1]} and of {other.shape[1]} numbers",
            expected="atoms of the same length",
            next_step="train both on the same site",
        )
    living = alive(gathered, pair)
    cosine = cosines(one, other)
    rows, columns = pairing(cosine)
    match = np.full(len(one), -1, dtype=np.int32)
    match[rows] = columns
    match_cosine = np.full(len(one), np.nan, dtype=np.float32)
    match_cosine[rows] = cosine[rows, columns]
    gathered.desk.report(0.4, "atoms paired")
    both = [bool(seen.all()) for seen in living]
    paired = np.abs(cosine[rows, columns])
    value = float(paired.mean(dtype=np.float64))
    null = random_null(
        len(one), len(other), one.shape[1], parameters["null_pairs"], parameters["seed"], gathered
    )
    spread = null.std(axis=0, ddof=1) if len(null) > 1 else np.full(2, np.nan)
    nearest = cosine.argmax(axis=1)
    numbers = {
        "pw_mcc": value,
        "mmcs": mmcs(cosine),
        "mmcs_back": mmcs(cosine.T),
        "matched_share": float((paired >= MATCHED).sum() / len(one)),
        "alive_pw_mcc": value if all(both) else pw_mcc(cosine[np.ix_(*living)]),
        "alive_share": float(living[0].mean()),
        "alive_share_other": float(living[1].mean()),
        "null_pw_mcc": null[:, 0].mean(),
        "null_pw_mcc_sd": spread[0],
        "null_mmcs": null[:, 1].mean(),
        "null_mmcs_sd": spread[1],
    }
    return xr.Dataset(
        {name: ((), np.float64(number)) for name, number in numbers.items()}
        | {
            "match": ("feature", match),
            "match_cosine": ("feature", match_cosine),
            "nearest": ("feature", nearest.astype(np.int32)),
            "nearest_cosine": ("feature", cosine[np.arange(len(one)), nearest]),
        }
    )
