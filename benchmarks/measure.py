"""How things are timed: CPU seconds of one thread, the methods taking turns in one process."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        target: what PERFORMANCE asks for, in its words.
        ours: of this project, in `unit`.
        peer: of the named peer, in `unit`.
        unit: of both.
        peer_name: whom we stand beside.
        must: the ratio (or the number) that must be reached.
        aim: the one to go for.
        higher_is_better: whether the ratio should exceed the target.
        accuracy: of both, so that equal is compared with equal.
        value: what is compared with the targets, if it is not peer/ours.
        spread: quartiles of the ratio over the rounds.
        more: anything else worth keeping.
    """

    target: str
    ours: float
    peer: float
    unit: str
    peer_name: str
    must: float | None = None
    aim: float | None = None
    higher_is_better: bool = True
    accuracy: str = ""
    value: float | None = None
    spread: tuple[float, float] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """What is compared with the targets."""
        return self.peer / self.ours if self.value is None else self.value

    def reaches(self, bound: float | None) -> bool | None:
        """Whether a target is reached; None where there is none."""
        if bound is None:
            return None
        return self.ratio >= bound if self.higher_is_better else self.ratio <= bound

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            **asdict(self),
            "ratio": self.ratio,
            "must_reached": self.reaches(self.must),
            "aim_reached": self.reaches(self.aim),
        }


def interleaved(
    methods: Mapping[str, Callable[[], Any]], rounds: Mapping[str, int] | int
) -> dict[str, np.ndarray]:
    """CPU seconds of each method, taking turns, so that a busy moment meets all of them.

    Every method runs once beforehand, uncounted.

    Args:
        methods: name → what to run.
        rounds: how often, for all or for each.

    Returns:
        Name → seconds of every round.
    """
    count = {n: rounds if isinstance(rounds, int) else rounds[n] for n in methods}
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    for run in methods.values():
        run()
    for turn in range(max(count.values())):
        for name, run in methods.items():
            if turn < count[name]:
                began = time.process_time()
                run()
                seconds[name].append(time.process_time() - began)
    return {name: np.array(values) for name, values in seconds.items()}


def ratio_quartiles(ours: np.ndarray, peer: np.ndarray) -> tuple[float, float]:
    """Quartiles of peer/ours over the rounds that both took part in."""
    both = min(len(ours), len(peer))
    low, high = np.percentile(peer[:both] / ours[:both], [25, 75])
    return float(low), float(high)


def sgemm_rate(size: int = 1024, rounds: int = 20) -> float:
    """Best float32 product rate of one core here, in FLOP/s; every floor is taken at it."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    out = torch.empty(size, size)
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        torch.mm(a, b, out=out)
        best = min(best, time.process_time() - began)
    return 2 * size**3 / best
