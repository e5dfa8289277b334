"""Sheet of the Features view: two dictionaries or seeds beside each other, atom by atom."""

from dataclasses import replace

import streamlit as st

from app.features import pairs as dictionary_pairs
from app.features import pairs_view as feature_pairs
from app.features import study_view as feature_study
from app.features.figures import matching as figures
from app.features.pairs import MATCH, Pair
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import look as theme
from app.shared.page.foot import Download
from store import QuestionInfo, Store

VIEW = "features"
CITATION = (
    "Matching after Sharkey et al. 2022 (MMCS) and Paulo & Belrose, arXiv 2501.16615 (Hungarian"
    " pairing of seeds)"
)


def show(s: Store, address: Address, there: list[QuestionInfo], dictionary: QuestionInfo) -> None:
    """Show the comparison with the dictionary that the address names as `other`.

    Args:
        s: the store.
        address: settled and bound.
        there: dictionaries of the subject.
        dictionary: the chosen one.
    """
    other = next((q for q in there if q.key == address["other"]), None)
    if other is None:
        chrome.nothing(
            "This is the only dictionary of this model on these problems. Another seed of it:",
            _another_seed(s, dictionary),
        )
        return
    pair = dictionary_pairs.find(s, dictionary, other)
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        choose(s, there, dictionary, "")
        sides = "   ".join(f"{letter}: {features.name(s, q)}" for letter, q in pair.sides)
        differing = dictionary_pairs.differing(pair)
        told = f"They differ in: {differing}" if differing else "Same parameters."
        st.text(f"{sides}\n{told}", width="stretch")
    left, right = st.columns([6, 7], gap="medium")
    with left:
        _metrics(s, address, pair)
    with right:
        if pair.match is None:
            _unmatched(s, pair)
        else:
            _stability(s, address, pair, pair.match)
    if pair.match is not None:
        feature_pairs.show(s, address, pair, pair.match, dictionary)
    feature_study.show(s, address, there, dictionary)


def choose(s: Store, there: list[QuestionInfo], dictionary: QuestionInfo, nothing: str) -> None:
    """The menu of the second dictionary; those that are matched with the first say so.

    Args:
        s: the store.
        there: dictionaries of the subject.
        dictionary: the first one.
        nothing: what "no second one" is called; "" where there must be one.
    """
    matched = {features.partner(m, dictionary.key) for m in features.matches(s, dictionary)}
    rest = sorted((q for q in there if q.key != dictionary.key), key=lambda q: q.key not in matched)
    names = {"": nothing} if nothing else {}
    names |= {q.key: features.name(s, q) + (" · matched" if q.key in matched else "") for q in rest}
    st.selectbox(
        "Beside",
        list(names),
        key=session.key(VIEW, "other"),
        format_func=lambda k: names.get(k, k[:8]),
        label_visibility="collapsed",
        on_change=session.push,
        args=(VIEW,),
        width=440,
        help="the second dictionary",
    )


def _another_seed(s: Store, dictionary: QuestionInfo) -> str:
    seed = {"seed": int(dictionary.parameters["seed"]) + 1}
    return citing.command(s, replace(dictionary, parameters={**dictionary.parameters, **seed}))


def _metrics(s: Store, address: Address, pair: Pair) -> None:
    st.subheader("Metrics", anchor=False)
    table = dictionary_pairs.side_by_side(s, pair)
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        row_height=26,
        key="features:compare:metrics",
        placeholder="",
        column_config={
            "metric": st.column_config.TextColumn(width=150, pinned=True),
            **{n: number(format="%.4g", width=76) for n in ("A", "B", "B − A")},
            "what": st.column_config.TextColumn("what it is"),
        },
    )
    sides = [q for _, q in pair.sides]
    metrics = [features.downstream(s, q, "dictionary_metrics") for q in sides]
    lacking = [letter for (letter, _), m in zip(pair.sides, metrics, strict=True) if m is None]
    asked = [m or q for m, q in zip(metrics, sides, strict=True)]
    sources = {q.inputs["activations"] for q in sides}
    citing.foot(
        address,
        "compare-metrics",
        "On held-out problems (every fifth). EV stands beside EV of as many principal components"
        " and random atoms."
        + (" A and B rebuild different activations: EV does not compare." * (len(sources) > 1))
        + (f" Blank: metrics of {' and '.join(lacking)} were not computed." if lacking else ""),
        citing.citation(s, *asked),
        citing.python(s, asked[0]),
        next(
            (
                features.command_for(s, q, "dictionary_metrics")
                for q, m in zip(sides, metrics, strict=True)
                if m is None
            ),
            citing.command(s, asked[0]),
        ),
        [
            Download(
                "CSV", f"metrics-{pair.one.key[:8]}-{pair.other.key[:8]}.csv", "text/csv",
                lambda: table.to_csv(index=False),
            )
        ],
    )  # fmt: skip


def _unmatched(s: Store, pair: Pair) -> None:
    st.subheader("Stability", anchor=False)
    sizes = {features.site(s, q) for _, q in pair.sides}
    if len(sizes) > 1:
        chrome.nothing("These dictionaries have different sites: their atoms are no vectors of one"
                       " space, and cannot be matched.")  # fmt: skip
    else:
        chrome.nothing(
            "The atoms of these two were not matched yet. Either may be `one`, the other `other`:",
            dictionary_pairs.command(s, pair),
        )
    there = reading.questions(s, analysis=MATCH)
    mine = [q for q in there if q.rows and {pair.one.key, pair.other.key} & set(q.inputs.values())]
    if mine:
        known = {q.key: features.name(s, q) for q in features.known(s)}
        st.text("Matched are:")
        for q in mine[:20]:
            names = [known.get(q.inputs[r], q.inputs[r][:8]) for r in ("one", "other")]
            st.text(" with ".join(names))


def _stability(s: Store, address: Address, pair: Pair, match: QuestionInfo) -> None:
    st.subheader("Stability", anchor=False)
    table = dictionary_pairs.stability(s, match)
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        row_height=26,
        key="features:compare:stability",
        placeholder="",
        column_config={
            "measure": st.column_config.TextColumn(width=150, pinned=True),
            "value": number(format="%.4f", width=70),
            "random": number(
                format="%.4f", width=70, help="the same of two random dictionaries of these sizes"
            ),
            "s.d.": number(format="%.4f", width=62, help="over pairs of random dictionaries"),
            "what": st.column_config.TextColumn("what it is"),
        },
    )
    answer = reading.dataset(s, match, (0,))
    ink = theme.ink()
    found = figures.spread(
        answer["match_cosine"].values.astype(float),
        float(answer["null_pw_mcc"]),
        float(answer["null_pw_mcc_sd"]),
    )
    figure = figures.histogram(found, theme.template(theme.active()), ink.accent, ink.muted)
    st.plotly_chart(figure, theme=None, key="features:compare:spread", config=theme.PLOT_CONFIG)
    name = f"match-{match.key[:8]}"
    citing.foot(
        address,
        "compare-stability",
        "Each atom of A is paired with one of B so that the sum of |cos| is largest. Grey line:"
        " mean |cos| of such pairs of random dictionaries (band: its s.d.); where the bars stand"
        " there, nothing is shared. Random values are blank where they were not computed: of dead"
        " atoms and shares there is no null.",
        f"{citing.citation(s, match)}. {CITATION}",
        citing.python(s, match),
        citing.command(s, match),
        [
            Download("CSV", f"{name}.csv", "text/csv", lambda: table.to_csv(index=False)),
            citing.netcdf(lambda: answer, name),
            citing.html(figure, name),
        ],
    )
