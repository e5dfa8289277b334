"""Part of the sheet Compare: the paired atoms of two dictionaries, and one pair as matrices."""

import html

import numpy as np
import pandas as pd
import streamlit as st

from app.features import pairs as dictionary_pairs
from app.features.figures import matching as figures
from app.features.pairs import MOST_PAIRS, Pair
from app.shared.address import session
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.page import foot as citing
from app.shared.page import frame as chrome
from app.shared.page import labels
from app.shared.page import look as theme
from app.shared.page.foot import Download
from store import QuestionInfo, Store

VIEW = "features"


def show(
    s: Store, address: Address, pair: Pair, match: QuestionInfo, dictionary: QuestionInfo
) -> None:
    """Show the table of pairs and the chosen one; the feature of the address chooses.

    Args:
        s: the store.
        address: settled and bound.
        pair: two dictionaries.
        match: their comparison.
        dictionary: the one that the address' feature belongs to.
    """
    table = dictionary_pairs.pairs(s, match)
    side = "A" if dictionary.key == pair.one.key else "B"
    st.subheader("Matched pairs", anchor=False)
    if table.empty:
        st.text("No atoms were paired.")
        return
    shown = table.head(MOST_PAIRS)
    at = np.flatnonzero(shown[side] == address["feature"])
    at = int(at[0]) if at.size else 0
    left, right = st.columns([6, 7], gap="medium")
    with left:
        _pair_table(s, address, shown, at, side, match)
    with right:
        _pair(s, address, pair, shown.iloc[at], match)
    lonely = int(dictionary.parameters["features"]) - len(table)
    if address["feature"] is not None and not (table[side] == address["feature"]).any():
        st.text(
            f"Feature {address['feature']} has no partner; showing the most alike pair."
            if lonely > 0
            else f"Feature {address['feature']} is not in this comparison."
        )


def _pair_table(
    s: Store, address: Address, shown: pd.DataFrame, at: int, side: str, match: QuestionInfo
) -> None:
    said = (shown["label of A"] != "").any(), (shown["label of B"] != "").any()
    columns = ["A", "B", "cos", "|cos|", "nearest", "nearest cos"]
    columns += [n for n, any_ in zip(("label of A", "label of B"), said, strict=True) if any_]
    key = f"features:compare:pairs:{match.key[:8]}:{side}:{address['feature']}"
    number = st.column_config.NumberColumn
    numbers = shown[side].tolist()
    st.dataframe(
        shown[columns],
        hide_index=True,
        height=352,
        row_height=26,
        key=key,
        on_select=lambda: _pick(key, numbers, address["feature"]),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [at]}},
        placeholder="",
        column_config={
            "A": number("atom of A", format="%d", width=72),
            "B": number("atom of B", format="%d", width=72),
            "cos": number(format="%.4f", help="signed: −1 is the same line the other way"),
            "|cos|": number(format="%.4f", help="what the pairing maximises"),
            "nearest": number("nearest in B", format="%d", help="by signed cos, without pairing"),
            "nearest cos": number("its cos", format="%.4f"),
        },
    )
    many = "" if len(shown) < MOST_PAIRS else f" The {MOST_PAIRS:,} most alike pairs."
    citing.foot(
        address,
        "compare-pairs",
        f"One row is one pair; tick it to see both atoms. A click on a head sorts.{many}",
        citing.citation(s, match),
        citing.python(s, match, variables=["match", "match_cosine", "nearest", "nearest_cosine"]),
        citing.command(s, match),
        [
            Download(
                "CSV", f"pairs-{match.key[:8]}.csv", "text/csv",
                lambda: dictionary_pairs.pairs(s, match).to_csv(index=False),
            )
        ],
    )  # fmt: skip


def _pick(key: str, features_: list[int], before: int | None) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows and features_[rows[0]] != before:
        session.push(VIEW, feature=int(features_[rows[0]]))


def _pair(s: Store, address: Address, pair: Pair, row: pd.Series, match: QuestionInfo) -> None:
    atoms, names = [], []
    for letter, q in pair.sides:
        feature = int(row[letter])
        atoms.append(dictionary_pairs.atom(s, q, feature))
        names.append(html.escape(f"{letter} · atom {feature}"))
    figure = figures.pair(atoms, names, theme.template(theme.active()))
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        st.text(f"cos {row['cos']:+.4f}".replace("-", "−"), width="content")
        for letter, q in pair.sides:
            feature = int(row[letter])
            card = labels.card(address, q.key, feature)
            chrome.link(f"card of atom {feature} of {letter}", card, icon=":material/grid_on:")
    for letter in ("A", "B"):
        if row[f"label of {letter}"]:
            st.text(f"{letter}: “{row[f'label of {letter}']}”")
    st.plotly_chart(figure, theme=None, key="features:compare:pair", config=theme.PLOT_CONFIG)
    gradient = features.site(s, pair.one) == "gradient"
    citing.foot(
        address,
        "compare-pair",
        "Decoder rows of unit norm, one colour scale centred on 0 for both."
        + (
            " Entries of ∇E in ỹ (level frame), as the answer's matrix."
            if gradient
            else " Hidden units in their order: neighbours in the picture mean nothing."
        )
        + (" The cos is negative: the same line, opposite ways." if row["cos"] < 0 else ""),
        citing.citation(s, match),
        citing.python(s, pair.one, variables=["decoder"]),
        citing.command(s, match),
        [citing.html(figure, f"pair-{int(row['A'])}-{int(row['B'])}-{match.key[:8]}")],
    )
