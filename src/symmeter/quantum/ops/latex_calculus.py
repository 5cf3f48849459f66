"""Derivatives and integrals of scalar functions in LaTeX; operators are carried along by their coefficients."""

from __future__ import annotations

from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.coefficients import as_coefficient, is_coefficient, require_sympy, symbolic
from symmeter.quantum.ops.collecting import collect
from symmeter.quantum.ops.expression import Expression
from symmeter.quantum.ops.latex_syntax import parse_tokens
from symmeter.quantum.ops.latex_tokens import Token
from symmeter.quantum.ops.latex_tree import Derivative, Integral, Multiply

__all__ = ["derivative_of", "integral_of"]

_MOST_ORDER = 16


def derivative_of(reader: Any, node: Derivative) -> Any:
    """The derivative of everything to the right by a symbol."""
    sympy = require_sympy()
    if node.plain is not None and "d" in reader.names.symbols:
        # d is a symbol here: a fraction it is.
        return reader.value(Multiply(node.column, (("", node.plain), ("", node.inside))))
    if not 1 <= node.times <= _MOST_ORDER:
        raise InputError(f"column {node.column}: a derivative is taken 1 to {_MOST_ORDER} times; got {node.times}")
    x = reader.value(node.variable)
    if not isinstance(x, sympy.Symbol):
        raise InputError(f"column {node.column}: one derives by a symbol; got {x}")
    value = reader.value(node.inside)

    def turned(c: Any) -> Any:
        return as_coefficient(sympy.diff(symbolic(c), x, node.times))

    if is_coefficient(value):
        return turned(value)
    lifted = Expression.lift(value)
    return Expression(collect((body, turned(c)) for body, c in lifted.terms.items()))


def integral_of(reader: Any, node: Integral) -> Any:
    """A definite integral: exact for polynomials, by quadrature for functions without other symbols."""
    sympy = require_sympy()
    x = reader.value(node.variable)
    if not isinstance(x, sympy.Symbol):
        raise InputError(f"column {node.column}: one integrates over a symbol; got {x}")
    f, low, high = reader.value(node.inside), _limit(reader, node.lower), _limit(reader, node.upper)
    if not all(map(is_coefficient, (f, low, high))):
        raise InputError(f"column {node.column}: an integral is of numbers and symbols, not of operators")
    f, low, high = symbolic(f), symbolic(low), symbolic(high)
    if x in low.free_symbols | high.free_symbols:
        raise InputError(f"column {node.column}: the limits depend on the variable {x} of the integral")
    if f.is_polynomial(x) and low.is_finite is not False and high.is_finite is not False:
        whole = sympy.Poly(f, x).integrate(x).as_expr()
        return as_coefficient(sympy.expand(whole.subs(x, high) - whole.subs(x, low)))
    if (f.free_symbols - {x}) | low.free_symbols | high.free_symbols:
        raise InputError(
            f"column {node.column}: an integral that is no polynomial is taken numerically: only {x} is free"
        )
    return _quadrature(f, x, low, high, node.column)


def _quadrature(f: Any, x: Any, low: Any, high: Any, column: int) -> Any:
    sympy = require_sympy()
    # SymPy's own quadrature evaluates the tree; nothing is compiled from text.
    try:
        found = sympy.Integral(f, (x, low, high)).evalf(15)
    except (ValueError, ZeroDivisionError, TypeError, ArithmeticError):
        raise InputError(f"column {column}: the integral has no finite value by quadrature") from None
    # Floats of SymPy carry the bits that are sure; a divergent integral leaves next to none.
    sure = all(part._prec >= 40 for part in found.atoms(sympy.Float))
    if not found.is_number or not found.is_finite or found.has(sympy.Integral) or not sure:
        raise InputError(f"column {column}: the integral does not converge by quadrature")
    value = complex(found)
    return value if abs(value.imag) > 1e-14 * abs(value) else value.real


def _limit(reader: Any, tokens: tuple[Token, ...]) -> Any:
    texts = [t.text for t in tokens]
    if texts in ([r"\infty"], ["+", r"\infty"]):
        return require_sympy().oo
    if texts == ["-", r"\infty"]:
        return -require_sympy().oo
    return reader.value(parse_tokens(tokens))
