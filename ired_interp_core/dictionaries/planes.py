"""Slices along atoms as declared in `analyses/atom_slice.py`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from ired_interp_core import registry
from ired_interp_core.dictionaries.codes import encode
from ired_interp_core.dictionaries.dictionary import Dictionary
from ired_interp_core.errors import Refusal
from ired_interp_core.landscape.analysis import Spans, planes_dataset
from ired_interp_core.landscape.directions import Pair, Scene
from ired_interp_core.records import Block

MOST_ACTIVE, GRADIENT = -1, -2
"""Words of the parameters `feature` and `second`; in `axis_feature` −1 is a feature that is not
there."""

REST = {"plane": "atoms", "radius": "truth_norm", "from_level": 9, "step": 0}
"""What a slice along atoms leaves open of the parameters of `landscape_slice`."""


def atom_slice_dataset(block: Block, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Slices of a block along atoms.

    A problem at which too few features are active at any step of the level has no plane:
    NaN and no nodes, as in `landscape_slice`. Atoms of a gradient are directions of the level
    frame, which in the data frame are the same.

    Args:
        block: rows, a model, a dictionary of gradients, and activations and descent of the same
            rows.
        parameters: as the analysis declares.

    Returns:
        The declared variables.
    """
    dictionary = _dictionary(block, parameters)
    atoms = dictionary.decoder.cpu().numpy().astype(np.float64)
    chosen = _chosen(block, dictionary, parameters)
    spans = [_along(atoms, int(a), int(b)) for a, b in chosen]
    found = planes_dataset(block, {**parameters, **REST}, spans)
    return found.assign(axis_feature=(("problem", "axis"), chosen))


def _dictionary(block: Block, parameters: Mapping[str, Any]) -> Dictionary:
    """The dictionary, whose atoms must be directions of the answer."""
    asked = registry.question_of(block.upstream["activations"]).parameters
    dictionary = Dictionary.from_dataset(block.upstream["dictionary"], block.device)
    units, d = dictionary.decoder.shape[1], block.models["model"].d
    if asked["site"] != "gradient" or units != d:
        raise Refusal(
            "atoms are no directions of the answer",
            where="atom_slice, dictionary",
            came=f"site {asked['site']}, {units} units",
            expected=f"site gradient, {d} units",
            next_step="choose a dictionary of the gradient of this model",
        )
    if parameters["level"] > asked["highest_level"]:
        raise Refusal(
            "dictionary does not know this level",
            where="atom_slice, level",
            came=parameters["level"],
            expected=f"0 … {asked['highest_level']}",
        )
    for name in ("feature", "second"):
        if parameters[name] >= dictionary.features:
            raise Refusal(
                "no such feature",
                where=f"atom_slice, {name}",
                came=parameters[name],
                expected=f"-1 … {dictionary.features - 1}",
            )
    if parameters["feature"] == parameters["second"] != MOST_ACTIVE:
        raise Refusal(
            "one feature spans no plane",
            where="atom_slice, feature and second",
            came=parameters["feature"],
            expected="two different features",
            next_step="second = -1 takes the most active of the others",
        )
    return dictionary


def _chosen(
    block: Block, dictionary: Dictionary, parameters: Mapping[str, Any]
) -> Float[np.ndarray, "N 2"]:
    """Feature along each axis; −1 where none is active but those on the other axis."""
    wanted = [parameters["feature"], parameters["second"]]
    chosen = np.tile(np.array(wanted, dtype=np.int32), (block.count, 1))
    if MOST_ACTIVE not in wanted:
        return chosen
    values = np.asarray(block.upstream["activations"]["activation"], dtype=np.float32)
    steps = values.shape[2]
    first = parameters["level"] * steps
    values = values.reshape(block.count, -1, values.shape[-1])
    for row, f in enumerate(encode(dictionary, values)):
        # At the last step alone little is active: the gradient there is nearly 0.
        strength = f[first : first + steps].amax(0).cpu().numpy()
        strength[[w for w in wanted if w >= 0]] = 0.0
        for axis, word in enumerate(wanted):
            if word == MOST_ACTIVE and strength.max() > 0:
                chosen[row, axis] = strength.argmax()
                strength[chosen[row, axis]] = 0.0
    return chosen


def _along(atoms: Float[np.ndarray, "m d"], first: int, second: int) -> Spans:
    def direction(scene: Scene, feature: int) -> Float[np.ndarray, "d"]:
        if feature == GRADIENT:
            return scene.gradient()
        return np.zeros(atoms.shape[1]) if feature < 0 else atoms[feature]

    def pair(scene: Scene) -> Pair:
        return direction(scene, first), direction(scene, second)

    return pair
