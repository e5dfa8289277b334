"""Words of the analyses `geometry`, `symmetry` and `attribution`. Light."""

FACTORS = ("left", "right")
"""Singular spaces of a matrix: of its columns, and of its rows."""

ENDS = ("answer", "minimum")
"""What is compared with the truth: ŷ_t, and ŷ_t polished to a minimum."""

MOST_DIMENSION = 20
"""Largest dimension k of the subspaces that are compared."""

MANIFOLDS = ("rank", "symmetric")
"""Matrices of rank r, and symmetric matrices."""

SOURCES = ("model", "ideal", "random")
"""Whose gradient is split: the model's, the Gaussian ideal's, or a random matrix."""

MOVES = ("keeping", "leaving", "random")
"""Of equal length: within the manifold, off it, and in a random direction."""

LENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)
"""Of a move, in units of ‖y*‖_F."""

PROJECTIONS = ("manifold", "random")
"""Onto the manifold, and onto a random subspace of its dimension."""

AGAINST = ("truth", "error")
"""Whose singular vectors those of ∇E are held against: y*, and ŷ − y*."""

PASSED = tuple(i / 20 for i in range(21))
"""Share of the way from ŷ_t to y*."""

TURNS = ("permutation", "rotation", "transpose", "scale", "sum")
"""Of a problem: A → PAPᵀ, QAQᵀ, Aᵀ, cA; of addition (A + C, B − C)."""

METHODS = ("zero", "mean", "noise", "smooth", "gradient")
"""Of attribution: integrated gradients from zero, from the mean problem and from noise; mean
gradient around the point (SmoothGrad) and gradient at it, both times the distance from zero."""

BASELINES = METHODS[:3]
"""Those that integrate from a baseline, and add up to something."""

MOST_GAP = 0.01
"""Completeness gap beyond which an attribution is not shown of a single problem."""

QUANTITIES = ("energy", "error")
"""What is attributed: E_t at the answer, and the final error along the walk."""

GROUPS = ("diagonal", "off_diagonal", "observed", "hidden")
"""Of entries of a matrix; the last two are those of completion."""

CHOSEN = ("attribution", "size", "random")
"""How the entries that are disturbed were chosen: largest attribution, largest size, at random."""

COUNTS = (1, 2, 5, 10, 20, 50, 100)
"""Disturbed entries."""
