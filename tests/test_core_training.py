"""Training: the official loss and its gradient, negatives, averages, batches, files."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from cases import bundled, random_tensors, reference
from torch.nn import functional

from ired_interp_core import checkpoints, tasks
from ired_interp_core.errors import Refusal
from ired_interp_core.schedule import cosine
from ired_interp_core.time_embedding import modulation
from ired_interp_core.training import batches, ema, formats, trainer
from ired_interp_core.training.evaluation import Measured
from ired_interp_core.training.landscape import Landscape, Levels
from ired_interp_core.training.loss import Loss, loss, parts
from ired_interp_core.training.negatives import STRATEGIES, official
from ired_interp_core.training.parameters import NAMES, Shape
from ired_interp_core.training.passes import Network, Tables
from ired_interp_core.training.recipe import NEGATIVES, Recipe
from ired_interp_core.training.snapshots import restore, snapshot
from ired_interp_core.training.trainer import MOST_SKIPPED, Training

Tensors = dict[str, torch.Tensor]
OFFICIAL = json.loads((Path(__file__).parent / "data" / "official_file.json").read_text())
SMALL = Recipe("inverse", size=3, width=16, steps=40, batch=16)


def plain_energy(w: Tensors, x: torch.Tensor, y: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """E layer by layer, with the embedding of every row."""
    linear = lambda name, h: functional.linear(h, w[f"{name}.weight"], w[f"{name}.bias"])  # noqa: E731
    h = linear("fc1", torch.cat([x, y], dim=-1))
    h = h * torch.sigmoid(h)
    for name, m in zip(("fc2", "fc3"), modulation(w, t), strict=True):
        h = linear(name, h) * (m[:, 0] + 1) + m[:, 1]
        h = h * torch.sigmoid(h)
    return linear("fc4", h).pow(2).sum(dim=-1)


def plain_loss(
    tensors: Tensors, b: batches.Batch, bound: str = "first", negative: torch.Tensor | None = None
) -> tuple[torch.Tensor, Tensors, torch.Tensor]:
    """L, ∂L/∂θ by automatic differentiation, and the negatives (docs/definitions.md §1.3)."""
    w = {k: v.detach().clone().requires_grad_() for k, v in tensors.items()}
    s = cosine()
    scale, sigma, size, recip = (
        torch.from_numpy(np.float32(a)).to(b.y)[b.t, None]
        for a in (s.sqrt_alpha_bar, s.sigma, s.step_size, s.sqrt_recip_alphas_cumprod)
    )

    def look(y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = y.detach().requires_grad_()
        e = plain_energy(w, b.x, y, b.t)
        return e, torch.autograd.grad(e.sum(), y, create_graph=True)[0]

    mse = (look(scale * b.y + sigma * b.noise)[1] - b.noise).square().mean(1)
    if negative is None:
        y = scale * b.y + 3 * sigma * b.contrast
        for s_step in (1.0, 2.0):
            e, g = look(y)
            box = 2 * (scale[0, 0] if bound == "first" else scale)
            new = (y - s_step * size * g).detach().clamp(-box, box)
            worse = plain_energy(w, b.x, new, b.t) > e
            y = torch.where(worse[:, None], y, new)
        negative = (recip * y).clamp(-2, 2)
    real = plain_energy(w, b.x, scale * b.y + sigma * b.contrast, b.t)
    fake = plain_energy(w, b.x, scale * negative + sigma * b.contrast, b.t)
    total = (mse + 0.5 * functional.softplus(real - fake)).mean()
    total.backward()
    return total.detach(), {k: v.grad for k, v in w.items()}, negative


def network(recipe: Recipe = SMALL, seed: int = 0) -> Tensors:
    """Random weights, float64."""
    parts = tasks.TASKS[recipe.task].blocks
    found = random_tensors(recipe.size, parts, recipe.width, seed)
    return {name: torch.from_numpy(found[name]).double() for name in NAMES}


def batch(recipe: Recipe = SMALL, step: int = 0) -> batches.Batch:
    """The batch of a step, float64."""
    b = batches.draw(recipe.task, recipe.size, recipe.batch, recipe.seed, step)
    return replace(b, **{k: getattr(b, k).double() for k in ("x", "y", "noise", "contrast")})


def ours(w: Tensors, b: batches.Batch, strategy: str | Callable, bound: str = "first") -> Loss:
    make = STRATEGIES[strategy] if isinstance(strategy, str) else strategy
    return loss(w, Levels.of(cosine(), b.x), b, make, bound)


def reference_batch(dtype: torch.dtype) -> batches.Batch:
    """The batch whose loss the official code computed; it saw float32 problems."""
    r = reference()
    x, y, noise, contrast = (
        torch.from_numpy(r[f"loss_{k}"]).float().to(dtype)
        for k in ("x", "y", "noise", "noise_contrastive")
    )
    return batches.Batch(x, y, torch.from_numpy(r["loss_t"]), noise, contrast, torch.Generator())


def test_the_official_loss_and_gradient_in_float32() -> None:
    r, b = reference(), reference_batch(torch.float32)
    found = ours(bundled("inverse").weights, b, "official")
    for part, name in ((found.total, "total"), (found.mse, "mse"),
                       (found.contrastive, "contrastive")):  # fmt: skip
        assert float(part) == pytest.approx(float(r[f"loss_{name}"]), rel=1e-5)
    norms = dict(zip(map(str, r["loss_grad_names"]), r["loss_grad_norms"], strict=True))
    assert set(norms) == set(NAMES) == set(found.gradients)
    whole = np.linalg.norm(list(norms.values()))
    for name, norm in norms.items():
        g = found.gradients[name].flatten()
        # The gradient of fc4.bias is a sum that cancels: there the official float32 numbers are
        # themselves 3.4e-5 from the float64 ones (the test below).
        assert float(g.norm()) == pytest.approx(norm, rel=5e-5 if name == "fc4.bias" else 1e-5)
        expected = r["loss_grad__" + name.replace(".", "__")]
        assert np.abs(g[:50].numpy() - expected).max() <= 2e-5 * norm
        assert np.linalg.norm(g[:50].numpy() - expected) <= 1e-5 * whole


def test_the_official_batch_in_float64_against_automatic_differentiation() -> None:
    r, b = reference(), reference_batch(torch.float64)
    w = {k: v.double() for k, v in bundled("inverse").weights.items()}
    found, (total, gradients, _) = ours(w, b, "official"), plain_loss(w, b)
    assert float(found.total) == pytest.approx(float(total), rel=1e-12)
    for name in NAMES:
        error = (found.gradients[name] - gradients[name]).norm() / gradients[name].norm()
        assert float(error) <= 1e-11
    official_bias = float(r["loss_grad_norms"][list(r["loss_grad_names"]).index("fc4.bias")])
    assert 1e-5 < abs(float(gradients["fc4.bias"].norm()) / official_bias - 1) < 5e-5


@pytest.mark.parametrize("bound", ["first", "own"])
@pytest.mark.parametrize("task", tasks.TASKS)
def test_small_networks_of_every_task_against_automatic_differentiation(
    task: str, bound: str
) -> None:
    recipe = replace(SMALL, task=task)
    w, b = network(recipe), batch(recipe)
    found, (total, gradients, negative) = ours(w, b, "official", bound), plain_loss(w, b, bound)
    with torch.no_grad():
        land = Landscape(Network(w, Tables(w).values), Levels.of(cosine(), b.x), b, bound)
        torch.testing.assert_close(official.make(land), negative, rtol=1e-10, atol=1e-10)
    assert float(found.total) == pytest.approx(float(total), rel=1e-10)
    for name in NAMES:
        torch.testing.assert_close(found.gradients[name], gradients[name], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", ["random", "hard", "adversarial"])
def test_other_negatives_enter_the_same_loss(name: str) -> None:
    w, b = network(), batch()
    made: list[torch.Tensor] = []

    def remember(land: Landscape) -> torch.Tensor:
        made.append(STRATEGIES[name](land))
        return made[0]

    found = ours(w, b, remember)
    total, gradients, _ = plain_loss(w, b, negative=made[0])
    assert float(found.total) == pytest.approx(float(total), rel=1e-12)
    for k in NAMES:
        torch.testing.assert_close(found.gradients[k], gradients[k], rtol=1e-9, atol=1e-12)
    assert made[0].abs().max() <= 2
    assert not torch.allclose(made[0], plain_loss(w, b)[2])


def test_a_recipe_knows_every_way_of_making_negatives() -> None:
    assert tuple(STRATEGIES) == NEGATIVES


def test_no_negatives_is_denoising_alone() -> None:
    w, b = network(), batch()
    found = ours(w, b, "none")
    assert float(found.total) == float(found.mse) > 0
    assert float(found.contrastive) == float(found.fake) == 0
    points = ours(w, b, "official")
    assert float(points.mse) == pytest.approx(float(found.mse), rel=1e-12)
    assert not torch.allclose(points.gradients["fc2.weight"], found.gradients["fc2.weight"])


def test_random_negatives_have_noise_of_their_own_and_take_no_step() -> None:
    w, b = network(), batch()
    with torch.no_grad():
        land = Landscape(Network(w, Tables(w).values), Levels.of(cosine(), b.x), b, "first")
        state = b.generator.get_state()
        found = STRATEGIES["random"](land)
    b.generator.set_state(state)
    noise = torch.empty_like(b.y).normal_(generator=b.generator)
    expected = (b.y + 3 * land.sigma / land.scale * noise).clamp(-2, 2)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)


def test_adversarial_negatives_are_the_candidates_of_lowest_energy() -> None:
    w, b = network(), batch()
    with torch.no_grad():
        land = Landscape(Network(w, Tables(w).values), Levels.of(cosine(), b.x), b, "first")
        energy = lambda y: land.energy(land.noised(y, b.contrast))  # noqa: E731
        state = b.generator.get_state()
        found = STRATEGIES["adversarial"](land)
        b.generator.set_state(state)
        candidates = [official.make(land)]
        for _ in range(3):
            noise = torch.empty_like(b.y).normal_(generator=b.generator)
            candidates.append(land.answers(land.descend(land.noised(b.y, noise, 3.0), 2)))
        energies = torch.stack([energy(c) for c in candidates])
        chosen = torch.stack(candidates)[energies.argmin(0), torch.arange(len(b.y))]
    torch.testing.assert_close(found, chosen)
    assert bool((energies.argmin(0) > 0).any())


def test_descents_never_raise_the_energy_of_points_in_the_box() -> None:
    w, b = network(), batch()
    with torch.no_grad():
        land = Landscape(Network(w, Tables(w).values), Levels.of(cosine(), b.x), b, "own")
        start = land.noised(b.y, b.contrast).clamp(-land.box, land.box)
        last = land.energy(start)
        for steps in (1, 2, 5):
            now = land.energy(land.descend(start, steps))
            assert bool((now <= last + 1e-12).all())
            last = now
        assert bool((last < land.energy(start)).any())


def test_the_average_is_that_of_ema_pytorch() -> None:
    generator = torch.Generator().manual_seed(0)
    history = torch.randn(400, 3, generator=generator, dtype=torch.float64).cumsum(0)
    average, twin = history[0].clone(), history[0].clone()
    initted = False
    for calls, weights in enumerate(history, start=1):
        ema.update(average, weights, calls, 0.995, 10)
        s = calls - 1  # from here on, the source's update() in its own order
        if s % 10 == 0:
            if s <= 100:
                twin.copy_(weights)
            else:
                if not initted:
                    twin.copy_(weights)
                    initted = True
                epoch = max(calls - 100 - 1, 0)
                decay = min(max(1 - (1 + epoch) ** (-2 / 3), 0.0), 0.995) if epoch > 0 else 0.0
                twin.sub_((twin - weights) * (1 - decay))
        torch.testing.assert_close(average, twin, rtol=1e-13, atol=1e-13)
    assert ema.decay_at(100 + 2830, 0.995, 10) == 0.995
    assert ema.decay_at(100 + 2820, 0.995, 10) < 0.995


@pytest.mark.parametrize("task", tasks.TASKS)
def test_batches_are_functions_of_seed_and_step_with_the_distribution_of_the_task(
    task: str,
) -> None:
    one, again = batches.draw(task, 4, 2000, 3, 7), batches.draw(task, 4, 2000, 3, 7)
    for name in ("x", "y", "t", "noise", "contrast"):
        assert torch.equal(getattr(one, name), getattr(again, name))
    for other in (batches.draw(task, 4, 2000, 3, 8), batches.draw(task, 4, 2000, 4, 7)):
        assert not torch.equal(one.x, other.x)
    assert not torch.equal(one.noise, one.contrast)
    assert np.bincount(one.t, minlength=10) == pytest.approx(200, abs=60)
    x, y = one.x.double().numpy(), one.y.double().numpy()
    known = tasks.problems(task, 2000, 0, size=4)
    for ours_, theirs in ((x, known.x), (y, known.y)):
        for power in (1, 2):
            a, b = ours_**power, theirs**power
            error = np.sqrt(a.var(0) / len(a) + b.var(0) / len(b)) + 1e-12
            assert (np.abs(a.mean(0) - b.mean(0)) < 5.5 * error).all()
    if task == "inverse":
        products = x.reshape(-1, 4, 4) @ y.reshape(-1, 4, 4)
        np.testing.assert_allclose(products, np.eye(4)[None].repeat(2000, 0), atol=1e-4)
        assert np.linalg.eigvalsh(x.reshape(-1, 4, 4)).min() > 0.4999
    elif task == "addition":
        np.testing.assert_allclose(x[:, :16] + x[:, 16:], y, atol=1e-6)
    else:
        assert ((x == y) | (x == 0)).all()
        assert (x == 0).mean() == pytest.approx(0.5, abs=0.02)


def test_a_step_is_adam_on_the_clipped_gradient() -> None:
    training = Training(replace(SMALL, warm_up=0.5, rate=1e-2))
    w = {k: v.detach().clone().requires_grad_() for k, v in training.views.items()}
    adam = torch.optim.Adam(list(w.values()), lr=1.0, betas=(0.9, 0.99))
    for step in range(5):
        b = batches.draw("inverse", 3, 16, 0, step)
        _, gradients, _ = plain_loss(w, b)
        for name, tensor in w.items():
            tensor.grad = gradients[name]
        torch.nn.utils.clip_grad_norm_(w.values(), 1.0)
        adam.param_groups[0]["lr"] = 1e-2 * (step + 1) / 20
        adam.step()
        training.advance()
    moved = (training.weights - training.recipe.shape.vector(Training(SMALL).views)).norm()
    apart = (training.weights - training.recipe.shape.vector(w).detach()).norm()
    assert float(apart) <= 1e-3 * float(moved)
    entry = training.entry()
    assert entry["rate"] == pytest.approx(1e-2 * 5 / 20)
    assert entry["loss"] == pytest.approx(entry["mse"] + entry["contrastive"] / 2, rel=1e-5)


def test_an_update_that_is_not_finite_is_left_out_and_too_many_are_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    training = Training(SMALL)
    training.advance()
    before = {n: t.clone() for n, t in training.tensors.items() if n != "skipped"}
    real = trainer.loss

    def broken(*arguments: object) -> Loss:
        found = real(*arguments)
        return replace(found, gradients={k: g * torch.nan for k, g in found.gradients.items()})

    monkeypatch.setattr(trainer, "loss", broken)
    training.advance()
    for name, tensor in before.items():
        assert torch.equal(training.tensors[name], tensor), name
    assert training.entry()["skipped"] == 1
    for _ in range(MOST_SKIPPED):
        training.advance()
    with pytest.raises(Refusal, match=f"{MOST_SKIPPED + 1} of 22 updates could not be made"):
        training.entry()


def test_the_step_is_one_graph_for_a_compiler() -> None:
    whole = torch.compile(parts, fullgraph=True, dynamic=False, backend="eager")
    ours_, plain = Training(SMALL, compiled=whole), Training(SMALL)
    for _ in range(3):
        ours_.advance()
        plain.advance()
    assert torch.equal(ours_.weights, plain.weights)


def test_training_learns() -> None:
    recipe = replace(SMALL, task="addition", size=2, rate=3e-3, batch=64, width=32, steps=200)
    training = Training(recipe)
    training.advance()
    first = training.entry()
    for _ in range(180):
        training.advance()
    training.entry()
    for _ in range(19):
        training.advance()
    last = training.entry()
    assert last["mse"] < 0.6 * first["mse"]
    assert last["energy_fake"] - last["energy_real"] > first["energy_fake"] - first["energy_real"]


def test_a_training_goes_on_from_a_snapshot_to_the_bit() -> None:
    whole, first, second = (Training(SMALL) for _ in range(3))
    for _ in range(30):
        whole.advance()
    for _ in range(13):
        first.advance()
    assert restore(second, snapshot(first, {"seconds": 2.5})) == {"seconds": 2.5}
    for _ in range(17):
        second.advance()
    assert second.step == whole.step == 30
    for name, tensor in whole.tensors.items():
        assert torch.equal(tensor, second.tensors[name]), name
    assert not torch.equal(whole.average, whole.weights)


def test_a_snapshot_of_another_training_is_not_taken() -> None:
    content = snapshot(Training(SMALL), {})
    longer = Training(replace(SMALL, steps=80))
    assert restore(longer, content) == {}  # without a schedule, more steps are the same training
    for other in (replace(SMALL, seed=1), replace(SMALL, width=8), replace(SMALL, decay=0.5)):
        assert restore(Training(other), content) is None
    for broken in (content[:-1], b"", b"garbage" * 9, content[:100]):
        assert restore(Training(SMALL), broken) is None


def test_the_official_file_has_the_official_trainers_keys_and_loads() -> None:
    training = Training(SMALL)
    for _ in range(25):
        training.advance()
    content = torch.load(io.BytesIO(formats.official(training)), weights_only=True)
    assert list(content) == ["step", "model", "opt", "ema", "scaler"]
    assert content["step"] == 25
    assert content["scaler"] is None
    assert list(content["model"]) == OFFICIAL["keys"]["model"]
    assert set(content["ema"]) == set(OFFICIAL["keys"]["ema"])
    for name, values in OFFICIAL["buffers"].items():
        np.testing.assert_allclose(content["model"][name], values, rtol=3e-7, atol=1e-12)
        assert torch.equal(content["ema"][f"ema_model.{name}"], content["model"][name])
    assert int(content["ema"]["step"]) == 25
    parameters = [torch.nn.Parameter(content["model"][f"model.ebm.{n}"]) for n in NAMES]
    adam = torch.optim.Adam(parameters, lr=1e-4, betas=(0.9, 0.99))
    adam.load_state_dict(content["opt"])
    assert sorted(content["opt"]["state"][0]) == OFFICIAL["keys"]["opt_state"]
    moments = torch.cat([adam.state[p]["exp_avg"].flatten() for p in parameters])
    assert torch.equal(moments, training.tensors["adam/exp_avg"])
    assert all(float(adam.state[p]["step"]) == 25 for p in parameters)


def test_both_formats_read_back_as_the_same_model(tmp_path: Path) -> None:
    training = Training(SMALL)
    for _ in range(25):
        training.advance()
    own, foreign = tmp_path / "own.safetensors", tmp_path / "official.pt"
    own.write_bytes(checkpoints.to_bytes(formats.model(training, {"title": "small"})))
    foreign.write_bytes(formats.official(training))
    ema_, raw = (checkpoints.load(foreign, weights=k, task="inverse") for k in ("ema", "model"))
    mine = checkpoints.load(own)
    assert mine.digest == ema_.digest != raw.digest
    assert mine.card["steps"] == ema_.card["steps"] == 25
    assert mine.card["weights"] == "ema"
    assert torch.equal(raw.weights["fc1.weight"], training.views["fc1.weight"])


def test_weights_to_begin_with_are_taken() -> None:
    start = {k: v.float() for k, v in network(seed=5).items()}
    training = Training(SMALL, start=start)
    for name, tensor in start.items():
        assert torch.equal(training.views[name], tensor)
        assert torch.equal(training.average_views[name], tensor)
    training.advance()
    assert not torch.equal(training.views["fc1.weight"], start["fc1.weight"])


def test_first_weights_are_those_of_linear_layers() -> None:
    views = Training(replace(SMALL, width=64)).views
    for name, tensor in views.items():
        fan_in = views[name.replace("bias", "weight")].shape[1]
        assert float(tensor.abs().max()) <= fan_in**-0.5
        if name.endswith("weight"):
            assert float(tensor.std()) == pytest.approx((3 * fan_in) ** -0.5, rel=0.1)
    assert Shape(512, 400, 400).count == sum(t.numel() for t in bundled("inverse").weights.values())


def test_errors_stand_beside_the_baselines() -> None:
    training = Training(replace(SMALL, task="completion"))
    measured = Measured.of("completion", 3, "same", 10)
    model = formats.model(training, {})
    whole = measured.errors(model)
    assert whole == pytest.approx(measured.errors(model, rows=4), rel=1e-3)
    made = tasks.problems("completion", 10, 1, 3)
    for b in tasks.baselines("completion", "same", 3):
        assert whole[b.name] == pytest.approx(np.square(b.predict(made.x) - made.y).mean())
    assert whole["answer"] > 0
    assert whole["official_answer"] != whole["answer"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("task", "lowrank"), ("size", 1), ("steps", 0), ("batch", 0), ("rate", float("nan")),
     ("negatives", "evil"), ("bound", "all"), ("decay", 1.5), ("seed", -1)],
)  # fmt: skip
def test_impossible_recipes_are_refused_in_one_line(field: str, value: object) -> None:
    with pytest.raises(Refusal, match=field) as refused:
        replace(SMALL, **{field: value})
    assert "\n" not in str(refused.value)
    assert "expected" in str(refused.value)
