"""Reading shards by h5py: only the variables and problems asked for, in a millisecond or two.

The Dataset is the one that `xarray.open_dataset` gives of the same shard (a test compares the two).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from ired_interp_core.errors import Refusal
from ired_interp_core.records import Question
from ired_interp_core.registry import Analysis
from ired_interp_core.schema import Variable
from store import labelling, layout, naming, records, shell, sides
from store.faults import Fault
from store.layout import Root
from store.parts import Part, TooLarge, Untrusted
from store.sides import Range

MOST_PROBLEMS = 10_000_000
"""Most problems of one read."""


def read_shards(
    root: Root,
    analysis: str,
    key: str,
    start: int,
    stop: int,
    variables: Iterable[str] | None = None,
) -> xr.Dataset:
    """Read problems [start, stop) of a question straight from its shards, without a catalog.

    Args:
        root: of the store.
        analysis: name.
        key: of the question.
        start: first problem.
        stop: one past the last.
        variables: names; all when left out.

    Returns:
        The answer for exactly these problems.
    """
    start, stop = naming.check_range(start, stop)
    check_count(stop - start, f"{analysis}/{key}")
    question = records.read_question(root, analysis, key)
    ranges = sides.present(root, analysis, key)
    return read(root, question, ranges, range(start, stop), variables)


def read(
    root: Root,
    question: Question,
    ranges: Sequence[Range],
    problems: Sequence[int] | np.ndarray,
    variables: Iterable[str] | None = None,
    left_out: list[Fault] | None = None,
    at: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """Read some problems and variables of a question.

    Args:
        root: of the store.
        question: whose answer.
        ranges: its shards.
        problems: indices, in the order wanted.
        variables: names, those of derived scalars too; all that are stored when left out.
        left_out: gets the shards that cannot be read, or not beside most others; the answer then
            is of the other problems. Where it is not given, such a shard is a refusal.
        at: dim → the one label that is read along it; the dim is then gone. Of variables that are
            stored, not of derived ones.

    Returns:
        The declared variables with units, frame and help, in declared order.
    """
    analysis = records.declared(question)
    names = [variables] if isinstance(variables, str) else variables and list(variables)
    wanted = labelling.choose(analysis, question, names and analysis.schema.behind(names))
    indices = _indices(problems)
    if at:
        pieces = _assign(indices, ranges, f"{question.analysis}/{question.key}")
        return _read(root, analysis, question, wanted, indices, pieces, at)
    found = _found(root, analysis, question, wanted, indices, ranges, left_out)
    return labelling.with_derived(analysis, found, wanted, names)


def _found(
    root: Root,
    analysis: Analysis,
    question: Question,
    wanted: dict[str, Variable],
    indices: np.ndarray,
    ranges: Sequence[Range],
    left_out: list[Fault] | None,
) -> xr.Dataset:
    """Read stored variables; a refusal where nothing, or too much, can be read."""
    pieces = _assign(indices, ranges, f"{question.analysis}/{question.key}")
    try:
        return _read(root, analysis, question, wanted, indices, pieces)
    except TooLarge:
        raise
    except Refusal:
        if left_out is None:
            raise
    sound, faults = _sound(root, analysis, question, wanted, indices, pieces)
    if not sound:
        raise Refusal(faults[0].what, next_step=faults[0].mend)
    kept = np.sort(np.concatenate([where for span, where in pieces if span in sound]))
    pieces = _assign(indices[kept], sorted(sound), f"{question.analysis}/{question.key}")
    left_out += faults
    return _read(root, analysis, question, wanted, indices[kept], pieces)


def _read(
    root: Root,
    analysis: Analysis,
    question: Question,
    wanted: dict[str, Variable],
    indices: np.ndarray,
    pieces: Sequence[tuple[Range, np.ndarray]],
    at: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    parts = [
        Part.read(root, analysis, question, span, indices[where] - span[0], wanted, not i, at=at)
        for i, (span, where) in enumerate(pieces)
    ]
    positions = [w for _, w in pieces]
    return labelling.join(analysis, question, wanted, indices, positions, parts, at or {})


def unsound(root: Root, question: Question, ranges: Sequence[Range]) -> list[Fault]:
    """Read every shard of a question, one after the other.

    Args:
        root: of the store.
        question: whose answer.
        ranges: its shards.

    Returns:
        The shards that cannot be read, or whose labels are not those of most others.
    """
    analysis = records.declared(question)
    wanted = labelling.choose(analysis, question, None)
    indices = np.concatenate([np.arange(*span) for span in ranges])
    pieces = _assign(indices, ranges, f"{question.analysis}/{question.key}")
    return _sound(root, analysis, question, wanted, indices, pieces)[1]


def _sound(
    root: Root,
    analysis: Analysis,
    question: Question,
    wanted: dict[str, Variable],
    indices: np.ndarray,
    pieces: Sequence[tuple[Range, np.ndarray]],
) -> tuple[set[Range], list[Fault]]:
    """The shards that can be read together, and what is wrong with each of the others."""
    paths = {span: layout.shard(root, question.analysis, question.key, *span) for span, _ in pieces}
    labels: dict[Range, tuple[tuple[str, int], ...]] = {}
    faults = []
    for span, where in pieces:
        rows = indices[where] - span[0]
        try:
            part = Part.read(root, analysis, question, span, rows, wanted, first=True)
            labels[span] = tuple(sorted(part.labels.items()))
        except Untrusted as error:
            faults.append(Fault.of(paths[span], error, shell.again(root)))
        except Refusal as error:
            faults.append(Fault.of(paths[span], error, shell.anew(root, paths[span])))
    usual = Counter(labels.values()).most_common(1)[0][0] if labels else ()
    sound = {span for span, found in labels.items() if found == usual}
    for span in sorted(labels.keys() - sound):
        what = f"labels of a dim differ from those of the other shards · in: {paths[span]}"
        faults.append(Fault(str(paths[span]), what, shell.anew(root, paths[span])))
    return sound, faults


def arrays(
    root: Root, question: Question, span: Range, problems: np.ndarray, variables: Iterable[str]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Read some problems of one shard as bare arrays, after a look at all of its variables.

    Args:
        root: of the store.
        question: whose answer.
        span: range of the shard.
        problems: indices within it.
        variables: names.

    Returns:
        Arrays by variable and coordinates by dim.
    """
    analysis = records.declared(question)
    derived = {n: d for n, d in analysis.schema.derived.items() if n in variables}
    wanted = labelling.choose(analysis, question, analysis.schema.behind(variables))
    everything = labelling.choose(analysis, question, None)
    rows = problems - span[0]
    part = Part.read(root, analysis, question, span, rows, wanted, True, inspected=everything)
    coords = part.coords | {"problem": problems}
    for name, one in derived.items():
        of = {n: (wanted[n].dims, part.arrays[n]) for n in one.of}
        used = {d: coords[d] for n in one.of for d in wanted[n].dims}
        part.arrays[name] = one.array(xr.Dataset(of, used)).values
    return part.arrays, coords


def check_count(count: int, where: str) -> None:
    """Refuse to read more problems at once than anybody can mean, before a list of them is made."""
    if count > MOST_PROBLEMS:
        raise Refusal(
            "read is too large",
            where=where,
            came=f"{count:,} problems",
            expected=f"at most {MOST_PROBLEMS:,}",
            next_step="ask for fewer problems",
        )


def _indices(problems: Sequence[int] | np.ndarray) -> np.ndarray:
    indices = np.asarray(problems)
    if indices.ndim != 1 or not indices.size or indices.dtype.kind not in "iu":
        raise Refusal(
            "unusable list of problems", came=repr(problems), expected="integers, at least one"
        )
    return indices.astype(np.int64)


def _assign(
    indices: np.ndarray, ranges: Sequence[Range], where: str
) -> list[tuple[Range, np.ndarray]]:
    """Which shard answers for which entries of `indices`; the first of overlapping shards answers.

    Returns:
        (range, positions in `indices`) of every shard that is needed.

    Raises:
        Refusal: a problem that no shard holds, answered with what is there.
    """
    open_ = np.ones(len(indices), dtype=bool)
    pieces = []
    for low, high in sorted(ranges):
        here = open_ & (indices >= low) & (indices < high)
        if here.any():
            pieces.append(((low, high), np.flatnonzero(here)))
            open_ &= ~here
    if open_.any():
        raise Refusal(
            "problem is not in the store",
            where=where,
            came=f"problem {indices[open_][0]}" + _more(int(open_.sum()) - 1),
            expected=", ".join(f"{a} … {b - 1}" for a, b in sides.merged(ranges)) or "none yet",
            next_step="ask for one of these, or compute it: python -m precompute run",
        )
    return pieces


def _more(count: int) -> str:
    return f" and {count} more" if count else ""
