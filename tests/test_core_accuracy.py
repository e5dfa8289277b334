"""Accuracy of a sampler's setting against plain loops; work that is left and resumed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from answers import run
from cases import bundled, small

from ired_interp_core import registry, tasks
from ired_interp_core.accuracy import measurement
from ired_interp_core.accuracy.displaced import DISPLACEMENTS, directions
from ired_interp_core.accuracy.statistics import explained, mean_and_error
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Paused
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.records import Desk, Gathered, ProblemSet

SPEC = registry.get("accuracy")


def measured(
    model: Energy, task: str, count: int, variant: str = "same", size: int = 3,
    desk: Desk | None = None, **parameters: Any,
) -> xr.Dataset:  # fmt: skip
    """One answer, without a store."""
    asked = SPEC.question({"model": "0" * 24, "problems": "0" * 24}, parameters)
    problems = ProblemSet(task, variant, size, 0)
    return SPEC.run(
        Gathered(problems, count, {"model": model}, {}, desk or Desk()), asked.parameters
    )


def walked(
    model: Energy, task: str, count: int, variant: str, size: int, **sampler: Any
) -> tuple[tasks.Problems, np.ndarray, np.ndarray]:
    """Problems, answers ŷ_t [N, level, d] and the official ones, by one batch of the sampler."""
    made = tasks.problems(task, measurement.BATCH, 0, size=size, variant=variant)
    x = torch.as_tensor(made.x, dtype=torch.float32)
    noise = start_noise(0, np.arange(len(made)), size**2)
    walk = anneal(model, x, torch.as_tensor(noise, dtype=torch.float32), **sampler)
    answers = walk.answers.flip(0).double().numpy().swapaxes(0, 1)
    return made, answers[:count], walk.answer_official.double().numpy()[:count]


def mean(values: list[float]) -> tuple[float, float]:
    """Mean and its standard error, sum by sum."""
    m = sum(values) / len(values)
    s = sum((v - m) ** 2 for v in values) / (len(values) - 1)
    return m, (s / len(values)) ** 0.5


@pytest.mark.parametrize(
    ("task", "variant", "sampler"),
    [
        ("inverse", "harder", {}),
        ("completion", "same", {"clip": 5.0, "jump": False, "inner_steps": 2}),
        ("addition", "harder", {"inner_steps": 0}),
    ],
)
def test_every_number_is_that_of_a_plain_loop(
    task: str, variant: str, sampler: Mapping[str, Any]
) -> None:
    count, n, slow = 21, 3, 5
    model = small(n, task)
    r = measured(model, task, count, variant, slow_problems=slow, energy_problems=4, **sampler)
    made, answers, official = walked(model, task, count, variant, n, **sampler)
    y, final, d = made.y[:count], answers[:, 0], n * n
    assert float(r.measured_problems) == count

    def same(name: str, values: list[float], **where: Any) -> None:
        expected, error = mean(values)
        assert float(r[name].sel(where)) == pytest.approx(expected, rel=1e-9, nan_ok=True)
        if f"{name}_error" in r:
            found = float(r[f"{name}_error"].sel(where))
            assert found == pytest.approx(error, rel=1e-9, nan_ok=True)

    squares = [float(np.sum((a - b) ** 2)) / d for a, b in zip(final, y, strict=True)]
    same("mse", squares)
    same(
        "mse_official", [float(np.sum((a - b) ** 2)) / d for a, b in zip(official, y, strict=True)]
    )
    same("absolute_error", [float(np.sum(abs(a - b))) / d for a, b in zip(final, y, strict=True)])
    residual = [
        np.linalg.norm(made.x[i].reshape(n, n) @ final[i].reshape(n, n) - np.eye(n)) / n**0.5
        if task == "inverse"
        else np.nan
        for i in range(count)
    ]
    same("inverse_residual", residual)
    np.testing.assert_allclose(r.mse_quantile, np.quantile(squares, r["quantile"]))

    scale = model.schedule.sqrt_alpha_bar
    for t in (0, 4, 9):
        miss = answers[:, t] - y
        same("mse_level", [float(np.mean(m**2)) for m in miss], level=t)
        same("absolute_error_level", [float(np.mean(abs(m))) for m in miss], level=t)

        def energy(i: int, point: np.ndarray, t: int = t) -> float:
            at = torch.as_tensor(scale[t] * point)[None]
            return float(model.energy(torch.as_tensor(made.x[i : i + 1]), at, t))

        here = [energy(i, answers[i, t]) for i in range(count)]
        truth = [energy(i, y[i]) for i in range(count)]
        wrong = [float(a < b) for a, b in zip(here, truth, strict=True)]
        same("energy_answer_level", here, level=t)
        same("energy_truth_level", truth, level=t)
        same("prefers_wrong_level", wrong, level=t)
        for k in (0, 3, 11):
            u = [directions(0, np.array([i]), d)[0] for i in range(4)]
            assert np.linalg.norm(u[0]) == pytest.approx(1)
            moved = [np.sqrt(DISPLACEMENTS[k] * d) * u[i] for i in range(4)]
            np.testing.assert_allclose(np.mean(np.square(moved[0])), DISPLACEMENTS[k])
            same("energy_displaced", [energy(i, y[i] + moved[i]) for i in range(4)],
                 level=t, displacement=DISPLACEMENTS[k])  # fmt: skip
        if t == 0:
            share = mean(wrong)[0]
            assert float(r.prefers_wrong) == share
            assert float(r.prefers_wrong_error) == pytest.approx(
                (share * (1 - share) / count) ** 0.5
            )

    for baseline in tasks.baselines(task, variant, n):
        rows = range(slow if baseline.slow else count)
        guess = baseline.predict(made.x[:count])
        ours = [float(np.mean((final[i] - y[i]) ** 2)) for i in rows]
        theirs = [float(np.mean((guess[i] - y[i]) ** 2)) for i in rows]
        between = [float(np.mean((guess[i] - final[i]) ** 2)) for i in rows]
        this = {"baseline": baseline.name}
        assert float(r.baseline_problems.sel(this)) == len(rows)
        if max(theirs) > 1e-20:  # exact up to rounding: no digits to compare
            same("baseline_mse", theirs, **this)
        same("difference", [a - b for a, b in zip(ours, theirs, strict=True)], **this)
        same("distance", between, **this)
        for name, values, near in (("r2", final, between), ("r2_truth", y, theirs)):
            centre = sum(values[i] for i in rows) / len(rows)
            spread = sum(float(np.mean((values[i] - centre) ** 2)) for i in rows)
            assert float(r[name].sel(this)) == pytest.approx(1 - sum(near) / spread, abs=1e-6)
    centre = final.mean(axis=0)
    assert float(r.truth_r2) == pytest.approx(
        1 - sum(squares) / sum(float(np.mean((a - centre) ** 2)) for a in final), rel=1e-6
    )
    assert float(r.truth_r2_low) < float(r.truth_r2) < float(r.truth_r2_high)


def test_the_bootstrap_agrees_with_the_error_of_a_ratio() -> None:
    rng = np.random.default_rng(3)
    spread = rng.gamma(4.0, size=800)
    near = spread[:, None] * [0.1, 0.6] + 0.1 * rng.gamma(2.0, size=(800, 2))
    found = explained(near, spread, np.random.default_rng(0))
    ratio = near.sum(axis=0) / spread.sum()
    # Var(Σa/Σb) ≈ Σ(a − ratio·b)²/(Σb)², the linearised estimator of a ratio.
    error = np.sqrt(np.square(near - ratio * spread[:, None]).sum(axis=0)) / spread.sum()
    np.testing.assert_allclose(found.value, 1 - ratio)
    np.testing.assert_allclose((found.high - found.low) / (2 * 1.96 * error), 1, atol=0.1)
    np.testing.assert_allclose((found.high + found.low) / 2, 1 - ratio, atol=0.2 * error.max())


def test_a_model_that_gives_a_baseline_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    """R² is 1 on the predictor that is copied, and below 0 on one worse than the mean answer."""
    model, count = small(3, "addition"), 40
    given = tasks.problems("addition", measurement.BATCH, 0, size=3)

    class Copied:
        def __init__(self, answers: torch.Tensor) -> None:
            self.answers = answers.expand(10, *answers.shape)
            self.answer_official = answers

    def copied(_model: Energy, x: torch.Tensor, _start: torch.Tensor, **_: Any) -> Copied:
        return Copied(x[:, :9] + x[:, 9:])

    monkeypatch.setattr(measurement, "anneal", copied)
    r = measured(model, "addition", count)
    np.testing.assert_allclose(r.r2.sel(baseline="exact"), 1, atol=1e-9)
    np.testing.assert_allclose(r.r2_low.sel(baseline="exact"), 1, atol=1e-9)
    np.testing.assert_allclose([r.truth_r2, r.r2_truth.sel(baseline="exact")], 1, atol=1e-9)
    y = given.y[:count]
    zero = 1 - np.sum(y**2) / np.sum((y - y.mean(axis=0)) ** 2)
    np.testing.assert_allclose(r.r2.sel(baseline="zero"), zero, rtol=1e-5)
    assert zero < 0
    assert float(r.mse) < 1e-12


def test_mse_is_that_of_the_descents() -> None:
    """Of a real model, from the same starts: the batches differ, the answers do not."""
    model, count = bundled("inverse"), 6
    r = measured(model, "inverse", count, size=20, energy_problems=0)
    descent = run("descent", model, "inverse", 0, count, 20, polish_iterations=0)
    np.testing.assert_allclose(r.mse, descent.mse_final.mean(), rtol=1e-5)
    np.testing.assert_allclose(r.mse_official, descent.mse_official.mean(), rtol=1e-5)
    np.testing.assert_allclose(r.mse_level[:4], descent.mse.mean("problem")[:4], rtol=1e-3)
    np.testing.assert_allclose(r.energy_truth_level, descent.energy_truth.mean("problem"))
    np.testing.assert_allclose(r.inverse_residual, descent.inverse_residual.mean(), rtol=1e-4)
    distance = descent.mse_to_baseline.mean("problem")
    np.testing.assert_allclose(r.distance, distance.sel(baseline=r.baseline), rtol=1e-3)


@pytest.mark.parametrize("task", tasks.TASKS)
def test_one_problem_has_no_errors_instead_of_wrong_ones(task: str) -> None:
    r = measured(small(3, task), task, 1, energy_problems=0)
    assert np.isfinite([r.mse, r.mse_official, r.prefers_wrong]).all()
    by_name = [name for name in r if name.endswith(("_error", "_low", "_high", "r2"))]
    assert len(by_name) > 12
    for name in set(by_name) - {"absolute_error"}:
        assert np.isnan(r[name]).all(), name
    assert np.isnan(r.energy_displaced).all()
    assert np.isfinite([r.absolute_error, r.mse_quantile[0]]).all()


def test_two_problems_have_errors() -> None:
    r = measured(small(3), "inverse", 2, energy_problems=2)
    names = [name for name in r if name.endswith(("_error", "_low", "_high", "r2"))]
    assert all(np.isfinite(r[name]).all() for name in names)


def test_batches_of_large_matrices_and_of_many_steps_are_smaller() -> None:
    """The sampler keeps every step: 256 rows of n = 100 would be a gigabyte, 1000 steps ten."""
    rows = {n: measurement.batch_rows(n * n, 5) for n in (3, 20, 45, 50, 100, 200)}
    assert rows == {3: 256, 20: 256, 45: 256, 50: 192, 100: 32, 200: 32}
    by_steps = {k: measurement.batch_rows(400, k) for k in (0, 5, 29, 100, 1000)}
    assert by_steps == {0: 256, 5: 256, 29: 256, 100: 64, 1000: 32}


def test_an_answer_is_a_function_of_its_problem_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small(10)
    many = measured(model, "inverse", 70, size=10, energy_problems=0)
    monkeypatch.setattr(measurement, "BATCH", 32)
    same = measured(model, "inverse", 70, size=10, energy_problems=0)
    summed = ["r2_truth"]  # over the batches
    xr.testing.assert_identical(same.drop_vars(summed), many.drop_vars(summed))
    xr.testing.assert_allclose(same, many, rtol=1e-12)


def test_means_of_nothing_and_of_one() -> None:
    assert all(np.isnan(v).all() for v in mean_and_error(np.empty((0, 3))))
    value, error = mean_and_error(np.array([[2.0, 4.0]]))
    np.testing.assert_array_equal(value, [2, 4])
    assert np.isnan(error).all()


def test_only_slow_predictors_are_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = [b.name for b in tasks.baselines("completion", "harder", 3) if b.slow]
    assert slow == ["posterior_mean", "posterior_mean_refitted"]
    assert not any(b.slow for t in ("inverse", "addition") for b in tasks.baselines(t, "harder", 3))
    monkeypatch.setattr(measurement, "BATCH", 8)
    asked: dict[str, list[int]] = {"slow": [], "quick": []}

    def predictor(name: str) -> tasks.Baseline:
        def counted(x: np.ndarray) -> np.ndarray:
            asked[name].append(len(x))
            return x

        return tasks.Baseline(name, name, "", 0, "Copies.", 9, counted, slow=name == "slow")

    problems = ProblemSet("completion", "same", 3, 0)
    gathered = Gathered(problems, 30, {"model": small(3, "completion")})
    parameters = SPEC.question({"model": "0" * 24, "problems": "0" * 24}, {"slow_problems": 11})
    predictors = (predictor("slow"), predictor("quick"))
    found = measurement.measure(gathered, parameters.parameters, predictors)
    assert asked == {"slow": [8, 3], "quick": [8, 8, 8, 8]}
    there = np.isfinite(found.columns["distance"])
    np.testing.assert_array_equal(there.sum(axis=0), [11, 30])
    assert there[:11].all()


@dataclass
class Shelf(Desk):
    """A desk in memory that tells the work to leave at its n-th question."""

    leave_at: int = -1
    content: bytes | None = None
    asked: int = 0
    shares: list[float] = field(default_factory=list)

    def report(self, share: float, words: str) -> None:
        self.shares.append(share)

    def load(self) -> bytes | None:
        return self.content

    def save(self, content: bytes) -> None:
        self.content = content

    def pause(self) -> bool:
        self.asked += 1
        return self.asked == self.leave_at


def test_work_that_is_left_and_resumed_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurement, "BATCH", 8)
    monkeypatch.setattr(measurement, "SAVE_EVERY", 2)
    given = {"slow_problems": 11, "energy_problems": 3}
    whole = measured(small(3, "completion"), "completion", 43, **given)
    shelf = Shelf()
    for leave_at in (3, 1, 2, 4):  # the last one around the truth
        shelf.leave_at, shelf.asked = leave_at, 0
        with pytest.raises(Paused):
            measured(small(3, "completion"), "completion", 43, desk=shelf, **given)
    shelf.leave_at, shelf.shares = -1, []
    resumed = measured(small(3, "completion"), "completion", 43, desk=shelf, **given)
    xr.testing.assert_identical(resumed, whole)
    assert shelf.shares == [1.0]  # only the energy around the truth was left


def test_a_checkpoint_is_kept_on_the_way_without_being_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker that is killed loses the batches since then, not all."""
    monkeypatch.setattr(measurement, "BATCH", 8)
    monkeypatch.setattr(measurement, "SAVE_EVERY", 2)

    class Dies(Shelf):
        def report(self, share: float, words: str) -> None:
            super().report(share, words)
            if len(self.shares) == 4:
                raise KeyboardInterrupt

    dying = Dies()
    with pytest.raises(KeyboardInterrupt):
        measured(small(3), "inverse", 64, desk=dying)
    shelf = Shelf(content=dying.content)
    resumed = measured(small(3), "inverse", 64, desk=shelf)
    xr.testing.assert_identical(resumed, measured(small(3), "inverse", 64))
    assert shelf.shares[0] == pytest.approx(3 * 8 / 64)
