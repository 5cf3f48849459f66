"""Symmetry operations that map product states to product states times a phase, and the finite groups they generate.

An operation sends level a of site i to level ``levels[i][a]`` of site ``permutation[i]`` with a phase; on fermion modes
it sends ``cd_i`` to a phase times ``cd_permutation[i]``, and the sign of the reordering follows. Phases are exact
fractions of a turn. Products apply the right factor first, as everywhere in symmeter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

import numpy as np
from jaxtyping import Complex, Int

from symmeter.errors import InputError, NotAGroupElementError, ShapeError
from symmeter.quantum.ed.hilbert import HilbertSpace

__all__ = ["Symmetry"]

_MAX_MODULUS = 1 << 20


@dataclass(frozen=True, eq=False)
class Symmetry:
    """A monomial symmetry operation; make one with :meth:`sites`, :meth:`local` or :meth:`phases`.

    Attributes
    ----------
    space : HilbertSpace
    permutation : int array
        Where each site goes.
    levels : int array of shape (sites, most levels)
        Where each level goes.
    turns : int array of shape (sites, most levels)
        Phases ``exp(2 pi i turns / modulus)`` of each level; 0 for level 0.
    turn : int
        Phase of the whole operation.
    modulus : int
    """

    space: HilbertSpace
    permutation: Int[np.ndarray, " sites"]
    levels: Int[np.ndarray, "sites levels"]
    turns: Int[np.ndarray, "sites levels"]
    turn: int = 0
    modulus: int = 1

    # Ways in ---------------------------------------------------------------------------------------------------------

    @classmethod
    def identity(cls, space: HilbertSpace) -> Symmetry:
        """The operation that does nothing."""
        n, d = space.number, max(s.levels for s in space.sites)
        return cls(space, np.arange(n), np.tile(np.arange(d), (n, 1)), np.zeros((n, d), dtype=np.int64))

    @classmethod
    def sites(cls, space: HilbertSpace, images: Any) -> Symmetry:
        """Site i goes to ``images[i]``; spinful fermions take a permutation of lattice sites (or of modes).

        Raises
        ------
        NotAGroupElementError
            If this is no permutation of the sites, or moves a site onto one of another kind.

        Examples
        --------
        >>> Symmetry.sites(HilbertSpace.spins(3), [1, 2, 0]).order
        3
        """
        p = np.array(getattr(images, "images", images), dtype=np.int64).reshape(-1)
        n = space.number
        if len(p) * 2 == n and space.labels:
            p = np.concatenate([p, p + len(p)])
        if sorted(p.tolist()) != list(range(n)):
            raise NotAGroupElementError(f"the images {p.tolist()} are no permutation of the sites 0..{n - 1}")
        for i in range(n):
            a, b = space.sites[i], space.sites[int(p[i])]
            if (a.kind, a.levels) != (b.kind, b.levels):
                raise NotAGroupElementError(
                    f"site {i} ({a.kind}, {a.levels} levels) cannot go to site {p[i]} ({b.kind}, {b.levels})"
                )
        one = cls.identity(space)
        return cls(space, p, one.levels, one.turns)

    @classmethod
    def local(
        cls, space: HilbertSpace, levels: Sequence[int], phases: Sequence[Any] = (), on: Sequence[int] | None = None
    ) -> Symmetry:
        """Level a of every site goes to ``levels[a]`` with a phase of ``phases[a]`` turns; ``on`` chooses the sites.

        Examples
        --------
        Flipping all spins, and the shift of all clock hands:

        >>> Symmetry.local(HilbertSpace.spins(4), [1, 0]).order
        2
        >>> Symmetry.local(HilbertSpace.clocks(2, 3), [1, 2, 0]).order
        3
        """
        chosen = range(space.number) if on is None else [space.site(i) for i in on]
        one = cls.identity(space)
        moved, fractions = one.levels.copy(), {}
        for i in chosen:
            d = space.sites[i].levels
            if sorted(levels) != list(range(d)):
                raise NotAGroupElementError(
                    f"the images {list(levels)} are no permutation of the {d} levels of site {i}"
                )
            if space.sites[i].is_fermionic and list(levels) != list(range(d)):
                raise NotAGroupElementError(
                    "an operation that exchanges empty and filled fermion modes is not monomial here"
                )
            moved[i, :d] = levels
            fractions[i] = [_fraction(x) for x in (phases or (0,) * d)]
        modulus = lcm(*(f.denominator for fs in fractions.values() for f in fs), 1)
        turns = one.turns.copy()
        for i, fs in fractions.items():
            turns[i, : len(fs)] = [int(f * modulus) for f in fs]
        return cls(space, one.permutation, moved, turns, 0, modulus)._normal()

    @classmethod
    def phases(cls, space: HilbertSpace, turns: Sequence[Sequence[Any]]) -> Symmetry:
        """A diagonal operation: level a of site i takes the phase ``exp(2 pi i turns[i][a])``.

        Examples
        --------
        Translation, for two bosonic modes of momentum 0 and pi:

        >>> Symmetry.phases(HilbertSpace.bosons(2, 2), [[0, 0, 0], [0, "1/2", 1]]).order
        2
        """
        if len(turns) != space.number:
            raise ShapeError(f"phases for {len(turns)} sites; the space has {space.number}")
        out = cls.identity(space)
        for i, row in enumerate(turns):
            d = space.sites[i].levels
            if len(row) != d:
                raise ShapeError(f"site {i} has {d} levels; got {len(row)} phases")
            if any(_fraction(x) for x in row):
                out = cls.local(space, list(range(d)), row, on=[i]) * out
        return out

    def times_phase(self, turn: Any) -> Symmetry:
        """The same operation times ``exp(2 pi i turn)``."""
        f = _fraction(turn)
        modulus = lcm(self.modulus, f.denominator)
        s = modulus // self.modulus
        return Symmetry(
            self.space, self.permutation, self.levels, self.turns * s, self.turn * s + int(f * modulus), modulus
        )._normal()

    # Algebra ----------------------------------------------------------------------------------------------------------

    def _normal(self) -> Symmetry:
        """Phases of level 0 collected in the phase of the whole, everything modulo one turn and in lowest terms."""
        first = self.turns[:, :1]
        turn = int(self.turn + first.sum()) % self.modulus
        d = np.array([s.levels for s in self.space.sites])
        real = np.arange(self.turns.shape[1]) < d[:, None]
        turns = np.where(real, (self.turns - first) % self.modulus, 0)
        common = int(np.gcd.reduce(np.append(turns.reshape(-1), [turn, self.modulus])))
        return Symmetry(
            self.space, self.permutation, self.levels, turns // common, turn // common, self.modulus // common
        )

    def __mul__(self, other: Symmetry) -> Symmetry:
        """This operation after another one."""
        if self.space != other.space:
            raise InputError("two symmetries of different Hilbert spaces cannot be multiplied")
        modulus = lcm(self.modulus, other.modulus)
        if modulus > _MAX_MODULUS:
            raise InputError(f"the phases of the symmetries generate a group of at least {modulus} elements")
        a, b = modulus // self.modulus, modulus // other.modulus
        p, rows = other.permutation, np.arange(self.space.number)[:, None]
        through = p[rows], other.levels
        return Symmetry(
            self.space,
            self.permutation[p],
            self.levels[through],
            b * other.turns + a * self.turns[through],
            a * self.turn + b * other.turn,
            modulus,
        )._normal()

    def conjugate(self) -> Symmetry:
        """The complex conjugate of the operation in the product basis: all phases turned round."""
        return Symmetry(self.space, self.permutation, self.levels, -self.turns, -self.turn, self.modulus)._normal()

    def __pow__(self, exponent: int) -> Symmetry:
        out = Symmetry.identity(self.space)
        for _ in range(exponent):
            out = self * out
        return out

    @cached_property
    def key(self) -> bytes:
        """Equal for equal operations."""
        numbers = np.concatenate(
            [self.permutation, self.levels.reshape(-1), self.turns.reshape(-1), [self.turn, self.modulus]]
        )
        return numbers.astype(np.int64).tobytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Symmetry) and self.space == other.space and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def is_scalar(self) -> bool:
        """Whether this is a phase times the identity."""
        one = Symmetry.identity(self.space)
        return (
            np.array_equal(self.permutation, one.permutation)
            and np.array_equal(self.levels, one.levels)
            and not self.turns.any()
        )

    @cached_property
    def order(self) -> int:
        """Smallest power that is the identity."""
        power, k = self, 1
        while not (power.is_scalar and power.turn == 0):
            power, k = self * power, k + 1
            if k > 100_000:
                raise InputError("the symmetry operation has no order below 100000")
        return k

    # Acting -----------------------------------------------------------------------------------------------------------

    @cached_property
    def swaps(self) -> Int[np.ndarray, " sites"]:
        """For each fermion mode, the bits of later modes that go to an earlier place than it does."""
        space, n = self.space, self.space.number
        odd = np.array([s.is_fermionic for s in space.sites])
        out = np.zeros(n, dtype=np.int64)
        for i in np.flatnonzero(odd):
            crossed = [j for j in range(i + 1, n) if odd[j] and self.permutation[j] < self.permutation[i]]
            out[i] = sum(1 << int(space.shifts[j]) for j in crossed)
        return out

    def apply(self, codes: Int[np.ndarray, " n"]) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
        """Codes of the images of basis states, and their phases as numbers of ``1 / (2 modulus)`` turns.

        Examples
        --------
        >>> space = HilbertSpace.fermions(2)
        >>> Symmetry.sites(space, [1, 0]).apply(np.array([1, 2, 3]))
        (array([2, 1, 3]), array([0, 0, 1]))
        """
        codes = np.asarray(codes, dtype=np.int64)
        space = self.space
        levels = space.levels(codes)
        target = np.zeros_like(codes)
        turns = np.full(codes.shape, self.turn)
        crossings = np.zeros(codes.shape, dtype=np.int64)
        swaps = self.swaps
        for i in range(space.number):
            level = levels[..., i]
            target |= self.levels[i][level] << int(space.shifts[self.permutation[i]])
            turns += self.turns[i][level]
            if swaps[i]:
                crossings ^= np.where(level > 0, swaps[i], 0)
        signs = np.bitwise_count(crossings & codes).astype(np.int64) & 1
        return target, (2 * turns + self.modulus * signs) % (2 * self.modulus)

    def local_matrix(self, site: int) -> Complex[np.ndarray, "d d"]:
        """Unitary that takes the levels of a site to those of its image."""
        d = self.space.sites[site].levels
        out = np.zeros((d, d), dtype=complex)
        turns = self.turns[site, :d] / self.modulus
        values = np.exp(2j * np.pi * turns)
        values[4 * turns % 1 == 0] = values[4 * turns % 1 == 0].round()
        out[self.levels[site, :d], np.arange(d)] = values
        return out

    def matrix(self) -> Any:
        """The operation as a sparse matrix on the whole space, for tests and small systems."""
        from scipy.sparse import csr_array

        from symmeter.quantum.ed.basis import ProductBasis

        basis = ProductBasis(self.space)
        target, turns = self.apply(basis.codes)
        values = np.exp(1j * np.pi * turns / self.modulus)
        return csr_array((values, (basis.rank(target), np.arange(basis.size))), shape=(basis.size,) * 2)

    def __repr__(self) -> str:
        what = []
        moved = np.flatnonzero(self.permutation != np.arange(self.space.number))
        if moved.size:
            from symmeter.groups.permutation import Permutation

            what.append(f"sites {Permutation(self.permutation.tolist()).cycle_text(max_cycles=3)}")
        if not np.array_equal(self.levels, Symmetry.identity(self.space).levels):
            what.append("levels")
        if self.turns.any():
            what.append("phases")
        if self.turn:
            what.append(f"times exp(2 pi i {Fraction(self.turn, self.modulus)})")
        return f"Symmetry({', '.join(what) or 'identity'})"


def _fraction(value: Any) -> Fraction:
    try:
        exact = Fraction(value)
        found = exact.limit_denominator(5040)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        raise InputError(f"a phase is a fraction of a turn, such as 1/3; got {value!r}") from None
    if abs(found - exact) > Fraction(1, 10**9):
        raise InputError(
            f"a phase of {value} turns is no fraction with a denominator up to 5040; a finite group needs one"
        )
    return found
