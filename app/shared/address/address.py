"""The address is the state: the only owner of parameter names, their meaning and their spelling.

A view reads its address before the first widget (`current`), settles with the store what only the
store knows (does this model exist?), then `bind`s: every widget's value comes from the address. A
widget writes back by `on_change=links.push`, one history entry for each deliberate choice, so that
Back and Forward work. Tried in Chromium, Streamlit 1.67: writing `st.query_params` in a callback
pushes a history entry, and Back reruns the script with the older query; `bind="query-params"` only
replaces the entry.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from ired_interp_core import published
from ired_interp_core.analyses.landscape_slice import PLANES
from ired_interp_core.records import KEY_LENGTH, ProblemSet
from ired_interp_core.schema import LEVELS, PLACES
from ired_interp_core.tasks import TASKS, VARIANTS

MOST_BYTES = 2000
"""Longest address we write; browsers, chat programs and proxies cut longer ones."""
MOST_READ = 8192
"""Longest query that is looked at, in characters."""
MOST_MESSAGES = 5
MOST_FILTERS = 8
OPERATORS = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "="}
CENTRES = (*PLACES, "trajectory", "start")
ATOMS = "atoms"
"""The plane of a slice along atoms, beside those of `landscape_slice`."""
SHEETS = ("dictionaries", "atoms", "compare", "training")
"""Of the view Features."""
OWN = frozenset({"q", "sheet"})
"""Names that mean another thing in another view: a question of its analysis, one of its sheets."""
ANNEALING_SHEETS = ("levels", "training")
"""Of the view Annealing: by level, or against training step."""
MOST_SERIES = 4
"""Series of checkpoints that are drawn over each other."""
SHOWN = ("input", "state", "problem")
"""What is drawn of a feature's examples: what the dictionary saw there, the state ỹ, or x."""


class Unusable(ValueError):
    """A value that the address may not have; its text is what was expected."""


@dataclass(frozen=True)
class Field:
    """One parameter.

    Args:
        default: where the address says nothing.
        parse: text → value; raises `Unusable`.
        spell: value → text.
        most: how often the parameter may be repeated; more than 1 makes the value a tuple.
        live: the browser itself changes it in the address (no round trip), so that the address
            knows better than the server's last run.
    """

    default: Any
    parse: Callable[[str], Any]
    spell: Callable[[Any], str] = str
    most: int = 1
    live: bool = False


@dataclass(frozen=True)
class Filter:
    """Keep the problems whose column compares so with a number.

    Args:
        column: as `reading.columns` spells it.
        operator: a key of `OPERATORS`.
        number: finite.
    """

    column: str
    operator: str
    number: float

    def __str__(self) -> str:
        return f"{self.column}~{self.operator}~{self.number:.6g}"


def _choice(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise Unusable("expected " + ", ".join(a or "nothing" for a in allowed))
        return text

    return parse


def _integer(low: int, high: int, empty: bool = False) -> Callable[[str], int | None]:
    def parse(text: str) -> int | None:
        if empty and not text:
            return None
        if not re.fullmatch(r"[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise Unusable(f"expected {low} … {high}")
        return int(text)

    return parse


def _pattern(pattern: str, expected: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)

    def parse(text: str) -> str:
        if not compiled.fullmatch(text):
            raise Unusable(f"expected {expected}")
        return text

    return parse


def _number(text: str) -> float:
    if not re.fullmatch(r"[-+]?[0-9]{0,20}\.?[0-9]{0,20}(e[-+]?[0-9]{1,3})?", text, re.ASCII):
        raise Unusable("expected a number")
    try:
        value = float(text)
    except ValueError:
        raise Unusable("expected a number") from None
    if not math.isfinite(value):
        raise Unusable("expected a finite number")
    return value


def _set(text: str) -> str:
    match = re.fullmatch(r"([a-z]{1,20})-([a-z]{1,20})-([0-9]{1,3})-([0-9]{1,10})", text, re.ASCII)
    if text and not (match and match[1] in TASKS and match[2] in VARIANTS):
        raise Unusable("expected task-variant-size-seed, like inverse-same-20-0")
    return text


def _lock(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    low, tilde, high = text.partition("~")
    if not tilde or not _number(low) < _number(high):
        raise Unusable("expected two numbers, low~high")
    return _number(low), _number(high)


def _filter(text: str) -> Filter:
    parts = text.split("~")
    if len(parts) != 3 or parts[1] not in OPERATORS:
        raise Unusable(f"expected column~operator~number, operator {', '.join(OPERATORS)}")
    return Filter(_column(parts[0]), parts[1], _number(parts[2]))


def _spell_lock(lock: tuple[float, float] | None) -> str:
    return f"{lock[0]:.6g}~{lock[1]:.6g}" if lock else ""


def _spell_optional(value: Any) -> str:
    return "" if value is None else str(value)


_column = _pattern(r"[a-z0-9_.]{1,80}", "a column")
_pick = _pattern(
    r"|[a-z0-9_.]{1,80}~(0|5|25|50|75|95|100|share)~[0-3]",
    "quantity~percentage or share~number of the group",
)

_DIGITS = "at least 8 hex digits of a model's digest"
_weights = _pattern(r"[0-9a-f]{8,64}", _DIGITS)

_MODEL = Field("", _pattern(r"|[0-9a-f]{8,64}", _DIGITS))
_SET = Field("", _set)
_LEVEL = Field(0, _integer(0, LEVELS - 1))
_PLACE = Field("answer", _choice(*PLACES))
_KEY = Field("", _pattern(rf"|[0-9a-f]{{4,{KEY_LENGTH}}}", "4 to 24 hex digits of a key"))
_PROBLEM = Field(0, _integer(0, 10**9 - 1))
_PLANE = Field("stiff_soft", _choice(*PLANES, ATOMS))
_CENTRE = Field("", _choice("", *CENTRES))
_SERIES = Field(
    (), _pattern(r"[0-9a-f]{8,64}", "at least 8 hex digits of a series' id"), most=MOST_SERIES
)

VIEWS: dict[str, dict[str, Field]] = {
    "overview": {
        "model": _MODEL,
        "set": _SET,
        "sheet": Field("store", _choice("store", "paper")),
        "task": Field("inverse", _choice(*published.MSE)),
        "weights": Field((), _weights, most=len(published.MSE)),
        "curve": Field("excess", _choice("value", "excess")),
        "example": _PROBLEM,
    },
    "problems": {
        "model": _MODEL,
        "set": _SET,
        "level": _LEVEL,
        "place": _PLACE,
        "sort": Field("descent.mse_final", _column),
        "order": Field("down", _choice("down", "up")),
        "page": Field(1, _integer(1, 10**7)),
        "filter": Field((), _filter, most=MOST_FILTERS),
        "x": Field("problem_properties.best_baseline", _column),
        "y": Field("descent.mse_final", _column),
        "colour": Field("hessian_spectrum.smallest_eigenvalue", _column),
        "problem": Field(None, _integer(0, 10**9 - 1, empty=True), _spell_optional),
        "q": _KEY,
    },
    "landscape": {
        "model": _MODEL,
        "set": _SET,
        "problem": _PROBLEM,
        "level": replace(_LEVEL, live=True),
        "place": _PLACE,
        "frame": Field("level", _choice("level", "data")),
        "plane": _PLANE,
        "centre": _CENTRE,
        "scale": Field("energy", _choice("energy", "log", "percent")),
        "axis": Field("eigenvalue", _choice("eigenvalue", "variance")),
        "view": Field("heatmap", _choice("heatmap", "surface")),
        "lock": Field(None, _lock, _spell_lock),
        "dictionary": _KEY,
        "q": _KEY,
    },
    "annealing": {
        "model": _MODEL,
        "set": _SET,
        "place": _PLACE,
        "frame": Field("data", _choice("level", "data")),
        "spectrum": Field("relative", _choice("relative", "eigenvalue", "variance")),
        "energy": Field("value", _choice("value", "excess")),
        "points": Field("answers", _choice("answers", "steps")),
        "group": Field("", _pattern(r"[a-z0-9_.]{0,80}", "a column, or nothing")),
        "groups": Field(3, _integer(2, 4)),
        "level": _LEVEL,
        "problem": Field(None, _integer(0, 10**9 - 1, empty=True), _spell_optional),
        "pick": Field("", _pick),
        "sheet": Field("levels", _choice(*ANNEALING_SHEETS)),
        "series": _SERIES,
        "quantity": Field("descent.mse", _column),
        "plane": _PLANE,
        "centre": _CENTRE,
        "shade": Field("percent", _choice("percent", "log", "energy")),
        "q": _KEY,
    },
    "features": {
        "model": _MODEL,
        "set": _SET,
        "sheet": Field("dictionaries", _choice(*SHEETS)),
        "dictionary": _KEY,
        "feature": Field(None, _integer(0, 131_071, empty=True), _spell_optional),
        "map": Field("umap", _choice("umap", "pca")),
        "tint": Field("dictionary_features.density", _column),
        "by": Field("dictionary_features.energy_share", _column),
        "way": Field("down", _choice("down", "up")),
        "leaf": Field(1, _integer(1, 10**5)),
        "keep": Field((), _filter, most=MOST_FILTERS),
        "shown": Field("input", _choice(*SHOWN)),
        "other": _KEY,
    },
}
"""view → its parameters, in the order of a link."""

PATHS = {
    "overview": "/",
    "problems": "/problems",
    "landscape": "/landscape",
    "annealing": "/annealing",
    "features": "/features",
}


@dataclass(frozen=True)
class Address:
    """What an address asks for, completed and checked.

    Args:
        view: key of `VIEWS`.
        values: every parameter of the view.
        messages: what was refused, one line each.
    """

    view: str
    values: Mapping[str, Any]
    messages: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def replace(self, message: str = "", **values: Any) -> "Address":
        """Settle parameters that only the store knows.

        Args:
            message: said to the reader if not empty.
            **values: by parameter name.

        Returns:
            A new address.
        """
        said = (*self.messages, message) if message else self.messages
        return Address(self.view, {**self.values, **values}, said)

    def refuse(self, name: str, expected: str, value: Any) -> "Address":
        """Put another value in the place of one that this store does not have, and say so.

        Args:
            name: parameter.
            expected: what would have been right.
            value: shown instead.

        Returns:
            A new address.
        """
        spell = VIEWS[self.view][name].spell
        came = plain(spell(self[name]))
        return self.replace(f"{name}={came}: {expected}; showing {spell(value)}", **{name: value})

    def query(self, **changes: Any) -> dict[str, str | list[str]]:
        """Spell every parameter, defaults too.

        Args:
            **changes: values that differ from this address.

        Returns:
            For `st.query_params.from_dict` and `st.page_link`.
        """
        values = {**self.values, **changes}
        query: dict[str, str | list[str]] = {}
        for name, known in VIEWS[self.view].items():
            if known.most > 1:
                query[name] = [known.spell(v) for v in values[name]]
            else:
                query[name] = known.spell(values[name])
        return {name: text for name, text in query.items() if text != []}

    def url(self, **changes: Any) -> str:
        """Spell the link, without host.

        Args:
            **changes: values that differ from this address.

        Returns:
            Path and query, under `MOST_BYTES`.
        """
        return f"{PATHS[self.view]}?{urlencode(self.query(**changes), doseq=True, safe='~')}"

    def carry(self, view: str, /, **changes: Any) -> "Address":
        """Lead to another view about the same subject.

        Args:
            view: where to.
            **changes: its own parameters.

        Returns:
            An address with shared parameters kept and the others at their defaults.
        """
        values = {n: f.default for n, f in VIEWS[view].items()}
        own = set() if view == self.view else OWN
        shared = {
            n: v for n, v in self.values.items() if n in values and n not in own and v is not None
        }
        return Address(view, {**values, **shared, **changes})


def plain(text: object, limit: int = 48) -> str:
    """Fold foreign text to one printable line: control and bidi characters are escaped.

    Args:
        text: from an address.
        limit: longest result.

    Returns:
        The text.
    """
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text)[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def literal(text: str) -> str:
    """Spell foreign text so that Markdown shows it as it is.

    Args:
        text: one line.

    Returns:
        The text, its signs escaped.
    """
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+-.!|~>$:<&" else c for c in text)


def parse(view: str, raw: Mapping[str, Sequence[str]]) -> Address:
    """Read an address by its allow-list.

    Args:
        view: key of `VIEWS`.
        raw: every parameter with all its values, as they came.

    Returns:
        Every parameter with a usable value, and what was refused and why.
    """
    known = VIEWS[view]
    values = {name: field.default for name, field in known.items()}
    messages: list[str] = []
    size = sum(len(n) + sum(len(t) + 1 for t in texts) for n, texts in raw.items())
    if size > MOST_READ:
        return Address(view, values, (f"address of {size} characters: expected under {MOST_BYTES};"
                                      " showing the defaults",))  # fmt: skip
    for name, texts in raw.items():
        if name not in known:
            messages.append(f"{plain(name)}: unknown here; this view knows {', '.join(known)}")
            continue
        value, said = _read(name, known[name], texts)
        values[name] = value
        messages += said
    more = len(messages) - MOST_MESSAGES
    if more > 0:
        messages = [*messages[:MOST_MESSAGES], f"and {more} more parameters that cannot be used"]
    return Address(view, values, tuple(messages))


def _read(name: str, field: Field, texts: Sequence[str]) -> tuple[Any, list[str]]:
    found, said = [], []
    for text in texts:
        try:
            found.append(field.parse(text))
        except Unusable as reason:
            default = field.spell(field.default) or "the default"
            instead = "left out" if field.most > 1 else f"showing {default}"
            said.append(f"{name}={plain(text)}: {reason}; {instead}")
    if field.most > 1:
        unique = list(dict.fromkeys(found))
        if len(unique) > field.most:
            said.append(f"{name}: expected at most {field.most} values; using the first ones")
        return tuple(unique[: field.most]), said
    if len(texts) > 1 and found:
        said.append(f"{name}: came {len(texts)} times; showing {field.spell(found[0])}")
    return (found[0] if found else field.default), said


def current(view: str) -> Address:
    """Read the address that the browser shows; to be called before the first widget.

    Args:
        view: key of `VIEWS`.

    Returns:
        The address.
    """
    return parse(view, {name: st.query_params.get_all(name) for name in st.query_params})


def key(view: str, name: str) -> str:
    """Key of the widget of one parameter.

    Args:
        view: key of `VIEWS`.
        name: of the parameter.

    Returns:
        Key for `st.session_state`.
    """
    return f"{view}.{name}"


def bind(address: Address) -> None:
    """Give every widget the address' value; to be called before the first widget.

    Args:
        address: settled with the store.
    """
    for name, value in address.values.items():
        st.session_state[key(address.view, name)] = value
    st.session_state[f"{address.view}:bound"] = address


def push(view: str, /, **changes: Any) -> None:
    """Write the widgets' values into the address: one history entry. For `on_change`.

    Args:
        view: key of `VIEWS`.
        **changes: further parameters, e.g. page=1 where a filter changed.
    """
    address: Address = st.session_state[f"{view}:bound"]
    values = dict(address.values)
    fresh = current(view)
    for name, known in VIEWS[view].items():
        if known.live:
            values[name] = fresh[name]
        elif key(view, name) in st.session_state:
            values[name] = st.session_state[key(view, name)]
    query = replace(address, values=values).query(**changes)
    wanted = {n: [v] if isinstance(v, str) else v for n, v in query.items()}
    if wanted != {n: st.query_params.get_all(n) for n in st.query_params}:
        st.query_params.from_dict(query)


def go(address: Address) -> None:
    """Show another address of the same view: one history entry. For `on_click`.

    Args:
        address: where to.
    """
    st.query_params.from_dict(address.query())


def set_name(problems: ProblemSet) -> str:
    """Spell a problem set.

    Args:
        problems: the set.

    Returns:
        task-variant-size-seed.
    """
    return f"{problems.task}-{problems.variant}-{problems.size}-{problems.seed}"
