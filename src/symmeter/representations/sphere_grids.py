"""Points and weights on the unit sphere: Gauss-Legendre product grids, Fibonacci spirals, Lebedev rules.

A grid of degree D integrates every polynomial of degree <= D in (x, y, z) exactly; to expand a function of degree L in
harmonics of degree L it takes D = 2L. Weights sum to 4 pi.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError
from symmeter.linalg.array_namespace import constant_like, is_torch
from symmeter.representations.harmonic_conventions import checked_degree, degree_of, polar_axis
from symmeter.representations.spherical_harmonics import real_sph_harm, unit_vectors

__all__ = ["SphereGrid", "fibonacci_grid", "gauss_legendre_grid", "lebedev_grid"]

_LARGEST_GRID = 20_000_000


@dataclass(frozen=True, eq=False)
class SphereGrid:
    """Points on the unit sphere with quadrature weights.

    Attributes
    ----------
    points : array of shape (n, 3)
        Unit vectors (x, y, z).
    weights : array of shape (n,)
        They sum to 4 pi.
    degree : int
        Polynomials up to this degree are integrated exactly (to rounding); 0 where only constants are.
    shape : tuple of int
        Rows of latitude and columns of longitude of a product grid, otherwise (n,).
    """

    points: Float[np.ndarray, "n 3"]
    weights: Float[np.ndarray, " n"]
    degree: int
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        self.points.setflags(write=False)
        self.weights.setflags(write=False)

    def __len__(self) -> int:
        return len(self.weights)

    def integrate(self, values: Any) -> Any:
        """Integral over the sphere of a function given at the points, along the last axis.

        Examples
        --------
        >>> grid = gauss_legendre_grid(4)
        >>> round(float(grid.integrate(grid.points[:, 2] ** 2)), 12)  # 4 pi / 3
        4.188790204786
        """
        values = values if is_torch(values) else np.asarray(values)
        self._check(values)
        return values @ constant_like(self.weights, values)

    @cached_property
    def _harmonics(self) -> dict[tuple[int, str], np.ndarray]:
        return {}

    def harmonics(self, degree: int, axis: str = "y") -> Float[np.ndarray, "n k"]:
        """Orthonormal real harmonics at the points, kept for the next call."""
        key = (checked_degree(degree), polar_axis(axis))
        if key not in self._harmonics:
            values = real_sph_harm(self.points, degree, axis=axis, normalize=False)
            values.setflags(write=False)
            self._harmonics[key] = values
        return self._harmonics[key]

    def analyse(self, values: Any, degree: int, axis: str = "y") -> Any:
        """Coefficients of the real harmonics up to ``degree`` from values at the points, ``(..., n)``.

        Exact when the function has degree d with ``d + degree <= grid.degree``.

        Raises
        ------
        InputError
            If the grid cannot integrate even the harmonics' own products.

        Examples
        --------
        >>> grid = gauss_legendre_grid(6)
        >>> c = np.arange(16.0)
        >>> bool(np.allclose(grid.analyse(grid.synthesise(c), 3), c))
        True
        """
        values = values if is_torch(values) else np.asarray(values)
        self._check(values)
        if 2 * degree > self.degree:
            raise InputError(
                f"the grid is exact to degree {self.degree}; an expansion to degree {degree} needs {2 * degree}"
            )
        return (values * constant_like(self.weights, values)) @ constant_like(self.harmonics(degree, axis), values)

    def synthesise(self, coefficients: Any, axis: str = "y") -> Any:
        """Values at the points from real coefficients ``(..., (L+1)^2)``."""
        coefficients = coefficients if is_torch(coefficients) else np.asarray(coefficients)
        degree = degree_of(coefficients.shape[-1])
        return coefficients @ constant_like(self.harmonics(degree, axis).T, coefficients)

    def _check(self, values: Any) -> None:
        shape = tuple(values.shape) if is_torch(values) else np.shape(values)
        if not shape or shape[-1] != len(self):
            raise ShapeError(f"values have shape {shape}; the last axis must have one value per point, {len(self)}")

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.shape))
        return f"SphereGrid({size} points, exact to degree {self.degree})"


@lru_cache(maxsize=64)
def gauss_legendre_grid(
    degree: int, axis: str = "y", n_theta: int | None = None, n_phi: int | None = None
) -> SphereGrid:
    """The product of Gauss-Legendre latitudes and even longitudes that is exact to ``degree``.

    Parameters
    ----------
    degree : int
        D; takes floor(D/2)+1 latitudes and D+1 longitudes.
    axis : {"y", "z"}
        Axis of the latitudes.
    n_theta, n_phi : int, optional
        Sizes other than those; the grid's ``degree`` then says what they are good for.

    Returns
    -------
    SphereGrid
        Points row by row, from the positive pole downwards; no point is a pole.

    Examples
    --------
    >>> gauss_legendre_grid(10)
    SphereGrid(6 x 11 points, exact to degree 10)
    """
    degree = checked_degree(degree)
    rows = degree // 2 + 1 if n_theta is None else n_theta
    columns = degree + 1 if n_phi is None else n_phi
    if rows < 1 or columns < 1:
        raise InputError(f"a grid of {rows} x {columns} points is empty; both numbers must be at least 1")
    if rows * columns > _LARGEST_GRID:
        raise InputError(f"a grid of {rows} x {columns} points is larger than {_LARGEST_GRID} points; lower the degree")
    x, w = np.polynomial.legendre.leggauss(rows)
    x, w = x[::-1], w[::-1]
    phi = 2 * np.pi * np.arange(columns) / columns
    theta = np.broadcast_to(np.arccos(x)[:, None], (rows, columns))
    points = unit_vectors(theta, np.broadcast_to(phi, (rows, columns)), axis).reshape(-1, 3)
    weights = np.repeat(w * 2 * np.pi / columns, columns)
    return SphereGrid(points, weights, min(2 * rows - 1, columns - 1), (rows, columns))


@lru_cache(maxsize=64)
def fibonacci_grid(n: int, degree: int = 0, axis: str = "y") -> SphereGrid:
    """Nearly even points on a golden spiral (Gonzalez, Math. Geosci. 42, 49 (2010)).

    Parameters
    ----------
    n : int
        Number of points.
    degree : int
        Make the weights exact to this degree: the smallest change, in least squares, of the equal weights. With 0 they
        stay equal, and integrals of smooth functions have errors that fall faster than 1/n.
    axis : {"y", "z"}
        Axis of the spiral.

    Raises
    ------
    InputError
        If n points cannot be exact to that degree.

    Examples
    --------
    >>> fibonacci_grid(200, degree=8)
    SphereGrid(200 points, exact to degree 8)
    """
    degree = checked_degree(degree)
    if n < 1:
        raise InputError(f"n is {n}; a grid has at least one point")
    k = np.arange(n)
    golden = (1 + np.sqrt(5)) / 2
    theta, phi = np.arccos(1 - (2 * k + 1) / n), 2 * np.pi * ((k / golden) % 1)
    points = unit_vectors(theta, phi, axis)
    weights = np.full(n, 4 * np.pi / n)
    if degree:
        if n < (degree + 1) ** 2:
            raise InputError(f"{n} points cannot be exact to degree {degree}; that takes at least {(degree + 1) ** 2}")
        harmonics = real_sph_harm(points, degree)
        target = np.zeros(harmonics.shape[1])
        target[0] = np.sqrt(4 * np.pi)
        for _ in range(2):
            weights = weights + np.linalg.lstsq(harmonics.T, target - harmonics.T @ weights, rcond=1e-12)[0]
        missed = np.abs(harmonics.T @ weights - target).max()
        if missed > 1e-10:
            raise InputError(f"{n} spiral points miss degree {degree} by {missed:.1g}; give more points")
    return SphereGrid(points, weights, degree, (n,))


@lru_cache(maxsize=64)
def lebedev_grid(degree: int) -> SphereGrid:
    """The smallest Lebedev rule exact to at least ``degree`` (up to 131): octahedral symmetry, about D^2/3 points.

    Needs SciPy 1.15 or newer, whose tables are used.

    Examples
    --------
    >>> lebedev_grid(6)
    SphereGrid(26 points, exact to degree 7)
    """
    degree = checked_degree(degree)
    known = [*range(3, 33, 2), *range(35, 132, 6)]
    fitting = [d for d in known if d >= degree]
    if not fitting:
        raise InputError(f"Lebedev rules go to degree 131; for degree {degree} use gauss_legendre_grid")
    from scipy import integrate

    if not hasattr(integrate, "lebedev_rule"):
        raise InputError("Lebedev rules need SciPy 1.15 or newer; use gauss_legendre_grid")
    points, weights = integrate.lebedev_rule(fitting[0])
    # The tables hold 12 digits; one division makes the constant exact.
    weights = np.asarray(weights) * (4 * np.pi / np.sum(weights))
    return SphereGrid(np.ascontiguousarray(np.asarray(points).T), weights, fitting[0], (len(weights),))
