"""The address is the state: which parameters a view has, what they say, and how a link spells them.

A view reads its address before the first widget (`session.current`), settles with the store what
only the store knows (does this model exist?), then `session.bind`s: every widget's value comes from
the address. Views bring their own parameters and are registered once, by `app/views.py`.
"""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlencode

from app.shared.address.fields import OWN_SET, Field, Unusable
from ired_interp_core.records import ProblemSet
from ired_interp_core.tasks import VARIANTS

MOST_BYTES = 2000
"""Longest address we write; browsers, chat programs and proxies cut longer ones."""
MOST_READ = 8192
"""Longest query that is looked at, in characters."""
MOST_MESSAGES = 5
FOREIGN = re.compile(
    r"(utm|mtm|pk|hsa)_\w+|_ga|_gl|_hsenc|_hsmi|mc_cid|mc_eid|fbclid|gclid|dclid|msclkid|twclid|ttclid"
    r"|yclid|gbraid|wbraid|igsh|igshid|si|ref|ref_src|source|embed|embed_options",
    re.ASCII | re.IGNORECASE,
)
"""What mail, chat and search append to a link, and what Streamlit reads itself."""
SELECTED = "selected"
"""What a panel holds in lasso or box; the browser reads it, and so do copied lines."""
BROWSERS = frozenset({SELECTED, "camera", "zoom"})
"""That, how a surface is turned, and ranges of axes: no field of a view."""
AROUND = " \t\r\n.,;:!?…)]}>\"'»”’`*"
"""What clings to the end of a link that is taken out of a sentence."""

_HELD = re.compile(r"[\w-]+~\d{1,6}(-\d{1,6})?(\.\d{1,6}(-\d{1,6})?)*", re.ASCII)

VIEWS: dict[str, Mapping[str, Field]] = {}
"""view → its parameters, in the order of a link; filled by `register`."""
PATHS: dict[str, str] = {}
"""view → its path."""
OWN = frozenset({"q", "sheet"})
"""Names that mean another thing in another view: a question of its analysis, one of its sheets."""


def register(view: str, parameters: Mapping[str, Field], path: str) -> None:
    """Make a view's parameters known, in the order of a link, so that others can lead to it."""
    VIEWS[view] = dict(parameters)
    PATHS[view] = path


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
        """Settle parameters that only the store knows; a message is said to the reader."""
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

    def among(self, name: str, known: Container[Any], expected: str, instead: Any) -> "Address":
        """Refuse a value that is not among those known; a default gives way without a word.

        Args:
            name: parameter.
            known: values that this store has.
            expected: what would have been right.
            instead: shown in its place.

        Returns:
            A new address.
        """
        if self[name] in known:
            return self
        if self[name] == VIEWS[self.view][name].default:
            return self.replace(**{name: instead})
        return self.refuse(name, expected, instead)

    def query(self, **changes: Any) -> dict[str, str | list[str]]:
        """Every parameter, defaults too, for `st.query_params.from_dict` and `st.page_link`."""
        values = {**self.values, **changes}
        query: dict[str, str | list[str]] = {}
        for name, known in VIEWS[self.view].items():
            if known.most > 1:
                query[name] = [known.spell(v) for v in values[name]]
            else:
                query[name] = known.spell(values[name])
        return {name: text for name, text in query.items() if text != []}

    def url(self, **changes: Any) -> str:
        """The link without host, path and query, under `MOST_BYTES`."""
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
    """Spell foreign text so that Markdown shows it as it is."""
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
            if name not in BROWSERS and not FOREIGN.fullmatch(name):
                messages.append(_unknown(name, known))
            continue
        value, said = _read(name, known[name], texts)
        values[name] = value
        messages += said
    more = len(messages) - MOST_MESSAGES
    if more > 0:
        messages = [*messages[:MOST_MESSAGES], f"and {more} more parameters that cannot be used"]
    return Address(view, values, tuple(messages))


def _unknown(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name.casefold()[:40], known, 1)
    return f"{plain(name)}: unknown here" + (f"; did you mean {near[0]}?" if near else "")


def _value(field: Field, text: str) -> Any:
    """A value as it came, or without what a sentence left at its end."""
    try:
        return field.parse(text)
    except Unusable:
        bare = text.lstrip().rstrip(AROUND)
        if bare == text or not bare:
            raise
        return field.parse(bare)


def _read(name: str, field: Field, texts: Sequence[str]) -> tuple[Any, list[str]]:
    found, said = [], []
    for text in texts:
        try:
            found.append(_value(field, text))
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


def selections(texts: Iterable[str]) -> dict[str, tuple[tuple[int], ...]]:
    """Read what panels hold, each as in "scatter~1-3.7"; what is spelled otherwise is left out."""
    held: dict[str, tuple[tuple[int], ...]] = {}
    for panel, spelled in (text.split("~", 1) for text in texts if _HELD.fullmatch(text)):
        runs = ([int(n) for n in run.split("-")] for run in spelled.split("."))
        held[panel] = tuple((n,) for run in runs for n in range(run[0], run[-1] + 1))
    return held


def set_name(problems: ProblemSet) -> str:
    """Spell a problem set: task-variant-size-seed, or task-own-size-digest of given matrices."""
    if problems.content:
        return f"{problems.task}-{OWN_SET}-{problems.size}-{problems.content}"
    return f"{problems.task}-{problems.variant}-{problems.size}-{problems.seed}"


def set_of(name: str) -> ProblemSet:
    """The problem set that a name spells, which `fields.problem_set` has checked."""
    task, variant, size, last = name.split("-")
    if variant == OWN_SET:
        return ProblemSet(task, VARIANTS[0], int(size), 0, last)
    return ProblemSet(task, variant, int(size), int(last))
