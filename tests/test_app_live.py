"""Live questions from the page: what is missing, other settings, cancelled, killed, and kept."""

import os
import re
import signal
import time
from pathlib import Path

import browser
import numpy as np
import pytest
from kept import once
from playwright.sync_api import Page, expect
from precompute_toys import Bench, alive, children, wait_until

import store
from store import live_index

ROOT = Path(__file__).parent.parent
pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEAD = f"""
name = "live"
[[models]]
checkpoint = "{ROOT}/checkpoints/inverse.safetensors"
[[problems]]
task = "inverse"
variant = "same"
seed = 0
count = 2
"""
SWEEP = f"""{HEAD}
[[analyses]]
name = "problem_properties"
[[analyses]]
name = "descent"
[[analyses]]
name = "landscape_slice"
"""
LONG = {"max nodes": "257", "tolerance": "1e-12"}
"""A plane that takes several times as long as a test has patience for."""


def swept(root: Path, text: str) -> Path:
    """A store of what a sweep computes."""
    bench = Bench(root.with_suffix(".bench"))
    bench.store = root
    sweep = bench.folder / "live.toml"
    sweep.write_text(text)
    bench.run(sweep)
    return root


@once
def computed(root: Path) -> Path:
    """What a sweep of two problems computes."""
    return swept(root, SWEEP)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    browser.require()
    return computed(tmp_path_factory.mktemp("live") / "store")


@pytest.fixture(scope="module")
def served(root):
    with browser.serve(root, live="local") as url, browser.chromium() as chromium:
        yield url, chromium


@pytest.fixture
def page(served):
    url, chromium = served
    with browser.page_of(chromium) as page:
        page.address = url
        yield page


def show(page: Page, **query) -> None:
    words = "&".join(f"{n}={v}" for n, v in query.items())
    page.goto(f"{page.address}/landscape?{words}")
    browser.settled(page)


def panel(page: Page, name: str):
    return page.locator(f"[data-panel={name}]")


def drawn(page: Page, *names: str) -> None:
    for name in names:
        browser.settled(page)  # before that, panels of two pages may stand there
        expect(panel(page, name)).to_have_attribute("data-state", "drawn")


def form(page: Page, name: str, fields: dict[str, str]):
    """Open the form of a panel and change it."""
    panel(page, name).locator(".ip-ask").click()
    return changed(page, fields)


def changed(page: Page, fields: dict[str, str]):
    """Change fields of the form that is open; of several questions the one in sight."""
    opened = page.locator(".ip-form:popover-open .ip-compute:visible")
    for label, value in fields.items():
        field = opened.get_by_label(label, exact=True)
        if field.evaluate("node => node.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
            field.press("Tab")
    return opened


def act(opened) -> None:
    button = opened.locator(".ip-act").first
    expect(button).to_have_text(re.compile("Compute · about|Show"))
    button.click()


def sliced(page: Page, word: str) -> None:
    """Wait until the slice that is shown has a name with this word in it."""
    expect(page.get_by_role("combobox", name="Slice")).to_have_value(re.compile(word))


def asked(root) -> set[tuple[str, str]]:
    live = store.LiveAnswers(root)
    return {(q.analysis, q.key) for q in live_index.LiveIndex(live.folder).questions()}


def saved(root, before: set[tuple[str, str]], analysis: str, problem: int) -> str:
    """Key of the one new answer, once it is published: it is shown before that."""
    live = store.LiveAnswers(root)

    def found() -> list[str]:
        new = [key for name, key in asked(root) - before if name == analysis]
        return [key for key in new if live.where(analysis, key, problem, problem + 1)]

    wait_until(found, 10)
    (key,) = found()
    return key


def server_of_answers(root, other: int = 0) -> int:
    """The process that answers about a store, and is not another one; 0 while there is none."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"serve" in words and str(root).encode() in words and int(folder.name) != other:
            return int(folder.name)
    return 0


def at_rest(root) -> bool:
    """Whether no worker of the server computes."""

    def used() -> list[str]:
        stats = [Path(f"/proc/{pid}/stat") for pid in children(server_of_answers(root))]
        return [s.read_text().rpartition(")")[2].split()[11] for s in stats if s.exists()]

    before = used()
    time.sleep(0.5)
    return bool(before) and used() == before


def test_what_is_missing_is_computed_and_fills_every_panel_that_lacked_it(page, root):
    posts = []
    page.on("request", lambda r: posts.append(r) if r.url.endswith("/live") else None)
    show(page, problem=1)
    drawn(page, "slice", "traces", "matrices")
    button = panel(page, "spectrum").locator(".ip-act").first
    expect(button).to_have_text(re.compile(r"Compute · about \d"))
    before = asked(root)
    button.click()
    expect(panel(page, "spectrum")).to_have_attribute("data-state", "pending")
    drawn(page, "spectrum", "numbers")
    analysis, key = "hessian_spectrum", saved(root, before, "hessian_spectrum", 1)
    assert asked(root) - before == {(analysis, key)}
    assert panel(page, "spectrum").get_attribute("data-question") == key
    answer = store.LiveAnswers(root).read(analysis, key, 1)
    energy = float(answer["energy"].sel(level=0, place="answer").squeeze())
    expect(panel(page, "numbers")).to_contain_text(f"{energy:.4g}")
    expect(page.locator(".ip-dock-line")).to_contain_text("Spectrum of problem 1")
    # Nothing is asked by looking on, by another reader's page, or by opening the page anew.
    count = len([p for p in posts if '"ask"' in (p.post_data or "")])
    seen = len(posts)
    page.wait_for_timeout(3000)
    assert len(posts) == seen
    page.reload()
    browser.settled(page)
    drawn(page, "spectrum")
    assert len([p for p in posts if '"ask"' in (p.post_data or "")]) == count == 1
    assert asked(root) - before == {(analysis, key)}


def test_a_problem_that_no_sweep_asked_is_computed_whole(page, root):
    show(page, problem=41)
    whole = page.locator(".ip-whole")
    expect(whole).to_have_text(re.compile(r"Compute all of problem 41 · about"))
    whole.click()
    drawn(page, "slice", "spectrum", "numbers", "matrices", "traces", "cuts")
    live, all_of_it = store.LiveAnswers(root), {"problem_properties", "descent", "hessian_spectrum",
                                                "landscape_slice"}  # fmt: skip
    # Shown before they are published.
    wait_until(lambda: all_of_it <= {n for n, key in asked(root) if live.where(n, key, 41, 42)}, 10)
    with store.open(root) as opened:  # no generation knows of it
        assert max(q.rows for q in opened.questions("descent")) == 2


def test_the_sampler_is_asked_anew_and_its_answer_kept_and_found_again(page, root):
    show(page, problem=0)
    drawn(page, "traces", "matrices")
    opened = form(page, "traces", {"clip": "5"})
    expect(opened).to_contain_text("clip 2 → 5")
    act(opened)
    expect(panel(page, "traces")).to_contain_text("clip 5.0 · MSE")
    expect(panel(page, "matrices")).to_contain_text("clip 5.0 · MSE")
    expect(page.locator(".ip-dock-line")).to_contain_text("clip 2 → 5: clip 5.0 · MSE")
    walked = page.url
    page.locator(".ip-dock-open").click()
    entry = page.locator(".ip-answer", has_text="clip 2 → 5")
    entry.get_by_text("keep", exact=True).click()
    expect(page.locator(".ip-dock-line")).to_contain_text("Kept.")
    expect(entry).to_contain_text("kept")
    key = re.search(r"walk=([0-9a-f]{24})", walked)[1]
    kept = [e for e in store.LiveAnswers(root).entries() if e.kept]
    assert [e.address[2] for e in kept] == [key]
    act(form(page, "slice", {"plane": "random"}))
    sliced(page, "random")
    page.locator(".ip-back").first.click()
    expect(page.get_by_test_id("stSelectbox").filter(has_text="Slice")).not_to_contain_text(
        "random"
    )
    expect(panel(page, "traces")).to_contain_text("clip 5.0 · MSE")
    page.goto(walked)
    expect(panel(page, "traces")).to_contain_text("clip 5.0 · MSE")


def test_a_repeated_question_is_found_not_computed(page, root):
    show(page, problem=0)
    drawn(page, "traces")
    opened = form(page, "traces", {"clip": "5"})
    expect(opened.locator(".ip-act").first).to_have_text("Show · it is in the store")
    act(opened)
    expect(panel(page, "traces").locator(".ip-chip")).to_have_text("from the store")


def test_cancel_stops_the_work_and_leaves_nothing(page, root):
    show(page, problem=0)
    drawn(page, "slice")
    before = asked(root)
    opened = form(page, "slice", LONG)
    act(opened)
    expect(opened.locator(".ip-progress")).to_contain_text("computing")
    opened.get_by_role("button", name="Cancel").click()
    expect(opened.locator(".ip-progress")).to_have_text(re.compile("Cancelled after"))
    expect(opened.locator(".ip-act").first).to_have_text(re.compile("Compute · about"))
    assert asked(root) == before
    act(changed(page, {"max nodes": "9"}))  # the next question needs no second click
    expect(panel(page, "slice").locator(".ip-chip")).to_contain_text("exact")


def test_whoever_leaves_the_view_leaves_the_line(page, root):
    show(page, problem=0)
    drawn(page, "slice")
    before = asked(root)
    act(form(page, "slice", {**LONG, "plane": "random", "seed": "7"}))
    progress = page.locator(".ip-form:popover-open .ip-compute:visible .ip-progress")
    expect(progress).to_contain_text("computing")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Overview").first.click()
    expect(page).to_have_url(re.compile(r"/\?|/$"))
    wait_until(lambda: at_rest(root), 10)  # of a question that takes half a minute
    assert asked(root) == before
    page.go_back()
    drawn(page, "slice")


@pytest.mark.parametrize("whom", ["worker", "server"])
def test_a_killed_process_is_one_line_and_the_next_question_is_answered(page, root, whom):
    show(page, problem=0)
    drawn(page, "slice")
    opened = form(page, "slice", {**LONG, "plane": "random", "seed": str(len(whom))})
    act(opened)
    expect(opened.locator(".ip-progress")).to_contain_text("computing")
    server = server_of_answers(root)
    workers = children(server)
    victims = workers if whom == "worker" else [server]
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    expect(opened.locator(".ip-progress")).to_contain_text(re.compile("stopped|killed"))
    wait_until(lambda: not any(map(alive, victims)), 5)
    if whom == "server":  # its workers end, whatever they compute
        wait_until(lambda: not any(map(alive, workers)), 10)
        wait_until(lambda: server_of_answers(root, server), 30)
    opened.get_by_label("max nodes", exact=True).fill("9")
    opened.get_by_label("max nodes", exact=True).press("Tab")
    opened.get_by_label("tolerance", exact=True).fill("0.01")
    opened.get_by_label("tolerance", exact=True).press("Tab")
    act(opened)
    sliced(page, "random")


def test_no_process_outlives_the_app(root, served):
    other = server_of_answers(root)
    with browser.serve(root, live="local"):
        wait_until(lambda: server_of_answers(root, other), 30)
        server = server_of_answers(root, other)
        wait_until(lambda: children(server), 60)
        workers = children(server)
    wait_until(lambda: not any(map(alive, [server, *workers])), 15)
    assert not list(root.glob("live/**/*.tmp*"))


def edit(page: Page) -> None:
    pen = panel(page, "matrices").get_by_role("button", name="edit")
    if pen.get_attribute("aria-pressed") != "true":
        pen.click()
    expect(page.locator(".ip-bubble")).to_be_visible()


def move(page: Page, down: int, right: int) -> None:
    for key, count in (("ArrowDown", down), ("ArrowRight", right)):
        for _ in range(count):
            page.keyboard.press(key)


def contents(page: Page) -> str:
    return re.search(r"own-20-([0-9a-f]{24})", page.url)[1]


def test_an_edited_entry_is_a_problem_of_its_own_with_its_truth_and_all_panels(page, root):
    show(page, problem=1)
    drawn(page, "matrices", "traces")
    edit(page)
    move(page, 3, 7)
    expect(page.locator(".ip-bubble b")).to_have_text("x[3, 7]")
    page.keyboard.type("0.5")
    page.keyboard.press("Enter")
    expect(panel(page, "own")).to_contain_text("Problem 1, 2 entries changed")
    drawn(page, "slice", "spectrum", "numbers", "matrices", "traces", "cuts")
    expect(panel(page, "own")).to_contain_text(re.compile(r"The answer moves by \S+ \(rms\)"))
    expect(panel(page, "own")).not_to_contain_text("no truth")
    digest = contents(page)
    live = store.LiveAnswers(root)
    properties = next(
        live.read(name, key, 1)
        for name, key in asked(root)
        if name == "problem_properties" and live.where(name, key, 1, 2)
        and panel(page, "matrices").get_attribute("data-question").startswith(key)
    )  # fmt: skip
    x = properties["x"].values.squeeze()
    assert x[3, 7] == x[7, 3] == 0.5
    assert abs(x @ properties["y_true"].values.squeeze() - np.eye(20)).max() < 1e-4
    # One entry back is the problem that it was, found again and not computed.
    edit(page)
    expect(page.locator(".ip-bubble b")).to_have_text("x[3, 7]")
    page.get_by_role("button", name="the original value").click()
    expect(page).to_have_url(re.compile("set=inverse-same-20-0"))
    drawn(page, "matrices")
    edit(page)
    page.locator(".ip-bubble input[type=text]").press("Control+z")
    expect(page).to_have_url(re.compile(digest))


def test_of_edits_in_a_hurry_the_last_one_is_shown(page, root):
    show(page, problem=0)
    drawn(page, "matrices")
    edit(page)
    move(page, 2, 5)
    for value in ("0.11", "0.22", "0.33"):
        page.locator(".ip-bubble input[type=text]").fill(value)
        page.keyboard.press("Enter")
    expect(panel(page, "own")).to_contain_text("→ 0.33")
    drawn(page, "slice", "spectrum", "numbers", "matrices", "traces", "cuts")
    expect(panel(page, "own")).to_contain_text("→ 0.33")


def test_what_cannot_be_is_refused_beside_the_cell_and_nothing_is_asked(page, root):
    show(page, problem=0)
    drawn(page, "matrices")
    before = asked(root)
    edit(page)
    for value, words in (("1..2", "A number is expected"), ("1e300", "between ±1,000,000")):
        page.locator(".ip-bubble input[type=text]").fill(value)
        page.keyboard.press("Enter")
        expect(page.locator(".ip-bubble .ip-also")).to_contain_text(words)
    assert asked(root) == before
    page.keyboard.press("Escape")
    expect(page.locator(".ip-bubble")).to_be_hidden()


def test_a_pasted_problem_and_one_of_another_seed_are_shown_whole(page, root):
    show(page, problem=0)
    drawn(page, "matrices")
    page.get_by_role("button", name="another problem").click()
    opened = page.locator(".ip-form:popover-open")
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(20, 20))
    rows = ["\t".join(f"{v:.5f}" for v in row) for row in matrix @ matrix.T / 20 + np.eye(20)]
    opened.get_by_label("numbers of the problem").fill("\n".join([*rows[:6], "1\t2\t3", *rows[7:]]))
    opened.get_by_role("button", name="Paste it").click()
    expect(opened.locator(".ip-also")).to_contain_text("20 expected")
    opened.get_by_label("numbers of the problem").fill("\n".join(rows))
    opened.get_by_role("button", name="Paste it").click()
    expect(panel(page, "own")).to_contain_text("A problem of your own: κ")
    drawn(page, "slice", "spectrum", "numbers", "matrices", "traces", "cuts")
    page.get_by_role("button", name="another problem").click()
    opened = page.locator(".ip-form:popover-open")
    opened.get_by_label("variant").select_option("harder")
    opened.get_by_label("index").fill("12")
    opened.get_by_role("button", name="Show it").first.click()
    expect(page).to_have_url(re.compile("set=inverse-harder-20-0&problem=12"))
    drawn(page, "slice", "spectrum", "numbers", "matrices", "traces", "cuts")


def test_a_click_on_the_plane_gives_the_landscapes_there(page, root):
    show(page, problem=0)
    drawn(page, "slice")
    before = asked(root)
    box = panel(page, "slice").locator(".ip-seen .nsewdrag").first.bounding_box()
    page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + 0.3 * box["height"])
    drawn(page, "point", "point_spectrum")
    a, b = map(float, re.search(r"point=([-\d.]+)~([-\d.]+)", page.url).groups())
    assert 0 < a < 1
    assert 0 < b < 1
    name, key = "point", saved(root, before, "point", 0)
    answer = store.LiveAnswers(root).read(name, key, 0).squeeze()
    np.testing.assert_allclose(answer["position"], [a, b], atol=1e-6)
    energy = float(answer["energy"].sel(level=0))
    expect(panel(page, "point")).to_contain_text(f"{energy:.4g}")
    page.get_by_role("button", name="Clear the point").click()
    expect(panel(page, "point")).to_have_count(0)
    page.go_back()
    drawn(page, "point")  # found, and not asked again
    assert {one for one in asked(root) - before if one[0] == "point"} == {(name, key)}


def test_a_click_beside_the_last_point_is_another_point(page, root):
    show(page, problem=0)
    drawn(page, "slice")
    box = panel(page, "slice").locator(".ip-seen .nsewdrag").first.bounding_box()
    middle, height = box["x"] + 0.75 * box["width"], box["y"] + 0.3 * box["height"]
    for shift, said in ((0, "= (0.5"), (9, "= (0.5[6-9]"), (0, r"= (0.5(,|\d?0)")):
        page.mouse.click(middle + shift, height)
        expect(panel(page, "point")).to_contain_text(re.compile(said.replace("(", r"\(", 1)))
        drawn(page, "point", "slice")


def test_of_many_clicks_on_the_plane_the_last_one_is_answered(page, root):
    show(page, problem=0)
    drawn(page, "slice")
    box = panel(page, "slice").locator(".ip-seen .nsewdrag").first.bounding_box()
    for i in range(12):
        x, y = 0.2 + 0.05 * i, 0.3 - 0.01 * i  # clear of the states, which lead to their levels
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(320)  # what follows sooner is a double click, which zooms back
    at = re.compile(r"\(a, b\) = \(0\.5")
    expect(panel(page, "point")).to_contain_text(at)
    drawn(page, "point", "point_spectrum")
    a = float(re.search(r"point=([-\d.]+)~", page.url)[1])
    assert abs(a - 0.5) < 0.1
    expect(page.locator(".ip-dock-line")).to_contain_text(
        re.compile("oint of problem 0|at the point")
    )


def test_two_tabs_have_their_own_questions_and_answers(served, root):
    url, chromium = served
    with browser.page_of(chromium) as one, browser.page_of(chromium) as other:
        for tab, plane in ((one, "random"), (other, "error")):
            tab.address = url
            show(tab, problem=1)
            drawn(tab, "slice")
            form(tab, "slice", {"half width": {"random": "0.7", "error": "0.6"}[plane]})
        for tab in (one, other):
            act(tab.locator(".ip-form:popover-open .ip-compute:visible"))
        for tab, width in ((one, "0.7"), (other, "0.6")):
            sliced(tab, f"half_width {width}")
            expect(tab.locator(".ip-dock-line")).to_contain_text(f"half width 1 → {width}")


def test_a_cut_connection_keeps_its_place_and_gets_its_answer(served, root):
    url, chromium = served
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()  # its console says that the network is gone
    try:
        page.set_default_timeout(browser.PATIENCE)
        page.address = url
        show(page, problem=0)
        drawn(page, "slice")
        before = asked(root)
        opened = form(page, "slice", {"max nodes": "129", "tolerance": "1e-12", "seed": "3"})
        act(opened)
        expect(opened.locator(".ip-progress")).to_contain_text("computing")
        context.set_offline(True)
        page.wait_for_timeout(6000)
        context.set_offline(False)
        sliced(page, "max_nodes 129")
        drawn(page, "slice")
        assert len(asked(root) - before) == 1
    finally:
        context.close()


def test_an_edit_stands_in_the_dock_and_is_come_back_to(page, root):
    show(page, problem=1)
    drawn(page, "matrices")
    edit(page)
    move(page, 5, 6)
    page.keyboard.type("0.25")
    page.keyboard.press("Enter")
    expect(panel(page, "own")).to_contain_text("→ 0.25")
    expect(page.locator(".ip-dock-line")).to_contain_text("Problem 1, 2 entries changed")
    drawn(page, "slice", "spectrum", "numbers", "matrices", "traces", "cuts")
    here = contents(page)
    page.goto(f"{page.address}/landscape?problem=0")
    browser.settled(page)
    page.locator(".ip-dock-open").click()
    page.locator(".ip-back", has_text="x[5, 6]").click()
    expect(page).to_have_url(re.compile(here))
    expect(panel(page, "own")).to_contain_text("→ 0.25")


def test_answers_are_gone_through_and_kept_by_keys_and_pinned_beside_each_other(page, root):
    """The walk of before is pinned beside the new one; keys go to either and keep one."""
    show(page, problem=0)
    drawn(page, "traces")
    for clip in ("3", "4"):
        act(form(page, "traces", {"clip": clip}))
        expect(panel(page, "traces").locator(".ip-note")).to_contain_text(f"clip {clip}.0")
        drawn(page, "traces")  # the whole answer, after its draft, brings a form of its own
    page.locator(".ip-dock-open").click()
    first, second = (page.locator(".ip-answer").nth(i) for i in (0, 1))
    first.get_by_text("pin", exact=True).click()
    expect(panel(page, "pinned_slice")).to_be_visible()
    drawn(page, "pinned_slice", "matrices", "traces")
    expect(panel(page, "matrices").locator(".ip-note")).to_contain_text("from the pinned answer")
    expect(page).to_have_url(re.compile("pin=inverse-same-20-0~0~"))
    expect(second).to_have_attribute("aria-selected", "true")
    page.keyboard.press("[")
    expect(panel(page, "traces").locator(".ip-note")).to_contain_text("clip 3.0")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(panel(page, "matrices").locator(".ip-note")).to_contain_text(" 0 (rms)")
    page.keyboard.press("h")
    expect(first.get_by_text("■ kept")).to_be_visible()
    page.keyboard.press("]")
    expect(panel(page, "traces").locator(".ip-note")).to_contain_text("clip 4.0")
    page.keyboard.press("s")
    expect(panel(page, "traces").locator(".ip-note")).to_contain_text("clip 3.0")
    page.keyboard.press("b")
    expect(panel(page, "pinned_slice")).to_have_count(0)
