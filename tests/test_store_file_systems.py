"""A store where links, locks or syncing are missing, and beside things that are no files."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import fault
import pytest
import store_cases as cases
import xarray as xr
from file_systems import make_device, without

import store
from ired_interp_core.errors import Refusal
from precompute.cli import doctor
from precompute.ground import storage
from store import catalog, files, folders, layout, locks, records, regular, shards, submissions

SMALL = dict(cases.SIZES, row=2, col=2)
ASKED = cases.question("problem_properties")
GIVEN = cases.answer(ASKED, 0, 4, SMALL)

LINKS = [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EMLINK, errno.EACCES]
LOCKS = [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL]
SYNCS = [errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EACCES]


def work(root: Path) -> None:
    """Everything that writes: model, shard, a rotten shard mended, records, catalog."""
    store.publish_model(root, cases.MODEL, b"weights", {"task": "inverse"})
    store.publish_problem_set(root, cases.PROBLEMS)
    shards.publish(root, ASKED, 0, GIVEN, cases.PROVENANCE)
    shards.publish(root, ASKED, 0, GIVEN + 1, cases.PROVENANCE)
    layout.shard(root, ASKED.analysis, ASKED.key, 0, 4).write_bytes(b"rotten")
    shards.publish(root, ASKED, 0, GIVEN, cases.PROVENANCE)
    layout.question(root, ASKED.analysis, ASKED.key).write_text("rotten")
    records.publish_question(root, ASKED)
    weights = layout.model_weights(root, cases.MODEL)
    weights.write_bytes(b"rotten")
    store.publish_model(root, cases.MODEL, b"weights", {"task": "inverse"})
    with submissions.alone(root, "submit") as free:
        assert free
    catalog.collect(root)


def holds(root: Path) -> None:
    assert len(fault.readable_shards(root)) == 1
    assert fault.temporaries(root) == []
    with store.open(root) as opened:
        xr.testing.assert_identical(opened.read(ASKED.analysis).drop_attrs(deep=False), GIVEN)
    assert store.verify(root).ok


@pytest.mark.parametrize(
    "lacking",
    [
        *({"link": code} for code in LINKS),
        *({"flock": code, "lockf": code} for code in LOCKS),
        *({"sync_of_folders": code} for code in SYNCS),
        *({"open_of_folders": code} for code in (errno.EACCES, errno.EINVAL)),
        *({"fsync": code} for code in (errno.EINVAL, errno.EOPNOTSUPP)),
        {"link": errno.EPERM, "sync_of_folders": errno.EINVAL},
    ],
    ids=str,
)
def test_a_store_does_without(lacking: dict[str, int], tmp_path: Path) -> None:
    with without(**lacking):
        work(tmp_path)
        holds(tmp_path)
    holds(tmp_path)


def test_with_neither_links_nor_locks_the_line_is_true(tmp_path: Path) -> None:
    lacking = {"link": errno.EPERM, "flock": errno.ENOLCK}
    with without(**lacking), pytest.raises(files.Lacking) as refused:
        shards.publish(tmp_path, ASKED, 0, GIVEN, cases.PROVENANCE)
    assert "neither hard links nor locks" in fault.one_line(refused.value)
    assert "permissions" not in str(refused.value)
    assert storage.foreign(refused.value)
    with without(**lacking):
        found = {f.subject: f for f in doctor.findings(tmp_path)}["store"]
    assert not found.ok
    assert "neither hard links nor locks" in found.note


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP])
def test_what_nothing_can_stand_in_for_is_no_matter_of_room(code: int, tmp_path: Path) -> None:
    with without(replace=code), pytest.raises(Refusal) as refused:
        store.write_run(tmp_path, "run", {"sweep": "", "questions": []})
    assert "doctor" in fault.one_line(refused.value)
    assert storage.foreign(refused.value)


def test_doctor_says_what_is_lacking_and_what_it_costs(tmp_path: Path) -> None:
    with without(link=errno.EPERM, sync_of_folders=errno.EINVAL):
        found = {f.subject: f for f in doctor.findings(tmp_path)}["store"]
    assert found.ok
    assert "no hard links there (slower, still safe)" in found.note
    assert "no syncing of folders there" in found.note


def test_a_folder_that_cannot_be_synced_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(folders, "_said", set())
    with without(sync_of_folders=errno.EINVAL):
        work(tmp_path)
    assert [r.getMessage() for r in caplog.records if "cannot sync" in r.getMessage()] == [
        f"cannot sync · in: {tmp_path} · came: Invalid argument · what is written stands, but a"
        " power cut may take the newest files"
    ]
    with without(sync_of_folders=errno.EIO), pytest.raises(OSError, match="Input/output"):
        folders.sync_folder(tmp_path)


def test_a_catalog_without_locks_is_opened_as_a_copy_that_does_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    cases.fill(tmp_path / "store", ASKED)
    name = catalog.collect(tmp_path / "store")
    with without(lockf=errno.ENOSYS):
        with store.open(tmp_path / "store") as opened:
            assert list(place.iterdir()) == []
            assert opened.questions()[0].rows == 8
        assert catalog.collect(tmp_path / "store") == name


def test_a_lock_may_be_entered_again_by_its_holder_and_by_no_one_else(tmp_path: Path) -> None:
    entered = threading.Event()

    def other() -> None:
        with locks.locked(tmp_path):
            entered.set()

    waiting = threading.Thread(target=other, daemon=True)
    with locks.locked(tmp_path) as held, locks.locked(tmp_path / "." / "") as again:
        assert held
        assert again
        waiting.start()
        assert not entered.wait(0.2)
    assert entered.wait(10)
    waiting.join()


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib; from store import locks\n"
        "with locks.alone(pathlib.Path(sys.argv[1])): print(1, flush=True); time.sleep(60)"
    )
    words = [sys.executable, "-c", code, str(tmp_path / ".lock")]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        with locks.alone(tmp_path / ".lock") as free:
            assert free is False
        holder.kill()
    with locks.alone(tmp_path / ".lock") as free:
        assert free is True


# --- what stands under a name that is ours ---


def no_files(folder: Path) -> dict[str, Path]:
    """A dangling link, a link to a file, a folder and a pipe."""
    there = {kind: folder / kind for kind in ("dangling", "link", "folder", "pipe")}
    there["dangling"].symlink_to(folder / "outside")
    (folder / "precious").write_text("precious")
    there["link"].symlink_to(folder / "precious")
    there["folder"].mkdir()
    os.mkfifo(there["pipe"])
    return there


@pytest.mark.parametrize("kind", ["dangling", "link", "folder", "pipe"])
def test_nothing_is_opened_or_replaced_that_is_no_file(kind: str, tmp_path: Path) -> None:
    path = no_files(tmp_path)[kind]
    before = os.lstat(path)
    for use in (
        lambda: locks.alone(path).__enter__(),
        lambda: files.replace(path, b"new"),
        lambda: regular.open_file(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT),
    ):
        with pytest.raises(regular.NotRegular) as refused:
            use()
        assert str(path) in fault.one_line(refused.value)
    assert os.path.samestat(os.lstat(path), before)
    assert not (tmp_path / "outside").exists()
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    make_device(tmp_path / "device")
    with pytest.raises(regular.NotRegular, match="came: a device"):
        files.replace(tmp_path / "device", b"new")


@pytest.mark.parametrize("place", ["catalog/.lock", "slurm/.submit.lock", "series/.lock"])
def test_a_lock_that_is_a_link_makes_nothing_outside(place: str, tmp_path: Path) -> None:
    root, outside = tmp_path / "store", tmp_path / "outside"
    cases.fill(root, ASKED)
    (root / place).parent.mkdir(exist_ok=True)
    (root / place).symlink_to(outside)
    use = {
        "catalog": lambda: catalog.collect(root),
        "slurm": lambda: submissions.alone(root, "submit").__enter__(),
        "series": lambda: locks.locked(root / "series").__enter__(),
    }[place.partition("/")[0]]
    with pytest.raises(Refusal, match=r"not a regular file.*\.lock.*a symbolic link"):
        use()
    assert not outside.exists()
