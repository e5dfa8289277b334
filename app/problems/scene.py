"""What table and scatter of the view Problems are drawn from: one question of every analysis."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.shared.address import address as links
from app.shared.address.address import Address
from app.shared.asks import chosen, settling
from app.shared.asks.chosen import Family, Scope
from app.shared.asks.reading import Subject
from app.shared.page.contract import Missing
from app.shared.table import catalog, rows
from app.shared.table.quantities import Quantity
from ired_interp_core.schema import PLACES
from store import QuestionInfo, Store

VIEW = "problems"
ROWS = 50
"""Rows of a page."""
NONE = "no such column for this model and set"


@dataclass(frozen=True)
class Scene:
    """The questions about a subject that belong together.

    Args:
        store: the store.
        family: one question of each analysis, and those among which it was chosen.
    """

    store: Store
    family: Family

    @property
    def identity(self) -> tuple[Any, ...]:
        """Keys of the questions."""
        return tuple((name, q.key) for name, q in self.family.asked.items())

    def question(self, analysis: str) -> QuestionInfo | None:
        """The question of an analysis; None where there is none."""
        return self.family.asked.get(analysis)

    def scope(self, values: Mapping[str, Any]) -> Scope:
        """What the table shows at the level and place that are asked for."""
        return self.family.scope(values["level"], values["place"])

    @cached_property
    def columns(self) -> Mapping[str, Quantity]:
        """Every number of a problem, by id."""
        return catalog.columns(self.store, self.family.scope(0, PLACES[0]))

    def total(self, values: Mapping[str, Any]) -> int:
        """How many problems pass the filters."""
        return rows.total(self.store, self.scope(values), self.columns, values["filter"])


def pages(total: int) -> int:
    """Pages of so many rows; at least one."""
    return max(1, -(-total // ROWS))


def scene(store: Store, address: Address, subject: Subject) -> tuple[Address, Scene | Missing]:
    """Settle the address with the store, and choose the questions."""
    address, family = _family(store, subject, address)
    made = Scene(store, family)
    if len(made.columns) < 2:
        return address, Missing("Nothing was computed for this model on these problems yet.")
    address = _columns(address, made.columns)
    last = pages(made.total(address.values))
    if address["page"] > last:
        address = address.refuse("page", f"expected 1 … {last}", last)
    descent = made.question("descent")
    return (settling.problem(address, descent) if descent else address), made


def _family(store: Store, subject: Subject, address: Address) -> tuple[Address, Family]:
    address = chosen.settle_descent(store, subject, address)
    asked = dict(text.split("~") for text in address["ask"])
    wanted = asked | ({"descent": address["q"]} if address["q"] else {})
    family = chosen.family(store, subject, wanted)
    for name in sorted(family.refused.keys() & asked.keys()):
        address = address.replace(f"ask={name}~{wanted[name]}: {family.refused[name]}; left out")
    kept = tuple(
        f"{name}~{family.asked[name].key}"
        for name in wanted
        if name in family.asked and name not in family.refused and name != "descent"
    )
    return address.replace(ask=kept), family


def _columns(address: Address, known: Mapping[str, Quantity]) -> Address:
    filters, lost = catalog.usable(known, address["filter"])
    address = address.replace(filter=filters)
    for line in lost:
        address = address.replace(links.plain(line, 200))
    for name in ("sort", "x", "y", "colour"):
        default = links.VIEWS[VIEW][name].default
        instead = default if default in known else next(iter(known))
        address = address.among(name, known, NONE, instead)
    return address
