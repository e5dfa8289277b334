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
