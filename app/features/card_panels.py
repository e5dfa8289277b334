"""The card of one feature: when it is active and matters, what it looks like, what is like it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from app.components.said import Picked
from app.features import card, tables
from app.features.card import Card
from app.features.figures import atom
from app.features.figures import card as facts
from app.features.figures import examples as figures
from app.features.scene import Scene
from app.features.tables import Shown
from app.features.words import EFFECTS_LONG
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.drawing import scales
from app.shared.drawing.levels import Line, Sentence, Strong
from app.shared.page.contract import Drawn, Fields, Missing, Outcome, Source
from ired_interp_core.dictionaries.names import RIVALS, VERDICTS
from ired_interp_core.spelling import counted, number
from store import QuestionInfo

EFFECT = ("ablation_shift", "ablation_error")
MOST_PROPERTIES = 14
MOST_NEIGHBOURS = 6
"""Of each kind: near atoms, and features active together."""
FACTS = ("density", "density_held_out", "problem_share", "mean_activation", "max_activation",
         "energy_share", "peak_level")  # fmt: skip


def _card(scene: Scene, fields: Fields) -> Card:
    return card.card(scene.store, scene.dictionary, fields["feature"])


def draw_summary(scene: Scene, fields: Fields) -> Outcome:
    """When the feature is active, in words."""
    found = _card(scene, fields)
    name = Strong(f"Feature {found.feature}")
    if found.record is None or found.asked is None:
        text = f"The activity of feature {found.feature} has not been measured yet."
        return scene.lacks(text, "dictionary_features")
    n = {fact: float(found.record[fact]) for fact in FACTS}
    line: Line = (name, " is never active on any visited point: a dead feature.")
    if n["density"] > 0:
        line = (
            name, " is active at ", Strong(f"{number(100 * n['density'])} %"),
            f" of the visited points ({number(100 * n['density_held_out'])} % of those of held-out"
            " problems) and on ", Strong(f"{number(100 * n['problem_share'])} %"),
            " of the problems. Where it is active, its mean activation is"
            f" {number(n['mean_activation'])} and the largest {number(n['max_activation'])}. It"
            f" contributes {number(100 * n['energy_share'], '.2g')} % of Σf² and is most active at"
            f" t = {n['peak_level']:.0f}.",
        )  # fmt: skip
    numbers = found.record[list(FACTS)]
    sources = [Source(found.asked, {"variables": list(FACTS)})]
    lines = [[line]]
    if found.tested is not None and found.causal is not None:
        told = [n for n, v in found.tested.items() if str(n).startswith(EFFECT) and not v.ndim]
        lines.append([_effect_line(found.tested)])
        numbers = numbers.assign({n: found.tested[n] for n in told})
        sources.append(Source(found.causal, {"variables": told}))
    return Drawn(Sentence(lines), numbers, sources)


def _effect_line(tested: xr.Dataset) -> Line:
    """What the answer does without the feature, in words."""

    def told(name: str) -> str:
        return tables.spelled(float(tested[f"ablation_{name}"]), ".2g")

    verdict = VERDICTS[int(tested["ablation_shift_verdict"])].replace("_", " ")
    rival = card.RIVAL_NAMES[RIVALS[int(tested["ablation_shift_rival"])]]
    line: Line = (
        f"Without the feature the answer moves by {told('shift')} y [{told('shift_low')},"
        f" {told('shift_high')}]: ", Strong(verdict),
        f" (hardest control: {rival}, {told('shift_control')} y; p = {told('shift_p')} after"
        f" Holm's correction). ΔMSE {told('error')} y² [{told('error_low')}, {told('error_high')}];"
        f" {counted(tested.sizes['walked'], 'problem')} would detect"
        f" {told('error_found')} y² with 80 % power. Over problems, for one training.",
    )  # fmt: skip
    return line


def _record(scene: Scene, fields: Fields) -> tuple[xr.Dataset, QuestionInfo] | Missing:
    """The record of a feature that is active somewhere, and its question."""
    found = _card(scene, fields)
    if found.record is None or found.asked is None:
        return scene.lacks("Its activity has not been measured yet.", "dictionary_features")
    if float(found.record["density"]) == 0:
        return Missing("The feature is not active on any visited point.")
    return found.record, found.asked


def draw_activity(scene: Scene, fields: Fields) -> Outcome:
    """Share of problems by level and step."""
    there = _record(scene, fields)
    if isinstance(there, Missing):
        return there
    record, asked = there
    names = ["activity", "strength"]
    activity, strength, steps = (record[n].values for n in (*names, "step"))
    scale = scales.scale("1", "share", activity, fields.look.ground)
    figure = facts.by_step(activity, strength, steps, scale)
    note = f"at most {number(100 * np.nanmax(activity))} %"
    return Drawn(figure, record[names], [Source(asked, {"variables": names})], note)


def draw_histogram(scene: Scene, fields: Fields) -> Outcome:
    """Visited points by activation."""
    there = _record(scene, fields)
    if isinstance(there, Missing):
        return there
    record, asked = there
    counted = facts.bins(record["histogram"].values, float(record["max_activation"]))
    source = Source(asked, {"variables": ["histogram", "max_activation"]})
    return Drawn(facts.histogram(counted), counted, [source])


def draw_effects(scene: Scene, fields: Fields) -> Outcome:
    """What the sampler does without the feature, and with more of it."""
    found = _card(scene, fields)
    if found.causal is None:
        text = "No causal effect was measured for this dictionary."
        return scene.lacks(text, "dictionary_causal")
    p = found.causal.parameters
    rows = found.effects
    if rows.empty:
        return Missing(f"This feature was not tested: only the {p['tested']} of largest Σf were.")
    unit = {"shift": "y", "error": "y²"}
    sign = {"shift": "‖Δŷ‖", "error": "ΔMSE"}
    columns = [Shown("name", "done"), Shown("control", "control"), Shown("hardest", "hardest")]
    for effect, of in sign.items():
        parts = {"": "", "_low": ", low", "_high": ", high", "_beyond": ", feature − control",
                 "_beyond_low": ", its low", "_beyond_high": ", its high"}  # fmt: skip
        columns += [Shown(f"{effect}{e}", of + t, unit=unit[effect]) for e, t in parts.items()]
    variables = [n for n in found.tested or () if str(n).startswith(("ablation", "steering"))]
    return Drawn(
        facts.effects(rows),
        tables.numbers(rows, columns, "effect"),
        [Source(found.causal, {"variables": variables})],
        f"{counted(len(found.tested['walked']), 'held-out problem')}, one training"
        if found.tested is not None else "",
        long=EFFECTS_LONG.format(strength=f"{p['strength']:g}"),
    )  # fmt: skip


def draw_correlations(scene: Scene, fields: Fields) -> Outcome:
    """Which properties of problems the feature goes with."""
    there = _record(scene, fields)
    if isinstance(there, Missing):
        return there
    record, asked = there
    rho = record["correlation"].values.astype(float)
    p = record["correlation_p"].values.astype(float)
    best = facts.strongest(rho, MOST_PROPERTIES)
    if not best.size:
        return Missing("There is no correlation, since the activation is constant on all problems.")
    names = [scene.table.properties[i] for i in best]
    kept = record[["correlation", "correlation_p"]].isel(property=best)
    source = Source(asked, {"variables": ["correlation", "correlation_p"]})
    return Drawn(facts.correlations(names, rho[best], p[best]), kept, [source])


def draw_atom(scene: Scene, fields: Fields) -> Outcome:
    """The decoder row, as a matrix with its parts where it is one."""
    found = _card(scene, fields)
    source = Source(found.dictionary, {"variables": ["decoder"]})
    if found.matrix is None:
        numbers = xr.Dataset({"entry": ("unit", found.atom, atom.WHOLE)})
        caption = "Entries of the decoder row over hidden units, largest first. It is not a matrix."
        return Drawn(atom.vector(found.atom), numbers, [source], caption=caption)
    data = None
    if found.record is not None:
        names = ["symmetric", "antisymmetric", "diagonal"]
        data = found.record["data_share_before"].sel(share=names).values
    parts = atom.parts(found.matrix, data)
    note = f"colours ±{number(atom.end(parts))}"
    if found.record is not None:
        rank, random = (float(found.record[n]) for n in ("atom_rank", "atom_rank_random"))
        note += f" · effective rank {number(rank)}, that of a random atom {number(random)}"
    return Drawn(atom.figure(parts), parts, [source], note)


def draw_examples(scene: Scene, fields: Fields) -> Outcome:
    """Where it is active: its strongest points and those at quantiles."""
    found, shown = _card(scene, fields), fields["shown"]
    top, quantile = card.examples(found)
    if not top:
        there = _record(scene, fields)
        return there if isinstance(there, Missing) else Missing("No example was kept.")
    every = [*top, *quantile]
    drawn = card.matrices(scene.store, found, every, shown)
    if drawn is None and shown == "input" and found.site != "gradient":
        return Missing("A hidden layer is not a matrix: choose the state or the problem instead.")
    if drawn is None:
        return Missing("Some of these points are no longer in the store.")
    matrices, source = drawn
    numbers = tables.numbers(
        pd.DataFrame([vars(e) for e in every]),
        [Shown("name", "rank or quantile"), *(Shown(n, n) for n in ("problem", "level", "step")),
         Shown("value", "activation")],
        "example",
    )  # fmt: skip
    about = {"long_name": "entry", "units": {"input": "E/ỹ", "state": "y", "problem": "1"}[shown]}
    numbers["entry"] = (("example", "row", "col"), matrices, about)
    figure = figures.examples(every, matrices, (len(top), len(quantile)))
    return Drawn(figure, numbers, [source])


def to_landscape(address: Address, point: Picked) -> Address | None:
    """A matrix was clicked: the landscape at its problem and level."""
    numbers = [int(v) for v in point.custom[:2] if isinstance(v, int | float)]
    if len(numbers) < 2 or numbers[0] < 0:
        return None
    return address.carry("landscape", problem=numbers[0], level=numbers[1])


# ----- what is like it


def draw_alike(scene: Scene, fields: Fields) -> Outcome:
    """Near atoms, features active together, and its pairs in other dictionaries."""
    found, store = _card(scene, fields), scene.store
    rows, asked = [], []
    if found.record is not None and found.asked is not None:
        asked.append(Source(found.asked))
        for kind, how in (("near", "near atom"), ("together", "active together")):
            pairs = zip(
                found.record[f"{kind}_feature"].values, found.record[f"{kind}_cosine"].values,
                strict=True,
            )  # fmt: skip
            there = [(int(f), float(c)) for f, c in pairs if f >= 0][:MOST_NEIGHBOURS]
            rows += [(f, how, c, np.nan, scene.dictionary.key) for f, c in there]
    for match, other, feature, cosine in card.matched(store, found):
        null = float(reading.dataset(store, match, (0,), ("null_pw_mcc",))["null_pw_mcc"])
        where = f"{other.parameters['variant']} {other.key[:8]}"
        if features.seeds_apart(store, scene.dictionary, other.key):
            where = f"seed {other.parameters['seed']}"
        rows.append((feature, f"pair in {where}", cosine, null, other.key))
        asked.append(Source(match, {"variables": ["match", "match_cosine", "null_pw_mcc"]}))
    if not rows:
        return scene.lacks("Its neighbours have not been computed yet.", "dictionary_features")
    table = pd.DataFrame(rows, columns=["feature", "how", "cosine", "random", "dictionary"])
    table["label"] = [
        scene.label(k, f) for k, f in zip(table["dictionary"], table["feature"], strict=True)
    ]
    columns = [
        Shown("feature", "feature", "a click opens its card", "d"),
        Shown("how", "alike how"),
        Shown("cosine", "cos", "of the atoms; of the codes where active together", ".3f"),
        Shown("control", "random pair", "mean |cos| of pairs of random dictionaries"),
    ]
    if table["label"].any():
        columns.append(Shown("label", "label", "what readers call it"))
    table["control"] = [tables.spelled(v, ".3f") or "no control" for v in table["random"]]
    ids = [f"{k}~{f}" for k, f in zip(table["dictionary"], table["feature"], strict=True)]
    told = [*columns, Shown("random", "mean |cos| of random pairs"), Shown("dictionary", "of")]
    numbers = tables.numbers(table, told, "neighbour")
    return Drawn(tables.table(table, columns, ids), numbers, asked)


def to_card(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A neighbour was clicked: its card, in its dictionary."""
    key, _, feature = str(point.custom[0] if point.custom else "").partition("~")
    return {"dictionary": key, "feature": int(feature)} if feature.isdigit() else None
