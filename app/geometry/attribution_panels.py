"""Attribution: which entries carry energy or error, beside their size and an untrained network."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.geometry import over, sets, slopes
from app.geometry.address import SPLITS
from app.geometry.attribution import VARIABLES, Attribution
from app.geometry.compared import several
from app.geometry.figures import disturbed, means, ratios
from app.geometry.figures.means import Matrix
from app.geometry.figures.ratios import Group
from app.geometry.scene import ATTRIBUTION, DESCENT, PROPERTIES, Scene
from app.geometry.subspaces_panels import said
from app.geometry.words import between
from app.shared.address.address import Address
from app.shared.asks.chosen import graph
from app.shared.drawing import colours
from app.shared.page.contract import Drawn, Fields, Missing, Outcome, Source
from ired_interp_core.geometry.names import BASELINES, CHOSEN, COUNTS, METHODS, MOST_GAP
from ired_interp_core.spelling import counted, number
from store import QuestionInfo

APPROACHES = {"zero": "from zero", "mean": "from the mean problem", "noise": "from noise",
              "smooth": "by SmoothGrad", "gradient": "by the gradient"}  # fmt: skip
SHORT = {"zero": "zero", "mean": "mean", "noise": "noise", "smooth": "SmoothGrad",
         "gradient": "gradient"}  # fmt: skip
NOTHING = Missing("No problem has an attribution: all answers diverged.")
DISTURBED = {"of": "energy", "baseline": "zero", "method": "integrated"}
"""By what the entries of most attribution were chosen."""
ONE_A_SET = (
    "Mean attribution per entry, one group over the other, one mark a set; dotted: equal. Grey:"
    " ratio of size, and an untrained network."
)
OTHER_KIND = "known at another level or baseline alone"
"""Why a set that has an attribution is not drawn beside the others."""
PARTS = ("value", "low", "high", "count")
"""Of a median, as files have it."""


def attribution(scene: Scene, fields: Mapping[str, Any]) -> Attribution:
    """What the fields of the address ask for."""
    return of_set(scene, scene.asked, fields)


def of_set(
    scene: Scene, asked: Mapping[str, QuestionInfo], fields: Mapping[str, Any]
) -> Attribution:
    """The same of one of the sets side by side, by its questions."""
    question = asked[ATTRIBUTION]
    found = scene.read_of(question, *VARIABLES)
    there, t = found["problem"].values, int(question.parameters["level"])
    x = scene.read_of(asked[PROPERTIES], "x").reindex(problem=there)["x"].values.astype("f8")
    walked = scene.read_of(descent(scene, asked), "answer").sel(level=t).reindex(problem=there)
    y = walked["answer"].transpose("problem", "row", "col").values.astype("f8")
    holes = scene.subject.problems.task == "completion"
    return Attribution(found, x, y, fields["of"], approach(question, fields), holes)


def descent(scene: Scene, asked: Mapping[str, QuestionInfo]) -> QuestionInfo:
    """The walk at whose answer an attribution is taken."""
    found = graph(scene.store).up(asked[ATTRIBUTION], DESCENT)
    assert found is not None  # what an answer was computed from is in its store
    return found


def approach(question: QuestionInfo, fields: Mapping[str, Any]) -> str:
    """The method that the fields ask for; of the error the baseline of the stored answer."""
    if fields["of"] == "error":
        return str(question.parameters["baseline"])
    return str(fields["baseline"] if fields["method"] == "integrated" else fields["method"])


def groups(scene: Scene, fields: Fields) -> dict[str, Attribution]:
    """Set → its attribution, of the sets side by side that have one asked as that of the page."""
    there = [side for side in scene.sides if {ATTRIBUTION, PROPERTIES} <= set(side.asked)]
    return {side.link: of_set(scene, side.asked, fields) for side in there
            if _kind(side.asked, fields) == _kind(scene.asked, fields)}  # fmt: skip


def _kind(asked: Mapping[str, QuestionInfo], fields: Mapping[str, Any]) -> tuple[int, str]:
    """Level and method of an attribution: those of one kind are compared."""
    return asked[ATTRIBUTION].parameters["level"], approach(asked[ATTRIBUTION], fields)


def size_name(of: Attribution, entry: str = "x") -> str:
    """The size beside which an attribution stands: the distance from where its path begins."""
    return f"|{entry}|" if of.from_zero else f"|{entry} − {SHORT[of.approach]}|"


def sources(scene: Scene, *names: str) -> list[Source]:
    """Where the numbers come from."""
    return [*scene.sources(ATTRIBUTION, *(names or VARIABLES)),
            *scene.sources(PROPERTIES, "x"), *scene.sources(DESCENT, "answer")]  # fmt: skip


def behind(of: Attribution) -> str:
    """How many problems stand behind a panel, and how many have nothing."""
    text = counted(len(of.problems), "problem")
    return f"{text} · {of.diverged:,} diverged" if of.diverged else text


def level(scene: Scene) -> int:
    """Level t of the stored attribution."""
    return int(scene.asked[ATTRIBUTION].parameters["level"])


def numbers_of(of: Attribution) -> xr.Dataset:
    """Ratios with their controls, one a row."""
    rows = list(of.ratios.values())
    words = {
        "value": "mean attribution per entry, one group over the other, median over problems",
        "size": "the same ratio of the entries' size", "untrained": "of an untrained network",
        "over_size": "ratio over that of size, paired by problem",
        "over_untrained": "ratio over that of an untrained network, paired by problem",
    }  # fmt: skip
    ends = {"value": "", "low": ", lower end of the 95 % interval", "high": ", upper end",
            "count": ", problems behind it"}  # fmt: skip
    data = {
        name if part == "value" else f"{name}_{part}": (
            "ratio", [getattr(one.middles[name], part)[0] for one in rows],
            said(f"{text}{ends[part]}"),
        )
        for name, text in words.items() for part in PARTS
    }  # fmt: skip
    return xr.Dataset(data, {"ratio": list(of.ratios)}, {"of": of.of, "approach": of.approach})


def draw_ratio(scene: Scene, fields: Fields) -> Outcome:
    """Mean attribution per entry, one group over the other."""
    of, ink = attribution(scene, fields), fields.look.ink
    if of.diverged == len(of.problems):
        return NOTHING
    if several(scene):
        return _ratios(scene, fields)
    mine = Group("attribution", colours.FIRST, "circle", of.ratios)
    figure = ratios.figure([mine], size_name(of, "entry"), fields["grouping"], ink.text,
                           ink.accent)  # fmt: skip
    totals = {
        f"sum_{name}": ("problem", np.where(of.counted, of.to_x, 0.0).sum((1, 2, 3), where=mask),
                        said(f"sum of |attribution| to x, {words}", "E"))
        for name, words, mask in _diagonals(of.x)
    }  # fmt: skip
    numbers = numbers_of(of).assign(totals).assign_coords(problem=of.problems)
    note = f"t = {level(scene)} · {APPROACHES[of.approach]} · {behind(of)}"
    return Drawn(figure, numbers, sources(scene), note)


def _ratios(scene: Scene, fields: Fields) -> Outcome:
    """The same of the sets side by side, one mark a set, and the slope of the chosen grouping."""
    found, ink, grouping = groups(scene, fields), fields.look.ink, fields["grouping"]
    drawn = [side for side in scene.sides if side.link in found]
    first = next(iter(found.values()))
    figure = ratios.figure(
        [Group(side.name, side.colour, side.symbol, found[side.link].ratios) for side in drawn],
        size_name(first, "entry"), grouping, ink.text, ink.accent,
    )  # fmt: skip
    numbers = xr.concat([numbers_of(one) for one in found.values()], "set", join="outer",
                        combine_attrs="override").assign_coords(set=list(found))  # fmt: skip
    chosen = next((name for name, one in first.ratios.items() if one.group == grouping), "")
    along = sets.along(side.problems for side in scene.sides)
    unit, places = sets.unit(along) if along else "set", [side.at for side in drawn]
    own = [one.ratios[chosen] for one in found.values()] if chosen else []
    told = slopes.spelled(slopes.slope(places, [r.value[:, None] for r in own], 0), unit)
    with np.errstate(divide="ignore", invalid="ignore"):
        beside = slopes.slope(places, [(r.value / r.size)[:, None] for r in own], 0)
    told += f"; over {size_name(first, 'entry')}: {slopes.spelled(beside, unit)}"
    lacking = [f"{side.name}: {OTHER_KIND if ATTRIBUTION in side.asked else 'not computed'}"
               for side in scene.sides if side not in drawn]  # fmt: skip
    used = [scene.source(side.asked[ATTRIBUTION], *VARIABLES) for side in drawn]
    used += [scene.source(side.asked[PROPERTIES], "x") for side in drawn]
    used += [scene.source(descent(scene, side.asked), "answer") for side in drawn]
    name = first.ratios[chosen].name if chosen else ""
    note = " · ".join([f"{name}: {told}" if name else told, *lacking])
    return Drawn(figure, numbers, used, note, caption=ONE_A_SET)


def _diagonals(x: np.ndarray) -> tuple[tuple[str, str, np.ndarray], ...]:
    on = np.broadcast_to(np.eye(x.shape[-1], dtype=bool), x.shape)
    return ("diagonal", "on the diagonal", on), ("off_diagonal", "off the diagonal", ~on)


def picked_grouping(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A row chooses its grouping, which the means tell."""
    told = point.custom[:1]
    return {"grouping": told[0]} if told and told[0] in SPLITS else None


def draw_mean(scene: Scene, fields: Fields) -> Outcome:
    """Mean attribution and mean size of every entry."""
    of = attribution(scene, fields)
    if of.diverged == len(of.problems):
        return NOTHING
    found, unit = of.means(), "E" if of.of == "energy" else "y²"
    heads = {"attribution_x": ("|IG| x", unit), "size_x": (size_name(of), "y"),
             "attribution_y": ("|IG| y", unit), "size_y": (size_name(of, "ŷ"), "y")}  # fmt: skip
    if of.approach not in BASELINES:
        heads |= {"attribution_x": ("|x·∇| x", unit), "attribution_y": ("|y·∇| y", unit)}
    figure = means.figure(
        [Matrix(heads[name][0], values, heads[name][1]) for name, values in found.items()],
        fields.look.ink.text,
    )
    numbers = xr.Dataset({
        name: ((f"row_{name[-1]}", "col"), values,
               said(f"mean over problems of {heads[name][0]}", heads[name][1]))
        for name, values in found.items()
    })  # fmt: skip
    return Drawn(figure, numbers, sources(scene), _told(of, fields["grouping"]))


def _told(of: Attribution, grouping: str) -> str:
    """The ratio of the grouping that is chosen, of x and of y."""
    rows = [one for one in of.ratios.values() if one.group == grouping]
    told = [f"{one.name} {number(one.middles['value'].value[0])}" for one in rows]
    return " · ".join(told) or "no hidden entries in these problems"


def draw_disturb(scene: Scene, fields: Fields) -> Outcome:
    """How far the answer moves when some entries are disturbed."""
    of = attribution(scene, DISTURBED)
    if not np.isfinite(of.moved).any():
        return Missing("No entry of these problems was disturbed.")
    middles = [over.middle(of.moved[:, k]) for k in range(len(CHOSEN))]
    figure = disturbed.figure(middles, COUNTS)
    dims = ("chosen", "count")
    data = {
        f"moved{end}": (dims, np.stack([getattr(m, part) for m in middles]),
                        said(f"‖Δŷ‖, {words} over problems", "y"))
        for end, part, words in (
            ("", "value", "median"), ("_low", "low", "lower end of the median's 95 % interval"),
            ("_high", "high", "upper end of it"), ("_lower", "lower", "first quartile"),
            ("_upper", "upper", "third quartile"),
        )
    }  # fmt: skip
    numbers = xr.Dataset(data, {"chosen": list(CHOSEN), "count": list(COUNTS)})
    m = of.beyond_random
    note = (f"20 entries, top − random: {number(m.value[0])}{between(m.low[0], m.high[0], '.3g')}"
            if np.isfinite(m.value[0]) else "fewer than 20 entries")  # fmt: skip
    return Drawn(figure, numbers, sources(scene, "disturbance"), note)


def draw_gap(scene: Scene, fields: Fields) -> Outcome:
    """Completeness gaps of all problems."""
    of = attribution(scene, fields)
    values = of.gaps
    if values is None:
        words = {"smooth": "SmoothGrad adds", "gradient": "Gradients add"}[of.approach]
        return Missing(f"{words} up to nothing: there is no completeness gap.")
    if not np.isfinite(values).any():
        return Missing("No attribution of these problems has a completeness gap.")
    true = of.found["error_true_gap"].values if of.of == "error" else None
    change = "E − E(baseline)" if true is None else "error − error(baseline)"
    figure = disturbed.gaps(values, true, MOST_GAP, f"gap [% of {change}]", fields.look.ink.text)
    data = {"gap": ("problem", values, said(f"|sum − change|/|change|, change = {change}"))}
    if true is not None:
        data["true_gap"] = ("problem", true, said("the same to the change of two real walks"))
    numbers = xr.Dataset(data, {"problem": of.problems})
    beyond = int((values[np.isfinite(values)] > MOST_GAP).sum())
    return Drawn(figure, numbers, sources(scene, "energy_gaps", "error_gap", "error_true_gap"),
                 f"{beyond:,} of {len(values):,} beyond 1\u00a0%")  # fmt: skip


def draw_methods(scene: Scene, fields: Fields) -> Outcome:
    """Agreement of the methods over the entries of x and y."""
    found = scene.read(ATTRIBUTION, "agreement")
    values = found["agreement"].transpose("problem", ...).values.astype("f8")
    flat = over.middle(values.reshape(len(values), -1)).value
    rho = flat.reshape(values.shape[1:])
    if not np.isfinite(rho).any():
        return NOTHING
    figure = ratios.agreement(rho, METHODS, [SHORT[name] for name in METHODS])
    numbers = xr.Dataset(
        {"agreement": (("approach", "other_approach"), rho,
                       said("Spearman over the entries of x and y, median over problems"))},
        {"approach": list(METHODS), "other_approach": list(METHODS)},
    )  # fmt: skip
    off = np.where(np.eye(len(rho), dtype=bool), np.nan, rho)
    return Drawn(figure, numbers, scene.sources(ATTRIBUTION, "agreement"),
                 f"least {number(float(np.nanmin(off)), '.2f')}")  # fmt: skip


def picked_method(address: Address, point: Picked) -> Address | None:
    """A cell shows the attribution of its row on Landscape."""
    told = point.custom[:1]
    if not told or told[0] not in METHODS:
        return None
    return address.carry("landscape", attribution=told[0], q="")
