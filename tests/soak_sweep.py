"""The real demo sweep, killed again and again and run twice at once, against an undisturbed run.

What is compared is the shards' bytes: the same names with the same contents, whatever happened.
"""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
SWEEP = ROOT / "precompute" / "sweeps" / "demo.toml"

MOST_STARTS = 60
"""Starts of one sweep after which it should long have ended."""

Shards = dict[str, str]
Row = tuple[str, str, int, str]


class Sweep:
    """One sweep into one store, by the command line of fresh processes.

    Args:
        folder: to work in.
        sweep: the sweep file.
        environment: of the processes.
        patience: most seconds to wait for a moment to kill at.
    """

    def __init__(
        self,
        folder: Path,
        sweep: Path = SWEEP,
        environment: dict[str, str] | None = None,
        patience: float = 15.0,
    ) -> None:
        self.store, self.log, self.sweep = folder / "store", folder / "log", sweep
        self.patience = patience
        self.environment = environment or {**os.environ, "PYTHONPATH": str(ROOT)}
        folder.mkdir(parents=True)

    def start(self, workers: int = 2) -> subprocess.Popen[bytes]:
        """Start the run in a process group of its own; what it says goes to the log."""
        return self._start("run", self.sweep, "--workers", workers, "--collect-every", 10)

    def _start(self, verb: str, *words: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "precompute", verb, *map(str, words)]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*command, "--store", str(self.store)],
                cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def shards(self) -> Shards:
        """Every shard under its final name: its path in the store and the digest of its bytes."""
        return {
            str(path.relative_to(self.store)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.store.glob("results/*/*/*.h5"))
        }

    def count(self) -> int:
        """How many shards there are."""
        return sum(1 for _ in self.store.glob("results/*/*/*.h5"))

    def ended_well(self, wanted: Shards | None) -> Shards:
        """Check a store after its last run: bytes as wanted, verified, nothing left lying about."""
        found = self.shards()
        assert found, self.log
        assert wanted is None or found == wanted, differences(found, wanted)
        assert self._start("verify").wait() == 0, f"verify found something, see {self.log}"
        left = [p for p in self.store.rglob("*") if p.name.endswith((".tmp", ".failed.json"))]
        assert not left, left
        assert "Traceback" not in self.log.read_text(), self.log
        assert "this is a bug" not in self.log.read_text(), self.log
        return found


def differences(found: Shards, wanted: Shards) -> str:
    """Say how two stores differ."""
    other = [p for p in found.keys() & wanted.keys() if found[p] != wanted[p]]
    lack, more = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    return f"other bytes: {other[:5]}, lacking: {lack[:5]}, too many: {more[:5]}"


def undisturbed(sweep: Sweep) -> Shards:
    """Run once, with nothing happening."""
    code = sweep.start().wait()
    assert code == 0, f"exit {code}, see {sweep.log}"
    return sweep.ended_well(None)


def killed(sweep: Sweep, wanted: Shards, times: int, chance: random.Random, say: Callable) -> str:
    """Kill −9 the parent, a worker, or all of them, at random moments; then let it end."""
    hits = {"parent": 0, "worker": 0, "all": 0}
    seen: Shards = {}
    for start in range(MOST_STARTS):
        process = sweep.start()
        while sum(hits.values()) < times and process.poll() is None:
            _some_moment(sweep, process, chance)
            victim = chance.choice(sorted(hits))
            hits[victim] += _kill(process, victim)
            if victim != "worker":  # a run goes on without one of its workers
                break
        code = process.wait()
        # The others of the group notice that their parent is gone, and end on their own.
        _wait(lambda p=process: not _group_alive(p.pid))
        found = sweep.shards()
        assert found.items() >= seen.items(), "lost: " + differences(found, seen)
        assert found.items() <= wanted.items(), "wrong: " + differences(found, wanted)
        seen = found
        say(f"killed run: {sum(hits.values())} kills, {len(found)} of {len(wanted)} shards")
        assert code in (0, 75, -signal.SIGKILL), f"exit {code} of start {start}, see {sweep.log}"
        if code == 0:
            break
    assert seen == wanted, differences(seen, wanted)
    sweep.ended_well(wanted)
    kinds = ", ".join(f"{n} {victim}" for victim, n in hits.items())
    return f"{start + 1} starts, {sum(hits.values())} kills ({kinds}), bytes as undisturbed"


def at_once(sweep: Sweep, wanted: Shards, chance: random.Random) -> str:
    """Two runs on one store at the same time, one of them killed in the middle and started anew."""
    first, second = sweep.start(1), sweep.start(1)
    _some_moment(sweep, second, chance)
    hit = _kill(second, "all")
    second.wait()
    third = sweep.start(1)
    codes = [first.wait(), third.wait()]
    assert codes == [0, 0], f"exits {codes}, see {sweep.log}"
    sweep.ended_well(wanted)
    return f"one of them killed {int(hit)} times and started anew, bytes as undisturbed"


def _some_moment(sweep: Sweep, process: subprocess.Popen[bytes], chance: random.Random) -> None:
    """Wait for some seconds, or for some shards more and then a few milliseconds."""
    if chance.random() < 0.4:
        end = time.monotonic() + chance.uniform(0.2, sweep.patience)
        _wait(lambda: process.poll() is not None or time.monotonic() > end)
        return
    enough = sweep.count() + chance.randint(1, 4)
    _wait(lambda: process.poll() is not None or sweep.count() >= enough)
    time.sleep(chance.choice([0, chance.uniform(0, 0.02), chance.uniform(0, 1)]))


def _kill(process: subprocess.Popen[bytes], victim: str) -> bool:
    if process.poll() is not None:
        return False
    if victim == "all":
        os.killpg(process.pid, signal.SIGKILL)
        return True
    pids = [process.pid] if victim == "parent" else children(process.pid)
    if not pids:  # no worker yet
        return False
    try:
        os.kill(pids[-1], signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def children(pid: int) -> list[int]:
    """Processes whose parent this is; multiprocessing's helper stands first."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()] if path.exists() else []


def _group_alive(group: int) -> bool:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_group) == group and state != "Z":
            return True
    return False


def _wait(true: Callable[[], bool], seconds: float = 600.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def soak(folder: Path, seed: int, times: int, say: Callable[[str], None]) -> list[Row]:
    """All three, one after the other.

    Args:
        folder: to work in.
        seed: of the moments.
        times: kills of the killed run.
        say: shows progress.

    Returns:
        Rows of the summary: what, fault, times, outcome.
    """
    chance = random.Random(f"sweep {seed}")
    say("demo sweep: undisturbed")
    wanted = undisturbed(Sweep(folder / "undisturbed"))
    rows = [("demo sweep", "none", 1, f"{len(wanted)} shards")]
    said = killed(Sweep(folder / "killed"), wanted, times, chance, say)
    rows.append(("demo sweep", "kill -9", times, said))
    say("demo sweep: two runs at once")
    said = at_once(Sweep(folder / "at-once"), wanted, chance)
    rows.append(("demo sweep", "two runs at once", 1, said))
    return rows


if __name__ == "__main__":
    for row in soak(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), print):
        print(row)
