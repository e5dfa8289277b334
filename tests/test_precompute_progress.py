"""How long a run is expected to take, before and while it computes."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ired_interp_core import registry
from ired_interp_core.live import LEAST, Sizes
from precompute.plan import models
from precompute.work import costs
from precompute.work.progress import Tally

SPECTRUM, DESCENT, TRAINING = "hessian_spectrum", "descent", "dictionary"


def unit(analysis: str, start: int, stop: int) -> Any:
    declared = registry.get(analysis).parameters
    question = SimpleNamespace(
        analysis=analysis, parameters={name: one.default for name, one in declared.items()}
    )
    asked = SimpleNamespace(
        question=question, problems=SimpleNamespace(task="inverse", size=20), model="m"
    )
    return cast(Any, SimpleNamespace(asked=asked, start=start, stop=stop))


def test_time_left_is_known_before_the_first_unit_ends_and_follows_what_is_measured() -> None:
    units = [unit(DESCENT, 0, 64), unit(SPECTRUM, 0, 16), unit(SPECTRUM, 16, 32)]
    tally = Tally(units, 2, {DESCENT: 0.1, SPECTRUM: 1.0})
    assert tally.seconds_left() == pytest.approx((64 * 0.1 + 32 * 1.0) / 2)
    assert not tally.unforeseen()
    tally.add(units[0], 64 * 0.3, computed=True)  # three times as long as declared
    assert tally.seconds_left() == pytest.approx(32 * 3.0 / 2)
    tally.add(units[1], 16 * 2.0, computed=True)  # its own time counts from now on
    assert tally.seconds_left() == pytest.approx(16 * 2.0 / 2)


def test_what_declares_no_cost_is_as_slow_as_the_slowest_or_unforeseen() -> None:
    units = [unit(DESCENT, 0, 10), unit(SPECTRUM, 0, 10), unit(TRAINING, 0, 1)]
    assert Tally(units, 1).seconds_left() is None
    tally = Tally(units, 1, {SPECTRUM: 2.0})
    assert tally.seconds_left() == pytest.approx(10 * 2.0 + 10 * 2.0)
    assert tally.unforeseen()  # a training is no block
    tally.add(units[2], 5.0, computed=True)
    assert not tally.unforeseen()


def test_a_block_of_descents_costs_as_many_batches_as_it_fills(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    weights = 10**6
    monkeypatch.setattr(models, "numbers", lambda root, digest: weights)
    declared = registry.get(DESCENT).live
    assert declared is not None
    batch = declared.seconds(unit(DESCENT, 0, 1).asked.question.parameters, Sizes(20, 400, weights))
    for rows, batches in ((1, 1), (32, 1), (33, 2), (64, 2)):
        found = costs.expected(tmp_path, [unit(DESCENT, 0, rows)])
        assert found[DESCENT] * rows == pytest.approx(LEAST + batches * batch)
    two = costs.expected(tmp_path, [unit(DESCENT, 0, 64), unit(DESCENT, 64, 65)])
    assert two[DESCENT] * 65 == pytest.approx(2 * LEAST + 3 * batch)
    assert costs.expected(tmp_path, [unit(TRAINING, 0, 1)]) == {}
