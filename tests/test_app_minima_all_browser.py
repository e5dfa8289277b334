"""The sheet of all problems and the minima on Landscape, in Chromium."""

import browser
import fake_store
import minima_store
import pytest
from browser import asked, panel
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The planted minima with planes: one that knows nothing of them, and one through T and 1."""
    fake = fake_store.Fake(tmp_path_factory.mktemp("minima") / "store", count=4)
    for name in ("problem_properties", "descent", "hessian_spectrum", "landscape_slice"):
        fake.ask(name)
    minima = fake.ask("minima", minima_store.minima(), {"starts": minima_store.STARTS})
    fake.ask("paths", minima_store.paths(), {"images": minima_store.IMAGES})
    fake.ask("minima_slice", minima=minima.key)
    return fake.write_run()


def test_marks_of_all_problems_lead_to_their_problems(page, url):
    page.goto(f"{url}/minima?sheet=all")
    browser.settled(page)
    expect(panel(page, "all_answer")).to_contain_text("2 of 4 problems")
    for name in ("counts", "lower", "who", "barriers", "gap", "pointing", "align", "births"):
        panel(page, name).scroll_into_view_if_needed()
        expect(panel(page, name).locator(".js-plotly-plot")).to_be_visible()
    counts = panel(page, "counts").locator(".nsewdrag").first
    counts.scroll_into_view_if_needed()
    box = counts.bounding_box()
    # Level 0 is the last of ten columns; a quarter from the bottom stand those with one minimum.
    page.mouse.click(box["x"] + 0.94 * box["width"], box["y"] + 0.75 * box["height"])
    page.wait_for_url("**/problems?**")
    browser.settled(page)
    expect(panel(page, "table").locator("tbody tr")).to_have_count(2)


def test_a_plane_through_minima_is_linked_to_and_marks_them_at_every_level(page, url):
    page.goto(f"{url}/landscape?plane=minima&through=0~0~1&problem={minima_store.TWO}&level=0")
    browser.settled(page)
    shown = panel(page, "slice")
    expect(shown.locator(".legendtext", has_text="minima").first).to_be_visible()
    expect(shown.locator(".ytitle")).to_contain_text("towards the truth")
    marks = "t => t.name === 'minima'"
    drawn = f"""() => [...document.querySelectorAll("[data-panel=slice] .ip-seen")]
      .map((node) => node._fullData.find({marks}).text.length)[0]"""
    assert page.evaluate(drawn) == 2
    page.keyboard.press("5")
    page.wait_for_selector(".ip-root[data-level='5']")
    assert page.evaluate(drawn) == 1  # there is one at this level, and nothing was asked for it
    asked(page, level=5)
