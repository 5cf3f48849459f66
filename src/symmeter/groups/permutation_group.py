"""Groups of permutations: order, membership, orbits, orbitals, stabilizers and 2-closure, without listing elements.

The 2-closure of G is the largest group with the same orbits on ordered pairs (Wielandt 1969): what a Hermitian matrix
with the symmetry G can show. A real symmetric matrix shows the closure for unordered pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from math import lcm
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

from symmeter.errors import ClosureError, InputError, NotAGroupElementError, ShapeError
from symmeter.groups.group import Group
from symmeter.groups.orbits import orbit_labels, orbital_labels
from symmeter.groups.permutation import Permutation
from symmeter.groups.schreier_sims import schreier_sims
from symmeter.groups.stabilizer_chain import StabilizerChain

if TYPE_CHECKING:
    from symmeter.groups.finite_group import FiniteGroup

__all__ = ["PermutationGroup", "alternating", "cyclic", "dihedral", "direct_product", "symmetric", "trivial"]


class PermutationGroup(Group):
    """The group of permutations of ``0..n-1`` that some permutations generate.

    Parameters
    ----------
    generators : sequence of Permutation or of images, or int array of shape (g, n)
        Identities and repetitions are dropped.
    degree : int, optional
        Number of points n; needed only when there are no generators.

    Examples
    --------
    >>> G = PermutationGroup([[1, 2, 3, 0], [0, 3, 2, 1]])
    >>> G
    PermutationGroup(D4 of order 8 on 4 points)
    >>> Permutation.parse("(0,2)", degree=4) in G, Permutation.parse("(0,1)", degree=4) in G
    (True, False)
    >>> G.orbitals()
    array([[0, 1, 2, 1],
           [1, 0, 1, 2],
           [2, 1, 0, 1],
           [1, 2, 1, 0]])
    """

    def __init__(
        self,
        generators: Sequence[Permutation | Sequence[int] | np.ndarray] | Int[np.ndarray, "g n"] = (),
        degree: int | None = None,
    ) -> None:
        listed = [g if isinstance(g, Permutation) else Permutation(g) for g in generators]
        if degree is None:
            if not listed:
                raise InputError("a group without generators needs degree=, the number of points")
            degree = listed[0].degree
        for k, g in enumerate(listed):
            if g.degree != degree:
                raise ShapeError(f"generator {k} moves {g.degree} points, the group acts on {degree}")
        self._degree = int(degree)
        self._generators = tuple(g for g in dict.fromkeys(listed) if not g.is_identity)

    @classmethod
    def from_chain(cls, chain: StabilizerChain, generators: Sequence[Permutation] | None = None) -> PermutationGroup:
        """Group whose base and strong generators are known already."""
        group = cls.__new__(cls)
        group._degree = chain.degree
        rows = [Permutation._trusted(r) for r in chain.generators] if generators is None else generators
        group._generators = tuple(g for g in dict.fromkeys(rows) if not g.is_identity)
        group._chain = chain
        return group

    @cached_property
    def _chain(self) -> StabilizerChain:
        return schreier_sims(self.generator_array, self._degree)

    @property
    def degree(self) -> int:
        """Number of points n."""
        return self._degree

    @property
    def generators(self) -> tuple[Permutation, ...]:
        return self._generators

    @cached_property
    def generator_array(self) -> Int[np.ndarray, "g n"]:
        """Images of the generators, one a row."""
        rows = np.array([g.images for g in self._generators], dtype=np.intp).reshape(-1, self._degree)
        rows.setflags(write=False)
        return rows

    @property
    def order(self) -> int:
        return self._chain.order

    @property
    def base(self) -> tuple[int, ...]:
        """Points that only the identity fixes together."""
        return self._chain.base

    @property
    def basic_orders(self) -> tuple[int, ...]:
        """Lengths of the basic orbits; their product is the order."""
        return self._chain.basic_orders

    @cached_property
    def strong_generators(self) -> tuple[Permutation, ...]:
        """Generators of which those fixing the first base points generate the stabilizer of these points."""
        return tuple(Permutation._trusted(r) for r in self._chain.generators)

    def __contains__(self, element: object) -> bool:
        if not isinstance(element, Permutation):
            try:
                element = Permutation(element)  # type: ignore[arg-type]
            except (NotAGroupElementError, ShapeError, TypeError, ValueError):
                return False
        return element.degree == self._degree and bool(self._chain.contains(element.images[None, :])[0])

    def contains_all(self, rows: Int[np.ndarray, "k n"]) -> np.ndarray:
        """Membership of each row of images, in one pass."""
        return self._chain.contains(np.asarray(rows, dtype=np.intp))

    def random(self, rng: np.random.Generator | int | None = None) -> Permutation:
        """A uniform random element."""
        return Permutation._trusted(self._chain.random(np.random.default_rng(rng))[0])

    def elements_array(self, cap: int = 20_000) -> Int[np.ndarray, "N n"]:
        """Images of all elements, the identity first.

        Raises
        ------
        ClosureError
            If there are more than ``cap``.
        """
        if self.order > cap:
            raise ClosureError(
                f"the group has order {self.order}, more than the cap of {cap}; raise cap=, or draw .random(rng)"
            )
        return self._chain.elements()

    def elements(self, cap: int = 20_000) -> Iterator[Permutation]:
        return (Permutation._trusted(row) for row in self.elements_array(cap))

    def to_finite(self, cap: int = 5_040, name: str | None = None) -> FiniteGroup:
        """The same group with its Cayley table; element k is row k of :meth:`elements_array`.

        Raises
        ------
        ClosureError
            If there are more than ``cap`` elements.
        """
        from symmeter.groups.cayley import table_from_left_multiplications
        from symmeter.groups.finite_group import FiniteGroup

        rows = self.elements_array(cap)
        points = list(self.base)
        # An element is known by the images of the base, so that only these columns are looked up.
        number = {row.tobytes(): k for k, row in enumerate(np.ascontiguousarray(rows[:, points]))}
        multiplications = [
            np.array([number[moved.tobytes()] for moved in np.ascontiguousarray(g.images[rows[:, points]])])
            for g in self._generators
        ]
        generators = [int(m[0]) for m in multiplications]
        table = table_from_left_multiplications(multiplications, len(rows))
        return FiniteGroup.trusted(table, name, generators=generators)

    @cached_property
    def orbit_labels(self) -> Int[np.ndarray, " n"]:
        """Number of the orbit of each point."""
        labels = orbit_labels(self.generator_array, self._degree)
        labels.setflags(write=False)
        return labels

    def orbits(self) -> list[Int[np.ndarray, " k"]]:
        """Orbits as increasing arrays of points, in the order of their smallest points."""
        by_orbit = np.argsort(self.orbit_labels, kind="stable")
        return np.split(by_orbit, np.cumsum(np.bincount(self.orbit_labels))[:-1]) if self._degree else []

    @property
    def is_transitive(self) -> bool:
        return self._degree > 0 and int(self.orbit_labels.max()) == 0

    def stabilizer(self, points: int | Sequence[int]) -> PermutationGroup:
        """Subgroup that fixes each of the points.

        Examples
        --------
        >>> symmetric(5).stabilizer([0, 4]).order
        6
        """
        wanted = [int(i) for i in np.atleast_1d(points)]
        for i in wanted:
            if not 0 <= i < self._degree:
                raise InputError(f"point {i} is outside 0..{self._degree - 1}")
        wanted = list(dict.fromkeys(wanted))
        chain = self._chain
        if chain.base[: len(wanted)] != tuple(wanted):
            rng = np.random.default_rng(40_123)
            rows = self.generator_array
            chain = schreier_sims(rows, self._degree, wanted, chain.order, lambda: self._chain.random(rng)[0])
        return PermutationGroup.from_chain(chain.tail(len(wanted)))

    def restricted_to_support(self) -> PermutationGroup:
        """The same group on the points that it moves, renumbered in their order."""
        rows = self._chain.generators
        points = np.flatnonzero((rows != np.arange(self._degree)).any(axis=0))
        if points.size == self._degree:
            return self
        levels = [level for level, size in enumerate(self._chain.basic_orders) if size > 1]
        chain = StabilizerChain(
            points.size,
            tuple(int(np.searchsorted(points, self._chain.base[level])) for level in levels),
            np.searchsorted(points, rows[:, points]).astype(np.intp),
            np.searchsorted(levels, self._chain.depths),
            tuple(self._chain.basic_orders[level] for level in levels),
        )
        return PermutationGroup.from_chain(chain)

    def is_subgroup_of(self, other: PermutationGroup) -> bool:
        """Whether every element lies in ``other``."""
        return self._degree == other._degree and bool(other._chain.contains(self.generator_array).all())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PermutationGroup):
            return NotImplemented
        return (
            self._degree == other._degree
            and np.array_equal(self.orbit_labels, other.orbit_labels)
            and self.order == other.order
            and self.is_subgroup_of(other)
        )

    def __hash__(self) -> int:
        return hash((self._degree, self.order, self.orbit_labels.tobytes()))

    @cached_property
    def is_abelian(self) -> bool:
        rows = self.generator_array
        return all(np.array_equal(a[rows], rows[:, a]) for a in rows)

    def exponent(self, cap: int = 20_000) -> int:
        """Least common multiple of the orders of all elements; lists them unless the group is abelian."""
        if self.is_abelian:
            return lcm(1, *(g.order for g in self._generators))
        return lcm(1, *(g.order for g in self.elements(cap)))

    def orbitals(self, symmetric: bool = False) -> Int[np.ndarray, "n n"]:
        """Number of the orbit of each pair of points, numbered in the order of first appearance by rows.

        Parameters
        ----------
        symmetric : bool
            Count (i, j) and (j, i) as one pair, as a real symmetric matrix does.
        """
        return orbital_labels(self.generator_array, self._degree, symmetric)

    def number_of_orbitals(self, symmetric: bool = False) -> int:
        """Dimension of the space of invariant matrices (of invariant symmetric matrices)."""
        return int(self.orbitals(symmetric).max(initial=-1)) + 1

    def two_closure(self, symmetric: bool = False) -> PermutationGroup:
        """Largest group with the same orbitals: the automorphism group of the colouring of pairs by orbital.

        Examples
        --------
        Only complex covariances can tell a cyclic group from a dihedral one:

        >>> cyclic(7).two_closure().name, cyclic(7).two_closure(symmetric=True).name
        ('C7', 'D7')
        """
        from symmeter.groups.automorphisms import automorphism_group

        return automorphism_group(self.orbitals(symmetric))

    def is_two_closed(self, symmetric: bool = False) -> bool:
        """Whether second moments can single this group out among all permutation groups."""
        return self.two_closure(symmetric).order == self.order

    def __repr__(self) -> str:
        name = "" if self.name.startswith("order ") else f"{self.name} of "
        return f"PermutationGroup({name}order {self.order} on {self._degree} points)"


def trivial(n: int) -> PermutationGroup:
    """The group of the identity on n points."""
    return PermutationGroup([], degree=_checked(n))


def cyclic(n: int) -> PermutationGroup:
    """Cyclic shifts of n points."""
    return PermutationGroup([np.roll(np.arange(_checked(n)), -1)])


def dihedral(n: int) -> PermutationGroup:
    """Cyclic shifts and reflections of n points on a ring; order 2n from n = 3 on."""
    ring = np.arange(_checked(n))
    return PermutationGroup([np.roll(ring, -1), -ring % n])


def symmetric(n: int) -> PermutationGroup:
    """All permutations of n points."""
    ring = np.arange(_checked(n))
    swap = ring.copy()
    swap[:2] = swap[:2][::-1]
    from symmeter.groups.schreier_sims import symmetric_chain

    generators = [Permutation(swap), Permutation(np.roll(ring, -1))]
    return PermutationGroup.from_chain(symmetric_chain(np.zeros(n, dtype=np.intp)), generators)


def alternating(n: int) -> PermutationGroup:
    """All even permutations of n points."""
    from symmeter.groups.schreier_sims import alternating_chain

    return PermutationGroup.from_chain(alternating_chain(np.zeros(_checked(n), dtype=np.intp)))


def direct_product(*factors: PermutationGroup) -> PermutationGroup:
    """Direct product that acts on the disjoint union of the factors' points, one factor after the other.

    Examples
    --------
    >>> direct_product(symmetric(4), symmetric(4)).order
    576
    """
    if not factors:
        raise InputError("direct_product: no factors; give at least one group")
    degree = sum(f.degree for f in factors)
    rows, start = [], 0
    for f in factors:
        for g in f.generators:
            row = np.arange(degree)
            row[start : start + f.degree] = start + g.images
            rows.append(row)
        start += f.degree
    return PermutationGroup(rows, degree=degree)


def _checked(n: int) -> int:
    if n < 1:
        raise InputError(f"a permutation group acts on at least one point; got {n}")
    return int(n)
