"""Steering from the page: a feature is scaled or added, beside random controls."""

import re

import browser
import pytest
from playwright.sync_api import Page, expect
from test_app_live import HEAD, act, drawn, form, panel, show, swept

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SWEEP = f"""{HEAD}
[[analyses]]
name = "descent"
[[analyses]]
name = "dictionary_codes"
inputs.dictionary = {{ features = 24, k = 4, steps = 20, batch = 64 }}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    browser.require()
    return swept(tmp_path_factory.mktemp("steer") / "store", SWEEP)


@pytest.fixture(scope="module")
def url(root):
    with browser.serve(root, live="local") as address:
        yield address


@pytest.fixture
def page(url, chromium):
    with browser.page_of(chromium) as page:
        page.address = url
        yield page


def said(page: Page) -> list[str]:
    drawn(page, "steered")
    return panel(page, "steered").locator(".ip-sentence").all_inner_texts()


def test_a_feature_is_scaled_and_its_atom_added_beside_random_controls(page: Page) -> None:
    show(page, problem=0)
    drawn(page, "features")
    opened = form(page, "features", {})
    feature = opened.get_by_label("feature", exact=True).first.input_value()
    act(opened)
    off = " ".join(said(page))
    assert re.search(rf"Feature {feature} off.*‖Δŷ‖.*random atoms of equal code norm", off)

    act(form(page, "features", {"strength": "3"}))
    expect(panel(page, "steered")).to_contain_text(f"Feature {feature} × 3")
    expect(page.locator(".ip-dock-line")).to_contain_text("× 3")

    act(form(page, "features", {"mode": "add", "strength": "2"}))
    expect(panel(page, "steered")).to_contain_text(f"Atom of feature {feature} added, strength 2")
    expect(panel(page, "steered")).to_contain_text("random unit directions")
    added = said(page)

    page.reload()  # the link keeps it
    expect(panel(page, "steered")).to_contain_text(added[0])
    page.keyboard.press("[")  # and the answer before is a key away
    expect(panel(page, "steered")).to_contain_text(f"Feature {feature} × 3")
