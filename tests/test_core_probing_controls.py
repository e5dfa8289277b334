"""Control tasks and description lengths against counting, sums and slow twins."""

import math

import numpy as np
import pytest
import scipy.stats

from ired_interp_core import tasks
from ired_interp_core.probing.codelength import class_bits, gaussian_bits, starts
from ired_interp_core.probing.control_task import cells, control_task, shuffled
from ired_interp_core.probing.folds import folds, groups
from ired_interp_core.probing.ridge import fit


def test_labels_of_the_control_task_recur_on_both_sides_of_a_split():
    for task in tasks.TASKS:
        x = tasks.problems(task, 400, 0, size=20).x
        code = cells(x, 20)
        counts = np.bincount(code, minlength=32)
        assert (counts > 0).sum() > 16, task
        assert counts.max() < 120, task
        label = control_task(code, np.linspace(0, 1, 400)[:, None], 0)[:, 0]
        assert all(np.ptp(label[code == c]) == 0 for c in np.unique(code))
        test = folds(groups(x), 0) == 0
        known = {c: label[~test & (code == c)] for c in np.unique(code[~test])}
        hits = [known[c][0] == v for c, v in zip(code[test], label[test], strict=True)
                if c in known]  # fmt: skip
        assert len(hits) > 0.95 * test.sum()
        assert all(hits), "a table of the code's cells predicts every label on the other side"


def test_cells_are_signs_of_fixed_entries():
    x = np.full((3, 9), -1.0)
    x[1, [1, 5]], x[2, [0, 4, 3]] = 1.0, 1.0  # above the diagonal: 01, 02, 12
    assert cells(x, 3).tolist() == [0, 1 + 4, 0]
    assert cells(np.ones((2, 1)), 1).tolist() == [1, 1]


def test_tables_are_of_the_values_of_the_property_and_of_the_seed():
    rng = np.random.default_rng(0)
    values, code = rng.normal(size=(500, 2)), rng.integers(32, size=500)
    label = control_task(code, values, 4)
    np.testing.assert_array_equal(label, control_task(code, values, 4))
    assert (label != control_task(code, values, 5)).mean() > 0.9
    for column in range(2):
        assert np.isin(label[:, column], values[:, column]).all()
    assert abs(np.corrcoef(label.T)[0, 1]) < 0.6  # a table each


def test_shuffling_gives_everybody_another_problems_values():
    words = groups(tasks.problems("inverse", 50, 0, size=3).x)
    values = np.arange(50.0)[:, None]
    found = shuffled(words, values, 1)
    assert sorted(found[:, 0]) == sorted(values[:, 0])
    assert (found != values).all()
    order = np.random.default_rng(0).permutation(50)
    np.testing.assert_array_equal(shuffled(words[order], values[order], 1), found[order])
    assert (shuffled(words, values, 2) != found).mean() > 0.8
    copies = shuffled(np.repeat(words, 3), np.repeat(values, 3, axis=0), 1)
    np.testing.assert_array_equal(copies, np.repeat(found, 3, axis=0))


def test_blocks_end_at_halvings_of_the_problems():
    assert starts(128) == [1, 2, 4, 8, 16, 32, 64]
    assert starts(1000) == [1, 2, 4, 8, 16, 32, 63, 125, 250, 500]
    assert starts(1) == []


def slow_bits(x: np.ndarray, y: np.ndarray, words: np.ndarray) -> tuple[float, float]:
    """Value by value, with SciPy's density."""
    step, begin = np.ptp(y) / 256, [n for n in starts(len(y)) if n >= 8]
    mine = constant = 0.0
    for i, value in enumerate(y):
        if i < 2:
            mine, constant = mine + 8, constant + 8
            continue
        before = y[:i]
        s = before.std(ddof=1) * math.sqrt(1 + 1 / i)
        plain = -math.log2(scipy.stats.t.pdf(value, i - 1, before.mean(), s) * step)
        constant += plain
        known = [n for n in begin if n <= i]
        if known:
            n = known[-1]
            probe = fit(x[:n], y[:n, None], words[:n])
            guess = probe.predict(x[[i]])[0, 0]
            s = max(math.sqrt(probe.residual[0]), step / math.sqrt(2 * math.pi))
            plain = -math.log2(scipy.stats.t.pdf(value, n - 1, guess, s) * step)
        mine += plain
    return mine, constant


@pytest.mark.parametrize("count", [6, 60, 128])
def test_gaussian_bits_are_those_of_coding_value_by_value(count):
    rng = np.random.default_rng(0)
    x, words = rng.normal(size=(count, 5)), np.arange(count)
    y = np.stack([x[:, 0] + 0.3 * rng.normal(size=count), rng.normal(size=count)], axis=1)
    bits = gaussian_bits(x, y, words)
    for column in range(2):
        mine, constant = slow_bits(x, y[:, column], words)
        assert bits.probe[column] == pytest.approx(mine, rel=1e-9)
        assert bits.constant[column] == pytest.approx(constant, rel=1e-9)
        assert bits.uniform[column] == 8 * count


def test_what_an_input_knows_saves_bits_and_noise_saves_none():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(512, 20))
    y = np.stack([x @ rng.normal(size=20), rng.normal(size=512)], axis=1)
    bits = gaussian_bits(x, y, np.arange(512))
    assert bits.probe[0] < 0.5 * bits.constant[0]
    assert bits.probe[1] > 0.995 * bits.constant[1]
    assert (bits.constant < bits.uniform).all()
    exact = gaussian_bits(x, x[:, :1], np.arange(512))
    assert 0 < exact.probe[0] < 0.1 * exact.constant[0], "no value costs less than nothing"


def base_rate(x, label, words, new):
    """A probe that learned nothing."""
    return np.full(len(new), (label.sum() + 1) / (len(label) + 2))


def test_class_bits_of_the_constant_predictor_and_of_noise():
    label = np.zeros(128, dtype=bool)
    label[np.random.default_rng(0).permutation(128)[:16]] = True
    bits = class_bits(np.zeros((128, 1)), label, np.arange(128), base_rate)
    known = math.log2(129 * math.comb(128, 16))
    assert known == pytest.approx(73.4, abs=0.05)
    assert bits.constant[0] == pytest.approx(known)
    assert bits.uniform[0] == 128
    assert bits.probe[0] > known - 1
    sure = class_bits(
        label[:, None], label, np.arange(128), lambda x, y, w, new: new[:, 0].astype(float)
    )
    assert sure.probe[0] < 0.6 * known
    wrong = class_bits(label[:, None], label, np.arange(128), lambda x, y, w, new: 1.0 - new[:, 0])
    assert np.isfinite(wrong.probe[0])
    one = class_bits(np.zeros((9, 1)), np.ones(9, dtype=bool), np.arange(9), base_rate)
    assert one.probe[0] == one.constant[0] == pytest.approx(math.log2(10))
