"""What is like a feature: near atoms, features active together, and the same one in other seeds."""

import streamlit as st

from app.features import card as feature_card
from app.features.card import Card
from app.shared.address.address import Address
from app.shared.asks import dictionaries as features
from app.shared.asks import reading
from app.shared.page import frame as chrome
from app.shared.page import labels
from store import Store

VIEW = "features"
MOST = 6
MOST_MATCHES = 4


def show(s: Store, address: Address, of: Card) -> None:
    """Show neighbours as links to their cards.

    Args:
        s: the store.
        address: settled and bound.
        of: the card.
    """
    st.markdown("**What is like it**")
    r = of.record
    if r is None:
        chrome.nothing("Its neighbours were not looked at yet.")
    else:
        near, together = st.columns(2, gap="small")
        with near:
            _listed(s, address, of, "near", "Nearest atoms, cos")
        with together:
            _listed(s, address, of, "together", "Active together, cos of codes")
    _matches(s, address, of)


def _listed(s: Store, address: Address, of: Card, kind: str, title: str) -> None:
    st.caption(title)
    r = of.record
    said = labels.of(s, of.dictionary.key)
    pairs = zip(r[f"{kind}_feature"].values, r[f"{kind}_cosine"].values, strict=True)
    there = [(int(f), float(c)) for f, c in pairs if f >= 0][:MOST]
    if not there:
        st.caption("none")
        return
    with st.container(key=f"links-{kind}", gap=None):
        for feature, cosine in there:
            known = said.get(feature)
            chrome.link(
                f"{feature} · {cosine:.2f}",
                address.replace(feature=feature),
                help=known.text if known and known.text.isalnum() else None,
            )


def _matches(s: Store, address: Address, of: Card) -> None:
    found = feature_card.matched(s, of)[:MOST_MATCHES]
    if not found:
        st.caption("Not compared with another dictionary.")
        return
    st.caption("Its pair in other dictionaries, cos; random ones reach what stands in brackets")
    nulls = {}
    for question in features.matches(s, of.dictionary):
        answer = reading.dataset(s, question, (0,), ("null_pw_mcc",))
        nulls[features.partner(question, of.dictionary.key)] = float(answer["null_pw_mcc"])
    with st.container(key="links-matches", gap=None):
        for other, feature, cosine in found:
            what = (
                f"seed {other.parameters['seed']}"
                if features.seeds_apart(s, of.dictionary, other.key)
                else f"{other.parameters['variant']} {other.key[:8]}"
            )
            chrome.link(
                f"{what}: feature {feature} · {cosine:.2f} ({nulls[other.key]:.2f})",
                address.replace(dictionary=other.key, feature=feature),
            )
