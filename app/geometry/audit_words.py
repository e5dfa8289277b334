"""What the sheet on symmetry says about its panels."""

from app.shared.page.contract import Words

AUDIT = (
    "The sampler walks in float64 on the turned problem from the turned noise, and its answer is"
    " turned back: A → PAPᵀ (permutation), QAQᵀ (Haar Q), Aᵀ, cA, and (A + C, B − C), each where"
    " the task has it. Distances are rms per entry from the answer itself, root mean square over"
    " draws, data frame; an equivariant energy gives 0 as long as no answer is clamped (a test has"
    " one). Medians over problems with their 95 % intervals. "
)

AUDIT_WORDS = {
    "symmetry_answer": Words(
        "How far the answer is from itself after turning the problem and turning back, beside the"
        " model's error. No hypothesis asks for it.",
        AUDIT,
    ),
    "audit": Words(
        "How far the answer is from itself after turning the problem and turning back. Dashed: the"
        " model's own error; dotted: rounding.",
        AUDIT + "Smallest distance first. The ring is the transformation of the example.",
    ),
    "by_level": Words(
        "The same distance by level, medians over problems. Dashed: the model's own error.",
        AUDIT,
    ),
    "example": Words(
        "One problem, turned and turned back. The colours of both answers are equal; limits stand"
        " above each matrix.",
        AUDIT + "Of the first draw. The difference is absolute.",
    ),
}
"""Panel → its words."""
