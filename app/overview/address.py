"""Parameters of the view's address."""

from app.shared.address.fields import PROBLEM, SUBJECT, Field, choice, weights
from ired_interp_core import published

FIELDS = {
    **SUBJECT,
    "sheet": Field("store", choice("store", "paper")),
    "task": Field("inverse", choice(*published.MSE)),
    "weights": Field((), weights, most=len(published.MSE)),
    "curve": Field("excess", choice("value", "excess")),
    "example": PROBLEM,
}
