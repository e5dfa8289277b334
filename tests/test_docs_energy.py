"""The energies of docs/your-energy.md: what their formulas say, and a store that the views show."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from cases import ROOT

import store
from ired_interp_core import checkpoints
from ired_interp_core.energy import Energy
from ired_interp_core.schedule import cosine

FOLDER = ROOT / "docs" / "energies"
ALPHA = cosine().alphas_cumprod


@pytest.fixture
def energies(monkeypatch: pytest.MonkeyPatch) -> dict[str, Energy]:
    monkeypatch.syspath_prepend(FOLDER)
    given = {"mixture": "wells.txt", "hopfield": "memories.npy"}
    return {n: checkpoints.load(FOLDER / f, adapter=f"{n}:make") for n, f in given.items()}


def test_the_mixture_says_that_its_answer_is_no_matrix(energies: dict[str, Energy]) -> None:
    assert energies["mixture"].card["entries"] == 2
    assert "entries" not in energies["hopfield"].card


def test_the_mixture_is_its_formula(energies: dict[str, Energy]) -> None:
    model, wells = energies["mixture"], np.loadtxt(FOLDER / "wells.txt")
    y = np.random.default_rng(0).normal(size=(10, 4))
    found = model.energy(torch.zeros(10, 4).double(), torch.from_numpy(y), torch.arange(10))
    for t in range(10):
        variance = 1 - ALPHA[t] + 0.2**2
        total = sum(
            w * np.exp(-((y[t, 0] - np.sqrt(ALPHA[t]) * a) ** 2
                         + (y[t, 1] - np.sqrt(ALPHA[t]) * b) ** 2) / (2 * variance))
            for a, b, w in wells
        )  # fmt: skip
        expected = -variance * np.log(total) + (y[t, 2] ** 2 + y[t, 3] ** 2) / 2
        assert abs(float(found[t]) - expected) < 1e-12


def test_memories_are_minima_at_small_t_and_melt_at_large(energies: dict[str, Energy]) -> None:
    model, memories = energies["hopfield"], np.load(FOLDER / "memories.npy").astype(float)
    x, y = torch.zeros(6, 64).double(), torch.from_numpy(memories)
    beta = 4 * ALPHA[2]
    for energy, xi in zip(model.energy(x, y, 2), memories, strict=True):
        weight = np.mean([np.exp(beta * other @ xi) for other in memories])
        expected = -np.log(weight) / beta + xi @ xi / 2 + max((memories**2).sum(1)) / 2
        assert abs(float(energy) - expected) < 1e-12
    assert model.gradient(x, y, 0).abs().max() < 1e-6
    assert (model.hessian_eigenvalues(x, y, 0) > 0.99).all()
    mean = torch.from_numpy(memories.mean(0, keepdims=True))
    assert model.gradient(x[:1], mean, 9).abs().max() < 1e-2
    assert model.gradient(x, y, 9).norm(dim=1).min() > 1


def test_their_sweep_fills_landscape_and_annealing(tmp_path: Path) -> None:
    text = (FOLDER / "energies.toml").read_text().replace("count = 4", "count = 1")
    for name in ("wells.txt", "memories.npy"):
        text = text.replace(name, str(FOLDER / name))
    (tmp_path / "sweep.toml").write_text(text)
    run = [sys.executable, "-m", "precompute", "run", str(tmp_path / "sweep.toml"), "--store",
           str(tmp_path / "store"), "--workers", "1"]  # fmt: skip
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [*run, "--allow-code"], cwd=FOLDER, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert " 0 failed, 0 left" in done.stdout, done.stdout + done.stderr
    opened = store.open(tmp_path / "store")
    assert len(opened.questions("landscape_slice")) == 4
    shown = {"landscape_slice": "energy", "hessian_spectrum": "eigenvalue_spectrum",
             "descent": "step_energy"}  # fmt: skip
    for name, variable in shown.items():
        for question in opened.questions(name):
            values = opened.read(name, question=question.key)[variable].values
            assert np.isfinite(values).any((0, *range(2, values.ndim))).all(), (
                f"{name}: a level is empty"
            )
