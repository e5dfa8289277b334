"""The sheets of the view Geometry in Chromium: levels without a question, picks, links."""

import browser
import fake_store
import pytest
from browser import panel
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    fake = fake_store.Fake(tmp_path_factory.mktemp("geometry") / "store", count=4)
    fake.ask("problem_properties")
    fake.ask("geometry")
    fake.ask("symmetry")
    fake.ask("attribution", {"energy_gaps": lambda rng, shape: rng.uniform(0, 0.005, shape)})
    return fake.write_run()


def test_a_level_is_shown_without_a_question_and_a_row_shows_its_example(page, url):
    page.goto(f"{url}/geometry?sheet=symmetry&level=4")
    browser.settled(page)
    expect(panel(page, "symmetry_answer")).to_contain_text("t = 4: turned back")
    page.keyboard.press("7")
    page.wait_for_selector(".ip-root[data-level='7']")
    expect(panel(page, "symmetry_answer")).to_contain_text("t = 7: turned back")
    row = """() => {
      const plot = [...document.querySelectorAll("[data-panel=audit] .ip-seen")][0];
      const { _fullLayout: { xaxis, yaxis }, _fullData: data } = plot;
      const { x, y } = data[0], at = plot.getBoundingClientRect();
      return [at.x + xaxis._offset + xaxis.d2p(x[1]), at.y + yaxis._offset + yaxis.d2p(y[1]),
              data[0].customdata[1][1]];
    }"""
    x, y, turn = page.evaluate(row)
    page.mouse.click(x, y)
    page.wait_for_function(
        "turn => new URLSearchParams(location.search).get('turn') === turn "
        "|| turn === 'permutation'", arg=turn,
    )  # fmt: skip
    browser.settled(page)
    expect(panel(page, "example").locator(".ip-seen")).to_be_visible()


def test_a_mark_of_a_level_leads_to_its_problems(page, url):
    page.goto(f"{url}/geometry?sheet=subspaces")
    browser.settled(page)
    area = panel(page, "distance").locator(".nsewdrag").first
    box = area.bounding_box()
    mark = """() => {
      const plot = [...document.querySelectorAll("[data-panel=distance] .ip-seen")][0];
      const { _fullLayout: { xaxis, yaxis }, _fullData: data } = plot;
      const at = plot.getBoundingClientRect();
      const line = data.find((t) => t.name === "answer");
      return [at.x + xaxis._offset + xaxis.d2p(line.x[3]),
              at.y + yaxis._offset + yaxis.d2p(line.y[3])];
    }"""
    assert box
    page.mouse.click(*page.evaluate(mark))
    page.wait_for_url("**/problems?**level=6**")
    browser.settled(page)
    expect(panel(page, "table").locator("tbody tr")).to_have_count(4)


def test_a_lasso_leads_to_its_problems(page, url):
    page.goto(f"{url}/geometry?sheet=subspaces")
    browser.settled(page)
    area = panel(page, "energy").locator(".ip-seen .nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    for across, down in ((1, 0), (1, 1), (0, 1), (0, 0)):
        x, y = box["x"] + 2 + across * (box["width"] - 4), box["y"] + 2 + down * (box["height"] - 4)
        page.mouse.move(x, y, steps=5)
    page.mouse.up()
    link = panel(page, "energy").locator(".ip-chip a")
    expect(link).to_have_text("4 selected")
    link.click()
    page.wait_for_url("**/problems?**selected=scatter**")
    browser.settled(page)
    expect(panel(page, "scatter").locator(".ip-chip")).to_have_text("4 selected")
    expect(panel(page, "table").locator("tbody tr")).to_have_count(4)


def test_attribution_by_another_baseline_and_of_one_problem(page, url):
    page.goto(f"{url}/geometry?sheet=attribution")
    browser.settled(page)
    expect(panel(page, "attribution_answer")).to_contain_text("E, t = 0, from zero")
    page.get_by_role("radio", name="mean problem").click()
    browser.asked(page, baseline="mean")
    expect(panel(page, "attribution_answer")).to_contain_text("from the mean problem: per entry")
    cell = """() => {
      const plot = [...document.querySelectorAll("[data-panel=methods] .ip-seen")][0];
      const { _fullLayout: { xaxis, yaxis } } = plot, at = plot.getBoundingClientRect();
      return [at.x + xaxis._offset + xaxis.d2p("mean"), at.y + yaxis._offset + yaxis.d2p("zero")];
    }"""
    page.mouse.click(*page.evaluate(cell))
    page.wait_for_url("**/landscape?**attribution=zero**")
    browser.settled(page)
    expect(panel(page, "attribution")).to_contain_text("from zero")
