"""A dictionary in the layout of SAELens (6.x): cfg.json and sae_weights.safetensors, and back.

SAELens' standard, topk and jumprelu dictionaries, `apply_b_dec_to_input` and normalisation off, are
f = gate(x W_enc + b_enc), x̂ = f W_dec + b_dec. Centre and scale are folded in:

    W_enc = scale·Encᵀ, b_enc = b_enc − scale·Enc centre, W_dec = W/scale, b_dec = centre + b/scale

so that codes f and thresholds are the same numbers here and there; rows of W_dec have norm 1/scale.
BatchTopK and Matryoshka become jumprelu with their one learned threshold, as SAELens itself does.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ired_interp_core.dictionaries import saelens_config
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.errors import Refusal

CONFIG_NAME, WEIGHTS_NAME = "cfg.json", "sae_weights.safetensors"
"""Names of the two files."""

ARCHITECTURES = {
    "relu": "standard", "topk": "topk", "jump_relu": "jumprelu", "batch_topk": "jumprelu",
    "matryoshka": "jumprelu",
}  # fmt: skip

OURS = "ired_interp"
"""Key of SAELens' free metadata under which centre, scale and variant are kept for the way back."""


def to_saelens(
    dictionary: Dictionary, metadata: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What the two files contain.

    Args:
        dictionary: trained.
        metadata: further JSON-ready entries, such as model and site.

    Returns:
        The configuration, JSON-ready, and the float32 tensors W_enc [d, m], b_enc [m],
        W_dec [m, d], b_dec [d] and, for jumprelu, threshold [m].
    """
    scale = dictionary.scale
    encoder, bias, decoder, decoder_bias, threshold, centre = (
        getattr(dictionary, name).double().cpu()
        for name in (
            "encoder", "encoder_bias", "decoder", "decoder_bias", "threshold", "centre",
        )
    )  # fmt: skip
    tensors = {
        "W_enc": scale * encoder.T,
        "b_enc": bias - scale * encoder @ centre,
        "W_dec": decoder / scale,
        "b_dec": centre + decoder_bias / scale,
    }
    architecture = ARCHITECTURES[dictionary.variant]
    config: dict[str, Any] = {
        "architecture": architecture,
        "d_in": decoder.shape[1],
        "d_sae": decoder.shape[0],
        "dtype": "float32",
        "device": "cpu",
        "apply_b_dec_to_input": False,
        "normalize_activations": "none",
        "reshape_activations": "none",
    }
    if architecture == "topk":
        config |= {"k": dictionary.k, "rescale_acts_by_decoder_norm": False}
    elif architecture == "jumprelu":
        tensors["threshold"] = threshold
    config["metadata"] = dict(metadata or {}) | {
        OURS: {
            "variant": dictionary.variant, "scale": scale,
            "centre": dictionary.centre.double().tolist(),
        }
    }  # fmt: skip
    return config, {name: t.float().contiguous() for name, t in tensors.items()}


def from_saelens(
    config: Mapping[str, Any], tensors: Mapping[str, Tensor], where: str = CONFIG_NAME
) -> Dictionary:
    """Take a dictionary out of SAELens' layout.

    Lengths of foreign decoder rows go into encoder and thresholds, so that W has unit rows. Centre
    and scale come back from the metadata of a dictionary of ours; else they are 0 and 1 (TopK: 1
    over the common length of its decoder rows).

    Args:
        config: of cfg.json.
        tensors: of sae_weights.safetensors.
        where: named in refusals.

    Returns:
        The same function of x; without a log.

    Raises:
        Refusal: another architecture or shape, or weights that cannot be brought to this form.
    """
    architecture, k = check(config, {n: tuple(t.shape) for n, t in tensors.items()}, where)
    w_enc, bias, w_dec, b_dec = (
        tensors[n].double().cpu() for n in ("W_enc", "b_enc", "W_dec", "b_dec")
    )
    if config.get("apply_b_dec_to_input", True):
        bias = bias - b_dec @ w_enc
    threshold = tensors["threshold"].double().cpu() if k < 0 else torch.zeros_like(bias)
    variant, centre, scale = _ours(config, architecture, len(b_dec))
    lengths = torch.linalg.vector_norm(w_dec, dim=1)
    if architecture == "topk" and scale is None:
        scale = 1 / float(lengths.mean())
    scale = 1.0 if scale is None else scale
    # f changes with the length of its atom: f_i W_i/scale stays.
    stretch = lengths * scale
    if architecture == "topk":
        uneven = float((stretch - 1).abs().max())
        if not uneven < 1e-4 and not config.get("rescale_acts_by_decoder_norm", False):
            raise Refusal(
                "TopK with decoder rows of unequal length cannot be brought to unit rows",
                where=where, came=f"{float(lengths.min()):.4g} … {float(lengths.max()):.4g}",
                expected="equal lengths, or rescale_acts_by_decoder_norm",
            )  # fmt: skip
    encoder = w_enc.T * stretch[:, None] / scale
    values = {
        "encoder": encoder,
        "encoder_bias": (bias + w_enc.T @ centre) * stretch,
        "decoder": w_dec / lengths[:, None],
        "decoder_bias": (b_dec - centre) * scale,
        "threshold": threshold.clamp_min(0) * stretch,
        "centre": centre,
    }
    if not all(bool(torch.isfinite(v).all()) for v in values.values()):
        raise Refusal("dictionary is not finite", where=where, expected="finite, no empty atoms")
    return Dictionary(
        variant=variant, k=max(k, 0), scale=scale, **{n: v.float() for n, v in values.items()}
    )


def _ours(
    config: Mapping[str, Any], architecture: str, width: int
) -> tuple[str, Tensor, float | None]:
    """Variant, centre and scale, if the metadata tells them."""
    plain = {"standard": "relu", "topk": "topk", "jumprelu": "jump_relu"}[architecture]
    metadata = config.get("metadata")
    ours = metadata.get(OURS) if isinstance(metadata, Mapping) else None
    nothing = plain, torch.zeros(width, dtype=torch.float64), None
    if not isinstance(ours, Mapping):
        return nothing
    variant, centre, scale = (ours.get(n) for n in ("variant", "centre", "scale"))
    if (
        ARCHITECTURES.get(str(variant)) != architecture
        or not (isinstance(centre, list) and len(centre) == width)
        or not all(isinstance(c, int | float) for c in centre)
        or not isinstance(scale, int | float)
        or not 0 < scale < math.inf
    ):
        return nothing
    return str(variant), torch.tensor(centre, dtype=torch.float64), float(scale)


def check(
    config: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], where: str
) -> tuple[str, int]:
    """Refuse what cannot be read, before any tensor is.

    Args:
        config: of cfg.json.
        shapes: tensor → shape.
        where: named in refusals.

    Returns:
        Architecture, and k: 0 without a limit, −1 for thresholds.

    Raises:
        Refusal: not a dictionary that can be read.
    """
    architecture, k = saelens_config.stated(config, where)
    m, d = config.get("d_sae"), config.get("d_in")
    expected: dict[str, tuple[Any, ...]] = {
        "W_enc": (d, m), "b_enc": (m,), "W_dec": (m, d), "b_dec": (d,),
    }  # fmt: skip
    if architecture == "jumprelu":
        expected["threshold"] = (m,)
    if dict(shapes) != expected:
        came = dict(list(shapes.items())[:8])
        raise Refusal(
            "tensors differ from cfg.json", where=where, came=came, expected=str(expected)
        )
    return architecture, -1 if architecture == "jumprelu" else k
