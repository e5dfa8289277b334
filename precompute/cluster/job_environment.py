"""The environment of the jobs, tried before they are submitted: imports, then one problem."""

import io
import shlex
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from ired_interp_core.errors import Refusal
from precompute.cluster import rehearsal, submission
from precompute.cluster.packed_code import Code
from precompute.cluster.profiles import Profile
from precompute.cluster.slurm import Answer, answer
from precompute.ground import foreign_code
from precompute.ground.finding import Finding
from precompute.plan import models
from precompute.plan.manifest import write_manifest
from precompute.plan.models import ModelRef
from precompute.plan.plan import Unit
from store import layout

SECONDS = 300.0
"""Cold imports from a network file system take minutes."""


class Planned(Protocol):
    """What is looked at here of what is about to be submitted."""

    @property
    def profile(self) -> Profile: ...  # noqa: D102 - as Subject has it
    @property
    def root(self) -> Path: ...  # noqa: D102
    @property
    def models(self) -> Sequence[ModelRef]: ...  # noqa: D102
    @property
    def units(self) -> Sequence[Unit]: ...  # noqa: D102
    @property
    def code(self) -> Code: ...  # noqa: D102


def checks(planned: Planned, imports: str, rehearse: str) -> Iterator[Finding]:
    """Whether the jobs' Python loads what it needs, and computes one problem of each analysis.

    Args:
        planned: what is about to be submitted.
        imports: Python that loads what a job loads, and prints the version of torch.
        rehearse: Python that computes one problem, of {folder!r}, {device!r} and {code!r}, which is
            whether adapters may run; empty for none.

    Yields:
        One finding after the other.
    """
    with tempfile.TemporaryDirectory(prefix="ired-interp-preflight-") as name:
        folder = Path(name)
        with tarfile.open(fileobj=io.BytesIO(planned.code.tar)) as tar:
            tar.extractall(folder / "code", filter="data")
        script = submission.environment_script(planned.profile.environment)
        (folder / "environment.sh").write_text(script, encoding="utf-8")
        ready = _lay_out(planned, folder / "one") if rehearse else ""
        if rehearse and not ready:
            words = {
                "folder": str(folder / "one"), "device": planned.profile.device,
                "code": bool(foreign_code.words()),
            }  # fmt: skip
            imports = f"{imports}\n{rehearse.format(**words)}"
        ended = _try(folder, imports)
        said = rehearsal.read(folder / "one")
        loaded = _imports(planned, ended, begun=bool(said))
        yield loaded
        if loaded.ok and rehearse:
            yield _one_problem(ended, said, folder / "code", ready)


def _lay_out(planned: Planned, folder: Path) -> str:
    """Write the plan, and models that the store has not; why that cannot be, if it cannot."""
    folder.mkdir()
    try:
        for model in planned.models:
            if not layout.model_weights(planned.root, model.digest).is_file():
                models.publish(folder, model)
        write_manifest(
            folder / rehearsal.MANIFEST, planned.root, "rehearsal", planned.models, planned.units
        )
    except (Refusal, OSError) as error:
        return str(error)
    return ""


def _try(folder: Path, text: str) -> Answer:
    """Run some Python as a job would. Scratch may be there within jobs alone."""
    place = shlex.quote(str(folder))
    line = (
        f". {place}/environment.sh && cd {place}/code"
        ' && { mkdir -p "$IRED_SCRATCH" 2>/dev/null || true; }'
        f' && "${{PYTHON[@]}}" -c {shlex.quote(text)}'
    )
    return answer(["bash", "-c", line], SECONDS)


def _imports(planned: Planned, ended: Answer, begun: bool) -> Finding:
    what, key = "imports in the jobs' environment", "imports"
    version = (ended.out.strip().splitlines() or [""])[-1]
    if ended.code is None and not begun:
        note = f"took more than {SECONDS:.0f} s → look at [environment] of the profile"
        return Finding(what, False, note, key=key)
    if ended.code not in (0, None) and not begun:
        said = (ended.err or ended.out).strip().splitlines() or [f"exit {ended.code}"]
        note = f"{said[-1][:300]} → mend [environment] of the profile"
        return Finding(what, False, note, key=key)
    needed = planned.profile.device == "cuda" and not planned.profile.allow_cpu
    if needed and version.endswith("None"):
        note = f"torch {version.split()[0]} has no CUDA → install a CUDA build, or allow_cpu"
        return Finding(what, False, note, key=key)
    return Finding(what, True, f"torch {version.split()[0]}" if version else "they load")


def _one_problem(ended: Answer, said: Sequence[rehearsal.Said], code: Path, ready: str) -> Finding:
    what, key = "one problem through every analysis", "problem"
    if ready:
        return Finding(what, False, ready, key=key)
    good, note = rehearsal.verdict(said, code)
    if not good or ended.code == 0:
        return Finding(what, good, note, key=key)
    at = said[-1]["analysis"] if said else "the plan"
    if ended.code is None:
        note = f"{at} takes longer than {SECONDS:.0f} s here, so the rest was not tried"
        return Finding(what, True, note)
    line = (ended.err.strip().splitlines() or [f"exit {ended.code}"])[-1][:300]
    return Finding(what, False, f"ended at {at}: {line} → mend it, and commit", key=key)
