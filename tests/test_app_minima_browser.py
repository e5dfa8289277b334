"""Minima in Chromium: the level moves all panels, a mark and a saddle choose what others show."""

import browser
import minima_store
import pytest
from browser import asked, panel
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return minima_store.make(tmp_path_factory.mktemp("minima") / "store")


def at(page, name, kind, which):
    """Where a mark is on the page: of the trace with this name the point at this place."""
    panel(page, name).scroll_into_view_if_needed()
    panel(page, name).locator(".ip-seen .gl-container, .ip-seen .main-svg").first.wait_for()
    browser.settled(page)
    return page.evaluate(
        """([name, kind, which]) => {
          const plot = document.querySelector(`[data-panel=${name}] .ip-seen`);
          const trace = plot._fullData.find((one) => one.name === kind);
          const { xaxis, yaxis } = plot._fullLayout, { left, top } = plot.getBoundingClientRect();
          return [left + xaxis._offset + xaxis.d2p(trace.x[which]),
                  top + yaxis._offset + yaxis.d2p(trace.y[which])];
        }""",
        [name, kind, which],
    )


def click(page, name, kind, which):
    """Click a mark of a panel's figure."""
    page.mouse.click(*at(page, name, kind, which))


def test_what_is_clicked_is_what_the_other_panels_show(page, url):
    page.goto(f"{url}/minima")
    browser.settled(page)
    expect(panel(page, "answer")).to_contain_text("t = 0: two minima")
    expect(panel(page, "card")).to_contain_text("T · the sampler's answer")
    click(page, "lineage", "other minimum", 2)  # of t = 2, 1, 0 in the order of their levels
    asked(page, minimum=1, level=2)
    expect(panel(page, "answer")).to_contain_text("t = 2: two minima")
    expect(panel(page, "card")).to_contain_text("minimum 1")
    page.keyboard.press("5")
    asked(page, level=5)
    expect(panel(page, "card")).to_contain_text("not at this level")
    expect(panel(page, "path")).to_contain_text("one minimum: no path")
    page.goto(f"{url}/minima?problem=1")
    browser.settled(page)
    page.mouse.move(*at(page, "tree", "other minimum", 2))  # minimum 3
    lit = ".ip-body > :is(.ip-state, .ip-cell)"
    for name, count in (("tree", 1), ("lineage", 1), ("path", 0), ("shares", 2)):
        expect(panel(page, name).locator(lit)).to_have_count(count)
    expect(panel(page, "list").locator(".ip-named th")).to_have_text("3")
    page.mouse.move(0, 0)
    expect(page.locator(lit)).to_have_count(0)
    page.keyboard.down("Shift")
    click(page, "tree", "other minimum", 1)
    page.keyboard.up("Shift")
    asked(page, pair="0~2")
    click(page, "tree", "saddle", 1)
    asked(page, pair="1~2")
    expect(panel(page, "path")).to_contain_text("1–2 · residual 8 %")
    panel(page, "list").locator("tbody tr", has_text="lower").click()
    asked(page, minimum=1)
    page.reload()
    browser.settled(page)
    expect(panel(page, "card")).to_contain_text("minimum 1 · lower than T")
    page.get_by_text("All problems", exact=True).first.click()
    asked(page, sheet="all")
