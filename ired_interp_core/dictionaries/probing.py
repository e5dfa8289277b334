"""What single features and a few of them say about concepts.

Definitions: docs/definitions.md §5.4. Sparse probing after Gurnee et al. 2023 and SAEBench (2025).
"""

from collections.abc import Sequence

import numpy as np
import scipy.stats
from jaxtyping import Float
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

LEAST = 10
"""Points of each answer on which the AUROC of a feature is taken."""


def apart(codes: sparse.csr_matrix, label: np.ndarray) -> Float[np.ndarray, "m"]:
    """How far the means of a feature lie apart, |f̄₁ − f̄₀| over its pooled s.d.

    Args:
        codes: f of training points.
        label: booleans, both answers there.

    Returns:
        Of each feature; 0 of one that does not vary. SAEBench takes the difference itself, which
        would order components and entries by their scale.
    """
    means, squares = [], []
    for kind in (label, ~label):
        rows = codes[kind].astype("f8")
        means.append(np.asarray(rows.mean(axis=0)).ravel())
        squares.append(np.asarray(rows.multiply(rows).mean(axis=0)).ravel() - means[-1] ** 2)
    counts = label.sum(), (~label).sum()
    pooled = np.sqrt(np.average(squares, axis=0, weights=counts).clip(min=0))
    return np.abs(means[0] - means[1]) / np.where(pooled > 0, pooled, np.inf)


def sparse_probe(
    codes: sparse.csr_matrix,
    label: np.ndarray,
    held_codes: sparse.csr_matrix,
    truth: np.ndarray,
    counts: Sequence[int],
) -> Float[np.ndarray, "count"]:
    """AUROC of logistic probes on the few features whose means lie furthest apart.

    Args:
        codes: f of training points.
        label: booleans.
        held_codes: f of held-out points.
        truth: booleans.
        counts: features of each probe.

    Returns:
        On held-out points.
    """
    order = np.argsort(-apart(codes, label), kind="stable")
    found = []
    for count in counts:
        columns = order[:count]
        f, g = (c[:, columns].toarray() for c in (codes, held_codes))
        scale = np.abs(f).max(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        model = LogisticRegression(max_iter=500, class_weight="balanced").fit(f / scale, label)
        found.append(roc_auc_score(truth, model.decision_function(g / scale)))
    return np.array(found)


def feature_auroc(
    values: Float[np.ndarray, "N m"], labels: Float[np.ndarray, "N c"]
) -> Float[np.ndarray, "m c"]:
    """AUROC of features for concepts, (R₁ − n₁(n₁ + 1)/2)/(n₁n₀), R₁ the sum of mid-ranks.

    Args:
        values: f of some points, ties (such as 0) allowed.
        labels: 1 or 0, no NaN.

    Returns:
        0 … 1, ½ where a feature is the same throughout; NaN of a concept with under LEAST points of
        an answer.
    """
    ranks = scipy.stats.rankdata(values, axis=0)
    positive = labels.sum(axis=0)
    negative = len(labels) - positive
    above = ranks.T @ labels - positive * (positive + 1) / 2
    usable = np.minimum(positive, negative) >= LEAST
    return above / np.where(usable, positive * negative, np.nan)


def one_concept(auroc: Float[np.ndarray, "m c"], one: float, others: float) -> float:
    """Share of features that tell one concept and no other.

    Args:
        auroc: of live features and concepts; a feature may go with a concept or against it.
        one: least max(A, 1 − A) of the one concept.
        others: most of all others.

    Returns:
        NaN without features, or without two concepts to tell apart.
    """
    known = auroc[:, ~np.isnan(auroc).any(axis=0)]
    if not len(known) or known.shape[1] < 2:
        return np.nan
    size = np.sort(np.maximum(known, 1 - known), axis=1)
    return float(((size[:, -1] >= one) & (size[:, -2] <= others)).mean())
