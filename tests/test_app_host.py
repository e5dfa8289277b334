"""The browser host of all panels in Chromium, on a page with a panel of every kind."""

import os
import sys
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from tests import browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SVG = "{http://www.w3.org/2000/svg}"
POINT = """([id, trace, at]) => {
  const node = document.querySelector(`[data-panel=${id}] .ip-seen`);
  const { x, y } = node._fullData[trace];
  const { xaxis, yaxis } = node._fullLayout;
  const box = node.getBoundingClientRect();
  return [box.x + xaxis._offset + xaxis.d2p(x[at]), box.y + yaxis._offset + yaxis.d2p(y[at])];
}"""
"""Where a point of a trace is in the window."""
BRIGHT = (
    "document.querySelector('[data-panel=points] .ip-seen')._fullData[0].selectedpoints?.length"
)


@pytest.fixture(scope="module")
def address():
    port = browser.free_port()
    page = str(browser.ROOT / "tests" / "host_page.py")
    command = [sys.executable, "-m", "streamlit", "run", page, "--server.port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(browser.ROOT)}
    with browser.running(command, browser.ROOT / "app", environment, port) as served:
        yield served


def go(page, address, query="level=6&flat=1"):
    """Without the surface, unless it is asked for: drawn by the processor, it is half of a page."""
    page.goto(f"{address}/?{query}")
    page.wait_for_selector(".ip-root[data-drawn]", state="attached")
    browser.settled(page)


def at_level(page, level):
    page.wait_for_selector(f".ip-root[data-level='{level}']")


def panel(page, id):
    return page.locator(f"[data-panel={id}]")


def said(page, text):
    """Wait until Python was told something."""
    browser.expect(page.locator(".st-key-log")).to_contain_text(text)


def press(page, x, y):
    """Click where something is drawn: plotly.js wants to have seen the pointer there."""
    page.mouse.move(x - 2, y)
    page.wait_for_timeout(150)
    page.mouse.move(x, y)
    page.wait_for_timeout(250)
    page.mouse.down()
    page.mouse.up()


def inside(locator, across, down):
    box = locator.bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def drag(page, locator, corners):
    for i, corner in enumerate(corners):
        page.mouse.move(*inside(locator, *corner), steps=6)
        if i == 0:
            page.mouse.down()
    page.mouse.up()


SQUARE = [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.32)]
CORNER = [(0.01, 0.01), (0.04, 0.01), (0.04, 0.04), (0.01, 0.04)]


def test_a_level_moves_all_panels_and_asks_nothing(page, address):
    frames = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda f: frames.append(f)))
    go(page, address)
    at_level(page, 6)
    frames.clear()
    page.keyboard.press("ArrowRight")
    at_level(page, 5)
    page.locator(".ip-stop[data-level='2']").click()
    at_level(page, 2)
    page.wait_for_function("location.search.includes('level=2')")
    assert panel(page, "matrices").locator(".ip-note").inner_text().startswith("t = 2")
    assert "t = 2" in panel(page, "answer").inner_text()
    assert "3.50" in panel(page, "numbers").inner_text()
    shade = "document.querySelector('[data-panel=walk] .ip-seen')._fullLayout.shapes[0].x0"
    assert page.evaluate(shade) == pytest.approx(6.6)
    assert frames == []
    press(page, *page.evaluate(POINT, ["walk", 0, 4]))  # a state that belongs to level 5
    at_level(page, 5)
    assert frames == []


def test_a_prepared_level_is_not_drawn_again(page, address):
    browser.prepares(page)
    go(page, address, "level=9&flat=1")
    page.wait_for_selector(".ip-root[data-prepared]")
    page.evaluate(
        "() => { window.drawn = 0; const react = Plotly.react;"
        " Plotly.react = (...all) => { window.drawn += 1; return react(...all); }; }"
    )
    for level in range(8, -1, -1):
        page.keyboard.press("ArrowRight")
        at_level(page, level)
    assert page.evaluate("window.drawn") == 0


def test_clicks_arrive_in_python(page, address):
    go(page, address, "level=4")
    at_level(page, 4)
    cells = panel(page, "matrices").locator(".ip-seen .xy .nsewdrag")
    press(page, *inside(cells, 0.3, 0.6))
    said(page, "picked matrices Picked(trace=0, custom=(), x=5, y=12, z=-0.3615")
    said(page, "level=4, head=False, shift=False)")
    press(page, *page.evaluate(POINT, ["points", 0, 17]))
    said(page, "picked points Picked(trace=0, custom=(17, 3), x=")
    scene = panel(page, "surface").locator(".ip-seen .gl-container canvas").first
    scene.wait_for()
    page.mouse.move(*inside(scene, 0.5, 0.6))
    page.mouse.down()  # held: a scene tells of a click when it draws, which takes its time here
    said(page, "picked surface Picked(trace=0, custom=(), x=")
    page.mouse.up()
    table = panel(page, "table")
    table.locator("tbody tr").nth(2).locator("td").nth(3).click()
    said(page, "picked table Picked(trace=-1, custom=(2,), x='q2'")
    table.locator("thead th").nth(2).click()
    said(
        page,
        "picked table Picked(trace=-1, custom=(), x='q0', y=None, z=None, level=4, head=True, "
        "shift=False)",
    )


def test_a_table_is_walked_by_keyboard(page, address):
    go(page, address)
    rows = panel(page, "table").locator(".ip-scroll")
    rows.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter"):  # begins at the chosen row
        page.keyboard.press(key)
    said(page, "picked table Picked(trace=-1, custom=(4,), x='task'")
    assert page.locator(".ip-root").get_attribute("data-level") == "6"
    page.keyboard.press("End")
    browser.expect(panel(page, "table").locator("tbody tr")).to_have_count(40)
    assert rows.evaluate("node => node.scrollTop > 100")


def test_lasso_selects_and_escape_clears(page, address):
    go(page, address)
    area = panel(page, "points").locator(".ip-seen .nsewdrag")
    drag(page, area, SQUARE)
    said(page, "selected points 2")  # two hundred and some
    chip = panel(page, "points").locator(".ip-chip")
    browser.expect(chip).to_contain_text("selected")
    page.wait_for_function(f"{BRIGHT} > 100")
    said(page, "returned 2")
    outline = panel(page, "points").locator(".ip-seen .selectionlayer path")
    browser.expect(outline).to_have_count(0)
    page.keyboard.press("Escape")
    said(page, "selected points None")
    page.wait_for_function(f"{BRIGHT} === undefined")
    drag(page, area, CORNER)
    browser.expect(chip).to_have_text("nothing selected")


def test_a_selection_survives_new_data_of_its_panel(page, address):
    go(page, address)
    drag(page, panel(page, "points").locator(".ip-seen .nsewdrag"), SQUARE)
    said(page, "selected points 2")
    page.emulate_media(color_scheme="dark")
    ink = "document.querySelector('[data-panel=points] .ip-seen')._fullLayout.font.color"
    page.wait_for_function(f"{ink} === '#dfe5e8'")
    assert page.evaluate(BRIGHT) > 100


def test_zoom_survives_level_and_new_data(page, address):
    browser.prepares(page)
    go(page, address)
    page.wait_for_selector(".ip-root[data-prepared]")
    reach = "document.querySelector('[data-panel=errors] .ip-seen')._fullLayout.xaxis.range"
    drag(page, panel(page, "errors").locator(".ip-seen .xy .nsewdrag"), [(0.4, 0.4), (0.7, 0.7)])
    page.wait_for_function(f"{reach}[1] - {reach}[0] < 12")
    zoomed = page.evaluate(reach)
    page.keyboard.press("3")
    at_level(page, 3)
    assert page.evaluate(reach) == pytest.approx(zoomed, abs=0.2)
    z = "document.querySelector('[data-panel=errors] .ip-seen')._fullData[0].z[0][0]"
    before = page.evaluate(z)
    page.get_by_role("button", name="other data").click()
    page.wait_for_function(f"before => {z} !== before", arg=before)
    assert page.evaluate(reach) == pytest.approx(zoomed, abs=0.2)


def test_a_cell_is_lit_in_every_matrix(page, address):
    go(page, address)
    cells = panel(page, "matrices").locator(".ip-seen .xy .nsewdrag")
    x, y = inside(cells, 0.3, 0.6)
    page.mouse.move(x - 2, y)
    page.mouse.move(x, y)
    browser.expect(page.locator(".ip-cell")).to_have_count(5)
    assert "row 12 · col 5" in panel(page, "errors").locator(".ip-lit").inner_text()
    page.mouse.move(5, 5)
    browser.expect(page.locator(".ip-cell")).to_have_count(0)
    browser.expect(page.locator(".ip-lit")).to_have_count(0)


def test_a_feature_is_drawn_at_the_pointer(page, address):
    go(page, address)
    panel(page, "map").scroll_into_view_if_needed()
    for feature, canvases in ((3, 1), (35, 0)):  # the second one brought no matrix
        x, y = page.evaluate(POINT, ["map", 0, feature])
        page.mouse.move(x - 1, y)
        page.wait_for_timeout(150)
        page.mouse.move(x, y)
        shown = panel(page, "map").locator(f".ip-hover[data-feature='{feature}']")
        browser.expect(shown).to_be_visible()
        browser.expect(shown.locator("canvas")).to_have_count(canvases)
    assert "density" in shown.inner_text()


def test_what_a_reader_takes_along(chromium, address):
    with browser.page_of(chromium) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        go(page, address)
        page.keyboard.press("3")
        at_level(page, 3)
        page.wait_for_function("location.search.includes('level=3')")
        export = panel(page, "table").get_by_role("button", name="export")
        export.click()
        menu = panel(page, "table").locator(".ip-menu:not(.ip-form)")
        assert "Energies compare within one level only" in menu.inner_text()
        menu.get_by_role("button", name="copy link").click()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == f"{address}/?level=3&place=truth"  # the page's own words, the live level
        menu.get_by_role("button", name="copy as Python").click()
        assert page.evaluate("navigator.clipboard.readText()") == (
            "import store\n\n# what the panel draws, as its files hold it\n"
            "from app.panel_numbers import numbers\n\n"
            'drawn = numbers(s, "/?level=3&place=truth", "table")\n'
        )
        with page.expect_download() as download:
            menu.get_by_role("button", name="CSV").click()
        assert download.value.suggested_filename == "table.csv"
        assert download.value.path().read_text() == "problem,MSE\n7,0.01\n"
        browser.expect(panel(page, "walk").get_by_role("button", name="export")).to_be_disabled()


def saved(page, id, format):
    """Save a panel; gives the name of the file and what is in it."""
    panel(page, id).get_by_role("button", name="export").click()
    with page.expect_download() as download:
        panel(page, id).get_by_role("button", name=format, exact=True).click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_a_link_carries_what_is_held_and_how_a_figure_is_turned(chromium, address):
    camera, zoom = "surface~scene~2~1~0.5~0~0~0~0~0~1", "points~xaxis~-0.5~0.5"
    with browser.page_of(chromium) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        go(page, address, f"level=6&selected=points~3-5.9&camera={camera}&zoom={zoom}")
        page.wait_for_function(f"{BRIGHT} === 4")
        said(page, "selected points 4")
        browser.expect(panel(page, "points").locator(".ip-chip")).to_have_text("4 selected")
        panel(page, "surface").scroll_into_view_if_needed()
        page.wait_for_function(
            "() => document.querySelector('[data-panel=surface] .ip-seen')"
            "?._fullLayout.scene.camera.eye.x === 2"
        )
        panel(page, "points").get_by_role("button", name="export").click()
        menu = panel(page, "points").locator(".ip-menu:not(.ip-form)")
        menu.get_by_role("button", name="copy link").click()
        copied = parse_qs(urlsplit(page.evaluate("navigator.clipboard.readText()")).query)
        assert copied == {"level": ["6"], "place": ["truth"], "selected": ["points~3-5.9"],
                          "camera": [camera], "zoom": [zoom]}  # fmt: skip


def test_a_range_of_a_link_is_kept_at_all_levels_and_reset_by_a_double_click(page, address):
    go(
        page,
        address,
        "flat=1&zoom=errors~xaxis~2~9&zoom=errors~yaxis~9~2&zoom=errors~xaxis~nothing",
    )
    seen = "document.querySelector('[data-panel=errors] .ip-seen')"
    reach = f"{seen}._fullLayout.xaxis.range"
    linked = page.evaluate(reach)
    whole = page.evaluate(f"{seen}._fullData[0].z[0].length")
    assert linked[1] - linked[0] < whole  # as wide as the panel's shape asks for
    page.keyboard.press("3")
    at_level(page, 3)
    assert page.evaluate(reach) == pytest.approx(linked)
    panel(page, "errors").locator(".ip-seen .xy .nsewdrag").dblclick()
    page.wait_for_function(f"{reach}[1] - {reach}[0] >= {whole}")


def test_pictures_of_a_figure_are_light_and_carry_their_words_and_fonts(chromium, address):
    with browser.page_of(chromium, ground="dark") as page:
        go(page, address, "level=3&flat=1")
        width, height = page.evaluate(
            "() => { const { width, height } = document.querySelector("
            "'[data-panel=matrices] .ip-stage').getBoundingClientRect(); return [width, height]; }"
        )
        name, svg = saved(page, "matrices", "SVG")
        assert name == "matrices-inverse-p7-t3.svg"
        root = ElementTree.fromstring(svg)
        texts = ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]
        assert texts[0] == "Matrices · t = 3, σ = 0.5937"
        said = " ".join(texts)
        for words in ("t = 3: cells are entries", "Data frame, colours centred on 0.", "Model: M",
                      "Problems: inverse", "descent b81c22f4", "generation 20261121T042033",
                      "saved on 20"):  # fmt: skip
            assert words in said
        assert b"#dfe5e8" not in svg  # the ink of the dark ground
        assert svg.count(b"src:url(data:font/ttf;base64,") == 2
        assert float(root.get("width")) >= width + 32  # a figure does not touch the edge
        assert float(root.get("height")) >= height
        name, png = saved(page, "matrices", "PNG")
        assert name.endswith("-t3.png")
        shape = [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)]
        assert shape == [2 * int(root.get(side)) for side in ("width", "height")]
        name, pdf = saved(page, "matrices", "PDF")
        assert name.endswith("-t3.pdf")
        assert pdf.startswith(b"%PDF-")
        assert b"/MediaBox [0 0 " in pdf
        assert b"/BaseFont /Ired" in pdf
        panel(page, "table").get_by_role("button", name="export").click()
        menu = panel(page, "table").locator(".ip-menu:not(.ip-form)")
        assert "PNG" not in menu.inner_text()


def test_a_saved_page_opens_at_the_level_on_screen_and_rests(chromium, address, tmp_path):
    with browser.page_of(chromium, ground="dark") as page:
        go(page, address, "level=3")
        (tmp_path / "surface.html").write_bytes(saved(page, "surface", "HTML")[1])
        (tmp_path / "page.html").write_bytes(saved(page, "matrices", "HTML")[1])
        assert (tmp_path / "page.html").stat().st_size < 2_500_000, "no WebGL in it"
        page.goto(f"file://{tmp_path}/surface.html")
        page.locator(".gl-container canvas").first.wait_for()
        page.set_viewport_size({"width": 1100, "height": 700})
        page.goto(f"file://{tmp_path}/page.html")
        shown = page.locator("main")
        browser.expect(shown).to_contain_text("t = 3: cells are entries")
        for words in ("Matrices", "t = 3, σ = 0.5937", "Data frame", "Model: M", "b81c22f4"):
            browser.expect(shown).to_contain_text(words)
        assert page.evaluate("Boolean(document.getElementById('figure')._transitionData._frames"
                             ".length)") is False  # fmt: skip
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(255, 255, 255)"
        size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        assert page.evaluate(size) == [1100, 700]
        assert page.locator(".modebar-btn[data-title*=loud]").count() == 0
        page.locator("input").fill("9")
        browser.expect(shown).to_contain_text("t = 0: cells are entries")


def test_numbers_take_the_place_of_a_figure(page, address):
    go(page, address)
    points = panel(page, "points")
    points.hover()
    page.keyboard.press("t")
    said(page, "export points numbers")
    shown = points.locator(".ip-numbers")
    browser.expect(shown).to_contain_text("first 2 of 20000 rows")
    assert "0.0123457" in shown.inner_text()
    browser.expect(points.get_by_role("button", name="numbers")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("Escape")
    browser.expect(shown).to_have_count(0)


def test_a_panel_fills_the_window_and_returns(page, address):
    go(page, address)
    points = panel(page, "points")
    before = points.bounding_box()
    points.hover()
    page.keyboard.press("f")
    page.wait_for_function("document.querySelector('[data-panel=points]').offsetWidth > 1400")
    drawn = "document.querySelector('[data-panel=points] .ip-seen')._fullLayout.width"
    page.wait_for_function(f"{drawn} > 1300")
    page.keyboard.press("8")
    at_level(page, 8)
    page.keyboard.press("Escape")
    page.wait_for_function(f"{drawn} < 700")
    assert points.bounding_box() == before


def test_the_states_of_a_panel(page, address):
    go(page, address)
    states = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[data-panel]')]"
        ".map((n) => [n.dataset.panel, n.dataset.state]))"
    )
    wanted = {"walk": "draft", "missing": "missing", "failed": "failed", "waiting": "pending"}
    assert wanted.items() <= states.items()
    assert states["errors"] == "drawn"
    missing = panel(page, "missing")
    assert "ired-interp run sweep.toml" in missing.inner_text()
    assert missing.get_by_role("button", name="copy the command").is_visible()
    errors = panel(page, "errors")
    box, stage = errors.bounding_box(), errors.locator(".ip-stage").bounding_box()
    page.get_by_role("button", name="pending").click()
    browser.expect(errors).to_have_attribute("data-state", "pending")
    browser.expect(errors).to_have_attribute("data-question", "asked")
    assert errors.locator(".ip-title").inner_text() == "Errors"  # not that of what is coming
    assert errors.locator(".ip-chip").inner_text() == "computing 40 %"
    browser.expect(errors.locator(".ip-stage")).to_have_css("opacity", "0.45")
    assert errors.locator(".ip-seen").count() == 1
    assert errors.bounding_box() == box
    assert errors.locator(".ip-stage").bounding_box() == stage  # no figure follows its head's words
    chip, words = (errors.locator(name).bounding_box() for name in (".ip-chip", ".ip-words"))
    assert chip["width"] > 60, "all of it can be read"
    assert chip["x"] >= words["x"]
    assert chip["x"] + chip["width"] <= words["x"] + words["width"] + 1
    errors.get_by_role("button", name="Cancel").click()
    said(page, "cancel errors")
    browser.expect(errors).to_have_attribute("data-state", "drawn")
    browser.expect(errors.locator(".ip-stage")).to_have_css("opacity", "1")


def test_a_drawing_that_fails_leaves_the_others_whole(chromium, address):
    context = chromium.new_context()
    page = context.new_page()
    page.route("**/figure.js", lambda route: route.fulfill(
        body=route.fetch().text().replace(
            "async show(index) {",
            "async show(index) { if (this.panel.id === 'walk') throw new Error('torn');",
        ),
        content_type="text/javascript",
    ))  # fmt: skip
    go(page, address)
    walk = panel(page, "walk")
    browser.expect(walk).to_have_attribute("data-state", "failed")
    assert "torn" in walk.inner_text()
    assert panel(page, "matrices").locator(".ip-seen").count() == 1
    context.close()


def test_a_context_is_given_back_out_of_sight_and_the_camera_stays(chromium, address):
    with browser.page_of(chromium, (390, 700)) as page:
        go(page, address, "level=6")
        surface = panel(page, "surface")
        surface.scroll_into_view_if_needed()
        canvas = surface.locator(".gl-container canvas")
        canvas.first.wait_for()
        seen = "document.querySelector('[data-panel=surface] .ip-seen')"
        page.evaluate(f"Plotly.relayout({seen}, {{'scene.camera.eye': {{x: 2, y: 0.5, z: 1}}}})")
        page.mouse.wheel(0, 9000)
        browser.expect(canvas).to_have_count(0)
        surface.scroll_into_view_if_needed()
        canvas.first.wait_for()
        assert page.evaluate(f"{seen}._fullLayout.scene.camera.eye.x") == pytest.approx(2)


def test_without_levels_keys_and_address_are_left_alone(page, address):
    go(page, address, "flat=1&plain=1&level=6")
    assert page.locator(".ip-bar").count() == 0
    page.keyboard.press("3")
    page.wait_for_timeout(300)
    assert page.url.endswith("?flat=1&plain=1&level=6")
    assert page.locator(".ip-root").get_attribute("data-level") is None


def test_a_number_field_gives_the_keys_back(page, address):
    go(page, address)
    field = page.get_by_role("spinbutton", name="number")
    field.fill("7")
    page.keyboard.press("3")
    assert page.locator(".ip-root").get_attribute("data-level") == "6"
    page.keyboard.press("Enter")
    browser.expect(field).not_to_be_focused()
    page.keyboard.press("3")
    at_level(page, 3)


def test_on_a_phone_the_levels_stand_in_two_rows_to_be_touched(chromium, address):
    with browser.page_of(chromium, (390, 844), "light") as page:
        go(page, address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        heights = page.locator(".ip-stop[data-level]").evaluate_all(
            "all => all.map(n => n.offsetHeight)"
        )
        assert set(heights) == {44}
        tops = page.locator(".ip-stop[data-level]").evaluate_all("all => all.map(n => n.offsetTop)")
        assert len(set(tops)) == 2
