"""Where methods come from, as figures cite them."""

SAMPLER = "Sampler: Du, Mao, Tenenbaum, ICML 2024 (arXiv 2406.11179) and its official code."
SLICES = (
    "Slices after Li et al., NeurIPS 2018 (arXiv 1712.09913), here in the answer ỹ instead of the"
    " weights; model: Du, Mao, Tenenbaum, ICML 2024 (arXiv 2406.11179)."
)
TWEEDIE = (
    "Line 1/σ_t by Tweedie's formula: Efron, JASA 2011; to second order, as used here: Meng, Song,"
    " Li, Ermon, NeurIPS 2021 (arXiv 2111.04726)."
)
DICTIONARIES = (
    "Sparse dictionaries after Bricken et al., Transformer Circuits 2023, and Gao et al.,"
    " arXiv 2406.04093; model: Du, Mao, Tenenbaum, ICML 2024 (arXiv 2406.11179)."
)
ANGLES = "Principal angles: Björck & Golub, Math. Comp. 27 (1973)."
