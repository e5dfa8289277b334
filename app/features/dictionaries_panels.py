"""Sheet of dictionaries: all side by side, and how faithful the chosen one is."""

import html
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from app.components.host import Picked
from app.features import dictionaries, tables
from app.features.figures import pareto as figures
from app.features.scene import Scene
from app.features.tables import Shown
from app.shared.address.address import Address
from app.shared.asks import commands, reading
from app.shared.asks import dictionaries as features
from app.shared.drawing.levels import Sentence, Strong
from app.shared.page.contract import Drawn, Fields, Outcome, Source
from ired_interp_core import registry
from ired_interp_core.dictionaries.names import STATUS

SHOWN = (
    "site", "variant", "features", "k", "problems", "seed", "penalty", "l0", "explained_variance",
    "pca_explained_variance", "random_explained_variance", "loss_recovered", "interval",
    "dead_share", "absorption", "splitting", "pw_mcc", "null_pw_mcc", "missing", "steps_taken",
    "seconds", "name",
)  # fmt: skip
SETTINGS = (
    Shown("site", "site", "where the activations were taken; all levels unless it says otherwise"),
    Shown("variant", "kind", "of dictionary"),
    Shown("features", "m", "atoms", "d"),
    Shown("k", "k", "active features wanted of an input", "d"),
    Shown("problems", "problems", "of the range; every fifth is held out from training", "d"),
    Shown("seed", "seed", "of initialisation and batches", "d"),
    Shown("penalty", "orthogonality", "penalty and its settings; empty: none"),
    Shown("interval", "95 %", "bootstrap over held-out problems, of loss recovered"),
    Shown("seconds", "training [s]", "time of all computation, from the provenance", ".3g", "s"),
    Shown("missing", "why blank", "what was not measured of this dictionary"),
    Shown("name", "key", "address of the dictionary"),
)
WHY = {
    "measured": "",
    "undefined": "no such concept on this task",
    "few_points": "under 50 points or 10 problems of an answer",
    "weak_probe": "probe's AUROC under .7 on held-out problems",
    "no_latent": "no latent speaks for it",
}
CONCEPTS = (
    Shown("concept", "concept"),
    Shown("absorption", "absorption", "as SAEBench defines it", ".3f"),
    Shown("probe", "AUROC, probe", "on the activations themselves", ".3f"),
    Shown("latents", "AUROC, latents", "on the latents kept", ".3f"),
    Shown("split", "latents", "kept by k-sparse probing", "d"),
    Shown("positives", "positives", "held-out points of the concept", "d"),
    Shown("points", "points", "held-out points looked at", "d"),
    Shown("why", "why blank"),
)


def draw_table(scene: Scene, fields: Fields) -> Outcome:
    """Every dictionary of the subject."""
    store = scene.store
    rows = dictionaries.rows(store, scene.dictionaries)
    low, high = rows["loss_recovered_low"], rows["loss_recovered_high"]
    rows = rows.assign(
        interval=[f"{a:.3f} … {b:.3f}" if a == a else "" for a, b in zip(low, high, strict=True)],
        variant=[figures.VARIANTS[v][0] for v in rows["variant"]],
        name=rows["key"].str[:8],
    )
    used = [n for n in SHOWN if n in {"name", "missing"} or _says(rows[n])]
    rows = tables.ordered(rows, fields["order"])
    heads = [_column(n) for n in used]
    body = tables.table(rows, heads, rows["key"].tolist(), scene.dictionary.key, fields["order"])
    query, keys = dictionaries.query(store, scene.dictionaries)
    asked = (scene.question(n) for n in ("dictionary", "dictionary_metrics", "dictionary_match"))
    measured = scene.question("dictionary_metrics") or scene.dictionary
    every = [*heads, Shown("key", "key of the dictionary"), Shown("partner", "its other seed")]
    return Drawn(
        body,
        tables.numbers(rows, every, "dictionary"),
        [Source(q) for q in asked if q],
        f"{len(rows)} trained",
        python=commands.python_sql(store, query, [keys]),
        command=commands.command(store, measured),
    )


def _says(column: pd.Series) -> bool:
    return bool((column.notna() & (column.astype(str) != "")).any())


def _column(name: str) -> Shown:
    setting = next((s for s in SETTINGS if s.name == name), None)
    if setting is not None:
        return setting
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
        return {"order": tables.resorted(address["order"], str(point.x))}
    key = point.custom[0] if point.custom else None
    if not isinstance(key, str) or key == address["dictionary"]:
        return None
    return {"dictionary": key, "feature": None, "leaf": 1, "other": ""}


def draw_pareto(scene: Scene, fields: Fields) -> Outcome:
    """Explained variance against L0, of one site."""
    site = features.where(scene.store, scene.dictionary)
    rows = dictionaries.rows(scene.store, scene.dictionaries)
    finite = np.isfinite(rows["l0"]) & np.isfinite(rows["explained_variance"])
    own = rows[(rows["site"] == site) & finite]
    if own.empty:
        text = f"No dictionary of {site} was measured on held-out problems yet."
        return scene.lacks(text, "dictionary_metrics")
    names = {q.key: html.escape(scene.name(q)) for q in scene.dictionaries}
    ink = fields.look.ink
    drawn = ("l0", "explained_variance", "pca_explained_variance", "random_explained_variance")
    heads = [Shown("key", "key of the dictionary"), _column("variant"), _column("penalty")]
    metrics = (
        features.downstream(scene.store, q, "dictionary_metrics") for q in scene.dictionaries
    )
    return Drawn(
        figures.pareto(
            own.assign(name=own["key"].map(names)), scene.dictionary.key, ink.text, ink.muted
        ),
        tables.numbers(own, [*heads, *map(_column, drawn)], "dictionary"),
        [Source(q, {"variables": list(drawn)}) for q in metrics if q],
        f"of {site}",
    )


def draw_levels(scene: Scene, fields: Fields) -> Outcome:
    """Explained variance at each level, beside principal components."""
    question = scene.question("dictionary_metrics")
    if question is None:
        return _unmeasured(scene)
    names = ["explained_variance_level", "pca_explained_variance_level", "l0_level"]
    answer = reading.dataset(scene.store, question, (0,))[names]
    figure = figures.by_level(*(answer[n].values for n in names[:2]))
    return Drawn(figure, answer, [Source(question, {"variables": names})])


def _unmeasured(scene: Scene) -> Outcome:
    text = "This dictionary was trained, and nothing was measured of it yet."
    return scene.lacks(text, "dictionary_metrics")


def draw_worth(scene: Scene, fields: Fields) -> Outcome:
    """What is lost with the dictionary's words in place of the activations, in two lines."""
    question = scene.question("dictionary_metrics")
    if question is None:
        return _unmeasured(scene)
    answer = reading.dataset(scene.store, question, (0,))
    facts = [str(name) for name, v in answer.items() if not v.dims]
    n = {name: float(answer[name]) for name in facts}
    lines = [
        (
            "Loss recovered ", Strong(f"{n['loss_recovered']:.3f}"),
            f" ({n['loss_recovered_low']:.3f} … {n['loss_recovered_high']:.3f}, 95 %): final MSE"
            f" {n['mse_original']:.4g} as it is, {n['mse_replaced']:.4g} with x̂,"
            f" {n['mse_zero']:.4g} with 0, {n['mse_mean']:.4g} with the mean in place of x, on"
            f" {n['held_out_problems']:.0f} held-out problems.",
        ),
        (
            "EV ", Strong(f"{n['explained_variance']:.3f}"),
            f" held out, {n['explained_variance_training']:.3f} in training; PCA"
            f" {n['pca_explained_variance']:.3f}, random atoms {n['random_explained_variance']:.3f}"
            f" with as many as L0 = {n['l0']:.3g}. cos {n['cosine']:.3f}, ‖x̂‖/‖x‖"
            f" {n['norm_ratio']:.3f}, dead {100 * n['dead_share']:.1f} %.",
        ),
    ]  # fmt: skip
    source = Source(question, {"variables": facts})
    return Drawn(
        Sentence([[line] for line in lines]), answer[facts], [source], scene.name(scene.dictionary)
    )


def draw_concepts(scene: Scene, fields: Fields) -> Outcome:
    """Absorption and probes of the concepts that exist on the task."""
    question = scene.question("dictionary_metrics")
    if question is None:
        return _unmeasured(scene)
    names = {
        "absorption": "absorption_rate", "probe": "concept_auroc",
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
        }
    )
    defined = rows[np.array(status) != "undefined"]
    gone = len(rows) - len(defined)
    source = Source(question, {"variables": [*names.values(), "absorption_status"]})
    return Drawn(
        tables.table(defined, CONCEPTS, defined["concept"].tolist()),
        tables.numbers(defined, CONCEPTS, "row"),
        [source],
        f"{gone} of {len(rows)} do not exist on this task" if gone else "",
    )
