"""Words of the analyses `minima` and `paths`. Light."""

DRAWN = ("noise", "box", "noised_truth")
"""Kinds of start that are drawn: their bound on unseen basins means something."""

KINDS = (*DRAWN, "sampler", "other_answers")
"""Kinds of start that are counted: drawn ones, the sampler's states, answers of other problems."""

ABSENT, CONVERGED, TO_ROUNDING, NOT_CONVERGED = range(4)
STATUSES = ("absent", "converged", "to_rounding", "not_converged")
"""Of a stationary point: none there; ‖∇E‖ within the tolerance; as small as the arithmetic allows;
neither."""

VERIFIED, OPEN, NOT_TRIED = 1, 2, 3
PAIR_STATUSES = ("absent", "verified", "open", "not_tried")
"""Of a pair of minima: there is none; saddles join them, one after the other; tried within the
budget without that; not tried."""

SIDES = ("first", "second")
"""The two minima of a pair or of a saddle."""

CORNERS = ("first", "second", "third")
"""Minima through which a plane lies."""

NONE = -1
"""Stands for a point that is not asked: a direction takes its place."""

OFFSETS = tuple(k / 20 for k in range(-20, 21))
"""How far the energy is followed from a minimum: rms over the entries, level frame."""
