"""The sampler on held-out problems with an activation replaced, and what of its error is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core import tasks
from ired_interp_core.dictionaries.intervention import Edit, Intervened, Steps
from ired_interp_core.dictionaries.standard import Standard
from ired_interp_core.dictionaries.survey import Coding, coded
from ired_interp_core.energy import Energy
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.intervals import resampled_means
from ired_interp_core.records import Gathered
from ired_interp_core.schema import LEVELS

ROWS_AT_ONCE = 256
"""Walked together; larger batches gain nothing on a processor."""


@dataclass(frozen=True)
class Walker:
    """The descent's own sampler on chosen problems: same problems, noise, clip, steps and jump.

    Args:
        model: the energy.
        site: where edits apply.
        highest: levels t ≤ this are edited, those the dictionary was trained on.
        x: problems, float32.
        y: true answers in the data frame, float64.
        start: starting noise, float32.
        clip: box of the sampler.
        inner_steps: gradient steps a level.
        jump: whether a level begins with the jump.
    """

    model: Energy
    site: str
    highest: int
    x: Float[Tensor, "P n_in"]
    y: Float[Tensor, "P d"]
    start: Float[Tensor, "P d"]
    clip: float
    inner_steps: int
    jump: bool

    @classmethod
    def of(cls, gathered: Gathered, problems: np.ndarray) -> "Walker":
        """The sampler of the descent that the activations come from.

        Args:
            gathered: with a model and the roles activations and descent.
            problems: indices.

        Returns:
            The walker.
        """
        p, model, device = gathered.problems, gathered.models["model"], gathered.device
        descent = gathered.upstream["descent"].question.parameters
        learned = gathered.upstream["activations"].question.parameters
        made = [
            tasks.problems(p.task, 1, p.seed, size=p.size, variant=p.variant, start=int(i))
            for i in problems
        ]
        noise = start_noise(descent["seed"], problems, model.d)
        x = np.concatenate([m.x for m in made]).astype("f4")
        return cls(
            model=model,
            site=learned["site"],
            highest=learned["highest_level"],
            x=torch.from_numpy(x).to(device),
            y=torch.from_numpy(np.concatenate([m.y for m in made])).to(device),
            start=torch.from_numpy(noise.astype("f4")).to(device),
            clip=descent["clip"],
            inner_steps=descent["inner_steps"],
            jump=descent["jump"],
        )

    def answers(
        self, rows: Tensor, edit: Edit | None = None, energy: Energy | None = None
    ) -> Float[Tensor, "B d"]:
        """Walk some rows.

        Args:
            rows: which of the problems; one may stand several times.
            edit: of the activation, row by row.
            energy: in place of the model with the edit.

        Returns:
            Final answers ŷ in the data frame, divided by √ᾱ_0, float64.
        """
        walk = anneal(
            energy or Intervened(self.model, self.site, edit, self.highest),
            self.x[rows],
            self.start[rows],
            clip=self.clip,
            inner_steps=self.inner_steps,
            jump=self.jump,
        )
        return walk.answer.double()

    def errors(self, energy: Energy | None = None) -> Float[np.ndarray, "P"]:
        """Final MSE of every problem.

        Args:
            energy: in place of the model.

        Returns:
            mean_d (ŷ − y*)², as `mse_final` of the descent; NaN or inf where the walk diverged.
        """
        pieces = [
            (self.answers(rows, energy=energy) - self.y[rows]).square().mean(-1)
            for rows in torch.arange(len(self.x), device=self.x.device).split(ROWS_AT_ONCE)
        ]
        return torch.cat(pieces).cpu().numpy()


Replace = Callable[[Tensor, int, int], tuple[Tensor, Tensor]]
"""x of some rows at (level, step) → x', and how many features are active in each row."""


class Stepwise(Intervened):
    """An energy for one sampler, whose activations are replaced as suits the level and step.

    The sampler asks once for every step of a level, from the one before its jump on; so the step is
    known by counting. Points that the dictionary is not of are left as they are.

    Args:
        walker: whose sampler asks.
        standard: which points are known.
        replace: what to do with the activation.
    """

    def __init__(self, walker: Walker, standard: Standard, replace: Replace) -> None:
        super().__init__(walker.model, walker.site, None, walker.highest)
        self._standard, self._replace = standard, replace
        self._steps = Steps(walker.jump)
        self.active, self.asked = np.zeros(LEVELS), np.zeros(LEVELS)

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

        def edit(given: Tensor) -> Tensor:
            replaced, active = self._replace(given, t, step)
            self.active[t] += float(active.sum())
            self.asked[t] += len(given)
            return replaced.to(given)

        self.edit = edit if self._standard.knows(step) else None
        return super().official_energy_and_gradient(x, y, t)


def coded_by(coding: Coding, standard: Standard) -> Replace:
    """Put x̂ in place of x."""

    def replace(x: Tensor, level: int, step: int) -> tuple[Tensor, Tensor]:
        centre, scale = standard.at(level, step)
        away = torch.from_numpy(centre).to(x)
        rebuilt, active = coded(coding, (x - away) * scale)
        return rebuilt / scale + away, active

    return replace


def constant(values: Float[np.ndarray, "level step d"], standard: Standard) -> Replace:
    """Put one number for each entry, at every (level, step) its own, in place of x."""

    def replace(x: Tensor, level: int, step: int) -> tuple[Tensor, Tensor]:
        value = torch.from_numpy(values[level, step - (0 if standard.states == "after" else -1)])
        return value.to(x).expand_as(x), x.new_zeros(len(x))

    return replace


@dataclass(frozen=True)
class Recovery:
    """Final errors under replacement, and the loss recovered; of every coding but the first two.

    Args:
        original: mean final MSE of the sampler as it is.
        zero: with 0 in place of x.
        replaced: coding → with x̂.
        recovered: coding → (replaced − zero)/(original − zero), its low and its high end.
        active: coding → mean #{f ≠ 0} in its own walk, of each level; NaN where it was not asked.
        active_all: coding → the same over all levels.
    """

    original: float
    zero: float
    replaced: dict[str, float]
    recovered: dict[str, tuple[float, float, float]]
    active: dict[str, Float[np.ndarray, "level"]]
    active_all: dict[str, float]


def loss_recovered(
    errors: Float[np.ndarray, "P 3"], resamples: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """(L_SAE − L_zero)/(L_orig − L_zero), L the mean final MSE over problems.

    Definitions: docs/definitions.md §5.4.

    1 is perfect, 0 no better than 0 in place of x; below 0 worse.

    Args:
        errors: final MSE of every problem: original, replaced, zero.
        resamples: of the bootstrap.
        rng: of the bootstrap.

    Returns:
        The ratio and its percentile interval over problems. All NaN where an error is not finite,
        or where the interval of L_orig − L_zero holds 0: then nothing is lost that could be
        recovered, and the ratio is noise. A single problem has a ratio and no interval.
    """
    nothing = (np.nan, np.nan, np.nan)
    if not np.isfinite(errors).all():
        return nothing
    original, replaced, zero = errors.mean(axis=0)
    # A difference in the last digits of the walk's float32 is none.
    if abs(original - zero) <= 1e-6 * max(abs(original), abs(zero)):
        return nothing
    value = float((replaced - zero) / (original - zero))
    if len(errors) < 2:
        return value, np.nan, np.nan
    drawn = resampled_means(errors, rng, resamples)
    lost = drawn[:, 0] - drawn[:, 2]
    low, high = np.quantile(lost, [0.025, 0.975])
    if low <= 0 <= high:
        return nothing
    # A resample whose loss vanishes has no ratio; it can be at most the few outside the interval.
    usable = lost * np.sign(original - zero) > 0
    ratio = (drawn[usable, 1] - drawn[usable, 2]) / lost[usable]
    low, high = np.quantile(ratio, [0.025, 0.975])
    return value, float(low), float(high)


def recovery(
    walker: Walker,
    codings: Mapping[str, Replace],
    standard: Standard,
    resamples: int,
    rng: np.random.Generator,
) -> Recovery:
    """Walk with the activation as it is, 0, and as every coding rebuilds it.

    Args:
        walker: the sampler on held-out problems.
        codings: name → replacement.
        standard: which points are replaced.
        resamples: of the bootstrap.
        rng: of the bootstrap.

    Returns:
        Mean errors, the loss recovered, and L0 in each walk.
    """
    nothing = Stepwise(walker, standard, lambda x, *_: (torch.zeros_like(x), x.new_zeros(len(x))))
    walks = {name: Stepwise(walker, standard, replace) for name, replace in codings.items()}
    original, zero = walker.errors(), walker.errors(nothing)
    errors = {name: walker.errors(energy) for name, energy in walks.items()}
    there = slice(walker.highest + 1)
    return Recovery(
        _mean(original),
        _mean(zero),
        {name: _mean(e) for name, e in errors.items()},
        {
            name: loss_recovered(np.stack([original, e, zero], axis=1), resamples, rng)
            for name, e in errors.items()
        },
        {n: (w.active / np.where(w.asked > 0, w.asked, np.nan))[there] for n, w in walks.items()},
        {name: float(w.active.sum() / max(w.asked.sum(), 1.0)) for name, w in walks.items()},
    )


def _mean(errors: Float[np.ndarray, "P"]) -> float:
    mean = float(errors.mean())
    return mean if np.isfinite(mean) else np.nan
