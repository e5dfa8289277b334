"""What the sheet on attribution says about its panels."""

from app.shared.page.contract import Words

PATH = (
    "Integrated gradients of E_t at (x, ŷ_t), along the straight line from a baseline (zero, the"
    " mean problem with its mean answer, or noise of the same mean and spread): attributions to x"
    " and y add up to E − E(baseline). SmoothGrad and the gradient are multiplied by the distance"
    " from zero and add up to nothing. The final error is attributed to x alone, along the walk"
    " with its clamps and accept decisions held fast, from the baseline of the stored answer. "
)
BESIDE = (
    "An attribution grows with the distance of its entry from the baseline. So the same ratio of"
    " |x| or |ŷ_t| stands beside it, or of |entry − mean over these problems| where the path begins"
    " at the mean problem (|entry − noise| on average where it begins at noise), over the same"
    " entries; and that of an untrained network at the same points. The size is that of ŷ_t, where"
    " the path ends, and not of y*: answers are"
    " smaller than truths where the model is unsure. Entries that equal the baseline get 0 by"
    " construction and enter no mean (hidden entries of completion, from zero). "
)
SOURCE = "Sundararajan, Taly & Yan, arXiv 1703.01365"

ATTRIBUTION_WORDS = {
    "attribution_answer": Words(
        "Hypotheses 3.1 (the important entries of x lie off the diagonal) and 3.2 (those of y on"
        " it), with what decides them.",
        PATH + BESIDE + "Each holds where the median over problems of the ratio of means per entry"
        " exceeds 1 with its 95 % interval, and exceeds both controls on the same problems; where a"
        " control is missing or not exceeded it is not decided. The verdict is that of the chosen"
        " baseline and method, and other ones may decide otherwise.",
        SOURCE,
    ),
    "ratio": Words(
        "Mean attribution per entry, one group over the other; dotted: equal. Grey: the same ratio"
        " of the entries' size, and of an untrained network.",
        PATH + BESIDE + "Median over problems, whisker: its 95 % interval. Rows: the row of largest"
        " mean over the mean of all rows, without an untrained control. Sums over groups, which"
        " count entries, stand in the export alone. Ring: the chosen grouping.",
        SOURCE,
    ),
    "mean": Words(
        "Mean size of attribution per entry over problems, beside the mean size of the entries"
        " themselves. Bars: means of rows and columns.",
        PATH + BESIDE + "Each matrix has colours from 0 to its own largest entry, which stands"
        " above it; two parts of a problem stand under each other.",
        SOURCE,
    ),
    "disturb": Words(
        "How far the answer moves when these entries of x are moved by the same amount. Grey:"
        " random entries. Bands: quartiles.",
        "Entries of x are moved by a share of its rms (0.3 unless the answer says otherwise) with"
        " random signs that do not depend on how they were chosen: largest attribution of E from"
        " zero, largest |x|, or at random (two draws). ‖Δŷ‖ of the walk from the same noise, median"
        " over problems, data frame. Hidden entries are not moved. The note has the paired"
        " difference at 20 entries with its 95 % interval.",
    ),
    "gap": Words(
        "Sum of attributions against the true difference. Beyond the dashed line an attribution is"
        " not shown for single problems.",
        PATH + "The gap |sum − change|/|change| measures the rule of integration: 32 nodes for E, 8"
        " for the error, unless the answer says otherwise. Of the error, grey: the gap to the"
        " change between two real walks, which says what holding decisions fast costs. Gaps below"
        " 10⁻¹⁴ % stand in the first bar.",
    ),
    "methods": Words(
        "Agreement of attributions for other baselines and for SmoothGrad, over entries. Low"
        " values: the choice decides.",
        PATH + "Spearman's ρ over all entries of x and y, with their signs; median over problems.",
        "Sturmfels, Lundberg & Lee, Distill 2020; Smilkov et al., arXiv 1706.03825",
    ),
}
"""Panel → its words."""
