"""What the paper's sheet draws from: mean errors of the store and of the tables that ship."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.paper import answers, example, rows, weights
from app.paper.answers import OFFICIAL, Answer
from app.paper.example import Example
from app.shared.address import address as links
from app.shared.address.address import Address
from app.shared.asks import commands, reading, settling
from app.shared.asks.reading import Subject
from app.shared.page.contract import Missing
from store import QuestionInfo, Store

OFFICIAL_MISSING = "These weights were not measured with the official sampler."


@dataclass(frozen=True)
class Scene:
    """Answers of all tasks, and the weights that each task is shown with.

    Args:
        store: opened.
        everything: there is to show.
        chosen: task → digest of its weights.
    """

    store: Store
    everything: tuple[Answer, ...]
    chosen: Mapping[str, str]

    @property
    def identity(self) -> tuple[Any, ...]:
        """The weights, and which tables ship; the store's generation says the rest."""
        return (*self.chosen.items(), answers.shipped_facts())

    def question(self, analysis: str) -> QuestionInfo | None:
        """The first question of an analysis about the chosen weights."""
        asked = reading.questions(self.store, analysis=analysis)
        return next((q for q in asked if q.rows and q.model in self.chosen.values()), None)

    def official(self, task: str) -> dict[str, Answer]:
        """Variant → answer of the official sampler; empty where none was measured."""
        if task not in self.chosen:
            return {}
        return rows.pick(self.everything, task, self.chosen[task], OFFICIAL)

    def by_steps(self, task: str) -> dict[int, dict[str, Answer]]:
        """Inner steps → variant → answer; empty where none was measured."""
        if task not in self.chosen:
            return {}
        return rows.by_steps(self.everything, task, self.chosen[task])

    def example(self, task: str) -> Example | None:
        """Problems of the chosen weights whose descent is in the store."""
        return example.find(self.store, task, self.chosen[task]) if task in self.chosen else None

    def lacks(self, task: str, text: str = OFFICIAL_MISSING) -> Missing:
        """What stands where a task has no weights, or where they lack what the text says."""
        if task not in self.chosen:
            text = f"No weights for {task} have been measured yet."
        return Missing(text, {"analysis": answers.ANALYSIS}, command(self.store))


def command(store: Store) -> str:
    """The shell line that measures everything on this sheet."""
    return commands.run("precompute/sweeps/accuracy.toml", store)


def scene(
    store: Store, address: Address, subject: Subject | None
) -> tuple[Address, Scene | Missing]:
    """Choose the weights of each task, and settle the address with what the store has of them."""
    address, _ = settling.settle(store, address)  # what links to other views carry
    tables, trouble = answers.shipped_tables()
    if tables is None:
        address = address.replace(links.plain(f"Shipped {trouble}", 400))
    everything = answers.everything(store)
    if not everything:
        text = "No accuracy has been measured in this store yet."
        return address, Missing(text, {"analysis": answers.ANALYSIS}, command(store))
    address, chosen = weights.settle(store, everything, address)
    address = example.settle(store, address, chosen.get(address["task"]))
    return address, Scene(store, tuple(everything), chosen)
