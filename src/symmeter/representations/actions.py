"""How a group moves data in R^M or C^M: monomial actions, finite matrix actions and flows of a Lie algebra.

An :class:`Action` knows its group, the transformation of each generator and the space it acts on. It averages over the
group: vectors onto the invariants (the Reynolds projector) and operators onto the commutant, without ever looping over
group elements where orbits or a conjugate-gradient projection will do.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import lcm
from typing import Any

import numpy as np
from jaxtyping import Num

from symmeter.errors import InputError, ShapeError
from symmeter.groups import Group, LieAlgebra, LieGroup, MatrixGroup, PermutationGroup
from symmeter.representations.orbits import phased_orbits
from symmeter.representations.transformations import Dense, Monomial, Transformation

__all__ = ["Action", "FiniteMatrixAction", "FlowAction", "MonomialAction", "Projector", "Space", "action_of"]


@dataclass(frozen=True)
class Space:
    """The coordinates that an action moves: M columns, which may be the cells of an h x w grid (row major).

    A ``title`` says in words what they are, where they are no columns.
    """

    dimension: int
    names: tuple[str, ...] | None = None
    grid: tuple[int, int] | None = None
    title: str | None = None

    def __post_init__(self) -> None:
        if self.grid is not None and self.grid[0] * self.grid[1] != self.dimension:
            h, w = self.grid
            raise ShapeError(f"grid {h}x{w} has {h * w} cells, the space has {self.dimension} coordinates")
        if self.names is not None and len(self.names) != self.dimension:
            raise ShapeError(f"{len(self.names)} names for {self.dimension} coordinates; give one name each")

    def describe(self) -> str:
        """A short text: ``the 8 x 8 grid`` or ``12 columns``."""
        if self.title is not None:
            return self.title
        return f"the {self.grid[0]} x {self.grid[1]} grid" if self.grid else f"{self.dimension} columns"


class Action(ABC):
    """A group together with the way its elements move vectors of a :class:`Space`.

    Attributes
    ----------
    group : Group
    space : Space
    generators : tuple of Transformation
        The maps of the group's generators (for a flow: unit steps of the flow).
    """

    group: Group
    space: Space
    generators: tuple[Transformation, ...]

    @property
    def dimension(self) -> int:
        """Number of coordinates M."""
        return self.space.dimension

    @abstractmethod
    def project(self, x: Num[np.ndarray, "*batch m"]) -> Num[np.ndarray, "*batch m"]:
        """Average vectors along the last axis over the group."""

    @abstractmethod
    def average(self, operator: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        """Average ``P A P^H`` over the group, for any square matrix A."""

    def symmetrize(self, covariance: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        """The nearest covariance (Frobenius norm) that the group leaves invariant.

        Raises
        ------
        ShapeError
            If the matrix is not M x M.
        """
        matrix = np.asarray(covariance)
        if matrix.shape != (self.dimension, self.dimension):
            raise ShapeError(
                f"the action moves {self.dimension} coordinates; "
                f"the covariance must be {self.dimension} x {self.dimension}, got shape {matrix.shape}"
            )
        averaged = self.average(matrix)
        if not np.iscomplexobj(matrix) and np.iscomplexobj(averaged):
            averaged = np.real(averaged)
        return 0.5 * (averaged + averaged.conj().T) if np.allclose(matrix, matrix.conj().T) else averaged

    def projector(self) -> Projector:
        """The Reynolds projector onto the invariant vectors."""
        return Projector(self)

    def __repr__(self) -> str:
        moves = ", ".join(g.name for g in self.generators[:4]) + (", ..." if len(self.generators) > 4 else "")
        return f"{type(self).__name__}({self.group.name} on {self.space.describe()}: {moves})"


class Projector:
    """The group average as a matrix-free linear operator: ``P @ x`` for columns, ``X @ P`` for rows of samples.

    It satisfies ``P @ (P @ x) == P @ x`` and is Hermitian.
    """

    # NumPy must hand ``X @ P`` to __rmatmul__ instead of trying to turn P into an array of objects.
    __array_ufunc__ = None

    def __init__(self, action: Action) -> None:
        self.action = action
        self.shape = (action.dimension, action.dimension)
        self.dtype = np.dtype(float if all(g.is_real for g in action.generators) else complex)

    def __matmul__(self, x: Any) -> np.ndarray:
        x = np.asarray(x)
        if x.ndim == 0 or x.shape[0] != self.shape[0]:
            hint = "; for rows of samples write X @ P" if x.ndim == 2 and x.shape[1] == self.shape[0] else ""
            raise ShapeError(f"the projector acts on {self.shape[0]} coordinates; got shape {x.shape}{hint}")
        return self.action.project(x) if x.ndim == 1 else np.moveaxis(self.action.project(np.moveaxis(x, 0, -1)), -1, 0)

    def __rmatmul__(self, x: Any) -> np.ndarray:
        # x^T P = (P^T x)^T and P^T is the conjugate of P, which is Hermitian.
        x = np.asarray(x)
        return self.action.project(x.conj()).conj()

    def matvec(self, x: np.ndarray) -> np.ndarray:
        """``P @ x``; with ``shape`` and ``dtype`` it makes the projector a SciPy linear operator."""
        return self @ np.asarray(x)

    rmatvec = matvec

    def matrix(self) -> Num[np.ndarray, "m m"]:
        """The dense M x M projector."""
        return self @ np.eye(self.shape[0])

    @cached_property
    def rank(self) -> int:
        """Dimension of the space of invariant vectors."""
        return round(float(np.trace(self.matrix()).real))

    def __repr__(self) -> str:
        return f"Projector({self.action.group.name} on {self.action.space.describe()})"


class MonomialAction(Action):
    """A group of permutations, signed permutations or phased permutations of the coordinates.

    Parameters
    ----------
    generators : sequence of Monomial
    space : Space, optional
    group : PermutationGroup, optional
        The group when it is already known (for example from an automorphism search), on M points for plain
        permutations and on ``r M`` points when phases are r-th roots of unity.
    """

    def __init__(
        self, generators: Sequence[Monomial], space: Space | None = None, group: PermutationGroup | None = None
    ) -> None:
        if not generators and group is None and space is None:
            raise InputError("an action needs a generator or a space")
        if space is None:
            space = Space(generators[0].dimension if generators else group.degree)  # type: ignore[union-attr]
        self.space = space
        self.moves: tuple[Monomial, ...] = tuple(generators)
        self.generators = self.moves
        for g in self.moves:
            if g.dimension != space.dimension:
                raise ShapeError(f"{g.name} moves {g.dimension} coordinates, the space has {space.dimension}")
        orders = [g.phase_order for g in self.moves]
        if None in orders:
            raise InputError("phases must be roots of unity of degree at most 64 to generate a finite group")
        self.phase_order = lcm(1, *(k for k in orders if k is not None))
        self._given_group = group

    @cached_property
    def group(self) -> PermutationGroup:  # type: ignore[override]
        """The group of permutations of the (coordinate, root of unity) points."""
        if self._given_group is not None:
            return self._given_group
        k = self.phase_order
        images = [g.images if k == 1 else g.lifted(k) for g in self.moves]
        return PermutationGroup(images, degree=k * self.dimension)

    @cached_property
    def _turns(self) -> list[np.ndarray]:
        k, m = self.phase_order, self.dimension
        return [
            np.zeros(m, dtype=np.int64)
            if g.phases is None
            else np.rint(np.angle(g.phases) / (2 * np.pi) * k).astype(np.int64) % k
            for g in self.moves
        ]

    @cached_property
    def _vector_orbits(self) -> tuple[np.ndarray, np.ndarray]:
        return phased_orbits([g.images for g in self.moves], self._turns, self.dimension, self.phase_order)

    @cached_property
    def _pair_orbits(self) -> tuple[np.ndarray, np.ndarray]:
        m, k = self.dimension, self.phase_order
        maps = [(g.images[:, None] * m + g.images[None, :]).reshape(-1) for g in self.moves]
        turns = [((t[:, None] - t[None, :]) % k).reshape(-1) for t in self._turns]
        return phased_orbits(maps, turns, m * m, k)

    def _mean_over(self, values: np.ndarray, orbits: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        labels, phase = orbits
        count = int(labels.max()) + 1
        sizes = np.bincount(labels.clip(0), weights=(labels >= 0), minlength=count)
        flat = values * phase.conj()
        sums = np.bincount(labels.clip(0), weights=np.where(labels >= 0, np.real(flat), 0.0), minlength=count)
        if np.iscomplexobj(flat):
            sums = sums + 1j * np.bincount(labels.clip(0), np.where(labels >= 0, np.imag(flat), 0.0), minlength=count)
        means = sums / np.maximum(sizes, 1)
        return np.where(labels >= 0, means[labels.clip(0)] * phase, 0.0)

    def project(self, x: Num[np.ndarray, "*batch m"]) -> Num[np.ndarray, "*batch m"]:
        x = np.asarray(x)
        if x.shape[-1] != self.dimension:
            raise ShapeError(f"the action moves {self.dimension} coordinates; got shape {x.shape}")
        labels, phase = self._vector_orbits
        count = int(labels.max(initial=-1)) + 1
        if count == 0:
            return np.zeros_like(x)
        # A thin n x orbits product: each orbit's indicator, carrying its phases, has one entry per column.
        inside = labels >= 0
        basis = np.zeros((self.dimension, count), dtype=phase.dtype)
        basis[inside, labels[inside]] = phase[inside]
        sizes = np.bincount(labels[inside], minlength=count)
        return ((x @ basis.conj()) / sizes) @ basis.T

    def average(self, operator: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        return self._mean_over(np.asarray(operator).reshape(-1), self._pair_orbits).reshape(operator.shape)

    def commutant_key(self) -> bytes:
        """Equal for two groups that average every operator alike (same orbits on pairs, same phases)."""
        labels, phases = self._pair_orbits
        # Orbit numbers depend on the generators; the first member of each orbit does not, and fixes the phase.
        first = np.full(int(labels.max(initial=-1)) + 2, -1, dtype=np.int64)
        first[labels[::-1]] = np.arange(labels.size)[::-1]
        canonical = np.where(labels >= 0, first[labels], -1)
        relative = phases * phases[canonical.clip(0)].conj()
        return canonical.tobytes() + np.round(relative, 9).tobytes()

    @cached_property
    def pair_labels(self) -> np.ndarray:
        """Orbit label of every ordered pair (M x M); -1 where the average must vanish."""
        return self._pair_orbits[0].reshape(self.dimension, self.dimension)


class FiniteMatrixAction(Action):
    """A finite group generated by orthogonal or unitary matrices (some of which may be monomial)."""

    def __init__(self, generators: Sequence[Transformation], space: Space | None = None, cap: int = 20_000) -> None:
        self.generators = tuple(generators)
        self.space = space or Space(generators[0].dimension)
        self.matrices = MatrixGroup([g.matrix() for g in generators], cap=cap)
        self.group = self.matrices

    @cached_property
    def _elements(self) -> np.ndarray:
        return self.matrices.elements_array()

    def project(self, x: Num[np.ndarray, "*batch m"]) -> Num[np.ndarray, "*batch m"]:
        return np.asarray(x) @ self._elements.mean(0).T

    def average(self, operator: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        total = np.zeros(operator.shape, dtype=np.result_type(operator, self._elements))
        for g in self._elements:
            total += g @ operator @ g.conj().T
        return total / len(self._elements)


class FlowAction(Action):
    """The connected group that a Lie algebra of skew(-Hermitian) matrices generates, acting by its exponentials.

    Averages use the Casimir operator ``sum_a ad(S_a)^* ad(S_a)``, whose kernel is the commutant: the projection onto
    the kernel is found by conjugate gradients, which stop after as many steps as the operator has eigenvalues.
    """

    def __init__(self, algebra: LieAlgebra, space: Space | None = None) -> None:
        self.algebra = algebra
        self.space = space or Space(algebra.basis.shape[1])
        self.group = LieGroup(algebra)  # type: ignore[assignment]

    @cached_property
    def generators(self) -> tuple[Transformation, ...]:  # type: ignore[override]
        return tuple(self.element(a, 1.0) for a in range(self.algebra.dimension))

    def element(self, index: int, time: float) -> Dense:
        """``exp(time * S_index)``."""
        from scipy.linalg import expm

        return Dense(expm(time * self.algebra.basis[index]), name=f"exp({time:g} A{index + 1})")

    def project(self, x: Num[np.ndarray, "*batch m"]) -> Num[np.ndarray, "*batch m"]:
        squares = -np.einsum("aij,ajk->ik", self.algebra.basis, self.algebra.basis)
        values, vectors = np.linalg.eigh(0.5 * (squares + squares.conj().T))
        kernel = vectors[:, values < 1e-8 * max(float(values[-1]), 1e-300)]
        return (np.asarray(x) @ kernel.conj()) @ kernel.T

    def average(self, operator: Num[np.ndarray, "m m"]) -> Num[np.ndarray, "m m"]:
        basis = self.algebra.basis

        def casimir(a: np.ndarray) -> np.ndarray:
            out = np.zeros(a.shape, dtype=np.result_type(a, basis))
            for s in basis:
                inner = a @ s - s @ a
                out += inner @ s.conj().T - s.conj().T @ inner
            return out

        # A y = A R, so that R - y lies in the kernel of A and y is orthogonal to it.
        residual = casimir(np.asarray(operator))
        solution = np.zeros_like(residual)
        direction, power = residual.copy(), float(np.vdot(residual, residual).real)
        floor = 1e-26 * max(float(np.vdot(operator, operator).real), 1e-300)
        for _ in range(4 * self.dimension):
            if power <= floor:
                break
            image = casimir(direction)
            step = power / float(np.vdot(direction, image).real)
            solution += step * direction
            residual -= step * image
            new_power = float(np.vdot(residual, residual).real)
            direction = residual + (new_power / power) * direction
            power = new_power
        return operator - solution


def action_of(generators: Sequence[Transformation], space: Space | None = None, cap: int = 20_000) -> Action:
    """The action that some transformations generate: monomial when all of them are, else a finite matrix group.

    Raises
    ------
    ClosureError
        If dense matrices generate more than ``cap`` elements.
    """
    monomial = [g for g in generators if isinstance(g, Monomial) and g.phase_order is not None]
    if len(monomial) == len(generators):
        return MonomialAction(monomial, space)
    return FiniteMatrixAction(generators, space, cap)
