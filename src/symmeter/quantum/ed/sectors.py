"""Symmetry sectors: bases that carry one row of one irrep of a symmetry group, and Hamiltonians in them.

For the irrep D of degree d the operator ``P_1j = d / |G| sum_g conj(D_1j(g)) g`` takes the orbit of a product state r
to first rows. With the stabilizer S of r (acting by phases p_g), ``Pi = 1 / |S| sum_S conj(D(g)) p_g`` projects on
what the orbit can carry; for an orthonormal basis u of its range the states are

    |r, a> = sqrt(|G| / (d |S|)) sum_j u_ja P_1j |r>,

and for an image ``|t> = phase g |r>`` of a state s under the Hamiltonian

    <r, b| t <- |s, a> = phase sqrt(|S_r| / |S_s|) sum_jl u_ja D_jl(g) conj(v_lb).

One row is enough: by Schur's lemma all d rows have the same matrix, so every level is d-fold. For d = 1 these are the
textbook momentum and parity states.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Complex, Int, Num

from symmeter.errors import ShapeError
from symmeter.quantum.ed.basis import ProductBasis
from symmeter.quantum.ed.orbits import Orbits
from symmeter.quantum.ed.symmetry_group import IrrepLabel, SymmetryGroup, turn_table

__all__ = ["Sector", "SymmetricBasis"]


class SymmetricBasis:
    """A product basis cut into the sectors of a symmetry group.

    Parameters
    ----------
    basis : ProductBasis
    group : SymmetryGroup, optional
        None: one sector, the basis itself.
    compiled : bool, optional
        Use numba for the orbits, or not; chosen by size when omitted.

    Examples
    --------
    >>> from symmeter.quantum.ed.hilbert import HilbertSpace
    >>> from symmeter.quantum.ed.symmetry import Symmetry
    >>> space = HilbertSpace.spins(4)
    >>> ring = SymmetryGroup(space, {"T": Symmetry.sites(space, [1, 2, 3, 0])})
    >>> [(str(s.label), s.dimension) for s in SymmetricBasis(ProductBasis(space), ring).sectors()]
    [('T=0', 6), ('T=1', 3), ('T=2', 4), ('T=3', 3)]
    """

    def __init__(self, basis: ProductBasis, group: SymmetryGroup | None = None, compiled: bool | None = None) -> None:
        self.basis = basis
        self.group = SymmetryGroup.trivial(basis.space) if group is None else group
        self._compiled = compiled
        self._sectors: dict[int, Sector] = {}

    @cached_property
    def orbits(self) -> Orbits:
        """The orbits of the group, shared by all sectors."""
        return Orbits.of(self.basis, self.group, self._compiled)

    def sector(self, irrep: Any = None) -> Sector:
        """One sector, by quantum numbers or irrep; see :meth:`SymmetryGroup.irrep`."""
        label = self.group.irrep(irrep)
        if label.number not in self._sectors:
            self._sectors[label.number] = Sector(self, label)
        return self._sectors[label.number]

    def sectors(self) -> tuple[Sector, ...]:
        """All sectors that are not empty; their dimensions times degeneracies add up to the size of the basis."""
        return tuple(s for s in map(self.sector, self.group.irreps) if s.dimension)

    def __repr__(self) -> str:
        return f"SymmetricBasis({self.basis!r}, {self.group!r})"


@dataclass(frozen=True, eq=False)
class Sector:
    """First rows of one irrep in a basis.

    Attributes
    ----------
    parent : SymmetricBasis
    label : IrrepLabel
    """

    parent: SymmetricBasis
    label: IrrepLabel

    @property
    def degeneracy(self) -> int:
        """How often every level of the sector occurs: the dimension of the irrep."""
        return self.label.degree

    @property
    def is_whole(self) -> bool:
        """Whether there is no symmetry, so that the sector is the product basis itself."""
        return self.parent.group.order == 1

    @cached_property
    def irrep(self) -> Num[np.ndarray, "g d d"]:
        """Matrices of the irrep."""
        return self.parent.group.matrices(self.label)

    @cached_property
    def turns(self) -> Num[np.ndarray, " modulus"]:
        """The phases that operations may have."""
        return turn_table(self.parent.orbits.modulus)

    @property
    def is_real(self) -> bool:
        """Whether a real Hamiltonian has a real matrix in this sector."""
        return self.is_whole or (np.isrealobj(self.irrep) and np.isrealobj(self.turns))

    @cached_property
    def _carried(self) -> tuple[Int[np.ndarray, " orbits"], Int[np.ndarray, " kept"], Num[np.ndarray, "frames d d"]]:
        """How many states each orbit carries, which frame each has, and the frames (orthonormal columns)."""
        orbits, d = self.parent.orbits, self.label.degree
        sizes = orbits.stabilizer_sizes
        copies = np.full(len(sizes), d)
        frame = np.zeros(len(sizes), dtype=np.int64)
        frames = [np.eye(d, dtype=self.irrep.dtype if np.isrealobj(self.turns) else complex)]
        special = np.flatnonzero(sizes > 1)
        if special.size:
            entries = np.flatnonzero(np.repeat(sizes > 1, sizes))
            phases = self.turns[orbits.stabilizer_turn[entries]][:, None, None]
            values = self.irrep[orbits.stabilizer[entries]].conj() * phases
            starts = np.cumsum(sizes[special]) - sizes[special]
            projectors = np.add.reduceat(values, starts, axis=0) / sizes[special][:, None, None]
            copies[special] = np.rint(np.trace(projectors, axis1=1, axis2=2).real).astype(int)
            if d > 1:
                rounded = np.round(projectors, 9).reshape(len(special), -1) + 0.0
                _, first, kind = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
                for k in first:
                    _, vectors = np.linalg.eigh(projectors[k])
                    frames.append(vectors[:, ::-1])
                frame[special] = 1 + kind.reshape(-1)
        return copies, frame, np.stack(frames)

    @cached_property
    def dimension(self) -> int:
        """Number of levels, each of them counted once."""
        return self.parent.basis.size if self.is_whole else int(self._carried[0].sum())

    @cached_property
    def orbit_numbers(self) -> Int[np.ndarray, " kept"]:
        """Orbits that carry this irrep."""
        return np.flatnonzero(self._carried[0])

    @cached_property
    def number(self) -> Int[np.ndarray, " orbits"]:
        """Place of each orbit among those that carry the irrep, or -1."""
        out = np.full(len(self._carried[0]), -1, dtype=np.int32)
        out[self.orbit_numbers] = np.arange(len(self.orbit_numbers))
        return out

    @cached_property
    def states(self) -> Int[np.ndarray, " kept"]:
        """Codes of the representatives that carry the irrep."""
        basis = self.parent.basis
        return basis.codes if self.is_whole else basis.codes[self.parent.orbits.representatives[self.orbit_numbers]]

    @cached_property
    def weight(self) -> Num[np.ndarray, " kept"]:
        """Square roots of the orders of the stabilizers."""
        if self.is_whole:
            return np.ones(self.parent.basis.size)
        return np.sqrt(self.parent.orbits.stabilizer_sizes[self.orbit_numbers])

    @cached_property
    def factor(self) -> Num[np.ndarray, " moves"]:
        """Irrep times phase for every move, in a one-dimensional sector."""
        return (self.irrep[:, 0, 0][:, None] * self.turns[None, :]).reshape(-1)

    @cached_property
    def start_of(self) -> Int[np.ndarray, " kept"]:
        """First index of each orbit that carries the irrep."""
        copies = self._carried[0][self.orbit_numbers]
        return np.cumsum(copies) - copies

    # Vectors ----------------------------------------------------------------------------------------------------------

    def embed(self, vectors: Num[np.ndarray, "n ..."]) -> Complex[np.ndarray, "size ..."]:
        """Vectors of the sector as vectors on the product basis.

        Parameters
        ----------
        vectors : array of shape (dimension,) or (dimension, k)
        """
        vectors = np.asarray(vectors)
        if vectors.shape[:1] != (self.dimension,):
            raise ShapeError(f"a vector of this sector has {self.dimension} entries; got shape {vectors.shape}")
        if self.is_whole:
            return vectors.copy()
        orbits, d, order = self.parent.orbits, self.label.degree, self.parent.group.order
        copies, frame, frames = self._carried
        place = self.number[orbits.label]
        inside = np.flatnonzero(place >= 0)
        kept = place[inside]
        moved, turn = orbits.moves(inside)
        sizes = orbits.stabilizer_sizes[self.orbit_numbers]
        # Of |r, a> the amplitude on |t>, with t = phase g r, sums over the coset g S; the frames absorb S itself.
        rows = self.irrep[moved][:, 0, :].conj() * self.turns[turn].conj()[:, None]
        amplitude = rows * np.sqrt(d * sizes[kept] / order)[:, None]
        out = np.zeros((len(orbits.packed), *vectors.shape[1:]), dtype=np.result_type(vectors, amplitude, frames))
        for a in range(int(copies.max(initial=0))):
            has = copies[self.orbit_numbers][kept] > a
            weights = (amplitude[has] * frames[frame[self.orbit_numbers][kept[has]], :, a]).sum(axis=1)
            values = vectors[self.start_of[kept[has]] + a]
            out[inside[has]] += weights.reshape(-1, *(1,) * (vectors.ndim - 1)) * values
        return out

    def __repr__(self) -> str:
        return f"Sector({self.label}: {self.dimension} levels, each {self.degeneracy}-fold)"
