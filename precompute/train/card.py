"""The card of trained weights: what was done, how good it is, and that beside the baselines."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ired_interp_core import published
from ired_interp_core.spelling import counted
from ired_interp_core.training.recipe import WIDTH, Recipe
from precompute.train.how import How
from precompute.work import devices

if TYPE_CHECKING:
    from ired_interp_core.training.trainer import Training

OWN = ("answer", "official_answer")
"""What of an evaluation is the model's; the rest are baselines."""


def beside(errors: Mapping[str, float]) -> str:
    """An error with its baselines, for a line of text.

    Returns:
        Such as "MSE 0.0098 (zero 0.0207, scaled_identity 0.0141)".
    """
    others = ", ".join(f"{k} {v:.3g}" for k, v in errors.items() if k not in OWN)
    return f"MSE {errors['answer']:.3g} ({others})"


def card(
    training: "Training",
    how: How,
    errors: Mapping[str, Mapping[str, float]],
    seconds: float,
    code: Mapping[str, Any],
) -> dict[str, Any]:
    """Facts for a reader.

    Args:
        training: whose averaged weights these are.
        how: it was watched.
        errors: of the newest evaluation; empty before the first.
        seconds: wall time.
        code: `provenance.of_code` of when the training was started: hours later the files may be
            others than those that are running.

    Returns:
        A JSON-ready dict.
    """
    r, step = training.recipe, training.step
    device = f"CPU, {counted(how.threads, 'thread')}" if how.device == "cpu" else how.device
    found: dict[str, Any] = {
        "title": f"{r.task}, {unlike_official(r)}{counted(step, 'step')}",
        "architecture": f"official MLP, hidden width {r.width}",
        "training": {
            "steps": step,
            "planned_steps": r.steps,
            "batch": r.batch,
            "loss": "official: mean (∇E − ε)² + 0.5·softplus(E_real − E_fake)"
            if r.negatives != "none"
            else "denoising only: mean (∇E − ε)²",
            "negatives": r.negatives,
            "negative_bound": r.bound,
            "optimizer": f"Adam {r.rate:g} (0.9, 0.99), warm-up {r.warm_up:g}, decay {r.decay:g}, "
            f"gradient norm clipped at {r.clip:g}",
            "averaging": f"EMA {r.ema:g} every {r.ema_every}, warm-up of ema_pytorch",
            "seed": r.seed,
            "started_from": r.start or "random weights",
            "updates_left_out": int(training.skipped),
            "seconds": round(seconds, 1),
            "device": device + (", torch.compile" if how.compiled else ""),
            **devices.facts(how.device),
            "commit": code["commit"],
            "dirty": code["dirty"],
            "torch": code["versions"].get("torch", ""),
            "paper": f"{published.STEPS:,} steps of batch {published.BATCH}",
        },
        "remark": remark(training, errors),
    }
    if errors:
        found["mse"] = {v: {k: float(f"{e:.4g}") for k, e in m.items()} for v, m in errors.items()}
        found["mse_measured_on"] = (
            f"{counted(how.evaluate_problems, 'problem')} a variant, seed 1, official sampler,"
            " float32"
        )
    if r.size == published.SIZE:
        found["published_mse"] = dict(published.MSE[r.task])
    return found


def unlike_official(recipe: Recipe) -> str:
    """What a title must say so that models of one task can be told apart: other width or size."""
    width = f"width {recipe.width:,}, " if recipe.width != WIDTH else ""
    return (f"n = {recipe.size}, " if recipe.size != published.SIZE else "") + width


def remark(training: "Training", errors: Mapping[str, Mapping[str, float]]) -> str:
    """What these weights are worth, said so that nobody takes them for more.

    Args:
        training: under way or finished.
        errors: of the newest evaluation.

    Returns:
        One or two sentences.
    """
    r = training.recipe
    share = training.step * r.batch / (published.STEPS * published.BATCH)
    words = f"Saw {share:.2%} of the problems of the paper's training"
    words += " (and what it was started from)." if r.start else "."
    same = errors.get("same", {})
    better = [k for k, v in same.items() if k not in OWN and v <= same["answer"]]
    if better:
        words += (
            f" No better than these trivial predictors on the variant same: {', '.join(better)}."
        )
    return words
