"""A metric with an independent connection, on grids or exactly: what :class:`MetricAffine` is and how it is made.

Following Hehl et al., Phys. Rep. 258 (1995), and Hohmann, Universe 7 (2021) on teleparallel theories. The orthonormal
coframe is ``e^a``, the connection ``omega^a_b``; ``T^a = de^a + omega^a_b ^ e^b``, ``Q_ab = -1/2 D delta_ab =
omega_(ab)``, ``R^a_b = d omega^a_b + omega^a_c ^ omega^c_b``. A flat connection is ``omega = Lambda^-1 d Lambda``: in
the crystal coframe ``E^A = Lambda^A_b e^b`` it vanishes, ``T^A = dE^A``, and the metric there is ``G_AB``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symmeter.errors import InputError, InputTypeError, UnknownNameError, nearest_name
from symmeter.spacetime.defects.conventions import Convention
from symmeter.spacetime.defects.field_strengths import Curvature, Nonmetricity, Torsion

__all__ = ["GAUGES", "MetricAffine"]

#: What each gauge needs, beside what it may have.
GAUGES = {
    "general": ("coframe", "Lambda"),
    "weitzenboeck": ("coframe",),
    "coincident": ("metric",),
    "crystal": ("frame",),
    "levi_civita": ("coframe",),
    "metric_affine": ("coframe", "connection"),
}


class MetricAffine:
    """Metric and connection of a body with defects.

    Parameters
    ----------
    coframe : array (n, n, *grid), or n one-forms as text
        Orthonormal ``e^a_i``, the index of the form second; ``["dx + B dphi", "r dphi"]`` or rows of components.
    gauge : {"general", "weitzenboeck", "coincident", "crystal", "levi_civita", "metric_affine"}
    Lambda : array (n, n, *grid), or rows of texts
        ``Lambda^A_b`` of the gauge ``"general"``.
    metric : array (n, n, *grid), line element or matrix of texts
        ``g_ij``, for the gauge ``"coincident"``, and for ``"crystal"``, where it is Euclidean without.
    frame : array (n, n, *grid), or n one-forms as text
        Crystal coframe ``E^A_i``, whose lines are straight.
    connection : array (n, n, n, *grid), or nested texts
        ``omega^a_b i``, the index of the form last. With the gauge ``"general"`` it must be flat.
    spacing : float or sequence of float
        Between points of the grid; without it, a spectral grid fills a box of 2 pi.
    method : {"spectral", "finite-difference"}
    periodic : bool, optional
    origin : sequence of float, optional
        Coordinates of the first point.
    coordinates, functions, parameters : str
        Of exact fields, as in :class:`symmeter.spacetime.Metric`.
    nonmetricity_convention : {"-1/2 D g", "-D g", "D g", "1/2 D g"}
    burgers_convention : {"coframe", "SF/RH", "FS/RH"}

    Raises
    ------
    InputError, ShapeError, NonFiniteError, UnknownNameError
        For a singular coframe or Lambda, a metric that is not positive definite, a connection that is not flat where
        flatness was asked for, and fields that are not periodic where they must be.

    Examples
    --------
    >>> G = MetricAffine(["dr", "a r dphi", "dz"], gauge="weitzenboeck", coordinates="r phi z")
    >>> G.torsion.trace, G.riemann().scalar().is_zero()
    (array([-r^-1, 0, 0], dtype=object), True)
    """

    n: int
    gauge: str
    convention: Convention

    def __new__(cls, coframe: Any = None, gauge: str = "general", Lambda: Any = None, **fields: Any) -> Any:
        """The kind that fits: on a grid or exact."""
        if cls is not MetricAffine:
            return object.__new__(cls)
        given = [
            v for v in (coframe, Lambda, *(fields.get(k) for k in ("metric", "frame", "connection"))) if v is not None
        ]
        texts = [_is_text(v) for v in given]
        if any(texts):
            if any(isinstance(v, np.ndarray) and v.ndim > 3 and v.dtype.kind in "fiu" for v in given):
                raise InputTypeError("coframe, metric and connection are all given as text, or all as arrays on a grid")
            from symmeter.spacetime.defects.exact_geometry import ExactMetricAffine

            return object.__new__(ExactMetricAffine)
        from symmeter.spacetime.defects.grid_geometry import GridMetricAffine

        return object.__new__(GridMetricAffine)

    def _take(self, gauge: str, given: dict[str, Any], nonmetricity: str, burgers: str) -> None:
        """Check that the gauge has what it needs."""
        if gauge not in GAUGES:
            near = nearest_name(gauge, GAUGES)
            hint = f"did you mean {near!r}?" if near else f"use one of {', '.join(GAUGES)}"
            raise UnknownNameError(f"gauge {gauge!r} is unknown; {hint}")
        needs = GAUGES[gauge]
        if gauge == "general" and given.get("connection") is not None:
            needs = ("coframe", "connection")
        for name in needs:
            if given.get(name) is None:
                raise InputError(f"gauge {gauge!r} needs {name}=; give {' and '.join(needs)}")
        useless = [
            k for k, v in given.items() if v is not None and k not in needs and (gauge, k) != ("crystal", "metric")
        ]
        if useless:
            raise InputError(f"gauge {gauge!r} has no use for {useless[0]}=; it takes {' and '.join(needs)}")
        self.gauge = gauge
        self.convention = Convention(nonmetricity, burgers)

    # -- named gauges --------------------------------------------------------------------------------------------------

    @staticmethod
    def weitzenboeck(coframe: Any, **options: Any) -> Any:
        """``Lambda = 1``: ``Q = 0``, ``T^a = de^a``."""
        return MetricAffine(coframe, gauge="weitzenboeck", **options)

    @staticmethod
    def coincident(metric: Any, coordinates: str = "", **options: Any) -> Any:
        """Symmetric teleparallel: ``T = 0``, ``Q_ij = -1/2 dg_ij``."""
        return MetricAffine(gauge="coincident", metric=metric, coordinates=coordinates, **options)

    @staticmethod
    def crystal(frame: Any, metric: Any = None, **options: Any) -> Any:
        """The crystal coframe ``E^A`` is covariantly constant; the metric, Euclidean without, is the physical one."""
        return MetricAffine(gauge="crystal", frame=frame, metric=metric, **options)

    @staticmethod
    def general(coframe: Any, Lambda: Any, **options: Any) -> Any:
        """``omega = Lambda^-1 d Lambda`` with Lambda in GL(n)."""
        return MetricAffine(coframe, "general", Lambda, **options)

    @staticmethod
    def levi_civita(coframe: Any, **options: Any) -> Any:
        """No torsion and no nonmetricity: curvature only."""
        return MetricAffine(coframe, gauge="levi_civita", **options)

    @staticmethod
    def metric_affine(coframe: Any, connection: Any, **options: Any) -> Any:
        """Any connection: the classical theory, in which disclinations are curvature."""
        return MetricAffine(coframe, gauge="metric_affine", connection=connection, **options)

    # -- what there is -------------------------------------------------------------------------------------------------

    @property
    def torsion(self) -> Torsion:
        """``T_abc``."""
        raise NotImplementedError

    @property
    def nonmetricity(self) -> Nonmetricity:
        """``Q_abc``, in the convention that was chosen."""
        raise NotImplementedError

    def riemann(self) -> Curvature:
        """Curvature of the Levi-Civita connection: what a person who measures lengths finds, whatever the gauge."""
        raise NotImplementedError

    def curvature(self) -> Curvature:
        """Curvature of the connection itself: zero in teleparallel geometry."""
        raise NotImplementedError

    def bianchi_residuals(self) -> dict[str, float]:
        """How far ``DT^a = R^a_b ^ e^b``, ``DQ_ab = R_(ab)`` and ``DR^a_b = 0`` are from holding.

        Largest components on grids; numbers of components that do not vanish for exact fields.
        """
        raise NotImplementedError

    def flatness_scalar(self) -> Any:
        """The scalar of ``-(D~ L + L ^ L)``: the Riemannian curvature scalar as torsion and nonmetricity tell it."""
        raise NotImplementedError

    def obstruction(self) -> Any:
        """Trace-free Ricci part of ``-(D~ L + L ^ L)`` for the pure-trace part of the connection.

        What is left of the geometry when only traces (and the axial scalar) of torsion and nonmetricity are kept: the
        difference of its Ricci tensor from the real one, ``components bd``; zero where a pure-trace description fits.
        """
        raise NotImplementedError


def _is_text(value: Any) -> bool:
    if isinstance(value, str) or type(value).__name__ == "Metric":
        return True
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "U"
    return isinstance(value, Sequence) and any(_is_text(v) for v in value)
