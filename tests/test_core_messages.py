"""Lines between the app and the server of live answers: what is said is read, the rest refused."""

import base64
import json
import math
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from ired_interp_core import messages
from ired_interp_core.contents import Change
from ired_interp_core.errors import Refusal
from ired_interp_core.messages import Ask, Cancel, Edit, Leave, Load, Said
from ired_interp_core.records import ProblemSet

ASK = Ask("tab", "1", "descent", ProblemSet("inverse", "same", 20, 0), 7, "ab12", {"clip": 5.0})


EDIT = Edit("tab", "1", ASK.problems, 7, (Change(3, 7, 0.5), Change(0, 1, observed=False, part=1)))
LOAD = Load("tab", "1", "inverse", 20, base64.b64encode(b"0,5;1,25").decode(), "x.csv")


@pytest.mark.parametrize(
    "request_", [ASK, EDIT, replace(EDIT, symmetric=False), LOAD, Cancel("tab", "1"), Leave("tab")]
)
def test_requests_come_back(request_: messages.Request) -> None:
    text = messages.line(request_)
    assert text.count(b"\n") == 1
    assert messages.read_request(text) == request_


def test_what_the_server_says_comes_back_and_defaults_are_not_spelled() -> None:
    said = Said("waiting", "tab", "1", place=2, seconds=0.25)
    assert messages.read_said(messages.line(said)) == said
    assert set(json.loads(messages.line(said))) == {"say", "session", "request", "place", "seconds"}


def test_arrays_come_back_to_the_bit() -> None:
    part = xr.Dataset(
        {
            "energy": (("problem", "level"), np.array([[np.nan, np.inf]], "f4")),
            "fate": (("problem",), np.array([-1], "i1")),
        },
        {"problem": [7], "level": [3, 4], "place": np.array(["truth", "answer"])},
    )
    packed = json.loads(json.dumps(messages.pack(part)))
    xr.testing.assert_identical(messages.unpack(packed), part)


def altered(of: messages.Request = ASK, **fields: object) -> bytes:
    record = json.loads(messages.line(of)) | fields
    return json.dumps({k: v for k, v in record.items() if v is not ...}).encode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "no JSON"), (b"\xff\x00", "no JSON"), (b"[" * 100_000, "no JSON"),
        (b"1" * 10_000, "no JSON"), (b"[1]", "no JSON object"), (b"{}", "unknown request"),
        (altered(do=[1]), "unknown request"), (altered(do="stop"), "unknown request"),
        (altered(problem=True), "unusable request"), (altered(problem=1.5), "unusable request"),
        (altered(problem=...), "unusable request"), (altered(more=1), "unusable request"),
        (altered(session=""), "unusable session"), (altered(session="a" * 65), "unusable session"),
        (altered(request="a\nb"), "unusable request"), (altered(inputs={"a": 1}), "unusable input"),
        (altered(problems={"task": "inverse"}), "no problem set"),
        (altered(problems={"task": "x", "variant": "same", "size": 3, "seed": 0}), "unknown task"),
        (altered(problems={**ASK.problems.as_dict(), "content": "../../x"}), "no digest"),
        (altered(EDIT, changes={}), "unusable request"), (altered(EDIT, symmetric=1), "unusable"),
        (altered(EDIT, changes=[1]), "unusable change"), (altered(EDIT, changes=[{}]), "unusable"),
        (altered(EDIT, changes=[{"row": 0, "col": 1, "more": 2}]), "unusable change"),
        (altered(EDIT, changes=[{"row": 0, "col": True, "value": 1}]), "unusable change"),
        (altered(EDIT, changes=[{"row": 0, "col": 1.0, "value": 1}]), "unusable change"),
        (altered(EDIT, changes=[{"row": 0, "col": 1, "value": "1"}]), "unusable change"),
        (altered(EDIT, changes=[{"row": 0, "col": 1, "value": 10**400}]), "no float holds"),
        (altered(EDIT, changes=[{"row": 0, "col": 1, "value": math.nan}]), "finite value"),
        (altered(EDIT, changes=[{"row": 0, "col": 1, "observed": "no"}]), "unusable change"),
        (altered(EDIT, problem="7"), "unusable request"), (altered(EDIT, data=""), "unusable req"),
        (altered(LOAD, data=[1]), "unusable request"), (altered(LOAD, size="20"), "unusable req"),
        (altered(LOAD, task=None), "unusable request"), (altered(LOAD, data=...), "unusable req"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_in_one_line(text: bytes, words: str) -> None:
    with pytest.raises(Refusal) as refusal:
        messages.read_request(text)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 2000


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["do", "session", "problems", "problem", "inputs"]),
                       st.recursive(st.none() | st.booleans() | st.integers() | st.text(),
                                    lambda v: st.lists(v) | st.dictionaries(st.text(), v))
))  # fmt: skip
def test_forged_lines_raise_nothing_but_refusals(record: dict) -> None:
    text = json.dumps({"do": "ask", "session": "s", "request": "r", "analysis": "a"} | record)
    try:
        messages.read_request(text.encode())
    except Refusal as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017 - what it raises is what is looked at


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["edit", "load"]), st.dictionaries(
    st.sampled_from(["problems", "problem", "changes", "symmetric", "task", "size", "data"]),
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(),
                 lambda v: st.lists(v) | st.dictionaries(st.sampled_from(["row", "value"]), v))
))  # fmt: skip
def test_forged_makings_raise_nothing_but_refusals(verb: str, record: dict) -> None:
    whole = json.loads(messages.line(EDIT if verb == "edit" else LOAD))
    try:
        messages.read_request(json.dumps(whole | record).encode())
    except Refusal as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017 - what it raises is what is looked at


def test_unknown_words_of_the_server_are_refused() -> None:
    with pytest.raises(Refusal, match="unknown words"):
        messages.read_said(b'{"say":"hello"}')
