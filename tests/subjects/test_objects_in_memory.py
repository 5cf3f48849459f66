"""Arrays, frames, labelled arrays, tensors and collections of them."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import xarray as xr

from symmeter.errors import (
    InputError,
    InputTypeError,
    NonFiniteError,
    SampleSizeError,
    ShapeError,
    SymmeterError,
)
from symmeter.subjects import Covariance, Samples, SeveralSamples, load, load_many

RNG = np.random.default_rng(5)
X = RNG.normal(size=(10, 6))
R = X.T @ X / 10


def test_array_is_copied() -> None:
    mine = X.copy()
    subject = load(mine)
    mine[:] = 0
    assert np.array_equal(subject.values, X)
    assert subject.source == "array"
    assert load(X, name="probe").source == "probe"


def test_masked_array(refusal) -> None:
    masked = np.ma.masked_array(np.ones((3, 2), dtype=int), mask=[[0, 0], [0, 1], [0, 0]])
    assert "row 1, column '1'" in refusal(NonFiniteError, load, masked)


def test_lists() -> None:
    assert load([[1, 2], [3, 4], [5, 6]]).values.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert load(((1, 2), (3, 4), (5, 6))).source == "tuple"
    assert load([np.ones(4), np.zeros(4)]).values.shape == (2, 4)
    assert load([[[1, 2], [3, 4]]] * 3).grid == (2, 2)
    assert load([[1 + 2j, 0], [0, 1], [1, 1]]).is_complex
    assert load([[Decimal("1.5"), 2], [10**30, True], [1, 1]]).values.tolist() == [[1.5, 2], [1e30, 1], [1, 1]]


@pytest.mark.parametrize(
    ("rows", "kind", "part"),
    [
        ([[1, 2], [3]], ShapeError, "row 1 has 1 cells, row 0 has 2"),
        ([[1, 2], 3], InputTypeError, "row 1 is no row"),
        ([1, 2, 3], ShapeError, "1-d array of 3 numbers"),
        ([], InputError, "an empty list"),
        ({}, InputError, "an empty dict"),
        ([[]], InputError, "is empty"),
        ([["a", "b"], ["c", "d"]], InputError, "column 0"),
        ([[1, "b"], [2, "d"]], InputError, "choose columns of numbers with --columns 0"),
        ([[None, 1], [2, 3]], NonFiniteError, "row 0, column '0'"),
        ([[[1], [2]], [[1], [2, 3]]], InputError, "do not form a table"),
        (np.array("a"), InputTypeError, "an array of text"),
        (np.zeros(3), ShapeError, "array.reshape(-1, M)"),
        (3.0, InputTypeError, "type 'float'"),
        (None, InputTypeError, "type 'NoneType'"),
        (b"x.npy", InputTypeError, "type 'bytes'"),
        ({1, 2}, InputTypeError, "type 'set'"),
        ([{"a": 1}], InputTypeError, "list: an array of Python objects"),
    ],
)
def test_objects_that_are_no_table(refusal, rows: object, kind: type[SymmeterError], part: str) -> None:
    assert part in refusal(kind, load, rows)


def test_sparse_matrix_has_a_hint(refusal) -> None:
    from scipy.sparse import csr_matrix

    assert ".toarray()" in refusal(InputTypeError, load, csr_matrix(np.eye(3)))


def test_frame_of_many_types() -> None:
    frame = pd.DataFrame(
        {
            "i": pd.array([1, 2, 3], dtype="Int64"),
            "f": np.array([1, 2, 3], dtype="float32"),
            "b": [True, False, True],
            "B": pd.array([True, False, True], dtype="boolean"),
            "o": np.array([1, 2.5, Decimal(3)], dtype=object),
            "s": pd.arrays.SparseArray([0.0, 0.0, 1.0]),
            "p": pd.array([1.5, 2.5, 3.5], dtype="float64[pyarrow]"),
        }
    )
    subject = load(frame)
    assert subject.names == tuple("ifbBosp")
    assert subject.values.tolist() == [
        [1, 1, 1, 1, 1, 0, 1.5],
        [2, 2, 0, 0, 2.5, 0, 2.5],
        [3, 3, 1, 1, 3, 1, 3.5],
    ]
    assert subject.source == "DataFrame"


def test_frame_with_text_dates_and_gaps(refusal) -> None:
    frame = pd.DataFrame(
        {"x": [1.0, 2.0], "when": pd.to_datetime(["2024-01-01", "2024-01-02"]), "c": pd.Categorical(["r", "g"]),
         "t": ["u", "v"], "y": [3, 4]}
    )  # fmt: skip
    text = refusal(InputError, load, frame)
    assert "3 columns hold text: 'when' (column 1): '2024-01-01 00:00:00' on row 0; 'c' (column 2): 'r'" in text
    assert "--columns 0,4" in text
    assert load(frame, columns=["x", "y"]).values.tolist() == [[1, 3], [2, 4]]
    gaps = pd.DataFrame({"a": [1, 2], "b": pd.array([None, 3], dtype="Int64")})
    assert "row 0, column 'b'" in refusal(NonFiniteError, load, gaps)
    assert "0 rows and 2 columns" in refusal(InputError, load, gaps.iloc[:0])
    assert "1-d array of 2 numbers" in refusal(ShapeError, load, gaps["a"])


def test_frame_with_complex_numbers_and_levels() -> None:
    frame = pd.DataFrame({("a", "x"): [1 + 1j, 2, 3], ("a", "y"): [1, 2, 3j]})
    subject = load(frame)
    assert subject.names == ("a/x", "a/y")
    assert subject.values.dtype == np.complex128


def test_arrow_table() -> None:
    table = pa.table({"a": [1, 2, 3], "b": [True, False, True], "c": pa.array([1.5, 2.5, 3.5], pa.float32())})
    assert load(table).values.tolist() == [[1, 1, 1.5], [2, 0, 2.5], [3, 1, 3.5]]


def test_labelled_samples() -> None:
    array = xr.DataArray(X, dims=("time", "probe"), coords={"probe": list("abcdef")}, name="field")
    subject = load(array)
    assert subject.names == tuple("abcdef")
    assert subject.source == "'field'"
    turned = load(array.transpose())
    assert np.array_equal(turned.values, X)
    assert turned.names == tuple("abcdef")
    assert "dimension 'time' read as samples" in turned.notes


@pytest.mark.parametrize("pair", [("y", "x"), ("row", "col"), ("lat", "lon"), ("h", "w"), ("Y", "X")])
def test_labelled_pictures(pair: tuple[str, str]) -> None:
    pictures = RNG.normal(size=(7, 2, 3))
    array = xr.DataArray(pictures, dims=("n", *pair))
    for dims in [("n", *pair), (*pair, "n"), (pair[1], "n", pair[0])]:
        subject = load(array.transpose(*dims))
        assert subject.grid == (2, 3)
        assert np.array_equal(subject.values, pictures.reshape(7, 6))


def test_labelled_mistakes(refusal) -> None:
    assert "one picture (y, x)" in refusal(ShapeError, load, xr.DataArray(X, dims=("y", "x")))
    data = xr.Dataset({"t": (("n", "m"), X), "q": (("n", "m"), X)})
    assert "2 variables ('t', 'q')" in refusal(InputError, load, data)
    assert np.array_equal(load(data[["q"]]).values, X)


def test_object_with_array_protocol() -> None:
    class Foreign:
        columns = ["a", "b"]  # noqa: RUF012

        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            return np.ones((4, 2))

    subject = load(Foreign())
    assert subject.names == ("a", "b")
    assert subject.source == "Foreign"


def test_several_sources(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", X)
    pd.DataFrame(X).to_csv(tmp_path / "b.csv", index=False, header=list("uvwxyz"))
    several = load([tmp_path / "a.npy", str(tmp_path / "b.csv"), R, pd.DataFrame(X)], n=10, grid="2x3")
    assert isinstance(several, SeveralSamples)
    assert [item.kind for item in several] == ["samples", "samples", "covariance", "samples"]
    assert [item.source for item in several] == ["a.npy", "b.csv", "array 2", "DataFrame 3"]
    assert several.items[2].n == 10  # type: ignore[union-attr]
    assert several.names == tuple("uvwxyz")
    assert several.grid == (2, 3)
    assert isinstance(load([X]), SeveralSamples)


def test_several_from_a_dict() -> None:
    several = load({"before": X, "after": 2 * X}, name="both")
    assert isinstance(several, SeveralSamples)
    assert [item.source for item in several] == ["before", "after"]
    assert several.source == "both"
    assert np.array_equal(load(several, columns="1:3").items[1].values, 2 * X[:, 1:3])  # type: ignore[union-attr]


def test_dict_of_columns(refusal) -> None:
    subject = load({"a": [1, 2, 3], "b": np.array([4.0, 5, 6])})
    assert subject.names == ("a", "b")
    assert subject.values.tolist() == [[1, 4], [2, 5], [3, 6]]
    assert "unequal length ('a' 2, 'b' 1)" in refusal(ShapeError, load, {"a": [1, 2], "b": [1]})


def test_sample_sizes_of_several(refusal) -> None:
    sizes = [item.n for item in load_many([R, 2 * R], n=[10, 20])]
    assert sizes == [10, 20]
    assert [item.n for item in load_many([R, 2 * R], n=[10, None])][1] is None  # type: ignore[union-attr]
    assert "1 sample size n for 2 sources" in refusal(ShapeError, load_many, [R, R], n=[10])
    assert "every source was read as samples" in refusal(InputError, load_many, [X, X], n=10)
    assert "read as samples" in refusal(InputError, load_many, [R, X], n=[10, 10])
    assert "3 or more" in refusal(SampleSizeError, load_many, [R], n=2)
    assert "list or dict" in refusal(InputTypeError, load_many, "a.npy")
    assert "array 0 has 6, array 1 has 5" in refusal(ShapeError, load, [X, X[:, :5]])


def test_a_subject_is_returned_with_options_applied(refusal) -> None:
    subject = load(X, grid="2x3", name="probe")
    assert load(subject) is subject
    assert load(subject, name="other").source == "other"
    assert load(subject, grid=(3, 2)).grid == (3, 2)
    chosen = load(subject, columns="0:4")
    assert isinstance(chosen, Samples)
    assert chosen.grid is None
    assert np.array_equal(chosen.values, X[:, :4])
    matrix = load(R, n=10)
    assert isinstance(matrix, Covariance)
    part = load(matrix, columns=[5, 0])
    assert isinstance(part, Covariance)
    assert part.n == 10
    assert part.names == ("5", "0")
    assert np.array_equal(part.matrix, R[np.ix_([5, 0], [5, 0])])
    assert load(matrix, n=20, grid="2x3").n == 20
    assert load(load(R, grid="2x3"), n=5).grid == (2, 3)
    assert isinstance(load(matrix, kind="samples"), Samples)
    assert "n is the sample size" in refusal(InputError, load, subject, n=5)


def test_nothing_is_imported_that_the_caller_has_not() -> None:
    code = (
        "import sys, numpy as np, symmeter.subjects as s; s.load(np.ones((4, 2))); s.load([[1, 2], [3, 4], [5, 6]]);"
        "print([m for m in ('pandas', 'pyarrow', 'xarray', 'torch', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
