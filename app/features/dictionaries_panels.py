"""Sheet of dictionaries: all side by side, and how faithful the chosen one is."""

import html
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from app.components.said import Picked
from app.features import dictionaries, rivals, tables, worth
from app.features.figures import pareto as figures
from app.features.rivals import NAMES
from app.features.scene import Scene
from app.features.tables import Shown
from app.shared.address.address import Address
from app.shared.asks import commands, reading
from app.shared.asks import dictionaries as features
from app.shared.drawing.levels import Line, Sentence
from app.shared.page.contract import Drawn, Fields, Outcome, Source
from app.shared.table import orders
from ired_interp_core import registry
from ired_interp_core.dictionaries.names import STATUS
from ired_interp_core.spelling import counted

SHOWN = (
    "site", "variant", "features", "k", "standard", "problems", "seed", "penalty", "l0", "beyond",
    "components_beyond", "entries_beyond", "wins", "explained_variance", "mean_explained",
    "loss_recovered", "walk_l0", "dead_share", "absorption", "full_absorption", "splitting",
    "pw_mcc", "null_pw_mcc", "missing", "steps_taken", "seconds", "name",
)  # fmt: skip
SETTINGS = (
    Shown(
        "site",
        "site",
        "where the activations were taken, at all levels unless named",
    ),
    Shown("variant", "kind", "how the dictionary selects its active features, such as TopK"),
    Shown("features", "m", "number of atoms", "d"),
    Shown("k", "k", "number of features that should be active in an input", "d"),
    Shown(
        "problems",
        "problems",
        "number of problems; every fifth is held out from training",
        "d",
    ),
    Shown("seed", "seed", "seed of the initialisation and the batches", "d"),
    Shown(
        "penalty",
        "orthogonality",
        "penalty and its settings; empty where there is none",
    ),
    Shown(
        "standard",
        "standardised",
        "whether each (level, step) is centred (and scaled) on its own",
    ),
    Shown(
        "wins",
        "explains most",
        "dictionary, components or entries; paired, 95 % interval",
    ),
    Shown("seconds", "training [s]", "computing time, from the provenance", ".3g", "s"),
    Shown("missing", "why blank", "what was not measured of this dictionary"),
    Shown("name", "key", "first digits of the address of the dictionary in the store"),
)
WHY = {
    "measured": "",
    "undefined": "no such concept on this task",
    "few_points": "fewer than 50 points or 10 problems of an answer",
    "weak_probe": "probe's AUROC under 0.7 on held-out problems",
    "no_latent": "no feature predicts it",
}
FIVE = {"five": "dictionary", "components": "components", "entries": "entries"}
"""Columns of probes on five features, and the coding these are of."""

PARETO = ("beyond", "beyond_low", "beyond_high", "components_beyond", "entries_beyond")

CONCEPTS = (
    Shown("concept", "concept"),
    Shown("fraction", "absorption", "mean absorption fraction, as SAEBench defines it", ".3f"),
    Shown("full", "full", "share of points fully absorbed, as SAEBench defines it", ".3f"),
    Shown("probe", "AUROC", "AUROC of a probe on the activations themselves", ".3f"),
    Shown("five", "5 features", "AUROC of a probe on five features of the dictionary", ".3f"),
    Shown("components", "5 components", "control: the same on five principal components", ".3f"),
    Shown("entries", "5 entries", "control: the same on five single entries", ".3f"),
    Shown(
        "latents",
        "AUROC, kept",
        "AUROC of a probe on the features that are kept",
        ".3f",
    ),
    Shown("split", "kept", "number of features that k-sparse probing keeps", "d"),
    Shown("positives", "positives", "number of held-out points with the concept", "d"),
    Shown("points", "points", "number of held-out points", "d"),
    Shown("why", "why blank", prose=True),
)


def draw_table(scene: Scene, fields: Fields) -> Outcome:
    """Every dictionary of the subject."""
    store = scene.store
    rows = dictionaries.rows(store, scene.dictionaries)
    rows = rows.assign(
        variant=[figures.VARIANTS[v][0] for v in rows["variant"]],
        name=rows["key"].str[:8],
        wins=[{**NAMES, "": ""}.get(w, w) for w in rows["wins"]],
    )
    used = [n for n in SHOWN if n in {"name", "missing"} or _says(rows[n])]
    rows = orders.ordered(rows, fields["order"])
    heads = [_column(n) for n in used]
    body = tables.table(rows, heads, rows["key"].tolist(), scene.dictionary.key, fields["order"])
    query, keys = dictionaries.query(store, scene.dictionaries)
    asked = (scene.question(n) for n in ("dictionary", "dictionary_metrics", "dictionary_match"))
    every = [*heads, Shown("key", "key of the dictionary"), Shown("partner", "its other seed")]
    return Drawn(
        body,
        tables.numbers(rows, every, "dictionary"),
        [Source(q) for q in asked if q],
        f"{len(rows)} trained",
        python=commands.python_sql(store, query, [keys]),
    )


def _says(column: pd.Series) -> bool:
    return bool((column.notna() & (column.astype(str) != "")).any())


def _column(name: str) -> Shown:
    setting = next((s for s in SETTINGS if s.name == name), None)
    if setting is not None:
        return setting
    if name in rivals.COLUMNS:
        label, help = rivals.COLUMNS[name]
        return Shown(name, label, help, ".3g" if name == "walk_l0" else ".3f")
    analysis = next(
        a
        for a in ("dictionary_metrics", "dictionary_match", "dictionary")
        if name in registry.get(a).schema.variables
    )
    declared = registry.get(analysis).schema.variables[name]
    form = ".3g" if name in {"l0", "splitting"} else ".3f"
    form = "d" if declared.dtype.startswith("int") else form
    return Shown(name, declared.label, declared.help, form, declared.unit)


def picked(address: Address, point: Picked) -> Mapping[str, Any] | None:
    """A dictionary was clicked, as a row or as a point; of a head, rows in its order."""
    if point.head:
        return {"order": orders.resorted(address["order"], str(point.x))}
    key = point.custom[0] if point.custom else None
    if not isinstance(key, str) or key == address["dictionary"]:
        return None
    return {"dictionary": key, "feature": None, "leaf": 1, "other": ""}


def draw_pareto(scene: Scene, fields: Fields) -> Outcome:
    """Explained variance against L0, of one site."""
    site = features.where(scene.store, scene.dictionary)
    rows = dictionaries.rows(scene.store, scene.dictionaries)
    finite = np.isfinite(rows["l0"]) & np.isfinite(rows["beyond"])
    own = rows[(rows["site"] == site) & finite]
    if own.empty:
        text = f"No dictionary of {site} has been measured on held-out problems yet."
        return scene.lacks(text, "dictionary_metrics")
    names = {q.key: html.escape(scene.name(q)) for q in scene.dictionaries}
    ink = fields.look.ink
    drawn = ("l0", *PARETO)
    heads = [Shown("key", "key of the dictionary"), _column("variant"), _column("penalty")]
    metrics = (
        features.downstream(scene.store, q, "dictionary_metrics") for q in scene.dictionaries
    )
    return Drawn(
        figures.pareto(
            own.assign(name=own["key"].map(names)), scene.dictionary.key, ink.text, ink.muted
        ),
        tables.numbers(own, [*heads, *map(_column, drawn)], "dictionary"),
        [Source(q, {"variables": ["l0", "beyond", "gain"]}) for q in metrics if q],
        f"of {site}",
    )


def draw_levels(scene: Scene, fields: Fields) -> Outcome:
    """Explained variance at each level, beside principal components."""
    question = scene.question("dictionary_metrics")
    if question is None:
        return _unmeasured(scene)
    names = ["explained_variance_level", "l0_level"]
    answer = reading.dataset(scene.store, question, (0,))[names]
    figure = figures.by_level(
        {NAMES[c]: answer[names[0]].sel(coding=c).values for c in ("dictionary", *rivals.RIVALS)}
    )
    return Drawn(figure, answer, [Source(question, {"variables": names})])


def _unmeasured(scene: Scene) -> Outcome:
    text = "This dictionary was trained, but nothing has been measured of it yet."
    return scene.lacks(text, "dictionary_metrics")


def draw_worth(scene: Scene, fields: Fields) -> Outcome:
    """Which of the dictionary and its rivals explains most, and what the walk makes of it."""
    question = scene.question("dictionary_metrics")
    if question is None:
        return _unmeasured(scene)
    row = dictionaries.rows(scene.store, [scene.dictionary]).iloc[0]
    answer = reading.dataset(scene.store, question, (0,))
    facts = [str(name) for name, v in answer.items() if not v.dims]
    n = {name: float(answer[name]) for name in facts}
    lines: list[list[Line]] = [
        [line] for line in (worth.wins(row), worth.recovered(answer, n), worth.rest(n))
    ]
    names = ["beyond", "gain", "gain_low", "gain_high", "coding_l0"]
    walked = ["mse_replaced", "loss_recovered", "walk_l0"]
    numbers = answer[[*facts, *names, *walked]]
    source = Source(question, {"variables": list(map(str, numbers.data_vars))})
    return Drawn(Sentence(lines), numbers, [source], scene.name(scene.dictionary))


def draw_concepts(scene: Scene, fields: Fields) -> Outcome:
    """Absorption and probes of the concepts that exist on the task."""
    question = scene.question("dictionary_metrics")
    if question is None:
        return _unmeasured(scene)
    names = {
        "fraction": "absorption_fraction", "full": "absorption_rate", "probe": "concept_auroc",
        "latents": "concept_auroc_latents", "split": "split_latents",
        "positives": "concept_positives", "points": "concept_points",
    }  # fmt: skip
    answer = reading.dataset(scene.store, question, (0,))
    status = [STATUS[i] for i in answer["absorption_status"].values]
    rows = pd.DataFrame(
        {
            "concept": [str(c).replace("_", " ") for c in answer["concept"].values],
            "why": [WHY[w] for w in status],
            **{name: answer[variable].values for name, variable in names.items()},
            **{
                name: answer["sparse_auroc"].sel(coding=coding, probed=5).values
                for name, coding in FIVE.items()
            },
        }
    )
    defined = rows[np.array(status) != "undefined"]
    gone = len(rows) - len(defined)
    source = Source(question, {"variables": [*names.values(), "absorption_status"]})
    return Drawn(
        tables.table(defined, CONCEPTS, defined["concept"].tolist()),
        tables.numbers(defined, CONCEPTS, "row"),
        [source],
        f"{gone} of {counted(len(rows), 'concept')} not defined on this task" if gone else "",
    )
