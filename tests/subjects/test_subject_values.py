"""Samples, Covariance and SeveralSamples: immutable, checked at construction, useful when printed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from symmeter.errors import InputError, NotHermitianError, SampleSizeError, ShapeError
from symmeter.subjects import Covariance, Samples, SeveralSamples, Subject


def test_samples_keep_a_read_only_copy() -> None:
    mine = np.arange(12.0).reshape(4, 3)
    subject = Samples(mine)
    mine[:] = -1
    assert subject.values[3, 2] == 11.0
    with pytest.raises(ValueError, match="read-only"):
        subject.values[0, 0] = 5.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        subject.names = ("a", "b", "c")  # type: ignore[misc]


def test_read_only_memory_is_not_copied() -> None:
    mine = np.arange(12.0).reshape(4, 3)
    mine.setflags(write=False)
    assert np.shares_memory(Samples(mine).values, mine)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.float16, np.float32, np.longdouble, ">f8"])
def test_real_numbers_become_float64(dtype: type) -> None:
    subject = Samples(np.ones((3, 2), dtype=dtype))
    assert subject.values.dtype == np.float64
    assert not subject.is_complex


def test_complex_numbers_become_complex128() -> None:
    subject = Samples(np.full((3, 2), 1 + 2j, dtype=np.complex64))
    assert subject.values.dtype == np.complex128
    assert subject.is_complex
    assert "3 samples x 2 complex columns" in subject.describe()


def test_pictures_carry_their_grid() -> None:
    pictures = np.arange(5 * 2 * 3.0).reshape(5, 2, 3)
    subject = Samples(pictures)
    assert subject.grid == (2, 3)
    assert subject.dimension == 6
    assert np.array_equal(subject.pictures, pictures)
    assert repr(subject) == "Samples(5 x 6 float64, grid 2x3, array)"


def test_default_and_given_names() -> None:
    assert Samples(np.zeros((2, 3))).names == ("0", "1", "2")
    assert Samples(np.zeros((2, 2)), names=["left", "right"]).names == ("left", "right")  # type: ignore[arg-type]


def test_describe_says_what_was_read_and_assumed() -> None:
    subject = Samples(np.zeros((1797, 64)), grid=(8, 8), source="digits.npy", notes=("converted from int64",))
    assert subject.describe() == ("read digits.npy: 1797 samples x 64 columns, float64, grid 8x8; converted from int64")
    assert Covariance(np.eye(12) * 2, source="cov.csv").describe() == (
        "read cov.csv: covariance 12 x 12 (symmetric, positive semidefinite), "
        "taken as exact: give --n (in Python n=) if it was estimated from samples"
    )
    assert "unit diagonal: a correlation" in Covariance(np.eye(3), n=10).describe()
    assert "n = 10" in Covariance(np.eye(3), n=10).describe()


def test_kinds() -> None:
    assert (Samples.kind, Covariance.kind, SeveralSamples.kind) == ("samples", "covariance", "several")
    assert issubclass(Samples, Subject)
    with pytest.raises(TypeError):
        Subject()  # type: ignore[abstract]


def test_bad_construction(refusal) -> None:
    assert "(3,)" in refusal(ShapeError, Samples, np.zeros(3))
    assert "2 names for 3 columns" in refusal(ShapeError, Samples, np.zeros((2, 3)), names=("a", "b"))
    assert "grid 2x2 has 4 cells, the data have 6 columns; 2x3 or 1x6 would fit" in refusal(
        ShapeError, Samples, np.zeros((2, 6)), grid=(2, 2)
    )
    assert "conflicts" in refusal(ShapeError, Samples, np.zeros((2, 2, 3)), grid=(3, 2))
    assert "square" in refusal(ShapeError, Covariance, np.zeros((2, 3)))
    assert "|R - R^H| reaches 5" in refusal(NotHermitianError, Covariance, np.array([[1.0, 5.0], [0.0, 1.0]]))
    assert "<U1" in refusal(InputError, Samples, np.array([["a", "b"]]))
    assert "load them with grid" in refusal(ShapeError, lambda: Samples(np.zeros((2, 4))).pictures)


@pytest.mark.parametrize("n", [2, 0, -5, 2.5, "12", True, np.nan, np.inf, [10, 20]])
def test_bad_sample_sizes(refusal, n: object) -> None:
    assert "whole number of 3 or more" in refusal(SampleSizeError, Covariance, np.eye(2), n=n)


@pytest.mark.parametrize("n", [3, 500, np.int32(500), 500.0, np.array(7)])
def test_good_sample_sizes(n: object) -> None:
    size = Covariance(np.eye(2), n=n).n  # type: ignore[arg-type]
    assert isinstance(size, int)
    assert size == n


def test_several_need_the_same_columns(refusal) -> None:
    three = Samples(np.zeros((4, 3)), source="a.npy", names=("x", "y", "z"))
    several = SeveralSamples((Covariance(np.eye(3)), three))
    assert several.names == ("x", "y", "z")
    assert [item.kind for item in several] == ["covariance", "samples"]
    assert several.describe().startswith("read 2 inputs of 3 columns: array: covariance 3 x 3")
    four = Samples(np.zeros((4, 4)), source="b.npy")
    assert "a.npy has 3, b.npy has 4" in refusal(ShapeError, SeveralSamples, (three, four))
    swapped = Samples(np.zeros((4, 3)), source="c.npy", names=("x", "z", "y"))
    text = refusal(ShapeError, SeveralSamples, (three, swapped))
    assert "same order" in text
    assert "column 1 is 'y' in a.npy and 'z' in c.npy" in text
    wide, tall = Samples(np.zeros((1, 6)), grid=(2, 3)), Samples(np.zeros((1, 6)), grid=(3, 2))
    assert "same grid" in refusal(ShapeError, SeveralSamples, (wide, tall))
    assert "empty" in refusal(InputError, SeveralSamples, ())
