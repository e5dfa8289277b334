"""Slices along atoms: the energy along those atoms, chosen as the parameters say."""

import dictionary_records as made
import numpy as np
import pytest
import torch
import xarray as xr
from cases import small

from app.shared.drawing.planes import surface
from ired_interp_core import registry, tasks
from ired_interp_core.analyses.landscape_slice import VARIABLES as SLICE
from ired_interp_core.errors import Refusal
from ired_interp_core.landscape.interpolation import evaluate
from ired_interp_core.records import Block, ProblemSet

COUNT, D = 3, 9


def run(name: str, block: Block, **parameters) -> xr.Dataset:
    result = made.run(name, block, **parameters)
    return result.assign_attrs(question=made.as_json(made.question(name, parameters)))


@pytest.fixture(scope="module")
def block() -> Block:
    """Two problems with active features, and one with a single one."""
    p = tasks.problems("inverse", COUNT, seed=0, size=3)
    models = {"model": small(3)}
    block = Block(ProblemSet("inverse", "same", 3, 0), 0, p.x, p.y, models=models)
    upstream = {"descent": run("descent", block, polish_iterations=2)}
    block = Block(block.problems, 0, p.x, p.y, models=models, upstream=upstream)
    values = run("activations", block)
    w = np.random.default_rng(2).normal(size=(7, D))
    w /= np.linalg.norm(w, axis=1, keepdims=True)
    last = values.activation.values[2, 1, -1].copy()
    values.activation.values[2, 1, :] = last
    w[5] = last / np.linalg.norm(last)
    w[[0, 1, 2, 3, 4, 6]] *= -np.sign(w[[0, 1, 2, 3, 4, 6]] @ last)[:, None]
    upstream |= {"activations": values, "dictionary": made.dictionary(w, variant="relu")}
    return Block(block.problems, 0, p.x, p.y, models=models, upstream=upstream)


def atoms(block: Block) -> np.ndarray:
    return block.upstream["dictionary"].decoder.values.astype("f8")


def test_the_surface_is_the_energy_along_the_atoms(block: Block) -> None:
    r = run("atom_slice", block, feature=2, second=4, level=1)
    np.testing.assert_array_equal(r.axis_feature, [[2, 4]] * COUNT)
    model, (u, w) = block.models["model"], atoms(block)[[2, 4]]
    v = w - (u @ w) * u
    v /= np.linalg.norm(v)
    for i in range(COUNT):
        row, truth = r.isel(problem=i), np.linalg.norm(block.y[i])
        centre = block.upstream["descent"].answer.values[i, 1].astype("f8").ravel()
        np.testing.assert_allclose(row.direction.values.reshape(2, D), [u, v], atol=1e-6)
        assert float(row.radius) == pytest.approx(truth)
        assert float(row.orthogonalised) == pytest.approx(abs(u @ w), abs=1e-6)
        for t, a, b in ((0, 0.7, 0.0), (1, -0.4, 0.6), (5, 0.2, -0.9), (9, 1.0, 1.0)):
            y = torch.as_tensor(
                model.schedule.sqrt_alpha_bar[t] * (centre + truth * (a * u + b * v))
            )
            true = float(model.energy(torch.from_numpy(block.x[i : i + 1]), y[None], t))
            node, energy = row.node.values, row.energy[t].values
            seen = evaluate(energy, node, np.array([a]), np.array([b]))[0, 0]
            assert seen == pytest.approx(true, abs=3e-5 * float(row.energy_range[t]))


def test_the_most_active_features_are_taken(block: Block) -> None:
    codes = run("dictionary_codes", block)
    r = run("atom_slice", block, level=1, half_width=0.5)
    for i in range(2):
        largest = np.zeros(7)
        for step in range(codes.sizes["step"]):
            there = codes.code_feature.values[i, 1, step]
            value = codes.code_value.values[i, 1, step][there >= 0]
            np.maximum.at(largest, there[there >= 0], value)
        np.testing.assert_array_equal(r.axis_feature[i], np.argsort(-largest)[:2])
    assert (r.axis_feature[:2] >= 0).all()
    assert (r.nodes[:2] > 0).all()
    # The third problem has but one: no plane, as in landscape_slice.
    assert int(codes.code_count[2, 1, -1]) == 1
    np.testing.assert_array_equal(r.axis_feature[2], [5, -1])
    assert int(r.nodes[2]) == 0
    assert np.isnan(r.energy[2]).all()


def test_a_given_feature_is_not_taken_twice(block: Block) -> None:
    first, second = (int(f) for f in run("atom_slice", block, level=1).axis_feature[0])
    r = run("atom_slice", block, level=1, feature=first)
    np.testing.assert_array_equal(r.axis_feature[0], [first, second])
    r = run("atom_slice", block, level=1, second=first)
    np.testing.assert_array_equal(r.axis_feature[0], [second, first])


def test_the_gradient_spans_an_axis(block: Block) -> None:
    r = run("atom_slice", block, level=2, second=-2, place="truth")
    assert (r.axis_feature[:, 0] >= 0).all()
    model = block.models["model"]
    for i in range(COUNT):
        x, y = (torch.from_numpy(v[i : i + 1]) for v in (block.x, block.y))
        g = model.gradient(x, model.schedule.sqrt_alpha_bar[2] * y, 2)[0].numpy()
        assert int(r.axis_feature[i, 1]) == -2
        u, v = (
            atoms(block)[int(r.axis_feature[i, 0])],
            r.direction.values[i, 1].ravel().astype("f8"),
        )
        rest = g - (g @ u) * u
        assert v @ rest / np.linalg.norm(rest) == pytest.approx(1, abs=1e-6)


def test_it_can_be_drawn_as_a_slice(block: Block) -> None:
    r = run("atom_slice", block, feature=0, second=1)
    for name, declared in SLICE.items():
        assert r[name].dims == declared.dims
    drawn = surface(r.isel(problem=0), 1.0)
    assert np.isfinite(drawn.values).all()


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ({"feature": 7}, "no such feature"),
        ({"second": 7}, "no such feature"),
        ({"feature": 3, "second": 3}, "one feature spans no plane"),
    ],
)
def test_features_that_span_no_plane_are_refused(block: Block, parameters, word: str) -> None:
    with pytest.raises(Refusal, match=word):
        run("atom_slice", block, **parameters)


@pytest.mark.parametrize(("site", "units"), [("h1", D), ("gradient", D + 1)])
def test_atoms_that_are_no_directions_of_the_answer_are_refused(
    block: Block, site: str, units: int
) -> None:
    upstream = dict(block.upstream)
    upstream["activations"] = made.activations(np.zeros((COUNT, 10, 2, units)), site)
    upstream["dictionary"] = made.dictionary(np.eye(units))
    other = Block(block.problems, 0, block.x, block.y, models=block.models, upstream=upstream)
    with pytest.raises(Refusal, match="no directions of the answer"):
        run("atom_slice", other)


def test_rows_do_not_depend_on_their_block(block: Block) -> None:
    whole = run("atom_slice", block, level=1)
    part = {
        name: v.isel(problem=slice(1, 3)) if "problem" in v.dims else v
        for name, v in block.upstream.items()
    }
    rows = Block(block.problems, 1, block.x[1:], block.y[1:], models=block.models, upstream=part)
    xr.testing.assert_equal(
        run("atom_slice", rows, level=1).drop_vars("problem"),
        whole.isel(problem=slice(1, 3)).drop_vars("problem"),
    )


def test_it_is_registered_with_the_roles_of_the_dictionary() -> None:
    roles = registry.get("atom_slice").inputs
    assert roles["activations"].of == "dictionary"
