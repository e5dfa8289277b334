"""Ways of making negatives: wrong answers y⁻ whose energy the loss pushes above the true one's.

Definitions: docs/definitions.md §1.3.

A strategy is a function from the energies of a batch (`training.landscape.Landscape`) to y⁻ [B, d]
in the data frame, or None where the loss shall have no contrastive term; one file each, with its
formula. All of them are detached: the weights learn nothing through the way a negative was made.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from jaxtyping import Float
from torch import Tensor

from ired_interp_core.training.landscape import Landscape
from ired_interp_core.training.negatives import adversarial, hard, none, official, random

Strategy = Callable[[Landscape], Float[Tensor, "B d"] | None]

STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {
        "official": official.make,
        "none": none.make,
        "random": random.make,
        "hard": hard.make,
        "adversarial": adversarial.make,
    }
)
"""Name → strategy, in the order of menus."""
