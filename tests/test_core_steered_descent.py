"""A feature scaled or added in the sampler: nothing changes nothing, and the rest as it says."""

from dataclasses import replace
from typing import Any

import dictionary_records as made
import numpy as np
import pytest
import torch
import xarray as xr
from cases import small
from dictionary_cases import loaded, plain_codes, rough
from test_core_live import Waiting

from ired_interp_core import registry, tasks
from ired_interp_core.dictionaries.intervention import Added, Intervened, TakenOff
from ired_interp_core.dictionaries.names import STEERINGS
from ired_interp_core.dictionaries.steered import SITES, edits
from ired_interp_core.energy import Energy
from ired_interp_core.errors import Cancelled, Refusal
from ired_interp_core.inference import anneal
from ired_interp_core.records import Block, ProblemSet

SIZE, D, COUNT = 3, 9, 3
SITE_UNITS = {"gradient": D, "h1": 16, "h2": 16, "h3": 16}
PROBLEMS = ProblemSet("inverse", "same", SIZE, 0)


def run(name: str, block: Block, **parameters: Any) -> xr.Dataset:
    result = made.run(name, block, **parameters)
    return result.assign_attrs(question=made.as_json(made.question(name, parameters)))


def world(site: str = "gradient", model: Energy | None = None, highest: int = 9, **kind) -> Block:
    """Three problems with a dictionary whose inputs are centred and scaled."""
    p, models = tasks.problems("inverse", COUNT, 0, size=SIZE), {"model": model or small(SIZE)}
    block = Block(PROBLEMS, 0, p.x, p.y, models)
    walked = run("descent", block, polish_iterations=0, inner_steps=4, seed=3)
    seen = run("activations", replace(block, upstream={"descent": walked}), site=site,
               highest_level=highest)  # fmt: skip
    atoms = rough(2, d=SITE_UNITS[site], **{"variant": "relu", "bias": 0.3, **kind})
    return replace(block, upstream={"descent": walked, "activations": seen, "dictionary": atoms})


def steered(block: Block, **parameters: Any) -> xr.Dataset:
    return run("steered_descent", block, **parameters)


def busiest(block: Block, level: int) -> int:
    """The feature that is active most at a level."""
    d = loaded(block.upstream["dictionary"])
    values = block.upstream["activations"].activation.values[:, level]
    return int(plain_codes(d, values).sum(0).argmax())


def walk(block: Block, edit=None, site: str = "gradient", levels=range(10)) -> np.ndarray:
    """Answers of all levels [problem, t, d], each problem alone, edited at some levels."""

    class Edited(Intervened):
        def official_energy_and_gradient(self, x, y, t):
            self.edit = edit if t in levels else None
            return super().official_energy_and_gradient(x, y, t)

    x = torch.from_numpy(block.x)
    start = torch.from_numpy(block.upstream["descent"].start.values.reshape(COUNT, D)).double()
    found = anneal(Edited(block.models["model"], site), x, start, inner_steps=4)
    return found.answers.flip(0).movedim(0, 1).numpy()


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(("mode", "strength"), [("scale", 1.0), ("add", 0.0)])
def test_a_strength_that_changes_nothing_is_the_stored_descent(site, mode, strength) -> None:
    block = world(site)
    found, stored = steered(block, mode=mode, strength=strength), block.upstream["descent"]
    assert (found["shift"] == 0).all()
    assert (found.steered_shift == 0).all()
    for way in STEERINGS:
        here = found.sel(steering=way)
        for name in ("answer", "step_energy", "step_mse", "mse_final"):
            assert here[name].values.tobytes() == stored[name].values.tobytes(), (way, name)


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(("mode", "strength"), [("scale", 0.0), ("add", 2.0)])
def test_the_plain_walk_of_a_steered_one_is_the_stored_descent(site, mode, strength) -> None:
    block = world(site)
    found = steered(block, mode=mode, strength=strength, feature=4)
    plain, stored = found.sel(steering="plain"), block.upstream["descent"]
    for name in ("answer", "step_energy", "step_mse", "mse_final"):
        assert plain[name].values.tobytes() == stored[name].values.tobytes(), name
    assert SITES[int(found.site[0])] == site
    assert (found["shift"].sel(steering=list(STEERINGS[1:]), level=0).max("problem") > 0).all()


@pytest.mark.parametrize("site", SITES)
def test_edits_that_add_nothing_change_no_bit(site: str) -> None:
    """Also where they are applied: no jump between a strength of 1 and of nearly 1."""
    model, d = small(SIZE), loaded(rough(2, d=SITE_UNITS[site], variant="relu", bias=0.3))
    p = tasks.problems("inverse", COUNT, 0, size=SIZE)
    x, start = torch.from_numpy(p.x.astype("f4")), torch.randn(COUNT, D)
    index, vectors = torch.full((COUNT,), 4), torch.randn(COUNT, SITE_UNITS[site])
    plain = anneal(model, x, start)
    for edit in (
        TakenOff(d, index, share=0.0),
        TakenOff(d, index, vectors, 0.0),
        Added(0 * vectors),
    ):
        assert torch.equal(anneal(Intervened(model, site, edit), x, start).states, plain.states)


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("strength", [0.0, -0.5, 2.0])
def test_scaling_is_what_codes_by_hand_say(site: str, strength: float) -> None:
    block = world(site)
    d, i = loaded(block.upstream["dictionary"]), busiest(block, 2)

    def edit(h: torch.Tensor) -> torch.Tensor:
        f = torch.from_numpy(plain_codes(d, h.numpy())[:, i])
        return h + (strength - 1) * f[:, None] * d.decoder[i].double() / d.scale

    found = steered(block, mode="scale", strength=strength, feature=i, level=2)
    known = walk(block, edit, site, levels=[2])
    seen = found.answer.sel(steering="steered").values.reshape(COUNT, 10, D)
    np.testing.assert_allclose(seen[:, 3:], known[:, 3:], atol=2e-3)
    np.testing.assert_allclose(seen[:, 2], known[:, 2], atol=2e-3)
    assert (found["shift"].sel(level=slice(3, 9)) == 0).all()
    assert float(found["shift"].sel(steering="steered", level=2).max()) > 5e-3


@pytest.mark.parametrize("site", SITES)
def test_adding_is_so_much_of_the_atom_at_every_look(site: str) -> None:
    block = world(site)
    d = loaded(block.upstream["dictionary"])
    added = 1.5 / d.scale * d.decoder[4].double()
    found = steered(block, mode="add", strength=1.5, feature=4, level=1)
    seen = found.answer.sel(steering="steered").values.reshape(COUNT, 10, D)
    known = walk(block, lambda h: h + added, site, levels=[1])
    np.testing.assert_allclose(seen[:, 1], known[:, 1], atol=2e-3)
    assert float(found["shift"].sel(steering="steered", level=1).min()) > 5e-3


@pytest.mark.parametrize("strength", [3.0, -0.7, 250.0])
def test_the_unit_of_the_strength_is_what_the_raw_activation_moves_by(strength: float) -> None:
    block = world(scale=0.37, centre=0.8)
    d = loaded(block.upstream["dictionary"])
    found = steered(block, mode="add", strength=strength, feature=5)
    x = torch.randn(2, D, dtype=torch.float64) + 0.8
    asked = {"mode": "add", "strength": strength, "feature": 5, "seed": 0}
    for edit in edits(d, asked, np.arange(2))[1:]:
        moved = (edit(x) - x).norm(dim=1).numpy()
        wanted = abs(strength) * float(found.strength_unit[0])
        np.testing.assert_allclose(moved, wanted, rtol=1e-6)
    # In the frame in which the dictionary sees its inputs that is the strength itself.
    seen = d.scale * ((edits(d, asked, np.arange(2))[1](x) - d.centre) - (x - d.centre))
    np.testing.assert_allclose(seen.norm(dim=1), abs(strength), rtol=1e-6)
    assert float(found.strength_unit[0]) == pytest.approx(1 / 0.37)


def test_controls_take_off_as_much_and_are_drawn_for_each_problem() -> None:
    d = loaded(rough(2, variant="relu", bias=0.3))
    asked = {"mode": "scale", "strength": -0.5, "feature": 5, "seed": 0}
    x = torch.randn(40, D, generator=torch.Generator().manual_seed(0))
    plain, steer, *controls = edits(d, asked, np.arange(40))
    assert plain is None
    assert len(controls) == 3
    f = plain_codes(d, x.numpy())[:, 5]
    assert 3 < (f > 0).sum() < 40
    np.testing.assert_allclose((steer(x) - x).norm(dim=1), 1.5 * f / d.scale, atol=1e-5)
    sides = [control(x) - x for control in controls]
    for side in sides:
        np.testing.assert_allclose(side.norm(dim=1), 1.5 * f / d.scale, atol=1e-5)
    active = torch.from_numpy(f > 0)
    pairs = [
        (sides[0], sides[1]),
        (sides[0], sides[2]),
        (sides[1], sides[2]),
        (sides[0], steer(x) - x),
    ]
    for one, other in pairs:
        assert (torch.nn.functional.cosine_similarity(one, other)[active] < 0.999).all()
    again = edits(d, asked, np.array([7]))[2](x[7:8])
    torch.testing.assert_close(again, controls[0](x)[7:8])
    other = edits(d, {**asked, "seed": 1}, np.arange(40))[2](x)
    assert not torch.allclose(other, controls[0](x))


def test_activity_is_that_of_the_visited_points() -> None:
    block = world(highest=6)
    d = loaded(block.upstream["dictionary"])
    values = block.upstream["activations"].activation.values
    for level, rows in ((-1, slice(0, 7)), (2, slice(2, 3))):
        found = steered(block, feature=4, level=level)
        f = plain_codes(d, values[:, rows])[:, 4].reshape(COUNT, -1)
        np.testing.assert_allclose(found.active_share, (f > 0).mean(1))
        np.testing.assert_allclose(found.largest_activation, f.max(1), rtol=1e-4, atol=1e-5)
    # Above the levels that the dictionary knows nothing is steered.
    assert (steered(block, feature=4)["shift"].sel(level=slice(7, 9)) == 0).all()


def test_distances_and_errors_are_those_of_the_answers() -> None:
    block = world()
    found = steered(block, mode="add", strength=2.0, feature=4)
    answers = found.answer.values.astype("f8").reshape(COUNT, 5, 10, D)
    np.testing.assert_allclose(
        found["shift"], np.linalg.norm(answers - answers[:, :1], axis=-1), rtol=1e-12
    )
    error = ((answers[:, :, 0] - block.y[:, None]) ** 2).mean(-1)
    np.testing.assert_allclose(found.mse_final, error, rtol=1e-6)
    np.testing.assert_allclose(found.step_mse[:, :, 0, -1], error, rtol=1e-5)
    final = found["shift"].sel(level=0)
    np.testing.assert_array_equal(found.steered_shift, final.sel(steering="steered"))
    np.testing.assert_array_equal(
        found.control_shift, final.sel(steering=list(STEERINGS[2:])).max("steering")
    )


def test_what_is_left_midway_leaves_the_model_as_it_was() -> None:
    block = world("h2")
    stored = block.upstream["descent"]
    whole = steered(block, strength=-3.0, feature=4)
    for leave_at in (3, 70, 130):
        with pytest.raises(Cancelled):
            steered(replace(block, desk=Waiting(leave_at)), strength=-3.0, feature=4)
        plain = run("descent", block, polish_iterations=0, inner_steps=4, seed=3)
        for name in ("trajectory", "answer", "step_energy", "step_accepted"):
            assert plain[name].values.tobytes() == stored[name].values.tobytes()
    xr.testing.assert_identical(steered(block, strength=-3.0, feature=4), whole)


@pytest.mark.parametrize("variant", ["topk", "relu"])
def test_a_problem_alone_is_steered_as_in_its_block(variant: str) -> None:
    block = world(variant=variant)
    whole = steered(block, feature=4)
    for i in range(COUNT):
        rows = slice(i, i + 1)
        alone = Block(PROBLEMS, i, block.x[rows], block.y[rows], block.models, {
            role: a if role == "dictionary" else a.isel(problem=rows)
            for role, a in block.upstream.items()
        })  # fmt: skip
        xr.testing.assert_equal(
            steered(alone, feature=4).drop_vars("problem"),
            whole.isel(problem=rows).drop_vars("problem"),
        )


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"feature": 20}, "no such feature.*came: 20.*0 … 19"),
        ({"level": 7}, "does not know this level.*came: 7.*0 … 6"),
    ],
)
def test_what_the_dictionary_does_not_know_is_refused(parameters, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        steered(world(highest=6), **parameters)


def test_a_dictionary_of_other_activations_is_refused() -> None:
    block = world("h1")
    block.upstream["dictionary"] = rough(2, d=D)
    with pytest.raises(Refusal, match=r"other activations.*9 units.*16 units, site h1"):
        steered(block)


def test_a_longer_walk_and_a_larger_dictionary_cost_more() -> None:
    from test_core_live import PAPER

    spec = registry.get("steered_descent")
    p = {n: v.default for n, v in spec.parameters.items()}
    assert spec.live.seconds(p | {"mode": "add"}, PAPER) < spec.live.seconds(p, PAPER) < 60
