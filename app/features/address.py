"""Parameters of the view's address."""

from app.shared.address.fields import (
    KEY,
    MOST_FILTERS,
    SUBJECT,
    Field,
    choice,
    column,
    filter_,
    integer,
    pattern,
    spell_optional,
)

SHOWN = {"input": "∇E there", "state": "state ỹ/√ᾱ", "problem": "problem x"}
"""What is drawn of a feature's examples: what the dictionary saw there, the state ỹ, or x."""

FIELDS = {
    **SUBJECT,
    "sheet": Field("dictionaries", choice("dictionaries", "atoms", "compare", "training")),
    "dictionary": KEY,
    "feature": Field(None, integer(0, 131_071, empty=True), spell_optional),
    "map": Field("umap", choice("umap", "pca")),
    "tint": Field("dictionary_features.density", column),
    "by": Field("dictionary_features.energy_share", column),
    "way": Field("down", choice("down", "up")),
    "leaf": Field(1, integer(1, 10**5)),
    "keep": Field((), filter_, most=MOST_FILTERS),
    "shown": Field("input", choice(*SHOWN)),
    "other": KEY,
    "order": Field("", pattern(r"-?[a-z_]{0,40}", "a column of the table, with - largest first")),
}
