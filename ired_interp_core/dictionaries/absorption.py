"""Absorption and splitting of a concept, as SAEBench defines them (docs/definitions.md §5.4).

Definition after A. Karvonen et al., SAEBench (2025), evaluation "absorption", and D. Chanin et al.,
"A is for Absorption" (2024); the thresholds are those that SAEBench ships.

In the scaled frame the latents have to explain u = scale·(x − centre) − b ≈ Σ f_i W_i.

1. Probe: logistic regression of the concept on u; p is its unit direction.
2. Candidates: the ten latents with the largest positive weights of an L1-penalised logistic
   regression on the codes f.
3. Splitting: logistic probes on the first 1, 2, … candidates; one more is kept while the F1 gained
   on held-out points exceeds .03, and the first that gains less ends it. The kept ones are the main
   latents; their number is how far the concept is split.
4. Absorption: a true positive of the probe is absorbed if the probe on the main latents misses it,
   all main latents are inactive (f < 1e-8), u·p > 0, and the latent with the largest projection
   f_i cos(W_i, p) has cos ≥ .025 and a projection of at least .4·u·p. The rate is the share of
   absorbed points among the probe's true positives.

Where the probe on the main latents is at chance (AUROC under .55), no latent stands for the concept
and none could be absorbed into another: not available, where SAEBench would count on. A main latent
that is absorbed at a rate r, and else perfect, has AUROC 1 − r/2.

The bound on the cosine is weak by itself, a random direction of 400 numbers having ± .05: what
binds is the share of the projection.

Everything is fitted on points of training problems and counted on points of held-out ones, since
the points of one problem share its concepts.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score

from ired_interp_core.dictionaries.names import STATUS

MOST_LATENTS = 10
GAIN = 0.03
"""F1 that another latent has to gain."""
INACTIVE = 1e-8
PROBE_COSINE = 0.025
PROJECTION_SHARE = 0.4

LEAST_POINTS = 50
LEAST_PROBLEMS = 10
"""Of each answer, in training and held out: points of one problem are no independent evidence."""
LEAST_AUROC = 0.7
"""Of the probe on held-out points; below it the activations do not carry the concept."""

LEAST_LATENT_AUROC = 0.55
"""Of the main latents on held-out points."""

RIDGE = 0.01
"""Of the probe: mean loss + RIDGE·‖w‖²/2, where E u_j² is about 1."""
LASSO = 0.01
"""Of the regression that ranks latents: mean loss + LASSO·‖w‖₁, as in SAEBench."""


@dataclass(frozen=True)
class Points:
    """Visited points of one split.

    Args:
        u: what latents explain, in the scaled frame.
        codes: f.
        problem: of every point.
        level: of every point.
    """

    u: Float[np.ndarray, "N d"]
    codes: sparse.csr_matrix
    problem: Int[np.ndarray, "N"]
    level: Int[np.ndarray, "N"]

    def where(self, mask: np.ndarray) -> "Points":
        """Some of the points.

        Args:
            mask: which.

        Returns:
            Them.
        """
        return Points(self.u[mask], self.codes[mask], self.problem[mask], self.level[mask])


@dataclass(frozen=True)
class Concept:
    """What was found about one concept; NaN where the status says that it could not be measured.

    Args:
        status: index into STATUS.
        positives: held-out points for which the concept holds.
        points: held-out points on which it is defined.
        auroc: of the probe on activations, held out.
        auroc_latents: of the probe on the main latents, held out.
        latents: main latents.
        rate: absorption rate.
        main: the main latents themselves.
    """

    status: int
    positives: int
    points: int
    auroc: float = np.nan
    auroc_latents: float = np.nan
    latents: float = np.nan
    rate: float = np.nan
    main: tuple[int, ...] = ()


def enough(points: Points, label: np.ndarray) -> bool:
    """Whether there are LEAST_POINTS points and LEAST_PROBLEMS problems of each answer.

    Args:
        points: on which the concept is defined.
        label: booleans.

    Returns:
        True if both answers are well represented.
    """
    return all(
        kind.sum() >= LEAST_POINTS and len(np.unique(points.problem[kind])) >= LEAST_PROBLEMS
        for kind in (label, ~label)
    )


def measure(
    atoms: Float[np.ndarray, "m d"],
    training: Points,
    training_label: Float[np.ndarray, "N"],
    held: Points,
    held_label: Float[np.ndarray, "N"],
) -> Concept:
    """Absorption and splitting of one concept, by the steps above.

    Args:
        atoms: W, unit norm.
        training: points of training problems.
        training_label: 1, 0, or NaN where the concept is not defined.
        held: points of held-out problems.
        held_label: the same for them.

    Returns:
        What was found.
    """
    defined, held_defined = ~np.isnan(training_label), ~np.isnan(held_label)
    training, held = training.where(defined), held.where(held_defined)
    fit_on, truth = training_label[defined] > 0, held_label[held_defined] > 0
    counts = int(truth.sum()), len(truth)
    if not len(truth) or not len(fit_on):
        return Concept(STATUS.index("undefined"), *counts)
    if not (enough(training, fit_on) and enough(held, truth)):
        return Concept(STATUS.index("few_points"), *counts)
    probe = _ridge_probe(training.u, fit_on)
    score = probe.decision_function(held.u)
    auroc = float(roc_auc_score(truth, score))
    hits = truth & (score > 0)
    if auroc < LEAST_AUROC or not hits.any():
        return Concept(STATUS.index("weak_probe"), *counts, auroc)
    candidates = rank_latents(training.codes, fit_on)
    if not len(candidates):
        return Concept(STATUS.index("no_latent"), *counts, auroc)
    main, latent_score = keep_latents(training.codes, fit_on, held.codes, truth, candidates)
    latent_auroc = float(roc_auc_score(truth, latent_score))
    if latent_auroc < LEAST_LATENT_AUROC:
        return Concept(STATUS.index("no_latent"), *counts, auroc, latent_auroc)
    direction = probe.coef_[0] / np.linalg.norm(probe.coef_[0])
    taken = absorbed(atoms, held, main, direction) & (latent_score <= 0)
    return Concept(
        STATUS.index("measured"),
        *counts,
        auroc,
        latent_auroc,
        float(len(main)),
        float(taken[hits].mean()),
        tuple(int(i) for i in main),
    )


def _ridge_probe(u: np.ndarray, label: np.ndarray) -> LogisticRegression:
    return LogisticRegression(
        C=1 / (RIDGE * len(u)), class_weight="balanced", solver="newton-cholesky"
    ).fit(u, label)


def rank_latents(codes: sparse.csr_matrix, label: np.ndarray) -> Int[np.ndarray, "at_most_10"]:
    """Candidates: the latents with the largest positive L1 weights.

    Args:
        codes: f of training points.
        label: booleans.

    Returns:
        Latents, largest weight first; fewer than ten where L1 keeps fewer.
    """
    used = np.unique(codes.indices)
    if not len(used):
        return used
    model = LogisticRegression(
        C=1 / (LASSO * codes.shape[0]),
        l1_ratio=1,
        solver="liblinear",
        class_weight="balanced",
        intercept_scaling=10.0,  # liblinear penalises the intercept; so hardly any more
        random_state=0,
    ).fit(codes[:, used], label)
    weights = model.coef_[0]
    order = np.argsort(-weights, kind="stable")[:MOST_LATENTS]
    return used[order[weights[order] > 0]]


def keep_latents(
    codes: sparse.csr_matrix,
    label: np.ndarray,
    held_codes: sparse.csr_matrix,
    truth: np.ndarray,
    candidates: Int[np.ndarray, "c"],
) -> tuple[Int[np.ndarray, "k"], Float[np.ndarray, "N"]]:
    """k-sparse probing with F1 as the stopping rule.

    Args:
        codes: f of training points.
        label: of them.
        held_codes: f of held-out points.
        truth: of them.
        candidates: latents in the order in which they are added.

    Returns:
        The main latents, and the scores of their probe on the held-out points (> 0 says yes).
    """
    best, kept, kept_score = -np.inf, candidates[:0], np.empty(0)
    for k in range(1, len(candidates) + 1):
        columns = candidates[:k]
        model = LogisticRegression(max_iter=500, class_weight="balanced").fit(
            codes[:, columns].toarray(), label
        )
        score = model.decision_function(held_codes[:, columns].toarray())
        f1 = float(f1_score(truth, score > 0, zero_division=0.0))
        if f1 <= best + GAIN:
            break
        best, kept, kept_score = f1, columns, score
    return kept, kept_score


def absorbed(
    atoms: Float[np.ndarray, "m d"],
    points: Points,
    main: Int[np.ndarray, "k"],
    direction: Float[np.ndarray, "d"],
) -> np.ndarray:
    """Where the main latents are inactive and another, aligned latent carries the probe.

    Args:
        atoms: W, unit norm.
        points: to judge.
        main: latents.
        direction: p, unit.

    Returns:
        Booleans: step 4 above without its first condition.
    """
    cosine = atoms @ direction
    silent = np.abs(points.codes[:, main].toarray()).max(axis=1) < INACTIVE
    projections = points.codes.multiply(cosine[None, :]).tocsr()
    # An inactive latent projects to 0: the top one is positive, or none carries anything.
    largest = projections.max(axis=1).toarray().ravel()
    top = np.asarray(projections.argmax(axis=1)).ravel()
    along = points.u @ direction
    carries = (cosine[top] >= PROBE_COSINE) & (largest >= PROJECTION_SHARE * along)
    return silent & (along > 0) & (largest > 0) & carries
