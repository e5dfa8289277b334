"""Parameters of the view's address."""

from dataclasses import replace

from app.landscape import eigen_address as eigen
from app.landscape import pin, through
from app.shared.address import fields
from app.shared.address.fields import Field, choice
from ired_interp_core.geometry.names import METHODS, QUANTITIES

PROBE = fields.pattern(
    r"([a-z0-9_]{1,60}~[0-9]~(gradient|h1|h2|h3))?", "a property, a level and an input, between ~"
)

FIELDS = {
    **fields.SUBJECT,
    "problem": fields.PROBLEM,
    "level": replace(fields.LEVEL, live=True),
    "place": fields.PLACE,
    "frame": Field("level", choice("level", "data")),
    "plane": fields.PLANE,
    "centre": fields.CENTRE,
    "through": through.FIELD,
    "scale": Field("energy", choice("energy", "log", "percent")),
    "axis": Field("eigenvalue", choice("eigenvalue", "variance")),
    "view": Field("heatmap", choice("heatmap", "surface")),
    "lock": Field(None, fields.lock, fields.spell_lock),
    "attribution": Field("", choice("", *METHODS, QUANTITIES[1])),
    "dictionary": fields.KEY,
    "point": Field(None, fields.point, fields.spell_point),
    "eigen": eigen.FIELD,
    "walk": fields.KEY,
    "steer": fields.KEY,
    "probe": Field("", PROBE, help="property, level and input of the probe that is opened"),
    "origin": Field("", fields.problem_set),
    "pin": pin.FIELD,
    "q": fields.KEY,
}
