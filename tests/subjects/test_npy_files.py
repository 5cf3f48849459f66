"""NumPy files: everything np.save writes is read as np.load reads it, and forged headers cost no memory."""

from __future__ import annotations

import io
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symmeter.errors import FileFormatError, InputError, NonFiniteError, ShapeError, SymmeterError
from symmeter.subjects import Covariance, Samples, load
from symmeter.subjects.npy import read_npy, read_npy_header, table_from_npy


def one_line(error: SymmeterError) -> None:
    assert str(error).isprintable()
    assert len(str(error)) < 1000


def saved(array: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def forged(header: str, body: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    raw = header.encode("latin-1")
    length = struct.pack("<H" if version[0] == 1 else "<I", len(raw))
    return b"\x93NUMPY" + bytes(version) + length + raw + body


@pytest.mark.parametrize(
    "dtype",
    [
        "?",
        "i1",
        "u1",
        "<i2",
        ">i2",
        "<u4",
        ">i8",
        "u8",
        "<f2",
        ">f2",
        "<f4",
        ">f4",
        "<f8",
        ">f8",
        "<c8",
        ">c8",
        "<c16",
        ">c16",
        "g",
        "G",
    ],
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_kind_of_number(tmp_path: Path, dtype: str, order: str) -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(0, 2, size=(7, 3)) if dtype == "?" else rng.integers(0, 100, size=(7, 3))
    array = np.asarray(values.astype(dtype), order=order)  # type: ignore[call-overload]
    np.save(tmp_path / "x.npy", array)
    subject = load(tmp_path / "x.npy")
    assert isinstance(subject, Samples)
    assert np.array_equal(subject.values, np.load(tmp_path / "x.npy"))
    assert subject.values.dtype == (np.complex128 if array.dtype.kind == "c" else np.float64)
    native = array.dtype in (np.float64, np.complex128)
    assert any("converted from" in note for note in subject.notes) != native
    assert subject.source == "x.npy"


def test_pictures_and_channels(tmp_path: Path, refusal) -> None:
    pictures = np.random.default_rng(0).normal(size=(6, 2, 3))
    path = tmp_path / "p.npy"
    np.save(path, np.asfortranarray(pictures))
    subject = load(path)
    assert subject.grid == (2, 3)
    assert np.array_equal(subject.values, pictures.reshape(6, 6))
    np.save(path, pictures[:, None])
    assert np.array_equal(load(path).values, pictures.reshape(6, 6))
    np.save(path, pictures[..., None])
    one = load(path)
    assert one.grid == (2, 3)
    assert any("single channel" in note for note in one.notes)
    np.save(path, np.stack([pictures] * 3, axis=-1))
    text = refusal(ShapeError, load, path)
    assert "6 x 2 x 3 x 3" in text
    assert "a[..., 0]" in text


def test_records_become_named_columns(tmp_path: Path, refusal) -> None:
    records = np.zeros(4, dtype=[("mass", "<f4"), ("charge", ">i2"), ("flag", "?")])
    records["mass"], records["charge"] = [1, 2, 3, 4], [-1, 0, 1, 2]
    np.save(tmp_path / "r.npy", records)
    subject = load(tmp_path / "r.npy")
    assert subject.names == ("mass", "charge", "flag")
    assert subject.values[:, 1].tolist() == [-1, 0, 1, 2]
    assert load(tmp_path / "r.npy", columns="charge").values.shape == (4, 1)
    aligned = np.zeros(4, dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True))
    np.save(tmp_path / "r.npy", aligned)
    assert load(tmp_path / "r.npy").names == ("a", "b")
    for bad, word in [([("a", "f8"), ("b", "U3")], "holds text"), ([("a", "f8", (2,))], "itself an array")]:
        np.save(tmp_path / "r.npy", np.zeros(4, dtype=bad))
        assert word in refusal(FileFormatError, load, tmp_path / "r.npy")


def test_python_objects_are_refused(tmp_path: Path, refusal) -> None:
    np.save(tmp_path / "o.npy", np.array([[1, None], [2, "a"]], dtype=object), allow_pickle=True)
    text = refusal(FileFormatError, load, tmp_path / "o.npy")
    assert "pickled Python objects" in text
    assert "np.save(path, np.asarray(data, dtype=float))" in text


def test_shapes_that_are_no_table(tmp_path: Path, refusal) -> None:
    def attempt(array: np.ndarray, kind: type[SymmeterError]) -> str:
        np.save(tmp_path / "s.npy", array)
        return refusal(kind, load, tmp_path / "s.npy")

    assert "a single number" in attempt(np.array(3.0), ShapeError)
    assert "a.reshape(-1, M)" in attempt(np.zeros(64), ShapeError)
    assert "5 axes" in attempt(np.zeros((1, 1, 2, 1, 1)), ShapeError)
    assert "is empty" in attempt(np.zeros((0, 3)), InputError)
    assert "is empty" in attempt(np.zeros((3, 0)), InputError)
    assert "holds text" in attempt(np.array([["a", "b"]]), FileFormatError)
    assert "holds dates" in attempt(np.zeros((2, 2), dtype="M8[D]"), FileFormatError)


def test_first_value_that_is_not_finite(tmp_path: Path, refusal) -> None:
    array = np.zeros((50, 4))
    array[17, 2], array[30, 1] = np.nan, np.inf
    np.save(tmp_path / "n.npy", array)
    text = refusal(NonFiniteError, load, tmp_path / "n.npy")
    assert "2 of 200 values" in text
    assert "missing (NaN): row 17, column '2'" in text
    assert load(tmp_path / "n.npy", columns=[0, 3]).values.shape == (50, 2)


def test_large_values_are_not_taken_for_infinite() -> None:
    assert load(np.full((4, 3), 1e308)).values.max() == 1e308


def test_huge_header_in_a_small_file_allocates_nothing(tmp_path: Path, refusal) -> None:
    path = tmp_path / "huge.npy"
    path.write_bytes(forged("{'descr': '<f8', 'fortran_order': False, 'shape': (125000, 10000), }", bytes(24)))
    tracemalloc.start()
    try:
        text = refusal(FileFormatError, load, path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "its header announces 125000 x 10000 float64 (10.0 GB), but only 24 bytes follow" in text
    assert peak < 5e6


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (%s, 3)}" % ("9" * 15), "only 0 bytes follow"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (%s, 3)}" % ("9" * 40), "no tuple of sizes"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 3)}", "no tuple of sizes"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (True, 3)}", "no tuple of sizes"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': 3}", "no tuple of sizes"),
        ("{'descr': '<f8', 'fortran_order': 1, 'shape': (3, 3)}", "fortran_order must be"),
        ("{'descr': '<f8', 'shape': (3, 3)}", "it must give descr"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 3), 'x': 1}", "it must give descr"),
        ("__import__('os').system('true')", "not readable"),
        ("(" * 3000, "not readable"),
        ("(" * 100_000, "not readable"),
        ("{'descr': '<f8'", "not readable"),
        ("", "not readable"),
        ("{'descr': '<q8', 'fortran_order': False, 'shape': (3, 3)}", "dtype '<q8'"),
        ("{'descr': '<f12', 'fortran_order': False, 'shape': (3, 3)}", "f12"),
        ("{'descr': 8, 'fortran_order': False, 'shape': (3, 3)}", "dtype '8' is not known"),
        ("{'descr': '|V8', 'fortran_order': False, 'shape': (3, 3)}", "raw bytes"),
        ("{'descr': '(1000000000,)f8', 'fortran_order': False, 'shape': (3, 3)}", "holds dtype"),
        ("{'descr': [('a', '<f8'), ('a', '<f8')], 'fortran_order': False, 'shape': (3,)}", "records are not readable"),
    ],
)
def test_damaged_headers(tmp_path: Path, refusal, header: str, part: str) -> None:
    (tmp_path / "d.npy").write_bytes(forged(header, version=(2, 0)))
    assert part in refusal(FileFormatError, load, tmp_path / "d.npy")


def test_damaged_beginnings(tmp_path: Path, refusal) -> None:
    good = saved(np.ones((3, 3)))
    for data, part in [
        (good[:7], "cut short"),
        (good[:40], "cut short"),
        (good[:-8], "(72 bytes), but only 64 bytes follow"),
        (b"\x93NUMPY\x09\x00" + good[8:], "format version 9.0"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(50), "4.2 GB long"),
    ]:
        (tmp_path / "b.npy").write_bytes(data)
        assert part in refusal(FileFormatError, load, tmp_path / "b.npy")


def test_python_2_longs_and_later_versions(tmp_path: Path) -> None:
    body = np.arange(6.0).tobytes()
    for version in [(1, 0), (2, 0), (3, 0)]:
        data = forged("{'descr': '<f8', 'fortran_order': False, 'shape': (3L, 2L), }\n", body, version)
        (tmp_path / "l.npy").write_bytes(data)
        assert load(tmp_path / "l.npy").values.tolist() == [[0, 1], [2, 3], [4, 5]]


def test_float64_files_are_not_copied() -> None:
    data = saved(np.arange(1000.0).reshape(100, 10))
    table = table_from_npy(read_npy(data, "x.npy"), "x.npy")
    assert np.shares_memory(table.take(None), np.frombuffer(data, dtype=np.uint8))


def test_float32_covariance_is_symmetric_to_float32(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    matrix = np.cov(rng.normal(size=(50, 6)), rowvar=False).astype(np.float32)
    matrix[0, 1] = np.nextafter(matrix[0, 1], np.float32(9))
    np.save(tmp_path / "c.npy", matrix)
    subject = load(tmp_path / "c.npy", n=50)
    assert isinstance(subject, Covariance)
    assert np.array_equal(subject.matrix, subject.matrix.T)


BASES = [
    saved(np.arange(12.0).reshape(4, 3)),
    saved(np.arange(12, dtype=">i2").reshape(2, 2, 3)),
    saved(np.zeros(3, dtype=[("a", "f4"), ("b", "i1")])),
    saved(np.ones((2, 2), dtype="F")),
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    base=st.sampled_from(BASES),
    edits=st.lists(st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=6)), max_size=5),
    cut=st.integers(0, 300),
)
def test_mutated_files_load_or_raise_one_line(base: bytes, edits: list[tuple[int, bytes]], cut: int) -> None:
    data = bytearray(base)
    for at, new in edits:
        data[at : at + len(new)] = new
    _loads_or_refuses(bytes(data[: len(data) - cut] if cut < 100 else data))


@settings(max_examples=300, deadline=None)
@given(
    descr=st.one_of(st.text(alphabet="<>|=?biufcOSUVMm0123456789,()", max_size=8), st.integers(), st.none()),
    shape=st.one_of(
        st.lists(st.integers(-2, 2**70), max_size=6).map(tuple), st.lists(st.integers(0, 4), max_size=4).map(tuple)
    ),
    fortran=st.one_of(st.booleans(), st.integers()),
    body=st.binary(max_size=200),
    version=st.sampled_from([(1, 0), (2, 0), (3, 0)]),
)
def test_forged_headers_load_or_raise_one_line(
    descr: object, shape: tuple[int, ...], fortran: object, body: bytes, version: tuple[int, int]
) -> None:
    header = repr({"descr": descr, "fortran_order": fortran, "shape": shape})
    _loads_or_refuses(forged(header, body, version))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120))
def test_random_headers_load_or_raise_one_line(raw: bytes) -> None:
    _loads_or_refuses(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(raw)) + raw)


def _loads_or_refuses(data: bytes) -> None:
    tracemalloc.start()
    try:
        table = table_from_npy(read_npy(data, "f.npy"), "f.npy")
        values = table.take(None)
    except SymmeterError as error:
        one_line(error)
    else:
        assert values.size <= 20 * len(data)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 20e6


def test_header_agrees_with_numpy() -> None:
    for array in [np.zeros((3, 4), "f4"), np.zeros((2, 3, 4), ">c16", order="F"), np.zeros(5, "i1")]:
        data = saved(array)
        header = read_npy_header(data, "x")
        stream = io.BytesIO(data)
        np.lib.format.read_magic(stream)
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        assert (header.shape, header.fortran_order, header.dtype) == (shape, fortran, dtype)
        assert header.offset == stream.tell()
