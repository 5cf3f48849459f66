"""Explicit unitary matrices of the irreps of a finite group.

For a linear character l of a cyclic subgroup H that occurs m times in chi, the element ``e = e_chi e_l`` of the group
algebra is a projection, and ``K(g, h) = conj(e(g^-1 h))`` is the Gram matrix of the translates of one vector: they
span m copies of the irrep (the construction of Gelfand, Naimark and Segal). A well-conditioned set of translates,
orthonormalised, gives the matrices of all elements by looking up e. When no l occurs once, the copies are separated by
a random element of the commutant. Irreps of real type are turned into real orthogonal matrices.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Complex, Num

from symmeter.groups.finite_group import FiniteGroup

__all__ = ["irrep_matrices"]

_SEED = 1_943


def irrep_matrices(group: FiniteGroup, number: int) -> Num[np.ndarray, "n d d"]:
    """Matrices of all elements in irrep ``number`` of the character table: real orthogonal for real type, else unitary.

    Examples
    --------
    >>> from symmeter.groups.families import dihedral_group
    >>> D = irrep_matrices(dihedral_group(3), 2)
    >>> D.shape, bool(np.allclose(D[1] @ D[1] @ D[1], np.eye(2)))
    ((6, 2, 2), True)
    """
    table = group.character_table
    i = table._checked(number)
    key = ("irrep", i)
    if key not in group.memo:
        matrices = _made(group, i)
        if table.indicators[i] == 1:
            matrices = _realified(matrices)
        matrices.setflags(write=False)
        group.memo[key] = matrices
    return group.memo[key]


def _made(group: FiniteGroup, i: int) -> Complex[np.ndarray, "n d d"]:
    table = group.character_table
    d = int(table.degrees[i])
    chi = table.values[i][group.class_labels]
    if d == 1:
        return chi[:, None, None].copy()
    generator, power, copies = _best_linear(group, i)
    vector = _projection(group, chi, d, generator, power)
    if table.indicators[i] == 1 and 2 * power % group.element_orders[generator] == 0:
        vector = np.real(vector)
    matrices = _represented(group, vector, d * copies)
    return matrices if copies == 1 else _one_copy(matrices, d)


def _best_linear(group: FiniteGroup, i: int) -> tuple[int, int, int]:
    """Element g and k such that ``exp(2 pi i k / order of g)`` is an eigenvalue of g of the least multiplicity."""
    table = group.character_table
    found = table.eigenvalue_multiplicities[i]
    real_type = table.indicators[i] == 1
    best = (int(table.degrees[i]) + 1, True, 0, 0, 0)
    for c, x in enumerate(group.class_representatives.tolist()):
        o = int(group.class_orders[c])
        eigenvalues = found[c, :: group.exponent // o]
        for k in np.flatnonzero(eigenvalues).tolist():
            # A real eigenvalue keeps a representation of real type real from the start.
            candidate = (int(eigenvalues[k]), bool(real_type and 2 * k % o), -o, x, k)
            best = min(best, candidate)
    return best[3], best[4], best[0]


def _projection(group: FiniteGroup, chi: np.ndarray, d: int, generator: int, power: int) -> np.ndarray:
    """The function ``x -> <v, x v>`` of the vector v = e_chi e_l: the conjugate coefficients of that projection."""
    o = int(group.element_orders[generator])
    total = np.zeros(group.order, dtype=complex)
    h = 0
    for j in range(o):
        # e_chi(x) = d conj(chi(x)) / |G| and e_l(h) = conj(l(h)) / |H|; at y the sum of e_chi(y h^-1) e_l(h).
        shifted = group.table[:, group.inverses[h]]
        total += chi[shifted] * np.exp(2j * np.pi * power * j / o)
        h = int(group.table[h, generator])
    return total * d / (group.order * o)


def _represented(group: FiniteGroup, vector: np.ndarray, dimension: int) -> np.ndarray:
    """Matrices on the span of the translates of a positive-definite function."""
    chosen = _well_spread(group, vector, dimension)
    gram = vector[group.table[group.inverses[chosen][:, None], chosen[None, :]]]
    lower = np.linalg.cholesky((gram + gram.conj().T) / 2)
    inverse = np.linalg.inv(lower)
    matrices = np.empty((group.order, dimension, dimension), dtype=vector.dtype)
    looked_up = vector[group.table[group.table[group.inverses[chosen]][:, :, None], chosen[None, None, :]]]
    np.matmul(inverse @ np.moveaxis(looked_up, 1, 0), inverse.conj().T, out=matrices)
    return matrices


def _well_spread(group: FiniteGroup, vector: np.ndarray, dimension: int) -> np.ndarray:
    """Elements whose translates are linearly independent, by Cholesky with diagonal pivoting."""
    n = group.order
    remaining = np.full(n, vector[0].real)
    factor = np.zeros((n, dimension), dtype=vector.dtype)
    chosen: list[int] = []
    for k in range(dimension):
        g = int(np.argmax(remaining))
        chosen.append(g)
        column = vector[group.table[group.inverses, g]]
        factor[:, k] = (column - factor[:, :k] @ factor[g, :k].conj()) / np.sqrt(remaining[g])
        remaining = remaining - np.abs(factor[:, k]) ** 2
        remaining[chosen] = -1.0
    return np.array(chosen)


def _one_copy(matrices: np.ndarray, d: int) -> np.ndarray:
    """One irreducible summand of several equal ones, through the eigenspaces of a random commutant element."""
    rng = np.random.default_rng(_SEED)
    m = matrices.shape[1]
    a = rng.standard_normal((m, m))
    if np.iscomplexobj(matrices):
        a = a + 1j * rng.standard_normal((m, m))
    a = a + a.conj().T
    adjoint = matrices.conj().swapaxes(1, 2)
    _, vectors = np.linalg.eigh(np.mean(matrices @ a @ adjoint, axis=0))
    basis = vectors[:, :d]
    return basis.conj().T @ matrices @ basis


def _realified(matrices: np.ndarray) -> np.ndarray:
    """The same irrep of real type in real orthogonal matrices."""
    if not np.iscomplexobj(matrices) or not np.abs(np.imag(matrices)).max() > 0:
        return np.ascontiguousarray(np.real(matrices))
    rng = np.random.default_rng(_SEED)
    d = matrices.shape[1]
    x = rng.standard_normal((d, d)) + 1j * rng.standard_normal((d, d))
    # C with D(g) C = C conj(D(g)) is unitary and symmetric up to scale; U with C = U U^T makes U^H D U real.
    c = np.mean(matrices @ (x + x.T) @ matrices.swapaxes(1, 2), axis=0)
    c = c * np.sqrt(d) / np.linalg.norm(c)
    c = (c + c.T) / 2
    _, q = np.linalg.eigh(c.real + rng.standard_normal() * c.imag)
    phases = np.einsum("ij,ik,kj->j", q, c, q)
    u = q * np.sqrt(phases / np.abs(phases))
    return np.ascontiguousarray((u.conj().T @ matrices @ u).real)
