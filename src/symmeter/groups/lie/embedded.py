"""A matrix group acting on some of the axes of a larger space, and uniform scalings: candidates for mixed symmetries.

``embed(O(2), 3, [0, 1])`` is the group of rotations about z and reflections in the planes that contain z.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Num

from symmeter.errors import InputError, InputTypeError
from symmeter.groups.lie.batches import as_matrices
from symmeter.groups.lie.matrix_lie_group import MatrixLieGroup
from symmeter.groups.lie.reductive import Scalings

__all__ = ["EmbeddedGroup", "Scaling", "embed"]


class EmbeddedGroup(MatrixLieGroup):
    """A matrix Lie group that acts on chosen axes of a larger space and leaves the others as they are.

    Parameters
    ----------
    group : MatrixLieGroup
    size : int
        Dimension of the larger space.
    axes : sequence of int
        Which axes take the place of the group's own, in this order; 0-based.

    Examples
    --------
    >>> from symmeter.groups.lie import SO
    >>> about_z = EmbeddedGroup(SO(2), 3, (0, 1))
    >>> about_z, about_z.exp([np.pi / 2]).round(12) @ np.array([1.0, 0.0, 5.0])
    (SO(2) on axes 0,1 of 3, array([0., 1., 5.]))
    """

    def __init__(self, group: MatrixLieGroup, size: int, axes: Sequence[int]) -> None:
        self.inner = group
        size, self.axes = _count(size), _positions(axes)
        if len(self.axes) != group.size or len(set(self.axes)) != len(self.axes):
            raise InputError(
                f"{group} acts on {group.size} axes; give as many different ones, got {list(axes)} (0-based)"
            )
        if min(self.axes) < 0 or max(self.axes) >= size:
            raise InputError(
                f"axes {list(axes)} do not lie in a space of dimension {size}: axes run from 0 to {size - 1}"
            )
        self._index = np.ix_(self.axes, self.axes)
        self._rest = tuple(i for i in range(size) if i not in self.axes)
        stack = np.zeros((group.dimension, size, size), dtype=group.basis.dtype)
        stack[(slice(None), *self._index)] = group.basis
        super().__init__(group.generator_names, stack)
        self._parameters = (group, size, self.axes)
        self.is_compact = group.is_compact
        self.components = group.components
        self.name = f"{group.name} on axes {','.join(map(str, self.axes))} of {size}"
        self._rule = f"members act on axes {list(self.axes)} as {group.name} does, and leave the others alone"

    def widen(self, g: Num[np.ndarray, "... k k"]) -> Num[np.ndarray, "... m m"]:
        """Elements of the group on its own axes, as elements on the larger space."""
        g = np.asarray(g)
        out = np.zeros((*g.shape[:-2], self.size, self.size), dtype=g.dtype)
        out[..., self._rest, self._rest] = 1.0
        out[(..., *self._index)] = g
        return out

    def narrow(self, g: Num[np.ndarray, "... m m"]) -> Num[np.ndarray, "... k k"]:
        """The block that acts on the chosen axes."""
        return as_matrices(g, f"elements of {self.name}", self.size)[(..., *self._index)]

    @property
    def discrete_generators(self) -> tuple[np.ndarray, ...]:
        return tuple(self.widen(h) for h in self.inner.discrete_generators)

    def _defect(self, g: np.ndarray) -> np.ndarray:
        inside = self.inner.defect(self.narrow(g))
        beside = np.linalg.norm(g - self.widen(self.narrow(g)), axis=(-2, -1))
        return np.maximum(inside, beside)

    def _log(self, g: np.ndarray, on_cut: str) -> np.ndarray:
        logarithm = self.inner._log(self.narrow(g), on_cut)
        out = np.zeros((*g.shape[:-2], self.size, self.size), dtype=logarithm.dtype)
        out[(..., *self._index)] = logarithm
        return out

    def _project(self, g: np.ndarray) -> np.ndarray:
        return self.widen(self.inner._project(self.narrow(g)))

    @property
    def cube_dimension(self) -> int:
        return self.inner.cube_dimension

    def _chart(self, u: np.ndarray, radius: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
        g, w = self.inner._chart(u, radius, scale)
        return self.widen(g), w

    def _lognormal(self, n: int, variance: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        g, inverse = self.inner._lognormal(n, variance, rng)
        return self.widen(g), self.widen(inverse)


def embed(group: MatrixLieGroup, size: int, axes: Sequence[int]) -> MatrixLieGroup:
    """The group acting on some axes of a larger space; the group itself when these are all of its axes in order.

    Raises
    ------
    InputError
        If the axes do not fit the group or the space.

    Examples
    --------
    >>> from symmeter.groups.lie import O
    >>> plane = embed(O(2), 3, [0, 2])
    >>> plane.contains(np.diag([-1.0, 1.0, 1.0])), plane.contains(np.diag([1.0, -1.0, 1.0]))
    (np.True_, np.False_)
    """
    if not isinstance(group, MatrixLieGroup):
        raise InputTypeError(
            f"embed takes a matrix Lie group such as O(2); got {type(group).__name__}: embed the matrices themselves"
        )
    if _positions(axes) == tuple(range(_count(size))) == tuple(range(group.size)):
        return group
    return EmbeddedGroup(group, size, axes)


def _count(size: int) -> int:
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise InputError(f"the dimension of the larger space is an integer of at least 1; got {size!r}")
    return int(size)


def _positions(axes: Sequence[int]) -> tuple[int, ...]:
    found = list(axes) if isinstance(axes, (Sequence, np.ndarray)) else []
    whole = all(isinstance(a, (int, np.integer)) and not isinstance(a, bool) for a in found)
    if not found or not whole:
        raise InputError(f"axes are whole numbers from 0, such as [0, 1]; got {axes!r}")
    return tuple(int(a) for a in found)


def Scaling(n: int) -> Scalings:
    """Uniform scalings of R^n: the positive multiples of the identity.

    Examples
    --------
    >>> Scaling(3).exp([np.log(2.0)]).diagonal()
    array([2., 2., 2.])
    """
    return Scalings(n, isotropic=True)
