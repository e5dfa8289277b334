"""A file, or an array, of problems of one's own → the content of a problem set."""

from collections.abc import Mapping
from typing import NoReturn

import numpy as np

from ired_interp_core.contents import Content
from ired_interp_core.errors import Refusal
from ired_interp_core.own import arrays, matlab, text, truths
from ired_interp_core.problem_kinds import MAX_SIZE, MIN_SIZE, TASK_NAMES

MOST_FILE = 10**6
"""Bytes of a file."""


def read(content: bytes, task: str, size: int = 0, where: str = "the file") -> Content:
    """Read the bytes of a file: .npy, .npz, .mat, or text. What it is, its first bytes say.

    Args:
        content: of the file, at most `MOST_FILE` bytes.
        task: inverse, addition or completion.
        size: matrix side n; 0: as the file says.
        where: named in refusals.

    Returns:
        Its problems, from index 0, with their truth as `truths.settle` says.

    Raises:
        Refusal: what cannot be used, in one line.
    """
    if not 0 < len(content) <= MOST_FILE:
        raise Refusal("file is empty" if not content else "file is too large", where=where,
                      came=f"{len(content):,} bytes", expected=f"1 to {MOST_FILE:,}")  # fmt: skip
    if content.startswith(arrays.NPY):
        found = {"x": arrays.npy(content, where)}
    elif content.startswith(arrays.ZIP):
        found = arrays.npz(content, where)
    elif matlab.is_mat(content):
        found = matlab.read(content, where)
    elif content.startswith(arrays.HDF5) or arrays.HDF5 in content[:1024]:
        raise Refusal("HDF5 is not read here", where=where, expected=".mat up to version 7",
                      next_step="save('x.mat', 'x', '-v7') in MATLAB, or numpy.save")  # fmt: skip
    else:
        found = {"x": text.table(content, size, where)}
    return content_of(found, task, size, where)


def content_of(
    found: Mapping[str, np.ndarray], task: str, size: int = 0, where: str = "the arrays"
) -> Content:
    """Make problems of arrays by their names.

    `x` are the problems, or the only array of a fitting shape, or for addition `A` and `B`; `y`
    are the true answers, and need not be there. One problem is n×n (addition: 2×n×n, or A above B),
    or all its numbers in a row, row-major; several are such rows, or have a leading dim.

    Args:
        found: name → array of numbers.
        task: inverse, addition or completion.
        size: matrix side n; 0: as the shapes say.
        where: named in refusals.

    Returns:
        The problems, from index 0.

    Raises:
        Refusal: an unknown task, no x or several, a wrong shape, or numbers that cannot be used.
    """
    if task not in TASK_NAMES:
        raise Refusal("unknown task", where=where, came=task, expected=", ".join(TASK_NAMES))
    parts = 2 if task == "addition" else 1
    name, given = _problems(found, task, size, where)
    n = _side(given.shape, parts, size)
    if not n:
        _misshapen(name, given, parts, size, where)
    arrays.check_kind(given.dtype, f"{where}, {name}")
    truths.check_entries(given, f"{where}, {name}")
    x = given.reshape(-1, parts * n * n)
    y = None
    if "y" in found and name != "y":
        truth = found["y"]
        if _side(truth.shape, 1, n) != n or truth.size != len(x) * n * n:
            _misshapen("y", truth, 1, n, where)
        arrays.check_kind(truth.dtype, f"{where}, y")
        truths.check_finite(truth, f"{where}, y")
        y = truth.reshape(-1, n * n).astype(np.float64)
    x = np.ascontiguousarray(x, dtype=np.float64)
    return Content(task, n, x, truths.settle(task, x, y, where))


def _problems(
    found: Mapping[str, np.ndarray], task: str, size: int, where: str
) -> tuple[str, np.ndarray]:
    """The array of problems, and its name."""
    if "x" in found:
        return "x", found["x"]
    pair = [found[name] for name in ("A", "B") if name in found and found[name].ndim == 2]
    if task == "addition" and len(pair) == 2 and pair[0].shape == pair[1].shape:
        return "A and B", np.stack(pair)
    others = {name: a for name, a in found.items() if name != "y"}
    parts = 2 if task == "addition" else 1
    fitting = [name for name, a in others.items() if _side(a.shape, parts, size)]
    if len(others) == 1:
        fitting = list(others)
    if len(fitting) != 1:
        shapes = "; ".join(f"{name} {list(a.shape)}" for name, a in list(found.items())[:6])
        raise Refusal("it is not clear which array is x", where=where, came=shapes or "no array",
                      next_step="name the problems x, and the true answers y")  # fmt: skip
    return fitting[0], others[fitting[0]]


def _side(shape: tuple[int, ...], parts: int, size: int) -> int:
    """Matrix side of problems in an array of this shape; 0 where it fits none, or another size."""
    if not shape or 0 in shape:
        return 0
    last = shape[-1]
    if size and len(shape) == 2 and last == parts * size * size:
        side = size
    elif len(shape) == 1 or (len(shape) == 2 and shape != (parts * last, last)):
        side = round((last / parts) ** 0.5)
        side = side if parts * side * side == last else 0
    else:
        square = len(shape) == 2 or shape[-2] == last
        blocks = len(shape) < 3 or parts == 1 or shape[-3] == parts
        side = last if square and blocks and len(shape) <= 2 + parts else 0
    return side if MIN_SIZE <= side <= MAX_SIZE and size in (0, side) else 0


def _misshapen(name: str, array: np.ndarray, parts: int, size: int, where: str) -> NoReturn:
    n = str(size) if size else "n"
    numbers = str(parts * size * size) if size else f"{parts if parts > 1 else ''}n²"
    one = f"2×{n}×{n}, {2 * size if size else '2n'}×{n}" if parts == 2 else f"{n}×{n}"
    raise Refusal(
        f"{name} has the wrong shape", where=where, came="×".join(map(str, array.shape)) or "none",
        expected=f"{one}, or {numbers} numbers in a row for each problem",
    )  # fmt: skip
