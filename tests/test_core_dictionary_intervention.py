"""The activation changed inside the sampler: by hand, by automatic differentiation, to the bit."""

import numpy as np
import pytest
import torch
from cases import bundled, points, small
from dictionary_cases import loaded, plain_codes, rough, tiny

from ired_interp_core import tasks
from ired_interp_core.activations import LAYERS, activation
from ired_interp_core.dictionaries.intervention import (
    Added,
    Edit,
    Intervened,
    Projected,
    Stacked,
    TakenOff,
)
from ired_interp_core.energy import AdaptedEnergy
from ired_interp_core.errors import Refusal
from ired_interp_core.inference import anneal, start_noise
from ired_interp_core.network import IredEnergy

SITES = ("gradient", "h1", "h2", "h3")


def straight_through(
    model: IredEnergy, site: str, edit: Edit, x: torch.Tensor, y: torch.Tensor, t: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """E and ∇_ỹE of h' = h + (edit(h) − h).detach(), by automatic differentiation."""
    w = {k: v.double() for k, v in model.weights.items()}
    m2, m3 = (
        model.layers(torch.float64, y.device).m2[t],
        model.layers(torch.float64, y.device).m3[t],
    )
    y = y.clone().requires_grad_(True)
    h = torch.cat([x, y], dim=1)
    for layer, name in enumerate(("fc1", "fc2", "fc3"), start=1):
        z = h @ w[f"{name}.weight"].T + w[f"{name}.bias"]
        if layer > 1:
            gain, bias = (m2, m3)[layer - 2]
            z = z * (gain + 1) + bias
        h = z * torch.sigmoid(z)
        if LAYERS[site] == layer - 1:
            h = h + (edit(h) - h).detach()
    energy = (h @ w["fc4.weight"].T + w["fc4.bias"]).square().sum(-1)
    (g,) = torch.autograd.grad(energy.sum(), y)
    return energy.detach(), g


def edits(width: int, rows: int) -> dict[str, Edit]:
    d = loaded(rough(1, d=width, variant="relu", bias=0.3))
    some = torch.arange(rows) % d.features
    vectors = torch.randn(rows, width, generator=torch.Generator().manual_seed(5))
    return {
        "rebuilt": lambda x: d.rebuild(x).to(x),
        "constant": lambda x: d.centre.to(x).expand_as(x),
        "zero": torch.zeros_like,
        "taken off": TakenOff(d, some),
        "turned": TakenOff(d, some, vectors),
        "projected": Projected(d.centre, torch.nn.functional.normalize(vectors), vectors[:, 0] / 9),
        "added": Added(vectors),
    }


@pytest.mark.parametrize("site", ["h1", "h2", "h3"])
@pytest.mark.parametrize(
    "kind", ["rebuilt", "constant", "zero", "taken off", "turned", "projected", "added"]
)
def test_gradient_goes_straight_through_the_edit(site: str, kind: str) -> None:
    model = small()
    x, y, _ = points(model, 6)
    edit = edits(16, 6)[kind]
    for t in (0, 6):
        e, g = Intervened(model, site, edit).official_energy_and_gradient(x, y, t)
        known_e, known_g = straight_through(model, site, edit, x, y, t)
        torch.testing.assert_close(e, known_e, rtol=1e-10, atol=1e-10)
        torch.testing.assert_close(g, known_g, rtol=1e-9, atol=1e-10)
        assert not torch.allclose(e, model.energy(x, y, t))


@pytest.mark.parametrize(
    "kind", ["rebuilt", "constant", "zero", "taken off", "turned", "projected", "added"]
)
def test_an_edited_gradient_leaves_the_energy(kind: str) -> None:
    model = small()
    x, y, _ = points(model, 6)
    edit = edits(9, 6)[kind]
    plain = model.official_energy_and_gradient(x, y, 4)
    e, g = Intervened(model, "gradient", edit).official_energy_and_gradient(x, y, 4)
    assert torch.equal(e, plain[0])
    torch.testing.assert_close(g, edit(plain[1]))
    assert not torch.allclose(g, plain[1])


@pytest.mark.parametrize("site", SITES)
def test_without_an_edit_the_answer_stays_to_the_bit(site: str) -> None:
    model = bundled("inverse")
    x = torch.from_numpy(tasks.problems("inverse", 6, 0).x.astype("f4"))
    start = torch.from_numpy(start_noise(0, np.arange(6), 400).astype("f4"))
    plain = anneal(model, x, start)
    for edit in (None, lambda h: h):
        walk = anneal(Intervened(model, site, edit), x, start)
        assert torch.equal(walk.states, plain.states)
        assert torch.equal(walk.acceptance, plain.acceptance)


@pytest.mark.parametrize("site", SITES)
def test_levels_above_those_learned_stay_as_they_are(site: str) -> None:
    model = small()
    x, y, _ = points(model, 5)
    edited = Intervened(model, site, lambda h: 0 * h, highest=4)
    for t in (0, 4, 5, 9):
        plain = model.official_energy_and_gradient(x, y, t)
        found = edited.official_energy_and_gradient(x, y, t)
        assert torch.equal(found[1], plain[1]) == (t > 4)


@pytest.mark.parametrize("site", SITES)
def test_an_edit_sees_the_activation_that_is_recorded(site: str) -> None:
    model, seen = small(), []
    x, y, _ = points(model, 5, dtype=torch.float32)
    keep = lambda h: seen.append(h.clone()) or h  # noqa: E731
    Intervened(model, site, keep).official_energy_and_gradient(x, y, 3)
    torch.testing.assert_close(seen[0], activation(model, site, x, y, 3), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("variant", ["topk", "relu"])
def test_taking_off_a_feature_removes_what_its_code_put_in(variant: str) -> None:
    d = loaded(rough(variant=variant, bias=0.3))
    x = torch.randn(40, 9, generator=torch.Generator().manual_seed(0))
    features = torch.arange(40) % d.features
    codes = plain_codes(d, x.numpy())
    f = codes[np.arange(40), features.numpy()]
    edit = TakenOff(d, features)
    np.testing.assert_allclose(edit.activations(x), f, atol=1e-5)
    known = x.numpy() - f[:, None] * d.decoder[features].numpy() / d.scale
    np.testing.assert_allclose(edit(x), known, atol=1e-5)
    assert 5 < (f > 0).sum() < 40
    # What is left is rebuilt without the feature: x' − error(x) = decode(codes without i).
    without = d.encode(x).scatter(1, features[:, None], 0.0)
    left = edit(x) - (x - d.rebuild(x))
    torch.testing.assert_close(left, d.decode(without), rtol=1e-4, atol=1e-5)
    # The control takes off the same length along another direction, and leaves as much of x.
    turned = TakenOff(d, features, torch.randn(40, 9, generator=torch.Generator().manual_seed(1)))
    lengths = (turned(x) - x).norm(dim=1)
    np.testing.assert_allclose(lengths, f / d.scale, atol=1e-5)
    left = [(edited - d.centre).norm(dim=1) for edited in (turned(x), edit(x))]
    torch.testing.assert_close(left[0], left[1], rtol=1e-4, atol=1e-5)
    active = torch.from_numpy(f > 0)
    along = torch.nn.functional.cosine_similarity(x - edit(x), x - turned(x))[active]
    assert along.abs().max() < 0.99


def test_a_direction_as_an_atom_of_its_own_is_projected_out_where_it_is_large() -> None:
    x = torch.randn(60, 9, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    v = torch.nn.functional.normalize(torch.randn_like(x), dim=1)
    centre, thresholds = torch.full((9,), 0.2).double(), torch.linspace(0, 1, 60).double()
    edited = Projected(centre, v, thresholds)(x)
    for row, out, direction, least in zip(x, edited, v, thresholds, strict=True):
        size = float((row - centre) @ direction)
        known = row - size * direction if size > least else row
        torch.testing.assert_close(out, known)
        if size > least:
            assert abs(float((out - centre) @ direction)) < 1e-12
    changed = (edited != x).any(1)
    assert 10 < changed.sum() < 50


def test_parts_of_a_batch_are_edited_each_by_its_own() -> None:
    d, x = loaded(rough()), torch.randn(6, 9)
    features, vectors = torch.tensor([1, 4]), torch.randn(2, 9)
    parts = (TakenOff(d, features), Added(vectors), TakenOff(d, features, vectors))
    known = torch.cat([edit(x[2 * i : 2 * i + 2]) for i, edit in enumerate(parts)])
    assert torch.equal(Stacked(parts)(x), known)


@pytest.mark.parametrize("variant", ["topk", "relu"])
def test_rows_of_a_batch_have_edits_of_their_own(variant: str) -> None:
    d = loaded(rough(variant=variant))
    x = torch.randn(7, 9, generator=torch.Generator().manual_seed(1))
    features = torch.tensor([3, 0, 0, 19, 7, 3, 11])
    together = TakenOff(d, features)(x)
    for i in range(7):
        one = features[i : i + 1]
        alone = TakenOff(d, one)(x[i : i + 1])
        torch.testing.assert_close(together[i : i + 1], alone)


def test_a_zero_gradient_leaves_the_sampler_where_noise_and_box_put_it() -> None:
    model = tiny()
    x, start, _ = points(model, 3)
    walk = anneal(Intervened(model, "gradient", torch.zeros_like), x, start)
    torch.testing.assert_close(walk.answer, (start / model.schedule.sqrt_alpha_bar[9]).clamp(-2, 2),
                               rtol=1e-5, atol=1e-5)  # fmt: skip


class Bowl:
    """E = Σ (ỹ − 1)²: an energy without layers."""

    size, n_in = 3, 9

    def energy(self, x: torch.Tensor, y: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return (y - 1).square().sum(-1)


def test_other_energies_have_a_gradient_and_no_hidden_layers() -> None:
    model = AdaptedEnergy(Bowl(), "0", {})
    x, y = torch.zeros(2, 9), torch.zeros(2, 9)
    e, g = Intervened(model, "gradient", Added(torch.ones(2, 9))).official_energy_and_gradient(
        x, y, 2
    )
    torch.testing.assert_close(e, torch.full((2,), 9.0))
    torch.testing.assert_close(g, torch.full((2, 9), -1.0))
    with pytest.raises(Refusal, match=r"no hidden layers.*AdaptedEnergy"):
        Intervened(model, "h2", None)
