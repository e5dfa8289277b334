"""A block of descents as declared in `analyses/descent.py`."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Int

from ired_interp_core import tasks
from ired_interp_core.curvature.measures import cosine
from ired_interp_core.energy import Energy
from ired_interp_core.inference import (
    ACCEPTED,
    REJECTED,
    UNCHANGED,
    Descent,
    anneal,
    start_noise,
)
from ired_interp_core.polish import polish
from ired_interp_core.records import Block
from ired_interp_core.schema import LEVELS

BATCH = 32
"""Rows walked together. Products round by batch shape, and accept decisions hang on the last bit: a
fixed shape on fixed boundaries makes an answer a function of its problem alone."""

FLOAT32_ROUNDING = 1e-6
"""By so much of c a clamped entry can lie beyond it, once it is divided by √ᾱ_t."""


def descent_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Sampler, minima and errors of a block.

    Args:
        block: rows and a model.
        parameters: clip, inner_steps, jump, seed, polish_iterations.

    Returns:
        The variables that the analysis declares.
    """
    chunks = [
        _chunk(block, rows, used, parameters).isel(problem=slice(*used))
        for rows, used in fixed_batches(block.start, block.count)
    ]
    schedule = block.models["model"].schedule
    return xr.concat(chunks, dim="problem").assign(
        alpha_bar=("level", schedule.alphas_cumprod), sigma=("level", schedule.sigma)
    )


def fixed_batches(start: int, count: int) -> Iterator[tuple[np.ndarray, tuple[int, int]]]:
    """Row numbers of the block in batches of BATCH rows whose boundaries are multiples of BATCH.

    Args:
        start: first problem of the block.
        count: problems of it.

    Yields:
        (rows, used): `rows` [BATCH] indexes the block, padded by repeated rows; `used` is the range
        within the batch that counts.
    """
    for first in range(start // BATCH * BATCH, start + count, BATCH):
        rows = np.arange(first, first + BATCH) - start
        inside = np.flatnonzero((rows >= 0) & (rows < count))
        yield rows.clip(0, count - 1), (int(inside[0]), int(inside[-1]) + 1)


def _chunk(
    block: Block, rows: np.ndarray, used: tuple[int, int], parameters: Mapping[str, Any]
) -> xr.Dataset:
    model: Energy = block.models["model"]
    x, y = block.x[rows], block.y[rows]
    walk, known = walked_batch(block, rows, model, parameters)
    answers = _by_level(walk.answers).astype(np.float64)
    known |= _baseline_variables(block, x, answers[:, 0])
    known["inverse_residual"] = ("problem",), _inverse_residual(block, x, answers[:, 0])
    if block.desk.awaited:
        coords = {"problem": block.start + rows, "level": np.arange(LEVELS)}
        part = xr.Dataset(known, coords).isel(problem=slice(*used))
        block.desk.hand_over("walk", part)
    scale = model.schedule.sqrt_alpha_bar
    minima = _polish(model, x, answers * scale[:, None], used, parameters, block)
    level, step = ("problem", "level"), ("problem", "level", "step")
    truth = y[:, None] * scale[:, None]
    look = _energies(model, x, truth, block.device)
    here = _energies(model, x, answers * scale[:, None], block.device)
    walked, downhill = _by_step(walk.states), -_by_step(walk.gradients)
    polished = minima["points"] if parameters["polish_iterations"] else np.nan * minima["points"]
    return xr.Dataset(
        {
            **known,
            "step_cosine_to_minimum": (step, _ahead(polished, walked, downhill)),
            "step_cosine_to_truth": (step, _ahead(truth, walked, downhill)),
            "energy_answer": (level, here[0]),
            "energy_truth": (level, look[0]),
            "gradient_norm_answer": (level, here[1]),
            **_minimum_variables(minima, answers, y, scale, model.size, parameters["clip"]),
        },
        coords={"level": np.arange(LEVELS)},
    )


def walked_batch(
    block: Block, rows: Int[np.ndarray, "32"], energy: Energy, sampler: Mapping[str, Any]
) -> tuple[Descent, dict[str, Any]]:
    """Walk one batch of `fixed_batches` from the seeded noise.

    Args:
        block: rows.
        rows: of the batch.
        energy: what the sampler walks on.
        sampler: clip, inner_steps, jump, seed.

    Returns:
        The walk, and those variables of `analyses/descent.py` that it alone gives, of all rows of
        the batch.
    """
    noise = start_noise(sampler["seed"], block.start + rows, energy.d)
    walk = anneal(
        energy,
        torch.as_tensor(block.x[rows], dtype=torch.float32, device=block.device),
        torch.as_tensor(noise, dtype=torch.float32, device=block.device),
        clip=sampler["clip"],
        inner_steps=sampler["inner_steps"],
        jump=sampler["jump"],
        check=block.desk.check,
    )
    known = walk_variables(walk, block.y[rows], energy)
    known["start"] = ("problem", "row", "col"), _square(noise, energy.size).astype("f4")
    return walk, known


def walk_variables(walk: Descent, y: Float[np.ndarray, "B d"], model: Energy) -> dict[str, Any]:
    """What a walk through all levels says by itself, before anything is polished.

    Args:
        walk: of some problems.
        y: their truths, data frame.
        model: on which they walked.

    Returns:
        Those variables of `analyses/descent.py` that it gives, but the start: (dims, values).
    """
    n, scale = model.size, model.schedule.sqrt_alpha_bar
    matrix, level, step = ("row", "col"), ("problem", "level"), ("problem", "level", "step")
    answers = _by_level(walk.answers).astype(np.float64)
    states = _by_step(walk.states) / scale[:, None, None]
    official = walk.answer_official.double().cpu().numpy()
    fate, undecided = (_by_step(column)[..., 1:] for column in (walk.acceptance, walk.undecided))
    share = _share if fate.shape[-1] else _no_share
    return {
        "trajectory": ((*step, *matrix), _square(states, n).astype("f4")),
        "answer": ((*level, *matrix), _square(answers, n).astype("f4")),
        "answer_official": (("problem", *matrix), _square(official, n).astype("f4")),
        "step_energy": (step, _by_step(walk.energies)),
        "step_gradient_norm": (step, _by_step(walk.gradient_norms)),
        "step_mse": (step, _mse(states, y[:, None, None]).astype("f4")),
        "step_clamped": (step, _by_step(walk.clamped)),
        "step_accepted": (step, _by_step(walk.acceptance)),
        "step_undecided": (step, _by_step(walk.undecided).astype("i1")),
        "mse": (level, _mse(answers, y[:, None])),
        "accepted_share": (level, share(fate == ACCEPTED)),
        "unchanged_share": (level, share(fate == UNCHANGED)),
        "undecided_share": (level, share(undecided)),
        "decided_accepted_share": (level, share((fate == ACCEPTED) & ~undecided)),
        "decided_rejected_share": (level, share((fate == REJECTED) & ~undecided)),
        "mse_final": (("problem",), _mse(answers[:, 0], y)),
        "mse_official": (("problem",), _mse(official, y)),
    }


def _polish(
    model: Energy,
    x: np.ndarray,
    starts: np.ndarray,
    used: tuple[int, int],
    parameters: Mapping[str, Any],
    block: Block,
) -> dict[str, np.ndarray]:
    """Minima of all levels of the rows that count; [B, level, …] with NaN in padding rows."""
    rows = slice(*used)
    count, d = len(x[rows]), model.d
    found = polish(
        model,
        torch.as_tensor(x[rows], device=block.device).repeat_interleave(LEVELS, dim=0),
        torch.as_tensor(starts[rows].reshape(-1, d), device=block.device),
        torch.arange(LEVELS, device=block.device).repeat(count),
        parameters["polish_iterations"],
        block.desk.check,
    )
    out = {}
    for name, values in vars(found).items():
        column = values.cpu().numpy()
        empty = np.nan if column.dtype.kind == "f" else 0
        out[name] = np.full((len(x), LEVELS, *column.shape[1:]), empty, column.dtype)
        out[name][rows] = column.reshape(count, LEVELS, *column.shape[1:])
    return out


def _minimum_variables(
    minima: dict[str, np.ndarray],
    answers: np.ndarray,
    y: np.ndarray,
    scale: np.ndarray,
    n: int,
    clip: float,
) -> dict[str, Any]:
    level = ("problem", "level")
    points = minima["points"] / scale[:, None]
    furthest = np.abs(points).max(-1)
    return {
        "minimum": ((*level, "row", "col"), _square(points, n).astype("f4")),
        "minimum_energy": (level, minima["energies"]),
        "minimum_gradient_norm": (level, minima["gradient_norms"]),
        "minimum_distance": (level, np.linalg.norm(points - answers, axis=-1)),
        "minimum_mse": (level, _mse(points, y[:, None])),
        "minimum_status": (level, minima["status"].astype("i1")),
        "minimum_in_box": (
            level,
            np.where(np.isnan(furthest), np.nan, furthest <= clip * (1 + FLOAT32_ROUNDING)),
        ),
    }


def _ahead(goal: np.ndarray, states: np.ndarray, downhill: np.ndarray) -> np.ndarray:
    """Cosine of −∇E with the way to a goal [B, level, d] from states [B, level, S, d]."""
    return cosine(downhill, goal[:, :, None] - states).astype("f4")


def _baseline_variables(block: Block, x: np.ndarray, answer: np.ndarray) -> dict[str, Any]:
    p = block.problems
    known = tasks.baselines(p.task, p.variant, p.size)
    distance = np.stack([_mse(b.predict(x), answer) for b in known], axis=1)
    names = np.array([b.name for b in known])
    return {"mse_to_baseline": xr.DataArray(distance, {"baseline": names}, ("problem", "baseline"))}


def _inverse_residual(block: Block, x: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """‖AŶ − I‖_F/√n; NaN where the task is not inverse."""
    n = block.problems.size
    if block.problems.task != "inverse":
        return np.full(len(x), np.nan)
    product = _square(x, n) @ _square(answer, n) - np.eye(n)
    return np.linalg.norm(product, axis=(1, 2)) / np.sqrt(n)


def _energies(
    model: Energy, x: np.ndarray, points: np.ndarray, device: str
) -> tuple[np.ndarray, np.ndarray]:
    """E_t and ‖∇_ỹE‖ in float64 at points [B, level, d] of the level frame; both [B, level]."""
    condition = torch.as_tensor(x, dtype=torch.float64, device=device)
    columns = []
    for t in range(LEVELS):
        e, g = model.energy_and_gradient(
            condition, torch.as_tensor(points[:, t], dtype=torch.float64, device=device), t
        )
        columns.append((e.cpu().numpy(), torch.linalg.vector_norm(g, dim=-1).cpu().numpy()))
    energies, norms = zip(*columns, strict=True)
    return np.stack(energies, axis=1), np.stack(norms, axis=1)


def _by_level(walked: torch.Tensor) -> np.ndarray:
    """[10, B, …] in walking order → [B, level, …], t ascending."""
    return walked.flip(0).movedim(0, 1).cpu().numpy()


def _by_step(walked: torch.Tensor) -> np.ndarray:
    """[10, S, B, …] in walking order → [B, level, S, …], t ascending."""
    return walked.flip(0).movedim(2, 0).cpu().numpy()


def _square(values: np.ndarray, n: int) -> np.ndarray:
    return values.reshape(*values.shape[:-1], n, n)


def _mse(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.asarray(np.mean((values - truth) ** 2, axis=-1, dtype=np.float64))


def _share(hits: np.ndarray) -> np.ndarray:
    return hits.mean(-1, dtype=np.float64)


def _no_share(hits: np.ndarray) -> np.ndarray:
    return np.full(hits.shape[:-1], np.nan)
