"""A page with a panel of every kind, for the tests of the browser host; needs no store.

Run by hand: `PYTHONPATH=. streamlit run tests/host_page.py`.
"""

import json

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from app.components import host
from app.shared.drawing import colours
from app.shared.drawing.levels import (
    LEVEL_ORDER,
    Chip,
    Column,
    Levels,
    Linked,
    Row,
    Sentence,
    Strong,
    Table,
    axis,
    levels_of,
)
from app.shared.drawing.payload import to_json
from app.shared.page import look
from ired_interp_core.schedule import cosine

GRID = """<style>
[data-testid="stMainBlockContainer"] { max-width: 1760px; padding: 8px 22px; }
.st-key-grid { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); gap: 8px;
  align-items: stretch; }
.st-key-grid > * { grid-column: span 8; min-width: 0; }
.st-key-grid > :nth-child(1) { grid-column: span 24; }
.st-key-grid > :nth-child(2) { grid-column: span 9; }
.st-key-grid > :nth-child(3) { grid-column: span 6; }
.st-key-grid > :nth-child(4) { grid-column: span 9; }
@media (max-width: 1180px) {
  .st-key-grid > * { grid-column: span 12 !important; }
  .st-key-grid > :nth-child(1) { grid-column: span 24 !important; }
}
@media (max-width: 720px) { .st-key-grid > * { grid-column: span 24 !important; } }
</style>"""
SIDE = 20


def matrices(trace_names: tuple[str, ...], seed: int) -> Levels:
    """Heat maps of one cell per entry, side by side, sharper from level to level."""
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(len(trace_names), SIDE, SIDE)).astype(np.float32)
    bar = {"thickness": 8, "outlinewidth": 0, "x": 1.01, "tickfont": {"size": 11}}
    layout = {
        "margin": {"l": 8, "r": 56, "t": 22, "b": 8},
        "coloraxis": {"colorscale": colours.SIGNED, "cmid": 0, "colorbar": bar},
        "annotations": [],
    }
    width = 1 / len(trace_names)
    for i, name in enumerate(trace_names):
        suffix = str(i + 1) if i else ""
        span = [i * width + 0.01, (i + 1) * width - 0.01]
        plain = {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False}
        layout[f"xaxis{suffix}"] = {"domain": span, **plain}
        layout[f"yaxis{suffix}"] = {
            "anchor": f"x{suffix}", "scaleanchor": f"x{suffix}", "autorange": "reversed", **plain
        }  # fmt: skip
        layout["annotations"].append(
            {"text": name, "x": sum(span) / 2, "y": 1, "xref": "paper", "yref": "paper",
             "yanchor": "bottom", "showarrow": False, "font": {"size": 12}}
        )  # fmt: skip
    levels = [
        [
            {
                "type": "heatmap", "z": base[i] * (10 - t) / 10, "name": name, "meta": "matrix",
                "xaxis": f"x{i + 1 if i else ''}", "yaxis": f"y{i + 1 if i else ''}",
                "coloraxis": "coloraxis", "xgap": 0, "ygap": 0,
                "hovertemplate": f"{name} · row %{{y}}, column %{{x}} · %{{z:.3f}}<extra></extra>",
            }
            for i, name in enumerate(trace_names)
        ]
        for t in LEVEL_ORDER
    ]  # fmt: skip
    return Levels(layout, (), levels)


def traces() -> Levels:
    """A walk through the levels whose points lead to them."""
    steps = np.arange(10, dtype=np.float32)
    walk = {
        "type": "scatter", "mode": "lines+markers", "x": steps, "y": 3 * np.exp(-steps / 4),
        "customdata": np.array(LEVEL_ORDER, np.int32), "meta": "jump", "marker": {"size": 8},
    }  # fmt: skip
    shade = [
        {"shapes": [{"type": "rect", "x0": i - 0.4, "x1": i + 0.4, "y0": 0, "y1": 1,
                     "yref": "paper", "fillcolor": colours.SHADE, "line": {"width": 0}}]}
        for i in range(10)
    ]  # fmt: skip
    margin = {"l": 46, "r": 10, "t": 6, "b": 36}
    layout = {"margin": margin, "xaxis": axis("step"), "yaxis": axis("E_t [1]")}
    return Levels(layout, (walk,), (), shade)


def scatter() -> Levels:
    rng = np.random.default_rng(3)
    x, y = rng.lognormal(size=(2, 400)).astype(np.float32)
    trace = go.Scatter(
        x=x, y=y, mode="markers", marker={"size": 5, "opacity": 0.8},
        customdata=np.stack([np.arange(400), np.arange(400) % 7], 1).astype(np.int32),
        hovertemplate="problem %{customdata[0]}<br>MSE %{y:.3f}<br>click: open<extra></extra>",
    )  # fmt: skip
    margin = {"l": 46, "r": 10, "t": 6, "b": 36}
    layout = {
        "margin": margin,
        "xaxis": axis("κ [1]", type="log"),
        "yaxis": axis("MSE [1]", type="log"),
    }
    return levels_of(go.Figure(trace, layout))


def surface() -> Levels:
    grid = np.linspace(-2, 2, 41)
    z = np.sin(grid[:, None] ** 2 + grid[None, :])
    scene = {"xaxis": {"title": "a"}, "yaxis": {"title": "b"}, "zaxis": {"title": "E"}}
    levels = [
        [
            {
                "type": "surface",
                "z": (z * (1 + t / 9)).astype(np.float32),
                "x": grid,
                "y": grid,
                "colorscale": colours.ENERGY,
                "showscale": False,
            }
        ]
        for t in LEVEL_ORDER
    ]
    return Levels({"margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "scene": scene}, (), levels)


def hovered() -> Levels:
    """Points whose small matrices are drawn at the pointer."""
    rng = np.random.default_rng(5)
    entries = rng.integers(-127, 128, size=(30, SIDE, SIDE)).astype(np.int8)
    x, y = rng.normal(size=(2, 40)).astype(np.float32)
    trace = {
        "type": "scatter", "mode": "markers", "x": x, "y": y, "hoverinfo": "none",
        "customdata": np.arange(40, dtype=np.int32), "marker": {"size": 9},
    }  # fmt: skip
    margin = {"l": 46, "r": 10, "t": 6, "b": 36}
    hover = {
        "kind": "matrix", "features": np.arange(30, dtype=np.int32), "entries": entries,
        "scale": np.full(30, 0.25, np.float32), "side": SIDE, "stops": colours.SIGNED,
        "facts": rng.uniform(size=(40, 2)).astype(np.float32),
        "factNames": ["density", "strength"], "labels": {"3": "diagonal"},
    }  # fmt: skip
    layout = {"margin": margin, "xaxis": axis("PC 1"), "yaxis": axis("PC 2")}
    return Levels(layout, (trace,), hover=hover)


def table(chosen: int, rows: int = 40, columns: int = 9) -> Table:
    rng = np.random.default_rng(2)
    numbers = rng.normal(size=(rows, columns))
    heads = [
        Column("problem", id="problem", sortable=True),
        Column("task", id="task", align="left"),
        *(
            Column(f"quantity {c} [1]", f"what quantity {c} is", id=f"q{c}", sortable=True,
                   sorted="down" if c == 1 else "", mark=c == 2)
            for c in range(columns - 1)
        ),
    ]  # fmt: skip
    body = [
        Row(
            f"problem {r}", "", ["inverse", *(f"{v:.3f}" for v in numbers[r, 1:])],
            id=r, chosen=r == chosen,
        )
        for r in range(rows)
    ]  # fmt: skip
    return Table(heads, body)


def by_level() -> Table:
    heads = [Column("", id="quantity"), Column("truth", id="truth"), Column("ŷ", mark=True)]
    rows = [
        Row("λ max", "largest eigenvalue", [[f"{t + 1}.50" for t in LEVEL_ORDER], "2.25"]),
        Row("feature", "", [Linked("17", "× 0.31"), [Linked(str(t), "× 1") for t in LEVEL_ORDER]]),
    ]
    return Table(heads, rows, link="features?feature=")


def sentence() -> Sentence:
    line = [
        [
            "At level ",
            Strong(f"t = {t}"),
            " the Hessian at the truth has ",
            Strong(f"{400 - 9 * t} of 400"),
            " eigenvalues within 10 % of 1/σ, over 32 problems, one training.",
        ]
        for t in LEVEL_ORDER
    ]
    chips = [Chip("1.1 does not hold", "not"), Chip("1.3 holds", "holds")]
    return Sentence([line], chips)


def described(id, title, kind, body, **rest):
    return {
        "id": id, "title": title, "kind": kind, "caption": "", "long": "", "cite": "", "notes": [],
        "state": "drawn", "question": f"key of {id}", "name": f"{id}-inverse-p7",
        "about": "Model: M · Problems: inverse, problem 7", "picks": False, "selects": False,
        "files": ["CSV", "netCDF"], "python": "import store\n", "command": "ired run\n",
        **(vars(body) if body is not None else {}), **rest,
    }  # fmt: skip


def log(text: str) -> None:
    st.session_state.log = f"{text}\n{st.session_state.get('log', '')}"[:800]


def place(payload, height):
    id = payload["id"]

    def export(label):
        log(f"export {id} {label}")
        count = st.session_state["count"] = st.session_state.get("count", 0) + 1
        if label == host.NUMBERS:
            numbers = {"columns": ["problem", "MSE"], "rows": [[7, 0.0123456789], [8, None]]}
            text = json.dumps({**numbers, "total": 20000})
            file = host.file(host.NUMBERS, "numbers.json", "application/json", text)
        elif label == host.LIGHT:
            file = host.file(host.LIGHT, "", "application/json", to_json(payload))
        else:
            file = host.file(f"{count}", f"{id}.csv", "text/csv", "problem,MSE\n7,0.01\n")
        st.session_state[f"file {id}"] = file

    chosen = host.panel(
        f"panel-{id}",
        to_json(payload),
        height,
        file=st.session_state.get(f"file {id}"),
        on_picked=lambda pick: log(f"picked {id} {pick}"),
        on_selected=lambda customs: log(f"selected {id} {customs and len(customs)}"),
        on_export=export,
        on_cancel=lambda: (log(f"cancel {id}"), st.session_state.update(pending=False)),
    )
    if chosen:
        log(f"returned {len(chosen)}")


st.set_page_config(layout="wide")
st.html(GRID)
levels = "plain" not in st.query_params
shown = to_json(
    {
        "version": host.version(),
        "templates": {g: look.template(g).to_plotly_json() for g in ("light", "dark")},
        "levels": host.stops(cosine()) if levels else None,
        "bar": levels,
        "query": "level=0&place=truth",
        "live": ["level"] if levels else [],
        "opening": "import store\n",
        "panels": ["answer", "matrices", "walk", "points", "table"],
    }
)
host.page("page", shown)
with st.container(horizontal=True):
    st.button("pending", on_click=lambda: st.session_state.update(pending=True))
    st.button("done", on_click=lambda: st.session_state.update(pending=False))
    st.button("other data", on_click=lambda: st.session_state.update(other=True))
    st.number_input("number", 0, 9, key="number")
short = "Rows are problems, columns quantities; the chosen one is marked. Click a row to open it."
long = (
    "Each row is a problem of the set, each column a scalar at the chosen level and place. Units"
    " stand in brackets. Energies compare within one level only."
)
cite = "ired-interp, descent b81c22f4 · generation 20261121T042033"
words = {"caption": short, "long": long, "cite": cite}
with st.container(key="grid"):
    place(described("answer", "Answer", "sentence", sentence(), cite=cite, long=long), 0)
    place(
        described(
            "matrices", "Matrices", "plot", matrices(("x", "y*", "ŷ"), 1), picks=True,
            notes=[f"t = {t}: cells are entries, colours centred on 0" for t in LEVEL_ORDER],
            caption="Data frame, colours centred on 0. Hover a cell to light it everywhere.",
            long=long, cite=cite,
        ),
        240,
    )  # fmt: skip
    place(
        described(
            "walk", "Energy on the way", "plot", traces(), state="draft",
            notes=["a note that is long enough to wrap into a second line, and is never cut"],
            caption="Energy of every state. Click one to go to its level.",
        ),
        240,
    )  # fmt: skip
    seed = 9 if st.session_state.get("other") else 4
    errors = described("errors", "Errors", "plot", matrices(("|ŷ − y*|", "A·ŷ − 1"), seed), **words)
    if st.session_state.get("pending"):
        errors = {
            "id": "errors", "title": "Errors of another", "kind": "pending", "state": "pending",
            "question": "asked", "text": "computing", "share": 0.4,
        }  # fmt: skip
    place(errors, 240)
    place(
        described("points", "Error against condition", "plot", scatter(), picks=True, selects=True,
                  notes=["400 of 400 drawn"], **words),
        280,
    )  # fmt: skip
    if "flat" not in st.query_params:
        place(described("surface", "Surface", "plot", surface(), picks=True, **words), 280)
    place(described("table", "Problems", "table", table(3), picks=True, **words), 280)
    place(described("numbers", "Curvature in numbers", "table", by_level(), **words), 0)
    place(described("map", "Map of atoms", "plot", hovered(), picks=True, **words), 200)
    missing = "The exact Hessian has not been computed for problem 7 at the minimum."
    place(
        described("missing", "Spectrum", "note", None, text=missing, state="missing",
                  command="ired-interp run sweep.toml --store store\n", **words),
        160,
    )  # fmt: skip
    failed = "This panel failed: the traceback stands in the log."
    place(
        described("failed", "Cuts", "note", None, text=failed, state="failed", **words, command=""),
        160,
    )
    waiting = {
        "id": "waiting", "title": "Curvature of a new point", "kind": "pending",
        "state": "pending", "question": "new", "text": "computing", "share": None,
    }  # fmt: skip
    place(waiting, 160)
    if "wide" in st.query_params:
        place(described("wide", "Wide table", "table", table(3, 50, 60), picks=True), 400)
with st.container(key="log"):
    st.text(st.session_state.get("log", ""))
