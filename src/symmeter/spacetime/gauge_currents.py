"""Noether's second theorem: the current of a gauge symmetry is what vanishes on solutions, and a surface term.

For a symmetry ``Q^a = sum_J R^aJ_alpha D_J lambda^alpha`` with free functions lambda, ``J^i = S^i + D_j k^ij``: S is
linear in the Euler-Lagrange expressions and k is antisymmetric, so that on solutions the charge in a region is an
integral over its boundary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from symmeter.errors import InputError, InputTypeError
from symmeter.spacetime.denominators import tidy
from symmeter.spacetime.jets import Index, JetSpace
from symmeter.spacetime.latex import polynomial_latex, symbol_latex
from symmeter.spacetime.parsing import constants_in, parse_expression
from symmeter.spacetime.polynomials import Poly, add_to, scaled
from symmeter.spacetime.prolonged import evolved
from symmeter.spacetime.surface_terms import by_parts, curl_of, divergence_of_curl, linear_parts
from symmeter.spacetime.variational import adjoint_current, euler

if TYPE_CHECKING:
    from symmeter.spacetime.lagrangians import Lagrangian

__all__ = ["GaugeCurrent", "gauge_current", "index_of"]


@dataclass(frozen=True, eq=False)
class GaugeCurrent:
    """``J^i = S^i + D_j k^ij``, exactly and off shell, with ``D_i J^i = -Q^a E_a``.

    Attributes
    ----------
    lagrangian : Lagrangian
    space : JetSpace
        The variables of the Lagrangian, the gauge functions, and a symbol ``E_u`` for each Euler-Lagrange expression.
    gauge : tuple of str
        The free functions lambda.
    characteristics : tuple of Poly
        Q, for each dependent variable.
    euler_expressions : tuple of Poly
        What the symbols ``E_u`` stand for.
    current : tuple of Poly
        J, in the fields.
    vanishing : tuple of Poly
        S, linear in the symbols ``E_u`` and their derivatives.
    surface : dict
        The components ``k^ij`` with i < j, linear in lambda and its derivatives; those that are zero are left out.
    identities : tuple of Poly
        For each gauge function what is zero off shell, in the symbols ``E_u``.
    """

    lagrangian: Lagrangian
    space: JetSpace
    gauge: tuple[str, ...]
    characteristics: tuple[Poly, ...]
    euler_expressions: tuple[Poly, ...]
    current: tuple[Poly, ...]
    vanishing: tuple[Poly, ...]
    surface: dict[tuple[int, int], Poly]
    identities: tuple[Poly, ...]

    def superpotential(self, i: int | str, j: int | str) -> Poly:
        """``k^ij``, for any order of i and j, which are numbers or names of independent variables."""
        a, b = (self.space.independent.index(v) if isinstance(v, str) else v for v in (i, j))
        return self.surface.get((a, b), {}) if a < b else scaled(self.surface.get((b, a), {}), -1)

    def in_fields(self, p: Poly) -> Poly:
        """An expression with the Euler-Lagrange expressions written out."""
        space, out = self.space, dict(p)
        first = len(self.euler_expressions) + len(self.gauge)
        for (a, index), v in space.jets_of(p).items():
            if a >= first:
                part = space.partial(p, v)
                add_to(out, space.times(part, space.poly(v)), -1)
                add_to(out, space.times(part, space.derivatives(self.euler_expressions[a - first], index)))
        return tidy(space, out)

    def verify(self) -> tuple[Poly, ...]:
        """``J^i - S^i - D_j k^ij`` and then the identities, in the fields: exact zeros, which are empty."""
        out = []
        for j, s, d in zip(self.current, self.vanishing, divergence_of_curl(self.space, self.surface)):
            left = dict(j)
            add_to(left, self.in_fields(s), -1)
            add_to(left, d, -1)
            out.append(tidy(self.space, left))
        return (*out, *(self.in_fields(n) for n in self.identities))

    def __str__(self) -> str:
        space = self.space
        return "\n".join(
            [
                *(f"J^{x} = {space.text(j)}" for x, j in zip(space.independent, self.current)),
                *(f"S^{x} = {space.text(s)}" for x, s in zip(space.independent, self.vanishing)),
                *(f"k^{self.pair(*ij)} = {space.text(p)}" for ij, p in self.surface.items()),
                *(f"{space.text(n)} = 0, whatever the fields are" for n in self.identities),
            ]
        )

    def formulas(self) -> tuple[tuple[str, str], ...]:
        """Captions and formulas in LaTeX."""
        space = self.space
        x = [symbol_latex(v) for v in space.independent]
        identities = [(f"identity for {g}", f"{polynomial_latex(space, n)} = 0")
                      for g, n in zip(self.gauge, self.identities)]  # fmt: skip
        split = [(f"S^{v}, zero on solutions", rf"S^{{{n}}} = {polynomial_latex(space, s)}")
                 for v, n, s in zip(space.independent, x, self.vanishing)]  # fmt: skip
        surface = [(f"surface term k^{self.pair(i, j)}", rf"k^{{{x[i]} {x[j]}}} = {polynomial_latex(space, p)}")
                   for (i, j), p in self.surface.items()]  # fmt: skip
        return (*identities, *split, *surface)

    def latex(self) -> str:
        """The identities, S and k, one a line."""
        return "\\\\\n".join(text for _, text in self.formulas())

    def pair(self, i: int, j: int) -> str:
        """The names of two independent variables as one index: ``tx``."""
        names = self.space.independent[i], self.space.independent[j]
        return "".join(names) if all(len(n) == 1 for n in names) else f"{{{','.join(names)}}}"

    def __repr__(self) -> str:
        return f"<the current of a gauge symmetry with {', '.join(self.gauge)}, {len(self.surface)} surface terms>"


def gauge_current(
    lagrangian: Lagrangian,
    symmetry: Sequence[str | Mapping[str, str]],
    gauge: str = "",
    moved: Mapping[str, str] | None = None,
) -> GaugeCurrent:
    """The current of a gauge symmetry, split; see :meth:`symmeter.spacetime.Lagrangian.gauge_current`."""
    own = lagrangian.space
    if isinstance(symmetry, (str, Mapping)) or not isinstance(symmetry, Sequence):
        raise InputTypeError(f"{symmetry!r} is no gauge symmetry; give a change for each dependent variable")
    if len(symmetry) != len(own.dependent):
        raise InputError(f"{len(symmetry)} changes for {len(own.dependent)} dependent variables")
    moved = moved or {}
    if strange := [v for v in moved if v not in own.independent]:
        raise InputError(f"{strange[0]!r} cannot be moved; the independent variables are {', '.join(own.independent)}")
    names = _gauge_names(lagrangian, [*symmetry, *moved.values()], gauge)
    symbols = tuple(f"E_{u}" for u in own.dependent)
    space = JetSpace(own.independent, (*own.dependent, *names, *symbols), own.parameters)
    space.denominators = own.denominators
    number = len(own.dependent)
    free = range(number, number + len(names))

    def read(text: str) -> Poly:
        return tidy(space, parse_expression(text, space, lagrangian.functions))

    xi = [read(moved[x]) if x in moved else {} for x in space.independent]
    q = tuple(_characteristic(space, a, given, xi, number, read) for a, given in enumerate(symmetry))
    for p in q:
        linear_parts(space, p, free)
    if not any(q):
        raise InputError("the symmetry changes nothing; give the changes of the fields, such as 'lambda_t'")
    density = read(lagrangian.text)
    expressions = tuple(tidy(space, euler(space, density, a)) for a in range(number))
    current = _current(space, density, q, xi, free)
    # Q^a E_a = D_i T^i + lambda N(E), and D_i J^i = -Q^a E_a: what vanishes on solutions is S = -T.
    product: Poly = {}
    for a, p in enumerate(q):
        symbol = space.jet(number + len(names) + a, (0,) * len(xi))
        add_to(product, space.times(p, space.poly(symbol)))
    parts, rest = by_parts(space, product, free)
    found = linear_parts(space, rest, free)
    identities = tuple(found.get((a, (0,) * len(xi)), {}) for a in free)
    vanishing = tuple(scaled(t, -1) for t in parts)
    out = GaugeCurrent(lagrangian, space, names, q, expressions, current, vanishing, {}, identities)
    closed = []
    for j, s in zip(current, vanishing):
        left = dict(j)
        add_to(left, out.in_fields(s), -1)
        closed.append(tidy(space, left))
    return replace(out, surface=curl_of(space, closed, free))


def _current(space: JetSpace, density: Poly, q: tuple[Poly, ...], xi: Sequence[Poly], free: range) -> tuple[Poly, ...]:
    """``J^i = A^i + xi^i L - B^i``, where what is left of the change of the action is the divergence of B."""
    change = evolved(space, q, density)
    moved = [space.times(x, density) for x in xi]
    for i, p in enumerate(moved):
        add_to(change, space.derivative(p, i))
    boundary, rest = by_parts(space, tidy(space, change), free)
    if rest:
        raise InputError(
            f"no gauge symmetry: it changes the action, whose variation is {space.text(rest)} up to a divergence"
        )
    out = []
    for a, m, b in zip(adjoint_current(space, q, density), moved, boundary):
        j = dict(a)
        add_to(j, m)
        add_to(j, b, -1)
        out.append(tidy(space, j))
    return tuple(out)


def _characteristic(
    space: JetSpace,
    a: int,
    given: str | Mapping[str, str],
    xi: Sequence[Poly],
    gauge: int,
    read: Callable[[str], Poly],
) -> Poly:
    """``eta^a - xi^i u^a_i``, with eta as a text or as operators R on a single gauge function."""
    if isinstance(given, Mapping):
        change: Poly = {}
        for letters, text in given.items():
            jet = space.poly(space.jet(gauge, index_of(space, letters)))
            add_to(change, space.times(read(text), jet))
    elif isinstance(given, str):
        change = dict(read(given))
    else:
        raise InputTypeError(f"{given!r} is no change of a field; give a text such as 'lambda_t'")
    for i, x in enumerate(xi):
        slope = space.jet(a, tuple(int(k == i) for k in range(len(xi))))
        add_to(change, space.times(x, space.poly(slope)), -1)
    return tidy(space, change)


def index_of(space: JetSpace, letters: str) -> Index:
    """How often each variable occurs in letters such as ``"tx"``, or in names with commas between them."""
    names = letters.split(",") if "," in letters else list(letters)
    if letters in space.independent:
        names = [letters]
    for name in names:
        if name not in space.independent:
            raise InputError(f"{letters!r} names no derivatives by {', '.join(space.independent)}")
    return tuple(names.count(x) for x in space.independent)


def _gauge_names(lagrangian: Lagrangian, given: Sequence[str | Mapping[str, str]], gauge: str) -> tuple[str, ...]:
    """The free functions: those named, or what the changes have and nothing else explains."""
    space = lagrangian.space
    if gauge:
        names = gauge.replace(",", " ").split()
    else:
        known = [*space.independent, *space.dependent, *space.parameters, *lagrangian.functions]
        texts = [t for t in given if isinstance(t, str)]
        names = list(dict.fromkeys(n for t in texts for n in constants_in(t, known, indexed=True)))
        if not names and any(isinstance(g, Mapping) for g in given):
            names = ["lambda"]
    if not names:
        raise InputError("the changes have no free function in them; write them with one, such as 'lambda_t'")
    if taken := [n for n in names if "_" in n or not n[:1].isalpha()]:
        raise InputError(f"{taken[0]!r} is no name for a gauge function; use letters and digits")
    return tuple(names)
