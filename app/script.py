"""The page: what Streamlit runs for a reader, again after each of their choices."""

import logging
import time
from functools import partial
from pathlib import Path

import streamlit as st

from app.shared.address import address as links
from app.shared.page import frame as chrome
from app.shared.page import panels
from app.views import VIEWS
from ired_interp_core.errors import Refusal

log = logging.getLogger("app.script")

ICON = str(Path(__file__).with_name("icon.svg"))
"""A file of our own: the browser fetches an icon given by its name from elsewhere."""


OF_THE_APP = " · ired-interp"
"""End of a page's title, which the browser shows in its tab."""


def main() -> None:
    """Show the view that the address names, or say in one line why there is none."""
    started = time.perf_counter()
    st.set_page_config(page_icon=ICON, layout="wide")
    chrome.style()
    pages = {
        view.name: st.Page(
            partial(panels.show, view),
            title=view.title + OF_THE_APP,
            url_path=links.PATHS[view.name].strip("/"),
            default=links.PATHS[view.name] == "/",
        )
        for view in VIEWS
    }
    chrome.register(pages, {view.name: view for view in VIEWS})
    page = st.navigation(list(pages.values()), position="hidden")
    name = page.title.removesuffix(OF_THE_APP)
    try:
        page.run()
    except Refusal as error:
        log.warning("%s refused: %s", name, error)
        chrome.refusal(error)
    else:
        log.info("%s in %.0f ms", name, (time.perf_counter() - started) * 1000)


main()
