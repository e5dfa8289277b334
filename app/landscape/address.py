"""Parameters of the view's address."""

from dataclasses import replace

from app.shared.address.fields import (
    CENTRE,
    KEY,
    LEVEL,
    PLACE,
    PLANE,
    PROBLEM,
    SUBJECT,
    Field,
    choice,
    lock,
    spell_lock,
)

FIELDS = {
    **SUBJECT,
    "problem": PROBLEM,
    "level": replace(LEVEL, live=True),
    "place": PLACE,
    "frame": Field("level", choice("level", "data")),
    "plane": PLANE,
    "centre": CENTRE,
    "scale": Field("energy", choice("energy", "log", "percent")),
    "axis": Field("eigenvalue", choice("eigenvalue", "variance")),
    "view": Field("heatmap", choice("heatmap", "surface")),
    "lock": Field(None, lock, spell_lock),
    "dictionary": KEY,
    "q": KEY,
}
