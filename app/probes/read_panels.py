"""What can be read: the sentence, the map, one property beside its controls, and its use."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.probes.cells import (
    CONTROL_LETTERS,
    CONTROL_TITLES,
    WORDS,
    Cell,
    Cells,
)
from app.probes.figures import read_map, read_why
from app.probes.scene import READ, Scene
from app.probes.spelled import spelled
from app.shared.address.address import Address
from app.shared.asks import commands
from app.shared.drawing import colours
from app.shared.drawing.levels import LEVEL_ORDER, Chip, Line, Sentence, Strong
from app.shared.drawing.names import input_name, property_name
from app.shared.page.contract import Drawn, Fields, Missing, Outcome
from ired_interp_core.probing.names import CONTROLS, INPUTS, VERDICTS
from ired_interp_core.spelling import counted, number

CONTROL_INPUTS = ("x", "xy")


def parts(found: Cells, cell: Cell, name: str) -> tuple[float, float, float]:
    """A number of a cell with the ends of its interval."""
    return tuple(found.number(cell, f"{name}{e}") for e in ("", "_low", "_high"))


def picked(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A cell was clicked."""
    told = point.custom[:3]
    if len(told) < 3 or told[1] not in INPUTS or not isinstance(told[2], int | float):
        return None
    return {"property": str(told[0]), "input": str(told[1]), "level": int(told[2])}


# ----- the sentence


def headline(scene: Scene, fields: Fields) -> Outcome:
    """Which property can be read where, beyond what the input gives away."""
    found, question = scene.cells, scene.asked[READ]
    cell, p = found.surest(), question.parameters
    n = {name: found.total(name) for name in
         ("cells", "cells_decodable", "shuffled_cells_pass", "cells_used", "cells_not_used",
          "cells_use_not_tested", "probed_count")}  # fmt: skip
    score, gain = parts(found, cell, "score"), parts(found, cell, "gain")
    control = CONTROL_TITLES.get(found.best_control(cell), "none")
    if n["cells_decodable"]:
        first: Line = (
            f"{_start(found, cell)} is read with R² ", Strong(spelled(*score)),
            f"; its best control, {control}, reaches {number(score[0] - gain[0], '.2f')}. ",
            Strong(f"{n['cells_decodable']} of {counted(n['cells'], 'cell')}"),
            f" clear their controls; with shuffled targets {n['shuffled_cells_pass']} do.",
        )  # fmt: skip
    else:
        first = (
            f"No layer gives any of {len(found.properties)} properties better than its best"
            f" control by δ = {p['delta']:g} ({counted(n['cells'], 'cell')},"
            f" {counted(n['probed_count'], 'problem')}). Largest gain ",
            Strong(spelled(*gain)), f": {cell.title}.{scene.elsewhere(READ)}",
        )  # fmt: skip
    open_ = n["cells_decodable"] - sum(n[f"cells_{v}"] for v in ("used", "not_used",
                                                                 "use_not_tested"))  # fmt: skip
    second: Line = (
        f"Of the cells that clear, {n['cells_used']} are used by the sampler and"
        f" {n['cells_not_used']} are not; of {n['cells_use_not_tested']} the use was not tested, of"
        f" {open_} it is not decided. Over problems, one training.{scene.elsewhere(READ)}",
    )  # fmt: skip
    chip = (Chip("read beyond controls", "holds") if n["cells_decodable"]
            else Chip("nothing beyond controls", "not"))  # fmt: skip
    names = ("score", "score_low", "score_high", "gain", "gain_low", "gain_high")
    numbers = found.of(cell, *names).assign({k: found.answer[k] for k in n})
    lines = [[first], [second]] if n["cells_decodable"] else [[first]]
    return Drawn(Sentence(lines, [chip]), numbers, scene.sources(READ))


def _start(found: Cells, cell: Cell) -> str:
    where = "" if cell.input == "x" else f" at t = {cell.level}"
    return f"From {input_name(cell.input)}{where}, {property_name(cell.property)}"


# ----- the map


def draw_map(scene: Scene, fields: Fields) -> Outcome:
    """Every property from every input at every level."""
    found, fill = scene.cells, fields["fill"]
    rows = found.order(fields["ranked"])
    cell = found.chosen(fields)
    ordered = found.answer.sel(property=rows, level=list(LEVEL_ORDER))
    verdicts = Cells(ordered).verdicts()
    facets, at = [], (-1, -1, -1)
    for place, name in enumerate(found.inputs):
        control = name in CONTROL_INPUTS
        levels = LEVEL_ORDER[-1:] if name == "x" else LEVEL_ORDER
        part = ordered.sel(input=name, level=list(levels))
        filled = part["score" if control or fill == "score" else "gain"]
        filled = filled.transpose("property", "level").values
        mine = verdicts[:, _position(ordered, name), -len(levels) :]
        links = [[[r, name, int(t)] for t in levels] for r in rows]
        told = [[_told(found, Cell(r, name, int(t))) for t in levels] for r in rows]
        given = mine == "given_by_level"
        filled = np.where(np.isfinite(filled) & ~given, np.clip(filled, 0.0, 1.0), np.nan)
        facets.append(
            read_map.Facet(
                input_name(name),
                [int(t) for t in levels],
                filled,
                mine,
                np.array(told, dtype=object),
                links,
                control,
            )
        )
        if name == cell.input:
            at = (place, rows.index(cell.property), levels.index(cell.level)
                  if cell.level in levels else 0)  # fmt: skip
    least = scene.asked[READ].parameters["delta"]
    clear = found.gain_low().max(("input", "level")).sel(property=rows).values > least
    beating = int(clear.sum()) if fields["ranked"] == "gain" else -1
    look = fields.look
    figure = read_map.figure(
        facets, [property_name(r) for r in rows], _said(verdicts), beating, at,
        "R²" if fill == "score" else "gain", colours.GAIN[look.ground], look.ground, look.ink.text,
        look.template,
    )  # fmt: skip
    names = ("score", "score_low", "score_high", "gain", "gain_low", "gain_high", "verdict",
             "best_control")  # fmt: skip
    numbers = ordered[[*names, "control_score"]]
    note = (f"{found.total('cells_decodable')} of {found.total('cells')} cells clear their"
            f" controls, {found.total('shuffled_cells_pass')} with shuffled targets")  # fmt: skip
    return Drawn(figure, numbers, scene.sources(READ, *names), note)


def _said(verdicts: np.ndarray) -> list[str]:
    """What stands in a row that has no cells: that there is nothing to read, or that t gives it."""
    words = ("constant", "given_by_level")
    return [next((WORDS[w] for w in words if w in row), "") for row in verdicts]


def _position(answer: xr.Dataset, name: str) -> int:
    return [str(i) for i in answer["input"].values].index(name)


def _told(found: Cells, cell: Cell) -> str:
    """The tooltip of a cell."""
    score = parts(found, cell, "score")
    lines = [cell.title, f"R² {spelled(*score)}"]
    verdict = found.verdict(cell)
    if verdict == "constant":
        return f"{cell.title}<br>constant: nothing to read"
    if cell.input not in CONTROL_INPUTS:
        gain, best = parts(found, cell, "gain"), found.best_control(cell)
        reached = number(score[0] - gain[0], ".2f")
        lines += [f"best control, {CONTROL_TITLES.get(best, 'none')}: {reached}",
                  f"gain {spelled(*gain)}", WORDS[verdict]]  # fmt: skip
    return "<br>".join([*lines, "click: why"])


# ----- why


def _rows(found: Cells, cell: Cell) -> list[Cell]:
    """The same property and level from every input."""
    return [Cell(cell.property, name, cell.level) for name in found.inputs]


def _controls(found: Cells, cell: Cell) -> dict[str, float]:
    scores = found.answer["control_score"].sel(cell.at)
    there = {c: float(scores.sel(control=c)) for c in CONTROLS if c in scores["control"].values}
    return {CONTROL_LETTERS[c]: v for c, v in there.items() if np.isfinite(v)}


def draw_why(scene: Scene, fields: Fields) -> Outcome:
    """Scores of one property at one level, each beside its controls."""
    found = scene.cells
    cell = found.chosen(fields)
    if found.verdict(cell) == "constant":
        title = property_name(cell.property)
        return Missing(f"{title} is constant over these problems: there is nothing to read.")
    rows = [
        read_why.Bar(
            input_name(one.input), *parts(found, one, "score"),
            {} if one.input in CONTROL_INPUTS else _controls(found, one),
            CONTROL_LETTERS.get(found.best_control(one), ""), _told(found, one),
            [one.property, one.input, one.level],
        )
        for one in _rows(found, cell)
    ]  # fmt: skip
    look = fields.look
    tint = str(colours.GAIN[look.ground][2][1])
    figure = read_why.bars(rows, found.inputs.index(cell.input), tint, look.ink.text, look.template)
    return Drawn(figure, _in_numbers(found, cell), scene.sources(READ),
                 f"{property_name(cell.property)}, t = {cell.level}")  # fmt: skip


SHOWN = ("score", "score_low", "score_high", "gain", "gain_low", "gain_high", "selectivity",
         "bits", "bits_constant", "bits_uniform", "train_score", "verdict", "best_control",
         "probed_count")  # fmt: skip


def _in_numbers(found: Cells, cell: Cell) -> xr.Dataset:
    names = [n for n in (*SHOWN, "control_score", "control_low", "control_high")
             if n in found.answer]  # fmt: skip
    return found.answer[names].sel(property=cell.property, level=cell.level)


# ----- use


def draw_use(scene: Scene, fields: Fields) -> Outcome:
    """Whether the sampler uses what can be read."""
    found = scene.cells
    cell = found.chosen(fields)
    shift = tuple(found.number(cell, f"use_{e}") for e in ("shift", "low", "high"))
    verdict = found.verdict(cell)
    if not np.isfinite(shift[0]):
        asked = scene.asked[READ]
        p, clear = asked.parameters, found.total("cells_decodable")
        words = (
            f"The use of {cell.title} was not tested ({WORDS[verdict]}): it is tested of the cells"
            f" that clear their controls, at most {p['use_cells']} of them."
        )
        if verdict != "use_not_tested" or clear <= p["use_cells"]:
            return Missing(words)
        every = replace(asked, parameters={**p, "use_cells": clear})
        return Missing(f"{words} A sweep tests all {clear}.",
                       command=commands.command(scene.store, every))  # fmt: skip
    names = ("use_shift", "use_low", "use_high", "use_limit", "use_gain_low", "use_left", "score",
             "use_random")  # fmt: skip
    one = found.of(cell, *names)
    random = one["use_random"].values
    figure = read_why.use(
        shift, random[np.isfinite(random)], float(one["use_limit"]),
        (float(one["score"]), float(one["use_left"])), fields.look.ink.text, fields.look.template,
    )  # fmt: skip
    ratio = shift[0] / float(np.nanmean(random)) if np.isfinite(random).any() else np.nan
    note = f"{WORDS[verdict]} · {number(ratio, '.2g')} times the mean random direction"
    return Drawn(figure, one, scene.sources(READ, *names), note)


def verdict_words(value: int) -> str:
    """A stored verdict in words."""
    return WORDS[VERDICTS[value]] if 0 <= value < len(VERDICTS) else "–"
