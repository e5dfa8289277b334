"""Words of panels that a reader may not know, explained behind the panel's question mark.

What the documents' glossary says of a word stands here in the same words; a test compares them.
"""

import re
from collections.abc import Iterable

WORDS = {
    "same": "the variant of problems that are drawn as in training",
    "harder": "the variant of problems that are drawn from another distribution than in training",
    "trivial predictor": "a rule that never saw the model: c·I, copy observed, …",
    "c·I": "a trivial predictor of inverse: the identity times one fitted number",
    "degree k in A": "a trivial predictor of inverse: a fitted polynomial of that degree in A",
    "posterior mean": "a trivial predictor of completion: the Bayes posterior mean of the task's"
    " distribution",
    "level": "one of the ten annealed landscapes; 9 smooth, 0 sharp. The walk goes from 9 to 0",
    "step": "within a level: −1 before the jump, 0 after it, 1 … after each inner step",
    "place": "one of the four points where curvature is taken: noised truth (truth + noise of the"
    " level), truth, answer, minimum",
    "noised": "of a truth: the noise of the level is added to it",
    "frame": "level frame ỹ = √ᾱ_t·y or data frame y",
    "box": "the bound ±c that the sampler clamps to",
    "anharmonic": "of a cut: it deviates from the parabola that the Hessian predicts, so higher"
    " orders matter",
    "tangent, normal": "directions at a rank-r matrix: tangent ones keep the rank, normal ones"
    " raise it",
    "stiff, soft": "directions of the largest and smallest eigenvalues",
    "index": "the number of eigenvalues below −τ",
    "basin": "the points from which small steps of descent end in one minimum; 0 is the truth's",
    "saddle": "a stationary point of index 1; small steps from its two sides end in the minima that"
    " it joins",
    "barrier": "from one minimum to another: the energy of the highest saddle on the lowest way,"
    " less its own",
    "polish": "L-BFGS from ŷ_t to the minimum, at most `polish_iterations` steps; 0: none",
    "excess": "of energy: E_t(ŷ_t) − E_t(y*)",
    "undecided": "of a proposal that was accepted or rejected: E told the two states apart by less"
    " than 8 ulp, so rounding chose",
    "site": "where the activation is taken: gradient, h1, h2, h3",
    "m, k": "of a dictionary: its features, and how many of them are active at a point",
    "L0": "features that are active at a point, on average",
    "splitting": "of a concept: the mean number of features that it needs",
    "scaled frame": "of a dictionary: its inputs x are centred and scaled to E‖x‖ = √d",
    "density": "share of the visited points at which a feature is active",
    "ablation, steering": "a feature taken out of the sampler, or turned up in it, at every step",
    "Holm": "a correction of p values for many tests, so that one of them is wrong with at most the"
    " stated probability",
    "AUROC": "how often a score ranks a random failure above a random success: 0.5 by chance, 1 at"
    " best",
    "Brier score": "mean squared difference between a stated probability and what came; 0 is best",
    "Spearman": "correlation of ranks: 1 where one number always grows with the other",
    "question": "{analysis, version, parameters, inputs}: everything an answer depends on, and"
    " nothing else",
    "key": "the first 24 hex digits of the SHA-256 of a question's canonical JSON; the address of"
    " its answer",
    "rows": "of an answer: one for each problem, or one for a whole set; asked are those that a run"
    " wants",
    "generation": "one published state of the catalog; `CURRENT` names the one in force",
}
"""Word, or words with commas between them → what they mean."""

FORMS = {
    "same": r"(· same|same (problems|variant|set))",
    "harder": r"harder",
    "degree k in A": r"degree \S{1,3} in A",
    "tangent, normal": r"(tangent|normal) (space|direction|one|part)s?|tangent",
    "polish": r"polish\w*",
    "m, k": r"\bm \d+ · k \d+|atoms m\b",
    "index": r"index\b(?! of)",
    "key": r"\bkeys?\b",
    "noised": r"noised",
    "step": r"\bsteps?\b",
}
"""How a word is found where it may stand in other forms, or means something else elsewhere."""


def _form(word: str) -> str:
    if word in FORMS:
        return FORMS[word]
    return "|".join(rf"(?<!\w){re.escape(one)}s?(?!\w)" for one in word.split(", "))


_FOUND = {word: re.compile(_form(word), re.IGNORECASE) for word in WORDS}


def within(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Words of the glossary that some texts use, each with its meaning."""
    said = "\n".join(texts)
    return [(word, WORDS[word]) for word, form in _FOUND.items() if form.search(said)]
