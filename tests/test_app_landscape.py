"""The landscape view in Chromium: one level control, in the browser, that the address remembers."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from precompute_toys import Bench

from tests import browser

SWEEP = """
name = "landscape-test"
models = [{{ checkpoint = "{root}/checkpoints/inverse.safetensors" }}]
problems = [{{ task = "inverse", variant = "same", seed = 0, count = 3 }}]
analyses = [
  {{ name = "problem_properties" }},
  {{ name = "descent" }},
  {{ name = "hessian_spectrum" }},
  {{ name = "landscape_slice", plane = "stiff_soft" }},
  {{ name = "landscape_slice", plane = "trajectory" }},
]
"""
pytestmark = [pytest.mark.browser, pytest.mark.slow]

DRAWN = """() => {
  const list = (v) => (ArrayBuffer.isView(v) ? Array.from(v) : v);
  const plain = (v) => (Array.isArray(list(v)) ? list(v).map(plain) : v);
  const shown = {};
  for (const node of document.querySelectorAll("[data-panel] .ip-seen")) {
    const traces = node._fullData.map((t) => [t.type, plain(t.x), plain(t.y), plain(t.z)]);
    const panel = node.closest("[data-panel]");
    const note = panel.querySelector(".ip-note").textContent;
    shown[panel.dataset.panel] = JSON.stringify([traces, node.layout.shapes, note]);
  }
  const table = document.querySelector("[data-panel=numbers] table");
  shown.numbers = table.innerText + table.querySelector("th.ip-mark").textContent;
  return shown;
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    bench = Bench(tmp_path_factory.mktemp("landscape"))
    sweep = bench.folder / "sweep.toml"
    sweep.write_text(SWEEP.format(root=browser.ROOT))
    bench.run(sweep)
    with browser.serve(bench.store) as served:
        yield f"{served}/landscape"


def go(page, url, level):
    page.goto(url)
    at_level(page, level)
    browser.settled(page)


def at_level(page, level):
    page.wait_for_selector(f".ip-root[data-level='{level}']")


STATES = """() => [...document.querySelectorAll(".ip-root, [data-panel]")].map((node) =>
  JSON.stringify(node.dataset)).concat(document.querySelector("[data-testid=stApp]").dataset
  .testScriptState, document.activeElement.outerHTML.slice(0, 80)).join(" ")"""
"""What is told of a page that was waited for in vain."""


def after(page, act):
    """Do something that the server answers, and wait until the panels are drawn again."""
    count = "Number(document.querySelector('.ip-root').dataset.drawings)"
    before = page.evaluate(count)
    act()
    page.wait_for_function(f"{count} > {before}")
    browser.settled(page)


def query(page):
    return {k: v[0] for k, v in parse_qs(urlsplit(page.url).query).items()}


def wait_for_query(page, **wanted):
    text = "&".join(f"{k}={v}" for k, v in wanted.items())
    page.wait_for_function(
        "text => [...new URLSearchParams(text)].every("
        "([k, v]) => new URLSearchParams(location.search).get(k) === v)",
        arg=text,
    )


def choose(page, name):
    """Press one part of a segmented control."""
    page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).click()


def test_level_by_mouse_and_keyboard_moves_everything_and_asks_nothing(page, address):
    frames = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda f: frames.append(f)))
    go(page, f"{address}?level=6", 6)
    seen = [page.evaluate(DRAWN)]
    frames.clear()
    page.keyboard.press("ArrowRight")
    at_level(page, 5)
    wait_for_query(page, level=5)
    seen.append(page.evaluate(DRAWN))
    page.locator(".ip-stop[data-level='2']").click()
    at_level(page, 2)
    wait_for_query(page, level=2)
    seen.append(page.evaluate(DRAWN))
    assert frames == []
    for panel in ("slice", "cuts", "spectrum", "numbers", "matrices", "traces"):
        assert len({shown[panel] for shown in seen}) == 3, panel
    page.keyboard.press("ArrowLeft")
    at_level(page, 3)
    page.keyboard.press("9")
    at_level(page, 9)
    assert "±0.0098" in page.locator("[data-panel=slice] .ip-note").inner_text()
    page.keyboard.press("ArrowLeft")  # the smoothest there is
    assert page.locator(".ip-root").get_attribute("data-level") == "9"
    assert frames == []


def test_levels_are_prepared_before_they_are_asked_for(page, address):
    browser.prepares(page)
    go(page, f"{address}?level=9", 9)
    page.wait_for_selector(".ip-root[data-prepared]")
    layers = "() => document.querySelectorAll('[data-panel=spectrum] .js-plotly-plot').length"
    before = page.evaluate(layers)
    assert before == 10
    for level in range(8, -1, -1):
        page.keyboard.press("ArrowRight")
        at_level(page, level)
    assert page.evaluate(layers) == before


def test_zoom_stays_while_the_level_changes(page, address):
    browser.prepares(page)
    go(page, f"{address}?level=4", 4)
    page.wait_for_selector(".ip-root[data-prepared]")
    seen = "document.querySelector('[data-panel=slice] .ip-seen')"
    box = page.locator("[data-panel=slice] .ip-seen .nsewdrag").bounding_box()
    x, y = box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 0.3 * box["width"], y + 0.3 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_function(f"{seen}._fullLayout.xaxis.range[1] < 0.5")
    zoomed = page.evaluate(f"{seen}._fullLayout.xaxis.range")
    page.keyboard.press("2")
    at_level(page, 2)
    assert page.evaluate(f"{seen}._fullLayout.xaxis.range") == pytest.approx(zoomed)
    whole = f"Math.abs({seen}._fullLayout.xaxis.range[1] - 1) < 1e-6"
    deadline = time.monotonic() + 60
    while not page.evaluate(whole):  # plotly takes two slow clicks for two, not for a double one
        assert time.monotonic() < deadline, "a double click does not show the whole plane again"
        page.mouse.dblclick(x, y)
        page.wait_for_timeout(1000)
    page.keyboard.press("3")
    at_level(page, 3)
    assert page.evaluate(f"{seen}._fullLayout.xaxis.range") == pytest.approx([-1, 1])


def test_a_copied_address_shows_the_same_figures(chromium, page, address):
    go(page, f"{address}?level=9&scale=log&place=truth&frame=data", 9)
    page.keyboard.press("1")
    at_level(page, 1)
    wait_for_query(page, level=1)
    with browser.page_of(chromium) as other:
        go(other, page.url, 1)
        assert other.evaluate(DRAWN) == page.evaluate(DRAWN)


def test_the_level_survives_the_server_and_the_history(page, address):
    go(page, f"{address}?level=6", 6)
    page.keyboard.press("4")
    at_level(page, 4)
    before = page.evaluate(DRAWN)
    after(page, lambda: choose(page, "truth"))
    wait_for_query(page, level=4, place="truth")
    assert page.locator(".ip-root").get_attribute("data-level") == "4"
    changed = page.evaluate(DRAWN)
    assert changed["spectrum"] != before["spectrum"]
    assert changed["slice"] == before["slice"]
    page.keyboard.press("7")
    at_level(page, 7)
    wait_for_query(page, level=7, place="truth")
    after(page, lambda: choose(page, "data y"))
    wait_for_query(page, level=7, place="truth", frame="data")
    after(page, page.go_back)
    wait_for_query(page, level=7, place="truth", frame="level")
    page.go_back()
    at_level(page, 4)
    browser.settled(page)
    page.wait_for_function(f"({DRAWN})().spectrum === {before['spectrum']!r}")
    page.go_forward()
    at_level(page, 7)
    wait_for_query(page, place="truth")


def test_plane_place_frame_and_axes_change_what_they_should(page, address):
    go(page, f"{address}?level=2", 2)
    seen = page.evaluate(DRAWN)

    def changes(act, panels, **wanted):
        nonlocal seen
        after(page, act)
        wait_for_query(page, **wanted)
        for panel in panels:  # each is drawn by itself, and on a busy machine later than the first
            changed = f"([p, was]) => ({DRAWN})()[p] !== was"
            try:
                page.wait_for_function(changed, arg=[panel, seen[panel]])
            except PlaywrightTimeout:
                now = page.evaluate(DRAWN)
                left = [p for p in now if now[p] == seen[p]]
                pytest.fail(f"not drawn again: {left}; {page.evaluate(STATES)}")
        browser.settled(page)
        now = page.evaluate(DRAWN)
        assert {p for p in now if now[p] != seen[p]} == set(panels)
        seen = now

    changes(lambda: choose(page, "minimum"), ["spectrum", "numbers"], place="minimum")
    changes(lambda: choose(page, "variance"), ["spectrum"], axis="variance")
    assert "Extrapolated" in page.locator("[data-panel=spectrum] .ip-caption").inner_text()
    changes(lambda: choose(page, "% centre"), ["slice", "cuts"], scale="percent")

    def other_plane():
        menu = page.locator(".st-key-landscape-slice").get_by_role("combobox")
        browser.select(page, menu, "principal directions")

    changes(other_plane, ["slice", "cuts"], plane="trajectory")
    changes(lambda: page.keyboard.press("n"), seen, problem=1)
    assert page.locator("input[type=number]").first.input_value() == "1"
    changes(lambda: page.get_by_role("button", name="‹").click(), seen, problem=0)
    colour = "document.querySelector('[data-panel=slice] .ip-seen')._fullData[0].zmax"
    free = page.evaluate(colour)
    after(page, lambda: page.get_by_text("lock colours").click())
    locked = page.evaluate(colour)
    assert locked > free
    assert query(page)["lock"].endswith(f"~{locked:.6g}")
    page.keyboard.press("0")
    at_level(page, 0)
    assert page.evaluate(colour) == locked


def test_an_address_out_of_range_says_so(page, address):
    go(page, f"{address}?level=12&problem=400&place=here", 0)
    said = page.locator(".st-key-messages").inner_text()
    for word in ("level=12", "problem=400", "place=here"):
        assert word in said
    wait_for_query(page, level=0)


def test_a_plane_that_is_not_there_says_what_makes_it(page, address):
    go(page, f"{address}?plane=symmetry&level=3", 3)
    note = page.locator("[data-panel=slice]").inner_text()
    assert 'plane = "symmetry"' in note
    assert "precompute run" in note
    assert page.locator("[data-panel=spectrum] .ip-seen").count() == 1


def test_playing_ends_at_the_sharpest_level(page, address):
    go(page, f"{address}?level=2", 2)
    page.get_by_role("button", name="play", exact=True).click()
    at_level(page, 1)
    at_level(page, 0)
    page.get_by_role("button", name="play", exact=True).wait_for()
    wait_for_query(page, level=0)


def test_a_click_on_a_state_goes_to_its_level(page, address):
    go(page, f"{address}?level=2", 2)
    box = page.locator("[data-panel=traces] .draglayer .xy3 .nsewdrag").bounding_box()
    page.mouse.move(box["x"] + 0.05 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.up()
    at_level(page, 9)


def test_the_surface_keeps_its_camera(chromium, address):
    with browser.page_of(chromium) as page:
        go(page, f"{address}?level=3&view=surface", 3)
        node = "document.querySelector('[data-panel=slice] .ip-seen')"
        eye = f"{node}._fullLayout.scene.camera.eye"
        before = page.evaluate(eye)
        box = page.locator("[data-panel=slice] .ip-seen .gl-container canvas").first.bounding_box()
        page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.55 * box["height"], steps=4)
        page.mouse.up()
        page.wait_for_function(f"before => Math.abs({eye}.x - before.x) > 0.05", arg=before)
        turned = page.evaluate(eye)
        page.keyboard.press("1")
        at_level(page, 1)
        assert page.evaluate(eye) == pytest.approx(turned)
        assert page.locator(".gl-container canvas").count() <= 4


def test_nothing_is_fetched_from_elsewhere_and_plotly_once(page, address):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    go(page, f"{address}?level=3", 3)
    here = urlsplit(address).netloc
    assert {u for u in asked if urlsplit(u).netloc != here and not u.startswith("blob:")} == set()
    libraries = [u for u in asked if "plotly" in u and ".min.js" in u]
    assert len(libraries) == 1, "the part that draws plane figures"
    assert "plotly-cartesian" in libraries[0]
    after(page, lambda: page.keyboard.press("n"))
    assert sum("plotly-cartesian" in u for u in asked) == 1


SENT = """() => performance.getEntriesByType("resource")
  .filter(({ name, transferSize }) => name.includes("bidi-components") && transferSize > 0)
  .map(({ name }) => name)"""


def test_what_a_page_is_made_of_is_sent_once_to_a_browser(page, address):
    go(page, f"{address}?level=3", 3)
    # By its own address, of which code is kept compiled.
    assert "plotly-cartesian.min.js" in page.content()
    page.goto("about:blank")
    go(page, f"{address}?level=4", 4)
    assert page.evaluate(SENT) == []
