"""None: L = mean_d (∇_ỹE − ε)², denoising alone, without a contrastive term."""

from ired_interp_core.training.landscape import Landscape


def make(land: Landscape) -> None:
    """Make nothing.

    Args:
        land: energies of the batch.
    """
