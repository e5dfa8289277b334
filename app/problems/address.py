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
)

FIELDS = {
    **SUBJECT,
    "level": LEVEL,
    "place": PLACE,
    "sort": Field("descent.mse_final", column),
    "order": Field("down", choice("down", "up")),
    "page": Field(1, integer(1, 10**7)),
    "filter": Field((), filter_, most=MOST_FILTERS),
    "x": Field("problem_properties.best_baseline", column),
    "y": Field("descent.mse_final", column),
    "colour": Field("hessian_spectrum.smallest_eigenvalue", column),
    "problem": CHOSEN_PROBLEM,
    "q": KEY,
}
