"""Problems of one's own through a worker: bit for bit what the same numbers give from a seed."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import cases
import numpy as np
import pytest
import xarray as xr

from ired_interp_core import checkpoints, memory, registry, tasks
from ired_interp_core.contents import Content
from ired_interp_core.errors import Refusal
from ired_interp_core.messages import Ask
from ired_interp_core.own.reading import content_of
from ired_interp_core.records import ProblemSet
from precompute.ground import provenance
from precompute.plan import models
from precompute.plan.sweep_models import ModelEntry
from precompute.serve import asking
from precompute.work import prepare
from precompute.work.unit import Worker
from store import LiveAnswers, contents, layout, survey

SIZE = 4
LIVE = [
    n for n, a in registry.analyses().items()
    if a.live and not {"dictionary", "other", "probes", "minima"} & {n, *a.inputs}
]  # fmt: skip
"""Those that a problem alone in its set has answers to; minima would take minutes here."""


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    """Task → a store with a small model of it, and that model's digest."""
    found = {}
    for task in tasks.TASKS:
        folder = tmp_path_factory.mktemp(task)
        path = folder / "model.safetensors"
        checkpoints.save(cases.small(SIZE, task, width=32), path)
        known = models.identify(ModelEntry(str(path), path), folder / "store")
        models.publish(folder / "store", known)
        found[task] = (folder / "store", known.digest)
    return found


def answer(
    root: Path, name: str, problems: ProblemSet, problem: int, model: str,
    inputs: Mapping[str, str] = MappingProxyType({}),
) -> xr.Dataset:  # fmt: skip
    live = LiveAnswers(root)
    needs = any(r.kind == "model" for r in registry.get(name).inputs.values())
    needs |= "descent" in registry.get(name).inputs or bool(inputs)
    named = model if needs else ""
    wanted = asking.wanted(live, Ask("s", "r", name, problems, problem, named, {}, inputs))
    worker = Worker(root, wanted.models, provenance.of_code(), live=live)
    for unit in wanted.missing():
        outcome = worker.execute(unit)
        assert outcome.status == "done", outcome
    return live.read(name, wanted.question.key, problem)


@pytest.mark.parametrize("task", tasks.TASKS)
@pytest.mark.parametrize("name", LIVE)
def test_the_numbers_of_a_seeded_problem_give_its_answers_to_the_bit(roots, name, task) -> None:
    root, model = roots[task]
    p = tasks.problems(task, 1, 0, SIZE, start=5)
    own = Content(task, SIZE, p.x, p.y, first=5)
    contents.publish(LiveAnswers(root), own)
    seeded = ProblemSet(task, "same", SIZE, 0)
    found = [answer(root, name, s, 5, model) for s in (seeded, own.problems)]
    assert found[0].attrs["key"] != found[1].attrs["key"]
    for variable in found[0].variables:
        np.testing.assert_array_equal(found[1][variable], found[0][variable], str(variable))


@pytest.mark.parametrize("name", ["descent", "hessian_spectrum", "landscape_slice"])
def test_in_memory_the_answer_is_the_same_to_the_bit(roots, name) -> None:
    root, digest = roots["addition"]
    model = checkpoints.load(layout.model_weights(root, digest))
    x = tasks.problems("addition", 1, 0, SIZE, start=5).x
    own = content_of({"x": x}, "addition", SIZE)
    contents.publish(LiveAnswers(root), own)
    asked = answer(root, name, own.problems, 0, digest)
    found = memory.compute(name, model, x)
    for variable in asked.variables:
        np.testing.assert_array_equal(found[variable], asked[variable], str(variable))


@pytest.mark.parametrize("name", LIVE)
def test_without_a_truth_what_needs_it_is_a_gap_and_the_rest_is_the_same(roots, name) -> None:
    root, model = roots["completion"]
    p = tasks.problems("completion", 1, 0, SIZE, start=6)
    known = Content("completion", SIZE, p.x, p.y, first=6)
    bare = Content("completion", SIZE, p.x, first=6)
    found = []
    for content in (known, bare):
        contents.publish(LiveAnswers(root), content)
        found.append(answer(root, name, content.problems, 6, model))
    gaps = {v for v in found[1].data_vars if np.isnan(found[1][v].astype(float)).any()}
    truthful = {
        "descent": {"mse", "mse_final", "step_mse", "energy_truth", "step_cosine_to_truth"},
        "problem_properties": {"y_true", "baseline_mse", "trace", "answer_norm"},
        "hessian_spectrum": {"eigenvalue_spectrum", "energy"},
    }
    assert truthful.get(name, set()) <= gaps
    if name == "descent_from":  # a point of a plane, whose unit is ‖y*‖
        assert gaps >= {"answer", "step_energy"}
        return
    assert not {"answer", "mse_to_baseline", "problem_norm", "observed_share"} & gaps
    if name == "eigenvector":  # the line is followed as far as 1 where ‖y*‖ is not known
        gaps |= {"position", "energy_along", "energy_quadratic"}
    for variable in set(found[1].data_vars) - gaps:
        if found[1][variable].dtype.kind == "f":
            np.testing.assert_array_equal(found[1][variable], found[0][variable], str(variable))


SWEEP = """
name = "features"
[[models]]
checkpoint = "{model}"
[[problems]]
task = "inverse"
variant = "same"
size = 4
seed = 0
count = 6
[[analyses]]
name = "dictionary"
features = 24
k = 4
steps = 20
batch = 64
"""


@pytest.mark.parametrize("name", ["dictionary_codes", "atom_slice", "steered_descent"])
def test_a_problem_of_ones_own_is_looked_at_through_a_dictionary_of_others(
    tmp_path: Path, name: str
) -> None:
    checkpoints.save(cases.small(SIZE, "inverse", width=32), tmp_path / "model.safetensors")
    (tmp_path / "sweep.toml").write_text(SWEEP.format(model=tmp_path / "model.safetensors"))
    root = tmp_path / "store"
    root.mkdir()
    prepared = prepare.prepare(tmp_path / "sweep.toml", root)
    worker = Worker(root, {m.digest: m for m in prepared.models}, provenance.of_code())
    for unit in prepared.units:
        assert worker.execute(unit).status == "done", unit.name
    (dictionary,) = os.listdir(layout.results(root) / "dictionary")
    inputs = {"dictionary": dictionary}
    p = tasks.problems("inverse", 1, 0, SIZE, start=3)
    own = Content("inverse", SIZE, p.x, p.y, first=3)
    contents.publish(LiveAnswers(root), own)
    seeded, other = ProblemSet("inverse", "same", SIZE, 0), ProblemSet("inverse", "same", SIZE, 1)
    model = prepared.models[0].digest
    found = [answer(root, name, s, 3, model, inputs) for s in (seeded, own.problems)]
    for variable in found[0].variables:
        np.testing.assert_array_equal(found[1][variable], found[0][variable], str(variable))
    with pytest.raises(Refusal, match="input is about other problems"):
        answer(root, name, other, 3, model, inputs)
    question = registry.question_of(found[1])
    loaded = {question.key: question}
    assert survey.subject(question, loaded)[1] == own.problems.digest


def test_what_is_not_there_or_not_in_the_set_is_one_line(roots) -> None:
    root, _ = roots["inverse"]
    p = tasks.problems("inverse", 1, 1, SIZE)
    own, lost = Content("inverse", SIZE, p.x, p.y), Content("inverse", SIZE, 2 * p.x, p.y / 2)
    live = LiveAnswers(root)
    contents.publish(live, own)
    wanted = asking.wanted(live, Ask("s", "r", "problem_properties", own.problems, 1))
    (unit,) = wanted.missing()
    outcome = Worker(root, {}, provenance.of_code(), live=live).execute(unit)
    assert outcome.status == "failed"
    assert "no such problem" in outcome.message
    with pytest.raises(Refusal, match="not kept here"):
        asking.wanted(live, Ask("s", "r", "problem_properties", lost.problems, 0)).missing()
