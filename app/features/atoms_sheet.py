"""Sheet of the Features view: map of atoms, table of features, and the card of one of them."""

import streamlit as st

from app.features import card_view as feature_card
from app.features import map as feature_map
from app.features import table as feature_table
from app.features.rows import Table
from app.shared.address.address import Address
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
