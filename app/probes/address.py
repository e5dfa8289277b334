"""What a link to the view of probes may say."""

from app.shared.address import fields
from app.shared.address.fields import Field, choice, integer, pattern, spell_optional
from ired_interp_core.failure.names import ESTIMATORS
from ired_interp_core.probing.names import INPUTS
from ired_interp_core.schema import LEVELS

NAME = pattern(r"[a-z0-9_]{0,60}", "a property")


def threshold(text: str) -> float | None:
    """A probability, or none."""
    value = fields.number(text) if text else None
    if value is not None and not 0 <= value <= 1:
        raise fields.Unusable("expected a probability, or nothing")
    return value


def spell_threshold(value: float | None) -> str:
    """Spell a probability that may be none."""
    return "" if value is None else f"{value:.6g}"


FIELDS = {
    **fields.SUBJECT,
    "sheet": Field("read", choice("read", "failures", "flow")),
    "property": Field("", NAME, help="what is read; the cell with the surest gain where empty"),
    "input": Field("", choice("", *INPUTS), help="what it is read from"),
    "level": Field(None, integer(0, LEVELS - 1, empty=True), spell_optional),
    "estimator": Field("logistic", choice(*ESTIMATORS), help="what predicts failure"),
    "threshold": Field(
        None,
        threshold,
        spell_threshold,
        help="probability above which failure is predicted; that of the training folds where empty",
    ),
    "fill": Field("gain", choice("gain", "score"), help="what the map is filled with"),
    "ranked": Field("gain", choice("gain", "declared"), help="the order of the properties"),
}
