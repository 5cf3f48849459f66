"""Finite groups given by their Cayley tables: structure, classes, subgroups, characters and irreps of one value.

Elements are the integers 0..n-1 with 0 the identity, and ``table[a, b]`` is the product a b; in a group made of
permutations or matrices the right factor acts first. What the table says by itself is worked out in
:mod:`symmeter.groups.table_group`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Complex, Int, Num

from symmeter.errors import ShapeError
from symmeter.groups.cayley import DEFAULT_CAP, checked_table
from symmeter.groups.table_group import TableGroup

if TYPE_CHECKING:
    from symmeter.groups.character_table import CharacterTable
    from symmeter.groups.permutation_group import PermutationGroup
    from symmeter.groups.subgroups import Subgroup

__all__ = ["FiniteGroup"]


class FiniteGroup(TableGroup):
    """A finite group with its whole multiplication table.

    Parameters
    ----------
    table : int array of shape (n, n)
        ``table[a, b] = a b``. All group axioms are checked; an identity elsewhere is swapped with element 0.
    name : str, optional
        Name for people; found from the structure when omitted.
    matrices : array of shape (n, m, m), optional
        One faithful matrix realisation, in the order of the elements (for point groups, their O(3) matrices).

    Raises
    ------
    NotAGroupElementError
        If the table is not a group; the text names the entry, or the triple that is not associative.

    Examples
    --------
    >>> G = FiniteGroup.from_permutations([[1, 2, 0], [1, 0, 2]])
    >>> G
    FiniteGroup(S3 of order 6)
    >>> G.class_sizes, G.exponent, G.center.size
    (array([1, 3, 2]), 6, 1)
    >>> FiniteGroup.from_presentation("a^4, b^2 = a^2, b a b^-1 = a^-1").name
    'Q8'
    """

    def __init__(
        self, table: Int[np.ndarray, "n n"], name: str | None = None, matrices: Num[np.ndarray, "n m m"] | None = None
    ) -> None:
        self._set(checked_table(table), name, matrices, None)

    def _set(
        self, table: np.ndarray, name: str | None, matrices: np.ndarray | None, generators: Sequence[int] | None
    ) -> None:
        table = np.ascontiguousarray(table, dtype=np.int32)
        table.setflags(write=False)
        self._table = table
        self._given_name = name
        self._given_generators = None if generators is None else tuple(int(g) for g in generators if g)
        if matrices is not None:
            matrices = np.array(matrices)
            if matrices.ndim != 3 or len(matrices) != len(table):
                raise ShapeError(
                    f"matrices has shape {matrices.shape}; there must be one for each of {len(table)} elements"
                )
            matrices.setflags(write=False)
        self._matrices = matrices
        #: What other modules of this package have derived from the table, kept for the next time.
        self.memo: dict[Any, Any] = {}

    @classmethod
    def trusted(
        cls,
        table: Int[np.ndarray, "n n"],
        name: str | None = None,
        matrices: Num[np.ndarray, "n m m"] | None = None,
        generators: Sequence[int] | None = None,
    ) -> FiniteGroup:
        """A group whose table is known to be right: nothing is checked."""
        group = FiniteGroup.__new__(FiniteGroup)
        group._set(table, name, matrices, generators)
        return group

    # Ways in ---------------------------------------------------------------------------------------------------------

    @classmethod
    def from_permutations(
        cls, generators: Sequence[Any], degree: int | None = None, cap: int = DEFAULT_CAP, name: str | None = None
    ) -> FiniteGroup:
        """The group that permutations (or lists of images) generate."""
        from symmeter.groups.permutation_group import PermutationGroup

        return PermutationGroup(generators, degree=degree).to_finite(cap, name=name)

    @classmethod
    def from_matrices(
        cls,
        generators: Sequence[Num[np.ndarray, "m m"]],
        cap: int = DEFAULT_CAP,
        tolerance: float = 1e-8,
        name: str | None = None,
    ) -> FiniteGroup:
        """The finite group that orthogonal or unitary matrices generate; it keeps them as :attr:`matrices`."""
        from symmeter.groups.matrix_group import MatrixGroup

        return MatrixGroup(generators, cap=cap, tolerance=tolerance).to_finite(name=name)

    @classmethod
    def from_presentation(cls, text: str, cap: int = DEFAULT_CAP, name: str | None = None) -> FiniteGroup:
        """The group of a presentation such as ``"a^2, b^3, (a b)^5"``, by coset enumeration.

        Parameters
        ----------
        text : str
            Relators or equations, separated by commas; single letters are generators, capitals their inverses. An
            optional ``"a, b | ..."`` in front names the generators.
        """
        from symmeter.groups.coset_enumeration import group_of_presentation

        return group_of_presentation(text, cap, name)

    # What was given --------------------------------------------------------------------------------------------------

    @property
    def matrices(self) -> Num[np.ndarray, "n m m"] | None:
        """The matrices that the group was made of, in the order of the elements; None otherwise."""
        return self._matrices

    @cached_property
    def name(self) -> str:
        """The given name, or a structure description such as "C2 x D4" or "C7 : C3"."""
        if self._given_name is not None:
            return self._given_name
        from symmeter.groups.structure import structure_description

        return structure_description(self)

    def renamed(self, name: str) -> FiniteGroup:
        """The same group under another name."""
        return FiniteGroup.trusted(self._table, name, self._matrices, self._given_generators)

    # Subgroups, quotients, maps ---------------------------------------------------------------------------------------

    def subgroup(self, generators: Sequence[int]) -> Subgroup:
        """The subgroup that some elements generate."""
        from symmeter.groups.subgroups import Subgroup

        return Subgroup(self, self.closure(generators))

    @cached_property
    def subgroup_classes(self) -> tuple[Subgroup, ...]:
        """One subgroup of each conjugacy class, smallest first."""
        from symmeter.groups.subgroups import subgroup_classes

        return subgroup_classes(self)

    @cached_property
    def normal_subgroups(self) -> tuple[Subgroup, ...]:
        """All normal subgroups, smallest first."""
        from symmeter.groups.subgroups import normal_subgroups

        return normal_subgroups(self)

    def quotient(self, normal: Subgroup | Sequence[int]) -> tuple[FiniteGroup, Int[np.ndarray, " n"]]:
        """Factor group by the normal subgroup that some elements generate, and the coset of each element."""
        from symmeter.groups.subgroups import quotient

        return quotient(self, normal)

    def homomorphisms(self, target: FiniteGroup, cap: int = 100_000) -> Int[np.ndarray, "h n"]:
        """All homomorphisms to another group, one a row of images."""
        from symmeter.groups.homomorphisms import homomorphisms

        return homomorphisms(self, target, cap)

    def isomorphism(self, other: FiniteGroup) -> Int[np.ndarray, " n"] | None:
        """Images of the elements under an isomorphism, or None when there is none."""
        from symmeter.groups.homomorphisms import isomorphism

        return isomorphism(self, other)

    def is_isomorphic(self, other: FiniteGroup) -> bool:
        """Whether the groups have the same structure."""
        return self.isomorphism(other) is not None

    @cached_property
    def automorphism_group(self) -> PermutationGroup:
        """All automorphisms, as permutations of the elements."""
        from symmeter.groups.homomorphisms import automorphisms

        return automorphisms(self)

    @cached_property
    def abelian_invariants(self) -> tuple[int, ...]:
        """Invariant factors d_1 | d_2 | ... of G/G'."""
        from symmeter.groups.structure import abelian_invariants_of_table

        return abelian_invariants_of_table(self)

    # Characters and irreps --------------------------------------------------------------------------------------------

    @cached_property
    def character_table(self) -> CharacterTable:
        """The exact character table."""
        from symmeter.groups.burnside_dixon import character_table

        return character_table(self)

    def irrep(self, number: int) -> Complex[np.ndarray, "n d d"]:
        """Unitary matrices of all elements in irrep ``number`` of the character table."""
        from symmeter.groups.irrep_matrices import irrep_matrices

        return irrep_matrices(self, number)

    def representation(
        self, images: Mapping[int, Num[np.ndarray, "m m"]] | Sequence[Num[np.ndarray, "m m"]]
    ) -> Num[np.ndarray, "n m m"]:
        """Matrices of all elements from those of the generators, checked to be a homomorphism.

        Raises
        ------
        NotAGroupElementError
            If they do not multiply as the elements do; the text gives the defect.
        """
        from symmeter.groups.representation_matrices import spread_over_group

        return spread_over_group(self, images)

    # As values --------------------------------------------------------------------------------------------------------

    def regular_permutations(self) -> Int[np.ndarray, "n n"]:
        """Left multiplications: row g moves x to g x."""
        return self._table

    def to_permutation_group(self) -> PermutationGroup:
        """Left multiplications as a group of permutations of the elements."""
        from symmeter.groups.permutation_group import PermutationGroup

        return PermutationGroup([self._table[g] for g in self.generators], degree=self.order)

    def words(self) -> list[tuple[int, int, int]]:
        """How to reach every element y but the identity: (y, k, x) with y = generators[k] x, and x reached before."""
        steps: dict[int, tuple[int, int]] = {}
        order = [0]
        for x in order:
            for k, g in enumerate(self.generators):
                y = int(self._table[g, x])
                if y and y not in steps:
                    steps[y] = (k, x)
                    order.append(y)
        return [(y, *steps[y]) for y in order[1:]]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FiniteGroup):
            return NotImplemented
        return np.array_equal(self._table, other._table)

    def __hash__(self) -> int:
        return hash((self.order, self._table.tobytes()))

    def __repr__(self) -> str:
        name = "" if self.name.startswith("order ") else f"{self.name} of "
        return f"{type(self).__name__}({name}order {self.order})"
