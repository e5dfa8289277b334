"""What browser tests ask for by name; a module that does gives its store as the fixture `root`.

`browser` is imported where it is needed: most tests need no playwright.
"""

import importlib

import pytest


def pytest_configure():
    """Views register their parameters when the list of views is loaded."""
    importlib.import_module("app.views")


@pytest.fixture(scope="module")
def url(root):
    """Address of the app, which shows `root`."""
    import browser

    with browser.serve(root) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    import browser

    with browser.chromium() as running:
        yield running


@pytest.fixture
def page(chromium):
    """A fresh window, see `browser.page_of`."""
    import browser

    with browser.page_of(chromium) as shown:
        yield shown
