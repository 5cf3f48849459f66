"""Tensor types: text, layout and matrices against explicit Kronecker products, derivatives and known dimensions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symmeter.errors import InputError, InputTypeError
from symmeter.groups import SO, O, Scaling, embed, lie, symmetric
from symmeter.representations import Representation, Scalar, T, Tensor, TensorType, V, Vector

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
    embed(SO(2), 3, [0, 1]): (1, 1, 3, 7, 19, 51),
    embed(O(2), 3, [0, 1]): (1, 1, 2, 4, 10, 26),
    SO(3): (1, 0, 1, 1, 3, 6),
    O(3): (1, 0, 1, 0, 3, 0),
}


@pytest.mark.parametrize("group", DIMENSIONS, ids=str)
@pytest.mark.parametrize("r", range(6))
def test_dimensions_of_equivariant_maps(group: object, r: int) -> None:
    for p in range(r + 1):
        found = T(p)(group).intertwiners(T(r - p)(group)).dimension
        assert found == DIMENSIONS[group][r]  # type: ignore[index]


def test_uniform_scalings_keep_the_number_of_indices() -> None:
    for p in range(3):
        for q in range(3):
            maps = T(p)(Scaling(3)).intertwiners(T(q)(Scaling(3)))
            assert maps.dimension == (3 ** (2 * p) if p == q else 0)


def test_rotations_with_scalings_keep_what_both_keep() -> None:
    both = Representation(algebra=(*SO(3).algebra.basis, np.eye(3)), name="SO(3) x scalings")
    for p in range(4):
        for q in range(4 - p):
            found = (both**p).intertwiners(both**q).dimension
            assert found == ((1, 1, 3)[p] if p == q < 3 else 0)


@pytest.mark.parametrize(("n", "top"), [(3, 3), (4, 4), (5, 4)])
def test_permutations_have_bell_numbers_of_invariants(n: int, top: int) -> None:
    for r in range(top + 1):
        assert len(T(r)(symmetric(n)).invariants()) == (1, 1, 2, 5, 15)[r]
        maps = T(r // 2)(symmetric(n)).intertwiners(T(r - r // 2)(symmetric(n)))
        assert maps.dimension == (1, 1, 2, 5, 15)[r]


PLANES = {"xy": [0, 1], "yz": [1, 2], "xz": [0, 2]}


def projector(group: object, p: int = 1, q: int = 1) -> np.ndarray:
    flat = T(p)(group).intertwiners(T(q)(group)).maps
    flat = flat.reshape(len(flat), 3 ** (p + q))
    return flat.T @ flat


def test_residuals_of_the_worked_map_and_the_penalised_minimum() -> None:
    w = np.array([[2, 0.3, 0], [0, 2, 0], [0, 0, 3]]).reshape(-1)
    off = {name: np.eye(9) - projector(embed(O(2), 3, axes)) for name, axes in PLANES.items()}
    off |= {"O3": np.eye(9) - projector(O(3)), "SO3": np.eye(9) - projector(SO(3))}
    residual = {name: 0.5 * ((r @ w) ** 2).sum() for name, r in off.items()}
    for name, value in {"xy": 0.045, "yz": 0.295, "xz": 0.295, "O3": 0.3783333333, "SO3": 0.3783333333}.items():
        assert residual[name] == pytest.approx(value, abs=1e-9)
    best = np.linalg.solve(np.eye(9) + off["xy"] + off["yz"] + off["xz"], w)
    np.testing.assert_allclose(best.reshape(3, 3), [[2.2, 0.075, 0], [0, 2.2, 0], [0, 0, 2.6]], atol=1e-12)
    left = [0.5 * ((off[name] @ best) ** 2).sum() for name in ("xy", "yz", "xz")]
    np.testing.assert_allclose(left, [0.0028125, 0.0428125, 0.0428125], atol=1e-12)
    np.testing.assert_allclose((min(left) / np.array(left)) ** 2, [1, 0.0043156, 0.0043156], atol=6e-8)


def test_projectors_of_nested_groups_and_of_averages() -> None:
    """H < G: P_G P_H = P_G; and for orthogonal groups the average over 7 rotations and 2 reflections, r <= 4."""
    for p, q in ((1, 1), (2, 1), (2, 2)):
        small, large = projector(embed(O(2), 3, [0, 1]), p, q), projector(O(3), p, q)
        np.testing.assert_allclose(large @ small, large, atol=1e-12)
        angles = 2 * np.pi * np.arange(7) / 7
        turns = [embed(SO(2), 3, [0, 1]).exp([a]) for a in angles]
        mirror = np.diag([1.0, -1.0, 1.0])
        average = sum(T(p + q).matrix(t @ s) for t in turns for s in (np.eye(3), mirror)) / 14
        np.testing.assert_allclose(small, average, atol=1e-12)
    common = [projector(embed(O(2), 3, axes), 2, 2) for axes in PLANES.values()]
    # What all three planes keep is what O(3) keeps: 3 maps of T(2) to T(2).
    assert (np.linalg.eigvalsh(sum(common)) > 3 - 1e-9).sum() == 3


#: Classical invariant theory: deltas for GL, epsilon too for SL, metric and epsilon for Lorentz, the form for Sp.
NOT_ORTHOGONAL = [
    (lie.GLp(2), T(1), T(1), 1), (lie.GLp(2), T(0, 1), T(1), 0), (lie.GLp(2), T(2), T(2), 2),
    (lie.GLp(2), T(1, 1), T(1, 1), 2), (lie.GLp(3), T(2), T(0), 0), (lie.SL(2), T(0, 1), T(1), 1),
    (lie.SL(2), T(2), T(0), 1), (lie.SL(2), T(2), T(2), 2), (lie.SL(3), T(0, 1), T(1), 0),
    (lie.SL(3), T(3), T(0), 1), (lie.SL(3), T(2), T(0, 1), 1), (lie.SL(3), T(1, 1), T(1, 1), 2),
    (lie.Lorentz(), T(1), T(0, 1), 1), (lie.Lorentz(), T(2), T(0), 1), (lie.Lorentz(), T(2), T(2), 4),
    (lie.Sp(4), T(2), T(0), 1), (lie.Sp(4), T(2), T(2), 3), (lie.SU(3), T(0, 1), T(1), 0),
    (lie.SU(3), T(3), T(0), 1), (lie.SU(3), T(2), T(2), 2), (Scaling(3), T(2), T(3), 0),
]  # fmt: skip


@pytest.mark.parametrize(("group", "source", "target", "number"), NOT_ORTHOGONAL, ids=str)
def test_maps_of_groups_that_are_not_orthogonal(
    group: object, source: TensorType, target: TensorType, number: int
) -> None:
    a, b = source(group), target(group)
    dense, iterative = (a.intertwiners(b, method=method) for method in ("dense", "iterative"))
    assert dense.dimension == iterative.dimension == number
    assert max(dense.residual, iterative.residual) < 1e-12
    # The gap is that of the constraints, however the null space is found.
    assert dense.gap == pytest.approx(iterative.gap, rel=1e-6)
    if number:
        w = np.random.default_rng(0).standard_normal(dense.maps.shape[1:])
        np.testing.assert_allclose(dense.project(w), iterative.project(w), atol=1e-10)
    # A finite element agrees with the infinitesimal ones.
    g = group.exp(0.3 * np.random.default_rng(1).standard_normal(group.dimension))  # type: ignore[attr-defined]
    for m in dense.maps:
        np.testing.assert_allclose(target.matrix(g) @ m, m @ source.matrix(g), atol=1e-10)


def test_a_large_space_without_equivariant_maps() -> None:
    assert T(2)(Scaling(3)).intertwiners(T(4)(Scaling(3))).dimension == 0
    assert T(6)(Scaling(3)).invariants().shape == (0, 729)
    assert len(T(6)(SO(3)).invariants()) == 15


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
