"""Samples told from covariances, complex numbers paired."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from symmeter.errors import InputError, NonFiniteError, NotHermitianError, ShapeError
from symmeter.subjects import Covariance, Samples, load

RNG = np.random.default_rng(6)


@settings(max_examples=40, deadline=None)
@example(m=4, n=1, seed=300000, is_complex=True)
@given(m=st.integers(2, 9), n=st.integers(1, 12), seed=st.integers(0, 2**31), is_complex=st.booleans())
def test_every_sample_covariance_is_recognised(m: int, n: int, seed: int, is_complex: bool) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, m)) + (1j * rng.normal(size=(n, m)) if is_complex else 0)
    r = x.T @ x.conj() / n
    subject = load(r)
    assert isinstance(subject, Covariance)
    assert np.array_equal(subject.matrix, subject.matrix.conj().T)
    assert np.allclose(subject.matrix, r, rtol=0, atol=1e-12 * np.abs(r).max())
    printed = load(np.array([[complex(f"{z.real:.6g}{z.imag:+.6g}j") for z in row] for row in r]))
    assert isinstance(printed, Covariance)


@settings(max_examples=40, deadline=None)
@given(m=st.integers(2, 9), seed=st.integers(0, 2**31))
def test_square_samples_stay_samples(m: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(m, m))
    assert isinstance(load(x), Samples)
    with pytest.raises(NotHermitianError):
        load(x, kind="covariance")


def test_correlations_and_notes() -> None:
    r = np.corrcoef(RNG.normal(size=(20, 4)), rowvar=False)
    subject = load(r)
    assert "unit diagonal: a correlation" in subject.describe()
    assert "square and symmetric, so read as a covariance; kind='samples' reads its rows as samples" in subject.notes
    assert load(r, kind="covariance").notes == ()
    assert isinstance(load(r, kind="samples"), Samples)


def test_symmetric_but_indefinite() -> None:
    adjacency = np.array([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]])
    subject = load(adjacency)
    assert isinstance(subject, Samples)
    assert any("not positive semidefinite" in note for note in subject.notes)
    matrix = load(adjacency, kind="covariance")
    assert isinstance(matrix, Covariance)
    assert "it has a negative eigenvalue (-1.41), as no covariance has" in matrix.describe()
    assert "positive semidefinite" not in matrix.describe()


def test_nearly_symmetric_is_asked_about(refusal) -> None:
    r = np.cov(RNG.normal(size=(30, 5)), rowvar=False)
    r[0, 1] += 1e-5
    text = refusal(NotHermitianError, load, r)
    assert "nearly symmetric: |R - R^H| reaches" in text
    assert "kind='samples'" in text
    assert isinstance(load(r, kind="samples"), Samples)
    assert "nearly symmetric" in refusal(NotHermitianError, load, r, kind="covariance")
    r[0, 1] += 0.3
    assert "not symmetric: |R - R^H| reaches 0." in refusal(NotHermitianError, load, r, kind="covariance")
    z = np.eye(3) + 0.1j * np.ones((3, 3))
    assert "not Hermitian" in refusal(NotHermitianError, load, z, kind="covariance")
    assert isinstance(load(z), Samples)


def test_complex_hermitian_circulant() -> None:
    row = np.array([2.0, 0.5 + 0.3j, 0.1, 0.5 - 0.3j])
    r = np.array([[row[(j - i) % 4] for j in range(4)] for i in range(4)])
    subject = load(r, n=100)
    assert isinstance(subject, Covariance)
    assert "covariance 4 x 4 (Hermitian, positive semidefinite), n = 100" in subject.describe()


def test_covariance_must_be_square(refusal) -> None:
    assert "the table is 4 x 3" in refusal(ShapeError, load, np.ones((4, 3)), kind="covariance")


def test_single_number_and_pictures_are_samples() -> None:
    assert isinstance(load([[4.0]]), Samples)
    symmetric = np.ones((4, 2, 2))
    assert isinstance(load(symmetric), Samples)


def test_n_belongs_to_covariances(refusal) -> None:
    assert "read as 4 samples; leave n out" in refusal(InputError, load, np.ones((4, 3)), n=100)


def test_columns_of_a_covariance_are_chosen_on_both_sides(refusal) -> None:
    r = np.cov(RNG.normal(size=(30, 5)), rowvar=False)
    subject = load(r, columns=[3, 1])
    assert isinstance(subject, Covariance)
    assert np.array_equal(subject.matrix, r[np.ix_([3, 1], [3, 1])])
    assert load(r, columns=[3, 1], kind="samples").values.shape == (5, 2)
    square = RNG.normal(size=(5, 5))
    assert np.array_equal(load(square, columns=[3, 1]).values, square[:, [3, 1]])
    r[2, 4] = r[4, 2] = np.nan
    assert load(r, columns=[0, 1], kind="covariance").matrix.shape == (2, 2)
    text = refusal(NonFiniteError, load, r, columns=[0, 2, 4], kind="covariance")
    assert "row 2, column '4'" in text


def test_unknown_options(refusal) -> None:
    assert "'samples', 'covariance' or None" in refusal(InputError, load, np.ones((3, 2)), kind="cov")
    assert "'interleaved'" in refusal(InputError, load, np.ones((3, 2)), complex="polar")


@pytest.mark.parametrize("layout", [True, "interleaved", "split"])
def test_real_columns_paired_into_complex_ones(layout: bool | str) -> None:
    z = RNG.normal(size=(7, 3)) + 1j * RNG.normal(size=(7, 3))
    flat = np.hstack([z.real, z.imag]) if layout == "split" else z.view(np.float64)
    subject = load(flat, complex=layout)  # type: ignore[arg-type]
    assert np.array_equal(subject.values, z)
    assert subject.names == ("0", "1", "2")
    assert any("paired" in note for note in subject.notes)


def test_native_complex_numbers_stay() -> None:
    z = RNG.normal(size=(7, 3)) + 1j
    for layout in (False, True, "split"):
        assert np.array_equal(load(z, complex=layout).values, z)  # type: ignore[arg-type]


def test_complex_covariance_from_real_columns() -> None:
    x = RNG.normal(size=(20, 3)) + 1j * RNG.normal(size=(20, 3))
    r = x.T @ x.conj() / 20
    r = (r + r.conj().T) / 2
    subject = load(np.hstack([r.real, r.imag]), complex="split", n=20)
    assert isinstance(subject, Covariance)
    assert np.array_equal(subject.matrix, r)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["u_re", "u_im"], "u"), (["Re(u)", "Im(u)"], "u"), (["u.real", "u.imag"], "u"), (["re_u", "im_u"], "u"),
        (["a", "b"], "a+i*b"), (["U Real", "U Imag"], "U"), (["re", "im"], "re+i*im"),
    ],
)  # fmt: skip
def test_names_of_pairs(names: list[str], expected: str) -> None:
    subject = load({names[0]: [1.0, 2.0, 3.0], names[1]: [0.0, 1.0, 2.0]}, complex=True)
    assert subject.names == (expected,)


def test_pairing_mistakes(refusal) -> None:
    assert "3 real columns cannot be paired" in refusal(ShapeError, load, np.ones((4, 3)), complex=True)
    assert load(np.ones((4, 3)), complex=True, columns="0:2").dimension == 1
    assert "give a complex array" in refusal(ShapeError, load, np.ones((4, 2, 2)), complex=True)
    assert "the data have 2 columns" in refusal(ShapeError, load, np.ones((5, 4)), complex=True, grid="2x2")


def test_a_roughly_symmetric_table_read_as_samples_says_so() -> None:
    rng = np.random.default_rng(0)
    rough = np.cov(rng.standard_normal((50, 6)), rowvar=False) + 0.5
    rough[0, 1] += 0.1
    subject = load(rough)
    assert subject.kind == "samples"
    assert any("kind='covariance'" in note and "roughly symmetric" in note for note in subject.notes)
    assert not any("roughly" in note for note in load(rng.standard_normal((6, 6))).notes)
