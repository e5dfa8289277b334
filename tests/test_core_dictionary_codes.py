"""Sparse codes of a block: those of the dictionary, the same in any block, and what is left."""

import dictionary_records as made
import numpy as np
import pytest
import xarray as xr

from ired_interp_core import tasks
from ired_interp_core.records import Block, ProblemSet

LEVELS, STEPS, D = 10, 3, 9


def block(values: np.ndarray, atom: xr.Dataset, start: int = 0) -> Block:
    p = tasks.problems("inverse", len(values), seed=0, size=3, start=start)
    upstream = {"dictionary": atom, "activations": made.activations(values)}
    return Block(ProblemSet("inverse", "same", 3, 0), start, p.x, p.y, upstream=upstream)


@pytest.mark.parametrize("variant", ["relu", "topk"])
def test_codes_are_those_of_a_plain_loop(variant: str) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, LEVELS, STEPS, D)).astype("f4")
    w, centre = rng.normal(size=(14, D)), 0.2
    w /= np.linalg.norm(w, axis=1, keepdims=True)
    atom = made.dictionary(w, bias=-0.1, scale=1.7, centre=centre, variant=variant, k=4)
    r = made.run("dictionary_codes", block(values, atom), kept=6)
    w = w.astype("f4").astype("f8")
    for at in np.ndindex(4, LEVELS, STEPS):
        x = values[at].astype("f8")
        z = 1.7 * w @ (x - centre) - 0.1
        active = [i for i in np.argsort(-z) if z[i] > 0]
        active = active[:4] if variant == "topk" else active
        assert int(r.code_count[at]) == len(active)
        shown = active[:6]
        np.testing.assert_array_equal(r.code_feature[at], shown + [-1] * (6 - len(shown)))
        np.testing.assert_allclose(
            r.code_value[at], list(z[shown]) + [0] * (6 - len(shown)), rtol=1e-4, atol=1e-6
        )
        rebuilt = centre + z[active] @ w[active] / 1.7
        error = ((x - rebuilt) ** 2).sum() / ((x - centre) ** 2).sum()
        assert float(r.code_error[at]) == pytest.approx(error, rel=1e-3, abs=1e-5)


def test_a_code_is_the_same_in_any_block_to_the_bit() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(7, LEVELS, STEPS, 300)).astype("f4")
    atom = made.dictionary(rng.normal(size=(500, 300)), k=20)
    whole = made.run("dictionary_codes", block(values, atom))
    part = made.run("dictionary_codes", block(values[4:6], atom, start=4))
    for name in part:
        np.testing.assert_array_equal(part[name], whole[name].isel(problem=slice(4, 6)))


def test_more_may_be_kept_than_there_are_features() -> None:
    values = np.ones((2, LEVELS, STEPS, D))
    r = made.run("dictionary_codes", block(values, made.dictionary(np.eye(D)[:2])), kept=5)
    assert r.sizes["active"] == 5
    assert set(r.code_feature.values[0, 0, 0]) == {0, 1, -1}
    assert (r.code_count == 2).all()
    np.testing.assert_allclose(r.code_error, 7 / 9, rtol=1e-6)


def test_a_point_at_the_centre_has_no_error_to_speak_of() -> None:
    values = np.full((1, LEVELS, STEPS, D), 0.5)
    r = made.run("dictionary_codes", block(values, made.dictionary(np.eye(D), centre=0.5)))
    assert (r.code_count == 0).all()
    assert (r.code_feature == -1).all()
    assert np.isnan(r.code_error).all()
