"""Series of checkpoints: which models are steps of a training, and what they are called."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.shared.address import address as links
from app.shared.asks.kept import kept
from store import Series, Store


@dataclass(frozen=True)
class Step:
    """A model as one step of a training.

    Args:
        series: the training.
        step: updates made.
    """

    series: Series
    step: int


@kept(32)
def known(store: Store) -> tuple[Series, ...]:
    """Every series of the store, by task and name."""
    return tuple(store.series())


@kept(32)
def _steps(store: Store) -> Mapping[str, tuple[Step, ...]]:
    found: dict[str, list[Step]] = {}
    for series in known(store):
        for step, digest in series.models:
            found.setdefault(digest, []).append(Step(series, step))
    return {digest: tuple(steps) for digest, steps in found.items()}


def steps_of(store: Store, digest: str) -> tuple[Step, ...]:
    """What a model is in the trainings of the store; those of one seed share untrained weights."""
    return _steps(store).get(digest, ())


def name(store: Store, series: Series) -> str:
    """Name a series for a reader.

    Args:
        store: opened.
        series: one of it.

    Returns:
        Its name, cut if long; with the first digits of its id where another one of its task is then
        called the same.
    """
    shown = links.plain(series.name)
    alike = [t for t in known(store) if (links.plain(t.name), t.task) == (shown, series.task)]
    return shown if len(alike) < 2 else f"{shown} {series.id[:6]}"


def step_name(store: Store, digest: str) -> str:
    """Name a model by its step of a training: "official · step 1,000"; "" if it is in none."""
    there = steps_of(store, digest)
    if not there:
        return ""
    names = ", ".join(dict.fromkeys(name(store, t.series) for t in there))
    last = max(t.step for t in there if t.series == there[0].series)  # weights may stand still
    return f"{names} · step {last:,}"
