"""One element of a submission: its units on this node, told to leave in time, seen from outside.

The same on a cluster, by hand or in a test: nothing here needs Slurm. SIGUSR1 (the time limit comes
nearer) and SIGTERM (preemption) end it early: no new unit is begun, those that are being computed
get some seconds, and exit code 75 says that repeating the element goes on.
"""

import os
import platform
from pathlib import Path

from ired_interp_core.errors import Refusal
from ired_interp_core.spelling import counted
from precompute.cluster import profiles
from precompute.cluster.element_run import ElementRun
from precompute.cluster.heartbeat import Place, State, digits
from precompute.cluster.profiles import Profile
from precompute.ground import storage
from precompute.ground.exits import DONE, Usage
from precompute.ground.tell import say
from precompute.plan.manifest import Manifest, read_manifest
from precompute.plan.plan import Unit
from store import naming, submissions


def locate(folder: Path) -> tuple[Path, str]:
    """Find store and submission from the folder that the jobs are given.

    Args:
        folder: STORE/slurm/<submission>.

    Returns:
        Store and name of the submission.

    Raises:
        Usage: no such folder, or not a submission's.
    """
    path = folder.absolute()
    if naming.submission_of(path.name) is None or not (path / "submission.json").is_file():
        raise Usage(
            "no submission there", where="SUBMISSION", came=folder,
            expected="a folder STORE/slurm/RUN-TIME-ID that `submit` has written",
        )  # fmt: skip
    return path.parent.parent, path.name


def element(folder: Path, index: int | None) -> int:
    """Do one element of a submission.

    Args:
        folder: of the submission.
        index: of the element; SLURM_ARRAY_TASK_ID when left out.

    Returns:
        0 when its units are done (or must wait for those of another), 65 when units failed, 75 when
        it was told to leave with work left.

    Raises:
        Refusal: no GPU where one is needed.
    """
    root, name = locate(folder)
    record, listed = submissions.read(root, name), submissions.read_elements(root, name)
    profile = profiles.parse(record.get("profile", {}), "", str(folder / "submission.json"))
    at = _index(index, len(listed["elements"]))
    manifest = read_manifest(folder / "manifest.json").allowed(folder)
    units = _units(manifest, listed["elements"][at], folder)
    storage.writable(root)
    state = State(at, len(units), Place.here(), profile.device)
    if why := submissions.stopped(root, name):
        state.state, state.why = "stopped", why
        submissions.write_state(root, name, at, state.record())
        say(f"element {at}: not begun: {why}")
        return DONE
    try:
        state.device = device(profile)
    except Refusal as error:
        state.state, state.why = "failed", str(error)
        submissions.write_state(root, name, at, state.record())
        raise
    say(
        f"element {at} of {name}: {counted(len(units), 'unit')} on {state.device}, commit"
        f" {str(record.get('commit', ''))[:12]}, restart {state.place.restarts}"
    )
    run = ElementRun(root, name, record, profile, listed["elements"][at], state)
    return run.run(units, manifest.models)


def _index(given: int | None, count: int) -> int:
    if given is None:
        text = os.environ.get("SLURM_ARRAY_TASK_ID", "")
        if not digits(text):
            raise Usage(
                "which element is not said", where="SLURM_ARRAY_TASK_ID",
                came=repr(text) if text else "nothing", expected=f"0 … {count - 1}",
                next_step="python -m precompute element SUBMISSION INDEX",
            )  # fmt: skip
        given = int(text)
    if not 0 <= given < count:
        raise Usage("no such element", where="INDEX", came=given, expected=f"0 … {count - 1}")
    return given


def _units(manifest: Manifest, indices: list[int], folder: Path) -> list[Unit]:
    if any(i >= len(manifest.units) for i in indices):
        raise Refusal(
            "elements name units that the manifest does not have",
            where=str(folder / "elements.json"), came=max(indices),
            expected=f"at most {len(manifest.units) - 1}",
        )  # fmt: skip
    return [manifest.units[i] for i in indices]


def device(profile: Profile) -> str:
    """What to compute on; the GPU is asked for here, on the node, since only it can say.

    Returns:
        cpu or cuda.

    Raises:
        Refusal: a GPU is needed and torch sees none.
    """
    if profile.device == "cpu":
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if profile.allow_cpu:
        say("note: no GPU on this node; continuing on the CPU, as the profile allows")
        return "cpu"
    raise Refusal(
        "no GPU on this node", where=platform.node(),
        came=f"torch {torch.__version__} sees no CUDA device, CUDA_VISIBLE_DEVICES"
        f" {os.environ.get('CUDA_VISIBLE_DEVICES', 'unset')}",
        expected='device = "cuda" in the profile',
        next_step="ask for a GPU (gres), install a CUDA build of torch, or allow_cpu = true",
    )  # fmt: skip
