"""A store with small dictionaries and all that is asked about them: for the app."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fake_store import SUBJECT, Fake, variants
from feature_values import (
    ACTIVE,
    COUNT,
    POINT,
    SIDE,
    TESTED,
    WALKED,
    Made,
    Values,
    causal,
    mapped,
    matched,
    metrics,
    record,
    sparse,
    trained,
)
from kept import once

from ired_interp_core import registry
from ired_interp_core.dictionaries.names import PROBED
from ired_interp_core.records import ProblemSet, Question, seeded

PROBLEMS = ProblemSet("inverse", "same", SIDE, 0)
DICTIONARIES: tuple[dict[str, Any], ...] = (
    {"features": 64, "k": ACTIVE, "seed": 0},
    {"features": 64, "k": ACTIVE, "seed": 1},
    {"features": 64, "k": ACTIVE, "seed": 0, "orthogonality": "pairs"},
    {"features": 32, "k": ACTIVE, "seed": 0, "variant": "batch_topk"},
)
"""The first two are matched; the last one was trained only, and nothing is measured of it."""


MEASURED = {"step": range(-1, 5), "probed": PROBED, "measured": range(4, COUNT, 5)}
"""Coordinates of dims of the metrics that have no labels."""


@once
def make(
    root: Path, dictionaries: Sequence[Mapping[str, Any]] = DICTIONARIES, measured: int = 3
) -> Path:
    """Write a subject, its activations, dictionaries and what stands downstream; collect.

    Args:
        root: of the store.
        dictionaries: their parameters.
        measured: of how many, the first ones, everything downstream is there.
    """
    fake = Fake(root, PROBLEMS, count=COUNT, provenance={"seconds": 12.5, "device": "cpu"})
    for name in SUBJECT:
        for parameters in variants(name):
            fake.ask(name, parameters=parameters)
    fake.write_run("synthetic")
    fake.asked.clear()

    def activations(question: Question) -> Values:
        first = registry.get("dictionary").question({"activations": question.key}, dictionaries[0])
        base = Made(first.parameters, question)
        noise = 0.1 * seeded("noise").standard_normal((*POINT, SIDE**2))
        return {"activation": base.codes @ base.decoder + noise}

    fake.ask("activations", activations)
    made = []
    for parameters in dictionaries:
        made.append(Made.of(fake.question("dictionary", parameters)))
        fake.ask("dictionary", trained(made[-1]), parameters)
    for one in made[:measured]:
        key = one.question.key
        fake.ask("dictionary_metrics", metrics(one), coordinates=MEASURED, dictionary=key)
        fake.ask("dictionary_features", record(one), dictionary=key)
        walked = {"trial": TESTED, "walked": WALKED}
        fake.ask("dictionary_causal", causal(one), sizes=walked, dictionary=key)
        fake.ask("dictionary_map", mapped(one), dictionary=key)
        fake.ask("dictionary_codes", sparse(one), sizes={"active": one.m // 2}, dictionary=key)
    codes = {"codes": True, "problems": COUNT}
    fake.ask("probes", parameters=codes, dictionary=made[0].question.key)
    if len(made) > 1:
        first, second = (one.question.key for one in made[:2])
        fake.ask("dictionary_match", matched(*made[:2]), one=first, other=second)
    return fake.write_run("dictionaries")
