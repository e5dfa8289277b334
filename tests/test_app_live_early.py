"""Live answers on the page before they are published, and when they cannot be."""

import json
import re
import resource

import browser
import pytest
from playwright.sync_api import expect
from precompute_toys import children, wait_until
from test_app_live import (  # noqa: F401 - fixtures
    act,
    asked,
    at_rest,
    changed,
    drawn,
    form,
    page,
    panel,
    root,
    served,
    server_of_answers,
    show,
    sliced,
)

import store
from store import locks

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_an_answer_that_cannot_be_saved_is_shown_and_says_so(page, root):  # noqa: F811
    show(page, problem=1)
    drawn(page, "slice")
    before = asked(root)
    workers = children(server_of_answers(root))
    unbounded = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in workers}
    try:
        for pid, (_, most) in unbounded.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
        act(form(page, "slice", {"plane": "random", "seed": "41"}))
        sliced(page, "random")
        drawn(page, "slice", "cuts")
        expect(page.locator(".ip-dock-line")).to_have_text(
            "Answered, but not saved: file size limit; it stays until you leave"
        )
        assert asked(root) == before
        page.reload()
        drawn(page, "slice")
        sliced(page, "random")
    finally:
        for pid, limits in unbounded.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def test_an_answer_is_shown_before_it_is_published_and_found_again_after(page, root):  # noqa: F811
    show(page, problem=1)
    drawn(page, "slice")
    before = asked(root)
    live = store.LiveAnswers(root)
    with locks.locked(live.folder):  # nobody can publish meanwhile
        act(form(page, "slice", {"plane": "random", "seed": "42"}))
        sliced(page, "random")
        drawn(page, "slice", "cuts")
        expect(panel(page, "slice").locator(".ip-chip")).to_contain_text("exact")
        assert asked(root) == before
        shown = panel(page, "slice").get_attribute("data-question")
    wait_until(lambda: asked(root) - before, 10)
    ((analysis, key),) = asked(root) - before
    assert shown.split()[0] == key
    wait_until(lambda: live.where(analysis, key, 1, 2) is not None, 10)
    page.reload()
    sliced(page, "random")
    drawn(page, "slice", "cuts")
    assert panel(page, "slice").get_attribute("data-question") == shown


TAKEN = """() => {
  window.taken = 0;
  new MutationObserver((all) => { window.taken += all.length; }).observe(
    document.querySelector("[data-panel=matrices]"),
    { attributes: true, attributeFilter: ["data-question"] },
  );
}"""


def test_panels_that_an_answer_does_not_change_are_left_alone(page, root):  # noqa: F811
    show(page, problem=0)
    drawn(page, "matrices", "slice")
    page.evaluate(TAKEN)
    panel(page, "spectrum").locator(".ip-act").first.click()
    drawn(page, "spectrum", "numbers")
    expect(page.locator(".ip-dock-line")).to_contain_text("Spectrum of problem 0")
    assert page.evaluate("window.taken") == 0


CHIPS = """() => {
  window.chips = [];
  const chip = document.querySelector("[data-panel=traces] .ip-chip");
  const said = () => chip.textContent.split(" · ")[0];
  const heard = () => chip.closest("[data-waits]") && window.chips.push(said());
  new MutationObserver(heard).observe(chip, { childList: true, characterData: true });
}"""


def test_what_an_edited_problem_lacks_is_asked_while_its_page_is_drawn(page, root):  # noqa: F811
    show(page, problem=0)
    drawn(page, "matrices", "slice")
    asks = []
    page.on(
        "request", lambda r: asks.append(r.post_data or "") if r.url.endswith("/live") else None
    )
    panel(page, "matrices").get_by_role("button", name="edit").click()
    expect(page.locator(".ip-bubble")).to_be_visible()
    page.evaluate("document.querySelectorAll('[data-panel]').forEach((one) => { one.old = true; })")
    page.evaluate(CHIPS)
    page.keyboard.type("0.35")
    page.keyboard.press("Enter")
    drawn(page, "own", "slice", "spectrum", "numbers", "cuts")
    fresh = "[...document.querySelectorAll('[data-panel]')].filter(({ old }) => !old)"
    assert page.evaluate(f"{fresh}.map(({{ dataset }}) => dataset.panel)") == ["own"]
    assert "asking" in page.evaluate("window.chips")  # the old figure was dimmed, and said why
    expect(page.locator("[data-waits]")).to_have_count(0)
    expect(page.locator(".ip-dock-line")).to_contain_text("Problem 0, 1 entry changed")
    expect(page.locator(".ip-dock .ip-cease")).to_be_hidden()
    words = [json.loads(text) for text in asks]
    named = [w["question"]["analysis"] for w in words if w["do"] == "ask"]
    assert named[:2] == ["problem_properties", "descent"]
    assert sorted(named[2:]) == ["hessian_spectrum", "landscape_slice"]  # what is seen first


LONG = """() => {
  const { fetch } = window;
  let cut = null;
  window.fetch = async (to, how) => {
    const answer = await fetch(to, how);
    if (!String(to).endsWith("/live")) return answer;
    const told = await answer.json();
    const walk = told.said.findIndex(({ name }) => name === "walk");
    for (const one of told.said) if (one.say === "running") one.seconds = 60;
    if (walk >= 0 && !cut) {
      cut = told.request;
      told.at -= told.said.length - walk - 1;
      told.said = told.said.slice(0, walk + 1);
      told.ended = false;
    } else if (told.request === cut)
      while (!window.walked) await new Promise((go) => setTimeout(go, 50));
    return { status: answer.status, json: async () => told };
  };
}"""
"""Of a descent nothing is told after its walk, until the test says so."""


SEEN = """() => {
  window.seen = new Set();
  new MutationObserver((all) => all.forEach(({ target }) =>
    window.seen.add(`${target.dataset.panel}: ${target.dataset.state}`)))
    .observe(document.body, { attributes: true, attributeFilter: ["data-state"], subtree: true });
}"""
DRAFT = """() => ["draft", "drawn"].includes(
  document.querySelector("[data-panel=traces]")?.dataset.state)
  && document.querySelector("[data-panel=own]")?.textContent.includes("The answer moves by")"""


def test_of_an_edited_problem_the_walk_is_drawn_before_the_rest(page, root):  # noqa: F811
    """Its draft, while the rest is held back; a walk that is published sooner is drawn at once."""
    show(page, problem=0)
    drawn(page, "matrices", "slice")
    page.evaluate(LONG)
    page.evaluate(SEEN)
    panel(page, "matrices").get_by_role("button", name="edit").click()
    expect(page.locator(".ip-bubble")).to_be_visible()
    page.keyboard.type("0.45")
    page.keyboard.press("Enter")
    page.wait_for_function(DRAFT, polling=50, timeout=browser.PATIENCE)  # before the rest goes on
    seen = page.evaluate("[...window.seen]")
    assert {"own: draft", "own: drawn"} & set(seen)
    page.evaluate("window.walked = true")
    drawn(page, "own", "traces", "matrices")
    expect(panel(page, "own")).to_contain_text("The answer moves by")


LATE = """{
  const { addEventListener } = WebSocket.prototype;
  WebSocket.prototype.addEventListener = function later(name, hear, ...how) {
    const late = (event) => setTimeout(() => hear(event), name === "message" ? window.late : 0);
    addEventListener.call(this, name, late, ...how);
  };
  window.late = 0;
}"""
"""Whatever the server sends through the websocket comes so many milliseconds later."""


def test_an_edit_is_shown_also_where_the_page_hears_the_server_late(page, root):  # noqa: F811
    """Told something meanwhile, Streamlit would take the page back to the problem before."""
    page.add_init_script(LATE)
    show(page, problem=0)
    drawn(page, "matrices", "slice")
    page.evaluate("window.late = 700")
    page.evaluate(LONG)
    panel(page, "matrices").get_by_role("button", name="edit").click()
    expect(page.locator(".ip-bubble")).to_be_visible()
    page.keyboard.type("0.55")
    page.keyboard.press("Enter")
    page.wait_for_function(DRAFT, polling=50, timeout=browser.PATIENCE)
    page.evaluate("window.walked = true")
    drawn(page, "own", "traces", "matrices", "slice", "spectrum")
    assert "set=inverse-own-20-" in page.url
    expect(page.locator(".ip-dock-line")).to_contain_text("1 entry changed")


LEAVE = """() => {
  const asks = [...document.querySelectorAll(".ip-form:popover-open .ip-act")];
  asks.find((node) => node.checkVisibility()).click();
  const link = [...document.querySelectorAll("a")].find((a) => a.textContent.includes("Overview"));
  setTimeout(() => link.click(), 400);
}"""
"""Ask, and go to another view shortly before a draft is drawn."""


def test_a_draft_does_not_take_a_reader_back_who_is_leaving(page, root):  # noqa: F811
    page.add_init_script(LATE)
    show(page, problem=0)
    drawn(page, "slice")
    form(page, "slice", {"max nodes": "257", "tolerance": "1e-12"})  # half a minute
    page.evaluate("window.late = 700")
    page.evaluate(LEAVE)
    expect(page.locator("[data-panel=coverage]")).to_be_visible()
    wait_until(lambda: at_rest(root), 10)
    expect(page.locator("[data-panel=coverage]")).to_be_visible()
    assert "/?" in page.url
    assert "plane=" not in page.url
    page.go_back()
    drawn(page, "slice")
    assert "/landscape?" in page.url


def planes(root):  # noqa: F811
    """Keys of published planes: spectra of the test before may come late."""
    return {key for analysis, key in asked(root) if analysis == "landscape_slice"}


def test_a_plane_is_drawn_coarse_while_it_is_computed(page, root):  # noqa: F811
    show(page, problem=0)
    drawn(page, "slice", "cuts")
    before, stored = planes(root), panel(page, "slice").get_attribute("data-question")
    act(form(page, "slice", {"max nodes": "257", "tolerance": "1e-12"}))  # half a minute
    page.keyboard.press("Escape")
    for name, word in (("slice", "coarse · draft"), ("cuts", "draft")):
        expect(panel(page, name)).to_have_attribute("data-state", "draft")
        expect(panel(page, name).locator(".ip-chip")).to_have_text(word)
        expect(panel(page, name).get_by_role("button", name="export")).to_be_disabled()
        expect(panel(page, name).get_by_role("button", name="numbers")).to_be_disabled()
    assert panel(page, "slice").get_attribute("data-question") != stored
    assert planes(root) == before
    url = page.url
    box = panel(page, "slice").locator(".ip-seen .nsewdrag").first.bounding_box()
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    panel(page, "slice").locator(".ip-cancel").click()
    drawn(page, "slice", "cuts")
    assert panel(page, "slice").get_attribute("data-question") == stored
    assert (page.url, planes(root)) == (url, before)


STATES = """() => {
  window.states = [];
  const spectrum = document.querySelector("[data-panel=spectrum]");
  new MutationObserver(() => {
    const { state } = spectrum.dataset;
    const note = spectrum.querySelector(".ip-note").textContent;
    window.states.push([state, note]);
  }).observe(spectrum, { attributes: true, attributeFilter: ["data-state"], subtree: true,
    childList: true, characterData: true });
}"""


def test_spectra_are_drawn_level_by_level_and_then_whole(page, root):  # noqa: F811
    show(page, problem=1, level=0)
    drawn(page, "slice")
    page.evaluate(STATES)
    box = panel(page, "spectrum").locator(".ip-compute")
    box.get_by_text("other settings").click()
    box.get_by_label("dtype", exact=True).select_option("float64")
    box.get_by_label("vectors", exact=True).fill("10")  # takes longer than a draft is waited for
    box.get_by_label("vectors", exact=True).press("Tab")
    act(box)
    drawn(page, "spectrum", "numbers")
    states = page.evaluate("window.states")
    words = [state for state, _ in states]
    assert words.index("pending") < words.index("draft") < words.index("drawn")
    notes = {note for state, note in states if state == "draft"}
    assert any(re.search(r"of 400 above 1/σ", note) for note in notes)  # of level 0
    page.keyboard.press("9")
    expect(panel(page, "spectrum").locator(".ip-note")).to_contain_text("of 400 above 1/σ")
    expect(panel(page, "spectrum").get_by_role("button", name="export")).to_be_enabled()
