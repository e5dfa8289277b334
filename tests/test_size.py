"""Models of 40 × 40 and 100 × 100: checkpoint → sweep → catalog → the app's panels."""

from pathlib import Path

import cases
import drawn
import numpy as np
import pytest
import streamlit as st

import store
from app.shared.asks import chosen, reading
from app.shared.drawing.levels import LEVEL_ORDER
from app.shared.page import outcomes
from app.shared.table import catalog as tables
from app.shared.table import rows as table_rows
from ired_interp_core import checkpoints
from precompute.ground import provenance
from precompute.plan import plan
from precompute.work import prepare
from precompute.work import unit as work

QUICK = "inner_steps = 1, polish_iterations = 2"
CURVATURE = f"""
[[analyses]]
name = "hessian_spectrum"
vectors = 1
inputs.descent = {{ {QUICK} }}
[[analyses]]
name = "landscape_slice"
plane = "random"
inputs.descent = {{ {QUICK} }}
"""
SWEEP = """
name = "size"
[[models]]
checkpoint = "{file}"
[[problems]]
task = "{task}"
variant = "same"
seed = 0
size = {size}
count = 1
[[analyses]]
name = "problem_properties"
[[analyses]]
name = "descent"
inner_steps = 1
polish_iterations = 2
{more}
"""


def answered(folder: Path, task: str, size: int, more: str) -> Path:
    """A store with everything about one problem of a model of the official widths."""
    model = checkpoints.from_tensors(
        cases.random_tensors(size, 2 if task == "addition" else 1, 512), {"task": task}
    )
    checkpoints.save(model, folder / "random.safetensors")
    sweep = folder / "sweep.toml"
    sweep.write_text(
        SWEEP.format(file=folder / "random.safetensors", task=task, size=size, more=more)
    )
    root = folder / "store"
    root.mkdir()
    prepared = prepare.prepare(sweep, root)
    worker = work.Worker(root, {m.digest: m for m in prepared.models}, provenance.of_code())
    for unit in prepared.units:
        outcome = worker.execute(unit)
        assert outcome.status == "done", outcome
    assert not plan.missing_units(root, prepared.asked)
    store.catalog.collect(root)
    return root


def shown(s: store.Store) -> tuple[dict[str, outcomes.Outcome], int]:
    """The landscape view's panels of problem 0, and the bytes that the browser gets."""
    page = drawn.page(s, "landscape", problem=0, plane="random")
    found = {panel.id: drawn.outcome(page, panel.id) for panel in page.panels}
    texts = [drawn.payload(page, panel.id) for panel in page.panels]
    return found, sum(len(text.encode()) for text in texts)


@pytest.mark.parametrize(
    ("task", "size", "more"),
    [
        ("inverse", 40, CURVATURE),
        ("addition", 40, ""),
        ("completion", 40, ""),
        ("inverse", 100, ""),
    ],
)
def test_a_large_model_goes_the_whole_way(tmp_path, task, size, more):
    st.cache_resource.clear()
    with store.open(answered(tmp_path, task, size, more)) as s:
        answer = s.read("descent")
        assert answer["answer"].shape == (1, 10, size, size)
        assert np.isfinite(answer["minimum"]).all()
        (subject,) = reading.subjects(s)
        found, sent = shown(s)
        matrices = found["matrices"].body
        assert len(matrices.shared) == (3 if task == "addition" else 2)
        assert [trace["z"].shape for trace in matrices.levels[0]] == [(size, size)] * 2
        assert sent < 700_000 + 150 * size**2
        of = chosen.family(s, subject).scope(3, "answer")
        known = tables.columns(s, of)
        page = table_rows.page(s, of, known, ["descent.mse", "descent.mse_final"], [0])
        assert page["descent.mse"].item() == answer["mse"].sel(level=3).item()
        if not more:
            return
        spectra = s.read("hessian_spectrum")
        values = spectra["eigenvalue_spectrum"].values
        assert values.shape == (1, 10, 4, size**2)
        assert ((values == 0).sum(axis=-1) >= size**2 - 512).all()
        assert spectra["vector_top"].shape == (1, 10, 4, 1, size, size)
        assert all("exactly 0" in note for note in found["spectrum"].note)
        assert len(found["spectrum"].body.levels) == len(LEVEL_ORDER)
        assert len(found["slice"].body.levels) == len(LEVEL_ORDER)


def test_the_spectrum_of_ten_thousand_entries_is_that_of_the_hidden_width(tmp_path):
    model = checkpoints.from_tensors(cases.random_tensors(100, 1, 512), {"task": "inverse"})
    x, y, _ = cases.points(model, 1)
    values = model.hessian_eigenvalues(x.float(), y.float(), 3)
    assert values.shape == (1, 10_000)
    assert (values.diff() >= 0).all()
    assert int((values == 0).sum()) >= 10_000 - 512
    trace = float(values.double().sum())
    probe = np.random.default_rng(0).choice((-1.0, 1.0), (200, 10_000))
    assert trace == pytest.approx(_traced(model, x, y, probe), rel=0.25)


def _traced(model, x, y, probe):
    """Hutchinson's estimate of tr H from central differences of the gradient, float64."""
    import torch

    v = torch.as_tensor(probe)
    h = 1e-4
    wide = x.expand(len(v), -1)
    up, down = (model.gradient(wide, y + step * v, 3) for step in (h, -h))
    return float((v * (up - down)).sum(-1).mean() / (2 * h))
