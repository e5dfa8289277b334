"""Labels of what failure is, and of what it is predicted from. Light: no torch."""

RULES = ("worst", "baseline", "residual", "prefers_wrong")
"""What a failure is: the largest errors; worse than a trivial predictor on the same problem; the
largest ‖AŶ − I‖; an energy that is lower at the answer than at the truth."""

KINDS = ("scale", "asymmetric", "clipped", "structure")
"""Kinds of error; the first that fits."""
