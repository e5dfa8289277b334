"""Every file of a store cut, grown and flipped: readers get the right numbers or one clear refusal.

All in one process, as a server is: what it verified before must not hide what changed since.
"""

import functools
import os
import random
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fault
import numpy as np
import small_writers as small
import writers
import xarray as xr

import store
from ired_interp_core.errors import Refusal
from store import layout, notes, shards

BLOCKS = 3
MAIN = ("shard", "side file", "catalog", "CURRENT")
"""What the numbers shown depend on; other files are damaged a third as often."""

HEAL_EVERY = 8
"""Every so many damages the command is repeated; else the bytes are put back."""


def build(root: Path) -> None:
    """A store with a file of every kind; the command that is repeated after damage."""
    writers.fill(root, BLOCKS - 1)
    small.cases.fill(root, small.ASKED, 0)
    store.publish_question(root, small.ASKED)
    store.write_run(root, "soak", small.run_record(0))
    store.publish_series(root, small.series_of(0))
    store.catalog.collect(root)


def targets(root: Path) -> dict[str, Path]:
    """What is damaged, by name; looked up each time, since a repeat makes new generations."""
    shard = writers.shard_path(root, 1)
    current = store.generations.current(root)
    return {
        "shard": shard,
        "side file": shard.with_suffix(".json"),
        "catalog": current.path,
        "CURRENT": layout.current(root),
        "question": layout.question(root, small.ASKED.analysis, small.ASKED.key),
        "problem set": layout.problem_set(root, small.cases.PROBLEMS.digest),
        "run record": layout.run(root, "soak"),
        "series": layout.series(root, small.series_of(0).id),
        "model card": layout.model_card(root, small.cases.MODEL),
        "weights": layout.model_weights(root, small.cases.MODEL),
        "note": next(layout.notes(root).glob("*.json")),
        "failure record": next(root.glob("results/*/*/*.failed.json")),
    }


def damages(data: bytes, times: int, chance: random.Random) -> Iterator[tuple[str, str, bytes]]:
    """Cuts, growth and flips of a file's bytes.

    Yields:
        Kind, what exactly, and the damaged bytes.
    """
    size = len(data)
    lengths = [0, size - 1, size // 2, 1, 7, 511, 512, 4096, max(0, size - 512)]
    lengths = lengths[: max(3, times // 4)] + [chance.randrange(size) for _ in range(times // 8)]
    for length in sorted({n for n in lengths if n < size}):
        yield "cut", f"cut at {length}", data[:length]
    for more in (b"\0", b"\n", b"}", b"\0" * 4096)[: max(1, times // 4)]:
        yield "grown", f"grown by {more[:3]!r} × {len(more)}", data + more
    for _ in range(times):
        at, mask = chance.randrange(size), chance.choice([1, 2, 4, 8, 16, 32, 64, 128, 255])
        flipped = bytearray(data)
        flipped[at] ^= mask
        yield "flip", f"byte {at} ^ {mask}", bytes(flipped)
    for _ in range(times // 8):  # a lost or foreign block of the disk
        at = chance.randrange(size)
        block = chance.choice([b"\0" * 512, chance.randbytes(512)])
        torn = (data[:at] + block + data[at + 512 :])[:size]
        if torn != data:
            yield "block", f"512 bytes at {at}", torn


def read_everything(root: Path) -> str:
    """Read through every public door; what can be read must be right.

    Returns:
        "whole" if everything was there, "less" if some was left out, "refused" if a door was shut.
    """
    seen = []
    for door in (_by_catalog, _by_shards, _notes, _failures):
        try:
            seen.append("whole" if door(root) else "less")
        except Refusal as refusal:
            fault.one_line(refusal)
            seen.append("refused")
    return max(seen, key=("whole", "less", "refused").index)


def _by_catalog(root: Path) -> bool:
    with store.open(root) as opened:
        return right_numbers(opened)


@functools.cache
def everything() -> xr.Dataset:
    return xr.concat([writers.answer(j) for j in range(BLOCKS)], "problem")


def right_numbers(opened: Any) -> bool:
    """Compare what a catalog and its shards say with the truth.

    Returns:
        Whether all of it is there.
    """
    rows = opened.sql("SELECT * FROM problem_properties__problem ORDER BY problem")
    truth = everything()
    there = truth.sel(problem=rows["problem"].to_numpy())
    for name in set(rows.columns) & set(truth.data_vars):
        np.testing.assert_array_equal(rows[name], there[name])
    assert all(card["task"] == "inverse" for card in opened.models().values())
    for record in opened.runs():
        assert record == small.run_record(0) | {"name": "soak"}
    for series in opened.series():
        assert series == small.series_of(0)
    for lost in opened.left_out():
        assert lost.mend, lost
    for info in opened.questions():
        assert info.question == small.ASKED
    if not len(rows):
        return False
    read = opened.read(small.ASKED.analysis).drop_attrs(deep=False)
    xr.testing.assert_identical(read, truth.sel(problem=read["problem"].values))
    return len(read["problem"]) == len(truth["problem"]) == len(rows) and bool(
        opened.runs() and opened.series()
    )


def _by_shards(root: Path) -> bool:
    return all(writers.shard_there(root, i, broken=True) for i in range(BLOCKS))


def _notes(root: Path) -> bool:
    found, broken = notes.read(root)
    assert all("\n" not in line for line in broken)
    for note in found:
        assert (note.address, note.author) == ("/?problem=0", "A reader"), note
        assert note.text == "number 0\n" * 200
    return len(found) == 1


def _failures(root: Path) -> bool:
    for record in shards.failures(root):
        if record["error"] == "unreadable record":
            return False
        assert (record["start"], record["message"]) == (400, "number 100"), record
    return True


class Bench:
    """A store under damage.

    Args:
        root: of the store.
        times: flips of each of the main files.
        seed: of the damages.
        say: shows progress.
    """

    def __init__(self, root: Path, times: int, seed: int, say: Callable[[str], None]) -> None:
        self.root, self.times, self.seed, self.say = root, times, seed, say
        self.rows: list[tuple[str, str, int, str]] = []
        self.wrong: list[str] = []
        root.mkdir()
        build(root)
        small.note(root, 0)
        small.fail(root, 100)
        store.catalog.collect(root)

    def damage(self, name: str) -> None:
        """Damage one file in many ways."""
        chance = random.Random(f"damage {name} {self.seed}")
        path = targets(self.root)[name]
        data, tally = path.read_bytes(), {}
        times = self.times if name in MAIN else self.times // 3
        for number, (kind, what, broken) in enumerate(damages(data, times, chance)):
            where = f"{name}: {what} of {len(data)}"
            try:
                outcome = self._one(path, broken, heal=number % HEAL_EVERY == 0)
            except Exception:  # noqa: BLE001 - whatever it is, it is no answer to a user
                self.wrong.append(f"{where}\n{traceback.format_exc()}")
                outcome = "wrong"
            tally.setdefault(kind, Counter())[outcome] += 1
            if not outcome.endswith("mended"):
                restore(path, data)
            path = targets(self.root)[name]
            data = path.read_bytes()
            self.say(f"damage: {where}: {outcome}")
        for kind, outcomes in tally.items():
            said = " · ".join(f"{n} {o}" for o, n in sorted(outcomes.items()))
            self.rows.append((name, kind, outcomes.total(), said))

    def _one(self, path: Path, broken: bytes, heal: bool) -> str:
        """One damage: what a reader who is there already sees, what a new one sees, what mends it.

        Returns:
            Outcome.
        """
        with store.open(self.root) as opened:
            path.write_bytes(broken)
            try:
                right_numbers(opened)
            except Refusal as refusal:
                fault.one_line(refusal)
        forget()
        outcome = read_everything(self.root)
        report = store.verify(self.root)
        for line in report.lines()[:-1]:
            assert "\n" not in line, line
            assert "next: " in line, line
        noticed = not report.ok or outcome != "whole"
        assert noticed or path.suffix == ".json" or path.name == "CURRENT", "not noticed"
        if not heal or report.ok:
            return f"{outcome}, {'noticed' if noticed else 'harmless'}"
        build(self.root)
        forget()
        report = store.verify(self.root)
        assert report.ok, ("the repeated command does not mend it", report.lines())
        assert read_everything(self.root) == "whole"
        return f"{outcome}, mended"


def restore(path: Path, data: bytes) -> None:
    """Put the bytes back."""
    aside = path.with_name(f".{path.name}.back")
    aside.write_bytes(data)
    os.replace(aside, path)
    forget()


def forget() -> None:
    """Verify all files anew: damage within one tick of the clock is not seen by their times."""
    store.generations.forget()
    store.sides.forget()


def soak(folder: Path, seed: int, times: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Damage every kind of file.

    Args:
        folder: to work in.
        seed: of the damages.
        times: flips of each.
        say: shows progress.

    Returns:
        Rows of the summary, and what was wrong.
    """
    bench = Bench(folder / "damaged", times, seed, say)
    for name in targets(bench.root) if times > 9 else MAIN:
        bench.damage(name)
    return {"rows": bench.rows, "wrong": bench.wrong}
