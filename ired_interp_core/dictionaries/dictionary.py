"""A trained dictionary: what every variant comes down to once it is learned.

Definitions: docs/definitions.md §5.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Int
from torch import Tensor

from ired_interp_core import registry
from ired_interp_core.dictionaries.standard import Standard
from ired_interp_core.errors import Refusal

ROWS_AT_ONCE = 4096
"""Rows encoded together: at m = 8192 their pre-activations are 134 MB."""

STANDARDS = ("states", "centre_steps", "scale_steps")
"""Parameters that say what a dictionary is of."""


@dataclass(frozen=True)
class Dictionary:
    """x̂ = centre + (Σ_i f_i W_i + b)/scale, f = gate(scale·(x − centre)·Encᵀ + b_enc).

    x is an activation; of a dictionary that is standardised by (level, step), or of some states
    only, it is what `standard.into` makes of one.

    The gate keeps positive entries; of those the k largest of an input (`k` > 0: TopK), or those
    above `threshold` (0 for ReLU, learned for JumpReLU, BatchTopK and Matryoshka).

    Args:
        variant: name.
        k: active features of an input at most; 0 for no such limit.
        encoder: rows of the encoder.
        encoder_bias: b_enc.
        decoder: atoms W, of unit norm.
        decoder_bias: b.
        threshold: of each feature, at least 0.
        centre: subtracted first.
        scale: then multiplied.
        log: training log, variables of the analysis `dictionary` without their prefix `log_`.
        standard: which points it is of, and what was done to them first.
    """

    variant: str
    k: int
    encoder: Float[Tensor, "m d"]
    encoder_bias: Float[Tensor, "m"]
    decoder: Float[Tensor, "m d"]
    decoder_bias: Float[Tensor, "d"]
    threshold: Float[Tensor, "m"]
    centre: Float[Tensor, "d"]
    scale: float
    log: Mapping[str, np.ndarray] = field(default_factory=dict)
    standard: Standard = field(default_factory=Standard)

    @classmethod
    def from_dataset(
        cls, result: xr.Dataset, device: str = "cpu", standardises: bool = False
    ) -> "Dictionary":
        """Take a dictionary out of an answer of the analysis `dictionary`.

        Args:
            result: the answer.
            device: where its tensors shall be.
            standardises: whether the caller gives it what `standard.into` makes of activations.

        Returns:
            The dictionary.

        Raises:
            Refusal: the caller gives it activations as they are, and it is of other things.
        """
        parameters = registry.question_of(result).parameters
        standard = Standard.from_dataset(result, parameters)
        if not (standard.plain or standardises):
            raise Refusal(
                "dictionary of activations as they are is needed here",
                where="dictionary",
                came=", ".join(f"{w} {parameters[w]}" for w in STANDARDS),
                expected="states all, neither centred nor scaled by step",
                next_step="dictionary_metrics and dictionary_match take any",
            )
        words = ("encoder", "encoder_bias", "decoder", "decoder_bias", "threshold", "centre")
        tensors = {w: torch.from_numpy(np.array(result[w], dtype="f4")).to(device) for w in words}
        return cls(
            variant=parameters["variant"],
            k=parameters["k"] if parameters["variant"] == "topk" else 0,
            scale=float(result["scale"]),
            standard=standard,
            log={
                str(n).removeprefix("log_"): np.asarray(result[n])
                for n in result.data_vars
                if str(n).startswith("log_")
            },
            **tensors,
        )

    @property
    def features(self) -> int:
        """Number of atoms m."""
        return len(self.decoder)

    def preactivation(self, x: Float[Tensor, "N d"]) -> Float[Tensor, "N m"]:
        """scale·(x − centre)·Encᵀ + b_enc.

        Args:
            x: activations in their own frame.

        Returns:
            Numbers before the gate.
        """
        centred = (x.to(self.encoder) - self.centre) * self.scale
        return torch.addmm(self.encoder_bias, centred, self.encoder.T)

    @torch.no_grad()
    def encode(self, x: Float[Tensor, "N d"] | np.ndarray) -> Float[Tensor, "N m"]:
        """Codes f, dense.

        Args:
            x: activations in their own frame.

        Returns:
            f ≥ 0 in the scaled frame.
        """
        return torch.cat(
            [self.gate(self.preactivation(p)) for p in torch.as_tensor(x).split(ROWS_AT_ONCE)]
        )

    def gate(self, z: Float[Tensor, "N m"]) -> Float[Tensor, "N m"]:
        """Keep what is active, 0 elsewhere.

        Args:
            z: pre-activations.

        Returns:
            f.
        """
        if self.k and self.k < self.features:
            values, places = z.topk(self.k, dim=-1, sorted=False)
            return torch.zeros_like(z).scatter_(-1, places, values.relu_())
        return torch.where(z > self.threshold, z, 0.0)

    def sparse(
        self, x: Float[Tensor, "N d"] | np.ndarray, most: int
    ) -> tuple[Int[Tensor, "N most"], Float[Tensor, "N most"], Int[Tensor, "N"]]:
        """The strongest active features of each input.

        Args:
            x: activations in their own frame.
            most: kept of an input.

        Returns:
            Features, strongest first, −1 past the last; their activations, 0 past the last; and how
            many are active in all.
        """
        pieces = []
        for rows in torch.as_tensor(x).split(ROWS_AT_ONCE):
            f = self.encode(rows)
            values, places = f.topk(min(most, f.shape[1]), dim=-1)
            places[values <= 0] = -1
            pieces.append((places, values, (f > 0).sum(-1)))
        places, values, counts = (torch.cat(column) for column in zip(*pieces, strict=True))
        return places, values, counts

    def decode(self, f: Float[Tensor, "N m"]) -> Float[Tensor, "N d"]:
        """x̂ in the frame of x.

        Args:
            f: codes in the scaled frame.

        Returns:
            centre + (f W + b)/scale.
        """
        return self.centre + torch.addmm(self.decoder_bias, f, self.decoder) / self.scale

    @torch.no_grad()
    def rebuild(self, x: Float[Tensor, "N d"] | np.ndarray) -> Float[Tensor, "N d"]:
        """x̂ of x.

        Args:
            x: activations in their own frame.

        Returns:
            decode(encode(x)).
        """
        return torch.cat(
            [self.decode(self.encode(p)) for p in torch.as_tensor(x).split(ROWS_AT_ONCE)]
        )
