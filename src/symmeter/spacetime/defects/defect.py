"""A defect of the catalogue: its fields in closed form, exactly and on grids, its charges, and what loops find."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError
from symmeter.spacetime.defects.conventions import Convention
from symmeter.spacetime.defects.cubic_complex import CubicComplex
from symmeter.spacetime.defects.exact_geometry import ExactMetricAffine
from symmeter.spacetime.defects.field_strengths import Curvature, Nonmetricity, Torsion
from symmeter.spacetime.defects.grid_geometry import GridMetricAffine
from symmeter.spacetime.defects.grids import Grid
from symmeter.spacetime.defects.holonomy import Form, Frank, line_integral, transport
from symmeter.spacetime.defects.irreducible_parts import Frame
from symmeter.spacetime.defects.loops import Loop
from symmeter.spacetime.defects.metric_affine import MetricAffine

__all__ = ["Core", "Defect"]

#: Pieces of a loop to its distance from the core.
_PIECES = 200
#: Steps of differences to the same distance.
_STEP = 5e-3
#: Central differences of sixth order.
_SIXTH = ((1, 45 / 60), (2, -9 / 60), (3, 1 / 60))


@dataclass(frozen=True)
class Core:
    """Where a field is singular: a point, or the straight line through it.

    Attributes
    ----------
    point : tuple of float
    direction : tuple of float, optional
    radius : float
        Inside which the field is smoothed.
    """

    point: tuple[float, ...]
    direction: tuple[float, ...] | None = None
    radius: float = 0.0


@dataclass(frozen=True, eq=False)
class Defect:
    """A classical solution.

    Attributes
    ----------
    name, gauge : str
    n : int
        Dimensions.
    coframe : callable
        Orthonormal ``e^a_i`` at points (k, n): (n, n, k).
    crystal_coframe : callable
        ``E^A_i`` likewise.
    cores : tuple of Core
    texts : mapping
        What the exact geometry is made from.
    charges : mapping
        Exact values of what can be measured far from the cores; per length for straight lines.
    convention : Convention

    Examples
    --------
    >>> from symmeter.spacetime.defects import circle, wedge_disclination
    >>> d = wedge_disclination(a=0.9)
    >>> round(d.frank(circle((0, 0, 0), 2.0)).angle / (2 * np.pi), 9)
    0.1
    """

    name: str
    gauge: str
    n: int
    coframe: Form
    crystal_coframe: Form
    cores: tuple[Core, ...]
    texts: Mapping[str, Any]
    charges: Mapping[str, Any]
    convention: Convention = field(default_factory=Convention)

    # -- exact ---------------------------------------------------------------------------------------------------------

    @cached_property
    def exact(self) -> ExactMetricAffine:
        """The geometry in closed form, with singular cores.

        Raises
        ------
        InputError
            Where there is no closed form by rational functions.
        """
        if not self.texts:
            raise InputError(f"the {self.name} has no closed form that is rational in coordinates; put it on a grid")
        options = {**self.texts, "nonmetricity_convention": self.convention.nonmetricity}
        found = MetricAffine(gauge=self.gauge, **options)
        assert isinstance(found, ExactMetricAffine)
        return found

    @property
    def torsion(self) -> Torsion:
        """In closed form."""
        return self.exact.torsion

    @property
    def nonmetricity(self) -> Nonmetricity:
        """In closed form."""
        return self.exact.nonmetricity

    def riemann(self) -> Curvature:
        """Of the metric, in closed form: zero away from cores, for lines."""
        return self.exact.riemann()

    # -- loops ---------------------------------------------------------------------------------------------------------

    def _clearance(self, loop: Loop) -> float:
        """The scale on which fields vary along a loop: its distance from the nearest core."""
        nearest = loop.length
        for core in self.cores:
            distance = loop.distance_to(core.point, core.direction)
            if distance <= max(core.radius, 1e-9 * loop.length):
                raise InputError(
                    f"the loop passes through the core at {core.point} (radius {core.radius:g}, distance "
                    f"{distance:.2g}); take a larger loop"
                )
            nearest = min(nearest, distance)
        return nearest

    def burgers(self, loop: Loop | np.ndarray) -> Float[np.ndarray, " n"]:
        """``oint E^A`` around a loop.

        Parameters
        ----------
        loop : Loop, or array (m, n)

        Raises
        ------
        InputError
            For a loop through a core.
        """
        closed = Loop.of(loop, self.n)
        found = line_integral(self.crystal_coframe, closed, self._clearance(closed) / 20)
        return self.convention.sign * found

    def frank(self, loop: Loop | np.ndarray) -> Frank:
        """Rotation by the Levi-Civita connection around a loop, in the coframe at its first corner.

        Parameters
        ----------
        loop : Loop, or array (m, n)

        Raises
        ------
        InputError
            For a loop through a core.
        """
        closed = Loop.of(loop, self.n)
        clear = self._clearance(closed)
        form = levi_civita_of(self.coframe, _STEP * clear)
        return Frank.of(transport(form, closed, clear / _PIECES), closed.points[0])

    # -- grids ---------------------------------------------------------------------------------------------------------

    def on_grid(
        self,
        shape: Sequence[int],
        spacing: float | Sequence[float],
        origin: Sequence[float] | None = None,
        method: str = "finite-difference",
        periodic: bool = False,
    ) -> GridMetricAffine:
        """Geometry on a grid, by default with its middle between points at the origin.

        Parameters
        ----------
        shape : sequence of int
            One point along a direction in which nothing changes.
        spacing : float or sequence of float
        origin : sequence of float, optional
        method : {"finite-difference", "spectral"}
        periodic : bool
        """
        grid = self._grid(shape, spacing, origin, method, periodic or method == "spectral")
        points = grid.points.reshape(self.n, -1).T
        e, E = self.coframe(points), self.crystal_coframe(points)
        fields = {"e": e, "E": E}
        if not all(np.isfinite(f).all() for f in fields.values()):
            raise InputError("a grid point lies on a singular core; give the defect a core radius or shift the origin")
        e, E = (f.reshape(self.n, self.n, *grid.shape) for f in (e, E))
        given: dict[str, Any] = {
            "weitzenboeck": {"coframe": e},
            "levi_civita": {"coframe": e},
            "coincident": {"metric": np.einsum("ai...,aj...->ij...", e, e)},
            "crystal": {"frame": E, "metric": np.einsum("ai...,aj...->ij...", e, e)},
        }[self.gauge]
        return GridMetricAffine(
            gauge=self.gauge,
            spacing=grid.spacing,
            origin=grid.origin,
            method=method,
            periodic=grid.periodic,
            nonmetricity_convention=self.convention.nonmetricity,
            burgers_convention=self.convention.burgers,
            **given,
        )

    def _grid(self, shape: Any, spacing: Any, origin: Any, method: str, periodic: bool) -> Grid:
        if isinstance(shape, str) or len(shape) != self.n:
            raise ShapeError(f"a grid of {len(shape)} directions for a defect in {self.n}")
        h = np.broadcast_to(np.asarray(spacing, float), (self.n,))
        middle = [0.0 if k == 1 else -(k - 1) / 2 * s for k, s in zip(shape, h)]
        return Grid.of(shape, spacing, method, periodic, middle if origin is None else origin)

    def discrete(
        self, nodes: Sequence[int], spacing: float | Sequence[float], origin: Sequence[float] | None = None
    ) -> CubicComplex:
        """The crystal coframe on edges, exact around singular cores that no edge meets."""
        h = np.broadcast_to(np.asarray(spacing, float), (self.n,))
        start = [-(k - 1) / 2 * s for k, s in zip(nodes, h)] if origin is None else origin
        cores = [(core.point, core.direction) for core in self.cores if core.radius == 0]
        return CubicComplex.of(self.crystal_coframe, nodes, spacing, start, cores=cores)

    def with_convention(self, convention: Convention) -> Defect:
        """The same defect in other signs and factors."""
        return replace(self, convention=convention)

    def __repr__(self) -> str:
        shown = ", ".join(f"{k} {v:.6g}" if isinstance(v, float) else f"{k} {v}" for k, v in self.charges.items())
        return f"<{self.name}, gauge {self.gauge}: {shown}>"


def levi_civita_of(coframe: Form, step: float) -> Callable[[np.ndarray], np.ndarray]:
    """Components (n, n, n, k) of the Levi-Civita connection of a coframe that is known everywhere, by differences."""

    def form(points: np.ndarray) -> np.ndarray:
        e = coframe(points)
        n = len(e)
        d = np.zeros((n, *e.shape))
        for i in range(n):
            for k, weight in _SIXTH:
                shift = k * step * np.eye(n)[i]
                d[i] += weight / step * (coframe(points + shift) - coframe(points - shift))
        curl = np.einsum("iajp->aijp", d) - np.einsum("jaip->aijp", d)
        X = np.moveaxis(np.linalg.inv(np.moveaxis(e, -1, 0)), 0, -1)
        de = np.einsum("aijp,ibp,jcp->abcp", curl, X, X)
        return -np.einsum("abcp,cip->abip", Frame(n).contortion(de), e)

    return form
