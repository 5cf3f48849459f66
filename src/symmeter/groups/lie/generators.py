"""Bases of the matrix Lie algebras, with a name for each generator and the normalisation stated.

========  ==================================================================  ==================================
algebra   generators                                                          normalisation
========  ==================================================================  ==================================
so(n)     ``L_ij = e_ji - e_ij`` (n = 3: Lx, Ly, Lz)                          angles; [Lx, Ly] = Lz
su(n)     ``-i T_a = -i lambda_a / 2``, generalised Gell-Mann matrices        tr T_a T_b = 1/2 delta_ab
u(n)      those of su(n), then ``-i / sqrt(2n)``                              the same
sp(2n)    ``-i T_a`` with ``T_a^T J + J T_a = 0``                             the same
gl(n)     ``e_ii``, ``(e_ij + e_ji)/sqrt 2``, then ``(e_ji - e_ij)/sqrt 2``   tr E_a^T E_b = delta_ab
sl(n)     traceless diagonal ones in place of ``e_ii``                        the same
so(1,d)   rotations as so(d) (Jx, Jy, Jz), boosts ``e_0i + e_i0`` (Kx ..)     angles and rapidities
========  ==================================================================  ==================================
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError

__all__ = ["gell_mann", "sp_generators", "symmetric_generators", "symplectic_form"]

Named = tuple[tuple[str, ...], np.ndarray]


def _unit(n: int, i: int, j: int) -> np.ndarray:
    out = np.zeros((n, n))
    out[i, j] = 1
    return out


def rotation_basis(n: int, scale: float = 1.0) -> Named:
    """Generators of so(n)."""
    if n == 3:
        names, pairs = ("Lx", "Ly", "Lz"), [(1, 2), (2, 0), (0, 1)]
    else:
        pairs = list(combinations(range(n), 2))
        names = tuple(f"L{i + 1}{j + 1}" if n < 10 else f"L{i + 1},{j + 1}" for i, j in pairs)
    return names, scale * np.array([_unit(n, j, i) - _unit(n, i, j) for i, j in pairs]).reshape(-1, n, n)


def symmetric_generators(n: int, traceless: bool = False) -> Float[np.ndarray, "k n n"]:
    """Orthonormal basis of the symmetric matrices, in the order of the upper triangle read by rows.

    The traceless ones have diagonal matrices first, then the pairs.
    """
    if not traceless:
        rows = [(i, j) for i in range(n) for j in range(i, n)]
        out = [_unit(n, i, i) if i == j else (_unit(n, i, j) + _unit(n, j, i)) / np.sqrt(2) for i, j in rows]
        return np.array(out)
    diagonal = [np.diag(_traceless(n, k)) for k in range(1, n)]
    beside = [(_unit(n, i, j) + _unit(n, j, i)) / np.sqrt(2) for i, j in combinations(range(n), 2)]
    return np.array(diagonal + beside).reshape(-1, n, n)


def _traceless(n: int, k: int) -> np.ndarray:
    """k ones, then -k, of unit length."""
    v = np.zeros(n)
    v[:k], v[k] = 1, -k
    return v / np.sqrt(k * (k + 1))


def linear_basis(n: int, traceless: bool, alpha: float) -> Named:
    """Generators of gl(n) or sl(n), orthonormal for ``alpha tr(X^T Y)``."""
    symmetric = symmetric_generators(n, traceless)
    skew = rotation_basis(n, 1 / np.sqrt(2))[1]
    basis = np.concatenate([symmetric, skew]) / np.sqrt(alpha)
    return tuple(f"E{k + 1}" for k in range(len(basis))), basis


def gell_mann(n: int) -> Complex[np.ndarray, "k n n"]:
    """The n^2 - 1 generalised Gell-Mann matrices, ``tr(lambda_a lambda_b) = 2 delta_ab``, in the usual order.

    For each j the symmetric and antisymmetric ones with rows i < j, then the diagonal one; n = 2 gives the Pauli
    matrices and n = 3 Gell-Mann's own.

    Examples
    --------
    >>> gell_mann(3)[7].real.diagonal().round(4)
    array([ 0.5774,  0.5774, -1.1547])
    """
    if n < 1:
        raise InputError(f"Gell-Mann matrices need a size of at least 1; got {n}")
    out = []
    for j in range(1, n):
        for i in range(j):
            out.append(_unit(n, i, j) + _unit(n, j, i) + 0j)
            out.append(-1j * _unit(n, i, j) + 1j * _unit(n, j, i))
        out.append(np.sqrt(2) * np.diag(_traceless(n, j)) + 0j)
    return np.array(out).reshape(-1, n, n)


def unitary_basis(n: int, special: bool) -> Named:
    """Generators of su(n) or u(n)."""
    stack = gell_mann(n) / 2
    names = tuple(f"T{a + 1}" for a in range(len(stack)))
    if not special:
        stack = np.concatenate([stack, np.eye(n, dtype=complex)[None] / np.sqrt(2 * n)])
        names = (*names, "T0")
    return names, -1j * stack


def symplectic_form(size: int, form: str = "blocks") -> Float[np.ndarray, "m m"]:
    """The skew matrix J that Sp(size) keeps, ``g^T J g = J``.

    ``form="blocks"`` is ``[[0, 1], [-1, 0]]``; ``form="spin"`` is ``J[m, -m] = (-1)^(j - m)`` on the states
    m = j, ..., -j of a spin j = (size - 1)/2, the form of singlet pairs.

    Examples
    --------
    >>> symplectic_form(4, "spin")
    array([[ 0.,  0.,  0.,  1.],
           [ 0.,  0., -1.,  0.],
           [ 0.,  1.,  0.,  0.],
           [-1.,  0.,  0.,  0.]])
    """
    from symmeter.groups.lie.batches import check_choice

    check_choice(form, ("blocks", "spin"), "form")
    if size < 2 or size % 2:
        raise InputError(f"a symplectic group acts on an even number of dimensions; got {size}")
    if form == "spin":
        return np.diag((-1.0) ** np.arange(size))[:, ::-1].copy()
    n = size // 2
    return np.block([[np.zeros((n, n)), np.eye(n)], [-np.eye(n), np.zeros((n, n))]])


def sp_generators(size: int, form: str = "blocks") -> Complex[np.ndarray, "k m m"]:
    """Hermitian generators T_a of the compact Sp(size), ``T^T J + J T = 0``, with ``tr T_a T_b = 1/2 delta_ab``.

    Parameters
    ----------
    size : int
        Even; the algebra has size (size + 1) / 2 dimensions.
    form : {"blocks", "spin"}
        Which J, see :func:`symplectic_form`.

    Examples
    --------
    >>> len(sp_generators(4))
    10
    """
    j = symplectic_form(size, form)
    n = size // 2
    found = []
    for i in range(n):
        for k in range(i, n):
            symmetric = _unit(n, i, k) + (_unit(n, k, i) if i != k else 0)
            zero = np.zeros((n, n))
            found += [np.block([[symmetric, zero], [zero, -symmetric]]) + 0j]
            found += [np.block([[zero, symmetric], [symmetric, zero]]) + 0j]
            found += [np.block([[zero, -1j * symmetric], [1j * symmetric, zero]])]
            if i != k:
                skew = -1j * (_unit(n, i, k) - _unit(n, k, i))
                found += [np.block([[skew, zero], [zero, skew]])]
    stack = np.array(found)
    stack /= np.sqrt(2 * np.einsum("aij,aji->a", stack, stack).real)[:, None, None]
    if form == "spin":
        # State i of the first half pairs with the state that J sends it to, with the sign of that entry.
        change = np.zeros((size, size))
        change[np.arange(n), np.arange(n)] = 1
        partner = np.argmax(np.abs(j[:n]), axis=1)
        change[partner, n + np.arange(n)] = j[np.arange(n), partner]
        stack = change @ stack @ change.T
    return stack


def lorentz_basis(d: int) -> Named:
    """Rotations and boosts of so(1, d), time first."""
    rotations = np.zeros((d * (d - 1) // 2, d + 1, d + 1))
    names, inner = rotation_basis(d)
    rotations[:, 1:, 1:] = inner
    boosts = np.array([_unit(d + 1, 0, i) + _unit(d + 1, i, 0) for i in range(1, d + 1)])
    if d == 3:
        labels = ("Jx", "Jy", "Jz", "Kx", "Ky", "Kz")
    else:
        labels = (*(name.replace("L", "J", 1) for name in names), *(f"K{i}" for i in range(1, d + 1)))
    return labels, np.concatenate([rotations, boosts])
