"""Part of the sheet Compare: what an orthogonality penalty costs and brings."""

import html
from typing import Any

import numpy as np
import pandas as pd

from app.features import study, tables
from app.features.figures import study as figures
from app.features.scene import Scene
from app.features.study import PENALTY
from app.features.tables import Shown
from app.shared.asks import commands, toml
from app.shared.asks import dictionaries as features
from app.shared.page.contract import Drawn, Fields, Missing, Outcome, Source
from app.shared.table import orders
from ired_interp_core import registry
from ired_interp_core.spelling import counted
from store import QuestionInfo, Store

ASKED: tuple[dict[str, Any], ...] = (
    {"orthogonality": "none"},
    *({"orthogonality": "pairs", "threshold": t, "fraction": q}
      for t in ("fixed", "adaptive") for q in (1e-4, 1e-3, 1e-2)),
)  # fmt: skip
"""The study that is proposed where there is none."""

COLUMNS = (
    Shown("name", "dictionary"),
    Shown("kind", "penalty", "pairs most active together, or OrtSAE"),
    Shown("q", "q", "share of all pairs that is selected in a batch", ".0e"),
    Shown("threshold", "threshold", "τ fixed, or mean + s.d. over the selected pairs"),
    Shown("gamma", "γ", "weight of the penalty", ".3g"),
    Shown("seed", "seed", "of both", "d"),
    Shown("extra_time", "extra time [%]", "training, against the same without penalty", "+.1f"),
    Shown("ev", "EV", "beyond the mean of each (level, step), held out", ".4f"),
    Shown("ev_change", "ΔEV", "value with the penalty minus that without", "+.4f"),
    Shown("pair_change", "Δ|cos| of pairs", "the share q most active together, held out", "+.4f"),
    Shown("live_change", "Δ|cos| of all", "all pairs of live features", "+.1e"),
    Shown("absorption", "absorption", "mean fraction over its own measured concepts", ".4f"),
    Shown("absorption_change", "Δabsorption", "over the concepts measured on both", "+.4f"),
    Shown("concepts", "concepts", "measured on both", "d"),
    Shown("per_time", "per % time", "absorption taken away for each percent of extra time", ".2g"),
    Shown("per_ev", "per point EV", "absorption taken away for each 0.01 of EV lost", ".2g"),
    Shown("stability", "pair stability", "last Jaccard index of pairs, 100 steps apart", ".3f"),
    Shown("chance", "by chance", "q/(2 − q), the index of two random selections", ".1e"),
    Shown("time", "training [s]", "computing time, from the provenance", ".3g", "s"),
    Shown("why", "why blank", "what could not be taken"),
)


def draw_table(scene: Scene, fields: Fields) -> Outcome:
    """Every dictionary with a penalty beside the same one without."""
    rows = study.rows(scene.store, scene.dictionaries)
    if rows.empty:
        text = "No dictionary of this model has an orthogonality penalty."
        return Missing(text, command=lines(scene.store, scene.dictionary))
    rows = orders.ordered(rows, fields["order"])
    shown = [c for c in COLUMNS if c.name != "why" or rows["why"].any()]
    keys = rows["key"].tolist()
    return Drawn(
        tables.table(rows, shown, keys, scene.dictionary.key, fields["order"]),
        tables.numbers(rows, [*COLUMNS, Shown("key", "key")], "dictionary"),
        _sources(scene, keys),
        f"{counted(len(rows), 'dictionary', 'dictionaries')} with a penalty, each against its own"
        " seed without",
    )


def draw_cost(scene: Scene, fields: Fields) -> Outcome:
    """Absorption taken away against time and EV."""
    rows = study.rows(scene.store, scene.dictionaries)
    costs = ("absorption_change", "extra_time", "ev_change")
    drawn = rows[np.isfinite(rows[list(costs)].astype(float)).all(axis=1)]
    if drawn.empty:
        return Missing("No dictionary has both a cost and a change of absorption.")
    columns = [c for c in COLUMNS if c.name in {"name", *costs}]
    return Drawn(
        figures.study(_runs(drawn), fields.look.ink.muted),
        tables.numbers(drawn, [*columns, Shown("key", "key")], "dictionary"),
        _sources(scene, drawn["key"].tolist()),
    )


def _sources(scene: Scene, keys: list[str]) -> list[Source]:
    known = {q.key: q for q in scene.dictionaries}
    metrics = {k: features.downstream(scene.store, known[k], "dictionary_metrics") for k in keys}
    variables = {"variables": ["beyond", "absorption_fraction", "pair_cosine", "live_cosine"]}
    return [Source(q, variables) if q else Source(known[k]) for k, q in metrics.items()]


def lines(store: Store, dictionary: QuestionInfo) -> str:
    """The entries of a sweep that ask for the study of one dictionary."""
    declared = registry.get("dictionary").parameters
    kept = {
        n: v
        for n, v in dictionary.parameters.items()
        if n not in (*PENALTY, registry.RANGE) and v != declared[n].default
    }
    chosen = commands.upstream(store, "dictionary", dictionary.inputs, dictionary.problems)
    entries = []
    for penalty in ASKED:
        given = [toml.entry(n, v) for n, v in {**kept, **penalty}.items()]
        told = ", ".join([*given, *chosen])
        entries.append(f'name = "dictionary_metrics"\ninputs.dictionary = {{{told}}}')
    return commands.addition(store, entries)


def _runs(rows: pd.DataFrame) -> pd.DataFrame:
    """What is drawn of rows of the study."""
    pairs = rows["kind"] == "pairs"
    threshold = np.where(rows["threshold"] == "adaptive", "adaptive", "fixed")
    shares = [f"q {q:.0e}".replace("e-0", "e−") for q in rows["q"]]
    return pd.DataFrame(
        {
            "name": rows["name"].map(html.escape),
            "kind": np.where(pairs, threshold, "ortsae"),
            "label": np.where(pairs, shares, "OrtSAE"),
            "time": rows["extra_time"],
            "ev": -100 * rows["ev_change"],
            "less": -rows["absorption_change"],
        }
    )
