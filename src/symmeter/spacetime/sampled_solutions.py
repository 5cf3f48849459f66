"""Solutions given by numbers on a grid of two variables: how well they solve a system, what they conserve, copies.

Derivatives are those of a quintic spline. A symmetry maps solutions to solutions; :meth:`SampledSolution.moved` makes
the copy, whose residual must stay as small.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from symmeter.spacetime.conservation import ConservationLaw
from symmeter.spacetime.polynomials import Poly, exponents
from symmeter.spacetime.systems import PDESystem
from symmeter.spacetime.vector_fields import VectorField

__all__ = ["SampledSolution"]

_DEGREE = 5
_NEWTON = 30


@dataclass(frozen=True, eq=False)
class SampledSolution:
    """Values of the unknowns on a grid.

    Attributes
    ----------
    system : PDESystem
        In two independent variables.
    first, second : array of shape (n,), array of shape (m,)
        Ascending values of the independent variables, in the order of the system: t and x.
    values : mapping from str to array of shape (n, m)
        By unknown.
    parameters : mapping from str to float
        Numbers for the parameters of the system.

    Examples
    --------
    >>> t, x = np.linspace(0, 1, 81), np.linspace(-12, 16, 561)
    >>> soliton = 2 / np.cosh(x - 4 * t[:, None]) ** 2
    >>> kdv = PDESystem("u_t + 6*u*u_x + u_xxx")
    >>> waves = SampledSolution(kdv, t, x, {"u": soliton})
    >>> bool(waves.residual() < 1e-4), bool(waves.drift(kdv.conservation_laws(order=1)[1]) < 1e-8)
    (True, True)
    """

    system: PDESystem
    first: Float[np.ndarray, " n"]
    second: Float[np.ndarray, " m"]
    values: Mapping[str, Float[np.ndarray, "n m"]]
    parameters: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        space = self.system.space
        if len(space.independent) != 2:
            raise InputError(f"the system has {len(space.independent)} independent variables; grids of two are read")
        if wrong := sorted(set(self.values) ^ set(space.dependent)):
            raise InputError(f"give values for each of {', '.join(space.dependent)}; {wrong[0]!r} does not match")
        for name, axis in zip(space.independent, (self.first, self.second)):
            if np.ndim(axis) != 1 or len(axis) < 2 * _DEGREE + 2 or not np.all(np.diff(axis) > 0):
                raise InputError(f"{name} must be an ascending list of at least {2 * _DEGREE + 2} numbers")
        for name, u in self.values.items():
            if np.iscomplexobj(u):
                raise InputTypeError(f"{name} has complex values; give its real and imaginary parts as two unknowns")
            if np.shape(u) != (len(self.first), len(self.second)):
                raise ShapeError(
                    f"{name} has shape {np.shape(u)}; the grid has {len(self.first)} x {len(self.second)} points"
                )
            if not np.isfinite(u).all():
                raise NonFiniteError(f"{name} has values that are not finite")

    @cached_property
    def _splines(self) -> list[Any]:
        from scipy.interpolate import RectBivariateSpline

        return [
            RectBivariateSpline(self.first, self.second, self.values[name], kx=_DEGREE, ky=_DEGREE)
            for name in self.system.space.dependent
        ]

    def evaluate(self, p: Poly) -> Float[np.ndarray, "n m"]:
        """A differential polynomial at every point of the grid.

        Raises
        ------
        InputError
            For derivatives beyond the fifth by one variable, and parameters without a number.
        """
        t, x = np.meshgrid(self.first, self.second, indexing="ij")
        return self._at(p, t, x)

    def _at(self, p: Poly, t: np.ndarray, x: np.ndarray) -> np.ndarray:
        space = self.system.space
        known: dict[int, np.ndarray] = {}

        def value(v: int) -> np.ndarray:
            if v not in known:
                known[v] = found(v)
            return known[v]

        def found(v: int) -> np.ndarray:
            variable = space.variables[v]
            if variable.kind == "independent":
                return (t, x)[variable.number]
            if variable.kind == "parameter":
                given = self.parameters or {}
                if variable.name not in given:
                    raise InputError(f"{variable.name} has no number; give parameters={{{variable.name!r}: ...}}")
                return np.asarray(float(given[variable.name]))
            if variable.kind == "jet":
                a, b = variable.index
                if max(a, b) > _DEGREE:
                    raise InputError(f"{variable.name} is beyond the fifth derivative, which splines of degree 5 have")
                return self._splines[variable.number].ev(t, x, dx=a, dy=b)
            f = space.functions[v]
            inner = self._at(f.argument, t, x)
            if f.kind.startswith("inverse"):
                return 1 / inner
            if f.kind == "root":
                return inner ** float(f.key[-1])
            if f.kind.startswith("free"):
                raise InputError(f"{variable.name} is an arbitrary function; numbers need a formula for it")
            act: Callable[[np.ndarray], np.ndarray] = getattr(np, f.kind)
            return act(inner)

        out = np.zeros(np.broadcast(t, x).shape)
        for m, c in p.items():
            term: Any = float(c)
            for v, e in exponents(m):
                term = term * value(v) ** e
            out = out + term
        return out

    def _inside(self, values: np.ndarray) -> np.ndarray:
        """Away from the ends, where the derivatives of a spline are poor."""
        n, m = (max(_DEGREE, len(a) // 20) for a in (self.first, self.second))
        return values[n:-n, m:-m]

    def residual(self) -> float:
        """The largest root mean square of an equation inside the grid, over that of its terms.

        Returns
        -------
        float
            0 for a solution; about 1 for other functions.
        """
        worst = 0.0
        for equation in self.system.equations:
            terms = [self._inside(self.evaluate({m: c})) for m, c in equation.items()]
            scale = np.sqrt(np.mean(np.sum(np.square(terms), axis=0)))
            worst = max(worst, float(np.sqrt(np.mean(np.sum(terms, axis=0) ** 2)) / scale) if scale else 0.0)
        return worst

    def integrals(self, p: Poly) -> Float[np.ndarray, " n"]:
        """The integral over the second variable, at each value of the first."""
        return np.trapezoid(self.evaluate(p), self.second, axis=1)

    def drift(self, law: ConservationLaw) -> float:
        """How far the integral of a density changes, over the integral of its absolute value.

        It is conserved where nothing flows through the ends of the grid.
        """
        density = law.density
        total = self.integrals(density)
        scale = float(np.trapezoid(np.abs(self.evaluate(density)), self.second, axis=1).max())
        return float(np.ptp(total) / scale) if scale else 0.0

    def moved(self, field: VectorField, eps: float) -> SampledSolution:
        """The solution that the flow of a symmetry makes of this one, on a grid of as many points inside its image.

        Parameters
        ----------
        field : VectorField
        eps : float

        Raises
        ------
        InputError
            Where the flow folds the graph, or moves it off the grid.
        """
        middle = [float(a[len(a) // 2]) for a in (self.first, self.second)]
        corners = np.array([[self.first[0], self.second[0]], [self.first[-1], self.second[-1]], middle])
        image = self._images(field, eps, corners[:, 0], corners[:, 1])[0]
        half = 0.5 * np.abs(image[1] - image[0])
        for share in (0.8, 0.6, 0.45, 0.3, 0.2, 0.1):
            axes = [
                np.linspace(c - share * h, c + share * h, len(old))
                for c, h, old in zip(image[2], half, (self.first, self.second))
            ]
            found = self._solved(field, eps, *np.meshgrid(*axes, indexing="ij"))
            if found is not None:
                values = dict(zip(self.system.space.dependent, found))
                return SampledSolution(self.system, axes[0], axes[1], values, self.parameters)
        raise InputError(f"the flow of {field} for {eps:g} leaves no rectangle inside the image of the grid")

    def _images(self, field: VectorField, eps: float, t: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where points of the graph go: new variables (.., 2) and new unknowns (.., q)."""
        u = [s.ev(t, x) for s in self._splines]
        after = field.flow(np.stack([t, x, *u], axis=-1), eps)
        return after[..., :2], after[..., 2:]

    def _solved(self, field: VectorField, eps: float, t: np.ndarray, x: np.ndarray) -> list[np.ndarray] | None:
        """Values of the moved solution at (t, x), by Newton's method for the points that come to lie there."""
        back = field.flow(np.stack([t, x, *(s.ev(t, x) for s in self._splines)], axis=-1), -eps)
        a, b = back[..., 0].copy(), back[..., 1].copy()
        ends = [(ax[0], ax[-1]) for ax in (self.first, self.second)]
        steps = [1e-5 * (high - low) for low, high in ends]
        for _ in range(_NEWTON):
            a, b = (np.clip(v, low, high) for v, (low, high) in zip((a, b), ends))
            here = self._images(field, eps, a, b)[0]
            miss = here - np.stack([t, x], axis=-1)
            by_a = (self._images(field, eps, a + steps[0], b)[0] - here) / steps[0]
            by_b = (self._images(field, eps, a, b + steps[1])[0] - here) / steps[1]
            determinant = by_a[..., 0] * by_b[..., 1] - by_a[..., 1] * by_b[..., 0]
            if np.any(np.abs(determinant) < 1e-12):
                return None
            a = a - (miss[..., 0] * by_b[..., 1] - miss[..., 1] * by_b[..., 0]) / determinant
            b = b - (miss[..., 1] * by_a[..., 0] - miss[..., 0] * by_a[..., 1]) / determinant
            if np.abs(miss).max() < 1e-12 * max(1.0, float(np.abs(t).max()), float(np.abs(x).max())):
                break
        outside = any(np.any((v < low) | (v > high)) for v, (low, high) in zip((a, b), ends))
        here, u = self._images(field, eps, a, b)
        if outside or np.abs(here - np.stack([t, x], axis=-1)).max() > 1e-9:
            return None
        return [u[..., k] for k in range(u.shape[-1])]
