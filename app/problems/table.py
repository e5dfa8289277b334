"""The table of the Problems view: paged, sorted and filtered by the catalog."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app.shared.address import fields, session
from app.shared.address.address import Address
from app.shared.asks.chosen import Scope
from app.shared.page import foot as citing
from app.shared.page.foot import Download
from app.shared.table import filters, statements
from app.shared.table import rows as table_rows
from app.shared.table import words as column_words
from app.shared.table.quantities import Quantity
from app.shared.table.rows import Rows
from store import QuestionInfo, Store

VIEW = "problems"
ROWS = 50
"""Rows of a page."""
MOST_CSV = 200_000
"""Rows of a saved table."""


def table(
    s: Store,
    address: Address,
    of: Scope,
    known: dict[str, Quantity],
    asked: list[QuestionInfo],
    total: int,
    pages: int,
    chosen: list[int] | None,
) -> None:
    """Show one page of the wide table.

    Args:
        s: the store.
        address: settled and bound.
        of: questions, level and place.
        known: columns.
        asked: questions of the subject.
        total: problems that pass the filters.
        pages: of the table.
        chosen: problems selected in the scatter, None without a selection.
    """
    _order(address, known, total if chosen is None else len(chosen), 1 if chosen else pages)
    filters.chips(address, known)
    shown = _columns(address, known)
    offset = (address["page"] - 1) * ROWS if chosen is None else 0
    down = address["order"] == "down"
    stored = [i for i in shown if known[i].stored]
    query = statements.select(
        of, known, stored, address["filter"], address["sort"], down, ROWS, offset, _few(chosen)
    )
    wanted = Rows(address["filter"], address["sort"], down)
    problems = table_rows.ordered(s, of, known, wanted, ROWS, offset, _few(chosen))
    rows = _page(s.generation, of, tuple(shown), tuple(problems), s, known)
    at = np.flatnonzero(rows["problem"] == address["problem"])
    key = f"problems:table:{hash((query, address['problem']))}"
    st.dataframe(
        rows,
        hide_index=True,
        height=430,
        key=key,
        on_select=lambda: _pick(key, rows["problem"].tolist(), address["problem"]),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [int(at[0])] if at.size else []}},
        column_config=_config(known, shown, address),
        row_height=28,
    )
    every = [i for i, q in known.items() if q.parts and q.stored]
    descent = asked[-1]
    citing.foot(
        address,
        "table",
        f"One row is one problem; {column_words.measured(address)} Best baseline: the trivial"
        " predictor with the smallest mean error on these problems. Tick a row to see what is like"
        " it.",
        citing.citation(s, *asked),
        citing.python_sql(s, query.sql, query.params),
        citing.command(s, descent),
        [
            Download(
                "CSV, all columns",
                f"problems-{address['set']}.csv",
                "text/csv",
                lambda: table_rows.points(s, of, known, every, wanted, MOST_CSV).to_csv(
                    index=False
                ),
            )
        ],
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _page(
    generation: str,
    of: Scope,
    shown: tuple[str, ...],
    problems: tuple[int, ...],
    _s: Store,
    _known: dict[str, Quantity],
) -> pd.DataFrame:
    return table_rows.page(_s, of, _known, shown, problems)


def _few(chosen: list[int] | None) -> list[int] | None:
    return None if chosen is None else chosen[:5000]


def _order(address: Address, known: dict[str, Quantity], total: int, pages: int) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.selectbox(
            "Sort by",
            list(known),
            key=session.key(VIEW, "sort"),
            format_func=lambda i: column_words.menu(known[i]),
            on_change=session.push,
            args=(VIEW,),
            kwargs={"page": 1},
        )
        st.segmented_control(
            "Order",
            ["down", "up"],
            key=session.key(VIEW, "order"),
            format_func={"down": "largest first", "up": "smallest first"}.get,
            required=True,
            on_change=session.push,
            args=(VIEW,),
            kwargs={"page": 1},
        )
        full = len(address["filter"]) >= fields.MOST_FILTERS
        with st.popover("Filter", icon=":material/filter_alt:", disabled=full):
            filters.form(address, known)
        if pages > 1:
            st.number_input(
                f"Page of {pages}",
                1,
                pages,
                key=session.key(VIEW, "page"),
                on_change=session.push,
                args=(VIEW,),
                width=120,
            )
        st.caption(f"{total:,} problem{'' if total == 1 else 's'}", width="content")


LEADING = (
    "descent.mse_final",
    "problem_properties.best_baseline",
    "descent.excess",
    "descent.mse_official",
    "descent.energy_excess",
    "hessian_spectrum.smallest_eigenvalue",
    "hessian_spectrum.index",
    "hessian_spectrum.above_inverse_sigma",
    "problem_properties.log10_condition",
)
"""Columns that stand first; the sorted one and those of filters and axes come before the others."""


def _columns(address: Address, known: dict[str, Quantity]) -> list[str]:
    used = [address["sort"], *(f.column for f in address["filter"])]
    beside = []
    for name in ("descent.mse", "descent.minimum_mse"):
        if name in used:
            beside += [name, "problem_properties.best_baseline"]
    unlabelled = [i for i, q in known.items() if q.stored and not q.labels]
    wanted = [*LEADING[:3], *used, *beside, *LEADING[3:], *unlabelled]
    return [i for i in dict.fromkeys(wanted) if i in known and i != "problem"]


def _config(known: dict[str, Quantity], shown: Sequence[str], address: Address) -> dict[str, Any]:
    config: dict[str, Any] = {
        "problem": st.column_config.NumberColumn("problem", format="%d", pinned=True, width=70)
    }
    for i in shown:
        column = known[i]
        config[i] = st.column_config.NumberColumn(
            column.axis,
            help=f"{column_words.axis(column, address)}: {column.help}. Unit: {column.unit}.",
            format="%.4g",
        )
    return config


def _pick(key: str, problems: list[int], before: int | None) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    problem = problems[rows[0]] if rows else None
    if problem != before:
        session.push(VIEW, problem=problem)
