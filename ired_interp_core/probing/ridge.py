"""Ridge regression of many targets at once: one decomposition of the training rows serves them all.

Definitions: docs/definitions.md §6.1. What is fitted knows the training rows alone: centre, scale,
decomposition, penalty and coefficients.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Int8

PENALTIES = 10.0 ** np.arange(3, -7, -1)
"""λ, from the largest: a penalty of n·λ on standardised inputs, so that copies change nothing. At
10³ a probe is the mean of its training rows within a thousandth of p; 10⁻⁶ is least squares."""

ROUNDING = 1e-6
"""Spread of an input, of its mean, up to which it is rounding of float32 and left out."""

MOST = 1280
"""Inputs of a probe at most: more than any layer has, fewer than a large dictionary has features.
The decomposition costs their third power."""

COLUMNS = 256
"""Inputs and rows that are looked at together, so that no large copy is made."""

TINY = 1e-12
"""Least 1 − H_ii: below it a row is fitted by itself alone, its error as good as infinite."""

Each = Float[np.ndarray, "p"]


@dataclass(frozen=True)
class Ridge:
    """ŷ = (x − centre)/scale · weights + means, fitted.

    Args:
        centre: mean of the training rows.
        scale: their s.d.; inf where an input does not vary.
        weights: of standardised inputs.
        means: of the targets over the training rows.
        penalty: λ of each target.
        validation: R² of each target with every problem left out in turn, at that penalty.
        residual: mean square of these errors.
        train: R² of each target on the training rows themselves.
    """

    centre: Float[np.ndarray, "p"]
    scale: Float[np.ndarray, "p"]
    weights: Float[np.ndarray, "p T"]
    means: Float[np.ndarray, "T"]
    penalty: Float[np.ndarray, "T"]
    validation: Float[np.ndarray, "T"]
    residual: Float[np.ndarray, "T"]
    train: Float[np.ndarray, "T"]

    @property
    def readout(self) -> Float[np.ndarray, "p T"]:
        """The vector w of ŷ = w·x + constant, in the frame of x."""
        return self.weights / self.scale[:, None]

    def predict(self, x: Float[np.ndarray, "N p"]) -> Float[np.ndarray, "N T"]:
        """ŷ of any rows, float64."""
        w = self.readout
        return x.astype(np.float64) @ w + (self.means - self.centre @ w)


@dataclass(frozen=True)
class Decomposed:
    """Standardised training rows Z in their eigenbasis.

    With n ≥ p the basis is B = ZV, ZᵀZ = V diag(s) Vᵀ; else ZZᵀ = B diag(s) Bᵀ. The hat matrix of
    the penalty nλ is 1/n + B diag(g) Bᵀ with g = 1/(s + nλ), or s/(s + nλ).
    """

    z: Float[np.ndarray, "n p"]
    basis: Float[np.ndarray, "n r"]
    values: Float[np.ndarray, "r"]
    vectors: Float[np.ndarray, "p r"] | None

    @classmethod
    def of(cls, z: Float[np.ndarray, "n p"]) -> "Decomposed":
        """Decompose by the smaller side; with n ≥ p the basis takes the place of z."""
        if z.shape[0] < z.shape[1]:
            s, u = np.linalg.eigh(z @ z.T)
            return cls(z, u, s.clip(min=0), None)
        s, v = np.linalg.eigh(z.T @ z)
        for start in range(0, len(z), COLUMNS):
            z[start : start + COLUMNS] = z[start : start + COLUMNS] @ v
        return cls(z, z, s.clip(min=0), v)

    def gain(self, penalty: Float[np.ndarray, "..."]) -> Float[np.ndarray, "... r"]:
        """Give g of penalties λ."""
        inverse = 1 / (self.values + len(self.z) * np.asarray(penalty)[..., None])
        return inverse * self.values if self.vectors is None else inverse

    def leverage(self, penalty: Float[np.ndarray, "L"]) -> Float[np.ndarray, "n L"]:
        """Diagonal of the hat matrix for every penalty."""
        gain = self.gain(penalty).T
        starts = range(0, len(self.basis), COLUMNS)
        tiles = [np.square(self.basis[s : s + COLUMNS]) @ gain for s in starts]
        return 1 / len(self.z) + np.concatenate(tiles)

    def weights(
        self, projected: Float[np.ndarray, "r T"], penalty: Float[np.ndarray, "T"]
    ) -> Float[np.ndarray, "p T"]:
        """Coefficients of standardised inputs, of targets Bᵀ(y − ȳ) with a penalty each."""
        shrunk = projected / (self.values[:, None] + len(self.z) * penalty)
        if self.vectors is None:
            return np.asarray(self.z.T @ (self.basis @ shrunk))
        return np.asarray(self.vectors @ shrunk)


def standardise(
    x: Float[np.ndarray, "n p"],
) -> tuple[Float[np.ndarray, "n q"], Int[np.ndarray, "q"], Each, Each]:
    """Centre and scale rows by their own mean and s.d.

    Inputs that do not vary are left out, and of more than MOST those that vary least.

    Args:
        x: training rows.

    Returns:
        Standardised rows of the inputs that are kept, float64; which these are; centre and scale of
        all inputs, the scale of the others inf.
    """
    centre, scale = np.empty(x.shape[1]), np.empty(x.shape[1])
    for start in range(0, x.shape[1], COLUMNS):
        here = slice(start, start + COLUMNS)
        part = x[:, here].astype(np.float64)
        centre[here] = part.mean(axis=0)
        scale[here] = np.sqrt(np.square(part - centre[here]).mean(axis=0))
    scale[scale <= ROUNDING * np.abs(centre)] = np.inf
    kept = np.flatnonzero(np.isfinite(scale))
    if len(kept) > MOST:
        least = kept[np.argsort(-scale[kept], kind="stable")[MOST:]]
        scale[least] = np.inf
        kept = np.flatnonzero(np.isfinite(scale))
    z = np.empty((len(x), len(kept)))
    for start in range(0, len(kept), COLUMNS):
        tile = kept[start : start + COLUMNS]
        z[:, start : start + COLUMNS] = (x[:, tile] - centre[tile]) / scale[tile]
    return z, kept, centre, scale


def fit(
    x: Float[np.ndarray, "n p"],
    targets: Float[np.ndarray, "n T"],
    words: Int[np.ndarray, "n"],
    penalties: Float[np.ndarray, "L"] = PENALTIES,
) -> Ridge:
    """Minimise ‖y − ȳ − Zw‖² + nλ‖w‖² for every target, λ chosen by leaving each problem out.

    Errors of rows that are left out follow from the hat matrix H exactly, e_g = (I − H_gg)⁻¹ r_g
    with the rows g of a problem and the residuals r, so that nothing is fitted again. Centre and
    scale are those of all training rows.

    Args:
        x: training rows.
        targets: at least two rows, finite.
        words: problem of every row (`folds.groups`).
        penalties: λ to choose from, from the largest: of equals the first is taken.

    Returns:
        The fitted probe.
    """
    z, kept, centre, scale = standardise(x)
    means = targets.mean(axis=0)
    y = targets - means
    rows = Decomposed.of(z)
    projected = rows.basis.T @ y
    unique, problem = np.unique(words, return_inverse=True)
    alone = len(unique) == len(words)
    leverage = rows.leverage(penalties) if alone else None
    errors, misses = [], []
    for i, g in enumerate(rows.gain(penalties)):
        residual = y - rows.basis @ (g[:, None] * projected)
        if leverage is not None:
            left = residual / np.maximum(1 - leverage[:, i], TINY)[:, None]
        else:
            left = _left_out(rows.basis, g, residual, problem)
        errors.append(np.square(left).mean(axis=0))
        misses.append(np.square(residual).mean(axis=0))
    best = np.argmin(errors, axis=0)
    column = np.arange(y.shape[1])
    penalty, error = penalties[best], np.array(errors)[best, column]
    with np.errstate(invalid="ignore", divide="ignore"):
        validation = 1 - error / _left_out_of_mean(targets, problem)
        train = 1 - np.array(misses)[best, column] / np.square(y).mean(axis=0)
    weights = np.zeros((x.shape[1], y.shape[1]))
    weights[kept] = rows.weights(projected, penalty)
    return Ridge(centre, scale, weights, means, penalty, validation, error, train)


def _left_out(
    basis: Float[np.ndarray, "n r"],
    gain: Float[np.ndarray, "r"],
    residual: Float[np.ndarray, "n T"],
    problem: Int[np.ndarray, "n"],
) -> Float[np.ndarray, "n T"]:
    """(I − H_gg)⁻¹ r_g of every problem g; problems with equally many rows are solved together."""
    left = np.empty_like(residual)
    order = np.argsort(problem, kind="stable")
    counts = np.bincount(problem)
    first = np.cumsum(counts) - counts
    for m in np.unique(counts):
        at = order[first[counts == m][:, None] + np.arange(m)]  # [problems, m]
        b = basis[at]
        hat = 1 / len(basis) + (b * gain) @ b.swapaxes(1, 2)
        left[at] = np.linalg.solve((1 + TINY) * np.eye(m) - hat, residual[at])
    return left


def _left_out_of_mean(
    targets: Float[np.ndarray, "n T"], problem: Int[np.ndarray, "n"]
) -> Float[np.ndarray, "T"]:
    """Mean square error of the mean of all other problems."""
    counts = np.bincount(problem)[:, None]
    sums = np.zeros((len(counts), targets.shape[1]))
    np.add.at(sums, problem, targets)
    with np.errstate(invalid="ignore", divide="ignore"):
        others = (targets.sum(axis=0) - sums) / (len(targets) - counts)
    return np.asarray(np.square(targets - others[problem]).mean(axis=0))


@dataclass(frozen=True)
class OutOfFold:
    """Predictions of rows by probes that never saw their problem.

    Args:
        predicted: ŷ.
        constant: mean of the training rows of each fold, the trivial prediction.
        train: R² on training rows, mean over folds.
        validation: R² with problems left out in training, mean over folds.
    """

    predicted: Float[np.ndarray, "N T"]
    constant: Float[np.ndarray, "N T"]
    train: Float[np.ndarray, "T"]
    validation: Float[np.ndarray, "T"]


def out_of_fold(
    x: Float[np.ndarray, "N p"],
    targets: Float[np.ndarray, "N T"],
    words: Int[np.ndarray, "N"],
    fold: Int8[np.ndarray, "N"],
    trained: Int[np.ndarray, "N"] | None = None,
    twin: Float[np.ndarray, "N p"] | None = None,
) -> tuple[OutOfFold, Float[np.ndarray, "N T"] | None]:
    """Cross-validate, the penalty chosen within the training rows of each fold.

    Args:
        x: inputs.
        targets: finite.
        words: problem of every row.
        fold: of every row, as `folds.folds` gives.
        trained: whether a row may be trained on, for learning curves; all when left out.
        twin: inputs of another set at the same rows, predicted by the probes of the other folds.

    Returns:
        Predictions of all rows, and of their twins.
    """
    predicted, constant = np.empty_like(targets), np.empty_like(targets)
    other = None if twin is None else np.empty_like(targets)
    train, validation = [], []
    for held in np.unique(fold):
        test = fold == held
        rows = ~test if trained is None else ~test & trained.astype(bool)
        probe = fit(x[rows], targets[rows], words[rows])
        predicted[test], constant[test] = probe.predict(x[test]), probe.means
        if other is not None and twin is not None:
            other[test] = probe.predict(twin[test])
        train.append(probe.train)
        validation.append(probe.validation)
    found = OutOfFold(predicted, constant, np.mean(train, axis=0), np.mean(validation, axis=0))
    return found, other


def squares(
    truth: Float[np.ndarray, "N T"], found: OutOfFold
) -> tuple[Float[np.ndarray, "N T"], Float[np.ndarray, "N T"]]:
    """Squared errors of a probe and of the trivial prediction, out of fold.

    Args:
        truth: targets.
        found: their predictions.

    Returns:
        (y − ŷ)² and (y − ȳ)², of which R² = 1 − Σ(y − ŷ)²/Σ(y − ȳ)²: 0 of a constant prediction.
    """
    return np.square(truth - found.predicted), np.square(truth - found.constant)


def r2(
    miss: Float[np.ndarray, "... T"], spread: Float[np.ndarray, "... T"], axis: int = 0
) -> Float[np.ndarray, "..."]:
    """1 − Σ miss/Σ spread along an axis; NaN where nothing spreads."""
    whole = spread.sum(axis=axis)
    return np.asarray(1 - miss.sum(axis=axis) / np.where(whole > 0, whole, np.nan))
