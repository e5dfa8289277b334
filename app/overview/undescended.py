"""Models without a descent: what is known of them, and the way there."""

import xarray as xr

from app.components.said import Picked
from app.overview import words
from app.overview.scene import Scene, titled
from app.shared.address.address import Address
from app.shared.asks import reading, steps
from app.shared.asks.reading import Subject
from app.shared.drawing.levels import Column, Row, Table
from app.shared.page.contract import Drawn, Fields, Panel

COLUMNS = {"set": "problems", "model": "model and problems", "known": "what is known"}


def _known(scene: Scene, subject: Subject) -> list[tuple[str, str]]:
    """Sheets that speak of a subject, and what is there; no sheet where nothing is known."""
    measured = any(q.rows for q in reading.questions(scene.store, subject, "accuracy"))
    found = [
        ("paper", "only means were measured; see the paper's tables")
        if measured
        else ("", "its error has not been measured")
    ]
    other = steps.more(scene.store, subject)
    return [*found, ("training", other)] if other else found


def draw(scene: Scene, fields: Fields) -> Drawn:
    """Name the models without a descent."""
    rows = [
        Row(titled(subject), "", [scene.whose(subject), known], f"{sheet} {place}")
        for place, subject in enumerate(scene.undescended)
        for sheet, known in _known(scene, subject)
    ]
    texts = zip(*((row.label, *row.cells) for row in rows), strict=True)
    numbers = xr.Dataset(
        {
            name: ("row", list(column), {"long_name": COLUMNS[name], "units": ""})
            for name, column in zip(COLUMNS, texts, strict=True)
        }
    )
    return Drawn(Table([Column(text, align="left") for text in COLUMNS.values()], rows), numbers)


def picked(scene: Scene, address: Address, row: Picked) -> Address | None:
    """Where a row leads."""
    if row.head or not row.custom:
        return None
    sheet, _, place = str(row.custom[0]).partition(" ")
    if not place.isdigit() or int(place) >= len(scene.undescended):
        return None
    subject = scene.undescended[int(place)]
    if sheet == "training":
        return address.carry("annealing", model=subject.model, set=subject.set, sheet=sheet)
    if sheet == "paper":
        task = subject.problems.task
        return address.replace(sheet=sheet, task=task, weights=(subject.model,))
    return None


def panels(scene: Scene) -> list[Panel]:
    """The table; none where every model has a descent."""
    panel = Panel("undescended", "Without a descent", (), (), draw, words.UNDESCENDED,
                  on_pick=lambda address, row: picked(scene, address, row), span=24, height=0,
                  kind="table")  # fmt: skip
    return [panel] if scene.undescended else []
