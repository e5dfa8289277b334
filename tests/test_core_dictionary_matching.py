"""Whether two dictionaries hold the same atoms, beside what random ones seem to share."""

from itertools import permutations

import numpy as np
import pytest
import xarray as xr
from answers import Kept
from dictionary_records import Held, activations, asked, dictionary, question, run

from ired_interp_core.dictionaries.matching import cosines, mmcs, pw_mcc, random_null
from ired_interp_core.errors import Refusal
from ired_interp_core.records import Gathered, ProblemSet


def unit(m: int, d: int, seed: int = 0) -> np.ndarray:
    w = np.random.default_rng(seed).normal(size=(m, d))
    return (w / np.linalg.norm(w, axis=1, keepdims=True)).astype("f4")


def match(one: xr.Dataset, other: xr.Dataset, **parameters) -> xr.Dataset:
    d = one.sizes["unit"]
    x = np.random.default_rng(9).normal(size=(6, 10, 2, d))
    given = Gathered(
        ProblemSet("inverse", "same", 3, 0),
        6,
        upstream={
            "one": Kept(question("dictionary"), one),
            "other": Kept(question("dictionary"), other),
            "activations": Kept(question("activations"), activations(x)),
        },
    )
    return run("dictionary_match", given, **parameters)


def test_the_same_atoms_in_another_order_and_with_other_signs() -> None:
    w, order = unit(12, 7), np.random.default_rng(3).permutation(12)
    signs = np.where(np.arange(12) % 3 == 0, -1, 1)[:, None]
    same = match(dictionary(w), dictionary(w))
    for name in ("pw_mcc", "mmcs", "mmcs_back", "matched_share"):
        assert float(same[name]) == pytest.approx(1, abs=1e-6)
    other = match(dictionary(w), dictionary((signs * w)[order]))
    assert float(other.pw_mcc) == pytest.approx(1, abs=1e-6)
    assert float(other.mmcs) < 0.95
    np.testing.assert_array_equal(order[other.match], np.arange(12))
    np.testing.assert_allclose(other.match_cosine, signs[:, 0], atol=1e-6)
    assert float(other.alive_pw_mcc) == pytest.approx(1, abs=1e-6)
    assert float(other.alive_share) == 1


def test_pairing_against_every_permutation() -> None:
    one, other = unit(5, 4, 1).astype(float), unit(7, 4, 2).astype(float)
    cosine = one @ other.T
    best = max(np.abs(cosine[np.arange(5), list(p)]).mean() for p in permutations(range(7), 5))
    assert pw_mcc(cosines(one, other)) == pytest.approx(best, abs=1e-6)
    assert mmcs(cosines(one, other)) == pytest.approx(cosine.max(1).mean(), abs=1e-6)
    r = match(dictionary(one), dictionary(other))
    assert float(r.pw_mcc) == pytest.approx(best, abs=1e-6)
    assert float(r.mmcs_back) == pytest.approx(cosine.max(0).mean(), abs=1e-6)
    np.testing.assert_array_equal(r.nearest, cosine.argmax(1))
    np.testing.assert_allclose(r.nearest_cosine, cosine.max(1), atol=1e-6)
    found = np.abs(cosine[np.arange(5), r.match.values])
    assert float(r.matched_share) == pytest.approx((found >= 0.7).mean())


def test_atoms_without_a_partner() -> None:
    w = unit(6, 5)
    r = match(dictionary(w), dictionary(w[:4]))
    assert sorted(r.match.values[:4]) == [0, 1, 2, 3]
    assert (r.match.values[4:] == -1).all()
    assert np.isnan(r.match_cosine.values[4:]).all()
    assert float(r.pw_mcc) == pytest.approx(1, abs=1e-6)
    assert float(r.matched_share) == pytest.approx(4 / 6)


def test_dead_features_are_left_out_of_the_living() -> None:
    w, v = unit(6, 5), unit(6, 5, 8)
    # The first three agree, the others do not and are never active.
    one = dictionary(w, bias=np.array([0, 0, 0, -1e9, -1e9, -1e9]), variant="relu")
    other = dictionary(np.concatenate([w[:3], v[3:]]), bias=np.array([0.0] * 4 + [-1e9] * 2),
                       variant="relu")  # fmt: skip
    r = match(one, other)
    assert float(r.alive_share) == 0.5
    assert float(r.alive_share_other) == pytest.approx(4 / 6)
    assert float(r.alive_pw_mcc) == pytest.approx(1, abs=1e-6)
    assert float(r.pw_mcc) < 0.95
    dead = dictionary(w, bias=-1e9, variant="relu")
    assert np.isnan(match(dead, dead).alive_pw_mcc)


def test_a_feature_lives_on_the_points_that_its_dictionary_is_of() -> None:
    """Feature i reads entry i; entry 0 is positive before the jumps alone, entry 1 after them."""
    x = np.zeros((3, 2, 4, 3), "f4")
    x[:, :, 0, 0] = x[:, :, 1:, 1] = 1
    after = dictionary(np.eye(3), variant="relu", states="after")
    every = dictionary(np.eye(3), variant="relu")
    rows = activations(x)
    upstream = {
        "one": Held(asked(after), after),
        "other": Held(asked(every), every),
        "activations": Held(asked(rows), rows),
    }
    r = run("dictionary_match", Gathered(ProblemSet("inverse", "same", 2, 0), 3, {}, upstream),
            null_pairs=1)  # fmt: skip
    assert float(r.alive_share) == pytest.approx(1 / 3)
    assert float(r.alive_share_other) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("d", "n", "paired", "nearest"),
    [(400, 400, 0.150, 0.147), (400, 800, 0.161, 0.158), (512, 800, 0.143, 0.141)],
)
def test_random_dictionaries_as_tabulated(d: int, n: int, paired: float, nearest: float) -> None:
    found = random_null(n, n, d, 2, 0)
    np.testing.assert_allclose(found.mean(0), [paired, nearest], atol=0.003)
    assert not np.array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], random_null(n, n, d, 1, 0)[0])


def test_the_null_is_that_of_the_same_sizes() -> None:
    r = match(dictionary(unit(9, 6)), dictionary(unit(5, 6, 1)), null_pairs=4, seed=2)
    known = random_null(9, 5, 6, 4, 2)
    assert float(r.null_pw_mcc) == pytest.approx(known[:, 0].mean())
    assert float(r.null_mmcs_sd) == pytest.approx(known[:, 1].std(ddof=1))


def test_atoms_of_different_length_are_refused() -> None:
    with pytest.raises(Refusal, match="atoms of 5 and of 6 numbers"):
        match(dictionary(unit(4, 5)), dictionary(unit(4, 6)))
