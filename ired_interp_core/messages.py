"""What the app and the server of live answers say to each other: one JSON object a line. Light.

Requests go one way (`Ask`, `Price`, `Edit`, `Load`, `Cancel`, `Leave`), `Said` the other. A session
is whoever may have one request running and one waiting, a request is one of its questions; both are
words of the asker's.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import xarray as xr

from ired_interp_core.contents import Change
from ired_interp_core.errors import Refusal
from ired_interp_core.records import ProblemSet

MOST_LINE = 2**21
"""Bytes of a request: a question has some hundreds, a file of 1 MB in base64 a third more."""

WHOLE = "answer"
"""Name of the draft that is the whole of an answer, which is yet to be published."""

MOST_WORD = 64
"""Characters of a session or request."""

SAYS = (
    "ready", "price", "waiting", "running", "progress", "draft", "answer", "made", "replaced",
    "cancelled", "refused", "failed", "error",
)  # fmt: skip
"""`ready`: the server, with its limits. Of a request: its `price`, `waiting` and its place,
`running`, its `progress` in words, a `draft` (a finished part; the one named `answer` is the whole,
before it is published), and at last one of `answer` (with its key), `made` (a problem: its
set, numbers and facts), `replaced` by a newer one, `cancelled`, `refused` (before it began, or
because no problem can be made of it), or `failed`. `error`: of what was no request."""


@dataclass(frozen=True)
class Ask:
    """A question about one problem.

    Args:
        session: who asks.
        request: their word for it.
        analysis: name; of those that may be asked live.
        problems: the set.
        problem: index in it.
        model: digest; empty where none is needed.
        parameters: given ones.
        inputs: role → key of the answer that is read; the defaults' where left out.
    """

    session: str
    request: str
    analysis: str
    problems: ProblemSet
    problem: int
    model: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Price(Ask):
    """What an answer would cost: asked before the question, and nothing is computed."""


@dataclass(frozen=True)
class Cancel:
    """Take back one's part in a request, whether it waits or runs."""

    session: str
    request: str


@dataclass(frozen=True)
class Leave:
    """Take back all requests of a session: whoever asked has gone."""

    session: str


@dataclass(frozen=True)
class Edit:
    """Make a problem of another one by changing some of its entries.

    Args:
        session: who asks.
        request: their word for it.
        problems: the set of the other one, seeded or made.
        problem: index in it, and in the set that is made.
        changes: entries and what becomes of them, in order.
        symmetric: for inverse, change the entry across the diagonal too.
    """

    session: str
    request: str
    problems: ProblemSet
    problem: int
    changes: Sequence[Change]
    symmetric: bool = True


@dataclass(frozen=True)
class Load:
    """Make problems of a file, or of text that was pasted.

    Args:
        session: who asks.
        request: their word for it.
        task: inverse, addition or completion.
        size: matrix side; 0: as the file says.
        data: the bytes in base64.
        name: of the file, for people.
    """

    session: str
    request: str
    task: str
    size: int
    data: str
    name: str = ""


Request = Ask | Edit | Load | Cancel | Leave

_VERBS: Mapping[str, type] = {
    "ask": Ask, "price": Price, "edit": Edit, "load": Load, "cancel": Cancel, "leave": Leave,
}  # fmt: skip
_TYPES = {
    "session": str, "request": str, "analysis": str, "problems": dict, "problem": int,
    "model": str, "parameters": dict, "inputs": dict, "changes": list, "symmetric": bool,
    "task": str, "size": int, "data": str, "name": str,
}  # fmt: skip
_OPTIONAL = {"model", "parameters", "inputs", "symmetric", "name"}


@dataclass(frozen=True)
class Said:
    """What the server says.

    Args:
        say: of `SAYS`.
        session: whom it is for; empty for everybody.
        request: which of theirs.
        analysis: name.
        key: of the question.
        problem: index; −1 for none.
        place: in the line, from 1; 0 when it does not wait.
        seconds: expected of what waits or runs, taken by what is answered.
        words: one line for people.
        next_step: what they can do.
        stored: whether the answer was there already.
        saved: whether it can be read by its key; if not, it is the draft named `answer`, and
            `words` say what hindered.
        name: of a draft.
        question: that a draft belongs to.
        part: its arrays, see `pack`; of a problem that was made `x`, `y_true`, and for an edited
            one `x_before`.
        problems: the set that was made; its first problem is `problem`.
        facts: about that, see `own.facts`.
        limits: of a server that is ready.
    """

    say: str
    session: str = ""
    request: str = ""
    analysis: str = ""
    key: str = ""
    problem: int = -1
    place: int = 0
    seconds: float = 0.0
    words: str = ""
    next_step: str = ""
    stored: bool = False
    saved: bool = True
    name: str = ""
    question: Mapping[str, Any] | None = None
    part: Mapping[str, Any] | None = None
    problems: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] | None = None
    limits: Mapping[str, Any] | None = None


def line(message: Request | Said) -> bytes:
    """Spell a message, without the fields that are at their defaults."""
    if isinstance(message, Said):
        record = {f.name: getattr(message, f.name) for f in fields(message)}
        record = {f.name: record[f.name] for f in fields(message) if record[f.name] != f.default}
    else:
        verb = next(word for word, kind in _VERBS.items() if type(message) is kind)
        record = {"do": verb, **asdict(message)}
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def read_request(text: bytes) -> Request:
    """Read a request.

    Args:
        text: a line.

    Returns:
        The request; what its question holds is not looked at.

    Raises:
        Refusal: no request.
    """
    record = _object(text)
    verb = record.pop("do", None)
    kind = _VERBS.get(verb) if isinstance(verb, str) else None
    if kind is None:
        raise Refusal("unknown request", came=f"do: {verb!r}", expected=", ".join(_VERBS))
    known = {f.name for f in fields(kind)}
    needed = known - _OPTIONAL
    if not needed <= set(record) <= known or any(
        type(value) is not _TYPES[name] for name, value in record.items()
    ):
        expected = ", ".join(f"{n} ({_TYPES[n].__name__})" for n in sorted(known))
        raise Refusal(f"unusable request: {verb}", came=sorted(record), expected=expected)
    for name in {"session", "request"} & known:
        word = record[name]
        if not (0 < len(word) <= MOST_WORD and word.isprintable()):
            expected = f"1 to {MOST_WORD} printable characters"
            raise Refusal(f"unusable {name}", came=repr(word), expected=expected)
    if "problems" in record:
        record["problems"] = ProblemSet.from_dict(record["problems"])
    if "changes" in record:
        record["changes"] = tuple(map(Change.from_dict, record["changes"]))
    if not all(isinstance(key, str) for key in record.get("inputs", {}).values()):
        raise Refusal("unusable inputs", came=record["inputs"], expected="role → key")
    request: Request = kind(**record)
    return request


def read_said(text: bytes) -> Said:
    """Read what the server said; a `Refusal` for what it does not say."""
    record = _object(text)
    known = {f.name: f for f in fields(Said)}
    if record.get("say") not in SAYS or not set(record) <= set(known):
        raise Refusal("unknown words of the server", came=sorted(record), expected=", ".join(SAYS))
    return Said(**record)


def _object(text: bytes) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refusal("line is no JSON", came=error, expected="one JSON object") from error
    if not isinstance(record, dict):
        raise Refusal("line is no JSON object", came=type(record).__name__)
    return record


def pack(part: xr.Dataset) -> dict[str, Any]:
    """Spell arrays for a line: dims, dtype, shape, and bytes in base64."""
    return {
        str(name): {
            "dims": list(array.dims),
            "dtype": array.dtype.str,
            "shape": list(array.shape),
            "data": base64.b64encode(np.ascontiguousarray(array.values).tobytes()).decode(),
        }
        for name, array in part.variables.items()
    }


def unpack(packed: Mapping[str, Any]) -> xr.Dataset:
    """Read arrays back; those named as their only dim are coordinates."""
    read = {}
    for name, a in packed.items():
        flat = np.frombuffer(base64.b64decode(a["data"]), np.dtype(a["dtype"]))
        read[name] = (tuple(a["dims"]), flat.reshape(a["shape"]))
    coords = {name: v for name, v in read.items() if v[0] == (name,)}
    return xr.Dataset({n: v for n, v in read.items() if n not in coords}, coords)
