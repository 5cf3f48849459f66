"""Lagrangians: field equations, variational symmetries, and the currents that Noether's theorem gives, exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symmeter.errors import InputError, InputTypeError
from symmeter.linalg.rational import rational_null_space
from symmeter.spacetime.denominators import common_numerators, tidy
from symmeter.spacetime.gauge_currents import GaugeCurrent, gauge_current, index_of
from symmeter.spacetime.genericity import numerator
from symmeter.spacetime.jets import Index, JetSpace
from symmeter.spacetime.parsing import constants_in, parse_expression
from symmeter.spacetime.polynomials import Poly, add_to, primitive
from symmeter.spacetime.prolonged import evolved, prolonged
from symmeter.spacetime.systems import PDESystem, PointSymmetries, _names, _some
from symmeter.spacetime.variational import adjoint_current, current_of, divergence, euler
from symmeter.spacetime.vector_fields import VectorField, sum_of

__all__ = ["Lagrangian", "NoetherCurrent", "NoetherIdentity"]


@dataclass(frozen=True, eq=False)
class NoetherCurrent:
    """``J^i = A^i + xi^i L - B^i`` with ``D_i J^i = -Q^a E_a(L)`` off shell.

    Attributes
    ----------
    lagrangian : Lagrangian
    characteristics : tuple of Poly
        Q, for each dependent variable.
    current : tuple of Poly
    """

    lagrangian: Lagrangian
    characteristics: tuple[Poly, ...]
    current: tuple[Poly, ...]

    def verify(self) -> Poly:
        """``D_i J^i + Q^a E_a(L)``: the exact zero polynomial, which is empty."""
        space = self.lagrangian.space
        out = divergence(space, self.current)
        for q, e in zip(self.characteristics, self.lagrangian.euler_expressions):
            add_to(out, space.times(q, e))
        return tidy(space, out)

    def __str__(self) -> str:
        space = self.lagrangian.space
        return "; ".join(f"J^{x} = {space.text(j)}" for x, j in zip(space.independent, self.current))


@dataclass(frozen=True, eq=False)
class NoetherIdentity:
    """An identity among field equations that a gauge symmetry implies: ``sum_J (-D)_J (R^aJ E_a) = 0`` off shell.

    Attributes
    ----------
    operators : tuple of dict
        R, for each dependent variable from multi-indices to polynomials.
    value : Poly
        The left side; empty where the identity holds.
    """

    operators: tuple[dict[Index, Poly], ...]
    value: Poly

    @property
    def holds(self) -> bool:
        """Whether the left side vanishes identically."""
        return not self.value


class Lagrangian:
    """The density of an action.

    Parameters
    ----------
    text : str
    indep, dep : str
    parameters : str
        Constants; those names of the text that are nothing else and have no arguments, when omitted.
    functions : str
        As in :class:`~symmeter.spacetime.PDESystem`.

    Examples
    --------
    >>> L = Lagrangian("u_t**2/2 - u_x**2/2 - m**2*u**2/2", "t x", "u", parameters="m")
    >>> L.space.text(L.euler_expressions[0])
    '-u_tt + u_xx - u*m^2'
    >>> symmetries = L.variational_symmetries()
    >>> [str(s) for s in symmetries]
    ['∂_t', '∂_x', 'x ∂_t + t ∂_x']
    >>> L.noether(symmetries[0]).verify()
    {}
    """

    def __init__(
        self,
        text: str,
        indep: str | Sequence[str] = "t x",
        dep: str | Sequence[str] = "u",
        *,
        parameters: str | Sequence[str] = "",
        functions: str | Sequence[str] = "",
    ) -> None:
        self.text = text
        self.functions = tuple(_names(functions, "functions"))
        x, u, constants = _some(indep, "indep"), _some(dep, "dep"), _names(parameters, "parameters")
        if not constants and isinstance(text, str):
            constants = constants_in(text, [*x, *u, *self.functions])
        self.space = JetSpace(x, u, tuple(constants))
        try:
            density = parse_expression(text, self.space, self.functions)
        except InputError as error:
            # Roots of sums and what is divided by them, as in the length of a curve, need a ring with denominators.
            if "has no rule" not in str(error):
                raise
            self.space = JetSpace(x, u, tuple(constants), denominators=True)
            density = parse_expression(text, self.space, self.functions)
        self.density = tidy(self.space, density)
        if self.space.order(self.density) < 0:
            raise InputError(f"{text!r} has no {' or '.join(self.space.dependent)} in it")

    @classmethod
    def from_sympy(cls, density: Any) -> Lagrangian:
        """A Lagrangian from a SymPy expression in functions such as ``u(t, x)``."""
        from symmeter.spacetime.sympy_exchange import read_sympy

        found = read_sympy([density])
        (text,) = found.texts
        return cls(text, found.independent, found.dependent, parameters=found.parameters, functions=found.functions)

    @cached_property
    def euler_expressions(self) -> tuple[Poly, ...]:
        """``E_a(L)``, which vanish on solutions."""
        space = self.space
        return tuple(tidy(space, euler(space, self.density, a)) for a in range(len(space.dependent)))

    @cached_property
    def field_equations(self) -> PDESystem:
        """The equations ``E_a(L) = 0``, as a system.

        Raises
        ------
        InputError
            Where the Lagrangian is a total divergence and has none.
        """
        equations = tuple(numerator(self.space, e) for e in self.euler_expressions if e)
        texts = [self.space.text(e) for e in equations]
        if not texts:
            raise InputError("the Lagrangian is a total divergence: every u is a solution")
        if impossible := [t for t, e in zip(texts, equations) if self.space.order(e) < 0]:
            raise InputError(f"the field equation {impossible[0]} = 0 has no solutions")
        system = PDESystem(
            texts,
            self.space.independent,
            self.space.dependent,
            parameters=self.space.parameters,
            functions=self.functions,
        )
        if not self.space.denominators:
            # One ring for both, so that fields of one can be used in the other.
            system.space, system.equations = self.space, equations
        return system

    def change(self, field: VectorField) -> Poly:
        """``pr X (L) + L D_i xi^i``: zero for strict symmetries, a divergence for variational ones."""
        space, field = self.space, field.in_space(self.space)
        out = prolonged(field, self.density)
        for i in range(len(space.independent)):
            add_to(out, space.times(self.density, space.derivative(field.coefficients[i], i)))
        return tidy(space, out)

    def is_variational(self, field: VectorField) -> bool:
        """Whether a field changes the action by a boundary term only: exact."""
        return not any(euler(self.space, self.change(field), a) for a in range(len(self.space.dependent)))

    def variational_symmetries(
        self, symmetries: PointSymmetries | None = None, degree: int | None = None
    ) -> list[VectorField]:
        """Combinations of the point symmetries of the field equations that leave the action as it is."""
        found = self.field_equations.point_symmetries(degree, size=False) if symmetries is None else symmetries
        fields = [f.in_space(self.space) for f in found]
        rows: dict[tuple[int, int], dict[int, Any]] = {}
        for a in range(len(self.space.dependent)):
            changes = [tidy(self.space, euler(self.space, self.change(f), a)) for f in fields]
            for k, p in enumerate(common_numerators(self.space, changes) if self.space.denominators else changes):
                for m, c in p.items():
                    rows.setdefault((a, m), {})[k] = c
        # Late fields become pivots: the simple ones stay as they are.
        n = len(fields)
        out = []
        for x in rational_null_space([{n - 1 - k: v for k, v in row.items()} for row in rows.values()], n):
            keys = sorted(x, reverse=True)
            numbers = dict(zip((n - 1 - c for c in keys), primitive(x[c] for c in keys)))
            out.append(sum_of(fields, [numbers.get(k, 0) for k in range(n)]))
        return out[::-1]

    def noether(self, symmetry: VectorField | Sequence[str]) -> NoetherCurrent:
        """The conserved current of a variational symmetry.

        Parameters
        ----------
        symmetry : VectorField, or a list of texts
            Texts are characteristics Q^a of a generalised symmetry, with any derivatives.

        Raises
        ------
        InputError
            Where the symmetry changes the action.
        """
        space = self.space
        if isinstance(symmetry, VectorField):
            symmetry = symmetry.in_space(space)
            q, change = symmetry.characteristics, self.change(symmetry)
            moved = symmetry.coefficients[: len(space.independent)]
        elif isinstance(symmetry, str) or not isinstance(symmetry, Sequence):
            raise InputTypeError(f"{symmetry!r} is no symmetry; give a vector field, or a list of characteristics")
        else:
            q = tuple(tidy(space, parse_expression(t, space, self.functions)) for t in symmetry)
            if len(q) != len(space.dependent):
                raise InputError(f"{len(q)} characteristics for {len(space.dependent)} dependent variables")
            change, moved = evolved(space, q, self.density), tuple({} for _ in space.independent)
        if any(euler(space, change, a) for a in range(len(space.dependent))):
            raise InputError(f"{symmetry} changes the action: it has no conserved current")
        boundary = current_of(space, change)
        parts = adjoint_current(space, q, self.density)
        out = []
        for i in range(len(space.independent)):
            j = dict(parts[i])
            add_to(j, space.times(moved[i], self.density))
            add_to(j, boundary[i], -1)
            out.append(tidy(space, j))
        return NoetherCurrent(self, q, tuple(out))

    def noether_identity(self, operators: Sequence[dict[str, str]]) -> NoetherIdentity:
        """Noether's second theorem for a gauge symmetry ``Q^a = sum_J R^aJ D_J lambda``.

        Parameters
        ----------
        operators : sequence of dict
            For each dependent variable, from the derivatives of lambda, such as ``""`` or ``"tx"``, to texts.

        Examples
        --------
        >>> maxwell = Lagrangian("(a_x - b_t)^2/2", "t x", "b a")
        >>> maxwell.noether_identity([{"x": "1"}, {"t": "1"}]).holds
        True
        """
        space = self.space
        if len(operators) != len(space.dependent):
            raise InputError(f"{len(operators)} operators for {len(space.dependent)} dependent variables")
        read: list[dict[Index, Poly]] = []
        total: Poly = {}
        for e, given in zip(self.euler_expressions, operators):
            part: dict[Index, Poly] = {}
            for letters, text in given.items():
                index = index_of(space, letters)
                part[index] = tidy(space, parse_expression(text, space, self.functions))
                term = space.derivatives(space.times(part[index], e), index)
                add_to(total, term, -1 if sum(index) % 2 else 1)
            read.append(part)
        return NoetherIdentity(tuple(read), tidy(space, total))

    def gauge_current(
        self, symmetry: Sequence[str | Mapping[str, str]], gauge: str = "", *, moved: Mapping[str, str] | None = None
    ) -> GaugeCurrent:
        """The current of a gauge symmetry, split into what vanishes on solutions and a surface term.

        Parameters
        ----------
        symmetry : sequence of str or dict
            The change of each dependent variable, linear in free functions and their derivatives: ``"lambda_t"``; or
            operators as in :meth:`noether_identity`.
        gauge : str
            Names of the free functions; those names of the texts that are nothing else, when omitted.
        moved : mapping, optional
            From independent variables to texts, where the symmetry moves these as well: ``{"t": "lambda"}``. Fields
            then change by ``eta - xi^i u_i``.

        Raises
        ------
        InputError
            Where the changes are not linear in free functions, or change the action.

        Examples
        --------
        >>> maxwell = Lagrangian("(a_x - b_t)^2/2", "t x", "b a")
        >>> print(maxwell.gauge_current(["lambda_x", "lambda_t"]))
        J^t = lambda_x*b_t - lambda_x*a_x
        J^x = -b_t*lambda_t + lambda_t*a_x
        S^t = -lambda*E_a
        S^x = -lambda*E_b
        k^tx = lambda*b_t - lambda*a_x
        -E_a_t - E_b_x = 0, whatever the fields are
        """
        return gauge_current(self, symmetry, gauge, moved)

    def gauge_symmetries(self, order: int = 1, degree: int = 1) -> tuple[GaugeCurrent, ...]:
        """Gauge symmetries that nobody has named, with their currents; see :mod:`gauge_search`.

        Parameters
        ----------
        order : int
            Of the derivatives of the field equations in an identity, and so of the free function in the symmetry.
        degree : int
            Of the coefficients, in the fields and their first derivatives.

        Examples
        --------
        >>> particle = Lagrangian("(x_s^2 - y_s^2)/(2 e) - m^2 e/2", "s", "x y e")
        >>> for found in particle.gauge_symmetries(): print([found.space.text(q) for q in found.characteristics])
        ['lambda*x_s', 'lambda*y_s', 'e*lambda_s + lambda*e_s']
        >>> Lagrangian("(a_x - b_t)^2/2 + m^2 (a^2 - b^2)/2", "t x", "b a").gauge_symmetries()
        ()
        """
        from symmeter.spacetime.gauge_search import gauge_symmetries

        return gauge_symmetries(self, order, degree)

    def __repr__(self) -> str:
        return f"<L = {self.text}>"
