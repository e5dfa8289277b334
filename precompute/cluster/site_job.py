"""What a job asks the cluster for, in the words of a profile and in those of sbatch."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from precompute.ground.exits import Usage

MEMORY = {
    "memory": "mem", "memory_per_cpu": "mem-per-cpu", "memory_per_gpu": "mem-per-gpu"
}  # fmt: skip
"""Ways to ask for memory; Slurm takes one of them."""


@dataclass(frozen=True)
class Job:
    """What a job asks the cluster for; what is empty or 0 is left to the site.

    Args:
        partition: one, or several with commas: whichever begins first.
        account: who pays.
        qos: quality of service.
        constraint: features that a node must have, such as a100_80gb.
        reservation: that was made for one.
        gres: such as gpu:1.
        gpus: of the job, such as 4 or a100:4: where the site wants `--gpus`.
        cpus: cores of the job.
        cpus_per_gpu: cores for each GPU, instead.
        memory: of the node, such as 32G; 0 is all that it has.
        memory_per_cpu: instead.
        memory_per_gpu: instead.
        time: limit, as Slurm spells it.
        options: further words for sbatch.
    """

    partition: str = ""
    account: str = ""
    qos: str = ""
    constraint: str = ""
    reservation: str = ""
    gres: str = ""
    gpus: str = ""
    cpus: int = 1
    cpus_per_gpu: int = 0
    memory: str = "4G"
    memory_per_cpu: str = ""
    memory_per_gpu: str = ""
    time: str = "01:00:00"
    options: tuple[str, ...] = ()

    def words(self) -> list[str]:
        """The options of sbatch.

        Returns:
            Words of a command line.
        """
        named = {
            "partition": self.partition, "account": self.account, "qos": self.qos,
            "constraint": self.constraint, "reservation": self.reservation,
            "gres": self.gres, "gpus": self.gpus, "cpus-per-task": self.cpus,
            "cpus-per-gpu": self.cpus_per_gpu, "mem": self.memory,
            "mem-per-cpu": self.memory_per_cpu, "mem-per-gpu": self.memory_per_gpu,
            "time": self.time,
        }  # fmt: skip
        return [f"--{word}={value}" for word, value in named.items() if value] + [*self.options]

    @property
    def asked_gpus(self) -> int:
        """How many GPUs it asks for, as far as its words say."""
        asked = [f"--gres={self.gres}", f"--gpus={self.gpus}", *_joined(self.options)]
        return sum(map(_gpus, asked))

    @property
    def chooses(self) -> bool:
        """Whether it says where to run, so that the place may bring GPUs that nobody asks for."""
        there = (self.partition, self.constraint, self.qos, self.reservation)
        return any(there) or bool(self.options)

    @property
    def planned_cpus(self) -> int:
        """Cores of the job, as far as its words say."""
        return max(1, self.cpus or self.cpus_per_gpu * self.asked_gpus)


def _joined(options: tuple[str, ...]) -> list[str]:
    """Options with their values: "--gpus", "2" is one of them."""
    found: list[str] = []
    for word in options:
        if word.startswith("-") or not found:
            found.append(word)
        else:
            found[-1] += f"={word}"
    return found


_GRES = re.compile(r"(?:^|,)(?:gres[:/])?gpu(?::[A-Za-z_][\w.-]*)?(?::(\d{1,4}))?(?=,|\(|$)")


def _gpus(option: str) -> int:
    """GPUs that an option asks for: --gres=gpu:a100:2, --gpus=2, --gpus-per-node=a100:2, -G2."""
    name, _, value = option.partition("=")
    if option.startswith("-G"):
        value = option[2:].lstrip("= ")
    elif name in ("--gres", "--tres-per-node", "--tres-per-job", "--tres-per-task"):
        return sum(int(count or 1) for count in _GRES.findall(value))
    elif not name.startswith("--gpus"):
        return 0
    count = re.search(r"(?:^|:)(\d{1,4})$", value.strip())
    return int(count[1]) if count else int(bool(value))


def without_defaults(part: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the default memory and cores where a table asks for them in another way.

    Args:
        part: the table, as given.

    Returns:
        What it says of memory and cores, with the defaults that do not hold emptied.
    """
    options = " ".join(str(word) for word in part.get("options", ()) or ())
    emptied: dict[str, Any] = {}
    other = any(part.get(key) for key in MEMORY if key != "memory")
    if "memory" not in part and (other or re.search(r"(^|\s)--mem", options)):
        emptied["memory"] = ""
    if "cpus" not in part and (part.get("cpus_per_gpu") or "--cpus-per-gpu" in options):
        emptied["cpus"] = 0
    return emptied


def check_once(job: Job, where: str) -> None:
    """Refuse two ways to ask for memory, which sbatch calls mutually exclusive.

    Raises:
        Usage: two of them.
    """
    said = {key: f'{key} = "{getattr(job, key)}"' for key in MEMORY if getattr(job, key)}
    for option in job.options:
        for key, word in MEMORY.items():
            if option.partition("=")[0].strip() == f"--{word}":
                said[key] = option
    if len(said) > 1:
        raise Usage(
            "memory is asked for twice", where=where, came=" and ".join(said.values()),
            expected=f"one of {', '.join(MEMORY)}",
        )  # fmt: skip
