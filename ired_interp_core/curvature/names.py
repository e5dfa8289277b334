"""Names that answers about curvature carry along their dims. Light: no torch."""

ENDS = ("top", "bottom")
"""Ends of a spectrum, in the order of the dim `end`: largest eigenvalues, smallest."""

SUBSPACES = (
    "symmetric",
    "antisymmetric",
    "diagonal",
    "trace",
    "observed",
    "unobserved",
    "tangent",
    "normal",
    "singular_frame",
)
"""Named subspaces of the answer matrices, in the order of the dim `subspace`."""

PLAIN_SUBSPACES = ("symmetric", "antisymmetric", "diagonal", "trace", "observed", "unobserved")
"""Those that depend on no answer; the last two are of completion."""
