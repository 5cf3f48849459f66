"""Semidirect products of translations with a linear group: Aff(H), E(n), SE(n), Sim(n), Poincaré and translations.

Elements are homogeneous matrices ``[[h, x], [0, 1]]``, so ``(x, h)(y, k) = (x + h y, h k)``. Left Haar measure is
``dx dh / |det h|`` and right Haar measure ``dx dh`` with the Haar measure dh of H; they differ when a determinant does.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputTypeError
from symmeter.groups.lie.compact import SO, O, _size
from symmeter.groups.lie.decompositions import Semidirect, from_semidirect
from symmeter.groups.lie.exponential import expm, integrated_exponential
from symmeter.groups.lie.lorentz import Lorentz
from symmeter.groups.lie.matrix_lie_group import MatrixLieGroup
from symmeter.groups.lie.reductive import ConformalRotations, GLp, radial_points

__all__ = ["SE", "Affine", "E", "Poincare", "SemidirectGroup", "Sim", "Translations"]


class SemidirectGroup(MatrixLieGroup):
    """Translations of R^n and a linear group H; concrete ones choose H."""

    _rule = "members are [[h, x], [0, 1]] with h in the linear group"

    def __init__(self, linear: MatrixLieGroup | None, n: int, name: str) -> None:
        self.linear = linear
        inner = np.zeros((0, n, n)) if linear is None else linear.basis
        names = () if linear is None else linear.generator_names
        stack = np.zeros((len(inner) + n, n + 1, n + 1))
        stack[: len(inner), :n, :n] = inner
        stack[len(inner) + np.arange(n), np.arange(n), n] = 1
        super().__init__((*names, *(f"P{i}" for i in _axes(linear, n))), stack)
        self.components = 1 if linear is None else linear.components
        self._parameters = (n, linear)
        self.name = name

    @property
    def space_dimension(self) -> int:
        """n, the dimension of the space that the group moves."""
        return self.size - 1

    @property
    def discrete_generators(self) -> tuple[np.ndarray, ...]:
        if self.linear is None:
            return ()
        return tuple(self.from_semidirect(np.zeros(self.space_dimension), h) for h in self.linear.discrete_generators)

    def semidirect(self, g: Float[np.ndarray, "... m m"]) -> Semidirect:
        """Translation x and linear part h."""
        g = self.check(g)
        return Semidirect(g[..., :-1, -1].copy(), g[..., :-1, :-1].copy())

    def from_semidirect(self, x: Float[np.ndarray, "... n"], h: Float[np.ndarray, "... n n"]) -> np.ndarray:
        """``(x, h)`` as homogeneous matrices."""
        return from_semidirect(x, h)

    def inverse(self, g: Float[np.ndarray, "... m m"]) -> Float[np.ndarray, "... m m"]:
        x, h = self.semidirect(g)
        back = h if self.linear is None else self.linear.inverse(h)
        return from_semidirect(-(back @ x[..., None])[..., 0], back)

    def act(self, g: Float[np.ndarray, "... m m"], points: Float[np.ndarray, "... n"]) -> Float[np.ndarray, "... n"]:
        """``h y + x`` for each point y.

        Examples
        --------
        >>> SE(2).act(SE(2).exp([np.pi / 2, 0.0, 0.0]), [1.0, 0.0]).round(12)
        array([0., 1.])
        """
        x, h = self.semidirect(g)
        return (h @ np.asarray(points, dtype=float)[..., None])[..., 0] + x

    def _defect(self, g: np.ndarray) -> np.ndarray:
        last = np.eye(self.size)[-1]
        row = np.abs(g[..., -1, :] - last).max(axis=-1)
        h = g[..., :-1, :-1]
        if self.linear is None:
            return np.maximum(row, np.linalg.norm(h - np.eye(self.size - 1), axis=(-2, -1)))
        return np.maximum(row, self.linear._defect(h))

    def _exp(self, X: np.ndarray) -> np.ndarray:
        if self.linear is None:
            return np.eye(self.size) + X
        inner = X[..., :-1, :-1]
        x = (integrated_exponential(inner) @ X[..., :-1, -1:])[..., 0]
        return from_semidirect(x, self.linear._exp(inner) if self.linear.is_compact else expm(inner))

    def _log(self, g: np.ndarray, on_cut: str) -> np.ndarray:
        if self.linear is None:
            return g - np.eye(self.size)
        out = np.zeros_like(g)
        inner = self.linear._log(g[..., :-1, :-1], on_cut)
        out[..., :-1, :-1] = inner
        out[..., :-1, -1:] = np.linalg.solve(integrated_exponential(inner), g[..., :-1, -1:])
        return out

    def _project(self, g: np.ndarray) -> np.ndarray:
        h = g[..., :-1, :-1]
        one = np.broadcast_to(np.eye(self.size - 1), h.shape)
        return from_semidirect(g[..., :-1, -1], one if self.linear is None else self.linear.project(h))

    @property
    def cube_dimension(self) -> int:
        return self.space_dimension + (0 if self.linear is None else self.linear.cube_dimension)

    def _chart(self, u: np.ndarray, radius: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
        n = self.space_dimension
        x, w = radial_points(u[..., :n], radius, scale, tail="algebraic")
        if self.linear is None:
            return from_semidirect(x, np.eye(n)), w
        h, v = self.linear._chart(u[..., n:], radius, scale)
        return from_semidirect(x, h), w * v / np.abs(np.linalg.det(h))

    def _lognormal(self, n: int, variance: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        x = rng.standard_normal((n, self.space_dimension)) * np.sqrt(variance)
        if self.linear is None:
            one = np.eye(self.space_dimension)
            return from_semidirect(x, one), from_semidirect(-x, one)
        h, back = self.linear._lognormal(n, variance, rng)
        return from_semidirect(x, h), from_semidirect(-(back @ x[..., None])[..., 0], back)


def _axes(linear: MatrixLieGroup | None, n: int) -> tuple[str, ...]:
    if isinstance(linear, Lorentz):
        return ("t", "x", "y", "z") if n == 4 else ("t", *map(str, range(1, n)))
    return ("x", "y", "z")[:n] if n <= 3 else tuple(map(str, range(1, n + 1)))


class Affine(SemidirectGroup):
    """Affine group R^n ⋊ H; an integer n stands for H = GL+(n, R).

    Examples
    --------
    >>> from symmeter.groups.lie import SL
    >>> Affine(SL(2)), Affine(2), Affine(2).is_unimodular
    (Aff(SL(2,R)), Aff(GL+(2,R)), False)
    """

    def __init__(self, linear: MatrixLieGroup | int) -> None:
        if isinstance(linear, (int, np.integer)) and not isinstance(linear, bool):
            linear = GLp(int(linear))
        if not isinstance(linear, MatrixLieGroup) or linear.is_complex or isinstance(linear, SemidirectGroup):
            raise InputTypeError(
                f"Affine takes a real linear group such as SL(2) or GLp(3), or an integer; got {linear!r}"
            )
        super().__init__(linear, linear.size, f"Aff({linear.name})")


class E(SemidirectGroup):
    """Euclidean group E(n): rotations, reflections and translations."""

    def __init__(self, n: int) -> None:
        n = _size(n, "E")
        super().__init__(O(n), n, f"E({n})")


class SE(SemidirectGroup):
    """Rigid motions SE(n).

    Examples
    --------
    >>> SE(3).generator_names
    ('Lx', 'Ly', 'Lz', 'Px', 'Py', 'Pz')
    """

    def __init__(self, n: int) -> None:
        n = _size(n, "SE")
        super().__init__(SO(n), n, f"SE({n})")


class Sim(SemidirectGroup):
    """Similarities Sim(n): rotations, a positive factor, translations."""

    def __init__(self, n: int) -> None:
        n = _size(n, "Sim")
        super().__init__(ConformalRotations(n), n, f"Sim({n})")


class Poincare(SemidirectGroup):
    """Poincaré group of d + 1 dimensions, identity component: SO+(1, d) and translations of spacetime.

    Examples
    --------
    >>> Poincare().generator_names
    ('Jx', 'Jy', 'Jz', 'Kx', 'Ky', 'Kz', 'Pt', 'Px', 'Py', 'Pz')
    """

    def __init__(self, d: int = 3) -> None:
        d = _size(d, "Poincare")
        super().__init__(Lorentz(d), d + 1, f"Poincare(1,{d})")


class Translations(SemidirectGroup):
    """Translations of R^n."""

    def __init__(self, n: int) -> None:
        n = _size(n, "Translations")
        super().__init__(None, n, f"R^{n}")
