"""What layers, gradient and codes tell beyond their controls, and whether it is used."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ired_interp_core import tasks
from ired_interp_core.dims import Dim
from ired_interp_core.probing.names import (
    BEST,
    CONTROLS,
    ERROR,
    INPUTS,
    LAYERS,
    POOLED,
    VERDICTS,
)
from ired_interp_core.records import Gathered
from ired_interp_core.registry import Role, analysis
from ired_interp_core.schema import (
    DIMS,
    Parameter,
    Span,
    Variable,
    first_problems,
    number,
    seed_of,
)

CELL = ("property", "input", "level")
LOW, HIGH = "lower end of its 95 % bootstrap interval over problems", "upper end of it"


def _cell(
    label: str,
    help: str,
    unit: str = "1",
    more: tuple[str, ...] = (),
    when: str = "",
    span: Span = "",
) -> Variable:
    """A number of every cell, and of more beside it."""
    return Variable((*CELL, *more), "float64", label, unit, help, when=when, span=span)  # fmt: skip


def _flag(label: str, help: str, flags: tuple[str, ...]) -> Variable:
    return Variable(CELL, "int8", label, "1", help, flags=flags)


def _with_ends(
    label: str,
    help: str,
    name: str = "",
    more: tuple[str, ...] = (),
    when: str = "",
    value: str = "",
    span: Span = "",
) -> dict[str, Variable]:
    """A number of every cell with its interval; the names of the ends begin with `name`."""
    parts = ((value or name, label, help), (f"{name}_low", f"{label}, low", LOW),
             (f"{name}_high", f"{label}, high", HIGH))  # fmt: skip
    return {n: _cell(text, words, "1", more, when, span) for n, text, words in parts}  # fmt: skip


_CONTROL = ("control",)
_SIZE = ("size",)

VARIABLES = {
    **_with_ends(
        "R²", "of the property from the input: 1 − Σ(y − ŷ)²/Σ(y − ȳ)² over the test sides of the"
        " first split, ȳ the mean of the training sides; NaN where it is constant", "score",
    ),
    "score_spread": _cell("R², s.d. over splits", "standard deviation over the splits"),
    "train_score": _cell("R², training", "on training rows, mean over folds"),
    "validation_score": _cell(
        "R², validation", "with problems left out in turn within the training rows: between inputs"
        " is chosen by this one",
    ),
    **_with_ends(
        "R² of the control", "of the shuffled property; of the same input of an untrained network;"
        " of x; of (x, ỹ). NaN where there is none", "control", _CONTROL, value="control_score",
    ),
    "best_control": _flag("best control", "the control with the largest R²", BEST),
    **_with_ends(
        "R² − best control", "score − the largest R² of its controls, taken anew in each resample",
        "gain", span="signed",
    ),
    "selectivity": _cell(
        "selectivity", "R² − R² of the control task: a random table over the cells of a coarse code"
        " of x", span="signed",
    ),
    "bits": _cell("description length", "online code of all values by the probe", "bits"),
    "bits_constant": _cell("description length, constant", "sequential code of the mean", "bits"),
    "bits_uniform": _cell(
        "description length, uniform", "8 bits a value: to 1/256 of its range", "bits"
    ),
    "verdict": _flag("verdict", "by thresholds on intervals; one training", VERDICTS),
    "shuffled_verdict": Variable(
        CELL, "int8", "shuffle decodable", "1",
        "whether the shuffled property passes the same rule", flags=("fails", "passes"),
    ),
    "probed_count": Variable(
        (), "int64", "problems", "1", "problems that are probed: all whose walk did not diverge",
        scalar=True,
    ),
    "left_out": Variable(
        (), "int64", "problems left out", "1",
        "those whose walk diverged, or without a property that most have", scalar=True,
    ),
    "use_shift": _cell(
        "‖Δŷ‖", "mean distance between the answers as they are and without what is linearly"
        " readable at all steps of the level; NaN where not tested", "y",
    ),
    "use_low": _cell("‖Δŷ‖, low", "lower end of its 95 % bootstrap-t interval", "y"),
    "use_high": _cell("‖Δŷ‖, high", HIGH, "y"),
    "use_random": _cell(
        "‖Δŷ‖, random", "the same without a random direction of equal variance", "y", ("draw",)
    ),
    "use_limit": _cell("‖Δŷ‖, 95 % of random", "95 % quantile of the random directions", "y"),
    "use_gain_low": _cell(
        "‖Δŷ‖ beyond, low", "lower end of the paired interval of ‖Δŷ‖ − that quantile", "y",
        span="signed",
    ),
    "use_left": _cell("R² left", "of a new probe after the removal"),
    "learning_size": Variable(
        _SIZE, "int64", "training problems", "1", "of each size, mean over folds"
    ),
    "learning_score": _cell("R²", "on the same test problems at each size", more=_SIZE),
    "learning_train": _cell("R², training", "on training rows at each size", more=_SIZE),
    "learning_control": _cell("R², control", "best control at each size", more=_SIZE),
    **_with_ends(
        "R², harder", "of the same probes on the harder problems at the same indices, around their"
        " own mean; NaN without them", "harder", value="harder_score",
    ),
    "harder_control": _cell("R², harder, control", "of the best control of the same cell there"),
    **_with_ends(
        "AUROC", "of logistic probes for whether the property lies above its median, mean over the"
        " test folds of the first split", "class", when="classes", value="class_auroc",
        span="share",
    ),
    "class_balanced": _cell(
        "balanced accuracy", "at probability ½; guessing gives ½", when="classes", span="share"
    ),
    "class_control": _cell(
        "AUROC, control", "best of the controls", when="classes", span="share"
    ),
    "class_bits": _cell(
        "description length of the class", "online code by the probe", "bits", when="classes"
    ),
    "class_bits_constant": _cell(
        "description length of the class, constant", "sequential code by Laplace's rule; uniform"
        " takes one bit a problem", "bits", when="classes",
    ),
    "true": Variable(
        ("property", "measured"), "float64", "true value", "1", "of the property, in its own unit;"
        " NaN of the level, which is that of the row",
    ),
    "predicted": Variable(
        (*CELL, "measured"), "float32", "predicted value", "1", "out of fold, first split; of the"
        " level on the problems that are pooled",
    ),
    "fold": Variable(("split", "measured"), "int8", "fold", "1", "test fold of each problem"),
    "layer_direction": Variable(
        ("property", "layer", "level", "unit"), "float32", "direction", "1",
        "unit vector w of the readout w·h of a probe fitted on all problems",
    ),
    "gradient_direction": Variable(
        ("property", "level", "row", "col"), "float32", "direction", "1",
        "unit vector w of the readout w·∇_ỹE of a probe fitted on all problems", frame="level",
    ),
    "feature_gain": Variable(
        ("property", "level", "feature"), "float64", "R² of a feature − control", "1",
        "R² of a line through the code of this feature alone − that of the shuffled property",
        when="codes", span="signed",
    ),
    "feature_low": Variable(
        ("property", "level", "feature"), "float64", "R² of a feature − control, low", "1",
        "lower end of its 95 % interval over problems", when="codes", span="signed",
    ),
    **{
        name: number(label, "1", f"{text} of (property, input, level) that are no controls")
        for name, label, text in (
            ("cells", "cells", "cells"),
            ("cells_decodable", "decodable", "cells decodable beyond their controls"),
            ("cells_used", "used", "decodable cells whose removal moves the answer"),
            ("cells_not_used", "not used", "decodable cells that are not used"),
            ("cells_use_not_tested", "use not tested", "decodable cells of untested use"),
            ("cells_no_better", "no better", "readable cells that controls read as well"),
            ("cells_not_decided", "not decided", "cells whose interval holds the threshold"),
            ("shuffled_cells_pass", "shuffled cells that pass", "shuffled cells"),
            ("cells_tested", "tested", "decodable cells tested for use"),
        )
    },
}  # fmt: skip

PROPERTIES = (*tasks.PROPERTIES, ERROR, POOLED)
"""What is read: properties of the problem, log₁₀ of the final MSE, the level."""


@analysis(
    name="probes",
    version=1,
    title="Probes",
    sentence="What the layers know beyond what the input gives away, and whether it is used.",
    rows=1,
    scope="set",
    small={
        "splits": 2, "folds": 2, "directions": 2, "use_cells": 2, "use_problems": 2,
        "bootstrap": 20, "problems": 10,
    },
    inputs={
        "model": Role("model"),
        "problems": Role("problems"),
        "states": Role("answer", "layer_states"),
        "descent": Role("answer", "descent", of="states"),
        "properties": Role("answer", "problem_properties"),
        "dictionary": Role("answer", "dictionary", needed=False, apart=True),
        "activations": Role("answer", "activations", of="dictionary", rows=1, needed=False),
        "harder": Role("answer", "layer_states", needed=False, about={"variant": "harder"}),
        "harder_properties": Role(
            "answer", "problem_properties", needed=False, about={"variant": "harder"}
        ),
    },
    parameters={
        "delta": Parameter(
            float, 0.05, "least R² beyond the best control that is called decodable", minimum=0.0,
            maximum=1.0,
        ),
        "splits": Parameter(int, 3, "splits by problem", minimum=1, maximum=100),
        "folds": Parameter(int, 5, "folds of each split", minimum=2, maximum=10),
        "directions": Parameter(
            int, 20, "random directions that a removal is held against", minimum=1, maximum=1000
        ),
        "use_cells": Parameter(
            int, 40, "decodable cells tested for use, those with the largest gain first", minimum=0,
            maximum=10_000,
        ),
        "use_problems": Parameter(
            int, 64, "problems walked for each; with fewer in one half of the set none is tested",
            minimum=2, maximum=100_000,
        ),
        "classes": Parameter(
            bool, False, "also logistic probes of classes by median: takes some forty times as long"
        ),
        "codes": Parameter(bool, False, "that the role dictionary is filled: its codes are probed"),
        "bootstrap": Parameter(
            int, 1000, "resamples of an interval", minimum=10, maximum=1_000_000
        ),
        "seed": seed_of("of splits, shuffles, tables, directions and bootstrap"),
        "problems": first_problems(),
    },
    variables=VARIABLES,
    dims=(
        DIMS["property"].labelled(PROPERTIES, some=True),
        DIMS["layer"].labelled(LAYERS),
        Dim("input", "what a probe reads", "VARCHAR", "whole", INPUTS, some=True),
        Dim("control", "what an effect is held against", "VARCHAR", "whole", CONTROLS),
        Dim("size", "rank of the size of training, ascending", taken="whole"),
        Dim("split", "split by problem", taken="whole"),
        Dim("draw", "rank of the random direction", taken="whole"),
    ),
    figure="table",
    arithmetic="float64 probes, float32 walks",
)  # fmt: skip
def compute(gathered: Gathered, parameters: Mapping[str, Any]) -> xr.Dataset:
    """Probes of every property, input and level beside their controls (docs/definitions.md §6.1).

    Args:
        gathered: layers, properties and descent of the set; a dictionary and the harder set where
            these roles are filled.
        parameters: as declared.

    Returns:
        The declared variables.
    """
    from ired_interp_core.probing.analysis import probes_dataset

    return probes_dataset(gathered, parameters)
