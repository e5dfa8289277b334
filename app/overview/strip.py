"""The strip of a card: the model's error beside those of the trivial predictors."""

import numpy as np

from app.components.said import Picked
from app.overview import about
from app.overview.figures import strip as figures
from app.overview.headline import ratio
from app.overview.scene import Scene
from app.shared.address.address import Address
from app.shared.asks.reading import Subject
from app.shared.page.contract import Drawn, Fields, Missing, Outcome
from app.shared.table.verdict import Standing


def draw(subject: Subject, scene: Scene, fields: Fields) -> Outcome:
    """Errors over that of the best predictor, or as they are where it makes none."""
    standing = scene.standing(subject)
    if not standing.beside:
        return Missing("The trivial predictors of these problems have not been computed.")
    numbers, ink = about.labelled(standing), fields.look.ink
    relative = bool(np.isfinite(ratio(standing).value))
    every = map(scene.standing, scene.descended)
    ends = _ends([one for one in every if bool(np.isfinite(ratio(one).value)) == relative])
    figure = figures.figure(numbers, relative, ends, ink.accent, ink.text)
    said = "÷ best predictor's" if relative else "[y²]"
    return Drawn(figure, numbers, about.sources(scene, subject), f"{said}, {standing.counted}")


def _ends(there: list[Standing]) -> tuple[float, float]:
    """Smallest and largest error drawn on any card of this kind: all have the same axis."""
    found = []
    for standing in there:
        unit = standing.best.mse.value if standing.best and standing.best.mse.value > 0 else 1.0
        values = [standing.answer.value, standing.official.value]
        values += [one.mse.value for one in standing.beside]
        found += [value / unit for value in values if np.isfinite(value) and value > 0]
    return (min(found), max(found)) if found else (0.1, 10.0)


def picked(subject: Subject, address: Address, point: Picked) -> Address:
    """A click leads to the problems, those that are worst beside their predictor first."""
    return address.carry(
        "problems", model=subject.model, set=subject.set, sort="descent.excess", order="down"
    )
