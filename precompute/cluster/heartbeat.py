"""What an element says about itself: where it runs, and how far it is."""

import os
import platform
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

MOST_NAMED = 50
"""Failures named in the heartbeat; the store holds all of them."""


@dataclass(frozen=True)
class Place:
    """Where this runs, as Slurm says; empty words outside of it.

    Args:
        job: id of this element's job.
        array: id of the array.
        task: index in the array.
        name: of the job.
        restarts: how often it was requeued.
        cpus: cores given; 0 if nobody says.
    """

    job: str = ""
    array: str = ""
    task: str = ""
    name: str = ""
    restarts: int = 0
    cpus: int = 0

    @classmethod
    def here(cls) -> "Place":
        """Read Slurm's variables.

        Returns:
            The place; anything unusable in them counts as unsaid.
        """
        word = os.environ.get
        return cls(
            job=digits(word("SLURM_JOB_ID", "")),
            array=digits(word("SLURM_ARRAY_JOB_ID", "") or word("SLURM_JOB_ID", "")),
            task=digits(word("SLURM_ARRAY_TASK_ID", "")),
            name=word("SLURM_JOB_NAME", "")[:200],
            restarts=int(digits(word("SLURM_RESTART_COUNT", "")) or 0),
            cpus=int(
                digits(word("SLURM_CPUS_PER_TASK", "") or word("SLURM_CPUS_ON_NODE", "")) or 0
            ),
        )


def digits(text: str) -> str:
    """Read one of Slurm's numbers.

    Returns:
        The digits; empty for anything else.
    """
    return text if text.isascii() and text.isdecimal() and len(text) <= 12 else ""


@dataclass
class State:
    """How far an element is: what its heartbeat says.

    Args:
        index: of the element.
        total: units it was given.
        place: where it runs.
        device: torch device.
    """

    index: int
    total: int
    place: Place
    device: str
    state: str = "running"
    why: str = ""
    done: int = 0
    already: int = 0
    failed: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    analyses: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    began: float = field(default_factory=time.monotonic)
    started: str = field(default_factory=lambda: _now())

    def record(self) -> dict[str, Any]:
        """The heartbeat."""
        return {
            "index": self.index, "state": self.state, "why": self.why,
            "total": self.total, "done": self.done, "already": self.already,
            "failed": len(self.failed), "failures": self.failed[:MOST_NAMED],
            "waiting": self.waiting, "analyses": dict(self.analyses),
            "job": self.place.job, "array_job": self.place.array, "task": self.place.task,
            "job_name": self.place.name, "restarts": self.place.restarts,
            "host": platform.node(), "pid": os.getpid(), "device": self.device,
            "started": self.started, "at": _now(),
            "seconds": round(time.monotonic() - self.began, 1),
            "computed_seconds": round(self.seconds, 3),
        }  # fmt: skip


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
