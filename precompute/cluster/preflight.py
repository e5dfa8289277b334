"""Before anything is submitted: what has cost real cluster jobs, looked at one by one.

Each check gives one line: ✓, or ✗ with what to do. Only what can be known here is asked here; that
the node really has its GPU is seen by the element.
"""

import io
import os
import shlex
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ired_interp_core import tasks
from ired_interp_core.errors import Refusal
from ired_interp_core.spelling import counted
from precompute.cluster import carried, offers, packed_code, submission
from precompute.cluster.packed_code import CODE, Code
from precompute.cluster.packing import Rate
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
IMPORT_SECONDS = 300.0
"""Cold imports from a network file system take minutes."""

ROOM = 1.2
"""Free space wanted, over what the answers are expected to take."""


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
        client: of Slurm.
    """

    profile: Profile
    root: Path
    models: Sequence[ModelRef]
    units: Sequence[Unit]
    code: Code
    allow_dirty: bool
    rates: Mapping[str, Rate]
    client: Client


def show(findings: Iterable[Finding]) -> bool:
    """Print findings as they come."""
    wrong = 0
    for finding in findings:
        say(f"{'✓' if finding.ok else '✗'} {finding.subject}: {finding.note}")
        wrong += not finding.ok
    if wrong:
        say(f"{counted(wrong, 'check')} failed; nothing was submitted")
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
    yield _imports(subject)
    yield _room(subject)
    commands = offers.commands()
    yield commands
    if commands.ok:
        yield from offers.checks(subject.profile, subject.client)


def _clean(subject: Subject) -> Finding:
    code, differs = subject.code, packed_code.changed()
    what = "tree clean"
    if not differs:
        return Finding(what, True, f"commit {code.commit[:12]}")
    named = ", ".join(differs[:3]) + (f" and {len(differs) - 3} more" if len(differs) > 3 else "")
    if subject.allow_dirty:
        note = f"{named} differ from {code.commit[:12]}; the difference is kept, results are marked"
        return Finding(what, True, note)
    return Finding(what, False, f"{named} → git commit, or --allow-dirty")


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
        what, False, f"no remote branch holds {commit[:12]} → git push, or --allow-dirty"
    )


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
        return Finding("project in the commit", False, note)
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
        return Finding(what, False, str(error))
    except OSError as error:
        return Finding(what, False, f"{error.strerror} → give its path in the sweep")
    have, want = (model.n_in, model.d), (one.x.shape[1], one.y.shape[1])
    if have != want:
        return Finding(
            what, False,
            f"takes {have[0]} numbers and answers {have[1]}; {ref.task} of size {ref.size} has"
            f" {want[0]} and {want[1]} → name the right task or checkpoint",
        )  # fmt: skip
    return Finding(
        what, True, f"{ref.task}, {have[0]} → {have[1]} numbers, digest {ref.digest[:12]}"
    )


def _imports(subject: Subject) -> Finding:
    """Whether the jobs' Python loads what it needs, from the code as it will be unpacked."""
    what = "imports in the jobs' environment"
    environment = submission.environment_script(subject.profile.environment)
    with tempfile.TemporaryDirectory(prefix="ired-interp-preflight-") as name:
        folder = Path(name)
        with tarfile.open(fileobj=io.BytesIO(subject.code.tar)) as tar:
            tar.extractall(folder / "code", filter="data")
        (folder / "environment.sh").write_text(environment, encoding="utf-8")
        imports = shlex.quote(carried.imports(subject.models) + IMPORTS)
        line = (
            f". {shlex.quote(name)}/environment.sh && cd {shlex.quote(name)}/code"
            f' && mkdir -p "$IRED_SCRATCH" && "$PYTHON" -c {imports}'
        )
        try:
            done = subprocess.run(
                ["bash", "-c", line], capture_output=True, text=True, errors="replace",
                timeout=IMPORT_SECONDS, stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            note = f"took more than {IMPORT_SECONDS:.0f} s → look at [environment] of the profile"
            return Finding(what, False, note)
        except OSError as error:
            return Finding(what, False, f"bash: {error.strerror}")
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"exit {done.returncode}"]
        return Finding(what, False, f"{said[-1][:300]} → mend [environment] of the profile")
    version = done.stdout.strip().splitlines()[-1]
    needed = subject.profile.device == "cuda" and not subject.profile.allow_cpu
    if needed and version.endswith("None"):
        note = f"torch {version.split()[0]} has no CUDA → install a CUDA build, or allow_cpu"
        return Finding(what, False, note)
    return Finding(what, True, f"torch {version.split()[0]}")


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
        free = shutil.disk_usage(place).free
    except (Refusal, OSError) as error:
        return Finding(what, False, str(error))
    need = ROOM * sum(
        subject.rates[u.asked.question.key].bytes * (u.stop - u.start) for u in subject.units
    )
    note = f"{_size(free)} free, about {_size(need)} wanted"
    return Finding(what, free >= need, note if free >= need else f"{note} → make room in {root}")


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
