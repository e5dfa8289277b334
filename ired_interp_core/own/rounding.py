"""How far an answer moves by rounding alone, where x changes by one unit in the last place."""

ROUNDING = {"inverse": 1.6e-3, "addition": 2.1e-3, "completion": 2.8e-4}
"""Task → largest |Δŷ| of an entry [y] that 256 walks of the bundled model showed, 64 problems each
with every entry of x moved up or down by one unit in the last place of float32, four times. Half
of the walks move by less than a twentieth of that: in the others an accept decision that rounding
chose turns over (docs/definitions.md §1.7)."""
