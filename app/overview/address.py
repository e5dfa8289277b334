"""Parameters of the view's address."""

from app.shared.address.fields import ORDER, PROBLEM, SUBJECT, Field, choice, weights
from ired_interp_core import published

FIELDS = {
    **SUBJECT,
    "order": ORDER,
    "sheet": Field("store", choice("store", "paper")),
    "task": Field("inverse", choice(*published.MSE)),
    "weights": Field((), weights, most=len(published.MSE)),
    "curve": Field("excess", choice("value", "excess")),
    "example": PROBLEM,
}
