"""What the features of a dictionary do and go with, in sentences with their controls."""

from typing import Any

import numpy as np
import xarray as xr

from app.features import tables
from app.features.scene import Scene
from app.shared.asks import reading
from app.shared.drawing.levels import Chip, Line, Sentence, Strong
from app.shared.page.contract import Drawn, Fields, Outcome, Source
from ired_interp_core.dictionaries.names import VERDICTS
from ired_interp_core.spelling import counted
from store import QuestionInfo

OTHERS = {
    "components": "principal components", "entries": "entries",
    "random_atoms": "random atoms", "permuted": "permuted properties",
}  # fmt: skip
GOING = ("going_share", "going_share_others", "going_beyond_low", "going_beyond_high")
SHARES = ("data_share_before", "data_share_after", "atom_share_random")
LEAST_R2, LEAST_SIGN, EVEN = 0.5, 0.9, 0.05
"""From which on effects count as predicted (hypothesis 3.3), and how far from 1 a slope may lie
whose interval is too narrow to hold 1."""
PARTS = ("slope", "low", "high", "r2", "sign")

Told = tuple[list[Line], dict[str, Any]]
"""Lines, and the numbers that they are filled from."""


def draw(scene: Scene, fields: Fields) -> Outcome:
    """Say what was found of all features together; of one of them its card speaks."""
    lines: list[Line] = []
    numbers: dict[str, Any] = {}
    sources = []
    for analysis, tell in (("dictionary_causal", _does), ("dictionary_features", _goes)):
        question = scene.question(analysis)
        if question is None:
            continue
        said, variables = tell(question, reading.dataset(scene.store, question, (0,)))
        lines += said
        numbers |= variables
        sources.append(Source(question, {"variables": list(variables)}))
    if not sources:
        return scene.lacks("What the features do has not been measured yet.", "dictionary_features")
    made = xr.Dataset(numbers)
    return Drawn(Sentence([[line] for line in lines], verdict(made)), made, sources)


def verdict(numbers: xr.Dataset) -> list[Chip]:
    """Whether features go with properties (2.4), and effects are as predicted (3.3)."""
    return [*_going(numbers), *_foreseen(numbers, "prediction", "E"),
            *_foreseen(numbers, "shift_prediction", "ŷ")]  # fmt: skip


def _foreseen(numbers: xr.Dataset, word: str, sign: str) -> list[Chip]:
    """Predicted effects: the slope is 1 by its interval, R² ≥ 0.5, sign right ≥ 0.9."""
    if f"{word}_slope" not in numbers:
        return []
    of = {part: float(numbers[f"{word}_{part}"]) for part in PARTS}
    one = of["low"] <= 1 <= of["high"] or (of["low"] >= 1 - EVEN and of["high"] <= 1 + EVEN)
    if one and of["r2"] >= LEAST_R2 and of["sign"] >= LEAST_SIGN:
        return [Chip(f"3.3 holds for Δ{sign}", "holds")]
    return [Chip(f"3.3 does not hold for Δ{sign}", "not")]


def _going(numbers: xr.Dataset) -> list[Chip]:
    """It holds with each control's interval above 0, and not where one has no part above it."""
    if "going_share" not in numbers or not np.isfinite(float(numbers["going_share"])):
        return []
    if (numbers["going_beyond_low"] > 0).all():
        return [Chip("2.4 holds", "holds")]
    if (numbers["going_beyond_high"] <= 0).any():
        return [Chip("2.4 does not hold", "not")]
    return [Chip("2.4 not decided", "undecided")]


def _number(value: Any, form: str = ".2g") -> str:
    return tables.spelled(float(value), form)


def _does(question: QuestionInfo, answer: xr.Dataset) -> Told:
    """How many features move the answer, and whether the energy changes as predicted."""
    features = answer["trial_feature"].values
    count, problems = len(features), answer.sizes["walked"]
    tested = answer.isel(feature=features)
    moves, raises = (
        np.bincount(tested[f"ablation_{effect}_verdict"].values, minlength=len(VERDICTS))
        for effect in ("shift", "error")
    )
    told = {
        name: (("feature",), tested[name].values, dict(tested[name].attrs))
        for effect in ("shift", "error")
        for name in (f"ablation_{effect}{end}" for end in ("", "_control", "_found", "_verdict"))
    }
    numbers: dict[str, Any] = {**told, "feature": ("feature", features)}
    typical = {name: float(np.nanmedian(tested[name].values)) for name in told if count}
    if not count:
        return [("No feature is active on held-out problems, so none was tested.",)], numbers
    lines: list[Line] = [
        (
            "Ablation moves the answer more than every control for ",
            Strong(f"{moves[1]} of {counted(count, 'tested feature')}"),
            f", less than a control for {moves[3]}, and is not decided for {moves[2]} (median"
            f" ‖Δŷ‖ {_number(typical['ablation_shift'])} y, hardest control"
            f" {_number(typical['ablation_shift_control'])} y). It raises the final MSE more than"
            f" every control for {raises[1]}; {counted(problems, 'problem')} would detect"
            f" {_number(typical['ablation_error_found'])} y² with 80 % power.",
        )
    ]  # fmt: skip
    if np.isfinite(float(answer["prediction_slope"])):
        (atom, random), foreseen = _predicted(answer, "prediction")
        numbers |= foreseen
        lines.append(
            (
                "An ablated step changes E by a factor of ", Strong(_number(atom["slope"], ".4f")),
                f" [{_number(atom['low'], '.4f')}, {_number(atom['high'], '.4f')}] of the"
                f" change that gradient and Hessian predict (R² {_number(atom['r2'], '.4f')}, sign"
                f" correct in {100 * atom['sign']:.0f} %), and a random step of the same length by"
                f" a factor of {_number(random['slope'], '.4f')}"
                f" (R² {_number(random['r2'], '.4f')}).",
            )
        )  # fmt: skip
    if np.isfinite(float(answer["shift_prediction_slope"])):
        (atom, random), foreseen = _predicted(answer, "shift_prediction")
        numbers |= foreseen
        lines.append(
            (
                "Steering along an atom moves the answer by a factor of ",
                Strong(_number(atom["slope"], ".3f")),
                f" [{_number(atom['low'], '.3f')}, {_number(atom['high'], '.3f')}] of what the"
                f" derivative of the sampler predicts (R² {_number(atom['r2'], '.3f')}, forwards in"
                f" {100 * atom['sign']:.0f} %), and along a random direction of the same length by"
                f" a factor of {_number(random['slope'], '.3f')}"
                f" (R² {_number(random['r2'], '.3f')}).",
            )
        )  # fmt: skip
    return lines, numbers


def _predicted(answer: xr.Dataset, word: str) -> tuple[list[dict[str, float]], dict[str, Any]]:
    """How well effects are predicted, along atoms and random directions, and their numbers."""
    names = [[f"{word}_{part}{end}" for part in PARTS] for end in ("", "_random")]
    found = [{p: float(answer[n]) for p, n in zip(PARTS, row, strict=True)} for row in names]
    numbers = {n: ((), answer[n].values, dict(answer[n].attrs)) for row in names for n in row}
    return found, numbers


def _goes(question: QuestionInfo, answer: xr.Dataset) -> Told:
    """How many strong features go with a property, and how symmetric atoms and data are."""
    p = question.parameters
    numbers: dict[str, Any] = {
        n: (answer[n].dims, answer[n].values, dict(answer[n].attrs)) for n in (*GOING, *SHARES)
    }
    numbers |= {"other": list(answer["other"].values), "share": list(answer["share"].values)}
    others = ", ".join(
        f"{OTHERS[str(name)]} {100 * float(value):.0f} %"
        for name, value in zip(
            answer["other"].values, answer["going_share_others"].values, strict=True
        )
    )
    own = float(answer["going_share"])
    lines: list[Line] = []
    if np.isfinite(own):
        lines.append(
            (
                Strong(f"{100 * own:.0f} %"),
                f" of the {p['strongest']} strongest features correlate with a property (p < 0.05"
                f" after Holm's correction, |ρ| ≥ {p['least_correlation']:g}); {others}.",
            )
        )  # fmt: skip
    before, after, random = (float(answer[n].sel(share="symmetric")) for n in SHARES)
    if np.isfinite(before) or np.isfinite(after):
        median = float(np.nanmedian(answer["atom_share"].sel(share="symmetric").values))
        about = {"long_name": "median symmetric share of the atoms", "units": "1"}
        numbers["atom_share_median"] = ((), median, about)
        lines.append(
            (
                "The symmetric share of the atoms is ", Strong(_number(median, ".3f")),
                f" (median), that of the gradients before the jumps {_number(before, '.3f')},"
                f" after them {_number(after, '.3f')}, of a random matrix"
                f" {_number(random, '.3f')}. Over problems, for one training.",
            )
        )  # fmt: skip
    return lines, numbers
