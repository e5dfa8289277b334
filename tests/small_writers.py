"""The writers of small files: records, notes, manifests, checkpoints, submissions.

As in writers.py: number i is written, and `…_there` says True for whole and right, False for not
there or refused as broken, and raises AssertionError for readable and wrong.
"""

import functools
import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import fault
import numpy as np
import store_cases as cases

import store
from ired_interp_core.contents import Content
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet
from precompute.cli import importing
from precompute.cluster import submission
from precompute.cluster.packed_code import Code
from precompute.cluster.packing import Element, Rate
from precompute.cluster.profiles import Profile
from precompute.plan import models, plan
from precompute.plan.manifest import read_manifest, write_manifest
from store import LiveAnswers, layout, notes, records, series, shards, submissions, unfinished
from store import contents as own_problems

ROOT = Path(__file__).parents[1]
CHECKPOINT = ROOT / "checkpoints" / "inverse.safetensors"
ASKED = cases.question("problem_properties")
ROWS = 4


@dataclass(frozen=True)
class Writer:
    """One writer.

    Args:
        name: for people.
        write: writes number i; the only part that meets a fault.
        there: whether number i stands.
        prepare: what must be there before number i is written.
        heavy: a write takes more than a tenth of a second.
        loads: a module that is loaded before the process forks, to load it once.
        kept: whether a number that stood is not lost, where that is less than that it stands.
    """

    name: str
    write: Callable[[Path, int], object]
    there: Callable[[Path, int], bool]
    prepare: Callable[[Path, int], object] = lambda root, i: None
    heavy: bool = False
    loads: str = ""
    kept: Callable[[Path, int], bool] | None = None


def absent(read: Callable[[], object], path: Path, broken: bool = False) -> bool:
    """Whether reading refuses because nothing is there, or because what is there is broken."""
    try:
        read()
    except FileNotFoundError:
        return True
    except Refusal as refusal:
        line = fault.one_line(refusal)
    else:
        return False
    assert broken or not path.exists(), line
    return True


# --- records ---


def small_question(i: int):
    return cases.question("descent", seed=i)


def question_there(root: Path, i: int, broken: bool = False) -> bool:
    asked = small_question(i)
    path = layout.question(root, asked.analysis, asked.key)
    if absent(lambda: records.read_question(root, asked.analysis, asked.key), path, broken):
        return False
    assert records.read_question(root, asked.analysis, asked.key) == asked
    return True


def rotten_question(root: Path, i: int) -> None:
    path = store.publish_question(root, small_question(i))
    path.write_bytes(path.read_bytes()[:40])


def problems(i: int) -> ProblemSet:
    return ProblemSet("inverse", "same", 4, i)


def problems_there(root: Path, i: int) -> bool:
    digest = problems(i).digest
    path = layout.problem_set(root, digest)
    if absent(lambda: records.read_problem_set(root, digest), path):
        return False
    assert records.read_problem_set(root, digest) == problems(i)
    return True


def own(i: int) -> Content:
    x = (1.0 + i) * np.eye(4).reshape(1, 16)
    return Content("inverse", 4, x, np.eye(4).reshape(1, 16) / (1.0 + i))


def own_there(root: Path, i: int) -> bool:
    folder, digest = LiveAnswers(root).folder, own(i).digest
    if absent(lambda: own_problems.read((folder,), digest), layout.content(folder, digest)):
        return False
    found = own_problems.read((folder,), digest)
    np.testing.assert_array_equal(found.x, own(i).x)
    return True


def run_record(i: int) -> dict:
    asks = [{"key": ASKED.key, "analysis": ASKED.analysis, "count": ROWS + i}]
    return {"questions": asks, "sweep": "name = 'soak'\n" + f"# {i}\n" * 3000, "version": i}


def run_there(root: Path, i: int) -> bool:
    """A run record is replaced: a later one stands for the earlier ones too."""
    if absent(lambda: store.read_run(root, "soak"), layout.run(root, "soak")):
        return False
    found = store.read_run(root, "soak")
    assert found == run_record(found["version"]) | {"name": "soak"}
    return found["version"] >= i


def series_of(i: int, name: str = "5" * 24) -> store.Series:
    """A training that kept one model more a number, and logged more."""
    models = ((0, cases.MODEL), *((100 * j, f"{j:024x}") for j in range(1, i + 1)))
    log = tuple({"step": j, "loss": 1 / (j + 1)} for j in range(300 + i))
    return store.Series(name, "soak", "inverse", 4, {"task": "inverse"}, models, log)


def series_there(root: Path, i: int) -> bool:
    """A record that is replaced by longer ones."""
    path = layout.series(root, series_of(0).id)
    if absent(lambda: series.read(root, series_of(0).id), path):
        return False
    found = series.read(root, series_of(0).id)
    number = len(found.models) - 1
    assert found == series_of(number)
    return number >= i


def own_series(i: int) -> store.Series:
    return series_of(i, f"{i:024x}")


def own_series_there(root: Path, i: int) -> bool:
    name = own_series(i).id
    if absent(lambda: series.read(root, name), layout.series(root, name), broken=True):
        return False
    assert series.read(root, name) == own_series(i)
    return True


def rotten_series(root: Path, i: int) -> None:
    path = store.publish_series(root, own_series(i))
    path.write_bytes(path.read_bytes().replace(b"0.5", b"0.6"))


def model(i: int) -> tuple[str, bytes, dict]:
    weights = np.random.default_rng(i).bytes(300_000)
    return f"{i:024x}", weights, {"task": "inverse", "size": 4, "number": i}


def model_there(root: Path, i: int) -> bool:
    digest, weights, card = model(i)
    if store.models.trouble(root, digest):
        return False  # the reader is told
    assert layout.model_weights(root, digest).read_bytes() == weights
    assert store.models.read(root, digest)["card"] == card
    return True


def rotten_model(root: Path, i: int) -> None:
    store.publish_model(root, *model(i))
    path = layout.model_weights(root, model(i)[0])
    path.write_bytes(path.read_bytes()[:-1])


def fail(root: Path, i: int) -> None:
    span = (ROWS * i, ROWS * (i + 1))
    shards.record_failure(root, ASKED, *span, "ValueError", f"number {i}", "trace\n" * 500)


def failure_there(root: Path, i: int) -> bool:
    for found in shards.failures(root):
        number = found["start"] // ROWS
        came = (found["error"], found["message"], found["traceback"])
        assert came == ("ValueError", f"number {number}", "trace\n" * 500), found
        if number == i:
            return True
    return False


def note(root: Path, i: int) -> None:
    notes.add(root, f"/?problem={i}", f"number {i}\n" * 200, "A reader")


def note_there(root: Path, i: int) -> bool:
    found, broken = notes.read(root)
    assert broken == []
    for one in found:
        number = one.address.partition("=")[2]
        assert (one.text, one.author) == (f"number {number}\n" * 200, "A reader"), one
    return any(one.address == f"/?problem={i}" for one in found)


# --- files outside of a store ---


def manifest(root: Path, i: int) -> None:
    asked = plan.Asked(ASKED, cases.PROBLEMS, "", ROWS * (i + 500), 0)
    units = [plan.Unit(asked, ROWS * j, ROWS * (j + 1)) for j in range(i + 500)]
    write_manifest(root / "plan.json", root, "soak", [], units)


def manifest_there(root: Path, i: int) -> bool:
    path = root / "plan.json"
    if absent(lambda: read_manifest(path), path):
        return False
    read = read_manifest(path)
    assert [u.start for u in read.units] == list(range(0, ROWS * len(read.units), ROWS))
    return len(read.units) >= i + 500


def imported(root: Path, i: int) -> Path:
    return root / f"model{i}.safetensors"


def import_there(root: Path, i: int) -> bool:
    path = imported(root, i)
    if absent(lambda: models.file_sha256(path), path):
        return False
    from ired_interp_core import checkpoints

    assert checkpoints.read_digest(path) == checkpoints.read_digest(CHECKPOINT)
    assert checkpoints.load(path).digest == checkpoints.read_digest(CHECKPOINT)
    return True


# --- submissions ---


@functools.cache
def contents(i: int) -> submission.Contents:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name in submission.SCRIPTS:
            data = f"#!/bin/bash\n# {name} of number {i}\n".encode() * 200
            member = tarfile.TarInfo(f"slurm/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    code = Code("c" * 40, ["README.md"], b"a difference\n" * 500, tar.getvalue())
    asked = plan.Asked(ASKED, cases.PROBLEMS, "", 400, 0)
    units = [plan.Unit(asked, ROWS * j, ROWS * (j + 1)) for j in range(100)]
    elements = [Element(tuple(range(50)), 60.0), Element(tuple(range(50, 100)), 60.0)]
    rates = {ASKED.key: Rate(1.0, "a guess")}
    return submission.Contents(
        f"soak{i}", "name = 'soak'", "soak.toml", Profile("here"), code, [], units, elements, rates
    )


def submission_there(root: Path, i: int) -> bool:
    """A folder without its record is no submission; one with it has everything its jobs need."""
    names, made = submissions.names(root, f"soak{i}"), contents(i)
    for name in names:
        folder = layout.submission(root, name)
        record = submissions.read(root, name)
        assert (record["commit"], record["units"], record["state"]) == ("c" * 40, 100, "submitting")
        assert (folder / "code.tar").read_bytes() == made.code.tar
        assert (folder / "change.diff").read_bytes() == made.code.diff
        for script in submission.SCRIPTS:
            assert (folder / script).read_text() == made.code.script(script)
        assert list(read_manifest(folder / "manifest.json").units) == made.units
        assert submissions.read_elements(root, name)["elements"][1] == list(range(50, 100))
    return bool(names)


SUBMISSION = "soak-20260101T000000-00000000"


def state(root: Path, i: int) -> None:
    told = {"state": "running", "number": i, "units": "u" * 5000}
    submissions.write_state(root, SUBMISSION, 7, told)


def state_there(root: Path, i: int) -> bool:
    told = submissions.states(root, SUBMISSION).get(7, {"number": -1})
    assert told["number"] < 0 or told["units"] == "u" * 5000
    return told["number"] >= i


def checkpoint(i: int) -> bytes:
    return f"{i} ".encode() + b"weights " * 5000


def checkpoint_there(root: Path, i: int) -> bool:
    content = unfinished.load(root, "dictionary", "0" * 24)
    if content is None:
        return False
    number = int(content.partition(b" ")[0])
    assert content == checkpoint(number)
    return number >= i  # the two newest are kept


def broken_too(there: Callable[..., bool]) -> Callable[[Path, int], bool]:
    """What is prepared broken may be refused as broken until it is mended."""
    return lambda root, i: there(root, i, broken=True)


SMALL_WRITERS = (
    Writer("question", lambda root, i: store.publish_question(root, small_question(i)),
           question_there),
    Writer("question over a rotten one",
           lambda root, i: store.publish_question(root, small_question(i)),
           broken_too(question_there), rotten_question),
    Writer("problem set", lambda root, i: store.publish_problem_set(root, problems(i)),
           problems_there),
    Writer("problem of one's own",
           lambda root, i: own_problems.publish(LiveAnswers(root), own(i)), own_there),
    Writer("run record", lambda root, i: store.write_run(root, "soak", run_record(i)), run_there),
    Writer("series", lambda root, i: store.publish_series(root, series_of(i)), series_there),
    Writer("series over a rotten one",
           lambda root, i: store.publish_series(root, own_series(i)),
           own_series_there, rotten_series),
    Writer("model", lambda root, i: store.publish_model(root, *model(i)), model_there),
    Writer("model over a rotten one", lambda root, i: store.publish_model(root, *model(i)),
           model_there, rotten_model),
    Writer("failure record", fail, failure_there),
    Writer("note", note, note_there),
    Writer("manifest", manifest, manifest_there),
    Writer("checkpoint of long work",
           lambda root, i: unfinished.save(root, "dictionary", "0" * 24, checkpoint(i)),
           checkpoint_there),
    Writer("submission", lambda root, i: submission.write(root, contents(i)), submission_there),
    Writer("state of an element", state, state_there),
    Writer("imported checkpoint",
           lambda root, i: importing.import_checkpoint(
               CHECKPOINT, imported(root, i), "ema", "", confirm=True),
           import_there, heavy=True, loads="torch"),
)  # fmt: skip
