"""Parameters of the view's address."""

from app.shared.address.fields import (
    CENTRE,
    CHOSEN_PROBLEM,
    KEY,
    LEVEL,
    PLACE,
    PLANE,
    SERIES,
    SUBJECT,
    Field,
    choice,
    column,
    integer,
    pattern,
)

_pick = pattern(
    r"|[a-z0-9_.]{1,80}~(0|5|25|50|75|95|100|share)~[0-3]",
    "quantity~percentage or share~number of the group",
)

FIELDS = {
    **SUBJECT,
    "place": PLACE,
    "frame": Field("data", choice("level", "data")),
    "spectrum": Field("relative", choice("relative", "eigenvalue", "variance")),
    "energy": Field("value", choice("value", "excess")),
    "points": Field("answers", choice("answers", "steps")),
    "group": Field("", pattern(r"[a-z0-9_.]{0,80}", "a column, or nothing")),
    "groups": Field(3, integer(2, 4)),
    "level": LEVEL,
    "problem": CHOSEN_PROBLEM,
    "pick": Field("", _pick),
    "sheet": Field("levels", choice("levels", "training")),
    "series": SERIES,
    "quantity": Field("descent.mse", column),
    "plane": PLANE,
    "centre": CENTRE,
    "shade": Field("percent", choice("percent", "log", "energy")),
    "q": KEY,
}
