"""A sweep before anything of it is computed: what it is about is published, the rest planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import store
from precompute.ground import storage
from precompute.ground.stored import forget_settled_failures
from precompute.ground.tell import say
from precompute.plan import models, plan, series, sweep
from precompute.plan.models import ModelRef
from precompute.plan.plan import Asked, Unit
from precompute.plan.series import Named
from store import contents, shards


@dataclass(frozen=True)
class Prepared:
    """A sweep whose models, questions and run record are in the store.

    Args:
        sweep: checked.
        models: distinct models that meet a problem set.
        asked: its questions.
        units: what is missing.
    """

    sweep: sweep.Sweep
    models: Sequence[ModelRef]
    asked: Sequence[Asked]
    units: Sequence[Unit]


def prepare(path: Path, root: Path) -> Prepared:
    """Read a sweep, publish its models, series, questions and run record, and plan.

    Args:
        path: sweep file.
        root: store; made if it is not there.

    Returns:
        The plan.
    """
    wanted = sweep.read(path)
    storage.writable(root)
    shards.sweep_temporaries(root)
    forget_settled_failures(root)
    named = series.named(wanted, root)
    asked = plan.questions(wanted, named.models, str(path))
    named = named.used(a.model for a in asked)
    for note in named.notes:
        say(f"note: {note}")
    try:
        for model in named.models:
            models.publish(root, model)
        for one in named.series:
            store.publish_series(root, one)
        for entry in wanted.problems:
            if entry.content is not None:
                contents.keep(root, entry.content)
        for a in asked:
            store.publish_question(root, a.question)
            store.publish_problem_set(root, a.problems)
        _write_run(root, wanted, named, asked)
    except OSError as error:
        storage.refuse(root, error)
    return Prepared(wanted, named.models, asked, plan.missing_units(root, asked))


def _write_run(root: Path, wanted: sweep.Sweep, named: Named, asked: Sequence[Asked]) -> None:
    record: dict[str, Any] = {
        "name": wanted.name,
        "sweep": wanted.text,
        "questions": [
            {"key": a.question.key, "analysis": a.question.analysis, "count": a.count}
            for a in asked
        ],
        "models": {m.digest: m.as_dict() for m in named.models},
    }
    if named.series:
        record["series"] = [
            {"id": one.id, "name": one.name, "steps": [step for step, _ in one.models]}
            for one in named.series
        ]
    store.write_run(root, wanted.name, record)
