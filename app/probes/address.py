"""What a link to the view of probes may say."""

from app.shared.address import fields
from app.shared.address.fields import Field, choice, integer, pattern, spell_optional
from ired_interp_core.failure.names import ESTIMATORS
from ired_interp_core.probing.names import INPUTS
from ired_interp_core.schema import LEVELS

NAME = pattern(r"[a-z0-9_]{0,60}", "a property")

FIELDS = {
    **fields.SUBJECT,
    "sheet": Field("read", choice("read", "failures", "flow")),
    "property": Field("", NAME, help="what is read; the cell with the surest gain where empty"),
    "input": Field("", choice("", *INPUTS), help="what it is read from"),
    "level": Field(None, integer(0, LEVELS - 1, empty=True), spell_optional),
    "estimator": Field("logistic", choice(*ESTIMATORS), help="what predicts failure"),
    "fill": Field("gain", choice("gain", "score"), help="what the map is filled with"),
    "ranked": Field("gain", choice("gain", "declared"), help="the order of the properties"),
}
