"""Names that answers about dictionaries carry along their dims. Light: no torch."""

LOG = (
    "step", "taken", "loss", "reconstruction", "sparsity", "auxiliary", "orthogonality",
    "explained_variance", "l0", "dead_share", "rate", "tau", "pair_cosine", "pair_cosine_sd",
    "pair_stability",
)  # fmt: skip
"""Columns of a training log: variables of the analysis `dictionary` without `log_`."""

QUANTILES = (0.99, 0.9, 0.75, 0.5, 0.25, 0.05)
"""Quantiles of a feature's positive activations at which examples are kept."""

SHARES = ("symmetric", "antisymmetric", "diagonal", "trace")
"""Parts of the n×n matrices; they overlap: diagonal and trace lie within symmetric."""

CONCEPTS = (
    "trace",
    "log_condition",
    "determinant",
    "error_above_baseline",
    "late_level",
    "eigenvector_sign",
    *(f"observed_{i}" for i in range(10)),
)
"""Trace, log κ, |det| above their medians; error above the baseline's; level ≤ 2; sign of the first
entry of the eigenvector of the largest eigenvalue; ten fixed entries observed (completion)."""

STATUS = ("measured", "undefined", "few_points", "weak_probe", "no_latent")
"""Why absorption is not available: `undefined`: no concept of this task; `few_points`: under 50
points or 10 problems of an answer in a split; `weak_probe`: AUROC under .7 on held-out problems;
`no_latent`: L1 keeps none, or the kept ones are at chance (AUROC under .55)."""
