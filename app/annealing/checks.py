"""Panels that hold an expectation against its control: variance read off, definiteness, order."""

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from app.annealing import arrays
from app.annealing.figures import by_place
from app.annealing.panels import noted
from app.annealing.scene import Chosen, Scene
from app.annealing.words import ABOUT
from app.shared.asks import chosen as asks
from app.shared.asks import series
from app.shared.asks.chosen import Family
from app.shared.drawing import colours
from app.shared.drawing.bands import order_over_levels
from app.shared.drawing.by_level import Line
from app.shared.drawing.eigenvalues import VARIANCE_LEVELS
from app.shared.drawing.levels import Column, Row, Table
from app.shared.page.contract import Drawn, Fields, Source
from app.shared.table import derived
from app.shared.table.by_level import by_level
from app.shared.table.quantities import ideals
from ired_interp_core import intervals
from ired_interp_core.records import seeded
from ired_interp_core.schema import LEVELS, PLACES
from ired_interp_core.spelling import number
from store import QuestionInfo

HESSIAN = "hessian_spectrum"
NEARLY = 1e-5
"""Share of λ_max by which λ_min may lie below 0 in a Hessian that is called definite."""
SHARE = 0.95
"""Threshold of 1.3, of the share of problems."""
ORDERED = 0.8
"""Threshold of S1, of the median of abs(ρ) over problems."""

OVER_PROBLEMS = "95 % intervals over problems, one training"


def _values(chosen: Chosen, name: str, place: str) -> np.ndarray:
    return by_level(chosen.scene.store, chosen.scene.family,
                    derived.quantities(HESSIAN)[f"{HESSIAN}.{name}"], place)[1]  # fmt: skip


def variance(chosen: Chosen) -> tuple[go.Figure, str, xr.Dataset]:
    """Mean implied variance over the denoising error at the noised truth."""
    v, error = arrays.variance_check(chosen.scene.store, chosen.scene.asked(HESSIAN))
    mean, miss = v.mean(0), error.mean(0)
    rng = seeded("variance ratio", chosen.scene.asked(HESSIAN).key)
    low, high = intervals.percentile(
        np.concatenate([v, error], axis=1), rng, of=lambda m: m[:, :LEVELS] / m[:, LEVELS:]
    )
    read = np.arange(LEVELS) <= VARIANCE_LEVELS
    ratio, low, high = (np.where(read, a, np.nan) for a in (mean / miss, low, high))
    one = by_place.Measured("", colours.PLACES[PLACES[0]], "diamond", ratio, low, high)
    ideal = Line("ideal model: 1", np.where(read, 1.0, np.nan), strong=True)
    figure = by_place.figure([one], "mean v / denoising error", [ideal], chosen.look)
    schedule = chosen.scene.schedule
    factor = schedule.alphas_cumprod / schedule.sigma**2
    numbers = xr.Dataset(
        {
            "ratio": ("level", ratio, {"long_name": "mean v over denoising error"}),
            "ratio_low": ("level", low, {"long_name": "lower end over problems"}),
            "ratio_high": ("level", high, {"long_name": "upper end over problems"}),
            "mean_variance": ("level", mean, {"long_name": "mean implied variance", "units": "y²"}),
            "denoising_error": ("level", miss, {"long_name": "denoising error", "units": "y²"}),
            "sigma_trace": ("level", 1 - factor * mean, {"long_name": "σ·tr H/d"}),
            "one_minus_loss": ("level", 1 - factor * miss, {"long_name": "1 − L_t"}),
        },
        {"level": np.arange(LEVELS)},
        {"place": PLACES[0]},
    )
    least, most = np.nanmin(ratio), np.nanmax(ratio)
    said = f"{number(least, '.2g')} to {number(most, '.2g')} over t ≤ {VARIANCE_LEVELS}"
    return figure, noted(chosen, HESSIAN, said), numbers


def definite(chosen: Chosen) -> tuple[go.Figure, str, xr.Dataset]:
    """Share of problems whose Hessian is positive definite, or nearly, at every place."""
    measured, data = [], {}
    decided = {}
    for place in PLACES:
        least, most = (_values(chosen, f"{n}_eigenvalue", place) for n in ("smallest", "largest"))
        known = np.isfinite(least)
        hits, count = ((least >= -NEARLY * most) & known).sum(0), known.sum(0)
        share = np.where(count > 0, hits / np.maximum(count, 1), np.nan)
        low, high = intervals.proportion(hits, count)
        decided[place] = int((low > SHARE).sum()), int((high < SHARE).sum())
        measured.append(
            by_place.Measured(colours.PLACE_NAMES[place], colours.PLACES[place],
                              colours.PLACE_SYMBOLS[place], share, low, high)
        )  # fmt: skip
        for name, values in (("share", share), ("low", low), ("high", high)):
            about = {"long_name": f"λ_min ≥ −10⁻⁵ λ_max, {name}, {colours.PLACE_NAMES[place]}"}
            data[f"{place}_{name}"] = ("level", values, about)
    lines = [Line(f"1.3: {SHARE:g}", np.full(LEVELS, SHARE))]
    figure = by_place.figure(measured, "share of problems", lines, chosen.look, (-0.05, 1.08))
    whose = "Gaussian ideal" if chosen.scene.problems.task == "completion" else "ideal"
    said = f"interval above {SHARE:g} at " + ", ".join(
        f"{decided[p][0]} of {LEVELS} levels at the {colours.PLACE_NAMES[p]}"
        for p in ("noised_truth", "answer")
    )
    data["holds"] = (
        "place",
        [decided[p][0] for p in PLACES],
        {"long_name": "levels at which 1.3 holds"},
    )
    data["does_not_hold"] = (
        "place",
        [decided[p][1] for p in PLACES],
        {"long_name": "levels at which it does not"},
    )
    numbers = xr.Dataset(
        data,
        {"level": np.arange(LEVELS), "place": list(PLACES)},
        {"threshold": SHARE, "ideal": 1.0},
    )
    return figure, noted(chosen, HESSIAN, said, f"{whose}: 1 everywhere"), numbers


MEASURES = {
    "participation_ratio": "participation ratio",
    "condition": "log condition",
    "index": "index",
}


def untrained(scene: Scene) -> QuestionInfo | None:
    """The same spectra of a network before its first step; None where the store has none."""
    question = scene.asked(HESSIAN)
    for other in asks.graph(scene.store).alike(question):
        steps = series.steps_of(scene.store, other.model)
        if other.problems == question.problems and any(s.step == 0 for s in steps):
            return other
    return None


def _order(scene: Scene, question: QuestionInfo, name: str, place: str) -> np.ndarray:
    family = Family({HESSIAN: question})
    quantity = derived.quantities(HESSIAN)[f"{HESSIAN}.{name}"]
    return np.abs(order_over_levels(by_level(scene.store, family, quantity, place)[1]))


def _summary(rho: np.ndarray) -> tuple[str, dict[str, float]]:
    """Median abs(ρ) with its interval, and how many reach the threshold, of those with an order."""
    known = rho[np.isfinite(rho)]
    middle, low, high = intervals.median(known)
    numbers = {"median": middle, "low": low, "high": high, "ordered": float(known.size),
               "reached": float((known >= ORDERED).sum())}  # fmt: skip
    if not known.size:
        return "constant", numbers
    said = f"{middle:.2f} [{low:.2f}, {high:.2f}]" if np.isfinite(low) else f"{middle:.2f}"
    return said, numbers


def progression(scene: Scene, fields: Fields) -> Drawn:
    """How strictly each problem's spectrum is ordered over the levels, beside its controls."""
    chosen = Chosen(scene, fields)
    question, bare = scene.asked(HESSIAN), untrained(scene)
    rows, numbers = [], {}
    for name, label in MEASURES.items():
        rho = {who: _order(scene, asked, name, chosen.place)
               for who, asked in (("model", question), ("untrained", bare)) if asked}  # fmt: skip
        found = {who: _summary(values) for who, values in rho.items()}
        for who, (_, known) in found.items():
            numbers |= {f"{name}_{who}_{k}": ((), v) for k, v in known.items()}
        ideal = _ideal_order(chosen, name)
        numbers[f"{name}_ideal"] = ((), ideal)
        verdict, why = _verdict(rho["model"], rho.get("untrained"))
        control = found["untrained"][0] if bare else "–"
        cells = [found["model"][0], f"{ideal:.2f}" if np.isfinite(ideal) else "constant", control]
        rows.append(Row(label, why, [*cells, verdict]))
    ideal = "Gaussian ideal" if scene.problems.task == "completion" else "ideal"
    columns = [
        Column("|ρ| of t with", "absolute Spearman correlation over the levels", align="left"),
        Column("this model", "median over problems with its 95 % interval"),
        Column(ideal),
        Column("untrained", "before the first training step; –: not there"),
        Column("S1"),
    ]  # fmt: skip
    p = scene.problems
    command = (
        f"python -m precompute train --task {p.task} --size {p.size} --steps 1 --out untrained\n"
        '# then a sweep with [[models]] series = "untrained", these problems and these spectra'
    )
    said = noted(chosen, HESSIAN, OVER_PROBLEMS)
    about = ABOUT["progression"]
    sources = [Source(q, {"variables": list(MEASURES)}) for q in (question, bare) if q]
    long = (
        about.long
        if bare
        else f"{about.long} The untrained network was not measured. To measure it: {command}"
    )
    return Drawn(
        Table(columns, rows), xr.Dataset(numbers, attrs={"place": chosen.place}), sources, said,
        about.short, long, command="" if bare else command,
    )  # fmt: skip


def _ideal_order(chosen: Chosen, name: str) -> float:
    """abs(ρ) of an ideal model; NaN where the number is the same at every level."""
    scene = chosen.scene
    quantity = derived.quantities(HESSIAN)[f"{HESSIAN}.{name}"]
    (values,) = ideals(quantity, scene.problems, scene.schedule, "level").values()
    return float(np.abs(order_over_levels(np.broadcast_to(values, (1, LEVELS)))[0]))


def _verdict(rho: np.ndarray, untrained: np.ndarray | None) -> tuple[str, str]:
    """S1 in words, and why: the median beyond its threshold, and above that of its control."""
    _, low, high = intervals.median(rho[np.isfinite(rho)])
    if not np.isfinite(low):
        return (
            "not measured",
            "the number is the same at every level, or there are too few problems",
        )
    if high < ORDERED:
        return "does not hold", "the interval over problems lies below 0.8; one training"
    if low < ORDERED:
        return "not decided", "the interval over problems contains 0.8; one training"
    if untrained is None:
        return "no control", "the interval lies at or above 0.8; the untrained network is missing"
    # a network without any order has ρ = 0
    both = min(len(rho), len(untrained))
    apart = np.nan_to_num(rho[:both]) - np.nan_to_num(untrained[:both])
    _, least, _ = intervals.median(apart)
    if least > 0:
        return "holds", "at or above 0.8, and above the untrained network; one training"
    return "not decided", "at or above 0.8, but not clearly above the untrained network"


FATES = {
    "decided_accepted_share": ("accepted", colours.ACCEPTED),
    "decided_rejected_share": ("rejected", colours.REJECTED),
    "undecided_share": ("undecided", colours.UNDECIDED),
    "unchanged_share": ("unchanged", colours.UNCHANGED),
}
"""Shares that add up to all inner steps → word and colour."""


def fates(chosen: Chosen) -> tuple[go.Figure, str, xr.Dataset]:
    """What became of the inner steps, mean over the problems."""
    shares = {
        name: chosen.raw(f"descent.{name}")[1].mean(axis=0) for name in FATES
    }  # fmt: skip
    drawn = {word: (colour, shares[name]) for name, (word, colour) in FATES.items()}
    figure = by_place.stacked(drawn, "share of inner steps", chosen.look)
    numbers = xr.Dataset(
        {n: ("level", v, {"long_name": FATES[n][0]}) for n, v in shares.items()},
        {"level": np.arange(LEVELS)},
    )
    said = f"at t = 0 {100 * shares['undecided_share'][0]:.0f} % undecided"
    return figure, noted(chosen, "descent", said), numbers
