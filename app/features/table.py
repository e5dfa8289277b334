"""The table of features: sorted and filtered by any number of theirs, narrowed on the map."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app.features import map as feature_map
from app.features import rows as feature_rows
from app.features.rows import MATCH, STRONGEST, Table
from app.shared.address import fields, session
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import labels
from app.shared.page.foot import Download
from app.shared.table import filters
from app.shared.table import words as column_words
from store import QuestionInfo, Store

VIEW = "features"
ROWS = 50
"""Rows of a page."""

LEADING = (
    "dictionary_features.energy_share", "dictionary_features.density",
    "dictionary_features.density_held_out", "dictionary_features.peak_level",
    "dictionary_causal.ablation",
    "dictionary_causal.ablation_random", MATCH, STRONGEST,
    "dictionary_features.strongest_correlation", "dictionary_features.strongest_p",
    "dictionary_features.atom_rank",
)  # fmt: skip
"""Columns that stand first; the sorted one and those of filters come before the others."""

BESIDE = {
    "dictionary_features.density": "dictionary_features.density_held_out",
    "dictionary_causal.ablation": "dictionary_causal.ablation_random",
    "dictionary_causal.ablation_shift": "dictionary_causal.ablation_random_shift",
    "dictionary_causal.steering": "dictionary_causal.steering_random",
    "dictionary_causal.steering_shift": "dictionary_causal.steering_random_shift",
}
"""Numbers that mean nothing without their control."""


def show(
    s: Store, address: Address, dictionary: QuestionInfo, of: Table, lasso: list[int] | None
) -> None:
    """Show one page of the table.

    Args:
        s: the store.
        address: settled and bound.
        dictionary: its question.
        of: numbers of all features.
        lasso: features selected on the map; None without a selection.
    """
    for error in of.broken:
        chrome.refusal(error)
    if not of.asked:
        chrome.nothing(
            "The features of this dictionary were not looked at yet.",
            features.command_for(s, dictionary, "dictionary_features"),
        )
        return
    known = feature_rows.sortable(of)
    found = feature_rows.passing(of, address["keep"], lasso)
    order = feature_rows.ordered(of, found, address["by"], address["way"] == "down")
    pages = max(1, -(-len(order) // ROWS))
    page = min(address["leaf"], pages)
    _order(address, known, len(order), (page, pages), lasso)
    filters.chips(address, known)
    said = labels.of(s, dictionary.key)
    rows = shown(of, address, order[(page - 1) * ROWS : page * ROWS], said)
    _rows(address, dictionary, of, rows)
    _foot(s, address, dictionary, of, order, said)


def shown(of: Table, address: Address, order: np.ndarray, said: labels.Labels) -> pd.DataFrame:
    """Rows as they stand on the page.

    Args:
        of: numbers of all features.
        address: whose order and filters say which columns stand first.
        order: features.
        said: labels.

    Returns:
        Columns feature, label where there are any, then numbers; properties by name.
    """
    used = [address["by"], *(f.column for f in address["keep"])]
    controls = [BESIDE[n] for n in used if n in BESIDE]
    wanted = [*LEADING[:2], *used, *controls, *LEADING[2:]]
    names = [n for n in dict.fromkeys([*wanted, *of.columns]) if n in of.columns and n != "feature"]
    rows = of.numbers.loc[order, names].reset_index(drop=True)
    if STRONGEST in names:
        rows[STRONGEST] = [
            of.properties[int(i)] if 0 <= i < len(of.properties) else "" for i in rows[STRONGEST]
        ]
    rows.insert(0, "feature", order)
    if any(label.text for label in said.values()):
        rows.insert(1, "label", [said[i].text if i in said else "" for i in order.tolist()])
    return rows


def _order(
    address: Address,
    known: dict[str, Any],
    total: int,
    at: tuple[int, int],
    lasso: list[int] | None,
) -> None:
    page, pages = at
    push = {"on_change": session.push, "args": (VIEW,), "kwargs": {"leaf": 1}}
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.selectbox(
            "Sort by",
            list(known),
            key=session.key(VIEW, "by"),
            format_func=lambda i: f"by {column_words.menu(known[i])}",
            label_visibility="collapsed",
            **push,
        )
        st.segmented_control(
            "Order",
            ["down", "up"],
            key=session.key(VIEW, "way"),
            format_func={"down": "↓", "up": "↑"}.get,
            required=True,
            label_visibility="collapsed",
            help="largest first, or smallest first",
            **push,
        )
        full = len(address["keep"]) >= fields.MOST_FILTERS
        with st.popover("Filter", icon=":material/filter_alt:", disabled=full):
            filters.form(address, known)
        if pages > 1:
            st.session_state[session.key(VIEW, "leaf")] = page
            st.number_input(
                f"Page of {pages}", 1, pages, key=session.key(VIEW, "leaf"), on_change=session.push,
                args=(VIEW,), width=110, label_visibility="collapsed", help=f"page of {pages}",
            )  # fmt: skip
        many = f"{total:,} feature{'' if total == 1 else 's'}"
        if lasso is None:
            st.caption(many, width="content")
            return
        st.button(
            f"{many} in the lasso",
            icon=":material/close:",
            icon_position="right",
            help="free them",
            key="features:free",
            on_click=feature_map.clear,
        )


def _rows(address: Address, dictionary: QuestionInfo, of: Table, rows: pd.DataFrame) -> None:
    at = np.flatnonzero(rows["feature"] == address["feature"])
    listed = rows["feature"].tolist()
    key = f"features:table:{hash((dictionary.key, tuple(listed), address['feature']))}"
    st.dataframe(
        rows,
        hide_index=True,
        height=342,
        row_height=28,
        key=key,
        on_select=lambda: _pick(key, listed, address["feature"]),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [int(at[0])] if at.size else []}},
        placeholder="",
        column_config=_config(of, list(rows.columns)),
    )


def _config(of: Table, names: Sequence[str]) -> dict[str, Any]:
    config = st.column_config
    made: dict[str, Any] = {
        "feature": config.NumberColumn("feature", format="%d", pinned=True, width=62),
        "label": config.TextColumn("label", help="what readers call it; newest wins", width=150),
        STRONGEST: config.TextColumn("property", help=of.columns[STRONGEST].help)
        if STRONGEST in of.columns
        else None,
    }
    for name in names:
        if name not in made:
            c = of.columns[name]
            # Effects and p values lie decades apart: a fixed form keeps them comparable.
            form = "%.2e" if c.unit in {"y", "y²"} or name.endswith("_p") else "%.4g"
            made[name] = config.NumberColumn(c.axis, help=f"{c.help}. Unit: {c.unit}.", format=form)
    return made


def _pick(key: str, listed: list[int], before: int | None) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    feature = listed[rows[0]] if rows else None
    if feature != before:
        session.push(VIEW, feature=feature)


def _foot(
    s: Store,
    address: Address,
    dictionary: QuestionInfo,
    of: Table,
    order: np.ndarray,
    said: labels.Labels,
) -> None:
    question = of.asked[0]
    query = f"SELECT * FROM {question.analysis}__feature WHERE question = ? ORDER BY feature"

    def file() -> str:
        rows = shown(of, address, order, said)
        for name in ("text", "note", "author", "at"):
            rows[f"label_{name}"] = [
                getattr(said[i], name) if i in said else "" for i in order.tolist()
            ]
        return rows.drop(columns="label", errors="ignore").to_csv(index=False)

    citing.foot(
        address,
        "features",
        "One row is one feature; tick it for its card. Effects ΔMSE stand beside a random direction"
        " of the same length, |cos| beside the random null on the sheet Compare; p is Holm's over"
        " all features and properties. Blank: never active, not tested, or without a pair.",
        citing.citation(s, *of.asked),
        citing.python_sql(s, query, [question.key]),
        citing.command(s, question),
        [Download("CSV with labels", f"features-{dictionary.key[:8]}.csv", "text/csv", file)],
    )
