"""Sheet of two dictionaries or seeds beside each other: metrics, stability, atom by atom."""

import html
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from app.components.said import Picked
from app.features import dictionaries, pairs, tables
from app.features.figures import matching as figures
from app.features.pairs import MATCH
from app.features.scene import Scene
from app.features.tables import Shown
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.drawing.levels import Line, Sentence, Strong
from app.shared.page import frame, labels
from app.shared.page.contract import Drawn, Fields, Missing, Outcome, Source
from app.shared.table import orders
from ired_interp_core.spelling import counted

METRICS = (
    Shown("metric", "metric"),
    Shown("a", "A", "", ".4g", mixed=True),
    Shown("b", "B", "", ".4g", mixed=True),
    Shown("difference", "B − A", "", ".4g", mixed=True),
    Shown("what", "what it is", prose=True),
)
STABILITY = (
    Shown("measure", "measure"),
    Shown("value", "value", "", ".4f"),
    Shown("random", "random", "the same of two random dictionaries of these sizes", ".4f"),
    Shown("sd", "s.d.", "over pairs of random dictionaries", ".4f"),
    Shown("what", "what it is", prose=True),
)
PAIRS = (
    Shown("a", "atom of A", "", "d"),
    Shown("b", "atom of B", "", "d"),
    Shown("cosine", "cos", "signed: −1 is the same line the other way", ".4f"),
    Shown("size", "|cos|", "what the pairing maximises", ".4f"),
    Shown("nearest", "nearest in B", "by signed cos, without pairing", "d"),
    Shown("nearest_cosine", "its cos", "", ".4f"),
    Shown("label_a", "label of A", "what readers call it"),
    Shown("label_b", "label of B", "what readers call it"),
)


def draw_sides(scene: Scene, fields: Fields) -> Outcome:
    """Which two are compared, and in what they differ."""
    pair = scene.pair
    lines: list[Line] = [(Strong(letter), f"  {scene.name(q)}") for letter, q in pair.sides.items()]
    differing = pairs.differing(pair)
    said = " · ".join(f"{n} {one} | {other}" for n, (one, other) in differing.items())
    lines.append((f"They differ in: {said}." if said else "Same parameters.",))
    data = {
        letter.lower(): (
            "parameter",
            np.array([str(values[i]) for values in differing.values()], dtype=object),
            {"long_name": f"of {letter}"},
        )
        for i, letter in enumerate(pair.sides)
    }
    numbers = xr.Dataset(data, {"parameter": np.array(list(differing), dtype=object)})
    sources = [Source(q, {"variables": ["steps_taken"]}) for q in pair.sides.values()]
    return Drawn(Sentence([[line] for line in lines]), numbers, sources)


def draw_metrics(scene: Scene, fields: Fields) -> Outcome:
    """Metrics of both dictionaries."""
    pair, store = scene.pair, scene.store
    rows = pairs.side_by_side(store, pair)
    metrics = {
        letter: features.downstream(store, q, "dictionary_metrics")
        for letter, q in pair.sides.items()
    }
    lacking = [letter for letter, metric in metrics.items() if metric is None]
    notes = []
    if len({features.where(store, q) for q in pair.sides.values()}) > 1:
        notes.append("different activations: do not compare EV")
    if lacking:
        notes.append(f"metrics of {' and '.join(lacking)} were not computed")
    return Drawn(
        tables.table(rows, METRICS, rows["metric"].tolist()),
        tables.numbers(rows, METRICS, "row"),
        [Source(metrics[letter] or q) for letter, q in pair.sides.items()],
        " · ".join(notes),
        command="".join(
            features.command_for(store, pair.sides[letter], "dictionary_metrics")
            for letter in lacking[:1]
        ),
    )


def _unmatched(scene: Scene) -> Missing:
    pair, store = scene.pair, scene.store
    if len({features.site(store, q) for q in pair.sides.values()}) > 1:
        return Missing(
            "These dictionaries have different sites: their atoms are vectors of different spaces"
            " and cannot be matched."
        )
    text = "The atoms of these two dictionaries have not been matched yet."
    known = {q.key: scene.name(q) for q in features.dictionaries(store)}
    mine = [
        q
        for q in reading.questions(store, analysis=MATCH)
        if q.rows and {pair.one.key, pair.other.key} & set(q.inputs.values())
    ]
    listed = [
        " with ".join(known.get(q.inputs[r], q.inputs[r][:8]) for r in ("one", "other"))
        for q in mine[:20]
    ]
    text += f" Matched pairs are: {'; '.join(listed)}." if listed else ""
    inputs = {"one": pair.one.key, "other": pair.other.key}
    return Missing(text, {"analysis": MATCH, "inputs": inputs}, pairs.command(store, pair))


def draw_stability(scene: Scene, fields: Fields) -> Outcome:
    """How alike the two are, beside random ones."""
    match = scene.pair.match
    if match is None:
        return _unmatched(scene)
    rows = pairs.stability(scene.store, match)
    body = tables.table(rows, STABILITY, rows["measure"].tolist())
    return Drawn(body, tables.numbers(rows, STABILITY, "row"), [Source(match)])


def draw_spread(scene: Scene, fields: Fields) -> Outcome:
    """How |cos| of the pairs is spread, beside the null."""
    match = scene.pair.match
    if match is None:
        return _unmatched(scene)
    names = ["match_cosine", "null_pw_mcc", "null_pw_mcc_sd"]
    answer = reading.dataset(scene.store, match, (0,), tuple(names))
    cosine = answer["match_cosine"].values.astype(float)
    counted = figures.spread(cosine, *(float(answer[n]) for n in names[1:]))
    ink = fields.look.ink
    figure = figures.histogram(counted, ink.accent, ink.muted)
    return Drawn(figure, counted, [Source(match, {"variables": names})])


# ----- pairs


def _pairs(scene: Scene) -> pd.DataFrame | Missing:
    if scene.matched is None:
        return _unmatched(scene)
    return Missing("No atoms were paired.") if scene.matched.empty else scene.matched


def _side(scene: Scene) -> str:
    """The column of the dictionary that the address' feature belongs to."""
    return "a" if scene.dictionary.key == scene.pair.one.key else "b"


def draw_pairs(scene: Scene, fields: Fields) -> Outcome:
    """One page of the pairs, most alike first."""
    rows = _pairs(scene)
    if isinstance(rows, Missing):
        return rows
    side, count = _side(scene), len(rows)
    rows = orders.ordered(rows, fields["order"])
    chosen = chosen_row(rows, side, fields["feature"])
    page, which = tables.page(count, fields["leaf"])
    shown = rows.iloc[page]
    heads = [c for c in PAIRS if not c.name.startswith("label") or rows[c.name].any()]
    note = f"{counted(count, 'pair')}{which}"
    if chosen[side] not in shown[side].tolist():
        at = rows[side].tolist().index(chosen[side])
        note += f" · the chosen one on page {at // tables.ROWS + 1}"
    variables = ["match", "match_cosine", "nearest", "nearest_cosine"]
    return Drawn(
        tables.table(shown, heads, shown[side].tolist(), chosen[side], fields["order"]),
        tables.numbers(rows, heads, "pair"),
        [Source(scene.pair.match, {"variables": variables})],
        note,
    )


def chosen_row(rows: pd.DataFrame, side: str, feature: int | None) -> pd.Series:
    """The pair of a feature; the most alike one where it has none."""
    at = rows[side].to_numpy() == feature
    return rows[at].iloc[0] if at.any() else rows.loc[rows["size"].idxmax()]


def picked(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A pair was clicked; of a head, rows in its order."""
    if point.head:
        return {"order": orders.resorted(address["order"], str(point.x)), "leaf": 1}
    feature = point.custom[0] if point.custom else None
    return {"feature": int(feature)} if isinstance(feature, int | float) else None


def draw_pair(scene: Scene, fields: Fields) -> Outcome:
    """The chosen pair as matrices."""
    rows = _pairs(scene)
    if isinstance(rows, Missing):
        return rows
    sides, store = scene.pair.sides, scene.store
    side, feature = _side(scene), fields["feature"]
    row = chosen_row(rows, side, feature)
    atoms, names = [], []
    for letter, q in sides.items():
        n = letter.lower()
        label = row[f"label_{n}"]
        atoms.append(dictionaries.atoms(store, q)[int(row[n])])
        names.append(html.escape(f"{letter} · atom {row[n]}" + (f" · “{label}”" if label else "")))
    note = f"cos {row['cosine']:+.4f}".replace("-", "−")
    if feature is not None and row[side] != feature:
        note += f" · feature {feature} has no partner; this is the most similar pair"
    elif row["cosine"] < 0:
        note += " · the same line, in opposite directions"
    about = {"long_name": "entry of the decoder row", "units": "1"}
    numbers = xr.Dataset(
        {"entry": (("side", "unit"), np.stack(atoms), about)}, {"side": np.array(["a", "b"])}
    )
    sources = [Source(q, {"variables": ["decoder"]}) for q in sides.values()]
    told = (
        "The entries are those of ∇E in ỹ (level frame), arranged as the answer's matrix."
        if features.site(store, scene.pair.one) == "gradient"
        else "The hidden units are in their own order, so neighbours in the picture mean nothing."
    )
    return Drawn(
        figures.pair(atoms, names),
        numbers,
        [*sources, Source(scene.pair.match)],
        note,
        long=f"Decoder rows of unit norm, on one colour scale centred on 0 for both. {told}",
    )


def to_cards(scene: Scene, address: Address) -> None:
    """Links to the cards of the chosen pair."""
    rows = _pairs(scene)
    if isinstance(rows, Missing):
        return
    row = chosen_row(rows, _side(scene), address["feature"])
    for letter, q in scene.pair.sides.items():
        atom = int(row[letter.lower()])
        card = labels.card(address, q.key, atom)
        frame.link(f"card of atom {atom} of {letter}", card, icon=":material/grid_on:")
