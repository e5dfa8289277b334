"""Models: weights and card, kept under the digest of the model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ired_interp_core.errors import Refusal
from store import files, folders, forms, layout, locks
from store.layout import Root

MOST_WEIGHTS_BYTES = 4 * 2**30

RECORD: forms.Form = {"digest": str, "sha256": str, "card": dict}
"""Of the card itself, which whoever trained it wrote, nobody relies on anything."""

ATTEMPTS = 3
"""Without locks two publications may mix card and weights: whoever wrote last looks, and mends."""


def publish(root: Root, digest: str, weights: bytes | str | Path, card: Mapping[str, Any]) -> Path:
    """Keep a model's weights and card; the first publication of a digest wins.

    Args:
        root: of the store.
        digest: of the model (weights, architecture, schedule; never the card).
        weights: bytes of a safetensors file, or its path.
        card: JSON-ready facts about it.

    Returns:
        Path of its card.

    Raises:
        Refusal: the disk does not give back what was written, or others change it all the time.
    """
    card_path = layout.model_card(root, digest)
    files.json_bytes(dict(card))  # refuses what no reader would take, before anything is written
    with files.one_line(card_path):
        if trouble(root, digest) == "":
            return card_path
        if not isinstance(weights, bytes):
            weights = files.read_bytes(Path(weights), MOST_WEIGHTS_BYTES)
        folders.make_folder(card_path.parent)
        with locks.locked(card_path.parent):
            for _ in range(ATTEMPTS):
                if trouble(root, digest) != "":
                    _write(root, digest, weights, card)
        wrong = trouble(root, digest)
    if wrong:
        raise Refusal(
            "model does not verify after publication",
            where=str(card_path),
            came=wrong,
            next_step="look at this disk, then repeat the command",
        )
    return card_path


def _write(root: Root, digest: str, weights: bytes, card: Mapping[str, Any]) -> None:
    """Weights first: a card under its name says that weights of this sha256 are there."""
    card_path, weights_path = layout.model_card(root, digest), layout.model_weights(root, digest)
    files.drop(card_path)
    files.replace(weights_path, weights)
    sha256 = files.sha256(weights_path)[0]
    record = {"digest": digest, "sha256": sha256, "bytes": len(weights)}
    files.replace(card_path, files.seal(record | {"card": dict(card)}))


def trouble(root: Root, digest: str) -> str:
    """What is wrong with a kept model; "" if it is whole."""
    try:
        record = read(root, digest)
        weights = layout.guard(root, layout.model_weights(root, digest))
        sha256 = files.sha256(weights)[0]
    except FileNotFoundError as error:
        return f"{Path(error.filename).name} is missing"
    except Refusal as refusal:
        return str(refusal)
    except OSError as error:
        return f"{Path(error.filename or root).name} cannot be read: {error.strerror}"
    return "" if sha256 == record["sha256"] else "weights differ from the sha256 on the card"


def read(root: Root, digest: str) -> dict[str, Any]:
    """Read a model's card file.

    Args:
        root: of the store.
        digest: of the model.

    Returns:
        {"digest", "sha256", "bytes", "card"}.

    Raises:
        Refusal: broken.
    """
    path = layout.guard(root, layout.model_card(root, digest))
    record = files.read_sealed(path)
    forms.check(record, RECORD, str(path), "the card of a model")
    if record["digest"] != digest:
        raise Refusal(
            "card of another model", where=str(path), came=record["digest"], expected=digest
        )
    return record
