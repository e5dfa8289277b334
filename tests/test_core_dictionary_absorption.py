"""Concepts, absorption and splitting, on dictionaries of known behaviour."""

import numpy as np
import pytest
from dictionary_cases import rough, world
from dictionary_records import run
from scipy import sparse

from ired_interp_core import tasks
from ired_interp_core.dictionaries import absorption
from ired_interp_core.dictionaries.absorbed import Points, absorbed, fractions
from ired_interp_core.dictionaries.absorption import keep_latents, measure
from ired_interp_core.dictionaries.concepts import (
    fixed_entries,
    point_labels,
    problem_concepts,
    top_eigenvector_sign,
)
from ired_interp_core.dictionaries.names import CONCEPTS, STATUS

D, NOISE = 60, 30
"""Entries; latents that have nothing to do with the concept."""


def planted(seed: int, absorbing: int = 0, share: float = 0.02, parts: int = 1, count: int = 3000):
    """Points whose dictionary holds the concept in a known way.

    Latents 0 … parts − 1 are the concept's own, each active on its part of the positives. Each of
    the next `absorbing` latents takes over `share` of the positives: its atom is (c + e_j)/√2 with
    an e_j of its own, and the main latent is silent there. The others are noise.
    """
    rng = np.random.default_rng(seed)
    basis = np.eye(D)
    concept = basis[:parts]
    atoms = np.concatenate(
        [concept, (basis[0] + basis[10 : 10 + absorbing]) / np.sqrt(2), basis[D - NOISE :]]
    )
    label = rng.random(count) < 0.4
    codes = np.zeros((count, len(atoms)))
    where = np.flatnonzero(label)
    codes[where, rng.integers(0, parts, len(where))] = rng.uniform(2, 3, len(where))
    taken = np.zeros(count, dtype=bool)
    each = round(share * len(where))
    for j in range(absorbing):
        rows = where[j * each : (j + 1) * each]
        codes[rows, :parts] = 0
        codes[rows, parts + j] = 3
        taken[rows] = True
    noise = codes[:, parts + absorbing :]
    noise[:] = (rng.random(noise.shape) < 0.1) * rng.uniform(0.5, 1.5, noise.shape)
    u = codes @ atoms
    points = Points(u, sparse.csr_matrix(codes), rng.integers(0, 100, count), np.zeros(count, int))
    return atoms, points, label.astype(float), taken


def measured(**kinds) -> tuple[absorption.Concept, float]:
    """What was found, and the known share of absorbed positives among the held-out ones."""
    atoms, training, label, _ = planted(0, **kinds)
    _, held, truth, taken = planted(1, **kinds)
    return measure(atoms, training, label, held, truth), taken.sum() / truth.sum()


@pytest.mark.parametrize(("absorbing", "share"), [(10, 0.02), (20, 0.015), (4, 0.01)])
def test_absorption_of_a_known_rate(absorbing: int, share: float) -> None:
    found, known = measured(absorbing=absorbing, share=share)
    assert found.status == STATUS.index("measured")
    assert found.main == (0,)
    assert found.latents == 1
    assert found.auroc > 0.99
    assert found.rate == pytest.approx(known, abs=0.005)
    assert found.fraction == pytest.approx(known, abs=0.005)
    assert known > 0.03
    assert found.auroc_latents == pytest.approx(1 - known / 2, abs=0.02)


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_a_split_concept_has_its_number_of_latents_and_nothing_absorbed(parts: int) -> None:
    found, _ = measured(parts=parts)
    assert found.latents == parts
    assert sorted(found.main) == list(range(parts))
    assert found.rate == found.fraction == 0
    assert found.auroc_latents == pytest.approx(1, abs=1e-6)


def test_absorbed_against_a_loop_over_points() -> None:
    rng = np.random.default_rng(2)
    atoms = rng.normal(size=(12, 5))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    codes = rng.uniform(0, 2, (400, 12)) * (rng.random((400, 12)) < 0.25)
    u, direction = codes @ atoms + 0.1 * rng.normal(size=(400, 5)), atoms[0]
    points = Points(u, sparse.csr_matrix(codes), np.zeros(400, int), np.zeros(400, int))
    known = []
    for i in range(400):
        projection = codes[i] * (atoms @ direction)
        top = int(np.argmax(projection))
        along = u[i] @ direction
        known.append(
            bool(
                max(codes[i, 0], codes[i, 3]) < 1e-8
                and along > 0
                and projection[top] > 0
                and atoms[top] @ direction >= 0.025
                and projection[top] / along >= 0.4
            )
        )
    np.testing.assert_array_equal(absorbed(atoms, points, np.array([0, 3]), direction), known)
    assert 20 < sum(known) < 380


def test_fractions_against_a_loop_over_points() -> None:
    rng = np.random.default_rng(5)
    atoms = rng.normal(size=(14, 5))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    codes = rng.uniform(0, 2, (600, 14)) * (rng.random((600, 14)) < 0.4)
    u, direction = codes @ atoms + 0.3 * rng.normal(size=(600, 5)), atoms[0]
    points = Points(u, sparse.csr_matrix(codes), np.zeros(600, int), np.zeros(600, int))
    main, known = [0, 3], []
    for f, x in zip(codes, u, strict=True):
        cosine, along = atoms @ direction, x @ direction
        own = sum(f[i] * cosine[i] for i in main)
        others = [f[i] * cosine[i] for i in range(14) if i not in main and cosine[i] >= 0.1]
        most = sum(sorted(others)[-3:])
        if along <= 0 or own >= along or most < 0.4 * along:
            known.append(0.0)
        elif own <= 0:
            known.append(1.0)
        else:
            part = min(most, along - own)
            known.append(part / (part + own))
    found = fractions(atoms, points, np.array(main), direction)
    np.testing.assert_allclose(found, known, atol=1e-12)
    assert sum(v == 1 for v in known) > 20
    assert sum(0 < v < 1 for v in known) > 20
    assert sum(v == 0 for v in known) > 20


def test_the_stopping_rule_looks_at_points_that_the_probes_are_not_fitted_on() -> None:
    """The second latent helps where probes are fitted, and is noise where the rule looks."""
    rng = np.random.default_rng(0)
    label = rng.random(4000) < 0.5
    stops = np.arange(4000) % 5 == 3
    own = label + rng.normal(0, 1.0, 4000)
    other = np.where(stops, 0.5, label) + rng.normal(0, 0.3, 4000)
    f = np.stack([own, other], axis=1)
    candidates = np.array([0, 1])
    main, model = keep_latents(sparse.csr_matrix(f), label, stops, candidates)
    assert main.tolist() == [0]
    seen = ~stops
    some = np.arange(seen.sum()) % 5 == 0
    both, _ = keep_latents(sparse.csr_matrix(f[seen]), label[seen], some, candidates)
    assert both.tolist() == [0, 1]
    moved = f.copy()
    moved[stops] *= -5
    _, again = keep_latents(sparse.csr_matrix(moved), label, stops, candidates)
    np.testing.assert_array_equal(again.coef_[0][0], model.coef_[0][0])


def test_why_absorption_is_not_available() -> None:
    atoms, points, label, _ = planted(0)
    _, held, truth, _ = planted(1)

    def status(l1: np.ndarray, l2: np.ndarray, p: Points = points, h: Points = held) -> str:
        found = measure(atoms, p, l1, h, l2)
        if found.status:
            assert np.isnan(found.rate)
            assert np.isnan(found.latents)
        return STATUS[found.status]

    nothing = np.full(len(truth), np.nan)
    rare = np.where(np.cumsum(truth) > 49, 0, truth)
    seldom = np.where(np.cumsum(label) > 49, 0, label)
    random = np.random.default_rng(0).integers(0, 2, len(truth)).astype(float)
    few = Points(
        held.u, held.codes, np.where(truth > 0, held.problem % 9, held.problem), held.level
    )
    assert status(label, truth) == "measured"
    assert status(nothing, nothing) == "undefined"
    assert status(label, rare) == "few_points"
    assert status(seldom, truth) == "few_points"
    assert status(label, truth, h=few) == "few_points"
    assert status(label, random) == "weak_probe"
    silent = Points(points.u, sparse.csr_matrix(points.codes.shape), points.problem, points.level)
    assert status(label, truth, p=silent) == "no_latent"
    mixed = [
        Points(p.u, p.codes[np.random.default_rng(4).permutation(len(p.u))], p.problem, p.level)
        for p in (points, held)
    ]
    assert status(label, truth, *mixed) == "no_latent"
    assert measure(atoms, points, label, held, rare).positives == 49
    assert measure(atoms, points, nothing, held, truth).points == len(truth)


def test_points_without_an_answer_are_left_out() -> None:
    atoms, points, label, _ = planted(0, absorbing=10)
    _, held, truth, _ = planted(1, absorbing=10)
    known = np.arange(len(truth)) % 3 > 0
    found = measure(atoms, points, label, held, np.where(known, truth, np.nan))
    assert found.points == known.sum()
    assert found.positives == truth[known].sum()


def test_sign_of_the_largest_eigenvector() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(40, 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    matrices = 5 * vectors[:, :, None] * vectors[:, None, :] + np.eye(6)
    skew = rng.normal(size=(40, 6, 6))
    found = top_eigenvector_sign(matrices + skew - skew.swapaxes(1, 2))
    known = [(v[0] > 0) == (v.sum() > 0) for v in vectors]
    np.testing.assert_array_equal(found, known)
    assert 5 < sum(known) < 35
    balanced = np.array([1.0, -1, 1, -1])
    assert np.isnan(top_eigenvector_sign(np.outer(balanced, balanced)[None]))[0]


def test_ten_entries_lie_apart() -> None:
    assert len(set(fixed_entries(400))) == 10
    assert fixed_entries(400)[[0, -1]].tolist() == [0, 399]
    assert len({e % 20 for e in fixed_entries(400)}) >= 8


@pytest.mark.parametrize("task", ["inverse", "addition", "completion"])
def test_concepts_are_read_off_the_matrices(task: str) -> None:
    given = world(rough(), task, count=20)
    p = tasks.problems(task, 20, 0, size=3)
    training = np.array([0, 1, 2, 3, 5, 6, 7])  # odd: no mean of two in a median
    found = problem_concepts(given, training)
    matrix = (p.x if task == "inverse" else p.y).reshape(20, 3, 3)
    trace = np.trace(matrix, axis1=1, axis2=2)
    np.testing.assert_array_equal(found["trace"], trace > np.median(trace[training]))
    det = np.abs(np.linalg.det(matrix))
    np.testing.assert_array_equal(found["determinant"], det > np.median(det[training]))
    kappa = np.linalg.cond(matrix)
    np.testing.assert_array_equal(found["log_condition"], kappa > np.median(kappa[training]))
    mse = given.upstream["descent"].read()["mse_final"].values
    rival = {"inverse": "polynomial_1", "completion": "copy_observed",
             "addition": "exact_undivided"}[task]  # fmt: skip
    predictor = next(b for b in tasks.baselines(task, "same", 3) if b.name == rival)
    error = ((predictor.predict(p.x) - p.y) ** 2).mean(1)
    np.testing.assert_array_equal(found["error_above_baseline"], mse > error)
    for i, entry in enumerate(fixed_entries(9)):
        if task == "completion":
            np.testing.assert_array_equal(found[f"observed_{i}"], p.x[:, entry] != 0)
        else:
            assert np.isnan(found[f"observed_{i}"]).all()
    labels = point_labels(found, np.array([3, 3, 7]), np.array([0, 2, 3]))
    assert list(labels) == list(CONCEPTS)
    assert labels["late_level"].tolist() == [1, 1, 0]
    assert labels["trace"].tolist() == found["trace"][[3, 3, 7]].tolist()


def test_the_level_is_a_concept_of_real_activations() -> None:
    r = run("dictionary_metrics", world(rough(), count=60), recovery_problems=2, bootstrap=20)
    late = r.sel(concept="late_level")
    assert int(late.concept_points) == 12 * 70  # ten levels, seven states each
    assert int(late.concept_positives) == 12 * 21
    missing = r.sel(concept="observed_3")
    assert STATUS[int(missing.absorption_status)] == "undefined"
    assert np.isnan(missing.absorption_rate)
    for name, mean in (
        ("absorption_rate", r.full_absorption),
        ("absorption_fraction", r.absorption),
    ):
        rates = r[name].values[r.absorption_status.values == 0]
        known = rates.mean() if len(rates) else np.nan
        assert float(mean) == pytest.approx(known, nan_ok=True)
        assert ((rates >= 0) & (rates <= 1)).all()
    carried = np.isin(r.absorption_status, [STATUS.index(w) for w in ("measured", "no_latent")])
    assert float(r.probe_auroc) == pytest.approx(r.concept_auroc.values[carried].mean())
    probes = r.sparse_auroc.sel(coding="components").values[carried]
    np.testing.assert_allclose(r.sparse_auroc_mean.sel(coding="components"), probes.mean(0))
    assert np.isnan(r.sparse_auroc.sel(concept="observed_3")).all()
