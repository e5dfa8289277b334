"""Names that answers about dictionaries carry along their dims. Light: no torch."""

LOG = (
    "step", "taken", "loss", "reconstruction", "sparsity", "auxiliary", "orthogonality",
    "explained_variance", "held_out_explained_variance", "l0", "dead_share", "rate", "tau",
    "pair_cosine", "pair_cosine_sd", "pair_stability", "live_cosine", "live_cosine_sd",
)  # fmt: skip
"""Columns of a training log: variables of the analysis `dictionary` without `log_`."""

STATES = ("all", "before", "after")
"""Visited points that a dictionary is of: all; before the jumps; all others."""

CODINGS = ("dictionary", "components", "entries", "mean")
"""What rebuilds an activation: the dictionary; principal components and single entries under the
same rule of selection; the mean of each (level, step) alone."""

STAGES = ("all", "before_jump", "after_jump")
"""Points over which errors are summed: all, step −1, the other steps."""

PROBED = (1, 2, 5)
"""Features that a sparse probe is given."""

FRACTIONS = (1e-4, 1e-3, 1e-2)
"""Shares q of all pairs of features, those most active together, whose |cos| is measured."""

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

CONTROLS = ("random_atom", "data_atom", "turned_atom")
"""What an ablation is held against: a random direction, and one drawn from the activations'
covariance, each as an atom with its own code and active as often; and the atom turned about the
input to a random side, so that the same length is taken off and as much is left. A steering is held
against the same length along the first two."""

INTERVENTIONS = {"ablation": CONTROLS, "steering": CONTROLS[:2]}
"""What is done with a feature in the sampler → its controls."""

WAYS = tuple(
    w for i, controls in INTERVENTIONS.items() for w in (i, *(f"{i}_{c}" for c in controls))
)
"""Interventions, each followed by its controls."""

STEERINGS = ("plain", "steered", "random_1", "random_2", "random_3")
"""A problem walked as it is, with a feature scaled or its atom added, and with random controls."""

ALONG = ("atom", "random")
"""Directions of a move whose change of E is predicted."""

RIVALS = ("none", *CONTROLS, "no_change")
"""The control that is hardest to exceed; an effect with a sign is held against no change, too."""

VERDICTS = ("not_tested", "more_than_every_control", "not_decided", "less_than_a_control")
"""Of a feature's effect: p < .05 after Holm over features, against every control; or, the other way
round, against one of them."""

OTHERS = ("components", "entries", "random_atoms", "permuted")
"""What the strongest features are held against: atoms ± along principal components and ± along
single entries, random atoms, each under the dictionary's rule, and its own features with the
properties permuted among the problems."""
