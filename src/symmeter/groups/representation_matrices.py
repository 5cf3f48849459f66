"""Matrix representations of a finite group: from generators to all elements, characters and isotypic projectors.

A representation is an array of shape (n, M, M), one matrix an element, with ``rho[a b] = rho[a] rho[b]``; or an int
array of shape (n, M) of permutations of M points. Serre, Linear Representations of Finite Groups, section 2.6 and 2.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Num

from symmeter.errors import InputError, NotAGroupElementError, ShapeError
from symmeter.groups.finite_group import FiniteGroup

__all__ = [
    "SymmetryAdaptedBasis",
    "homomorphism_defect",
    "isotypic_projector",
    "representation_character",
    "spread_over_group",
    "symmetry_adapted_basis",
]

_TOLERANCE = 1e-6


def spread_over_group(
    group: FiniteGroup,
    images: Mapping[int, Num[np.ndarray, "m m"]] | Sequence[Num[np.ndarray, "m m"]],
    tolerance: float = _TOLERANCE,
) -> Num[np.ndarray, "n m m"]:
    """Matrices of all elements from those of elements that generate the group.

    Parameters
    ----------
    group : FiniteGroup
    images : mapping from elements to matrices, or one matrix for each of ``group.generators``
    tolerance : float
        Largest entry by which ``rho[g] rho[x]`` may miss ``rho[g x]``, relative to the largest entry of rho.

    Raises
    ------
    NotAGroupElementError
        If the matrices are not a representation; the text gives the defect and the elements.

    Examples
    --------
    >>> from symmeter.groups.families import cyclic_group
    >>> spread_over_group(cyclic_group(3), [np.array([[0, -1], [1, -1]])])[2]
    array([[-1,  1],
           [-1,  0]])
    """
    given = _as_mapping(group, images)
    if not given:
        raise InputError("no matrices: give one for each generator; the trivial group takes {0: identity}")
    first = next(iter(given.values()))
    rho = np.zeros((group.order, *first.shape), dtype=np.result_type(*given.values()))
    rho[0] = np.eye(len(first))
    known = np.zeros(group.order, dtype=bool)
    known[0] = True
    order = [0]
    for x in order:
        for g, matrix in given.items():
            y = int(group.table[g, x])
            if not known[y]:
                rho[y] = matrix @ rho[x]
                known[y] = True
                order.append(y)
    if not known.all():
        raise InputError(
            f"the elements {sorted(given)} generate {int(known.sum())} of {group.order} elements; give the missing ones"
        )
    scale = max(1.0, float(np.abs(rho).max()))
    for g, matrix in given.items():
        defects = np.abs(matrix @ rho - rho[group.table[g]]).max(axis=(1, 2))
        x = int(np.argmax(defects))
        if not defects[x] <= tolerance * scale:
            raise NotAGroupElementError(
                f"the matrices are no representation: rho[{g}] rho[{x}] misses rho[{int(group.table[g, x])}] by "
                f"{defects[x]:.3g}; it must be below {tolerance * scale:.2g}"
            )
    return rho


def _as_mapping(group: FiniteGroup, images: Mapping[int, np.ndarray] | Sequence[np.ndarray]) -> dict[int, np.ndarray]:
    if not isinstance(images, Mapping):
        listed = list(images)
        if len(listed) != len(group.generators):
            raise ShapeError(
                f"{len(listed)} matrices for the {len(group.generators)} generators {group.generators} of {group.name}"
            )
        images = dict(zip(group.generators, listed))
    found: dict[int, np.ndarray] = {}
    for g, matrix in images.items():
        if g not in group:
            raise InputError(f"{g!r} is no element; the elements are the integers 0..{group.order - 1}")
        a = np.asarray(matrix)
        if a.ndim != 2 or a.shape[0] != a.shape[1] or (found and a.shape != next(iter(found.values())).shape):
            raise ShapeError(f"the matrix of element {g} has shape {a.shape}; all are square and of one size")
        if a.dtype.kind not in "biufc" or not np.isfinite(a).all():
            raise InputError(f"the matrix of element {g} has entries that are no finite numbers")
        found[int(g)] = a
    return found


def homomorphism_defect(group: FiniteGroup, rho: Num[np.ndarray, "n m m"]) -> float:
    """Largest entry of ``rho[g] rho[x] - rho[g x]`` over generators g and all x."""
    rho = _checked(group, rho)
    defects = [float(np.abs(rho[g] @ rho - rho[group.table[g]]).max()) for g in group.generators]
    return max(defects, default=float(np.abs(rho[0] @ rho[0] - rho[0]).max()))


def representation_character(group: FiniteGroup, rho: np.ndarray) -> Num[np.ndarray, " k"]:
    """Trace on each class; the number of fixed points for permutations."""
    rho = _checked(group, rho)
    chosen = rho[group.class_representatives]
    if rho.ndim == 2:
        return (chosen == np.arange(rho.shape[1])).sum(axis=1)
    return np.trace(chosen, axis1=1, axis2=2)


def _checked(group: FiniteGroup, rho: np.ndarray) -> np.ndarray:
    rho = np.asarray(rho)
    square = rho.ndim == 3 and rho.shape[1] == rho.shape[2]
    permutations = rho.ndim == 2 and rho.dtype.kind in "iu"
    if len(rho) != group.order or not (square or permutations):
        raise ShapeError(
            f"a representation of a group of order {group.order} has shape ({group.order}, M, M), or "
            f"({group.order}, M) for permutations; got {rho.shape}"
        )
    return rho


def isotypic_projector(group: FiniteGroup, rho: np.ndarray, number: int) -> Num[np.ndarray, "m m"]:
    """Projector on all copies of one irrep: ``d / |G| sum_g conj(chi(g)) rho(g)``; real for a real character.

    Raises
    ------
    NotAGroupElementError
        If rho is no homomorphism; the text gives the defect.

    Examples
    --------
    >>> from symmeter.groups.families import cyclic_group
    >>> isotypic_projector(cyclic_group(2), np.array([[0, 1], [1, 0]]), 1)
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    table = group.character_table
    i = table._checked(number)
    chi = table.values[i][group.class_labels].conj() * table.degrees[i] / group.order
    rho = _checked(group, rho)
    _check_homomorphism(group, rho)
    return _weighted(rho, chi.real if not chi.imag.any() else chi)


def _check_homomorphism(group: FiniteGroup, rho: np.ndarray) -> None:
    """``rho[g] rho[x] v = rho[g x] v`` for generators g, all x, and one random vector v: no dearer than reading rho."""
    if rho.ndim == 2:
        bad = [(g, np.flatnonzero((rho[g][rho] != rho[group.table[g]]).any(axis=1))) for g in (0, *group.generators)]
        found = next(((g, int(xs[0])) for g, xs in bad if xs.size), None)
        if found is not None:
            g, x = found
            raise NotAGroupElementError(
                f"the permutations are no action: that of {x} followed by that of {g} is not that of "
                f"{int(group.table[g, x])}, their product"
            )
        return
    v = np.random.default_rng(1_905).standard_normal(rho.shape[1])
    moved = rho @ v
    scale = max(1.0, float(np.abs(moved).max(initial=0.0)))
    defects = {-1: float(np.abs(moved[0] - v).max(initial=0.0))}
    defects |= {g: float(np.abs(moved @ rho[g].T - moved[group.table[g]]).max()) for g in group.generators}
    g = max(defects, key=defects.__getitem__)
    if not defects[g] <= _TOLERANCE * scale:
        what = "rho of the identity misses it" if g < 0 else f"rho[{g}] rho[x] misses rho[{g} x]"
        raise NotAGroupElementError(
            f"the matrices are no representation: {what} by up to {defects[g]:.3g}; it must be below "
            f"{_TOLERANCE * scale:.2g}"
        )


def _weighted(rho: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """``sum_g weights[g] rho(g)``."""
    if rho.ndim == 3:
        return np.tensordot(weights, rho, axes=1)
    m = rho.shape[1]
    total = np.zeros((m, m), dtype=weights.dtype)
    np.add.at(total, (rho, np.broadcast_to(np.arange(m), rho.shape)), weights[:, None])
    return total


@dataclass(frozen=True)
class SymmetryAdaptedBasis:
    """An orthonormal basis in which a representation is a direct sum of the irreps' matrices.

    Attributes
    ----------
    matrix : array of shape (M, M)
        Unitary; columns are ordered by irrep, then copy, then row of the irrep.
    irreps : int array of shape (M,)
        Irrep of each column.
    copies : int array of shape (M,)
        Copy of that irrep.
    rows : int array of shape (M,)
        Row of the irrep's matrices.
    multiplicities : int array of shape (k,)
        How often each irrep occurs.
    """

    matrix: Num[np.ndarray, "m m"]
    irreps: Int[np.ndarray, " m"]
    copies: Int[np.ndarray, " m"]
    rows: Int[np.ndarray, " m"]
    multiplicities: Int[np.ndarray, " k"]

    def sector(self, irrep: int, row: int = 0) -> Num[np.ndarray, "m c"]:
        """Columns that carry one row of one irrep: an operator that commutes with the group acts among them alone."""
        return self.matrix[:, (self.irreps == irrep) & (self.rows == row)]


def symmetry_adapted_basis(group: FiniteGroup, rho: np.ndarray) -> SymmetryAdaptedBasis:
    """Basis adapted to a unitary representation: in it ``rho(g)`` is block diagonal with blocks ``group.irrep(i)[g]``.

    Parameters
    ----------
    group : FiniteGroup
    rho : array of shape (n, M, M), or int array of shape (n, M) of permutations
        Unitary matrices of all elements.

    Raises
    ------
    NotAGroupElementError
        If the matrices are not unitary or no homomorphism; the text gives the defect.

    Examples
    --------
    Four points on a ring, turned and reflected:

    >>> from symmeter.groups import dihedral
    >>> ring = dihedral(4)
    >>> basis = symmetry_adapted_basis(ring.to_finite(), ring.elements_array())
    >>> basis.multiplicities
    array([1, 1, 0, 0, 1])
    """
    rho = _checked(group, rho)
    if rho.ndim == 3:
        _check_unitary_representation(group, rho)
    else:
        _check_homomorphism(group, rho)
    multiplicities = group.character_table.decompose(representation_character(group, rho))
    columns, irreps, copies, rows = [], [], [], []
    for i in np.flatnonzero(multiplicities).tolist():
        matrices = group.irrep(i)
        d, m = matrices.shape[1], int(multiplicities[i])
        # P_00 projects on the first rows of all copies, and P_j0 carries a first row to row j of the same copy.
        transfer = [_weighted(rho, matrices[:, j, 0].conj() * (d / group.order)) for j in range(d)]
        _, vectors = np.linalg.eigh((transfer[0] + transfer[0].conj().T) / 2)
        first = vectors[:, -m:][:, ::-1]
        block = np.stack([t @ first for t in transfer], axis=2)
        columns.append(block.reshape(block.shape[0], m * d))
        irreps.extend([i] * (m * d))
        copies.extend(np.repeat(np.arange(m), d).tolist())
        rows.extend(list(range(d)) * m)
    return SymmetryAdaptedBasis(
        np.concatenate(columns, axis=1), np.array(irreps), np.array(copies), np.array(rows), multiplicities
    )


def _check_unitary_representation(group: FiniteGroup, rho: np.ndarray) -> None:
    for g in (0, *group.generators):
        defect = float(np.abs(rho[g] @ rho[g].conj().T - np.eye(rho.shape[1])).max())
        if not defect <= _TOLERANCE:
            raise NotAGroupElementError(
                f"the matrix of element {g} is not unitary: |A A^H - I| reaches {defect:.3g}; it must be below 1e-6"
            )
    defect = homomorphism_defect(group, rho)
    if not defect <= _TOLERANCE:
        raise NotAGroupElementError(
            f"the matrices are no representation: rho[g] rho[x] misses rho[g x] by up to {defect:.3g}; it must "
            "be below 1e-6"
        )
