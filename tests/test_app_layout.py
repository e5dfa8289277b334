"""Every sheet of every view at four widths and on both grounds: nothing is cut or too small.

Rules of reading are those of `layout.js`; those of accessibility are axe-core's.
"""

from importlib.resources import files
from pathlib import Path

import browser
import feature_store
import minima_store
import probe_store
import pytest
from fake_store import Fake

from app.shared.address.address import PATHS
from app.views import VIEWS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LAYOUT = Path(__file__).with_name("layout.js").read_text()
SIZES = ((1440, 900), (1024, 768), (390, 844), (1920, 1080))
GROUNDS = {1440: "light", 1024: "dark"}
"""Sizes at which accessibility is looked at, each on its ground."""

SHEETS = [(view.name, sheet.id) for view in VIEWS for sheet in view.sheets]

STILL = """() => {
  const all = document.querySelectorAll('[data-panel], .ip-seen text, button');
  const boxes = [...all].map((node) => {
    const { x, y, width, height } = node.getBoundingClientRect();
    return [x, y, width, height].map(Math.round);
  });
  const plots = [...document.querySelectorAll('.ip-seen')];
  const fit = plots.every((plot) => Math.abs(plot._fullLayout.width - plot.clientWidth) < 1
    && Math.abs(plot._fullLayout.height - plot.clientHeight) < 1);
  const now = JSON.stringify(boxes), same = now === window.boxesBefore;
  window.boxesBefore = now;
  return same && fit;
}"""
"""Whether figures have followed the window, and nothing has moved since it was asked last."""

AXE = """() => axe.run(document, {
  resultTypes: ['violations'], preload: false, rules: { region: { enabled: false } },
}).then(({ violations }) =>
  violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.slice(0, 5).map((node) =>
      `${id}: ${node.target.join(' ')} ${node.html.slice(0, 120)}`)))"""
"""The rule left out looks at every element of the page, half of the time, for what is moderate."""


FOCUS = """() => [...document.querySelectorAll(".stMain a, .ip-panel button")].slice(0, 20)
  .filter((node) => node.checkVisibility()).flatMap((node) => {
    node.focus({ focusVisible: true });
    const { outlineStyle, outlineWidth } = getComputedStyle(node);
    const seen = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    node.blur();
    return seen ? [] : [`the focus on ${node.textContent || node.title} cannot be seen`];
  })"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = feature_store.make(tmp_path_factory.mktemp("layout") / "store")
    fake = Fake(root, feature_store.PROBLEMS, count=probe_store.COUNT)
    for ask in (probe_store.ask_probes, probe_store.ask_failures):
        ask(fake)
    for name in ("gradient_flow", "geometry", "symmetry", "attribution"):
        fake.ask(name)
    fake.write_run("probes")
    return minima_store.ask(Fake(root, model="minima", count=4)).write_run("minima")


@pytest.fixture(scope="module")
def axe():
    return files("axe_playwright_python").joinpath("axe.min.js").read_text()


def still(page):
    browser.settled(page)
    page.wait_for_function(STILL, polling=250, timeout=browser.PATIENCE)


@pytest.mark.parametrize(("view", "sheet"), SHEETS)
def test_everything_can_be_read(page, url, axe, view, sheet):
    declared = next(one for one in VIEWS if one.name == view)
    asked = f"sheet={sheet}" if "sheet" in declared.fields else ""
    asked += "&feature=3" if sheet == "atoms" else ""
    page.goto(f"{url}{PATHS[view]}?{asked}")
    page.wait_for_selector(
        ".ip-root[data-drawn], [class*='st-key-page-controls']", state="attached"
    )
    faults = page.evaluate(FOCUS)
    for size in SIZES:
        browser.look(page, size, GROUNDS.get(size[0], "light"))
        still(page)
        faults += [f"{size[0]}: {fault}" for fault in page.evaluate(LAYOUT)]
        if size[0] in GROUNDS:
            page.evaluate(axe)
            faults += [f"{size[0]}: {fault}" for fault in page.evaluate(AXE)]
    assert not faults, "\n".join(faults)
