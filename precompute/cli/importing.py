"""The command that makes an own checkpoint of another's, once a look at its answers was shown."""

from pathlib import Path
from typing import Any

from ired_interp_core import checkpoints
from ired_interp_core.errors import Refusal
from precompute.ground import targets
from precompute.ground.exits import DONE, Usage
from precompute.ground.shipped import REPOSITORY
from precompute.ground.tell import say
from store import files

BUNDLED = REPOSITORY / "checkpoints"


def import_checkpoint(file: Path, out: Path, weights: str, task: str, confirm: bool) -> int:
    """Read a checkpoint and write it as safetensors with a card.

    Args:
        file: official or own checkpoint, or the network's tensors alone.
        out: target; never another model's file.
        weights: ema or model.
        task: what it was trained on, where the file does not say.
        confirm: import it although it answers as no trained model does.

    Returns:
        Exit code 0.

    Raises:
        Usage: weights of another name, no source, or a target that holds something else.
    """
    if weights not in ("ema", "model"):
        raise Usage("unknown weights", where="--weights", came=weights, expected="ema, model")
    if not file.exists():
        raise Usage("no such checkpoint", came=file, expected="a file of the official trainer")
    targets.check_folder(out)
    model: Any = checkpoints.load(
        file, weights="model" if weights == "model" else "ema", task=task, bare=True
    )
    targets.check(out, lambda there: _digest_or_none(there) == model.digest, "the same model")
    targets.check_ending(out, ".safetensors")
    from ired_interp_core import sanity  # needs torch, which no refusal above does

    looks = sanity.look(model)
    for one in looks:
        say(one.line)
    if not confirm:
        step = "look for a factor in E, or another task; if it is meant, --confirm"
        sanity.refuse_odd(looks, str(file), step)
    if model.task:
        model.card = {**model.card, "look": looks[0].as_dict()}
    with files.one_line(out, "checkpoint cannot be written"):
        files.sweep_beside(out)
        files.replace(out, checkpoints.to_bytes(model))
    say(f"{out}: {model.task or 'task unknown'}, size {model.size}, digest {model.digest}")
    if not model.task:
        say('note: the file does not say its task; give --task, or task = "…" in the sweep')
    return DONE


def say_shipped(out: Path) -> None:
    """Say whether the project ships the weights that were imported."""
    digest, shipped = checkpoints.read_digest(out), sorted(BUNDLED.glob("*.safetensors"))
    if same := [one.name for one in shipped if _digest_or_none(one) == digest]:
        say(f"note: these are the weights of {' and '.join(same)}, which the project ships")


def _digest_or_none(path: Path) -> str | None:
    try:
        return checkpoints.read_digest(path)
    except Refusal:
        return None
