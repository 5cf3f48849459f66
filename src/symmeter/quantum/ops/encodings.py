"""Fermions on qubits by any linear encoding: qubits hold sums modulo 2 of occupations, ``q = A n``.

In closed form, with F_j the row j of the inverse of A (which qubits add up to n_j), P_j the sum of the rows before it
(which add up to the parity below j) and U_j the column j of A (which qubits flip with n_j),

    c_j = X_U(j) Z_P(j) (1 - Z_F(j)) / 2,        c_j^+ = X_U(j) Z_P(j) (1 + Z_F(j)) / 2.

Jordan-Wigner has A = 1, the parity encoding a triangle of ones, Bravyi-Kitaev a Fenwick tree.
Seeley, Richard and Love, J. Chem. Phys. 137, 224109 (2012); Steudtner and Wehner, New J. Phys. 20, 063010 (2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np
from jaxtyping import Int

from symmeter.errors import InputError, ShapeError
from symmeter.quantum.ops.fermions import Fermions
from symmeter.quantum.ops.maps import only_species, substitute
from symmeter.quantum.ops.operator import Operator
from symmeter.quantum.ops.paulis import Paulis
from symmeter.quantum.ops.species import Species

__all__ = ["bravyi_kitaev", "encoded", "fenwick_matrix", "parity_encoding"]


def encoded(operator: Operator, matrix: Int[np.ndarray, "n n"], paulis: Paulis | None = None) -> Operator:
    """Fermions of n modes as Pauli strings of n qubits that hold ``matrix @ occupations`` modulo 2.

    Parameters
    ----------
    operator : Operator
        Of one species of fermions.
    matrix : array of 0 and 1, shape (n, n)
        Invertible modulo 2.
    paulis : Paulis, optional
        The qubits.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> print(encoded(ops.Fermions().n(1), np.array([[1, 0], [1, 1]])))
    1/2 - 1/2 Z[0] Z[1]
    """
    only_species(operator, (Fermions,), "an encoding maps fermions")
    forward = np.asarray(matrix)
    if forward.ndim != 2 or forward.shape[0] != forward.shape[1]:
        raise ShapeError(f"an encoding is a square matrix; got shape {forward.shape}")
    n = len(forward)
    most = max((m for modes in operator.modes.values() for m in modes), default=-1)
    if most >= n:
        raise InputError(f"the encoding has {n} qubits; the operator acts on mode {most}")
    inverse = _inverse_modulo_2(forward)
    target = Paulis() if paulis is None else paulis
    flips = [_mask(forward[:, j]) for j in range(n)]
    occupied = [_mask(row) for row in inverse]
    below = [_mask(inverse[:j].sum(axis=0)) for j in range(n)]

    def rule(s: Species, kind: str, mode: int) -> Operator:
        sign = -1 if kind == "c" else 1
        projector = Operator.of_parts(target, [(Fraction(1, 2), (0, 0)), (Fraction(sign, 2), (0, occupied[mode]))])
        string = Operator.of_parts(target, [(1, (0, below[mode]))])
        return Operator.of_parts(target, [(1, (flips[mode], 0))]) * string * projector

    return substitute(operator, rule)


def parity_encoding(operator: Operator, modes: int | None = None) -> Operator:
    """Qubit j holds the parity of modes 0 to j.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> print(parity_encoding(ops.Fermions().n(1)))
    1/2 - 1/2 Z[0] Z[1]
    """
    n = _modes(operator, modes)
    return encoded(operator, np.tril(np.ones((n, n), np.int64)))


def bravyi_kitaev(operator: Operator, modes: int | None = None) -> Operator:
    """Qubits hold the partial sums of a Fenwick tree, so that strings have logarithmic length.

    Parameters
    ----------
    operator : Operator
        Of one species of fermions.
    modes : int, optional
        Number of modes; that of the species, or the largest mode and one, when omitted.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> print(bravyi_kitaev(ops.Fermions().n(1), modes=4))
    1/2 - 1/2 Z[0] Z[1]
    """
    return encoded(operator, fenwick_matrix(_modes(operator, modes)))


@lru_cache(maxsize=32)
def fenwick_matrix(n: int) -> Int[np.ndarray, "n n"]:
    """Row i has ones at the modes that the node i of a Fenwick tree sums: ``i - lowbit(i + 1) + 1`` to i.

    Examples
    --------
    >>> fenwick_matrix(4).tolist()
    [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [1, 1, 1, 1]]
    """
    out = np.zeros((n, n), np.int64)
    for i in range(n):
        out[i, i - ((i + 1) & -(i + 1)) + 1 : i + 1] = 1
    out.setflags(write=False)
    return out


def _modes(operator: Operator, modes: int | None) -> int:
    if modes is not None:
        return modes
    declared = [s.number_of_modes for s in operator.species if isinstance(s, Fermions) and s.number_of_modes]
    found = [m + 1 for where in operator.modes.values() for m in where]
    return max([*declared, *found], default=1)


def _mask(row: Sequence[int] | np.ndarray) -> int:
    return sum(1 << k for k, v in enumerate(row) if int(v) & 1)


def _inverse_modulo_2(matrix: Int[np.ndarray, "n n"]) -> Int[np.ndarray, "n n"]:
    n = len(matrix)
    work = np.concatenate([np.asarray(matrix, np.int64) % 2, np.eye(n, dtype=np.int64)], axis=1)
    for k in range(n):
        pivots = np.flatnonzero(work[k:, k])
        if not pivots.size:
            raise InputError("the matrix of an encoding must be invertible modulo 2; this one is not")
        work[[k, k + pivots[0]]] = work[[k + pivots[0], k]]
        others = work[:, k].astype(bool)
        others[k] = False
        work[others] ^= work[k]
    return work[:, n:]
