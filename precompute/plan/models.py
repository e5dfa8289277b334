"""Checkpoints of a sweep → models with an address, published in the store before they are used.

Own files are identified and copied without torch; an official file is loaded once, and known again
by its sha256 from the run records, so that repeating a finished run stays quick.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import store
from ired_interp_core import adapter_source, checkpoints
from ired_interp_core.errors import Refusal
from precompute.ground.exits import Usage
from precompute.ground.stored import run_records
from precompute.ground.tell import say
from precompute.plan.sweep_models import ModelEntry
from store import folders, layout
from store import models as kept


@dataclass(frozen=True)
class ModelRef:
    """A model of a sweep: enough to publish it, and for a worker to load it.

    Args:
        digest: its address.
        task: it answers.
        size: matrix side.
        checkpoint: path as the sweep gives it.
        path: the file.
        weights: ema or model.
        adapter: "module:function", or empty.
        sha256: of the file.
        card: facts for a reader.
        code: digest of the adapter's code, or empty.
    """

    digest: str
    task: str
    size: int
    checkpoint: str
    path: str
    weights: str
    adapter: str
    sha256: str
    card: Mapping[str, Any]
    code: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The fields."""
        return {**asdict(self), "card": dict(self.card)}


def identify(entry: ModelEntry, root: Path, look: bool = True) -> ModelRef:
    """Find a checkpoint's address, task and size.

    Args:
        entry: of the sweep.
        root: store, whose run records may know the file.
        look: at how it answers, where it is another's and was never seen.

    Returns:
        The model.

    Raises:
        Refusal: not a whole, finite checkpoint, or one that does not say its task.
    """
    where = str(entry.path)
    own = not entry.adapter and checkpoints.is_safetensors(checkpoints.file_head(entry.path, where))
    sha256, code = file_sha256(entry.path), _code(entry.adapter)
    card: Mapping[str, Any]
    if own:
        digest = checkpoints.read_digest(entry.path)
        card = checkpoints.read_card(entry.path, _set(entry.weights), entry.task)
    elif known := _known_file(entry, sha256, code, root):
        digest, card = known["digest"], known["card"]
    else:
        model = load_entry(entry)
        if look and not entry.adapter and model.task:
            _look(model, entry)
        digest, card = model.digest, {**model.card, "task": model.task, "size": model.size}
    task, size = entry.task or str(card.get("task", "")), card.get("size")
    if not task or not isinstance(size, int):
        raise Refusal(
            "checkpoint does not say what it was trained on",
            where=where,
            came=f"task {task or 'unknown'}, size {size or 'unknown'}",
            expected="both in its card",
            next_step='say task = "…" beside the checkpoint in the sweep',
        )
    card = {**card, "task": task, "size": size}
    return ModelRef(
        digest, task, size, entry.checkpoint, str(entry.path.absolute()), entry.weights,
        entry.adapter, sha256, card, code,
    )  # fmt: skip


def _look(model: Any, entry: ModelEntry) -> None:
    """Say how a file that was never seen answers; refuse it where no trained model does."""
    from ired_interp_core import sanity

    looks = sanity.look(model)
    for one in looks:
        say(f"{entry.checkpoint}: {one.line}")
    step = "if it is meant: import-checkpoint --confirm, and name the new file in the sweep"
    sanity.refuse_odd(looks, str(entry.path), step)


def load_entry(entry: ModelEntry) -> Any:
    """Load the model of a sweep entry from its own file."""
    return checkpoints.load(
        entry.path,
        weights=_set(entry.weights),
        adapter=entry.adapter or None,
        task=entry.task,
    )


def _set(weights: str) -> checkpoints.Weights:
    return "model" if weights == "model" else "ema"


def publish(root: Path, model: ModelRef) -> None:
    """Keep the model in the store, so that its answers never lose what they are about.

    Args:
        root: store.
        model: to publish; nothing happens when it is there.

    Raises:
        Refusal: the file was replaced since it was identified.
    """
    path = Path(model.path)
    weights = path.read_bytes()
    same = hashlib.sha256(weights).hexdigest() == model.sha256
    if same and not (model.adapter or checkpoints.is_safetensors(weights)):
        if layout.model_weights(root, model.digest).is_file():
            return
        loaded = load_entry(ModelEntry(model.checkpoint, path, model.weights, model.task))
        same, weights = loaded.digest == model.digest, checkpoints.to_bytes(loaded)
    if not same:
        raise Refusal(
            "checkpoint was replaced while it was being read",
            where=str(path),
            next_step="repeat the command when the file is whole",
        )
    store.publish_model(root, model.digest, weights, dict(model.card))


def load(root: Path, model: ModelRef) -> Any:
    """Load a published model; through its adapter where it has one.

    Returns:
        The model.

    Raises:
        Refusal: the file is no longer the one that was planned with.
    """
    if model.adapter:
        copy = layout.model_weights(root, model.digest)
        path = model.path if Path(model.path).is_file() else copy
        loaded: Any = checkpoints.load(path, adapter=model.adapter)
    else:
        loaded = checkpoints.load(layout.model_weights(root, model.digest), task=model.task)
    if loaded.digest != model.digest:
        raise Refusal(
            "model is not the one this run was planned with",
            where=model.path if model.adapter else str(layout.model_weights(root, model.digest)),
            came=loaded.digest,
            expected=model.digest,
            next_step="repeat the command that planned it: its file or its adapter has changed",
        )
    return loaded


def file_sha256(path: Path) -> str:
    """Digest of a file's bytes.

    Args:
        path: a regular file.

    Returns:
        64 hex digits.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def distinct(models: Iterable[ModelRef]) -> Sequence[ModelRef]:
    """Drop models that a sweep names twice.

    Args:
        models: in the order of the sweep.

    Returns:
        One for each digest.

    Raises:
        Usage: the same weights with two tasks.
    """
    found: dict[str, ModelRef] = {}
    for model in models:
        before = found.setdefault(model.digest, model)
        if before.task != model.task:
            raise Usage(
                "the same weights are named with two tasks",
                where=f"{before.checkpoint}, {model.checkpoint}",
                came=f"{before.task}, {model.task}",
                expected="one task a model; a second sweep for the other",
            )
    return list(found.values())


def _code(adapter: str) -> str:
    return adapter_source.source(adapter).digest if adapter else ""


def _known_file(entry: ModelEntry, sha256: str, code: str, root: Path) -> dict[str, Any] | None:
    """What an earlier run found this very file to be.

    Returns:
        Its record, or None if no run knew it or its weights are not published.
    """
    for record in run_records(root)[0]:
        for digest, model in record.get("models", {}).items():
            told = (model.get(k, "") for k in ("sha256", "weights", "adapter", "code"))
            same = tuple(told) == (sha256, entry.weights, entry.adapter, code)
            if same and layout.model_weights(root, digest).is_file():
                return {"digest": digest, "card": model.get("card", {})}
    return None


def stored(root: Path, digest: str) -> ModelRef:
    """A model that the store keeps.

    Args:
        root: store.
        digest: of it, or the beginning that no other has.

    Returns:
        The model; one behind an adapter as the run that published it named it.

    Raises:
        Usage: no such model, or several.
        Refusal: a card that does not say what the model answers.
    """
    names = [n for n in folders.names(layout.models(root)) if n.startswith(digest)]
    if len(names) != 1:
        raise Usage(
            "several models fit" if names else "no such model in the store",
            where=str(layout.models(root)),
            came=digest,
            expected=", ".join(names or folders.names(layout.models(root))) or "a model; none yet",
        )
    (whole,) = names
    record = kept.read(root, whole)
    card = record["card"]
    if card.get("adapter"):
        known = [r["models"][whole] for r in run_records(root)[0] if whole in r.get("models", {})]
        if not known:
            raise Usage("no run says which file this model is read from", where=whole,
                        came=card["adapter"], expected="a model of a run")  # fmt: skip
        return ModelRef(**known[0])
    task, size = str(card.get("task", "")), card.get("size")
    if not task or type(size) is not int:
        raise Refusal(
            "card does not say what the model answers",
            where=whole,
            came=f"task {task or 'unknown'}, size {size or 'unknown'}",
            expected="both",
            next_step="run its sweep again",
        )
    path = layout.model_weights(root, whole)
    return ModelRef(whole, task, size, whole, str(path), "ema", "", record["sha256"], card)


def numbers(root: Path, digest: str) -> int:
    """How many numbers a kept model has, as the size of its file says."""
    return layout.model_weights(root, digest).stat().st_size // 4
