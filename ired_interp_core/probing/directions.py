"""Directions of stored probes, as axes of a plane and of steering.

Definitions: docs/definitions.md §6.1.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ired_interp_core.activations import LAYERS
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Refusal
from ired_interp_core.network import IredEnergy
from ired_interp_core.swish import swish_slope


def readout(
    probes: xr.Dataset, model: Energy, parameters: Mapping[str, Any], where: str
) -> Float[np.ndarray, "unit"]:
    """Direction w of a stored probe, in the frame of its input.

    Args:
        probes: an answer of `probes`.
        model: whose activations are read.
        parameters: property, site, level.
        where: named in the refusal.

    Returns:
        w of unit length, float64.

    Raises:
        Refusal: the probes do not know the property, it was constant, or they are of activations of
            another shape.
    """
    name, site, level = (parameters[n] for n in ("property", "site", "level"))
    known = [str(p) for p in probes["property"].values]
    if name not in known:
        raise Refusal("no such property", where=f"{where}, property", came=name,
                      expected=", ".join(known))  # fmt: skip
    if site == "gradient":
        found = probes["gradient_direction"].sel(property=name, level=level)
    else:
        found = probes["layer_direction"].sel(property=name, layer=site, level=level)
    w = np.asarray(found, dtype=np.float64).ravel()
    units = model.d if site == "gradient" else getattr(model, "width", 0)
    if len(w) != units:
        raise Refusal(
            "probes are of other activations",
            where=f"{where}, probes",
            came=f"{len(w)} units",
            expected=f"{units} units of {site}",
            next_step="choose probes of this model",
        )
    if not np.isfinite(w).all():
        raise Refusal(
            "there is no probe of this property",
            where=f"{where}, property",
            came=name,
            expected="one that varies over the problems of the probes",
        )
    return w


def pulled_back(
    model: IredEnergy,
    site: str,
    w: Float[np.ndarray, "width"],
    x: Float[np.ndarray, "n_in"],
    y: Float[np.ndarray, "d"],
    t: int,
) -> Float[np.ndarray, "d"]:
    """∇_ỹ ⟨w, h_l(x, ỹ)⟩: along it the readout of a layer grows fastest.

    With g_l = w, and g_{k−1} = W_kᵀ(γ_k · swish'(z_k) · g_k) down to k = 2, it is
    W_{1y}ᵀ(swish'(z_1) · g_1).

    Args:
        model: the official network.
        site: h1, h2 or h3.
        w: readout of that layer.
        x: the problem.
        y: the point ỹ, level frame.
        t: level.

    Returns:
        The gradient, level frame, float64; as a direction the same in the data frame.
    """
    x_, y_, g = (torch.as_tensor(v, dtype=torch.float64)[None] for v in (x, y, w))
    layers = model.layers(y_.dtype, y_.device)
    with torch.no_grad():
        p = model.hidden_from(model.first_layer(x_, y_), t)
        if LAYERS[site] >= 2:
            g = (g * swish_slope(p.z[2], p.s[2]) * p.gain3) @ layers.w3
        if LAYERS[site] >= 1:
            g = (g * swish_slope(p.z[1], p.s[1]) * p.gain2) @ layers.w2
        g = (g * swish_slope(p.z[0], p.s[0])) @ layers.w1y
    return np.asarray(g[0].cpu().numpy())
