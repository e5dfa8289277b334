"""The scatter of the view Problems: two scalars, coloured by a third; it narrows the table."""

from app.problems.scene import Scene
from app.problems.table import analyses, numbers
from app.shared.asks import commands
from app.shared.drawing import scales
from app.shared.drawing import scatter as figures
from app.shared.page.contract import Drawn, Fields, Missing, Outcome, Source
from app.shared.table import rows as table_rows
from app.shared.table import statements
from app.shared.table import words as column_words
from app.shared.table.rows import Rows
from ired_interp_core.spelling import counted

MOST_POINTS = 100_000
"""Points of a scatter; WebGL in a browser draws no more with comfort."""

READS = ("level", "place", "filter", "x", "y", "colour", "problem")


def draw(scene: Scene, fields: Fields) -> Outcome:
    """Draw the problems over any two scalars."""
    store, scope, known = scene.store, scene.scope(fields), scene.columns
    ids = list(dict.fromkeys(fields[n] for n in ("x", "y", "colour")))
    wanted = [i for i in ids if i != "problem"]
    points = table_rows.points(store, scope, known, ids, Rows(fields["filter"]), MOST_POINTS)
    if points.empty:
        return Missing("No problem passes these filters.")
    across, up, tint = (
        figures.Axis(column_words.axis(known[fields[n]], fields), points[fields[n]].to_numpy(float))
        for n in ("x", "y", "colour")
    )
    look, colour = fields.look, known[fields["colour"]]
    figure = figures.scatter(
        points["problem"].to_numpy(),
        across,
        up,
        tint,
        scales.scale(colour.unit, colour.span, tint.values, look.ground),
        fields["problem"],
        known[fields["x"]].unit == known[fields["y"]].unit != "1",
        look.template,
        look.ink.text,
        look.ink.muted,
    )
    count, whole = len(points), scene.total(fields)
    part = f", the first {count:,} of {whole:,}" if count < whole else ""
    statement = statements.select(scope, known, wanted, fields["filter"], limit=MOST_POINTS)
    return Drawn(
        figure,
        numbers(points.loc[:, ~points.columns.duplicated()], known, fields),
        [Source(scene.family.asked[name]) for name in analyses(known, wanted)],
        f"{counted(count, 'problem')}{part}",
        caption=f"One problem per point. {column_words.measured(fields)} Drag to filter the"
        " table. Dashed: equal values.",
        python=commands.python_sql(store, *statement),
    )
