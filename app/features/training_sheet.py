"""Sheet of the Features view: how the training of a dictionary went, step by step."""

import html

import streamlit as st
import xarray as xr

from app.features import compare_sheet as feature_compare
from app.features.figures import training as figures
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.drawing import colours
from app.shared.page import foot as citing
from app.shared.page import look as theme
from app.shared.page.foot import Download
from store import QuestionInfo, Store

CITATION = (
    "Penalty of co-active pairs: ours; OrtSAE: arXiv 2509.22033; revival of dead features: Gao et"
    " al., arXiv 2406.04093"
)

PENALTY = (
    "τ: threshold of the orthogonality penalty; |cos|: mean ± s.d. over the pairs most active"
    " together in a batch. Dashed diagonal: every attempted step succeeds. Loss on a log axis;"
    " parts that are 0 are not drawn."
)
COURSE = (
    "On the training batch, not held out: EV there is flattered. Dead: not active for `dead_after`"
    " = {after} steps. Pair stability: Jaccard index of the pairs selected here and 100 steps"
    " before; 1: always the same."
)


def show(s: Store, address: Address, there: list[QuestionInfo], dictionary: QuestionInfo) -> None:
    """Show the log of the chosen dictionary, and over it that of `other`.

    Args:
        s: the store.
        address: settled and bound.
        there: dictionaries of the subject.
        dictionary: the chosen one.
    """
    site = features.site(s, dictionary)
    same = [q for q in there if features.site(s, q) == site or q.key == address["other"]]
    other = next((q for q in there if q.key == address["other"]), None)
    chosen = [dictionary, *([other] if other else [])]
    answers = [reading.dataset(s, q, (0,), names()) for q in chosen]
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        if len(same) > 1:
            feature_compare.choose(s, same, dictionary, "beside no second dictionary")
        told = [_counts(s, q, a) for q, a in zip(chosen, answers, strict=True)]
        st.text("\n".join(told), width="stretch")
    logs = [
        figures.log(a, html.escape(features.name(s, q)), q.parameters["orthogonality"])
        for q, a in zip(chosen, answers, strict=True)
    ]
    ink, template = theme.ink(), theme.template(theme.active())
    inks = (ink.accent, colours.SECOND)
    left, right = st.columns(2, gap="medium")
    with left:
        drawn = figures.penalty(logs, template, inks, ink.muted)
        st.plotly_chart(drawn, theme=None, key="features:training", config=theme.PLOT_CONFIG)
        _foot(s, address, chosen, "training", drawn, logs, PENALTY)
    with right:
        drawn = figures.course(logs, template, inks, ink.muted)
        st.plotly_chart(drawn, theme=None, key="features:course", config=theme.PLOT_CONFIG)
        after = dictionary.parameters["dead_after"]
        _foot(s, address, chosen, "course", drawn, logs, COURSE.format(after=after))


def _counts(s: Store, dictionary: QuestionInfo, answer: xr.Dataset) -> str:
    taken, seen = int(answer["steps_taken"]), int(answer["samples_seen"])
    samples, wanted = int(answer["training_samples"]), int(dictionary.parameters["steps"])
    return (
        f"{features.name(s, dictionary)}: {taken:,} of {wanted:,} steps succeeded; {seen:,} samples"
        f" of {samples:,} activations, {seen / max(samples, 1):.3g} passes"
    )


def names() -> tuple[str, ...]:
    """Variables of the log, and the counts beside it.

    Returns:
        Names.
    """
    counts = ("steps_taken", "samples_seen", "training_samples")
    logged = {*figures.PARTS, *(n for n, _ in (*figures.PENALTY, *figures.COURSE))}
    return (*counts, "log_step", "log_pair_cosine_sd", *sorted(logged))


def _foot(
    s: Store,
    address: Address,
    chosen: list[QuestionInfo],
    what: str,
    drawn: object,
    logs: list[figures.Log],
    reading_help: str,
) -> None:
    dictionary = chosen[0]
    name = f"{what}-{dictionary.key[:8]}"
    thinned = max(logged.every for logged in logs)
    if thinned > 1:
        reading_help += f" Drawn is one of {thinned} entries; files hold them all."
    if len(chosen) > 1:
        reading_help += " Dotted: the second dictionary."

    def csv() -> str:
        answer = reading.dataset(s, dictionary, (0,), names())
        logged = [n for n, v in answer.items() if v.dims == ("iteration",)]
        return answer[logged].to_dataframe().to_csv()

    citing.foot(
        address,
        f"training-{what}",
        reading_help,
        f"{citing.citation(s, *chosen)}. {CITATION}",
        citing.python(s, dictionary, variables=[n for n in names() if n.startswith("log")]),
        citing.command(s, dictionary),
        [
            Download("CSV", f"{name}.csv", "text/csv", csv),
            citing.netcdf(lambda: reading.dataset(s, dictionary, (0,), names()), name),
            citing.html(drawn, name),
        ],
    )
