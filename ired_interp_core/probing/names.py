"""Labels of what is looked at in the layers."""

NETWORKS = ("trained", "untrained")
"""The model, and a network of the same shape with random weights: what the shape alone does."""

LAYERS = ("h1", "h2", "h3")
"""Hidden layers, each after its swish."""

DEAD = 1e-6
"""A unit is dead at a point where |∂E/∂h| is below this share of the layer's largest there."""

INPUTS = ("x", "xy", "h1", "h2", "h3", "gradient", "codes")
"""What properties are read from: the problem, it and the state ỹ, layers, ∇E, codes of a dictionary."""

CONTROLS = ("shuffled", "untrained", "x", "xy")
"""What a score is held against: a shuffled target, an untrained network, and what the input gives."""

VERDICTS = (
    "control",
    "not_decodable",
    "no_better",
    "not_decided",
    "use_not_tested",
    "not_used",
    "used",
    "constant",
    "given_by_level",
)
"""Of a cell; `not_decided` also where it clears its controls and its use cannot be decided."""
