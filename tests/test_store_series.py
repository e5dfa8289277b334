"""Series: which models a training went through; one record that only grows."""

import json
import threading
from pathlib import Path

import pytest
import store_cases as cases

import store
from ired_interp_core.errors import Refusal
from store import files, layout, series

ID = "5" * 24
OTHER = "a" * 24


def digest(step: int) -> str:
    return f"{step:024x}"


def made(*steps: int, log: int = 0, name: str = "official", id: str = ID) -> store.Series:
    entries = tuple({"step": 100 * (i + 1), "loss": 1.5 / (i + 1)} for i in range(log))
    models = tuple((s, digest(s)) for s in steps)
    return store.Series(id, name, "inverse", 4, {"task": "inverse", "batch": 64}, models, entries)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    cases.fill(tmp_path, cases.question(), 1)
    for step in (0, 10, 100):
        store.publish_model(tmp_path, digest(step), b"weights %d" % step, {"task": "inverse"})
    return tmp_path


def test_a_series_is_read_back_through_the_catalog(root: Path) -> None:
    path = store.publish_series(root, made(0, 10, log=2))
    store.publish_series(root, made(0, name="none", id=OTHER))
    store.catalog.collect(root)
    with store.open(root) as opened:
        assert opened.series() == [made(0, name="none", id=OTHER), made(0, 10, log=2)]
        assert opened.left_out() == []
    assert json.loads(path.read_text())["models"][1] == {"step": 10, "digest": digest(10)}
    report = store.verify(root)
    assert report.ok, report.lines()
    assert report.counts["series"] == 2


def test_a_store_without_series_has_none(root: Path) -> None:
    store.catalog.collect(root)
    with store.open(root) as opened:
        assert opened.series() == []


def test_a_longer_log_makes_a_new_generation_and_the_same_one_does_not(root: Path) -> None:
    store.publish_series(root, made(0, log=1))
    first = store.catalog.collect(root)
    written = files.identity(layout.series(root, ID).stat())
    store.publish_series(root, made(0, log=1))
    assert files.identity(layout.series(root, ID).stat()) == written
    assert store.catalog.collect(root) == first
    store.publish_series(root, made(0, log=2))
    assert store.catalog.collect(root) != first


def test_steps_are_joined_and_the_longer_log_stays(root: Path) -> None:
    store.publish_series(root, made(0, 100, log=5))
    store.publish_series(root, made(10, log=3, name="renamed"))
    assert series.read(root, ID) == made(0, 10, 100, log=5, name="renamed")
    store.publish_series(root, made(0, log=6))
    assert series.read(root, ID) == made(0, 10, 100, log=6)


def test_other_weights_at_a_step_are_another_training(root: Path) -> None:
    store.publish_series(root, made(0, 10))
    apart = store.Series(ID, "twin", "inverse", 4, {}, ((0, digest(0)), (10, digest(11))))
    with pytest.raises(Refusal, match=r"another training of the same recipe.*step 10.*seeds"):
        store.publish_series(root, apart)
    assert series.read(root, ID) == made(0, 10)


def test_two_sweeps_at_once_lose_no_step(root: Path) -> None:
    ready = threading.Barrier(8)

    def publish(step: int) -> None:
        ready.wait()
        store.publish_series(root, made(0, step))

    threads = [threading.Thread(target=publish, args=(10 * (i + 1),)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert series.read(root, ID) == made(*range(0, 90, 10))


def test_a_broken_record_is_named_left_out_and_mended(root: Path) -> None:
    path = store.publish_series(root, made(0, 10, log=2))
    whole = path.read_bytes()
    linked = layout.series(root, OTHER)
    for broken in (b"", b"{}", whole[:-40], whole.replace(b"1.5", b"1.6"), b"[" * 9000,
                   b'{"a": %s}' % (b"9" * 5000)):  # fmt: skip
        path.write_bytes(broken)
        linked.unlink(missing_ok=True)
        linked.symlink_to(path)
        store.catalog.collect(root)
        with store.open(root) as opened:
            assert opened.series() == []
            said = opened.left_out()
        assert sorted(fault.path for fault in said) == [str(path), str(linked)]
        assert all(fault.mend for fault in said)
        assert [p.path for p in store.verify(root).problems] == [str(path), str(linked)]
    linked.unlink()
    store.publish_series(root, made(0, 10, log=2))
    assert path.read_bytes() == whole
    store.catalog.collect(root)
    assert store.verify(root).ok


def test_a_record_of_a_newer_tool_stays(root: Path) -> None:
    path = store.publish_series(root, made(0, 10))
    newer = files.seal(series.record_of(made(0, 10)) | {"version": 2, "more": "unknown"})
    path.write_bytes(newer)
    with pytest.raises(Refusal, match=r"another version .*came: 2 .*newer"):
        store.publish_series(root, made(0, 100))
    assert path.read_bytes() == newer


def test_a_record_under_another_id_is_refused(root: Path) -> None:
    path = store.publish_series(root, made(0))
    path.rename(layout.series(root, OTHER))
    store.catalog.collect(root)
    with store.open(root) as opened:
        assert opened.series() == []
        assert "series of another id" in opened.left_out()[0].what


def test_verify_names_a_model_of_a_series_that_is_gone(root: Path) -> None:
    store.publish_series(root, made(0, 10, 77))
    store.catalog.collect(root)
    (line,) = store.verify(root).lines()[:-1]
    assert "step 77 of series official is a model that is not kept here" in line


SOUND = {
    "version": 1, "id": ID, "name": "a", "task": "inverse", "size": 4, "recipe": {},
    "models": [{"step": 0, "digest": OTHER}], "log": [{"step": 1, "loss": 2.0}],
}  # fmt: skip
UNUSABLE = {
    "version": ({"version": 2}, "another version.*newer"),
    "id": ({"id": "../../other"}, "id of a series"),
    "no name": ({"name": ""}, "unusable name"),
    "long name": ({"name": "a" * 81}, "unusable name"),
    "bidi name": ({"name": "a\u202eb"}, "unusable name"),
    "task": ({"task": 3}, "unusable task"),
    "size": ({"size": -1}, "without size"),
    "recipe": ({"recipe": []}, "without size and recipe"),
    "no models": ({"models": []}, "no models by step"),
    "models by nothing": ({"models": [{"digest": OTHER}]}, "unusable models"),
    "steps that fall": (
        {"models": [{"step": 5, "digest": OTHER}, {"step": 4, "digest": OTHER}]}, "models by step",
    ),
    "digest": ({"models": [{"step": 0, "digest": "../x"}]}, "unusable digest"),
    "step of text": ({"log": [{"step": "1"}]}, "unusable log"),
    "true is no step": ({"log": [{"step": True}]}, "unusable log"),
    "long log": ({"log": [{"step": 1}] * (series.MOST_LOG + 1)}, "unusable log.*20001 entries"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "said"), UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_records_are_refused_in_one_line(change: dict, said: str) -> None:
    series.from_record(SOUND, "here")
    with pytest.raises(Refusal, match=said) as caught:
        series.from_record(SOUND | change, "here")
    assert "\n" not in str(caught.value)


def test_a_record_too_long_to_be_read_again_is_not_written(root: Path) -> None:
    log = tuple({"step": i, "words": "w" * 9000} for i in range(2000))
    too_long = store.Series(ID, "long", "inverse", 4, {}, ((0, digest(0)),), log)
    with pytest.raises(Refusal, match="record is too long"):
        store.publish_series(root, too_long)
    assert series.ids(root) == []
