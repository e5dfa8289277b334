"""The sampler on held-out problems with an activation replaced, and what of its error is kept."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core import tasks
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.dictionaries.intervention import Constant, Edit, Intervened, Rebuilt
from ired_interp_core.energy import Energy
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.intervals import resampled_means
from ired_interp_core.records import Gathered

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

    def answers(self, rows: Tensor, edit: Edit | None = None) -> Float[Tensor, "B d"]:
        """Walk some rows.

        Args:
            rows: which of the problems; one may stand several times.
            edit: of the activation, row by row.

        Returns:
            Final answers ŷ in the data frame, divided by √ᾱ_0, float64.
        """
        walk = anneal(
            Intervened(self.model, self.site, edit, self.highest),
            self.x[rows],
            self.start[rows],
            clip=self.clip,
            inner_steps=self.inner_steps,
            jump=self.jump,
        )
        return walk.answer.double()

    def errors(self, edit: Edit | None = None) -> Float[np.ndarray, "P"]:
        """Final MSE of every problem under one edit for all.

        Args:
            edit: of the activation.

        Returns:
            mean_d (ŷ − y*)², as `mse_final` of the descent; NaN or inf where the walk diverged.
        """
        pieces = [
            (self.answers(rows, edit) - self.y[rows]).square().mean(-1)
            for rows in torch.arange(len(self.x), device=self.x.device).split(ROWS_AT_ONCE)
        ]
        return torch.cat(pieces).cpu().numpy()


@dataclass(frozen=True)
class Recovery:
    """Final errors under replacement, and the loss recovered.

    Args:
        original: mean final MSE of the sampler as it is.
        replaced: with x̂ in place of x.
        zero: with 0.
        mean: with the training mean.
        recovered: (replaced − zero)/(original − zero).
        low: 2.5 % of a bootstrap over problems.
        high: 97.5 % of it.
    """

    original: float
    replaced: float
    zero: float
    mean: float
    recovered: float
    low: float
    high: float


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
    walker: Walker, dictionary: Dictionary, resamples: int, rng: np.random.Generator
) -> Recovery:
    """Walk with the activation as it is, rebuilt, 0, and the training mean.

    Args:
        walker: the sampler on held-out problems.
        dictionary: of the walker's site.
        resamples: of the bootstrap.
        rng: of the bootstrap.

    Returns:
        Mean errors, and the loss recovered.
    """
    edits: tuple[Edit | None, ...] = (
        None,
        Rebuilt(dictionary),
        Constant(torch.zeros_like(dictionary.centre)),
        Constant(dictionary.centre),
    )
    errors = np.stack([walker.errors(edit) for edit in edits], axis=1)
    original, replaced, zero, mean = (
        float(m) if np.isfinite(m) else np.nan for m in errors.mean(axis=0)
    )
    share, low, high = loss_recovered(errors[:, :3], resamples, rng)
    return Recovery(original, replaced, zero, mean, share, low, high)
