"""How far a run is: a bar with rate and time left on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Mapping, Sequence
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ired_interp_core import registry
from precompute.ground.tell import shown, time_left
from precompute.plan.plan import Unit

LINE_EVERY = 10.0
"""Seconds between plain lines: a log of an hour stays readable."""


class Tally:
    """Counts rows and seconds of each analysis; knows the rate and the time left.

    Args:
        units: of the plan.
        workers: processes.
        expected: seconds of a row of an analysis, of those that declare a cost.
    """

    def __init__(
        self, units: Sequence[Unit], workers: int, expected: Mapping[str, float] | None = None
    ) -> None:
        self.workers, self.began = workers, time.monotonic()
        self.expected = dict(expected or {})
        self.total: dict[str, int] = {}
        for unit in units:
            name = unit.asked.question.analysis
            self.total[name] = self.total.get(name, 0) + unit.stop - unit.start
        self.blocks = {n for n in self.total if registry.get(n).scope == "block"}
        self.rows = dict.fromkeys(self.total, 0)
        self.seconds = dict.fromkeys(self.total, 0.0)
        self.computed = dict.fromkeys(self.total, 0)

    def add(self, unit: Unit, seconds: float, computed: bool) -> None:
        """Count a unit.

        Args:
            unit: finished, failed or given up.
            seconds: its computation took.
            computed: whether it was computed here (failed ones tell nothing about the rate).
        """
        name, rows = unit.asked.question.analysis, unit.stop - unit.start
        self.rows[name] += rows
        if computed:
            self.computed[name] += rows
            self.seconds[name] += seconds

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    def rate(self, name: str) -> float | None:
        """Problems per second of an analysis, on all workers if they did nothing else.

        Returns:
            The rate, or None before the first unit.
        """
        return (
            self.workers * self.computed[name] / self.seconds[name] if self.seconds[name] else None
        )

    def seconds_left(self) -> float | None:
        """Rows left times what a row of the same analysis took, over the workers.

        Of an analysis of which nothing is done yet the declared cost counts, times how much longer
        than declared the others took; one that declares none is taken to be as slow as the slowest
        of its scope, or left out while nothing is known of any. Answers of whole sets keep no more
        workers busy than there are of them.

        Returns:
            None where nothing is known of any analysis.
        """
        seconds = {name: each for name in self.total if (each := self._each(name))}
        if not seconds:
            return None
        alike = ({n for n in self.total if (n in self.blocks) == b} for b in (True, False))
        left = 0.0
        for names in alike:
            slowest = max((seconds[n] for n in names if n in seconds), default=0.0)
            for n in names:
                rows = self.total[n] - self.rows[n]
                busy = self.workers if n in self.blocks else min(self.workers, max(rows, 1))
                left += rows * seconds.get(n, slowest) / busy
        return left

    def _each(self, name: str) -> float | None:
        """Seconds of a row on one worker: as measured, else as declared; None if neither is."""
        if self.computed[name]:
            return self.seconds[name] / self.computed[name]
        if name not in self.expected:
            return None
        known = [n for n in self.expected if self.computed.get(n)]
        declared = sum(self.expected[n] * self.computed[n] for n in known)
        measured = sum(self.seconds[n] for n in known)
        return self.expected[name] * (measured / declared if declared and measured else 1.0)

    def unforeseen(self) -> bool:
        """Whether something is left of which nothing is known, such as a training.

        Returns:
            True if the time left is only what the rest takes.
        """
        known = any(self._each(n) for n in self.blocks)
        return any(
            self.rows[n] < total and not self._each(n) and not (known and n in self.blocks)
            for n, total in self.total.items()
        )

    def done(self) -> tuple[int, int]:
        """Rows finished and rows planned, over all analyses."""
        return sum(self.rows.values()), sum(self.total.values())


class Display:
    """Shows a tally; use as a context.

    Args:
        tally: to show.
        name: of the run.
        stream: where to.
    """

    def __init__(self, tally: Tally, name: str, stream: TextIO | None = None) -> None:
        self.tally, self.name = tally, name
        self.console = Console(file=stream or sys.stderr)
        self.bars = (
            Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=None),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}", justify="right"),
                TextColumn("{task.fields[left]}", justify="right"),
                TimeElapsedColumn(),
                console=self.console,
                auto_refresh=True,
                refresh_per_second=4,
            )
            if self.console.is_terminal
            else None
        )
        self.last_line = time.monotonic()
        self.heard: dict[str, float] = {}

    def __enter__(self) -> "Display":
        if self.bars:
            self.bars.start()
            for name, total in self.tally.total.items():
                self.bars.add_task(f"  {name}", total=total, rate="", left="")
            self.bars.add_task(self.name, total=self.tally.done()[1], rate="", left="")
        return self

    def __exit__(self, *_: object) -> None:
        if self.bars:
            self.update()
            self.bars.stop()

    def update(self) -> None:
        """Show where the tally stands."""
        done, total = self.tally.done()
        left = time_left(self.tally.seconds_left())
        if left and self.tally.unforeseen():
            left = f"more than {left}"
        if self.bars:
            rows = [*self.tally.rows.values(), done]
            rates = [self.tally.rate(name) for name in self.tally.rows]
            rates.append(done / self.tally.elapsed() if done else None)
            for task, (at, rate) in enumerate(zip(rows, rates, strict=True)):
                self.bars.update(
                    self.bars.task_ids[task],
                    completed=at,
                    rate="" if rate is None else f"{rate:.3g} answers/s",
                    left=left if task == len(rows) - 1 else "",
                )
        elif time.monotonic() - self.last_line >= LINE_EVERY:
            self.last_line = time.monotonic()
            rate = done / self.tally.elapsed()
            each = ", ".join(f"{n} {self.tally.rows[n]}/{t}" for n, t in self.tally.total.items())
            words = (f"{self.name}: {done}/{total}", f"{rate:.3g} answers/s", left, each)
            self.say(" · ".join(word for word in words if word))

    def report(self, unit: Unit, words: str) -> None:
        """Say how far a long unit is, now and then."""
        now = time.monotonic()
        if now - self.heard.get(unit.name, 0.0) >= LINE_EVERY:
            self.heard[unit.name] = now
            self.say(f"  {unit.name}: {words}")

    def say(self, line: str) -> None:
        """Print a line, above the bars where there are any."""
        self.console.print(shown(line), markup=False, highlight=False, soft_wrap=True)
