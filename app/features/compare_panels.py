"""Sheet of two dictionaries or seeds beside each other: metrics, stability, atom by atom."""

import html
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from app.components.host import Picked
from app.features import pairs, tables
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
from store import QuestionInfo

ROWS = 50
"""Pairs on a page of their table."""

METRICS = (
    Shown("metric", "metric"),
    Shown("a", "A", "", ".4g"),
    Shown("b", "B", "", ".4g"),
    Shown("difference", "B − A", "", ".4g"),
    Shown("what", "what it is"),
)
STABILITY = (
    Shown("measure", "measure"),
    Shown("value", "value", "", ".4f"),
    Shown("random", "random", "the same of two random dictionaries of these sizes", ".4f"),
    Shown("sd", "s.d.", "over pairs of random dictionaries", ".4f"),
    Shown("what", "what it is"),
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
    lines: list[Line] = [(Strong(letter), f"  {scene.name(q)}") for letter, q in pair.sides]
    differing = pairs.differing(pair)
    lines.append((f"They differ in: {differing}." if differing else "Same parameters.",))
    one, other = pair.one.parameters, pair.other.parameters
    names = [n for n in one if one[n] != other.get(n)]
    data = {
        side: (
            "parameter",
            np.array([str(p.get(n)) for n in names], dtype=object),
            {"long_name": f"of {side.upper()}"},
        )
        for side, p in (("a", one), ("b", other))
    }
    numbers = xr.Dataset(data, {"parameter": np.array(names, dtype=object)})
    sources = [Source(q, {"variables": ["steps_taken"]}) for _, q in pair.sides]
    return Drawn(Sentence([[line] for line in lines]), numbers, sources)


def draw_metrics(scene: Scene, fields: Fields) -> Outcome:
    """Metrics of both dictionaries."""
    pair, store = scene.pair, scene.store
    rows = pairs.side_by_side(store, pair)
    metrics = [features.downstream(store, q, "dictionary_metrics") for _, q in pair.sides]
    both = list(zip(pair.sides, metrics, strict=True))
    lacking = [(letter, q) for (letter, q), metric in both if metric is None]
    notes = []
    if pair.one.inputs["activations"] != pair.other.inputs["activations"]:
        notes.append("different activations: EV does not compare")
    if lacking:
        letters = " and ".join(letter for letter, _ in lacking)
        notes.append(f"metrics of {letters} were not computed")
    return Drawn(
        tables.table(rows, METRICS, rows["metric"].tolist()),
        tables.numbers(rows, METRICS, "row"),
        [Source(metric or q) for (_, q), metric in both],
        " · ".join(notes),
        command="".join(
            features.command_for(store, q, "dictionary_metrics") for _, q in lacking[:1]
        ),
    )


def _unmatched(scene: Scene) -> Missing:
    pair, store = scene.pair, scene.store
    if len({features.site(store, q) for _, q in pair.sides}) > 1:
        return Missing(
            "These dictionaries have different sites: their atoms are no vectors of one space, and"
            " cannot be matched."
        )
    text = "The atoms of these two were not matched yet."
    known = {q.key: scene.name(q) for q in features.known(store)}
    mine = [
        q
        for q in reading.questions(store, analysis=MATCH)
        if q.rows and {pair.one.key, pair.other.key} & set(q.inputs.values())
    ]
    listed = [
        " with ".join(known.get(q.inputs[r], q.inputs[r][:8]) for r in ("one", "other"))
        for q in mine[:20]
    ]
    text += f" Matched are: {'; '.join(listed)}." if listed else ""
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
    found = figures.spread(
        answer["match_cosine"].values.astype(float),
        float(answer["null_pw_mcc"]),
        float(answer["null_pw_mcc_sd"]),
    )
    ink = fields.look.ink
    numbers = xr.Dataset(
        {
            "low": ("bin", found.edges[:-1], {"long_name": "|cos| from", "units": "1"}),
            "high": ("bin", found.edges[1:], {"long_name": "|cos| to", "units": "1"}),
            "pairs": ("bin", found.counts, {"long_name": "pairs", "units": "1"}),
            "null": ((), found.null, {"long_name": "mean |cos| of random pairs", "units": "1"}),
            "null_sd": ((), found.null_sd, {"long_name": "its s.d.", "units": "1"}),
        }
    )
    figure = figures.histogram(found, ink.accent, ink.muted)
    return Drawn(figure, numbers, [Source(match, {"variables": names})])


# ----- pairs


def _side(scene: Scene) -> str:
    """The column of the dictionary that the address' feature belongs to."""
    return "a" if scene.dictionary.key == scene.pair.one.key else "b"


def draw_pairs(scene: Scene, fields: Fields) -> Outcome:
    """One page of the pairs, most alike first."""
    match = scene.pair.match
    if match is None:
        return _unmatched(scene)
    rows = pairs.pairs(scene.store, match, scene.labels)
    if rows.empty:
        return Missing("No atoms were paired.")
    side = _side(scene)
    rows = tables.ordered(rows, fields["order"])
    chosen = chosen_row(rows, side, fields["feature"])
    pages = -(-len(rows) // ROWS)
    page = min(fields["leaf"], pages)
    shown = rows.iloc[(page - 1) * ROWS : page * ROWS]
    heads = [c for c in PAIRS if not c.name.startswith("label") or rows[c.name].any()]
    note = f"{len(rows):,} pairs · page {page} of {pages}" if pages > 1 else f"{len(rows):,} pairs"
    at = rows[side].tolist().index(chosen[side]) // ROWS + 1
    note += f" · the chosen one on page {at}" if at != page else ""
    variables = ["match", "match_cosine", "nearest", "nearest_cosine"]
    return Drawn(
        tables.table(shown, heads, shown[side].tolist(), chosen[side], fields["order"]),
        tables.numbers(rows, heads, "pair"),
        [Source(match, {"variables": variables})],
        note,
    )


def chosen_row(rows: pd.DataFrame, side: str, feature: int | None) -> pd.Series:
    """The pair of a feature; the most alike one where it has none."""
    at = rows[side].to_numpy() == feature
    return rows[at].iloc[0] if at.any() else rows.loc[rows["size"].idxmax()]


def picked(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A pair was clicked; of a head, rows in its order."""
    if point.head:
        return {"order": tables.resorted(address["order"], str(point.x)), "leaf": 1}
    feature = point.custom[0] if point.custom else None
    return {"feature": int(feature)} if isinstance(feature, int | float) else None


def draw_pair(scene: Scene, fields: Fields) -> Outcome:
    """The chosen pair as matrices."""
    pair = scene.pair
    if pair.match is None:
        return _unmatched(scene)
    rows = pairs.pairs(scene.store, pair.match, scene.labels)
    if rows.empty:
        return Missing("No atoms were paired.")
    side, feature = _side(scene), fields["feature"]
    row = chosen_row(rows, side, feature)
    atoms = [pairs.atom(scene.store, q, int(row[n])) for n, (_, q) in _columns(scene)]
    names = []
    for n, (letter, _) in _columns(scene):
        label = row[f"label_{n}"]
        names.append(html.escape(f"{letter} · atom {row[n]}" + (f" · “{label}”" if label else "")))
    note = f"cos {row['cosine']:+.4f}".replace("-", "−")
    if feature is not None and row[side] != feature:
        note += f" · feature {feature} has no partner; this is the most alike pair"
    elif row["cosine"] < 0:
        note += " · the same line, opposite ways"
    about = {"long_name": "entry of the decoder row", "units": "1"}
    numbers = xr.Dataset(
        {"entry": (("side", "unit"), np.stack(atoms), about)}, {"side": np.array(["a", "b"])}
    )
    sources = [Source(q, {"variables": ["decoder"]}) for _, q in pair.sides]
    gradient = features.site(scene.store, pair.one) == "gradient"
    told = (
        "Entries of ∇E in ỹ (level frame), as the answer's matrix."
        if gradient
        else "Hidden units in their order: neighbours in the picture mean nothing."
    )
    return Drawn(
        figures.pair(atoms, names),
        numbers,
        [*sources, Source(pair.match)],
        note,
        long=f"Decoder rows of unit norm, one colour scale centred on 0 for both. {told}",
    )


def _columns(scene: Scene) -> list[tuple[str, tuple[str, QuestionInfo]]]:
    return list(zip(("a", "b"), scene.pair.sides, strict=True))


def to_cards(scene: Scene, address: Address) -> None:
    """Links to the cards of the chosen pair."""
    match = scene.pair.match
    rows = pairs.pairs(scene.store, match) if match else pd.DataFrame()
    if rows.empty:
        return
    row = chosen_row(rows, _side(scene), address["feature"])
    for n, (letter, q) in _columns(scene):
        card = labels.card(address, q.key, int(row[n]))
        frame.link(f"card of atom {row[n]} of {letter}", card, icon=":material/grid_on:")


def count(scene: Scene) -> int:
    """How many pairs there are."""
    match = scene.pair.match
    return len(pairs.pairs(scene.store, match)) if match else 0
