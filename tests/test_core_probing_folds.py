"""Splits by problem: copies, levels and twins on one side, and no index in them."""

import numpy as np
import pytest

from ired_interp_core import tasks
from ired_interp_core.probing.folds import folds, groups, ranks


def problems(count: int = 103) -> np.ndarray:
    return tasks.problems("inverse", count, 0, size=3).x


def test_equal_problems_share_a_word_and_others_do_not():
    x = problems()
    words = groups(np.concatenate([x, x[::-1]]))
    assert len(set(words.tolist())) == len(x)
    np.testing.assert_array_equal(words[: len(x)], words[len(x) :][::-1])
    moved = x.copy()
    moved[:, 4] = np.nextafter(moved[:, 4], np.inf)
    assert not set(groups(moved).tolist()) & set(words.tolist())
    assert groups(np.zeros((1, 2)))[0] == groups(np.array([[0.0, -0.0]]))[0]


def test_folds_know_neither_order_nor_copies_nor_levels():
    words = groups(problems())
    found = folds(words, 7)
    order = np.random.default_rng(1).permutation(len(words))
    np.testing.assert_array_equal(folds(words[order], 7), found[order])
    np.testing.assert_array_equal(folds(np.repeat(words, 10), 7), np.repeat(found, 10))
    some = np.concatenate([words, words[:20]])  # twenty problems twice, under two indices
    np.testing.assert_array_equal(folds(some, 7), np.concatenate([found, found[:20]]))


def test_folds_are_equal_in_size_and_in_every_class():
    words = groups(problems())
    label = (np.arange(103) < 17).astype(int)
    for seed in range(5):
        found = folds(words, seed, 5, label)
        for rows in (label == 0, label == 1, label >= 0):
            counts = np.bincount(found[rows], minlength=5)
            assert np.ptp(counts) <= 1, (seed, counts)


def test_seeds_split_differently_as_often_as_chance():
    words = groups(problems())
    splits = np.stack([folds(words, seed) for seed in range(200)])
    # Two problems share a fold in (n/k − 1)/(n − 1) of the splits: here .19.
    together = np.mean([(splits[:, i] == splits[:, i + 1]).mean() for i in range(60)])
    assert together == pytest.approx((103 / 5 - 1) / 102, abs=0.015)


def test_a_problem_whose_rows_have_several_classes_stays_whole():
    words = np.repeat(groups(problems(10)), 2)
    found = folds(words, 0, 2, np.tile([0, 1], 10))
    np.testing.assert_array_equal(found[::2], found[1::2])


def test_the_order_of_some_problems_is_that_among_all():
    words = groups(problems())
    whole = ranks(words, 3)
    assert sorted(whole.tolist()) == list(range(len(words)))
    some = ranks(words[::3], 3)
    np.testing.assert_array_equal(np.argsort(some), np.argsort(whole[::3]))
