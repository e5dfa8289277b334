"""The scatter of the Problems view: two scalars, coloured by a third; it narrows the table."""

from typing import Any

import numpy as np
import streamlit as st

from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks.chosen import Scope
from app.shared.drawing import scatter as figures
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import look as theme
from app.shared.page.foot import Download
from app.shared.table import rows as table_rows
from app.shared.table import statements
from app.shared.table import words as column_words
from app.shared.table.quantities import Quantity
from app.shared.table.rows import Rows
from store import QuestionInfo, Store

VIEW = "problems"

MOST_POINTS = 100_000
"""Points of a scatter; WebGL in a browser draws no more with comfort."""


def scatter(
    s: Store, address: Address, of: Scope, known: dict[str, Quantity], asked: list[QuestionInfo]
) -> list[int] | None:
    """Draw the problems over any two scalars.

    Args:
        s: the store.
        address: settled and bound.
        of: questions, level and place.
        known: columns.
        asked: questions of the subject.

    Returns:
        Problems that the reader selected in it; None if there is no selection.
    """
    with st.container(horizontal=True, gap="small"):
        for name, label in (("x", "Across"), ("y", "Up"), ("colour", "Colour")):
            st.selectbox(
                label,
                list(known),
                key=session.key(VIEW, name),
                format_func=lambda i: column_words.menu(known[i]),
                on_change=session.push,
                args=(VIEW,),
            )
    ids = list(dict.fromkeys([address["x"], address["y"], address["colour"]]))
    query = statements.select(of, known, ids, address["filter"], limit=MOST_POINTS)
    points = table_rows.points(s, of, known, ids, Rows(address["filter"]), MOST_POINTS)
    if points.empty:
        chrome.nothing("No problem passes these filters.")
        return None
    axes = [
        figures.Axis(
            column_words.axis(known[address[n]], address), points[address[n]].to_numpy(dtype=float)
        )
        for n in ("x", "y", "colour")
    ]
    colour = known[address["colour"]]
    ink = theme.ink()
    figure = figures.scatter(
        points["problem"].to_numpy(),
        *axes,
        figures.quantity_of(colour.unit, axes[2].values),
        address["problem"],
        known[address["x"]].unit == known[address["y"]].unit != "1",
        theme.template(theme.active()),
        ink.text,
        ink.muted,
    )
    key = f"problems:scatter:{hash((of, tuple(ids), address['filter']))}"
    event = st.plotly_chart(
        figure, theme=None, key=key, on_select="rerun", selection_mode=("points", "box", "lasso"),
        config={
            "displaylogo": False, "scrollZoom": False, "modeBarButtonsToRemove": [theme.UPLOAD],
        },
    )  # fmt: skip
    shown, whole = len(points), table_rows.total(s, of, known, address["filter"])
    part = f" (the first {shown:,} of {whole:,})" if shown < whole else ""
    used = [q for q in asked if any(_of(known[i], q) for i in ids)]
    name = f"scatter-{address['model'][:8]}-{address['set']}"
    citing.foot(
        address,
        "scatter",
        f"One point is one problem{part}; {column_words.measured(address)} Drag to select:"
        " the table then shows only these. Dashed: equal values. The ring marks the selected"
        " problem.",
        citing.citation(s, *used),
        citing.python_sql(s, query.sql, query.params),
        citing.command(s, used[-1]) if used else "",
        [
            Download("CSV", f"{name}.csv", "text/csv", lambda: points.to_csv(index=False)),
            citing.html(figure, name),
        ],
    )
    return _chosen(event)


def _of(column: Quantity, question: QuestionInfo) -> bool:
    return any(part.analysis == question.analysis for part in column.parts)


def _chosen(event: Any) -> list[int] | None:
    points = event.selection.points if event else []
    problems = [int(np.ravel(p["customdata"])[0]) for p in points if p.get("curve_number", 0) == 0]
    return sorted(set(problems)) or None
