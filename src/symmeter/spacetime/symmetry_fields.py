"""Vector fields that solve linear determining equations, and a statement of how many there are in all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.spacetime.ansatz import polynomial_solutions
from symmeter.spacetime.determining import Linear
from symmeter.spacetime.field_algebra import FieldAlgebra, field_algebra
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.polynomials import Poly, exponents
from symmeter.spacetime.taylor_size import SolutionSize, solution_size
from symmeter.spacetime.vector_fields import VectorField

__all__ = ["SymmetryFields", "search", "simplicity"]

_HIGHEST_DEGREE = 4
#: Values of parameters at which an algebra is looked at.
_SOME, _OTHERS = (2, 3, 5, 7), (11, 7, 3, 13)


@dataclass(frozen=True, eq=False)
class SymmetryFields:
    """Vector fields found, with what is known of all.

    Attributes
    ----------
    generators : tuple of VectorField
    size : SolutionSize or None
        All of them, counted without solving.
    by_degree : tuple of int
        How many were found with polynomials of each degree tried.
    """

    generators: tuple[VectorField, ...]
    size: SolutionSize | None
    by_degree: tuple[int, ...]
    #: What they are called, one and many.
    called: ClassVar[str] = "symmetries"

    @property
    def dim(self) -> int:
        """Number of generators found."""
        return len(self.generators)

    @property
    def complete(self) -> bool:
        """Whether these are all: their number is the dimension that was counted."""
        return self.size is not None and self.size.dimension == self.dim

    @cached_property
    def algebra(self) -> FieldAlgebra | None:
        """The Lie algebra, or None where brackets leave what was found."""
        return field_algebra(self.generators)

    @cached_property
    def algebra_name(self) -> str | None:
        """What the Lie algebra is called, None where brackets leave what was found.

        Structure constants that depend on parameters are looked at for two sets of positive values of these.
        """
        if self.algebra is not None or not self.dim:
            return None if self.algebra is None else self.algebra.name
        names = sorted({name for g in self.generators for name in g.parameters})
        found = []
        for numbers in (_SOME, _OTHERS):
            values = dict(zip(names, numbers))
            space = self.generators[0].at(values).space
            algebra = field_algebra([g.at(values).in_space(space) for g in self.generators]) if names else None
            if algebra is None or len(names) > len(numbers):
                return None
            found.append((algebra.name, ", ".join(f"{k} = {v}" for k, v in values.items())))
        (one, here), (two, there) = found
        return f"{one} at {here} and at {there}" if one == two else f"{one} at {here}, {two} at {there}"

    @property
    def structure_constants(self) -> Float[np.ndarray, "n n n"] | None:
        """``c[i, j, k]`` with ``[X_i, X_j] = sum_k c[i, j, k] X_k``; None where the algebra is not closed."""
        algebra = self.algebra
        if algebra is None:
            return None
        n = self.dim
        return np.array(
            [[[float(algebra.structure_constant(i, j, k)) for k in range(n)] for j in range(n)] for i in range(n)]
        ).reshape(n, n, n)

    def flow(self, k: int, eps: float) -> Any:
        """The transformation of points by generator ``k`` for a time ``eps``, a function of arrays."""
        field = self.generators[k]
        return lambda points: field.flow(points, eps)

    @property
    def statement(self) -> str:
        """One sentence on how many there are."""
        what = self.called
        if self.size is None:
            return f"{self.dim} {what} with polynomial coefficients; not counted"
        if self.complete:
            return f"all {self.dim} {what} found"
        if self.size.dimension is not None:
            return f"{self.dim} of {self.size.dimension} {what} found with polynomial coefficients"
        return f"{self.dim} {what} found with polynomial coefficients; there are {self.size}"

    def __iter__(self) -> Iterator[VectorField]:
        return iter(self.generators)

    def __len__(self) -> int:
        return self.dim

    def __getitem__(self, k: int) -> VectorField:
        return self.generators[k]

    def __str__(self) -> str:
        return "\n".join([self.statement, *(f"  {g}" for g in self.generators)])


def search(
    space: JetSpace,
    equations: Sequence[Linear],
    unknowns: int,
    degree: int | None,
    factors: Callable[[], Sequence[Poly]],
    size: bool,
    seed: int,
) -> tuple[list[tuple[Poly, ...]], SolutionSize | None, tuple[int, ...]]:
    """Polynomial solutions, the number of all, and how many there were at each degree tried.

    The degree is raised, when it is not given, until all are found or their number does not change any more. Functions
    that polynomials are multiplied by are asked for after counting, which needs a value for every function it meets.
    """
    counted = _counted(space, equations, unknowns, seed) if size else None
    whole = None if counted is None else counted.dimension
    extra = factors()
    found: list[tuple[Poly, ...]] = []
    numbers: list[int] = []
    for d in range(1, _HIGHEST_DEGREE + 1) if degree is None else [degree]:
        before = found
        found = polynomial_solutions(space, equations, unknowns, d, extra)
        numbers.append(len(found))
        if whole is not None and len(found) >= whole:
            break
        if degree is None and d > 1 and len(found) == len(before) and whole is None:
            break
        if degree is None and whole is None and counted is not None and counted.functions_of and d >= 3:
            break
    return found, counted, tuple(numbers)


def _counted(space: JetSpace, equations: Sequence[Linear], unknowns: int, seed: int) -> SolutionSize | None:
    try:
        return solution_size(space, equations, unknowns, seed=seed)
    except InputError:
        # Cube roots of sums have no values modulo the prime: nothing is said on how many there are.
        return None


def simplicity(field: VectorField) -> tuple:
    """Translations first, then by degree and length; of equals, those along earlier coordinates first."""
    degrees = [max((sum(e for _, e in exponents(m)) for m in c), default=-1) for c in field.coefficients]
    moved = next(k for k, d in enumerate(degrees) if d >= 0)
    return (max(degrees), sum(len(c) for c in field.coefficients), moved, degrees)
