"""Geometry to first order: Kroener's incompatibility, and exact curvature of ``delta + eps h`` with ``eps^2 = 0``."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError
from symmeter.spacetime.defects.checked_numbers import array_of
from symmeter.spacetime.defects.grids import Grid
from symmeter.spacetime.defects.irreducible_parts import epsilon
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.metrics import Metric
from symmeter.spacetime.polynomials import WIDTH, Poly, degree_in, scaled, times

__all__ = ["FirstOrderSpace", "incompatibility", "incompatibility_of_density", "perturbed_metric"]


class FirstOrderSpace(JetSpace):
    """Differential polynomials in which the square of the parameter ``eps`` is zero, so that sums have inverses.

    Examples
    --------
    >>> space = FirstOrderSpace(("x",), ("h",), ("eps",))
    >>> space.text(space.inverse({0: 2, 1 << (12 * space.parameter("eps")): 4}))
    '-eps + 1/2'
    """

    def _kept(self, p: Poly) -> Poly:
        small = self.parameter("eps")
        return {m: c for m, c in p.items() if degree_in(m, small) < 2}

    def times(self, a: Poly, b: Poly) -> Poly:
        """The product to first order."""
        return self._kept(times(a, b))

    def inverse(self, p: Poly) -> Poly:
        """``1 / (c + eps q) = 1/c - eps q / c^2`` for a number c.

        Raises
        ------
        InputError
            Where c is no number, or zero.
        """
        small = self.parameter("eps")
        whole = {m: c for m, c in p.items() if not degree_in(m, small)}
        if set(whole) != {0}:
            raise InputError(f"1/({self.text(p)}) has no first-order form: what is left at eps = 0 is no number")
        c = Fraction(whole[0])
        out = scaled({m: v for m, v in p.items() if degree_in(m, small)}, -1 / c**2)
        out[0] = 1 / c
        return out


def perturbed_metric(n: int = 3, name: str = "h") -> Metric:
    """``delta_ij + eps h_ij`` with free functions ``h11``, ``h12`` ... of all coordinates, to first order.

    Examples
    --------
    >>> perturbed_metric(2).scalar() != {}
    True
    """
    names = {(i, j): f"{name}{i + 1}{j + 1}" for i, j in combinations_with_replacement(range(n), 2)}
    metric = Metric.__new__(Metric)
    metric.space = FirstOrderSpace(("x", "y", "z")[:n], tuple(names.values()), ("eps",))
    metric.dimension = n
    metric.components = {}
    small = 1 << (WIDTH * metric.space.parameter("eps"))
    for k, (i, j) in enumerate(names):
        h = metric.space.poly(metric.space.jet(k, (0,) * n))
        value = {m + small: c for m, c in h.items()}
        if i == j:
            value[0] = 1
        metric.components[i, j] = metric.components[j, i] = value
    return metric


def incompatibility(grid: Grid, strain: Float[np.ndarray, "3 3 *grid"]) -> Float[np.ndarray, "3 3 *grid"]:
    """``inc_ij = eps_ikl eps_jmn d_k d_m strain_ln``: the Einstein tensor of ``delta + 2 strain`` to first order.

    Parameters
    ----------
    grid : Grid
    strain : array (3, 3, *grid)
        Symmetric; for Eulerian (Almansi) strain, whose metric is ``delta - 2 strain``, the sign is the opposite.
    """
    once = _curl(grid, _on(grid, strain, "strain"))
    return _curl(grid, once.swapaxes(0, 1)).swapaxes(0, 1)


def incompatibility_of_density(grid: Grid, density: Float[np.ndarray, "3 3 *grid"]) -> Float[np.ndarray, "3 3 *grid"]:
    """Kroener: ``inc_ij = (eps_ikl d_k alpha_lj + eps_jkl d_k alpha_li) / 2`` for ``alpha_ai = eps_ijk d_j beta_ak``.

    Disclinations add the symmetric part of their density.
    """
    half = _curl(grid, _on(grid, density, "density").swapaxes(0, 1)).swapaxes(0, 1)
    return (half + half.swapaxes(0, 1)) / 2


def _on(grid: Grid, field: object, name: str) -> np.ndarray:
    values = array_of(field, f"components of a {name}")
    if values.shape != (3, 3, *grid.shape):
        raise ShapeError(f"the {name} has shape {values.shape}; it should be {(3, 3, *grid.shape)}")
    return values


def _curl(grid: Grid, field: np.ndarray) -> np.ndarray:
    """``eps_ijk d_j field_ak`` of the second index."""
    out = np.zeros_like(field)
    for i, j, k in np.argwhere(epsilon(3)):
        out[:, i] += epsilon(3)[i, j, k] * grid.derivative(field[:, k], j)
    return out
