"""Dictionaries out of a store and back, in the layout of SAELens (cfg.json and weights)."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ired_interp_core import safetensors_head
from ired_interp_core.errors import Refusal
from ired_interp_core.spelling import counted
from precompute.exports import finding
from precompute.ground import targets
from precompute.ground.exits import DONE, Usage
from precompute.ground.tell import say
from store import files, reading, records

if TYPE_CHECKING:
    from ired_interp_core.dictionaries.dictionary import Dictionary

MOST_BYTES = 4 * 2**30
"""Largest weights file that is read: m = 131,072 atoms of 4,096 numbers, twice."""


def export(root: Path, question: str, out: Path) -> int:
    """Write a dictionary of a store as SAELens reads it, and read it back.

    Args:
        root: store.
        question: key of a dictionary, or its beginning.
        out: folder to make.

    Returns:
        Exit code 0.

    Raises:
        Usage: unknown dictionary, or a target that exists.
        Refusal: what was written is not what is read back.
    """
    import torch
    from safetensors.torch import save

    from ired_interp_core.dictionaries import saelens
    from ired_interp_core.dictionaries.dictionary import Dictionary

    _, key = finding.one(root, ["dictionary"], question, "dictionary", "dictionaries")
    answer = reading.read_shards(root, "dictionary", key, 0, 1)
    dictionary = Dictionary.from_dataset(answer)
    if os.path.lexists(out):
        raise Usage("target exists", where="--out", came=out, expected="a folder to make")
    targets.check_folder(out)
    asked = records.read_question(root, "dictionary", key)
    above = records.read_question(root, "activations", asked.inputs["activations"])
    config, tensors = saelens.to_saelens(
        dictionary,
        {
            "ired_interp_question": asked.as_dict(),
            "site": above.parameters["site"],
            "model": above.inputs["model"],
        },
    )
    with files.one_line(out, "dictionary cannot be written"):
        out.mkdir()
        files.publish(out / saelens.WEIGHTS_NAME, save(tensors))
        files.publish(out / saelens.CONFIG_NAME, files.json_bytes(config))
    back = load(out)
    if not torch.allclose(back.decoder, dictionary.decoder, atol=1e-6):
        raise Refusal("what was written is not what is read back", where=str(out))
    say(
        f"{out}: {dictionary.variant}, {counted(dictionary.features, 'atom')} of"
        f" {dictionary.decoder.shape[1]} numbers, site {above.parameters['site']},"
        f" architecture {config['architecture']}"
    )
    return DONE


def load(folder: Path) -> "Dictionary":
    """Read a dictionary in SAELens' layout: of `export`, or of SAELens itself.

    Args:
        folder: with cfg.json and sae_weights.safetensors.

    Returns:
        The dictionary.

    Raises:
        Refusal: missing, broken or not a dictionary that can be read.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load as unpack

    from ired_interp_core.dictionaries import saelens

    config_path, weights_path = folder / saelens.CONFIG_NAME, folder / saelens.WEIGHTS_NAME
    try:
        config = files.read_json(config_path)
        table, _ = safetensors_head.read(weights_path, str(weights_path))
        saelens.check(config, {name: shape for name, (shape, _) in table.items()}, str(config_path))
        tensors = unpack(files.read_bytes(weights_path, most=MOST_BYTES))
    except FileNotFoundError as error:
        raise Refusal(
            "no dictionary there", where=str(folder), came=f"no {Path(error.filename).name}",
            expected=f"{saelens.CONFIG_NAME} and {saelens.WEIGHTS_NAME}",
        ) from error  # fmt: skip
    except SafetensorError as error:
        raise Refusal("not a safetensors file", where=str(weights_path), came=error) from error
    return saelens.from_saelens(config, tensors, str(config_path))


def show(folder: Path) -> int:
    """Say what a folder in SAELens' layout holds."""
    d = load(folder)
    gate = f"the {d.k} largest of an input" if d.k else "what is above its threshold"
    say(
        f"{folder}: {d.variant}, {counted(d.features, 'atom')} of {d.decoder.shape[1]} numbers,"
        f" keeps {gate}; scale {d.scale:.6g}"
    )
    return DONE
