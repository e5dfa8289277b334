"""The table of features: sorted and filtered by any number of theirs, narrowed on the map."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from app.components.said import Picked
from app.features import rows, tables
from app.features.rows import MATCH, STRONGEST
from app.features.scene import Scene
from app.features.tables import Shown
from app.shared.address.address import Address
from app.shared.address.fields import Filter
from app.shared.asks import commands
from app.shared.asks.kept import kept
from app.shared.page.contract import Drawn, Fields, Outcome, Source
from ired_interp_core.spelling import counted

CAUSAL = "dictionary_causal."

LEADING = (
    "dictionary_features.energy_share", "dictionary_features.density",
    "dictionary_features.density_held_out", "dictionary_features.peak_level",
    f"{CAUSAL}ablation_shift", f"{CAUSAL}ablation_shift_control",
    f"{CAUSAL}ablation_shift_verdict", f"{CAUSAL}ablation_error", f"{CAUSAL}ablation_error_found",
    f"{CAUSAL}ablation_error_verdict", MATCH, STRONGEST,
    "dictionary_features.strongest_correlation", "dictionary_features.strongest_p",
    "dictionary_features.atom_rank",
)  # fmt: skip
"""Columns that stand first; the sorted one and those of filters come before the others."""

BESIDE = {
    "dictionary_features.density": "dictionary_features.density_held_out",
    **{
        f"{CAUSAL}{name}": f"{CAUSAL}{name}_control"
        for name in ("ablation_shift", "ablation_error", "steering_shift", "steering_error")
    },
}
"""Numbers that mean nothing without their control."""


def draw(scene: Scene, fields: Fields) -> Outcome:
    """One page of the features, in the order of a number of theirs."""
    table = scene.table
    if not table.asked:
        if table.broken:
            raise table.broken[0]
        text = "The features of this dictionary have not been computed yet."
        return scene.lacks(text, "dictionary_features")
    lasso = held(fields["@map"])
    found = rows.passing(table, fields["keep"], lasso)
    order = rows.ordered(table, found, fields["by"], fields["way"] == "down")
    page, which = tables.page(len(order), fields["leaf"])
    names = columns(scene, fields["by"], fields["keep"])
    shown = page_of(scene, names, order[page])
    sort = f"{'-' if fields['way'] == 'down' else ''}{fields['by']}"
    ids = shown["feature"].tolist()
    body = tables.table(shown, _heads(scene, names), ids, fields["feature"], sort)
    many = counted(len(order), "feature")
    note = many + ("" if lasso is None else " in the lasso") + which
    note += "".join(f" · not read: {error}" for error in table.broken)
    identity = (str(scene.store.root), scene.store.generation, scene.identity, tuple(names))
    question = table.asked[0]
    query = f"SELECT * FROM {question.analysis}__feature WHERE question = ? ORDER BY feature"
    return Drawn(
        body,
        _numbers((*identity, order.tobytes()), scene, names, order),
        [Source(q) for q in table.asked],
        note,
        python=commands.python_sql(scene.store, query, [question.key]),
    )


def held(selected: Sequence[Sequence[Any]] | None) -> list[int] | None:
    """Features in the lasso; None without one."""
    if selected is None:
        return None
    return [int(c[0]) for c in selected if c and isinstance(c[0], int | float)]


def columns(scene: Scene, by: str, keep: Sequence[Filter]) -> list[str]:
    """Columns as they stand from left to right, without that of the feature itself."""
    known = scene.table.columns
    used = [by, *(f.column for f in keep)]
    controls = [BESIDE[n] for n in used if n in BESIDE]
    wanted = [*LEADING[:2], *used, *controls, *LEADING[2:], *known]
    return [n for n in dict.fromkeys(wanted) if n in known and n != "feature"]


def page_of(scene: Scene, names: Sequence[str], order: np.ndarray) -> pd.DataFrame:
    """Rows of features: feature, label where there are any, then numbers; properties by name."""
    table, said = scene.table, scene.said
    found = table.numbers.loc[order, list(names)].reset_index(drop=True)
    if STRONGEST in found:
        known = dict(enumerate(table.properties))
        found[STRONGEST] = [known.get(int(i), "") if i >= 0 else "" for i in found[STRONGEST]]
    for name, flags in rows.WORDS.items():
        if name in found:
            found[name] = [flags[int(i)].replace("_", " ") if i > 0 else "" for i in found[name]]
    found.insert(0, "feature", order)
    if any(label.text for label in said.values()):
        found.insert(1, "label", [said[i].text if i in said else "" for i in order.tolist()])
    return found


def _heads(scene: Scene, names: Sequence[str]) -> list[Shown]:
    table = scene.table
    heads, sorts = [Shown("feature", "feature", "index of the feature", "d")], rows.sortable(table)
    if any(label.text for label in scene.said.values()):
        heads.append(Shown("label", "label", "what readers call it; newest wins", sorts=False))
    for name in names:
        column = table.columns[name]
        if name == STRONGEST:
            heads.append(Shown(name, "property", column.help, sorts=False))
            continue
        if name in rows.WORDS:
            heads.append(Shown(name, column.axis, column.help, sorts=False))
            continue
        # Effects and p values lie decades apart: a fixed form keeps them comparable.
        form = ".2e" if column.unit in {"y", "y²"} or name.endswith("_p") else ".4g"
        help_ = f"{column.help}. Unit: {column.unit}."
        heads.append(Shown(name, column.axis, help_, form, column.unit, name in sorts))
    return heads


def picked(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A row or an atom was clicked: its card is wanted; of a head, rows in its order."""
    if point.head:
        down = point.x != address["by"] or address["way"] == "up"
        return {"by": point.x, "way": "down" if down else "up", "leaf": 1}
    if not point.custom or not isinstance(point.custom[0], int | float):
        return None
    return {"feature": int(point.custom[0])}


@kept(8)
def _numbers(
    identity: tuple[Any, ...], _scene: Scene, _names: Sequence[str], _order: np.ndarray
) -> xr.Dataset:
    """All features that pass, not only those of the page; pages and cards share one copy."""
    found, known = page_of(_scene, _names, _order), _scene.table.columns
    data: dict[str, Any] = {}
    for name in _names:
        column = known[name]
        about = {"long_name": column.label, "units": column.unit, "help": column.help}
        data[name.replace(".", "_")] = ("feature", found[name].to_numpy(), about)
    if _scene.said:
        for part in ("text", "note", "author", "at"):
            said = [getattr(_scene.said.get(i), part, "") for i in _order.tolist()]
            data[f"label_{part}"] = ("feature", np.array(said, dtype=object), {"long_name": part})
    return xr.Dataset(data, {"feature": _order})
