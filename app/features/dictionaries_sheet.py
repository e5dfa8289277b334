"""Sheet of the Features view: all dictionaries side by side, and how faithful each one is."""

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app.features import dictionaries as dictionary_rows
from app.features import metrics as feature_metrics
from app.features.figures import pareto as figures
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import look as theme
from app.shared.page.foot import Download
from ired_interp_core import registry
from store import QuestionInfo, Store

VIEW = "features"

SHOWN = (
    "site", "variant", "features", "k", "problems", "seed", "penalty", "l0", "explained_variance",
    "pca_explained_variance", "random_explained_variance", "loss_recovered", "interval",
    "dead_share", "absorption", "splitting", "pw_mcc", "null_pw_mcc", "missing", "steps_taken",
    "seconds", "key",
)  # fmt: skip
SETTINGS = {
    "site": ("site", "where the activations were taken; all levels unless it says otherwise"),
    "variant": ("kind", "of dictionary"),
    "features": ("m", "atoms"),
    "k": ("k", "active features wanted of an input"),
    "sparsity": ("λ", "weight of the sparsity part"),
    "problems": ("problems", "of the range; every fifth is held out from training"),
    "seed": ("seed", "of initialisation and batches"),
    "penalty": ("orthogonality", "penalty and its settings; empty: none"),
    "interval": ("95 %", "bootstrap over held-out problems, of loss recovered"),
    "seconds": ("training [s]", "time of all computation, from the provenance"),
    "missing": ("why blank", "what was not measured of this dictionary"),
    "key": ("key", "address of the dictionary"),
}


def show(s: Store, address: Address, there: list[QuestionInfo], dictionary: QuestionInfo) -> None:
    """Show the table, the Pareto figure, and the chosen dictionary's measures.

    Args:
        s: the store.
        address: settled and bound.
        there: dictionaries of the subject.
        dictionary: the chosen one.
    """
    rows = dictionary_rows.rows(s, there)
    _table(s, address, rows, there, dictionary)
    left, right = st.columns([5, 8], gap="medium")
    with left:
        _pareto(s, address, rows, there, dictionary)
    with right:
        feature_metrics.show(s, address, dictionary)


def _table(
    s: Store,
    address: Address,
    rows: pd.DataFrame,
    there: Sequence[QuestionInfo],
    dictionary: QuestionInfo,
) -> None:
    low, high = rows["loss_recovered_low"], rows["loss_recovered_high"]
    interval = [f"{a:.3f} … {b:.3f}" if a == a else "" for a, b in zip(low, high, strict=True)]
    shown = rows.assign(
        interval=interval,
        variant=[figures.VARIANTS[v][0] for v in rows["variant"]],
        key=rows["key"].str[:8],
    )
    used = [n for n in SHOWN if n in {"key", "missing"} or _says(shown[n])]
    at = rows["key"].tolist().index(dictionary.key)
    key = f"features:dictionaries:{hash((tuple(rows['key']), dictionary.key, s.generation))}"
    st.dataframe(
        shown[used],
        hide_index=True,
        height="content" if len(shown) <= 9 else 290,
        row_height=28,
        key=key,
        on_select=lambda: _pick(key, rows["key"].tolist(), dictionary.key),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [at]}},
        placeholder="",
        column_config={n: _column(n) for n in used},
    )
    metrics = features.downstream(s, dictionary, "dictionary_metrics")
    match = features.matches(s, dictionary)[:1]
    asked = [q for q in (dictionary, metrics, *match) if q]
    query, keys = dictionary_rows.query(s, there)
    citing.foot(
        address,
        "dictionaries",
        "One row is one dictionary; tick it to choose it. Metrics are measured on held-out problems"
        " (every fifth). EV stands beside EV of as many principal components and random atoms;"
        " PW-MCC (the same settings, another seed) beside that of two random dictionaries. Loss"
        " recovered: 1 if x̂ in place of x leaves the final error as it is, 0 if it is as bad as 0"
        " in place of x. Blank: not measured; the last columns say why.",
        citing.citation(s, *asked),
        citing.python_sql(s, query, [keys]),
        citing.command(s, metrics or dictionary),
        [
            Download(
                "CSV", f"dictionaries-{address['set']}.csv", "text/csv",
                lambda: rows.to_csv(index=False),
            )
        ],
    )  # fmt: skip


def _says(column: pd.Series) -> bool:
    return bool((column.notna() & (column.astype(str) != "")).any())


def _column(name: str) -> Any:
    if name in SETTINGS:
        label, help_ = SETTINGS[name]
        if name in {"features", "k", "seed", "problems"}:
            return st.column_config.NumberColumn(label, help=help_, format="%d", width=58)
        if name == "seconds":
            return st.column_config.NumberColumn(label, help=help_, format="%.3g")
        return st.column_config.TextColumn(label, help=help_)
    analysis = next(
        a
        for a in ("dictionary_metrics", "dictionary_match", "dictionary")
        if name in registry.get(a).schema.variables
    )
    declared = registry.get(analysis).schema.variables[name]
    form = "%d" if declared.dtype.startswith("int") else "%.3f"
    form = "%.3g" if name in {"l0", "splitting"} else form
    return st.column_config.NumberColumn(declared.label, help=declared.help, format=form)


def _pick(key: str, keys: list[str], before: str) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows and keys[rows[0]] != before:
        session.push(VIEW, dictionary=keys[rows[0]], feature=None, leaf=1, other="")


def _pareto(
    s: Store,
    address: Address,
    rows: pd.DataFrame,
    there: Sequence[QuestionInfo],
    dictionary: QuestionInfo,
) -> None:
    site = features.where(s, dictionary)
    own = rows[
        (rows["site"] == site) & np.isfinite(rows["l0"]) & np.isfinite(rows["explained_variance"])
    ]
    if own.empty:
        chrome.nothing(
            f"No dictionary of {site} was measured on held-out problems yet.",
            features.command_for(s, dictionary, "dictionary_metrics"),
        )
        return
    names = {q.key: features.name(s, q) for q in there}
    points = [
        figures.Point(
            r["key"], html.escape(names[r["key"]]), r["variant"], bool(r["penalty"]), r["l0"],
            r["explained_variance"], r["pca_explained_variance"], r["random_explained_variance"],
        )
        for r in own.to_dict("records")
    ]  # fmt: skip
    ink = theme.ink()
    figure = figures.pareto(
        points, dictionary.key, theme.template(theme.active()), ink.text, ink.muted
    )
    key = f"features:pareto:{hash((tuple(own['key']), dictionary.key))}"
    st.plotly_chart(
        figure,
        theme=None,
        key=key,
        on_select=lambda: _pick_point(key, dictionary.key),
        selection_mode="points",
        config=theme.PLOT_CONFIG,
    )
    metrics = features.downstream(s, dictionary, "dictionary_metrics")
    citing.foot(
        address,
        "pareto",
        f"Dictionaries of {site}; EV of other sites or levels does not compare with it."
        " Up and left is better; the stepped line joins those that none beats. Grey: the same"
        " number of principal components or random atoms. Click a point to choose it.",
        citing.citation(s, *([metrics] if metrics else [dictionary])),
        citing.python(s, metrics) if metrics else "",
        citing.command(s, metrics) if metrics else "",
        [
            Download("CSV", "pareto.csv", "text/csv", lambda: own.to_csv(index=False)),
            citing.html(figure, "pareto"),
        ],
    )


def _pick_point(key: str, before: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    found = next((p["customdata"] for p in points if p.get("customdata")), before)
    found = found[0] if isinstance(found, list) else found
    if found != before:
        session.push(VIEW, dictionary=str(found), feature=None, leaf=1, other="")
