"""What can be read, further: in numbers, by level, by training problems, on harder ones, fits."""

from urllib.parse import urlencode

import numpy as np
import xarray as xr

from app.components.said import Custom, Picked
from app.probes import cells, data_set
from app.probes.cells import Cell
from app.probes.figures import read_lines
from app.probes.read_panels import CONTROL_INPUTS, SHOWN, parts, verdict_words
from app.probes.rivals import codes_against_raw
from app.probes.scene import READ, Scene
from app.probes.spelled import spelled
from app.shared.address import address as links
from app.shared.address.address import Address
from app.shared.address.fields import Unusable, problem_set
from app.shared.asks import probing
from app.shared.drawing.levels import LEVEL_ORDER, Column, Linked, Row, Table
from app.shared.drawing.names import input_name, property_name
from app.shared.page.contract import Drawn, Fields, Missing, Outcome
from ired_interp_core import tasks
from ired_interp_core.probing.names import INPUTS
from ired_interp_core.spelling import counted, number

MOST_POINTS = 2000
CLASSES = ("class_auroc", "class_low", "class_high")
CLASS = Column("AUROC", "of logistic probes for whether the property lies above its median")
COLUMNS = (
    Column("input", "what it is read from"),
    Column("R²", "on problems that the probe has not seen, with its interval over problems"),
    Column("gain", "over the best control, paired over the same problems"),
    Column("selectivity", "score less that on a control task"),
    Column("bits saved", "against the sequential constant predictor, per problem"),
    Column("train − test", "difference of the scores"),
    Column("verdict", "of the cell", align="left"),
    Column(
        "in Landscape",
        "opens the probe's direction there, as a plane and to steer along it;"
        " x, (x, ỹ) and codes have no direction of the answer",
        align="left",
    ),
)


def draw_numbers(scene: Scene, fields: Fields) -> Outcome:
    """The chosen property and level from every input, in numbers."""
    found = scene.cells
    cell = found.chosen(fields)
    rows = []
    for name in found.inputs:
        one = Cell(cell.property, name, cell.level)
        n = {v: found.number(one, v) for v in SHOWN}
        controls = name in CONTROL_INPUTS
        saved = (n["bits_constant"] - n["bits"]) / max(n["probed_count"], 1)
        absent = not np.isfinite(n["score"]) and found.verdict(one) == "not_decided"
        verdict = "–" if absent else verdict_words(int(n["verdict"]))
        texts = [
            spelled(*parts(found, one, "score")),
            "–" if controls else spelled(*parts(found, one, "gain")),
            number(n["selectivity"], ".2f"), number(saved, ".2f"),
            number(n["train_score"] - n["score"], ".2f"), verdict,
            Linked(name, "") if name in probing.SITES and not absent else "–",
        ]  # fmt: skip
        if CLASSES[0] in found.answer:
            auroc, low, high = (found.number(one, v) for v in CLASSES)
            texts.append(spelled(auroc, low, high))
        rows.append(Row(input_name(name), "", texts, name, name == cell.input))
    rival = codes_against_raw(scene, found, cell)
    if rival is not None:
        words = (
            "difference of R², paired by problem; the raw input is chosen by its validation score"
        )
        told = [spelled(rival.value, rival.low, rival.high)]
        rows.append(Row(rival.name, words, told + ["–"] * (len(rows[0].cells) - 1)))
    columns = COLUMNS if CLASSES[0] not in found.answer else (*COLUMNS, CLASS)
    table = Table(columns, rows, _opened(scene, cell))
    names = [v for v in (*SHOWN, *CLASSES, "class_control") if v in found.answer]
    numbers = found.answer[names].sel(property=cell.property, level=cell.level)
    if rival is not None:
        words = f"R² of codes − R² of {input_name(rival.raw)}, chosen by validation score"
        for end in ("", "low", "high"):
            value = getattr(rival, end or "value")
            told = {"long_name": f"{words}{', ' if end else ''}{end}", "units": "1"}
            numbers = numbers.assign({f"codes_raw{'_' if end else ''}{end}": ((), value, told)})
    note = f"{property_name(cell.property)}, t = {cell.level}"
    return Drawn(table, numbers, scene.sources(READ, *names), note)


def _opened(scene: Scene, cell: Cell) -> str:
    """Beginning of the addresses of a cell's probes in Landscape, up to their input."""
    values = {name: field.default for name, field in links.VIEWS["landscape"].items()}
    subject = {"model": scene.subject.model, "set": scene.subject.set, "level": cell.level}
    query = Address("landscape", {**values, **subject}).query()
    probe = probing.spelled(cell.property, cell.level, "")
    query = {name: text for name, text in query.items() if name != "probe"} | {"probe": probe}
    return f"{links.PATHS['landscape'].lstrip('/')}?{urlencode(query, doseq=True, safe='~')}"


def chose_input(address: Address, point: Picked) -> dict[str, str] | None:
    """A row of the numbers was clicked."""
    name = point.custom[0] if point.custom else None
    return {"input": str(name)} if name in INPUTS else None


def draw_levels(scene: Scene, fields: Fields) -> Outcome:
    """Scores of the chosen property by level."""
    found = scene.cells
    cell = found.chosen(fields)
    names = [n for n in found.inputs if n not in CONTROL_INPUTS]
    order = list(LEVEL_ORDER)
    part = found.answer[["score", "score_spread", "gain"]].sel(property=cell.property, level=order)
    part = part.sel(input=names).assign(control=part["score"] - part["gain"])
    lines = []
    for n in names:
        one = part.sel(input=n)
        score, spread, control = (
            one[v].values.astype("f8") for v in ("score", "score_spread", "control")
        )
        links = [[cell.property, n, t] for t in order]
        lines.append(read_lines.Line(n, input_name(n), score, spread, control, links))
    part["control"].attrs.update(long_name="score of the best control", units="1")
    figure = read_lines.levels(lines, cell.level, fields.look.template)
    return Drawn(figure, part, scene.sources(READ, "score", "score_spread", "gain"),
                 property_name(cell.property))  # fmt: skip


def draw_learning(scene: Scene, fields: Fields) -> Outcome:
    """Scores of the chosen cell against the number of training problems."""
    found = scene.cells
    cell = found.chosen(fields)
    names = ("learning_score", "learning_train", "learning_control")
    one = found.of(cell, *names).assign(learning_size=found.answer["learning_size"])
    size = one["learning_size"].values.astype("f8")
    test, train, control = (one[n].values.astype("f8") for n in names)
    if not np.isfinite(test).any():
        return Missing(f"There is no learning curve of {cell.title}.")
    figure = read_lines.learning(size, test, train, control, fields.look.template)
    return Drawn(figure, one, scene.sources(READ, "learning_size", *names), cell.title)


def draw_transfer(scene: Scene, fields: Fields) -> Outcome:
    """The same probes on harder problems."""
    found = scene.cells
    cell = found.chosen(fields)
    names = ("score", "gain", "harder_score", "harder_low", "harder_high", "harder_control")
    part = found.answer[list(names)].sel(property=cell.property, level=cell.level)
    if not np.isfinite(part["harder_score"]).any():
        return Missing(
            f"{property_name(cell.property)} was not read on harder problems. A sweep does it with"
            " inputs.harder = {} and inputs.harder_properties = {}."
        )
    rows = {}
    for name in found.inputs:
        n = {v: float(part[v].sel(input=name)) for v in names}
        rows[input_name(name)] = (
            n["score"], n["harder_score"], n["harder_low"], n["harder_high"],
            n["score"] - n["gain"], n["harder_control"],
        )  # fmt: skip
    figure = read_lines.transfer(rows, fields.look.template)
    note = f"{property_name(cell.property)}, t = {cell.level}"
    return Drawn(figure, part, scene.sources(READ, *names), note)


def draw_fit(scene: Scene, fields: Fields) -> Outcome:
    """Predicted against true value of the chosen cell, on unseen problems."""
    found, question = scene.cells, scene.asked[READ]
    cell = found.chosen(fields)
    answer = cells.one(scene.store, question, ("true", "predicted"))
    pair = answer.sel(cell.at).drop_vars(["property", "input", "level"], errors="ignore")
    known = np.isfinite(pair["true"].values) & np.isfinite(pair["predicted"].values)
    if not known.any():
        return Missing(f"{cell.title} has no predictions.")
    pair = pair.isel(measured=np.flatnonzero(known))
    few = pair.isel(measured=slice(MOST_POINTS))
    unit = tasks.PROPERTIES[cell.property].unit if cell.property in tasks.PROPERTIES else "1"
    label = property_name(cell.property)
    links = [[int(i), scene.set(READ)] for i in few["measured"].values]
    figure = read_lines.fit(
        few["true"].values, few["predicted"].values, links, label, unit,
        fields.look.template,
    )  # fmt: skip
    t, p = pair["true"].values.astype("f8"), pair["predicted"].values.astype("f8")
    slope = np.polyfit(t, p, 1)[0] if np.ptp(t) > 0 else np.nan
    score = spelled(*parts(found, cell, "score"))
    drawn = "" if len(t) <= MOST_POINTS else f" · {MOST_POINTS:,} of {len(t):,} drawn"
    note = f"R² {score} · slope {number(slope, '.2f')} · {counted(len(t), 'problem')}{drawn}"

    def told() -> xr.Dataset:
        folds = cells.one(scene.store, question, ("fold",))["fold"].isel(split=0)
        return pair.assign(fold=folds.sel(measured=pair["measured"]))

    features = data_set.more(scene.store, question, told, cell.input, cell.level)
    return Drawn(figure, pair, scene.sources(READ, "true", "predicted"), note, more=features)


def to_landscape(address: Address, point: Picked) -> Address | None:
    """A problem was clicked: its landscape at the level of the cell."""
    return problem_of(address, point.custom)


def problem_of(address: Address, told: Custom) -> Address | None:
    """The landscape of a problem, told as its index and the set that it belongs to."""
    if len(told) < 2 or not isinstance(told[0], int | float) or told[0] < 0:
        return None
    try:
        return address.carry("landscape", problem=int(told[0]), set=problem_set(str(told[1])))
    except Unusable:
        return None
