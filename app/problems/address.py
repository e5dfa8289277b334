"""Parameters of the view's address."""

from app.shared.address.fields import (
    CHOSEN_PROBLEM,
    KEY,
    LEVEL,
    MOST_FILTERS,
    PLACE,
    SUBJECT,
    Field,
    choice,
    column,
    filter_,
    integer,
    pattern,
)

MOST_ASKS = 4
"""Analyses of which another question than the first can be chosen at once."""

FIELDS = {
    **SUBJECT,
    "level": LEVEL,
    "place": PLACE,
    "sort": Field("descent.mse_final", column),
    "order": Field("down", choice("down", "up")),
    "page": Field(1, integer(1, 10**7)),
    "labels": Field("few", choice("few", "all")),
    "filter": Field((), filter_, most=MOST_FILTERS),
    "x": Field("problem_properties.best_baseline", column),
    "y": Field("descent.mse_final", column),
    "colour": Field("hessian_spectrum.smallest_eigenvalue", column),
    "problem": CHOSEN_PROBLEM,
    "q": KEY,
    "ask": Field(
        (),
        pattern(r"[a-z][a-z0-9_]{0,31}~[0-9a-f]{4,24}", "analysis~4 to 24 hex digits of a key"),
        most=MOST_ASKS,
    ),
}
