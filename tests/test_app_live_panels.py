"""Live answers on the page: found beside stored ones, offered where missing, cited and copied."""

import contextlib
import json
import shlex

import drawn
import fake_store
import numpy as np
import probe_store
import pytest
import xarray as xr

import store
from app.components.said import Picked
from app.landscape import own, point
from app.shared.address import address as links
from app.shared.asks import live, reading
from app.shared.page import asking, outcomes
from app.shared.page import panels as page_panels
from app.shared.page.contract import Drawn, Missing
from ired_interp_core import contents as given
from ired_interp_core import registry
from ired_interp_core.own.rounding import ROUNDING
from ired_interp_core.records import ProblemSet
from store import LiveAnswers, contents, handed, live_index

PROVENANCE = fake_store.PROVENANCE
SUBJECT = fake_store.SUBJECT


@pytest.fixture
def root(tmp_path):
    return fake_store.make(tmp_path / "store", count=4, analyses=SUBJECT)


@pytest.fixture
def opened(root):
    with store.open(root) as s:
        yield s


def publish(root, question, problems, problem, **values):
    """An answer as a reader's question gives it."""
    answer = fake_store.answer(question, problems, problem, problem + 1, values)
    LiveAnswers(root).publish(question, problem, answer, PROVENANCE)
    return answer


def about(opened, problem):
    subject = reading.subjects(opened)[0]
    return live.with_live(opened, subject, problem)


def question(opened, name):
    return next(q for q in opened.questions() if q.analysis == name)


def test_a_store_without_live_answers_is_the_store_itself(opened):
    assert about(opened, 2) is opened
    assert about(opened, None) is opened


def test_a_live_row_of_a_stored_question_is_read_beside_the_stored_ones(root, opened):
    asked = question(opened, "descent")
    publish(root, asked.question, asked.problems, 9)
    there = about(opened, 9)
    more = question(there, "descent")
    assert (more.key, more.rows_present) == (asked.key, ((0, 4), (9, 10)))
    whole = there.read("descent", question=asked.key, problems=[9, 2, 9])
    assert whole["problem"].values.tolist() == [9, 2, 9]
    xr.testing.assert_identical(
        whole.isel(problem=[1]), opened.read("descent", question=asked.key, problems=[2])
    )
    xr.testing.assert_equal(
        whole.isel(problem=[0]), LiveAnswers(root).read("descent", asked.key, 9)
    )
    every = there.read("descent", question=asked.key, variables=["alpha_bar"])
    assert "problem" not in every.dims
    # Of another problem nothing is known, and the store itself knows nothing new.
    assert about(opened, 8) is opened
    assert question(opened, "descent").rows == 4
    assert there.generation.startswith(f"{opened.generation}+live-")
    assert about(opened, 9).generation == there.generation


def test_a_question_that_no_sweep_asked_stands_behind_those_of_the_store(root, opened):
    asked = question(opened, "descent")
    other = asked.question.__class__(
        asked.analysis, asked.version, {**asked.parameters, "clip": 5.0}, asked.inputs
    )
    publish(root, other, asked.problems, 1)
    there = about(opened, 1)
    descents = [q for q in there.questions() if q.analysis == "descent"]
    assert [q.key for q in descents] == [asked.key, other.key]
    assert (descents[1].title, descents[1].model) == ("clip 5.0", asked.model)
    assert live.is_live(there, other.key, 1)
    assert not live.is_live(there, asked.key, 1)
    page = drawn.page(opened, "landscape", problem=1, walk=other.key[:8])
    traces = drawn.outcome(page, "traces")
    assert isinstance(traces, Drawn)
    assert {"stored_energy", "stored_mse"} <= set(traces.numbers)
    assert traces.note[0].startswith("clip 5.0 · MSE")
    stored = reading.about(opened, asked, 1)["step_mse"].sel(level=[9]).values
    np.testing.assert_allclose(traces.numbers["stored_mse"].values[0], stored[0])
    refused = drawn.page(opened, "landscape", problem=1, walk="0" * 8)
    assert any("no such descent" in line for line in refused.address.messages)


def test_evicted_answers_are_gone_from_the_page(root, opened):
    asked = question(opened, "descent")
    publish(root, asked.question, asked.problems, 9)
    assert about(opened, 9) is not opened
    live_answers = LiveAnswers(root)
    (entry,) = live_answers.entries()
    live_answers._remove(entry.address)
    assert about(opened, 9) is opened


def test_a_broken_record_costs_itself_and_is_read_once_it_is_whole(root, opened):
    asked = question(opened, "descent")
    publish(root, asked.question, asked.problems, 9)
    folder = LiveAnswers(root).folder / "results" / "descent" / asked.key
    whole = (folder / "question.json").read_bytes()
    (folder / "question.json").write_bytes(whole[:20])
    index = live_index.LiveIndex(LiveAnswers(root).folder)
    assert index.questions() == []
    (folder / "question.json").write_bytes(whole)
    assert [q.key for q in index.questions()] == [asked.key]
    assert index.questions()[0] is index.questions()[0]


def test_what_is_missing_of_a_problem_is_the_question_that_the_store_asks(opened, monkeypatch):
    monkeypatch.setattr(live, "_offered", True)
    page = drawn.page(opened, "landscape", problem=77)
    assert page.address["problem"] == 77
    for name, analysis in (("traces", "descent"), ("slice", "landscape_slice")):
        missing = drawn.outcome(page, name)
        assert isinstance(missing, Missing)
        stored = question(opened, analysis)
        assert (missing.compute.analysis, missing.compute.problem) == (analysis, 77)
        assert missing.compute.parameters == stored.parameters
        declared = {r: k for r, k in stored.inputs.items() if r not in ("model", "problems")}
        assert missing.compute.inputs == declared
    box = asking.box(missing.compute)
    assert box["parameters"] == []  # they are the stored question's
    monkeypatch.setattr(live, "_offered", False)
    settled = drawn.page(opened, "landscape", problem=77)
    assert settled.address["problem"] == 3


def test_an_analysis_that_was_never_asked_offers_its_parameters(tmp_path):
    root = fake_store.make(tmp_path / "s", count=2, analyses=("problem_properties", "descent"))
    with store.open(root) as opened:
        page = drawn.page(opened, "landscape", problem=1)
        missing = drawn.outcome(page, "spectrum")
        fields = {one["name"]: one for one in asking.box(missing.compute)["parameters"]}
        assert fields["dtype"]["choices"]
        assert missing.compute.parameters == {}
        # What reads an answer that somebody has to choose is asked by a sweep.
        assert outcomes.lacks(page.scene, ["dictionary_codes"], 1).compute is None
        assert outcomes.lacks(page.scene, ["descent"], None).compute is None


def test_a_copied_line_asks_the_very_answer_that_is_shown(root, opened):
    asked = question(opened, "descent")
    other = asked.question.__class__(
        asked.analysis, asked.version, {**asked.parameters, "jump": False}, asked.inputs
    )
    publish(root, other, asked.problems, 1)
    page = drawn.page(opened, "landscape", problem=1, walk=other.key)
    traces = drawn.outcome(page, "traces")
    lines = outcomes.command(traces, page.scene.store).splitlines()
    assert len(lines) == 1
    words = shlex.split(lines[0])
    assert words[:5] == ["python", "-m", "precompute", "ask", "descent"]
    assert words[words.index("--model") + 1] == asked.model
    assert words[words.index("--problem") + 1] == "1"
    assert "jump=false" in words
    assert not any(word.startswith("clip=") for word in words)  # it is the default
    python = drawn.payload(page, "traces")
    assert f'.read(\\"descent\\", \\"{other.key}\\", 1' in python


def test_an_edited_problem_says_what_was_changed_and_what_it_did(root, opened):
    first = question(opened, "problem_properties")
    descent = question(opened, "descent")
    n = first.problems.size
    x = np.eye(n) + 0.1
    before = {"x": x[None, None], "y_true": np.linalg.inv(x)[None]}
    changed = x.copy()
    changed[1, 2] = changed[2, 1] = 0.7
    content = given.Content(
        first.problems.task, n, changed.reshape(1, -1), np.linalg.inv(changed).reshape(1, -1), 9
    )
    contents.publish(LiveAnswers(root), content)
    publish(root, first.question, first.problems, 9, **before)
    publish(root, descent.question, first.problems, 9, answer=np.zeros((1, 10, n, n)))
    own_set = content.problems
    for one, values in (
        (first, {"x": changed[None, None], "y_true": np.linalg.inv(changed)[None]}),
        (descent, {"answer": np.full((1, 10, n, n), 0.5)}),
    ):
        inputs = {r: own_set.digest if r == "problems" else k for r, k in one.inputs.items()}
        asked = one.question.__class__(one.analysis, one.version, one.parameters, inputs)
        publish(root, asked, own_set, 9, **values)
    live.offer(True)
    try:
        page = drawn.page(
            opened, "landscape", model=descent.model, set=links.set_name(own_set), problem=9,
            origin=links.set_name(first.problems),
        )  # fmt: skip
    finally:
        live.offer(False)
    assert page.subject.problems == own_set
    said = drawn.outcome(page, "own")
    assert isinstance(said, Drawn)
    text = str(said.body.lines)
    assert "Problem 9, 2 entries changed" in text
    assert "x[1, 2] 0.1 → 0.7" in text
    assert "The answer moves by 0.5 (rms)" in text
    assert "no truth" not in text
    assert said.numbers["answer_moved"] == 0.5
    assert said.numbers["changed"] == 2
    matrices = drawn.outcome(page, "matrices")
    assert matrices.edits.problems == first.problems
    assert {(c["row"], c["col"]) for c in matrices.edits.changes} == {(1, 2), (2, 1)}
    assert len(matrices.body.layout["shapes"]) == 2
    command = outcomes.command(matrices, page.scene.store)
    assert f"--x {content.digest}" in command


@pytest.mark.parametrize("task", ["inverse", "addition", "completion"])
def test_a_move_that_rounding_can_make_is_no_effect(task):
    def moved(by: float) -> str:
        answers = [xr.Dataset({"answer": (("level", "row", "column"), np.zeros((1, 3, 3)))},
                              {"level": [0]}) for _ in range(2)]  # fmt: skip
        answers[1]["answer"][0, 1, 2] = by
        problem = xr.Dataset({"y_true": (("row", "column"), np.zeros((3, 3))),
                              "baseline_mse": ("baseline", [0.5, 0.25])})  # fmt: skip
        before = own.Origin(np.zeros((1, 3, 3)), problem, answers[0], [])
        return "".join(own._moved(task, problem, answers[1], before).words)

    assert moved(0.9 * ROUNDING[task]).startswith("No entry of the answer moves by more than")
    assert moved(0.0).endswith("no visible effect.")
    assert moved(-1.1 * ROUNDING[task]).startswith("The answer moves by")


def test_hidden_and_shown_entries_are_told_from_changed_ones():
    before = np.array([[[1.0, 0.0], [2.0, 3.0]]])
    now = np.array([[[0.0, 5.0], [2.0, 4.0]]])
    assert own.changes("completion", now, before) == [
        {"row": 0, "col": 0, "observed": False},
        {"row": 0, "col": 1, "observed": True},
        {"row": 1, "col": 1, "value": 4.0},
    ]
    assert own.changes("addition", np.stack([now[0], now[0]]), np.stack([now[0], before[0]])) == [
        {"row": 0, "col": 0, "part": 1, "value": 0.0},
        {"row": 0, "col": 1, "part": 1, "value": 5.0},
        {"row": 1, "col": 1, "part": 1, "value": 4.0},
    ]


@pytest.mark.parametrize("size", [4, 20])
def test_the_name_of_a_set_is_read_back(size):
    own_set = ProblemSet("completion", "same", size, 0, "0123456789abcdef01234567")
    for problems in (own_set, ProblemSet("inverse", "harder", size, 12)):
        assert links.set_of(links.set_name(problems)) == problems
        assert drawn.address("landscape", set=links.set_name(problems))["set"]
    assert links.set_name(own_set) == f"completion-own-{size}-0123456789abcdef01234567"


def test_matrices_that_are_gone_are_named_and_another_problem_is_shown(opened, monkeypatch):
    monkeypatch.setattr(live, "_offered", True)
    gone = f"inverse-own-{fake_store.PROBLEMS.size}-{'0' * 24}"
    page = drawn.page(opened, "landscape", set=gone)
    assert any("no such set" in line for line in page.address.messages)


def ask(root, opened, name, parameters, inputs, problem=1, **values):
    """Publish a live answer of an analysis about a problem; its key."""
    first = question(opened, "descent")
    filled = {"model": first.model, "problems": first.problems.digest, **inputs}
    asked = registry.get(name).question(filled, parameters)
    publish(root, asked, first.problems, problem, **values)
    return asked.key


def test_a_point_is_found_by_its_coordinates_and_shown_beside_the_answer(root, opened):
    slice_ = question(opened, "landscape_slice")
    inputs = {"slice": slice_.key, "descent": slice_.inputs["descent"]}
    page = drawn.page(opened, "landscape", problem=1, point=(0.25, -0.5))
    missing = drawn.outcome(page, "point")
    assert isinstance(missing, Missing)
    assert missing.compute.parameters == {"a": 0.25, "b": -0.5}
    assert missing.compute.inputs == {"slice": slice_.key}
    key = ask(root, opened, "point", {"a": 0.25, "b": -0.5}, inputs, outside_box=np.array([3.0]),
              energy=np.full((1, 10), 7.125))  # fmt: skip
    page = drawn.page(opened, "landscape", problem=1, point=(0.25, -0.5))
    found = drawn.outcome(page, "point")
    assert isinstance(found, Drawn)
    assert found.questions[0].question.key == key
    assert found.numbers["place"].values.tolist() == ["answer", "point"]
    assert (found.numbers["energy"].sel(place="point") == 7.125).all()
    stored = question(opened, "hessian_spectrum")
    beside = reading.about(opened, stored, 1)["energy"].sel(place="answer", level=0)
    assert float(found.numbers["energy"].sel(place="answer", level=0)) == float(beside)
    assert "outside the box in 3 entries: out of reach" in found.note
    spectrum = drawn.outcome(page, "point_spectrum")
    assert isinstance(spectrum, Drawn)
    assert "nan" not in " ".join(spectrum.note).lower()
    marks = [t["name"] for t in drawn.outcome(page, "slice").body.levels[0]]
    assert "point" in marks
    # A point of another place on the plane is another question.
    other = drawn.page(opened, "landscape", problem=1, point=(0.25, -0.4))
    assert isinstance(drawn.outcome(other, "point"), Missing)


def test_a_click_on_the_surface_is_a_point_where_questions_are_answered(opened, monkeypatch):
    address = drawn.page(opened, "landscape", problem=1).address
    surface = Picked(trace=0, x=0.123456, y=-1)
    assert point.picked(address, surface) is None
    monkeypatch.setattr(live, "_offered", True)
    assert point.picked(address, surface) == {"point": (0.1235, -1.0)}
    for other in (Picked(trace=2, custom=(3, 1), x=0.1, y=0.2), Picked(trace=0, x="a", y=0.1)):
        assert point.picked(address, other) is None


@pytest.mark.parametrize("text", ["0.1", "a~b", "1~", "~1", "1e9~0", "nan~0", "1~2~3"])
def test_a_point_that_is_none_is_refused_in_the_address(text):
    said = links.parse("landscape", {"point": [text]})
    assert said["point"] is None
    assert any("a~b" in line or "number" in line for line in said.messages)


def test_a_slice_along_directions_is_named_drawn_and_offered_anew(root, opened):
    slice_ = question(opened, "landscape_slice")
    inputs = {"slice": slice_.key, "descent": slice_.inputs["descent"]}
    key = ask(root, opened, "directed_slice", {"u": "error", "v": "state", "v_level": 3,
              "v_step": 2}, inputs)  # fmt: skip
    page = drawn.page(opened, "landscape", problem=1, q=key)
    assert (page.address["plane"], page.address["centre"]) == ("directions", "answer")
    found = drawn.outcome(page, "slice")
    assert isinstance(found, Drawn)
    names = (found.numbers["a"].attrs["long_name"], found.numbers["b"].attrs["long_name"])
    assert names == ("error", "towards t=3, step 2")
    plain, directed, _ = found.asks
    assert (plain.analysis, plain.again, plain.inputs) == (
        "landscape_slice", True, {"descent": slice_.inputs["descent"]},
    )  # fmt: skip
    assert (directed.analysis, directed.again) == ("directed_slice", True)
    assert directed.parameters["v_level"] == 3
    # A point of this plane is asked by its coordinates on this plane.
    at = drawn.page(opened, "landscape", problem=1, q=key, point=(0.5, -0.25))
    asked = drawn.outcome(at, "point")
    assert isinstance(asked, Missing)
    assert asked.compute.inputs == {"slice": key}
    inputs = {"slice": key, "descent": slice_.inputs["descent"]}
    there = ask(root, opened, "point", {"a": 0.5, "b": -0.25}, inputs)
    at = drawn.page(opened, "landscape", problem=1, q=key, point=(0.5, -0.25))
    assert drawn.outcome(at, "point").questions[0].question.key == there
    _, around, _ = drawn.outcome(at, "slice").asks
    assert (around.inputs, around.again) == ({"slice": key}, False)
    assert around.parameters == {"place": "point", "a": 0.5, "b": -0.25}
    base = drawn.outcome(drawn.page(opened, "landscape", problem=1, point=(0.5, 0.5)), "slice")
    assert base.asks[1].parameters == {"place": "point", "a": 0.5, "b": 0.5}
    assert not base.asks[1].again
    gone = drawn.outcome(drawn.page(opened, "landscape", problem=2, plane="directions"), "slice")
    assert isinstance(gone, Missing)


@pytest.fixture
def with_dictionary(tmp_path):
    names = (*SUBJECT, "activations", "dictionary", "dictionary_codes")
    root = fake_store.make(tmp_path / "s", count=4, analyses=names)
    with store.open(root) as opened:
        yield root, opened


@pytest.mark.parametrize(
    ("parameters", "shifts", "words"),
    [
        ({"strength": 0.0}, (0, 0.02, 0.001, 0.002, 0.003), "Feature 3 off: ‖Δŷ‖ 0.02"),
        ({"strength": 2.0}, (0, 0.002, 0.001, 0.002, 0.003), "no more than chance"),
        ({"strength": 1.0}, (0, 0, 0, 0, 0), "nothing is changed"),
        ({"mode": "add", "strength": -2.0, "level": 4}, (0, 0.5, 0.1, 0.1, 0.1),
         "Atom of feature 3 added, strength −2 (scaled frame) at t = 4"),
    ],
)  # fmt: skip
def test_steering_says_how_far_the_answer_moves_beside_chance(
    with_dictionary, parameters, shifts, words
):
    root, opened = with_dictionary
    dictionary = question(opened, "dictionary")
    features = drawn.outcome(drawn.page(opened, "landscape", problem=1), "features")
    (offered,) = features.asks
    assert offered.inputs == {"dictionary": dictionary.key}
    inputs = {
        "dictionary": dictionary.key, "activations": dictionary.inputs["activations"],
        "descent": question(opened, "descent").key,
    }  # fmt: skip
    shift = np.repeat(np.array(shifts, float)[None, :, None], 10, axis=2)
    given_ = {"feature": 3, **parameters}
    key = ask(root, opened, "steered_descent", given_, inputs, shift=shift)
    page = drawn.page(opened, "landscape", problem=1, steer=key)
    said = drawn.outcome(page, "steered")
    assert isinstance(said, Drawn), said
    assert words in str(said.body.lines)
    assert "One problem: no interval." in str(said.body.lines)
    np.testing.assert_allclose(said.numbers["shift"].sel(level=0), shifts)
    gone = drawn.page(opened, "landscape", problem=1, steer="0" * 24)
    assert isinstance(drawn.outcome(gone, "steered"), Missing)


@pytest.mark.parametrize(("moved", "words"), [(0.02, "0.02; random"), (0.002, "than chance")])
def test_steering_along_a_probe_stands_beside_random_directions(tmp_path, moved, words):
    root = probe_store.make(tmp_path / "store", found=True)
    with store.open(root) as opened:
        probes, descent = question(opened, "probes"), question(opened, "descent")
        inputs = {"probes": probes.key, "descent": descent.key}
        shift = np.array([0, moved, 0.001, 0.002, 0.003])[None, :, None].repeat(10, axis=2)
        given_ = {"property": "trace", "site": "h2", "level": 4, "strength": -1.5}
        key = ask(root, opened, "probe_steered", given_, inputs, shift=shift)
        found = drawn.outcome(drawn.page(opened, "landscape", problem=1, steer=key), "steered")
        said = str(found.body.lines)
        assert "Along the probe of trace from h2, strength −1.5, at t = 4: ‖Δŷ‖" in said
        assert "random directions of the same length 0.001, 0.002, 0.003" in said
        assert words in said.replace("'), '", "").replace("')", "")


def test_a_draft_is_marked_cannot_be_asked_anew_and_says_what_is_to_come(root, opened):
    asked = question(opened, "hessian_spectrum")
    whole = fake_store.answer(asked.question, asked.problems, 9, 10, {})
    variables = [n for n, v in whole.data_vars.items() if "level" in v.dims and "place" in v.dims]
    kept = handed.of(LiveAnswers(root).folder)
    for name in ("problem_properties", "descent"):
        publish(root, question(opened, name).question, asked.problems, 9)
    kept.take_part(asked.question, 9, "level 0", whole[variables].isel(level=[0]))
    assert isinstance(
        drawn.outcome(drawn.page(opened, "landscape", problem=9), "spectrum"), Missing
    )
    with live.with_draft(asked.key):
        page = drawn.page(opened, "landscape", problem=9)
        payload = json.loads(drawn.payload(page, "spectrum"))
    assert (payload["state"], payload["word"], payload["asks"]) == ("draft", "draft", None)
    assert payload["notes"][:-1] == 9 * ["not here yet"]
    assert "above" in payload["notes"][-1]
    for level in payload["levels"][:-1]:
        assert not any(np.isfinite(np.asarray(t.get("y", []), dtype=float)).any() for t in level)


def test_a_panel_whose_run_was_interrupted_is_not_taken_for_placed(opened, monkeypatch):
    """Streamlit leaves a run at its next message; that panel has to be placed by the next one."""

    class Interrupted(Exception):
        pass

    def host_of(*_, **__):
        if state["again"]:
            return
        raise Interrupted

    page = drawn.page(opened, "landscape")
    state = {page_panels._PAGE: page, page_panels._PLACED: {}, page_panels._DRAFTS: {},
             page_panels._SELECTED: {}, "again": False}  # fmt: skip
    monkeypatch.setattr(page_panels.st, "session_state", state)
    monkeypatch.setattr(page_panels.st, "container", lambda **_: contextlib.nullcontext())
    monkeypatch.setattr(page_panels.look, "active", lambda: "light")
    monkeypatch.setattr(page_panels.host, "panel", host_of)
    one = drawn.panel(page, "spectrum")
    with pytest.raises(Interrupted):
        page_panels._panel(one)
    assert state[page_panels._PLACED] == {}
    state["again"] = True
    page_panels._panel(one)
    assert list(state[page_panels._PLACED]) == ["spectrum"]
