"""What probes read and what they read it for: problems, their properties, inputs of one level.

One (input, level) is in memory at a time. Problems stand in the order of their content, so that
sums round alike however a set is ordered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from ired_interp_core import tasks
from ired_interp_core.dictionaries.correlations import usable
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.errors import Refusal
from ired_interp_core.probing.folds import groups
from ired_interp_core.probing.names import ERROR
from ired_interp_core.records import Gathered, Rows

LEAST = 10
"""Problems below which nothing is probed: a split into five folds needs two in each."""


@dataclass(frozen=True)
class States:
    """Layers, gradients and states of a set at the ends of the levels.

    Args:
        layers: answer of `layer_states`.
        properties: answer of `problem_properties` about the same set.
        step: which of its states is the end of a level.
        scale: √ᾱ_0.
        x: problems, float32.
    """

    layers: Rows
    properties: Rows
    step: int
    scale: float
    x: Float[np.ndarray, "count n_in"]

    @classmethod
    def of(cls, layers: Rows, properties: Rows, step: int, scale: float, count: int) -> "States":
        """Both answers about one set; a `Refusal` where they are about two."""
        sets = [r.question.inputs["problems"] for r in (layers, properties)]
        if sets[0] != sets[1]:
            raise Refusal(
                "layers and properties are of different problems",
                where="probes",
                came=f"{sets[0][:8]} and {sets[1][:8]}",
                expected="one problem set",
            )
        x = np.asarray(properties.read(list(range(count)), ["x"])["x"], dtype=np.float32)
        return cls(layers, properties, step, scale, x.reshape(count, -1))

    @property
    def both(self) -> bool:
        """Whether layers of an untrained network are there too."""
        return bool(self.layers.question.parameters["networks"] == "both")

    @property
    def rows(self) -> Int[np.ndarray, "count"]:
        """Indices of all problems."""
        return np.arange(len(self.x))

    def values(self) -> dict[str, Float[np.ndarray, "count"]]:
        """Every property by name, and log₁₀ of the final mean squared error; NaN where undefined.

        The error is that of ŷ = ỹ/√ᾱ_0 at the end of level 0 against y*, data frame.

        Returns:
            Float64; −inf and inf as they are.
        """
        known = self.properties.read(self.rows.tolist(), [*tasks.PROPERTIES, "y_true"])
        found = {n: np.asarray(known[n], dtype=np.float64) for n in tasks.PROPERTIES}
        truth = np.asarray(known["y_true"], dtype=np.float64).reshape(len(self.x), -1)
        miss = self._at("state", self.rows, level=0).astype(np.float64) / self.scale - truth
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return found | {ERROR: np.log10(np.square(miss).mean(axis=1))}

    def walked(self) -> Bool[np.ndarray, "count"]:
        """Tell problems whose walk did not diverge: all energies of all networks are finite."""
        return np.asarray(np.isfinite(self._at("state_energy", self.rows)).all(axis=1))

    def take(
        self, name: str, level: int, network: str, rows: Int[np.ndarray, "N"]
    ) -> Float[np.ndarray, "N p"]:
        """Read an input of some problems at the end of a level.

        Args:
            name: x, xy, gradient or a layer.
            level: t.
            network: trained or untrained.
            rows: indices in the order wanted.

        Returns:
            One row a problem, float32; ỹ and ∇_ỹE in the level frame, row-major.
        """
        if name == "x":
            return self.x[rows]
        if name == "xy":
            return np.concatenate([self.x[rows], self._at("state", rows, level=level)], axis=1)
        if name == "gradient":
            return self._at("state_gradient", rows, level=level, network=network)
        return self._at("layer_state", rows, level=level, network=network, layer=name)

    def _at(
        self, variable: str, rows: Int[np.ndarray, "N"], **at: int | str
    ) -> Float[np.ndarray, "N p"]:
        """Read rows of an array, float32; neighbours are read at once, whatever their order."""
        order = np.argsort(rows)
        read = self.layers.read(rows[order].tolist(), [variable], at={**at, "step": self.step})
        values = np.asarray(read[variable], dtype=np.float32).reshape(len(rows), -1)
        found = np.empty_like(values)
        found[order] = values
        return found


@dataclass(frozen=True)
class Codes:
    """A dictionary that was learned on other problems.

    Args:
        dictionary: of activations as they are.
        site: gradient or a layer.
        highest: levels t ≤ this are known to it.
    """

    dictionary: Dictionary
    site: str
    highest: int

    @classmethod
    def of(cls, upstream: Mapping[str, Rows], device: str) -> "Codes | None":
        """The dictionary that fills the role, where one does."""
        if "dictionary" not in upstream:
            return None
        learned = upstream["activations"].question.parameters
        found = Dictionary.from_dataset(upstream["dictionary"].read(), device)
        return cls(found, learned["site"], learned["highest_level"])

    def encode(self, values: Float[np.ndarray, "N d"]) -> Float[np.ndarray, "N m"]:
        """Codes f of activations, float32."""
        return np.asarray(self.dictionary.encode(torch.from_numpy(values)).cpu().numpy())


@dataclass(frozen=True)
class Probed:
    """Problems that are probed, in the order of their content, with what is read for.

    Args:
        states: of the set.
        index: of the problems in it.
        words: of their content.
        names: properties that this task has.
        values: of the problems.
        varies: properties that vary by more than rounding.
        harder: another set, at the same indices.
        other: properties there; NaN of problems that are left out.
    """

    states: States
    index: Int[np.ndarray, "N"]
    words: Int[np.ndarray, "N"]
    names: tuple[str, ...]
    values: Float[np.ndarray, "N P"]
    varies: Bool[np.ndarray, "P"]
    harder: States | None = None
    other: Float[np.ndarray, "N P"] | None = None

    @classmethod
    def of(cls, gathered: Gathered) -> "Probed":
        """Read everything but the layers.

        Args:
            gathered: with the roles of `analyses/probes.py`.

        Returns:
            The problems.

        Raises:
            Refusal: too few problems, or a harder set without its properties.
        """
        up, count = gathered.upstream, gathered.count
        step = int(up["descent"].question.parameters["inner_steps"])
        scale = float(gathered.models["model"].schedule.sqrt_alpha_bar[0])
        states = States.of(up["states"], up["properties"], step, scale, count)
        columns = states.values()
        names = tuple(n for n, v in columns.items() if 2 * np.isfinite(v).sum() > count)
        values = np.stack([columns[n] for n in names], axis=1)
        kept = np.flatnonzero(states.walked() & np.isfinite(values).all(axis=1))
        if len(kept) < LEAST:
            raise Refusal(
                "too few problems to probe",
                where="probes",
                came=f"{len(kept)} of {count} whose walk and properties are finite",
                expected=f"at least {LEAST}",
                next_step="ask for more problems",
            )
        words = groups(states.x)
        kept = kept[np.lexsort((kept, words[kept]))]
        found = cls(states, kept, words[kept], names, values[kept], usable(values[kept]))
        roles = [role for role in HARDER if role in up]
        if not roles:
            return found
        if len(roles) < len(HARDER):
            raise Refusal(
                "transfer needs layers and properties of the harder set",
                where="probes",
                came=roles[0],
                expected=" and ".join(HARDER),
                next_step="inputs.harder = {} and inputs.harder_properties = {}",
            )
        harder = States.of(up[HARDER[0]], up[HARDER[1]], step, scale, count)
        columns = harder.values()
        other = np.stack([columns[n] for n in names], axis=1)
        other[~(harder.walked() & np.isfinite(other).all(axis=1))] = np.nan
        return replace(found, harder=harder, other=other[kept])

    @property
    def both(self) -> bool:
        """Whether there is an untrained network to hold layers against."""
        return self.states.both and (self.harder is None or self.harder.both)

    def read(
        self,
        name: str,
        level: int,
        network: str = "trained",
        some: Int[np.ndarray, "M"] | slice = slice(None),
    ) -> Float[np.ndarray, "M p"]:
        """Read an input of these problems, or some of them, at the end of a level."""
        return self.states.take(name, level, network, self.index[some])

    def twins(
        self, name: str, level: int, network: str = "trained"
    ) -> Float[np.ndarray, "N p"] | None:
        """Read the same of the harder set; None without one, 0 of what is left out there."""
        if self.harder is None or self.other is None:
            return None
        found = self.harder.take(name, level, network, self.index)
        return np.where(np.isfinite(self.other).all(axis=1)[:, None], found, np.float32(0))


HARDER = ("harder", "harder_properties")
"""Roles of the set to which probes are transferred."""
