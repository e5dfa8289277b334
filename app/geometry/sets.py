"""Sets of problems of one task side by side: which they are, in which order, and what they say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.shared.address.address import Address, set_name, set_of
from app.shared.asks import reading
from app.shared.asks.reading import Subject
from app.shared.drawing import colours
from app.shared.drawing.names import baseline_name
from ired_interp_core import made_to_order
from ired_interp_core.records import ProblemSet
from ired_interp_core.spelling import counted, number
from ired_interp_core.tasks import TASKS
from store import QuestionInfo, Store

MOST = len(colours.GROUPS)
"""Sets side by side."""
BOX = 2.0
"""Bound of the sampler's box, data frame."""
ENTRY = 0.025
"""Variance of an entry of UVᵀ/20 at rank 10 (docs/definitions.md, §6.4)."""
SYMBOLS = ("circle", "square", "diamond", "triangle-up")
NUMBERS = {"condition": "κ", "range": "range", "rank": "rank", "observed": "observed share",
           "noise": "noise"}  # fmt: skip
"""Parameters along which sets can lie, as a reader calls them."""
LOGARITHMIC = {"condition", "range"}
FROM_ZERO = {"noise"}
"""Numbers of which 0 is one; of the others it says that none is prescribed."""


@dataclass(frozen=True)
class Side:
    """One of the sets that stand side by side.

    Args:
        problems: the set.
        asked: analysis → its question; those without answers are left out.
        place: among them, in the order of the parameter.
        at: where it lies on the axis of slopes; NaN where it lies on none.
        along: the number in which the sets differ; "" where they differ in none.
    """

    problems: ProblemSet
    asked: Mapping[str, QuestionInfo]
    place: int
    at: float
    along: str = ""

    @property
    def name(self) -> str:
        """As a reader calls it: with the number in which sets differ, also where it is usual."""
        said, value = short(self.problems), _value(self.problems, self.along)
        mark = f"{NUMBERS[self.along]} {number(value, 'g')}" if np.isfinite(value) else ""
        return f"{mark}, {said}" if mark and mark not in said else said

    @property
    def link(self) -> str:
        """As a link spells it."""
        return set_name(self.problems)

    @property
    def colour(self) -> str:
        """Of its line."""
        return colours.GROUPS[self.place]

    @property
    def symbol(self) -> str:
        """Of its marks: no line is told by colour alone."""
        return SYMBOLS[self.place]

    @property
    def unscaled(self) -> bool:
        """Whether the entries' variance grows with the rank."""
        return _values(self.problems).get("variance") == "unscaled"


def short(problems: ProblemSet) -> str:
    """A set in few words: κ 100, rank 5, same."""
    if problems.content:
        return "your own"
    title = made_to_order.title(problems.task, problems.variant)
    title = title.replace("condition ", "κ ")
    return f"{title}, seed {problems.seed}" if problems.seed else title


def _values(problems: ProblemSet) -> Mapping[str, object]:
    """What a set was made of; nothing where it was not made to order, but for `same`."""
    if problems.content or problems.variant == "harder":
        return {}
    return made_to_order.values(problems.task, problems.variant)


def _number(values: Mapping[str, object], name: str) -> float | None:
    """A number that a set was made with; None where none is prescribed."""
    value = values.get(name)
    there = isinstance(value, int | float) and (value > 0 or (value == 0 and name in FROM_ZERO))
    return float(value) if there and isinstance(value, int | float) else None


def along(sets: Iterable[ProblemSet]) -> str:
    """The number in which sets differ; "" where they differ in none."""
    known = [_values(one) for one in sets]
    for name in NUMBERS:
        there = {_number(one, name) for one in known} - {None}
        if len(there) > 1:
            return name
    return ""


def unit(name: str) -> str:
    """What a slope along a number is taken by, in words."""
    return f"{'decade' if name in LOGARITHMIC else 'unit'} of {NUMBERS[name]}"


def sides(
    store: Store, address: Address, subject: Subject, asked: Mapping[str, QuestionInfo],
    analyses: Sequence[str],
) -> list[Side]:  # fmt: skip
    """The sets that an address asks for beside its own, in the order of their parameter.

    Args:
        store: opened.
        address: with a field `beside`.
        subject: model and problems of the page.
        asked: analysis → question of the page's own set.
        analyses: that are looked for on the others.

    Returns:
        At least the page's own set.
    """
    own = subject.problems
    every = {set_name(own): own, **{name: set_of(name) for name in address["beside"]}}
    name = along(every.values())
    ordered = sorted(every.values(), key=lambda one: _order(one, name))
    return [
        Side(one, asked if one == own else beside(store, subject, one, asked, analyses), place,
             _at(one, own, name), name)
        for place, one in enumerate(ordered)
    ]  # fmt: skip


def _value(problems: ProblemSet, name: str) -> float:
    """The number in which sets differ; NaN where a set has none."""
    value = _number(_values(problems), name)
    return float("nan") if value is None else value


def _order(problems: ProblemSet, name: str = "") -> tuple[object, ...]:
    first = float(np.nan_to_num(_value(problems, name)))  # without one it comes before the others
    return (
        first,
        *made_to_order.place(problems.task, problems.variant),
        problems.seed,
        problems.content,
    )


def _at(problems: ProblemSet, own: ProblemSet, name: str) -> float:
    """Where a set lies along a number, if it differs from the page's own in nothing else."""
    mine, theirs = ({n: v for n, v in _values(one).items() if n != name} for one in (own, problems))
    value = _value(problems, name) if mine == theirs else float("nan")
    return float(np.log10(value)) if name in LOGARITHMIC else value


def beside(
    store: Store, subject: Subject, problems: ProblemSet, asked: Mapping[str, QuestionInfo],
    analyses: Sequence[str],
) -> dict[str, QuestionInfo]:  # fmt: skip
    """Questions about another set that are asked as those of the page are, as far as possible."""
    found = {}
    for name in analyses:
        there = [q for q in reading.questions(store, Subject(subject.model, problems), name)
                 if q.rows]  # fmt: skip
        like = asked.get(name)

        def order(question: QuestionInfo, like: QuestionInfo | None = like) -> tuple[int, int]:
            same = like and sum(like.parameters.get(n) == v for n, v in question.parameters.items())
            return same or 0, question.rows

        if there:
            found[name] = max(there, key=order)
    return found


def settle(address: Address, subject: Subject) -> Address:
    """Keep sets of the page's task and size, each once, and at most four in all; say which not."""
    own = subject.problems
    wanted = [n for n in dict.fromkeys(address["beside"]) if n and n != set_name(own)]
    fitting = [n for n in wanted if (set_of(n).task, set_of(n).size) == (own.task, own.size)]
    kept = tuple(fitting[: MOST - 1])
    said = ""
    if len(fitting) < len(wanted):
        said = "beside: sets of another task or size do not stand in one panel; left out"
    elif len(fitting) > len(kept):
        said = f"beside: at most {MOST} sets stand side by side; showing the first ones"
    return address.replace(said, beside=kept)


def known(store: Store, subject: Subject, analyses: Sequence[str]) -> dict[str, QuestionInfo]:
    """Sets of the task, by name, on which the model has an answer; the question of most rows."""
    found: dict[str, QuestionInfo] = {}
    own = subject.problems
    for name in analyses:
        for one in reading.questions(store, None, name):
            p = one.problems
            fits = (p.task, p.size) == (own.task, own.size) and not p.content
            if one.model == subject.model and one.rows and fits:
                best = found.get(set_name(p), one)
                found[set_name(p)] = max(best, one, key=lambda q: q.rows)
    return dict(sorted(found.items(), key=lambda item: _order(item[1].problems)))


def kurtosis(problems: ProblemSet) -> float:
    """Of the entries of M, of completion alone: their tails differ by rank at equal variance."""
    values = _values(problems)
    if "rank" not in values:
        return float("nan")
    rank, noise = float(str(values["rank"])), float(str(values["noise"]))
    own = ENTRY * (rank / 10 if values["variance"] == "unscaled" else 1)
    return 3 + 6 / rank * (own / (own + noise**2)) ** 2


def tails(sets: Iterable[ProblemSet]) -> str:
    """What else differs between sets of several ranks, in words; "" where nothing is known."""
    found = [kurtosis(one) for one in sets]
    known = [number(v, ".2g") for v in found if np.isfinite(v)]
    return f"kurtosis of entries {', '.join(known)}" if len(known) > 1 else ""


def told(store: Store, side: Side, question: QuestionInfo | None) -> str:
    """What a set is made of, how many problems, what the box cuts, and which predictors it has."""
    p = side.problems
    kind = "your own" if p.content else made_to_order.title(p.task, p.variant)
    parts = [f"{p.task}, {kind}"]
    if _values(p).get("condition"):
        kept = _values(p)["kept"]
        end = "smallest eigenvalue 0.5" if kept == "smallest" else "largest eigenvalue kept"
        basis = "SPD" if _values(p)["bases"] == "one" else "two bases"
        parts = [
            f"{p.task}, {basis}, κ = {number(float(str(_values(p)['condition'])), 'g')}, {end}"
        ]
    if question is None:
        return " · ".join([*parts, "not computed"])
    parts.append(counted(question.rows, "problem"))
    parts += _facts(store, side)
    if side.unscaled:
        parts.append("signal to noise changes with rank")
    return " · ".join(parts)


def _facts(store: Store, side: Side) -> list[str]:
    """The share of truths outside the box, and which predictors do not apply."""
    p, name = side.problems, "problem_properties"
    question = next((q for q in reading.questions(store, Subject("", p), name) if q.rows), None)
    if question is None:
        return []
    there = tuple(reading.problems_present(question).tolist())
    read = reading.dataset(store, question, there, ("y_true", "baseline_mse"))
    y = read["y_true"].values
    outside = 100 * float((np.abs(y) > BOX).sum() / max(np.isfinite(y).sum(), 1))
    said = [f"{number(outside, '.3g')} % of truth entries outside ±2"]
    kind, fitted = TASKS[p.task], set(read["baseline"].values.tolist())
    lacking = [baseline_name(n) for n in kind.baselines
               if n not in fitted and not n.endswith("_refitted")]  # fmt: skip
    if not made_to_order.is_made(p.variant) or p.content:
        return said
    if lacking:
        does = "does" if len(lacking) == 1 else "do"
        return [*said, f"{', '.join(lacking)} {does} not apply: {kind.why_unfit(p.variant)}"]
    return [*said, "baselines fitted for this set"]
