"""The numbers of one level: every input beside its controls.

Definitions: docs/definitions.md §6.1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from ired_interp_core.probing.cells import Design, Fitted, direction, fitted
from ired_interp_core.probing.classes import Classified, classes_beside, classified
from ired_interp_core.probing.compared import Compared, compared, controls, transferred
from ired_interp_core.probing.control_task import cells
from ired_interp_core.probing.names import LAYERS
from ired_interp_core.probing.reading import Codes, Probed
from ired_interp_core.probing.ridge import r2
from ired_interp_core.probing.saved import Numbers
from ired_interp_core.probing.single import single_features
from ired_interp_core.records import seeded

Check = Callable[[], None]
ENDS = ("", "_low", "_high")


@dataclass(frozen=True)
class Study:
    """Probes of one set.

    Args:
        probed: its problems.
        size: side n of their matrices.
        codes: a dictionary, where there is one.
        parameters: as `analyses/probes.py` declares.
        check: called between fits; what it raises ends them.
    """

    probed: Probed
    size: int
    codes: Codes | None
    parameters: Mapping[str, Any]
    check: Check

    @cached_property
    def design(self) -> Design:
        """Targets and splits."""
        p, given = self.probed, self.parameters
        far = None if p.other is None else p.other[:, p.varies]
        code = cells(p.states.x[p.index], self.size)
        return Design(
            p.words, p.values[:, p.varies], code, given["splits"], given["folds"], given["seed"],
            far,
        )  # fmt: skip

    @cached_property
    def x(self) -> Fitted:
        """Probes of x alone, which knows no level."""
        return fitted(self.design, self.read("x", 0), self.probed.twins("x", 0), check=self.check)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Inputs in order."""
        return ("x", "xy", *LAYERS, "gradient", *(("codes",) if self.codes else ()))

    @property
    def site(self) -> str:
        """Of the activations that codes are of."""
        return self.codes.site if self.codes else ""

    def there(self, level: int) -> tuple[str, ...]:
        """Inputs at a level: codes up to the highest that their dictionary knows."""
        known = self.codes is None or level <= self.codes.highest
        return self.inputs if known else self.inputs[:-1]

    def read(self, name: str, level: int) -> Float[np.ndarray, "N p"]:
        """Read an input of the model."""
        if name == "codes" and self.codes:
            return self.codes.encode(self.probed.read(self.codes.site, level))
        return self.probed.read(name, level)

    def _twins(self, name: str, level: int) -> Float[np.ndarray, "N p"] | None:
        if name == "codes" and self.codes:
            raw = self.probed.twins(self.codes.site, level)
            return None if raw is None else self.codes.encode(raw)
        return self.probed.twins(name, level)

    def level(self, t: int) -> Numbers:
        """All numbers of a level along inputs that are there at it.

        Args:
            t: level.

        Returns:
            By name of the variable, along [input, …, property that varies]; directions and single
            features along what they are of.
        """
        found: Numbers = {}
        classes: dict[tuple[str, str], Classified] = {}
        fits: dict[tuple[str, str], Fitted] = {("x", "trained"): self.x}
        for name in self.there(t)[1:]:
            x = self.read(name, t)
            fits[name, "trained"] = fitted(self.design, x, self._twins(name, t), check=self.check)
            if name in (*LAYERS, "gradient"):
                found[f"direction/{name}"] = direction(self.design, x).astype(np.float32)
                if self.probed.both:
                    raw = self.probed.read(name, t, "untrained")
                    far = self.probed.twins(name, t, "untrained")
                    fits[name, "untrained"] = fitted(self.design, raw, far, 2, False, self.check)
                    if self.parameters["classes"]:
                        classes[name, "untrained"] = self._classes(raw, True)
            if name == "codes":
                gain, low = single_features(self.design, x)
                found |= {"feature_gain": gain, "feature_low": low}
            if self.parameters["classes"]:
                classes[name, "trained"] = self._classes(x, False)
            self.check()
        if self.parameters["classes"]:
            classes["x", "trained"] = self.x_classes
            found |= classes_beside(
                self.design, classes, self.there(t), self.site,
                seeded("classes", self.parameters["seed"]), self.parameters["bootstrap"],
            )  # fmt: skip
        return found | self._beside(fits, t)

    def _classes(self, x: Float[np.ndarray, "N p"], control: bool) -> Classified:
        return classified(self.design, x, control, self.check)

    @cached_property
    def x_classes(self) -> Classified:
        """Class probes of x alone."""
        return self._classes(self.read("x", 0), False)

    def _beside(self, fits: Mapping[tuple[str, str], Fitted], t: int) -> Numbers:
        """Every input beside its controls."""
        inputs, design, given = self.there(t), self.design, self.parameters
        drawn = seeded("probes", given["seed"])
        held = compared(design, fits, inputs, self.site, drawn, given["bootstrap"])
        own = [fits[name, "trained"] for name in inputs]
        found = numbers(held)
        table = np.stack([r2(f.miss, f.spread)[-design.properties :] for f in own])
        found |= {
            "selectivity": held.score[0] - table,
            "score_spread": np.stack([spread(f.scores) for f in own]),
            "train_score": np.stack([f.train for f in own]),
            "validation_score": np.stack([f.validation for f in own]),
            "predicted": np.stack([f.predicted for f in own]).astype(np.float32),
            "learning_score": np.stack([f.curve[:, 0] for f in own]),
            "learning_train": np.stack([f.curve_train for f in own]),
            "learning_control": np.stack([self._curve(fits, name) for name in inputs]),
        }
        found["learning_score"][:, -1] = held.score[0]  # but for the last bit
        for code, name in (("probe", "bits"), ("constant", "bits_constant"),
                           ("uniform", "bits_uniform")):  # fmt: skip
            found[name] = np.stack([getattr(f.bits, code) for f in own])
        far, beside = transferred(
            design, fits, inputs, self.site, held.best, seeded("harder", given["seed"]),
            given["bootstrap"],
        )  # fmt: skip
        found |= {f"harder_{w}": v for w, v in zip(("score", "low", "high"), far, strict=True)}
        return found | {"harder_control": beside}

    def _curve(
        self, fits: Mapping[tuple[str, str], Fitted], name: str
    ) -> Float[np.ndarray, "size T"]:
        """Best control of an input at every size of training."""
        beside = controls(fits, name, self.site)
        known = [fits[key].curve[:, shift] for key, shift in beside if key is not None]
        return np.asarray(np.max(known, axis=0))


def numbers(held: Compared) -> Numbers:
    """Variables of a comparison by name, along [input, control, T]."""
    found: Numbers = {"best_control": held.best}
    for name, values in (("score", held.score), ("gain", held.gain),
                         ("shuffled_gain", held.shuffled)):  # fmt: skip
        found |= {f"{name}{end}": v for end, v in zip(ENDS, values, strict=True)}
    words = ("control_score", "control_low", "control_high")
    return found | dict(zip(words, held.control, strict=True))


def spread(scores: Float[np.ndarray, "split T"]) -> Float[np.ndarray, "T"]:
    """Standard deviation over splits; NaN of a single one."""
    if len(scores) < 2:
        return np.full(scores.shape[1], np.nan)
    return np.asarray(scores.std(axis=0, ddof=1))
