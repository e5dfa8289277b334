"""A few tiny analyses and a way to give them to fresh processes: what tests of precompute share.

`toy_base` reads problems; `toy_sum` reads toy_base's answer in blocks of another size; `toy_whole`
is one answer for a set, computed in steps with checkpoints; `toy_after` reads it problem by problem
and the very toy_base that it read; `toy_pair` has roles that need not be filled, about other sets.
Parameters make a problem slow, fail, or kill its process, so that a test meets every trouble on
purpose. toy_base and toy_whole hand over parts on the way.
"""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import forked
import numpy as np
import pytest
import xarray as xr

from ired_interp_core import registry

ROOT = Path(__file__).parents[1]

SITE = """
import ired_interp_core.analyses as folder
folder.__path__.append({folder!r})
"""

ANALYSES = """
import os, signal, time
import numpy as np
import xarray as xr
from ired_interp_core.errors import Paused
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import Parameter, Variable

NUMBER = {
    "salt": Parameter(int, 0, "makes another question"),
    "sleep": Parameter(float, 0.0, "seconds per block"),
    "fail_at": Parameter(int, -1, "problem whose block raises"),
    "die_at": Parameter(int, -1, "problem whose block kills its process"),
}

def trouble(block, parameters):
    time.sleep(0.0 if os.environ.get("TOY_QUICK") else parameters["sleep"])
    if parameters["fail_at"] in block.indices and not os.environ.get("TOY_WELL"):
        raise ArithmeticError("toy fails here\\nand says so on two lines")
    if parameters["die_at"] in block.indices and not os.environ.get("TOY_WELL"):
        os.kill(os.getpid(), signal.SIGKILL)

@analysis(
    name="toy_base", version=1, title="Toy", sentence="Mean of x.", rows=4,
    inputs={"problems": Role("problems")}, parameters=NUMBER,
    variables={"mean_x": Variable(("problem",), "float64", "mean", "y", "mean of x", scalar=True)},
    figure="table",
)
def base(block, parameters):
    block.desk.hand_over("first", block.x[:1].mean(axis=1))
    trouble(block, parameters)
    return xr.Dataset({"mean_x": (("problem",), block.x.mean(axis=1) + parameters["salt"])})

@analysis(
    name="toy_sum", version=1, title="Toy sum", sentence="Twice the mean.", rows=2,
    inputs={"problems": Role("problems"), "base": Role("answer", "toy_base")}, parameters=NUMBER,
    variables={"twice": Variable(("problem",), "float64", "twice", "y", "2·mean", scalar=True)},
    figure="table",
)
def twice(block, parameters):
    trouble(block, parameters)
    assert (block.upstream["base"]["problem"].values == block.indices).all()
    return xr.Dataset({"twice": (("problem",), 2 * block.upstream["base"]["mean_x"].values)})

@analysis(
    name="toy_whole", version=1, title="Toy of a set", sentence="Sum of the means.", rows=1,
    scope="set", small={"problems": 3, "steps": 2}, inputs={"base": Role("answer", "toy_base")},
    parameters={
        "problems": Parameter(int, 0, "range", minimum=0),
        "steps": Parameter(int, 3, "steps"),
        "sleep": Parameter(float, 0.0, "seconds per step"),
        "die_at": Parameter(int, -1, "step that kills its process"),
    },
    variables={
        "total": Variable((), "float64", "total", "y", "sum", scalar=True),
        "resumed": Variable((), "int64", "resumed", "1", "step it went on from", scalar=True),
        "each": Variable(("feature",), "float64", "each", "y", "mean", scalar=True),
    },
    figure="table",
)
def whole(gathered, parameters):
    base = gathered.upstream["base"]
    assert base.count == gathered.count == parameters["problems"]
    begun = int(gathered.desk.load() or b"0")
    for step in range(begun, parameters["steps"]):
        gathered.desk.report(step / parameters["steps"], f"step {step}")
        if step == parameters["die_at"] and not os.environ.get("TOY_WELL"):
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.0 if os.environ.get("TOY_QUICK") else parameters["sleep"])
        gathered.desk.save(str(step + 1).encode())
        gathered.desk.hand_over(f"step {step}", np.arange(step))
        if gathered.desk.pause():
            raise Paused
    means = [float(base.read([i], ["mean_x"])["mean_x"][0]) for i in range(base.count)]
    return xr.Dataset(
        {"total": ((), sum(means)), "resumed": ((), begun), "each": (("feature",), means)}
    )

@analysis(
    name="toy_after", version=1, title="Toy after a set", sentence="Share of the sum.", rows=4,
    inputs={"whole": Role("answer", "toy_whole"), "base": Role("answer", "toy_base", of="whole"),
            "problems": Role("problems")},
    parameters={},
    variables={"share": Variable(("problem",), "float64", "share", "1", "of the sum", scalar=True)},
    figure="table",
)
def after(block, parameters):
    base, whole = block.upstream["base"], block.upstream["whole"]
    assert (base["problem"].values == block.indices).all()
    return xr.Dataset({"share": (("problem",), base["mean_x"].values / float(whole["total"]))})

@analysis(
    name="toy_pair", version=1, title="Toy of two sets", sentence="Sums of both.", rows=1,
    scope="set",
    inputs={"problems": Role("problems"), "base": Role("answer", "toy_base"),
            "far": Role("answer", "toy_base", needed=False, given={"salt": 3},
                        about={"variant": "harder"}),
            "learned": Role("answer", "toy_whole", needed=False, apart=True)},
    parameters={"problems": Parameter(int, 0, "range", minimum=0)},
    variables={"pair": Variable((), "float64", "pair", "y", "sum of all roles", scalar=True)},
    figure="table",
)
def pair(gathered, parameters):
    rows = gathered.upstream
    found = [rows[r].read()["mean_x"].values.sum() for r in ("base", "far") if r in rows]
    found += [float(rows["learned"].read()["total"])] if "learned" in rows else []
    return xr.Dataset({"pair": ((), float(sum(found)))})
"""


class Bench:
    """A folder with a store, sweeps, and the command line of a fresh process.

    Args:
        folder: to work in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, folder / "store"
        site, toys = folder / "site", folder / "toys"
        for made in (site, toys):
            made.mkdir(parents=True)
        (site / "sitecustomize.py").write_text(SITE.format(folder=str(toys)))
        (toys / "toys.py").write_text(ANALYSES)
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)]),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def sweep(
        self, count: int = 8, name: str = "toy", base: str = "", total: str = "", more: str = ""
    ) -> Path:
        """Write a sweep over one problem set; toy_sum reads the very toy_base that is asked."""
        total += f"\ninputs.base = {{ {base} }}" if base else ""
        text = f"""
            name = "{name}"
            [[problems]]
            task = "inverse"
            variant = "same"
            seed = 0
            count = {count}
            [[analyses]]
            name = "toy_base"
            BASE
            [[analyses]]
            name = "toy_sum"
            SUM
            MORE
        """
        text = textwrap.dedent(text).replace("BASE", base).replace("SUM", total)
        path = self.folder / f"{name}-{count}.toml"
        path.write_text(text.replace("MORE", textwrap.dedent(more)))
        return path

    def command(self, *words: object) -> list[str]:
        """The command line of a fresh process."""
        return [sys.executable, "-m", "precompute", *map(str, words)]

    def call(
        self, *words: object, code: int | None = 0, cwd: Path = ROOT, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Do what a command does, to its end, and check its exit code."""
        told = {**self.environment, **environment}
        spelled = [*map(str, words)]
        return _checked(forked.run("precompute", spelled, cwd, told, seconds=300), code)

    def begun(self, command: Sequence[str], code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command line of its own to its end, and check its exit code."""
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        return _checked(done, code)

    def start(self, *words: object) -> subprocess.Popen[str]:
        """Start a command in a process group of its own, as a terminal would."""
        return subprocess.Popen(
            self.command(*words),
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, sweep: Path, *words: object, code: int | None = 0, **environment: str) -> str:
        """Run a sweep, on one worker for the sake of speed; what it said."""
        done = self.call(
            "run", sweep, "--store", self.store, "--workers", 1, *words, code=code, **environment
        )
        return done.stdout + done.stderr

    def shards(self, store: Path | None = None) -> list[Path]:
        """All shards under their final names."""
        return sorted((store or self.store).glob("results/*/*/*.h5"))

    def temporaries(self) -> list[Path]:
        """What a killed writer leaves, wherever it is."""
        return [p for p in self.store.rglob("*") if p.name.endswith(".tmp")]


def _checked(
    done: subprocess.CompletedProcess[str], code: int | None
) -> subprocess.CompletedProcess[str]:
    said = f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in said, said
    assert code is None or done.returncode == code, f"exit {done.returncode}\n{said}"
    return done


@contextmanager
def in_this_process(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """The toy analyses here, and in the processes that are started from here."""
    import ired_interp_core.analyses as folder

    known = registry.analyses()
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(bench.folder / "toys")])
    monkeypatch.setenv("PYTHONPATH", bench.environment["PYTHONPATH"])
    registry.analyses()
    with forked.workers():
        yield bench
    registry._ANALYSES.clear()
    registry._ANALYSES.update(known)
    sys.modules.pop("ired_interp_core.analyses.toys", None)


def contents(store: Path) -> dict[str, dict[str, np.ndarray]]:
    """Every answer of a store by question, its blocks put together; unreadable files raise."""
    found: dict[str, list[xr.Dataset]] = {}
    for path in sorted(store.glob("results/*/*/*.h5")):
        with xr.open_dataset(path) as dataset:
            key = f"{path.parent.parent.name}/{path.parent.name}"
            found.setdefault(key, []).append(dataset.load())
    return {
        key: {
            str(name): np.asarray(array)
            for name, array in xr.concat(parts, "problem", data_vars="minimal")
            .sortby("problem")
            .variables.items()
        }
        for key, parts in found.items()
    }


def same(left: dict[str, dict[str, np.ndarray]], right: dict[str, dict[str, np.ndarray]]) -> None:
    """Assert that two stores answer the same, bit by bit."""
    assert left.keys() == right.keys()
    for key, variables in left.items():
        assert variables.keys() == right[key].keys()
        for name, array in variables.items():
            np.testing.assert_array_equal(array, right[key][name], err_msg=f"{key} {name}")


def wait_until(true: object, seconds: float = 30.0) -> None:
    """Poll a condition."""
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """Processes whose parent this is."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def end(process: subprocess.Popen[str], number: int = signal.SIGKILL) -> str:
    """Signal one process and wait for it; what it said."""
    process.send_signal(number)
    said, _ = process.communicate(timeout=60)
    return said
