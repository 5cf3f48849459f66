"""Few points on the sphere that integrate products of three functions exactly: what the dense route samples on.

A product of functions of degrees L1 and L2, projected on degree L3, is exact when the rule integrates every polynomial
of degree D = L1 + L2 + L3: the integrand restricted to the sphere is one. Small degrees use rules invariant under the
rotations of the octahedron or icosahedron, larger ones Lebedev's, and beyond his tables Gauss-Legendre product grids.
Integrands of even parity need one point of each antipodal pair: half the points (:func:`paired_rule`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations, product

import numpy as np

# Imported here and not at the first call: construction of a layer is asked to take milliseconds.
import scipy.integrate
from jaxtyping import Float

from symmeter.representations import gauss_legendre_grid, lebedev_grid

__all__ = ["CubatureRule", "full_rule", "paired_rule", "product_rule"]

#: Degree of Lebedev's largest rule; SciPy has them from version 1.15 on.
_LARGEST_LEBEDEV = 131 if hasattr(scipy.integrate, "lebedev_rule") else 3
#: Lebedev rules whose negative weights would amplify rounding: a sum of |w| of 1.2 to 2.3 times the sphere.
_AMPLIFYING = (13, 25)
#: Angles of one point of the snub cube's orbit: both invariants of degrees 4 and 6 average to those of the sphere.
_SNUB_CUBE = (1.3008959706505812, 2.024602309410405)
#: Two orbits of 24 points (theta, phi, weight), then the weights of octahedron and cube: the eight invariants of the
#: octahedral rotations up to degree 12 fix these eight numbers. Found by Newton iteration.
_ORBITS = (
    (1.3850016419463638, 1.968760736666689, 0.2165582337634331),
    (2.4564514311783476, 0.33132251629616205, 0.20091041649817143),
)
_OCTAHEDRON, _CUBE = 0.17835969131022872, 0.1846206075274115


@dataclass(frozen=True, eq=False)
class CubatureRule:
    """Points and weights on the unit sphere.

    Attributes
    ----------
    points : array of shape (n, 3)
    weights : array of shape (n,)
        They sum to 4 pi; also for one point of each antipodal pair.
    degree : int
        Polynomials up to this degree are integrated exactly; even ones only, for a paired rule.
    paired : bool
        Whether each point stands for itself and its antipode.
    """

    points: Float[np.ndarray, "n 3"]
    weights: Float[np.ndarray, " n"]
    degree: int
    paired: bool = False

    def __len__(self) -> int:
        return len(self.weights)


def _octahedral_rotations() -> np.ndarray:
    out = []
    for order in permutations(range(3)):
        for signs in product((1.0, -1.0), repeat=3):
            m = np.zeros((3, 3))
            m[range(3), order] = signs
            if np.linalg.det(m) > 0:
                out.append(m)
    return np.array(out)


def _unit(theta: float, phi: float) -> np.ndarray:
    return np.array([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)])


def _snub_cube() -> tuple[np.ndarray, np.ndarray]:
    """24 equal weights, exact to degree 7 (McLaren 1963)."""
    return _octahedral_rotations() @ _unit(*_SNUB_CUBE), np.full(24, 4 * np.pi / 24)


def _icosahedral() -> tuple[np.ndarray, np.ndarray]:
    """Vertices and face centres of the icosahedron, 32 points, exact to degree 9."""
    golden = (1 + np.sqrt(5)) / 2
    signs = [np.array(s) for s in product((1.0, -1.0), repeat=2)]
    vertices = [np.roll([0, a, b * golden], k) for a, b in signs for k in range(3)]
    faces = [np.roll([0, a / golden, b * golden], k) for a, b in signs for k in range(3)]
    # The face centres that fit these vertices: their dual, with the roles of two axes exchanged.
    faces = [f[[1, 0, 2]] for f in faces] + [np.array(s) for s in product((1.0, -1.0), repeat=3)]
    p = np.array(vertices + faces)
    p /= np.linalg.norm(p, axis=1, keepdims=True)
    return p, 4 * np.pi * np.repeat([5 / 168, 27 / 840], [12, 20])


def _degree_12() -> tuple[np.ndarray, np.ndarray]:
    """62 points, exact to degree 12: two orbits of 24, the octahedron and the cube."""
    rotations = _octahedral_rotations()
    octahedron = np.concatenate([np.eye(3), -np.eye(3)])
    cube = np.array(list(product((1.0, -1.0), repeat=3))) / np.sqrt(3)
    orbits = [rotations @ _unit(theta, phi) for theta, phi, _ in _ORBITS]
    weights = np.repeat([_ORBITS[0][2], _ORBITS[1][2], _OCTAHEDRON, _CUBE], [24, 24, 6, 8])
    return np.concatenate([*orbits, octahedron, cube]), weights


def _lebedev(degree: int) -> tuple[np.ndarray, np.ndarray, int]:
    wanted = degree + (degree + 1) % 2
    grid = lebedev_grid(wanted + 2 if wanted in _AMPLIFYING else wanted)
    return grid.points, grid.weights, grid.degree


@lru_cache(maxsize=64)
def full_rule(degree: int) -> CubatureRule:
    """The rule with fewest points that we know for polynomials up to ``degree``.

    Examples
    --------
    >>> [len(full_rule(d)) for d in (3, 6, 9, 12, 15, 18)]
    [6, 24, 32, 62, 86, 146]
    """
    if degree <= 3:
        return CubatureRule(np.concatenate([np.eye(3), -np.eye(3)]), np.full(6, 4 * np.pi / 6), 3)
    for reach, make in ((6, _snub_cube), (9, _icosahedral), (12, _degree_12)):
        if degree <= reach:
            return CubatureRule(*make(), reach)
    return CubatureRule(*_lebedev(degree)) if degree <= _LARGEST_LEBEDEV else product_rule(degree)


@lru_cache(maxsize=64)
def paired_rule(degree: int) -> CubatureRule:
    """One point of every antipodal pair of a Lebedev rule, for even polynomials up to ``degree``.

    Examples
    --------
    >>> len(paired_rule(18)), len(paired_rule(24))
    (73, 133)
    """
    if degree > _LARGEST_LEBEDEV:
        # An even number of longitudes makes the product grid antipodal.
        grid = gauss_legendre_grid(degree, n_phi=degree + 1 + (degree + 1) % 2)
        points, weights, reach = grid.points, grid.weights, degree
    else:
        points, weights, reach = _lebedev(degree)
    first = np.where(np.abs(points[:, 2]) > 1e-9, points[:, 2], points[:, 1])
    first = np.where(np.abs(first) > 1e-9, first, points[:, 0])
    keep = first > 0
    return CubatureRule(points[keep], 2 * weights[keep], reach, paired=True)


def product_rule(degree: int, n_theta: int | None = None, n_phi: int | None = None) -> CubatureRule:
    """Gauss-Legendre latitudes times even longitudes: floor(D/2)+1 and D+1 of them unless told otherwise."""
    grid = gauss_legendre_grid(degree, n_theta=n_theta, n_phi=n_phi)
    return CubatureRule(grid.points, grid.weights, grid.degree)
