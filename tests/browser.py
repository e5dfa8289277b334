"""What browser tests share: the app on a free port, Chromium, and an ear for console errors."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import forked
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from ports import free_ports

ROOT = Path(__file__).parent.parent
SIZES = ((1440, 900), (1024, 768))
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    # A page of a test lives for seconds: what is optimised for longer costs it a tenth.
    "--in-process-gpu", "--js-flags=--no-turbofan --single-threaded-gc",
]  # fmt: skip
PATIENCE = 60_000
"""Milliseconds a page may take on a loaded machine."""
expect.set_options(timeout=PATIENCE)
SETTLED = """() => {
  const { testScriptState, testConnectionState } =
    document.querySelector("[data-testid=stApp]")?.dataset ?? {};
  return testScriptState === "notRunning" && testConnectionState === "CONNECTED";
}"""
AT_REST = """{
  const idle = window.requestIdleCallback.bind(window);
  window.requestIdleCallback = (...asked) => (window.prepares ? idle(...asked) : 0);
}"""
"""Levels that nobody looks at are not drawn ahead, which takes as long again as the page itself:
a test of that says `prepares(page)` first."""


def chromium_path() -> str | None:
    """Where Chromium is. The shell draws the same pages without a browser's own windows: a fifth
    less time."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def require() -> None:
    """Skip the test where no browser is, or fail it where one has to be."""
    if chromium_path():
        return
    why = "needs Chromium: apt-get install chromium"
    if os.environ.get("IRED_REQUIRE_BROWSER") == "1":
        pytest.fail(f"IRED_REQUIRE_BROWSER=1, and this {why}")
    pytest.skip(why)


def free_port() -> int:
    (port,) = free_ports(1)
    return port


@contextmanager
def serve(store: Path | str | None, checkout: Path = ROOT, live: str = "off") -> Iterator[str]:
    """Start the app of a checkout on a store; gives its address; ends the process.

    Live questions are off unless a test is about them: their server takes seconds to start.
    """
    port = free_port()
    environment = {
        **os.environ,
        "IRED_LIVE": live,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    environment.pop("IRED_STORE", None)
    if store is not None:
        environment["IRED_STORE"] = str(store)
    words = ["run", "app/main.py", "--server.port", str(port)]
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        process = forked.start("streamlit", words, checkout, environment, str(said), str(said))
        try:
            yield _wait(port, lambda: process.exitcode is not None, said)
        finally:
            process.terminate()
            process.join(10)
            process.kill()
            process.join()


@contextmanager
def running(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], port: int
) -> Iterator[str]:
    """Start a server by its command; gives its address; ends the process."""
    with tempfile.TemporaryDirectory() as kept:
        said = Path(kept) / "said"
        with said.open("wb") as file:
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT
            )
        try:
            yield _wait(port, lambda: process.poll() is not None, said)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(port: int, ended: Callable[[], bool], said: Path) -> str:
    """The address of a server, as soon as it answers."""
    address = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if ended():
            raise RuntimeError(f"the app ended: {said.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return address
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the app did not answer within a minute")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Ear:
    """Collects what a page complains about."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _console(self, message) -> None:
        where = (message.location or {}).get("url", "")
        if message.type == "error":
            self.errors.append(f"{message.text} {where}")


@contextmanager
def page_of(
    browser: Browser, size: tuple[int, int] = SIZES[0], ground: str = "light"
) -> Iterator[Page]:
    """A fresh window; at its end no console error and no error box may have been seen.

    All windows of a browser have one cache: what a page is made of is fetched and compiled once.
    """
    context = browser.contexts[0] if browser.contexts else browser.new_context()
    before = context.pages
    page = context.new_page()
    look(page, size, ground)
    page.set_default_timeout(PATIENCE)
    page.add_init_script(AT_REST)
    ear = Ear(page)
    try:
        yield page
        expect(page.get_by_test_id("stException")).to_have_count(0)
        assert not ear.errors, ear.errors
    finally:
        for opened in context.pages:
            if opened not in before:
                opened.close()


def prepares(page: Page) -> None:
    """Have the page draw levels ahead while it has nothing else to do, as it does for a reader."""
    page.add_init_script("window.prepares = true")


def look(page: Page, size: tuple[int, int], ground: str) -> None:
    """Give a window a size and a ground, "light" or "dark"."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=ground)


def settled(page: Page) -> None:
    """Wait until the script has run and the page is drawn.

    Not by `expect`: each time it finds otherwise it describes the page for a message, here the
    whole page, which costs as much as drawing several panels.
    """
    page.wait_for_function(SETTLED, polling=100, timeout=PATIENCE)


def panel(page: Page, name: str) -> Locator:
    """A panel by its id."""
    return page.locator(f"[data-panel={name}]")


def asked(page: Page, **wanted: object) -> None:
    """Wait until the address says so, and the page stands."""
    page.wait_for_function(
        "wanted => Object.entries(wanted).every("
        "([k, v]) => new URLSearchParams(location.search).get(k) === v)",
        arg={k: str(v) for k, v in wanted.items()},
    )
    settled(page)


def select(page: Page, menu: str | Locator, option: str) -> None:
    """Choose from a select box; a menu opened while figures are still being laid out may close."""
    named = isinstance(menu, str)
    box = page.get_by_role("combobox", name=re.compile(menu)) if named else menu
    wanted = page.get_by_role("option", name=re.compile(option))
    until = time.monotonic() + PATIENCE / 1000
    while not wanted.is_visible() and time.monotonic() < until:
        box.click()
        with contextlib.suppress(PlaywrightTimeout):
            wanted.wait_for(timeout=2000)
    wanted.click()


def shoot(page: Page, folder: Path, name: str) -> Path:
    """Take a screenshot of what the window shows."""
    folder.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    path = folder / f"{name}-{size['width']}.png"
    page.screenshot(path=path)
    return path
