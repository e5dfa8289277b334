"""What single features and a few of them say about concepts, against plain loops."""

import numpy as np
import pytest
from dictionary_cases import rough, world
from dictionary_records import run
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from ired_interp_core.dictionaries.names import CODINGS
from ired_interp_core.dictionaries.probing import apart, feature_auroc, one_concept, sparse_probe


def codes(rows: int = 400, m: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Sparse codes, the first ones of which go with the label, each on a scale of its own."""
    rng = np.random.default_rng(seed)
    label = rng.random(rows) < 0.4
    f = rng.uniform(0, 1, (rows, m)) * (rng.random((rows, m)) < 0.3)
    f[:, :3] += np.array([1.0, 0.4, 0.2]) * label[:, None] * rng.random((rows, 3))
    return f * np.geomspace(0.01, 100, m), label


def test_means_apart_against_a_loop() -> None:
    f, label = codes()
    f[:, 5] = 0
    known = []
    for column in f.T:
        one, other = column[label], column[~label]
        pooled = np.sqrt((len(one) * one.var() + len(other) * other.var()) / len(column))
        known.append(abs(one.mean() - other.mean()) / pooled if pooled else 0.0)
    np.testing.assert_allclose(apart(sparse.csr_matrix(f), label), known, rtol=1e-9)


def test_a_sparse_probe_is_the_plain_one_on_the_chosen_features() -> None:
    (f, label), (g, truth) = codes(), codes(seed=1)
    found = sparse_probe(sparse.csr_matrix(f), label, sparse.csr_matrix(g), truth, (1, 2, 5))
    order = np.argsort(-apart(sparse.csr_matrix(f), label))
    for auroc, k in zip(found, (1, 2, 5), strict=True):
        own = order[:k]
        scale = f[:, own].max(0)
        model = LogisticRegression(class_weight="balanced").fit(f[:, own] / scale, label)
        known = roc_auc_score(truth, model.decision_function(g[:, own] / scale))
        assert auroc == pytest.approx(known, abs=2e-3)
    assert order[0] == 0
    assert found[0] > 0.7
    nothing = sparse.csr_matrix(np.zeros_like(f))
    assert sparse_probe(nothing, label, nothing, truth, (1,))[0] == 0.5


def test_auroc_of_features_against_sklearn() -> None:
    f, label = codes()
    other = np.random.default_rng(2).random(400) < 0.5
    rare = np.arange(400) < 9
    f[:, 7] = 0
    table = np.stack([label, other, rare], axis=1).astype(float)
    found = feature_auroc(f, table)
    for j in range(2):
        known = [roc_auc_score(table[:, j], column) for column in f.T]
        np.testing.assert_allclose(found[:, j], known, atol=1e-12)
    assert found[7, 0] == 0.5
    assert np.isnan(found[:, 2]).all()


def test_features_of_one_concept_are_counted_either_way_round() -> None:
    auroc = np.array(
        [[0.95, 0.55], [0.05, 0.5], [0.95, 0.7], [0.85, 0.5], [0.5, 0.92], [0.95, 0.3]]
    )
    assert one_concept(auroc, 0.9, 0.6) == 3 / 6
    blind = np.concatenate([auroc, np.full((6, 1), np.nan)], axis=1)
    assert one_concept(blind, 0.9, 0.6) == 3 / 6
    assert np.isnan(one_concept(auroc[:, :1], 0.9, 0.6))
    assert np.isnan(one_concept(auroc[:0], 0.9, 0.6))


def test_the_thresholds_of_one_concept_are_those_asked_for() -> None:
    given, quick = world(rough(), count=60), {"recovery_problems": 1, "bootstrap": 20}

    def share(one: float, others: float):
        thresholds = {"one_concept": one, "other_concepts": others}
        return run("dictionary_metrics", given, **quick, **thresholds).one_concept_share

    every = share(0.5, 1.0)
    np.testing.assert_array_equal(every.sel(coding=list(CODINGS[:3])), 1)
    assert every.sel(coding="mean").isnull().all()
    assert float(share(1.0, 0.5).sel(coding="dictionary").max()) < 0.2
