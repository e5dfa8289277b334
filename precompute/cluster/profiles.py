"""A site profile: how this cluster wants to be asked. Read, checked, never guessed.

    device = "cuda"
    [slurm]
    partition = "gpu"
    gres = "gpu:1"
    time = "04:00:00"
    [environment]
    modules = ["cuda/12.4"]
    [submit]
    minutes = 40

`slurm/profiles/*.toml` are two that say most keys; every key may be left out.
"""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from precompute.cluster.amounts import megabytes, seconds
from precompute.cluster.site_job import MEMORY, Job, check_once, without_defaults
from precompute.ground.exits import Usage
from precompute.ground.shipped import REPOSITORY
from precompute.ground.toml_values import known, loads, refuse

FOLDER = REPOSITORY / "slurm" / "profiles"
MAX_BYTES = 100_000
DEVICES = ("cpu", "cuda")


@dataclass(frozen=True)
class Environment:
    """How a job finds its Python.

    Args:
        module_use: folders of further modules, for `module use`.
        modules: to load.
        setup: shell lines, such as activating an environment; each must succeed.
        python: the interpreter, and the words that launch it (uv run python; apptainer exec …), as
            in a shell or as a list; may name shell variables; empty for the one that submits.
        scratch: folder on the node, may name shell variables.
    """

    module_use: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    python: str | tuple[str, ...] = ""
    scratch: str = "${TMPDIR:-/tmp}"


@dataclass(frozen=True)
class Submit:
    """How much at once, and how patiently.

    Args:
        minutes: an element shall run for.
        workers: processes of an element; 0 for one per core, or one per GPU where there are any.
        max_array: most elements in one sbatch; 0 asks the cluster (MaxArraySize).
        max_running: most elements of a submission that run at once; 0 for no limit.
        signal_seconds: before the time limit at which an element is told.
        collect_minutes: between catalog generations while the array runs.
        retry_seconds: first pause after a refusal that passes; doubled up to ten minutes.
        patience_minutes: after so long in vain, submit gives up; the same command goes on.
        command_seconds: after which a command of Slurm that hangs is ended.
    """

    minutes: float = 40.0
    workers: int = 0
    max_array: int = 0
    max_running: int = 0
    signal_seconds: int = 120
    collect_minutes: float = 10.0
    retry_seconds: float = 15.0
    patience_minutes: float = 240.0
    command_seconds: float = 60.0


@dataclass(frozen=True)
class Kubernetes:
    """Where pods find code and store, for `--scheduler k8s`.

    Args:
        image: of the container; the Python of [environment] is in it.
        claim: of the volume that holds the store.
        mount: where it lies in the pod; the store's own path when empty.
    """

    image: str = ""
    claim: str = ""
    mount: str = ""


@dataclass(frozen=True)
class Profile:
    """A checked profile.

    Args:
        name: of its file.
        device: cpu or cuda.
        allow_cpu: go on without the GPU that was asked for.
        slurm: what an element asks for.
        reduce: what the reduce and collect jobs ask for.
        environment: of the jobs.
        submit: limits and patience.
        kubernetes: image and volume.
        path: of its file; empty for one that comes from a record.
    """

    name: str
    device: str = "cpu"
    allow_cpu: bool = False
    slurm: Job = field(default_factory=Job)
    reduce: Job = field(default_factory=Job)
    environment: Environment = field(default_factory=Environment)
    submit: Submit = field(default_factory=Submit)
    kubernetes: Kubernetes = field(default_factory=Kubernetes)
    path: str = ""

    def workers(self, cores: int = 0, gpus: int = 0) -> int:
        """Processes of an element.

        Args:
            cores: that it has been given; 0 where nobody says.
            gpus: that it sees; 0 where nobody has looked.

        Returns:
            As the profile says; else one per GPU, or one per core.
        """
        asked = self.slurm.planned_cpus
        if self.device == "cuda":
            return self.submit.workers or max(1, gpus or self.slurm.asked_gpus)
        named = self.slurm.cpus or self.slurm.cpus_per_gpu
        return self.submit.workers or max(1, min(asked, cores or asked) if named else cores)

    def as_dict(self) -> dict[str, Any]:
        """Every value."""
        return {key: value for key, value in asdict(self).items() if key != "path"}


TABLES: dict[str, Any] = {
    "slurm": Job, "reduce": Job, "environment": Environment, "submit": Submit,
    "kubernetes": Kubernetes,
}  # fmt: skip

LEAST = {
    "cpus": 0, "cpus_per_gpu": 0, "workers": 0, "minutes": 0.01, "max_array": 0,
    "max_running": 0, "signal_seconds": 1, "collect_minutes": 0.0, "retry_seconds": 0.01,
    "patience_minutes": 0.0,
    "command_seconds": 0.1,
}  # fmt: skip
MOST = 100_000


def read(name: str) -> Profile:
    """Read a profile.

    Args:
        name: of a file in slurm/profiles, or the path of any TOML file.

    Returns:
        The profile.

    Raises:
        Usage: no such profile, not TOML, an unknown key, a wrong type, an unusable value.
    """
    path = Path(name) if "/" in name or name.endswith(".toml") else FOLDER / f"{name}.toml"
    if "\0" in name or not path.is_file():
        raise Usage("no such profile", where="--profile", came=name, expected=_known())
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES).decode("utf-8")
    except (OSError, ValueError) as error:
        raise Usage("profile cannot be read", where=str(path), came=error) from error
    table = loads(text, "profile", str(path))
    return replace(parse(table, path.stem, str(path)), path=str(path.absolute()))


def own(name: str, path: str, store: Path) -> Profile:
    """The profile that an earlier submission was made with, as its user's own file says it now.

    What a store says of it is never run: anybody who may write there could have written it.

    Args:
        name: of the profile.
        path: of its file, as the submission recorded it; empty where it did not.
        store: no file in it is a user's own.

    Returns:
        The profile.

    Raises:
        Usage: there is no such file, it is another user's, or it lies in the store.
    """
    shipped = FOLDER / f"{name}.toml"
    file = Path(path) if path else shipped
    try:
        real, owner = file.resolve(), file.stat().st_uid
    except (OSError, ValueError):
        real, owner = Path(), -1
    ours = real == shipped.resolve() or owner == os.getuid()
    if owner < 0 or not ours or real.is_relative_to(store.resolve()):
        raise Usage(
            "profile of the last submission is not here as a file of yours", where="--profile",
            came=path or name or "nothing", expected="your own profile, since its lines are run",
            next_step="repeat the command with --profile FILE",
        )  # fmt: skip
    return read(str(real))


def _known() -> str:
    names = sorted(p.stem for p in FOLDER.glob("*.toml"))
    return ", ".join([*names, "or the path of a TOML file"])


def parse(table: Mapping[str, Any], name: str, where: str) -> Profile:
    """Check a profile.

    Args:
        table: as TOML or `Profile.as_dict` gives it.
        name: of the profile.
        where: named in refusals.

    Returns:
        The profile.

    Raises:
        Usage: an unknown key, a wrong type, an unusable value.
    """
    known(table, ("name", "device", "allow_cpu", *TABLES), where)
    filled: dict[str, Any] = {}
    for key, kind in TABLES.items():
        part = table.get(key, {})
        if not isinstance(part, dict):
            refuse("value has the wrong type", f"{where}, {key}", part, f"a table [{key}]")
        filled[key] = _fill(kind, part, f"{where}, [{key}]")
        if kind is Job:
            filled[key] = replace(filled[key], **without_defaults(part))
            check_once(filled[key], f"{where}, [{key}]")
    device, allow_cpu = table.get("device", "cpu"), table.get("allow_cpu", False)
    if device not in DEVICES:
        refuse("unknown device", f"{where}, device", device, ", ".join(DEVICES))
    if not isinstance(allow_cpu, bool):
        refuse("value has the wrong type", f"{where}, allow_cpu", allow_cpu, "true or false")
    profile = Profile(name=name, device=device, allow_cpu=allow_cpu, **filled)
    if device == "cuda" and not (profile.slurm.asked_gpus or profile.slurm.chooses):
        raise Usage(
            "profile computes on a GPU and asks the cluster for none", where=where,
            came=f"device {device}, gres {profile.slurm.gres or 'none'}",
            expected='gres = "gpu:1", gpus = "1", or a partition that brings its GPUs',
            next_step='or say device = "cpu"',
        )  # fmt: skip
    return profile


def _fill(kind: Any, part: Mapping[str, Any], where: str) -> Any:
    names = {f.name: f for f in fields(kind)}
    known(part, tuple(names), where)
    given: dict[str, Any] = {}
    for key, value in part.items():
        default = names[key].default
        given[key] = _value(key, value, default, f"{where}, {key}")
    return kind(**given)


def _value(key: str, value: Any, default: Any, where: str) -> Any:
    """Check one value by the type of its default."""
    if key == "python" and isinstance(value, list | tuple):
        default = ()
    if isinstance(default, tuple):
        if not isinstance(value, list | tuple) or not all(_text(v) for v in value):
            refuse("value has the wrong type", where, value, "a list of one-line texts")
        return tuple(value)
    if isinstance(default, str):
        if not _text(value):
            refuse("value has the wrong type", where, value, "a one-line text")
        if key == "time" and value:
            seconds(value, where)
        if key in MEMORY and value:
            megabytes(value, where)
        return value
    number = isinstance(value, int if isinstance(default, int) else int | float)
    if isinstance(value, bool) or not number or not LEAST[key] <= value <= MOST:
        what = "a whole number" if isinstance(default, int) else "a number"
        refuse("unusable value", where, value, f"{what} from {LEAST[key]} to {MOST}")
    return value


def _text(value: Any) -> bool:
    return isinstance(value, str) and not set(value) & set("\n\r\0")
