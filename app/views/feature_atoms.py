"""Sheet of the Features view: map of atoms, table of features, and the card of one of them."""

import streamlit as st

from app.feature_rows import Table
from app.links import Address
from app.views import feature_card, feature_map, feature_table
from store import QuestionInfo, Store


def show(s: Store, address: Address, dictionary: QuestionInfo, of: Table) -> None:
    """Show the sheet.

    Args:
        s: the store.
        address: settled and bound.
        dictionary: its question.
        of: numbers of all its features.
    """
    left, right = st.columns([5, 6], gap="medium")
    with left:
        lasso = feature_map.show(s, address, dictionary, of)
    with right:
        feature_table.show(s, address, dictionary, of, lasso)
    if address["feature"] is not None:
        feature_card.show(s, address, dictionary)
