"""What a server of live answers looks at before its first question."""

from pathlib import Path

from ired_interp_core.errors import Refusal
from precompute.ground import storage, tell
from precompute.ground.exits import StoreUnusable
from precompute.plan import models
from precompute.work.unit import MODELS_KEPT
from store import folders, layout


def first_models(root: Path) -> dict[str, models.ModelRef]:
    """Models that workers load before they are asked: as many as they keep, none with foreign code.

    Returns:
        Digest → model.
    """
    found = {}
    for digest in folders.names(layout.models(root)):
        try:
            model = models.stored(root, digest)
        except (Refusal, OSError) as error:
            tell.say(f"note: {error}")
            continue
        if not model.adapter and len(found) < MODELS_KEPT:
            found[digest] = model
    return found


def read_only(folder: Path) -> bool:
    """Whether no answer can be kept in a folder; says why."""
    try:
        storage.writable(folder)
    except StoreUnusable as error:
        tell.say(f"note: {error}")
        return True
    return False
