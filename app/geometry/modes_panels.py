"""Modes: order of arrival, alignment of the score, structure, eigenbasis; and their sentence."""

import numpy as np
import xarray as xr

from app.geometry import over
from app.geometry.answers import chip, told
from app.geometry.compared import ONE_A_SET, Compared, compared, several
from app.geometry.figures import arrival, by_level, eigen, structure
from app.geometry.figures.by_level import Line, Null
from app.geometry.figures.structure import Part
from app.geometry.modes import EIGEN, ORDER, SCORE, STRUCTURE, Modes, effective_rank
from app.geometry.scene import GEOMETRY, Scene
from app.geometry.subspaces_panels import WALK, levelled, said, spread
from app.geometry.words import CLOSE, between
from app.shared.drawing import colours
from app.shared.drawing.levels import Line as Words
from app.shared.drawing.levels import Sentence, Strong
from app.shared.page.contract import Drawn, Fields, Missing, Outcome
from ired_interp_core.schema import LEVELS
from ired_interp_core.spelling import counted, number

NONE = Missing("Spearman(s, arrival) is not known of any problem: all directions arrive together.")
BESIDE = {"predictor": "predictor_order", "Gaussian ideal": "arrival_order_ideal"}


def modes(scene: Scene, *names: str) -> Modes:
    """Some variables of all problems."""
    return Modes(scene.read(GEOMETRY, *names))


def headline(scene: Scene, fields: Fields) -> Outcome:
    """In which order the answer arrives, and how the gradient is aligned."""
    inverse = scene.subject.problems.task == "inverse"
    names = (*ORDER, *SCORE, *(EIGEN if inverse else ()))
    of, random = modes(scene, *names), 1 / scene.subject.problems.size
    whole = {name: of.order(name) for name in ("arrival_order", "settled_order", *BESIDE.values(),
                                               "arrival_order_shuffled")}  # fmt: skip
    value = {name: number(m.value[0], ".2f") for name, m in whole.items()}
    ends = {name: between(m.low[0], m.high[0]) for name, m in whole.items()}
    first: Words = (
        "Spearman(s, arrival) is ", Strong(value["arrival_order"] + ends["arrival_order"]),
        f"; {number(100 * of.early, '.3g')} % of arrivals are at t = 9 or 8, in noise; until"
        " settled ", Strong(value["settled_order"] + ends["settled_order"]),
        f"; nearest predictor {value['predictor_order']}, Gaussian ideal"
        f" {value['arrival_order_ideal']}, shuffled {value['arrival_order_shuffled']}. ",
    )  # fmt: skip
    second: list[Words] = []
    for t in WALK:
        truth, error = of.score["truth"], of.score["error"]
        line = (f"t = {t}: the gradient's singular vectors are aligned with the error's by"
                f" {number(error.value[t], '.2f')}{between(error.low[t], error.high[t])}, with the"
                f" truth's by {number(truth.value[t], '.2f')}"
                f"{between(truth.low[t], truth.high[t])}, random {number(random)}. ")  # fmt: skip
        if inverse and np.isfinite(of.off.value[t]):
            line += (
                f"Off the diagonal of QᵀŶQ lie {number(100 * of.off.value[t], '.3g')} %, in a"
                f" random basis {number(100 * of.off_random.value[t], '.3g')} %; beyond a line,"
                f" 1/λ explains {number(of.beyond.value[t], '.2f')} of it, by chance"
                f" {number(of.chance, '.2f')}. "
            )
        second.append((line + CLOSE,))
    verdicts = {"S2": of.coarse_to_fine, "S3": of.aligned(random)}
    data = {
        **spread("with_error", of.score["error"], "mean cos² with the error's vectors", "1"),
        **spread("with_truth", of.score["truth"], "mean cos² with the truth's vectors", "1"),
        "random": ("level", np.full(LEVELS, random), said("of random matrices")),
    }
    if inverse:
        verdicts["4.7"] = of.in_eigenbasis
        data |= {
            **spread("off_diagonal", of.off, "share off the diagonal of QᵀŶQ", "1"),
            "off_diagonal_random": ("level", of.off_random.value, said("in a random basis")),
            **spread("beyond_line", of.beyond, "R² of 1/λ beyond a line in λ", "1"),
            "beyond_line_chance": ((), of.chance, said("what a random column would explain")),
        }
    words = {f"hypothesis_{name}": told(one) for name, one in verdicts.items()}
    words |= {f"{name}{end}": float(getattr(m, part)[0]) for name, m in whole.items()
             for end, part in (("", "value"), ("_low", "low"), ("_high", "high"))}  # fmt: skip
    words["early_arrivals"] = of.early
    chips = [chip(name, word) for name, word in verdicts.items()]
    return Drawn(Sentence([[first], second], chips), levelled(data).assign_attrs(words),
                 scene.sources(GEOMETRY, *names))  # fmt: skip


def draw_arrival(scene: Scene, fields: Fields) -> Outcome:
    """How much of each direction is present, by level."""
    names = ("present", "present_predictor", "settled", "truth_singular")
    of, look = modes(scene, *names), fields.look
    if not np.isfinite(of.present).any():
        return Missing("No truth of these problems is known: no direction can arrive.")
    singular = np.median(of.found["truth_singular"].values, axis=0)
    figure = arrival.arrival(
        of.present,
        of.predictor,
        of.settled,
        singular,
        colours.GAIN[look.ground],
        look.ink.raised,
        look.ink.text,
    )
    numbers = levelled(
        {
            "present": (("level", "direction"), of.present, said("share a, median over problems")),
            "predictor": ("direction", of.predictor, said("share a of the nearest predictor")),
            "settled": ("direction", of.settled, said("level from which on it stays, median")),
            "singular": ("direction", singular, said("singular value of y*, median", "y")),
        },
        direction=np.arange(1, len(singular) + 1),
    )  # fmt: skip
    return Drawn(figure, numbers, scene.sources(GEOMETRY, *names),
                 f"median over {counted(of.found.sizes['problem'], 'problem')}")  # fmt: skip


def draw_order(scene: Scene, fields: Fields) -> Outcome:
    """Spearman(s, arrival) of every problem."""
    of, ink = modes(scene, *ORDER), fields.look.ink
    values = of.found["arrival_order"].values
    if not np.isfinite(values).any():
        return NONE
    shuffled = of.found["arrival_order_shuffled"].values
    lines = {"until settled": "settled_order", **BESIDE}
    means = {name: float(of.order(column).value[0]) for name, column in lines.items()}
    figure = arrival.order(values, shuffled, means, colours.FIRST, ink.text)
    one = of.order("arrival_order")
    numbers = xr.Dataset(
        {name: ("problem", of.found[name].values, said(name.replace("_", " ")))
         for name in ("arrival_order", "settled_order", "arrival_order_shuffled",
                      *BESIDE.values())},
        {"problem": of.found["problem"].values},
    )  # fmt: skip
    note = f"mean {number(one.value[0], '.2f')}{between(one.low[0], one.high[0])} of"
    return Drawn(figure, numbers, scene.sources(GEOMETRY, *ORDER),
                 f"{note} {counted(int(one.count[0]), 'problem')}")  # fmt: skip


def draw_score(scene: Scene, fields: Fields) -> Outcome:
    """Alignment of the gradient's singular vectors, by level."""
    of, random = modes(scene, *SCORE), 1 / scene.subject.problems.size
    if several(scene):
        return _scores(scene, random)
    lines = [Line("with the error", of.score["error"], colours.IDEAL, symbol="diamond"),
             Line("with y*", of.score["truth"], colours.PLACES["truth"])]  # fmt: skip
    top = max(float(np.nanmax([m.upper for m in of.score.values()], initial=random)), random)
    figure = by_level.figure(lines, [Null("random", np.full(LEVELS, random))], "mean cos²",
                             span=(0, min(1.02, 1.1 * top)))  # fmt: skip
    numbers = levelled({
        **spread("error", of.score["error"], "mean cos² with the error's vectors", "1"),
        **spread("truth", of.score["truth"], "mean cos² with the truth's vectors", "1"),
        "random": ("level", np.full(LEVELS, random), said("of random matrices")),
    })  # fmt: skip
    return Drawn(figure, numbers, scene.sources(GEOMETRY, *SCORE), f"k = {scene.k}")


def _scores(scene: Scene, random: float) -> Outcome:
    """Alignment with the error's vectors, of sets side by side."""
    of = compared(scene, GEOMETRY, SCORE, lambda found: Modes(found).alignment("error"))
    top = max(random, *(float(np.nanmax(g.middle.value, initial=random)) for g in of.groups))
    figure = by_level.figure(
        [g.line() for g in of.groups], [Null("random", np.full(LEVELS, random))],
        "mean cos² with the error's", span=(0, min(1.02, 1.1 * top)),
    )  # fmt: skip
    numbers = of.numbers("error", "mean cos² with the error's vectors", "1")
    return Drawn(figure, numbers.assign(random=((), random, said("of random matrices"))),
                 of.sources, of.notes,
                 caption=f"Gradient against error. {ONE_A_SET} Grey: random.")  # fmt: skip


QUANTITIES = {
    "effective_rank": ("effective rank", "1"), "nuclear_norm": ("nuclear norm", "y"),
    "symmetric_share": ("symmetric share", "1"),
}  # fmt: skip
"""Of the structure of an answer, and their units."""


def _truths(found: xr.Dataset) -> dict[str, float]:
    """Medians of the truth's own structure."""
    values = {
        "effective_rank": effective_rank(found["truth_singular"].values),
        "nuclear_norm": found["truth_nuclear_norm"].values,
        "symmetric_share": found["truth_symmetric_share"].values,
    }
    return {name: float(np.nanmedian(v)) if np.isfinite(v).any() else np.nan
            for name, v in values.items()}  # fmt: skip


def draw_structure(scene: Scene, fields: Fields) -> Outcome:
    """Effective rank, nuclear norm and symmetric share of the answer, by level."""
    if several(scene):
        return _structures(scene)
    of = modes(scene, *STRUCTURE)
    own = _truths(of.found)
    middles = {name: over.middle(of.by_level(name)) for name in QUANTITIES}
    figure = structure.figure(
        [Part(f"{words} [{unit}]", [Line("answer", middles[name], colours.PLACES["answer"])],
              [own[name]]) for name, (words, unit) in QUANTITIES.items()],
    )  # fmt: skip
    data = {}
    for name, (words, unit) in QUANTITIES.items():
        data |= spread(name, middles[name], words, unit)
        data[f"{name}_truth"] = ((), own[name], said(f"{words} of the truth, median", unit))
    note = f"effective rank {number(middles['effective_rank'].value[0])}, truth"
    return Drawn(figure, levelled(data), scene.sources(GEOMETRY, *STRUCTURE),
                 f"t = 0: {note} {number(own['effective_rank'])}")  # fmt: skip


def _structures(scene: Scene) -> Outcome:
    """The same of sets side by side; the note has the slope of the effective rank."""
    truths: dict[str, list[float]] = {name: [] for name in QUANTITIES}

    def first(found: xr.Dataset) -> np.ndarray:
        for name, value in _truths(found).items():
            truths[name].append(value)
        return Modes(found).by_level("effective_rank")

    def other(name: str) -> Compared:
        return compared(scene, GEOMETRY, (name,), lambda found: Modes(found).by_level(name))

    ranks = compared(scene, GEOMETRY, STRUCTURE, first)
    each = {"effective_rank": ranks, **{n: other(n) for n in QUANTITIES if n != "effective_rank"}}
    figure = structure.figure([
        Part(f"{words} [{unit}]", [g.line() for g in each[name].groups], truths[name])
        for name, (words, unit) in QUANTITIES.items()
    ])  # fmt: skip
    parts = []
    for name, (words, unit) in QUANTITIES.items():
        one = each[name].numbers(name, words, unit)
        own = ("set", truths[name], said(f"{words} of the truth, median", unit))
        named = {n: f"{name}_{n}" for n in one.data_vars if str(n).startswith("slope_")}
        parts.append(one.rename(named).assign({f"{name}_truth": own}))
    notes = [note.replace("slope", "effective rank: slope", 1) for note in ranks.notes]
    return Drawn(figure, xr.merge(parts), ranks.sources, notes,
                 caption=f"{ONE_A_SET} Dashed: the truth's own median.")  # fmt: skip


def draw_eigen(scene: Scene, fields: Fields) -> Outcome:
    """The answer in the eigenbasis of A."""
    of = modes(scene, *EIGEN)
    basis = of.found["eigenbasis"].transpose("level", "problem", "row", "col").values
    values = of.found["problem_eigenvalue"].values
    known = np.isfinite(values).all(-1)
    if not known.any():
        return Missing("No problem is a symmetric definite matrix: there is no eigenbasis.")
    basis, values = basis[:, known], values[known]
    size = np.abs(basis).mean(1)
    diagonal = np.diagonal(basis, axis1=-2, axis2=-1)
    problems = of.found["problem"].values[known]
    figure = eigen.figure(size, diagonal, values, problems, colours.PLACES["answer"],
                          fields.look.ink.text)  # fmt: skip
    numbers = levelled(
        {
            "size": (("level", "row", "col"), size, said("mean |QᵀŶQ| over problems", "y")),
            "diagonal": (("level", "problem", "row"), diagonal, said("of QᵀŶQ", "y")),
            "eigenvalue": (("problem", "row"), values, said("λ of A, descending")),
            "off_diagonal": ("level", of.off.value, said("share off the diagonal, median")),
            "off_diagonal_random": ("level", of.off_random.value, said("in a random basis")),
            "beyond_line": ("level", of.beyond.value, said("R² of 1/λ beyond a line in λ")),
            "beyond_line_chance": ((), of.chance, said("what a random column would explain")),
        },
        problem=problems,
    )  # fmt: skip
    notes = [f"off it {number(100 * of.off.value[t], '.3g')} %, random basis"
             f" {number(100 * of.off_random.value[t], '.3g')} %; R² beyond the line"
             f" {number(of.beyond.value[t], '.2f')}, chance {number(of.chance, '.2f')}"
             for t in WALK]  # fmt: skip
    return Drawn(figure, numbers, scene.sources(GEOMETRY, *EIGEN), notes)
