"""Accuracy of a sampler's setting against plain loops; work that is left and resumed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from answers import Kept, run
from cases import bundled, small

from ired_interp_core import registry, tasks
from ired_interp_core.accuracy import measurement
from ired_interp_core.accuracy.displaced import DISPLACEMENTS, random_directions
from ired_interp_core.accuracy.names import DIRECTIONS
from ired_interp_core.accuracy.statistics import beside, mean_and_error, shared
from ired_interp_core.desk import Desk
from ired_interp_core.energy import AdaptedEnergy, Energy
from ired_interp_core.errors import Paused, Refusal
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.intervals import bootstrap_t, detectable
from ired_interp_core.records import Gathered, ProblemSet, seeded
from ired_interp_core.schedule import cosine

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
    np.testing.assert_allclose(r.problem_mse, squares)
    assert float(r.problem_mse_official.mean()) == pytest.approx(float(r.mse_official))

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
        ways = dict(zip(DIRECTIONS, directions(model, made, final, t, range(4)), strict=True))
        for k, (name, u) in product((0, 3, 11), ways.items()):
            moved = [np.sqrt(DISPLACEMENTS[k] * d) * u[i] for i in range(4)]
            if k:
                np.testing.assert_allclose(np.mean(np.square(moved[0])), DISPLACEMENTS[k])
            there = [energy(i, y[i] + moved[i]) for i in range(4)]
            at = {"level": t, "displacement": DISPLACEMENTS[k], "direction": name}
            # Eigenvectors are taken in float32, of a matrix that is assembled otherwise here.
            loose = {"rel": 1e-4 if name.startswith(("soft", "stiff")) else 1e-6}
            assert float(r.energy_displaced.sel(at)) == pytest.approx(np.mean(there), **loose)
            more = np.mean([e - energy(i, y[i]) for i, e in enumerate(there)])
            assert float(r.energy_rise.sel(at)) == pytest.approx(more, rel=1e-3, abs=1e-6)
            assert r.energy_rise_low.sel(at) <= r.energy_rise.sel(at) <= r.energy_rise_high.sel(at)
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
        differences = np.array(ours) - theirs
        expected = bootstrap_t(differences[:, None], seeded("accuracy", "difference", 0))
        assert float(r.difference.sel(this)) == pytest.approx(differences.mean(), rel=1e-9)
        for end, bound in (("low", expected.low), ("high", expected.high)):
            assert float(r[f"difference_{end}"].sel(this)) == pytest.approx(bound[0], rel=1e-6)
        apart = np.stack([final[i] - guess[i] for i in rows]).ravel()
        left = np.stack([y[i] - guess[i] for i in rows]).ravel()
        if max(theirs) > 1e-20:
            slope = float(apart @ left / (left @ left))
            cosine = slope * float(np.linalg.norm(left) / np.linalg.norm(apart))
            for name, value in (("slope", slope), ("cosine", cosine)):
                assert float(r[name].sel(this)) == pytest.approx(value, rel=1e-6)
                assert r[f"{name}_low"].sel(this) < value < r[f"{name}_high"].sel(this)
        else:
            assert np.isnan([r.slope.sel(this), r.cosine.sel(this)]).all()
        same("distance", between, **this)
        for name, values, near in (("r2", final, between), ("r2_truth", y, theirs)):
            centre = sum(values[i] for i in rows) / len(rows)
            spread = sum(float(np.mean((values[i] - centre) ** 2)) for i in rows)
            assert float(r[name].sel(this)) == pytest.approx(1 - sum(near) / spread, abs=1e-6)
    around = [(v - v.mean(axis=0)).ravel() for v in (final, y)]
    correlation = np.corrcoef(*around)[0, 1] ** 2  # their means are 0
    assert float(r.truth_correlation) == pytest.approx(correlation, rel=1e-5)
    assert r.truth_correlation_low < correlation < r.truth_correlation_high


def directions(
    model: Energy, made: tasks.Problems, final: np.ndarray, t: int, problems: range
) -> list[np.ndarray]:
    """Unit vectors of `DIRECTIONS`, problem by problem, from a Hessian by automatic derivatives."""
    rows: list[list[np.ndarray]] = []
    for i in problems:
        x, y = torch.as_tensor(made.x[i : i + 1]), torch.as_tensor(made.y[i : i + 1])
        y = y * model.schedule.sqrt_alpha_bar[t]
        h = torch.autograd.functional.hessian(lambda p, x=x: model.energy(x, p, t).sum(), y)
        g = torch.autograd.functional.jacobian(lambda p, x=x: model.energy(x, p, t).sum(), y)[0]
        vectors = torch.linalg.eigh(h.reshape(y.shape[1], -1))[1].numpy()
        pairs = [final[i] - made.y[i], -g.numpy(), vectors[:, 0], vectors[:, -1]]
        pairs[2:] = [v if v @ -g.numpy() >= 0 else -v for v in pairs[2:]]
        units = [v / np.linalg.norm(v) for v in pairs]
        chance = random_directions(0, np.array([i]), len(units[0]))[0]
        assert np.linalg.norm(chance) == pytest.approx(1)
        rows.append([chance, *(sign * u for u in units for sign in (1, -1))])
    return [np.stack(way) for way in zip(*rows, strict=True)]


def test_the_bootstrap_agrees_with_the_error_of_a_ratio() -> None:
    rng = np.random.default_rng(3)
    spread = rng.gamma(4.0, size=800)
    near = spread[:, None] * [0.1, 0.6] + 0.1 * rng.gamma(2.0, size=(800, 2))
    found = beside(near, near, near / 2, spread, 1.0, np.random.default_rng(0)).r2
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
    np.testing.assert_allclose(
        [r.truth_correlation, r.r2_truth.sel(baseline="exact")], 1, atol=1e-9
    )
    np.testing.assert_allclose(r.slope.sel(baseline="zero"), 1, atol=1e-6)
    y = given.y[:count]
    zero = 1 - np.sum(y**2) / np.sum((y - y.mean(axis=0)) ** 2)
    np.testing.assert_allclose(r.r2.sel(baseline="zero"), zero, rtol=1e-5)
    assert zero < 0
    assert float(r.mse) < 1e-12


def test_mse_is_that_of_the_descents() -> None:
    """Of a real model, from the same starts: the batches differ, the answers do not."""
    model, count = bundled("inverse"), 6
    r = measured(model, "inverse", count, size=20, energy_problems=1)
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
    # Half of the resamples of two problems have no spread: no interval of a mean.
    unknown = {"difference_low", "difference_high", "energy_rise_low", "energy_rise_high"}
    names = [name for name in r if name.endswith(("_error", "_low", "_high", "r2"))]
    for name in set(names) - unknown:
        assert np.isfinite(r[name]).all(), name


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
    xr.testing.assert_identical(same, many)


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


class PointMass:
    """y | x = a + b: E_t = ½(ỹ − √ᾱ(a + b))²/σ, of an ideal denoiser of addition."""

    size, n_in, task = 3, 18, "addition"

    def energy(self, x: torch.Tensor, y: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        s = cosine()
        scale, sigma = (torch.from_numpy(v).to(y)[t][:, None] for v in (s.sqrt_alpha_bar, s.sigma))
        return ((y - scale * (x[:, :9] + x[:, 9:])).square() / sigma).sum(-1) / 2


class Predictor(PointMass):
    """The same, but the minimum of every level is b = c·(a + b) with another c."""

    scale = 0.5

    def energy(self, x: torch.Tensor, y: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return super().energy(self.scale * x, y, t)


def known(source: Any) -> AdaptedEnergy:
    return AdaptedEnergy(source, "0" * 24, {})


def test_a_point_mass_pays_for_the_missing_division_alone() -> None:
    """Official MSE (1 − √ᾱ_0)²·⅔, since ⅔ is the variance of a sum of two U(−1, 1)."""
    count = 400
    r = measured(known(PointMass()), "addition", count, energy_problems=3)
    y = tasks.problems("addition", count, 0, size=3).y
    lost = (1 - cosine().sqrt_alpha_bar[0]) ** 2
    assert float(r.mse_official) == pytest.approx(lost * np.square(y).mean(), rel=1e-4)
    assert float(r.mse_official) == pytest.approx(lost * 2 / 3, rel=0.05)
    assert float(r.mse) < 1e-10
    np.testing.assert_allclose(r.truth_correlation, 1, atol=1e-6)
    assert np.isnan(r.slope.sel(baseline="exact"))  # it is the truth: nothing lies beyond it
    np.testing.assert_allclose(r.slope.sel(baseline="zero"), 1, atol=1e-5)
    assert np.isnan(r.prefers_wrong_ideal)  # x fixes y: an ideal energy prefers nothing to y*
    # The truth is the bottom: nothing falls, along whatever way.
    assert float(r.energy_rise.min()) > -1e-9


def test_a_quadratic_rises_by_its_trace_at_random_and_by_its_formula_along_a_way() -> None:
    """½ᾱδ²·tr H around any point, though the truth is no minimum; −gᵀδ + ½δᵀHδ along a way."""
    r = measured(known(Predictor()), "addition", 40, energy_problems=40)
    y = tasks.problems("addition", 40, 0, size=3).y
    s, d = cosine(), 9
    delta = np.sqrt(np.array(DISPLACEMENTS[1:]) * d)  # length in the data frame
    for t in range(10):
        bowl = s.alphas_cumprod[t] / s.sigma[t] * delta**2 / 2  # ½ᾱδ²tr H/d of length δ√d
        rises = r.energy_rise.sel(level=t).isel(displacement=slice(1, None))
        # Of a slope across it a random displacement sees chance alone, here 40 directions of it.
        down = s.alphas_cumprod[t] / s.sigma[t] * np.linalg.norm(y / 2, axis=1).mean() * delta
        assert (abs(rises.sel(direction="random") - bowl) < down / 3).all()
        for way, sign in (("downhill", -1), ("uphill", 1), ("to_answer", -1), ("from_answer", 1)):
            np.testing.assert_allclose(rises.sel(direction=way), bowl + sign * down, rtol=1e-3)
        both = rises.sel(direction="soft_downhill") + rises.sel(direction="soft_uphill")
        np.testing.assert_allclose(both, 2 * bowl, rtol=1e-3, atol=1e-7)
    assert float(r.energy_rise_p.sel(level=0, direction="downhill").min()) < 0.05
    assert (r.energy_rise.sel(direction="soft_downhill") <= r.energy_rise.sel(
        direction="soft_uphill") + 1e-9).all()  # fmt: skip
    # Its answers are that predictor: of the truth beyond it they know nothing.
    assert float(r.r2_truth.sel(baseline="zero")) < 0


def test_an_energy_whose_minimum_is_a_predictor_knows_nothing_beyond_it() -> None:
    """Slope and cosine of ŷ − b on y* − b are 0, whatever R² says; corr² is that of b."""

    class Halves(Predictor):
        """The minimum is the first matrix and noise of its own."""

        def energy(self, x: torch.Tensor, y: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
            rolled = x[:, :9].roll(1, 0) if len(x) > 1 else x[:, :9]
            mean = x[:, :9] + 0.1 * rolled.flip(1)
            return PointMass().energy(torch.cat([mean, torch.zeros_like(mean)], 1), y, t)

    def first(x: np.ndarray) -> np.ndarray:
        return x[:, :9]

    predictor = tasks.Baseline("first", "first", "", 0, "The first matrix.", 18, first)
    count = 512
    parameters = SPEC.question({"model": "0" * 24, "problems": "0" * 24}, {"energy_problems": 0})
    gathered = Gathered(ProblemSet("addition", "same", 3, 0), count, {"model": known(Halves())})
    found = measurement.measure(gathered, parameters.parameters, (predictor,))
    c = found.columns
    y = tasks.problems("addition", count, 0, size=3).y
    rng = np.random.default_rng(0)
    correlation, spread, _ = shared(found.answer, y, rng)
    b = beside(c["distance"], c["baseline"], c["cross"], spread, 1.0, rng)
    assert b.r2.low[0] > 0.95
    for r in (b.slope, b.cosine):
        assert r.low[0] < 0 < r.high[0]
    assert abs(b.slope.value[0]) < 0.02
    assert correlation.value[0] == pytest.approx(0.5, abs=0.05)


def test_the_ideal_of_completion_prefers_its_answer_on_every_problem() -> None:
    """Its minimum is the posterior mean, not the truth: a lower energy there is no fault."""
    model = small(3, "completion")
    r = measured(model, "completion", 20, energy_problems=20)
    assert float(r.prefers_wrong_ideal) == 1
    assert np.isnan(measured(model, "completion", 5, energy_problems=0).prefers_wrong_ideal)


def test_two_settings_are_compared_problem_by_problem() -> None:
    problems = ProblemSet("inverse", "same", 3, 0)
    model, count = small(3), 40
    given = {"energy_problems": 0, "problems": count}
    roles = {"model": "0" * 24, "problems": problems.digest}
    settings: dict[str, dict[str, Any]] = {"one": {"inner_steps": 1, **given}, "other": given}
    read = {
        role: Kept(SPEC.question(roles, of), measured(model, "inverse", count, **of))
        for role, of in settings.items()
    }
    spec = registry.get("accuracy_paired")
    keys = {role: kept.question.key for role, kept in read.items()}
    asked = spec.question(keys, {"problems": count})

    def compare(**roles: Kept) -> xr.Dataset:
        gathered = Gathered(problems, count, {}, {**read, **roles})
        return spec.run(gathered, asked.parameters)

    r = compare()
    a, b = (read[n].answer.problem_mse.values for n in ("one", "other"))
    assert float(r.difference) == pytest.approx(float((a - b).mean()))
    assert float(r.ratio) == pytest.approx(float(a.sum() / b.sum()))
    assert r.difference_low < r.difference < r.difference_high
    assert r.ratio_low < r.ratio < r.ratio_high
    assert float(r.detectable) == pytest.approx(float(detectable((a - b)[:, None])[0]))
    c, d = (read[n].answer.problem_mse_official.values for n in ("one", "other"))
    assert float(r.official_difference) == pytest.approx(float((c - d).mean()))
    same = compare(one=read["other"])
    for begin, end in product(("", "official_"), ("", "_low", "_high")):
        assert float(same[f"{begin}difference{end}"]) == 0
        assert float(same[f"{begin}ratio{end}"]) == 1
    fewer = Kept(read["one"].question, read["one"].answer.isel(measured=slice(0, 30)))
    with pytest.raises(Refusal, match="different problems"):
        compare(one=fewer)


class Bowl(PointMass):
    """A bowl with its bottom at the truth, stiffer from entry to entry, the same at all levels."""

    curvature = torch.linspace(0.5, 4.5, 9, dtype=torch.float64)

    def energy(self, x: torch.Tensor, y: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        scale = torch.from_numpy(cosine().sqrt_alpha_bar).to(y)[t][:, None]
        away = y - scale * (x[:, :9] + x[:, 9:])
        return (self.curvature.to(y) * away.square()).sum(-1) / 2


def test_around_the_bottom_of_a_bowl_all_ways_rise_by_their_curvature() -> None:
    count, d = 300, 9
    r = measured(known(Bowl()), "addition", count, energy_problems=count)
    length = np.array(DISPLACEMENTS[1:]) * d  # squared, data frame
    for t in (0, 4, 8):
        half = cosine().alphas_cumprod[t] * length / 2
        rises = r.energy_rise.sel(level=t).isel(displacement=slice(1, None))
        for way, curvature in (("soft", 0.5), ("stiff", 4.5)):
            for sign in ("uphill", "downhill"):
                found = rises.sel(direction=f"{way}_{sign}")
                np.testing.assert_allclose(found, half * curvature, rtol=1e-3)
        low, high = (r[f"energy_rise_{end}"].sel(level=t, direction="random").values[1:]
                     for end in ("low", "high"))  # fmt: skip
        trace = half * 2.5  # ½ᾱδ²·tr H for δ² a mean over d entries
        assert ((low < trace) & (trace < high)).all()
        np.testing.assert_allclose(rises.sel(direction="random"), trace, rtol=0.1)
        # ∇E is 0 here, up to rounding: along −∇E nothing falls.
        assert (rises.sel(direction="downhill") > -1e-9).all()
