"""Vector fields on the space of independent and dependent variables, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError
from symmeter.linalg.rational import rational_solution
from symmeter.spacetime.denominators import common_numerators
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.parsing import parse_expression
from symmeter.spacetime.polynomials import Poly, add_to, constant, exponents, scaled

__all__ = ["VectorField", "combination", "coordinates_of"]


def coordinates_of(space: JetSpace) -> list[int]:
    """Numbers of x and u, the coordinates that fields move."""
    none = (0,) * len(space.independent)
    return [*range(len(space.independent)), *(space.jet(a, none) for a in range(len(space.dependent)))]


@dataclass(frozen=True, eq=False)
class VectorField:
    """``sum_i xi^i d/dx^i + sum_a eta^a d/du^a``.

    Attributes
    ----------
    space : JetSpace
    coefficients : tuple of Poly
        First those of the independent variables, then those of the dependent ones.
    """

    space: JetSpace
    coefficients: tuple[Poly, ...]

    def __call__(self, p: Poly) -> Poly:
        """The derivative of a function of x and u along the field."""
        out: Poly = {}
        for v, c in zip(coordinates_of(self.space), self.coefficients):
            if c:
                add_to(out, self.space.times(c, self.space.partial(p, v)))
        return out

    def in_space(self, space: JetSpace) -> VectorField:
        """The same field in the ring of another system, in the same variables.

        Raises
        ------
        InputError
            Where the variables have other names.
        """
        if space is self.space:
            return self
        own, other = ((s.independent, s.dependent) for s in (self.space, space))
        if own != other:
            names = "; ".join(", ".join(v) for v in other)
            raise InputError(f"{self} is a field in {'; '.join(', '.join(v) for v in own)}; wanted is one in {names}")
        functions = tuple({str(f.key[0]) for f in self.space.functions.values() if f.kind.startswith("free")})
        return VectorField(
            space, tuple(parse_expression(self.space.text(c), space, functions) for c in self.coefficients)
        )

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the constants in it, also inside functions."""
        space, found = self.space, set()
        stack = [m for c in self.coefficients for m in c]
        while stack:
            for v, _ in exponents(stack.pop()):
                if space.variables[v].kind == "parameter":
                    found.add(space.variables[v].name)
                elif v in space.functions:
                    stack += space.functions[v].argument
        return tuple(sorted(found))

    def at(self, values: Mapping[str, int]) -> VectorField:
        """The field for numbers in place of parameters.

        Examples
        --------
        >>> from symmeter.spacetime.metrics import Metric
        >>> from symmeter.spacetime.killing import killing_vectors
        >>> found = killing_vectors(Metric("-dt^2 + exp(2 H t) dx^2"))
        >>> print(found[1], "at H = 2:", found[1].at({"H": 2}))
        ∂_t - x*H ∂_x at H = 2: ∂_t - 2*x ∂_x
        """
        own = self.space
        rest = tuple(name for name in own.parameters if name not in values)
        space = JetSpace(own.independent, own.dependent, rest, depends=own.depends, denominators=own.denominators)
        given = {name: constant(value) for name, value in values.items()}
        free = tuple({str(f.key[0]) for f in own.functions.values() if f.kind.startswith("free")})
        return VectorField(
            space, tuple(space.reduced(parse_expression(own.text(c), space, free, given)) for c in self.coefficients)
        )

    def bracket(self, other: VectorField) -> VectorField:
        """The commutator [self, other]."""
        other, out = other.in_space(self.space), []
        for a, b in zip(self.coefficients, other.coefficients):
            c = dict(self(b))
            add_to(c, other(a), -1)
            out.append(c)
        return VectorField(self.space, tuple(out))

    @property
    def characteristics(self) -> tuple[Poly, ...]:
        """``Q^a = eta^a - xi^i u^a_i``."""
        space = self.space
        p = len(space.independent)
        out = []
        for a in range(len(space.dependent)):
            q = dict(self.coefficients[p + a])
            for i in range(p):
                jet = space.poly(space.jet(a, tuple(int(k == i) for k in range(p))))
                add_to(q, space.times(self.coefficients[i], jet), -1)
            out.append(q)
        return tuple(out)

    @property
    def is_affine(self) -> bool:
        """Whether all coefficients are at most linear in x and u, with numbers."""
        allowed = set(coordinates_of(self.space))
        return all(
            sum(e for _, e in exponents(m)) <= 1 and all(v in allowed for v, _ in exponents(m))
            for c in self.coefficients
            for m in c
        )

    def flow(self, points: Float[np.ndarray, "... n"], eps: float) -> Float[np.ndarray, "... n"]:
        """Points (x, u) moved for a time ``eps``: by a matrix exponential where the field is affine, else numerically.

        Raises
        ------
        ShapeError
            For points without one number for each x and u.
        InputError
            For fields with parameters or functions, or a flow that leaves every bounded region before ``eps``.
        """
        points = np.asarray(points, dtype=np.float64)
        if points.shape[-1:] != (len(self.coefficients),):
            raise ShapeError(
                f"points have shape {points.shape}; the last axis holds the {len(self.coefficients)} numbers (x, u)"
            )
        if self.is_affine:
            from scipy.linalg import expm

            n = len(self.coefficients)
            matrix = np.zeros((n + 1, n + 1))
            place = {v: k for k, v in enumerate(coordinates_of(self.space))}
            for k, c in enumerate(self.coefficients):
                for m, value in c.items():
                    (v,) = [v for v, _ in exponents(m)] or [None]
                    matrix[k, n if v is None else place[v]] += float(value)
            moved = expm(eps * matrix)
            return points @ moved[:n, :n].T + moved[:n, n]
        return self._integrated(points, eps)

    def _integrated(self, points: np.ndarray, eps: float) -> np.ndarray:
        from scipy.integrate import solve_ivp

        velocity = [numeric(self.space, c) for c in self.coefficients]
        flat = points.reshape(-1, points.shape[-1])

        def rate(_: float, y: np.ndarray) -> np.ndarray:
            z = y.reshape(flat.shape).T
            return np.stack([np.broadcast_to(f(z), z.shape[1:]) for f in velocity], -1).ravel()

        found = solve_ivp(rate, (0.0, eps), flat.ravel(), method="DOP853", rtol=1e-11, atol=1e-12)
        if not found.success or not np.isfinite(found.y[:, -1]).all():
            raise InputError(
                f"the flow of {self} does not exist up to {eps:g} at all of these points; take a smaller one"
            )
        return found.y[:, -1].reshape(points.shape)

    def __str__(self) -> str:
        space = self.space
        names = [*space.independent, *space.dependent]
        parts = []
        for name, c in zip(names, self.coefficients):
            if not c:
                continue
            text = space.text(c)
            if len(c) > 1:
                text = f"({text}) "
            else:
                text = {"1": "", "-1": "-"}.get(text, f"{text} ")
            parts.append(f"{text}\u2202_{name}")
        return " + ".join(parts).replace("+ -", "- ") if parts else "0"

    def latex(self) -> str:
        """In LaTeX."""
        from symmeter.spacetime.latex import field_latex

        return field_latex(self)

    def __repr__(self) -> str:
        return f"<{self}>"


def numeric(space: JetSpace, p: Poly) -> Any:
    """A polynomial in x and u as a function of an array (n, ...) of their values.

    Raises
    ------
    InputError
        For parameters, which have no value, and functions without one.
    """
    place = {v: k for k, v in enumerate(coordinates_of(space))}
    known: dict[int, Any] = {}

    def factor(v: int) -> Any:
        if v in place:
            return lambda z: z[place[v]]
        if v not in known:
            variable = space.variables[v]
            name = variable.name.split("(")[0]
            function = space.functions.get(v)
            if function is None or (function.kind != "root" and name not in _NUMERIC and variable.name[:2] != "1/"):
                raise InputError(f"{variable.name} has no number; only fields without parameters flow numerically")
            inner = numeric(space, function.argument)
            if function.kind == "root":
                act = _power(float(function.key[-1]))
            else:
                act = np.reciprocal if variable.name.startswith("1/") else _NUMERIC[name]
            known[v] = lambda z: act(inner(z))
        return known[v]

    terms = [(float(c), [(factor(v), e) for v, e in exponents(m)]) for m, c in p.items()]

    def value(z: np.ndarray) -> np.ndarray:
        out = np.zeros(z.shape[1:])
        for c, factors in terms:
            term = c
            for f, e in factors:
                term = term * f(z) ** e
            out = out + term
        return out

    return value


def _power(exponent: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda a: np.float_power(a, exponent)


_NUMERIC: dict[str, Any] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "exp": np.exp,
    "log": np.log,
}


def combination(field: VectorField, basis: Sequence[VectorField]) -> list[Fraction] | None:
    """Numbers c with ``field = sum c_k basis_k``, or None where there are none."""
    if field.space.denominators and basis:
        # Over one denominator, so that what is the same has the same monomials.
        n, space = len(field.coefficients), field.space
        flat = common_numerators(space, [p for f in (field, *basis) for p in f.coefficients])
        field, *basis = (VectorField(space, tuple(flat[k : k + n])) for k in range(0, len(flat), n))
    places: dict[tuple[int, int], int] = {}
    rows: list[dict[int, Any]] = []
    for k, b in enumerate(basis):
        for j, c in enumerate(b.coefficients):
            for m, value in c.items():
                place = places.setdefault((j, m), len(rows))
                if place == len(rows):
                    rows.append({})
                rows[place][k] = value
    right: list[Any] = [0] * len(rows)
    for j, c in enumerate(field.coefficients):
        for m, value in c.items():
            if (j, m) not in places:
                return None
            right[places[j, m]] = value
    found = rational_solution(rows, right, len(basis))
    return None if found is None else [found.get(k, Fraction(0)) for k in range(len(basis))]


def sum_of(fields: Sequence[VectorField], numbers: Sequence[Any]) -> VectorField:
    """A linear combination."""
    space = fields[0].space
    out: list[Poly] = [{} for _ in fields[0].coefficients]
    for f, n in zip(fields, numbers):
        if n:
            for k, c in enumerate(f.coefficients):
                add_to(out[k], scaled(c, n))
    return VectorField(space, tuple(out))
