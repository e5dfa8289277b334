"""Absorption and splitting of a concept, as SAEBench defines them (docs/definitions.md §5.4).

Definition after A. Karvonen et al., SAEBench (2025), evaluation "absorption", and D. Chanin et al.,
"A is for Absorption" (2024); the thresholds are those that SAEBench ships.

In the scaled frame the latents have to explain u = scale·(x − centre) − b ≈ Σ f_i W_i.

1. Probe: logistic regression of the concept on u; p is its unit direction.
2. Candidates: the ten latents with the largest positive weights of an L1-penalised logistic
   regression on the codes f.
3. Splitting: logistic probes on the first 1, 2, … candidates; one more is kept while the F1 gained
   on points of other training problems exceeds .03, and the first that gains less ends it. The kept
   ones are the main latents; their number is how far the concept is split.
4. Full absorption: a true positive of the probe is absorbed if the probe on the main latents misses
   it, all main latents are inactive (f < 1e-8), u·p > 0, and the latent with the largest projection
   f_i cos(W_i, p) has cos ≥ .025 and a projection of at least .4·u·p. The rate is the share of
   absorbed points among the probe's true positives.
5. Absorption fraction of a true positive: with M the projection of the main latents and A that of
   the at most three others that project most (cos ≥ .1), 0 if M ≥ u·p or A < .4·u·p; else
   a/(a + M), a = min(A, u·p − M), and 1 where M ≤ 0. The mean is over the same true positives.

Where the probe on the main latents is at chance (AUROC under .55), no latent stands for the concept
and none could be absorbed into another: not available, where SAEBench would count on. A main latent
that is absorbed at a rate r, and else perfect, has AUROC 1 − r/2.

The bound on the cosine is weak by itself, a random direction of 400 numbers having ± .05: what
binds is the share of the projection.

Probes are fitted on points of some training problems, the stopping rule looks at others, and
everything is counted on points of held-out ones: the points of one problem share its concepts, and
a rule that stopped on the points that are counted would flatter what it keeps.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score

from ired_interp_core.dictionaries.absorbed import Points, absorbed, fractions
from ired_interp_core.dictionaries.names import STATUS

MOST_LATENTS = 10
GAIN = 0.03
"""F1 that another latent has to gain."""

STOPS = 5, 3
"""Training problems with index mod 5 = 3 decide when to stop, the others are fitted on."""

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
class Concept:
    """What was found about one concept; NaN where the status says that it could not be measured.

    Args:
        status: index into STATUS.
        positives: held-out points for which the concept holds.
        points: held-out points on which it is defined.
        auroc: of the probe on activations, held out.
        auroc_latents: of the probe on the main latents, held out.
        latents: main latents.
        rate: share of full absorption.
        fraction: mean absorption fraction.
        main: the main latents themselves.
    """

    status: int
    positives: int
    points: int
    auroc: float = np.nan
    auroc_latents: float = np.nan
    latents: float = np.nan
    rate: float = np.nan
    fraction: float = np.nan
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
    stops = training.problem % STOPS[0] == STOPS[1]
    if not (
        enough(training.where(~stops), fit_on[~stops])
        and len(np.unique(fit_on[stops])) == 2
        and enough(held, truth)
    ):
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
    main, model = keep_latents(training.codes, fit_on, stops, candidates)
    latent_score = model.decision_function(held.codes[:, main].toarray())
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
        float(fractions(atoms, held.where(hits), main, direction).mean()),
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
    stops: np.ndarray,
    candidates: Int[np.ndarray, "c"],
) -> tuple[Int[np.ndarray, "k"], LogisticRegression]:
    """k-sparse probing with F1 as the stopping rule.

    Args:
        codes: f of training points.
        label: of them.
        stops: which of them the stopping rule looks at; probes are fitted on the others.
        candidates: latents in the order in which they are added.

    Returns:
        The main latents, and their probe.
    """
    best, kept = -np.inf, (candidates[:0], LogisticRegression())
    for k in range(1, len(candidates) + 1):
        columns = candidates[:k]
        f = codes[:, columns].toarray()
        model = LogisticRegression(max_iter=500, class_weight="balanced").fit(
            f[~stops], label[~stops]
        )
        score = model.decision_function(f[stops])
        f1 = float(f1_score(label[stops], score > 0, zero_division=0.0))
        if f1 <= best + GAIN:
            break
        best, kept = f1, (columns, model)
    return kept
