"""What the view of probes says about its panels."""

from app.shared.page.contract import Words

LONG = (
    "∂E/∂h_l is the gradient of the energy with respect to the output of hidden layer l, after its"
    " swish, at every state of the descent: before each jump, after it, and after each inner step."
    " The untrained network has the same shape, the weights with which a training begins, and is"
    " looked at in the same states. "
)

WORDS = {
    "headline": Words(
        "Hypothesis 5.4: ratios of neighbouring layers within 0.1 … 10, and fewer than 5 % of the"
        " units dead everywhere.",
        LONG + "The verdict is over these problems, for one training; the untrained network shows"
        " what the shape alone does.",
    ),
    "rms": Words(
        "Size of the energy's gradient in each layer, step by step. Dashed: untrained network of"
        " the same shape.",
        LONG + "Line: median over the problems of the root mean square over the units. Steps of"
        " one level stand side by side, the one before the jump first.",
    ),
    "ratio": Words(
        "Ratio of neighbouring layers. Outside the shaded band the gradient vanishes or explodes.",
        LONG + "Line: median over the problems of rms ∂E/∂h_l over rms ∂E/∂h_{l+1}; whiskers: the"
        " smallest and the largest of all problems. Dashed: untrained network. Shaded: 0.1 … 10.",
    ),
    "units": Words(
        "Share of points at which each unit gets no gradient; units sorted. Dead everywhere: at the"
        " left end.",
        LONG
        + "A unit is dead at a point where |∂E/∂h| is below 10⁻⁶ of the layer's largest there.",
    ),
    "dead": Words(
        "Units that are dead everywhere, beside an untrained network. Line: the 5 % limit.",
        LONG + "Dead everywhere: without gradient at all states of all problems.",
    ),
}
"""Panel → its words."""
