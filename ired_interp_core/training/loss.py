"""The official loss and its gradient in the weights (docs/definitions.md §1.3).

L = mean_b { mean_d (∇_ỹE(ỹ) − ε)² + ½·softplus(E(real) − E(fake)) },  ỹ = √ᾱ y* + σε,
real = √ᾱ y* + σε',  fake = √ᾱ y⁻ + σε' with the same ε', y⁻ a negative in the data frame.
Source: yilundu/ired_code_release, GaussianDiffusion1D.p_losses.

The first term holds a derivative, so its weight gradient is a second one. Automatic differentiation
builds a graph of the way back and goes through it once more. Here the chain rule is written out:
with v = ∂L/∂(∇_ỹE) held fixed, v·∇_ỹE = d/dε E(ỹ + εv) = 2 r·ṙ, and the adjoints of the tangents
ż, ḣ, ṙ are the very numbers g, q, p that the way back to ∇_ỹE has left. What remains is one way
forward for the tangents and one way back, shared with the two energies.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from ired_interp_core.schema import LEVELS
from ired_interp_core.training.batches import Batch
from ired_interp_core.training.landscape import Landscape, Levels
from ired_interp_core.training.negatives import Strategy
from ired_interp_core.training.passes import Backward, Forward, Network, Rows, Tables, bend, slope

Parts = tuple[tuple[Tensor, ...], dict[str, Tensor], tuple[Tensor, ...]]

CONTRASTIVE = 0.5
"""Weight of the second term."""


@dataclass(frozen=True)
class Loss:
    """A loss and its gradient; numbers stay on the device.

    Args:
        total: L.
        mse: its first term.
        contrastive: mean softplus, before the factor ½; 0 without negatives.
        real: mean E(real); 0 without negatives.
        fake: mean E(fake).
        gradients: ∂L/∂ of each parameter.
    """

    total: Float[Tensor, ""]
    mse: Float[Tensor, ""]
    contrastive: Float[Tensor, ""]
    real: Float[Tensor, ""]
    fake: Float[Tensor, ""]
    gradients: Mapping[str, Tensor]


@torch.no_grad()
def loss(
    tensors: Mapping[str, Tensor],
    levels: Levels,
    batch: Batch,
    strategy: Strategy,
    bound: str,
    compiled: Callable[..., Parts] | None = None,
) -> Loss:
    """L and ∂L/∂θ of a batch.

    Args:
        tensors: the network's parameters θ.
        levels: the schedule.
        batch: what to learn from.
        strategy: makes negatives.
        bound: box of their descents, see `landscape.Landscape`.
        compiled: `parts`, compiled.

    Returns:
        The loss.
    """
    tables = Tables(tensors)
    numbers, gradients, of_tables = (compiled or parts)(
        tensors, tables.values, levels, batch, strategy, bound
    )
    total, mse, contrastive, real, fake = numbers
    every = gradients | tables.gradients(*of_tables)
    return Loss(total, mse, contrastive, real, fake, every)


def parts(
    tensors: Mapping[str, Tensor],
    tables: tuple[Float[Tensor, "10 2 width"], ...],
    levels: Levels,
    batch: Batch,
    strategy: Strategy,
    bound: str,
) -> Parts:
    """Everything of the loss but the time embedding: products and elementwise operations alone.

    Args:
        tensors: the network's parameters θ.
        tables: gain and bias of the levels.
        levels: the schedule.
        batch: what to learn from.
        strategy: makes negatives.
        bound: box of their descents.

    Returns:
        The five numbers of a `Loss`, gradients of fc1 … fc4, and of the two tables.
    """
    network, count = Network(tensors, tables), len(batch.y)
    land = Landscape(network, levels, batch, bound)
    negative = strategy(land)
    points = [land.noised(batch.y, batch.noise)]
    if negative is not None:
        points += [land.noised(batch.y, batch.contrast), land.noised(negative, batch.contrast)]
    y, many = torch.cat(points), len(points)
    rows = land.rows if many == 1 else network.rows(batch.t.repeat(many))
    f = network.forward(land.part.repeat(many, 1), y, rows)

    score, score_rows = f.first(count), land.rows
    back = network.backward(score, score_rows)
    error = back.gradient - batch.noise
    mse = error.square().mean()
    v = error * (2 / error.numel())

    zero = mse.new_zeros(())
    contrastive = real = fake = zero
    pull = f.r.new_zeros(0)
    if negative is not None:
        e_real, e_fake = f.energy[count:].view(2, count)
        contrastive = functional.softplus(e_real - e_fake).mean()
        push = torch.sigmoid(e_real - e_fake) * (CONTRASTIVE / count)
        pull, real, fake = torch.cat([push, -push]), e_real.mean(), e_fake.mean()
    total = mse + CONTRASTIVE * contrastive
    x = batch.x.repeat(many, 1)
    found = _gradients(network, x, y, batch.t.repeat(many), rows, f, back, v, pull)
    return (total, mse, contrastive, real, fake), *found


def _gradients(
    network: Network,
    x: Float[Tensor, "N n_in"],
    y: Float[Tensor, "N d"],
    t: Int[Tensor, "N"],
    rows: Rows,
    f: Forward,
    back: Backward,
    v: Float[Tensor, "B d"],
    pull: Float[Tensor, "M"],
) -> tuple[dict[str, Tensor], tuple[Tensor, ...]]:
    """∂/∂θ of Σ v·∇_ỹE over the first B rows + Σ pull·E over the M others; v, pull fixed."""
    w, count = network.w, len(v)
    score = f.first(count)
    slopes = [slope(h, s) for h, s in zip(score.h, score.s, strict=True)]

    # Tangents along v.
    dz1 = v @ network.w1y.T
    dh1 = dz1 * slopes[0]
    du2 = dh1 @ w["fc2.weight"].T
    dz2 = du2 * rows.gain2[:count]
    dh2 = dz2 * slopes[1]
    du3 = dh2 @ w["fc3.weight"].T
    dz3 = du3 * rows.gain3[:count]
    dh3 = dz3 * slopes[2]
    dr = dh3 @ w["fc4.weight"].T

    def bent(layer: int, tangent: Tensor) -> Tensor:
        """g_l·ż_l·swish''(z_l): what z_l does to S through ḣ_l."""
        curve = bend(score.z[layer], score.h[layer], score.s[layer])
        return curve.mul_(back.g[layer]).mul_(tangent)

    # Adjoints of the pass itself; the first rows hear of it through the tangents as well.
    r_bar = torch.cat([dr, f.r[count:] * pull[:, None]]).mul_(2)
    z3_bar = (r_bar @ w["fc4.weight"]).mul_(slope(f.h[2], f.s[2]))
    z3_bar[:count] += bent(2, dz3)
    gain3_bar = z3_bar * f.u[1]
    gain3_bar[:count].addcmul_(back.q[2], du3)
    u3_bar = z3_bar * rows.gain3
    z2_bar = (u3_bar @ w["fc3.weight"]).mul_(slope(f.h[1], f.s[1]))
    z2_bar[:count] += bent(1, dz2)
    gain2_bar = z2_bar * f.u[0]
    gain2_bar[:count].addcmul_(back.q[1], du2)
    u2_bar = z2_bar * rows.gain2
    z1_bar = (u2_bar @ w["fc2.weight"]).mul_(slope(f.h[0], f.s[0]))
    z1_bar[:count] += bent(0, dz1)

    def weight(bar: Tensor, inputs: Tensor, tangent_bar: Tensor, tangent: Tensor) -> Tensor:
        return torch.addmm(tangent_bar.T @ tangent, bar.T, inputs)

    # Products with one-hot rows: deterministic on a GPU, unlike index_add_.
    by_level = (torch.arange(LEVELS, device=t.device)[:, None] == t).to(y.dtype)
    tables = tuple(
        torch.stack([by_level @ gain, by_level @ bias], dim=1)
        for gain, bias in ((gain2_bar, z2_bar), (gain3_bar, z3_bar))
    )
    # x is the same at every point of a problem.
    x_bar = z1_bar.view(-1, count, z1_bar.shape[1]).sum(0)
    first = torch.cat([x_bar.T @ x[:count], weight(z1_bar, y, back.q[0], v)], dim=1)
    gradients = {
        "fc1.weight": first,
        "fc1.bias": x_bar.sum(0),
        "fc2.weight": weight(u2_bar, f.h[0], back.p[0], dh1),
        "fc2.bias": u2_bar.sum(0),
        "fc3.weight": weight(u3_bar, f.h[1], back.p[1], dh2),
        "fc3.bias": u3_bar.sum(0),
        "fc4.weight": weight(r_bar, f.h[2], 2 * score.r, dh3),
        "fc4.bias": r_bar.sum(0),
    }
    return gradients, tables
