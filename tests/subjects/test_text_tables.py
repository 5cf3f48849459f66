"""Text tables: what the writers of the field produce is read, what is wrong is named with its line."""

from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from symmeter.errors import FileFormatError, InputError, NonFiniteError, SymmeterError, UnknownNameError
from symmeter.subjects import Covariance, Samples, load
from symmeter.subjects.cells import read_cell
from symmeter.subjects.text import read_text


def one_line(error: SymmeterError) -> None:
    assert str(error).isprintable()
    assert len(str(error)) < 1000


RNG = np.random.default_rng(4)
X = RNG.normal(size=(9, 3))
FRAME = pd.DataFrame(X, columns=["mass", "charge", "spin"])


@pytest.fixture
def read(tmp_path: Path):
    def from_text(text: str | bytes, name: str = "t.csv", **options: object):
        (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return load(tmp_path / name, **options)  # type: ignore[arg-type]

    return from_text


@pytest.mark.parametrize("delimiter", [",", "\t", ";", " "])
@pytest.mark.parametrize("index", [False, True])
@pytest.mark.parametrize("header", [False, True])
def test_pandas_writer(read, delimiter: str, index: bool, header: bool) -> None:
    frame = FRAME if not index else FRAME.set_axis([f"probe_{i}" for i in range(9)])
    subject = read(frame.to_csv(sep=delimiter, index=index, header=header))
    assert np.array_equal(subject.values, X)
    assert subject.names == (("mass", "charge", "spin") if header else ("0", "1", "2"))
    assert any("read as row labels, such as 'probe_0'" in note for note in subject.notes) == index


def test_pandas_default_index_and_columns(read) -> None:
    subject = read(pd.DataFrame(X).to_csv())
    assert np.array_equal(subject.values, X)
    assert any("row labels" in note for note in subject.notes)
    assert np.array_equal(read(pd.DataFrame(X).to_csv(index=False)).values, X)


@pytest.mark.parametrize("delimiter", [" ", ",", "\t"])
def test_numpy_writer(read, delimiter: str) -> None:
    stream = io.StringIO()
    np.savetxt(stream, X, delimiter=delimiter, header=delimiter.join(FRAME.columns))
    subject = read(stream.getvalue(), name="t.txt")
    assert np.array_equal(subject.values, X)
    assert subject.names == ("mass", "charge", "spin")
    assert "column names taken from the comment above the table" in subject.notes


def test_numpy_writer_of_complex_numbers(read) -> None:
    z = X + 1j * RNG.normal(size=X.shape)
    stream = io.StringIO()
    np.savetxt(stream, z)
    assert np.array_equal(read(stream.getvalue()).values, z)


@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_csv_module_writer(read, quoting: int, end: str) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerow(["a, in cm", 'b "raw"', "c\nline"])
    writer.writerows(X.tolist())
    subject = read(stream.getvalue())
    assert np.array_equal(subject.values, X)
    assert subject.names == ("a, in cm", 'b "raw"', "c\nline")


def test_table_as_r_writes_it(read) -> None:
    subject = read('"a" "b"\n"1" 0.5 2\n"2" 1 3\n"3" -1 4e-2\n', name="r.txt")
    assert subject.values.tolist() == [[0.5, 2], [1, 3], [-1, 0.04]]
    assert subject.names == ("a", "b")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,2\n3,4\n5,6", [[1, 2], [3, 4], [5, 6]]),
        ("  1   2\n 3 4  \n5\t6\n", [[1, 2], [3, 4], [5, 6]]),
        ("1, 2\n3, 4\n\n5, 6\n \t \n", [[1, 2], [3, 4], [5, 6]]),
        ("# note\n1;2\n# note\n3;4\n5;6\n", [[1, 2], [3, 4], [5, 6]]),
        ("1.5\n2.5\n", [[1.5], [2.5]]),
        ("x\n1.5\n2.5\n", [[1.5], [2.5]]),
        ("1,2,\n3,4,\n5,6,\n", [[1, 2], [3, 4], [5, 6]]),
        ("a,b,\n1,2,\n3,4,\n5,6,\n", [[1, 2], [3, 4], [5, 6]]),
        ("a,b\n1,2,\n3,4,\n5,6,\n", [[1, 2], [3, 4], [5, 6]]),
        ("\r\n1,2\r3,4\r\n5,6", [[1, 2], [3, 4], [5, 6]]),
        ("a;b\n1;2e3\n.5;-4.\n+5;6\n", [[1, 2000], [0.5, -4], [5, 6]]),
        ("1,2\n", [[1, 2]]),
        ("0,1\n1,1\n0,0\n", [[0, 1], [1, 1], [0, 0]]),
        ("0,1,2\n2,1,0\n1,2,0\n0,2,1\n", [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]]),
        ("1,2\n3,4\n5,6\n#N rows,3\n", [[1, 2], [3, 4], [5, 6]]),
    ],
)
def test_small_tables(read, text: str, values: list[list[float]]) -> None:
    assert read(text).values.tolist() == values


def test_encodings(read) -> None:
    for data, note in [
        ("\ufefflänge,b\n1,2\n3,4\n5,6".encode(), None),
        ("länge,b\n1,2\n3,4\n5,6".encode("latin-1"), "not UTF-8, decoded as Latin-1"),
        ("länge,b\n1,2\n3,4\n5,6".encode("utf-16"), "decoded from UTF-16"),
    ]:
        subject = read(data)
        assert subject.names == ("länge", "b")
        assert subject.notes == ((note,) if note else ())


def test_unnamed_and_repeated_names(read) -> None:
    subject = read("a,,a,a.1\n1,2,3,4\n")
    assert subject.names == ("a", "1", "a.2", "a.1")
    assert "1 repeated column name made unique (.1, .2, ...)" in subject.notes


def test_text_columns_are_named_and_left_out_by_choice(read, refusal) -> None:
    text = "x,kind,y,z\n" + "".join(f"{i},{'ab'[i % 2]},{i * i},{i}\n" for i in range(6))
    line = refusal(InputError, read, text)
    assert (
        "1 column holds text: 'kind' (column 1): 'a' on line 2; choose columns of numbers with --columns 0,2:4" in line
    )
    assert read(text, columns="0,2:4").names == ("x", "y", "z")
    assert "'kind' (column 1)" in refusal(InputError, read, text, columns="x,kind")
    assert "did you mean 'kind'?" in refusal(UnknownNameError, read, text, columns="kin")


def test_one_stray_word_is_found(read, refusal) -> None:
    text = "# made by hand\nx,y\n" + "1,2\n" * 500 + "1,oops\n" + "1,2\n" * 500
    assert "'y' (column 1): 'oops' on line 503, 1 of 1001 cells" in refusal(InputError, read, text)


def test_repeated_labels_are_a_text_column(read, refusal) -> None:
    text = "species,a,b\nset,1,2\nvir,3,4\nset,5,6\n"
    assert "'species' (column 0): 'set' on line 2" in refusal(InputError, read, text)
    assert read(text, columns="a,b").values.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert read(text, columns=[2, 1]).values.tolist() == [[2, 1], [4, 3], [6, 5]]


def test_distinct_text_in_the_first_column_labels_the_rows(read) -> None:
    subject = read("gene,a,b\nBRCA,1,2\nTP53,3,4\nX_1,5,6\n")
    assert subject.names == ("a", "b")
    assert "first column ('gene') read as row labels, such as 'BRCA'" in subject.notes
    assert read("gene,a,b\nBRCA,1,2\nTP53,3,4\nX_1,5,6\n", columns="1").names == ("b",)


def test_labelled_covariance(read) -> None:
    frame = pd.DataFrame(X.T @ X, index=FRAME.columns, columns=FRAME.columns)
    subject = read(frame.to_csv())
    assert isinstance(subject, Covariance)
    assert subject.names == ("mass", "charge", "spin")
    assert np.array_equal(subject.matrix, frame.to_numpy())


def test_ragged_lines(read, refusal) -> None:
    line = refusal(FileFormatError, read, "a,b\n1,2\n\n3,4,5\n6,7\n")
    assert "line 4 has 3 cells where 2 are expected (cells are separated by commas)" in line
    assert "line 3 has 1 cell where 2 are expected" in refusal(FileFormatError, read, "1;2\n3;4\n5\n6;7\n8;9\n")
    assert "line 2 has 2 cells where 3 are expected" in refusal(FileFormatError, read, "a,b,c\n1,2\n3,4,5\n")
    assert "blanks" in refusal(FileFormatError, read, "1 2 3\n1 2\n1 2 3\n")


@pytest.mark.parametrize("cell", ["", "NA", "nan", "NaN", "null", "None", "#N/A", "?", "-", " "])
def test_missing_cells(read, refusal, cell: str) -> None:
    line = refusal(NonFiniteError, read, f"a,b\n1,2\n# remark\n3,4\n5,{cell}\n{cell},6\n7,8\n")
    assert "2 of 10 values are NaN or infinite" in line
    assert "missing (NaN): line 5, column 'b'" in line


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e400"])
def test_infinite_cells(read, refusal, cell: str) -> None:
    assert "infinite: line 3, column 'b'" in refusal(NonFiniteError, read, f"a,b\n1,2\n5,{cell}\n")


@pytest.mark.parametrize("text", ["a;b\n1;2,5\n3;4\n", "1,5;2,5\n1,5;3,5\n", '"1,5","2"\n"3","4"\n', "1,5 2\n3,4 5\n"])
def test_decimal_commas(read, refusal, text: str) -> None:
    assert "looks like a decimal or thousands comma; write '" in refusal(FileFormatError, read, text)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "the file is empty"),
        ("\n \n# only this\n", "the table is empty"),
        ("a,b,c\n", "a header of 3 names and no row"),
    ],
)
def test_empty_tables(read, refusal, text: str, part: str) -> None:
    assert part in refusal(InputError, read, text)


def test_broken_quotes(read, refusal) -> None:
    assert "never closed" in refusal(FileFormatError, read, 'a,b\n1,"2\n3,4\n')
    assert "after a closing quote" in refusal(FileFormatError, read, 'a,b\n1,2\n"3"4,5\n')
    assert "131072" in refusal(FileFormatError, read, 'a,b\n1,2\n3,"' + "4\n" * 100_000)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1+2j", 1 + 2j), ("1-2i", 1 - 2j), ("(1+2j)", 1 + 2j), ("(1+-2j)", 1 - 2j), ("2j", 2j), ("-1.5e-3i", -0.0015j),
        ("1e3-.5e-2j", 1000 - 0.005j), ("1 + 2j", 1 + 2j), ("3-i", 3 - 1j), ("2*i", 2j), ("1+2*j", 1 + 2j),
    ],
)  # fmt: skip
def test_complex_cells(cell: str, value: complex) -> None:
    assert read_cell(cell) == value


@pytest.mark.parametrize("cell", ["i", "j", "ij", "1_000", "0x10", "1+2", "1+2k", "1,5", "+-1j", "1d5", "True"])
def test_cells_that_are_text(cell: str) -> None:
    assert read_cell(cell) is None


@given(st.complex_numbers(allow_nan=False, allow_infinity=False))
def test_complex_cells_as_python_writes_them(z: complex) -> None:
    assert read_cell(str(z)) == z
    assert read_cell(str(z).replace("j", "i")) == z


def test_complex_and_real_cells_may_mix(read) -> None:
    subject = read("a,b\n1,2\n3+1j,4\n5,-1j\n")
    assert subject.values.tolist() == [[1, 2], [3 + 1j, 4], [5, -1j]]


def test_selected_columns_may_avoid_missing_values(read) -> None:
    assert read("a,b\n1,\n2,NA\n", columns="a").values.tolist() == [[1], [2]]


@settings(max_examples=60, deadline=None)
@given(
    x=hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 12), st.integers(2, 5)),
        elements=st.floats(allow_nan=False, allow_infinity=False),
    ),
    delimiter=st.sampled_from([",", ";", "\t", " "]),
    header=st.booleans(),
)
def test_numbers_survive_exactly(x: np.ndarray, delimiter: str, header: bool) -> None:
    lines = [delimiter.join(map(repr, row)) for row in x.tolist()]
    if header:
        lines.insert(0, delimiter.join(f"col{j}" for j in range(x.shape[1])))
    table = read_text("\n".join(lines).encode(), "x.csv")
    assert np.array_equal(table.take(None), x)
    assert table.names == (tuple(f"col{j}" for j in range(x.shape[1])) if header else None)


def _loads_or_refuses(data: bytes) -> None:
    tracemalloc.start()
    try:
        table = read_text(data, "f.csv")
        values = table.take(None)
    except SymmeterError as error:
        one_line(error)
    else:
        assert isinstance(values, np.ndarray)
        assert values.shape == (table.rows, table.columns)
        assert values.size <= len(data)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 20e6


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
@example(b"\xff\xfe\x00")
@example(b'"')
@example(b"\r\r\r")
@example(b"#")
@example(b"\xef\xbb\xbf")
@example(b",,,\n,,,\n")
@example(b"\t\t\n\t\n")
@example("١,٢\n٣,٤\n".encode())
def test_random_bytes_load_or_raise_one_line(data: bytes) -> None:
    _loads_or_refuses(data)


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet='0123456789.,;\t\n\r "#abij+-()eE_\u2028', max_size=80))
def test_random_tables_load_or_raise_one_line(text: str) -> None:
    _loads_or_refuses(text.encode())


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=120))
def test_random_files_load_or_raise_one_line(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    assume(not data.startswith((b"PAR1", b"ARROW1", b"FEA1")))
    path = tmp_path_factory.getbasetemp() / "random.bin"
    path.write_bytes(data)
    try:
        subject = load(path)
    except SymmeterError as error:
        one_line(error)
    else:
        assert isinstance(subject, Samples | Covariance)
