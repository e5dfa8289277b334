"""The server of the app: `ired-interp app --store DIR`, which runs Streamlit on this file."""

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

# Streamlit puts this file's folder on the path, where the packages must come from the one above.
if (root := str(Path(__file__).resolve().parents[1])) not in sys.path:
    sys.path.insert(0, root)

from app.live import route
from app.server.hosts import AllowedHosts, OwnHeaders
from app.server.life import lifespan
from app.server.pages import Pages
from app.server.ready import ROUTES
from app.server.sessions import Sessions

# Streamlit looks for a variable of this name and for `st.App` in its assignment.
app = st.App(
    Path(__file__).with_name("script.py"),
    lifespan=lifespan,
    routes=[*ROUTES, *route.ROUTES],
    middleware=[Middleware(one) for one in (OwnHeaders, AllowedHosts, Pages, Sessions)],
)
