"""Parameters of the view's address."""

from dataclasses import replace

from app.shared.address.fields import KEY, LEVEL, PLACE, PROBLEM, SUBJECT

FIELDS = {
    **SUBJECT,
    "problem": PROBLEM,
    "level": replace(LEVEL, live=True),
    "place": PLACE,
    "q": KEY,
}
