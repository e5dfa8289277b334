"""Parameters of the sheet's address."""

from app.shared.address.fields import Field, pattern

MOST_SERIES = 4
"""Series of checkpoints that are drawn over each other."""
SERIES = Field(
    (), pattern(r"[0-9a-f]{8,64}", "at least 8 hex digits of a series' id"), most=MOST_SERIES
)
