"""What the store promises about answers: published once, whole, labelled, found again."""

import json
import time

import numpy as np
import pytest
import store_cases as cases
import xarray as xr

import store
from ired_interp_core import registry
from ired_interp_core.errors import Refusal
from store import encoding, files, layout, notes, shards

ANALYSES = ("problem_properties", "descent", "hessian_spectrum", "landscape_slice")


@pytest.mark.parametrize("analysis", ANALYSES)
def test_h5py_reads_what_xarray_reads(tmp_path, analysis):
    asked = cases.question(analysis)
    given = cases.answer(asked)
    path = shards.publish(tmp_path, asked, 0, given, cases.PROVENANCE)
    read = store.read_shards(tmp_path, analysis, asked.key, 0, 4)
    with xr.open_dataset(path) as opened:
        xr.testing.assert_identical(read, opened.load())
        assert {v: read[v].dtype for v in read.variables} == {
            v: opened[v].dtype for v in opened.variables
        }
    assert list(read.data_vars) == list(given.data_vars)
    xr.testing.assert_identical(read.drop_attrs(deep=False), given)


@pytest.mark.parametrize("analysis", ANALYSES)
def test_a_shard_explains_itself_to_xarray(tmp_path, analysis):
    asked = cases.question(analysis)
    path = shards.publish(tmp_path, asked, 0, cases.answer(asked), cases.PROVENANCE)
    declared = registry.get(analysis)
    with xr.open_dataset(path) as opened:
        assert opened.attrs["title"] == declared.title
        assert opened.attrs["sentence"] == declared.sentence
        assert json.loads(opened.attrs["question"]) == asked.as_dict()
        for name, array in opened.data_vars.items():
            variable = declared.schema.variables[name]
            assert array.dims == variable.dims
            assert array.attrs["units"] == variable.unit
            assert array.attrs["help"] == variable.help
            assert array.attrs.get("frame", "") == variable.frame
            assert "_FillValue" not in array.encoding
            if array.ndim:
                used = [array.encoding[k] for k in ("zlib", "shuffle", "fletcher32", "complevel")]
                assert used == [True, True, True, 4]
        for dim in opened.dims:
            assert opened[dim].attrs["help"]
        for dim in {"place", "point", "baseline"} & set(opened.dims):
            assert opened[dim].values.tolist() == list(
                declared.schema.dims[dim].labels[: opened.sizes[dim]]
            )


def test_a_chunk_is_what_is_drawn():
    sizes = {"problem": 16, "level": 10, "place": 4, "eigenvalue": 400, "a": 101, "b": 101}
    sizes |= {"step": 6, "row": 20, "col": 20}

    def chunk(*dims):
        return encoding.chunks(dims, sizes, 4)

    assert chunk("problem", "level", "place", "eigenvalue") == (1, 10, 1, 400)
    assert chunk("problem", "level", "b", "a") == (1, 1, 101, 101)
    assert chunk("problem", "level", "step", "row", "col") == (1, 1, 6, 20, 20)
    assert chunk("problem", "level", "place") == (16, 10, 4)


def test_identical_answers_give_identical_bytes(tmp_path):
    asked = cases.question()
    paths = [
        shards.publish(tmp_path / d, asked, 0, cases.answer(asked), cases.PROVENANCE) for d in "ab"
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_first_publication_wins(tmp_path):
    asked = cases.question()
    first = cases.answer(asked)
    path = shards.publish(tmp_path, asked, 0, first, cases.PROVENANCE)
    before = {p: (p.read_bytes(), p.stat().st_ino) for p in path.parent.iterdir()}
    shards.publish(tmp_path, asked, 0, first + 1, {"host": "another"})
    assert {p: (p.read_bytes(), p.stat().st_ino) for p in path.parent.iterdir()} == before


def test_grown_answers_merge_and_nothing_is_rewritten(tmp_path):
    asked = cases.question()
    key, analysis = asked.key, asked.analysis
    shards.publish(tmp_path, asked, 0, cases.answer(asked, 0, 3), cases.PROVENANCE)
    assert shards.missing(tmp_path, analysis, key, [(0, 4), (4, 8)]) == [(3, 4), (4, 8)]
    shards.publish(tmp_path, asked, 4, cases.answer(asked, 4, 4), cases.PROVENANCE)
    assert shards.missing(tmp_path, analysis, key, [(0, 8)]) == [(3, 4)]
    shards.publish(tmp_path, asked, 2, cases.answer(asked, 2, 3), cases.PROVENANCE)
    assert shards.missing(tmp_path, analysis, key, [(0, 8)]) == []
    whole = store.read_shards(tmp_path, analysis, key, 0, 8)
    xr.testing.assert_identical(whole.drop_attrs(deep=False), cases.answer(asked, 0, 8))


def test_a_missing_problem_is_answered_with_what_is_there(tmp_path):
    asked = cases.question()
    shards.publish(tmp_path, asked, 4, cases.answer(asked, 4, 4), cases.PROVENANCE)
    with pytest.raises(Refusal, match=r"problem 3.*expected: 4 … 7"):
        store.read_shards(tmp_path, asked.analysis, asked.key, 3, 6)
    with pytest.raises(Refusal, match=r"unknown variable.*eigenvalue_spectrum"):
        store.read_shards(tmp_path, asked.analysis, asked.key, 4, 6, ["spectrum"])


def test_results_that_do_not_conform_are_not_published(tmp_path):
    asked = cases.question()
    good = cases.answer(asked)
    with pytest.raises(Refusal, match="missing"):
        shards.publish(tmp_path, asked, 0, good.drop_vars("trace"), {})
    with pytest.raises(Refusal, match="other problems"):
        shards.publish(tmp_path, asked, 4, good, {})
    with pytest.raises(Refusal, match="JSON"):
        shards.publish(tmp_path, asked, 0, good, {"seconds": float("nan")})
    assert not list(tmp_path.rglob("*.h5"))
    old = type(asked)(asked.analysis, asked.version + 1, asked.parameters, asked.inputs)
    with pytest.raises(Refusal, match="another version"):
        shards.publish(tmp_path, old, 0, good, {})


def test_reading_through_the_catalog(tmp_path):
    asked = cases.question("landscape_slice")
    other = cases.question("landscape_slice", plane="soft", level=3)
    cases.fill(tmp_path, asked)
    cases.fill(tmp_path, other)
    asks = [{"key": other.key, "analysis": "landscape_slice", "count": 40}]
    store.write_run(tmp_path, "soft-1", {"sweep": "name = 'soft-1'", "questions": asks})
    store.catalog.collect(tmp_path)
    with store.open(tmp_path) as opened:
        with pytest.raises(Refusal, match=r"several questions fit.*level 3"):
            opened.read("landscape_slice")
        read = opened.read("landscape_slice", run="soft-1", problems=[5, 0, 6])
        whole = cases.answer(other, 0, 8)
        expected = whole.sel(problem=[5, 0, 6])
        xr.testing.assert_identical(read.drop_attrs(deep=False), expected)
        everything = opened.read("landscape_slice", question=other.key[:8], variables=["energy"])
        assert everything["problem"].values.tolist() == list(range(8))
        with pytest.raises(Refusal, match=r"unknown run.*soft-1"):
            opened.read("landscape_slice", run="hard")
        with pytest.raises(Refusal, match=r"no answer of this analysis.*landscape_slice"):
            opened.read("descent")
        with pytest.raises(Refusal, match="unknown question"):
            opened.read("landscape_slice", question="zz")
        info = opened.questions(run="soft-1")[0]
        assert (info.rows_asked, info.rows_present) == (40, ((0, 8),))
        assert {"plane soft", "level 3"} <= set(info.title.split(", "))
        assert (info.model, info.problems, info.failures) == (cases.MODEL, cases.PROBLEMS, 0)
        assert opened.models() == {cases.MODEL: {"task": "inverse", "size": 4}}
        assert [r["name"] for r in opened.runs()] == ["soft-1"]


def test_the_catalog_holds_the_scalars(tmp_path):
    asked = cases.question("hessian_spectrum")
    cases.fill(tmp_path, asked)
    store.catalog.collect(tmp_path)
    given = cases.answer(asked, 0, 8)
    with store.open(tmp_path) as opened:
        frame = opened.sql(
            "SELECT problem, level, place, trace, condition"
            " FROM hessian_spectrum__problem_level_place WHERE question = ?",
            [asked.key],
        )
    assert len(frame) == 8 * 10 * 4
    frame = frame.set_index(["problem", "level", "place"]).sort_index()
    expected = given[["trace", "condition"]].to_dataframe()[["trace", "condition"]].sort_index()
    for name in ("trace", "condition"):
        np.testing.assert_array_equal(frame[name].to_numpy(), expected[name].to_numpy())


def test_upstream_parameters_are_part_of_the_title(tmp_path):
    descent = cases.question("descent", clip=5.0)
    declared = registry.get("hessian_spectrum")
    inputs = {"model": cases.MODEL, "problems": cases.PROBLEMS.digest, "descent": descent.key}
    asked = declared.question(inputs, {"seed": 3})
    cases.fill(tmp_path, descent, 1)
    cases.fill(tmp_path, asked, 1)
    store.catalog.collect(tmp_path)
    with store.open(tmp_path) as opened:
        titles = {q.analysis: q.title for q in opened.questions()}
    assert titles == {"descent": "clip 5.0", "hessian_spectrum": "seed 3, descent: clip 5.0"}


def test_failures_are_kept_bounded_and_cleared_by_success(tmp_path):
    asked = cases.question()
    cases.fill(tmp_path, asked, 1)
    shards.record_failure(tmp_path, asked, 4, 8, "ValueError", "m" * 9999, "t" * 99999)
    (failure,) = shards.failures(tmp_path)
    assert (failure["start"], failure["stop"], failure["error"]) == (4, 8, "ValueError")
    assert len(failure["message"]) < 3000
    assert len(failure["traceback"]) < 30000
    store.catalog.collect(tmp_path)
    with store.open(tmp_path) as opened:
        assert opened.questions()[0].failures == 1
        assert opened.failures()[0]["question"] == asked.key
    shards.publish(tmp_path, asked, 4, cases.answer(asked, 4), cases.PROVENANCE)
    assert shards.failures(tmp_path) == []


def test_models_and_runs(tmp_path):
    card = store.publish_model(tmp_path, cases.MODEL, b"weights", {"task": "inverse"})
    before = card.read_bytes()
    store.publish_model(tmp_path, cases.MODEL, b"other weights", {"task": "another"})
    assert card.read_bytes() == before
    weights = layout.model_weights(tmp_path, cases.MODEL)
    weights.write_bytes(b"weightz")
    store.publish_model(tmp_path, cases.MODEL, b"weights", {"task": "inverse"})
    assert weights.read_bytes() == b"weights"

    key = cases.question().key
    record = {"sweep": "", "questions": [{"key": key, "analysis": "descent", "count": 3}]}
    store.write_run(tmp_path, "grown", record)
    record["questions"][0]["count"] = 9
    store.write_run(tmp_path, "grown", record)
    assert store.read_run(tmp_path, "grown")["questions"][0]["count"] == 9
    with pytest.raises(Refusal, match=r"unknown run.*grown"):
        store.read_run(tmp_path, "shrunk")


def test_notes(tmp_path):
    first = notes.add(tmp_path, "/landscape?problem=3", "a second basin\nat level 2", "A. Reader")
    second = notes.add(tmp_path, "/", "look", "B")
    assert notes.read(tmp_path) == ([second, first], [])
    for address, text, author in (("/", " ", "A"), ("/", "x" * 10_001, "A"), ("/\u202e", "x", "A")):
        with pytest.raises(Refusal):
            notes.add(tmp_path, address, text, author)
    (tmp_path / "notes" / "foreign.json").write_text("{}")
    found, broken = notes.read(tmp_path)
    assert found == [second, first]
    assert len(broken) == 1
    assert "foreign.json" in broken[0]


def test_a_note_may_carry_a_label(tmp_path):
    card = "/features?dictionary=0123456789abcdef01234567&feature=412"
    first = notes.add(tmp_path, card, "", "A", label="corner of the diagonal")
    again = notes.add(tmp_path, card, "it was not", "B", label="")
    plain = notes.add(tmp_path, card, "just a word", "B")
    assert notes.read(tmp_path) == ([plain, again, first], [])
    assert [n.label for n in notes.read(tmp_path)[0]] == [None, "", "corner of the diagonal"]
    assert "label" not in json.loads(layout.note(tmp_path, plain.name).read_text())
    for label in ("x" * 81, "two\nlines", "\u202eabc"):
        with pytest.raises(Refusal, match="label"):
            notes.add(tmp_path, card, "text", "A", label=label)
    notes.add(tmp_path, card, "", "A", label="x" * 80)


def test_notes_of_older_and_newer_versions(tmp_path):
    """What was written before there were labels is read; what is newer than we are is refused."""
    notes.add(tmp_path, "/", "makes the folder", "A")
    said = {"address": "/?a=1", "text": "old", "author": "A", "at": "2026-01-01T00:00:00Z"}
    old, new = (layout.note(tmp_path, f"2026010{i}T000000000000-01234567") for i in (1, 2))
    old.write_bytes(files.seal(said))
    for version in (3, 0, True, "2", None, 1e9, [2]):
        new.write_bytes(files.seal(said | {"version": version, "label": "l"}))
        found, broken = notes.read(tmp_path)
        assert [n.text for n in found] == ["makes the folder", "old"]
        assert [n.label for n in found] == [None, None]
        assert len(broken) == 1
        assert "version" in broken[0]
        assert "newer one" in broken[0]
    for label in (3, ["l"], "x" * 81, "a\nb"):
        new.write_bytes(files.seal(said | {"version": 2, "label": label}))
        assert len(notes.read(tmp_path)[1]) == 1


def test_the_stamp_of_notes_changes_with_every_note_and_then_rests(tmp_path, monkeypatch):
    assert notes.stamp(tmp_path) == notes.stamp(tmp_path)
    seen = {notes.stamp(tmp_path)}
    for i in range(20):
        notes.add(tmp_path, "/", f"note {i}", "A")
        seen.add(notes.stamp(tmp_path))
    assert len(seen) == 21
    later = time.time_ns() + int(3e9)
    monkeypatch.setattr(time, "time_ns", lambda: later)
    assert notes.stamp(tmp_path) == notes.stamp(tmp_path)


def test_verify_finds_nothing_in_a_good_store(tmp_path):
    for analysis in ANALYSES:
        cases.fill(tmp_path, cases.question(analysis))
    store.catalog.collect(tmp_path)
    report = store.verify(tmp_path)
    assert report.ok, report.lines()
    assert report.counts["shards"] == 8
