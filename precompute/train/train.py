"""Train a model in a folder; ended at any moment, the same command goes on where it was.

DIR/recipe.json          what is trained; another recipe in the same folder is refused
DIR/log.jsonl            one JSON object a line: losses, or the errors of an evaluation
DIR/unfinished/…         the two newest checkpoints of the training itself
DIR/series/step-….safetensors    averaged weights at log-spaced steps
DIR/TASK.safetensors, TASK.pt    what was reached, in the own and in the official format
DIR/tensorboard/…, DIR/wandb/…   the log once more, if asked for (`mirror`)

Two trainings of one recipe on one machine's CPU, with the same --threads and --compile, make the
same weights to the bit, interrupted or not; on a GPU, as far as its libraries repeat themselves.
"""

import importlib.util
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ired_interp_core.errors import Refusal
from precompute.ground.exits import Usage
from precompute.train.folder import check_foreign, claim, listening, owned
from precompute.train.how import How
from precompute.train.mirror import mirrored
from precompute.train.run import Run
from precompute.work import devices

if TYPE_CHECKING:
    from ired_interp_core.training.recipe import Recipe


def device_named(asked: str) -> str:
    """A device that is there.

    Args:
        asked: auto, cpu, cuda or cuda:N.

    Returns:
        Torch device name.

    Raises:
        Usage: no such device.
    """
    import torch

    there = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    name = {"auto": there[-1] if len(there) == 1 else "cuda:0", "cuda": "cuda:0"}.get(asked, asked)
    if name not in there:
        raise Usage("no such device", where="--device", came=asked, expected=", ".join(there))
    return name


def compiler_for(device: str) -> bool:
    """Check that torch.compile has what it needs, before hours of queueing end in an import.

    Returns:
        True.

    Raises:
        Usage: no C++ compiler (CPU), or no Triton (GPU).
    """
    if device == "cpu":
        there, wanted = shutil.which(os.environ.get("CXX", "g++")), "a C++ compiler (g++, or CXX)"
    else:
        there, wanted = importlib.util.find_spec("triton"), "the package triton"
    if not there:
        raise Usage(
            "cannot compile", where="--compile", came=device, expected=wanted,
            next_step="leave --compile out",
        )  # fmt: skip
    return True


def recipe_of(start: Path | None, options: dict[str, Any]) -> tuple["Recipe", Any]:
    """What was asked for on the command line.

    Args:
        start: checkpoint whose averaged weights to begin with.
        options: fields of a recipe; None where nothing was said.

    Returns:
        The recipe, and the loaded model to begin with.

    Raises:
        Usage: a number out of range, an unknown word, or a size that the checkpoint does not have.
    """
    from ired_interp_core.training.recipe import Recipe

    given = {name: value for name, value in options.items() if value is not None}
    try:
        recipe, model = Recipe(**given), None
        if start:
            model = _begin_with(start, given)
            own = {"size": model.size, "width": model.width, "start": model.digest}
            recipe = Recipe(**(given | own))
    except Usage:
        raise
    except Refusal as error:
        raise Usage(str(error)) from error
    return recipe, model


def _begin_with(start: Path, given: dict[str, Any]) -> Any:
    """The model to begin with, if it has the sizes that were asked for."""
    from ired_interp_core import checkpoints
    from ired_interp_core.network import IredEnergy

    model = checkpoints.load(start, task=given["task"])
    if not isinstance(model, IredEnergy):
        raise Usage("only the official network is trained", where="--from", came=start)
    for name, value in (("size", model.size), ("width", model.width)):
        if given.get(name, value) != value:
            raise Usage(
                f"checkpoint has another {name}",
                where="--from",
                came=given[name],
                expected=str(value),
                next_step=f"leave --{name} out",
            )
    return model


def train(out: Path, recipe: "Recipe", how: How, model: Any = None) -> int:
    """Train to the end, or until a signal comes.

    Args:
        out: folder; made if it is not there.
        recipe: what to train.
        how: to watch and keep it.
        model: to begin with; random weights when left out.

    Returns:
        0 when all steps are made, 75 when stopped before: the same command goes on.
    """
    import torch

    devices.set_up()
    torch.set_num_threads(how.threads)
    check_foreign(out)
    with owned(out):
        claim(out, recipe)
        run = Run(out, recipe, how, model)
        run.resume()
        with mirrored(how.mirror, out, recipe, run.log), listening() as bell:
            return run.to_the_end(bell)
