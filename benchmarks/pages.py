"""The app in Chromium: what a level costs, and what a rerun costs the server."""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Row
from benchmarks.sweeps import ALL, ROOT, computed

sys.path.insert(0, str(ROOT / "tests"))
import browser  # what the browser tests use

PROBLEMS = 16
TURNS = 4
TICKS = os.sysconf("SC_CLK_TCK")

RERUN = """() => new Promise((done) => {
  const app = document.querySelector("[data-testid=stApp]");
  const said = () => document.querySelector("[data-testid=stText]")?.innerText;
  const began = performance.now(), before = said();
  const look = () => {
    const rests = app.getAttribute("data-test-script-state") === "notRunning";
    if (rests && said() !== before) done(performance.now() - began);
    else requestAnimationFrame(look);
  };
  [...document.querySelectorAll("button")].find((b) => b.innerText.includes("next")).click();
  look();
})"""
"""Milliseconds of a rerun, by the number of the run that the page says: a run of an empty page may
begin and end between two looks at its state."""


@dataclass(frozen=True)
class Served:
    """A running server.

    Args:
        address: of it.
        pid: of its process.
    """

    address: str
    pid: int

    def cpu(self) -> float:
        """CPU seconds the server has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def serve(script: str, store: Path, **environment: str) -> Iterator[Served]:
    """Start Streamlit on a script."""
    port = browser.free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    with (
        tempfile.NamedTemporaryFile() as said,
        subprocess.Popen(
            command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT,
            env={**os.environ, "IRED_LIVE": "off", "IRED_STORE": str(store),
                 "PYTHONPATH": str(ROOT), "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
                 **environment},
        ) as process,
    ):  # fmt: skip
        try:
            ended = lambda: process.poll() is not None  # noqa: E731 - asked again and again
            yield Served(browser._wait(port, ended, Path(said.name)), process.pid)
        finally:
            process.terminate()
            process.wait(20)


def level_change(page: "browser.Page") -> list[float]:
    """Milliseconds to repaint all panels, for each of the other levels."""
    root = page.locator(".ip-root")
    found = []
    for level in [*range(9, -1, -1)] * 2:
        page.keyboard.press(str(level))
        page.wait_for_selector(f".ip-root[data-level='{level}']")
        page.wait_for_timeout(150)
        found.append(float(root.get_attribute("data-milliseconds")))
    return found[1:]


def by_key(page: "browser.Page", served: Served, turns: int) -> float:
    """Server CPU of one rerun, over `turns` presses of N."""
    before = served.cpu()
    for _ in range(turns):
        count = int(page.locator(".ip-root").get_attribute("data-drawings"))
        page.keyboard.press("n")
        page.wait_for_function(
            f"Number(document.querySelector('.ip-root').dataset.drawings) > {count}"
        )
        browser.settled(page)
    return (served.cpu() - before) / turns


def run() -> list[Row]:
    """The rows of PERFORMANCE's table that are about the app."""
    with tempfile.TemporaryDirectory() as folder, browser.chromium() as chromium:
        root = computed(Path(folder), ALL, PROBLEMS)
        bare = {"BENCH_PROBLEMS": str(PROBLEMS)}
        with (
            serve("benchmarks/bare_app.py", root, BENCH_PAGE="empty", **bare) as empty,
            serve("benchmarks/bare_app.py", root, BENCH_PAGE="figures", **bare) as figures,
            serve("app/main.py", root) as app,
            browser.page_of(chromium) as on_empty,
            browser.page_of(chromium) as on_figures,
            browser.page_of(chromium) as on_app,
        ):
            on_empty.goto(empty.address)
            browser.settled(on_empty)
            for page, address in (
                (on_figures, figures.address), (on_app, f"{app.address}/landscape?problem=0")
            ):  # fmt: skip
                page.goto(address)
                page.wait_for_selector(".ip-root[data-level]")
                browser.settled(page)
            first = by_key(on_app, app, PROBLEMS)
            by_key(on_figures, figures, PROBLEMS)
            repaint, rerun, ours, peer = [], [], [], []
            for _ in range(TURNS):  # in turn, so that a busy moment meets all
                repaint += level_change(on_app)
                rerun += [on_empty.evaluate(RERUN) for _ in range(10)]
                ours.append(by_key(on_app, app, PROBLEMS))
                peer.append(by_key(on_figures, figures, PROBLEMS))
    levels, bare_rerun = statistics.median(repaint), statistics.median(rerun)
    mine, theirs = statistics.median(ours), statistics.median(peer)
    return [
        Row(
            target="change of level: time to repaint against an empty app's rerun",
            ours=levels,
            peer=bare_rerun,
            unit="ms",
            peer_name="an empty page's rerun, same browser",
            must=1.0,
            aim=0.3,
            higher_is_better=False,
            value=levels / bare_rerun,
            accuracy="all panels, no server round trip",
            more={"slowest ms": max(repaint)},
        ),
        Row(
            target="server CPU of a Landscape rerun against a bare page",
            ours=1e3 * mine,
            peer=1e3 * theirs,
            unit="ms",
            peer_name="a page with nothing but the same figures, from memory",
            must=2.0,
            aim=1.2,
            higher_is_better=False,
            value=mine / theirs,
            accuracy="another problem at each rerun, seen before",
            more={"first time a problem is shown, ms": 1e3 * first},
        ),
    ]
