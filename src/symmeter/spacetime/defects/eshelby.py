"""A sphere that is too large for its hole in an infinite isotropic solid: Eshelby's solution, and its geometry.

Eshelby, Proc. R. Soc. A 241 (1957); Mura, Micromechanics of Defects in Solids. Displacement is ``k r`` inside and
``k R^3 / r^2`` outside, with ``k = misfit (1 + nu) / (3 (1 - nu))``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.spacetime.defects.checked_numbers import finite
from symmeter.spacetime.defects.defect import Defect

__all__ = ["EshelbySphere", "eshelby_sphere"]


@dataclass(frozen=True)
class EshelbySphere:
    """Elastic fields of a misfitting sphere at the origin, to first order in the misfit.

    Attributes
    ----------
    misfit : float
        Stress-free strain of the sphere in each direction.
    radius : float
    nu : float
        Poisson's ratio.
    mu : float
        Shear modulus; stresses have its unit.

    Examples
    --------
    >>> s = eshelby_sphere(0.01, radius=2.0, nu=0.25)
    >>> round(s.constraint, 9), s.displacement(np.array([[4.0, 0.0, 0.0]])).round(9).tolist()
    (0.005555556, [[0.002777778, 0.0, 0.0]])
    """

    misfit: float
    radius: float
    nu: float = 0.3
    mu: float = 1.0

    def __post_init__(self) -> None:
        for name in ("misfit", "radius", "nu", "mu"):
            finite(getattr(self, name), name)
        if not (self.radius > 0 and -1 < self.nu < 0.5 and self.mu > 0):
            raise InputError(
                "an Eshelby sphere needs positive radius and shear modulus and Poisson's ratio between -1 and 1/2; got "
                f"{self.radius}, {self.mu} and {self.nu}"
            )

    @property
    def constraint(self) -> float:
        """Strain of the sphere in its hole, in each direction."""
        return self.misfit * (1 + self.nu) / (3 * (1 - self.nu))

    @property
    def misfit_volume(self) -> float:
        """``4 pi R^3 misfit``: stress-free volume in excess of the hole, to first order."""
        return 4 * np.pi * self.radius**3 * self.misfit

    @property
    def swelling(self) -> float:
        """Flux of the displacement through any closed surface around the sphere, in an infinite solid."""
        return 4 * np.pi * self.radius**3 * self.constraint

    def displacement(self, points: Float[np.ndarray, "k 3"]) -> Float[np.ndarray, "k 3"]:
        """At points."""
        r = np.linalg.norm(points, axis=1)
        factor = (self.radius / np.maximum(r, self.radius)) ** 3
        return self.constraint * factor[:, None] * points

    def strain(self, points: Float[np.ndarray, "k 3"]) -> Float[np.ndarray, "3 3 k"]:
        """Total strain at points; the elastic one inside is less by the misfit."""
        r = np.linalg.norm(points, axis=1)
        inside = r <= self.radius
        out = np.zeros((3, 3, len(points)))
        unit = points.T / np.maximum(r, 1e-300)
        far = self.constraint * (self.radius / np.maximum(r, self.radius)) ** 3
        for i in range(3):
            for j in range(3):
                same = float(i == j)
                out[i, j] = np.where(inside, same * self.constraint, far * (same - 3 * unit[i] * unit[j]))
        return out

    def stress(self, points: Float[np.ndarray, "k 3"]) -> Float[np.ndarray, "3 3 k"]:
        """At points, in the unit of mu."""
        elastic = self.strain(points)
        inside = np.linalg.norm(points, axis=1) <= self.radius
        for i in range(3):
            elastic[i, i] -= self.misfit * inside
        lam = 2 * self.mu * self.nu / (1 - 2 * self.nu)
        trace = np.einsum("iik->k", elastic)
        return 2 * self.mu * elastic + lam * trace * np.eye(3)[:, :, None]

    @property
    def pressure(self) -> float:
        """Inside."""
        return -float(self.stress(np.zeros((1, 3)))[0, 0, 0])

    def geometry(self, width: float) -> Defect:
        """The stress-free metric of matter, conformally flat: a point defect spread over the sphere.

        Parameters
        ----------
        width : float
            Over which the misfit falls from its value inside to nothing.
        """
        from symmeter.spacetime.defects.catalogue import _unit

        log = float(np.log1p(self.misfit))

        def coframe(points: np.ndarray) -> np.ndarray:
            r = np.linalg.norm(points, axis=1)
            sigma = log * 0.5 * (1 - np.tanh((r - self.radius) / width))
            return _unit(points, 3) * np.exp(sigma)

        # The volume of the smooth profile, along the radius.
        x, w = np.polynomial.legendre.leggauss(400)
        reach = self.radius + 20 * width
        r, w = reach * (x + 1) / 2, reach * w / 2
        profile = log * 0.5 * (1 - np.tanh((r - self.radius) / width))
        charges = {
            "volume": float(4 * np.pi * (w * r**2) @ np.expm1(3 * profile)),
            "volume_sharp": float(((1 + self.misfit) ** 3 - 1) * 4 / 3 * np.pi * self.radius**3),
        }
        return Defect("Eshelby sphere", "coincident", 3, coframe, lambda p: _unit(p, 3), (), {}, charges)


def eshelby_sphere(misfit: float = 0.01, radius: float = 1.0, nu: float = 0.3, mu: float = 1.0) -> EshelbySphere:
    """A sphere with a stress-free strain, in an infinite isotropic solid."""
    return EshelbySphere(misfit, radius, nu, mu)
