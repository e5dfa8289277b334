"""A block of attributions as declared in `analyses/attribution.py`."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float

from ired_interp_core import registry, tasks
from ired_interp_core.energy import Energy
from ired_interp_core.geometry import frozen
from ired_interp_core.geometry.integrated import integrated, smoothed
from ired_interp_core.geometry.modes import rank_correlation
from ired_interp_core.geometry.names import BASELINES, CHOSEN, COUNTS, GROUPS, METHODS
from ired_interp_core.inference import anneal
from ired_interp_core.network import IredEnergy
from ired_interp_core.probing.flow import untrained
from ired_interp_core.probing.names import NETWORKS
from ired_interp_core.problem_kinds import MAX_SEED
from ired_interp_core.records import Block, seeded
from ired_interp_core.schema import Variable

MEAN_OF = 500
"""Problems behind the mean problem."""

NOISE = 0.1
"""S.d. of SmoothGrad's noise over that of an entry."""

RANDOM_DRAWS = 2
"""Random choices of the entries that are disturbed."""

HEADLINE = 20
"""Disturbed entries of the scalars."""

Found = dict[str, Any]


class Typical(NamedTuple):
    """Mean and standard deviation of every entry of problems and answers.

    Attributes:
        mean: of (x, y) [n_in + d].
        spread: of (x, y) [n_in + d].
    """

    mean: np.ndarray
    spread: np.ndarray


@lru_cache(maxsize=8)
def typical(task: str, variant: str, size: int) -> Typical:
    """Mean and spread of problems of a variant, from a seed that nobody's problems have."""
    made = tasks.problems(task, MEAN_OF, MAX_SEED, size, variant)
    both = np.concatenate([made.x, made.y], axis=1)
    return Typical(both.mean(0), both.std(0))


def attribution_dataset(
    block: Block, parameters: Mapping[str, Any], variables: Mapping[str, Variable]
) -> xr.Dataset:
    """Attributions of a block, problem by problem: an answer depends on its problem alone.

    Args:
        block: rows, a model and the descent of the same rows.
        parameters: as the analysis declares.
        variables: its declared variables, for their dims and dtypes.

    Returns:
        The declared variables.
    """
    rows = []
    for row in range(block.count):
        block.desk.check()
        rows.append(_one_problem(block, row, parameters))
    data = {
        name: (v.dims, np.stack([r[name] for r in rows]).astype(v.dtype))
        for name, v in variables.items()
    }
    return xr.Dataset(
        data,
        coords={
            "approach": np.array(METHODS), "other_approach": np.array(METHODS),
            "network": np.array(NETWORKS), "group": np.array(GROUPS),
            "chosen": np.array(CHOSEN), "count": np.array(COUNTS, dtype=float),
        },
    )  # fmt: skip


def _one_problem(block: Block, row: int, parameters: Mapping[str, Any]) -> Found:
    model, p, n = block.models["model"], block.problems, block.problems.size
    x, level = block.x[row], parameters["level"]
    answer = block.upstream["descent"]["answer"].values[row, level].astype(np.float64).ravel()
    usual = typical(p.task, p.variant, n)
    rng = seeded("attribution", parameters["seed"], block.start + row)
    noise = rng.standard_normal((parameters["samples"] + 1, len(usual.mean)))
    starts = np.stack([np.zeros_like(usual.mean), usual.mean, usual.mean + usual.spread * noise[0]])
    point = np.concatenate([x, answer])
    around = NOISE * usual.spread * noise[1:]
    kinds = {"trained": model}
    if isinstance(model, IredEnergy):
        kinds["untrained"] = untrained(model, parameters["seed"])
    shape = (len(NETWORKS), len(METHODS))
    by_network = np.full((*shape, len(point)), np.nan)
    gaps, changes = (np.full(len(METHODS), np.nan) for _ in range(2))
    for i, name in enumerate(NETWORKS):
        if name in kinds and np.isfinite(point).all():
            found, change = _of_energy(kinds[name], point, starts, around, parameters, block.device)
            by_network[i] = found
            if name == "trained":
                changes[: len(BASELINES)] = change
                with np.errstate(divide="ignore", invalid="ignore"):
                    gaps[: len(BASELINES)] = abs(found[:3].sum(1) - change) / abs(change)
    apart = np.ones((len(METHODS), len(x)), dtype=bool)
    apart[:3] = starts[:, : len(x)] != x
    apart[3:] = x != 0
    masks = _groups(p.task, x, n)
    means_x = _group_means(abs(by_network[..., : len(x)]), masks["x"], apart)
    means_y = _group_means(abs(by_network[..., len(x) :]), masks["y"], np.ones((5, n * n), bool))
    # Of the entries that count, and of the answer at which E is taken.
    sizes = (
        _sizes(abs(x), masks["x"], x != 0),
        _sizes(abs(answer), masks["y"], np.isfinite(answer)),
    )
    own = by_network[0]
    error = _of_error(block, row, starts[BASELINES.index(parameters["baseline"])], parameters)
    diagonal, off = GROUPS.index("diagonal"), GROUPS.index("off_diagonal")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio_x, ratio_y = (
            means_x[:, 0, off] / means_x[:, 0, diagonal],
            (means_y[:, 0, diagonal] / means_y[:, 0, off]),
        )
        ratio_sizes = sizes[0][off] / sizes[0][diagonal], sizes[1][diagonal] / sizes[1][off]
    matrices = (len(METHODS), -1, n, n)
    return {
        "attribution_x": own[:, : len(x)].reshape(matrices),
        "attribution_y": own[:, len(x) :].reshape(len(METHODS), n, n),
        "energy_change": changes,
        "energy_gaps": gaps,
        "energy_gap": gaps[0],
        "by_construction": 1.0 - apart.mean(1),
        "mean_x": means_x,
        "mean_y": means_y,
        "size_x": sizes[0],
        "size_y": sizes[1],
        "off_on_x": ratio_x[0],
        "off_on_untrained": ratio_x[1],
        "off_on_size": ratio_sizes[0],
        "on_off_y": ratio_y[0],
        "on_off_untrained": ratio_y[1],
        "on_off_size": ratio_sizes[1],
        "agreement": np.array([[rank_correlation(a, b) for b in own] for a in own]),
        **error,
        **_disturbed(block, row, abs(own[0, : len(x)]), x != 0, parameters),
    }


def _of_energy(
    model: Energy, point: np.ndarray, starts: np.ndarray, around: np.ndarray,
    parameters: Mapping[str, Any], device: str,
) -> tuple[Float[np.ndarray, "method d"], Float[np.ndarray, "3"]]:  # fmt: skip
    """Attributions of E_t to x and y by every method, and E − E(baseline)."""
    t, n_in = parameters["level"], model.n_in
    scale = np.ones(len(point))
    scale[n_in:] = model.schedule.sqrt_alpha_bar[t]
    z, z0, eta = (torch.as_tensor(v * scale, device=device) for v in (point, starts, around))

    def energy(rows: torch.Tensor) -> torch.Tensor:
        return model.energy(rows[:, :n_in], rows[:, n_in:], t)

    many = z.expand(len(starts), -1)
    found = [
        integrated(energy, many, z0, parameters["nodes"]),
        smoothed(energy, z[None], eta[:, None]),
        smoothed(energy, z[None], torch.zeros_like(eta[:1, None])),
    ]
    with torch.no_grad():
        change = energy(z[None]) - energy(z0)
    return torch.cat(found).cpu().numpy(), change.cpu().numpy()


def _of_error(block: Block, row: int, start: np.ndarray, parameters: Mapping[str, Any]) -> Found:
    """Attribution of the final error to x, the walk's decisions held fast."""
    model, n = block.models["model"], block.problems.size
    x, y = (torch.as_tensor(v[row : row + 1], device=block.device) for v in (block.x, block.y))
    found: Found = {
        "error_attribution": np.full((x.shape[1] // n**2, n, n), np.nan),
        "error_change": np.nan, "error_gap": np.nan, "error_true_gap": np.nan,
        "off_on_error": np.nan,
    }  # fmt: skip
    if not torch.isfinite(y).all() or not parameters["error_nodes"]:
        return found
    noise = block.upstream["descent"]["start"].values[row].astype(np.float64).reshape(1, -1)
    walked = torch.as_tensor(noise, device=block.device)
    sampler = registry.question_of(block.upstream["descent"]).parameters
    x0 = torch.as_tensor(start[None, : x.shape[1]], device=block.device)
    decisions = frozen.Decisions()
    here = (frozen.walk(model, x, walked, sampler, decisions) - y).square().mean()

    def error(rows: torch.Tensor) -> torch.Tensor:
        decisions.begin()
        return (frozen.walk(model, rows, walked, sampler, decisions) - y).square().mean(-1)

    def true_error(rows: torch.Tensor) -> float:
        asked = {name: sampler[name] for name in ("clip", "inner_steps", "jump")}
        return float((anneal(model, rows, walked, **asked).answers[-1] - y).square().mean())

    shares = integrated(error, x, x0, parameters["error_nodes"], at_once=8).cpu().numpy()[0]
    change, true = float(here - error(x0)[0]), float(here) - true_error(x0)
    masks = _groups(block.problems.task, block.x[row], n)["x"]
    apart = (start[: len(shares)] != block.x[row])[None]
    means = _group_means(abs(shares)[None, None], masks, apart)[0, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "error_attribution": shares.reshape(-1, n, n),
            "error_change": change,
            "error_gap": np.divide(abs(shares.sum() - change), abs(change)),
            "error_true_gap": np.divide(abs(shares.sum() - true), abs(true)),
            "off_on_error": means[1] / means[0],
        }


def _disturbed(
    block: Block, row: int, importance: np.ndarray, there: Bool[np.ndarray, " n_in"],
    parameters: Mapping[str, Any],
) -> Found:  # fmt: skip
    """How far the answer moves when some entries of x are moved by one amount."""
    model, x = block.models["model"], block.x[row]
    rng = seeded("disturbed", parameters["seed"], block.start + row)
    sign = rng.choice([-1.0, 1.0], len(x))
    amount = parameters["amount"] * float(np.sqrt((x[there] ** 2).mean())) if there.any() else 0.0
    ranked = [
        np.flatnonzero(there)[np.argsort(-v[there], kind="stable")]
        for v in (np.nan_to_num(importance), abs(x), *rng.random((RANDOM_DRAWS, len(x))))
    ]
    moved = [x]
    for order in ranked:
        for count in COUNTS:
            entry = np.zeros(len(x))
            entry[order[:count]] = amount * sign[order[:count]]
            moved.append(x + entry)
    noise = block.upstream["descent"]["start"].values[row].astype(np.float64).reshape(1, -1)
    sampler = registry.question_of(block.upstream["descent"]).parameters
    answers = anneal(
        model,
        torch.as_tensor(np.stack(moved), device=block.device),
        torch.as_tensor(noise, device=block.device).expand(len(moved), -1).contiguous(),
        **{name: sampler[name] for name in ("clip", "inner_steps", "jump")},
        check=block.desk.check,
    ).answers[-1]
    far = (answers[1:] - answers[0]).norm(dim=-1).cpu().numpy().reshape(len(ranked), len(COUNTS))
    enough = np.array(COUNTS) <= there.sum()
    by = np.where(enough, np.stack([far[0], far[1], far[2:].mean(0)]), np.nan)
    at = COUNTS.index(HEADLINE)
    return {"disturbance": by, **{f"moved_{name}": by[i, at] for i, name in enumerate(CHOSEN)}}


def _groups(task: str, x: np.ndarray, n: int) -> dict[str, np.ndarray]:
    """Masks of the groups [group, entries] of x and of y."""
    diagonal = np.eye(n, dtype=bool).ravel()
    parts = len(x) // n**2
    seen = x != 0 if task == "completion" else np.zeros(len(x), bool)
    hidden = ~seen if task == "completion" else np.zeros(len(x), bool)
    long = np.tile(diagonal, parts)
    none = np.zeros(n * n, bool)
    return {
        "x": np.stack([long, ~long, seen, hidden]),
        "y": np.stack([diagonal, ~diagonal, *((seen, hidden) if parts == 1 else (none, none))]),
    }


def _group_means(
    values: Float[np.ndarray, "network method d"],
    masks: Bool[np.ndarray, "group d"],
    apart: Bool[np.ndarray, "method d"],
) -> Float[np.ndarray, "network method group"]:
    """Mean over the entries of a group that differ from the baseline; NaN where there are none."""
    counted = (masks[None] & apart[:, None]).astype(float)
    number = counted.sum(-1)
    total = np.einsum("kmd,mgd->kmg", values, counted)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(number > 0, total / number, np.nan)


def _sizes(
    values: Float[np.ndarray, " d"],
    masks: Bool[np.ndarray, "group d"],
    counted: Bool[np.ndarray, " d"],
) -> Float[np.ndarray, " group"]:
    """Mean size of the entries of every group that count."""
    return _group_means(values[None, None], masks, counted[None])[0, 0]
