"""The problems that are like the chosen one."""

from app.components.said import Picked
from app.problems.scene import Scene
from app.problems.table import numbers
from app.shared.address.address import Address
from app.shared.asks import live, reading, similar
from app.shared.drawing.levels import Column, Row, Table
from app.shared.page.contract import Drawn, Fields, Missing, Outcome, Source
from app.shared.page.frame import link
from app.shared.table import rows as table_rows
from ired_interp_core.spelling import aligned

FACTS = ("descent.mse_final", "problem_properties.log10_condition")
"""Columns that are told of similar problems."""

READS = ("level", "place", "problem")


def draw(scene: Scene, fields: Fields) -> Outcome:
    """A row for each similar problem."""
    problem = fields["problem"]
    if problem is None:
        return Missing(
            "No problem is chosen. Click a row of the table or a point of the scatter plot."
        )
    known, scope = scene.columns, scene.scope(fields)
    descent = scene.family.asked.get("descent")
    # Where nobody can ask for it, Landscape has nothing to show of a problem without a descent.
    among = None if live.offered() or descent is None else reading.problems_present(descent)
    near = similar.similar(scene.store, scope, problem, among=among)
    if near.empty:
        return Missing("There is no other problem in this set.")
    ids = [i for i in FACTS if i in known]
    facts = table_rows.page(scene.store, scope, known, ids, near["problem"].tolist())
    frame = near.merge(facts, on="problem", how="left")
    columns = [
        Column("problem"),
        Column("distance", "root mean square difference of the properties, in standard deviations"),
        *(Column(known[i].axis, known[i].help) for i in ids),
    ]
    cells = [[f"{apart:.2f}" for apart in frame["distance"]], *(aligned(frame[i]) for i in ids)]
    rows = [
        Row(str(problem), "open in Landscape", list(row), id=problem)
        for problem, *row in zip(frame["problem"].astype(int).tolist(), *cells, strict=True)
    ]
    told = numbers(frame.drop(columns="distance"), known, fields)
    told["distance"] = ("problem", frame["distance"].to_numpy(float), {"units": "1"})
    names = ("problem_properties", *(i.partition(".")[0] for i in ids))
    asked = [scene.family.asked[name] for name in dict.fromkeys(names)]
    return Drawn(Table(columns, rows), told, [Source(q) for q in asked], f"problem {problem}")


def picked(address: Address, pick: Picked) -> Address | None:
    """A click on a row opens its landscape."""
    if not pick.custom:
        return None
    return address.carry("landscape", problem=int(pick.custom[0] or 0))


def open_landscape(scene: Scene, address: Address) -> None:
    """A link from the chosen problem to its landscape."""
    if address["problem"] is not None:
        link("Open in Landscape", address.carry("landscape"), icon=":material/landscape:")
