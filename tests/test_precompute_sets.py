"""Answers of scope `set`: one result for a range of problems, planned, computed, kept and read."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from precompute_toys import Bench, in_this_process, wait_until

import store
from precompute.cluster import packing
from precompute.cluster.packing import Rate
from precompute.plan import plan, sweep
from precompute.plan.manifest import read_manifest, write_manifest
from store import unfinished

TAIL = """
    [[analyses]]
    name = "toy_whole"
    WHOLE
    [[analyses]]
    name = "toy_after"
    inputs.whole = { WHOLE }
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def toys(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    with in_this_process(bench, monkeypatch) as here:
        yield here


def _sweep(bench: Bench, count: int = 10, whole: str = "", name: str = "toy") -> Path:
    lines = "\n".join(whole.split(", "))
    more = TAIL.replace("{ WHOLE }", "{ " + whole + " }").replace("WHOLE", lines)
    return bench.sweep(count, name, more=more)


def test_a_set_is_computed_once_and_read_by_those_that_come_after(toys: Bench) -> None:
    path = _sweep(toys)
    said = toys.run(path)
    with store.open(toys.store) as s:
        whole, base = s.read("toy_whole"), s.read("toy_base")
        assert "problem" not in whole.dims
        total = float(base["mean_x"].sum())
        assert float(whole["total"]) == pytest.approx(total, rel=1e-12)
        np.testing.assert_allclose(s.read("toy_after")["share"], base["mean_x"] / total)
        row = s.sql("SELECT total, resumed FROM toy_whole")
        assert row["total"].tolist() == [float(whole["total"])]
        assert row["resumed"].tolist() == [0]
        each = s.sql("SELECT feature, each FROM toy_whole__feature ORDER BY feature")
        assert each["each"].tolist() == whole["each"].values.tolist()
        info = s.questions("toy_whole")[0]
        assert info.parameters["problems"] == 10  # filled in by the sweep, part of the address
        assert info.rows_present == ((0, 1),)
        assert info.rows_asked == 1
        shard = toys.store / "results/toy_whole" / info.key / "000000-000001.h5"
        with xr.open_dataset(shard) as foreign:
            xr.testing.assert_equal(foreign.load(), whole)
    assert "nothing to compute" in toys.run(path), said
    assert not list((toys.store / "unfinished").rglob("*.ckpt"))
    assert "0 failed units" in toys.call("status", "--store", toys.store).stdout
    toys.call("verify", "--store", toys.store)


def test_a_second_generation_copies_what_it_knows_of_a_set(toys: Bench) -> None:
    toys.run(_sweep(toys))
    toys.run(_sweep(toys, 12))  # another range, so another question
    with store.open(toys.store) as s:
        assert len(s.sql("SELECT * FROM toy_whole")) == 2
        counts = s.sql("SELECT count(*) AS n FROM toy_whole__feature GROUP BY question")
        assert sorted(counts["n"]) == [
            10, 12,
        ]  # fmt: skip
        assert len(s.sql("SELECT * FROM toy_base__problem")) == 12


def test_killed_work_goes_on_from_its_checkpoint(toys: Bench) -> None:
    path = _sweep(toys, whole="die_at = 2, steps = 4")
    said = toys.run(path, code=75)
    assert "WorkerDied" in said
    assert list((toys.store / "unfinished").rglob("*.ckpt"))
    toys.run(path, TOY_WELL="1")
    with store.open(toys.store) as s:
        assert int(s.read("toy_whole")["resumed"]) == 2
    assert not list((toys.store / "unfinished").rglob("*.ckpt"))


def test_long_work_says_how_far_it_is(toys: Bench) -> None:
    said = toys.run(_sweep(toys, whole="sleep = 0.01"))
    assert re.search(r"toy_whole \w{8} \[0, 1\): \d+% · step \d", said)


def test_an_interrupted_set_is_taken_up(toys: Bench) -> None:
    path = _sweep(toys, whole="sleep = 0.3, steps = 40")
    process = toys.start("run", path, "--store", toys.store, "--workers", "1")
    wait_until(lambda: list((toys.store / "unfinished").rglob("*.ckpt")), 240)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    toys.run(path, TOY_QUICK="1")
    with store.open(toys.store) as s:
        resumed = int(s.read("toy_whole")["resumed"])
    assert resumed >= 1
    (side,) = toys.store.glob("results/toy_whole/*/000000-000001.json")
    # The second part is quick, so that nearly all of it was spent before the kill.
    assert json.loads(side.read_text())["provenance"]["seconds"] >= 0.3 * resumed


def test_units_stand_in_an_order_in_which_they_can_be_done(toys: Bench) -> None:
    wanted = sweep.read(_sweep(toys))
    units = plan.missing_units(toys.store, plan.questions(wanted, [], "sweep"))
    done: set[tuple[str, int]] = set()
    for unit in units:
        for _, key, start, stop in plan.rows_read(unit).values():
            assert {(key, i) for i in range(start, stop)} <= done
        done |= {(unit.asked.question.key, i) for i in range(unit.start, unit.stop)}
    out = toys.folder / "plan.json"
    write_manifest(out, toys.store, "toy", [], units)
    assert [u.asked.stage for u in read_manifest(out).units] == [u.asked.stage for u in units]


def test_what_a_role_of_another_reads_covers_every_row(toys: Bench) -> None:
    """toy_after asks for 10 problems, of a whole over 6: the base must be there for all 10."""
    path = _sweep(toys, whole="problems = 6")
    path.write_text(
        path.read_text().replace('name = "toy_base"\n', 'name = "toy_base"\nsalt = 1\n')
    )
    toys.run(path)
    with store.open(toys.store) as s:
        assert s.read("toy_after").sizes["problem"] == 10
        assert s.read("toy_whole").sizes["feature"] == 6


def test_elements_of_a_set_wait_for_those_that_it_reads(toys: Bench) -> None:
    wanted = sweep.read(_sweep(toys, 64))
    units = plan.missing_units(toys.store, plan.questions(wanted, [], "sweep"))
    rates = {u.asked.question.key: Rate(60.0, "said here") for u in units}
    elements = packing.pack(units, rates, 1, 10)
    assert sorted(i for e in elements for i in e.units) == list(range(len(units)))
    assert [e.stage for e in elements] == sorted(e.stage for e in elements)
    assert len([e for e in elements if e.stage == 0]) > 5  # not one chain through the set
    for e in elements:
        assert {units[i].asked.stage for i in e.units} == {e.stage}


def test_lists_stand_for_one_question_per_member(toys: Bench) -> None:
    more = """
        [[analyses]]
        name = ["toy_whole", "toy_after"]
    """
    path = toys.sweep(4, more=more)
    path.write_text(
        path.read_text() + '[[analyses]]\nname = "toy_base"\nsalt = [1, 2]\n'
        "sleep = [0.0, 0.001]\n"
        '[[analyses]]\nname = "toy_after"\ninputs.whole = { steps = [1, 2] }\n'
    )
    asked = plan.questions(sweep.read(path), [], "sweep")
    names = [a.question.analysis for a in asked]
    assert names.count("toy_base") == 1 + 4
    assert names.count("toy_whole") == 1 + 2
    assert names.count("toy_after") == 1 + 2


def test_an_entry_can_keep_to_one_task(toys: Bench) -> None:
    path = toys.sweep(4, more='[[analyses]]\nname = "toy_whole"\ntask = "addition"\n')
    more = '[[problems]]\ntask = "addition"\nvariant = "same"\nseed = 0\ncount = 4\n'
    path.write_text(path.read_text() + more)
    asked = plan.questions(sweep.read(path), [], "sweep")
    tasks = [(a.question.analysis, a.problems.task) for a in asked]
    assert ("toy_whole", "addition") in tasks
    assert ("toy_whole", "inverse") not in tasks
    assert ("toy_sum", "inverse") in tasks


def test_a_damaged_checkpoint_is_passed_over(tmp_path: Path) -> None:
    address = (tmp_path, "toy_whole", "0" * 24)
    assert unfinished.load(*address) is None
    for content in (b"one", b"two", b"three"):
        unfinished.save(*address, content)
    kept = sorted((tmp_path / "unfinished").rglob("*.ckpt"))
    assert len(kept) == unfinished.KEPT
    assert unfinished.load(*address) == b"three"
    kept[-1].write_bytes(kept[-1].read_bytes()[:-1] + b"?")
    assert unfinished.load(*address) == b"two"
    kept[0].write_bytes(b"")
    assert unfinished.load(*address) is None
    unfinished.clear(*address)
    assert not list((tmp_path / "unfinished").rglob("*.ckpt"))
