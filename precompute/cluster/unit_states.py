"""What the units of a question are doing, counted without listing them: a run may ask for 10⁹."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from store.sides import Range


def units_of(
    entry: Mapping[str, Any], there: Sequence[Range], doing: Mapping[Range, str]
) -> Counter[str]:
    """Count the units of a question by what they are doing.

    Args:
        entry: of a run record: analysis and count.
        there: ranges of rows that are published, disjoint.
        doing: what is said of some units: running, queued or failed.

    Returns:
        Word → units; empty for an analysis that is not installed.
    """
    try:
        rows = registry.get(entry["analysis"]).rows
    except Refusal:  # of another version of this tool
        return Counter()
    counts = Counter(done=sum(_whole_units(span, entry["count"], rows) for span in there))
    for (start, stop), word in doing.items():
        if start < entry["count"] and not any(a <= start and stop <= b for a, b in there):
            counts[word] += 1
    counts["missing"] = max(0, math.ceil(entry["count"] / rows) - counts.total())
    return +counts


def _whole_units(span: Range, count: int, rows: int) -> int:
    """Units of so many rows of 0 … count − 1 that lie in a range; the last may be shorter."""
    start, stop = span
    end = math.ceil(count / rows) if stop >= count else stop // rows
    return max(0, end - math.ceil(start / rows))
