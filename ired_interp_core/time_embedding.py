"""The time embedding of the official network (docs/definitions.md §1.2).

Source: yilundu/ired_code_release, SinusoidalPosEmb, time_mlp, t_map_fc2, t_map_fc3.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

# exp(−i·ln 10000/63), i = 0…63, as torch computes it in float32. Other libraries' exp differs by an
# ulp, and exact frequencies end the agreement with the official code near 1e-7.
# fmt: off
FREQUENCIES = (
    1.0, 0.86398846, 0.74647605, 0.6449467, 0.5572265, 0.48143724,
    0.41595623, 0.35938138, 0.31050137, 0.2682696, 0.23178183, 0.20025681,
    0.17301959, 0.14948693, 0.12915498, 0.11158841, 0.096411094, 0.08329807,
    0.07196857, 0.062180016, 0.053722814, 0.04641589, 0.04010279, 0.034648348,
    0.02993578, 0.025864169, 0.022346342, 0.019306982, 0.016681008, 0.014412199,
    0.012451973, 0.010758361, 0.009295099, 0.008030859, 0.006938569, 0.0059948433,
    0.0051794755, 0.004475007, 0.0038663542, 0.0033404853, 0.0028861407, 0.0024935922,
    0.0021544348, 0.0018614068, 0.001608234, 0.0013894956, 0.0012005081, 0.0010372251,
    0.00089615094, 0.00077426404, 0.0006689552, 0.00057796953, 0.00049935904, 0.00043144042,
    0.00037275953, 0.0003220598, 0.00027825605, 0.0002404099, 0.00020771148, 0.00017946023,
    0.00015505163, 0.00013396276, 0.00011574233, 9.999999e-05,
)
# fmt: on


def modulation(
    weights: Mapping[str, Tensor], t: Int[Tensor, "N"]
) -> tuple[Float[Tensor, "N 2 width"], ...]:
    """Gain and bias that levels give to fc2 and fc3.

    e = [sin(t·f), cos(t·f)]; (gain, bias) = t_map(Linear(GELU(Linear(e)))), GELU by erf.

    Args:
        weights: the network's tensors, in the dtype wanted.
        t: levels.

    Returns:
        For fc2 and for fc3: [N, (gain, bias), width].
    """
    like = weights["time_mlp.1.weight"]
    f = torch.tensor(FREQUENCIES, dtype=torch.float32).to(like)
    angle = t.to(like)[:, None] * f
    e = torch.cat([angle.sin(), angle.cos()], dim=-1)
    e = functional.linear(e, like, weights["time_mlp.1.bias"])
    e = functional.linear(
        functional.gelu(e), weights["time_mlp.3.weight"], weights["time_mlp.3.bias"]
    )
    return tuple(
        functional.linear(e, weights[f"{m}.weight"], weights[f"{m}.bias"]).unflatten(-1, (2, -1))
        for m in ("t_map_fc2", "t_map_fc3")
    )
