"""The record of every feature as declared in `analyses/dictionary_features.py`.

Definitions: docs/definitions.md §5.5.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse
import xarray as xr
from jaxtyping import Float, Float64, Int

from ired_interp_core.dictionaries import atoms, correlations, neighbours, strongest
from ired_interp_core.dictionaries.codes import RangeCodes
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.examples import Sample, Strongest
from ired_interp_core.dictionaries.names import OTHERS, QUANTILES, SHARES
from ired_interp_core.dictionaries.split import held_out
from ired_interp_core.intervals import holm
from ired_interp_core.records import Gathered, Rows, seeded
from ired_interp_core.tasks import PROPERTIES

Columns = dict[str, tuple[tuple[str, ...], Any]]


def features_dataset(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Records of all features, over all problems of the range, those of the training split too.

    Args:
        gathered: a dictionary, the activations it was trained on, and the problems' properties.
        parameters: as the analysis declares.

    Returns:
        The declared variables; levels ascending from t = 0.
    """
    activations = gathered.upstream["activations"]
    first = activations.read([0], ["activation"])["activation"]
    levels, steps = first.sizes["level"], first.sizes["step"]
    dictionary = Dictionary.from_dataset(gathered.upstream["dictionary"].read(), gathered.device)
    codes = RangeCodes(dictionary, activations, gathered.count, gathered.desk)
    tally = Tally(codes, levels * steps, parameters)
    decoder = dictionary.decoder.cpu().numpy()
    is_matrix = activations.question.parameters["site"] == "gradient"
    near, near_cosine = neighbours.by_cosine(decoder, parameters["neighbours"])
    together, together_cosine = neighbours.by_activity(
        codes, tally.squares, parameters["neighbours"]
    )
    nearby = ("feature", "neighbour")
    return xr.Dataset(
        {
            **_when(tally, levels, steps),
            "histogram": (
                ("feature", "bin"),
                _histogram(codes, tally.largest, parameters["bins"]).astype(np.int32),
            ),
            **_examples(tally, first["step"].values),
            "near_feature": (nearby, near),
            "near_cosine": (nearby, near_cosine),
            "together_feature": (nearby, together),
            "together_cosine": (nearby, together_cosine),
            **_matrices(decoder, gathered.problems.size, is_matrix, parameters["seed"]),
            **_properties(tally, gathered.upstream["properties"], gathered.count),
            **_strongest(gathered, dictionary, tally, parameters, is_matrix),
        },
        coords={
            "level": np.arange(levels),
            "step": first["step"].values,
            "quantile": np.array(QUANTILES),
            "share": np.array(SHARES),
            "other": np.array(OTHERS),
            "property": np.array(list(PROPERTIES)),
        },
    )


class Tally:
    """Counts, sums and examples of every feature, from one walk through the codes.

    Args:
        codes: of all points.
        points: visited points of a problem.
        parameters: `examples` and `seed`.
    """

    def __init__(self, codes: RangeCodes, points: int, parameters: Mapping[str, Any]) -> None:
        m, self.problems, self.points = codes.features, codes.count, points
        self.count = np.zeros((m, points), dtype=np.int64)
        self.held_out = np.zeros(m, dtype=np.int64)
        self.total: Float64[np.ndarray, "m points"] = np.zeros((m, points))
        self.squares: Float64[np.ndarray, " m"] = np.zeros(m)
        self.largest = np.zeros(m, dtype=np.float32)
        self.strongest = Strongest(m, parameters["examples"])
        rng = seeded("quantile examples", parameters["seed"])
        self.sample = Sample(m, points * codes.count, rng)
        means = [self._add(indices, f) for indices, f in codes]
        self.means = scipy.sparse.vstack(means, format="csc")

    def _add(self, indices: np.ndarray, f: scipy.sparse.csc_array) -> scipy.sparse.csr_array:
        """Count some problems in; the mean activation of each feature on each of them."""
        m = len(self.squares)
        feature = np.repeat(np.arange(m), np.diff(f.indptr))
        row, point = np.divmod(f.indices.astype(np.int64), self.points)
        cell, value = feature * self.points + point, f.data.astype(np.float64)
        self.count += np.bincount(cell, minlength=self.count.size).reshape(m, -1)
        self.total += np.bincount(cell, value, self.count.size).reshape(m, -1)
        self.held_out += np.bincount(feature[held_out(indices)[row]], minlength=m)
        self.squares += np.bincount(feature, value**2, m)
        self.sample.add(feature, indices[row] * self.points + point, f.data)
        # Within a feature rows ascend, so that the points of one problem stand together.
        group = feature * len(indices) + row
        start = np.flatnonzero(np.diff(group, prepend=-1))
        means = np.zeros(0)
        if len(start):
            peak = np.maximum.reduceat(f.data, start)
            owner = np.repeat(np.arange(len(start)), np.diff(start, append=len(group)))
            at = np.flatnonzero(f.data == peak[owner])
            at = at[np.unique(owner[at], return_index=True)[1]]  # the first of equal peaks
            self.strongest.add(feature[at], indices[row[at]], point[at], peak)
            np.maximum.at(self.largest, feature[at], peak)
            means = np.add.reduceat(value, start) / self.points
        where = row[start], feature[start]
        return scipy.sparse.csr_array((means.astype(np.float32), where), shape=(len(indices), m))


def _when(tally: Tally, levels: int, steps: int) -> Columns:
    m = len(tally.squares)
    count = tally.count.sum(axis=1)
    total, squares = tally.total.sum(axis=1), tally.squares.sum()
    by_level = tally.count.reshape(m, levels, steps).sum(axis=2)
    held = tally.points * int(held_out(np.arange(tally.problems)).sum())
    problems = np.diff(tally.means.indptr)
    with np.errstate(invalid="ignore"):
        density_held_out = tally.held_out / np.float64(held)
        mean, strength = total / count, tally.total / tally.count
    grid, shape = ("feature", "level", "step"), (m, levels, steps)
    activity = tally.count / tally.problems
    return {
        "density": (("feature",), count / (tally.problems * tally.points)),
        "density_held_out": (("feature",), density_held_out),
        "problem_share": (("feature",), problems / tally.problems),
        "mean_activation": (("feature",), mean),
        "max_activation": (("feature",), tally.largest.astype(np.float64)),
        "energy_share": (("feature",), tally.squares / (squares or 1.0)),
        "peak_level": (("feature",), np.where(count > 0, by_level.argmax(1), -1).astype(np.int8)),
        "activity": (grid, activity.reshape(shape).astype(np.float32)),
        "strength": (grid, strength.reshape(shape).astype(np.float32)),
    }


def _histogram(
    codes: RangeCodes, largest: Float[np.ndarray, "m"], bins: int
) -> Int[np.ndarray, "m bins"]:
    """Positive activations in equal bins from 0 to the largest activation of the feature."""
    counts = np.zeros(len(largest) * bins, dtype=np.int64)
    for _, f in codes:
        feature = np.repeat(np.arange(len(largest)), np.diff(f.indptr))
        place = f.data.astype(np.float64) / largest[feature] * bins
        place = np.minimum(place.astype(np.int64), bins - 1)
        counts += np.bincount(feature * bins + place, minlength=len(counts))
    return counts.reshape(-1, bins)


def _examples(tally: Tally, steps: Int[np.ndarray, "S"]) -> Columns:
    top, at = ("feature", "example"), ("feature", "quantile")
    best = tally.strongest
    number, value = tally.sample.nearest(np.array(QUANTILES))
    problem, point = np.divmod(number, tally.points)
    return {
        "example_problem": (top, best.problem),
        **_place("example", top, best.point, steps),
        "example_value": (top, np.where(best.problem >= 0, best.value, np.float32("nan"))),
        "quantile_problem": (at, np.where(number >= 0, problem, -1).astype(np.int32)),
        **_place("quantile", at, np.where(number >= 0, point, -1), steps),
        "quantile_value": (at, value),
        "quantile_points": (("feature",), tally.sample.held),
    }


def _place(
    name: str, dims: tuple[str, ...], point: np.ndarray, steps: Int[np.ndarray, "S"]
) -> Columns:
    """Level and step of points within a problem; −1 for none, as the example's problem says."""
    level, which = np.divmod(point, len(steps))
    step = steps[which]
    return {
        f"{name}_level": (dims, np.where(point >= 0, level, -1).astype(np.int8)),
        f"{name}_step": (dims, np.where(point >= 0, step, -1).astype(np.int16)),
    }


def _matrices(decoder: Float[np.ndarray, "m d"], n: int, is_matrix: bool, seed: int) -> Columns:
    """Atoms as matrices; NaN where they are none: a hidden unit has no row and column."""
    m = len(decoder)
    shares, random = np.full((m, len(SHARES)), np.nan), np.full(len(SHARES), np.nan)
    singular, rank_random = np.full((m, n), np.nan), np.nan
    if is_matrix:
        matrices = decoder.astype(np.float64).reshape(m, n, n)
        shares, random = atoms.matrix_shares(matrices), atoms.random_shares(n)
        singular = np.linalg.svd(matrices, compute_uv=False)
        rank_random = atoms.random_rank(n, seed)
    return {
        "atom_share": (("feature", "share"), shares.astype(np.float32)),
        "atom_share_random": (("share",), random.astype(np.float32)),
        "atom_singular": (("feature", "singular"), singular.astype(np.float32)),
        "atom_rank": (("feature",), atoms.effective_rank(singular)),
        "atom_rank_random": ((), np.float64(rank_random)),
    }


def _values(properties: Rows, count: int) -> Float64[np.ndarray, "N P"]:
    """All properties of all problems."""
    read = properties.read(range(count), PROPERTIES)
    return np.stack([np.asarray(read[name], dtype=np.float64) for name in PROPERTIES], axis=1)


def _strongest(
    gathered: Gathered,
    dictionary: Dictionary,
    tally: Tally,
    parameters: Mapping[str, Any],
    is_matrix: bool,
) -> Columns:
    """The strongest features beside other atoms under the same rule, and the data's own shares."""
    count, most, seed = gathered.count, parameters["strongest"], parameters["seed"]
    size = gathered.problems.size if is_matrix else 0
    seen = strongest.inputs(gathered, dictionary, count, size, seed)
    active = tally.count.sum() / (tally.problems * tally.points)
    others = strongest.other_atoms(dictionary, seen.moments, seen.points, active, seed)
    own = np.argsort(-tally.squares, kind="stable")[:most]
    own = own[tally.squares[own] > 0]
    means = {"features": tally.means[:, own].toarray()}
    for name, of in strongest.look(gathered, others, count, "other atoms").items():
        means[name] = of.means[:, of.strongest(most)]
    values = _values(gathered.upstream["properties"], count)
    least, resamples = parameters["least_correlation"], parameters["bootstrap"]
    found = strongest.shares(means, values, least, resamples, seed)
    return {
        "going_share": ((), np.float64(found.share)),
        "going_share_others": (("other",), found.others),
        "going_beyond_low": (("other",), found.beyond_low),
        "going_beyond_high": (("other",), found.beyond_high),
        "property_used": (("property",), correlations.usable(values).astype(np.int8)),
        "data_share_before": (("share",), seen.shares[0].astype(np.float32)),
        "data_share_after": (("share",), seen.shares[1].astype(np.float32)),
    }


def _properties(tally: Tally, properties: Rows, count: int) -> Columns:
    rho, p = correlations.spearman(tally.means, _values(properties, count))
    p = holm(p)
    some = np.isfinite(rho).any(axis=1)
    best = np.where(np.isfinite(rho), np.abs(rho), -1.0).argmax(axis=1)
    rows, table = np.arange(len(rho)), ("feature", "property")
    return {
        "correlation": (table, rho.astype(np.float32)),
        "correlation_p": (table, p),
        "strongest_property": (("feature",), np.where(some, best, -1).astype(np.int16)),
        "strongest_correlation": (("feature",), rho[rows, best]),
        "strongest_p": (("feature",), p[rows, best]),
    }
