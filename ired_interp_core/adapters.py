"""Foreign energies by an adapter: its code is found, digested, imported, and its energy tried."""

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ired_interp_core import adapter_source
from ired_interp_core.checkpoint_checks import check_task, file_head
from ired_interp_core.errors import Refusal
from ired_interp_core.records import KEY_LENGTH

if TYPE_CHECKING:
    from ired_interp_core.energy import Energy


def load(path: Path, adapter: str) -> "Energy":
    """Run an adapter on a file, and check what it makes.

    Args:
        path: what the adapter reads.
        adapter: "module:function"; the function gets the path and returns an object as
            `energy.AdaptedEnergy` describes.

    Returns:
        The model; its digest covers the file, the adapter's code and name, and the schedule.

    Raises:
        Refusal: no such adapter, no energy, or one that breaks the contract.
    """
    from ired_interp_core.adapter_contract import check
    from ired_interp_core.energy import AdaptedEnergy

    code = adapter_source.source(adapter)
    before = set(sys.modules)
    try:
        make = adapter_source.imported(adapter, code)
    except (Exception, SystemExit) as error:  # foreign code may raise anything; the cause is kept
        raise Refusal(
            "adapter cannot be imported",
            came=f"{adapter} ({error})",
            expected=adapter_source.EXPECTED,
        ) from error
    file_head(path, str(path))
    sha = hashlib.sha256(f"adapter {adapter} {code.digest}".encode())
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(2**20), b""):
            sha.update(chunk)
    where = f"{adapter}, {path}"
    try:
        model = AdaptedEnergy(make(path), "", {"adapter": adapter, "source_file": path.name})
    except (Exception, SystemExit) as error:  # foreign code may raise anything; the cause is kept
        raise Refusal(
            "adapter makes no model of this file",
            where=where,
            came=f"{type(error).__name__}: {error}",
            expected="an object with energy(x, ỹ, t), size and n_in (docs/your-energy.md)",
        ) from error
    check_task(model.task, model.n_in, model.d, where)
    check(model, where)
    _check_all_known(adapter, code, before)
    sha.update(np.float32(model.schedule.alphas_cumprod).tobytes())
    model.digest = sha.hexdigest()[:KEY_LENGTH]
    return model


def _check_all_known(adapter: str, code: adapter_source.Source, before: set[str]) -> None:
    """Refuse code that came in by ways that reading the files does not show."""
    new = [n for n in sys.modules if n not in before and n not in code.modules]
    unseen = [n for n in new if adapter_source.brought(sys.modules[n])]
    if unseen:
        raise Refusal(
            "adapter imports code that its files do not name",
            where=adapter,
            came=", ".join(sorted(unseen)[:4]),
            expected="import statements, so that a change of it is seen",
            next_step=f"write `import {min(unseen)}` into the adapter",
        )
