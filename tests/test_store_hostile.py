"""Files that may come from anywhere: each is refused in one line, and nothing outside is read."""

import hashlib
import json
import os

import h5py
import numpy as np
import pytest
import store_cases as cases
import xarray as xr

import store
from ired_interp_core.errors import Refusal
from store import files, layout, notes, shards

ASKED = ("problem_properties", 0, 4)


@pytest.fixture
def forged(tmp_path):
    """A store whose one shard can be edited, with its side file made to agree afterwards."""
    root = tmp_path / "store"
    root.mkdir()
    asked = cases.question(ASKED[0])
    cases.fill(root, asked, 1)
    path = layout.shard(root, asked.analysis, asked.key, 0, 4)
    side = layout.side_file(root, asked.analysis, asked.key, 0, 4)

    def edit(change):
        with h5py.File(path, "r+") as file:
            change(file)
        settle()

    def settle():
        record = files.read_sealed(side)
        data = path.read_bytes()
        record |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        side.write_bytes(files.seal(record))
        assert shards.complete(root, asked.analysis, asked.key, 0, 4)

    edit.root, edit.path, edit.asked, edit.settle = root, path, asked, settle
    return edit


def refused(forged, words):
    """Reading refuses and `collect` leaves the shard out, each in one line."""
    asked = forged.asked
    with pytest.raises(Refusal, match=words) as caught:
        store.read_shards(forged.root, asked.analysis, asked.key, 0, 4)
    assert "\n" not in str(caught.value)
    store.catalog.collect(forged.root)
    with store.open(forged.root) as opened:
        assert len(opened.sql("SELECT * FROM shards")) == 0
        assert opened.questions()[0].rows_present == ()
        (fault,) = opened.left_out()
        assert "python -m precompute run" in fault.mend


def swap(name, make):
    def change(file):
        scales = [d[0] for d in file[name].dims] if name in file else []
        if name in file:
            del file[name]
        make(file)
        made = file.get(name, getlink=True)
        if isinstance(made, h5py.HardLink) and isinstance(file[name], h5py.Dataset):
            for i, scale in enumerate(scales[: file[name].ndim]):
                file[name].dims[i].attach_scale(scale)

    return change


def secret(tmp_path):
    path = tmp_path / "secret.h5"
    with h5py.File(path, "w") as file:
        file["y_true"] = np.full((4, 4, 4), 42, "f4")
    return path


def test_links_to_other_files(forged, tmp_path):
    path = str(secret(tmp_path))
    forged(swap("y_true", lambda f: f.__setitem__("y_true", h5py.ExternalLink(path, "/y_true"))))
    refused(forged, "link instead of an array")


def test_soft_links(forged):
    forged(swap("y_true", lambda f: f.__setitem__("y_true", h5py.SoftLink("/x"))))
    refused(forged, "link instead of an array")


def test_virtual_datasets(forged, tmp_path):
    virtual = h5py.VirtualLayout((4, 4, 4), "f4")
    virtual[:] = h5py.VirtualSource(str(secret(tmp_path)), "y_true", (4, 4, 4))
    forged(swap("y_true", lambda f: f.create_virtual_dataset("y_true", virtual)))
    refused(forged, "lies in other files")


def test_external_storage(forged, tmp_path):
    (tmp_path / "secret").write_bytes(b"s" * 256)
    outside = [(str(tmp_path / "secret"), 0, 256)]
    forged(swap("y_true", lambda f: f.create_dataset("y_true", (4, 4, 4), "f4", external=outside)))
    refused(forged, "lies in other files")


@pytest.mark.parametrize(
    ("shape", "chunks", "words"),
    [
        ((4, 10**5, 10**5), (1, 100, 100), "too large"),
        ((10**9, 4, 4), (1, 4, 4), "shape out of bounds"),
        ((4, 4, 10**4), (4, 4, 10**4), "other shape than declared"),
    ],
)
def test_shape_bombs(forged, shape, chunks, words):
    options = {"chunks": chunks, "compression": "gzip"}
    forged(swap("y_true", lambda f: f.create_dataset("y_true", shape, "f4", **options)))
    refused(forged, words)


def test_compression_bomb(forged):
    """A chunk that unpacks to a gigabyte is refused before it is unpacked."""
    options = {"chunks": (4, 2**13, 2**13), "compression": "gzip"}
    shape = (4, 2**13, 2**13)
    forged(swap("y_true", lambda f: f.create_dataset("y_true", shape, "f4", **options)))
    refused(forged, "chunk is too large")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((4, 4, 4), "f8"), "other type"),
        (np.zeros((4, 4, 4), ">f4"), "other type"),
        (np.zeros((4, 16), "f4"), "other shape"),
        (np.zeros((3, 4, 4), "f4"), "other shape"),
        (np.zeros((4, 4, 4), [("a", "f4")]), "foreign type"),
        (np.array([[["x"] * 4] * 4] * 4, dtype=h5py.string_dtype()), "foreign type"),
        (h5py.Empty("f4"), "shape out of bounds"),
    ],
)
def test_wrong_types_and_shapes(forged, values, words):
    forged(swap("y_true", lambda f: f.create_dataset("y_true", data=values)))
    refused(forged, words)


def test_axes_in_another_order(forged):
    def transpose(file):
        values, scales = file["y_true"][()], [d[0] for d in file["y_true"].dims]
        del file["y_true"]
        file["y_true"] = values
        for i, scale in enumerate((scales[0], scales[2], scales[1])):
            file["y_true"].dims[i].attach_scale(scale)

    forged(transpose)
    refused(forged, "other order of dims")


def test_dims_without_names(forged):
    def bare(file):
        values = file["y_true"][()]
        del file["y_true"]
        file["y_true"] = values

    forged(bare)
    refused(forged, "other order of dims")


def test_filters_that_need_a_plugin(forged):
    def change(file):
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((4, 4, 4))
        properties.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
        space = h5py.h5s.create_simple((4, 4, 4))
        h5py.h5d.create(file.id, b"y_true", h5py.h5t.NATIVE_FLOAT, space, properties)

    forged(swap("y_true", change))
    refused(forged, "unknown filter.*32015")


def test_groups_and_unknown_names(forged):
    forged(lambda f: f.create_group("deep/deeper"))
    refused(forged, "undeclared object")


def test_too_many_objects(forged):
    forged(lambda f: [f.create_dataset(f"s{i}", data=0) for i in range(300)])
    refused(forged, "too many objects")


@pytest.mark.parametrize("version", [None, 2, "1", [1, 1], 1.0])
def test_other_versions_of_the_form(forged, version):
    def change(file):
        del file.attrs["schema_version"]
        if version is not None:
            file.attrs["schema_version"] = version

    forged(change)
    refused(forged, "file of another form")


def test_attributes_never_reach_the_reader(forged):
    """Markup, 10 MB or nonsense in attributes: what is shown comes from the declaration."""

    def change(file):
        file["y_true"].attrs["units"] = "<script>alert(1)</script>"
        file["y_true"].attrs["help"] = "x" * 10_000_000
        file.attrs["title"] = "<b>"
        file.attrs["extra"] = np.zeros(1000)

    forged(change)
    asked = forged.asked
    read = store.read_shards(forged.root, asked.analysis, asked.key, 0, 4)
    xr.testing.assert_identical(read.drop_attrs(deep=False), cases.answer(asked))
    assert "<" not in json.dumps({str(n): v.attrs for n, v in read.variables.items()}, default=str)
    assert "<" not in str(read.attrs["title"])


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x89HDF\r\n\x1a\n" + b"\0" * 500, None])
def test_files_that_are_no_hdf5(forged, content):
    data = forged.path.read_bytes()
    forged.path.write_bytes(data[: len(data) // 2] if content is None else content)
    forged.settle()
    refused(forged, "no readable HDF5|cannot be read|undeclared|another form|missing")


def test_unfinished_writer(forged):
    """What a killed HDF5 writer leaves under a foreign name is no shard and hurts nobody."""
    stray = forged.path.with_name("000004-000008.h5")
    stray.write_bytes(forged.path.read_bytes()[:5000])
    asked = forged.asked
    assert shards.missing(forged.root, asked.analysis, asked.key, [(0, 8)]) == [(4, 8)]
    with pytest.raises(Refusal, match="json is missing"):
        store.read_shards(forged.root, asked.analysis, asked.key, 4, 8)
    store.catalog.collect(forged.root)
    with store.open(forged.root) as opened:
        assert opened.questions()[0].rows_present == ((0, 4),)


def test_a_file_replaced_between_reads_is_checked_again(forged):
    asked = forged.asked
    address = (forged.root, asked.analysis, asked.key, 0, 4)
    store.read_shards(*address)
    data = bytearray(forged.path.read_bytes())
    data[-5] ^= 4
    aside = forged.path.with_name("other")
    aside.write_bytes(data)
    os.replace(aside, forged.path)
    with pytest.raises(Refusal, match="sha256"):
        store.read_shards(*address)


# --- names and paths ---


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "-rf", ".hidden", "x" * 65, "a\n", "ä", "a b", "a\0", "a:b", 3],
)
def test_run_names(tmp_path, name):
    with pytest.raises(Refusal, match="unusable run name"):
        store.write_run(tmp_path, name, {"questions": []})
    assert list(tmp_path.iterdir()) == []


def test_usable_run_names(tmp_path):
    for name in ("demo", "Run_2.1-b", "9", "x" * 64):
        store.write_run(tmp_path, name, {"questions": []})
        assert store.read_run(tmp_path, name)["name"] == name


@pytest.mark.parametrize(
    "key", ["../../../etc/passwd", "A" * 24, "0" * 23, "0" * 25, "", "٠" * 24, "0" * 23 + "\n"]
)
def test_keys(tmp_path, key):
    with pytest.raises(Refusal, match="unusable question key"):
        store.read_shards(tmp_path, "descent", key, 0, 1)


@pytest.mark.parametrize(
    "span", [(-1, 4), (4, 4), (5, 4), (0, 10**9 + 1), (0.0, 4), (True, 4), ("0", "4"), (0, None)]
)
def test_ranges(tmp_path, span):
    with pytest.raises(Refusal, match="unusable range"):
        store.read_shards(tmp_path, "descent", "0" * 24, *span)


def test_nothing_is_read_through_links_out_of_the_root(tmp_path):
    outside, root = tmp_path / "outside", tmp_path / "store"
    asked = cases.question(ASKED[0])
    for folder in (outside, root):
        folder.mkdir()
    cases.fill(outside, asked, 1)
    there = layout.question_folder(outside, asked.analysis, asked.key)
    here = layout.question_folder(root, asked.analysis, asked.key)
    here.parent.mkdir(parents=True)
    here.symlink_to(there)
    address = (root, asked.analysis, asked.key, 0, 4)
    with pytest.raises(Refusal, match="leads out of the store"):
        store.read_shards(*address)
    assert not shards.complete(*address)
    with pytest.raises(Refusal, match="leads out of the store"):
        shards.publish(root, asked, 4, cases.answer(asked, 4), {})
    assert len(list(there.glob("*.h5"))) == 1
    store.catalog.collect(root)
    with store.open(root) as opened:
        assert opened.questions() == []
        assert "leads out" in opened.left_out()[0].what


def test_a_root_that_is_itself_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    asked = cases.question(ASKED[0])
    cases.fill(tmp_path / "link", asked, 1)
    store.catalog.collect(tmp_path / "link")
    with store.open(tmp_path / "link") as opened:
        assert opened.read(asked.analysis).sizes["problem"] == 4


def test_a_linked_shard_is_refused(forged):
    inside = forged.path.with_name("elsewhere")
    forged.path.rename(inside)
    forged.path.symlink_to(inside)
    asked = forged.asked
    assert "not a regular file" in shards.trouble(forged.root, asked.analysis, asked.key, 0, 4)


def test_a_pipe_does_not_block(forged):
    side = layout.side_file(forged.root, forged.asked.analysis, forged.asked.key, 0, 4)
    side.unlink()
    os.mkfifo(side)
    with pytest.raises(Refusal, match="not a regular file"):
        store.read_shards(forged.root, forged.asked.analysis, forged.asked.key, 0, 4)


# --- small records ---


BROKEN = [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}', b'{"version": 1}']


@pytest.fixture
def recorded(tmp_path):
    """A store with one record of each kind."""
    asked = cases.question(ASKED[0])
    cases.fill(tmp_path, asked, 1)
    asks = [{"key": asked.key, "analysis": asked.analysis, "count": 4}]
    store.write_run(tmp_path, "demo", {"questions": asks, "sweep": "name = 'demo'"})
    store.catalog.collect(tmp_path)
    targets = [
        layout.question(tmp_path, asked.analysis, asked.key),
        layout.side_file(tmp_path, asked.analysis, asked.key, 0, 4),
        layout.problem_set(tmp_path, cases.PROBLEMS.digest),
        layout.model_card(tmp_path, cases.MODEL),
        layout.run(tmp_path, "demo"),
        layout.current(tmp_path),
    ]
    return tmp_path, asked, targets


@pytest.mark.parametrize("content", BROKEN)
def test_broken_records_are_refused_in_one_line(recorded, content):
    root, _, targets = recorded
    wholes = [target.read_bytes() for target in targets]
    for target, whole in zip(targets, wholes, strict=True):
        target.write_bytes(content)
        lines = store.verify(root).lines()[:-1]
        assert lines, target
        assert all("\n" not in line and "next: " in line for line in lines)
        target.write_bytes(whole)
    assert store.verify(root).ok


def test_collect_does_what_it_can_with_broken_records(recorded):
    root, asked, targets = recorded
    for target in targets:
        target.write_bytes(b"{")
    store.catalog.collect(root)
    with store.open(root) as opened:
        assert (opened.questions(), opened.runs(), opened.models()) == ([], [], {})
        assert len(opened.left_out()) == 3
    cases.fill(root, asked, 1)
    store.catalog.collect(root)
    with store.open(root) as opened:
        assert opened.questions()[0].rows == 4


def test_flips_in_small_records(recorded):
    """Every flipped bit in a record is noticed by `verify`."""
    root, _, targets = recorded
    generator = np.random.default_rng(2)
    for target in [*targets, layout.model_weights(root, cases.MODEL)]:
        data = target.read_bytes()
        for at in generator.integers(0, len(data), 4):
            flipped = bytearray(data)
            flipped[at] ^= 1 << int(generator.integers(8))
            target.write_bytes(flipped)
            assert not store.verify(root).ok, (target, at, bytes(flipped))
        target.write_bytes(data)
    assert store.verify(root).ok


def test_huge_records(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "read_bytes", lambda path, most=1000: _bounded(path, 1000))
    asked = cases.question(ASKED[0])
    path = store.publish_question(tmp_path, asked)
    path.write_bytes(b" " * 2000)
    with pytest.raises(Refusal, match="too large"):
        store.read_shards(tmp_path, asked.analysis, asked.key, 0, 4)


_bounded = files.read_bytes


def test_foreign_notes(tmp_path):
    notes.add(tmp_path, "/", "fine", "A")
    (tmp_path / "notes" / "20260101T000000000000-01234567.json").write_text('{"text": 3}')
    found, broken = notes.read(tmp_path)
    assert [n.text for n in found] == ["fine"]
    assert len(broken) == 1


def test_a_note_is_read_once_however_many_are_added_after_it(tmp_path, monkeypatch):
    names = [notes.add(tmp_path, "/", f"number {i}", "A").name for i in range(5)]
    notes.read(tmp_path)
    names.append(notes.add(tmp_path, "/", "one more", "B").name)
    opened, read = [], files.read_sealed
    monkeypatch.setattr(files, "read_sealed", lambda path: opened.append(path.stem) or read(path))
    assert [note.name for note in notes.read(tmp_path)[0]] == names[::-1]
    assert opened == names[-1:]
    layout.note(tmp_path, names[0]).unlink()
    assert [note.name for note in notes.read(tmp_path)[0]] == names[:0:-1]


def test_too_many_notes_are_refused_with_a_way_out(tmp_path, monkeypatch):
    notes.add(tmp_path, "/", "fine", "A")
    monkeypatch.setattr(notes, "MOST_NOTES", 1)
    with pytest.raises(Refusal, match="next: move the oldest ones"):
        notes.add(tmp_path, "/", "one more", "A")


def test_flips_in_notes_and_failure_records(tmp_path):
    """A changed letter in what a person or a failed unit said is not shown as what was said."""
    asked = cases.question(ASKED[0])
    note = layout.note(tmp_path, notes.add(tmp_path, "/?problem=3", "a saddle", "A").name)
    failure = shards.record_failure(tmp_path, asked, 0, 4, "ValueError", "message", "trace")
    for path in (note, failure):
        data = path.read_bytes()
        for at in np.random.default_rng(3).integers(0, len(data) - 1, 40):
            flipped = bytearray(data)
            flipped[at] ^= 1 << int(at % 8)
            path.write_bytes(flipped)
            if path == note:
                assert notes.read(tmp_path)[0] == []
                assert len(notes.read(tmp_path)[1]) == 1
            else:
                assert shards.failures(tmp_path)[0]["error"] == "unreadable record"
        path.write_bytes(data)
    assert notes.read(tmp_path)[0][0].text == "a saddle"
    assert shards.failures(tmp_path)[0]["message"] == "message"
