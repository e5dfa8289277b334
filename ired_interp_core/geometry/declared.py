"""The declared variables and dims of the analysis `geometry`. Light."""

from ired_interp_core import tasks
from ired_interp_core.dims import Dim
from ired_interp_core.geometry.names import (
    AGAINST,
    ENDS,
    FACTORS,
    LENGTHS,
    MANIFOLDS,
    MOVES,
    PASSED,
    PROJECTIONS,
    SOURCES,
)
from ired_interp_core.schema import DIMS, Variable

LEVEL = ("problem", "level")
PLACE = (*LEVEL, "place")

DIMENSIONS = (
    DIMS["place"].labelled(ENDS),
    Dim("factor", "singular spaces: left of the columns, right of the rows", "VARCHAR", "whole",
        FACTORS),
    Dim("dimension", "dimension k of the leading singular spaces", taken="whole", least=1),
    Dim("angle", "rank of the principal angle, ascending", taken="whole"),
    Dim("passed", "share of the way from ŷ_t to y*", "DOUBLE", "whole", PASSED),
    Dim("source", "whose gradient: the model's, the Gaussian ideal's, a random matrix", "VARCHAR",
        "whole", SOURCES),
    Dim("manifold", "matrices of rank r, or symmetric matrices", "VARCHAR", "whole", MANIFOLDS),
    Dim("move", "of equal length: within the manifold, off it, or at random", "VARCHAR", "whole",
        MOVES),
    Dim("length", "length of a move over ‖y*‖", "DOUBLE", "whole", LENGTHS),
    Dim("projection", "onto the manifold, or onto a random subspace of its dimension", "VARCHAR",
        "whole", PROJECTIONS),
    Dim("against", "whose singular vectors: of the truth, or of the error", "VARCHAR", "whole",
        AGAINST),
)  # fmt: skip

SUBSPACES = {
    "distance": Variable(
        PLACE, "float64", "geodesic distance to y*", "rad",
        "of the k leading singular spaces of answer or minimum and truth: root mean square over"
        " left and right", scalar=True,
    ),
    "chordal_distance": Variable(
        PLACE, "float64", "chordal distance to y*", "1",
        "‖sin θ‖ of the same spaces, root mean square over left and right", scalar=True,
    ),
    "euclidean": Variable(
        PLACE, "float64", "distance ‖ŷ − y*‖", "y",
        "Euclidean distance of answer or minimum from the truth", "data", scalar=True,
    ),
    "excess": Variable(
        PLACE, "float64", "energy excess over the truth", "E",
        "E_t of answer or minimum − E_t(y*)", scalar=True,
    ),
    "principal_angle": Variable(
        (*PLACE, "factor", "dimension", "angle"), "float32", "principal angles to y*", "rad",
        "between the k leading singular spaces and those of the truth; NaN beyond the k-th",
    ),
    "geodesic": Variable(
        (*PLACE, "factor", "dimension"), "float32", "geodesic distance ‖θ‖", "rad",
        "for every k; geomstats' is √2 times it",
    ),
    "chordal": Variable(
        (*PLACE, "factor", "dimension"), "float32", "chordal distance ‖sin θ‖", "1",
        "for every k",
    ),
    "gap": Variable(
        (*PLACE, "dimension"), "float32", "relative gap at k", "1",
        "(s_k − s_{k+1})/s_k, the smaller one of the two matrices",
    ),
    "resolved": Variable(
        (*PLACE, "dimension"), "int8", "resolved", "1",
        "whether the gap at k exceeds what float32 tells apart",
        flags=("degenerate", "resolved"),
    ),
    "angle_random": Variable(
        ("dimension", "angle"), "float32", "principal angles of random pairs", "rad",
        "mean over random pairs of spaces",
    ),
    "angle_random_sd": Variable(
        ("dimension", "angle"), "float32", "their s.d.", "rad", "over random pairs of spaces"
    ),
    "geodesic_random": Variable(
        ("dimension",), "float32", "geodesic distance of random pairs", "rad",
        "mean over random pairs of spaces",
    ),
    "geodesic_random_sd": Variable(
        ("dimension",), "float32", "its s.d.", "rad", "over random pairs of spaces"
    ),
    "chordal_random": Variable(
        ("dimension",), "float32", "chordal distance of random pairs", "1",
        "mean over random pairs of spaces",
    ),
    "chordal_random_sd": Variable(
        ("dimension",), "float32", "its s.d.", "1", "over random pairs of spaces"
    ),
}  # fmt: skip

WAYS = {
    "path_energy": Variable(
        (*LEVEL, "passed"), "float64", "E along the geodesic path", "E",
        "from ŷ_t to y*, leading singular spaces turned along a geodesic",
    ),
    "straight_energy": Variable(
        (*LEVEL, "passed"), "float64", "E along the straight line", "E", "from ŷ_t to y*"
    ),
    "transport_cosine": Variable(
        (*LEVEL, "passed"), "float32", "cosine of transported gradient", "1",
        "of what turns the spaces in ∇E at ŷ_t, carried in parallel, with what is found there",
        span="signed",
    ),
    "path_barrier": Variable(
        LEVEL, "float64", "barrier on the geodesic path", "E",
        "how far E rises again on the way: 0 where it has one valley", scalar=True,
    ),
    "straight_barrier": Variable(
        LEVEL, "float64", "barrier on the straight line", "E",
        "how far E rises again on the way: 0 where it has one valley", scalar=True,
    ),
}  # fmt: skip

MOVED = {
    "normal_ratio": Variable(
        (*LEVEL, "step", "source", "manifold"), "float32", "‖∇_N E‖/‖∇_T E‖", "1",
        "gradient off a manifold over gradient along it, at the states of the walk; symmetric"
        " matrices only where the truth is one",
    ),
    "normal_ratio_random": Variable(
        ("manifold",), "float32", "‖G_N‖/‖G_T‖ of a random matrix", "1",
        "√(dim N/dim T): what no structure gives",
    ),
    "rank_ratio": Variable(
        LEVEL, "float64", "‖∇_N E‖/‖∇_T E‖ before the jump", "1",
        "off and along the matrices of rank r, at the state with which the level begins",
        scalar=True,
    ),
    "move_energy": Variable(
        (*LEVEL, "manifold", "move", "length"), "float64", "ΔE of a move", "E",
        "mean over random moves of both signs, from the point of the manifold nearest y*",
    ),
    "leaving_ratio": Variable(
        LEVEL, "float64", "ΔE raising over keeping the rank", "1",
        "of moves of equal length, mean over moves; NaN where keeping it costs nothing",
        scalar=True,
    ),
    "leaving_ratio_symmetric": Variable(
        LEVEL, "float64", "ΔE breaking over keeping symmetry", "1",
        "of moves of equal length, mean over moves; only where the truth is symmetric",
        scalar=True,
    ),
    "projected_energy": Variable(
        (*LEVEL, "manifold", "projection"), "float64", "E of the projected answer", "E",
        "E_t of ŷ_t projected onto a manifold, or onto a random subspace of its dimension",
    ),
    "bent_share": Variable(
        LEVEL, "float64", "share of pairs that are not convex", "1",
        "pairs of the level's states with E at their middle above their mean", scalar=True,
        span="share",
    ),
    "compared_pairs": Variable(
        LEVEL, "int16", "pairs of states", "1", "pairs that lie apart, of which the share is"
    ),
}  # fmt: skip

MODES = {
    "truth_singular": Variable(
        ("problem", "singular"), "float64", "singular values of y*", "y",
        "of the truth, in descending order", "data",
    ),
    "present": Variable(
        (*LEVEL, "singular"), "float32", "share a = uᵀŷ_t v/s", "1",
        "how much of each singular direction of the truth is present; 1 for the truth",
    ),
    "present_predictor": Variable(
        ("problem", "singular"), "float32", "share a of the nearest predictor", "1",
        "the same of the predictor whose answer lies nearest to ŷ",
    ),
    "predictor": Variable(
        ("problem",), "int8", "nearest predictor", "1", "whose answer lies nearest to ŷ",
        flags=tasks.BASELINES,
    ),
    "arrival": Variable(
        ("problem", "singular"), "int8", "arrival", "1",
        "largest level t at which the share reaches the threshold; −1: never",
    ),
    "settled": Variable(
        ("problem", "singular"), "int8", "settled", "1",
        "largest level t from which on the share never falls below the threshold again; −1: never",
    ),
    "arrival_ideal": Variable(
        ("problem", "singular"), "int8", "arrival of the Gaussian ideal", "1",
        "the same of the sampler's walk on the Gaussian ideal, from the same noise",
    ),
    "arrival_order": Variable(
        ("problem",), "float64", "Spearman(s, arrival)", "1",
        "above 0: large directions arrive first; NaN where all arrive together", scalar=True,
        span="signed",
    ),
    "settled_order": Variable(
        ("problem",), "float64", "Spearman(s, settled)", "1",
        "above 0: large directions settle first; noise of the first levels has no part in it",
        scalar=True, span="signed",
    ),
    "arrival_order_ideal": Variable(
        ("problem",), "float64", "Spearman(s, arrival) of the ideal", "1",
        "of the walk on the Gaussian ideal", scalar=True, span="signed",
    ),
    "arrival_order_shuffled": Variable(
        ("problem",), "float64", "Spearman(s, arrival), shuffled", "1",
        "directions shuffled: what chance gives", scalar=True, span="signed",
    ),
    "predictor_order": Variable(
        ("problem",), "float64", "Spearman(s, a) of the nearest predictor", "1",
        "an order that needs no walk", scalar=True, span="signed",
    ),
    "score_alignment": Variable(
        (*LEVEL, "step", "against"), "float32", "mean cos² of singular vectors of ∇E", "1",
        "with those of the truth and of the error, k leading ones in order; 1/n for random ones",
        span="share",
    ),
    "effective_rank": Variable(
        LEVEL, "float64", "effective rank of ŷ_t", "1", "exp(−Σ p ln p), p = s²/Σs²", scalar=True
    ),
    "nuclear_norm": Variable(
        LEVEL, "float64", "nuclear norm of ŷ_t", "y", "sum of the singular values", "data",
        scalar=True,
    ),
    "symmetric_share": Variable(
        LEVEL, "float64", "symmetric share of ŷ_t", "1", "‖(Y + Yᵀ)/2‖²/‖Y‖²", scalar=True,
        span="share",
    ),
    "truth_nuclear_norm": Variable(
        ("problem",), "float64", "nuclear norm of y*", "y", "sum of the singular values", "data",
        scalar=True,
    ),
    "truth_symmetric_share": Variable(
        ("problem",), "float64", "symmetric share of y*", "1", "‖(Y + Yᵀ)/2‖²/‖Y‖²", scalar=True,
        span="share",
    ),
    "eigenbasis": Variable(
        (*LEVEL, "row", "col"), "float32", "QᵀŶQ", "y",
        "ŷ_t in the eigenbasis of A, largest λ first; inverse with a symmetric definite A only",
        "data",
    ),
    "problem_eigenvalue": Variable(
        ("problem", "singular"), "float64", "eigenvalues λ of A", "y",
        "descending; the exact inverse has 1/λ on the diagonal of QᵀŶQ",
    ),
    "off_diagonal_share": Variable(
        LEVEL, "float64", "off-diagonal share of QᵀŶQ", "1",
        "of its squared norm: 0 where ŷ_t has the eigenvectors of A", scalar=True, span="share",
    ),
    "off_diagonal_random": Variable(
        LEVEL, "float64", "off-diagonal share in a random basis", "1", "the control", scalar=True,
        span="share",
    ),
    "beyond_line": Variable(
        LEVEL, "float64", "R² of 1/λ beyond a line in λ", "1",
        "what 1/λ explains of the diagonal of QᵀŶQ that c₀ + c₁λ does not", scalar=True,
        span="share",
    ),
}  # fmt: skip

VARIABLES = SUBSPACES | WAYS | MOVED | MODES
