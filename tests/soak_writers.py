"""Every writer under every fault: kill −9, the n-th operation, a file-size limit.

A fault is met in a forked process, and what it left is looked at in another one, as a user would
who calls the command again: nothing that stood may be lost, nothing wrong may be readable, and the
repeated command must end with everything there and nothing left lying about.
"""

import json
import os
import random
import resource
import shutil
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fault
from small_writers import Writer
from writers import publish, shard_there

from ired_interp_core.errors import Refusal
from store import shards


@dataclass
class Amount:
    """How much of everything.

    Args:
        kills: of each writer at random moments.
        modes: what the n-th operation meets: all modes for each n, or one after the other.
        stride: every so many operations; for heavy writers, every fourth of these.
        rooms: file-size limits for each writer.
        damages: flips of each of the main files; others get a third.
        sweep_kills: of the demo sweep; 0 leaves it out.
    """

    kills: int = 25
    modes: int = 3
    stride: int = 1
    rooms: int = 12
    damages: int = 150
    sweep_kills: int = 12


SHORT = Amount(kills=1, modes=1, stride=32, rooms=1, damages=4, sweep_kills=0)


@dataclass
class Soak:
    """The state of one soak.

    Args:
        folder: to work in.
        seed: of everything random.
        amount: how much.
        rows: of the summary.
        wrong: what did not hold, with how to see it again.
    """

    folder: Path
    seed: int
    amount: Amount
    rows: list[tuple[str, str, int, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def say(self, line: str) -> None:
        """Show progress: one line on a terminal, a line each time elsewhere."""
        end = "\r" if sys.stderr.isatty() else "\n"
        print(f"{time.monotonic() - self.began:5.0f} s  {line:<70}", end=end, file=sys.stderr)

    def note(self, part: str, writer: str, what: str) -> None:
        """Keep what did not hold."""
        chosen = f" --writer '{writer}'" if writer else ""
        again = f"PYTHONPATH=. python tests/soak.py --part {part}{chosen} --seed {self.seed}"
        self.wrong.append(f"{writer or part}: {what}\n    again: {again}")
        print(f"\nWRONG {self.wrong[-1]}", file=sys.stderr)


# --- processes ---


@dataclass(frozen=True)
class Ended:
    """How a forked process ended: "done", "refused", "killed" or "raised", and what it said."""

    how: str
    said: Any = None


def in_child(work: Callable[[], Any], delay: float | None = None) -> Ended:
    """Do something in a forked process, killed by -9 after a delay if one is given.

    DuckDB is loaded, and torch computes, in such children only: a process with their threads does
    not fork.
    """
    assert "duckdb" not in sys.modules
    ready, started = os.pipe()
    result, answer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(started, b".")
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for the life of this process
        try:
            ended = ("done", work())
        except Refusal as refusal:
            ended = ("refused", fault.one_line(refusal))
        except BaseException:  # noqa: BLE001 - the parent reports it
            ended = ("raised", traceback.format_exc())
        with os.fdopen(answer, "wb") as file:
            file.write(json.dumps(ended, default=str).encode())
        os._exit(0)
    os.close(started)
    os.close(answer)
    os.read(ready, 1)
    if delay is not None:
        time.sleep(delay)
        os.kill(child, 9)
    with os.fdopen(result, "rb") as file:
        said = file.read()
    os.close(ready)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return Ended("killed", os.WTERMSIG(status))
    return Ended(*json.loads(said))


def aftermath(writer: Writer, root: Path, i: int, earlier: list[int]) -> bool:
    """Look at what a fault left, repeat the command, and look again.

    Returns:
        Whether number i stood before the repeat.
    """
    kept = writer.kept or writer.there
    for j in earlier:
        assert kept(root, j), f"number {j} stood and is lost"
    stood = writer.there(root, i)
    writer.write(root, i)
    assert writer.there(root, i), f"number {i} is not there after the repeat"
    for j in earlier:
        assert writer.there(root, j), f"number {j} is lost after the repeat"
    shards.sweep_temporaries(root)
    left = [str(p) for p in root.rglob(".*") if p.name.endswith(".tmp")]
    assert left == [], "left lying about"
    return stood


def tried(writer: Writer, root: Path, i: int, earlier: list[int], ended: Ended) -> tuple[str, str]:
    """Judge a fault by how the writer ended and by what it left.

    Returns:
        Outcome for the tally, and what is wrong, or "".
    """
    if ended.how == "raised":
        return "wrong", f"another class than Refusal\n{ended.said}"
    after = in_child(lambda: aftermath(writer, root, i, earlier))
    if after.how != "done":
        return "wrong", f"after {ended}: {after.how}\n{after.said}"
    if ended.how == "done" and not after.said:
        return "wrong", f"said that number {i} was written, and it was not there"
    return f"{ended.how}, {'stood' if after.said else 'healed'}", ""


def warm_up(soak: Soak, i: int) -> None:
    """Load and encode here what each child would load and encode again; none starts a thread."""
    folder = soak.folder / "warm"
    folder.mkdir(exist_ok=True)
    publish(folder, i)
    assert shard_there(folder, i)


# --- the parts ---


def kills(soak: Soak, writer: Writer) -> None:
    """Kill −9 at random moments of the real write, on one store that goes on growing."""
    chance = random.Random(f"kills {writer.name} {soak.seed}")
    root, tally, i, took = soak.folder / "kills", Counter[str](), 0, 0.0
    root.mkdir()
    wanted = soak.amount.kills if not (soak.amount.stride > 1 and writer.heavy) else 1
    for i in range(40 * wanted if soak.amount.stride == 1 else 5 * wanted):
        warm_up(soak, i)
        in_child(lambda i=i: writer.prepare(root, i))
        began = time.perf_counter()
        # The first is left alone, to know how long it takes; a kill may come when all is done.
        delay = chance.uniform(0, 1.05 * took) if i else None
        ended = in_child(lambda i=i: writer.write(root, i), delay)
        took = took if i else time.perf_counter() - began
        outcome, wrong = tried(writer, root, i, sorted({0, i // 2, i - 1} - {i, -1}), ended)
        if wrong:
            soak.note("kills", writer.name, f"kill −9 {i}, after {delay} s: {wrong}")
            break
        tally[outcome] += i > 0
        took = 0.9 * took if ended.how == "done" and i else took
        hits = sum(n for how, n in tally.items() if how.startswith("killed"))
        soak.say(f"kill −9: {writer.name}: {hits} of {wanted} in the middle")
        if hits >= wanted:
            break
    shutil.rmtree(root)
    soak.rows.append((writer.name, "kill −9", tally.total(), spell(tally)))


MODES: tuple[tuple[str, Callable[[], None], bool], ...] = (
    ("EIO", fault.broken_disk, False),
    ("ENOSPC from there on", fault.full_disk, True),
    ("kill −9", fault.kill, False),
)


def bases(soak: Soak, writer: Writer) -> list[tuple[Path, list[int]]]:
    """An empty store, and one in which number 0 stands; both wait for number 1."""
    found = []
    for name, earlier in (("empty", []), ("begun", [0])):
        root = soak.folder / name
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()

        def made(root: Path = root, earlier: list[int] = earlier) -> None:
            for j in earlier:
                writer.prepare(root, j)
                writer.write(root, j)
            writer.prepare(root, 1)

        ended = in_child(made)
        assert ended.how == "done", ended.said
        found.append((root, earlier))
    return found


def operations(soak: Soak, writer: Writer) -> None:
    """The n-th file operation fails, or kills, for n = 1 … until the writer no longer meets it."""
    tallies = {name: Counter[str]() for name, _, _ in MODES}
    stride = soak.amount.stride
    stride = 4 * stride if writer.heavy and stride > 1 else stride
    for place, (base, earlier) in enumerate(bases(soak, writer)):
        going = dict.fromkeys(tallies, True)
        n = 1 + soak.seed % stride
        while any(going.values()):
            turn = (n // stride + place + soak.seed) % len(MODES)
            chosen = MODES if soak.amount.modes > 1 else MODES[turn : turn + 1]
            for name, action, on in chosen:
                if going[name]:
                    going[name] = _operation(soak, writer, base, earlier, n, (name, action, on),
                                             tallies[name])  # fmt: skip
            soak.say(f"n-th operation: {writer.name}: n = {n}")
            n += stride
    for name, tally in tallies.items():
        soak.rows.append((writer.name, f"{name}, n-th operation", tally.total(), spell(tally)))


def _operation(
    soak: Soak, writer: Writer, base: Path, earlier: list[int], n: int,
    mode: tuple[str, Callable[[], None], bool], tally: Counter[str],
) -> bool:  # fmt: skip
    """One fault at the n-th operation.

    Returns:
        Whether it was met.
    """
    name, action, on = mode
    root = soak.folder / "tried"
    shutil.copytree(base, root)
    met: dict[str, Any] = {}

    def work() -> dict[str, Any]:
        with fault.nth(n, action, on) as counter:
            try:
                writer.write(root, 1)
            except Refusal as refusal:
                fault.one_line(refusal)
                return {"reached": counter.reached, "hit": counter.hit, "refused": True}
        return {"reached": counter.reached, "hit": counter.hit, "refused": False}

    ended = in_child(work)
    if ended.how == "done":
        met = ended.said
        ended = Ended("refused" if met["refused"] else "done")
    outcome, wrong = tried(writer, root, 1, earlier, ended)
    shutil.rmtree(root)
    if ended.how == "done" and met.get("hit") in ("fsync", "write") and not wrong:
        wrong = f"{met['hit']} failed, and nobody said so"
    if wrong:
        soak.note("operations", writer.name, f"{name} at operation {n} of {base.name}: {wrong}")
    reached = ended.how == "killed" or bool(met.get("reached"))
    tally[outcome] += reached or bool(wrong)
    return reached and not (wrong and n > 300)


def room(soak: Soak, writer: Writer) -> None:
    """The system itself ends a write in its middle: no file may grow beyond so many bytes."""
    chance, tally = random.Random(f"room {writer.name} {soak.seed}"), Counter[str]()
    for base, earlier in bases(soak, writer)[1:]:
        for k in range(max(1, soak.amount.rooms // (3 if writer.heavy else 1))):
            # The pipe that answers is no file, so that only the writer meets the limit.
            most = 0 if k == 0 else int(2 ** chance.uniform(3, 23 if writer.heavy else 19))
            root = soak.folder / "tried"
            shutil.copytree(base, root)

            def work(root: Path = root, most: int = most) -> None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
                writer.write(root, 1)

            outcome, wrong = tried(writer, root, 1, earlier, in_child(work))
            shutil.rmtree(root)
            if wrong:
                soak.note("room", writer.name, f"files of at most {most} bytes: {wrong}")
            tally[outcome] += 1
            soak.say(f"file-size limit: {writer.name}: {most} bytes")
    soak.rows.append((writer.name, "file-size limit", tally.total(), spell(tally)))


def spell(tally: Counter[str]) -> str:
    """A tally in words."""
    return " · ".join(f"{n} {what}" for what, n in sorted(tally.items()) if n) or "–"
