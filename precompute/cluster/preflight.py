"""Before anything is submitted: what has cost real cluster jobs, looked at one by one.

Each check gives one line: ✓, or ✗ with what to do. Only what can be known here is asked here; that
the node really has its GPU is seen by the element.
"""

import io
import os
import shutil
import tarfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ired_interp_core import tasks
from ired_interp_core.errors import Refusal
from ired_interp_core.spelling import counted
from precompute.cluster import carried, job_environment, offers, packed_code, submission
from precompute.cluster.packed_code import CODE, Code
from precompute.cluster.packing import Element, Rate
from precompute.cluster.profiles import Profile
from precompute.cluster.slurm import Client
from precompute.ground import storage
from precompute.ground.finding import Finding
from precompute.ground.tell import say
from precompute.plan import models
from precompute.plan.models import ModelRef
from precompute.plan.plan import Unit
from precompute.plan.sweep_models import ModelEntry
from store import layout

IMPORTS = (
    "from ired_interp_core.loading import load\n"
    "load(*'torch numpy xarray h5py h5netcdf duckdb safetensors'.split())\n"
    "load('precompute.cluster.element')\n"
    "import torch; print(torch.__version__, torch.version.cuda)"
)
REHEARSE = "from precompute.cluster.rehearsal import main; main({folder!r}, {device!r}, {code!r})"

ROOM = 1.2
"""Free space wanted, over what the answers are expected to take."""

FILES_OF_A_UNIT = 2
"""A shard and its side file."""

FILES_OF_AN_ELEMENT = 2
"""A log and a heartbeat."""


@dataclass(frozen=True)
class Subject:
    """What is about to be submitted.

    Args:
        profile: of the site.
        root: store.
        models: of the plan.
        units: of the plan.
        code: that will run.
        allow_dirty: changes were allowed.
        rates: question key → seconds and bytes of a row.
        elements: of the packing.
        client: of Slurm; None where another scheduler will be asked.
        dry: run nothing of the profile.
    """

    profile: Profile
    root: Path
    models: Sequence[ModelRef]
    units: Sequence[Unit]
    code: Code
    allow_dirty: bool
    rates: Mapping[str, Rate]
    elements: Sequence[Element]
    client: Client | None
    dry: bool = False


def show(findings: Iterable[Finding], overruled: Collection[str] = ()) -> bool:
    """Print findings as they come.

    Args:
        findings: of the checks.
        overruled: keys of checks that a person knows better than.

    Returns:
        Whether nothing is wrong, apart from what was overruled.
    """
    wrong = []
    for finding in findings:
        if finding.ok:
            say(f"✓ {finding.subject}: {finding.note}")
        elif finding.key in overruled:
            say(f"! {finding.subject}: {finding.note} · overruled (--overrule {finding.key})")
        else:
            say(f"✗ {finding.subject}: {finding.note}")
            wrong.append(finding.key)
    if wrong:
        keys = " ".join(f"--overrule {key}" for key in dict.fromkeys(wrong) if key)
        more = f" · if you know better: {keys}" if keys else ""
        say(f"{counted(len(wrong), 'check')} failed; nothing was submitted{more}")
    return not wrong


def check(subject: Subject) -> Iterator[Finding]:
    """Look at everything.

    Yields:
        One finding after the other.
    """
    yield _clean(subject)
    yield _pushed(subject)
    yield _in_commit(subject.code)
    for model in subject.models:
        yield _checkpoint(subject.root, model)
    if subject.dry:
        yield Finding("imports and one problem", True, "not tried: a dry run runs no line of yours")
    else:
        yield from job_environment.checks(
            subject, carried.imports(subject.models) + IMPORTS, REHEARSE
        )
    yield _room(subject)
    if subject.client is None:
        return
    commands = offers.commands()
    yield commands
    if commands.ok:
        yield from offers.checks(
            subject.profile, subject.client, subject.code.script, subject.elements,
            all(rate.measured for rate in subject.rates.values()),
        )  # fmt: skip


def _clean(subject: Subject) -> Finding:
    code, differs = subject.code, packed_code.changed()
    what = "tree clean"
    if not differs:
        return Finding(what, True, f"commit {code.commit[:12]}")
    named = ", ".join(differs[:3]) + (f" and {len(differs) - 3} more" if len(differs) > 3 else "")
    if subject.allow_dirty:
        note = f"{named} differ from {code.commit[:12]}; the difference is kept, results are marked"
        return Finding(what, True, note)
    return Finding(what, False, f"{named} → git commit, or --allow-dirty", key="tree")


def _pushed(subject: Subject) -> Finding:
    what, commit = "commit pushed", subject.code.commit
    if not (packed_code.git("remote") or b"").strip():
        return Finding(what, True, "no remote here; the commit is kept with the submission")
    branches = (
        (packed_code.git("branch", "--remotes", "--contains", commit) or b"").decode().split()
    )
    if branches:
        return Finding(what, True, branches[0])
    if subject.allow_dirty:
        return Finding(what, True, "no, and allowed; the commit is kept with the submission")
    return Finding(
        what, False, f"no remote branch holds {commit[:12]} → git push, or --allow-dirty",
        key="pushed",
    )  # fmt: skip


def _in_commit(code: Code) -> Finding:
    """Whether the folders that a job needs are really part of what it will unpack."""
    with tarfile.open(fileobj=io.BytesIO(code.tar)) as tar:
        there = {name.partition("/")[0] for name in tar.getnames() if "/" in name}
        scripts = {Path(n).name for n in tar.getnames() if n.startswith("slurm/")}
    lacking = [f for f in CODE if f not in there]
    lacking += [f"slurm/{s}" for s in submission.SCRIPTS if s not in scripts]
    if lacking:
        note = (
            f"{', '.join(lacking)} not in {code.commit[:12]} → git add and commit, mind .gitignore"
        )
        return Finding("project in the commit", False, note, key="commit")
    return Finding("project in the commit", True, ", ".join(CODE))


def _checkpoint(root: Path, ref: ModelRef) -> Finding:
    """Whether the model loads and takes what its task gives."""
    what = f"checkpoint {ref.checkpoint}"
    try:
        if layout.model_weights(root, ref.digest).is_file() or ref.adapter:
            model = models.load(root, ref)
        else:
            entry = ModelEntry(ref.checkpoint, Path(ref.path), ref.weights, ref.task, ref.adapter)
            model = models.load_entry(entry)
        one = tasks.problems(ref.task, 1, 0, size=ref.size)
    except Refusal as error:
        return Finding(what, False, str(error), key="checkpoint")
    except OSError as error:
        note = f"{error.strerror} → give its path in the sweep"
        return Finding(what, False, note, key="checkpoint")
    have, want = (model.n_in, model.d), (one.x.shape[1], one.y.shape[1])
    if have != want:
        return Finding(
            what, False,
            f"takes {have[0]} numbers and answers {have[1]}; {ref.task} of size {ref.size} has"
            f" {want[0]} and {want[1]} → name the right task or checkpoint", key="checkpoint",
        )  # fmt: skip
    return Finding(
        what, True, f"{ref.task}, {have[0]} → {have[1]} numbers, digest {ref.digest[:12]}"
    )


def _room(subject: Subject) -> Finding:
    """Whether the store can be written and has room for the answers."""
    what, root = "output writable with room", subject.root
    place = root
    while not place.exists():
        place = place.parent
    try:
        if root.is_dir():
            storage.writable(root)
        elif not os.access(place, os.W_OK) or not place.is_dir():
            return Finding(what, False, f"{root} cannot be made → give another --store")
        free, files_free = shutil.disk_usage(place).free, storage.files_free(place)
    except (Refusal, OSError) as error:
        return Finding(what, False, str(error), key="room")
    rates = [subject.rates[u.asked.question.key] for u in subject.units]
    need = ROOM * sum(
        rate.bytes * (u.stop - u.start) for rate, u in zip(rates, subject.units, strict=True)
    )
    files = FILES_OF_A_UNIT * len(subject.units) + FILES_OF_AN_ELEMENT * len(subject.elements)
    note = f"{_size(free)} free, about {_size(need)} wanted"
    if files_free is not None and files_free < files:
        note = f"room for {counted(files_free, 'file')}, about {files:,} wanted (inodes)"
        return Finding(what, False, f"{note} → remove files, or give another --store", key="room")
    if free >= need:
        return Finding(what, True, note)
    if free > storage.MIN_FREE_BYTES and not all(rate.measured for rate in rates):
        return Finding(what, True, f"{note}, which is a guess: nothing of it was measured yet")
    return Finding(what, False, f"{note} → make room in {root}", key="room")


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
