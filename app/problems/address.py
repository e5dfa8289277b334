"""Parameters of the view's address."""

from app.shared.address import fields
from app.shared.address.fields import Field, choice, column

MOST_ASKS = 4
"""Analyses of which another question than the first can be chosen at once."""

FIELDS = {
    **fields.SUBJECT,
    "level": fields.LEVEL,
    "place": fields.PLACE,
    "sort": Field("descent.mse_final", column),
    "order": Field("down", choice("down", "up")),
    "page": Field(1, fields.integer(1, 10**7)),
    "labels": Field("few", choice("few", "all")),
    "filter": Field((), fields.filter_, most=fields.MOST_FILTERS),
    "x": Field("problem_properties.best_baseline", column),
    "y": Field("descent.mse_final", column),
    "colour": Field("hessian_spectrum.smallest_eigenvalue", column),
    "problem": fields.CHOSEN_PROBLEM,
    "q": fields.KEY,
    "ask": Field(
        (),
        fields.pattern(
            r"[a-z][a-z0-9_]{0,31}~[0-9a-f]{4,24}", "analysis~4 to 24 hex digits of a key"
        ),
        most=MOST_ASKS,
    ),
}
