"""An energy whose activation at one site is changed on the way, for the sampler.

The frame of every edit is that of the activation x itself. A dictionary works in the scaled frame
u = scale·(x − centre), so that feature i puts f_i W_i/scale into x.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ired_interp_core.activations import LAYERS
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Refusal
from ired_interp_core.levels import Levels
from ired_interp_core.network import IredEnergy
from ired_interp_core.schema import LEVELS

Edit = Callable[[Float[Tensor, "B unit"]], Float[Tensor, "B unit"]]
"""x → x', row by row: row b of a batch may be changed otherwise than row b + 1."""


@dataclass(frozen=True)
class TakenOff:
    """x' = x − share·f_i(x)·v/scale, i and v of each row its own.

    v = W_i ablates the feature: what its code contributed is gone, all else stays, also what the
    dictionary cannot rebuild. With share = 1 − s the feature is scaled by s.

    With `turned`, its control of matched norm: v is W_i turned about x − centre to a random side,
    v = cos θ·û + sin θ·w⊥ with û = (x − centre)/‖x − centre‖, cos θ = ⟨û, W_i⟩ and w⊥ the unit part
    of w orthogonal to û. At every evaluation the same length is then taken off, and as much of
    x − centre is left: ‖x' − centre‖ is that of the ablation. A random v would add noise where the
    ablation removes signal.

    Args:
        dictionary: of this site.
        features: i of every row.
        turned: w of every row; none for the ablation itself.
        share: of what the code contributed; negative ones add to it.
    """

    dictionary: Dictionary
    features: Int[Tensor, "B"]
    turned: Float[Tensor, "B unit"] | None = None
    share: float = 1.0

    def __call__(self, x: Float[Tensor, "B unit"]) -> Float[Tensor, "B unit"]:
        """Take the contributions off x: as many rows as there are features."""
        f = self.share * self.activations(x) / self.dictionary.scale
        v = self.dictionary.decoder[self.features]
        if self.turned is not None:
            v = turned(v, x.to(v) - self.dictionary.centre, self.turned)
        return x - (f[:, None] * v).to(x)

    def activations(self, x: Float[Tensor, "B unit"]) -> Float[Tensor, "B"]:
        """f_i(x) of every row's own feature.

        Only TopK has to look at the other features.

        Args:
            x: activations.

        Returns:
            f ≥ 0 in the scaled frame.
        """
        d = self.dictionary
        if d.k and d.k < d.features:
            codes = d.gate(d.preactivation(x))
            return codes.gather(1, self.features[:, None])[:, 0]
        centred = (x.to(d.encoder) - d.centre) * d.scale
        z = (centred * d.encoder[self.features]).sum(-1) + d.encoder_bias[self.features]
        return torch.where(z > d.threshold[self.features], z, 0.0)


def turned(
    atoms: Float[Tensor, "B unit"], about: Float[Tensor, "B unit"], sides: Float[Tensor, "B unit"]
) -> Float[Tensor, "B unit"]:
    """Unit directions at the same angle to `about` as the atoms, towards random sides.

    Args:
        atoms: W of unit norm.
        about: any vectors; where one is 0 the direction is the side itself.
        sides: w, not parallel to `about`.

    Returns:
        cos θ·û + sin θ·w⊥, as in `TakenOff`.
    """
    axis = torch.nn.functional.normalize(about, dim=-1)
    across = sides - (sides * axis).sum(-1, keepdim=True) * axis
    cosine = (atoms * axis).sum(-1, keepdim=True).clamp(-1, 1)
    return cosine * axis + (1 - cosine**2).sqrt() * torch.nn.functional.normalize(across, dim=-1)


@dataclass(frozen=True)
class Projected:
    """x' = x − ⟨x − centre, v⟩·v where ⟨x − centre, v⟩ > θ, v and θ of each row its own.

    A direction as an atom with its own code: what x has along v is gone where that is large.

    Args:
        centre: of the activations.
        directions: unit v of every row.
        thresholds: θ of every row, in the frame of x.
    """

    centre: Float[Tensor, "unit"]
    directions: Float[Tensor, "B unit"]
    thresholds: Float[Tensor, "B"]

    def __call__(self, x: Float[Tensor, "B unit"]) -> Float[Tensor, "B unit"]:
        """Take the projections off x: as many rows as there are directions."""
        along = ((x.to(self.centre) - self.centre) * self.directions).sum(-1)
        along = torch.where(along > self.thresholds, along, 0.0)
        return x - (along[:, None] * self.directions).to(x)


@dataclass(frozen=True)
class Added:
    """x' = x + v, v of each row its own.

    Args:
        vectors: v of every row, in the frame of x.
    """

    vectors: Float[Tensor, "B unit"]

    def __call__(self, x: Float[Tensor, "B unit"]) -> Float[Tensor, "B unit"]:
        """Add the vectors to x: as many rows as there are vectors."""
        return x + self.vectors.to(x)


@dataclass(frozen=True)
class Stacked:
    """x' of equal parts of a batch, each by an edit of its own.

    Args:
        edits: of the parts, in order.
    """

    edits: tuple[Edit, ...]

    def __call__(self, x: Float[Tensor, "B unit"]) -> Float[Tensor, "B unit"]:
        """Edit the parts: a multiple of as many rows as there are edits."""
        parts = x.chunk(len(self.edits))
        return torch.cat([edit(part) for edit, part in zip(self.edits, parts, strict=True)])


class Steps:
    """Which step of a level the sampler asks for: it asks once for each, so that counting tells.

    Args:
        jump: whether levels begin with the jump, which asks before step 0.
    """

    def __init__(self, jump: bool) -> None:
        self._first, self._level, self._step = (-1 if jump else 0), LEVELS, 0

    def next(self, level: int) -> int:
        """The step of this level that is asked for now: −1 before its jump, 0 after it, 1…."""
        self._step = self._step + 1 if level == self._level else self._first
        self._level = level
        return self._step


class Intervened(Energy):
    """An energy for the sampler, with the activation at a site changed by an edit.

    Site `gradient`: the sampler is given g' = edit(∇_ỹE); the energies by which it accepts stay
    those of the model.

    Sites h1, h2, h3: h_l' = edit(h_l) goes on to the next layer, the energy is that of the edited
    pass, and the gradient goes straight through the edit: ∂h'/∂h = 1, at the edited values
    downstream and the original ones upstream. The true derivative of an edit would be another
    intervention: a constant in place of h has derivative 0 and would stop the sampler whatever the
    constant is, and a dictionary's x̂ would project the gradient onto its active atoms, so that the
    effect of changed values could not be told from that of a changed way back. Hence the gradient
    is not that of the edited energy: a walk may take steps that its energy then rejects.

    Args:
        model: any energy for `gradient`; for hidden layers the official network.
        site: gradient, h1, h2 or h3.
        edit: what to do with the activation; none leaves the model as it is, to the bit.
        highest: levels above are left as they are: the dictionary does not know them.
        lowest: levels below are left as they are.

    Raises:
        Refusal: hidden layers of another architecture.
    """

    def __init__(
        self,
        model: Energy,
        site: str,
        edit: Edit | None = None,
        highest: int = LEVELS - 1,
        lowest: int = 0,
    ) -> None:
        if site != "gradient" and not isinstance(model, IredEnergy):
            raise Refusal(
                "model has no hidden layers that are known",
                where=f"intervention, site {site}",
                came=type(model).__name__,
                expected="the official network",
                next_step='site = "gradient" works for any energy',
            )
        self.model, self.site, self.edit = model, site, edit
        self.highest, self.lowest = highest, lowest
        self.task, self.size, self.n_in, self.d = model.task, model.size, model.n_in, model.d
        self.schedule = model.schedule

    def energy(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: Levels
    ) -> Float[Tensor, "B"]:
        """E_t(x, ỹ) with the edit, one level for all rows.

        Args:
            x: problems.
            y: points ỹ in the level frame.
            t: level.

        Returns:
            Energies [B].
        """
        return self.official_energy_and_gradient(x, y, int(t))[0]

    def official_energy_and_gradient(
        self, x: Float[Tensor, "B n_in"], y: Float[Tensor, "B d"], t: int
    ) -> tuple[Float[Tensor, "B"], Float[Tensor, "B d"]]:
        """E and the gradient that the sampler shall use, in the official order of operations.

        Args:
            x: problems.
            y: points ỹ in the level frame.
            t: level.

        Returns:
            Energies [B] and gradients [B, d] in the level frame.
        """
        if self.edit is None or not self.lowest <= t <= self.highest:
            return self.model.official_energy_and_gradient(x, y, t)
        edit = self.edit
        if isinstance(self.model, IredEnergy) and self.site != "gradient":
            site = LAYERS[self.site] + 1
            return self.model.official_energy_and_gradient(
                x, y, t, edit=lambda layer, h: edit(h) if layer == site else h
            )
        e, g = self.model.official_energy_and_gradient(x, y, t)
        return e, edit(g)
