"""Overview and Problems in Chromium: what a reader clicks, and what the address says."""

import itertools
import json
import re
from urllib.parse import parse_qs, urlsplit

import browser
import fake_store
import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

import store

pytestmark = pytest.mark.browser
COUNT = 24
BRIGHTNESS = """([selector, property]) => {
  const colour = getComputedStyle(document.querySelector(selector))[property];
  return colour.match(/\\d+/g).slice(0, 3).map(Number).reduce((sum, part) => sum + part);
}"""
"""Of a colour on the page: 0 of black, 765 of white."""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("problems") / "store"
    fake_store.make(folder, count=COUNT, asked=40)
    return fake_store.make(folder, count=8, model="two", run="second")


def go(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".st-key-bar")).to_be_visible(timeout=browser.PATIENCE)
    browser.settled(page)


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query, keep_blank_values=True)


def until(page: Page, **values: str) -> None:
    """Wait until the address has these values and the page has followed."""
    wanted = json.dumps(values)
    page.wait_for_function(
        "w => { const q = new URLSearchParams(location.search);"
        " return Object.entries(JSON.parse(w)).every(([k, v]) => q.get(k) === v); }",
        arg=wanted,
        timeout=browser.PATIENCE,
    )
    browser.settled(page)


def level(page: Page, t: int) -> None:
    group = page.get_by_test_id("stButtonGroup").filter(has_text="987")
    group.get_by_text(str(t), exact=True).click()


def tick(page: Page, row: int) -> None:
    page.locator("[data-panel=table] tbody tr").nth(row).click()


def counted(page: Page, text: str) -> None:
    """The table says how many problems it is about."""
    expect(page.locator("[data-panel=table] .ip-note")).to_have_text(text)


def scatter_points(page: Page, what: str = "customdata") -> list[float]:
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=browser.PATIENCE)
    return page.evaluate(
        "w => { const d = document.querySelector('.js-plotly-plot').data[0][w];"
        " return Array.from(d._inputArray ?? d); }",
        what,
    )


def test_overview_says_how_good_each_model_is_beside_predictors_that_learned_nothing(page, url):
    go(page, url)
    said = page.get_by_text(re.compile("Its answer is (better|worse) than|indistinguishable"))
    expect(said.first).to_be_visible()
    expect(page.locator("[data-panel=headline]")).to_contain_text(
        "beats the best trivial predictor"
    )
    expect(page.locator(".st-key-bar")).to_contain_text("152 of 232 rows")
    expect(page).to_have_title("Overview · ired-interp")
    rows = page.locator("[data-panel^=first-] tbody tr")
    rows.filter(has_text="worst beside").first.click()
    page.wait_for_url("**/landscape?*", timeout=browser.PATIENCE)
    expect(page).to_have_title("Landscape · ired-interp")
    expect(page.locator(".st-key-messages")).to_have_count(0)


def test_choices_are_entries_of_the_history(page, url):
    go(page, f"{url}/problems")
    level(page, 3)
    until(page, level="3", place="answer")
    level(page, 7)
    until(page, level="7")
    page.go_back()
    until(page, level="3")
    expect(page.get_by_text("Level t = 3;").first).to_be_visible()
    page.go_back()
    page.wait_for_url(f"{url}/problems")
    expect(page.get_by_text("Level t = 0;").first).to_be_visible()
    page.go_forward()
    until(page, level="3")
    page.go_forward()
    until(page, level="7")
    expect(page.get_by_text("Level t = 7;").first).to_be_visible()


def test_a_row_leads_to_the_landscape_and_back(page, url):
    go(page, f"{url}/problems?sort=problem&order=up")
    tick(page, 5)
    until(page, problem="5")
    panel = page.locator(".st-key-panel-similar")
    expect(panel).to_contain_text("problem 5")
    expect(panel.locator("tbody tr")).to_have_count(6)
    expect(page.locator("[data-panel=table] tr[aria-current]")).to_contain_text("5")
    panel.get_by_role("link", name="Open in Landscape").click()
    page.wait_for_url("**/landscape?*problem=5&*", timeout=browser.PATIENCE)
    page.go_back()
    page.wait_for_url("**/problems?*", timeout=browser.PATIENCE)
    until(page, problem="5")
    expect(panel).to_contain_text("problem 5")
    panel.locator("tbody tr").first.click()
    page.wait_for_url("**/landscape?*", timeout=browser.PATIENCE)


def test_filters_come_from_the_address_and_go_away_by_a_click(page, url):
    go(page, f"{url}/problems?filter=problem~lt~10&filter=problem~ge~4")
    counted(page, "6 problems")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    assert sorted(scatter_points(page)) == [4, 5, 6, 7, 8, 9]
    page.get_by_role("button", name="problem ≥ 4").click()
    counted(page, "10 problems")
    assert query(page)["filter"] == ["problem~lt~10"]
    page.get_by_role("button", name="Clear filters").click()
    counted(page, f"{COUNT} problems")
    assert "filter" not in query(page)


def test_a_filter_is_added_by_its_form(page, url):
    go(page, f"{url}/problems")
    page.get_by_role("button", name="Filter").click()
    page.get_by_label("number", exact=True).fill("7")
    page.get_by_role("button", name="Add filter").click()
    counted(page, "7 problems")
    assert query(page)["filter"] == ["problem~lt~7"]


def test_a_head_sorts_and_a_column_for_each_baseline_is_asked_for(page, url):
    go(page, f"{url}/problems?sort=problem&order=up")
    heads = page.locator("[data-panel=table] thead th")
    few = heads.count()
    page.get_by_text("every label", exact=True).click()
    until(page, labels="all")
    expect(heads.filter(has_text="baseline MSE: zero")).to_have_count(1)
    assert heads.count() > few
    heads.filter(has_text="MSE, official").click()
    until(page, sort="descent.mse_official", order="down")
    first = page.locator("[data-panel=table] thead th[aria-sort]")
    expect(first).to_contain_text("MSE, official")


def test_a_box_in_the_scatter_narrows_the_table(page, url):
    go(page, f"{url}/problems?x=problem&y=descent.mse_final")
    plot = page.locator(".js-plotly-plot").first
    expect(plot).to_be_visible()
    page.wait_for_timeout(1500)
    area = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    left, top, width, height = (area[k] for k in ("x", "y", "width", "height"))
    page.mouse.move(left + 2, top + 2)
    page.mouse.down()
    corners = ((0.5, 0.0), (0.5, 0.99), (0.0, 0.99), (0.0, 0.01))
    for across, down in corners:
        page.mouse.move(left + 2 + across * width, top + 2 + down * (height - 4), steps=8)
    page.mouse.up()
    told = page.locator("[data-panel=table] .ip-note")
    expect(told).to_contain_text("selected in the scatter")
    assert 8 <= int(told.inner_text().split()[0]) <= 15
    expect(page.locator("[data-panel=table] tbody tr")).to_have_count(
        int(told.inner_text().split()[0])
    )


def test_a_copied_address_shows_the_same_in_a_new_window(page, chromium, url):
    go(page, f"{url}/problems?x=problem_properties.trace&order=up&filter=problem~gt~3")
    level(page, 5)
    until(page, level="5")
    copied = page.url
    assert "sort=descent.mse_final" in copied
    shown = scatter_points(page)
    with browser.page_of(chromium) as other:
        go(other, copied)
        expect(other.locator(".js-plotly-plot").first).to_be_visible()
        assert scatter_points(other) == shown
        assert query(other)["level"] == ["5"]
        expect(other.locator(".st-key-messages")).to_have_count(0)


def test_another_subject_keeps_the_view(page, url):
    go(page, f"{url}/problems?level=4")
    browser.select(page, "Model and problems", "synthetic two")
    until(page, model=fake_store.model_digest("two"), level="4")
    counted(page, "8 problems")


def test_what_an_address_cannot_have_is_said_in_one_line_each(page, url):
    go(
        page,
        f"{url}/problems?level=42&livel=1&place=%E2%80%AEx&sort=descent.nothing&model=0123456789ab"
        "&filter=descent.nothing~gt~1&problem=900&page=5",
    )
    lines = page.locator(".st-key-messages").inner_text().split("\n")
    said = [line for line in lines if line.strip()]
    for start in (
        "level=42: expected 0 … 9; showing 0",
        "livel: unknown",
        "place=\\u202ex: expected noised_truth",
        "model=0123456789ab: no such model in this store; showing",
        "sort=descent.nothing: no such column",
        "filter=descent.nothing~gt~1: no such column",
        "problem=900: not computed yet",
        "page=5: expected 1 … 1; showing 1",
    ):
        assert any(line.startswith(start) for line in said), (start, said)


def test_newer_data_is_a_button_that_keeps_the_view(chromium, tmp_path):
    root = fake_store.make(tmp_path / "store", count=6)
    with browser.serve(root) as address, browser.page_of(chromium) as page:
        go(page, f"{address}/problems?order=up&level=2")
        expect(page.get_by_role("button", name="Newer data")).to_have_count(0)
        fake_store.make(root, count=6, model="later", run="later")
        level(page, 4)
        until(page, level="4")
        page.get_by_role("button", name="Newer data").click()
        expect(page.get_by_role("button", name="Newer data")).to_have_count(0)
        until(page, level="4", order="up")
        page.get_by_role("combobox", name=re.compile("Model and problems")).click()
        expect(page.get_by_role("option", name=re.compile("synthetic later"))).to_be_visible()


SOON = """{
  const { setTimeout } = window;
  window.setTimeout = (act, wait, ...more) =>
    setTimeout(act, wait === 30_000 ? 300 : wait, ...more);
}"""
"""Half a minute is over at once."""


def test_newer_data_is_looked_for_while_nothing_is_chosen(chromium, tmp_path):
    root = fake_store.make(tmp_path / "store", count=2)
    with browser.serve(root) as address, browser.page_of(chromium) as page:
        page.add_init_script(SOON)
        go(page, f"{address}/problems")
        fake_store.make(root, count=2, model="later", run="later")
        expect(page.get_by_role("button", name="Newer data")).to_be_visible()


def test_failures_and_broken_files_stand_beside_the_command_that_mends_them(chromium, tmp_path):
    root = fake_store.make(tmp_path / "store", count=20)
    with store.open(root) as s:
        spectrum, descent = s.questions("hessian_spectrum")[0], s.questions("descent")[0]
    error = ("ValueError", "no <b>luck</b>\u202e", "")
    store.shards.record_failure(root, spectrum.question, 32, 48, *error)
    shard = store.layout.shard(root, "descent", descent.key, 16, 20)
    shard.write_bytes(shard.read_bytes()[:999])
    store.catalog.collect(root)
    with browser.serve(root) as address, browser.page_of(chromium) as page:
        go(page, address)
        expect(page.get_by_text("Failures").first).to_be_visible()
        told = page.get_by_text(re.compile("ValueError: no <b>luck</b>"))
        expect(told).to_contain_text("problems 32 … 47")
        page.get_by_text("Compute it again").click()
        expect(page.get_by_text('name = "hessian_spectrum"').first).to_be_visible()
        expect(
            page.get_by_text("Files that failed verification and are not shown").first
        ).to_be_visible()
        expect(page.get_by_text("precompute run SWEEP.toml").first).to_be_visible()
        go(page, f"{address}/problems")
        counted(page, "16 problems")


def test_nothing_sticks_out_at_any_size_and_ground(page, url):
    go(page, f"{url}/problems?problem=3")
    for size, ground in itertools.product(browser.SIZES, ("light", "dark")):
        browser.look(page, size, ground)
        # A figure in WebGL far below is drawn when it comes near.
        page.locator("[data-panel][data-kind=plot]").first.scroll_into_view_if_needed()
        expect(page.locator(".js-plotly-plot").first).to_be_visible()
        wide = page.evaluate(
            "() => { const m = document.querySelector('[data-testid=stMain]');"
            " return m.scrollWidth - m.clientWidth; }"
        )
        assert wide <= 1, (size, ground)
        dark = "true" if ground == "dark" else "false"
        page.wait_for_function(
            f"() => (({BRIGHTNESS})(['[data-testid=stApp]', 'backgroundColor']) < 200) === {dark}"
            f" && (({BRIGHTNESS})(['.js-plotly-plot .xtick text', 'fill']) > 380) === {dark}"
        )


def broken_stores(folder):
    """Stores that cannot be shown: name → (folder, what the page says, command that mends it)."""
    empty = folder / "empty"
    empty.mkdir()
    bare = fake_store.make(folder / "bare", count=2, analyses=())
    cut = fake_store.make(folder / "cut", count=2, analyses=("problem_properties",))
    for generation in (cut / "catalog").glob("*.duckdb"):
        generation.write_bytes(generation.read_bytes()[:2000])
    return {
        "unnamed": (None, "IRED_STORE is not set", "make demo"),
        "missing": (folder / "nowhere", "no store there", "precompute run"),
        "empty": (empty, "no catalog yet", "precompute collect"),
        "cut": (cut, "catalog differs", "precompute collect"),
        "bare": (bare, "no answers about a model yet", "precompute run"),
    }


@pytest.mark.parametrize("name", ["unnamed", "missing", "empty", "cut"])
def test_a_store_that_cannot_be_shown_is_one_line_and_a_command(monkeypatch, tmp_path, name):
    folder, line, command = broken_stores(tmp_path)[name]
    monkeypatch.delenv("IRED_STORE", raising=False)
    if folder:
        monkeypatch.setenv("IRED_STORE", str(folder))
    app = AppTest.from_file(str(browser.ROOT / "app" / "script.py"), default_timeout=60).run()
    said = "\n".join(e.value for kind in ("text", "code") for e in app.get(kind))
    assert line in said
    assert command in said
    assert "Traceback" not in said
    assert not app.exception


@pytest.mark.parametrize("name", ["missing", "bare"])
def test_every_page_says_why_it_shows_nothing(chromium, tmp_path, name):
    folder, line, command = broken_stores(tmp_path)[name]
    with browser.serve(folder) as address, browser.page_of(chromium) as page:
        for path in ("/", "/problems", "/landscape"):
            page.goto(address + path)
            expect(page.get_by_text(line).first).to_be_visible()
            browser.settled(page)
            expect(page.get_by_test_id("stMain")).to_contain_text(command)


def test_the_descent_is_chosen_where_there_are_several(chromium, tmp_path):
    root = fake_store.make(tmp_path / "store", count=6, clips=(2.0, 5.0))
    with browser.serve(root) as address, browser.page_of(chromium) as page:
        go(page, address)
        expect(page.get_by_text(", with clip 5.0: MSE of ŷ").first).to_be_visible()
        go(page, f"{address}/problems")
        official = scatter_points(page, "y")
        browser.select(page, "Descent", "clip 5")
        with store.open(root) as s:
            clipped = next(q for q in s.questions("descent") if q.parameters["clip"] == 5.0)
        until(page, q=clipped.key)
        expect(page.locator("[data-panel=table]")).to_have_attribute(
            "data-question", re.compile(clipped.key)
        )
        page.wait_for_function(
            "y => { const d = document.querySelector('.js-plotly-plot').data[0].y;"
            " return !Array.from(d._inputArray ?? d).includes(y); }",
            arg=official[0],
        )
        go(page, f"{address}/problems?q=abcdef")
        expect(page.locator(".st-key-messages")).to_contain_text("q=abcdef: no such descent")
