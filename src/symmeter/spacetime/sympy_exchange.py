"""Equations from SymPy and back. SymPy is only asked for the tree of an expression; it computes nothing here.

Needs the extra ``symbolic``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symmeter.errors import InputError, InputTypeError, MissingDependencyError
from symmeter.spacetime.jets import ELEMENTARY, JetSpace
from symmeter.spacetime.polynomials import Poly, exponents

__all__ = ["SympyTexts", "is_sympy", "read_sympy", "to_sympy"]


@dataclass(frozen=True)
class SympyTexts:
    """Expressions as texts, with the names in them.

    Attributes
    ----------
    texts, independent, dependent, parameters, functions : tuple of str
    """

    texts: tuple[str, ...]
    independent: tuple[str, ...]
    dependent: tuple[str, ...]
    parameters: tuple[str, ...]
    functions: tuple[str, ...]


def is_sympy(value: Any) -> bool:
    """Whether a value comes from SymPy, which need not be there."""
    # Functions such as u are classes of their own, which SymPy makes without a module.
    return any(str(kind.__module__).split(".")[0] == "sympy" for kind in type(value).__mro__)


def read_sympy(expressions: Sequence[Any]) -> SympyTexts:
    """Expressions or equalities in unknown functions such as ``u(t, x)``.

    Parameters
    ----------
    expressions : sequence of sympy expressions

    Raises
    ------
    InputTypeError, InputError
        For what is no differential polynomial in functions of the same variables.

    Examples
    --------
    >>> import sympy
    >>> t, x, k = sympy.symbols("t x k")
    >>> u = sympy.Function("u")(t, x)
    >>> read_sympy([sympy.Eq(u.diff(t), k * u.diff(x, 2) + sympy.sin(u))]).texts
    ('(u_{t}) - ((k) * (u_{x,x}) + sin(u))',)
    """
    unknown: dict[str, tuple[str, ...]] = {}
    for e in expressions:
        if not is_sympy(e):
            raise InputTypeError(f"{e!r} is a {type(e).__name__}; give SymPy expressions or equalities")
        for f in sorted(e.atoms(_sympy().core.function.AppliedUndef), key=str):
            # Slots of derivatives of f(s) at a place are dummies.
            if all(a.is_Symbol and not a.is_Dummy for a in f.args):
                unknown.setdefault(f.func.__name__, tuple(a.name for a in f.args))
    if not unknown:
        raise InputError("there is no unknown function such as u(t, x) in the expressions")
    independent = max(unknown.values(), key=len)
    for name, variables in unknown.items():
        if variables != independent:
            raise InputError(
                f"{name} is a function of {', '.join(variables)}; all unknowns must be functions of "
                f"{', '.join(independent)}"
            )
    reader = _Tree(independent, tuple(unknown))
    texts = tuple(reader.equation(e) for e in expressions)
    return SympyTexts(texts, independent, tuple(unknown), tuple(sorted(reader.parameters)),
                      tuple(sorted(reader.functions)))  # fmt: skip


class _Tree:
    """Walks a tree and writes the text that our own parser reads."""

    def __init__(self, independent: tuple[str, ...], dependent: tuple[str, ...]) -> None:
        self.independent, self.dependent = independent, dependent
        self.parameters: set[str] = set()
        self.functions: set[str] = set()

    def equation(self, e: Any) -> str:
        if getattr(e, "is_Equality", False):
            return f"({self.text(e.lhs)}) - ({self.text(e.rhs)})"
        return self.text(e)

    def text(self, e: Any) -> str:
        if e.is_Integer:
            return f"({int(e)})" if int(e) < 0 else str(int(e))
        if e.is_Rational:
            return f"({int(e.p)}/{int(e.q)})"
        if e.is_Symbol:
            if e.name not in self.independent:
                self.parameters.add(e.name)
            return str(e.name)
        if e.is_Add:
            return " + ".join(self.text(a) for a in e.as_ordered_terms())
        if e.is_Mul:
            return " * ".join(f"({self.text(a)})" for a in e.args)
        if e.is_Pow:
            return self._power(e)
        if e.is_Derivative:
            return self._derivative(e)
        if e.is_Function:
            return self._function(e)
        if isinstance(e, _sympy().Subs) and len(e.variables) == 1 and e.expr.is_Derivative:
            return self._primed(e.expr, e.variables[0], e.point[0])
        raise InputError(f"{e} ({type(e).__name__}) has no counterpart here; use rational numbers and known functions")

    def _power(self, e: Any) -> str:
        base, exponent = e.args
        if not exponent.is_Rational:
            raise InputError(f"{e}: the exponent is no number")
        return f"({self.text(base)})^({exponent})"

    def _derivative(self, e: Any) -> str:
        inner = e.expr
        if not inner.is_Function or inner.func.__name__ not in self.dependent:
            if inner.is_Function and len(e.variable_count) == 1 and inner.args == (e.variable_count[0][0],):
                return self._primed(e, inner.args[0], inner.args[0])
            done = e.doit()
            if done == e:
                raise InputError(
                    f"{e} has no counterpart here; differentiate unknowns by {', '.join(self.independent)}"
                )
            return self.text(done)
        self._own_arguments(inner)
        letters = [str(v) for v, n in e.variable_count for _ in range(int(n))]
        return f"{inner.func.__name__}_{{{','.join(letters)}}}"

    def _function(self, e: Any) -> str:
        name = e.func.__name__
        if name in self.dependent:
            self._own_arguments(e)
            return str(name)
        if len(e.args) != 1:
            raise InputError(f"{e} has {len(e.args)} arguments; functions of one are known")
        if name not in ELEMENTARY:
            if not isinstance(e, _sympy().core.function.AppliedUndef):
                raise InputError(f"{e}: {name} has no rule here; known are {', '.join(ELEMENTARY)}")
            self.functions.add(name)
        return f"{name}({self.text(e.args[0])})"

    def _primed(self, derivative: Any, slot: Any, place: Any) -> str:
        """f'(place), for the derivative of an arbitrary function by its argument."""
        inner, by = derivative.expr, derivative.variable_count
        if not inner.is_Function or inner.args != (slot,) or len(by) != 1 or by[0][0] != slot:
            raise InputError(f"{derivative} has no counterpart here; use derivatives of functions of one argument")
        name = inner.func.__name__
        self.functions.add(name)
        return f"{name}{chr(39) * int(by[0][1])}({self.text(place)})"

    def _own_arguments(self, e: Any) -> None:
        if tuple(str(a) for a in e.args) != self.independent:
            raise InputError(f"{e} is taken at another point than {', '.join(self.independent)}; equations are local")


def to_sympy(space: JetSpace, p: Poly) -> Any:
    """A differential polynomial as a SymPy expression, with unknowns as functions of the independent variables.

    Examples
    --------
    >>> from symmeter.spacetime import PDESystem
    >>> kdv = PDESystem("u_t + 6*u*u_x + u_xxx")
    >>> to_sympy(kdv.space, kdv.equations[0])
    6*u(t, x)*Derivative(u(t, x), x) + Derivative(u(t, x), t) + Derivative(u(t, x), (x, 3))
    """
    sympy = _sympy()
    x = [sympy.Symbol(name) for name in space.independent]
    known = dict(space.depends)

    def unknown(a: int) -> Any:
        name = space.dependent[a]
        return sympy.Function(name)(
            *(v for v, n in zip(x, space.independent) if n in known.get(name, space.independent))
        )

    def variable(v: int) -> Any:
        found = space.variables[v]
        if found.kind == "independent":
            return x[found.number]
        if found.kind == "parameter":
            return sympy.Symbol(found.name)
        if found.kind == "jet":
            by = [(v, n) for v, n in zip(x, found.index) if n]
            return sympy.Derivative(unknown(found.number), *by) if by else unknown(found.number)
        f = space.functions[v]
        inner = to_sympy(space, f.argument)
        if f.kind.startswith("inverse"):
            return 1 / inner
        if f.kind == "root":
            return inner ** sympy.Rational(Fraction(f.key[-1]).numerator, Fraction(f.key[-1]).denominator)
        if f.kind.startswith("free"):
            own, order = sympy.Function(f.key[0]), int(f.kind.removeprefix("free"))
            if not order:
                return own(inner)
            slot = sympy.Dummy("s")
            return sympy.Subs(sympy.Derivative(own(slot), (slot, order)), slot, inner)
        return getattr(sympy, f.kind)(inner)

    total = sympy.Integer(0)
    for m, c in p.items():
        term = sympy.Rational(Fraction(c).numerator, Fraction(c).denominator)
        for v, e in exponents(m):
            term = term * variable(v) ** e
        total = total + term
    return total


def _sympy() -> Any:
    try:
        import sympy
    except ImportError:
        raise MissingDependencyError("sympy", "symbolic", "exchange with SymPy") from None
    return sympy
