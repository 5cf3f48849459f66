"""Metric-affine geometry on grids.

A flat connection is never differentiated as such: torsion is the curl of the crystal coframe ``E = Lambda e`` and
nonmetricity the gradient of its metric ``G_AB``, both with a few transforms; products with frames come last. The
connection itself, its curvature and the Bianchi identities are computed when they are asked for, in the orthonormal
coframe, so that they test the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, NonFiniteError, ShapeError, UnknownNameError
from symmeter.spacetime.defects.checked_numbers import array_of
from symmeter.spacetime.defects.cubic_complex import CubicComplex
from symmeter.spacetime.defects.field_strengths import Curvature, Nonmetricity, Torsion
from symmeter.spacetime.defects.grid_forms import (
    cholesky_coframe,
    exterior,
    full_two_form,
    inverses,
    matrix_field,
    pairs,
    wedge,
    wedge_two,
)
from symmeter.spacetime.defects.grids import Grid
from symmeter.spacetime.defects.holonomy import Frank, GridForm, line_integral, transport
from symmeter.spacetime.defects.irreducible_parts import Frame
from symmeter.spacetime.defects.loops import Loop
from symmeter.spacetime.defects.metric_affine import MetricAffine
from symmeter.spacetime.defects.regions import Box, SplittingReport, boundary_flux, integral, splitting_report

__all__ = ["GridMetricAffine"]

#: A connection counts as flat up to this part of its own size squared.
_FLAT = 1e-6


class GridMetricAffine(MetricAffine):
    """Geometry of arrays; see :class:`~symmeter.spacetime.defects.MetricAffine`.

    Attributes
    ----------
    grid : Grid
    coframe : array (n, n, *grid)
        Orthonormal ``e^a_i``.
    crystal_coframe : array (n, n, *grid) or None
        ``E^A_i``; None where the connection is not known to be flat.
    """

    def __init__(
        self,
        coframe: Any = None,
        gauge: str = "general",
        Lambda: Any = None,
        *,
        metric: Any = None,
        frame: Any = None,
        connection: Any = None,
        spacing: float | Sequence[float] | None = None,
        method: str = "spectral",
        periodic: bool | None = None,
        origin: Sequence[float] | None = None,
        nonmetricity_convention: str = "-1/2 D g",
        burgers_convention: str = "coframe",
        coordinates: str = "",
        functions: str = "",
        parameters: str = "",
    ) -> None:
        if coordinates or functions or parameters:
            raise InputError(
                "coordinates, functions and parameters are of exact fields, given as text; these are arrays"
            )
        given = {"coframe": coframe, "Lambda": Lambda, "metric": metric, "frame": frame, "connection": connection}
        self._take(gauge, given, nonmetricity_convention, burgers_convention)
        names = {"Lambda": "Lambda", "coframe": "the coframe", "metric": "the metric", "frame": "the crystal coframe"}
        fields = {k: matrix_field(given[k], v) for k, v in names.items() if given[k] is not None}
        shapes = {k: v.shape for k, v in fields.items()}
        if len(set(shapes.values())) > 1:
            raise ShapeError("shapes differ: " + ", ".join(f"{names[k]} has {s}" for k, s in shapes.items()))
        first = next(iter(fields.values()))
        self.n = len(first)
        self.grid = Grid.of(first.shape[2:], spacing, method, periodic, origin)
        if self.grid.periodic:
            for key, value in fields.items():
                self.grid.check_periodic(value, names[key])
        flat = {k: v.reshape(self.n, self.n, -1) for k, v in fields.items()}
        self._set(gauge, flat, connection)

    def _set(self, gauge: str, flat: dict[str, np.ndarray], connection: Any) -> None:
        shape, n = self.grid.shape, self.n
        self._connection: np.ndarray | None = None
        self._E: np.ndarray | None = None
        self._e: np.ndarray
        if gauge in ("coincident", "crystal"):
            unit = np.broadcast_to(np.eye(n)[..., None], (n, n, int(np.prod(shape))))
            self._e = cholesky_coframe(flat.get("metric", unit), shape)
            self._E = flat.get("frame", unit)
            if gauge == "crystal":
                inverses(self._E, "the crystal coframe", shape)
        else:
            self._e = flat["coframe"]
            inverses(self._e, "the coframe", shape)
            if gauge == "weitzenboeck":
                self._E = self._e
            elif "Lambda" in flat:
                inverses(flat["Lambda"], "Lambda", shape)
                self._E = np.einsum("Abp,bip->Aip", flat["Lambda"], self._e)
            elif connection is not None:
                self._connection = self._given_connection(connection)
                if gauge == "general":
                    self._check_flat()

    def _given_connection(self, connection: Any) -> np.ndarray:
        n = self.n
        omega = array_of(connection, "components of a connection")
        if omega.shape != (n, n, n, *self.grid.shape):
            raise ShapeError(f"the connection has shape {omega.shape}; it should be {(n, n, n, *self.grid.shape)}")
        if not np.isfinite(omega).all():
            raise NonFiniteError("the connection has NaN or infinity")
        if self.grid.periodic:
            self.grid.check_periodic(omega, "the connection")
        return omega.reshape(n, n, n, -1)

    def _check_flat(self) -> None:
        size = self.curvature().largest
        scale = float(np.abs(self._omega).max()) ** 2 + 1e-300
        if size > _FLAT * max(scale, 1.0):
            raise InputError(
                f"the connection is not flat: its curvature reaches {size:.3g}, so this is not general teleparallel; "
                "use gauge='metric_affine'"
            )

    # -- frames --------------------------------------------------------------------------------------------------------

    def _open(self, field: np.ndarray) -> np.ndarray:
        return field.reshape(*field.shape[:-1], *self.grid.shape)

    @property
    def coframe(self) -> Float[np.ndarray, "n n *grid"]:
        """Orthonormal ``e^a_i``."""
        return self._open(self._e)

    @property
    def crystal_coframe(self) -> Float[np.ndarray, "n n *grid"]:
        """``E^A_i``, whose torsion is its curl.

        Raises
        ------
        InputError
            Where the connection is not known as ``Lambda^-1 d Lambda``.
        """
        if self._E is None:
            raise InputError(f"gauge {self.gauge!r} has no crystal coframe: the connection is not given by a Lambda")
        return self._open(self._E)

    @cached_property
    def _inverse(self) -> tuple[np.ndarray, np.ndarray]:
        return inverses(self._e, "the coframe", self.grid.shape)

    @property
    def _X(self) -> np.ndarray:
        """``X_a^i``, first index i."""
        return self._inverse[0]

    @cached_property
    def _Lambda(self) -> np.ndarray:
        assert self._E is not None
        return np.einsum("Aip,iap->Aap", self._E, self._X)

    @cached_property
    def _Lambda_inverse(self) -> np.ndarray:
        return inverses(self._Lambda, "Lambda", self.grid.shape)[0]

    @cached_property
    def volume(self) -> Float[np.ndarray, "*grid"]:
        """``sqrt(det g)``."""
        return np.abs(self._inverse[1]).reshape(self.grid.shape)

    @cached_property
    def metric(self) -> Float[np.ndarray, "n n *grid"]:
        """``g_ij``."""
        return self._open(np.einsum("aip,ajp->ijp", self._e, self._e))

    @cached_property
    def crystal_metric(self) -> Float[np.ndarray, "n n *grid"]:
        """``G_AB``, of the crystal coframe."""
        if self._E is None:
            return self._open(np.broadcast_to(np.eye(self.n)[..., None], self._e.shape))
        return self._open(np.einsum("aAp,aBp->ABp", self._Lambda_inverse, self._Lambda_inverse))

    @property
    def weights(self) -> Float[np.ndarray, "*grid"]:
        """Volumes of the points in the metric."""
        return self.volume * self.grid.weights()

    # -- connection ----------------------------------------------------------------------------------------------------

    @cached_property
    def _de(self) -> np.ndarray:
        """``de^a`` in orthonormal components (a, b, c)."""
        return self._orthonormal(full_two_form(exterior(self.grid, self._e, 1), self.n))

    def _orthonormal(self, two: np.ndarray) -> np.ndarray:
        half = np.einsum("aijp,ibp->abjp", two, self._X)
        return np.einsum("abjp,jcp->abcp", half, self._X)

    @cached_property
    def _levi_civita(self) -> np.ndarray:
        """``omega~_ab i``."""
        contortion = Frame(self.n).contortion(self._de)
        return -np.einsum("abcp,cip->abip", contortion, self._e)

    @cached_property
    def _omega(self) -> np.ndarray:
        """``omega_ab i`` in the orthonormal coframe."""
        if self._connection is not None:
            return self._connection
        if self._E is None:
            return self._levi_civita
        if self._E is self._e:
            return np.zeros((self.n, *self._e.shape))
        return np.einsum("aAp,Abip->abip", self._Lambda_inverse, exterior(self.grid, self._Lambda, 0))

    @property
    def connection(self) -> Float[np.ndarray, "n n n *grid"]:
        """``omega^a_b i`` in the orthonormal coframe."""
        return self._open(self._omega)

    @property
    def levi_civita_connection(self) -> Float[np.ndarray, "n n n *grid"]:
        """``omega~^a_b i`` in the orthonormal coframe."""
        return self._open(self._levi_civita)

    def _field_curvature(self, omega: np.ndarray) -> np.ndarray:
        return exterior(self.grid, omega, 1) + wedge(omega, omega, "ac,cb->ab")

    @cached_property
    def _T(self) -> np.ndarray:
        if self._E is None and self._connection is None:
            return np.zeros((self.n, *self._e.shape))
        if self._E is None:
            two = exterior(self.grid, self._e, 1) + wedge(self._omega, self._e, "ab,b->a")
            return self._orthonormal(full_two_form(two, self.n))
        if self._E is self._e:
            return self._de
        two = full_two_form(exterior(self.grid, self._E, 1), self.n)
        return self._orthonormal(np.einsum("aAp,Aijp->aijp", self._Lambda_inverse, two))

    @cached_property
    def _Q(self) -> np.ndarray:
        if (self._E is None and self._connection is None) or self._E is self._e:
            return np.zeros((self.n, *self._e.shape))
        if self._E is None:
            sym = (self._omega + self._omega.swapaxes(0, 1)) / 2
            return np.einsum("abip,icp->abcp", sym, self._X)
        G = self.crystal_metric.reshape(self.n, self.n, -1)
        dG = np.empty((self.n, self.n, self.n, G.shape[-1]))
        for a in range(self.n):
            for b in range(a, self.n):
                dG[a, b] = dG[b, a] = exterior(self.grid, G[a, b], 0)
        half = np.einsum("ABip,icp->ABcp", -0.5 * dG, self._X)
        half = np.einsum("ABcp,Aap->aBcp", half, self._Lambda)
        return np.einsum("aBcp,Bbp->abcp", half, self._Lambda)

    # -- what there is -------------------------------------------------------------------------------------------------

    @cached_property
    def torsion(self) -> Torsion:
        """``T_abc`` in the orthonormal coframe."""
        return Torsion(self._open(self._T), Frame(self.n), weights=self.weights)

    @cached_property
    def nonmetricity(self) -> Nonmetricity:
        """``Q_abc`` in the orthonormal coframe, in the convention that was chosen."""
        return Nonmetricity(self._open(self._Q) * float(self.convention.factor), Frame(self.n), self.weights)

    @cached_property
    def _riemann(self) -> Curvature:
        return self._curvature_of(self._levi_civita)

    def _curvature_of(self, omega: np.ndarray) -> Curvature:
        two = full_two_form(self._field_curvature(omega), self.n)
        half = np.einsum("abijp,icp->abcjp", two, self._X)
        return Curvature(self._open(np.einsum("abcjp,jdp->abcdp", half, self._X)), Frame(self.n))

    def riemann(self) -> Curvature:
        """Curvature of the Levi-Civita connection, whatever the gauge."""
        return self._riemann

    def scalar_curvature(self) -> Float[np.ndarray, "*grid"]:
        """``riemann().scalar()`` alone, in a small part of the memory."""
        omega, X = self._levi_civita, self._X
        total = np.zeros(omega.shape[-1])
        for a, b in pairs(self.n):
            two = exterior(self.grid, omega[a, b], 1)
            for k, (i, j) in enumerate(pairs(self.n)):
                square = sum(omega[a, c, i] * omega[c, b, j] - omega[a, c, j] * omega[c, b, i] for c in range(self.n))
                total += 2 * (two[k] + square) * (X[i, a] * X[j, b] - X[j, a] * X[i, b])
        return self._open(total)

    def curvature(self) -> Curvature:
        """Curvature of the connection itself: zero, but for the error of the grid, in teleparallel geometry."""
        return self._curvature_of(self._omega)

    @cached_property
    def _L(self) -> np.ndarray:
        return Frame(self.n).distortion(self._T, self._Q)

    @property
    def distortion(self) -> Float[np.ndarray, "n n n *grid"]:
        """``L_abc = omega_abc - omega~_abc``, made of torsion and nonmetricity."""
        return self._open(self._L)

    def flatness_scalar(self) -> Float[np.ndarray, "*grid"]:
        """``-div(L^ab_b - L^ba_b) - (L^a_ea L^eb_b - L^a_eb L^eb_a)``: the Riemannian scalar of a flat connection."""
        frame = Frame(self.n)
        flow = np.einsum("iap,ap->ip", self._X, frame.divergence_vector(self._L))
        density = self._open(flow) * self.volume
        divergence = sum(self.grid.derivative(density[i], i) for i in range(self.n)) / self.volume
        return self._open(frame.quadratic_curvature(self._L)) - divergence

    def obstruction(self) -> Float[np.ndarray, "n n *grid"]:
        """Trace-free Ricci tensor of the connection of which only the traces and the axial scalar are kept."""
        frame = Frame(self.n)
        T, Q = frame.torsion_parts(self._T), frame.nonmetricity_parts(self._Q)
        pure = frame.pure_trace_distortion(T.trace, Q.A, Q.B, T.axial)
        omega = self._levi_civita + np.einsum("abcp,cip->abip", pure, self._e)
        ricci = self._curvature_of(omega).ricci()
        trace = frame.contract(ricci, 0, 1) / self.n
        return ricci - frame.times_metric(trace, "ab,")

    def bianchi_residuals(self) -> dict[str, float]:
        """Largest components of ``DT - R ^ e``, ``DQ - R_()`` and ``DR``, computed in the orthonormal coframe."""
        grid, omega = self.grid, self._omega
        T = exterior(grid, self._e, 1) + wedge(omega, self._e, "ab,b->a")
        R = self._field_curvature(omega)
        Q = (omega + omega.swapaxes(0, 1)) / 2
        DT = exterior(grid, T, 2) + wedge_two(omega, T, "ab,b->a") - wedge_two(self._e, R, "b,ab->a")
        mixed = wedge(omega, Q, "ca,cb->ab")
        DQ = exterior(grid, Q, 1) - mixed - mixed.swapaxes(0, 1) - (R + R.swapaxes(0, 1)) / 2
        DR = exterior(grid, R, 2) + wedge_two(omega, R, "ac,cb->ab") - wedge_two(omega, R, "cb,ac->ab")
        found = {"DT": DT, "DQ": DQ, "DR": DR}
        return {k: float(np.abs(v).max(initial=0.0)) for k, v in found.items()}

    def continuity_residuals(self) -> dict[str, float]:
        """Largest components of ``DT^a`` and ``DQ_ab``: zero where densities are conserved, whatever the connection.

        In teleparallel geometry both vanish separately; where there is curvature, it feeds them.
        """
        grid, omega = self.grid, self._omega
        T = exterior(grid, self._e, 1) + wedge(omega, self._e, "ab,b->a")
        DT = exterior(grid, T, 2) + wedge_two(omega, T, "ab,b->a")
        Q = (omega + omega.swapaxes(0, 1)) / 2
        mixed = wedge(omega, Q, "ca,cb->ab")
        DQ = exterior(grid, Q, 1) - mixed - mixed.swapaxes(0, 1)
        return {"DT": float(np.abs(DT).max(initial=0.0)), "DQ": float(np.abs(DQ).max(initial=0.0))}

    def check(self) -> dict[str, float]:
        """Everything that must vanish in general teleparallel geometry, as largest components.

        ``R`` is the curvature of the connection, ``DT`` and ``DQ`` are the continuity equations, ``T`` and ``Q`` the
        differences of the curl and gradient in the crystal coframe from the connection's own torsion and nonmetricity,
        ``scalar`` the difference of the Riemannian scalar from what torsion and nonmetricity say.
        """
        omega = self._omega
        two = full_two_form(exterior(self.grid, self._e, 1) + wedge(omega, self._e, "ab,b->a"), self.n)
        Q = np.einsum("abip,icp->abcp", (omega + omega.swapaxes(0, 1)) / 2, self._X)
        continuity = self.continuity_residuals()
        return {
            "R": float(np.abs(self._field_curvature(omega)).max()),
            **continuity,
            "T": float(np.abs(self._orthonormal(two) - self._T).max()),
            "Q": float(np.abs(Q - self._Q).max()),
            "scalar": float(np.abs(self.scalar_curvature() - self.flatness_scalar()).max()),
        }

    def coarsened(self, offset: Sequence[int] | None = None) -> GridMetricAffine:
        """The same geometry seen by every second point of the grid, beginning at ``offset`` (0 or 1 in each direction).

        Raises
        ------
        InputError
            Where the grid cannot be halved.
        """
        grid = self.grid
        start = tuple(offset or (0,) * self.n)
        if any(k > 1 and (k < 12 or (grid.periodic and k % 2)) for k in grid.shape):
            raise InputError(f"a grid of {' x '.join(map(str, grid.shape))} cannot be seen with half of its points")
        take = tuple(slice(None) if k == 1 else slice(o, None, 2) for k, o in zip(grid.shape, start))
        kept = [len(range(k)[t]) for k, t in zip(grid.shape, take)]
        step = [h if k == 1 else 2 * h for k, h in zip(grid.shape, grid.spacing)]
        first = [x + (o * h if k > 1 else 0) for x, o, h, k in zip(grid.origin, start, grid.spacing, grid.shape)]
        out = object.__new__(GridMetricAffine)
        out.n, out.gauge, out.convention = self.n, self.gauge, self.convention
        out.grid = Grid.of(kept, step, grid.method, grid.periodic, first)

        def half(field: np.ndarray | None) -> np.ndarray | None:
            if field is None:
                return None
            return self._open(field)[(Ellipsis, *take)].reshape(*field.shape[:-1], -1)

        out._e, out._connection = np.asarray(half(self._e)), half(self._connection)
        out._E = out._e if self._E is self._e else half(self._E)
        return out

    # -- observables ---------------------------------------------------------------------------------------------------

    def burgers(self, loop: Loop | np.ndarray) -> Float[np.ndarray, " n"]:
        """``oint E^A`` around a loop, in the sign that was chosen.

        Parameters
        ----------
        loop : Loop, or array (m, n)
            Corners of a closed polygon, in coordinates.
        """
        closed = Loop.of(loop, self.n)
        found = line_integral(GridForm(self.grid, self.crystal_coframe), closed, self._step)
        return self.convention.sign * found

    def frank(self, loop: Loop | np.ndarray) -> Frank:
        """Rotation of what the Levi-Civita connection carries around a loop, in the coframe at its first corner.

        Parameters
        ----------
        loop : Loop, or array (m, n)
        """
        closed = Loop.of(loop, self.n)
        upper = pairs(self.n)
        known = GridForm(self.grid, self._open(np.stack([self._levi_civita[a, b] for a, b in upper])))

        def form(points: np.ndarray) -> np.ndarray:
            out = np.zeros((self.n, self.n, self.n, len(points)))
            for (a, b), part in zip(upper, known(points)):
                out[a, b], out[b, a] = part, -part
            return out

        return Frank.of(transport(form, closed, self._step), closed.points[0])

    @property
    def _step(self) -> float:
        """Largest distance of points in directions in which something changes."""
        return max((h for h, k in zip(self.grid.spacing, self.grid.shape) if k > 1), default=1.0)

    def volume_misfit(self, box: Box = None) -> float:
        """``int (sqrt(det g) - 1) d^n x`` over a box, or the whole grid."""
        return integral(self.grid, self.volume - 1, box)

    def total_curvature(self, box: Box = None) -> float:
        """``int sqrt(det g) R~ d^n x`` over a box, or the whole grid: twice the Frank angle of a wedge per length."""
        return integral(self.grid, self.volume * self.scalar_curvature(), box)

    def dislocation_content(self, box: Box = None) -> np.ndarray:
        """Components of ``dE^A`` by the direction of the line, integrated: (n, n), or (2,) in two dimensions."""
        two = exterior(self.grid, self.crystal_coframe.reshape(self.n, self.n, -1), 1)
        # Pairs 01, 02, 12 are lines along z, -y, x.
        parts = [two[:, 2], -two[:, 1], two[:, 0]] if self.n == 3 else [two[:, 0]]
        found = np.array([[integral(self.grid, p.reshape(self.grid.shape), box) for p in part] for part in parts]).T
        return self.convention.sign * (found[:, 0] if self.n == 2 else found)

    def flux(self, trace: str, box: Box) -> float:
        """Flux of a trace of nonmetricity, or of torsion, through the boundary of a box.

        Parameters
        ----------
        trace : {"Q", "P", "A", "B", "T"}
        box : sequence of (low, high)
        """
        if trace not in ("Q", "P", "A", "B", "T"):
            raise UnknownNameError(f"{trace!r} is no trace; use Q, P, A or B of nonmetricity, or T of torsion")
        form = self.torsion.trace if trace == "T" else getattr(self.nonmetricity.traces(), trace)
        flow = np.einsum("iap,ap->ip", self._X, form.reshape(self.n, -1))
        return boundary_flux(self.grid, self._open(flow) * self.volume, box)

    def report(self, box: Box = None) -> SplittingReport:
        """Shares of every irreducible part, charges and fluxes of a region."""
        return splitting_report(self, box)

    def field(self, name: str) -> Float[np.ndarray, "*grid"]:
        """A scalar on the grid by its name: alpha, axial, T, div Q, div P, volume, curvature."""
        from symmeter.spacetime.defects.grid_export import field_named

        return field_named(self, name)

    def save(self, path: Any) -> Any:
        """Write all fields as ``.npz`` or ``.vtk`` (image data), or a picture as ``.png`` or ``.svg``."""
        from symmeter.spacetime.defects.grid_export import save_geometry

        return save_geometry(self, path)

    def plot(self, path: Any = None, field: str = "alpha", arrows: str | None = None) -> Any:
        """A map of a scalar with arrows of T, Q or P where wanted; see :func:`~.grid_export.draw_field`."""
        from symmeter.spacetime.defects.grid_export import draw_field

        return draw_field(self, path, field, arrows)

    def discrete(self) -> CubicComplex:
        """The crystal coframe on the edges of a cubic complex, where Stokes' theorem is exact."""
        return CubicComplex.from_grid(self.grid, self.crystal_coframe)

    def __repr__(self) -> str:
        return f"<{self.gauge} geometry on a grid of {' x '.join(map(str, self.grid.shape))}>"
