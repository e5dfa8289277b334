"""Many people at once, scripted: twenty who think, one who floods, three hundred who come and go.

The server stands beside itself with Streamlit's full garbage collection after each rerun.
"""

import asyncio
import itertools
import os
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self

import numpy as np
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.measure import Row
from benchmarks.pages import Served, serve
from benchmarks.sweeps import ALL, computed

VIEWS = ("", "problems", "landscape", "annealing", "features")
PROBLEMS = 16
PEOPLE, THINK, SECONDS = 20, 5.0, 60.0
FLOOD, FLOOD_SECONDS = 20, 20.0
SESSIONS = 300
COLLECTING = {"STREAMLIT_RUNNER_POST_SCRIPT_GC": "true"}
LATE_RERUN = 2
"""Value of `script_finished` where a newer wish ended the run: another answer follows."""


class Person:
    """A browser without a window: asks for pages, and waits until they are whole.

    Args:
        served: the server.
    """

    def __init__(self, served: Served) -> None:
        self._address = served.address

    async def __aenter__(self) -> Self:
        self._socket = await websockets.connect(
            f"{self._address.replace('http', 'ws')}/_stcore/stream",
            subprotocols=["streamlit"], origin=self._address, max_size=None, compression=None,
            open_timeout=120, ping_timeout=None,
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    async def ask(self, view: str, problem: int = 0) -> None:
        """Ask for a view about a problem."""
        wish = BackMsg()
        wish.rerun_script.page_name = view
        wish.rerun_script.query_string = f"problem={problem}" if view == "landscape" else ""
        await self._socket.send(wish.SerializeToString())

    async def whole(self) -> None:
        """Wait until the page is whole."""
        while True:
            message = ForwardMsg()
            message.ParseFromString(await self._socket.recv())
            ended = message.WhichOneof("type") == "script_finished"
            if ended and message.script_finished != LATE_RERUN:
                return

    async def visit(self, view: str, problem: int = 0) -> float:
        """Seconds from a wish to the whole page."""
        began = time.monotonic()
        await self.ask(view, problem)
        await self.whole()
        return time.monotonic() - began


async def warm(served: Served) -> None:
    """See every view and problem once."""
    async with Person(served) as person:
        for view in VIEWS:
            for problem in range(PROBLEMS if view == "landscape" else 2):
                await person.visit(view, problem)


async def thinking(served: Served, seconds: float, seed: int, think: float = THINK) -> list[float]:
    """Seconds of each page of one who goes from view to view."""
    chance, found, until = random.Random(seed), [], time.monotonic() + seconds
    async with Person(served) as person:
        await asyncio.sleep(chance.uniform(0, think))
        while time.monotonic() < until:
            found.append(await person.visit(chance.choice(VIEWS), chance.randrange(PROBLEMS)))
            await asyncio.sleep(think)
    return found


async def many(served: Served, seconds: float) -> tuple[list[float], list[float]]:
    """Pages of one person alone, then of twenty."""
    await warm(served)
    alone = await thinking(served, min(seconds, 30), 0, think=0.5)
    crowd = await asyncio.gather(*(thinking(served, seconds, seed) for seed in range(PEOPLE)))
    return alone, list(itertools.chain(*crowd))


async def beside_a_flood(served: Served, seconds: float) -> list[float]:
    """Pages of one person beside a session that wants 20 reruns a second."""
    await warm(served)
    until = time.monotonic() + seconds
    async with Person(served) as other, Person(served) as flood:

        async def pour() -> None:
            while time.monotonic() < until:
                await flood.ask("problems")
                await asyncio.sleep(1 / FLOOD)

        async def drain() -> None:
            while time.monotonic() < until:
                await flood.whole()

        drained, poured = asyncio.create_task(drain()), asyncio.create_task(pour())
        found = []
        while time.monotonic() < until:
            found.append(await other.visit("problems"))
        for task in (drained, poured):
            task.cancel()
        await asyncio.gather(drained, poured, return_exceptions=True)
    return found


def resident(served: Served) -> float:
    """Megabytes that the server has in memory."""
    pages = int(Path(f"/proc/{served.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def coming_and_going(served: Served, sessions: int) -> list[float]:
    """Megabytes after each of many short sessions."""
    await warm(served)
    found = []
    for number in range(sessions):
        async with Person(served) as person:
            await person.visit(VIEWS[number % len(VIEWS)])
        found.append(resident(served))
    return found


def measured(store: Path, what: Callable[[Served], Awaitable], **environment: str) -> object:
    """What is found on a server that is started for it."""
    with serve("app/main.py", store, **environment) as served:
        return asyncio.run(what(served))


def rows(store: Path, seconds: float = SECONDS, sessions: int = SESSIONS) -> list[Row]:
    """The rows, of a store that is there."""
    (alone, crowd), (_, before) = (
        measured(store, lambda served: many(served, seconds), **how) for how in ({}, COLLECTING)
    )
    other, kept_waiting = (
        measured(store, lambda served: beside_a_flood(served, FLOOD_SECONDS), **how)
        for how in ({}, COLLECTING)
    )
    memory = measured(store, lambda served: coming_and_going(served, sessions))
    slow, slow_before = (float(np.quantile(times, 0.95)) for times in (crowd, before))
    one, third = statistics.median(alone), sessions // 3
    end, middle = (statistics.median(part) for part in (memory[-third:], memory[third:-third]))
    return [
        Row(
            target=f"{PEOPLE} people, think time {THINK:g} s: p95 against p50 of one alone",
            ours=1e3 * slow, peer=1e3 * one, unit="ms", peer_name="one person alone, p50",
            must=5, aim=3, higher_is_better=False, value=slow / one,
            accuracy=f"{len(crowd)} pages, every view warm",
            more={"p50 ms": 1e3 * statistics.median(crowd),
                  "p95 with a collection after each rerun, ms": 1e3 * slow_before},
        ),
        Row(
            target=f"another's page beside a session of {FLOOD} reruns a second, p95",
            ours=1e3 * float(np.quantile(other, 0.95)),
            peer=1e3 * float(np.quantile(kept_waiting, 0.95)),
            unit="ms", peer_name="with a collection after each rerun", must=1, aim=1.5,
            accuracy=f"{len(other)} pages | {len(kept_waiting)} pages; ten reruns a second both",
            more={"slowest, ms": 1e3 * max(other)},
        ),
        Row(
            target=f"memory over {sessions} sessions: the last third against the second",
            ours=end, peer=middle, unit="MB", peer_name="the second third",
            must=1.1, aim=1.03, higher_is_better=False, value=end / middle,
            accuracy="no collection but Python's own", more={"first MB": memory[0]},
        ),
    ]  # fmt: skip


def run() -> list[Row]:
    """The rows of PERFORMANCE's table that are about many people."""
    with tempfile.TemporaryDirectory() as folder:
        return rows(computed(Path(folder), ALL, PROBLEMS))
