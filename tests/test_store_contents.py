"""Problems of one's own in a store: found by their digest, bounded, never lost under an answer."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import store_cases as cases

import store
from ired_interp_core.contents import Content
from ired_interp_core.errors import Refusal
from store import LiveAnswers, contents, layout, notes
from store.contents import Room

ASKED = cases.question("problem_properties")


def content(number: int, truth: bool = True) -> Content:
    x = np.eye(4).reshape(1, 16) * (1.0 + number)
    return Content(
        "inverse", 4, x, 1 / (1.0 + number) * np.eye(4).reshape(1, 16) if truth else None
    )


def publish(live: LiveAnswers, number: int, room: Room | None = None) -> Content:
    one = content(number)
    contents.publish(live, one, room)
    return one


def answered(live: LiveAnswers, one: Content) -> None:
    """An answer about a problem of one's own, as a worker publishes it."""
    about = {**cases.PROVENANCE, "problems": one.problems.as_dict()}
    live.publish(ASKED, 0, cases.answer(ASKED, 0, 1), about)


def test_matrices_are_found_by_their_digest_and_written_once(tmp_path: Path) -> None:
    live = LiveAnswers(tmp_path)
    one = publish(live, 0)
    path = layout.content(live.folder, one.digest)
    assert path.parent == tmp_path / "live" / "problems"
    before = path.stat()
    assert publish(live, 0).digest == one.digest
    assert path.stat().st_ino == before.st_ino
    found = contents.read((tmp_path, live.folder), one.digest)
    assert found.digest == one.digest
    np.testing.assert_array_equal(found.x, one.x)
    assert contents.there((tmp_path, live.folder), one.digest)
    assert not contents.there((tmp_path,), one.digest)
    with pytest.raises(Refusal, match=r"not kept here.*next: make the problem again"):
        contents.read((tmp_path,), one.digest)
    with pytest.raises(Refusal, match="unusable question key"):
        contents.read((tmp_path,), "../" + "a" * 21)


def test_the_oldest_go_but_none_that_an_answer_or_a_note_is_about(tmp_path: Path) -> None:
    live, room = LiveAnswers(tmp_path), Room(files=3)
    made = [publish(live, i, room) for i in range(3)]
    for i, one in enumerate(made):
        os.utime(layout.content(live.folder, one.digest), (1_700_000_000 + i,) * 2)
    answered(live, made[0])
    made.append(publish(live, 3, room))
    there = set(contents.digests(live.folder))
    assert there == {made[i].digest for i in (0, 2, 3)}
    notes.add(tmp_path, f"/landscape?set={made[2].digest}", "look", "me")
    publish(live, 0)  # asked for again: the newest
    made.append(publish(live, 4, room))
    assert set(contents.digests(live.folder)) == {made[i].digest for i in (0, 2, 4)}


def test_where_all_is_needed_another_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    live = LiveAnswers(tmp_path)
    one = publish(live, 0)
    answered(live, one)
    with pytest.raises(Refusal, match=r"no room for another problem.*release live answers"):
        publish(live, 1, Room(bytes=1))
    assert contents.digests(live.folder) == [one.digest]
    assert publish(live, 0, Room(bytes=1)).digest == one.digest


def test_damaged_matrices_are_refused_and_named_by_verify(tmp_path: Path) -> None:
    cases.fill(tmp_path, ASKED, blocks=1)
    store.catalog.collect(tmp_path)
    live = LiveAnswers(tmp_path)
    one = publish(live, 0)
    report = store.verify(tmp_path)
    assert report.ok
    assert report.counts["own problem sets"] == 1
    path = layout.content(live.folder, one.digest)
    whole = path.read_bytes()
    changed = json.loads(whole)
    changed["x"][0][0] = 2.0
    for text in (b"", b"{}", whole[:-20], json.dumps(changed).encode(), b"[" * 10_000):
        path.write_bytes(text)
        with pytest.raises(Refusal) as refusal:
            contents.read((live.folder,), one.digest)
        assert "\n" not in str(refusal.value)
        (problem,) = store.verify(tmp_path).problems
        assert problem.mend == f"rm {path}"
    publish(live, 0)  # who makes the problem again mends it
    assert contents.read((live.folder,), one.digest).digest == one.digest
    path.unlink()
    path.symlink_to("/etc/passwd")
    with pytest.raises(Refusal, match="leads out of the store"):
        contents.read((live.folder,), one.digest)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal, match="cannot write into the store"):
        publish(LiveAnswers(tmp_path, tmp_path / "file"), 0)
