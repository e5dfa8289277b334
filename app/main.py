"""Start of the app: `python -m precompute app --store DIR`, which runs Streamlit on this file."""

import sys
from functools import partial
from pathlib import Path

import streamlit as st

# Streamlit puts this file's folder on the path, where the packages must come from the one above.
if (root := str(Path(__file__).resolve().parents[1])) not in sys.path:
    sys.path.insert(0, root)

from app.shared.address import address as links
from app.shared.page import frame as chrome
from app.shared.page import panels
from app.views import VIEWS
from ired_interp_core.errors import Refusal

ICON = str(Path(__file__).with_name("icon.svg"))
"""A file of our own: the browser fetches an icon given by its name from elsewhere."""


def main() -> None:
    """Show the view that the address names, or say in one line why there is none."""
    st.set_page_config("ired-interp", page_icon=ICON, layout="wide")
    chrome.style()
    pages = {
        view.name: st.Page(
            partial(panels.show, view),
            title=f"{view.title} · ired-interp",
            url_path=links.PATHS[view.name].strip("/"),
            default=links.PATHS[view.name] == "/",
        )
        for view in VIEWS
    }
    chrome.register(pages, {view.name: view for view in VIEWS})
    page = st.navigation(list(pages.values()), position="hidden")
    try:
        page.run()
    except Refusal as error:
        chrome.refusal(error)


main()
