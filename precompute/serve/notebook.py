"""`precompute.ask`: one question from Python, answered as the command line answers it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from os import PathLike
from typing import Any

import xarray as xr

from ired_interp_core.errors import Refusal
from precompute.ground import foreign_code
from precompute.ground.exits import DONE
from precompute.ground.shipped import REPOSITORY
from precompute.serve import ask as asks
from precompute.serve.given import Given
from store import LiveAnswers


def ask(
    root: str | PathLike[str],
    analysis: str,
    *,
    model: str = "",
    task: str = "",
    variant: str = "same",
    size: int = 0,
    seed: int = 0,
    problem: int = 0,
    x: Given | None = None,
    inputs: Mapping[str, str] | None = None,
    allow_code: bool = False,
    **parameters: Any,
) -> xr.Dataset:
    """Ask one question about one problem.

    What is not there is computed by a process of its own, `python -m precompute ask`: its numbers
    are those of a sweep to the bit, whatever this process has set its threads and libraries to.

    Args:
        root: store.
        analysis: name of one that may be asked live.
        model: digest of one in the store, its beginning, or a checkpoint.
        task: of the problems; the model's when empty.
        variant: same, harder, or made to order.
        size: matrix side; the model's when 0.
        seed: of the set.
        problem: index.
        x: problems of one's own: a file, an array of matrices, or arrays by their names `x` and
            `y`; `problem` is then an index in them.
        inputs: role → key of the answer that is read; the defaults' where left out.
        allow_code: whether the adapter of a model may be run.
        parameters: of the analysis; the defaults where left out.

    Returns:
        The answer, with a dim problem of length 1.

    Raises:
        Refusal: what cannot be asked, or was not answered.
    """
    live = LiveAnswers(root)
    spelled = asks.request(
        live.root, analysis, model=model, task=task, variant=variant, size=size, seed=seed,
        problem=problem, parameters=parameters, inputs=inputs, x=x, live=live,
    )  # fmt: skip
    wanted, found = asks.find(live, spelled)
    if found is not None:
        return found
    p = spelled.problems
    words = [
        "ask", analysis, "--store", str(live.root.absolute()),
        "--task", p.task, "--size", str(p.size), "--problem", str(spelled.problem),
        *(["--x", p.content] if p.content else ["--variant", p.variant, "--seed", str(p.seed)]),
        "--format", "key", *([foreign_code.FLAG] if allow_code else []),
        *(["--model", spelled.model] if spelled.model else []),
        *(word for role, key in spelled.inputs.items() for word in ("--input", f"{role}={key}")),
        *(word for pair in wanted.question.parameters.items() for word in ("--set", _pair(*pair))),
    ]  # fmt: skip
    # The very project that is loaded here, also in a folder where another would be found.
    path = os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "precompute", *words],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    if done.returncode != DONE:
        said = done.stderr.strip().splitlines()
        raise Refusal("not answered", where=analysis, came=said[-1] if said else "no word")
    return live.read(analysis, wanted.question.key, spelled.problem)


def _pair(name: str, value: Any) -> str:
    return f"{name}={str(value).lower() if isinstance(value, bool) else value}"
