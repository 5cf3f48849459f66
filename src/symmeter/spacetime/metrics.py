"""Metrics and what they determine, exactly: connection, curvature, Lie derivatives, in rational coordinates.

Signature and signs as in Misner, Thorne and Wheeler: ``R^a_bcd = d_c Gamma^a_bd - d_d Gamma^a_bc + ...``,
``R_bd = R^a_bad``. Free functions in a metric are symbols whose derivatives are symbols; nothing needs simplification,
and zero is decided.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations_with_replacement, product
from typing import Any

from symmeter.errors import InputError, InputTypeError, ShapeError
from symmeter.spacetime.denominators import canonical
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.parsing import FUNCTION_NAMES, constants_in, parse_expression
from symmeter.spacetime.polynomials import WIDTH, Poly, add_to, degree_in, exponents, scaled

__all__ = ["Metric", "Tensor", "reciprocal"]

_HALF = Fraction(1, 2)

Components = dict[tuple[int, ...], Poly]


@dataclass(frozen=True, eq=False)
class Tensor:
    """Components of a tensor in the coordinates of a metric; those that are not there vanish.

    Attributes
    ----------
    metric : Metric
    positions : str
        ``u`` and ``d`` for indices up and down, ``"dd"`` for a Ricci tensor.
    components : dict
        From index tuples to polynomials.
    """

    metric: Metric
    positions: str
    components: Components

    def __getitem__(self, index: tuple[int, ...]) -> Poly:
        return self.components.get(tuple(index) if isinstance(index, tuple) else (index,), {})

    def is_zero(self) -> bool:
        """Whether all components vanish: exact."""
        return not any(self.components.values())

    def text(self, *index: int) -> str:
        """One component as it can be typed."""
        return self.metric.space.text(self[index])

    def __iter__(self) -> Iterator[tuple[tuple[int, ...], Poly]]:
        return iter((k, v) for k, v in self.components.items() if v)

    def __sub__(self, other: Tensor) -> Tensor:
        if self.positions != other.positions:
            raise ShapeError(f"a tensor with indices {self.positions} minus one with {other.positions}")
        out = {}
        for index in self.components.keys() | other.components.keys():
            p = dict(self[index])
            add_to(p, other[index], -1)
            out[index] = canonical(self.metric.space, p)
        return Tensor(self.metric, self.positions, {k: v for k, v in out.items() if v})

    def __str__(self) -> str:
        x = self.metric.space.independent
        rows = [
            f"[{', '.join(x[i] for i in k)}] = {self.metric.space.text(v)}"
            for k, v in sorted(self.components.items())
            if v
        ]
        return "\n".join(rows) if rows else "0"


class Metric:
    """A metric given by its line element.

    Parameters
    ----------
    line_element : str, or square sequence of texts
        Quadratic in differentials: ``"-(1-2m/r) dt^2 + dr^2/(1-2m/r) + r^2 dy^2/(1-y^2) + r^2 (1-y^2) dphi^2"``; or the
        matrix of components.
    coordinates : str
        Names; found in the line element, in the order of its differentials, when omitted.
    functions : str
        Free functions with their arguments, ``"Theta(phi) M(u,phi)"``; those that the text writes with them, ``a(t)``,
        when omitted.
    parameters : str
        Constants; those names of the text that are nothing else and have no arguments, when omitted.

    Raises
    ------
    InputError
        For text that cannot be read, a form that is not quadratic, and a degenerate metric.

    Examples
    --------
    >>> g = Metric("Theta du^2 - 2 du dr + 2 (Xi + u Theta'/2) du dphi + r^2 dphi^2", functions="Theta(phi) Xi(phi)")
    >>> g.ricci().is_zero()
    True
    """

    def __init__(
        self,
        line_element: str | Sequence[Sequence[str]],
        coordinates: str | Sequence[str] = "",
        *,
        functions: str = "",
        parameters: str | Sequence[str] = "",
    ) -> None:
        rows = [line_element] if isinstance(line_element, str) else line_element
        if not isinstance(rows, (list, tuple)) or not all(_is_texts(row) for row in rows):
            raise InputTypeError(f"{line_element!r} is no metric; give a line element, or a matrix of texts")
        if isinstance(line_element, str):
            line_element = re.sub(r"^\s*ds\s*(\^|\*\*)\s*2\s*=", "", line_element)
        text = line_element if isinstance(line_element, str) else " ".join(t for row in line_element for t in row)
        x = _coordinates(text, coordinates)
        depends = _functions(functions, x) or _called(text, x)
        given = parameters.replace(",", " ").split() if isinstance(parameters, str) else list(parameters)
        constants = given or _constants(text, x, depends)
        self.space = JetSpace(x, tuple(depends), (*constants, *(f"d{c}" for c in x)), depends=depends)
        self.space.denominators = True
        self.dimension = len(x)
        self.components = self._line(line_element) if isinstance(line_element, str) else self._matrix(line_element)

    def _line(self, text: str) -> Components:
        space = self.space
        form = parse_expression(text, space)
        d = [space.parameter(f"d{c}") for c in space.independent]
        out: Components = {}
        for m, c in form.items():
            powers = [(i, degree_in(m, v)) for i, v in enumerate(d) if degree_in(m, v)]
            if sum(e for _, e in powers) != 2:
                names = ", ".join("d" + x for x in space.independent)
                raise InputError(f"{space.text({m: c})} is not quadratic in the differentials {names}")
            i, j = [i for i, e in powers for _ in range(e)]
            rest = m - sum(e << (WIDTH * d[k]) for k, e in powers)
            for index in {(i, j), (j, i)}:
                add_to(out.setdefault(index, {}), scaled({rest: c}, 1 if i == j else _HALF))
        return {k: canonical(space, v) for k, v in out.items()}

    def _matrix(self, rows: Sequence[Sequence[str]]) -> Components:
        n = self.dimension
        if len(rows) != n or any(len(row) != n for row in rows):
            raise ShapeError(
                f"the matrix has {len(rows)} rows of {[len(r) for r in rows]} entries; there are {n} coordinates"
            )
        out = {
            (i, j): canonical(self.space, parse_expression(rows[i][j], self.space)) for i in range(n) for j in range(n)
        }
        for i, j in product(range(n), repeat=2):
            if out[i, j] != out[j, i]:
                raise InputError(f"the matrix is not symmetric: entries ({i}, {j}) and ({j}, {i}) differ")
        return {k: v for k, v in out.items() if v}

    # -- arithmetic ----------------------------------------------------------------------------------------------------

    def expression(self, text: str) -> Poly:
        """A function of the coordinates."""
        return canonical(self.space, parse_expression(text, self.space))

    def _sum(self, terms: Iterator[Poly]) -> Poly:
        out: Poly = {}
        for p in terms:
            add_to(out, p)
        return canonical(self.space, out)

    def _d(self, p: Poly, i: int) -> Poly:
        return canonical(self.space, self.space.derivative(p, i))

    def _tensor(self, positions: str, value: Callable[..., Poly], indices: Iterator[tuple[int, ...]]) -> Tensor:
        found = {index: p for index in indices if (p := value(*index))}
        return Tensor(self, positions, found)

    def g(self, i: int, j: int) -> Poly:
        """``g_ij``."""
        return self.components.get((i, j), {})

    # -- what a metric determines --------------------------------------------------------------------------------------

    @cached_property
    def determinant(self) -> Poly:
        """``det g``."""
        return canonical(
            self.space,
            _determinant(self.space, [[self.g(i, j) for j in range(self.dimension)] for i in range(self.dimension)]),
        )

    @cached_property
    def _inverse(self) -> Components:
        n, space = self.dimension, self.space
        if not self.determinant:
            raise InputError("the metric is degenerate: its determinant is zero")
        one_over = reciprocal(space, self.determinant)
        out: Components = {}
        for i in range(n):
            for j in range(i, n):
                minor = [[self.g(a, b) for b in range(n) if b != i] for a in range(n) if a != j]
                cofactor = _determinant(space, minor)
                p = canonical(space, space.times(scaled(cofactor, -1 if (i + j) % 2 else 1), one_over))
                if p:
                    out[i, j] = out[j, i] = p
        return out

    def inverse(self) -> Tensor:
        """``g^ij``."""
        return Tensor(self, "uu", self._inverse)

    @cached_property
    def _gamma(self) -> Components:
        """``Gamma^a_bc``."""
        n, space = self.dimension, self.space
        dg = {(i, j, k): p for (i, j), value in self.components.items() for k in range(n) if (p := self._d(value, k))}
        lower: Components = {}
        for a in range(n):
            for b, c in combinations_with_replacement(range(n), 2):
                p: Poly = {}
                add_to(p, dg.get((a, b, c), {}), _HALF)
                add_to(p, dg.get((a, c, b), {}), _HALF)
                add_to(p, dg.get((b, c, a), {}), -_HALF)
                if p := canonical(space, p):
                    lower[a, b, c] = p
        out: Components = {}
        for a in range(n):
            for b, c in combinations_with_replacement(range(n), 2):
                p = self._sum(
                    space.times(self._inverse[a, e], lower[e, b, c])
                    for e in range(n)
                    if (a, e) in self._inverse and (e, b, c) in lower
                )
                if p:
                    out[a, b, c] = out[a, c, b] = p
        return out

    def christoffel(self) -> Tensor:
        """``Gamma^a_bc`` of the Levi-Civita connection."""
        return Tensor(self, "udd", self._gamma)

    def riemann(self) -> Tensor:
        """``R^a_bcd``."""
        n, space, gamma = self.dimension, self.space, self._gamma

        def value(a: int, b: int, c: int, d: int) -> Poly:
            p: Poly = {}
            add_to(p, self.space.derivative(gamma.get((a, b, d), {}), c))
            add_to(p, self.space.derivative(gamma.get((a, b, c), {}), d), -1)
            for e in range(n):
                if (a, c, e) in gamma and (e, b, d) in gamma:
                    add_to(p, space.times(gamma[a, c, e], gamma[e, b, d]))
                if (a, d, e) in gamma and (e, b, c) in gamma:
                    add_to(p, space.times(gamma[a, d, e], gamma[e, b, c]), -1)
            return canonical(space, p)

        found: Components = {}
        for a, b in product(range(n), repeat=2):
            for c in range(n):
                for d in range(c + 1, n):
                    if p := value(a, b, c, d):
                        found[a, b, c, d] = p
                        found[a, b, d, c] = scaled(p, -1)
        return Tensor(self, "uddd", found)

    @cached_property
    def _ricci(self) -> Components:
        n, space, gamma = self.dimension, self.space, self._gamma
        trace = [self._sum(gamma[a, a, b] for a in range(n) if (a, a, b) in gamma) for b in range(n)]
        found: Components = {}
        for b, d in combinations_with_replacement(range(n), 2):
            p: Poly = {}
            for a in range(n):
                if (a, b, d) in gamma:
                    add_to(p, space.derivative(gamma[a, b, d], a))
                    if trace[a]:
                        add_to(p, space.times(trace[a], gamma[a, b, d]))
                for e in range(n):
                    if (a, d, e) in gamma and (e, b, a) in gamma:
                        add_to(p, space.times(gamma[a, d, e], gamma[e, b, a]), -1)
            add_to(p, space.derivative(trace[b], d), -1)
            if p := canonical(space, p):
                found[b, d] = found[d, b] = p
        return found

    def ricci(self) -> Tensor:
        """``R_bd = R^a_bad``."""
        return Tensor(self, "dd", self._ricci)

    def scalar(self) -> Poly:
        """``R = g^bd R_bd``."""
        return self._sum(self.space.times(self._inverse[k], p) for k, p in self._ricci.items() if k in self._inverse)

    def einstein(self, cosmological: str | None = None) -> Tensor:
        """``R_bd - R g_bd / 2``, plus ``Lambda g_bd`` where a constant is given."""
        r = self.scalar()
        constant = {} if cosmological is None else self.expression(cosmological)
        found: Components = {}
        for index in self.components.keys() | self._ricci.keys():
            p = dict(self._ricci.get(index, {}))
            add_to(p, self.space.times(r, self.g(*index)), -_HALF)
            if constant:
                add_to(p, self.space.times(constant, self.g(*index)))
            if p := canonical(self.space, p):
                found[index] = p
        return Tensor(self, "dd", found)

    def vector(self, *texts: str) -> tuple[Poly, ...]:
        """A vector field from the texts of its components."""
        if len(texts) != self.dimension:
            raise ShapeError(f"{len(texts)} components for {self.dimension} coordinates")
        return tuple(self.expression(t) for t in texts)

    def lie_derivative(self, field: Sequence[Poly | str]) -> Tensor:
        """``L_xi g``, which vanishes for Killing vectors.

        Parameters
        ----------
        field : sequence of texts or polynomials
        """
        xi = tuple(self.expression(f) if isinstance(f, str) else f for f in field)
        if len(xi) != self.dimension:
            raise ShapeError(f"{len(xi)} components for {self.dimension} coordinates")
        n, space = self.dimension, self.space

        def value(i: int, j: int) -> Poly:
            p: Poly = {}
            for k in range(n):
                if xi[k]:
                    add_to(p, space.times(xi[k], space.derivative(self.g(i, j), k)))
                add_to(p, space.times(self.g(k, j), space.derivative(xi[k], i)))
                add_to(p, space.times(self.g(i, k), space.derivative(xi[k], j)))
            return canonical(space, p)

        return self._tensor("dd", value, product(range(n), repeat=2))

    def stretched(self, rate: str) -> Tensor:
        """``2 rate g``: what the Lie derivative along a conformal Killing vector is."""
        factor = scaled(self.expression(rate), 2)
        found = {k: q for k, p in self.components.items() if (q := canonical(self.space, self.space.times(factor, p)))}
        return Tensor(self, "dd", found)

    def is_killing(self, field: Sequence[Poly | str]) -> bool:
        """Whether a vector field is a Killing vector: exact."""
        return self.lie_derivative(field).is_zero()

    def surface_charge(self, field: Sequence[Poly | str], change: Components | Tensor, **options: bool) -> Tensor:
        """``k^mn`` whose flux is the change of a charge; see :mod:`symmeter.spacetime.surface_charges`."""
        from symmeter.spacetime.surface_charges import surface_charge

        return surface_charge(self, field, change, **options)

    def bracket(self, first: Sequence[Poly | str], second: Sequence[Poly | str]) -> tuple[Poly, ...]:
        """The commutator of two vector fields."""
        a, b = ([self.expression(f) if isinstance(f, str) else f for f in v] for v in (first, second))
        if len(a) != self.dimension or len(b) != self.dimension:
            raise ShapeError(f"{len(a)} and {len(b)} components for {self.dimension} coordinates")
        space = self.space

        def component(i: int) -> Iterator[Poly]:
            for k in range(self.dimension):
                yield space.times(a[k], space.derivative(b[i], k))
                yield scaled(space.times(b[k], space.derivative(a[i], k)), -1)

        return tuple(self._sum(component(i)) for i in range(self.dimension))

    def in_coordinates(self, coordinates: Sequence[str], old: Mapping[str, str], *, functions: str = "") -> Metric:
        """The same metric in other coordinates.

        Parameters
        ----------
        coordinates : sequence of str
            Names of the new ones.
        old : mapping
            Those old coordinates that are no new ones, as functions of the new ones: ``{"r": "1/w"}``.
        functions : str
            More free functions that the new metric should know.

        Raises
        ------
        InputError
            For an old coordinate that is not given, or on which a free function depends.

        Examples
        --------
        >>> flat = Metric("dr^2 + r^2 dphi^2")
        >>> print(flat.in_coordinates(["w", "phi"], {"r": "1/w"}).as_tensor())
        [w, w] = w^-4
        [phi, phi] = w^-2
        """
        space, names = self.space, tuple(coordinates)
        for x in space.independent:
            if (x in names) == (x in old):
                raise InputError(f"say what {x} is: a new coordinate, or a function of them (new: {', '.join(names)})")
        for name, depends in space.depends.items():
            if lost := [x for x in depends if x in old]:
                raise InputError(f"{name} is a function of {lost[0]}, which is no new coordinate")
        known = " ".join(f"{f}({','.join(d)})" for f, d in space.depends.items())
        differentials = {f"d{x}" for x in space.independent}
        constants = [c for c in space.parameters if c not in differentials]
        new = Metric([["1" if i == j else "0" for j in names] for i in names], names,
                     functions=f"{known} {functions}", parameters=constants or ["unused"])  # fmt: skip
        inner = new.space
        place = {x: parse_expression(old.get(x, x), inner) for x in space.independent}
        slope = [
            [canonical(inner, inner.derivative(place[x], a)) for a in range(len(names))] for x in space.independent
        ]
        moved = {k: parse_expression(space.text(p), inner, given=place) for k, p in self.components.items()}
        found: Components = {}
        for a, b in product(range(len(names)), repeat=2):
            total: Poly = {}
            for (i, j), p in moved.items():
                if slope[i][a] and slope[j][b]:
                    add_to(total, inner.times(p, inner.times(slope[i][a], slope[j][b])))
            if total := canonical(inner, total):
                found[a, b] = total
        new.components = found
        return new

    def as_tensor(self) -> Tensor:
        """``g_ij`` as a tensor, which can be printed."""
        return Tensor(self, "dd", self.components)

    def killing_vectors(self, degree: int | None = None, **options: Any) -> Any:
        """Killing vectors with the number of all; see :mod:`symmeter.spacetime.killing`."""
        from symmeter.spacetime.killing import killing_vectors

        return killing_vectors(self, degree, **options)

    def conformal_killing_vectors(self, degree: int | None = None, **options: Any) -> Any:
        """Conformal Killing vectors with the number of all; see :mod:`symmeter.spacetime.killing`."""
        from symmeter.spacetime.killing import conformal_killing_vectors

        return conformal_killing_vectors(self, degree, **options)

    def latex(self) -> str:
        """The line element in LaTeX."""
        from symmeter.spacetime.latex import line_element_latex

        return line_element_latex(self)

    def __repr__(self) -> str:
        return f"<metric in {', '.join(self.space.independent)}>"


def reciprocal(space: JetSpace, p: Poly) -> Poly:
    """``1/p`` for a canonical rational function: its denominators become numerators."""
    sums = set(space.factors.values())
    shared = None
    for m in p:
        powers = {v: e for v, e in exponents(m) if v in sums}
        shared = powers
        break
    numerator = {m - sum(e << (WIDTH * v) for v, e in (shared or {}).items()): c for m, c in p.items()}
    out = space.inverse(numerator)
    for v, e in (shared or {}).items():
        for _ in range(e):
            out = space.times(out, space.functions[v].argument)
    return out


def _determinant(space: JetSpace, m: list[list[Poly]]) -> Poly:
    """By expansion along rows, with minors kept: n is small, and many entries vanish."""
    n = len(m)
    memo: dict[int, Poly] = {0: {0: 1}}

    def minor(columns: int) -> Poly:
        if columns not in memo:
            row = n - columns.bit_count()
            out: Poly = {}
            sign = 1
            for c in range(n):
                if columns >> c & 1:
                    if m[row][c]:
                        add_to(out, space.times(m[row][c], minor(columns ^ (1 << c))), sign)
                    sign = -sign
            memo[columns] = canonical(space, out)
        return memo[columns]

    return minor((1 << n) - 1)


def _coordinates(text: str, given: str | Sequence[str]) -> tuple[str, ...]:
    names = given.replace(",", " ").split() if isinstance(given, str) else list(given)
    if names:
        return tuple(names)
    found: list[str] = []
    for word in re.findall(r"(?<![A-Za-zα-ωΑ-Ω])d([A-Za-zα-ω][A-Za-z0-9α-ω]*)", text):
        if word not in found:
            found.append(word)
    if not found:
        raise InputError("the line element has no differentials; write it as dx^2 + dy^2, or give coordinates")
    return tuple(found)


def _functions(text: str, coordinates: Sequence[str]) -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    rest = re.sub(
        r"([A-Za-zα-ωΑ-Ω][A-Za-z0-9]*)\s*\(([^)]*)\)",
        lambda m: out.update({m[1]: tuple(m[2].replace(" ", "").split(","))}) or "",
        text,
    )
    if rest.replace(",", " ").split():
        raise InputError(f"functions: {rest.strip()!r} has no arguments; write Theta(phi)")
    for name, arguments in out.items():
        for a in arguments:
            if a not in coordinates:
                raise InputError(
                    f"functions: {name} depends on {a!r}, which is no coordinate ({', '.join(coordinates)})"
                )
    return out


#: Names of functions with a meaning that are not known here: none of them is a free function.
_OTHER_FUNCTIONS = (
    "abs", "sign", "ln", "sec", "csc", "cot", "sech", "csch", "coth", "arcsin", "arccos", "arctan", "arcsinh",
    "arccosh", "arctanh", "asin", "acos", "atan", "asinh", "acosh", "atanh", "erf", "erfc", "besselj", "bessely",
)  # fmt: skip


def _called(text: str, coordinates: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Unknown names right before brackets with coordinates alone: ``a(t)`` is a function, ``k (x + y)`` a product."""
    found: dict[str, tuple[str, ...]] = {}
    known = {*FUNCTION_NAMES, *_OTHER_FUNCTIONS, *coordinates, *(f"d{c}" for c in coordinates)}
    for name, inside in re.findall(r"(?<![A-Za-z_α-ω])([A-Za-zα-ωΑ-Ω][A-Za-z0-9]*)'*\(([^()]*)\)", text):
        arguments = tuple(a.strip() for a in inside.split(","))
        if name in known or not set(arguments) <= set(coordinates):
            continue
        if found.setdefault(name, arguments) != arguments:
            raise InputError(
                f"{name} depends on {', '.join(found[name])} and on {inside}; a function has one set of them"
            )
    return found


def _is_texts(row: Any) -> bool:
    return isinstance(row, (str, list, tuple)) and all(isinstance(t, str) for t in row)


def _constants(text: str, coordinates: Sequence[str], functions: Iterable[str]) -> list[str]:
    return constants_in(text, [*coordinates, *functions, *(f"d{c}" for c in coordinates)])
