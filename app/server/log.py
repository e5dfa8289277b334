"""The server's log: time, level, session, what. One form for our lines and for Streamlit's."""

import logging
import re

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.server.sessions import HEADER

OURS = ("app", "store", "ired_interp_core")
NOBODY = "-" * 8
"""Stands for the session where a line is about none."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def session() -> str:
    """The id, in our log, of the session whose script is running."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return NOBODY
    return st.context.headers.get(HEADER.decode()) or NOBODY


class Form(logging.Formatter):
    """A line with its session, by our id, and without Streamlit's, which would open the session."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(session)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Spell a record."""
        if not hasattr(record, "session"):
            record.session = session()
        return _UUID.sub("(an id)", super().format(record))


def start() -> None:
    """Give the log its form; a second time changes nothing."""
    for name in OURS:
        ours = logging.getLogger(name)
        ours.setLevel(logging.INFO)
        ours.propagate = False
        ours.handlers = [logging.StreamHandler()]
    for name in list(logging.root.manager.loggerDict):
        for handler in logging.getLogger(name).handlers:
            handler.setFormatter(Form())
