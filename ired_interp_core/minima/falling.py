"""Down the gradient in steps so small that a start stays in its basin (docs/definitions.md §4).

The step is 1/λ_max at most, λ_max the largest |λ| of ∇²_ỹE: measured by power iteration on
differences of gradients, before the first step and every few after it, and doubled where a step
shows that it was larger. L-BFGS from the start would take long steps, and end in another basin.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ired_interp_core.energy import Energy

FIRST_LOOKS = 8
"""Power iterations before the first step."""
EVERY = 4
"""Steps between two measurements of λ_max, of one power iteration each."""
SAFETY = 1.1
"""Power iteration comes from below: the step is 1/(1.1·λ_max)."""
TOGETHER = 64
"""Points looked at together at most."""
REMEMBERED = 0.8
"""Of the λ_max of before: power iteration may have lost the stiffest direction meanwhile."""
DIFFERENCE = {torch.float32: 1e-2, torch.float64: 1e-5}
"""Length of the difference of gradients, over the root mean square of a point or 1."""


@dataclass
class Falling:
    """Points on their way down.

    Args:
        x: problems.
        y: points ỹ, level frame.
        t: level of each.
        e: energies.
        g: gradients.
        curvature: λ_max of each, as far as it is known.
        vector: what its power iteration has come to.
        taken: steps of each.
    """

    x: Float[Tensor, "B n_in"]
    y: Float[Tensor, "B d"]
    t: Int[Tensor, "B"]
    e: Float[Tensor, "B"]
    g: Float[Tensor, "B d"]
    curvature: Float[Tensor, "B"]
    vector: Float[Tensor, "B d"]
    taken: Int[Tensor, "B"]

    @classmethod
    def of(
        cls, model: Energy, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Int[Tensor, "B"]
    ) -> "Falling":
        """Points before their first step.

        Args:
            model: any energy.
            x: problems.
            y: starts ỹ in the level frame; their dtype is that of the descent.
            t: level of each.

        Returns:
            The points, with λ_max measured.
        """
        e, g = look(model, x, y, t)
        wave = torch.cos(torch.arange(y.shape[1], dtype=y.dtype, device=y.device) ** 2)
        rows = cls(
            x, y.clone(), t, e, g, torch.zeros_like(e), (g + wave * g.norm(dim=-1)[:, None]),
            torch.zeros_like(t),
        )  # fmt: skip
        zero = rows.vector.norm(dim=-1) == 0
        rows.vector[zero] = wave
        _measure(model, rows, FIRST_LOOKS)
        return rows

    def rows(self, which: Bool[Tensor, "B"] | Int[Tensor, "N"]) -> "Falling":
        """Some of the points, as a copy."""
        return Falling(*(value[which].clone() for value in vars(self).values()))

    def put(self, which: Int[Tensor, "N"], other: "Falling") -> None:
        """Write points back to where `rows` took them."""
        for name, value in vars(self).items():
            value[which] = getattr(other, name)


def look(
    model: Energy, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Int[Tensor, "B"]
) -> tuple[Float[Tensor, "B"], Float[Tensor, "B d"]]:
    """E and ∇_ỹE, not more than TOGETHER points at once."""
    pieces = [
        model.energy_and_gradient(x[rows], y[rows], t[rows])
        for rows in torch.arange(len(y), device=y.device).split(TOGETHER)
    ]
    return torch.cat([e for e, _ in pieces]), torch.cat([g for _, g in pieces])


@torch.no_grad()
def fall(model: Energy, rows: Falling, steps: int) -> None:
    """Take some small steps: ỹ ← ỹ − ∇E/(1.1·λ_max).

    A step is taken back, and λ_max doubled, where the energy falls less than ½‖∇E‖²·step or the
    gradient changes by more than λ_max times the way, which no step ≤ 1/λ_max does. Points that are
    not finite stay.

    Args:
        model: any energy.
        rows: the points; changed in place.
        steps: how many.
    """
    eps = torch.finfo(rows.y.dtype).eps
    for step in range(steps):
        if step % EVERY == EVERY - 1:
            _measure(model, rows, 1)
        size = 1 / (SAFETY * rows.curvature)
        trial = rows.y - size[:, None] * rows.g
        e, g = look(model, rows.x, trial, rows.t)
        noise = 32 * eps * (rows.e.abs() + e.abs())
        enough = e <= rows.e - 0.5 * size * rows.g.square().sum(-1) + noise
        way, change = (trial - rows.y).norm(dim=-1), (g - rows.g).norm(dim=-1)
        rough = 64 * eps * rows.curvature * (1 + rows.y.norm(dim=-1))
        smooth = change <= 1.02 * SAFETY * rows.curvature * way + rough
        good = enough & smooth
        rows.y[good], rows.e[good], rows.g[good] = trial[good], e[good], g[good]
        rows.curvature[~good] *= 2
        rows.taken += 1


def _measure(model: Energy, rows: Falling, times: int) -> None:
    """λ_max by power iteration, each from the vector of before."""
    scale = rows.y.square().mean(-1).sqrt().clamp(min=1.0) * rows.y.shape[1] ** 0.5
    length = (DIFFERENCE[rows.y.dtype] * scale)[:, None]
    largest = REMEMBERED * rows.curvature
    for _ in range(times):
        unit = rows.vector / rows.vector.norm(dim=-1, keepdim=True)
        product = (look(model, rows.x, rows.y + length * unit, rows.t)[1] - rows.g) / length
        norm = product.norm(dim=-1)
        fine = torch.isfinite(norm) & (norm > 0)
        rows.vector[fine] = product[fine]
        largest = torch.where(fine, torch.maximum(largest, norm), largest)
    known = largest > 0
    rows.curvature[known] = largest[known]
    rows.curvature.clamp_(min=1e-12)
