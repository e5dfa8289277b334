"""What figures call things, where a name of the store is no word for a reader."""


def baseline_name(baseline: str) -> str:
    """Name a trivial predictor for a reader; its fit is core's and stays there.

    Args:
        baseline: as the store names it.

    Returns:
        For example "degree 7 in A".
    """
    base = baseline.removesuffix("_refitted")
    degree = base.removeprefix("polynomial_")
    names = {
        "scaled_identity": "c·I",
        "copy_observed": "copy observed",
        "exact": "exact sum",
        "exact_undivided": "exact sum · √ᾱ₀",
        "posterior_mean": "posterior mean",
    }
    shown = f"degree {degree} in A" if degree != base else names.get(base, base.replace("_", " "))
    return f"{shown}, refitted" if baseline != base else shown
