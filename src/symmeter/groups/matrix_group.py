"""Finite groups of orthogonal or unitary matrices, closed by breadth-first multiplication up to a cap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Num

from symmeter.errors import ClosureError, InputError, NotAGroupElementError, ShapeError
from symmeter.groups.approximate_index import ApproximateIndex
from symmeter.groups.group import Group
from symmeter.groups.permutation_group import PermutationGroup

if TYPE_CHECKING:
    from symmeter.groups.finite_group import FiniteGroup

__all__ = ["MatrixGroup", "checked_unitary"]

_UNITARY_TOLERANCE = 1e-8
_MAX_ENTRIES = 1 << 27
_FEW = 64


class MatrixGroup(Group):
    """The finite group that some orthogonal or unitary matrices generate, with all elements listed.

    Parameters
    ----------
    generators : sequence of arrays of shape (M, M)
    cap : int
        Largest order accepted.
    tolerance : float
        Elements whose difference has at most this Frobenius norm are the same. It must exceed the error of the
        generators times the length of the words that give all elements.

    Raises
    ------
    ClosureError
        If the matrices generate more than ``cap`` elements, or infinitely many.

    Examples
    --------
    >>> quarter, mirror = np.array([[0.0, -1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])
    >>> MatrixGroup([quarter, mirror])
    MatrixGroup(D4 of order 8 in dimension 2)
    >>> mirror @ quarter in MatrixGroup([quarter])
    False
    """

    def __init__(
        self, generators: Sequence[Num[np.ndarray, "m m"]], cap: int = 20_000, tolerance: float = 1e-8
    ) -> None:
        if len(generators) == 0:
            raise InputError("a matrix group needs at least one generator; the identity matrix gives the trivial group")
        if not tolerance > 0:
            raise InputError(f"tolerance is {tolerance}; it must be positive")
        self.tolerance = float(tolerance)
        self._generators = tuple(checked_unitary(g, k, np.shape(generators[0])) for k, g in enumerate(generators))
        self._dimension = len(self._generators[0])
        self._index = self._close(cap)

    def _close(self, cap: int) -> ApproximateIndex:
        m = self._dimension
        stack = np.array(self._generators)
        affordable = min(cap, max(1, _MAX_ENTRIES // m**2))
        index = ApproximateIndex(m * m, self.tolerance)
        frontier = np.eye(m, dtype=stack.dtype)[None]
        index.add(frontier.reshape(1, -1))
        while len(frontier):
            # A round in pieces, so that an infinite group is noticed before it fills the memory.
            found = []
            # Few new elements are multiplied by more than the generators: long cycles close in fewer rounds.
            few = len(frontier) < _FEW and len(index) > len(stack)
            factors = index.vectors[: max(_FEW, len(stack) + 1)].reshape(-1, m, m) if few else stack
            step = max(1, 4096 // len(factors))
            for start in range(0, len(frontier), step):
                products = (factors[None] @ frontier[start : start + step, None]).reshape(-1, m, m)
                found.append(products[index.add(products.reshape(-1, m * m))])
                if len(index) > affordable:
                    limit = "" if affordable == cap else f" ({m} x {m} matrices: more do not fit the memory)"
                    raise ClosureError(
                        f"the matrices generate more than the cap of {affordable} elements{limit}: raise cap=, or "
                        "check that each generator has finite order"
                    )
            frontier = np.concatenate(found)
        return index

    @property
    def dimension(self) -> int:
        """Size M of the matrices."""
        return self._dimension

    @property
    def generators(self) -> tuple[np.ndarray, ...]:
        return self._generators

    @property
    def order(self) -> int:
        return len(self._index)

    @cached_property
    def is_abelian(self) -> bool:
        stack = np.array(self._generators)
        products = stack[:, None] @ stack[None]
        return bool(np.linalg.norm(products - products.swapaxes(0, 1), axis=(2, 3)).max() <= self.tolerance)

    def elements_array(self, cap: int | None = None) -> Num[np.ndarray, "N m m"]:
        """All elements, the identity first; ClosureError when there are more than ``cap``."""
        if cap is not None and self.order > cap:
            raise ClosureError(f"the group has order {self.order}, more than the cap of {cap} elements; raise cap=")
        return self._index.vectors.reshape(-1, self._dimension, self._dimension)

    def elements(self, cap: int = 20_000) -> Iterator[np.ndarray]:
        return iter(self.elements_array(cap))

    def __contains__(self, element: object) -> bool:
        a = np.asarray(element)
        if a.shape != (self._dimension, self._dimension) or a.dtype.kind not in "biufc":
            return False
        return bool(self._index.find(a.reshape(1, -1))[0] >= 0)

    def as_permutation_group(self, max_points: int = 2048) -> PermutationGroup:
        """The same group as permutations of the vectors to which its elements move the coordinate axes.

        Raises
        ------
        ClosureError
            If there are more than ``max_points`` such vectors.
        """
        stack = np.array(self._generators)
        orbit = ApproximateIndex(self._dimension, self.tolerance)
        frontier = np.eye(self._dimension, dtype=stack.dtype)
        orbit.add(frontier)
        while len(frontier):
            images = (stack @ frontier.T).swapaxes(1, 2).reshape(-1, self._dimension)
            frontier = images[orbit.add(images)]
            if len(orbit) > max_points:
                raise ClosureError(f"the axes have more than {max_points} images; raise max_points=")
        return PermutationGroup([orbit.find(orbit.vectors @ g.T) for g in stack])

    def to_finite(self, cap: int = 5_040, name: str | None = None) -> FiniteGroup:
        """The same group with its Cayley table; it keeps the matrices, in the order of :meth:`elements_array`.

        Raises
        ------
        ClosureError
            If there are more than ``cap`` elements.
        """
        from symmeter.groups.cayley import table_from_left_multiplications
        from symmeter.groups.finite_group import FiniteGroup

        elements = self.elements_array(cap)
        rows = [self._index.find((g @ elements).reshape(len(elements), -1)) for g in self._generators]
        for k, row in enumerate(rows):
            if row.min() < 0 or len(np.unique(row)) != len(row):
                raise NotAGroupElementError(
                    f"products with generator {k} miss the elements by more than tolerance={self.tolerance:g}; give "
                    "more exact generators, or a larger tolerance"
                )
        table = table_from_left_multiplications(rows, len(elements))
        return FiniteGroup.trusted(table, name, matrices=elements, generators=[int(r[0]) for r in rows])

    def __repr__(self) -> str:
        name = "" if self.name.startswith("order ") else f"{self.name} of "
        return f"MatrixGroup({name}order {self.order} in dimension {self._dimension})"


def checked_unitary(
    matrix: Num[np.ndarray, "m m"], number: int = 0, shape: tuple[int, ...] | None = None
) -> Num[np.ndarray, "m m"]:
    """A read-only copy of an orthogonal or unitary matrix; errors call it by its number among the generators.

    Raises
    ------
    ShapeError, NotAGroupElementError
    """
    a = np.array(matrix)
    if a.ndim != 2 or a.shape[0] != a.shape[1] or a.size == 0 or a.shape != (shape or a.shape):
        raise ShapeError(f"generator {number} has shape {a.shape}; all must be square matrices of one size")
    a = a.astype(complex if np.iscomplexobj(a) else float)
    error = np.abs(a @ a.conj().T - np.eye(len(a))).max()
    if not error <= _UNITARY_TOLERANCE:
        raise NotAGroupElementError(
            f"generator {number} is not orthogonal or unitary: |A A^H - I| reaches {error:.2g}; it must be below 1e-8"
        )
    a.setflags(write=False)
    return a
