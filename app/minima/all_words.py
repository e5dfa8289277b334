"""What the sheet on all problems says about its panels."""

from app.minima.words import COVERAGE, LONG
from app.shared.page.contract import Words

WORDS = {
    "all_answer": Words(
        "In how many problems more than one minimum was found, and how many starts unseen basins"
        " may hold.",
        LONG + COVERAGE,
    ),
}
"""Panel → its words."""
