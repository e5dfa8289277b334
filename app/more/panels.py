"""Default panels: an analysis' own word (lines, heatmap, matrix, table) as a panel."""

from functools import partial
from typing import Any

from app.more import numbers
from app.more.figures import defaults
from app.more.scene import Scene, block
from app.shared.asks import reading
from app.shared.drawing.levels import Column, Row, Table
from app.shared.page import asking
from app.shared.page.contract import Drawn, Fields, Missing, Outcome, Panel, Source, Words
from app.shared.table.quantities import titled
from ired_interp_core import registry, spelling
from store import QuestionInfo

MAPS = {"heatmap", "matrix"}


def panels(scene: Scene) -> list[Panel]:
    """One panel for every analysis of the scene, drawn as it declares."""
    return [panel(question) for question in scene.questions.values()]


def panel(question: QuestionInfo) -> Panel:
    """The default panel of an analysis."""
    declared = registry.get(question.analysis)
    maps, table = declared.figure in MAPS, declared.figure == "table"
    drawn = numbers.fitting(question, declared.figure)
    named = "; ".join(f"{v.label}: {v.help}" for v in drawn.values())
    return Panel(
        question.analysis,
        declared.title,
        needs=(question.analysis,),
        reads=("place", "problem") if maps else ("place",),
        draw=partial(draw, question.analysis),
        words=Words(declared.sentence, f"{declared.sentence} {named}."),
        span=12,
        height=0 if table else 120 + 100 * min(max(len(drawn), 2), 4),
        kind="table" if table else "plot",
    )


def draw(analysis: str, scene: Scene, fields: Fields) -> Outcome:
    """The default panel of an analysis, as it declares."""
    question = scene.questions[analysis]
    figure = registry.get(analysis).figure
    if not numbers.fitting(question, figure):
        return numbers.nothing(question, figure)
    kinds = {"lines": _lines, "heatmap": _map, "matrix": _map, "table": _table}
    return kinds[figure](scene, question, fields)


def _note(question: QuestionInfo) -> str:
    if not block(question):
        return question.title
    shown, there = len(numbers.problems_of(question)), question.rows
    many = (
        spelling.counted(there, "problem")
        if shown == there
        else f"the first {shown:,} of {spelling.counted(there, 'problem')}"
    )
    return f"{many} · {question.title}"


def _lines(scene: Scene, question: QuestionInfo, fields: Fields) -> Drawn:
    wanted = numbers.fitting(question, "lines")
    dim = numbers.along(next(iter(wanted.values())))
    wanted = {n: v for n, v in wanted.items() if numbers.along(v) == dim}
    answer = numbers.read(scene, question, list(wanted))
    found = dict(list(numbers.rows(answer, wanted, fields["place"]).items())[: numbers.MOST_LABELS])
    titles = {
        name: titled(" ".join([wanted[base].label, *rest]), wanted[base].unit)
        for name in found
        for base, *rest in [name.split(" ", 1)]
    }
    return Drawn(
        defaults.lines(found, titles, dim),
        numbers.exported(found, wanted),
        [Source(question, {"variables": list(wanted)})],
        _note(question),
    )


def _map(scene: Scene, question: QuestionInfo, fields: Fields) -> Outcome:
    figure = registry.get(question.analysis).figure
    name, variable = next(iter(numbers.fitting(question, figure).items()))
    source: dict[str, list[Any]] = {"variables": [name]}
    chosen = fields["problem"] if block(question) else None
    if chosen is not None:
        if chosen not in reading.problems_present(question):
            wanted = asking.same(question, scene.subject, chosen)
            return Missing(f"Problem {chosen} has no answer yet.", compute=wanted)
        source["problems"] = [chosen]
    array = numbers.placed(numbers.read(scene, question, [name], chosen)[name], fields["place"])
    array = array.isel(problem=0, drop=True) if "problem" in array.dims else array
    keep = {"row", "col", "level"} if figure == "matrix" else set(array.dims[-2:])
    others = [d for d in array.dims if d not in keep]
    array = array.isel(dict.fromkeys(others, 0), drop=True)
    first = ", ".join(f"{d} 0" for d in others)
    about = question.title if chosen is None else f"problem {chosen}"
    drawn = defaults.matrix if figure == "matrix" else defaults.heat_map
    return Drawn(
        drawn(array, variable.unit, variable.span, fields.look.ground),
        numbers.exported({name: array}, {name: variable}),
        [Source(question, source)],
        " · ".join(filter(None, (variable.label, about, first))),
    )


def _table(scene: Scene, question: QuestionInfo, fields: Fields) -> Drawn:
    wanted = numbers.fitting(question, "table")
    answer = numbers.read(scene, question, list(wanted))
    shares = [f"{100 * q:g} %" for q in numbers.QUANTILES] if block(question) else ["value"]
    rows, kept = [], {}
    for name, variable in wanted.items():
        last = answer[name].sel(level=0, drop=True) if "level" in variable.dims else answer[name]
        array = numbers.summary(last, fields["place"])
        if set(array.dims) - {"quantile"}:  # a table shows what has no further labels
            continue
        kept[name] = array
        cells = [spelling.number(v, ".4g") for v in array.values.ravel()]
        rows.append(Row(titled(variable.label, variable.unit), variable.help, cells))
    if not rows:
        return numbers.nothing(question, "table")
    return Drawn(
        Table([Column("number", align="left"), *(Column(s) for s in shares)], rows),
        numbers.exported(kept, wanted),
        [Source(question, {"variables": list(kept)})],
        _note(question),
    )
