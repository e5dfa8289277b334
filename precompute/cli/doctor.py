"""Is everything here that the tool needs? One line each: ok, or what to do."""

import importlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib import metadata
from itertools import chain
from pathlib import Path

from ired_interp_core import checkpoints
from ired_interp_core.errors import Refusal
from ired_interp_core.spelling import counted
from precompute.cli import self_test
from precompute.ground.exits import BAD_DATA, DONE
from precompute.ground.finding import Finding
from precompute.ground.provenance import THREADS
from precompute.ground.shipped import REPOSITORY
from precompute.ground.storage import writable
from precompute.ground.tell import say
from precompute.plan.models import file_sha256
from store import abilities

COSTS = {
    abilities.LINKS: "slower, still safe",
    abilities.LOCKS: "two processes may do the same work twice",
    abilities.SYNC: "a power cut may take the newest files",
}
"""What a file system may lack, and what comes of it."""

IMPORTS = ("numpy", "torch", "xarray", "h5py", "h5netcdf", "duckdb", "safetensors", "streamlit")
INSTALL = "python -m pip install -r requirements.txt, or install the project again"
RESTORE = "git checkout -- checkpoints, or install the project again"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def doctor(store: Path | None, work: bool = False) -> int:
    """Print every finding.

    Args:
        store: folder to try, if any.
        work: have each room do its smallest real work.

    Returns:
        0 when nothing that is needed is wrong, else 65.
    """
    wrong = 0
    for finding in chain(findings(store), self_test.findings() if work else ()):
        word = "ok" if finding.ok else "missing" if finding.optional else "WRONG"
        say(f"{word:<8}{finding.subject}: {finding.note}")
        wrong += not (finding.ok or finding.optional)
    say("all well" if not wrong else f"{counted(wrong, 'check')} failed")
    return BAD_DATA if wrong else DONE


def findings(store: Path | None) -> Iterator[Finding]:
    """Look at everything.

    Args:
        store: folder to try, if any.

    Yields:
        One finding after the other.
    """
    version = sys.version_info
    yield Finding("python", version >= (3, 11), f"{version[0]}.{version[1]}, needs 3.11 or newer")
    yield from _packages()
    yield from _imports()
    yield _threads()
    yield _browser()
    yield from _checkpoints()
    if store is not None:
        yield _store(store)


def _packages() -> Iterator[Finding]:
    """Versions against the pins."""
    wanted = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;]+)$", _pins(), re.M)
    if not wanted:
        yield Finding(
            "versions", True, "there is no requirements.txt beside the code to compare with"
        )
        return
    wrong = []
    for package, pin in wanted:
        try:
            found = metadata.version(package).partition("+")[0]
        except metadata.PackageNotFoundError:
            found = "missing"
        if found != pin:
            wrong.append(f"{package} is {found}, pinned {pin}")
    note = (
        "; ".join(wrong) + f" → {INSTALL}"
        if wrong
        else f"{counted(len(wanted), 'package')} as pinned"
    )
    yield Finding("versions", not wrong, note)


def _pins() -> str:
    """What the project asks for: in a clone as a file, else as the installed package says."""
    try:
        return (REPOSITORY / "requirements.txt").read_text(encoding="utf-8")
    except FileNotFoundError:
        pass
    try:
        installed = metadata.distribution("ired-interp")
    except metadata.PackageNotFoundError:
        return ""
    own = Path(str(installed.locate_file(""))).resolve() == REPOSITORY
    return "\n".join(installed.requires or ()) if own else ""


def _imports() -> Iterator[Finding]:
    """Whether the heavy packages really load."""
    failed = []
    for name in IMPORTS:
        try:
            importlib.import_module(name)
        except (ImportError, OSError, AttributeError) as error:
            failed.append(f"{name} ({' '.join(str(error).split())[:120]})")
    note = f"{'; '.join(failed)} → {INSTALL}" if failed else ", ".join(IMPORTS)
    yield Finding("imports", not failed, note)


def _threads() -> Finding:
    """One thread per process, and no spinning."""
    try:
        import torch
    except (ImportError, OSError):
        return Finding("threads", False, f"torch does not load → {INSTALL}")
    found, policy = torch.get_num_threads(), os.environ.get("OMP_WAIT_POLICY", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Finding(
        "threads",
        found == THREADS and policy.upper() == "PASSIVE",
        f"{found} per process, wait policy {policy or 'unset'}, {cores} cores",
    )


def _browser() -> Finding:
    found = next((p for p in map(shutil.which, BROWSERS) if p), None)
    note = (
        found
        or "needed only by the browser tests and the export of pictures → apt-get install chromium"
    )
    return Finding("chromium", found is not None, note, optional=True)


def _checkpoints() -> Iterator[Finding]:
    """Bundled weights: whole, finite, and the ones that were published."""
    folder = REPOSITORY / "checkpoints"
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        yield Finding("checkpoints", False, f"none in {folder} → {RESTORE}")
    for path in files:
        yield _checked(f"checkpoint {path.stem}", partial(_load, path))


def _load(path: Path) -> str:
    pinned = _pinned().get(path.name)
    model = checkpoints.load(path)
    if pinned is None:
        return f"{model.task}, size {model.size}, digest {model.digest}; no sha256 pinned"
    found = file_sha256(path)
    if found != pinned:
        raise Refusal(
            "file differs from the published one", where=str(path), came=found, expected=pinned,
            next_step=RESTORE,
        )  # fmt: skip
    return f"{model.task}, size {model.size}, digest {model.digest}, sha256 as pinned"


def _pinned() -> dict[str, str]:
    """The published digests, in the form that `sha256sum --check` reads.

    Returns:
        File name → sha256.
    """
    try:
        text = (REPOSITORY / "checkpoints" / "SHA256SUMS").read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return {name: sha for sha, name in re.findall(r"^([0-9a-f]{64})  (\S+)$", text, re.M)}


def _store(store: Path) -> Finding:
    def look() -> str:
        writable(store)
        with tempfile.TemporaryDirectory(dir=store, prefix=".doctor-") as folder:
            lacking = abilities.lacking(Path(folder))
        if {abilities.LINKS, abilities.LOCKS} <= lacking:
            raise Refusal(
                "file system has neither hard links nor locks", where=str(store),
                next_step="keep the store on another one, or mount this one with locks",
            )  # fmt: skip
        room = shutil.disk_usage(store).free / 2**30
        cost = "".join(f"; no {what} there ({COSTS[what]})" for what in sorted(lacking))
        return f"{store} is writable, {room:.1f} GiB free{cost}"

    return _checked("store", look)


def _checked(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, True, look())
    except Refusal as error:
        return Finding(subject, False, str(error))
    except OSError as error:
        return Finding(subject, False, error.strerror or str(error))
