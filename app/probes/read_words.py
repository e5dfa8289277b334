"""What the sheet on what can be read says about its panels."""

from app.shared.page.contract import Words

LONG = (
    "A probe is a ridge regression from an input (a hidden layer, the gradient, the codes of a"
    " dictionary, or the problem itself) to a property of the problem, at the end of level t. Its"
    " R² is on unseen problems: folds by problem, the same for all inputs and controls,"
    " the penalty chosen within the training folds. The gain is R² less that of the best control on"
    " the same problems: a shuffled target, the same layer of an untrained network, x, or (x, ỹ). "
)

WORDS = {
    "answer": Words(
        "The cell with the surest gain over its best control; how many cells clear their controls"
        " by δ, and how many do with shuffled targets.",
        LONG + "A cell is a property, an input and a level. It clears its controls where the lower"
        " end of the 95 % interval of its gain is above δ.",
    ),
    "map": Words(
        "What each input adds over its best control. Dot: used; ring: not used; dotted ring: not"
        " tested. Grey: what controls reach.",
        LONG + "Colours run from 0 to 1; below 0 is drawn as 0. x and (x, ỹ) are controls and show"
        " their score. Properties stand in the order of their largest lower end of the gain, those"
        " above the dotted line have a cell that clears. The mark is the verdict, which follows"
        " from intervals and not from the colour.",
    ),
    "why": Words(
        "Score of each input beside its controls: S shuffled, U untrained, x, y = (x, ỹ). Coloured:"
        " beyond the best one, which is dark.",
        LONG + "Whisker: 95 % interval over problems. A score below 0 is worse than the mean of the"
        " training problems and stands as a number at the left edge.",
    ),
    "numbers": Words(
        "The same rows in numbers: R² and gain with their 95 % intervals over problems.",
        LONG + "Selectivity: the score less that on a control task, a fixed random table over the"
        " cells of a coarse code of x. Bits saved: of an online code against a constant predictor"
        " that learns along the same sequence. Train − test: how much the probe overfits.",
    ),
    "use": Words(
        "How far the answer moves without this direction, beside random ones of equal variance."
        " Below: what a new probe still reads.",
        LONG + "What is linearly readable is projected out of the layer at all steps of the level,"
        " obliquely along its covariance with the property, and the sampler goes on. Tick: 95 % of"
        " the random directions lie below. “Not used” is said only where a new probe reads at most"
        " δ afterwards.",
    ),
    "fit": Words(
        "Predicted against true value for problems that the probe has not seen; the line is"
        " equality. A click opens the problem.",
        LONG + "Out-of-fold predictions of the first split.",
    ),
    "levels": Words(
        "Score by level. Dashed: the best control of the same input. Band: s.d. over splits.",
        LONG,
    ),
    "learning": Words(
        "Score against number of training problems. A wide gap between dashed and solid means"
        " overfitting.",
        LONG + "The test problems are the same at every size, and the last point is the score.",
    ),
    "transfer": Words(
        "The same probe on harder problems (hollow). Grey: its best control.",
        LONG + "A harder problem is the twin of one of these, drawn with the same numbers; it is"
        " tested by the probe that has not seen that one.",
    ),
    "along": Words(
        "Score of the chosen cell at the checkpoints of this training. Dashed: its best control."
        " Whiskers: 95 % over problems. Click: that checkpoint.",
        LONG + "Checkpoints that were probed on the same problems with the same settings, equally"
        " far apart; each has an untrained network of its own shape among its controls. One"
        " training: what another one would show is not known.",
    ),
}
"""Panel → its words."""
