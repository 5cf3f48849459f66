"""Exact identities that a ramp matrix of a group obeys before any search: index, centralisers, columns.

With B the branching matrix of N <= G (rows irreps of G, columns irreps of N) and A = B^T B: ``A d = [G:N] d`` by
Frobenius reciprocity, ``|C_G(n)| = sum_ab A_ab chi_a(n) chi_b(n)*`` for n in N, and by Mackey's theorem A_00 is the
number of double cosets N\\G/N (Isaacs, Character Theory of Finite Groups, chapters 2 and 5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from symmeter.errors import InputError, ShapeError
from symmeter.groups import Subgroup
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup

__all__ = ["IndexTest", "centralizer_orders", "index_test", "number_of_double_cosets", "ramp_matrix"]


@dataclass(frozen=True)
class IndexTest:
    """Whether ``A d`` is a multiple of d.

    Attributes
    ----------
    index : int or None
        [G:N]; None when the rows disagree.
    rows : tuple of float
        ``(A d)_a / d_a`` for each sector.
    offending : tuple of int
        Sectors that differ from the sector of the trivial irrep.
    """

    index: int | None
    rows: tuple[float, ...]
    offending: tuple[int, ...]


def index_test(subgroup: KnownSubgroup, ramp: Int[np.ndarray, "k k"]) -> IndexTest:
    """Test ``A d = [G:N] d``.

    Examples
    --------
    >>> from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import known_subgroup
    >>> index_test(known_subgroup("Z3"), np.array([[2, 0, 0], [0, 1, 1], [0, 1, 1]])).index
    2
    """
    a = checked_ramp(subgroup, ramp)
    ratios = a @ subgroup.dims / subgroup.dims
    first = ratios[subgroup.trivial]
    offending = tuple(np.flatnonzero(np.abs(ratios - first) > 1e-9).tolist())
    whole = not offending and abs(first - round(first)) < 1e-9 and first >= 1
    return IndexTest(round(first) if whole else None, tuple(ratios.tolist()), offending)


def checked_ramp(subgroup: KnownSubgroup, ramp: np.ndarray) -> np.ndarray:
    """The ramp matrix as integers.

    Raises
    ------
    ShapeError, InputError
        If it is not a symmetric matrix of non-negative integers with a positive diagonal, one row a sector.
    """
    a = np.asarray(ramp)
    k = len(subgroup)
    if a.shape != (k, k):
        raise ShapeError(f"the ramp matrix has shape {a.shape}; {subgroup.name} has {k} sectors, so give {k} x {k}")
    if not np.all(np.isfinite(a)) or np.abs(a - np.rint(a)).max() > 1e-9:
        raise InputError("the ramp matrix has entries that are no integers; round it, or give xsff.seed the spectra")
    a = np.rint(a).astype(np.int64)
    if (a != a.T).any() or a.min() < 0 or a.diagonal().min() < 1:
        raise InputError("a ramp matrix is symmetric with entries of 0 or more and a diagonal of 1 or more")
    return a


def centralizer_orders(subgroup: KnownSubgroup, ramp: Int[np.ndarray, "k k"]) -> tuple[np.ndarray, str]:
    """Orders of the centralisers in G of the classes of N, and what is wrong with them (empty when nothing is)."""
    chi = subgroup.characters
    values = chi.T @ ramp @ chi.conj()
    orders = np.real(np.diag(values))
    total = subgroup.order * float(ramp[subgroup.trivial] @ subgroup.dims)
    whole = np.rint(orders)
    if np.abs(orders - whole).max() > 1e-6 or whole.min() < 1:
        return orders, "a centraliser order |C_G(n)| is no positive integer"
    whole = whole.astype(np.int64)
    inside = subgroup.order // subgroup.group.class_sizes
    if (total / whole % 1 > 1e-9).any() or (whole % inside).any():
        return whole, "a centraliser order |C_G(n)| does not divide |G|, or |C_N(n)| does not divide it"
    # Columns of a character table are equal or orthogonal.
    same = np.abs(values - whole[:, None]) < 1e-6
    if not (same | (np.abs(values) < 1e-6)).all() or (whole[:, None] != whole[None, :])[same].any():
        return whole, "two elements of N have columns that are neither equal nor orthogonal"
    return whole, ""


def ramp_matrix(branching: Int[np.ndarray, "r k"]) -> Int[np.ndarray, "k k"]:
    """``A = B^T B``."""
    b = np.asarray(branching)
    return b.T @ b


def number_of_double_cosets(subgroup: Subgroup) -> int:
    """Number of double cosets H x H, counted one by one."""
    g, members = subgroup.parent, subgroup.members
    seen = np.zeros(g.order, dtype=bool)
    count = 0
    for x in range(g.order):
        if not seen[x]:
            count += 1
            seen[g.table[g.table[members, x][:, None], members[None, :]]] = True
    return count
