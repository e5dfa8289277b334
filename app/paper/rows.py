"""The paper's tables: which weights each task is shown with, and the rows of its three tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.paper import answers as paper_answers
from app.paper.answers import OFFICIAL, Answer, Setting, Shown
from app.shared.address import address as links
from app.shared.address.address import Address
from app.shared.drawing.names import baseline_name
from app.shared.table.verdict import Beside, Mean
from ired_interp_core import published
from ired_interp_core.schema import LEVELS
from ired_interp_core.tasks import VARIANTS
from store import Store

TASKS = tuple(published.MSE)
SIMPLE = {
    "inverse": ("polynomial_1",),
    "completion": ("copy_observed", "posterior_mean"),
    "addition": ("zero", "exact", "exact_undivided"),
}
"""Predictors that Table 1 names whatever they score; the best one is named with them."""
REFITTED = "_refitted"
MOST_OTHERS = 3
"""Trainings without the contrastive loss that get rows of their own."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval.

    Args:
        value: estimate.
        low: 2.5 %.
        high: 97.5 %.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Near:
    """How nearly the model computes a trivial predictor.

    Args:
        name: of the predictor, as the store names it.
        r2: R² of ŷ on its answer.
        control: R² of the truth on its answer, same problems.
        truth: R² of ŷ on the truth.
    """

    name: str
    r2: Interval
    control: float
    truth: Interval


def official(a: Answer) -> Mean:
    """MSE as the paper's code measures it: of the last state, not divided by √ᾱ_0."""
    return Mean(a.numbers["mse_official"], a.numbers["mse_official_error"])


def divided(a: Answer) -> Mean:
    """MSE of ŷ: of the last state, divided by √ᾱ_0."""
    return Mean(a.numbers["mse"], a.numbers["mse_error"])


def beside(a: Answer) -> list[Beside]:
    """The trivial predictors on the same problems, largest error first."""
    found = [
        Beside(
            str(name),
            Mean(row["baseline_mse"], row["baseline_mse_error"]),
            Mean(row["difference"], row["difference_error"]),
            Mean(row["distance"], row["distance_error"]),
        )
        for name, row in a.baselines.iterrows()
    ]
    return sorted(found, key=lambda b: -b.mse.value)


def named(a: Answer) -> list[Beside]:
    """The predictors that stand in Table 1.

    Args:
        a: an answer.

    Returns:
        The task's simplest ones, the best one, and the best of those refitted on harder; largest
        error first.
    """
    there = beside(a)
    informed = [b for b in there if b.name.endswith(REFITTED)]
    wanted = {*SIMPLE.get(a.task, ()), *(b.name for b in (rival(a), *informed[-1:]) if b)}
    return [b for b in there if b.name in wanted]


def rival(a: Answer) -> Beside | None:
    """The best trivial predictor that knows no more than the model: refitted ones saw *harder*.

    Args:
        a: an answer.

    Returns:
        None where no predictor was computed.
    """
    fair = [b for b in beside(a) if not b.name.endswith(REFITTED)]
    return fair[-1] if fair else None


def nearest(a: Answer) -> Near | None:
    """The trivial predictor whose answers ŷ is nearest to, by R²; None where no R² is there."""
    r2 = a.baselines["r2"].dropna()
    if r2.empty:
        return None
    name = str(r2.idxmax())
    row, own = a.baselines.loc[name], a.numbers
    truth = Interval(own["truth_r2"], own["truth_r2_low"], own["truth_r2_high"])
    r2_ = Interval(float(row["r2"]), float(row["r2_low"]), float(row["r2_high"]))
    return Near(name, r2_, float(row["r2_truth"]), truth)


def quoted(a: Answer) -> float:
    """The published MSE of an answer's task, variant and setting.

    Args:
        a: an answer.

    Returns:
        NaN where the paper has none: other sizes, other boxes, no jump, inverse of five steps.
    """
    s = a.setting
    if a.size != published.SIZE or not s.jump or s.clip != OFFICIAL.clip:
        return float("nan")
    if s == OFFICIAL:
        return published.MSE.get(a.task, {}).get(a.variant, float("nan"))
    by_steps = published.MSE_BY_STEPS if a.task == "inverse" else {}
    return by_steps.get(s.inner_steps * LEVELS, {}).get(a.variant, float("nan"))


def label(name: str) -> str:
    """Name a trivial predictor as the text does: the two-parameter one by its formula.

    Args:
        name: as the store names it.

    Returns:
        For example "c₀·I + c₁·A".
    """
    base = name.removesuffix("_refitted")
    known = {"polynomial_1": "c₀·I + c₁·A"}.get(base)
    return baseline_name(name) if known is None else known + name[len(base) :].replace("_", ", ")


# ----- which weights


def models(store: Store, everything: Sequence[Shown], task: str) -> list[str]:
    """Weights that a task can be shown with.

    Args:
        store: opened.
        everything: there is.
        task: its name.

    Returns:
        Digests: those with the official setting, of the store, over the most problems and trained
        longest come first.
    """
    rank: dict[str, list[float]] = {}
    for e in (e for e in everything if e.answer.task == task):
        a = e.answer
        best = rank.setdefault(a.model, [0.0, 0.0, 0.0, 0.0])
        best[0] = max(best[0], a.setting == OFFICIAL)
        best[1] = max(best[1], not all(o.shipped for o in (a, *e.others)))
        best[2] = max(best[2], a.problems * (a.setting == OFFICIAL))
        best[3] = trained(paper_answers.card(store, a.model))[0]
    return sorted(rank, key=lambda m: ([-v for v in rank[m]], m))


def trained(card: Mapping[str, Any]) -> tuple[int, int]:
    """Steps and batch that a card says weights were trained with; 0 where it does not say."""
    facts = card.get("training")
    facts = facts if isinstance(facts, Mapping) else {}
    steps, batch = (facts.get(n, 0) for n in ("steps", "batch"))
    return tuple(n if isinstance(n, int) else 0 for n in (steps, batch))  # type: ignore[return-value]


def settle(
    store: Store, everything: Sequence[Shown], address: Address
) -> tuple[Address, dict[str, str]]:
    """Choose the weights of every task.

    Args:
        store: opened.
        everything: there is.
        address: whose `weights` choose where they can.

    Returns:
        The address with full digests, one for each task that has some; and task → digest.
    """
    there = {t: m for t in TASKS if (m := models(store, everything, t))}
    chosen = {t: m[0] for t, m in there.items()}
    named: dict[str, str] = {}
    for asked in address["weights"]:
        fitting = [(t, m) for t, known in there.items() for m in known if m.startswith(asked)]
        if len(fitting) != 1:
            why = "several models begin so" if fitting else "no accuracy of such a model here"
            address = address.replace(f"weights={asked[:12]}: {why}; left out")
            continue
        task, model = fitting[0]
        if named.setdefault(task, model) != model:
            why = f"others of {task} came before"
            address = address.replace(f"weights={asked[:12]}: {why}; left out")
    chosen |= named
    return address.replace(weights=tuple(chosen.values())), chosen


def exchange(address: Address, chosen: Mapping[str, str], task: str, model: str) -> Address:
    """The address with other weights for one task."""
    return address.replace(weights=tuple({**chosen, task: model}.values()))


# ----- rows


def pick(everything: Sequence[Shown], task: str, model: str, setting: Setting) -> dict[str, Shown]:
    """Answers of one setting.

    Args:
        everything: there is.
        task: its name.
        model: digest.
        setting: of the sampler.

    Returns:
        Variant → answer, same first.
    """
    found = {
        e.answer.variant: e
        for e in everything
        if (e.answer.task, e.answer.model, e.answer.setting) == (task, model, setting)
    }
    return {v: found[v] for v in VARIANTS if v in found}


def by_steps(everything: Sequence[Shown], task: str, model: str) -> dict[int, dict[str, Shown]]:
    """Table 2: answers by number of inner steps, official box, with the jump.

    Args:
        everything: there is.
        task: its name.
        model: digest.

    Returns:
        Inner steps, ascending from 1 → variant → answer.
    """
    steps = sorted(
        {
            e.answer.setting.inner_steps
            for e in everything
            if (e.answer.task, e.answer.model) == (task, model)
            and e.answer.setting.jump
            and e.answer.setting.clip == OFFICIAL.clip
            and e.answer.setting.inner_steps > 0
        }
    )
    return {n: pick(everything, task, model, Setting(n, True, OFFICIAL.clip)) for n in steps}


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
    answers: Mapping[str, Shown]


def what_changed(setting: Setting) -> str:
    """Say what of the official sampler a setting changes."""
    parts = []
    if not setting.jump:
        parts.append("without the jump")
    if setting.inner_steps == 0:
        parts.append("jump only, no steps" if setting.jump else "no steps")
    elif setting.inner_steps != OFFICIAL.inner_steps:
        parts.append(f"{setting.inner_steps} inner steps")
    if setting.clip != OFFICIAL.clip:
        parts.append(f"clip {setting.clip:g}")
    return ", ".join(parts) or "official sampler"


def ablations(store: Store, everything: Sequence[Shown], task: str, model: str) -> list[Ablation]:
    """Table 3: what the parts of the sampler, and of the loss, are worth.

    Args:
        store: opened.
        everything: there is.
        task: its name.
        model: digest.

    Returns:
        The official sampler, then without parts, then other boxes, then other trainings.
    """
    settings = {
        e.answer.setting
        for e in everything
        if (e.answer.task, e.answer.model) == (task, model)
        # Fewer steps alone are Table 2's.
        and (
            e.answer.setting.inner_steps in {0, OFFICIAL.inner_steps}
            or not e.answer.setting.jump
            or e.answer.setting.clip != OFFICIAL.clip
        )
    }
    order = sorted(
        settings,
        key=lambda a: (a != OFFICIAL, a.clip != OFFICIAL.clip, a.clip, not a.jump, -a.inner_steps),
    )
    rows = [Ablation(what_changed(a), model, pick(everything, task, model, a)) for a in order]
    without = [
        m
        for m in models(store, everything, task)
        if m != model and _negatives(store, m) == "none" and pick(everything, task, m, OFFICIAL)
    ]
    without.sort(key=lambda m: -int(np.prod(trained(paper_answers.card(store, m)))))
    name = "trained without the contrastive loss"
    for m in without[:MOST_OTHERS]:
        rows.append(Ablation(name, m, pick(everything, task, m, OFFICIAL)))
    if rows and _negatives(store, model) == "none":
        own = [Ablation(f"{name}: {r.name}", model, r.answers) for r in rows if r.model == model]
        rows = [*own, *(r for r in rows if r.model != model)]
    return rows


def _negatives(store: Store, model: str) -> str:
    facts = paper_answers.card(store, model).get("training")
    return str(facts.get("negatives", "")) if isinstance(facts, Mapping) else ""


def model_words(store: Store, model: str) -> tuple[str, str]:
    """Name weights for a reader: how long they were trained, and what their card warns of.

    Args:
        store: opened.
        model: digest.

    Returns:
        Title, steps of which batch, first digits of the digest; the remark, or "".
    """
    card = paper_answers.card(store, model)
    steps, batch = trained(card)
    name = links.plain(card.get("title") or "weights without a card", 60)
    if steps and f"{steps:,} steps" not in name:
        name += f" · {steps:,} steps"
    if batch:
        name += f" of batch {batch:,}"
    return f"{name} · {model[:8]}", links.plain(card.get("remark") or "", 300)
