"""A crash or a failing disk at any moment leaves nothing half there and loses no finished work."""

import errno
import os
import subprocess
import sys
import threading

import fault
import numpy as np
import pytest
import store_cases as cases
import xarray as xr

import store
from ired_interp_core.errors import Refusal
from store import layout, shards

SMALL = dict(cases.SIZES, row=2, col=2)


@pytest.fixture
def asked():
    # Few variables: a file of many takes most of its time in encoding them.
    return cases.question("dictionary_codes")


@pytest.fixture
def given(asked):
    return cases.answer(asked, 0, 4, SMALL)


def refused(work):
    """Do it, and give the line it is refused with, if it is."""
    try:
        work()
    except Refusal as refusal:
        return str(refusal)
    return ""


def holds(root, asked, given):
    address = (root, asked.analysis, asked.key, 0, 4)
    assert fault.readable_shards(root) == [address[1:]]
    read = store.read_shards(*address)
    xr.testing.assert_identical(read.drop_attrs(deep=False), given)


def test_every_failing_operation_of_a_publication(tmp_path, asked, given):
    n, reached = 0, True
    while reached:
        n += 1
        root = tmp_path / str(n)
        root.mkdir()
        with fault.nth(n, fault.full_disk) as counter:
            line = refused(lambda r=root: shards.publish(r, asked, 0, given, cases.PROVENANCE))
        assert ("No space left" in line) == counter.reached
        assert "\n" not in line
        reached = counter.reached
        fault.readable_shards(root)
        shards.publish(root, asked, 0, given, cases.PROVENANCE)
        holds(root, asked, given)
    assert n > 20


def test_every_kill_of_a_publication(tmp_path, asked, given):
    n, killed = 0, True
    while killed:
        n += 1
        root = tmp_path / str(n)
        root.mkdir()
        killed = fault.killed_at(
            n, lambda root=root: shards.publish(root, asked, 0, given, cases.PROVENANCE)
        )
        done = fault.readable_shards(root)
        if n % 2:
            shards.sweep_temporaries(root)
            assert fault.temporaries(root) == []
            assert set(done) <= set(fault.readable_shards(root))
        shards.publish(root, asked, 0, given, cases.PROVENANCE)
        shards.sweep_temporaries(root)
        holds(root, asked, given)
        assert fault.temporaries(root) == []
    assert n > 20


def test_a_kill_between_side_file_and_shard_loses_nothing(tmp_path, asked, given):
    """Whoever comes next gives the waiting shard its name: a publisher, or the sweep."""
    for helper in ("publisher", "sweep"):
        root = tmp_path / helper
        root.mkdir()
        side = layout.side_file(root, asked.analysis, asked.key, 0, 4)
        link = os.link

        def dies_before_the_shard(src, dst, side=side, link=link):
            if side.exists():
                fault.kill()
            link(src, dst)

        child = os.fork()
        if child == 0:
            os.link = dies_before_the_shard
            shards.publish(root, asked, 0, given, {"host": "the first"})
            os._exit(0)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        assert side.exists()
        assert fault.readable_shards(root) == []
        assert not shards.complete(root, asked.analysis, asked.key, 0, 4)
        if helper == "publisher":
            shards.publish(root, asked, 0, given + 1, {"host": "the second"})
        else:
            shards.sweep_temporaries(root)
        holds(root, asked, given)
        assert "the first" in side.read_text()
        assert fault.temporaries(root) == []


def test_an_orphan_side_file_does_not_stop_a_publication(tmp_path, asked, given):
    path = shards.publish(tmp_path, asked, 0, given + 1, cases.PROVENANCE)
    path.unlink()
    shards.publish(tmp_path, asked, 0, given, cases.PROVENANCE)
    holds(tmp_path, asked, given)


def test_killed_writers_in_a_loop(tmp_path):
    """Random moments, several writers in turn on one question, as a cluster would have it."""
    asked = cases.question("dictionary_codes")
    rng = np.random.default_rng(0)

    def work():
        for start in range(0, 40, 4):
            shards.publish(
                tmp_path, asked, start, cases.answer(asked, start, 4, SMALL), cases.PROVENANCE
            )

    for _ in range(12):
        child = os.fork()
        if child == 0:
            work()
            os._exit(0)
        timer = threading.Timer(rng.uniform(0.01, 0.15), os.kill, (child, 9))
        timer.start()
        os.waitpid(child, 0)
        timer.cancel()
        fault.readable_shards(tmp_path)
    work()
    shards.sweep_temporaries(tmp_path)
    assert fault.temporaries(tmp_path) == []
    read = store.read_shards(tmp_path, asked.analysis, asked.key, 0, 40)
    xr.testing.assert_identical(read.drop_attrs(deep=False), cases.answer(asked, 0, 40, SMALL))


def test_publishers_at_the_same_time(tmp_path, asked, given):
    """Different answers to one question: one wins whole, all others come back without complaint."""
    for round_ in range(6):
        root = tmp_path / str(round_)
        root.mkdir()
        children = []
        for i in range(4):
            child = os.fork()
            if child == 0:
                shards.publish(root, asked, 0, given + i, {"host": f"node{i}"})
                os._exit(0)
            children.append(child)
        assert [os.waitpid(c, 0)[1] for c in children] == [0, 0, 0, 0]
        shards.sweep_temporaries(root)
        assert len(fault.readable_shards(root)) == 1
        read = store.read_shards(root, asked.analysis, asked.key, 0, 4).drop_attrs(deep=False)
        assert sum(read.equals(given + i) for i in range(4)) == 1
        assert fault.temporaries(root) == []


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP])
def test_without_hard_links(tmp_path, asked, given, monkeypatch, code):
    def no_links(src, dst):
        raise OSError(code, "no hard links here")

    monkeypatch.setattr(os, "link", no_links)
    shards.publish(tmp_path, asked, 0, given, cases.PROVENANCE)
    shards.publish(tmp_path, asked, 0, given + 1, cases.PROVENANCE)
    holds(tmp_path, asked, given)
    layout.shard(tmp_path, asked.analysis, asked.key, 0, 4).write_bytes(b"rotten")
    shards.publish(tmp_path, asked, 0, given, cases.PROVENANCE)
    holds(tmp_path, asked, given)
    assert fault.temporaries(tmp_path) == []


def test_a_network_file_system_that_links_and_answers_exists(tmp_path, asked, given, monkeypatch):
    link = os.link

    def twice(src, dst):
        link(src, dst)
        link(src, dst)

    monkeypatch.setattr(os, "link", twice)
    shards.publish(tmp_path, asked, 0, given, cases.PROVENANCE)
    holds(tmp_path, asked, given)


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "side flip", "side gone"])
def test_damage_is_noticed_and_mended(tmp_path, asked, given, damage, caplog):
    path = shards.publish(tmp_path, asked, 0, given, cases.PROVENANCE)
    side = layout.side_file(tmp_path, asked.analysis, asked.key, 0, 4)
    target = side if damage.startswith("side") else path
    data = bytearray(target.read_bytes())
    if damage.endswith("flip"):
        data[len(data) // 2] ^= 1
    elif damage == "cut":
        del data[-7:]
    elif damage == "empty":
        data.clear()
    if damage == "side gone":
        side.unlink()
    else:
        target.write_bytes(data)
    address = (tmp_path, asked.analysis, asked.key, 0, 4)
    if shards.complete(*address):  # a flip in the side file's provenance leaves the shard's hash
        pytest.fail("damage went unnoticed")
    assert shards.missing(*address[:3], [(0, 4)]) == [(0, 4)]
    with pytest.raises(Refusal, match="cannot be trusted"):
        store.read_shards(*address)
    assert not store.verify(tmp_path).ok
    shards.publish(tmp_path, asked, 0, given, cases.PROVENANCE)
    holds(tmp_path, asked, given)
    assert "replacing it" in caplog.text or damage == "side gone"


def test_every_byte_flipped_in_a_shard_is_noticed(tmp_path, asked, given):
    path = shards.publish(tmp_path, asked, 0, given, cases.PROVENANCE)
    data = path.read_bytes()
    for at in np.random.default_rng(1).integers(0, len(data), 60):
        flipped = bytearray(data)
        flipped[at] ^= 1 << int(at % 8)
        path.write_bytes(flipped)
        assert not shards.complete(tmp_path, asked.analysis, asked.key, 0, 4)
    path.write_bytes(data)
    assert shards.complete(tmp_path, asked.analysis, asked.key, 0, 4)


def test_every_kill_of_a_collect(tmp_path):
    """The generation in force stays readable; a killed build is never opened."""
    asked = cases.question("problem_properties")
    cases.fill(tmp_path, asked)
    code = "import sys, store; from pathlib import Path; store.catalog.collect(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, tmp_path], check=True)
    shards.publish(tmp_path, asked, 8, cases.answer(asked, 8), cases.PROVENANCE)
    command = [sys.executable, "-m", "tests.fault", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    store.shards.sweep_temporaries(tmp_path)
    assert fault.temporaries(tmp_path) == []
    assert store.verify(tmp_path).ok


def test_every_failing_operation_of_a_collect(tmp_path):
    asked = cases.question("problem_properties")
    cases.fill(tmp_path, asked, 1)
    before = store.catalog.collect(tmp_path)
    shards.publish(tmp_path, asked, 4, cases.answer(asked, 4), cases.PROVENANCE)
    n, reached = 0, True
    while reached:
        n += 1
        with fault.nth(n, fault.full_disk) as counter:
            line = refused(lambda: store.catalog.collect(tmp_path))
        assert "\n" not in line
        reached = counter.reached
        with store.open(tmp_path) as opened:
            # What the disk did not give back is left out, and said, until the next `collect`.
            if not opened.left_out():
                assert opened.questions()[0].rows in (4, 8)
    after = store.catalog.collect(tmp_path)
    assert after != before
    with store.open(tmp_path) as opened:
        assert opened.generation == after
        assert opened.questions()[0].rows == 8


def test_read_only_store(tmp_path, asked, given, monkeypatch):
    def read_only(*args, **kwargs):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "mkdir", read_only)
    with pytest.raises(Refusal, match=r"cannot write into the store.*Read-only"):
        shards.publish(tmp_path, asked, 0, given, cases.PROVENANCE)
