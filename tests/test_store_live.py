"""Answers asked live: found by address, bounded, kept, verified, and no part of any sweep."""

import os
from pathlib import Path

import numpy as np
import pytest
import store_cases as cases
import xarray as xr

import store
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from ired_interp_core.messages import pack, unpack
from store import catalog, files, handed, joined, layout, naming, notes, shards, survey
from store.live import Bounds, LiveAnswers

ASKED = cases.question("problem_properties")
NAME, KEY = ASKED.analysis, ASKED.key


def publish(live: LiveAnswers, problem: int) -> Path:
    answer = cases.answer(ASKED, problem, 1)
    return live.publish(ASKED, problem, answer, cases.PROVENANCE)


def there(live: LiveAnswers) -> list[int]:
    return sorted(entry.address[3] for entry in live.entries())


def aged(path: Path, seconds: int) -> None:
    os.utime(path, (1_700_000_000 + seconds,) * 2)


def test_an_answer_is_found_in_results_then_in_live_without_a_catalog(tmp_path: Path) -> None:
    live = LiveAnswers(tmp_path)
    publish(live, 7)
    shards.publish(tmp_path, ASKED, 0, cases.answer(ASKED, 0, 4), cases.PROVENANCE)
    for problem, root in ((2, tmp_path), (7, tmp_path / "live")):
        assert live.where(NAME, KEY, problem, problem + 1) == root
        found = live.read(NAME, KEY, problem)
        xr.testing.assert_equal(found, cases.answer(ASKED, problem, 1))
        assert found.sizes["problem"] == 1
    assert live.where(NAME, KEY, 5, 6) is None
    with pytest.raises(Refusal, match=r"not in the store.*next: ask it again: .*precompute ask"):
        live.read(NAME, KEY, 5)


def test_live_answers_are_no_coverage_and_in_no_generation(tmp_path: Path) -> None:
    cases.fill(tmp_path, ASKED, blocks=1)
    before = survey.survey(tmp_path)
    live = LiveAnswers(tmp_path)
    publish(live, 9)
    live.publish(other := cases.question(), 9, cases.answer(other, 9, 1), cases.PROVENANCE)
    assert shards.missing(tmp_path, NAME, KEY, [(8, 12)]) == [(8, 12)]
    after = survey.survey(tmp_path)
    assert (after.questions, after.shards) == (before.questions, before.shards)
    catalog.collect(tmp_path)
    with store.open(tmp_path) as opened:
        assert [q.rows_present for q in opened.questions()] == [((0, 4),)]


def test_the_oldest_go_and_kept_noted_and_newest_stay(tmp_path: Path) -> None:
    live = LiveAnswers(tmp_path, bounds=Bounds(answers=4))
    for problem in range(4):
        aged(publish(live, problem), problem)
    live.keep(NAME, KEY, 0)
    publish(live, 4)
    assert there(live) == [0, 2, 3, 4]
    live.release(NAME, KEY, 0)
    publish(live, 5)
    assert there(live) == [2, 3, 4, 5]
    folder = layout.question_folder(live.folder, NAME, KEY)
    assert {naming.range_of(n)[0] for n in os.listdir(folder) if naming.range_of(n)} == {2, 3, 4, 5}
    notes.add(tmp_path, f"/landscape?answer={KEY}", "look", "me")
    publish(live, 6)
    assert there(live) == [2, 3, 4, 5, 6]  # the note names them all
    tight = LiveAnswers(tmp_path, bounds=Bounds(bytes=1))
    other = cases.question("descent")
    tight.publish(other, 0, cases.answer(other, 0, 1), cases.PROVENANCE)
    assert tight.where("descent", other.key, 0, 1)  # never the one just asked


def test_bytes_are_bounded_and_an_empty_folder_goes(tmp_path: Path) -> None:
    live = LiveAnswers(tmp_path)
    size = os.stat(publish(live, 0)).st_size
    other = cases.question("descent")
    LiveAnswers(tmp_path, bounds=Bounds(bytes=size)).publish(
        other, 0, cases.answer(other, 0, 1), cases.PROVENANCE
    )
    assert not layout.question_folder(live.folder, NAME, KEY).exists()
    assert store.verify(tmp_path).counts["live answers"] == 1


def test_answers_are_counted_again_only_where_there_may_be_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, walked = LiveAnswers(tmp_path, bounds=Bounds(answers=4)), []
    known = live.entries
    monkeypatch.setattr(live, "entries", lambda: walked.append(1) or known())
    for problem in range(4):
        aged(publish(live, problem), problem)
    assert walked == [1]
    aged(publish(live, 4), 4)
    assert (len(walked), there(live)) == (2, [1, 2, 3, 4])
    publish(LiveAnswers(tmp_path), 5)  # of another process, whose bounds are wide
    monkeypatch.setattr("store.live.COUNTED_SECONDS", 0.0)
    publish(live, 6)
    assert len(there(live)) == 4


def test_no_more_is_kept_than_half_of_the_room(tmp_path: Path) -> None:
    live = LiveAnswers(tmp_path, bounds=Bounds(answers=4))
    for problem in range(3):
        publish(live, problem)
    for problem in (0, 1, 1):
        live.keep(NAME, KEY, problem)
    with pytest.raises(Refusal, match=r"too much is kept.*3 answers.*at most 2"):
        live.keep(NAME, KEY, 2)
    with pytest.raises(Refusal, match="not there any more"):
        live.keep(NAME, KEY, 8)


def test_an_answer_that_is_open_outlives_its_eviction(tmp_path: Path) -> None:
    live = LiveAnswers(tmp_path, bounds=Bounds(answers=1))
    path = publish(live, 0)
    with xr.open_dataset(path) as opened:
        aged(path, 0)
        publish(live, 1)
        assert there(live) == [1]
        xr.testing.assert_equal(opened.load(), cases.answer(ASKED, 0, 1))
    publish(live, 0)  # and is asked again
    assert there(live) == [0]


def test_verify_reads_live_answers_and_names_what_mends_them(tmp_path: Path) -> None:
    cases.fill(tmp_path, ASKED, blocks=1)
    catalog.collect(tmp_path)
    live = LiveAnswers(tmp_path)
    path = publish(live, 7)
    live.keep(NAME, KEY, 7)
    assert store.verify(tmp_path).ok
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)
    path.with_name("note.txt").write_text("mine")
    problems = store.verify(tmp_path).problems
    assert [p.what.split(" · ")[0] for p in problems] == [
        "shard cannot be trusted", "file of an unknown name"
    ]  # fmt: skip
    assert problems[0].mend == f"rm -r {path.parent}"


def test_a_folder_of_ones_own_and_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    root = tmp_path / "store"
    live = LiveAnswers(root, tmp_path / "elsewhere")
    publish(live, 3)
    assert not root.exists()
    assert live.read(NAME, KEY, 3).sizes["problem"] == 1
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal, match="cannot write into the store"):
        publish(LiveAnswers(root, tmp_path / "file"), 3)


def test_a_publication_that_stopped_half_way_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveAnswers(tmp_path)

    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as here:
        here.setattr(files, "place", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(live, 0)
    assert there(live) == []
    assert live.where(NAME, KEY, 0, 1) is None
    publish(live, 0)
    assert there(live) == [0]


@pytest.mark.parametrize("name", ["problem_properties", "descent", "hessian_spectrum"])
def test_an_answer_that_was_handed_over_is_the_published_one_to_the_bit(tmp_path, name):
    asked = cases.question(name)
    answer = cases.answer(asked, 7, 1)
    given = handed.Given.of(asked, 7, unpack(pack(answer)))
    LiveAnswers(tmp_path).publish(asked, 7, answer, cases.PROVENANCE)
    live = LiveAnswers(tmp_path)
    xr.testing.assert_identical(given.read(), live.read(name, asked.key, 7))
    schema = registry.get(name).schema
    for chosen in [*schema.scalars(), *list(schema.wanted(asked.parameters))[-1:]]:
        xr.testing.assert_identical(given.read([chosen]), live.read(name, asked.key, 7, [chosen]))
    with pytest.raises(Refusal, match="unknown variable"):
        given.read(["no_such"])
    with pytest.raises(Refusal, match="other variables than declared"):
        handed.Given.of(asked, 7, answer.drop_vars(next(iter(schema.variables))))


def test_it_is_shown_until_it_is_published_and_known_to_nobody_else(tmp_path):
    cases.fill(tmp_path, ASKED, blocks=1)
    catalog.collect(tmp_path)
    live = LiveAnswers(tmp_path)
    kept = handed.of(live.folder)
    answer = cases.answer(ASKED, 9, 1)
    with store.open(tmp_path) as base:
        (info,) = base.questions()
        about = (base, live, "", info.problems, 9)
        assert joined.about(*about) is base
        kept.take(handed.Given.of(ASKED, 9, answer))
        early = joined.about(*about)
        assert live.where(NAME, KEY, 9, 10) is None
        assert not live.folder.exists()
        assert joined.about(base, live, "", info.problems, 8) is base
        publish(live, 9)
        kept.drop(KEY, 9)
        late = joined.about(*about)
        assert early.generation == late.generation
        assert early.questions() == late.questions()
        for problems in ([9], [9, 2, 9]):
            seen = [s.read(NAME, question=KEY, problems=problems) for s in (early, late)]
            xr.testing.assert_identical(*seen)
            for s in (early, late):
                row = s.read(
                    NAME, question=KEY, problems=problems, variables=["x"], at={"row": 1}
                )  # fmt: skip
                xr.testing.assert_equal(row["x"], seen[0]["x"].sel(row=1, drop=True))
        assert store.verify(tmp_path).ok


def test_what_was_handed_over_is_bounded_and_the_newest_stays():
    given = [handed.Given.of(ASKED, i, cases.answer(ASKED, i, 1)) for i in range(4)]

    def left(kept):
        for one in given:
            kept.take(one)
        return [i for i in range(4) if kept.about(i)]

    assert left(handed.Handed(answers=2)) == [2, 3]
    assert left(handed.Handed(bytes=given[0].bytes * 3)) == [1, 2, 3]
    assert left(handed.Handed(bytes=0)) == [3]


def test_a_draft_is_read_by_whoever_asks_for_it_and_gives_way_to_the_answer(tmp_path):
    asked = cases.question("hessian_spectrum")
    whole = cases.answer(asked, 7, 1)
    loose = [n for n, v in whole.data_vars.items() if v.dims[:3] == ("problem", "level", "place")]
    parts = [whole[loose[:-1]].isel(level=[t]) for t in (0, 1)]
    padded = handed.padded(asked, parts)
    assert set(padded.data_vars) == set(whole.data_vars)
    for name, array in padded.data_vars.items():
        assert (array.dims, array.dtype) == (whole[name].dims, whole[name].dtype)
    for name in loose[:-1]:
        xr.testing.assert_equal(padded[name].isel(level=[0, 1]), whole[name].isel(level=[0, 1]))
    late = padded.isel(level=slice(2, None))
    assert np.isnan(late["eigenvalue_spectrum"]).all()
    assert np.isnan(padded[loose[-1]]).all()
    with pytest.raises(Refusal, match="do not tell the form"):
        handed.padded(asked, [whole[["alpha_bar"]]])

    cases.fill(tmp_path, ASKED, blocks=1)
    catalog.collect(tmp_path)
    live = LiveAnswers(tmp_path)
    kept = handed.of(live.folder)
    with store.open(tmp_path) as base:
        (info,) = base.questions()
        about = (base, live, cases.MODEL, info.problems, 7)
        under = cases.question("descent")
        kept.take(handed.Given.of(under, 7, cases.answer(under, 7, 1)))
        before = joined.about(*about)
        kept.take_part(asked, 7, "level 0", parts[0])
        assert joined.about(*about).generation == before.generation
        one = joined.about(*about, draft=asked.key)
        kept.take_part(asked, 7, "level 1", parts[1])
        two = joined.about(*about, draft=asked.key)
        assert len({before.generation, one.generation, two.generation}) == 3
        assert one.is_draft(asked.key)
        assert not one.is_draft(under.key)
        seen = [s.read(asked.analysis, question=asked.key, problems=[7]) for s in (one, two)]
        finite = [np.isfinite(s["eigenvalue_spectrum"]).all(("place", "eigenvalue")) for s in seen]
        assert [f.values[0].tolist() for f in finite] == [
            [True] + 9 * [False], 2 * [True] + 8 * [False],
        ]  # fmt: skip
        kept.take(handed.Given.of(asked, 7, whole))
        last = joined.about(*about, draft=asked.key)
        assert not last.is_draft(asked.key)
        assert last.generation == joined.about(*about).generation
