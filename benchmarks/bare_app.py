"""What Landscape stands beside: an empty page, and a page with the same figures from memory."""

import os

import streamlit as st

from app.components import panels
from app.landscape import scene
from app.shared.address import address as links
from app.shared.asks import reading

st.set_page_config(layout="wide")
count = st.session_state["count"] = st.session_state.get("count", -1) + 1


@st.cache_resource
def texts(problems: int) -> list[str]:
    """The payload of every problem, as Landscape makes it."""
    s, found = reading.here(), []
    for problem in range(problems):
        address, subject = reading.settle(s, links.parse("landscape", {"problem": [str(problem)]}))
        questions, address = scene.choose(s, subject, address)
        address = reading.settle_problem(address, scene.largest(questions))
        identity = scene.identity(s, questions, address)
        found.append(scene.payload(identity, s, questions, address)[0])
    return found


if os.environ["BENCH_PAGE"] == "figures":
    every = texts(int(os.environ["BENCH_PROBLEMS"]))
    st.button("next", shortcut="N")
    panels.show("bare-panels", every[count % len(every)])
else:
    st.button("next", shortcut="N")
st.text(f"run {count}")
