"""What an energy behind an adapter must do, tried once at the door: docs/your-energy.md."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ired_interp_core.errors import Refusal
from ired_interp_core.schema import LEVELS

if TYPE_CHECKING:
    from ired_interp_core.energy import AdaptedEnergy

ROWS = LEVELS
"""One row a level: every level is tried."""

CLOSE = 1e-4
"""Relative difference, in float32, that the same row may have in another batch."""


def check(model: "AdaptedEnergy", where: str) -> None:
    """Refuse an energy that would fail, or answer wrongly, later.

    E is [B], of the dtype of ỹ, finite, the same when asked again, of each row alone, and twice
    differentiable in ỹ; x, ỹ and t stay as they are.

    Args:
        model: as it was made.
        where: named in the refusal, which says the first thing that is not so.
    """
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(ROWS, model.n_in, generator=generator)
    y = 0.5 * torch.randn(ROWS, model.d, generator=generator)
    t = torch.arange(LEVELS)
    e = _asked(model, x, y, t, where)
    for i in (0, LEVELS - 1):
        (alone,) = _asked(model, x[i : i + 1], y[i : i + 1], t[i : i + 1], where)
        if not torch.allclose(alone, e[i], rtol=CLOSE, atol=CLOSE):
            _no(where, "energy of a row depends on other rows", f"{e[i]:.6g}, alone {alone:.6g}",
                "a sum over the entries of each row", ".sum(-1), and model.eval()")  # fmt: skip
    again = _asked(model, x, y, t, where)
    if not torch.allclose(again, e, rtol=CLOSE, atol=CLOSE):
        _no(where, "energy changes when it is asked again", f"{e[0]:.6g}, then {again[0]:.6g}",
            "a function of (x, ỹ, t)", "model.eval(), and no random numbers")  # fmt: skip
    _derivatives(model, x.double()[:2], y.double()[:2], t[:2], where)


def _asked(model: "AdaptedEnergy", x: Tensor, y: Tensor, t: Tensor, where: str) -> Tensor:
    """Energies in float32, looked at."""
    given = x.clone(), y.clone(), t.clone()
    with torch.no_grad():
        e = _tried(lambda: model.energy(*given), where, "energy(x, ỹ, t) fails")
    if not all(torch.equal(a, b) for a, b in zip(given, (x, y, t), strict=True)):
        _no(where, "energy changes its arguments", "x, ỹ or t after the call",
            "them untouched", "no operations in place")  # fmt: skip
    if e.dtype != y.dtype:
        _no(where, "energy has another dtype than ỹ", str(e.dtype), str(y.dtype), CAST)
    bad = int((~torch.isfinite(e)).sum())
    if bad:
        level = int(t[~torch.isfinite(e)][0])
        _no(where, "energy is not finite", f"{bad} of {len(e)}, first at t = {level}",
            "finite at random points", "keep log and exp in range, as logsumexp does")  # fmt: skip
    return e


CAST = "cast weights to the dtype of ỹ: weight.to(y.dtype)"


def _derivatives(model: "AdaptedEnergy", x: Tensor, y: Tensor, t: Tensor, where: str) -> None:
    """First and second derivatives, in float64, which minima and spectra are computed in."""
    point = y.clone().requires_grad_(True)
    with torch.enable_grad():
        e = _tried(lambda: model.energy(x, point, t), where, "energy of float64 points fails", CAST)
        if e.dtype != y.dtype:
            _no(where, "energy has another dtype than ỹ", str(e.dtype), str(y.dtype), CAST)
        if not e.requires_grad:
            _no(where, "energy has no derivative in ỹ", "a result without a graph",
                "differentiable torch", "no torch.no_grad, detach or numpy in it")  # fmt: skip
        (g,) = _tried(
            lambda: torch.autograd.grad(e.sum(), point, create_graph=True, allow_unused=True),
            where, "∇E fails",
        )  # fmt: skip
    if g is None:
        _no(where, "energy does not depend on ỹ", "no path from ỹ to E", "a function of ỹ",
            "use the ỹ that is given, not a copy of its data")  # fmt: skip
    if not torch.isfinite(g).all():
        _no(where, "∇E is not finite", "NaN or infinity", "finite at any point",
            "no square root or norm at 0")  # fmt: skip
    v = torch.randn(y.shape, dtype=y.dtype, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        rise = (model.energy(x, y + STEP * v, t) - model.energy(x, y - STEP * v, t)) / (2 * STEP)
    _alike(rise, (g * v).sum(-1), where, "∇E is not the derivative of E")
    turned = _gradient(model, x, y + STEP * v, t) - _gradient(model, x, y - STEP * v, t)
    if not g.requires_grad:  # linear in ỹ, or a gradient that hides how it came about
        _alike(turned / (2 * STEP), torch.zeros_like(g), where, "∇²E is hidden from torch")
        return
    (h,) = _tried(
        lambda: torch.autograd.grad(
            g, point, torch.stack([v, -v]), is_grads_batched=True, allow_unused=True
        ),
        where, "∇²E fails", "use operations that torch can differentiate twice",
    )  # fmt: skip
    hv = torch.zeros_like(g) if h is None else h[0]
    _alike(turned / (2 * STEP), hv, where, "∇²E is not the derivative of ∇E")


STEP = 1e-5
"""Of differences in float64."""

ALIKE = 1e-2
"""Share by which a derivative may differ from a difference."""


def _gradient(model: "AdaptedEnergy", x: Tensor, y: Tensor, t: Tensor) -> Tensor:
    return model.energy_and_gradient(x, y, t)[1]


def _alike(came: Tensor, own: Tensor, where: str, what: str) -> None:
    """Compare a difference with the derivative that torch found."""
    apart = float((came - own).detach().abs().max())
    largest = float(torch.maximum(came.abs(), own.detach().abs()).max())
    if not apart <= ALIKE * max(largest, 1e-3):
        _no(where, what, f"{apart:.3g} apart where it is {largest:.3g}",
            "what a difference along a random direction gives",
            "no detach, no own backward, no straight-through")  # fmt: skip


def _tried(call: Callable[[], Any], where: str, what: str, step: str = "") -> Any:
    """What a call of foreign code gives; whatever it raises is one line."""
    try:
        return call()
    except Refusal as error:
        raise Refusal(
            error.what, where=where, came=error.came, expected=error.expected,
            next_step=error.next_step,
        ) from error  # fmt: skip
    except (Exception, SystemExit) as error:  # foreign code may raise anything; the cause is kept
        raise Refusal(
            what, where=where, came=f"{type(error).__name__}: {error}",
            expected="E_t(x, ỹ) of shape [B] from x [B, n_in], ỹ [B, d], t [B] of int64",
            next_step=step or "try it in Python: docs/your-energy.md",
        ) from error  # fmt: skip


def _no(where: str, what: str, came: str, expected: str, step: str) -> None:
    raise Refusal(what, where=where, came=came, expected=expected, next_step=step)
