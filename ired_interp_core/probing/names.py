"""Labels of what is looked at in the layers."""

NETWORKS = ("trained", "untrained")
"""The model, and a network of the same shape with random weights: what the shape alone does."""

LAYERS = ("h1", "h2", "h3")
"""Hidden layers, each after its swish."""

DEAD = 1e-6
"""A unit is dead at a point where |∂E/∂h| is below this share of the layer's largest there."""

INPUTS = ("x", "xy", "h1", "h2", "h3", "gradient", "codes")
"""What a probe reads: the problem, the problem with the state, hidden layers, ∇_ỹE, and the codes
of a dictionary; the first two are controls."""

CONTROLS = ("shuffled", "untrained", "x", "xy")
"""What a score is held against: a shuffled target, the same input of an untrained network, and the
problem without and with the state."""

BEST = ("none", *CONTROLS)
"""The control with the largest score."""

VERDICTS = (
    "control", "not_decodable", "no_better", "not_decided", "use_not_tested", "not_used", "used",
    "constant", "given_by_level",
)  # fmt: skip
"""Of a cell (property, input, level). `control`: the input is one. `not_decodable`: nothing to
read. `no_better`: readable, and as well from a control. `not_decided`: the interval holds the
threshold, or a control is missing; also where it clears its controls and its removal was partial
and moved nothing. `use_not_tested`, `not_used`, `used`: decodable beyond its controls. `constant`:
the property does not vary. `given_by_level`: the level, which the time embedding gives away."""

POOLED = "level"
"""The property that is read over the rows of all levels together."""

ERROR = "error"
"""The property log₁₀ of the final mean squared error."""
