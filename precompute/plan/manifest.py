"""A plan as data, so that any machine that sees the store can do its units."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet, digest
from precompute.ground import foreign_code
from precompute.ground.exits import Usage
from precompute.plan.models import ModelRef
from precompute.plan.plan import Asked, Unit
from store import files, folders, naming

FAMILY = "ired-interp-manifest-"
FORMAT = f"{FAMILY}1"


@dataclass(frozen=True)
class Manifest:
    """A plan read back.

    Args:
        root: store.
        models: digest → model.
        units: in order.
    """

    root: Path
    models: Mapping[str, ModelRef]
    units: Sequence[Unit]

    def allowed(self, where: Path) -> "Manifest":
        """The same; a `Usage` where its units would run code that was not allowed."""
        foreign_code.check((m.adapter for m in self.models.values()), str(where))
        return self


def write_manifest(
    path: Path, root: Path, run: str, models: Sequence[ModelRef], units: Sequence[Unit]
) -> None:
    """Write a plan as data, so that any machine that sees the store can do its units.

    Args:
        path: target, replaced whole.
        root: store.
        run: name.
        models: of the sweep.
        units: in order.

    Raises:
        Usage: the file cannot be written.
    """
    asked = {u.asked.question.key: u.asked for u in units}
    record = {
        "format": FORMAT,
        "run": run,
        "store": str(root.absolute()),
        "models": [m.as_dict() for m in models],
        "questions": {
            key: {
                "question": a.question.as_dict(),
                "problems": a.problems.as_dict(),
                "model": a.model,
                "count": a.count,
                "depth": a.depth,
                "stage": a.stage,
            }
            for key, a in asked.items()
        },
        "units": [{"question": u.asked.question.key, "rows": [u.start, u.stop]} for u in units],
    }
    try:
        folders.make_folder(path.parent)
        files.sweep_beside(path)
        files.replace(path, files.seal(record, files.MOST_PLAN_BYTES))
    except OSError as error:
        raise Usage(
            "manifest cannot be written", where=str(path), came=error.strerror or error
        ) from error


def is_manifest(path: Path) -> bool:
    """Whether a file is a plan, of this or another version of its form, that may be replaced."""
    try:
        form = json.loads(files.read_bytes(path, files.MOST_PLAN_BYTES)).get("format")
    except (Refusal, OSError, ValueError, AttributeError, RecursionError):
        return False
    return str(form).startswith(FAMILY)


def read_manifest(path: Path) -> Manifest:
    """Read a plan.

    Returns:
        The plan.

    Raises:
        Usage: no such file.
        Refusal: not a manifest, or one whose questions do not have their addresses.
    """
    try:
        record: Any = json.loads(path.read_text(encoding="utf-8"))
        asked = {
            key: Asked(
                registry.read_question(q["question"]),
                ProblemSet.from_dict(q["problems"]),
                q["model"],
                int(q["count"]),
                int(q["depth"]),
                int(q.get("stage", 0)),  # without it: from before there were sets
            )
            for key, q in record["questions"].items()
        }
        units = [
            Unit(asked[u["question"]], *naming.check_range(*u["rows"])) for u in record["units"]
        ]
        models = {m["digest"]: ModelRef(**m) for m in record["models"]}
        root = Path(record["store"])
        lacking = {a.model for a in asked.values()} - {"", *models}
    except OSError as error:
        raise Usage("cannot read the manifest", where=str(path), came=error.strerror) from error
    except (
        ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError,
    ) as error:  # fmt: skip
        raise Refusal(
            "file is not a manifest",
            where=str(path),
            came=f"{type(error).__name__}: {error}",
            next_step="python -m precompute plan SWEEP --store DIR --out MANIFEST",
        ) from error
    if record.get("format") != FORMAT:
        came = record.get("format")
        raise Refusal("manifest has another format", where=str(path), came=came, expected=FORMAT)
    if lacking:
        raise Refusal("manifest lacks a model", where=str(path), came=lacking.pop())
    for key, a in asked.items():
        if a.question.key != key:
            raise Refusal(
                "manifest was altered", where=str(path), came=a.question.key, expected=key
            )
    seal = record.pop("seal", None)
    if seal != digest(record):
        raise Refusal("manifest was altered", where=str(path), came=seal, expected=digest(record))
    return Manifest(root, models, units)
