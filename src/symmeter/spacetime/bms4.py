"""Asymptotic symmetries of flat space in four dimensions: supertranslations of the sphere and the Lorentz group.

A supertranslation is a function f on the sphere. It changes the shear by ``-2 D_A D_B f + gamma_AB D^2 f``, whose
double divergence is ``-D^2 (D^2 + 2) f``: zero for degrees 0 and 1, the translations, and for no others. A conformal
Killing vector Y of the sphere acts by ``Y^A D_A f - f D_A Y^A / 2``. Functions are vectors of real harmonics up to a
degree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError

__all__ = ["Supertranslations", "shear_eigenvalue"]


def shear_eigenvalue(degree: int) -> int:
    """``(l - 1) l (l + 1) (l + 2)``, of ``D^2 (D^2 + 2)`` on harmonics of degree l.

    Examples
    --------
    >>> [shear_eigenvalue(l) for l in range(5)]
    [0, 0, 24, 120, 360]
    """
    return (degree - 1) * degree * (degree + 1) * (degree + 2)


@dataclass(frozen=True)
class Supertranslations:
    """Functions on the sphere up to a degree, with the action of rotations and boosts.

    Attributes
    ----------
    lmax : int

    Examples
    --------
    >>> room = Supertranslations(4)
    >>> boost = room.boost([0.0, 0.0, 1.0])
    >>> room.dimension, bool(np.allclose(boost[4:, :4], 0))
    (25, True)
    """

    lmax: int

    def __post_init__(self) -> None:
        if not isinstance(self.lmax, int) or self.lmax < 1:
            raise InputError(f"lmax is {self.lmax!r}; give a whole number of at least 1")

    @property
    def dimension(self) -> int:
        """Number of harmonics."""
        return (self.lmax + 1) ** 2

    @cached_property
    def degrees(self) -> np.ndarray:
        """Degree of each harmonic."""
        return np.repeat(np.arange(self.lmax + 1), 2 * np.arange(self.lmax + 1) + 1)

    @cached_property
    def _coordinates(self) -> Float[np.ndarray, "3 n n"]:
        """Multiplication by x, y, z, cut at the largest degree."""
        from symmeter.representations import gauss_legendre_grid, real_sph_harm

        grid = gauss_legendre_grid(2 * self.lmax + 2)
        values = real_sph_harm(grid.points, self.lmax)
        return np.einsum("p,pc,pi,pj->cij", grid.weights, grid.points, values, values)

    @cached_property
    def _rotations(self) -> Float[np.ndarray, "3 n n"]:
        from symmeter.representations import rotation_generators

        out = np.zeros((3, self.dimension, self.dimension))
        for degree in range(self.lmax + 1):
            block = slice(degree**2, (degree + 1) ** 2)
            out[:, block, block] = rotation_generators(degree)
        return out

    def rotation(self, axis: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "n n"]:
        """The infinitesimal rotation about an axis."""
        return np.einsum("c,cij->ij", _axis(axis), self._rotations)

    def boost(self, axis: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "n n"]:
        """The infinitesimal boost along an axis n: ``D^A(n.x) D_A f + (n.x) f``.

        A function of degree l goes to ``(1 - l) (n.x f)_(l+1) + (l + 2) (n.x f)_(l-1)``; what would have a degree above
        the largest is cut.
        """
        product = np.einsum("c,cij->ij", _axis(axis), self._coordinates)
        up = self.degrees[:, None] == self.degrees[None, :] + 1
        down = self.degrees[:, None] == self.degrees[None, :] - 1
        factor = np.where(up, 1 - self.degrees[None, :], 0) + np.where(down, self.degrees[None, :] + 2, 0)
        return product * factor

    def shear_source(self, f: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """``D^A D^B delta C_AB = -D^2 (D^2 + 2) f``."""
        f = self._checked(f)
        return -np.array([shear_eigenvalue(int(degree)) for degree in self.degrees]) * f

    def charge(self, f: Float[np.ndarray, " n"], mass_aspect: Float[np.ndarray, " n"], *, G: float = 1.0) -> float:
        """``Q_f = 1/(4 pi G) int f m``, for both in harmonics that are orthonormal on the sphere."""
        if not G > 0:
            raise InputError(f"G is {G!r}; it must be > 0")
        return float(self._checked(f) @ self._checked(mass_aspect) / (4 * np.pi * G))

    def _checked(self, f: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        f = np.asarray(f, dtype=np.float64)
        if f.shape != (self.dimension,):
            raise ShapeError(f"a function has shape {f.shape}; degrees up to {self.lmax} have {self.dimension} numbers")
        return f


def _axis(axis: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " 3"]:
    axis = np.asarray(axis, dtype=np.float64)
    if axis.shape != (3,):
        raise ShapeError(f"an axis has shape {axis.shape}; it has three components")
    return axis
