"""Columns made ready by training rows alone, and the estimators that are fitted to them.

Definitions: docs/definitions.md §6.2. Estimators are scikit-learn's, with fixed settings; no class
is weighted, so that predicted probabilities are those of the base rate.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from ired_interp_core.failure.effects import LIVE, cohens_d, filled, in_pieces

Values = Float[np.ndarray, "N column"]
Failed = Bool[np.ndarray, "N"]

PARTIAL = 300
"""Side of a matrix from which on its largest eigenvalues are computed without the others."""

LEAST_SHARE = 1e-10
"""Components with less than this share of the largest one's variance are rounding."""


@dataclass(frozen=True)
class Reduction:
    """z = ((x − centre)/scale)·axes, fitted to training rows.

    Args:
        columns: those that are used.
        centre: mean of each over the training rows.
        scale: standard deviation of each over them.
        axes: principal components of the standardised columns; none where the columns are few and
            stay as they are.
    """

    columns: np.ndarray
    centre: Float[np.ndarray, "used"]
    scale: Float[np.ndarray, "used"]
    axes: Float[np.ndarray, "used component"] | None

    def of(self, values: Values) -> Float[np.ndarray, "N component"]:
        """Make rows ready, of training or test; what is not finite counts as the mean."""
        z = values[:, self.columns].astype(np.float64)
        z -= self.centre
        z /= self.scale
        if not np.isfinite(z).all():
            z[~np.isfinite(z)] = 0.0
        return z if self.axes is None else z @ self.axes

    def elsewhere(self, values: Values) -> "Reduction":
        """The same axes for other rows, standardised by themselves; no label is read.

        Args:
            values: all rows of another set, with the same columns.

        Returns:
            The reduction; a column that does not vary there counts as its mean.
        """
        centre, scale, largest = _moments(values[:, self.columns])
        return replace(self, centre=centre, scale=np.where(scale > LIVE * largest, scale, np.inf))


def reduced(training: Values, most: int, failed: Failed | None = None, best: int = 0) -> Reduction:
    """Standardise, and keep the components with the largest variance.

    A ridge penalty does not see a rotation, so that with all components kept nothing changes; of
    512 units with some hundred failures the first 64 components are kept, and a fit costs
    milliseconds. One decomposition serves all penalties: of ZᵀZ, or of ZZᵀ where there are fewer
    rows than columns.

    Args:
        training: training rows.
        most: components at most; where there are no more columns, they stay as they are.
        failed: of the training rows, where `best` columns are chosen.
        best: columns with the largest |d| on the training rows that are used; all for 0.

    Returns:
        The reduction; columns that do not vary are left out.
    """
    pieces = [_moments(training[:, part]) for part in in_pieces(training.shape[1])]
    centre, scale, largest = (np.concatenate(side) for side in zip(*pieces, strict=True))
    live = np.flatnonzero(scale > LIVE * largest)
    if best and best < len(live) and failed is not None:
        d = np.abs(cohens_d(training, failed[None] + 0.0)[0, live])
        live = np.sort(live[np.argsort(-np.nan_to_num(d), kind="stable")[:best]])
    kept = Reduction(live, centre[live], scale[live], None)
    if len(live) <= most:
        return kept
    z = kept.of(training)
    wide = len(live) > len(z)
    size, axes = _strongest(z @ z.T if wide else z.T @ z, most)
    used = size > LEAST_SHARE * size[0]
    axes = axes[:, used]
    if wide:
        axes = z.T @ (axes / np.sqrt(size[used]))
    sign = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    return Reduction(live, kept.centre, kept.scale, axes * sign)


def _strongest(
    gram: Float[np.ndarray, "m m"], most: int
) -> tuple[Float[np.ndarray, "most"], Float[np.ndarray, "m most"]]:
    """The largest eigenvalues, descending, with their vectors."""
    import scipy.linalg

    first = max(0, len(gram) - most)
    if len(gram) < PARTIAL:  # where all of them cost less than some
        size, vectors = np.linalg.eigh(gram)
        return size[first:][::-1], vectors[:, first:][:, ::-1]
    size, vectors = scipy.linalg.eigh(gram, subset_by_index=[first, len(gram) - 1])
    return size[::-1], vectors[:, ::-1]


def _moments(values: Values) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, standard deviation and largest size of columns; what is not finite is the mean."""
    values = filled(values)
    return values.mean(axis=0), values.std(axis=0), np.abs(values).max(axis=0, initial=0.0)


@dataclass(frozen=True)
class Logistic:
    """Probability σ(b + w·z) of failure.

    Args:
        weights: w.
        bias: b.
    """

    weights: Float[np.ndarray, "component"]
    bias: float

    def score(self, z: Float[np.ndarray, "N component"]) -> Float[np.ndarray, "N"]:
        """Of every row b + w·z, which has an order where a probability is 0 or 1 to rounding."""
        return z @ self.weights + self.bias

    def probability(self, z: Float[np.ndarray, "N component"]) -> Float[np.ndarray, "N"]:
        """Of every row."""
        import scipy.special

        return scipy.special.expit(self.score(z))


def logistic(z: Float[np.ndarray, "n component"], failed: Failed, penalty: float) -> Logistic:
    """Minimise mean log-loss + (penalty/2)‖w‖², b free, so that the mean probability is the rate.

    Args:
        z: training rows, made ready.
        failed: of these.
        penalty: of the weights.

    Returns:
        The fit; where the rows are of one kind, or have no column, the rate with one more of each.
    """
    from sklearn import config_context
    from sklearn.linear_model import LogisticRegression

    n, ones = len(failed), int(failed.sum())
    if not z.shape[1] or ones in {0, n}:
        rate = (ones + 1) / (n + 2) if ones in {0, n} else ones / n
        return Logistic(np.zeros(z.shape[1]), float(np.log(rate / (1 - rate))))
    model = LogisticRegression(
        C=1 / (penalty * n), solver="newton-cholesky", tol=1e-7, max_iter=200
    )
    with config_context(assume_finite=True, skip_parameter_validation=True):
        model.fit(z, failed)
    return Logistic(model.coef_[0], float(model.intercept_[0]))


def boosted(
    z: Float[np.ndarray, "n component"],
    failed: Failed,
    test: Float[np.ndarray, "N component"],
    trees: int,
) -> Float[np.ndarray, "N"]:
    """Probabilities by gradient boosting: trees of 8 leaves, rate 0.1, no early stop.

    Args:
        z: training rows, made ready.
        failed: of these.
        test: rows to predict.
        trees: how many.

    Returns:
        Of every test row; the rate where the training rows are of one kind, or have no column.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    if not z.shape[1] or failed.all() or not failed.any():
        return logistic(z[:, :0], failed, 1.0).probability(test[:, :0])
    model = HistGradientBoostingClassifier(
        max_iter=trees, max_leaf_nodes=8, learning_rate=0.1, min_samples_leaf=20,
        l2_regularization=1.0, early_stopping=False, random_state=0,
    )  # fmt: skip
    return model.fit(z, failed).predict_proba(test)[:, 1]


def log_loss(failed: Failed, probability: Float[np.ndarray, "N"]) -> float:
    """Mean of −ln p of what happened, p within 1e-12 of 0 and 1 cut off."""
    p = np.clip(np.where(failed, probability, 1 - probability), 1e-12, 1.0)
    return float(-np.log(p).mean()) if len(p) else 0.0
