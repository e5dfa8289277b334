"""The catalog: generations that never change, readers that cannot get out, named faults."""

import dataclasses
import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import duckdb
import numpy as np
import pytest
import store_cases as cases

import store
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from store import files, generations, layout, shards, sides

ANALYSIS = "problem_properties"


@pytest.fixture
def root(tmp_path):
    cases.fill(tmp_path, cases.question(ANALYSIS))
    store.catalog.collect(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A store that tests only read from."""
    root = tmp_path_factory.mktemp("store")
    cases.fill(root, cases.question(ANALYSIS))
    store.catalog.collect(root)
    with store.open(root, time_limit=1.0) as opened:
        yield opened


def current_file(root):
    return generations.current(root).path


def test_a_generation_never_changes_and_readers_keep_theirs(root):
    asked = cases.question(ANALYSIS)
    with store.open(root) as old:
        before = current_file(root).read_bytes()
        shards.publish(root, asked, 8, cases.answer(asked, 8), cases.PROVENANCE)
        name = store.catalog.collect(root)
        assert name != old.generation
        assert old.questions()[0].rows == 8
        assert layout.generation(root, old.generation).read_bytes() == before
        with store.open(root) as new:
            assert new.generation == name
            assert new.questions()[0].rows == 12


def test_nothing_new_makes_no_new_generation(root):
    assert store.catalog.collect(root) == store.catalog.collect(root)
    assert len(generations.generations(root)) == 1


def test_scalars_copied_from_the_last_generation_equal_fresh_ones(root, tmp_path):
    """Grown, overlapping and replaced shards: the tables are those of a catalog built anew."""
    asked = cases.question(ANALYSIS)
    other = cases.question("hessian_spectrum")
    shards.publish(root, asked, 6, cases.answer(asked, 6, 6), cases.PROVENANCE)
    cases.fill(root, other, 1)
    store.catalog.collect(root)
    tables = [f"{ANALYSIS}__problem", f"{ANALYSIS}__problem_baseline"]
    tables.append("hessian_spectrum__problem_level_place")

    def everything():
        with store.open(root) as opened:
            return [opened.sql(f"SELECT * FROM {t} ORDER BY ALL") for t in tables]

    grown = everything()
    for path in layout.catalog(root).iterdir():
        path.unlink()
    store.catalog.collect(root)
    for one, two in zip(grown, everything(), strict=True):
        assert len(one) > 0
        assert one.equals(two)
    assert grown[0]["problem"].tolist() == list(range(12))


def hashed(monkeypatch):
    """Names of the shards whose bytes are read from now on, as a new process would."""
    sides.forget()
    names = []
    real = files.sha256

    def counted(path):
        names.append(path.name)
        return real(path)

    monkeypatch.setattr(sides.files, "sha256", counted)
    return names


def test_collect_reads_only_shards_that_it_has_not_compared(root, monkeypatch):
    asked = cases.question(ANALYSIS)
    shards.publish(root, asked, 8, cases.answer(asked, 8), cases.PROVENANCE)
    names = hashed(monkeypatch)
    store.catalog.collect(root)
    assert [n for n in names if n.endswith(".h5")] == ["000008-000012.h5"]
    names.clear()
    sides.forget()
    store.catalog.collect(root)
    assert [n for n in names if n.endswith(".h5")] == []
    assert store.verify(root).ok
    assert len([n for n in names if n.endswith(".h5")]) == 3


@pytest.mark.parametrize("ending", ["h5", "json"])
def test_a_file_that_changed_is_read_again_whatever_its_time_says(root, monkeypatch, ending):
    asked = cases.question(ANALYSIS)
    path = layout.shard(root, asked.analysis, asked.key, 4, 8).with_suffix(f".{ending}")
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    with path.open("r+b") as file:  # in place: inode and size stay
        file.write(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    sides.forget()
    store.catalog.collect(root)
    with store.open(root) as opened:
        assert opened.questions()[0].rows == 4
        assert path.stem in opened.left_out()[0].path


def test_rows_of_a_level_lie_together(root):
    cases.fill(root, cases.question("hessian_spectrum"), 3)
    store.catalog.collect(root)
    with store.open(root) as opened:
        table = opened.sql(
            "SELECT level, place, problem FROM hessian_spectrum__problem_level_place"
        )
    assert table["problem"].tolist() == list(range(12)) * 40
    assert table["level"].tolist() == np.repeat(np.arange(10), 48).tolist()


def test_old_generations_are_dropped_but_a_few(root):
    asked = cases.question(ANALYSIS)
    for i in range(6):
        shards.record_failure(root, asked, 100 + i, 101 + i, "E", "m", "t")
        name = store.catalog.collect(root)
    left = generations.generations(root)
    assert len(left) == generations.KEEP + 1
    assert name in left


def test_the_file_is_closed_and_opens_in_older_versions(root):
    assert not list(layout.catalog(root).glob("*.wal"))
    with duckdb.connect(str(current_file(root)), read_only=True) as connection:
        tags = connection.execute("SELECT tags FROM duckdb_databases()").fetchall()
    assert any("v1.2.0" in str(t) for t in tags), tags


@pytest.mark.parametrize(
    "query",
    [
        "COPY questions TO '/tmp/out.csv'",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/hostname'",
        "SELECT * FROM glob('/*')",
        "ATTACH '/tmp/other.duckdb'",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CREATE TABLE t (a INT)",
        "INSERT INTO questions SELECT * FROM questions",
        "DROP TABLE questions",
        "PRAGMA database_list",
        "SELECT 1; SELECT 2",
        "",
        "SELECT * FROM no_such_table",
        "SELEKT",
        "SELECT getenv('HOME')",
    ],
)
def test_readers_cannot_get_out(reader, query):
    with pytest.raises(Refusal) as caught:
        reader.sql(query)
    assert "\n" not in str(caught.value)


def test_values_are_bound_never_spelled(reader):
    nasty = "x'; DROP TABLE questions; --"
    assert reader.sql("SELECT ? AS v", [nasty])["v"][0] == nasty
    assert reader.sql("SELECT $v AS v", {"v": nasty})["v"][0] == nasty
    assert len(reader.sql("SELECT * FROM questions WHERE question = ?", [nasty])) == 0
    with pytest.raises(Refusal, match="unknown run"):
        reader.questions(run=nasty)


@pytest.mark.alone
def test_a_slow_query_is_stopped_and_others_go_on(reader):
    start = time.monotonic()
    with pytest.raises(Refusal, match="took too long"):
        reader.sql("SELECT sum(a.range * b.range) FROM range(10000000) a, range(100000) b")
    assert time.monotonic() - start < 5
    assert len(reader.sql("SELECT * FROM questions")) == 1


def test_too_many_rows_are_refused(root):
    with store.open(root) as opened, pytest.raises(Refusal, match=r"too many rows.*LIMIT"):
        opened.sql("SELECT * FROM range(2000000)")
    with store.open(root) as opened:
        assert len(opened.sql("SELECT * FROM range(1000000)")) == 1_000_000
        some = opened.sql("SELECT range FROM range(10000000) WHERE range % 10 = 3")["range"]
        assert some.tolist() == list(range(3, 10_000_000, 10))
        with pytest.raises(Refusal, match="too many rows"):
            opened.sql("SELECT * FROM range(1000001)")


def test_many_threads_share_a_store(root):
    with store.open(root) as opened, ThreadPoolExecutor(8) as pool:

        def ask(i):
            frame = opened.sql(f"SELECT problem, ? AS i FROM {ANALYSIS}__problem ORDER BY 1", [i])
            return frame["problem"].tolist() == list(range(8)) and set(frame["i"]) == {i}

        assert all(pool.map(ask, range(60)))


def test_a_missing_catalog_says_what_makes_one(tmp_path):
    with pytest.raises(Refusal, match=r"no store there.*precompute run"):
        store.open(tmp_path / "nowhere")
    with pytest.raises(Refusal, match="no store there"):
        store.catalog.collect(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(Refusal, match=r"no catalog yet.*precompute collect"):
        store.open(tmp_path)
    store.catalog.collect(tmp_path)
    with store.open(tmp_path) as opened:
        assert opened.questions() == []
        assert opened.runs() == []
        assert opened.models() == {}


@pytest.mark.parametrize("damage", ["gone", "empty", "garbage", "cut", "flip"])
def test_a_damaged_catalog_is_refused_and_collect_mends_it(root, damage):
    path = current_file(root)
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[len(data) // 3] ^= 16
    content = {"empty": b"", "garbage": b"x" * 5000, "cut": data[:-4096]}.get(damage, bytes(data))
    path.unlink() if damage == "gone" else path.write_bytes(content)
    with pytest.raises(Refusal, match="precompute collect"):
        store.open(root)
    report = store.verify(root)
    assert "precompute collect" in report.lines()[0]
    store.catalog.collect(root)
    with store.open(root) as opened:
        assert opened.questions()[0].rows == 8


def forge(root, statements):
    """A catalog that agrees with CURRENT, but was not built by `collect`."""
    name = generations.new_name()
    path = layout.generation(root, name)
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    record = {"generation": name, "sha256": files.sha256(path)[0]}
    layout.current(root).write_bytes(files.seal(record))


@pytest.mark.parametrize(
    "statements",
    [
        [],
        ["CREATE TABLE _build(status VARCHAR, schema_version INTEGER)"],
        ["CREATE TABLE _build AS SELECT 'building' AS status, 1 AS schema_version"],
        ["CREATE TABLE _build AS SELECT 'complete' AS status, 99 AS schema_version"],
    ],
)
def test_half_built_and_foreign_catalogs(root, statements):
    forge(root, statements)
    with pytest.raises(Refusal, match="half built"):
        store.open(root)
    store.catalog.collect(root)
    store.open(root).close()


def test_a_catalog_held_by_another_process(root):
    code = (
        "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print(1, flush=True);"
        " time.sleep(60)"
    )
    path = str(current_file(root))
    with subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE) as holder:
        try:
            holder.stdout.readline()
            with pytest.raises(Refusal, match=r"cannot be opened|differs from its sha256"):
                store.open(root)
        finally:
            holder.kill()


def test_a_row_whose_shard_is_gone_says_so_and_others_work(root):
    asked = cases.question(ANALYSIS)
    layout.shard(root, asked.analysis, asked.key, 0, 4).unlink()
    with store.open(root) as opened:
        with pytest.raises(Refusal, match=r"000000-000004\.h5 is missing.*precompute run"):
            opened.read(ANALYSIS, problems=[1])
        assert opened.read(ANALYSIS, problems=[5]).sizes["problem"] == 1
    lines = store.verify(root).lines()
    assert any("catalog names a shard that is gone" in line for line in lines)


def test_two_collects_at_once(root):
    asked = cases.question(ANALYSIS)
    shards.publish(root, asked, 8, cases.answer(asked, 8), cases.PROVENANCE)
    names = []
    threads = [
        threading.Thread(target=lambda: names.append(store.catalog.collect(root))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 1
    with store.open(root) as opened:
        assert opened.questions()[0].rows == 12
    assert store.verify(root).ok


def test_what_does_not_verify_is_left_out_and_counted(root):
    asked = cases.question(ANALYSIS)
    path = layout.shard(root, asked.analysis, asked.key, 4, 8)
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    store.catalog.collect(root)
    with store.open(root) as opened:
        assert opened.questions()[0].rows_present == ((0, 4),)
        (fault,) = opened.left_out()
        assert "sha256" in fault.what
        assert len(opened.sql(f"SELECT * FROM {ANALYSIS}__problem")) == 4
        with pytest.raises(Refusal, match="expected: 0 … 3"):
            opened.read(ANALYSIS, problems=[4])


def test_answers_of_another_version_stay_and_are_no_fault(root, monkeypatch):
    """The version of an analysis was raised since the store was made."""
    above, asked = cases.question("descent"), cases.question("hessian_spectrum")
    for question in (above, asked):
        cases.fill(root, question, 1)
    listed = [{"key": q.key, "analysis": q.analysis, "count": 4} for q in (above, asked)]
    store.write_run(root, "old", {"questions": listed})
    shards.record_failure(root, above, 4, 8, "ValueError", "of the old version", "")
    before = registry.get("descent").version
    raised = dataclasses.replace(registry.get("descent"), version=before + 1)
    monkeypatch.setitem(registry._ANALYSES, "descent", raised)
    store.catalog.collect(root)
    with store.open(root) as opened:
        (shown,) = opened.questions("hessian_spectrum")
        assert shown.title == f"descent: version {before}"
        assert opened.questions("descent") == []
        assert opened.left_out() == opened.failures() == []
    report = store.verify(root)
    assert report.ok, report.lines()
    assert report.counts["questions of other versions"] == 1
    path = layout.shard(root, above.analysis, above.key, 0, 4)
    path.write_bytes(path.read_bytes()[:-1])
    (fault,) = store.verify(root).problems
    assert str(path) in str(fault)
    assert "rm -r" in fault.mend


def test_answers_about_a_model_that_is_gone_are_named(root):
    asked = cases.question("hessian_spectrum")
    cases.fill(root, asked, 1)
    store.catalog.collect(root)
    assert store.verify(root).ok
    shutil.rmtree(layout.model_card(root, cases.MODEL).parent)
    (fault,) = store.verify(root).problems
    assert cases.MODEL in str(fault)
    assert str(fault).count("next: ") == 1


def test_a_fault_says_the_next_step_once(root):
    layout.current(root).unlink()
    (fault,) = store.verify(root).problems
    assert str(fault).count("next: ") == 1


def test_catalog_files_are_swept_when_a_build_was_killed(root, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    dead = f".ired-interp-catalog~{os.uname().nodename}~999999999~1~00.tmp"
    (tmp_path / dead).mkdir()
    (tmp_path / dead / "made.duckdb").write_bytes(b"half")
    asked = cases.question(ANALYSIS)
    shards.publish(root, asked, 8, cases.answer(asked, 8), cases.PROVENANCE)
    store.catalog.collect(root)
    assert not (tmp_path / dead).exists()


def test_awkward_paths(tmp_path, monkeypatch):
    """Quotes, spaces and a leading dash in the root; relative roots; a strict umask."""
    monkeypatch.chdir(tmp_path)
    before = os.umask(0o077)
    try:
        for root in ('-it\'s a "store"; --', "plain"):
            os.mkdir(root)
            cases.fill(root, cases.question(ANALYSIS), 1)
            store.catalog.collect(root)
            with store.open(root) as opened:
                assert opened.read(ANALYSIS, problems=[2]).sizes["problem"] == 1
            assert store.verify(root).ok
    finally:
        os.umask(before)
