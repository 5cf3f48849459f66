"""Large exact families, and the commuting and nearly commuting ones, against planted bases and brute force."""

import contextlib

import numpy as np
import pytest

from symmeter.errors import InputError, NonFiniteError, ShapeError, UnidentifiableError
from symmeter.groups import symmetric
from symmeter.linalg import joint_block_diagonalize, joint_diagonalize


def haar(m: int, rng: np.random.Generator, is_complex: bool) -> np.ndarray:
    z = rng.standard_normal((m, m)) + (1j * rng.standard_normal((m, m)) if is_complex else 0.0)
    return np.linalg.qr(z)[0]


def rotations_of_a_quaternion(m: int) -> list[np.ndarray]:
    """Left multiplications by i and j on m quaternions: the commutant is quaternionic."""
    i = np.array([[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, -1], [0, 0, 1, 0]], dtype=float)
    j = np.array([[0, 0, -1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, -1, 0, 0]], dtype=float)
    return [np.kron(np.eye(m), x) for x in (i, j)]


def test_translations_of_a_ring_of_120_points() -> None:
    shift = np.roll(np.eye(120), 1, axis=0)
    found = joint_block_diagonalize([shift], rng=0)
    assert found.sizes == (2,) * 59 + (1, 1)
    assert found.commutant_dimension == 61  # each frequency once, up to sign
    assert found.residual < 1e-10
    assert joint_block_diagonalize([shift.astype(complex)], rng=0).sizes == (1,) * 120


@pytest.mark.parametrize("is_complex", [False, True])
def test_planted_blocks_of_a_large_family(is_complex: bool) -> None:
    rng = np.random.default_rng(1)
    q = haar(100, rng, is_complex)
    family = []
    for _ in range(2):
        once, often = (0.5 * (z + z.conj().T) for z in (haar(40, rng, is_complex), haar(20, rng, is_complex)))
        a = np.zeros((100, 100), dtype=q.dtype)
        a[:40, :40] = once
        for k in range(3):
            a[40 + 20 * k : 60 + 20 * k, 40 + 20 * k : 60 + 20 * k] = often
        family.append(q @ a @ q.conj().T)
    found = joint_block_diagonalize(family, rng=2)
    assert found.sizes == (40, 20, 20, 20)
    assert found.classes == (0, 1, 1, 1)
    assert found.commutant_dimension == 1 + (9 if is_complex else 6)
    assert found.residual < 1e-9


def test_the_large_method_sees_quaternionic_blocks_like_the_small_one() -> None:
    few, many = (joint_block_diagonalize(rotations_of_a_quaternion(m), rng=0) for m in (3, 20))
    assert few.sizes == (4,) * 3
    assert many.sizes == (4,) * 20
    # Hermitian quaternionic matrices of size n have n + 4 n (n - 1) / 2 real parameters.
    assert few.commutant_dimension == 3 + 4 * 3
    assert many.commutant_dimension == 20 + 4 * 190


def planted(blocks: list[tuple[int, int]], error: float, is_complex: bool, seed: int = 1) -> list[np.ndarray]:
    """Two Hermitian matrices with random blocks (size, copies), and noise of this relative size."""
    rng = np.random.default_rng(seed)
    m = sum(size * copies for size, copies in blocks)
    q = haar(m, rng, is_complex)
    family = []
    for _ in range(2):
        a, start = np.zeros((m, m), dtype=q.dtype), 0
        for size, copies in blocks:
            # Not of an orthogonal matrix, whose symmetric part has every eigenvalue twice.
            z = rng.standard_normal((size, size)) + (1j * rng.standard_normal((size, size)) if is_complex else 0.0)
            z /= size**0.5
            for _ in range(copies):
                a[start : start + size, start : start + size] = z + z.conj().T
                start += size
        noise = rng.standard_normal((m, m)) + (1j * rng.standard_normal((m, m)) if is_complex else 0.0)
        noise = noise + noise.conj().T
        family.append(q @ a @ q.conj().T + error * np.linalg.norm(a) / np.linalg.norm(noise) * noise)
    return family


@pytest.mark.parametrize("is_complex", [False, True])
@pytest.mark.parametrize("error", [1e-6, 1e-4, 1e-2])
@pytest.mark.parametrize("blocks", [[(40, 1), (20, 3)], [(9, 4), (5, 10), (4, 6)]], ids=["few", "many"])
def test_blocks_of_large_families_with_errors(blocks: list, error: float, is_complex: bool) -> None:
    family = planted(blocks, error, is_complex)
    found = joint_block_diagonalize(family, rng=0, rtol=10 * error**2)
    assert sorted(found.sizes) == sorted(size for size, copies in blocks for _ in range(copies))
    assert len(set(found.classes)) == len(blocks)
    assert found.commutant_dimension == sum(n * n if is_complex else n * (n + 1) // 2 for _, n in blocks)
    # The blocks leave over about the noise outside of them, and the tolerance lies in a gap.
    assert found.residual < error
    assert found.kept < found.tolerance == 10 * error**2 < 0.5 * found.left_out
    np.testing.assert_allclose(found.basis.conj().T @ found.basis, np.eye(len(found.basis)), atol=1e-12)


def test_a_tolerance_below_the_noise_finds_no_blocks() -> None:
    family = planted([(30, 1), (40, 1)], 1e-3, False)
    assert joint_block_diagonalize(family, rng=0, rtol=1e-5).sizes == (40, 30)
    # Exact to 1e-10 they are not: nothing but multiples of one commutes, or the iteration says that it cannot tell.
    with contextlib.suppress(UnidentifiableError):
        assert joint_block_diagonalize(family, rng=0).sizes == (70,)


def test_the_gap_is_that_of_the_whole_double_commutator() -> None:
    """Small enough to write down the operator on all symmetric matrices."""
    family = planted([(4, 2), (3, 1)], 1e-5, False)
    found = joint_block_diagonalize(family, rng=0, rtol=1e-9)
    one = np.eye(11)
    whole = sum(np.linalg.matrix_power(np.kron(a, one) - np.kron(one, a.T), 2) for a in family)
    i, j = np.triu_indices(11)
    basis = np.zeros((len(i), 11, 11))
    basis[np.arange(len(i)), i, j] += 0.5 ** np.where(i == j, 1, 0.5)
    basis[np.arange(len(i)), j, i] += 0.5 ** np.where(i == j, 1, 0.5)
    flat = basis.reshape(len(i), -1)
    values = np.linalg.eigvalsh(flat @ whole @ flat.T)
    assert found.commutant_dimension == (values < 1e-9 * values[-1]).sum() == 4
    assert found.kept == pytest.approx(values[3] / values[-1], rel=1e-3)
    assert found.left_out == pytest.approx(values[4] / values[-1], rel=1e-3)


def test_the_regular_representation_of_a_large_group() -> None:
    """S5 on itself, 120 columns: every irrep as often as its dimension, 1, 1, 4, 4, 5, 5, 6."""
    group = symmetric(5).to_finite()
    regular = [np.eye(120)[:, np.asarray(group.table)[g]] for g in group.generators]
    found = joint_block_diagonalize(regular, rng=0)
    assert sorted(found.sizes) == sorted(d for d in (1, 1, 4, 4, 5, 5, 6) for _ in range(d))
    assert len(set(found.classes)) == 7
    assert found.commutant_dimension == sum(d * (d + 1) // 2 for d in (1, 1, 4, 4, 5, 5, 6))
    assert found.residual < 1e-10
    assert found.kept < 1e-14 < 1e-2 < found.left_out


def test_sizes_and_tolerances_that_are_refused() -> None:
    with pytest.raises(InputError, match="takes up to 1024"):
        joint_block_diagonalize([np.eye(1025)])
    with pytest.raises(InputError, match="relative squared error"):
        joint_block_diagonalize([np.eye(2)], rtol=-1.0)


@pytest.mark.parametrize("is_complex", [False, True])
@pytest.mark.parametrize(("m", "k"), [(1, 1), (2, 3), (7, 2), (40, 4), (150, 3)])
def test_commuting_families_are_diagonalised_exactly(m: int, k: int, is_complex: bool) -> None:
    rng = np.random.default_rng(m)
    q = haar(m, rng, is_complex)
    # Few different values: no single matrix singles out the basis.
    values = rng.integers(0, 3, (k, m)).astype(float)
    found = joint_diagonalize([q @ np.diag(v) @ q.conj().T for v in values])
    assert found.residual < 1e-12
    assert found.commutator < 1e-12
    np.testing.assert_allclose(found.basis.conj().T @ found.basis, np.eye(m), atol=1e-12)
    order = np.lexsort(values[::-1])
    got = np.real(found.diagonals)
    np.testing.assert_allclose(got[:, np.lexsort(np.round(got, 6)[::-1])], values[:, order], atol=1e-10)


@pytest.mark.parametrize("is_complex", [False, True])
def test_nearly_commuting_families(is_complex: bool) -> None:
    rng = np.random.default_rng(5)
    m = 24
    q = haar(m, rng, is_complex)
    planted = [q @ np.diag(rng.standard_normal(m)) @ q.conj().T for _ in range(4)]
    residuals = []
    for size in (1e-2, 1e-4, 1e-6):
        noise = [z + z.conj().T for z in (haar(m, rng, is_complex) for _ in planted)]
        family = [a + size * n for a, n in zip(planted, noise)]
        found = joint_diagonalize(family)
        inside = [q.conj().T @ a @ q for a in family]
        off = np.sqrt(sum(np.linalg.norm(x - np.diag(np.diag(x))) ** 2 for x in inside)) / np.linalg.norm(family)
        # The best basis is at least as good as the planted one.
        assert found.residual < off
        residuals.append(found.residual)
        assert found.commutator == pytest.approx(
            max(
                np.linalg.norm(a @ b - b @ a) / (2 * np.linalg.norm(a) * np.linalg.norm(b))
                for i, a in enumerate(family)
                for b in family[:i]
            )
        )
    np.testing.assert_allclose(np.divide(residuals[:-1], residuals[1:]), 100, rtol=0.2)


def test_two_by_two_against_all_rotations() -> None:
    a, b = np.array([[1.0, 0.3], [0.3, 2.0]]), np.array([[0.5, -0.8], [-0.8, -1.0]])
    angles = np.linspace(0, np.pi, 200_001)
    c, s = np.cos(angles), np.sin(angles)
    off = [x[0, 1] * (c**2 - s**2) + (x[1, 1] - x[0, 0]) * c * s for x in (a, b)]
    best = np.sqrt(2 * (off[0] ** 2 + off[1] ** 2).min() / (np.linalg.norm(a) ** 2 + np.linalg.norm(b) ** 2))
    assert joint_diagonalize([a, b]).residual == pytest.approx(best, rel=1e-8)


def test_unitary_and_rotation_matrices() -> None:
    shift = np.roll(np.eye(9), 1, axis=0)
    found = joint_diagonalize([shift, shift @ shift])
    assert found.residual < 1e-12
    np.testing.assert_allclose(found.diagonals[0] ** 9, 1.0, atol=1e-10)
    np.testing.assert_allclose(found.diagonals[1], found.diagonals[0] ** 2, atol=1e-10)
    assert joint_diagonalize([np.zeros((3, 3))]).residual == 0.0


def test_bad_input() -> None:
    with pytest.raises(InputError, match="at least one matrix"):
        joint_diagonalize([])
    with pytest.raises(ShapeError, match=r"matrix 1 has shape \(3, 3\)"):
        joint_diagonalize([np.eye(2), np.eye(3)])
    with pytest.raises(NonFiniteError, match="matrix 0 contains NaN"):
        joint_diagonalize([np.full((2, 2), np.nan)])
    with pytest.raises(InputError, match="does not commute with its own adjoint"):
        joint_diagonalize([np.array([[0.0, 1.0], [0.0, 0.0]])])
