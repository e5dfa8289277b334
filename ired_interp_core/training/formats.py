"""A training as files for others: an own model with a card, and the official trainer's dict."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ired_interp_core import checkpoints
from ired_interp_core.network import IredEnergy
from ired_interp_core.schedule import Schedule
from ired_interp_core.training.ema import AFTER
from ired_interp_core.training.parameters import NAMES, Shape
from ired_interp_core.training.trainer import BETAS, Training


def model(training: Training, card: Mapping[str, Any]) -> IredEnergy:
    """The averaged weights as a model.

    Args:
        training: under way or finished.
        card: facts for a reader; task, size, weights and steps are added.

    Returns:
        The model, on the CPU.
    """
    recipe = training.recipe
    own = {"task": recipe.task, "size": recipe.size, "weights": "ema", "steps": training.step}
    tensors = {n: t.cpu().numpy().copy() for n, t in training.average_views.items()}
    return checkpoints.from_tensors(tensors, {**card, **own}, training.schedule)


def buffers(schedule: Schedule) -> dict[str, Tensor]:
    """The schedule as the official module keeps it, float32.

    Args:
        schedule: ᾱ_t, β_t.

    Returns:
        Name → [10].
    """
    a, b = schedule.alphas_cumprod, schedule.betas
    before = np.concatenate([[1.0], a[:-1]])
    variance = b * (1 - before) / (1 - a)
    found = {
        "betas": b,
        "alphas_cumprod": a,
        "alphas_cumprod_prev": before,
        "sqrt_alphas_cumprod": np.sqrt(a),
        "sqrt_one_minus_alphas_cumprod": np.sqrt(1 - a),
        "log_one_minus_alphas_cumprod": np.log(1 - a),
        "sqrt_recip_alphas_cumprod": np.sqrt(1 / a),
        "sqrt_recipm1_alphas_cumprod": np.sqrt(1 / a - 1),
        "opt_step_size": schedule.step_size,
        "posterior_variance": variance,
        "posterior_log_variance_clipped": np.log(np.maximum(variance, 1e-20)),
        "posterior_mean_coef1": b * np.sqrt(before) / (1 - a),
        "posterior_mean_coef2": (1 - before) * np.sqrt(1 - b) / (1 - a),
        "loss_weight": np.ones_like(a),
    }
    return {name: torch.from_numpy(np.float32(values)) for name, values in found.items()}


def official(training: Training) -> bytes:
    """The file that the official trainer saves and loads: step, model, opt, ema, scaler.

    Tried with `Trainer1D.load` of yilundu/ired_code_release and ema_pytorch 0.8: every key is taken
    (strict), buffers and sampled answers are equal to the bit, and its next update goes on.

    Args:
        training: under way or finished.

    Returns:
        Bytes of `torch.save`.
    """
    shape, fixed = training.recipe.shape, buffers(training.schedule)

    def state(views: Mapping[str, Tensor], prefix: str = "") -> dict[str, Tensor]:
        network = {f"model.ebm.{n}": views[n].detach().cpu().clone() for n in NAMES}
        return {f"{prefix}{n}": t for n, t in (fixed | network).items()}

    raw = state(training.views)
    content = {
        "step": training.step,
        "model": raw,
        "opt": _optimiser(training, shape),
        "ema": {
            "initted": torch.tensor(training.step - 1 > AFTER),
            "step": torch.tensor(training.step),
            **{f"online_model.{n}": t for n, t in raw.items()},
            **state(training.average_views, "ema_model."),
        },
        "scaler": None,
    }
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def _optimiser(training: Training, shape: Shape) -> dict[str, Any]:
    """Adam's state over sixteen tensors, as an optimiser of today's torch spells it."""
    state = {k.removeprefix("adam/"): t.cpu() for k, t in training.tensors.items() if "/" in k}
    moments = {k: shape.views(state[k]) for k in ("exp_avg", "exp_avg_sq")}
    adam = torch.optim.Adam(
        [torch.empty(0) for _ in NAMES], lr=training.recipe.rate, betas=BETAS
    ).state_dict()
    adam["state"] = {
        i: {"step": state["step"].clone(), **{k: m[name].clone() for k, m in moments.items()}}
        for i, name in enumerate(NAMES)
    }
    return adam
