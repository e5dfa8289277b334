"""Causal effects against walks made one by one in float64, and against known answers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from dictionary_cases import loaded, plain_codes, rough, tensor, tiny, values, world
from dictionary_records import dictionary, run

from ired_interp_core import intervals, tasks
from ired_interp_core.desk import Desk
from ired_interp_core.dictionaries import causal, effects, predicted
from ired_interp_core.dictionaries.causal import activity, walk_features
from ired_interp_core.dictionaries.controls import Controls, Trial
from ired_interp_core.dictionaries.effects import LESS, MORE, UNDECIDED
from ired_interp_core.dictionaries.foreseen import answer_derivative
from ired_interp_core.dictionaries.intervention import Added, Intervened, Stacked
from ired_interp_core.dictionaries.names import INTERVENTIONS, RIVALS, WAYS
from ired_interp_core.dictionaries.recovery import Walker
from ired_interp_core.dictionaries.rerun import Rerun
from ired_interp_core.energy import AdaptedEnergy, Energy
from ired_interp_core.errors import Paused
from ired_interp_core.inference import Descent, anneal, start_noise
from ired_interp_core.records import Gathered, seeded
from ired_interp_core.schedule import cosine

QUICK = {"tested": 4, "walked": 2, "bootstrap": 200}
Row = Callable[[np.ndarray], np.ndarray]


def twin(i: int, edit: Row, clip: float, site: str, highest: int = 9) -> np.ndarray:
    """The sampler on one problem in float64, step by step, an edit as a function of one row."""
    model, s = tiny(), cosine()
    scale, size = s.sqrt_alpha_bar, s.step_size
    x = tensor(tasks.problems("inverse", 1, 0, size=3, start=i).x.astype("f4")).double()
    wrapped = Intervened(model, site, lambda h: tensor(edit(h.numpy()[0])[None]), highest)

    def look(y: np.ndarray, t: int) -> tuple[float, np.ndarray]:
        e, g = wrapped.official_energy_and_gradient(x, tensor(y[None]), t)
        return float(e), g[0].numpy()

    y = start_noise(0, np.array([i]), 9)[0].astype("f4").astype("f8")
    for t in range(9, -1, -1):
        g = look(y, t)[1]
        y = scale[t] * np.clip((y - s.sigma[t] * g) / scale[t], -clip, clip)
        for inner in range(5):
            e, g = look(y, t)
            step = y - g * size[t] * (1 if inner == 0 else 2)
            step = np.clip(step, -clip * scale[t], clip * scale[t])
            if not look(step, t)[0] > e:
                y = step
        answer = y / scale[t]
        y = scale[t - 1] * answer
    return answer


def by_hand(d: Any, x: np.ndarray, feature: int, i: int, length: float) -> dict[str, Row]:
    """What is done in each way, as functions of one row, from the points x that are held out."""
    normal = lambda word: seeded(word, 7, feature, i).standard_normal(x.shape[1])  # noqa: E731
    centre, w = d.centre.double().numpy(), d.decoder[feature].double().numpy()
    covariance = (x - x.mean(0)).T @ (x - x.mean(0)) / len(x)
    value, vector = np.linalg.eigh(covariance)
    drawn = vector @ (np.sqrt(np.maximum(value, 0)) * (vector.T @ normal("data direction")))
    random = normal("causal direction") / np.linalg.norm(normal("causal direction"))
    data = drawn / np.linalg.norm(drawn)
    density = (plain_codes(d, x)[:, feature] > 0).mean()

    def f(h: np.ndarray) -> float:
        return float(plain_codes(d, h[None])[0, feature]) / d.scale

    def projected(v: np.ndarray) -> Row:
        along = np.sort((x - centre) @ v)
        above = min(max(round(density * len(along)), 1), len(along) - 1)
        threshold = max(along[-above - 1], 0.0)

        def edit(h: np.ndarray) -> np.ndarray:
            size = (h - centre) @ v
            return h - size * v if size > threshold else h

        return edit

    def turned(h: np.ndarray) -> np.ndarray:
        axis = (h - centre) / np.linalg.norm(h - centre)
        across = random - (random @ axis) * axis
        cosine = axis @ w
        v = cosine * axis + np.sqrt(1 - cosine**2) * across / np.linalg.norm(across)
        return h - f(h) * v

    return {
        "ablation": lambda h: h - f(h) * w,
        "ablation_random_atom": projected(random),
        "ablation_data_atom": projected(data),
        "ablation_turned_atom": turned,
        "steering": lambda h: h + length * w,
        "steering_random_atom": lambda h: h + length * random,
        "steering_data_atom": lambda h: h + length * data,
    }


def test_features_are_ranked_by_summed_activation() -> None:
    given, d = world(rough(), count=15), loaded(rough())
    held = np.array([4, 9, 14])
    x = values(given)[held]
    f = plain_codes(d, x)
    found = activity(given, d, held, 0)
    np.testing.assert_allclose(found.total, f.sum(0), rtol=1e-4)
    np.testing.assert_array_equal(found.positive, (f > 0).sum(0))
    assert found.count == len(f) == len(found.points)
    np.testing.assert_array_equal(found.points.numpy(), x.reshape(len(f), -1))
    alive = np.flatnonzero(f.sum(0) > 0)
    np.testing.assert_array_equal(found.most_active(100), sorted(alive, key=lambda i: -f.sum(0)[i]))
    np.testing.assert_array_equal(found.most_active(3), found.most_active(100)[:3])
    r = run("dictionary_causal", given, **QUICK)
    np.testing.assert_array_equal(np.flatnonzero(r.tested), np.sort(found.most_active(4)))
    np.testing.assert_array_equal(r.trial_feature, found.most_active(4))
    np.testing.assert_array_equal(r.walked_problem, [4, 9])
    assert int(r.causal_problems) == 2
    for name in ("ablation_shift", "ablation_error", "steering_shift", "steering_error"):
        assert np.isnan(r[name].values[r.tested.values == 0]).all()
        assert (r[f"{name}_verdict"].values[r.tested.values == 0] == 0).all()
        assert np.isfinite(r[name].values[r.tested.values == 1]).all()


@pytest.mark.parametrize(
    ("variant", "site"),
    [("topk", "gradient"), ("relu", "gradient"), ("topk", "h1"), ("relu", "h2")],
)
def test_effects_against_float64_walks_one_by_one(variant: str, site: str) -> None:
    width = 9 if site == "gradient" else 16
    atoms = rough(variant=variant, d=width)
    given, d = world(atoms, site=site, clip=1.5), loaded(atoms)
    r = run("dictionary_causal", given, **QUICK, strength=-2.0, seed=7)
    feature = int(r.trial_feature[0])
    x = values(given)[[4, 9]].reshape(-1, width).astype("f8")
    codes = plain_codes(d, x)[:, feature]
    length = -2.0 * codes[codes > 0].mean() / d.scale
    for j, i in enumerate((4, 9)):
        y = tasks.problems("inverse", 1, 0, size=3, start=i).y[0]
        plain = twin(i, lambda h: h, 1.5, site)
        edits = by_hand(d, x, feature, i, length)
        assert tuple(edits) == WAYS
        moved = r["shift_each"].isel(trial=0, walked=j).values
        assert (moved > 1e-3).sum() >= 5
        for way, edit in edits.items():
            answer = twin(i, edit, 1.5, site)
            one = r.sel(way=way).isel(trial=0, walked=j)
            # The walk is float32: an accept decision that hangs on its last bits moves the answer.
            assert float(one.shift_each) == pytest.approx(
                np.linalg.norm(answer - plain), abs=3e-3
            ), way
            change = ((answer - y) ** 2).mean() - ((plain - y) ** 2).mean()
            assert float(one.error_each) == pytest.approx(change, abs=4e-4), way
    for name in INTERVENTIONS:
        each = r.sel(way=name).isel(trial=0)
        assert float(r[f"{name}_shift"][feature]) == pytest.approx(each["shift_each"].values.mean())
        assert float(r[f"{name}_error"][feature]) == pytest.approx(each["error_each"].values.mean())


def test_levels_that_are_not_edited_are_walked_once() -> None:
    """A dictionary of t ≤ 6: its walks go on from the state that one walk has there."""
    atoms = rough(variant="relu")
    given = world(atoms)
    given.upstream["activations"].question.parameters["highest_level"] = 6  # type: ignore[index]
    walker = Walker.of(given, np.array([4, 9]))
    assert walker.highest == 6
    rerun = Rerun(walker, torch.arange(2))
    d = loaded(atoms)
    edits = Controls(d, torch.randn(50, 9), 7).edits(Trial(3, 0.2, 0.3), np.array([4, 9]))
    answers = rerun.answers(Stacked(edits)).reshape(len(WAYS), 2, -1).numpy()
    w = d.decoder[3].double().numpy()
    for j, i in enumerate((4, 9)):
        plain = rerun.plain[j].numpy()
        np.testing.assert_allclose(plain, twin(i, lambda h: h, 2.0, "gradient"), atol=3e-3)
        known = twin(i, lambda h: h + np.float32(0.3) * w, 2.0, "gradient", 6)
        np.testing.assert_allclose(answers[WAYS.index("steering"), j], known, atol=3e-3)
        assert np.abs(known - plain).max() > 0.01


def test_an_edit_that_changes_nothing_and_the_same_edit_twice_differ_by_0() -> None:
    atoms = rough(variant="relu")
    atoms["encoder_bias"][3] = -1e9
    given, d, problems = world(atoms), loaded(atoms), np.array([4, 9])
    walker = Walker.of(given, problems)
    controls = Controls(d, torch.from_numpy(values(given)[problems].reshape(-1, 9)), 0)
    trials = [Trial(2, 0.3, 0.0), Trial(3, 0.3, 0.0)]
    found = walk_features(given, walker, controls, trials, problems)
    same = [WAYS.index(n) for n in ("ablation", "ablation_turned_atom")]
    assert (found.error[same, 1] == 0).all()  # never active
    assert (found.shift[same, 1] == 0).all()
    assert (found.shift[4:] == 0).all()  # nothing is added
    assert (found.shift[:4, 0] > 0).any()
    rerun = Rerun(walker, torch.arange(2))
    edit = Stacked(controls.edits(Trial(2, 0.3, 1.0), problems))
    assert torch.equal(rerun.answers(edit), rerun.answers(edit))
    assert not torch.equal(rerun.answers(edit), rerun.plain)


def test_batches_do_not_change_the_effects(monkeypatch: pytest.MonkeyPatch) -> None:
    given = world(rough(), count=30)
    quick = {"tested": 5, "walked": 5, "bootstrap": 50}
    whole = run("dictionary_causal", given, **quick)
    monkeypatch.setattr(causal, "PROBLEMS_AT_ONCE", 2)
    part = run("dictionary_causal", given, **quick)
    for name in ("shift_each", "error_each", "predicted_energy", "measured_energy"):
        np.testing.assert_allclose(part[name], whole[name], atol=2e-3, err_msg=name)


def test_directions_are_unit_and_depend_on_feature_and_problem_alone() -> None:
    points = torch.randn(300, 50) * torch.arange(1, 51)
    controls = Controls(loaded(rough(d=50)), points, 3)
    for draw in (controls.random_atoms, controls.data_atoms):
        many = np.stack([draw(f, np.arange(5)) for f in range(4)])
        np.testing.assert_allclose(np.linalg.norm(many, axis=-1), 1, atol=1e-12)
        np.testing.assert_allclose(many[2, 3], draw(2, np.array([3]))[0], atol=1e-12)
        assert np.abs(many.reshape(20, 50) @ many.reshape(20, 50).T - np.eye(20)).max() < 0.9
    # Drawn from the covariance: their mean square along an axis goes with its variance.
    drawn = np.concatenate([controls.data_atoms(f, np.arange(100)) for f in range(20)])
    share = (drawn**2).mean(0) / points.double().numpy().var(0)
    assert np.abs(share / share.mean() - 1).max() < 0.5


@pytest.mark.parametrize("density", [0.001, 0.1, 0.9])
def test_a_threshold_lets_a_control_be_active_as_often(density: float) -> None:
    points = torch.randn(1000, 9) + 0.05
    controls = Controls(loaded(rough()), points, 0)
    v = torch.from_numpy(controls.random_atoms(0, np.arange(4)).astype("f4"))
    above = controls.thresholds(v, density)
    along = (points - 0.05) @ v.T
    share = (along > above).float().mean(0).numpy()
    wanted = np.minimum(density, (along > 0).float().mean(0).numpy())
    np.testing.assert_allclose(share, wanted, atol=1e-3)


# ----- what is concluded


def drawn(rng: np.random.Generator, means: list[float], count: int = 64) -> np.ndarray:
    """Effects [way, trial, walked] that differ by problem, of one trial for each list of means."""
    base = rng.lognormal(size=(1, 1, count))
    return np.array(means)[:, None, None] * base + 0.1 * rng.normal(size=(len(means), 1, count))


def test_an_effect_is_held_against_each_control_on_the_same_problems() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate(
        [
            drawn(rng, [2.0, 1.0, 0.5, 1.5, 2.0, 1.0, 0.0]),  # beyond each
            drawn(rng, [1.0, 1.0, 0.5, 0.5, 1.0, 1.0, 0.0]),  # as one of them
            drawn(rng, [1.0, 0.1, 0.5, 2.0, 1.0, 2.0, 0.0]),  # short of one
        ],
        axis=1,
    )
    found = effects.measure(values, "ablation", False, 2000, 0)
    np.testing.assert_array_equal(found.verdict, [MORE, UNDECIDED, LESS])
    np.testing.assert_array_equal(found.rival, [3, 1, 3])
    assert RIVALS[3] == "turned_atom"
    columns = np.concatenate([values[0], *(values[0] - values[c] for c in (1, 2, 3))]).T
    slow = intervals.bootstrap_t(columns, seeded("causal", "ablation", 0), 2000)
    p = slow.p.reshape(4, 3)[1:]
    np.testing.assert_allclose(found.mean, values[0].mean(-1))
    np.testing.assert_allclose(found.controls, values[1:4].mean(-1).T)
    np.testing.assert_allclose(found.beyond.T.ravel(), slow.value[3:])
    np.testing.assert_allclose(found.beyond_low.T.ravel(), slow.low[3:])
    np.testing.assert_allclose(found.beyond_high.T.ravel(), slow.high[3:])
    exceeded = (values[0] > 0).all() and (values[0] - values[1:4]).mean(-1).min(0) > 0
    raw = np.where(exceeded, p.max(0), 1.0)
    np.testing.assert_allclose(found.p, intervals.holm(raw))
    np.testing.assert_allclose(
        found.control, [values[3, 0].mean(), values[1, 1].mean(), values[3, 2].mean()]
    )
    reach = intervals.detectable((values[0, :1] - values[3, :1]).T, 3)
    np.testing.assert_allclose(found.found[0], reach[0])
    steering = effects.measure(values, "steering", False, 2000, 0)
    np.testing.assert_array_equal(steering.verdict, [MORE, UNDECIDED, LESS])
    assert np.isnan(steering.controls[:, 2]).all()


def test_an_effect_with_a_sign_is_held_against_no_change_too() -> None:
    rng = np.random.default_rng(1)
    noise = 0.1 * rng.normal(size=(len(WAYS), 3, 64))
    noise[:, 0] += np.array([0.0, -1, -1, -1, 0, 0, 0])[:, None]  # more than controls that lower it
    noise[:, 1] += np.array([1.0, 0, 0, 0, 0, 0, 0])[:, None]
    found = effects.measure(noise, "ablation", True, 2000, 0)
    np.testing.assert_array_equal(found.verdict, [UNDECIDED, MORE, UNDECIDED])
    assert RIVALS[found.rival[0]] == "no_change"
    np.testing.assert_allclose(found.found, intervals.detectable(noise[0].T, 3))
    assert found.control[0] == 0


def test_a_thing_against_itself_is_0_and_not_decided() -> None:
    values = np.repeat(np.random.default_rng(2).lognormal(size=(1, 2, 64)), len(WAYS), axis=0)
    found = effects.measure(values, "ablation", False, 500, 0)
    assert (found.beyond == 0).all()
    assert (found.beyond_low == 0).all()
    assert (found.beyond_high == 0).all()
    assert (found.p == 1).all()
    assert (found.verdict == UNDECIDED).all()
    assert (found.found == 0).all()


def test_words_err_rarely_where_nothing_is_there() -> None:
    """20 features like their controls, 200 times: any "more" in at most 5 % and 2 s.e., or less."""
    rng, wrong = np.random.default_rng(3), []
    for repetition in range(200):
        values = rng.lognormal(size=(len(WAYS), 20, 64))
        found = effects.measure(values, "ablation", False, 500, repetition)
        wrong.append([(found.verdict == MORE).any(), (found.verdict == LESS).any()])
    assert np.mean(wrong, axis=0).max() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)


def test_a_diverged_walk_is_not_decided() -> None:
    values = np.random.default_rng(4).lognormal(size=(len(WAYS), 2, 64))
    values[0, 0, 5] = np.nan
    found = effects.measure(values, "ablation", False, 500, 0)
    assert found.verdict[0] == UNDECIDED
    assert found.rival[0] == 0
    assert np.isnan([found.mean[0], found.low[0], found.found[0]]).all()


# ----- known answers


class Bowl:
    """E_t = ‖ỹ − √ᾱ_t b‖²/(2σ_t) with b = x/16: after one jump every entry is at the minimum."""

    size, n_in, task = 3, 9, "inverse"

    def energy(self, x: torch.Tensor, y: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        s = cosine()
        scale, sigma = (torch.from_numpy(v).to(y)[t] for v in (s.sqrt_alpha_bar, s.sigma))
        return (y - scale[:, None] * x / 16).square().sum(-1) / (2 * sigma)


HELD = list(range(4, 40, 5))
LEFT = 64.0
"""Below every gradient: a code of g_j + 64 is positive at every point."""


def bowl(j: int = 4, **parameters: Any) -> tuple[xr.Dataset, Gathered]:
    """A feature e_j with f = g_j + 64, active at every point of descents into the bowl."""
    centre = np.zeros(9)
    centre[j] = -LEFT
    atoms = dictionary(np.eye(9)[[j, j - 1]], variant="relu", centre=centre, bias=[0.0, -1e9])
    given = world(atoms, count=40, model=AdaptedEnergy(Bowl(), "0", {}))
    parameters = {"tested": 1, "walked": 8, "bootstrap": 50, **parameters}
    return run("dictionary_causal", given, **parameters), given


def test_ablation_in_a_quadratic_energy_in_closed_form() -> None:
    """Without f e_j entry j of the gradient is −64 throughout: it ends at the edge of the box.

    All other entries are at b after the jump of each level: ŷ = b but for ŷ_j = 2.
    """
    j = 4
    r, _ = bowl(j)
    p = tasks.problems("inverse", 40, 0, size=3)
    for k, i in enumerate(HELD):
        b, y = p.x[i] / 16, p.y[i]
        one = r.sel(way="ablation").isel(trial=0, walked=k)
        assert float(one["shift_each"]) == pytest.approx(2 - b[j], abs=1e-5)
        change = ((2 - y[j]) ** 2 - (b[j] - y[j]) ** 2) / 9
        assert float(one["error_each"]) == pytest.approx(change, abs=1e-5)


def test_steering_in_a_quadratic_energy_in_closed_form() -> None:
    """A constant L v added to the gradient moves the answer by −σ_0 L v/√ᾱ_0, whatever v is."""
    r, given = bowl(strength=0.004)
    s = cosine()
    f = values(given)[HELD][..., 4].astype("f8") + LEFT
    known = s.sigma[0] * 0.004 * f.mean() / s.sqrt_alpha_bar[0]
    assert known > 0.03
    for way in ("steering", "steering_random_atom", "steering_data_atom"):
        np.testing.assert_allclose(r["shift_each"].sel(way=way), known, rtol=1e-4)
    np.testing.assert_allclose(r.steering_shift_beyond[0, :2], 0, atol=1e-5)
    np.testing.assert_allclose(r.predicted_shift, known, rtol=1e-5)
    np.testing.assert_allclose(r.shift_along, known, rtol=1e-4)
    for ending in ("", "_random"):
        for part, one in {"slope": 1, "low": 1, "high": 1, "r2": 1, "sign": 1}.items():
            assert float(r[f"shift_prediction_{part}{ending}"]) == pytest.approx(one, abs=1e-4)


def test_a_quadratic_energy_changes_by_what_its_derivatives_predict() -> None:
    r, given = bowl()
    np.testing.assert_allclose(r.predicted_energy, r.measured_energy, rtol=1e-6)
    for ending in ("", "_random"):
        for part, known in {"slope": 1, "low": 1, "high": 1, "r2": 1, "sign": 1}.items():
            assert float(r[f"prediction_{part}{ending}"]) == pytest.approx(known, abs=1e-6)
    # At the minimum after the jump of level 9, δ = σ f e_j: ΔE = ‖δ‖²/2σ = σ f²/2. Below it every
    # gradient is 0, so that where g_j < 0 at level 9 the strongest step is one of many.
    f = values(given)[HELD, :, :-1, 4].astype("f8") + LEFT
    strongest = [k for k in range(len(f)) if f[k].max() > LEFT + 0.01]
    assert 1 < len(strongest) < len(f)
    for k in strongest:
        assert f[k].argmax() == f[k, :9].size  # level 9, before the jump
        known = cosine().sigma[9] * f[k].max() ** 2 / 2
        assert float(r.measured_energy[0, 0, k]) == pytest.approx(known, rel=1e-4)
        assert float(r.measured_energy[1, 0, k]) == pytest.approx(known, rel=1e-4)


# ----- predicted against measured


def test_predictions_are_those_of_the_hessian_where_a_step_lands() -> None:
    atoms = rough(variant="relu")
    given, d = world(atoms), loaded(atoms)
    r = run("dictionary_causal", given, tested=6, walked=2, bootstrap=50)
    model, s, seen = tiny(), cosine(), values(given)
    assert isinstance(model, Energy)
    walk = given.upstream["descent"].read()["trajectory"].values.astype("f8")
    for k, i in enumerate((4, 9)):
        codes = plain_codes(d, seen[i]).reshape(10, -1, d.features)[:, :-1]
        x = tensor(tasks.problems("inverse", 1, 0, size=3, start=i).x.astype("f4")).double()
        for trial, feature in enumerate(r.trial_feature.values):
            f = codes[..., feature]
            t, step = np.unravel_index(f.argmax(), f.shape)
            length = s.sigma[t] if step == 0 else s.step_size[t] * (1 if step == 1 else 2)
            delta = length * f.max() / d.scale * d.decoder[feature].double()
            y = tensor(s.sqrt_alpha_bar[t] * walk[i, t, step].reshape(1, -1))
            e, g = model.energy_and_gradient(x, y, int(t))
            bent = delta @ model.hessian(x, y, int(t))[0] @ delta
            assert float(r.predicted_energy[0, trial, k]) == pytest.approx(
                float(g[0] @ delta + bent / 2), rel=1e-5, abs=1e-9
            )
            moved = float(model.energy(x, y + delta, int(t)) - e)
            assert float(r.measured_energy[0, trial, k]) == pytest.approx(moved, rel=1e-5, abs=1e-9)
    assert np.isfinite(r.measured_energy[1]).all()


@pytest.mark.parametrize(("jump", "first"), [(True, 9), (False, 9), (True, 4)])
def test_the_derivative_of_the_sampler_is_that_of_tiny_steerings(jump: bool, first: int) -> None:
    """Central differences of the walk in float64; clamped, rejected and accepted steps occur."""
    made = tasks.problems("inverse", 6, 0, size=3)
    x, start = tensor(made.x.astype("f4")).double(), tensor(start_noise(0, np.arange(6), 9))
    walker = Walker(tiny(), "gradient", first, x, tensor(made.y), start, 0.4, 5, jump)
    rng = np.random.default_rng(3)
    vectors = tensor(rng.normal(size=(2, 6, 9)))
    found = answer_derivative(walker, x, start, vectors, first)

    def walked(shift: torch.Tensor) -> Descent:
        edited = Intervened(walker.model, "gradient", Added(shift))
        return anneal(edited, x, start, walker.clip, 5, jump, first)

    plain, alike = walked(0 * vectors[0]), 0
    assert float((plain.clamped > 0).double().mean()) > 0
    assert set(plain.acceptance.unique().tolist()) >= ({2} if jump else {1, 2})
    for vector, moved in zip(vectors, found, strict=True):
        up, down = (walked(e * vector) for e in (1e-6, -1e-6))
        same = (up.acceptance == down.acceptance).all(0).all(0)
        alike += int(same.sum())
        slope = (up.answer - down.answer)[same] / 2e-6
        torch.testing.assert_close(moved[same], slope, rtol=1e-4, atol=1e-6)
    assert alike >= 8


def test_vector_agreement_is_that_of_plain_sums() -> None:
    rng = np.random.default_rng(8)
    p = rng.normal(size=(3, 64, 5))
    m = 0.7 * p + 0.2 * rng.normal(size=p.shape)
    size = np.linalg.norm(p, axis=-1)
    along = (m * p).sum(-1) / size
    found = predicted.vector_agreement(size, along, np.linalg.norm(m, axis=-1), 1000, 0)
    assert found.slope == pytest.approx((m * p).sum() / (p * p).sum())
    assert found.r2 == pytest.approx(1 - ((m - p) ** 2).sum() / (m**2).sum())
    assert found.sign == ((m * p).sum(-1) > 0).mean()
    assert found.low < found.slope < found.high < 1
    none = np.full((3, 64), np.nan)
    assert np.isnan(list(vars(predicted.vector_agreement(none, none, none, 9, 0)).values())).all()


def test_hidden_layers_have_no_predictions() -> None:
    r = run("dictionary_causal", world(rough(d=16), site="h2"), **QUICK)
    assert np.isnan(r.predicted_energy).all()
    assert np.isnan(r.predicted_shift).all()
    assert np.isnan([r.prediction_slope, r.shift_prediction_slope]).all()


def test_agreement_is_that_of_plain_sums() -> None:
    rng = np.random.default_rng(5)
    p = rng.normal(size=(3, 64)) * np.array([[1.0], [10.0], [0.1]])
    m = 0.8 * p + 0.3 * rng.normal(size=p.shape)
    p[0, :5] = np.nan
    found = predicted.agreement(p, m, 1000, 0)
    there = np.isfinite(p)
    a, b = p[there], m[there]
    assert found.slope == pytest.approx((a * b).sum() / (a * a).sum())
    assert found.r2 == pytest.approx(1 - ((b - a) ** 2).sum() / ((b - b.mean()) ** 2).sum())
    assert found.sign == (np.sign(a) == np.sign(b)).mean()
    assert found.low < found.slope < found.high < 1
    nothing = predicted.agreement(np.zeros((2, 64)), np.zeros((2, 64)), 100, 0)
    assert np.isnan(list(vars(nothing).values())).all()


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_the_interval_of_the_slope_covers_at_64_problems(spread: float) -> None:
    """Changes of one problem lie apart together; sizes differ by problem as e^{spread·normal}."""
    rng, held = np.random.default_rng(6), 0
    for repetition in range(2000):
        p = rng.normal(size=(3, 64)) * np.exp(spread * rng.normal(size=64))
        m = p * (1 + 0.2 * rng.normal(size=64) + 0.2 * rng.normal(size=(3, 64)))
        found = predicted.agreement(p, m, 200, repetition)
        held += found.low <= 1 <= found.high
    assert 0.92 <= held / 2000 <= 0.97


# ----- interruption


class Impatient(Desk):
    """Stops after the first batch; keeps the checkpoint."""

    def __init__(self) -> None:
        self.content: bytes | None = None
        self.stop = True

    def load(self) -> bytes | None:
        return self.content

    def save(self, content: bytes) -> None:
        self.content = content

    def report(self, share: float, words: str) -> None:
        self.walking = words.startswith("batch")
        assert 0 <= share <= 1

    def pause(self) -> bool:
        return self.stop and self.walking


def test_paused_work_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run("dictionary_causal", world(rough()), **QUICK)
    desk = Impatient()
    with pytest.raises(Paused):
        run("dictionary_causal", world(rough(), desk=desk), **QUICK)
    assert desk.content is not None
    desk.stop = False
    calls = []
    answers = Rerun.answers
    monkeypatch.setattr(Rerun, "answers", lambda *a: calls.append(1) or answers(*a))
    again = run("dictionary_causal", world(rough(), desk=desk), **QUICK)
    assert len(calls) == 4  # of four batches the last three, and once without
    for name in whole:
        np.testing.assert_array_equal(again[name], whole[name], str(name))
