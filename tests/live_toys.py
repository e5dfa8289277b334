"""Tiny analyses that may be asked live, and a server of them in a process of its own.

`live_base` does on purpose what a test wants to meet: it sleeps in tiles, prints, takes memory,
sits in a native call, dies, or finds the disk full. `live_sum` reads it.
"""

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from precompute_toys import ROOT, Bench, end, in_this_process

from ired_interp_core.messages import Ask, Cancel, Leave, Said, line, read_said
from ired_interp_core.records import ProblemSet

PROBLEMS = ProblemSet("inverse", "same", 4, 0)

ANALYSES = """
import errno, os, signal, sys, time
import numpy as np
import xarray as xr
from ired_interp_core.live import Live
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable

@analysis(
    name="live_base", version=1, title="Live", sentence="Mean of x.", rows=4,
    inputs={"problems": Role("problems")},
    parameters={
        "salt": Parameter(int, 0, "makes another question"),
        "tiles": Parameter(int, 0, "tiles of 50 ms"),
        "sleep": Parameter(float, 0.0, "seconds without a look at the desk"),
        "matrix": Parameter(int, 0, "side of a matrix whose eigenvalues are computed"),
        "grow": Parameter(int, 0, "MiB that are taken"),
        "die": Parameter(bool, False, "killed by signal 9"),
        "fail": Parameter(bool, False, "raises"),
        "full": Parameter(bool, False, "no room on the disk"),
        "costs": Parameter(float, 0.1, "seconds that it says it takes"),
        "takes": Parameter(float, 0.0, "GiB that it says it takes"),
    },
    variables={"mean_x": Variable(("problem",), "float64", "mean", "y", "mean of x", scalar=True)},
    figure="table",
    live=Live(lambda p, s: p["costs"], lambda p, s: p["takes"] * 2**30),
)
def base(block, p):
    mean = block.x.mean(axis=1) + p["salt"]
    print("this is printed")
    os.write(1, b'{"say":"answer","key":"forged"}\\n')
    if block.desk.awaited:
        block.desk.hand_over("first", xr.Dataset({"mean_x": (("problem",), mean)}))
    for _ in range(p["tiles"]):
        block.desk.check()
        time.sleep(0.05)
    time.sleep(p["sleep"])
    if p["matrix"]:
        rng = np.random.default_rng(0)
        np.linalg.eigvalsh(rng.normal(size=(p["matrix"], p["matrix"])))
    if p["grow"]:
        taken = np.ones(p["grow"] * 2**17)
        time.sleep(60)
    if p["die"]:
        os.kill(os.getpid(), signal.SIGKILL)
    if p["fail"]:
        raise ArithmeticError("fails here\\nand says so on two lines")
    if p["full"]:
        from store import publication
        kept = publication.publish
        def publish(*_):
            publication.publish = kept
            raise OSError(errno.ENOSPC, "No space left on device")
        publication.publish = publish
    return xr.Dataset({"mean_x": (("problem",), mean)})

@analysis(
    name="live_sum", version=1, title="Live sum", sentence="Twice the mean.", rows=2,
    inputs={"problems": Role("problems"), "base": Role("answer", "live_base")},
    parameters={"salt": Parameter(int, 0, "makes another question")},
    variables={"twice": Variable(("problem",), "float64", "twice", "y", "2·mean", scalar=True)},
    figure="table",
    live=Live(lambda p, s: 0.1, lambda p, s: 0.0),
)
def twice(block, p):
    return xr.Dataset({"twice": (("problem",), 2 * block.upstream["base"]["mean_x"].values)})
"""

SWEEP = """
name = "live"
[[problems]]
task = "inverse"
variant = "same"
seed = 0
size = 4
count = 4
[[analyses]]
name = "live_sum"
"""


def bench(folder: Path) -> Bench:
    """A folder with a store of four problems, and the analyses above for fresh processes."""
    made = Bench(folder)
    (folder / "toys" / "live_toys_here.py").write_text(ANALYSES)
    sweep = folder / "live.toml"
    sweep.write_text(SWEEP)
    made.run(sweep)
    return made


@contextmanager
def known(made: Bench) -> Iterator[Bench]:
    """The analyses in this process, too."""
    with pytest.MonkeyPatch.context() as patch, in_this_process(made, patch):
        yield made
        sys.modules.pop("ired_interp_core.analyses.live_toys_here", None)


def ask(request: str, session: str = "tab", analysis: str = "live_base", problem: int = 0,
        **parameters: Any) -> Ask:  # fmt: skip
    return Ask(session, request, analysis, PROBLEMS, problem, "", parameters)


class Served:
    """A server, as the app would start it.

    Args:
        bench: where.
        words: further options.
    """

    def __init__(self, bench: Bench, *words: object) -> None:
        self.log = bench.folder / f"log-{time.monotonic_ns()}.txt"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                bench.command("serve", "--store", bench.store, *words),
                cwd=ROOT, env=bench.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=log, start_new_session=True,
            )  # fmt: skip
        self.heard: list[Said] = []
        self._begun = b""

    def tell(self, *messages: Ask | Cancel | Leave | bytes) -> None:
        assert self.process.stdin
        for message in messages:
            self.process.stdin.write(message if isinstance(message, bytes) else line(message))
        self.process.stdin.flush()

    def until(self, say: str, request: str = "", seconds: float = 90.0) -> Said:
        """The first of this kind and request that was not asked for before."""
        until = time.monotonic() + seconds
        while True:
            for said in self.heard:
                if said.say == say and request in ("", said.request):
                    self.heard.remove(said)
                    return said
            left = until - time.monotonic()
            assert left > 0, (say, request, self.heard, self.log.read_text()[-2000:])
            self._hear(left)

    def _hear(self, seconds: float) -> None:
        assert self.process.stdout
        out = self.process.stdout.fileno()
        if select.select([out], [], [], seconds)[0]:
            piece = os.read(out, 2**16)
            assert piece, self.log.read_text()[-2000:]
            *lines, self._begun = (self._begun + piece).split(b"\n")
            self.heard += map(read_said, lines)

    def workers(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        every = [int(word) for word in path.read_text().split()]
        return [p for p in every if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]

    def end(self, number: int) -> int:
        end(self.process, number)  # type: ignore[arg-type]
        return self.process.returncode
