"""A real Slurm of one node for tests: munged, slurmctld and slurmd of our own, in one folder.

Needs neither root nor systemd, cgroups or accounting, and runs beside any other Slurm: own key, own
sockets, own ports. Tests skip where it is not installed, and fail there when IRED_REQUIRE_SLURM=1
(as in CI).
"""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from ports import free_ports

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel", "setpriv")
SEARCHED = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
PATIENCE = 60.0
"""Seconds a daemon may take to answer on a loaded machine; it is up in three."""

CPUS = 4
"""Told to Slurm whatever the machine has, so that elements run side by side on one core, too."""

MAX_ARRAY = 33
"""Indices 0 … 32: small, so that a test meets the limit."""

CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
# A requeued job waits as long as a credential lives: 120 s by default. (Started earlier by
# `scontrol update StartTime=now`, it may meet its predecessor's revoked one, and fails.)
AuthInfo=socket={folder}/munge/socket,cred_expire=5
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
SlurmdParameters=config_overrides
MaxArraySize={max_array}
MinJobAge=3600
KillWait=6
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=60 DefaultTime=5 State=UP
PartitionName=short Nodes={host} MaxTime=2 DefaultTime=1 State=UP
"""


def lacking() -> str:
    """Why a Slurm cannot be started here; empty if it can."""
    absent = [name for name in PROGRAMS if not shutil.which(name, path=SEARCHED)]
    return f"no {', '.join(absent)}: apt-get install slurm-wlm munge" if absent else ""


def require() -> None:
    """Skip the test where Slurm cannot run, or fail it where it has to."""
    if why := lacking():
        if os.environ.get("IRED_REQUIRE_SLURM") == "1":
            pytest.fail(f"IRED_REQUIRE_SLURM=1, and {why}")
        pytest.skip(why)


class Node:
    """A running one-node Slurm.

    Args:
        folder: of its state and logs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.configuration = folder / "slurm.conf"

    @property
    def environment(self) -> dict[str, str]:
        """For a process that is to talk to this Slurm, and to no other."""
        outer = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "SBATCH_"))}
        return {**outer, "SLURM_CONF": str(self.configuration), "PATH": SEARCHED}

    def call(self, *words: object, check: bool = True) -> str:
        """Run a client of Slurm; what it printed."""
        done = subprocess.run(
            [str(w) for w in words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def jobs(self, format: str = "%i|%j|%T|%r") -> list[list[str]]:
        """All jobs this Slurm has seen, one line per array element: id, name, state, reason."""
        said = self.call("squeue", "-h", "-r", "-t", "all", "-o", format)
        return [line.split("|") for line in said.splitlines()]

    def states(self, name: str = "") -> dict[str, str]:
        """Job or element id → state, of all jobs or those of one name."""
        return {job: state for job, of, state, _ in self.jobs() if name in ("", of)}

    def detail(self, job: object) -> dict[str, str]:
        """What `scontrol show job` says of one job or element."""
        said = self.call("scontrol", "-o", "show", "job", job).splitlines()[0]
        return dict(word.partition("=")[::2] for word in said.split() if "=" in word)

    def restarts(self, job: object) -> int:
        """How often a job or element was requeued."""
        return int(self.detail(job)["Restarts"])

    def processes(self, job: object) -> list[int]:
        """Every process of a running job or element, the batch script first."""
        said = self.call("scontrol", "listpids", self.detail(job)["JobId"], check=False)
        return [int(line.split()[0]) for line in said.splitlines()[1:] if line[0] != "-"]

    def wait(self, true: Callable[[], object], seconds: float = 150.0) -> None:
        """Poll a condition; fails with what Slurm knows."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds:.0f} s in vain; jobs: {self.jobs()}")
            time.sleep(0.2)


@contextmanager
def slurm(folder: Path) -> Iterator[Node]:
    """Start a Slurm in a folder; end it and every job of it.

    Args:
        folder: made; its path short enough for a socket.
    """
    node = Node(folder)
    for name in ("munge", "state", "spool"):
        (folder / name).mkdir(parents=True)
    key = folder / "munge" / "key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    host = socket.gethostname().partition(".")[0]
    controller, daemon = free_ports(2)
    node.configuration.write_text(
        CONFIGURATION.format(
            host=host, folder=folder, controller=controller, daemon=daemon,
            user=getpass.getuser(), cpus=CPUS, max_array=MAX_ARRAY,
        )
    )  # fmt: skip
    munge = [
        "munged", "--foreground", "--force", f"--key-file={key}", "--num-threads=2",
        f"--socket={folder}/munge/socket", f"--seed-file={folder}/munge/seed",
        f"--pid-file={folder}/munge/pid", f"--log-file={folder}/munge/log",
    ]  # fmt: skip
    with ExitStack() as running:

        def start(*words: str) -> subprocess.Popen:
            return running.enter_context(_daemon(words, folder, node.environment))

        _until((folder / "munge" / "socket").exists, start(*munge), folder)
        _until(lambda: _answers(node, "scontrol", "ping"), start("slurmctld", "-D", "-i"), folder)
        _until(
            lambda: "idle" in node.call("sinfo", "-h", "-o", "%t"), start("slurmd", "-D"), folder
        )
        try:
            yield node
        finally:
            _cancel_everything(node)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The Slurm that all tests of a session share."""
    require()
    with slurm(tmp_path_factory.mktemp("slurm") / "n") as started:
        yield started


def _answers(node: Node, *words: str) -> bool:
    return subprocess.run(words, env=node.environment, capture_output=True).returncode == 0


@contextmanager
def _daemon(
    words: tuple[str, ...], folder: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen]:
    """A daemon as a child in the foreground; it ends with this process, even if that is killed."""
    program = shutil.which(words[0], path=SEARCHED)
    with (folder / f"{words[0]}.out").open("w") as out:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", str(program), *words[1:]],
            env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _until(true: Callable[[], object], process: subprocess.Popen, folder: Path) -> None:
    """Wait for a daemon to answer; its logs where it does not."""
    end = time.monotonic() + PATIENCE
    while not true():
        if process.poll() is not None or time.monotonic() > end:
            logs = [*folder.glob("*.out"), *folder.glob("*.log"), folder / "munge" / "log"]
            said = "\n".join(f"{p.name}: {p.read_text()[-1500:]}" for p in logs if p.exists())
            raise RuntimeError(
                f"{process.args[3]} does not come up (code {process.poll()})\n{said}"
            )
        time.sleep(0.1)


def _cancel_everything(node: Node) -> None:
    """End all jobs before slurmd goes, or their processes would outlive it."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (
        left := node.call("squeue", "-h", "-o", "%A", check=False).split()
    ):
        node.call("scancel", "--signal=KILL", "--full", *left, check=False)
        node.call("scancel", *left, check=False)
        time.sleep(0.3)


if __name__ == "__main__":  # python tests/slurm_node.py FOLDER: a Slurm to play with, until Ctrl-C
    with slurm(Path(sys.argv[1]).absolute()) as played:
        print(f"export SLURM_CONF={played.configuration}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
