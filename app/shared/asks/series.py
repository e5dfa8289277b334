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
def _known(generation: str, folder: str, _s: Store) -> tuple[Series, ...]:
    return tuple(_s.series())


def known(s: Store) -> tuple[Series, ...]:
    """Every series of the store.

    Args:
        s: the store.

    Returns:
        By task and name.
    """
    return _known(s.generation, str(s.root), s)


@kept(32)
def _steps(generation: str, folder: str, _s: Store) -> Mapping[str, tuple[Step, ...]]:
    found: dict[str, list[Step]] = {}
    for series in known(_s):
        for step, digest in series.models:
            found.setdefault(digest, []).append(Step(series, step))
    return {digest: tuple(steps) for digest, steps in found.items()}


def steps_of(s: Store, digest: str) -> tuple[Step, ...]:
    """What a model is in the trainings of the store.

    Args:
        s: the store.
        digest: of the model.

    Returns:
        One step for each series it is in; trainings of one seed share their untrained weights.
    """
    return _steps(s.generation, str(s.root), s).get(digest, ())


def name(s: Store, series: Series) -> str:
    """Name a series for a reader.

    Args:
        s: the store.
        series: one of it.

    Returns:
        Its name, cut if long; with the first digits of its id where another one of its task is then
        called the same.
    """
    shown = links.plain(series.name)
    alike = [t for t in known(s) if (links.plain(t.name), t.task) == (shown, series.task)]
    return shown if len(alike) < 2 else f"{shown} {series.id[:6]}"


def step_name(s: Store, digest: str) -> str:
    """Name a model by the step of the training it is.

    Args:
        s: the store.
        digest: of the model.

    Returns:
        For example "official · step 1,000"; empty if the model is in no series.
    """
    there = steps_of(s, digest)
    if not there:
        return ""
    names = ", ".join(dict.fromkeys(name(s, t.series) for t in there))
    return f"{names} · step {there[0].step:,}"
