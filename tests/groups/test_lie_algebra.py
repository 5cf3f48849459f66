"""Lie algebras against the classical series, in hidden bases, and against the identities they must satisfy."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.linalg import block_diag, expm

from symmeter.errors import ClosureError, InputError, NonFiniteError, ShapeError
from symmeter.groups import LieAlgebra, LieGroup


def so(n: int) -> list[np.ndarray]:
    e = np.eye(n)
    return [np.outer(e[i], e[j]) - np.outer(e[j], e[i]) for i, j in combinations(range(n), 2)]


def su(n: int) -> list[np.ndarray]:
    e = np.eye(n)
    found: list[np.ndarray] = []
    for i, j in combinations(range(n), 2):
        found.append((np.outer(e[i], e[j]) - np.outer(e[j], e[i])).astype(complex))
        found.append(1j * (np.outer(e[i], e[j]) + np.outer(e[j], e[i])))
    found.extend(1j * np.diag(e[i] - e[i + 1]) for i in range(n - 1))
    return found


def sp(n: int) -> list[np.ndarray]:
    """Skew-Hermitian 2n x 2n matrices with ``A^T J + J A = 0``: blocks [[A, B], [-B*, A*]] with B symmetric."""
    e = np.eye(n)
    zero = np.zeros((n, n))
    found = [np.block([[a, zero], [zero, a.conj()]]) for a in [*su(n), 1j * np.eye(n)]]
    for i in range(n):
        for j in range(i, n):
            b = np.outer(e[i], e[j]) + np.outer(e[j], e[i])
            found.append(np.block([[zero, b], [-b, zero]]).astype(complex))
            found.append(np.block([[zero, 1j * b], [1j * b, zero]]))
    return found


def g2() -> list[np.ndarray]:
    """Derivations of the octonions, by solving D(xy) = D(x) y + x D(y) over skew matrices on imaginary octonions."""
    product = np.zeros((7, 7, 7))
    for a, b, c in [(0, 1, 3), (1, 2, 4), (2, 3, 5), (3, 4, 6), (4, 5, 0), (5, 6, 1), (6, 0, 2)]:
        for x, y, z in [(a, b, c), (b, c, a), (c, a, b)]:
            product[x, y, z], product[y, x, z] = 1.0, -1.0
    rows = []
    for d in so(7):
        moved = np.einsum("xyz,wz->xyw", product, d)
        moved -= np.einsum("vx,vyz->xyz", d, product) + np.einsum("vy,xvz->xyz", d, product)
        rows.append(moved.ravel())
    _, s, v = np.linalg.svd(np.array(rows).T)
    return [np.tensordot(c, np.array(so(7)), axes=1) for c in v[s < 1e-10]]


SIMPLE = {
    "so(3)": (so(3), 1),
    "so(5)": (so(5), 2),
    "so(7)": (so(7), 3),
    "so(8)": (so(8), 4),
    "so(9)": (so(9), 4),
    "su(3)": (su(3), 2),
    "su(4)": (su(4), 3),
    "su(5)": (su(5), 4),
    "sp(6)": (sp(3), 3),
    "g2": (g2(), 2),
}
NAMED = {
    **SIMPLE,
    "so(3) + so(3)": (so(4), 2),
    "u(1)": (so(2), 1),
    "su(3) + u(1)": ([*su(3), 1j * np.eye(3)], 3),
    "u(1)^2": ([so(4)[0], so(4)[-1]], 2),
    "so(3)^5": ([np.kron(a, np.diag(row)) for a in so(3) for row in np.eye(5)], 5),
}


def hidden(matrices: list[np.ndarray], seed: int) -> np.ndarray:
    """The same algebra in another basis of itself and of the space."""
    rng = np.random.default_rng(seed)
    stack = np.array(matrices)
    q = np.linalg.qr(rng.standard_normal((stack.shape[1],) * 2))[0]
    return np.tensordot(rng.standard_normal((len(stack),) * 2), q @ stack @ q.T, axes=1)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_names_and_ranks(name: str, seed: int | None) -> None:
    matrices, rank = NAMED[name]
    algebra = LieAlgebra(np.array(matrices) if seed is None else hidden(matrices, seed))
    assert (algebra.name, algebra.rank, algebra.dimension) == (name, rank, len(matrices))
    assert algebra.closure_residual < 1e-10


@pytest.mark.parametrize("name", ["so(5)", "so(3) + so(3)", "su(3) + u(1)", "u(1)^2"])
def test_structure_constants_and_killing_form(name: str) -> None:
    algebra = LieAlgebra(hidden(NAMED[name][0], 3))
    f, s = algebra.structure_constants, algebra.basis
    gram = np.einsum("aij,bij->ab", s.conj(), s).real
    assert np.allclose(gram, np.eye(len(s)))
    for a, b in combinations(range(len(s)), 2):
        assert np.allclose(s[a] @ s[b] - s[b] @ s[a], np.tensordot(f[a, b], s, axes=1))
    assert np.allclose(f, -f.swapaxes(0, 1))
    assert np.allclose(f, -f.swapaxes(1, 2))
    jacobi = np.einsum("abe,ecd->abcd", f, f)
    assert np.allclose(jacobi + jacobi.transpose(1, 2, 0, 3) + jacobi.transpose(2, 0, 1, 3), 0)
    adjoint = f.swapaxes(1, 2)
    assert np.allclose(algebra.killing_form, np.einsum("acd,bdc->ab", adjoint, adjoint))
    assert np.linalg.eigvalsh(algebra.killing_form).max() < 1e-12
    zero = np.abs(np.linalg.eigvalsh(algebra.killing_form)) < 1e-10
    assert zero.sum() == algebra.centre_dimension


def test_killing_form_of_the_diagonal_rotations() -> None:
    algebra = LieAlgebra([np.kron(a, np.eye(5)) for a in so(3)])
    assert np.allclose(algebra.killing_form, -0.2 * np.eye(3))
    n = 6
    assert np.allclose(LieAlgebra(so(n)).killing_form, -(n - 2) * np.eye(15))


def test_ideals_commute_and_span() -> None:
    parts = [block_diag(a, np.zeros((9, 9))) for a in so(3)]
    parts += [block_diag(np.zeros((3, 3)), a, np.zeros((4, 4))) for a in so(5)]
    parts += [block_diag(np.zeros((8, 8)), a, np.zeros((2, 2))) for a in so(2)]
    parts += [block_diag(np.zeros((10, 10)), a) for a in so(2)]
    algebra = LieAlgebra(hidden(parts, 5))
    ideals = algebra.ideals()
    assert [i.name for i in ideals] == ["so(5)", "so(3)", "u(1)^2"]
    assert algebra.name == "so(5) + so(3) + u(1)^2"
    assert algebra.centre_dimension == 2
    for one, other in combinations(ideals, 2):
        brackets = one.basis[:, None] @ other.basis[None] - other.basis[None] @ one.basis[:, None]
        assert np.abs(brackets).max() < 1e-10
    rows = np.concatenate([i.basis for i in ideals]).reshape(algebra.dimension, -1)
    assert np.allclose(rows @ rows.T, np.eye(algebra.dimension))


def test_generation_by_brackets() -> None:
    x, y = so(3)[:2]
    assert not LieAlgebra([x, y]).is_closed
    assert LieAlgebra([x, y]).closure_residual == pytest.approx(1.0)
    assert LieAlgebra([x, y]).name.startswith("not closed")
    algebra = LieAlgebra.generated_by([x, y, x + y])
    assert (algebra.dimension, algebra.name, algebra.closure_residual) == (3, "so(3)", pytest.approx(0.0, abs=1e-12))
    rng = np.random.default_rng(0)
    pair = [a - a.T for a in rng.standard_normal((2, 6, 6))]
    assert LieAlgebra.generated_by(pair).name == "su(4)"
    with pytest.raises(ClosureError, match="cap=10"):
        LieAlgebra.generated_by(pair, cap=10)


def test_noisy_generators_need_their_tolerance() -> None:
    rng = np.random.default_rng(4)
    noisy = [np.kron(a, np.eye(4)) for a in so(4)]
    noisy = [a + 1e-3 * (e - e.T) for a, e in zip(noisy, rng.standard_normal((6, 16, 16)))]
    strict = LieAlgebra(noisy)
    # A commuting pair leaves nothing but noise, all of it outside the span.
    assert strict.closure_residual > 0.9
    assert strict.name.startswith("not closed")
    tolerant = LieAlgebra(noisy, tolerance=0.03)
    assert 1e-4 < tolerant.closure_residual < 0.03
    assert (tolerant.name, tolerant.rank) == ("so(3) + so(3)", 2)


def test_abelian_algebras() -> None:
    torus = LieAlgebra([so(6)[0], so(6)[-1]])
    assert torus.is_abelian
    assert torus.closure_residual == 0.0
    assert torus.centre_dimension == 2
    assert [i.dimension for i in torus.ideals()] == [2]
    assert not LieAlgebra(so(3)).is_abelian
    assert not LieAlgebra(so(3)[:2]).is_abelian


def test_membership_in_the_algebra() -> None:
    algebra = LieAlgebra(so(4)[:3])
    assert so(4)[0] + 2 * so(4)[2] in algebra
    assert so(4)[5] not in algebra
    assert 1j * so(4)[0] not in algebra
    assert np.eye(3) not in algebra


def test_groups_of_algebras() -> None:
    group = LieGroup(LieAlgebra(so(4)))
    assert (group.name, group.order, group.is_finite, group.is_abelian) == ("SO(3) x SO(3)", None, False, False)
    c = np.arange(6.0) / 3
    assert np.allclose(group.element(c), expm(np.tensordot(c, np.array(so(4)) / 2**0.5, axes=1)))
    assert group.element(c) in group
    assert np.diag([1.0, 1.0, 1.0, -1.0]) not in group
    torus = LieGroup(LieAlgebra([block_diag(so(2)[0], 5 * so(2)[0])]))
    assert (torus.name, torus.is_abelian) == ("U(1)", True)
    assert all(torus.element([t]) in torus for t in (0.0, 1.0, 7.0, 20.0))
    assert block_diag([[0.0, 1.0], [-1.0, 0.0]], np.eye(2)) not in torus
    assert LieGroup(LieAlgebra(NAMED["su(3) + u(1)"][0])).name == "SU(3) x U(1)"
    with pytest.raises(ClosureError, match="infinite"):
        torus.elements()


def test_errors() -> None:
    with pytest.raises(InputError, match=r"pass \(A - A\^H\) / 2"):
        LieAlgebra([np.eye(2)])
    with pytest.raises(InputError, match="spans only 1 dimensions"):
        LieAlgebra([so(2)[0], 2 * so(2)[0]])
    with pytest.raises(ShapeError):
        LieAlgebra(np.zeros((2, 3)))
    with pytest.raises(NonFiniteError):
        LieAlgebra([np.full((2, 2), np.nan)])
    with pytest.raises(ShapeError, match="3 generators"):
        LieGroup(LieAlgebra(so(3))).element([1.0])
