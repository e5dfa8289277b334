"""Failures: which features differ and where, whether they matter, cases, kinds, rival ways."""

import numpy as np
import xarray as xr

from app.components.said import Picked
from app.probes import data_set
from app.probes.fail_panels import best, columns, ends, predicting, walked
from app.probes.figures import failed, strongest
from app.probes.foreseen import RIVALS, Foreseen
from app.probes.read_more import problem_of
from app.probes.scene import FAILURES, Scene
from app.probes.spelled import spelled
from app.shared.address.address import Address
from app.shared.asks import reading
from app.shared.drawing import colours
from app.shared.drawing.levels import Column, Row, Table
from app.shared.drawing.names import input_name
from app.shared.page.contract import Drawn, Fields, Missing, Outcome
from ired_interp_core.failure.names import KINDS
from ired_interp_core.probing.names import INPUTS
from ired_interp_core.spelling import counted, number

MOST_CASES = 40


@predicting
def draw_hot(scene: Scene, found: Foreseen, fields: Fields) -> Outcome:
    """Where the strongest features lie, against their share of live features."""
    names = ["hot_count", "hot_expected", "hot_low", "hot_high"]
    numbers = walked(found.answer[names], "hot_expected").transpose("input", "level", "step")
    there = [str(i) for i in numbers["input"].values
             if np.isfinite(numbers["hot_expected"].sel(input=i)).any()]  # fmt: skip
    numbers = numbers.sel(input=there)
    count, expected, low, high = columns(numbers, names)
    figure = strongest.hot(
        count, expected, low, high, [input_name(i) for i in there],
        [int(s) for s in numbers["step"].values], fields.look.template,
    )  # fmt: skip
    again = found.answer["hot_again"].sum().item()
    note = f"{found.parameters['top']} strongest; {again:.0f} differ on other problems, too"
    return Drawn(figure, numbers, scene.sources(FAILURES, *names), note)


def _features(answer: xr.Dataset) -> list[strongest.Feature]:
    """The strongest features, largest |d| first; of each the state at which it differs most."""
    d = answer["top_d"].values.astype("f8")
    order = [i for i in np.argsort(-np.abs(np.nan_to_num(d)), kind="stable") if np.isfinite(d[i])]
    states: dict[tuple[str, int], list[int]] = {}
    for i in order:
        place = int(answer["top_input"][i]) - 1
        name = INPUTS[place] if 0 <= place < len(INPUTS) else "h1"
        states.setdefault((name, int(answer["top_unit"][i])), []).append(i)
    return [
        _feature(answer.isel(top=at[0]), name, unit, len(at) - 1)
        for (name, unit), at in list(states.items())[: strongest.MOST]
    ]


def _feature(one: xr.Dataset, name: str, unit: int, more: int) -> strongest.Feature:
    word = {"codes": "feature", "gradient": "∇E entry"}.get(name, f"{name} unit")
    level, step = int(one["top_level"]), int(one["top_step"])
    when = "before the jump" if step < 0 else f"step {step}"
    title = f"{word} {unit}, t = {level}, {when}" + (f" +{more}" if more else "")
    d, low, high = (float(one[f"top_d{e}"]) for e in ("", "_low", "_high"))
    p, failed, other = (float(one[f"top_{n}"]) for n in ("p", "failed", "other"))
    return strongest.Feature(title, (d, low, high), p, failed, other, [name, unit, level])


@predicting
def draw_forest(scene: Scene, found: Foreseen, fields: Fields) -> Outcome:
    """How much the strongest features differ, on problems they were not chosen on."""
    names = [str(n) for n in found.answer if str(n).startswith("top_") and str(n) != "top_value"]
    features = _features(found.answer)
    if not features:
        return Missing("No feature differs between failures and others.")
    null = found.number("top_null")
    figure = strongest.forest(features, null, fields.look.template)
    sure = int((found.answer["top_p"] < 0.05).sum())
    note = (f"{sure} of {counted(int(found.number('top_tested')), 'feature')} with Holm p < 0.05"
            f" · largest |d| by chance {number(null, '.2f')}")  # fmt: skip
    return Drawn(figure, found.answer[names], scene.sources(FAILURES, *names), note)


def to_card(address: Address, point: Picked) -> Address | None:
    """A feature of a dictionary was clicked: its card."""
    told = point.custom[:2]
    if len(told) == 2 and told[0] == "codes" and isinstance(told[1], int | float):
        return address.carry("features", sheet="atoms", feature=int(told[1]))
    return None


def draw_causal(scene: Scene, fields: Fields) -> Outcome:
    """Whether failures change with the strongest features set to 0."""
    found = scene.foreseen
    names = ["rate_before", "rate_after", "rate_change", "rate_change_low", "rate_change_high",
             "rate_beyond", "rate_beyond_low", "rate_beyond_high", "random_rate"]  # fmt: skip
    n = {v: found.number(v) for v in names[:-1]}
    if not np.isfinite(n["rate_after"]):
        return Missing("No features were zeroed in the sampler: the question asks for none, or"
                       " there are too few failures to choose them by.")  # fmt: skip
    random = found.answer["random_rate"].values.astype("f8")
    figure = failed.causal(n["rate_before"], n["rate_after"], random, fields.look.template)
    points = {}
    for name in ("change", "beyond"):
        value, low, high = (100 * n[f"rate_{name}{e}"] for e in ("", "_low", "_high"))
        points[name] = spelled(value, low, high, ".1f")
    note = f"change {points['change']} points · beyond random features {points['beyond']}"
    return Drawn(figure, found.answer[names], scene.sources(FAILURES, *names), note)


@predicting
def draw_kinds(scene: Scene, found: Foreseen, fields: Fields) -> Outcome:
    """True against predicted kind of error."""
    counts = found.answer["kind_count"].transpose("kind_true", "kind_told")
    if not np.isfinite(counts).all() or not np.isfinite(found.number("kind_f1")):
        return Missing("The kinds of error were not predicted: one kind alone occurs.")
    look = fields.look
    figure = failed.kinds(counts.values, KINDS, colours.GAIN[look.ground], look.template)
    f1, chance = found.number("kind_f1"), found.number("kind_f1_shuffled")
    names = ["kind_count", "kind_f1", "kind_f1_shuffled", "kind_f1_limit"]
    note = f"macro-F1 {number(f1, '.2f')}, shuffled {number(chance, '.2f')}"
    return Drawn(figure, found.answer[names], scene.sources(FAILURES, *names), note)


@predicting
def draw_cases(scene: Scene, found: Foreseen, fields: Fields) -> Outcome:
    """The most surprising cases, missed failures and false alarms."""
    at, question = best(found, fields), scene.asked[FAILURES]
    each = reading.dataset(scene.store, question, (0,), ("probability", "confound"))
    p = each["probability"].sel(at).values.astype("f8")
    fails = found.answer["failed"].values == 1
    surprise = np.where(np.isfinite(p), np.abs(fails - p), -1)
    order = np.argsort(-surprise, kind="stable")[: min(MOST_CASES, int((surprise >= 0).sum()))]
    signs = [str(s) for s in each["sign"].values]
    kappa = (each["confound"].sel(sign="log10_condition").values if "log10_condition" in signs
             else np.full(len(p), np.nan))  # fmt: skip
    picked = found.answer[["failed", "error_ratio", "kind"]].isel(measured=order)
    picked = picked.assign(
        probability=("measured", p[order], {"long_name": "predicted probability", "units": "1"}),
        log10_condition=("measured", kappa[order].astype("f8"),
                         {"long_name": "log₁₀ condition number", "units": "1"}),
    )  # fmt: skip
    rows = []
    for one, problem in enumerate(picked["measured"].values):
        row = picked.isel(measured=one)
        kind = int(row["kind"])
        rows.append(
            Row(
                str(problem), "opens its landscape",
                ["failed, missed" if int(row["failed"]) == 1 else "false alarm",
                 number(float(row["probability"]), ".2f"), number(float(row["error_ratio"]), ".2f"),
                 KINDS[kind] if 0 <= kind < len(KINDS) else "–",
                 number(float(row["log10_condition"]), ".2f")],
                f"{problem} {scene.set(FAILURES)}",
            )
        )  # fmt: skip
    columns = [
        Column("problem"), Column("what", align="left"), Column("predicted", "probability"),
        Column("error ÷ baseline", "MSE over that of the trivial predictor"),
        Column("kind", align="left"), Column("log₁₀ κ", "condition number"),
    ]  # fmt: skip
    rate = 100 * found.number("base_rate")
    note = f"base rate {number(rate, '.3g')} % · {len(rows)} most surprising of {found.problems:,}"
    names = ("failed", "error_ratio", "kind", "probability", "confound")

    def told() -> xr.Dataset:
        every = found.answer[["failed", "rule_value", "kind"]]
        folds = reading.dataset(scene.store, question, (0,), ("fold", "chosen_on"))
        chance = each["probability"].sel(at)
        return every.assign(probability=chance, fold=folds["fold"].isel(split=0),
                            chosen_on=folds["chosen_on"])  # fmt: skip

    features = data_set.more(scene.store, question, told, _chosen(found, at["level"]), at["level"])
    return Drawn(Table(columns, rows), picked, scene.sources(FAILURES, *names), note, more=features)


def _chosen(found: Foreseen, level: int) -> str:
    """Input that most folds chose at a level."""
    chosen = found.answer["chosen_input"].sel(level=level).values.astype(int)
    place = int(np.bincount(np.maximum(chosen, 0)).argmax())
    return INPUTS[place - 1] if 1 <= place <= len(INPUTS) else "h3"


def to_landscape(address: Address, point: Picked) -> Address | None:
    """A case was clicked: its landscape."""
    index, _, problems = str(point.custom[0] if point.custom else "").partition(" ")
    return problem_of(address, (int(index), problems)) if index.isdecimal() else None


@predicting
def draw_rivals(scene: Scene, found: Foreseen, fields: Fields) -> Outcome:
    """Paired differences between ways to predict."""
    names = ["rival_difference", "rival_difference_low", "rival_difference_high", "rival_gap",
             "rival_gap_other"]  # fmt: skip
    there = [str(r) for r in found.answer["rival"].values
             if np.isfinite(ends(found, "rival_difference", rival=r)[0])]  # fmt: skip
    if not there:
        return Missing("No two ways to predict were compared.")
    numbers = found.answer[names].sel(rival=there)
    value, low, high, gap, gap_other = columns(numbers, names)
    figure = strongest.rivals(
        [RIVALS[r] for r in there], value, low, high, np.stack([gap, gap_other], 1),
        fields.look.template,
    )  # fmt: skip
    return Drawn(figure, numbers, scene.sources(FAILURES, *names))


@predicting
def draw_learning(scene: Scene, found: Foreseen, fields: Fields) -> Outcome:
    """Balanced accuracy against the number of training problems."""
    names = ["learning_size", "learning_balanced", "learning_confounds_balanced", "learning_auroc",
             "learning_train", "learning_confounds"]  # fmt: skip
    numbers = found.answer[names]
    size, balanced, confounds = (numbers[n].values.astype("f8") for n in names[:3])
    if not np.isfinite(balanced).any():
        return Missing("There is no learning curve: too few failures for a part of the problems.")
    figure = strongest.learning(size, balanced, confounds, fields.look.template)
    return Drawn(figure, numbers, scene.sources(FAILURES, *names))
