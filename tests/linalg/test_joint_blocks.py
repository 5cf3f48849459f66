import numpy as np
import pytest

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.linalg import joint_block_diagonalize


def haar(m, rng, is_complex=False):
    x = rng.standard_normal((m, m))
    if is_complex:
        x = x + 1j * rng.standard_normal((m, m))
    return np.linalg.qr(x)[0]


def planted(sizes, repeats, rng, count=2, is_complex=False):
    """Family with blocks of the given sizes, each repeated, in a random basis."""
    m = sum(s * r for s, r in zip(sizes, repeats))
    q = haar(m, rng, is_complex)
    out = []
    for _ in range(count):
        a = np.zeros((m, m), dtype=complex if is_complex else float)
        at = 0
        for s, r in zip(sizes, repeats):
            block = rng.standard_normal((s, s))
            if is_complex:
                block = block + 1j * rng.standard_normal((s, s))
            block = block + block.conj().T
            for _ in range(r):
                a[at : at + s, at : at + s] = block
                at += s
        out.append(q @ a @ q.conj().T)
    return out


@pytest.mark.parametrize("is_complex", [False, True])
@pytest.mark.parametrize(
    ("sizes", "repeats"), [((3, 2), (1, 1)), ((2,), (3,)), ((3, 2, 1), (1, 2, 3)), ((1, 1), (1, 4)), ((5,), (1,))]
)
def test_planted_blocks_are_recovered(sizes, repeats, is_complex):
    rng = np.random.default_rng(7)
    family = planted(sizes, repeats, rng, is_complex=is_complex)
    found = joint_block_diagonalize(family, rng=1)
    expected = sorted((s for s, r in zip(sizes, repeats) for _ in range(r)), reverse=True)
    assert list(found.sizes) == expected
    assert sorted(np.bincount(found.classes).tolist()) == sorted(repeats)
    m = len(family[0])
    np.testing.assert_allclose(found.basis.conj().T @ found.basis, np.eye(m), atol=1e-12)
    assert found.residual < 1e-10
    for a in family:
        turned = found.basis.conj().T @ a @ found.basis
        rebuilt = np.zeros_like(turned)
        for s in found.slices:
            rebuilt[s, s] = turned[s, s]
        np.testing.assert_allclose(turned, rebuilt, atol=1e-9)
    for p in found.projectors():
        for a in family:
            np.testing.assert_allclose(p @ a, a @ p, atol=1e-9)
    # Hermitian part of the commutant: sum over classes of r(r+1)/2 real, r^2 complex.
    dims = [r * r if is_complex else r * (r + 1) // 2 for r in repeats]
    assert found.commutant_dimension == sum(dims)


def test_ideals_of_so3_plus_so3_plus_u1():
    epsilon = np.zeros((3, 3, 3))
    for i, j, k in [(0, 1, 2), (1, 2, 0), (2, 0, 1)]:
        epsilon[i, j, k], epsilon[j, i, k] = 1, -1
    structure = np.zeros((7, 7, 7))
    structure[:3, :3, :3] = epsilon
    structure[3:6, 3:6, 3:6] = 2 * epsilon
    q = haar(7, np.random.default_rng(0))
    structure = np.einsum("ai,bj,ck,ijk->abc", q, q, q, structure)
    found = joint_block_diagonalize(list(structure.transpose(0, 2, 1)), rng=0)
    assert found.sizes == (3, 3, 1)
    assert found.classes == (0, 1, 2)
    central = found.basis[:, 6]
    np.testing.assert_allclose(np.einsum("a,abc->bc", central, structure), 0, atol=1e-10)
    first = found.basis[:, :3]
    brackets = np.einsum("ai,bj,abc->ijc", first, first, structure).reshape(-1, 7)
    np.testing.assert_allclose(brackets @ found.basis[:, 3:], 0, atol=1e-10)


def test_real_regular_representation_of_a_cyclic_group_splits_into_planes():
    shift = np.roll(np.eye(7), 1, axis=0)
    assert joint_block_diagonalize([shift], rng=3).sizes == (2, 2, 2, 1)
    assert joint_block_diagonalize([shift.astype(complex)], rng=3).sizes == (1,) * 7


def test_regular_representation_of_s3_has_a_doubled_plane():
    from itertools import permutations

    elements = list(permutations(range(3)))
    index = {p: i for i, p in enumerate(elements)}

    def left(g):
        m = np.zeros((6, 6))
        for h in elements:
            m[index[tuple(g[h[i]] for i in range(3))], index[h]] = 1
        return m

    found = joint_block_diagonalize([left((1, 0, 2)), left((1, 2, 0))], rng=0)
    assert found.sizes == (2, 2, 1, 1)
    assert found.classes == (0, 0, 1, 2)


def test_same_seed_same_answer_and_identity_is_all_ones():
    family = planted((2, 2), (1, 1), np.random.default_rng(1))
    a, b = (joint_block_diagonalize(family, rng=5) for _ in range(2))
    np.testing.assert_array_equal(a.basis, b.basis)
    assert joint_block_diagonalize([np.zeros((3, 3))], rng=0).sizes == (1, 1, 1)


def test_noisy_family_with_a_matching_tolerance():
    rng = np.random.default_rng(9)
    family = planted((3, 2), (1, 1), rng)
    noisy = [a + 3e-4 * (e + e.T) for a in family for e in [rng.standard_normal(a.shape)]]
    assert joint_block_diagonalize(noisy, rng=0).sizes == (5,)
    assert joint_block_diagonalize(noisy, rng=0, rtol=1e-6).sizes == (3, 2)


@pytest.mark.parametrize(
    ("family", "error"),
    [
        ([], InputError),
        ([np.eye(2), np.eye(3)], ShapeError),
        ([np.ones((2, 3))], ShapeError),
        ([np.full((2, 2), np.nan)], NonFiniteError),
        ([np.eye(1025)], InputError),
    ],
)
def test_bad_families_are_refused(family, error):
    with pytest.raises(error):
        joint_block_diagonalize(family)
