"""The axis of ranks of a spectrum, on which a long run of exact zeros is drawn short."""

import numpy as np

from app.shared.drawing.eigenvalues import Spectrum, shortened
from app.shared.drawing.levels import Layout

FEW = 60
"""So many eigenvalues, e.g. of small matrices, are all drawn as points."""
MANY_FLAT = 0.25
"""From this share on, eigenvalues that are exactly 0 are drawn short: they would be the axis."""
FLAT_WIDTH = 0.06
"""What is left of them, as a share of the others."""


def flat(spectrum: Spectrum, i: int) -> tuple[int, int]:
    """Ranks before the exact zeros and how many are drawn short, 0 where all are drawn alike."""
    first, many = (int(v) for v in spectrum.flat[i])
    count = spectrum.values.shape[1]
    return (first, many) if count > FEW and many >= MANY_FLAT * count else (0, 0)


def positions(spectrum: Spectrum, i: int, rank: np.ndarray) -> np.ndarray:
    """Where ranks stand on the axis."""
    first, many = flat(spectrum, i)
    return shortened(rank, first, many, FLAT_WIDTH * (spectrum.values.shape[1] - many))


def axis(spectrum: Spectrum, i: int) -> Layout:
    """Range and ticks of the axis of ranks; where a run is drawn short, ticks say true ranks."""
    n = spectrum.values.shape[1]
    first, many = flat(spectrum, i)
    end = float(positions(spectrum, i, np.array([n], dtype=float))[0])
    room = [-0.02 * end, 1.02 * end]
    if not many:
        return {"range": room, "tickmode": "auto"}
    step = 10 ** int(np.log10(max(n - many, 10) / 2))
    named = {first + 1, first + many, n}
    named |= set(range(step, first + 1, step)) | {
        n - back for back in range(0, n - first - many, step)
    }
    kept: list[int] = []
    at = {r: float(positions(spectrum, i, np.array([r], dtype=float))[0]) for r in named}
    # The ends of the run come first; others only where there is room for their text.
    for r in sorted(named, key=lambda r: (r not in (first + many, n), r)):
        if all(abs(at[r] - at[k]) > 0.11 * end for k in kept):
            kept.append(r)
    kept.sort()
    return {
        "range": room,
        "title": {"text": f"rank, λ ascending · {many:,} exact zeros drawn short"},
        "tickmode": "array",
        "tickvals": [at[r] for r in kept],
        "ticktext": [f"{r:,}" for r in kept],
    }
