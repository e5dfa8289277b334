"""A sparse dictionary of activations: its atoms, its encoder, and how training went."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.dictionaries.names import STATES
from ired_interp_core.errors import Refusal
from ired_interp_core.records import Gathered
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable, first_problems, seed_of

VARIANTS = ("topk", "batch_topk", "relu", "jump_relu", "matryoshka")
PENALTIES = ("none", "pairs", "ortsae")
THRESHOLDS = ("fixed", "adaptive")

WHOLE = ()
LOG = ("iteration",)

VARIABLES = {
    "decoder": Variable(
        ("feature", "unit"), "float32", "atoms W", "1", "decoder rows, of unit norm"
    ),
    "encoder": Variable(
        ("feature", "unit"), "float32", "encoder", "1",
        "rows of the encoder, applied to scale·(x − centre)",
    ),
    "encoder_bias": Variable(("feature",), "float32", "encoder bias", "1", "added before the gate"),
    "decoder_bias": Variable(
        ("unit",), "float32", "decoder bias", "1", "added to Σ f_i W_i, in the scaled frame"
    ),
    "threshold": Variable(
        ("feature",), "float32", "threshold", "1",
        "a feature is active above this pre-activation: JumpReLU's θ; BatchTopK's and Matryoshka's"
        " one number, learned in training; 0 for ReLU and TopK",
    ),
    "centre": Variable(
        ("unit",), "float32", "centre", "1", "mean of the training activations, subtracted first"
    ),
    "scale": Variable(
        WHOLE, "float64", "scale", "1", "makes E‖scale·(x − centre)‖ = √d_in on the training split",
        scalar=True,
    ),
    "centre_step": Variable(
        ("level", "step", "unit"), "float32", "centre by step", "1",
        "mean of the training activations at each (level, step), subtracted before everything else",
        when="centre_steps",
    ),
    "scale_step": Variable(
        ("level", "step"), "float32", "scale by step", "1",
        "1/rms of the training activations at each (level, step), multiplied after that",
        when="scale_steps",
    ),
    "steps_taken": Variable(
        WHOLE, "int64", "steps taken", "1", "updates that were really made", scalar=True
    ),
    "samples_seen": Variable(
        WHOLE, "int64", "samples seen", "1", "rows of all batches", scalar=True
    ),
    "training_samples": Variable(
        WHOLE, "int64", "training samples", "1", "distinct activations of the training split",
        scalar=True,
    ),
    "log_step": Variable(LOG, "int64", "step", "1", "attempted updates when the entry was written"),
    "log_taken": Variable(LOG, "int64", "successful steps", "1", "updates made until then"),
    "log_loss": Variable(LOG, "float32", "loss", "1", "all parts together"),
    "log_reconstruction": Variable(
        LOG, "float32", "reconstruction", "1",
        "batch mean of ‖x − x̂‖²/d_in in the scaled frame (Matryoshka: mean over its prefixes)",
    ),
    "log_sparsity": Variable(LOG, "float32", "sparsity", "1", "L1 or L0 part; 0 for TopK variants"),
    "log_auxiliary": Variable(LOG, "float32", "auxiliary", "1", "part that revives dead features"),
    "log_orthogonality": Variable(LOG, "float32", "orthogonality", "1", "penalty times its weight"),
    "log_explained_variance": Variable(
        LOG, "float32", "explained variance", "1", "1 − FVU on the batch"
    ),
    "log_held_out_explained_variance": Variable(
        LOG, "float32", "explained variance, held out", "1",
        "the same on the first 32 held-out problems, always the same points, with the gate that the"
        " dictionary has after training; NaN where nothing is held out",
    ),
    "log_l0": Variable(LOG, "float32", "L0", "1", "mean number of active features on the batch"),
    "log_dead_share": Variable(
        LOG, "float32", "dead share", "1", "features not active for `dead_after` steps"
    ),
    "log_rate": Variable(LOG, "float32", "learning rate", "1", "after warm-up and decay"),
    "log_tau": Variable(LOG, "float32", "τ", "1", "threshold of the penalty; NaN without pairs"),
    "log_pair_cosine": Variable(
        LOG, "float32", "|cos| of pairs", "1", "mean over the selected pairs; NaN without pairs"
    ),
    "log_pair_cosine_sd": Variable(
        LOG, "float32", "s.d. of |cos|", "1", "over the selected pairs; NaN without pairs"
    ),
    "log_pair_stability": Variable(
        LOG, "float32", "pair stability", "1",
        "Jaccard index of the pairs selected here and 100 steps before; NaN before that",
    ),
    "log_live_cosine": Variable(
        LOG, "float32", "|cos| of live pairs", "1",
        "mean over all pairs of features active within the last `dead_after` steps",
    ),
    "log_live_cosine_sd": Variable(
        LOG, "float32", "s.d. of |cos| of live pairs", "1", "over the same pairs"
    ),
}  # fmt: skip


def sparse(parameters: Mapping[str, Any]) -> None:
    """Refuse a dictionary in which nothing is sparse, before its inputs are computed."""
    if parameters["variant"] != "relu" and parameters["k"] >= parameters["features"]:
        raise Refusal(
            "nothing is sparse",
            where="dictionary, k",
            came=parameters["k"],
            expected=f"less than features = {parameters['features']}",
            next_step="ask for a smaller k, or for more features",
        )


@analysis(
    name="dictionary",
    version=2,
    title="Dictionary",
    sentence="Which sparse directions rebuild the gradients or hidden layers of all descents.",
    rows=1,
    scope="set",
    small={"features": 24, "k": 4, "steps": 60, "batch": 64, "problems": 10},
    together=sparse,
    inputs={"activations": Role("answer", "activations")},
    parameters={
        "variant": Parameter(str, "topk", "kind of dictionary", choices=VARIANTS),
        "features": Parameter(int, 1024, "atoms m", minimum=1, maximum=131_072),
        "k": Parameter(
            int, 32, "active features of an input (TopK variants), target L0 (JumpReLU)",
            minimum=1, maximum=4096,
        ),
        "sparsity": Parameter(
            float, 1.0, "λ of (‖x − x̂‖² + λ Σ f)/d (ReLU; 5 or more for L0 near 100) or of"
            " λ(L0/k − 1)² (JumpReLU); without effect elsewhere",
            minimum=0.0, maximum=1e6,
        ),
        "bandwidth": Parameter(
            float, 0.1, "of JumpReLU's pseudo-derivative, in units of the scaled pre-activation",
            minimum=1e-6, maximum=1e3,
        ),
        "states": Parameter(
            str, STATES[0], "visited points that it is of: all; `before`, each level's state before"
            " its jump; `after`, the others", choices=STATES,
        ),
        "centre_steps": Parameter(
            bool, False, "subtract the mean of each (level, step) over the training problems first"
        ),
        "scale_steps": Parameter(
            bool, False, "then divide each (level, step) by its rms, so that all weigh the same"
        ),
        "steps": Parameter(int, 2000, "updates", minimum=1, maximum=10_000_000),
        "batch": Parameter(int, 1024, "activations of an update", minimum=1, maximum=1_000_000),
        "rate": Parameter(float, 1e-3, "peak learning rate of Adam", minimum=1e-8, maximum=1.0),
        "warm_up": Parameter(
            float, 0.05, "share of the steps in which the rate rises", minimum=0.0, maximum=1.0
        ),
        "decay": Parameter(
            float, 0.2, "share of the steps at the end in which the rate falls to 0", minimum=0.0,
            maximum=1.0,
        ),
        "auxiliary": Parameter(
            float, 1 / 32, "weight of the loss that revives dead features", minimum=0.0, maximum=1e3
        ),
        "dead_after": Parameter(
            int, 200, "steps without activity after which a feature counts as dead", minimum=1,
            maximum=10_000_000,
        ),
        "orthogonality": Parameter(
            str, "none", "none; `pairs`: penalise the pairs most active together; `ortsae`:"
            " every atom's nearest (arXiv 2509.22033)", choices=PENALTIES,
        ),
        "gamma": Parameter(
            float, 0.25, "weight of the penalty; OrtSAE: 0.25", minimum=0.0, maximum=1e6
        ),
        "fraction": Parameter(
            float, 1e-3, "q, share of all pairs that is selected in a batch", minimum=1e-8,
            maximum=1.0,
        ),
        "threshold": Parameter(
            str, "adaptive", "τ fixed, or mean + s.d. of |cos| over the selected pairs (EMA)",
            choices=THRESHOLDS,
        ),
        "tau": Parameter(float, 0.3, "the fixed τ", minimum=0.0, maximum=1.0),
        "select_every": Parameter(
            int, 1, "steps for which selected pairs (`ortsae`: nearest atoms) are kept; 1: chosen"
            " anew in every batch", minimum=1, maximum=1_000_000,
        ),
        "log_every": Parameter(int, 10, "steps from one log entry to the next", minimum=1,
                               maximum=1_000_000),
        "seed": seed_of("of initialisation and batches"),
        "problems": first_problems(more=". Every fifth is held out"),
    },
    variables=VARIABLES,
    figure="lines",
    arithmetic="float32",
)  # fmt: skip
def compute(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Train a dictionary on the activations of the problems that are not held out.

    Definitions: docs/definitions.md §5.2.

    Args:
        gathered: activations and a desk.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.dictionaries.analysis import dictionary_dataset

    return dictionary_dataset(gathered, parameters)
