"""The rows of the paper's tables, and what one answer is worth beside trivial predictors."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from app.paper import weights
from app.paper.answers import OFFICIAL, Answer, Setting
from app.shared.drawing.names import baseline_name
from app.shared.table.baselines import Interval
from app.shared.table.verdict import Beside, Mean
from ired_interp_core import published
from ired_interp_core.schema import LEVELS
from ired_interp_core.spelling import counted
from ired_interp_core.tasks import VARIANTS
from store import Store

SIMPLE = {
    "inverse": ("polynomial_1",),
    "completion": ("copy_observed", "posterior_mean"),
    "addition": ("zero", "exact", "exact_undivided"),
}
"""Predictors that Table 1 names whatever they score; the best one is named with them."""
REFITTED = "_refitted"
IS_TRUTH = 0.999
"""R² of the truth on a predictor from which on the predictor *is* the answer, up to a factor: then
nothing lies beyond it."""
MOST_OTHERS = 3
"""Trainings without the contrastive loss that get rows of their own."""


@dataclass(frozen=True)
class Near:
    """How nearly the model computes a trivial predictor.

    Args:
        name: of the predictor, as the store names it.
        r2: R² of ŷ on its answer b.
        control: R² of the truth on its answer, same problems.
        slope: of ŷ − b on y* − b; NaN where b is the truth.
        cosine: between the two.
        truth: corr²(ŷ, y*).
    """

    name: str
    r2: Interval
    control: float
    slope: Interval
    cosine: Interval
    truth: Interval


def mean(answer: Answer, name: str) -> Mean:
    """A mean over the problems, with its standard error."""
    return Mean(answer.numbers[name], answer.numbers[f"{name}_error"])


def official(answer: Answer) -> Mean:
    """MSE as the paper's code measures it: of the last state, not divided by √ᾱ_0."""
    return mean(answer, "mse_official")


def beside(answer: Answer) -> list[Beside]:
    """The trivial predictors on the same problems, largest error first."""
    predictors = [
        Beside(
            str(name),
            Mean(row["baseline_mse"], row["baseline_mse_error"]),
            interval(row, "difference"),
            Mean(row["distance"], row["distance_error"]),
            int(row["baseline_problems"]),
        )
        for name, row in answer.baselines.iterrows()
    ]
    return sorted(predictors, key=lambda predictor: -predictor.mse.value)


def named(answer: Answer) -> list[Beside]:
    """Those that Table 1 names: the task's simplest, the best one, the best refitted on harder."""
    there = beside(answer)
    informed = [b for b in there if b.name.endswith(REFITTED)]
    best = (rival(answer), *informed[-1:])
    wanted = {*SIMPLE.get(answer.task, ()), *(b.name for b in best if b)}
    return [b for b in there if b.name in wanted]


def rival(answer: Answer) -> Beside | None:
    """The best trivial predictor that knows no more than the model: refitted ones saw *harder*."""
    fair = [b for b in beside(answer) if not b.name.endswith(REFITTED)]
    return fair[-1] if fair else None


def nearest(answer: Answer) -> Near | None:
    """The trivial predictor whose answers ŷ is nearest to, by R²; None where no R² is there."""
    r2 = answer.baselines["r2"].dropna()
    if r2.empty:
        return None
    name = str(r2.idxmax())
    row = answer.baselines.loc[name]
    slope, cosine = (interval(row, n) for n in ("slope", "cosine"))
    if float(row["r2_truth"]) >= IS_TRUTH:  # of a predictor that is the truth up to a factor
        slope = cosine = Interval(*[math.nan] * 3)
    truth = interval(answer.numbers, "truth_correlation")
    return Near(name, interval(row, "r2"), float(row["r2_truth"]), slope, cosine, truth)


def compared(answer: Answer, whole: Answer | None, name: str) -> Interval | None:
    """What an answer differs by from another; None where they were not paired on their problems.

    Args:
        answer: in question.
        whole: what it is held against.
        name: `difference` or `ratio` of `accuracy_paired`, `official_` before it for that answer.

    Returns:
        The mean over the same problems, with its interval.
    """
    if whole is None or not answer.paired or answer.paired_with != whole.key:
        return None
    return interval(answer.paired, name)


def interval(numbers: Mapping[str, float] | pd.Series, name: str) -> Interval:
    """An estimate of `accuracy` with its interval."""
    return Interval(*(float(numbers[n]) for n in (name, f"{name}_low", f"{name}_high")))


def quoted(answer: Answer) -> float:
    """The published MSE of an answer's task, variant and setting; NaN where the paper has none."""
    setting = answer.setting
    if answer.size != published.SIZE or not setting.but_for_steps:
        return float("nan")
    if setting == OFFICIAL:
        return published.MSE.get(answer.task, {}).get(answer.variant, float("nan"))
    by_steps = published.MSE_BY_STEPS if answer.task == "inverse" else {}
    return by_steps.get(setting.inner_steps * LEVELS, {}).get(answer.variant, float("nan"))


def label(name: str) -> str:
    """Name a trivial predictor as the text does: the two-parameter one by its formula."""
    base = name.removesuffix(REFITTED)
    if base != "polynomial_1":
        return baseline_name(name)
    return "c₀·I + c₁·A" + (", refitted" if name != base else "")


def of_model(everything: Sequence[Answer], task: str, model: str) -> list[Answer]:
    """Answers of one model, in every setting that was measured."""
    return [a for a in everything if (a.task, a.model) == (task, model)]


def pick(
    everything: Sequence[Answer], task: str, model: str, setting: Setting
) -> dict[str, Answer]:
    """Answers of one setting: variant → answer, same first."""
    found = {a.variant: a for a in of_model(everything, task, model) if a.setting == setting}
    return {v: found[v] for v in VARIANTS if v in found}


def by_steps(everything: Sequence[Answer], task: str, model: str) -> dict[int, dict[str, Answer]]:
    """Table 2: inner steps, ascending from 1 → variant → answer with the official box and jump."""
    settings = {a.setting for a in of_model(everything, task, model) if a.setting.but_for_steps}
    ascending = sorted(settings, key=lambda setting: setting.inner_steps)
    found = {s.inner_steps: pick(everything, task, model, s) for s in ascending if s.inner_steps}
    if OFFICIAL.inner_steps in found:
        whole = found.pop(OFFICIAL.inner_steps)
        found[OFFICIAL.inner_steps] = _on_the_same(whole, [*found.values()])
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Ablation:
    """One row of Table 3.

    Args:
        name: of what was changed.
        model: digest.
        answers: variant → answer.
    """

    name: str
    model: str
    answers: Mapping[str, Answer]


def what_changed(setting: Setting) -> str:
    """Say what of the official sampler a setting changes."""
    parts = []
    if not setting.jump:
        parts.append("without the jump")
    if setting.inner_steps == 0:
        parts.append("jump only, no steps" if setting.jump else "no steps")
    elif setting.inner_steps != OFFICIAL.inner_steps:
        parts.append(counted(setting.inner_steps, "inner step"))
    if setting.clip != OFFICIAL.clip:
        parts.append(f"clip {setting.clip:g}")
    return ", ".join(parts) or "official sampler"


def ablations(store: Store, everything: Sequence[Answer], task: str, model: str) -> list[Ablation]:
    """Table 3: what the parts of the sampler, and of the loss, are worth.

    Args:
        store: opened.
        everything: there is.
        task: its name.
        model: digest.

    Returns:
        The official sampler, then without parts, then other boxes, then other trainings.
    """
    order = sorted(
        {a.setting for a in of_model(everything, task, model) if not _fewer_steps(a.setting)},
        key=lambda s: (s != OFFICIAL, s.clip != OFFICIAL.clip, s.clip, not s.jump, -s.inner_steps),
    )
    rows = [Ablation(what_changed(s), model, pick(everything, task, model, s)) for s in order]
    if rows and order[0] == OFFICIAL:
        whole = _on_the_same(rows[0].answers, [r.answers for r in rows[1:]])
        rows[0] = replace(rows[0], answers=whole)
    others = {
        m: pick(everything, task, m, OFFICIAL)
        for m in weights.models(store, everything, task)
        if m != model and weights.negatives(store, m) == "none"
    }
    without = [m for m, answers in others.items() if answers]
    without.sort(key=lambda m: -math.prod(weights.trained(store, m)))
    name = "trained without the contrastive loss"
    for m in without[:MOST_OTHERS]:
        rows.append(Ablation(name, m, others[m]))
    if rows and weights.negatives(store, model) == "none":
        own = [Ablation(f"{name}: {r.name}", model, r.answers) for r in rows if r.model == model]
        rows = [*own, *(r for r in rows if r.model != model)]
    return rows


def _on_the_same(
    whole: Mapping[str, Answer], rows: Sequence[Mapping[str, Answer]]
) -> dict[str, Answer]:
    """The official answers by variant, on the problems that the rows are paired with them on."""
    chosen = {}
    for variant, largest in whole.items():
        held = [answers[variant].paired_with for answers in rows if variant in answers]
        known = [a for a in (largest, *largest.others) if a.key in held]
        chosen[variant] = known[0] if known else largest
    return chosen


def _fewer_steps(setting: Setting) -> bool:
    """Whether the number of steps alone differs, as in Table 2; no steps are a part left out."""
    return setting.but_for_steps and setting.inner_steps not in {0, OFFICIAL.inner_steps}
