"""What the chosen dictionary is worth: EV by level, loss recovered, concepts and absorption."""

import numpy as np
import pandas as pd
import streamlit as st
import xarray as xr

from app.features.figures.by_level import Line, by_level
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import look as theme
from app.shared.page.foot import Download
from ired_interp_core.dictionaries.names import STATUS
from store import QuestionInfo, Store

WHY = {
    "measured": "",
    "undefined": "no such concept on this task",
    "few_points": "under 50 points or 10 problems of an answer",
    "weak_probe": "probe's AUROC under .7 on held-out problems",
    "no_latent": "no latent speaks for it",
}


def show(s: Store, address: Address, dictionary: QuestionInfo) -> None:
    """Show the measures of one dictionary.

    Args:
        s: the store.
        address: settled and bound.
        dictionary: its question.
    """
    question = features.downstream(s, dictionary, "dictionary_metrics")
    st.subheader(features.name(s, dictionary), anchor=False)
    with st.container(key="links-dictionary", horizontal=True, gap="small"):
        chrome.link(
            "its atoms", address.carry("features", sheet="atoms"), icon=":material/scatter_plot:"
        )
        chrome.link(
            "its training", address.carry("features", sheet="training"), icon=":material/timeline:"
        )
    if question is None:
        chrome.nothing(
            "This dictionary was trained, and nothing was measured of it yet.",
            features.command_for(s, dictionary, "dictionary_metrics"),
        )
        return
    answer = reading.dataset(s, question, (0,))
    _facts(answer)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _levels(s, address, question, answer)
    with right:
        _concepts(s, address, question, answer)


def _levels(s: Store, address: Address, question: QuestionInfo, answer: xr.Dataset) -> None:
    figure = by_level(
        [
            Line("EV", answer["explained_variance_level"].values),
            Line(
                "EV of as many principal components",
                answer["pca_explained_variance_level"].values,
                baseline=True,
            ),
        ],
        "EV on the level's held-out points",
        theme.template(theme.active()),
        290,
    )
    st.plotly_chart(figure, theme=None, key="features:levels", config=theme.PLOT_CONFIG)
    names = ["explained_variance_level", "l0_level", "pca_explained_variance_level"]
    citing.foot(
        address,
        "levels",
        "Explained variance on the points of one level alone, each against that level's own mean."
        " Below the dashed line a dictionary is worse than PCA with as many components.",
        citing.citation(s, question),
        citing.python(s, question, variables=names),
        citing.command(s, question),
        [
            Download(
                "CSV", f"levels-{question.key[:8]}.csv", "text/csv",
                lambda: answer[names].to_dataframe().to_csv(),
            ),
            citing.netcdf(lambda: answer, f"metrics-{question.key[:8]}"),
            citing.html(figure, f"levels-{question.key[:8]}"),
        ],
    )  # fmt: skip


def _number(answer: xr.Dataset, name: str) -> float:
    return float(answer[name].values)


def _facts(answer: xr.Dataset) -> None:
    n = {str(name): _number(answer, str(name)) for name, v in answer.items() if not v.dims}
    st.text(
        f"Loss recovered {n['loss_recovered']:.3f} ({n['loss_recovered_low']:.3f} …"
        f" {n['loss_recovered_high']:.3f}, 95 %): final MSE {n['mse_original']:.4g} as it is,"
        f" {n['mse_replaced']:.4g} with x̂, {n['mse_zero']:.4g} with 0, {n['mse_mean']:.4g} with"
        f" the mean in place of x, on {n['held_out_problems']:.0f} held-out problems."
    )
    st.text(
        f"EV {n['explained_variance']:.3f} held out, {n['explained_variance_training']:.3f} in"
        f" training; PCA {n['pca_explained_variance']:.3f}, random atoms"
        f" {n['random_explained_variance']:.3f} with as many as L0 = {n['l0']:.3g}."
        f" cos {n['cosine']:.3f}, ‖x̂‖/‖x‖ {n['norm_ratio']:.3f},"
        f" dead {100 * n['dead_share']:.1f} %."
    )


def _concepts(s: Store, address: Address, question: QuestionInfo, answer: xr.Dataset) -> None:
    status = [STATUS[i] for i in answer["absorption_status"].values]
    rows = pd.DataFrame(
        {
            "concept": [str(c).replace("_", " ") for c in answer["concept"].values],
            "absorption": answer["absorption_rate"].values,
            "why": [WHY[w] for w in status],
            "probe": answer["concept_auroc"].values,
            "latents": answer["concept_auroc_latents"].values,
            "split": answer["split_latents"].values,
            "positives": answer["concept_positives"].values,
            "points": answer["concept_points"].values,
        }
    )
    defined = rows[np.array(status) != "undefined"]
    number = st.column_config.NumberColumn
    st.dataframe(
        defined,
        hide_index=True,
        height="content",
        row_height=26,
        key="features:concepts",
        placeholder="",
        column_config={
            "absorption": number("absorption", format="%.3f", help="as SAEBench defines it"),
            "probe": number("AUROC, probe", format="%.3f", help="on the activations themselves"),
            "latents": number("AUROC, latents", format="%.3f", help="on the latents kept"),
            "split": number("latents", format="%d", help="kept by k-sparse probing"),
            "positives": number("positives", format="%d", help="held-out points of the concept"),
            "points": number("points", format="%d", help="held-out points looked at"),
            "why": st.column_config.TextColumn("why blank", width=130),
        },
    )
    citing.foot(
        address,
        "concepts",
        "Questions about a point that its matrices answer. Absorption: share of a concept's points"
        " that its main latents miss and another latent aligned with its probe takes over"
        f" (SAEBench). {len(rows) - len(defined)} concepts do not exist on this task and are left"
        " out.",
        citing.citation(s, question),
        citing.python(s, question, variables=["absorption_rate", "absorption_status"]),
        citing.command(s, question),
        [
            Download(
                "CSV", f"concepts-{question.key[:8]}.csv", "text/csv",
                lambda: rows.to_csv(index=False),
            )
        ],
    )  # fmt: skip
