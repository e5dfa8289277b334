"""Which weights each task of the paper's tables is shown with, and what they are called."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.paper import answers as paper_answers
from app.paper.answers import OFFICIAL, Answer
from app.shared.address import address as links
from app.shared.address.address import Address
from ired_interp_core import published
from ired_interp_core.spelling import counted
from store import Store

TASKS = tuple(published.MSE)


def models(store: Store, everything: Sequence[Answer], task: str) -> list[str]:
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
    for a in everything:
        if a.task != task:
            continue
        best = rank.setdefault(a.model, [0.0, 0.0, 0.0, 0.0])
        best[0] = max(best[0], a.setting == OFFICIAL)
        best[1] = max(best[1], not all(one.shipped for one in (a, *a.others)))
        best[2] = max(best[2], a.problems * (a.setting == OFFICIAL))
        best[3] = trained(store, a.model)[0]
    return sorted(rank, key=lambda m: ([-v for v in rank[m]], m))


def shipped(everything: Sequence[Answer], task: str, chosen: str) -> list[str]:
    """Digests of the weights that ship with us for a task, those that are chosen left out."""
    ours = {a.model for a in everything for one in (a, *a.others) if one.shipped and a.task == task}
    return sorted(ours - {chosen})


def _training(store: Store, model: str) -> Mapping[str, Any]:
    facts = paper_answers.card(store, model).get("training")
    return facts if isinstance(facts, Mapping) else {}


def trained(store: Store, model: str) -> tuple[int, int]:
    """Steps and batch that weights were trained with; 0 where their card does not say."""
    steps, batch = (_training(store, model).get(name, 0) for name in ("steps", "batch"))
    return (steps if isinstance(steps, int) else 0, batch if isinstance(batch, int) else 0)


def negatives(store: Store, model: str) -> str:
    """How negatives were made in the training of weights; "" where their card does not say."""
    return str(_training(store, model).get("negatives", ""))


def settle(
    store: Store, everything: Sequence[Answer], address: Address
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
            why = (
                "several models begin like this"
                if fitting
                else "this store has no accuracy of such a model"
            )
            address = address.replace(f"weights={asked[:12]}: {why}; left out")
            continue
        task, model = fitting[0]
        if named.setdefault(task, model) != model:
            why = f"other weights of {task} were named before"
            address = address.replace(f"weights={asked[:12]}: {why}; left out")
    chosen |= named
    return address.replace(weights=tuple(chosen.values())), chosen


def exchange(address: Address, chosen: Mapping[str, str], task: str, model: str) -> Address:
    """The address with other weights for one task."""
    return address.replace(weights=tuple({**chosen, task: model}.values()))


def named(store: Store, model: str) -> tuple[str, str]:
    """Name weights for a reader: how long they were trained, and what their card warns of.

    Args:
        store: opened.
        model: digest.

    Returns:
        Title, steps of which batch, first digits of the digest; the remark, or "".
    """
    card = paper_answers.card(store, model)
    steps, batch = trained(store, model)
    name = links.plain(card.get("title") or "weights without a card", 60)
    if steps and " step" not in name:
        name += f" · {counted(steps, 'step')}"
    if batch:
        name += f" of batch {batch:,}"
    return f"{name} · {model[:8]}", links.plain(card.get("remark") or "", 300)
