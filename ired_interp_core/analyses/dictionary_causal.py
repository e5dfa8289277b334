"""What happens to the answer when a feature is taken out of the sampler, or turned up in it."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core.dictionaries.names import ALONG, CONTROLS, RIVALS, VERDICTS, WAYS
from ired_interp_core.dims import Dim
from ired_interp_core.records import Gathered
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Span, Variable, first_problems, number, seed_of

FEATURE = ("feature",)
AGAINST = ("feature", "control")
EACH = ("way", "trial", "walked")
CHANGE = ("along", "trial", "walked")

TESTED = ("not_tested", "tested")

DONE = {
    "ablation": ("ablated", "without the feature, x − f W/scale at every step,"),
    "steering": ("steered", "with strength × f̄ W/scale added at every step, f̄ the mean of f > 0,"),
}
"""What is done with a feature: in a label, and in a sentence."""

EFFECTS = {
    "shift": (
        "‖Δŷ‖", "y", "mean over problems of the distance between the answers {} and as it is",
        "difference to the hardest control",
    ),
    "error": (
        "ΔMSE", "y²", "mean over problems of the final MSE {} minus as it is", "mean",
    ),
}  # fmt: skip
"""An effect: its sign, unit, meaning, and what of it a number of problems can find."""


def _effect(intervention: str, effect: str) -> dict[str, Variable]:
    """The numbers of one effect of one intervention; NaN for features that are not tested.

    Args:
        intervention: of DONE.
        effect: of EFFECTS.

    Returns:
        The declarations by name.
    """
    (done, how), (sign, unit, meaning, finding) = DONE[intervention], EFFECTS[effect]
    change: Span = "signed" if effect == "error" else ""
    head = f"{sign}, {done}"

    def scalar(label: str, unit: str, text: str, span: Span = change) -> Variable:
        return Variable(FEATURE, "float64", label, unit, text, scalar=True, span=span)

    def flag(label: str, text: str, flags: tuple[str, ...]) -> Variable:
        return Variable(FEATURE, "int8", label, "1", text, flags=flags, scalar=True)

    def against(label: str, text: str) -> Variable:
        return Variable(AGAINST, "float64", label, unit, text)

    name, found = f"{intervention}_{effect}", "95 % bootstrap-t interval over problems"
    return {
        name: scalar(head, unit, meaning.format(how)),
        f"{name}_low": scalar(f"{head}, low", unit, f"lower end of its {found}"),
        f"{name}_high": scalar(f"{head}, high", unit, f"upper end of its {found}"),
        f"{name}_controls": against(f"{sign}, controls", f"as {name}, of each control"),
        f"{name}_control": scalar(
            f"{sign}, control", unit, f"as {name}, of the control that is hardest to exceed"
        ),
        f"{name}_beyond": against(
            f"{sign} beyond", "feature − control, the mean of differences paired by problem"
        ),
        f"{name}_beyond_low": against(f"{sign} beyond, low", f"lower end of its {found}"),
        f"{name}_beyond_high": against(f"{sign} beyond, high", f"upper end of its {found}"),
        f"{name}_rival": flag(
            f"{sign}, hardest control", "the control with the smallest lower end of `beyond`",
            RIVALS,
        ),
        f"{name}_p": scalar(
            f"{sign}, p", "1",
            "largest p over the controls, Holm over features; 1 where one of them is not exceeded",
            "share",
        ),
        f"{name}_found": scalar(
            f"{sign}, to be found", unit,
            f"{finding} that so many problems find with 80 % power, at the first level of Holm", "",
        ),
        f"{name}_verdict": flag(
            f"{sign}, verdict", "at 5 % after Holm over features; one training", VERDICTS
        ),
    }  # fmt: skip


PREDICTED = {
    "prediction": (
        "ΔE",
        {
            "slope": "Σpm/Σp² of the measured change m of E on the predicted one p",
            "r2": "1 − Σ(m − p)²/Σ(m − m̄)², of the prediction itself: nothing is fitted",
            "sign": "share of m and p with the same sign",
        },
    ),
    "shift_prediction": (
        "Δŷ",
        {
            "slope": "Σ⟨m, p⟩/Σ‖p‖² of the measured m = Δŷ of a steering on the predicted p",
            "r2": "1 − Σ‖m − p‖²/Σ‖m‖², of the prediction itself, against no move at all",
            "sign": "share of steerings with ⟨m, p⟩ > 0",
        },
    ),
}
"""What is predicted: beginning of the names → its sign, and how well it is."""


def _prediction(word: str, along: str, ending: str) -> dict[str, Variable]:
    """How well effects are predicted along atoms, or along random directions as long.

    Args:
        word: of PREDICTED.
        along: which directions, in words.
        ending: of the names.

    Returns:
        The declarations by name.
    """
    sign, words = PREDICTED[word]
    ends = {
        "low": "lower end of the slope's 95 % bootstrap-t interval over problems",
        "high": "upper end of it",
    }
    return {
        f"{word}_{part}{ending}": number(f"{part} of predicted {sign}, {along}", "1", text)
        for part, text in (words | ends).items()
    }


VARIABLES = {
    "tested": Variable(
        FEATURE, "int8", "tested", "1", "the most active features are tested", flags=TESTED,
        scalar=True,
    ),
    **{k: v for i in DONE for e in EFFECTS for k, v in _effect(i, e).items()},
    **{
        name: variable
        for word in PREDICTED
        for along, ending in (("atoms", ""), ("random", "_random"))
        for name, variable in _prediction(word, along, ending).items()
    },
    "causal_problems": Variable(
        (), "int64", "problems", "1", "held-out problems walked with and without", scalar=True
    ),
    "trial_feature": Variable(("trial",), "int32", "feature", "1", "the tested feature"),
    "walked_problem": Variable(("walked",), "int64", "problem", "1", "the walked problem"),
    "shift_each": Variable(
        EACH, "float64", "‖Δŷ‖", "y", "distance that the answer of each problem moves", frame="data"
    ),
    "error_each": Variable(EACH, "float64", "ΔMSE", "y²", "change of each problem's final MSE"),
    "predicted_energy": Variable(
        CHANGE, "float64", "∇E·δ + ½δᵀHδ", "E",
        "where the sampler lands after the step at which the feature is most active on the problem,"
        " δ = s·f W/scale what its ablation would add to that step, s the step's length; NaN where"
        " it is nowhere active, and for hidden layers",
    ),
    "measured_energy": Variable(
        CHANGE, "float64", "E(ỹ + δ) − E(ỹ)", "E", "at the same points, float64"
    ),
    "predicted_shift": Variable(
        CHANGE, "float64", "‖Δŷ‖, predicted", "y",
        "distance that a steering moves the answer to first order, by the derivative of the sampler"
        " with its decisions and clamps held; NaN for hidden layers", frame="data",
    ),
    "shift_along": Variable(
        CHANGE, "float64", "Δŷ along the predicted", "y",
        "⟨m, p⟩/‖p‖ of the measured Δŷ = m of the same steering, p the predicted one", frame="data",
    ),
}  # fmt: skip

DIMS = (
    Dim("control", "what an effect is held against", "VARCHAR", "whole", CONTROLS),
    Dim("way", "what is done in the sampler: an intervention, or one of its controls", "VARCHAR",
        "whole", WAYS),
    Dim("along", "direction of a move whose change of E is predicted: that of the atom, or a random"
        " one", "VARCHAR", "whole", ALONG),
    Dim("trial", "rank of the tested feature, most active first", taken="whole"),
    Dim("walked", "rank of the walked problem, ascending", taken="whole"),
)  # fmt: skip


@analysis(
    name="dictionary_causal",
    version=3,
    title="Causal effects",
    sentence="Whether a feature matters: the answer without it, paired with its controls.",
    rows=1,
    scope="set",
    small={"tested": 3, "walked": 2, "bootstrap": 20, "problems": 10},
    inputs={
        "dictionary": Role("answer", "dictionary"),
        "activations": Role("answer", "activations", of="dictionary"),
        "descent": Role("answer", "descent", of="activations"),
        "model": Role("model"),
        "problems": Role("problems"),
    },
    parameters={
        "tested": Parameter(
            int, 32, "features tested: those with the largest summed activation", minimum=1,
            maximum=131_072,
        ),
        "walked": Parameter(
            int, 64, "held-out problems walked for each feature; intervals are tested at 64",
            minimum=2, maximum=100_000
        ),
        "strength": Parameter(
            float, 1.0, "of steering, in mean positive activations of the feature", minimum=-1e3,
            maximum=1e3,
        ),
        "bootstrap": Parameter(
            int, 4000, "resamples of an interval; Holm over h features needs more than 20·h",
            minimum=10, maximum=1_000_000
        ),
        "seed": seed_of("of directions and bootstrap"),
        "problems": first_problems(),
    },
    variables=VARIABLES,
    dims=DIMS,
    figure="table",
    arithmetic="float32 walks, float64 means and predictions",
)  # fmt: skip
def compute(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Ablation and steering inside the sampler with matched controls (docs/definitions.md §5.5).

    Args:
        gathered: a dictionary, the activations it was trained on, and what they come from.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.dictionaries.causal import causal_dataset

    return causal_dataset(gathered, parameters)
