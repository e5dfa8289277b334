"""The official network's tensors as derivatives need them, and what a forward pass leaves."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from ired_interp_core.schema import LEVELS
from ired_interp_core.time_embedding import modulation


@dataclass(frozen=True)
class Layers:
    """The network's tensors in one dtype on one device.

    fc1 is split by what it multiplies, gain and bias of every level are tabulated, and W₄ᵀW₄ is
    computed once (see `curvature.assembly`).
    """

    w1x: Float[Tensor, "width n_in"]
    w1y: Float[Tensor, "width d"]
    b1: Float[Tensor, "width"]
    w2: Float[Tensor, "width width"]
    b2: Float[Tensor, "width"]
    w3: Float[Tensor, "width width"]
    b3: Float[Tensor, "width"]
    w4: Float[Tensor, "d width"]
    b4: Float[Tensor, "d"]
    m2: Float[Tensor, "10 2 width"]
    m3: Float[Tensor, "10 2 width"]

    @classmethod
    def of(cls, w: Mapping[str, Tensor], n_in: int) -> "Layers":
        """Split and tabulate the network's sixteen tensors, all of one dtype on one device."""
        m2, m3 = modulation(w, torch.arange(LEVELS, device=w["fc1.bias"].device))
        return cls(
            w1x=w["fc1.weight"][:, :n_in].contiguous(),
            w1y=w["fc1.weight"][:, n_in:].contiguous(),
            b1=w["fc1.bias"],
            w2=w["fc2.weight"],
            b2=w["fc2.bias"],
            w3=w["fc3.weight"],
            b3=w["fc3.bias"],
            w4=w["fc4.weight"],
            b4=w["fc4.bias"],
            m2=m2,
            m3=m3,
        )

    @cached_property
    def pull4(self) -> Float[Tensor, "width"]:
        """W₄ᵀb₄."""
        return self.b4 @ self.w4

    @cached_property
    def gram4(self) -> Float[Tensor, "width width"]:
        """W₄ᵀW₄."""
        return self.w4.T @ self.w4

    @cached_property
    def reduction(self) -> tuple[Float[Tensor, "d width"], Float[Tensor, "width width"]]:
        """Q and Rᵀ of W₁ᵧᵀ = QR, for d > width.

        ỹ acts through W₁ᵧỹ = Rᵀ(Qᵀỹ) alone: in the coordinates Qᵀỹ the network has Rᵀ in place of
        W₁ᵧ, and the d − width directions outside Q are flat.
        """
        q, r = torch.linalg.qr(self.w1y.T)
        return q, r.T.contiguous()


@dataclass(frozen=True)
class Hidden:
    """The hidden layers of a forward pass: pre-activations with gain and bias applied.

    h_l = swish(z_l); swish's sigmoid s_l is kept for the way back.
    """

    z: tuple[Float[Tensor, "B width"], ...]
    s: tuple[Float[Tensor, "B width"], ...]
    gain2: Float[Tensor, "_ width"]
    gain3: Float[Tensor, "_ width"]


@dataclass(frozen=True)
class Pass(Hidden):
    """One forward pass: the hidden layers and the residual r; E = Σ r²."""

    r: Float[Tensor, "B d"]

    @property
    def energy(self) -> Float[Tensor, "B"]:
        """E = Σ r²."""
        return self.r.square().sum(-1)
