"""Part of the sheet Compare: what an orthogonality penalty costs and brings."""

import html
import json

import numpy as np
import pandas as pd
import streamlit as st

from app.features import study as dictionary_study
from app.features.figures import study as figures
from app.features.study import PENALTY
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import look as theme
from app.shared.page.foot import Download
from ired_interp_core import registry
from store import QuestionInfo, Store

ASKED = (
    {"orthogonality": "none"},
    *({"orthogonality": "pairs", "threshold": t, "fraction": q}
      for t in ("fixed", "adaptive") for q in (1e-4, 1e-3, 1e-2)),
)  # fmt: skip
"""The study that docs/definitions.md §5.3 names."""

COLUMNS = {
    "name": ("dictionary", "", None),
    "kind": ("penalty", "pairs most active together, or OrtSAE", None),
    "q": ("q", "share of all pairs that is selected in a batch", "%.0e"),
    "threshold": ("threshold", "τ fixed, or mean + s.d. over the selected pairs", None),
    "gamma": ("γ", "weight of the penalty", "%.3g"),
    "extra_time": ("extra time [%]", "training, against the same without penalty", "%+.1f"),
    "ev": ("EV", "on held-out problems", "%.4f"),
    "ev_change": ("ΔEV", "with the penalty minus without", "%+.4f"),
    "absorption": ("absorption", "mean over its own measured concepts", "%.4f"),
    "absorption_change": ("Δabsorption", "over the concepts measured on both", "%+.4f"),
    "concepts": ("concepts", "measured on both", "%d"),
    "per_time": ("per % time", "absorption taken away for each percent of extra time", "%.2g"),
    "per_ev": ("per point EV", "absorption taken away for each .01 of EV lost", "%.2g"),
    "stability": ("pair stability", "last Jaccard index of pairs, 100 steps apart", "%.3f"),
    "time": ("training [s]", "from the provenance", "%.3g"),
    "why": ("why blank", "what could not be taken", None),
}


def show(s: Store, address: Address, there: list[QuestionInfo], dictionary: QuestionInfo) -> None:
    """Show every dictionary with a penalty beside the same one without.

    Args:
        s: the store.
        address: settled and bound.
        there: dictionaries of the subject.
        dictionary: the chosen one; the study that is offered where there is none is of it.
    """
    st.subheader("Orthogonality: cost and gain", anchor=False)
    table = dictionary_study.rows(s, there)
    if table.empty:
        chrome.nothing(
            "No dictionary of this model has an orthogonality penalty. A study of this one:",
            _lines(s, dictionary),
        )
        return
    _table(table)
    enough = table[np.isfinite(table["absorption_change"])]
    drawn = enough[np.isfinite(enough["extra_time"]) & np.isfinite(enough["ev_change"])]
    figure = None
    if drawn.empty:
        st.text("Nothing to draw: no dictionary has both costs and a change of absorption.")
    else:
        figure = figures.study(_runs(drawn), theme.template(theme.active()), theme.ink().muted)
        st.plotly_chart(
            figure, theme=None, key="features:study", width=900, config=theme.PLOT_CONFIG
        )
    by_key = {q.key: q for q in there}
    first = by_key[table["key"].iloc[0]]
    metrics = features.downstream(s, first, "dictionary_metrics")
    saved = [Download("CSV", "orthogonality.csv", "text/csv", lambda: table.to_csv(index=False))]
    citing.foot(
        address,
        "study",
        "Each row against the dictionary of the same activations, parameters and seed without"
        " penalty. Upper left is better: absorption gone at little cost. One seed each: small"
        " differences may be chance. Times are those of the provenance, and are left blank where"
        " host or device differ; other work on the host slows them.",
        f"{citing.citation(s, *([metrics] if metrics else [first]))}. Absorption: SAEBench, arXiv"
        " 2503.09532; OrtSAE: arXiv 2509.22033",
        citing.python(s, metrics) if metrics else "",
        features.command_for(s, first, "dictionary_metrics"),
        [*saved, *([citing.html(figure, "orthogonality")] if figure else [])],
    )


def _lines(s: Store, dictionary: QuestionInfo) -> str:
    """The entries of a sweep that ask for the study of one dictionary."""
    declared = registry.get("dictionary").parameters
    kept = {
        n: v
        for n, v in dictionary.parameters.items()
        if n not in (*PENALTY, registry.RANGE) and v != declared[n].default
    }
    chosen = citing.upstream(s, "dictionary", dictionary.inputs)
    entries = []
    for penalty in ASKED:
        given = [f"{n} = {json.dumps(v)}" for n, v in {**kept, **penalty}.items()]
        told = ", ".join([*given, *chosen])
        entries.append(f'[[analyses]]\nname = "dictionary_metrics"\ninputs.dictionary = {{{told}}}')
    run = "python -m precompute run SWEEP.toml --store $IRED_STORE"
    return "\n\n".join(["# add to SWEEP.toml", *entries, f"# then\n{run}"])


def _table(table: pd.DataFrame) -> None:
    config = {}
    for name, (label, help_, form) in COLUMNS.items():
        kind = st.column_config.NumberColumn if form else st.column_config.TextColumn
        extra = {"format": form} if form else {}
        config[name] = kind(label, help=help_ or None, pinned=name == "name", **extra)
    shown = [n for n in COLUMNS if n != "why" or (table["why"] != "").any()]
    st.dataframe(
        table[shown],
        hide_index=True,
        height="content" if len(table) <= 14 else 420,
        row_height=26,
        key="features:study:table",
        placeholder="",
        column_config=config,
    )


def _runs(rows: pd.DataFrame) -> list[figures.Run]:
    found = []
    for row in rows.to_dict("records"):
        pairs = row["kind"] == "pairs"
        kind = ("adaptive" if row["threshold"] == "adaptive" else "fixed") if pairs else "ortsae"
        label = f"q {row['q']:.0e}".replace("e-0", "e−") if pairs else "OrtSAE"
        found.append(
            figures.Run(
                html.escape(row["name"]), kind, label, row["extra_time"], -100 * row["ev_change"],
                -row["absorption_change"],
            )
        )  # fmt: skip
    return found
