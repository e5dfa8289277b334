"""The record of every feature: when it is active, on what, and what its atom looks like."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.dictionaries.names import OTHERS, QUANTILES, SHARES
from ired_interp_core.dims import Dim
from ired_interp_core.records import Gathered
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import DIMS, Parameter, Variable, first_problems, number, seed_of
from ired_interp_core.tasks import PROPERTIES

FEATURE = ("feature",)
WHEN = ("feature", "level", "step")
TOP = ("feature", "example")
AT = ("feature", "quantile")
NEAR = ("feature", "neighbour")
PROPERTY = ("feature", "property")
OTHER = ("other",)

USED = ("left_out", "used")

VARIABLES = {
    "density": Variable(
        FEATURE, "float64", "density", "1",
        "share of all visited points, of training problems too, at which it is active; a point that"
        " a rejected proposal leaves in place counts again", scalar=True, span="share",
    ),
    "density_held_out": Variable(
        FEATURE, "float64", "density, held out", "1",
        "the same on the problems that training did not see: far below `density` where the feature"
        " memorised single problems; NaN if none is held out", scalar=True, span="share",
    ),
    "problem_share": Variable(
        FEATURE, "float64", "share of problems", "1",
        "problems at any point of which it is active", scalar=True, span="share",
    ),
    "mean_activation": Variable(
        FEATURE, "float64", "mean activation", "1",
        "over the points at which it is active, in the scaled frame; NaN if never", scalar=True,
    ),
    "max_activation": Variable(
        FEATURE, "float64", "largest activation", "1", "in the scaled frame; 0 if never active",
        scalar=True,
    ),
    "energy_share": Variable(
        FEATURE, "float64", "share of Σf²", "1", "of the squared activations of all features",
        scalar=True, span="share",
    ),
    "peak_level": Variable(
        FEATURE, "int8", "peak level", "1", "level at which it is active most often; −1 if never",
        scalar=True,
    ),
    "activity": Variable(
        WHEN, "float32", "activity", "1", "share of problems in which it is active there",
        span="share",
    ),
    "strength": Variable(
        WHEN, "float32", "mean activation", "1", "where it is active there; NaN if never"
    ),
    "histogram": Variable(
        ("feature", "bin"), "int32", "count", "1",
        "positive activations in equal bins from 0 to the largest activation",
    ),
    "example_problem": Variable(TOP, "int32", "problem", "1", "strongest first; −1 past the last"),
    "example_level": Variable(TOP, "int8", "level", "1", "of the example; at most one a problem"),
    "example_step": Variable(
        TOP, "int16", "step", "1", "of the example; −1 is before the level's jump"
    ),
    "example_value": Variable(TOP, "float32", "activation", "1", "of the example; NaN past it"),
    "quantile_problem": Variable(
        AT, "int32", "problem", "1",
        "the point whose activation is nearest to that quantile of the positive ones; −1 if none",
    ),
    "quantile_level": Variable(AT, "int8", "level", "1", "of that point"),
    "quantile_step": Variable(AT, "int16", "step", "1", "of that point"),
    "quantile_value": Variable(AT, "float32", "activation", "1", "of that point"),
    "quantile_points": Variable(
        FEATURE, "int64", "points of the quantiles", "1",
        "positive activations that the quantiles are taken from: all of them while 2^24/m or fewer,"
        " else a seeded sample of that many",
    ),
    "near_feature": Variable(NEAR, "int32", "nearest by cos", "1", "feature; −1 past the last"),
    "near_cosine": Variable(NEAR, "float32", "cos", "1", "signed, between the atoms"),
    "together_feature": Variable(
        NEAR, "int32", "active together", "1",
        "feature; −1 past the last that is ever active together with it",
    ),
    "together_cosine": Variable(
        NEAR, "float32", "cos of codes", "1", "Σ f_i f_j/√(Σ f_i² Σ f_j²) over all points"
    ),
    "atom_share": Variable(
        ("feature", "share"), "float32", "share of the atom", "1",
        "squared norm of the part over that of the atom; NaN where an atom is no n×n matrix",
        span="share",
    ),
    "atom_share_random": Variable(
        ("share",), "float32", "share of a random atom", "1",
        "dimension of the part over n²; NaN where an atom is no n×n matrix",
    ),
    "atom_singular": Variable(
        ("feature", "singular"), "float32", "singular value", "1",
        "of the atom as an n×n matrix; NaN where it is none",
    ),
    "atom_rank": Variable(
        FEATURE, "float64", "effective rank", "1",
        "exp(−Σ p ln p), p = s²/Σs², of the atom as a matrix; NaN where it is none", scalar=True,
    ),
    "atom_rank_random": Variable(
        (), "float64", "effective rank of a random atom", "1",
        "mean over 64 random atoms; NaN where an atom is no n×n matrix",
    ),
    "correlation": Variable(
        PROPERTY, "float32", "Spearman ρ", "1",
        "between the property and the feature's mean activation over the points of the problem, 0"
        " where inactive; NaN if either is constant, or the property is not used", span="signed",
    ),
    "correlation_p": Variable(
        PROPERTY, "float64", "p, Holm", "1",
        "two-sided by Student's t, corrected over all ρ of all features that could be computed; 1"
        " where it could not, and for fewer than 20 problems",
    ),
    "strongest_property": Variable(
        FEATURE, "int16", "strongest property", "1",
        "index of the property with the largest |ρ|; −1 if none could be computed", scalar=True,
    ),
    "strongest_correlation": Variable(
        FEATURE, "float64", "largest |ρ|, signed", "1", "ρ of that property", scalar=True,
        span="signed",
    ),
    "property_used": Variable(
        ("property",), "int8", "used", "1",
        "whether a property is correlated: it is finite on all problems, and its values spread by"
        " more than 10⁻⁶ of their size and of 1, else they are rounding", flags=USED,
    ),
    "going_share": number(
        "strongest that go with a property", "1",
        "of the strongest features by Σf², the share with p < 0.05, Holm over these features and"
        " all properties, and |ρ| ≥ `least_correlation` for some property",
    ),
    "going_share_others": Variable(
        OTHER, "float64", "the same of others", "1",
        "the same of as many atoms under the same rule: ± principal components, ± entries, random"
        " atoms; and of the features with properties permuted, the mean of 100 permutations",
    ),
    "going_beyond_low": Variable(
        OTHER, "float64", "difference, low", "1",
        "2.5 % of features − others over resampled problems; not centred on the difference",
    ),
    "going_beyond_high": Variable(OTHER, "float64", "difference, high", "1", "97.5 % of it"),
    "data_share_before": Variable(
        ("share",), "float32", "share of the data before the jumps", "1",
        "Σ‖P_S g‖²/Σ‖g‖² of the gradients g before the jumps; NaN where they are no n×n matrix",
    ),
    "data_share_after": Variable(
        ("share",), "float32", "share of the data after the jumps", "1", "of all other gradients"
    ),
    "strongest_p": Variable(
        FEATURE, "float64", "its p, Holm", "1", "p of that ρ", scalar=True, span="share"
    ),
}  # fmt: skip


@analysis(
    name="dictionary_features",
    version=2,
    title="Features",
    sentence="When each feature is active, on which problems, and what its atom looks like.",
    rows=1,
    scope="set",
    small={"examples": 3, "neighbours": 3, "bins": 5, "problems": 10},
    inputs={
        "dictionary": Role("answer", "dictionary"),
        "activations": Role("answer", "activations", of="dictionary"),
        "properties": Role("answer", "problem_properties"),
        "problems": Role("problems"),
    },
    parameters={
        "examples": Parameter(int, 12, "strongest examples kept", minimum=1, maximum=1000),
        "neighbours": Parameter(int, 12, "nearest features kept", minimum=1, maximum=1000),
        "bins": Parameter(int, 40, "of the histogram", minimum=2, maximum=1000),
        "strongest": Parameter(
            int, 20, "strongest features by Σf²: how many of them go with a property is counted",
            minimum=1, maximum=1000,
        ),
        "least_correlation": Parameter(
            float, 0.3, "|ρ| from which on a feature goes with a property", minimum=0.0, maximum=1.0
        ),
        "bootstrap": Parameter(int, 100, "resamples of problems", minimum=10, maximum=100_000),
        "seed": seed_of("of the random atoms, permutations and resamples"),
        "problems": first_problems(),
    },
    variables=VARIABLES,
    dims=(
        DIMS["quantile"].labelled(QUANTILES),
        DIMS["share"].labelled(SHARES),
        DIMS["property"].labelled(PROPERTIES),
        Dim("other", "what the strongest features are held against", "VARCHAR", "whole", OTHERS),
    ),
    figure="table",
    arithmetic="float32 codes, float64 sums",
)  # fmt: skip
def compute(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """The parts of a feature's record (docs/definitions.md §5.5, "A feature") that need no sampler.

    Args:
        gathered: a dictionary, the activations it was trained on, and the problems' properties.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.dictionaries.features import features_dataset

    return features_dataset(gathered, parameters)
