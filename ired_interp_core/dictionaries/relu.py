"""ReLU with an L1 part (Bricken et al. 2023), decoder rows of unit norm."""

from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from ired_interp_core.dictionaries.base import Found, Variant, Weights, revive
from ired_interp_core.dictionaries.sparse import from_dense


@dataclass
class ReLU(Variant):
    """f = relu(z); loss (‖x − x̂‖² + sparsity·Σ_i f_i)/d + AuxK.

    Args:
        sparsity: weight of Σ f. Along one lone atom f is the projection less sparsity/2.
    """

    name = "relu"
    sparsity: float = 1.0

    def step(self, weights: Weights, x: Float[Tensor, "B d"], dead: Bool[Tensor, "m"]) -> Found:
        """Loss and gradients of a batch.

        Args:
            weights: as they are.
            x: scaled activations.
            dead: features to revive.

        Returns:
            Losses and gradients.
        """
        f = (x @ weights["encoder"].T).add_(weights["encoder_bias"]).relu_()
        share = self.sparsity / x.numel()
        found, by_f = dense_step(weights, x, f)
        encode_backward(found.gradients, x, by_f.add_(share).mul_(f > 0))
        found.sparsity = share * f.sum()
        error = x - found.rebuilt
        found.auxiliary = revive(weights, x, error, dead, self.auxiliary, found.gradients)
        return found


def dense_step(
    weights: Weights, x: Float[Tensor, "B d"], f: Float[Tensor, "B m"]
) -> tuple[Found, Float[Tensor, "B m"]]:
    """‖x − x̂‖²/d of dense codes, and its derivatives by the decoder and by f.

    Args:
        weights: as they are.
        x: scaled activations.
        f: codes.

    Returns:
        What was found, still without gradients of the encoder; and ∂L/∂f.
    """
    rebuilt = (f @ weights["decoder"]).add_(weights["decoder_bias"])
    error = rebuilt - x
    g = error * (2 / x.numel())
    gradients = {"decoder": f.T @ g, "decoder_bias": g.sum(0)}
    zero = x.new_zeros(())
    found = Found(
        error.square().sum() / x.numel(), zero, zero, gradients, from_dense(f), rebuilt
    )  # fmt: skip
    return found, g @ weights["decoder"].T


def encode_backward(
    gradients: Weights, x: Float[Tensor, "B d"], by_z: Float[Tensor, "B m"]
) -> None:
    """Write the gradients of the encoder, given ∂L/∂z.

    Args:
        gradients: to write to.
        x: scaled activations.
        by_z: ∂L/∂z.
    """
    gradients["encoder"] = by_z.T @ x
    gradients["encoder_bias"] = by_z.sum(0)
