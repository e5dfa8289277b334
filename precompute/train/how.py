"""How a training is watched and kept."""

from dataclasses import dataclass


@dataclass(frozen=True)
class How:
    """How a training is watched and kept; no part of what it is.

    Args:
        device: torch device name.
        threads: of the arithmetic on a CPU.
        log_every: steps between entries of the log.
        evaluate_every: steps between evaluations, beside those of the series and the last; 0: none.
        evaluate_problems: problems of each variant.
        series: files of weights a decade of steps; 0: none.
        save_minutes: between checkpoints.
        compiled: fuse the step with torch.compile: other roundings, and a minute before the first.
        mirror: of the log: none, or a name of `mirror.MIRRORS`.
    """

    device: str = "cpu"
    threads: int = 1
    log_every: int = 100
    evaluate_every: int = 5000
    evaluate_problems: int = 256
    series: int = 4
    save_minutes: float = 5.0
    compiled: bool = False
    mirror: str = "none"
