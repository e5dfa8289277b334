"""Whole runs in fresh processes: undisturbed, repeated, grown, killed, interrupted, failing."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from precompute_toys import Bench, alive, children, contents, end, same, wait_until

SLOW = "sleep = 0.08"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "a folder")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a run that nothing happened to: 24 problems, slow blocks."""
    bench = Bench(tmp_path_factory.mktemp("undisturbed"))
    bench.run(bench.sweep(24, base=SLOW, total=SLOW), "--workers", 2)
    return bench.store


def test_a_run_answers_everything_and_a_second_one_computes_nothing(bench: Bench) -> None:
    sweep = bench.sweep(10)
    said = bench.run(sweep, "--workers", 2)
    assert "8 of 8 units done" in said
    answers = contents(bench.store)
    assert sorted(len(v["problem"]) for v in answers.values()) == [10, 10]
    by_name = {key.partition("/")[0]: v for key, v in answers.items()}
    assert (by_name["toy_sum"]["twice"] == 2 * by_name["toy_base"]["mean_x"]).all()

    before = {p: p.stat().st_mtime_ns for p in bench.store.rglob("*") if p.is_file()}
    assert "nothing to compute: 20 answers asked, none missing" in bench.run(sweep)
    assert {p: p.stat().st_mtime_ns for p in bench.store.rglob("*") if p.is_file()} == before

    status = bench.call("status", "--store", bench.store).stdout
    assert "toy: 20 of 20 answers, 0 failed units" in status
    assert "0 problems" in bench.call("verify", "--store", bench.store).stdout


def test_provenance_lies_beside_every_shard(bench: Bench) -> None:
    bench.run(bench.sweep(4))
    (shard,) = bench.store.glob("results/toy_sum/*/000000-000002.h5")
    side = json.loads(shard.with_suffix(".json").read_text())
    found = side["provenance"]
    assert found["threads"] == 1
    assert found["device"] == "cpu"
    assert found["versions"]["numpy"]
    assert found["seconds"] >= 0
    (upstream,) = bench.store.glob("results/toy_base/*/000000-000004.json")
    digest = json.loads(upstream.read_text())["sha256"]
    assert found["inputs"] == {"base": {"000000-000004.h5": digest}}


def test_a_grown_sweep_adds_what_is_missing_and_rewrites_nothing(bench: Bench) -> None:
    bench.run(bench.sweep(6))
    before = {p: p.stat().st_mtime_ns for p in bench.shards()}
    assert "12 of 22 answers there" in bench.run(bench.sweep(11))
    added = set(bench.shards()) - set(before)
    assert {p: p.stat().st_mtime_ns for p in before} == before
    # Blocks of four: the block cut short at 6 is completed by the rows that lacked, not redone.
    assert sorted(p.stem for p in added if p.parent.parent.name == "toy_base") == [
        "000006-000008", "000008-000011"
    ]  # fmt: skip
    assert {p.stem for p in added if p.parent.parent.name == "toy_sum"} == {
        "000006-000008", "000008-000010", "000010-000011"
    }  # fmt: skip
    assert sorted(len(v["problem"]) for v in contents(bench.store).values()) == [11, 11]
    assert "nothing to compute" in bench.run(bench.sweep(6))  # a shrunk one, too


def test_killed_again_and_again_a_run_ends_as_if_undisturbed(
    bench: Bench, undisturbed: Path
) -> None:
    sweep = bench.sweep(24, base=SLOW, total=SLOW)
    seen = []
    for enough in (1, 3, 6, 9):
        process = bench.start("run", sweep, "--store", bench.store, "--workers", 2)
        wait_until(lambda n=enough: len(bench.shards()) >= n, seconds=60)
        workers = children(process.pid)
        end(process, signal.SIGKILL)
        wait_until(lambda w=workers: not any(map(alive, w)))
        contents(bench.store)  # every file under a final name can be read
        seen.append(len(bench.shards()))
    left = 18 - seen[-1]
    assert sum(0 < n < 18 for n in seen) >= 3  # killed in the middle, not after the end
    said = bench.run(sweep)
    assert (f"{left} of {left} unit" if left else "nothing to compute") in said
    same(contents(bench.store), contents(undisturbed))
    assert bench.temporaries() == []


def test_ctrl_c_says_what_is_done_and_how_to_go_on(bench: Bench) -> None:
    sweep = bench.sweep(24, base=SLOW, total=SLOW)
    process = bench.start("run", sweep, "--store", bench.store, "--workers", 2)
    wait_until(lambda: len(bench.shards()) >= 2 or process.poll() is not None)
    workers = children(process.pid)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to parent and workers
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 75
    assert "interrupted" in said
    assert "to go on: python -m precompute run" in said
    assert "Traceback" not in said, said
    wait_until(lambda: not any(map(alive, workers)))
    assert bench.temporaries() == []
    done = len(bench.shards())
    assert 2 <= done < 18
    assert f"{done} of 18 units done" in said
    status = bench.call("status", "--store", bench.store, "toy").stdout
    rows = sum(len(v["problem"]) for v in contents(bench.store).values())
    assert f"toy: {rows} of 48 answers" in status
    assert f"{18 - done} of {18 - done} unit" in bench.run(sweep)


def test_a_failing_unit_is_recorded_and_the_others_go_on(bench: Bench) -> None:
    sweep = bench.sweep(12, base="fail_at = 5")
    said = bench.run(sweep, code=75)
    assert "6 of 9 units done" in said
    assert "1 failed, 2 left" in said  # the two blocks of toy_sum that read the failed one
    assert said.count("ArithmeticError: toy fails here") == 2  # when it happens, and at the end
    (record,) = bench.store.glob("results/toy_base/*/*.failed.json")
    assert record.name == "000004-000008.failed.json"
    failure = json.loads(record.read_text())
    assert "ArithmeticError" in failure["traceback"]
    assert failure["environment"]["device"] == "cpu"
    assert {"versions", "host", "platform", "commit"} <= set(failure["environment"])
    status = bench.call("status", "--store", bench.store).stdout
    assert "1 failed unit" in status
    assert "[4, 8): ArithmeticError" in status

    assert "3 of 3 units done" in bench.run(sweep, TOY_WELL="1")
    assert not list(bench.store.rglob("*.failed.json"))
    assert "0 failed units" in bench.call("status", "--store", bench.store).stdout


def test_a_failure_settled_by_rows_of_another_unit_is_forgotten(bench: Bench) -> None:
    bench.run(bench.sweep(2, base="fail_at = 1"), code=75)
    assert [p.name for p in bench.store.rglob("*.failed.json")] == ["000000-000002.failed.json"]
    bench.run(bench.sweep(4, base="fail_at = 1"), TOY_WELL="1")
    bench.run(bench.sweep(2, base="fail_at = 1"))
    assert not list(bench.store.rglob("*.failed.json"))


def test_a_worker_that_dies_costs_its_unit_and_is_replaced(bench: Bench) -> None:
    sweep = bench.sweep(12, base="die_at = 0")
    said = bench.run(sweep, code=75)
    assert "6 of 9 units done" in said
    assert "WorkerDied: worker process was killed (signal 9)" in said
    (record,) = bench.store.glob("results/toy_base/*/*.failed.json")
    assert json.loads(record.read_text())["error"] == "WorkerDied"
    assert "3 of 3 units done" in bench.run(sweep, TOY_WELL="1")
    assert not list(bench.store.rglob("*.failed.json"))


def test_when_units_keep_failing_the_same_way_the_run_stops_early(bench: Bench) -> None:
    more = "\n".join(
        f'[[analyses]]\nname = "toy_base"\nsalt = {salt}\nfail_at = 0' for salt in range(1, 6)
    )
    said = bench.run(bench.sweep(400, total=SLOW, more=more), code=75)
    assert "units failed the same way (toy_base: ArithmeticError)" in said
    assert 3 <= len(list(bench.store.rglob("*.failed.json"))) <= 4
    assert len(bench.shards()) < 20


def test_two_runs_at_once_both_end_well(bench: Bench, undisturbed: Path) -> None:
    sweep = bench.sweep(24, base=SLOW, total=SLOW)
    both = [bench.start("run", sweep, "--store", bench.store, "--workers", n) for n in (1, 2)]
    for process in both:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said
        assert "Traceback" not in said
    same(contents(bench.store), contents(undisturbed))
    assert bench.temporaries() == []
    assert "0 problems" in bench.call("verify", "--store", bench.store).stdout


def test_the_catalog_fills_while_the_run_goes_on(bench: Bench) -> None:
    sweep = bench.sweep(40, base="sleep = 0.4", total="sleep = 0.4")
    process = bench.start(
        "run", sweep, "--store", bench.store, "--workers", 2, "--collect-every", 1
    )
    try:
        current = bench.store / "catalog" / "CURRENT"
        wait_until(lambda: current.exists() or process.poll() is not None)
        assert process.poll() is None
        assert len(bench.shards()) < 30
    finally:
        end(process)


def test_units_of_a_manifest_one_by_one(bench: Bench, undisturbed: Path) -> None:
    sweep, manifest = bench.sweep(24, base=SLOW, total=SLOW), bench.folder / "-plan.json"
    said = bench.call("plan", sweep, "--store", bench.store, "--out", manifest).stdout
    assert "18 units" in said
    units = json.loads(manifest.read_text())["units"]
    first_sum = next(i for i, u in enumerate(units) if u["rows"] == [0, 2])
    assert bench.shards() == []
    waiting = bench.call("unit", manifest, first_sum, code=75).stdout
    assert "waiting: toy_sum" in waiting
    assert "toy_base" in waiting
    assert "done: toy_base" in bench.call("unit", manifest, 0).stdout
    assert "already: toy_base" in bench.call("unit", manifest, 0).stdout
    assert "done: toy_sum" in bench.call("unit", manifest, first_sum).stdout
    for index in (18, -1):
        refused = bench.call("unit", "--", manifest, index, code=64).stderr
        assert "no such unit" in refused
        assert "0 … 17" in refused
    assert "16 of 16 units done" in bench.run(sweep)
    same(contents(bench.store), contents(undisturbed))


def test_a_store_that_cannot_be_written_is_one_line(bench: Bench, tmp_path: Path) -> None:
    sweep = bench.sweep(4)
    file = tmp_path / "file"
    file.write_text("a file")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    for store in (file, file / "below", Path("/sys/ired-store"), closed / "store"):
        if os.geteuid() == 0 and store.parent == closed:
            continue  # root may write everywhere but where the system itself forbids it
        done = bench.call("run", sweep, "--store", store, code=64)
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert str(store) in done.stderr


def test_a_full_store_stops_the_run_and_a_repeat_goes_on(bench: Bench) -> None:
    sweep = bench.sweep(12)
    limited = ["bash", "-c", 'ulimit -f 4; exec "$@"', "-", *bench.command(
        "run", sweep, "--store", bench.store, "--workers", 1)]  # fmt: skip
    said = bench.begun(limited, code=75)
    assert "stopped: file size limit: cannot write into the store" in said.stdout
    assert said.stderr == ""
    assert bench.shards() == []
    assert bench.temporaries() == []
    assert not list(bench.store.rglob("*.failed.json"))
    assert "9 of 9 units done" in bench.run(sweep)


def test_odd_paths_and_a_bare_environment(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "ä folder; $(x)")
    bench.store = bench.folder / "-store"
    for name in ("HOME", "TMPDIR", "LANG", "LC_ALL"):
        bench.environment.pop(name, None)
    bench.environment |= {"LANG": "C", "PYTHONIOENCODING": "ascii"}
    sweep = bench.sweep(4)
    command = bench.command("run", sweep, "--store", bench.store)
    bench.begun(["bash", "-c", 'umask 077; exec "$@"', "-", *command])
    assert len(bench.shards()) == 3
    assert all(p.stat().st_mode & 0o077 == 0 for p in bench.shards())


def test_a_relative_store_with_a_leading_dash(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.sweep(4).rename(tmp_path / "-sweep.toml")
    done = bench.call("run", "--store", "-store", "--", "-sweep.toml", cwd=tmp_path)
    assert "3 of 3 units done" in done.stdout
    assert (tmp_path / "-store" / "runs" / "toy.json").exists()


def test_a_finished_run_is_repeated_without_torch(bench: Bench) -> None:
    sweep = bench.sweep(4)
    bench.run(sweep)
    done = bench.begun([
        sys.executable, "-X", "importtime", "-m", "precompute", "run", str(sweep), "--store",
        str(bench.store),
    ])  # fmt: skip
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "nothing to compute" in done.stdout
    assert "precompute.work.run" in loaded
    assert "torch" not in loaded
