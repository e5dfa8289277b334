"""Parameters of the view's address."""

from app.shared.address import fields
from app.shared.address.fields import Field, choice

SHOWN = {"input": "∇E there", "state": "state ỹ/√ᾱ", "problem": "problem x"}
"""What is drawn of a feature's examples: what the dictionary saw there, the state ỹ, or x."""

FIELDS = {
    **fields.SUBJECT,
    "sheet": Field("dictionaries", choice("dictionaries", "atoms", "compare", "training")),
    "dictionary": fields.KEY,
    "feature": Field(None, fields.integer(0, 131_071, empty=True), fields.spell_optional),
    "map": Field("umap", choice("umap", "pca")),
    "tint": Field("dictionary_features.density", fields.column),
    "by": Field("dictionary_features.energy_share", fields.column),
    "way": Field("down", choice("down", "up")),
    "leaf": Field(1, fields.integer(1, 10**5)),
    "keep": Field((), fields.filter_, most=fields.MOST_FILTERS),
    "shown": Field("input", choice(*SHOWN)),
    "other": fields.KEY,
    "order": fields.ORDER,
}
