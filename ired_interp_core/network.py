"""The official network with analytic derivatives.

Source: yilundu/ired_code_release, models.EBM and DiffusionWrapper (docs/definitions.md §1.2).
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from ired_interp_core.energy import Energy
from ired_interp_core.levels import Levels, as_levels, check_asked
from ired_interp_core.network_layers import Hidden, Layers, Pass
from ired_interp_core.schedule import Schedule
from ired_interp_core.swish import swish_backward, swish_slope
from ired_interp_core.time_embedding import modulation

Modulation = tuple[tuple[Tensor, Tensor], ...]

HiddenEdit = Callable[[int, Tensor], Tensor]
"""(l, h_l) → what the next layer is given in place of h_l."""

MODULATIONS_KEPT = 40
"""Level by batch shape; a batch and its shorter last one take twenty."""


class IredEnergy(Energy):
    """The official network, E = ‖fc4(swish(fc3(swish(fc2(swish(fc1(x, ỹ)))))))‖².

    The level enters as gain and bias after fc2 and fc3.

    Args:
        weights: the sixteen tensors, named as in the official code (fc1.weight, …), float32.
        task: what it was trained on.
        schedule: its ᾱ_t.
        card: facts for a reader.
        digest: its address.
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        task: str,
        schedule: Schedule,
        card: Mapping[str, Any],
        digest: str,
    ) -> None:
        self.weights = dict(weights)
        self.task, self.schedule, self.card, self.digest = task, schedule, card, digest
        self.d = len(self.weights["fc4.bias"])
        self.n_in = self.weights["fc1.weight"].shape[1] - self.d
        self.size = round(self.d**0.5)
        self.width = len(self.weights["fc1.bias"])
        self._casts: dict[tuple[torch.dtype, torch.device], dict[str, Tensor]] = {}
        self._layers: dict[tuple[torch.dtype, torch.device], Layers] = {}
        self._modulations: dict[tuple[Any, ...], Modulation] = {}

    def _cast(self, dtype: torch.dtype, device: torch.device) -> dict[str, Tensor]:
        key = (dtype, device)
        if key not in self._casts:
            self._casts[key] = {
                k: v.to(dtype=dtype, device=device) for k, v in self.weights.items()
            }
        return self._casts[key]

    def layers(self, dtype: torch.dtype, device: torch.device) -> Layers:
        """The tensors in a dtype on a device, made once.

        Args:
            dtype: float32 or float64.
            device: where.

        Returns:
            The tensors.
        """
        key = (dtype, device)
        if key not in self._layers:
            self._layers[key] = Layers.of(self._cast(dtype, device), self.n_in)
        return self._layers[key]

    def first_layer(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"]
    ) -> Float[Tensor, "B width"]:
        """z1, the part before time; affine in ỹ.

        Args:
            x: problems.
            y: points ỹ in the level frame.

        Returns:
            Pre-activations of fc1.
        """
        w = self.layers(y.dtype, y.device)
        return torch.addmm(torch.addmm(w.b1, x, w.w1x.T), y, w.w1y.T)

    def hidden_from(self, z1: Float[Tensor, "B width"], t: Levels) -> Hidden:
        """The network between fc1 and fc4.

        Args:
            z1: pre-activations of fc1.
            t: level, one for all or one for each.

        Returns:
            The hidden layers.
        """
        w = self.layers(z1.dtype, z1.device)
        # One level for all stays one row, which broadcasts.
        rows = [t] if isinstance(t, int) else as_levels(t, z1)
        (gain2, bias2), (gain3, bias3) = w.m2[rows].unbind(1), w.m3[rows].unbind(1)
        gain2, gain3 = gain2 + 1, gain3 + 1
        s1 = torch.sigmoid(z1)
        z2 = torch.addmm(w.b2, z1 * s1, w.w2.T) * gain2 + bias2
        s2 = torch.sigmoid(z2)
        z3 = torch.addmm(w.b3, z2 * s2, w.w3.T) * gain3 + bias3
        s3 = torch.sigmoid(z3)
        return Hidden((z1, z2, z3), (s1, s2, s3), gain2, gain3)

    def forward_from(self, z1: Float[Tensor, "B width"], t: Levels) -> Pass:
        """The network after fc1.

        Args:
            z1: pre-activations of fc1.
            t: level, one for all or one for each.

        Returns:
            The pass.
        """
        w, p = self.layers(z1.dtype, z1.device), self.hidden_from(z1, t)
        r = torch.addmm(w.b4, p.z[2] * p.s[2], w.w4.T)
        return Pass(p.z, p.s, p.gain2, p.gain3, r)

    def activation_gradients(self, p: Hidden) -> tuple[Float[Tensor, "B width"], ...]:
        """∂E/∂h_l for l = 1, 2, 3.

        Args:
            p: a forward pass; without r, g3 = 2(W₄ᵀW₄h_3 + W₄ᵀb_4), which for d > width saves going
                through fc4 twice.

        Returns:
            (g1, g2, g3).
        """
        w = self.layers(p.z[0].dtype, p.z[0].device)
        if isinstance(p, Pass):
            g3 = (2 * p.r) @ w.w4
        else:
            g3 = 2 * torch.addmm(w.pull4, p.z[2] * p.s[2], w.gram4)
        g2 = (g3 * swish_slope(p.z[2], p.s[2]) * p.gain3) @ w.w3
        g1 = (g2 * swish_slope(p.z[1], p.s[1]) * p.gain2) @ w.w2
        return g1, g2, g3

    def backward(self, p: Pass) -> Float[Tensor, "B d"]:
        """∇_ỹE from a forward pass.

        Args:
            p: a forward pass.

        Returns:
            Gradients [B, d] in the level frame.
        """
        w = self.layers(p.r.dtype, p.r.device)
        g1 = self.activation_gradients(p)[0]
        return (g1 * swish_slope(p.z[0], p.s[0])) @ w.w1y

    def energy(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
    ) -> Float[Tensor, "B"]:
        """E_t(x, ỹ) = Σ r²; see `Energy.energy`."""
        check_asked(x, y, t, self.n_in, self.d)
        return self.forward_from(self.first_layer(x, y), t).energy

    def energy_and_gradient(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
    ) -> tuple[Float[Tensor, "B"], Float[Tensor, "B d"]]:
        """E and ∇_ỹE by the analytic way back; see `Energy.energy_and_gradient`."""
        check_asked(x, y, t, self.n_in, self.d)
        with torch.no_grad():
            p = self.forward_from(self.first_layer(x, y), t)
            return p.energy, self.backward(p)

    def official_energy_and_gradient(
        self,
        x: Float[Tensor, "B n_in"],
        y: Float[Tensor, "B d"],
        t: int,
        edit: HiddenEdit | None = None,
    ) -> tuple[Float[Tensor, "B"], Float[Tensor, "B d"]]:
        """E and ∇_ỹE to the bit as the official code computes them on the same processor.

        One product for (x, ỹ), the time embedding for each row, and on the way back the operations
        of automatic differentiation in its order: the same numbers in another order differ in the
        last bit. In place, since memory that is asked for anew costs as much as the arithmetic.

        Args:
            x: problems.
            y: points ỹ in the level frame.
            t: level.
            edit: changes h_l on its way to the next layer, l = 1, 2, 3; the way back takes
                ∂h'/∂h = 1 (see `dictionaries.intervention`).

        Returns:
            Energies [B] and gradients [B, d] in the level frame.
        """

        def hidden(layer: int) -> Tensor:
            h = z[layer - 1] * s[layer - 1]
            return h if edit is None else edit(layer, h)

        check_asked(x, y, t, self.n_in, self.d)
        w = self._cast(y.dtype, y.device)
        modulations = self._official_modulation(t, y)
        with torch.no_grad():
            z = [functional.linear(torch.cat([x, y], dim=-1), w["fc1.weight"], w["fc1.bias"])]
            s = [torch.sigmoid(z[0])]
            for layer, (gain, bias) in enumerate(modulations, start=1):
                name = f"fc{layer + 1}"
                h = functional.linear(hidden(layer), w[f"{name}.weight"], w[f"{name}.bias"])
                z.append(h.mul_(gain).add_(bias))
                s.append(torch.sigmoid(h))
            r = functional.linear(hidden(3), w["fc4.weight"], w["fc4.bias"])
            e = r.pow(2).sum(dim=-1)
            g = r.mul_(2) @ w["fc4.weight"]
            for i, name in ((2, "fc3"), (1, "fc2")):
                g = swish_backward(g, z[i], s[i]).mul_(modulations[i - 1][0]) @ w[f"{name}.weight"]
            g = swish_backward(g, z[0], s[0]) @ self.layers(y.dtype, y.device).w1y
        return e, g

    def _official_modulation(self, t: int, y: Float[Tensor, "B d"]) -> Modulation:
        """Gain + 1 and bias as a batch of this shape gives them; a walk asks again and again.

        Computed for every row, because products of one row round otherwise. Where all rows came out
        alike, as on every processor seen so far, one is kept and broadcasts.

        Returns:
            (gain + 1, bias) for fc2 and for fc3.
        """
        key = (t, len(y), y.dtype, y.device)
        found = self._modulations.get(key)
        if found is None:
            with torch.inference_mode(mode=False), torch.no_grad():
                levels = torch.full((len(y),), t, device=y.device)
                rows = modulation(self._cast(y.dtype, y.device), levels)
                one = all(torch.equal(m, m[:1].expand_as(m)) for m in rows)
                kept = [m[:1].clone() if one else m for m in rows]
                found = tuple((m[:, 0] + 1, m[:, 1]) for m in kept)
            if len(self._modulations) >= MODULATIONS_KEPT:
                self._modulations.clear()
            self._modulations[key] = found
        return found

    def hessian(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
    ) -> Float[Tensor, "B d d"]:
        """∇²_ỹE by layer-wise exact assembly; see `Energy.hessian`."""
        from ired_interp_core.curvature.assembly import hessian

        check_asked(x, y, t, self.n_in, self.d)
        return hessian(self, x, y, t)

    def hessian_eigenvalues(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
    ) -> Float[Tensor, "B d"]:
        """All eigenvalues, reduced where d > width; see `Energy.hessian_eigenvalues`."""
        from ired_interp_core.curvature.assembly import spectrum

        check_asked(x, y, t, self.n_in, self.d)
        return spectrum(self, x, y, t)
