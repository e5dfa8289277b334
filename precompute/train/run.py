"""A training under way: steps, log, evaluations, weights that are kept, checkpoints."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ired_interp_core import tasks
from ired_interp_core.errors import Refusal
from ired_interp_core.records import digest
from ired_interp_core.spelling import counted
from precompute.ground import provenance
from precompute.ground.exits import DONE, SOME_LEFT, Usage
from precompute.ground.tell import say, spell
from precompute.ground.training_folder import LOG, step_file
from precompute.train.card import beside, card
from precompute.train.folder import Bell
from precompute.train.how import How
from precompute.train.log import Log
from precompute.work import devices
from store import files, folders, unfinished

if TYPE_CHECKING:
    from ired_interp_core.training.evaluation import Measured
    from ired_interp_core.training.recipe import Recipe

SPOKEN_EVERY = 5.0
"""Seconds between progress lines."""

FIRST_OF_SERIES = 10
"""After the untrained weights: fewer steps change little."""


def series_steps(steps: int, per_decade: int) -> set[int]:
    """Steps whose weights are kept: 0, then 10^(k/p), and the last.

    Args:
        steps: in all.
        per_decade: p; 0 for none.

    Returns:
        The steps.
    """
    if not per_decade:
        return set()
    top = int(np.ceil(np.log10(steps) * per_decade)) + 1
    spaced = {round(10 ** (k / per_decade)) for k in range(per_decade, top + 1)}
    return {0, steps} | {s for s in spaced if FIRST_OF_SERIES <= s <= steps}


@dataclass
class Run:
    """A training in its folder.

    Args:
        out: folder.
        recipe: what is trained.
        how: it is watched and kept.
        model: to begin with.
    """

    out: Path
    recipe: "Recipe"
    how: How
    model: Any = None
    seconds: float = 0.0
    errors: dict[str, dict[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        import torch

        from ired_interp_core.training.loss import parts
        from ired_interp_core.training.trainer import Training

        compiled = torch.compile(parts, dynamic=False) if self.how.compiled else None
        start = self.model.weights if self.model is not None else None
        self.training: Training = Training(self.recipe, self.how.device, start, compiled)
        self.key = digest(self.recipe.identity)
        self.log = Log(self.out / LOG)
        self.kept = series_steps(self.recipe.steps, self.how.series)
        self.sets: dict[str, Measured] = {}
        self.spoken = self.saved = self.clock = time.monotonic()
        self.spoken_step = 0
        self.code = provenance.of_code()

    def resume(self) -> None:
        """Go on from the newest checkpoint that verifies; the log ends where that was made.

        Raises:
            Usage: it has more steps than are asked for.
        """
        from ired_interp_core.training.snapshots import restore

        content = unfinished.load(self.out, "training", self.key)
        more = restore(self.training, content) if content is not None else None
        if more is not None:
            self.seconds, self.errors = float(more["seconds"]), more["errors"]
        step = self.training.step
        if step > self.recipe.steps:
            raise Usage(
                "training has gone further", where=str(self.out), came=f"step {step}",
                expected=f"at most {self.recipe.steps} (--steps)", next_step="give another --out",
            )  # fmt: skip
        self.log.cut(step if more is not None else -1)
        if 0 < step < self.recipe.steps:
            say(f"{self.out}: going on from step {step} of {self.recipe.steps}")

    def to_the_end(self, bell: "Bell") -> int:
        """Make the steps that are left.

        Args:
            bell: heard before every step.

        Returns:
            0, or 75 when the bell rang.
        """
        training, recipe = self.training, self.recipe
        self.saved = self.spoken = self.clock = time.monotonic()
        self.spoken_step = training.step
        # Nothing left and everything there: a repeated command does nothing.
        if training.step == recipe.steps and all(p.exists() for p in self.results):
            say(f"{self.results[0]}: {counted(recipe.steps, 'step')} made, none left")
            return DONE
        if training.step == 0:
            self.look()
        while training.step < recipe.steps:
            if bell.rung:
                self.publish()
                say(f"stopped after step {training.step}; the same command goes on")
                return SOME_LEFT
            self.advance()
            last = training.step == recipe.steps
            if training.step % self.how.log_every == 0 or last:
                self.speak(self.write_entry())
            self.look()
            if not last and time.monotonic() - self.saved >= 60 * self.how.save_minutes:
                self.save()
        self.publish()
        for variant, found in self.errors.items():
            say(f"{variant}: {beside(found)}")
        say(f"{self.results[0]}: {counted(recipe.steps, 'step')} in {spell(self.spent())}")
        return DONE

    @property
    def results(self) -> tuple[Path, Path]:
        """The own and the official file."""
        return (
            self.out / f"{self.recipe.task}.safetensors",
            self.out / f"{self.recipe.task}.pt",
        )

    def advance(self) -> None:
        """One step.

        Raises:
            Usage: the batch does not fit into the device's memory.
        """
        try:
            self.training.advance()
        except Exception as error:
            if not devices.out_of_memory(error):
                raise
            raise Usage(
                "device memory is full",
                where=self.how.device,
                came=f"batch {self.recipe.batch}",
                next_step="give a smaller --batch",
            ) from error

    def write_entry(self) -> dict[str, float]:
        """Log the means since the entry before."""
        entry = self.training.entry()
        self.log.add({"step": self.training.step, **entry, "seconds": round(self.spent(), 3)})
        return entry

    def speak(self, entry: dict[str, float]) -> None:
        """A line of progress, not more often than people read."""
        now, step, steps = time.monotonic(), self.training.step, self.recipe.steps
        if now - self.spoken < SPOKEN_EVERY and step < steps:
            return
        pace = (step - self.spoken_step) / max(now - self.spoken, 1e-9)
        self.spoken, self.spoken_step = now, step
        left = f" · {spell((steps - step) / pace)} left" if step < steps else ""
        skipped = f" · {counted(entry['skipped'], 'update')} left out" if entry["skipped"] else ""
        say(
            f"step {step} of {steps} · loss {entry['loss']:.4g} = {entry['mse']:.4g} + ½·"
            f"{entry['contrastive']:.4g} · gradient {entry['gradient_norm']:.3g}{skipped}"
            f" · {pace:.3g} steps/s{left}"
        )

    def look(self) -> None:
        """Measure, and keep the weights, where it is time to."""
        step, steps = self.training.step, self.recipe.steps
        every = self.how.evaluate_every
        if step in self.kept or step == steps or (every and step and step % every == 0):
            self.errors = self.evaluate()
            self.log.add({"step": step, "evaluation": self.errors})
        if step in self.kept:
            path = step_file(self.out, step)
            folders.make_folder(path.parent)
            with files.one_line(path, "weights cannot be written"):
                files.replace(path, self.own_bytes())

    def evaluate(self) -> dict[str, dict[str, float]]:
        """Errors of the averaged weights beside the baselines'.

        Returns:
            Variant → name → MSE.

        Raises:
            Refusal: an answer is not finite.
        """
        from ired_interp_core.training.evaluation import Measured
        from ired_interp_core.training.formats import model

        found, facts = {}, {"task": self.recipe.task}
        for variant in tasks.VARIANTS:
            if variant not in self.sets:
                recipe = self.recipe
                self.sets[variant] = Measured.of(
                    recipe.task, recipe.size, variant, self.how.evaluate_problems
                )
            measured = self.sets[variant]
            found[variant] = measured.errors(model(self.training, facts), self.how.device)
            if not np.isfinite(found[variant]["answer"]):
                raise Refusal(
                    "training failed: answers not finite",
                    where=f"{self.out}, step {self.training.step}, {variant}",
                    came=found[variant]["answer"],
                    next_step="lower the rate, or begin from other weights",
                )
        return found

    def own_bytes(self) -> bytes:
        """The averaged weights in the own format, with their card.

        Returns:
            Bytes of a safetensors file.
        """
        from ired_interp_core import checkpoints
        from ired_interp_core.training.formats import model

        facts = card(self.training, self.how, self.errors, self.spent(), self.code)
        return checkpoints.to_bytes(model(self.training, facts))

    def publish(self) -> None:
        """Save, and write what was reached in both formats."""
        from ired_interp_core.training.formats import official

        self.save()
        for path, content in zip(
            self.results, (self.own_bytes(), official(self.training)), strict=True
        ):
            with files.one_line(path, "weights cannot be written"):
                files.sweep_beside(path)
                files.replace(path, content)

    def save(self) -> None:
        """Write a checkpoint; the log up to here is on the disk before."""
        from ired_interp_core.training.snapshots import snapshot

        self.log.sync()
        more = {"seconds": self.spent(), "errors": self.errors}
        unfinished.save(self.out, "training", self.key, snapshot(self.training, more))
        self.saved = time.monotonic()

    def spent(self) -> float:
        """Wall time of this training, over all processes that worked on it, in seconds."""
        now = time.monotonic()
        self.seconds, self.clock = self.seconds + now - self.clock, now
        return self.seconds
