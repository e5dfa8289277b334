"""The sampler with the strongest features set to 0: whether other problems fail then.

Definitions: docs/definitions.md §6.2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ired_interp_core.activations import LAYERS
from ired_interp_core.dictionaries.intervention import Intervened, Steps
from ired_interp_core.energy import Energy
from ired_interp_core.failure import rules
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.intervals import bootstrap_t, proportion
from ired_interp_core.network import IredEnergy
from ired_interp_core.probing.reading import Codes
from ired_interp_core.records import Gathered

At = tuple[str, int, int]
"""Input, level and step, −1 before the jump."""

NEAREST = 16
"""Live features of the same place, nearest in size, among which a matched one is drawn."""


class Zeroed(Intervened):
    """An energy for one sampler, with some features of some places set to 0.

    The sampler asks once for every step of a level, from the one before its jump on, so that the
    step is known by counting. A hidden unit h_u becomes 0 on its way to the next layer; an entry of
    ∇_ỹE becomes 0 in what the sampler is given; of a feature of a dictionary its contribution
    f W/scale is taken off.

    Args:
        model: the official network.
        features: place → indices there.
        codes: the dictionary, where features of one are among them.
        jump: whether levels begin with the jump.
    """

    def __init__(
        self,
        model: Energy,
        features: Mapping[At, Int[np.ndarray, "f"]],
        codes: Codes | None,
        jump: bool = True,
    ) -> None:
        super().__init__(model, "gradient", None)
        self._features, self._codes = features, codes
        self._steps = Steps(jump)

    def official_energy_and_gradient(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: int
    ) -> tuple[Float[Tensor, "B"], Float[Tensor, "B d"]]:
        """As `Intervened`, for the next step of the walk.

        Args:
            x: problems.
            y: points ỹ in the level frame.
            t: level.

        Returns:
            Energies [B] and gradients [B, d] in the level frame.
        """
        step = self._steps.next(t)
        assert isinstance(self.model, IredEnergy)
        words = {number + 1: word for word, number in LAYERS.items()}

        def hidden(layer: int, h: Tensor) -> Tensor:
            return self._edited(words[layer], h, t, step)

        e, g = self.model.official_energy_and_gradient(x, y, t, edit=hidden)
        return e, self._edited("gradient", g, t, step)

    def _edited(self, site: str, x: Tensor, t: int, step: int) -> Tensor:
        units = self._features.get((site, t, step))
        found = x
        if self._codes is not None and self._codes.site == site:
            atoms = self._features.get(("codes", t, step))
            if atoms is not None:
                some = torch.from_numpy(atoms).to(x.device)
                d = self._codes.dictionary
                found = found - (d.encode(x)[:, some] @ d.decoder[some] / d.scale).to(x)
        if units is not None:
            found = found.clone()
            found[:, torch.from_numpy(units).to(x.device)] = 0.0
        return found


def by_place(places: Sequence[At], features: Int[np.ndarray, "f"]) -> dict[At, np.ndarray]:
    """Features collected by the place that they lie in."""
    found: dict[At, list[int]] = {}
    for place, feature in zip(places, features, strict=True):
        found.setdefault(place, []).append(int(feature))
    return {place: np.array(sorted(set(some))) for place, some in found.items()}


def matched(
    size: Float[np.ndarray, "F"], chosen: Int[np.ndarray, "f"], rng: np.random.Generator
) -> Int[np.ndarray, "f"]:
    """For every chosen feature another live one of the same place and about the same size.

    Args:
        size: root mean square of every feature of the place; 0 of a dead one.
        chosen: features that are not drawn.
        rng: of the draws.

    Returns:
        Distinct features, each among the NEAREST in size that are left; fewer where the place has
        no more.
    """
    free = np.setdiff1d(np.flatnonzero(size > 0), chosen)
    drawn = []
    for feature in chosen:
        if not len(free):
            break
        near = free[np.argsort(np.abs(size[free] - size[feature]), kind="stable")[:NEAREST]]
        one = int(rng.choice(near))
        drawn.append(one)
        free = free[free != one]
    return np.array(drawn, dtype=np.int64)


@dataclass(frozen=True)
class Sampler:
    """The descent's own sampler on some problems, and the rule of failure at its end.

    Args:
        gathered: with a model and the role descent.
        x: problems, float32.
        y: true answers, float64.
        index: of the problems, for their starting noise.
        rule: of RULES.
        threshold: of the rule, as it was without any change.
        baseline: MSE of the trivial predictor of every problem.
        codes: the dictionary.
    """

    gathered: Gathered
    x: Float[np.ndarray, "P n_in"]
    y: Float[np.ndarray, "P d"]
    index: Int[np.ndarray, "P"]
    rule: str
    threshold: float
    baseline: Float[np.ndarray, "P"]
    codes: Codes | None

    def failures(self, features: Mapping[At, np.ndarray]) -> Bool[np.ndarray, "P"]:
        """Which of the problems fail with these features set to 0.

        All walks have the same rows in the same batch, with features and without: an accept
        decision hangs on the last bit, and that depends on the shape of a product.

        Args:
            features: place → indices; none for the sampler as it is.

        Returns:
            By the rule and its old threshold.
        """
        model, device = self.gathered.models["model"], self.gathered.device
        how = self.gathered.upstream["descent"].question.parameters
        x = torch.from_numpy(self.x.astype("f4")).to(device)
        noise = start_noise(how["seed"], self.index, model.d).astype("f4")
        energy = Zeroed(model, features, self.codes, how["jump"])
        walk = anneal(
            energy, x, torch.from_numpy(noise).to(device), how["clip"], how["inner_steps"],
            how["jump"], check=self.gathered.desk.check,
        )  # fmt: skip
        answer = walk.answer.double().cpu().numpy()
        measured = {
            "mse": np.square(answer - self.y).mean(1),
            "baseline_mse": self.baseline,
        }
        if self.rule == "residual":
            n = self.gathered.problems.size
            a, y = (v.reshape(-1, n, n).astype("f8") for v in (self.x, answer))
            rest = a @ y - np.eye(n)
            measured["residual"] = np.sqrt(np.square(rest).sum((1, 2)) / n)
        if self.rule == "prefers_wrong":
            scale = float(model.schedule.sqrt_alpha_bar[0])
            for name, y in (("energy_answer", answer), ("energy_truth", self.y)):
                at = torch.from_numpy(scale * y).to(device)
                with torch.no_grad():
                    measured[name] = model.energy(x.double(), at, 0).cpu().numpy()
        return rules.above(rules.quantity(self.rule, measured), self.threshold).failed


@dataclass(frozen=True)
class Change:
    """Failure rates with and without features.

    Args:
        before: of the sampler as it is.
        after: with the chosen features set to 0.
        change: after − before.
        low: lower end of its exact interval (McNemar's: over the problems that changed).
        high: upper end.
        random: with matched random features, of every set.
        beyond: after − the mean over the random sets, paired by problem.
        beyond_low: lower end of its bootstrap-t interval.
        beyond_high: upper end.
    """

    before: float
    after: float
    change: float
    low: float
    high: float
    random: Float[np.ndarray, "set"]
    beyond: float
    beyond_low: float
    beyond_high: float


def change(
    before: Bool[np.ndarray, "P"],
    after: Bool[np.ndarray, "P"],
    random: Bool[np.ndarray, "set P"],
    rng: np.random.Generator,
) -> Change:
    """Compare failures of the same problems.

    Args:
        before: with the sampler as it is.
        after: with features set to 0.
        random: with matched random ones.
        rng: of the bootstrap.

    Returns:
        Rates and paired differences.
    """
    n, more, fewer = len(before), (after & ~before).sum(), (before & ~after).sum()
    moved = int(more + fewer)
    low, high = 0.0, 0.0
    if moved:
        ends = proportion(np.array([float(more)]), np.array([float(moved)]))
        low, high = (float((2 * end[0] - 1) * moved / n) for end in ends)
    apart = after.astype(float) - random.mean(axis=0) if len(random) else np.full(n, np.nan)
    found = bootstrap_t(apart[:, None], rng)
    return Change(
        float(before.mean()), float(after.mean()), float(more - fewer) / n, low, high,
        random.mean(axis=1) if len(random) else np.empty(0),
        float(found.value[0]), float(found.low[0]), float(found.high[0]),
    )  # fmt: skip


def problems_of(gathered: Gathered, index: Int[np.ndarray, "P"]) -> Float[np.ndarray, "P d"]:
    """True answers of some problems, float64."""
    read = gathered.upstream["properties"].read(np.sort(index).tolist(), ["y_true"])
    truth = read["y_true"].values.astype("f8").reshape(len(index), -1)
    return truth[np.argsort(np.argsort(index))]
