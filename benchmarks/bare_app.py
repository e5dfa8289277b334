"""What Landscape stands beside: an empty page, and a page with the same figures from memory."""

import os

import streamlit as st

from app.components import host
from app.shared.address.address import parse
from app.shared.asks import reading
from app.shared.drawing.payload import to_json
from app.shared.page import look, outcomes, pages
from app.views import VIEWS

st.set_page_config(layout="wide")
count = st.session_state["count"] = st.session_state.get("count", -1) + 1
LANDSCAPE = next(view for view in VIEWS if view.name == "landscape")


@st.cache_resource
def texts(problems: int) -> tuple[str, list[dict[str, tuple[str, int]]]]:
    """What all panels share, and of every problem each panel's payload and height."""
    found = []
    for problem in range(problems):
        address = parse(LANDSCAPE.name, {"problem": [str(problem)]})
        page = pages.settled(LANDSCAPE, reading.here(), address)
        found.append({})
        for panel in page.panels:
            read = outcomes.values(panel, page.address, {})
            outcome = outcomes.outcome(panel, page.scene, read, "light")
            text = outcomes.spelled(panel, outcome, page.store, read)
            found[-1][panel.id] = text, panel.height
    shared = {
        "version": host.version(),
        "templates": {g: look.template(g).to_plotly_json() for g in ("light", "dark")},
        "level": 0,
        "levels": host.stops(page.scene.schedule),
        "bar": True,
        "query": "",
        "live": [],
        "panels": list(found[0]),
    }
    return to_json(shared), found


st.button("next", shortcut="N")
if os.environ["BENCH_PAGE"] == "figures":
    shared, every = texts(int(os.environ["BENCH_PROBLEMS"]))
    host.page("bare-host", shared)
    for name, (text, height) in every[count % len(every)].items():
        host.panel(f"bare-{name}", text, height)
st.text(f"run {count}")
