"""Labels of what is looked at in the layers."""

NETWORKS = ("trained", "untrained")
"""The model, and a network of the same shape with random weights: what the shape alone does."""

LAYERS = ("h1", "h2", "h3")
"""Hidden layers, each after its swish."""

DEAD = 1e-6
"""A unit is dead at a point where |∂E/∂h| is below this share of the layer's largest there."""
