"""Live questions in Chromium: from the reader's event to the panel that shows the answer.

Beside the median the 95th percentile, the CPU seconds that the workers used meanwhile, and an empty
page's rerun.
"""

import itertools
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measure import Row
from benchmarks.networks import CHECKPOINTS
from benchmarks.pages import RERUN, TICKS, browser, serve
from benchmarks.sweeps import swept

TASKS = ("inverse", "addition", "completion")
TIMES = 10
"""Of every event and task; the first is warm-up and not counted."""
ALL = ("slice", "spectrum", "numbers", "matrices", "traces", "cuts")
STORED = ("problem_properties", "descent", "hessian_spectrum", "landscape_slice")
DICTIONARY = """
[[analyses]]
name = "dictionary_codes"
inputs.dictionary = { features = 64, k = 8, steps = 50 }
"""
"""Of a store on which features are steered; a small one, whose size hardly matters for that."""
LATER = 3.0
"""Seconds to all panels that are aimed at for addition and completion; 1.5 for inverse."""

WORK, SERVER = "CPU s of the work", "CPU s of the server"
BEGINS = ("", 0.0)
"""Said by an event when the page is there and the reader acts."""
Page = Any


class Measured(NamedTuple):
    """One event: seconds to the panel, and CPU seconds of workers and of the server until then."""

    seconds: float
    work: float
    server: float


DRAWN = """names => names.every((name) => {
  const found = [...document.querySelectorAll(`[data-panel=${name}]`)];
  return found.length === 1 && found[0].dataset.state === "drawn";
})"""


ANSWERED = """() => {
  const there = (name) => document.querySelector(`[data-panel=${name}]`)?.dataset.state;
  const shows = (name) => there("own") && ["draft", "drawn"].includes(there(name))
    && !document.querySelector(`[data-panel=${name}][data-waits]`);
  return ["own", "matrices", "traces"].every(shows);
}"""
"""Of an edited problem: the panels that show the answer, its error and the trace, at least as a
draft of them; the rest of the descent's answer is then still computed."""


def drawn(page: Page, *panels: str) -> None:
    """Wait until panels show an answer, and those of the page before are gone."""
    page.wait_for_function(DRAWN, arg=list(panels), polling="raf", timeout=120_000)


def work(pid: int) -> float:
    """CPU seconds that the workers below a process have used."""
    total = 0.0
    begun = [task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/children")]
    for child in " ".join(begun).split():
        folder = Path("/proc") / child
        if b"spawn_main" in (folder / "cmdline").read_bytes():
            words = (folder / "stat").read_text().rpartition(")")[2].split()
            total += (int(words[11]) + int(words[12])) / TICKS
        total += work(int(child))
    return total


def edit(page: Page, address: str, turn: int) -> Iterator[tuple[str, float]]:
    """Change one entry: seconds to the answer, and to all panels."""
    page.goto(f"{address}/landscape?problem={turn % 2}")
    browser.settled(page)
    drawn(page, *ALL)
    page.locator("[data-panel=matrices]").get_by_role("button", name="edit").click()
    page.locator(".ip-bubble").wait_for()
    page.keyboard.type(f"{0.1 + turn / 1000:.4f}")
    yield BEGINS
    began = time.perf_counter()
    page.keyboard.press("Enter")
    page.wait_for_function(ANSWERED, polling="raf", timeout=120_000)
    yield "edit: answer", time.perf_counter() - began
    drawn(page, *ALL)
    yield "edit: all panels", time.perf_counter() - began


def click(page: Page, address: str, turn: int) -> Iterator[tuple[str, float]]:
    """Click the plane: seconds to energy and spectrum there."""
    page.goto(f"{address}/landscape?problem={turn % 2}")
    browser.settled(page)
    drawn(page, "slice")
    box = page.locator("[data-panel=slice] .ip-seen .nsewdrag").first.bounding_box()
    rng = random.Random(turn)
    x, y = (rng.uniform(0.08, 0.3) for _ in range(2))  # a corner where no state is marked
    yield BEGINS
    began = time.perf_counter()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    drawn(page, "point", "point_spectrum")
    yield "point", time.perf_counter() - began


def form(
    panel: str, label: str, what: str, value: Callable[[int], str], said: str
) -> Callable[[Page, str, int], Iterator[Any]]:
    """Ask anew in the form of a panel, with another value, by which the answer is known."""

    def ask(page: Page, address: str, turn: int) -> Iterator[tuple[str, float]]:
        page.goto(f"{address}/landscape?problem={turn % 2}")
        browser.settled(page)
        drawn(page, panel)
        page.locator(f"[data-panel={panel}] .ip-ask").click()
        opened = page.locator(".ip-form:popover-open")
        opened.get_by_label(label, exact=True).first.fill(value(turn))
        page.keyboard.press("Tab")
        button = opened.locator(".ip-act:visible").first
        browser.expect(button).to_have_text(re.compile("about"))
        yield BEGINS
        began = time.perf_counter()
        button.click()
        line = page.locator(".ip-dock-line", has_text=said.format(value(turn)))
        line.wait_for(timeout=120_000)
        yield what, time.perf_counter() - began

    return ask


SEED = (lambda turn: str(1000 + turn), "seed 0 → {}")
EVENTS = (
    edit, click, form("slice", "seed", "new plane", *SEED),
    form("traces", "seed", "other start", *SEED),
)  # fmt: skip
STEER = (form("features", "strength", "steer", lambda turn: f"{2 + turn / 10:g}", "× {}"),)
STORES = ((STORED, "", EVENTS), (("descent",), DICTIONARY, STEER))
"""What is computed before, and the events on it."""


def percentile(values: Sequence[float], share: float) -> float:
    """A quantile by the nearest rank."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def run(minutes: float = 0.0, times: int = TIMES) -> list[Row]:
    """Median seconds of every event and task; 95th percentile and CPU of the work beside it.

    Args:
        minutes: to be over by then, with fewer times of each event, but at least one; 0 for all.
        times: of every event and task.

    Returns:
        A row for each event of each task.
    """
    rows, began = [], time.monotonic()
    count = len(TASKS) * len(STORES)
    for at, (task, (stored, more, events)) in enumerate(itertools.product(TASKS, STORES), 1):
        found: dict[str, list[Measured]] = {}
        until = began + 60 * minutes * at / count if minutes else float("inf")
        with tempfile.TemporaryDirectory() as folder, browser.chromium() as chromium:
            root = swept(Path(folder), CHECKPOINTS / f"{task}.safetensors", task, stored, 2, more)
            with (
                serve("app/main.py", root, IRED_LIVE="local") as app,
                serve(
                    "benchmarks/bare_app.py", root, BENCH_PAGE="empty", BENCH_PROBLEMS="2"
                ) as bare,
                browser.page_of(chromium) as page,
                browser.page_of(chromium) as empty,
            ):
                empty.goto(bare.address)
                browser.settled(empty)
                empty.get_by_text("run 0").wait_for()  # else a click meets the first run
                rerun = statistics.median(empty.evaluate(RERUN) for _ in range(10)) / 1000
                lasts = 0.0  # the longest turn
                for turn in range(times + 1):
                    if turn > 1 and time.monotonic() + lasts > until:
                        break
                    started = time.monotonic()
                    for event in events:
                        before = (0.0, 0.0)
                        for what, seconds in event(page, app.address, turn):
                            if (what, seconds) == BEGINS:
                                before = work(app.pid), app.cpu()
                                continue
                            spent = work(app.pid) - before[0], app.cpu() - before[1]
                            taken = [Measured(seconds, *spent)] if turn else []
                            found.setdefault(what, []).extend(taken)
                    lasts = max(lasts, time.monotonic() - started)
        done = [row(task, what, values, rerun) for what, values in found.items()]
        for one in done:  # a task takes three minutes, and all of them ten
            told = f"{one.target}: {one.value:.2f}, 95 %: {one.more['p95']:.2f}"
            used = ", ".join(f"{name} {one.more[name]:.2f}" for name in (WORK, SERVER))
            print(f"{told}, {used}, {one.more['times']} times", file=sys.stderr)
        rows += done
    return rows


def row(task: str, what: str, found: Sequence[Measured], rerun: float) -> Row:
    """One event of one task: seconds, and CPU seconds of workers and server, of every time."""
    values = [one.seconds for one in found]
    aim = {"edit: answer": 0.5, "point": 0.5}.get(what)
    if what == "edit: all panels":
        aim = 1.5 if task == "inverse" else LATER
    median = statistics.median(values)
    return Row(
        target=f"live, {task}, {what}: seconds from the event to the panel",
        ours=median,
        peer=rerun,
        unit="s",
        peer_name="an empty page's rerun, same browser",
        aim=aim,
        higher_is_better=False,
        value=median,
        more={
            "p95": percentile(values, 0.95),
            WORK: statistics.median(one.work for one in found),
            SERVER: statistics.median(one.server for one in found),
            "times": len(values),
        },
    )
