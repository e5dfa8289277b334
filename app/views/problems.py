"""Problems: every problem of a subject; any scalar sorts, filters, or becomes an axis."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import chrome, citing, links, reading, tables, theme
from app.citing import Download
from app.figures import scatter as figures
from app.figures.colours import PLACE_NAMES
from app.links import OPERATORS, Address, Filter
from app.reading import Subject
from app.tables import Column, Scope
from ired_interp_core.schema import LEVELS, PLACES
from store import QuestionInfo, Store

VIEW = "problems"
ROWS = 50
"""Rows of a page."""
MOST_CSV = 200_000


def show() -> None:
    """Show the view."""
    s, address, subject = chrome.begin(VIEW)
    if subject is None:
        chrome.head(s, address)
        chrome.empty(s)
        return
    address = _settle_descent(s, subject, address)
    of, asked = tables.scope(s, subject, address["level"], address["place"], address["q"])
    known = tables.columns(s, of)
    address = _settle(address, known, asked)
    total = _count(s, of, known, address["filter"])
    pages = max(1, -(-total // ROWS))
    if address["page"] > pages:
        address = address.refuse("page", f"expected 1 … {pages}", pages)
    links.bind(address)
    chrome.head(s, address)
    chrome.messages(address)
    _controls(s, address, subject)
    if not of.key("descent") and not of.key("problem_properties"):
        chrome.nothing("Nothing was computed for this model on these problems yet.")
        return
    left, right = st.columns([6, 5], gap="medium")
    with right:
        chosen = _scatter(s, address, of, known, asked)
    with left:
        _table(s, address, of, known, asked, total, pages, chosen)
        _selected(s, address, of, known)


def _settle_descent(s: Store, subject: Subject, address: Address) -> Address:
    there = _descents(s, subject)
    if not address["q"] or sum(key.startswith(address["q"]) for key in there) == 1:
        return address
    return address.refuse("q", "no such descent, or several, of this model and set", "")


def _descents(s: Store, subject: Subject) -> dict[str, str]:
    return {q.key: q.title for q in reading.questions(s, subject, "descent") if q.rows}


def _settle(address: Address, known: dict[str, Column], asked: list[QuestionInfo]) -> Address:
    filters, lost = tables.usable(known, address["filter"])
    address = address.replace(filter=filters)
    for line in lost:
        address = address.replace(links.plain(line, 200))
    for name in ("sort", "x", "y", "colour"):
        if address[name] not in known:
            there = links.VIEWS[VIEW][name].default
            there = there if there in known else next(iter(known))
            if address[name] == links.VIEWS[VIEW][name].default:
                address = address.replace(**{name: there})
            else:
                address = address.refuse(name, "no such column for this model and set", there)
    descent = next((q for q in asked if q.analysis == "descent"), None)
    return reading.settle_problem(address, descent) if descent else address


def _count(s: Store, of: Scope, known: dict[str, Column], filters: Sequence[Filter]) -> int:
    return int(tables.ask(s, tables.count(of, known, filters))["n"].iloc[0])


def _controls(s: Store, address: Address, subject: Subject) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="controls"):
        chrome.subject_bar(s, address, subject)
        _descent(address, _descents(s, subject))
        st.segmented_control(
            "Level t: 9 smooth … 0 sharp",
            list(range(LEVELS - 1, -1, -1)),
            key=links.key(VIEW, "level"),
            required=True,
            on_change=links.push,
            args=(VIEW,),
        )
        st.selectbox(
            "Place of the curvature",
            PLACES,
            key=links.key(VIEW, "place"),
            format_func=PLACE_NAMES.get,
            on_change=links.push,
            args=(VIEW,),
            width=150,
        )


def _descent(address: Address, there: dict[str, str]) -> None:
    if len(there) < 2:
        return
    key = "problems:descent"
    st.session_state[key] = next((k for k in there if k.startswith(address["q"])), None)
    st.selectbox(
        "Descent",
        list(there),
        key=key,
        format_func=lambda k: f"{there[k]} · {k[:8]}",
        on_change=lambda: links.push(VIEW, q=st.session_state[key], page=1),
        width=190,
        help="how the sampler was run: what differs from the official settings",
    )


def _filters(address: Address, known: dict[str, Column]) -> None:
    if not address["filter"]:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="filters"):
        for i, f in enumerate(address["filter"]):
            st.button(
                f"{known[f.column].label} {OPERATORS[f.operator]} {f.number:.6g}",
                key=f"problems:filter:{i}",
                icon=":material/close:",
                icon_position="right",
                help="remove this filter",
                on_click=_unfilter,
                args=(f,),
            )
        st.button(
            "Clear filters", key="problems:clear", type="tertiary", on_click=links.push,
            args=(VIEW,), kwargs={"filter": (), "page": 1},
        )  # fmt: skip


def _new_filter(address: Address, known: dict[str, Column]) -> None:
    with st.form("problems:new", border=False):
        column = st.selectbox("Column", list(known), format_func=lambda i: _menu(known[i]))
        operator = st.selectbox("is", list(OPERATORS), format_func=OPERATORS.get)
        number = st.number_input("number", value=0.0, format="%.6g", step=None)
        if st.form_submit_button("Add filter", disabled=column is None):
            new = Filter(column, operator, float(number))
            links.push(VIEW, filter=tuple(dict.fromkeys([*address["filter"], new])), page=1)
            st.rerun()


def _unfilter(gone: Filter) -> None:
    kept = tuple(f for f in st.session_state[links.key(VIEW, "filter")] if f != gone)
    links.push(VIEW, filter=kept, page=1)


def _menu(column: Column) -> str:
    where = {"level": " (t)", "level and place": " (t, place)"}.get(column.per, "")
    return f"{column.label} [{column.unit}]{where}" if column.unit != "1" else column.label + where


def _scatter(
    s: Store, address: Address, of: Scope, known: dict[str, Column], asked: list[QuestionInfo]
) -> list[int] | None:
    """Draw the scatter.

    Returns:
        Problems that the reader selected in it; None if there is no selection.
    """
    with st.container(horizontal=True, gap="small"):
        for name, label in (("x", "Across"), ("y", "Up"), ("colour", "Colour")):
            st.selectbox(
                label,
                list(known),
                key=links.key(VIEW, name),
                format_func=lambda i: _menu(known[i]),
                on_change=links.push,
                args=(VIEW,),
            )
    ids = list(dict.fromkeys([address["x"], address["y"], address["colour"]]))
    query = tables.select(of, known, ids, address["filter"], limit=tables.MOST_POINTS)
    points = tables.ask(s, query)
    if points.empty:
        chrome.nothing("No problem passes these filters.")
        return None
    axes = [
        figures.Axis(_axis(known[address[n]], address), points[address[n]].to_numpy(dtype=float))
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
        config={"displaylogo": False, "scrollZoom": False},
    )  # fmt: skip
    used = [q for q in asked if any(_of(known[i], q) for i in ids)]
    name = f"scatter-{address['model'][:8]}-{address['set']}"
    citing.foot(
        address,
        "scatter",
        f"One point is one problem; {_measured(address)} Drag to select: the table then shows only"
        " these. Dashed: equal values. The ring marks the selected problem.",
        citing.citation(s, *used),
        citing.python_sql(s, query.sql, query.params),
        citing.command(s, used[-1]) if used else "",
        [
            Download("CSV", f"{name}.csv", "text/csv", lambda: points.to_csv(index=False)),
            citing.html(figure, name),
        ],
    )
    return _chosen(event)


def _of(column: Column, question: QuestionInfo) -> bool:
    return any(table.startswith(f"{question.analysis}__") for table, _, _ in column.parts)


def _measured(address: Address) -> str:
    place = PLACE_NAMES[address["place"]]
    return f"per-level numbers at t = {address['level']}, curvature at the {place} (level frame)."


def _axis(column: Column, address: Address) -> str:
    at = {"level": f", t = {address['level']}"}
    at["level and place"] = f"{at['level']}, {PLACE_NAMES[address['place']]}"
    return column.axis + at.get(column.per, "")


def _chosen(event: Any) -> list[int] | None:
    points = event.selection.points if event else []
    problems = [int(np.ravel(p["customdata"])[0]) for p in points if p.get("curve_number", 0) == 0]
    return sorted(set(problems)) or None


def _table(
    s: Store,
    address: Address,
    of: Scope,
    known: dict[str, Column],
    asked: list[QuestionInfo],
    total: int,
    pages: int,
    chosen: list[int] | None,
) -> None:
    _order(address, known, total if chosen is None else len(chosen), 1 if chosen else pages)
    _filters(address, known)
    shown = _columns(address, known)
    offset = (address["page"] - 1) * ROWS if chosen is None else 0
    down = address["order"] == "down"
    query = tables.select(
        of, known, shown, address["filter"], address["sort"], down, ROWS, offset, _few(chosen)
    )
    rows = _page(s, of, known, query, shown, address, offset, chosen)
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
    every = list(known)[1:]
    whole = tables.select(of, known, every, address["filter"], address["sort"], down, MOST_CSV)
    descent = asked[-1]
    citing.foot(
        address,
        "table",
        f"One row is one problem; {_measured(address)} Best baseline: the trivial predictor with"
        " the smallest mean error on these problems. Tick a row to see what is like it.",
        citing.citation(s, *asked),
        citing.python_sql(s, query.sql, query.params),
        citing.command(s, descent),
        [
            Download(
                "CSV, all columns",
                f"problems-{address['set']}.csv",
                "text/csv",
                lambda: s.sql(whole.sql, whole.params).to_csv(index=False),
            )
        ],
    )


def _page(
    s: Store,
    of: Scope,
    known: dict[str, Column],
    whole: tables.Asked,
    shown: Sequence[str],
    address: Address,
    offset: int,
    chosen: list[int] | None,
) -> pd.DataFrame:
    """Find a page's problems first, then their columns: what `whole` gives, in two small questions.

    Returns:
        Rows in order.
    """
    by, down = address["sort"], address["order"] == "down"
    found = tables.select(of, known, [], address["filter"], by, down, ROWS, offset, _few(chosen))
    problems = tables.ask(s, found)["problem"].tolist()
    if not problems:
        return tables.ask(s, whole)
    return tables.ask(s, tables.select(of, known, shown, (), by, down, only=problems))


def _few(chosen: list[int] | None) -> list[int] | None:
    return None if chosen is None else chosen[:5000]


def _order(address: Address, known: dict[str, Column], total: int, pages: int) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.selectbox(
            "Sort by",
            list(known),
            key=links.key(VIEW, "sort"),
            format_func=lambda i: _menu(known[i]),
            on_change=links.push,
            args=(VIEW,),
            kwargs={"page": 1},
        )
        st.segmented_control(
            "Order",
            ["down", "up"],
            key=links.key(VIEW, "order"),
            format_func={"down": "largest first", "up": "smallest first"}.get,
            required=True,
            on_change=links.push,
            args=(VIEW,),
            kwargs={"page": 1},
        )
        full = len(address["filter"]) >= links.MOST_FILTERS
        with st.popover("Filter", icon=":material/filter_alt:", disabled=full):
            _new_filter(address, known)
        if pages > 1:
            st.number_input(
                f"Page of {pages}",
                1,
                pages,
                key=links.key(VIEW, "page"),
                on_change=links.push,
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


FACTS = ("descent.mse_final", "problem_properties.log10_condition")
"""Columns that are told of similar problems."""


def _columns(address: Address, known: dict[str, Column]) -> list[str]:
    used = [address["sort"], *(f.column for f in address["filter"])]
    beside = []
    for name in ("descent.mse", "descent.minimum_mse"):
        if name in used:
            beside += [name, "problem_properties.best_baseline"]
    wanted = [*LEADING[:3], *used, *beside, *LEADING[3:], *known]
    return [i for i in dict.fromkeys(wanted) if i in known and i != "problem"]


def _config(known: dict[str, Column], shown: Sequence[str], address: Address) -> dict[str, Any]:
    config: dict[str, Any] = {
        "problem": st.column_config.NumberColumn("problem", format="%d", pinned=True, width=70)
    }
    for i in shown:
        column = known[i]
        config[i] = st.column_config.NumberColumn(
            column.axis,
            help=f"{_axis(column, address)}: {column.help}. Unit: {column.unit}.",
            format="%.4g",
        )
    return config


def _pick(key: str, problems: list[int], before: int | None) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    problem = problems[rows[0]] if rows else None
    if problem != before:
        links.push(VIEW, problem=problem)


def _selected(s: Store, address: Address, of: Scope, known: dict[str, Column]) -> None:
    problem = address["problem"]
    if problem is None:
        return
    with st.container(border=True, key="selected", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", key="links-open"):
            st.markdown(f"**Problem {problem}**", width="content")
            chrome.link(
                "Open in Landscape", address.carry("landscape"), icon=":material/landscape:"
            )
        if not of.key("problem_properties"):
            return
        near = tables.similar(s, of, problem)
        if near.empty:
            return
        ids = [i for i in FACTS if i in known]
        facts = tables.ask(
            s, tables.select(of, known, ids, only=[problem, *near["problem"].tolist()])
        )
        own = pd.DataFrame({"problem": [problem], "distance": [0.0]})
        _neighbours(
            address, pd.concat([own, near]).merge(facts, on="problem", how="left"), known, ids
        )


def _neighbours(
    address: Address, rows: pd.DataFrame, known: dict[str, Column], ids: Sequence[str]
) -> None:
    st.caption(
        "Similar problems: nearest in all properties, each brought to mean 0 and standard"
        " deviation 1; distance in standard deviations."
    )
    with st.container(gap=None, key="links-similar"):
        for row in rows.iloc[1:].to_dict("records"):
            facts = " · ".join(f"{known[i].label} {row[i]:.4g}" for i in ids if pd.notna(row[i]))
            label = f"problem {int(row['problem'])} · distance {row['distance']:.2f} · {facts}"
            chrome.link(label, address.carry("landscape", problem=int(row["problem"])))
