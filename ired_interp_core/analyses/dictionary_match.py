"""Whether two dictionaries found the same atoms, beside what random ones would seem to share."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.records import Gathered
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable, first_problems, number, seed_of

WHOLE = ()
FEATURE = ("feature",)


VARIABLES = {
    "pw_mcc": number("PW-MCC", "1", "mean |cos| of the atoms paired one to one (Hungarian method)"),
    "mmcs": number("MMCS", "1", "mean over `one` of the largest cos with an atom of `other`"),
    "mmcs_back": number("MMCS back", "1", "mean over `other` of the largest cos with one of `one`"),
    "matched_share": number("matched share", "1", "atoms of `one` paired with |cos| ≥ 0.7"),
    "alive_pw_mcc": number(
        "PW-MCC, alive", "1", "the same over atoms alive in both: ever active on the range"
    ),
    "alive_share": number("alive share", "1", "atoms of `one` ever active on the range"),
    "alive_share_other": number("alive share, other", "1", "atoms of `other`, same activations"),
    "null_pw_mcc": number("PW-MCC, random", "1", "two random dictionaries of the same sizes"),
    "null_pw_mcc_sd": number("s.d.", "1", "of it over the random pairs; NaN for one pair"),
    "null_mmcs": number("MMCS, random", "1", "two random dictionaries of the same sizes"),
    "null_mmcs_sd": number("s.d.", "1", "of it over the random pairs; NaN for one pair"),
    "match": Variable(
        FEATURE, "int32", "matched feature", "1",
        "the feature of `other` paired with this one of `one`; −1 if `other` has fewer",
    ),
    "match_cosine": Variable(
        FEATURE, "float32", "cos of the pair", "1", "signed; NaN without a pair"
    ),
    "nearest": Variable(
        FEATURE, "int32", "nearest feature", "1", "of `other`, by signed cos"
    ),
    "nearest_cosine": Variable(
        FEATURE, "float32", "cos of the nearest", "1", "signed: the largest with any of `other`"
    ),
}  # fmt: skip


@analysis(
    name="dictionary_match",
    version=1,
    title="Matched dictionaries",
    sentence="Which atoms two seeds or variants agree on, beside the random null.",
    rows=1,
    scope="set",
    small={"null_pairs": 1, "problems": 10},
    inputs={
        "one": Role("answer", "dictionary"),
        "other": Role("answer", "dictionary"),
        "activations": Role("answer", "activations", of="one"),
    },
    parameters={
        "null_pairs": Parameter(
            int, 3, "pairs of random dictionaries", minimum=1, maximum=1000
        ),
        "seed": seed_of("of the random dictionaries"),
        "problems": first_problems("as for the dictionaries"),
    },
    variables=VARIABLES,
    figure="table",
    arithmetic="float32 cosines, float64 means",
)  # fmt: skip
def compute(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """MMCS both ways, PW-MCC, matched share, and their null (docs/definitions.md §5.4).

    Args:
        gathered: two dictionaries, and the activations that the first was trained on.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.dictionaries.matching import match_dataset

    return match_dataset(gathered, parameters)
