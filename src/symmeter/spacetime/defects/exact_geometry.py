"""Metric-affine geometry in closed form: coframes and metrics as text, every answer a rational function, zero decided.

All tensors are in the coordinate frame, whose metric is ``g_ij``; traces, norms and scalars do not depend on that. The
Levi-Civita side is that of :class:`symmeter.spacetime.Metric`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from symmeter.errors import InputError, InputTypeError, ShapeError
from symmeter.spacetime.defects.exact_scalars import ExactScalar, determinant_of, exact_array, inverse_of
from symmeter.spacetime.defects.field_strengths import Curvature, Nonmetricity, Torsion
from symmeter.spacetime.defects.irreducible_parts import Frame
from symmeter.spacetime.defects.metric_affine import MetricAffine
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.metrics import Metric
from symmeter.spacetime.parsing import parse_expression
from symmeter.spacetime.polynomials import WIDTH, Poly, degree_in

__all__ = ["ExactMetricAffine"]


class ExactMetricAffine(MetricAffine):
    """Geometry of formulas; see :class:`~symmeter.spacetime.defects.MetricAffine`.

    Attributes
    ----------
    space : JetSpace
        Coordinates, free functions and constants.
    metric : array (n, n) of ExactScalar
        ``g_ij``.
    crystal_coframe : array (n, n) of ExactScalar, or None
        ``E^A_i``.
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
        coordinates: str | Sequence[str] = "",
        functions: str = "",
        parameters: str | Sequence[str] = "",
        nonmetricity_convention: str = "-1/2 D g",
        burgers_convention: str = "coframe",
        **grid: Any,
    ) -> None:
        if grid:
            raise InputError(f"{next(iter(grid))}= is of grids; this geometry is given as text")
        given = {"coframe": coframe, "Lambda": Lambda, "metric": metric, "frame": frame, "connection": connection}
        self._take(gauge, given, nonmetricity_convention, burgers_convention)
        if isinstance(coordinates, (int, float)) or not all(isinstance(c, str) for c in coordinates):
            raise InputTypeError(f"coordinates={coordinates!r:.60}: give their names, such as 'r phi z'")
        first = coframe if coframe is not None else frame
        self.space = _space_of(given, coordinates, functions, parameters)
        self.n = len(self.space.independent)
        self.crystal_coframe: np.ndarray | None = None
        self._omega: np.ndarray | None = None
        unit = exact_array(self.space, {(i, i): {0: 1} for i in range(self.n)}, (self.n, self.n))
        if gauge in ("coincident", "crystal"):
            self.crystal_coframe = self._one_forms(first, "the crystal coframe") if first is not None else unit
            self.coframe: np.ndarray | None = None
            self.metric: Any = unit if metric is None else self._line(metric)
        else:
            self.coframe = self._one_forms(first, "the coframe")
            self.metric = np.einsum("ai,aj->ij", self.coframe, self.coframe)
            if gauge == "weitzenboeck":
                self.crystal_coframe = self.coframe
            elif Lambda is not None:
                self.crystal_coframe = np.einsum("Ab,bi->Ai", self._matrix(Lambda, "Lambda"), self.coframe)
            elif connection is not None:
                self._omega = self._connection_in_coordinates(connection)
        if self.crystal_coframe is not None:
            self._X = inverse_of(self.crystal_coframe, "Lambda" if Lambda is not None else "the crystal coframe")
        if gauge == "general" and self._omega is not None:
            kept = self.curvature().largest
            if kept:
                raise InputError(
                    f"the connection is not flat: {kept:.0f} components of its curvature do not vanish, so this is not "
                    "general teleparallel; use gauge='metric_affine'"
                )

    # -- reading -------------------------------------------------------------------------------------------------------

    def _scalar(self, text: Any) -> ExactScalar:
        if isinstance(text, ExactScalar):
            return text
        return ExactScalar.of(self.space, parse_expression(str(text), self.space))

    def _matrix(self, rows: Any, name: str) -> np.ndarray:
        n = self.n
        if len(rows) != n or any(isinstance(r, str) or len(r) != n for r in rows):
            raise ShapeError(
                f"{name} is not a matrix of {n} x {n} texts, for the coordinates {', '.join(self.space.independent)}"
            )
        out = np.empty((n, n), dtype=object)
        for i in range(n):
            for j in range(n):
                out[i, j] = self._scalar(rows[i][j])
        if determinant_of(out).is_zero():
            raise InputError(f"{name} is singular: its determinant is zero everywhere")
        return out

    def _one_forms(self, forms: Any, name: str) -> np.ndarray:
        n = self.n
        if len(forms) != n:
            raise ShapeError(
                f"{name} has {len(forms)} one-forms for {n} coordinates ({', '.join(self.space.independent)})"
            )
        if not all(isinstance(f, str) for f in forms):
            return self._matrix(forms, name)
        out = np.empty((n, n), dtype=object)
        marks = [self.space.parameter(f"d{x}") for x in self.space.independent]
        for a, text in enumerate(forms):
            parts: list[Poly] = [{} for _ in range(n)]
            for m, c in parse_expression(text, self.space).items():
                found = [i for i, v in enumerate(marks) for _ in range(degree_in(m, v))]
                if len(found) != 1:
                    names = ", ".join("d" + x for x in self.space.independent)
                    raise InputError(f"{self.space.text({m: c})} is not linear in the differentials {names}")
                parts[found[0]][m - (1 << (WIDTH * marks[found[0]]))] = c
            for i in range(n):
                out[a, i] = ExactScalar.of(self.space, parts[i])
        if determinant_of(out).is_zero():
            raise InputError(f"{name} is singular: its determinant is zero everywhere")
        return out

    def _line(self, metric: Any) -> np.ndarray:
        if isinstance(metric, Metric):
            return exact_array(self.space, metric.components, (self.n, self.n))
        if not isinstance(metric, str):
            out = self._matrix(metric, "the metric")
            if any(not (out[i, j] - out[j, i]).is_zero() for i in range(self.n) for j in range(i)):
                raise InputError("the metric is not symmetric")
            return out
        form = parse_expression(metric, self.space)
        marks = [self.space.parameter(f"d{x}") for x in self.space.independent]
        parts: dict[tuple[int, ...], Poly] = {}
        for m, c in form.items():
            found = [i for i, v in enumerate(marks) for _ in range(degree_in(m, v))]
            if len(found) != 2:
                names = ", ".join("d" + x for x in self.space.independent)
                raise InputError(f"{self.space.text({m: c})} is not quadratic in the differentials {names}")
            i, j = found
            rest = m - (1 << (WIDTH * marks[i])) - (1 << (WIDTH * marks[j]))
            for index in {(i, j), (j, i)}:
                share = Fraction(c) if i == j else Fraction(c) / 2
                parts.setdefault(index, {})[rest] = parts.get(index, {}).get(rest, 0) + share
        out = exact_array(self.space, parts, (self.n, self.n))
        if determinant_of(out).is_zero():
            raise InputError("the metric is singular: its determinant is zero everywhere")
        return out

    def _connection_in_coordinates(self, connection: Any) -> np.ndarray:
        """``Gamma^i_jk``, form index last, from ``omega^a_b k`` in the coframe."""
        n = self.n
        omega = np.empty((n, n, n), dtype=object)
        try:
            for a, b, k in np.ndindex(n, n, n):
                omega[a, b, k] = self._scalar(connection[a][b][k])
        except (IndexError, TypeError):
            raise ShapeError(
                f"the connection is not nested {n} x {n} x {n} texts, the index of the form last"
            ) from None
        assert self.coframe is not None
        X = inverse_of(self.coframe, "the coframe")
        inner = np.einsum("abk,bj->ajk", omega, self.coframe) + self._gradient(self.coframe)
        return np.einsum("ia,ajk->ijk", X, inner)

    def _gradient(self, field: Any) -> np.ndarray:
        out = np.empty((*field.shape, self.n), dtype=object)
        for index in np.ndindex(*field.shape):
            for i in range(self.n):
                out[(*index, i)] = field[index].derivative(i)
        return out

    # -- geometry ------------------------------------------------------------------------------------------------------

    @cached_property
    def _riemannian(self) -> Metric:
        metric = Metric.__new__(Metric)
        metric.space, metric.dimension = self.space, self.n
        metric.components = {i: self.metric[i].poly for i in np.ndindex(self.n, self.n) if self.metric[i].poly}
        return metric

    @cached_property
    def frame(self) -> Frame:
        """The algebra of tensors in the coordinate frame."""
        return Frame(self.n, self.metric, inverse_of(self.metric, "the metric"), lambda fraction: fraction)

    @cached_property
    def christoffel(self) -> np.ndarray:
        """``Gamma~^i_jk`` of the metric."""
        return exact_array(self.space, self._riemannian.christoffel().components, (self.n,) * 3)

    @cached_property
    def connection(self) -> np.ndarray:
        """``Gamma^i_jk`` in coordinates, the index of the form last: ``nabla_k v^i = d_k v^i + Gamma^i_jk v^j``."""
        if self._omega is not None:
            return self._omega
        if self.crystal_coframe is None:
            return self.christoffel
        return np.einsum("iA,Ajk->ijk", self._X, self._gradient(self.crystal_coframe))

    def _lowered(self, x: np.ndarray) -> np.ndarray:
        return np.einsum("il,l...->i...", self.metric, x)

    @cached_property
    def torsion(self) -> Torsion:
        """``T_ijk = g_il (Gamma^l_kj - Gamma^l_jk)``."""
        twisted = self.connection.swapaxes(1, 2) - self.connection
        return ExactTorsion(self._lowered(twisted), self.frame)

    @cached_property
    def _Q(self) -> np.ndarray:
        lower = self._lowered(self.connection)
        return (lower + lower.swapaxes(0, 1) - self._gradient(self.metric)) * Fraction(1, 2)

    @cached_property
    def nonmetricity(self) -> Nonmetricity:
        """``Q_ijk = -1/2 nabla_k g_ij``, in the convention that was chosen."""
        return Nonmetricity(self._Q * self.convention.factor, self.frame)

    @cached_property
    def distortion(self) -> np.ndarray:
        """``L_ijk``: what the connection has beside the Levi-Civita connection."""
        return self.frame.distortion(self.torsion.components, self._Q)

    def riemann(self) -> Curvature:
        """Curvature of the metric."""
        found = exact_array(self.space, self._riemannian.riemann().components, (self.n,) * 4)
        return Curvature(self._lowered(found), self.frame)

    def curvature(self) -> Curvature:
        """``R_ijkl`` of the connection."""
        return Curvature(self._lowered(self._curvature_of(self.connection)), self.frame)

    def _curvature_of(self, gamma: np.ndarray) -> np.ndarray:
        """``R^i_jkl = d_k Gamma^i_jl - d_l Gamma^i_jk + ...``, form indices k, l."""
        d = self._gradient(gamma)
        half = np.einsum("ijlk->ijkl", d) + np.einsum("imk,mjl->ijkl", gamma, gamma)
        return half - half.swapaxes(2, 3)

    @cached_property
    def _volume_squared(self) -> ExactScalar:
        return determinant_of(self.metric)

    def flatness_scalar(self) -> ExactScalar:
        """The Riemannian scalar as torsion and nonmetricity of a flat connection tell it."""
        frame = self.frame
        flow = frame.raised(frame.divergence_vector(self.distortion))
        traces = [sum((self.christoffel[j, j, i] for j in range(self.n)), start=0) for i in range(self.n)]
        divergence: Any = 0
        for i in range(self.n):
            divergence = divergence + flow[i].derivative(i) + flow[i] * traces[i]
        return frame.quadratic_curvature(self.distortion) - divergence

    def obstruction(self) -> np.ndarray:
        """Trace-free Ricci tensor of the connection of which only the traces and the axial part are kept."""
        frame = self.frame
        T, Q = frame.torsion_parts(self.torsion.components), frame.nonmetricity_parts(self._Q)
        pure = frame.pure_trace_distortion(T.trace, Q.A, Q.B, T.axial)
        curvature = Curvature(self._lowered(self._curvature_of(self.christoffel + frame.raised(pure))), frame)
        ricci = curvature.ricci()
        return ricci - frame.times_metric(np.array(frame.contract(ricci, 0, 1)), "ab,") * Fraction(1, self.n)

    def bianchi_residuals(self) -> dict[str, float]:
        """How many components of ``DT - R ^ e``, ``DQ - R_()`` and ``DR`` do not vanish."""
        n, gamma = self.n, self.connection
        T = gamma.swapaxes(1, 2) - gamma
        R = self._curvature_of(gamma)

        # R^i_j ^ dx^j has the cyclic sum over all three lower indices.
        DT = _cyclic(self._gradient(T) + np.einsum("iml,mjk->ijkl", gamma, T)) - _cyclic(R)
        lower = self._lowered(gamma)
        Q = (lower + lower.swapaxes(0, 1) - self._gradient(self.metric)) * Fraction(1, 2)
        step = np.einsum("ijlk->ijkl", self._gradient(Q))
        step = step - np.einsum("mik,mjl->ijkl", gamma, Q) - np.einsum("mjk,iml->ijkl", gamma, Q)
        low = self._lowered(R)
        DQ = step - step.swapaxes(2, 3) - (low + low.swapaxes(0, 1)) * Fraction(1, 2)
        wide = self._gradient(R) + np.einsum("imp,mjkl->ijklp", gamma, R) - np.einsum("mjp,imkl->ijklp", gamma, R)
        DR = np.array([[_cyclic(wide[i, j][None])[0] for j in range(n)] for i in range(n)], dtype=object)
        return {k: float(sum(not c.is_zero() for c in v.flat)) for k, v in (("DT", DT), ("DQ", DQ), ("DR", DR))}

    def __repr__(self) -> str:
        return f"<{self.gauge} geometry in {', '.join(self.space.independent)}, exact>"


class ExactTorsion(Torsion):
    """Torsion of formulas."""

    @property
    def axial_squared(self) -> ExactScalar:
        """``A_0^2``: the square, since ``A_0`` itself has the root of the determinant."""
        return self.frame.torsion_parts(self.components).norms["axial"] * Fraction(3, 2)


def _cyclic(x: np.ndarray) -> np.ndarray:
    """Sum over cyclic permutations of the last three indices."""
    return x + np.moveaxis(x, (1, 2, 3), (2, 3, 1)) + np.moveaxis(x, (1, 2, 3), (3, 1, 2))


def _space_of(
    given: dict[str, Any], coordinates: str | Sequence[str], functions: str, parameters: str | Sequence[str]
) -> JetSpace:
    """The jet space that all texts are read in: found by the reader of line elements."""
    if isinstance(given["metric"], Metric):
        return given["metric"].space
    texts = " ".join(_all_texts(v) for v in given.values() if v is not None)
    from symmeter.spacetime.metrics import _constants, _coordinates, _functions

    x = _coordinates(texts, coordinates)
    depends = _functions(functions, x)
    named = parameters.replace(",", " ").split() if isinstance(parameters, str) else list(parameters)
    constants = named or _constants(texts, x, depends)
    return JetSpace(x, tuple(depends), (*constants, *(f"d{c}" for c in x)), depends=depends, denominators=True)


def _all_texts(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, Fraction, ExactScalar)):
        return str(value)
    return " ".join(_all_texts(v) for v in value)
