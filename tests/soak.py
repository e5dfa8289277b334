"""`make soak`: every writer under every fault, every format damaged, the demo sweep killed.

python tests/soak.py            the long form, some minutes on two cores
python tests/soak.py --short    the form that CI runs, less than a minute
--part operations --writer shard --seed 7        one part, one writer, the very same faults
"""

import argparse
import importlib
import os
import random
import sys
import tempfile
import time
from pathlib import Path

import damage
import soak_sweep
from soak_writers import SHORT, Amount, Soak, in_child, kills, operations, room, warm_up
from writers import WRITERS, keep_images

PARTS = {"kills": kills, "operations": operations, "room": room, "damage": None, "sweep": None}


def main() -> int:
    """Soak, and print the summary."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--writer", choices=[w.name for w in WRITERS], action="append")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    given = parser.parse_args()
    print(f"seed {given.seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        workshop = Path(folder) / "workshop"  # where catalogs are built
        workshop.mkdir()
        tempfile.tempdir = os.environ["TMPDIR"] = str(workshop)
        soak = Soak(Path(folder), given.seed, SHORT if given.short else Amount())
        try:
            for part in given.part or PARTS:
                one_part(soak, part, given.writer or [w.name for w in WRITERS])
        finally:
            table(soak)
    return 1 if soak.wrong else 0


def one_part(soak: Soak, part: str, names: list[str]) -> None:
    """Run one part of the soak."""
    run, amount = PARTS[part], soak.amount
    if run:
        keep_images()
        for i in (0, 1):
            warm_up(soak, i)
        for writer in WRITERS:
            if writer.name in names:
                if writer.loads:
                    importlib.import_module(writer.loads)
                run(soak, writer)
    elif part == "damage":
        ended = in_child(lambda: damage.soak(soak.folder, soak.seed, amount.damages, soak.say))
        done = ended.said if ended.how == "done" else {"rows": [], "wrong": [str(ended)]}
        soak.rows += map(tuple, done["rows"])
        for what in done["wrong"]:
            soak.note(part, "", what)
    elif amount.sweep_kills:
        try:
            rows = soak_sweep.soak(soak.folder / "sweep", soak.seed, amount.sweep_kills, soak.say)
        except AssertionError as error:
            soak.note(part, "", str(error))
        else:
            soak.rows += rows


def table(soak: Soak) -> None:
    """Print the summary."""
    heads = [("writer", "fault", "times", "outcome"), *soak.rows]
    a, b, c = (max(len(str(row[i])) for row in heads) for i in range(3))
    print()
    for name, what, times, outcome in heads:
        print(f"{name:{a}}  {what:{b}}  {times!s:>{c}}  {outcome}")
    for line in soak.wrong:
        print(f"WRONG {line}")
    total, seconds = sum(row[2] for row in soak.rows), time.monotonic() - soak.began
    print(f"seed {soak.seed}: {total} faults in {seconds:.0f} s, {len(soak.wrong)} wrong")


if __name__ == "__main__":
    sys.exit(main())
