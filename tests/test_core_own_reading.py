"""Files of problems of one's own: what is meant is read, the rest is refused in one line."""

import functools
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st

from ired_interp_core import tasks
from ired_interp_core.contents import Content
from ired_interp_core.errors import Refusal
from ired_interp_core.own import MOST_FILE, content_of, matlab, read

PAIR = np.array([[0.5, 1.25], [-3.0, 4.0]])


def npy(array: Any, **words: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **words)
    return file.getvalue()


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def mat(packed: bool = True, **arrays: Any) -> bytes:
    file = io.BytesIO()
    scipy.io.savemat(file, arrays, do_compression=packed)
    return file.getvalue()


def refused(content: bytes, task: str = "completion", size: int = 0) -> str:
    with pytest.raises(Refusal) as refusal:
        read(content, task, size)
    text = str(refusal.value)
    assert "\n" not in text
    assert len(text) < 700
    return text


# --- text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "0.5 1.25\n-3 4", "0.5,1.25\n-3,4", "0.5, 1.25\n-3, 4\n\n", "0.5\t1.25\n-3\t4\n",
        "0,5;1,25\n-3;4", "0,5\t1,25\r\n-3\t4\r\n", "0,5 1,25\n-3 4", "\ufeff0,5;1,25\n-3;4\n",
        "first;second\n0,5;1,25\n-3;4", "a,b\n0.5,1.25\n-3,4", "a b\n+.5 125e-2\n-3. 4E0",
        '"0.5","1.25"\n"-3","4"', "0.5;1.25;\n-3;4;\n", "# x\n0.5  1.25 \n\n \u22123 4",
        "0.5 1.25\r-3 4",
    ],
)  # fmt: skip
def test_text_is_read_as_it_is_meant(text: str) -> None:
    for content in (text.encode(), text.removeprefix("\ufeff").encode("utf-16")):
        found = read(content, "completion")
        np.testing.assert_array_equal(found.x.reshape(2, 2), PAIR)
        assert found.y is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,2\n3,4", "a comma can be read as decimal or as a separator"),
        ("0,5\n1,25", "a comma can be read as decimal or as a separator"),
        ("1.234,5;2\n3;4", "row 1, field 1 is no number"),
        ("0,5;1.25\n3;4", "row 1, field 2 is no number"),
        ("1;;2\n3;4;5", "row 1, field 2 is no number · in: the file · came: nothing"),
        ("1 2\n3", "row 2 has 1 numbers, 2 expected"), ("a b\n1 2\n3", "row 2 has 1 numbers"),
        ("0,5 1,25\n3", "row 2 has 1 numbers, 2 expected"),
        ("1,2,3\n4,5", "row 2 has 2 numbers, 3 expected"),
        ("1 2\n3 x", "row 2, field 2 is no number"), ("1 2\n3 1_0", "is no number"),
        ("1 2\n3 \u0664", "is no number"), ("1 2\n3 0x1", "is no number"),
        ("1 2; 3 4", "is no number"), ("[1 2]\n[3 4]", "is no number"), ("x", "no numbers"),
        ("1 nan\n3 inf", "2 entries are not finite: (1, 2), (2, 2)"),
        ("1 2\n1e400 4", "1 entry is not finite: (2, 1)"),
        ("1 2\n3 1e7", "1 entry is larger than 1,000,000: (2, 2)"),
        ("1 2 3\n4 5 6", "x has the wrong shape"), ("1 2\n3 4\n5 6", "x has the wrong shape"),
        ("\n \n", "no numbers in the text"), ("1 2\0\n3 4", "neither text nor"),
        ("7", "wrong shape"),
    ],
)  # fmt: skip
def test_other_text_is_refused_and_says_where(text: str, words: str) -> None:
    assert words in refused(text.encode())


@pytest.mark.parametrize("text", ["1" * 300_000 + "x", "," * 300_000, "1e" * 150_000],
                         ids=["digits", "commas", "powers"])  # fmt: skip
def test_long_fields_are_refused_without_searching_for_ever(text: str) -> None:
    assert "is no number" in refused(text.encode())


def test_a_row_of_another_length_than_the_matrix_is_named() -> None:
    rows = [" ".join(["1"] * 20)] * 20
    assert "row 1 has 19 numbers, 20 expected" in refused(
        "\n".join([rows[0][2:], *rows[1:]]).encode(), size=20
    )
    rows[6] = rows[6][2:]
    assert "row 7 has 19 numbers, 20 expected" in refused("\n".join(rows).encode(), size=20)
    assert "wrong shape" in refused("\n".join(r[2:] for r in rows[:6]).encode(), size=20)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.floats(-1e5, 1e5), min_size=3, max_size=3), min_size=3, max_size=3),
    st.sampled_from([";", "\t", " "]), st.booleans(),
)  # fmt: skip
def test_numbers_come_back_to_the_bit(rows: list, separator: str, comma: bool) -> None:
    text = "\n".join(separator.join(map(repr, row)) for row in rows)
    found = read((text.replace(".", ",") if comma else text).encode(), "completion")
    np.testing.assert_array_equal(found.x.reshape(3, 3), rows)


# --- .npy ---------------------------------------------------------------------------------------


def test_fortran_order_is_read_by_its_entries_and_flat_is_row_major() -> None:
    pair = np.arange(1.0, 9.0).reshape(2, 2, 2)
    for array in (pair, np.asfortranarray(pair), pair.reshape(4, 2), pair.ravel(),
                  pair.astype(">f4"), pair.astype("i2"), pair.astype("u8"), pair.reshape(1, 8),
                  pair[None]):  # fmt: skip
        found = read(npy(array), "addition")
        np.testing.assert_array_equal(found.x, pair.reshape(1, 8))
        np.testing.assert_array_equal(found.y, (pair[0] + pair[1]).reshape(1, 4))
        assert found.size == 2


def test_several_problems_are_rows_or_have_a_leading_dim() -> None:
    p = tasks.problems("inverse", 5, 0, size=3)
    for shape in ((5, 9), (5, 3, 3)):
        found = read(npy(p.x.reshape(shape)), "inverse")
        np.testing.assert_array_equal(found.x, p.x)
        np.testing.assert_array_equal(found.y, p.y)
    nine = np.random.default_rng(0).normal(size=(9, 9))
    assert len(read(npy(nine), "completion", 3).x) == 9
    assert len(read(npy(nine), "completion", 9).x) == len(read(npy(nine), "completion").x) == 1


class Trap:
    """What must never be loaded."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return exec, ("raise SystemExit('executed')",)


def headed(header: str, body: bytes = bytes(32)) -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (npy(np.array([Trap()], dtype=object), allow_pickle=True), "array of another kind"),
        (npy(np.zeros((2, 2), [("a", "f8")])), "array of another kind"),
        (npy(np.zeros((2, 2), complex)), "array of another kind"),
        (npy(np.ones((2, 2), bool)), "array of another kind"),
        (npy(np.array([["a", "b"]])), "array of another kind"),
        (npy(np.ones((2, 2), np.longdouble)), "array of another kind"),
        (npy(np.array("2020", "M8[Y]")), "array of another kind"),
        (npy(PAIR)[:-1], "does not fit its content"), (npy(PAIR) + b"0", "does not fit"),
        (npy(np.array(1.0)), "wrong shape"), (npy(np.zeros((0, 4))), "does not fit"),
        (npy(np.ones((2, 2, 2, 2, 2))), "wrong shape"), (npy(np.ones((4, 1))), "wrong shape"),
        (headed("{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000, 2)}"), "not fit"),
        (headed("{'descr': '<f8', 'fortran_order': False, 'shape': (-2, -2)}"), "does not fit"),
        (headed("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2.0)}"), "unreadable .npy"),
        (headed("{'descr': '|V8', 'fortran_order': False, 'shape': (2, 2)}"), "another kind"),
        (headed("(" * 100), "unreadable .npy"), (headed("__import__('os')"), "unreadable .npy"),
        (headed("{}"), "unreadable .npy"), (b"\x93NUMPY", "unreadable .npy"),
        (b"\x93NUMPY\x03\x00" + bytes(40), "unreadable .npy"),
        (npy(np.array([[1, np.nan], [np.inf, 2]])), "2 entries are not finite: (1, 2), (2, 1)"),
    ],
)  # fmt: skip
def test_other_arrays_are_refused(content: bytes, words: str) -> None:
    assert words in refused(content)


# --- .npz and .mat ------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [npz, mat])
def test_of_several_arrays_x_is_read_and_y_is_the_truth(write: Callable[..., bytes]) -> None:
    p = tasks.problems("completion", 1, 0, size=3)
    x, y = p.x.reshape(3, 3), p.y.reshape(3, 3)
    for arrays in (
        {"x": x, "y": y},
        {"other": np.ones(5), "X1": x, "y": y},
        {"x": x, "M": y, "y": y},
    ):
        found = read(write(**arrays), "completion", 3)
        np.testing.assert_array_equal(found.x, p.x)
        np.testing.assert_array_equal(found.y, p.y)
    assert read(write(x=x), "completion").y is None
    assert "not clear which array" in refused(write(one=x, two=y))
    assert "not clear which array" in refused(write(y=x))
    assert "wrong shape" in refused(write(x=x, y=np.ones(4)))
    a, b = PAIR, PAIR[::-1]
    np.testing.assert_array_equal(
        read(write(A=a, B=np.asfortranarray(b)), "addition").x[0], np.stack([a, b]).ravel()
    )


@pytest.mark.parametrize("task", tasks.TASKS)
def test_a_file_of_a_seeded_problem_holds_it_to_the_bit(task: str) -> None:
    p = tasks.problems(task, 3, 4)
    assert read(npz(x=p.x, y=p.y), task).digest == Content(task, 20, p.x, p.y).digest
    assert content_of({"x": p.x}, task).x.tolist() == p.x.tolist()


@pytest.mark.parametrize(
    ("task", "y", "words"),
    [
        ("inverse", np.eye(3), "A⁻¹ to within"), ("addition", np.eye(3), "A + B to within"),
        ("completion", np.eye(3), "x where x is observed"),
        ("inverse", np.full((3, 3), np.nan), "9 entries are not finite"),
    ],
)  # fmt: skip
def test_what_is_no_truth_is_refused_and_none_is_invented(task: str, y: Any, words: str) -> None:
    p = tasks.problems(task, 1, 0, size=3)
    assert words in refused(npz(x=p.x, y=y), task)
    rounded = read(npz(x=p.x.astype("f4"), y=p.y.astype("f4")), task)
    np.testing.assert_array_equal(rounded.y, p.y.astype("f4"))


def zipped(*members: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def bombed(kind: int = 14) -> bytes:
    """A .mat file of some kilobytes whose one element is 64 MB, once it is unpacked."""
    body = struct.pack("<II", kind, 2**26) + bytes(2**26)
    packed = zlib.compress(body, 9)
    return mat()[:128] + struct.pack("<II", 15, len(packed)) + packed


@functools.cache
def hostile() -> list[tuple[bytes, str]]:
    """Archives that are none, and what is said of them; made when they are first asked for."""
    return [
        (zipped(("x.npy", bytes(2**26))), "arrays are too large"),
        (zipped(*[(f"{i}.npy", bytes(2**22)) for i in range(8)]), "arrays are too large"),
        (zipped(*[(f"{i}.npy", npy(PAIR)) for i in range(17)]), "other things than arrays"),
        (zipped(("x.txt", b"1")), "other things than arrays"), (zipped(), "neither text nor"),
        (zipped(("x.npy", npy(PAIR)), how=zipfile.ZIP_LZMA), "other things than arrays"),
        (zipped(("x.npy", b"no array")), "unreadable .npy"),
        (npz(x=np.array([Trap()], dtype=object)), "another kind"),
        (npz(x=PAIR)[:-30], "unreadable .npz"), (b"PK\x03\x04" + bytes(90), "unreadable .npz"),
        (bombed(), "arrays are too large"), (bombed(1), "arrays are too large"),
        (mat(x=PAIR + 1j), "other things than numeric"),
        (mat(x="text"), "other things than numeric"),
        (mat(x={"a": 1}), "other things than numeric"), (mat(x=PAIR > 0), "other things than num"),
        (mat(x=np.array([PAIR, "a"], dtype=object)), "other things than numeric"),
        (mat(x=scipy.sparse.eye_array(3).tocsc()), "other things than numeric"),
        (mat(), "file holds no arrays, or too many"),
        (mat(**{f"x{i}": PAIR for i in range(17)}), "file holds no arrays, or too many"),
        (mat(x=np.ones((2, 2, 2, 2, 2))), "unreadable .mat"),
        (mat(x=np.ones((0, 2))), "unreadable .mat"),
        (mat(packed=False, x=PAIR)[:128] + struct.pack("<II", 14, 0), "unreadable .mat"),
        (mat(packed=False, x=PAIR)[:-8], "unreadable .mat"),
        (mat(packed=False, x=PAIR)[:140] + b"\xff" * 80, "unreadable .mat"),
        (b"\x89HDF\r\n\x1a\n" + bytes(600), "HDF5 is not read here"),
        (b"MATLAB 7.3".ljust(512) + b"\x89HDF\r\n\x1a\n", "HDF5 is not read here"),
        (b"", "file is empty"), (b"1 " * MOST_FILE, "file is too large"), (b"\xff\x00\x01", "text"),
    ]  # fmt: skip


HOSTILE = 30
"""How many there are: a number in the name of a test, since their bytes hold the time."""


@pytest.mark.parametrize("case", range(HOSTILE))
def test_hostile_archives_are_refused(case: int) -> None:
    assert len(hostile()) == HOSTILE
    content, words = hostile()[case]
    assert len(content) <= 2 * MOST_FILE
    assert words in refused(content)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8", "i8", "u8"]),
    st.integers(1, 40),
    st.booleans(),
    st.lists(st.integers(1, 5), min_size=2, max_size=4),
)
def test_a_matlab_file_is_read_as_scipy_reads_it(kind, name, packed, shape) -> None:
    array = (np.arange(np.prod(shape)) * 7 % 120).reshape(shape).astype(kind)
    content = mat(packed, **{"a" * min(name, 31): array, "other": np.eye(3)})
    twin = scipy.io.loadmat(io.BytesIO(content))
    found = matlab.read(content, "here")
    assert set(found) == {key for key in twin if not key.startswith("__")}
    for key, values in found.items():
        assert values.dtype == np.float64
        np.testing.assert_array_equal(values, twin[key])


def test_a_matlab_file_of_the_other_byte_order_is_read() -> None:
    def part(kind: int, data: bytes) -> bytes:
        return struct.pack(">II", kind, len(data)) + data + bytes(-len(data) % 8)

    body = (part(6, struct.pack(">II", 6, 0)) + part(5, struct.pack(">ii", 2, 2)) + part(1, b"x")
            + part(9, PAIR.T.astype(">f8").tobytes()))  # fmt: skip
    content = b"MATLAB 5.0".ljust(124) + b"\x01\x00MI" + part(14, body)
    np.testing.assert_array_equal(scipy.io.loadmat(io.BytesIO(content))["x"], PAIR)
    np.testing.assert_array_equal(read(content, "completion").x.reshape(2, 2), PAIR)


SEEDS = [
    npy(PAIR),
    npz(x=PAIR, y=PAIR),
    mat(x=PAIR),
    mat(packed=False, x=PAIR, y=PAIR),
    b"1,5;2\n3;4",
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), max_size=4),
    st.integers(0, 500),
)
def test_flipped_and_cut_files_give_numbers_or_one_line(
    whole: bytes, flips: list, cut: int
) -> None:
    content = bytearray(whole)
    for at, byte in flips:
        content[at % len(content)] = byte
    try:
        found = read(bytes(content[: len(content) - cut % 7]), "completion")
        assert np.isfinite(found.x).all()
    except Refusal as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017 - what it raises is what is looked at
