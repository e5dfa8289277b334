"""What was found about failures: who fails, from what it is foreseen, how well."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from app.shared.asks import reading
from app.shared.asks.kept import kept
from ired_interp_core import registry
from store import QuestionInfo, Store

DESIGNS: Mapping[str, str] = {
    "confounds": "confounds", "activations": "activations", "codes": "codes",
    "confounds_activations": "confounds + activations", "confounds_codes": "confounds + codes",
}  # fmt: skip
CURVES: Mapping[str, str] = {
    "activations": "activations", "codes": "codes", "confounds_by_then": "confounds known by then",
    "confounds_at_end": "confounds known at the end",
}  # fmt: skip
RIVALS: Mapping[str, str] = {
    "codes_raw": "codes − raw", "boosting_logistic": "boosting − logistic",
    "points_mean": "all points − their mean", "sequence_points": "sequence − all points",
}  # fmt: skip
RULES: Mapping[str, str] = {
    "worst": "the worst {share} by error", "baseline": "worse than {baseline}",
    "residual": "the worst {share} by ‖AŶ − I‖", "prefers_wrong": "E(ŷ) < E(y*)",
}  # fmt: skip
QUANTITIES: Mapping[str, tuple[str, bool]] = {
    "worst": ("MSE of ŷ [y²]", True), "baseline": ("MSE over the baseline's", True),
    "residual": ("‖AŶ − I‖/√n", True), "prefers_wrong": ("E(y*) − E(ŷ) [E]", False),
}  # fmt: skip
"""Rule → its quantity, and whether its logarithm is drawn."""
BOTH = "confounds_activations"
BIG = ("probability", "confound", "top_value", "fold", "walked_failed", "walked_after",
       "walked_problem")  # fmt: skip


@dataclass(frozen=True)
class Foreseen:
    """The answer of one question about failures.

    Args:
        answer: its variables but the big ones.
        parameters: of the question.
    """

    answer: xr.Dataset
    parameters: Mapping[str, Any]

    def number(self, name: str) -> float:
        """A number of the whole."""
        return float(self.answer[name])

    def at(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Where the numbers of one estimator and level stand."""
        level = fields["level"]
        level = int(self.parameters["level"]) if level is None else int(level)
        known = [int(t) for t in self.answer["level"].values]
        return {"estimator": fields["estimator"], "level": level if level in known else known[0]}

    @property
    def failures(self) -> int:
        """By the rule."""
        value = self.number("failures")
        return int(value) if np.isfinite(value) else 0

    @property
    def problems(self) -> int:
        """All of them."""
        value = self.number("measured_problems")
        return int(value) if np.isfinite(value) else 0

    @property
    def rule(self) -> str:
        """What a failure is, in words."""
        share = 100 * float(self.parameters["share"])
        name = str(self.parameters["baseline"]).replace("best", "the best trivial predictor")
        words = RULES[str(self.parameters["rule"])]
        return words.format(share=f"{share:g} %", baseline=name.replace("_", " "))

    def designs(self, fields: Mapping[str, Any]) -> list[str]:
        """Those that were tried at this estimator and level."""
        auroc = self.answer["auroc"].sel(self.at(fields))
        return [d for d in DESIGNS if np.isfinite(float(auroc.sel(design=d)))]

    def too_few(self) -> str:
        """Why there is no AUROC; "" where there is one."""
        folds = int(self.parameters["folds"])
        if self.failures == self.problems:
            return (f"All {self.problems} problems fail by this rule: nothing to predict. Choose"
                    " the worst eighth.")  # fmt: skip
        if self.failures < folds:
            return f"Too few failures ({self.failures} < {folds} folds): there is no AUROC."
        if self.problems - self.failures < folds:
            return "Too few problems that do not fail: there is no AUROC."
        return ""


@kept(8, "Reading the prediction of failure")
def read(store: Store, question: QuestionInfo) -> Foreseen:
    """Everything but what one panel alone needs."""
    declared = registry.get(question.analysis).schema.wanted(question.parameters)
    names = tuple(name for name in declared if name not in BIG)
    return Foreseen(reading.dataset(store, question, (0,), names), dict(question.parameters))
