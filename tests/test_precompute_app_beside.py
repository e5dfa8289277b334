"""A run that opens the app on the way: when it does, what it says, and one Ctrl-C ends both."""

import math
import os
import signal
import urllib.error
import urllib.request
from pathlib import Path

import fake_store
import pytest
from ports import free_ports
from precompute_toys import Bench, wait_until

import store
from app.overview import below
from app.shared.page import frame
from precompute.work import trainings
from store import layout, naming, running
from store.running import Running


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
            return True
    except (OSError, urllib.error.URLError):
        return False


def test_the_app_opens_on_the_way_and_one_interrupt_ends_both(tmp_path: Path) -> None:
    bench, (port,) = Bench(tmp_path), free_ports(1)
    # The first blocks are quick to come, and there are minutes of others behind them.
    sweep = bench.sweep(160, base="sleep = 3.0")
    process = bench.start(
        "run", sweep, "--store", bench.store, "--workers", 1, "--app", "--port", port
    )
    try:
        wait_until(lambda: _answers(port), 60)
        (here,) = running.under_way(bench.store)
        assert here.name == "toy"
        assert 0 < here.done < here.total == 320
        assert here.seconds_left
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 75
    assert f"open http://localhost:{port}" in said
    assert "to go on: " in said
    assert not _answers(port)
    assert running.under_way(bench.store) == []
    # Nothing is lost, and where nothing is missing the app opens at once and stays.
    assert "failed" not in bench.run(sweep, TOY_QUICK="1").replace(", 0 failed", "")
    process = bench.start("run", sweep, "--store", bench.store, "--app", "--port", port)
    try:
        wait_until(lambda: _answers(port), 60)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert "nothing to compute" in said
    assert process.returncode == 0
    assert not _answers(port)


def test_a_run_is_under_way_as_long_as_it_is_heard_of(tmp_path: Path) -> None:
    said = Running("demo", 3, 8, 61.0)
    running.tell(tmp_path, said)
    running.tell(tmp_path, Running("other", 0, 8, None))
    assert running.under_way(tmp_path) == [said, Running("other", 0, 8, None)]
    running.forget(tmp_path, "other")
    running.forget(tmp_path, "other")
    assert running.under_way(tmp_path) == [said]
    path = layout.running(tmp_path, "demo")
    os.utime(path, (0, 0))
    assert running.under_way(tmp_path) == []
    assert naming.run_of(path.name) is None


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"name": "../x", "done": 1, "total": 2, "seconds_left": null}',
        '{"name": "a", "done": 3, "total": 2, "seconds_left": null}',
        '{"name": "a", "done": 1, "total": 2, "seconds_left": NaN}',
        '{"name": "a", "done": 1, "total": "x", "seconds_left": 1}', "[1]",
        '{"name": "a", "done": 1e999, "total": 2, "seconds_left": 1}', "[" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_word_of_a_run_counts_for_nothing(tmp_path: Path, text: str) -> None:
    running.tell(tmp_path, Running("a", 1, 2, math.pi))
    layout.running(tmp_path, "a").write_text(text)
    assert running.under_way(tmp_path) == []


def test_the_bar_says_how_far_a_run_is() -> None:
    assert frame.going(Running("a", 1200, 2103, 200.0)) == (
        "computing 1,200 of 2,103 rows · about 4 min left"
    )
    assert frame.going(Running("a", 0, 1, None)) == "computing 0 of 1 row"
    assert frame.going(Running("a", 120, 300, 61.0, "small")) == (
        "training small: step 120 of 300 · about 2 min left"
    )


def test_a_training_says_how_far_it_is_by_its_log(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text('{"steps": 300}')
    assert trainings._step(tmp_path) == 0
    (tmp_path / "log.jsonl").write_text('{"step": 110, "loss": 1}\n{"step": 120}\n{"ste')
    assert (trainings._step(tmp_path), trainings._steps(tmp_path)) == (120, 300)


def test_rows_that_a_run_under_way_brings_are_not_called_missing(tmp_path: Path) -> None:
    fake = fake_store.Fake(tmp_path / "store", count=3)
    fake.ask("problem_properties")
    fake.write_run("small", asked=3)
    fake.write_run("large", asked=9)
    with store.open(fake.root) as opened:
        assert below.lacking(opened, ()) == "large"
        assert below.lacking(opened, {"small"}) == "large"
        assert below.lacking(opened, {"large"}) == ""
