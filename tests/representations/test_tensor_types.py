"""Tensor types: text, layout and matrices against explicit Kronecker products, derivatives and known dimensions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symmeter.errors import InputError, InputTypeError
from symmeter.groups import SO, O, Scaling, embed
from symmeter.representations import Scalar, T, Tensor, TensorType, V, Vector

kinds = st.tuples(st.integers(0, 2), st.integers(0, 2))


@given(st.lists(kinds, min_size=1, max_size=6))
def test_what_is_printed_is_read_back(terms: list[tuple[int, int]]) -> None:
    symbol = TensorType(tuple(terms))
    assert TensorType.parse(str(symbol)) == symbol


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("5T0+5T1", 5 * Scalar + 5 * Vector),
        ("2 T(1, 1) + V", 2 * Tensor(1, 1) + V),
        ("3 scalar + Vector", 3 * Scalar + V),
        ("T2", Tensor(2)),
        ("V*", V.dual),
        ("2*T(2)", T(2) + T(2)),
    ],
)
def test_text(text: str, symbol: TensorType) -> None:
    assert TensorType.parse(text) == symbol


@pytest.mark.parametrize("text", ["", "5", "T", "T-1", "5T0 + ", "x", "0V", "T(1,2,3)"])
def test_bad_text(text: str) -> None:
    with pytest.raises(InputError, match=r"no tensor type|no copies"):
        TensorType.parse(text)
    with pytest.raises(InputTypeError, match="written as text"):
        TensorType.parse(5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="whole and >= 0"):
        T(-1)
    with pytest.raises(InputError, match="whole number >= 1"):
        0 * V


def test_matrices_are_kronecker_products_and_their_derivatives() -> None:
    rng = np.random.default_rng(0)
    g = rng.standard_normal((3, 3)) + 3 * np.eye(3)
    symbol = 2 * Scalar + V + Tensor(1, 1)
    down = np.linalg.inv(g).T
    expected = np.zeros((14, 14))
    expected[:2, :2], expected[2:5, 2:5], expected[5:, 5:] = np.eye(2), g, np.kron(g, down)
    np.testing.assert_allclose(symbol.matrix(g), expected, atol=1e-12)
    a, step = rng.standard_normal((3, 3)), 1e-6
    from scipy.linalg import expm

    slope = (symbol.matrix(expm(step * a)) - symbol.matrix(expm(-step * a))) / (2 * step)
    np.testing.assert_allclose(symbol.algebra_matrix(a), slope, atol=1e-8)
    assert symbol.slices(3) == (slice(0, 1), slice(1, 2), slice(2, 5), slice(5, 14))
    assert symbol.size(3) == 14
    assert symbol.ranks == (0, 0, 1, 2)


#: dim Hom_G(T(p) -> T(q)) for p + q = r: central trinomials, half of them and one, Motzkin-like sums, Brauer diagrams.
DIMENSIONS = {
    embed(SO(2), 3, [0, 1]): (1, 1, 3, 7, 19),
    embed(O(2), 3, [0, 1]): (1, 1, 2, 4, 10),
    SO(3): (1, 0, 1, 1, 3),
    O(3): (1, 0, 1, 0, 3),
}


@pytest.mark.parametrize("group", DIMENSIONS, ids=str)
@pytest.mark.parametrize("r", range(5))
def test_dimensions_of_equivariant_maps(group: object, r: int) -> None:
    for p in range(r + 1):
        found = T(p)(group).intertwiners(T(r - p)(group)).dimension
        assert found == DIMENSIONS[group][r]  # type: ignore[index]


def test_uniform_scalings_keep_the_number_of_indices() -> None:
    for p in range(3):
        for q in range(3):
            maps = T(p)(Scaling(3)).intertwiners(T(q)(Scaling(3)))
            assert maps.dimension == (3 ** (2 * p) if p == q else 0)


def test_reflections_of_all_three_axis_planes_generate_the_orthogonal_group() -> None:
    # The maps that two of the planes' groups share are those of O(3).
    def maps(group: object) -> np.ndarray:
        found = T(1)(group).intertwiners(T(1)(group)).maps.reshape(-1, 9)
        return found.T @ found

    planes = [maps(embed(O(2), 3, axes)) for axes in ([0, 1], [1, 2])]
    values = np.linalg.eigvalsh(planes[0] + planes[1])
    assert (values > 2 - 1e-9).sum() == 1
    w = np.array([[2, 0.3, 0], [0, 2, 0], [0, 0, 3]])
    np.testing.assert_allclose((planes[0] @ w.reshape(-1)).reshape(3, 3), np.diag([2.0, 2, 3]), atol=1e-12)
    np.testing.assert_allclose((maps(O(3)) @ w.reshape(-1)).reshape(3, 3), 7 / 3 * np.eye(3), atol=1e-12)
