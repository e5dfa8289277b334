"""What the features of a dictionary do and go with, in sentences with their controls."""

from typing import Any

import numpy as np
import xarray as xr

from app.features import tables
from app.features.scene import Scene
from app.shared.asks import reading
from app.shared.drawing.levels import Line, Sentence, Strong
from app.shared.page.contract import Drawn, Fields, Outcome, Source
from ired_interp_core.dictionaries.names import VERDICTS
from store import QuestionInfo

OTHERS = {
    "components": "principal components", "entries": "single entries",
    "random_atoms": "random atoms", "permuted": "permuted properties",
}  # fmt: skip
GOING = ("going_share", "going_share_others", "going_beyond_low", "going_beyond_high")
SHARES = ("data_share_before", "data_share_after", "atom_share_random")
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
        return scene.lacks("What the features do was not looked at yet.", "dictionary_features")
    return Drawn(Sentence([[line] for line in lines]), xr.Dataset(numbers), sources)


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
        return [("No feature is active on held-out problems: none was tested.",)], numbers
    lines: list[Line] = [
        (
            "Taken out, ",
            Strong(f"{moves[1]} of {count} tested features"),
            " move the answer more than every control"
            f", {moves[3]} less than a control, {moves[2]} not decided: median ‖Δŷ‖"
            f" {_number(typical['ablation_shift'])} y, of the hardest control"
            f" {_number(typical['ablation_shift_control'])} y. {raises[1]} raise the final MSE more"
            f" than every control; {problems} problems would find a change of"
            f" {_number(typical['ablation_error_found'])} y² with 80 % power. Over problems, one"
            " training.",
        )
    ]  # fmt: skip
    if np.isfinite(float(answer["prediction_slope"])):
        atom, random = ({p: float(answer[f"prediction_{p}{end}"]) for p in PARTS}
                        for end in ("", "_random"))  # fmt: skip
        for end in ("", "_random"):
            for part in PARTS:
                name = f"prediction_{part}{end}"
                numbers[name] = ((), answer[name].values, dict(answer[name].attrs))
        lines.append(
            (
                "Where an ablated step would land, the energy changes by ",
                Strong(f"{_number(atom['slope'], '.4f')} times"),
                f" [{_number(atom['low'], '.4f')}, {_number(atom['high'], '.4f')}] what gradient"
                f" and Hessian predict (R² {_number(atom['r2'], '.4f')}, sign right"
                f" {100 * atom['sign']:.0f} %); for random moves as long"
                f" {_number(random['slope'], '.4f')} [{_number(random['low'], '.4f')},"
                f" {_number(random['high'], '.4f')}] (R² {_number(random['r2'], '.4f')}).",
            )
        )  # fmt: skip
    return lines, numbers


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
                "Of the ", f"{p['strongest']} strongest features ", Strong(f"{100 * own:.0f} %"),
                f" go with a property of the problem (p < .05 after Holm, |ρ| ≥"
                f" {p['least_correlation']:g}); the same of {others}.",
            )
        )  # fmt: skip
    before, after, random = (float(answer[n].sel(share="symmetric")) for n in SHARES)
    if np.isfinite(before) or np.isfinite(after):
        median = float(np.nanmedian(answer["atom_share"].sel(share="symmetric").values))
        about = {"long_name": "median symmetric share of the atoms", "units": "1"}
        numbers["atom_share_median"] = ((), median, about)
        lines.append(
            (
                "Symmetric share of the atoms (median) ", Strong(_number(median, ".3f")),
                f"; of the gradients before the jumps {_number(before, '.3f')}, after them"
                f" {_number(after, '.3f')}; of a random matrix {_number(random, '.3f')}.",
            )
        )  # fmt: skip
    return lines, numbers
