"""Sparse dictionaries of gradients and hidden layers: training, metrics, interventions.

Definitions: docs/definitions.md §5.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from ired_interp_core.dictionaries.dictionary import Dictionary


def fit(
    activations: "Tensor | np.ndarray",
    variant: str = "topk",
    n_features: int = 1024,
    seed: int = 0,
    *,
    device: str = "cpu",
    **parameters: Any,
) -> "Dictionary":
    """Train a sparse dictionary on an array (torch is loaded only here).

    Args:
        activations: [N, d], finite; centred and scaled inside, the array stays as it is.
        variant: topk, batch_topk, relu, jump_relu or matryoshka.
        n_features: atoms m.
        seed: of initialisation and batches.
        device: torch device name.
        parameters: further parameters of the analysis `dictionary` (k, steps, batch, rate, …).

    Returns:
        The dictionary, with its training log.
    """
    from ired_interp_core.dictionaries.analysis import fit_array

    return fit_array(
        activations, {"variant": variant, "features": n_features, "seed": seed}, parameters, device
    )
