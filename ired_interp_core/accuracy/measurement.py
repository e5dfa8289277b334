"""Walking many problems and keeping a few numbers of each, in fixed batches that can be left."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core import tasks
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Paused
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.records import Gathered
from ired_interp_core.schema import LEVELS
from ired_interp_core.tasks import Baseline

BATCH = 256
"""Rows walked together, on fixed boundaries and never fewer: as in `descent_record`, so that an
answer is a function of its problem alone. On a core twice as fast as 32, with the same bits."""

NUMBERS = 60 * 2**19
"""Numbers in the states of a batch at most: the sampler keeps one a level and step, 126 MB."""

SAVE_EVERY = 16
"""Batches between checkpoints: some 20 seconds of a core."""

SAVES = 16
"""Checkpoints at most, whatever the number of problems: each holds all answers so far."""

Columns = dict[str, np.ndarray]


@dataclass
class Measurement:
    """Numbers of problems 0 … done − 1; the rest is NaN.

    Args:
        columns: by name, first dim the problem: `official`, `residual` [N]; `error`, `absolute`,
            `energy_answer`, `energy_truth` [N, level]; `baseline`, `distance`, `cross` [N,
            baseline]. Means of squares, magnitudes or products over entries, but for the energies.
        answer: ŷ, data frame.
        done: problems.
    """

    columns: Columns
    answer: Float[np.ndarray, "N d"]
    done: int = 0

    @classmethod
    def empty(cls, count: int, d: int, predictors: int) -> "Measurement":
        """Nothing measured yet.

        Args:
            count: problems.
            d: entries of y.
            predictors: number of baselines.

        Returns:
            Arrays of NaN.
        """
        shapes: dict[str, tuple[int, ...]]
        shapes = dict.fromkeys(("official", "residual"), ())
        shapes |= dict.fromkeys(("error", "absolute", "energy_answer", "energy_truth"), (LEVELS,))
        shapes |= dict.fromkeys(("baseline", "distance", "cross"), (predictors,))
        columns = {name: np.full((count, *shape), np.nan) for name, shape in shapes.items()}
        return cls(columns, np.full((count, d), np.nan, np.float32))

    def take(self, columns: Columns, answer: np.ndarray) -> None:
        """Take the next batch; its rows beyond the last problem are dropped.

        Args:
            columns: of the batch.
            answer: ŷ of the batch.
        """
        first, stop = self.done, min(self.done + len(answer), len(self.answer))
        for name, values in columns.items():
            self.columns[name][first:stop] = values[: stop - first]
        self.answer[first:stop] = answer[: stop - first]
        self.done = stop

    def content(self) -> bytes:
        """As a checkpoint.

        Returns:
            The content of a .npz file.
        """
        file, done = io.BytesIO(), self.done
        arrays: Columns = {"done": np.array(done), "answer": self.answer[:done]}
        arrays |= {f"column/{name}": values[:done] for name, values in self.columns.items()}
        np.savez(file, allow_pickle=False, **arrays)
        return file.getvalue()

    def restore(self, content: bytes | None) -> None:
        """Go on from a checkpoint, if there is one.

        Args:
            content: what `content` gave.
        """
        if content is None:
            return
        with np.load(io.BytesIO(content), allow_pickle=False) as saved:
            self.done = int(saved["done"])
            self.answer[: self.done] = saved["answer"]
            for name, values in self.columns.items():
                values[: self.done] = saved[f"column/{name}"]


def batch_rows(d: int, inner_steps: int) -> int:
    """Rows of a batch, the same for every model of a size.

    Args:
        d: entries of y.
        inner_steps: of a level.

    Returns:
        256 up to n = 45 with the official 5 steps, then fewer, a multiple of 32.
    """
    states = LEVELS * (inner_steps + 1)
    return min(BATCH, max(32, NUMBERS // (states * d) // 32 * 32))


def measure(
    gathered: Gathered, parameters: Mapping[str, Any], predictors: tuple[Baseline, ...]
) -> Measurement:
    """Walk problems 0 … N − 1 from the starting noise of `descent` and measure every answer.

    Args:
        gathered: a model and a problem set.
        parameters: of the analysis.
        predictors: baselines of the set.

    Returns:
        The numbers of all problems.

    Raises:
        Paused: told to stop; a checkpoint is kept.
    """
    count, model, desk = gathered.count, gathered.models["model"], gathered.desk
    slow = min(count, parameters["slow_problems"])
    measured = Measurement.empty(count, model.d, len(predictors))
    measured.restore(desk.load())
    saved = measured.done
    rows = batch_rows(model.d, parameters["inner_steps"])
    every = max(SAVE_EVERY * rows, count // SAVES)
    while measured.done < count:
        if desk.pause():
            desk.save(measured.content())
            raise Paused(f"{measured.done} of {count} problems")
        _measure_batch(measured, gathered, parameters, predictors, slow)
        error = measured.columns["error"][: measured.done, 0].mean()
        words = f"{measured.done} of {count} problems · MSE {error:.4g}"
        desk.report(measured.done / count, words)
        if measured.done - saved >= every or measured.done == count:
            desk.save(measured.content())
            saved = measured.done
    return measured


def _measure_batch(
    measured: Measurement,
    gathered: Gathered,
    parameters: Mapping[str, Any],
    predictors: tuple[Baseline, ...],
    slow: int,
) -> None:
    model: Energy = gathered.models["model"]
    p, first = gathered.problems, measured.done
    rows = batch_rows(model.d, parameters["inner_steps"])
    made = tasks.problems(p.task, rows, p.seed, size=p.size, variant=p.variant, start=first)
    noise = start_noise(parameters["seed"], np.arange(first, first + rows), model.d)
    walk = anneal(
        model,
        tensor(made.x, torch.float32, gathered.device),
        tensor(noise, torch.float32, gathered.device),
        clip=parameters["clip"],
        inner_steps=parameters["inner_steps"],
        jump=parameters["jump"],
    )
    answers = walk.answers.flip(0).movedim(0, 1).cpu().numpy().astype(np.float64)
    official = walk.answer_official.cpu().numpy().astype(np.float64)
    miss = answers - made.y[:, None]
    levels = LEVELS if parameters["energy_problems"] else 1
    columns = {
        "error": _mean_square(miss),
        "absolute": np.abs(miss).mean(axis=-1),
        "official": _mean_square(official - made.y),
        "residual": np.full(rows, np.nan),
        "energy_answer": energies(model, made.x, answers, gathered.device, levels),
        "energy_truth": energies(model, made.x, made.y[:, None], gathered.device, levels),
        **_beside(made, answers[:, 0], predictors, slow - first),
    }
    if p.task == "inverse":
        columns["residual"] = _inverse_residual(made.x, answers[:, 0], p.size)
    measured.take(columns, answers[:, 0])


def _beside(
    made: tasks.Problems, answer: np.ndarray, predictors: tuple[Baseline, ...], slow: int
) -> Columns:
    """(b − y*)², (ŷ − b)² and (ŷ − b)·(y* − b) of b; a slow one answers the first `slow`."""
    shape = (len(answer), len(predictors))
    columns = {name: np.full(shape, np.nan) for name in ("baseline", "distance", "cross")}
    for i, predictor in enumerate(predictors):
        rows = slice(max(0, slow) if predictor.slow else None)
        if len(made.x[rows]):
            predicted = predictor.predict(made.x[rows])
            beyond, truth = answer[rows] - predicted, made.y[rows] - predicted
            columns["baseline"][rows, i] = _mean_square(truth)
            columns["distance"][rows, i] = _mean_square(beyond)
            columns["cross"][rows, i] = (beyond * truth).mean(axis=-1)
    return columns


@torch.no_grad()
def energies(
    model: Energy,
    x: Float[np.ndarray, "B n_in"],
    y: Float[np.ndarray, "B _ d"],
    device: str,
    levels: int = LEVELS,
) -> Float[np.ndarray, "B level"]:
    """E_t(x, √ᾱ_t·y) at every level, float64.

    Args:
        model: any energy.
        x: problems.
        y: points in the data frame, one for each level or one for all.
        device: torch device name.
        levels: how many of the sharpest levels; they are the dearest part of a measurement.

    Returns:
        Energies, t ascending; NaN at the other levels.
    """
    points = np.broadcast_to(y, (len(y), LEVELS, y.shape[-1]))
    points = points * model.schedule.sqrt_alpha_bar[:, None]
    condition = tensor(x, torch.float64, device)
    columns = [
        model.energy(condition, tensor(points[:, t], torch.float64, device), t)
        for t in range(levels)
    ]
    found = np.full((len(x), LEVELS), np.nan)
    found[:, :levels] = torch.stack(columns, dim=1).cpu().numpy()
    return found


def tensor(values: np.ndarray, dtype: torch.dtype, device: str) -> Tensor:
    """An array as a tensor."""
    return torch.as_tensor(values, dtype=dtype, device=device)


def _mean_square(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.square(values).mean(axis=-1))


def _inverse_residual(x: np.ndarray, answer: np.ndarray, n: int) -> np.ndarray:
    """‖AŶ − I‖_F/√n."""
    product = x.reshape(-1, n, n) @ answer.reshape(-1, n, n) - np.eye(n)
    return np.asarray(np.linalg.norm(product, axis=(1, 2)) / np.sqrt(n))
