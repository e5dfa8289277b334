"""The finished answer that a command names by its key, or the first digits of it."""

from collections.abc import Sequence
from pathlib import Path

from precompute.ground.exits import Usage
from store import layout, naming, shell, sides


def one(
    root: Path, analyses: Sequence[str], prefix: str, what: str, several: str
) -> tuple[str, str]:
    """Find a finished answer about a whole set.

    Args:
        root: store.
        analyses: among whose answers.
        prefix: of the key.
        what: such an answer is called.
        several: of them are called.

    Returns:
        Analysis and key.

    Raises:
        Usage: none fits, or several do.
    """
    done = {}
    for analysis in analyses:
        folder = layout.results(root) / analysis
        names = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
        known = [name for name in names if naming.is_key(name)]
        done |= {k: analysis for k in known if sides.complete(root, analysis, k, 0, 1)}
    found = [k for k in done if k.startswith(prefix)]
    if len(found) != 1:
        raise Usage(
            f"no such {what}" if not found else f"several {several} fit",
            where=str(root),
            came=repr(prefix),
            expected=", ".join(k[:12] for k in done) or "none yet",
            next_step=shell.command(root, "status"),
        )
    return done[found[0]], found[0]
