"""Sheet of training: how that of the chosen dictionary went, and over it that of a second one."""

import html
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import xarray as xr

from app.features.figures import training as figures
from app.features.scene import Scene
from app.shared.asks import reading
from app.shared.drawing import colours
from app.shared.drawing.levels import Sentence, Strong
from app.shared.page.contract import Draw, Drawn, Fields, Source
from ired_interp_core.spelling import counted, number
from store import QuestionInfo

COUNTS = ("steps_taken", "samples_seen", "training_samples")


def _chosen(scene: Scene) -> list[QuestionInfo]:
    return [scene.dictionary, *([scene.other] if scene.other else [])]


def draw_counts(scene: Scene, fields: Fields) -> Drawn:
    """Steps that succeeded, and passes over the activations."""
    chosen = _chosen(scene)
    answers = [reading.dataset(scene.store, q, (0,), COUNTS) for q in chosen]
    lines = []
    for q, answer in zip(chosen, answers, strict=True):
        taken, seen, samples = (int(answer[n]) for n in COUNTS)
        wanted = int(q.parameters["steps"])
        lines.append((
            f"{scene.name(q)}: ", Strong(f"{taken:,} of {wanted:,}"),
            f" steps succeeded; {counted(seen, 'sample')} of {counted(samples, 'activation')},"
            f" {number(seen / max(samples, 1))} passes",
        ))  # fmt: skip
    numbers = _beside(chosen, answers)
    sources = [Source(q, {"variables": list(COUNTS)}) for q in chosen]
    return Drawn(Sentence([[line] for line in lines]), numbers, sources)


def _beside(chosen: Sequence[QuestionInfo], answers: Sequence[xr.Dataset]) -> xr.Dataset:
    named = [
        answer.assign_coords(
            {"dictionary": q.key, **{dim: np.arange(size) for dim, size in answer.sizes.items()}}
        )
        for q, answer in zip(chosen, answers, strict=True)
    ]
    return xr.concat(named, "dictionary", join="outer")


def _draw(titles: Mapping[str, str], names: Iterable[str]) -> Draw:
    """How numbers of the logs are drawn in cells with titles."""
    variables = tuple(dict.fromkeys(("log_step", *names)))

    def drawn(scene: Scene, fields: Fields) -> Drawn:
        chosen = _chosen(scene)
        answers = [reading.dataset(scene.store, q, (0,), variables) for q in chosen]
        logs = [
            figures.log(a, html.escape(scene.name(q)), q.parameters["orthogonality"])
            for q, a in zip(chosen, answers, strict=True)
        ]
        ink, after = fields.look.ink, scene.dictionary.parameters["dead_after"]
        thinned = max(logged.every for logged in logs)
        notes = [f"one in {counted(thinned, 'entry', 'entries')} is drawn"] if thinned > 1 else []
        notes += (
            [f"dead: not active for {counted(after, 'step')}"] if "log_dead_share" in titles else []
        )
        notes += ["dotted: the second dictionary"] if len(chosen) > 1 else []
        return Drawn(
            figures.figure(logs, (ink.accent, colours.SECOND), ink.muted, titles),
            _beside(chosen, answers),
            [Source(q, {"variables": list(variables)}) for q in chosen],
            " · ".join(notes),
        )

    return drawn


SPREADS = [f"{name}_sd" for name in sorted(figures.BANDS)]

draw_penalty = _draw(figures.PENALTY, (*figures.PARTS, *figures.PENALTY, *SPREADS))
draw_course = _draw(figures.COURSE, figures.COURSE)
