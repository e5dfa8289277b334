"""`make soak`: damaged files of every kind that a person brings, through the whole command line.

python tests/fuzz.py --seconds 300        the long form
python tests/fuzz.py --seconds 20 --seed 0 --kind sweep        one kind, the very same damages

Every command ends with a documented exit code, in one line, and takes at most 300 MB more than the
file has.
"""

import argparse
import contextlib
import io
import os
import random
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cases
import numpy as np
import scipy.io
import torch
from safetensors.numpy import save_file

from ired_interp_core import checkpoints
from precompute import __main__ as line
from precompute.cluster import profiles
from precompute.ground.exits import BAD_DATA, DONE, SOME_LEFT, USAGE, Usage

MEANT = {DONE, USAGE, BAD_DATA, SOME_LEFT}
MOST = 300 * 2**20
"""Bytes that a refusal may take beyond the size of its file."""

SIZE = 2
SWEEP = """name = "fuzz"
[[models]]
checkpoint = "model.safetensors"
count = 1
[[problems]]
task = "inverse"
variant = "same"
size = 2
seed = 0
count = 2
[[problems]]
task = "inverse"
file = "{file}"
[[analyses]]
name = "problem_properties"
[[analyses]]
name = "hessian_spectrum"
vectors = 0
inputs.descent = {{ clip = 5.0 }}
"""
PROFILE = """partition = "gpu"
time_limit = "04:00:00"
cpus = 4
memory = "16G"
gpus = 1
modules = ["python/3.11"]
"""
ODD = (
    "-1", "0", "1e999", "nan", "inf", '""', "[]", "{}", "true", "9" * 400, '"\\u0000"', "[[[1]]]",
    "1979-05-27", '"x"', "-0.0", '"' + "y" * 3000 + '"', "{a={b={c=1}}}", "18446744073709551616",
)  # fmt: skip
BLOBS = (b"\0", b"\xff\xff\xff\xff", b"\xff" * 8, b"{", b"}", b'"', b"\n", b"999999999", b"-1")


@dataclass(frozen=True)
class Kind:
    """One kind of file that is damaged.

    Args:
        name: of the kind.
        file: the sound one.
        read: reads what lies at that path; gives an exit code and what was said.
        text: whether values of its text are replaced, too.
    """

    name: str
    file: Path
    read: Callable[[Path], tuple[int, str]]
    text: bool = False


def command(*words: object) -> tuple[int, str]:
    """Run a command of the command line here."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = line.main([str(w) for w in words])
    return code, said.getvalue()


def kinds(folder: Path) -> list[Kind]:
    """A sound file of every kind, and what reads it."""
    checkpoints.save(cases.small(SIZE), folder / "model.safetensors")
    arrays = cases.random_tensors(SIZE)
    save_file(arrays, folder / "bare.safetensors")
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    whole = {
        "step": 7, "opt": {}, "scaler": None,
        "model": {f"model.ebm.{n}": t for n, t in tensors.items()},
        "ema": {f"ema_model.model.ebm.{n}": t for n, t in tensors.items()},
    }  # fmt: skip
    for new in (True, False):
        torch.save(whole, folder / f"official{new}.pt", _use_new_zipfile_serialization=new)
    x = np.stack([np.eye(SIZE), np.diag([1.0, 3.0])])
    np.savez(folder / "mine.npz", x=x)
    np.save(folder / "mine.npy", x)
    scipy.io.savemat(folder / "mine.mat", {"x": x})
    (folder / "mine.csv").write_text("1;0;0;1\n2;0,5;0;1\n")
    (folder / "sweep.toml").write_text(SWEEP.format(file="mine.npz"))
    (folder / "profile.toml").write_text(PROFILE)
    command("plan", folder / "sweep.toml", "--store", folder / "store", "--out", folder / "plan")

    def planned(path: Path) -> tuple[int, str]:
        return command("plan", path, "--store", folder / "store", "--out", folder / "other")

    def own(path: Path) -> tuple[int, str]:
        named = folder / "of_file.toml"
        named.write_text(SWEEP.format(file=path.name))
        return planned(named)

    def imported(path: Path) -> tuple[int, str]:
        out = folder / "imported.safetensors"
        out.unlink(missing_ok=True)
        return command("import-checkpoint", path, "--out", out, "--task", "inverse", "--confirm")

    def profile(path: Path) -> tuple[int, str]:
        try:
            profiles.read(str(path))
        except Usage as refused:
            return USAGE, str(refused)
        return DONE, ""

    return [
        Kind("sweep", folder / "sweep.toml", planned, text=True),
        Kind("profile", folder / "profile.toml", profile, text=True),
        Kind("manifest", folder / "plan", lambda p: command("unit", p, "999"), text=True),
        Kind("own .npz", folder / "mine.npz", own),
        Kind("own .npy", folder / "mine.npy", own),
        Kind("own .mat", folder / "mine.mat", own),
        Kind("own .csv", folder / "mine.csv", own, text=True),
        Kind("safetensors", folder / "model.safetensors", imported),
        Kind("bare safetensors", folder / "bare.safetensors", imported),
        Kind("zip .pt", folder / "officialTrue.pt", imported),
        Kind("old .pt", folder / "officialFalse.pt", imported),
    ]


def damaged(data: bytes, text: bool, chance: random.Random) -> Iterator[bytes]:
    """Without end: the bytes with one to three things wrong."""
    while True:
        found = data
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            at = chance.randrange(len(found) + 1)
            how = chance.randrange(7 if text else 5)
            if how == 0:
                found = found[:at]
            elif how == 1 and found:
                at = min(at, len(found) - 1)
                found = found[:at] + bytes([found[at] ^ 1 << chance.randrange(8)]) + found[at + 1 :]
            elif how == 2:
                found = found[:at] + chance.choice(BLOBS) + found[at:]
            elif how == 3:
                to = min(len(found), at + chance.choice((1, 4, 8, 64)))
                found = found[:at] + chance.choice(BLOBS) * (to - at) + found[to:]
            elif how == 4:
                to = min(len(found), at + chance.choice((16, 256)))
                found = found[:to] + found[at:to] + found[to:]
            else:
                found = _other_value(found, chance)
        yield found


def _other_value(data: bytes, chance: random.Random) -> bytes:
    """A value of a text replaced by an odd one."""
    values = list(re.finditer(rb'(?<=[=:;,\[ ])\s*("[^"\n]*"|[-\d.]+|true|false)', data))
    if not values:
        return data
    one = chance.choice(values)
    return data[: one.start()] + b" " + chance.choice(ODD).encode() + data[one.end() :]


def main() -> int:
    """Fuzz for some seconds, and print the summary."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--kind", action="append")
    given = parser.parse_args()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as temporary:
        folder = Path(temporary)
        os.chdir(folder)
        found = [k for k in kinds(folder) if not given.kind or k.name in given.kind]
        for kind in found:
            if kind.read(kind.file)[0] not in (DONE, USAGE):
                wrong.append(f"{kind.name}: the sound file is not read: {kind.read(kind.file)}")
        for kind in found:
            wrong += _one(kind, folder, given.seed, given.seconds / len(found))
    for what in wrong:
        print(f"WRONG {what}")
    print(f"seed {given.seed}: {len(wrong)} wrong")
    return 1 if wrong else 0


def _one(kind: Kind, folder: Path, seed: int, seconds: float) -> list[str]:
    """Damage files of one kind; what went wrong."""
    sound, wrong, codes = kind.file.read_bytes(), [], Counter[int]()
    path = folder / f"damaged{kind.file.suffix}"
    before, until = _peak(), time.monotonic() + seconds
    for i, data in enumerate(damaged(sound, kind.text, random.Random(f"{seed} {kind.name}"))):
        if time.monotonic() > until:
            break
        path.write_bytes(data)
        try:
            code, said = kind.read(path)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is wrong
            code, said = -1, repr(error)
        codes[code] += 1
        bad = code not in MEANT or (code != DONE and len(said.splitlines()) > 1) or "\x1b" in said
        grown = _peak() - before - len(data)
        if bad or grown > MOST:
            before = max(before, _peak())
            wrong.append(f"{kind.name}, damage {i}: exit {code}, {grown / 2**20:.0f} MB · {said!r}")
    ended = ", ".join(f"{n} × {code}" for code, n in sorted(codes.items()))
    grown = (_peak() - before) / 2**20
    print(f"{kind.name:17} exits {ended}; at most {max(0, grown):.0f} MB more", flush=True)
    return wrong[:5]


def _peak() -> int:
    """Most memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    sys.exit(main())
