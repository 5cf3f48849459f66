"""The numbers in front of operators: exact rationals and Gaussian rationals, floating point, or SymPy expressions.

Whole numbers and fractions stay exact; a complex number whose two parts are whole (``1j``) is read as exact too, so
that the phases of spin algebra never turn into floating point. SymPy is only the ring of symbolic coefficients: it is
imported when the first expression arrives, and never reads text.
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from symmeter.errors import InputTypeError, MissingDependencyError, NonFiniteError

__all__ = [
    "Coefficient",
    "Gaussian",
    "as_coefficient",
    "conjugate",
    "drawn_number",
    "expanded",
    "is_coefficient",
    "is_symbolic",
    "is_zero",
    "magnitude",
    "require_sympy",
    "symbolic",
]

#: int, Fraction, Gaussian, float, complex or a SymPy expression.
Coefficient = Any


class Gaussian:
    """An exact complex number ``re + i im`` with rational parts.

    Arithmetic that ends on the real axis gives an int or a Fraction; with floating point it gives a complex.

    Parameters
    ----------
    re, im : int or Fraction
        The two parts.

    Examples
    --------
    >>> Gaussian(1, 2) * Gaussian(1, -2), Gaussian(0, 1) / 2
    (5, Gaussian(0, 1/2))
    """

    __slots__ = ("im", "re")

    def __init__(self, re: Rational | int, im: Rational | int) -> None:
        object.__setattr__(self, "re", _whole(Fraction(re)))
        object.__setattr__(self, "im", _whole(Fraction(im)))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Gaussian rational cannot be changed")

    def __repr__(self) -> str:
        return f"Gaussian({self.re}, {self.im})"

    def __hash__(self) -> int:
        return hash((self.re, self.im)) if self.im else hash(self.re)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Gaussian):
            return self.re == other.re and self.im == other.im
        if isinstance(other, (int, Fraction)):
            return self.im == 0 and self.re == other
        if isinstance(other, (float, complex)):
            return self.re == other.real and self.im == other.imag
        return NotImplemented

    def __bool__(self) -> bool:
        return bool(self.re or self.im)

    def __complex__(self) -> complex:
        return complex(float(self.re), float(self.im))

    def __neg__(self) -> Coefficient:
        return _gaussian(-self.re, -self.im)

    def __abs__(self) -> float:
        return math.hypot(float(self.re), float(self.im))

    def conjugate(self) -> Coefficient:
        """The complex conjugate."""
        return _gaussian(self.re, -self.im)

    def __add__(self, other: Any) -> Coefficient:
        if isinstance(other, (float, complex)):
            return complex(self) + other
        parts = _parts(other)
        return NotImplemented if parts is None else _gaussian(self.re + parts[0], self.im + parts[1])

    __radd__ = __add__

    def __sub__(self, other: Any) -> Coefficient:
        return self + (-other) if _numeric(other) else NotImplemented

    def __rsub__(self, other: Any) -> Coefficient:
        return (-self) + other if _numeric(other) else NotImplemented

    def __mul__(self, other: Any) -> Coefficient:
        if isinstance(other, (float, complex)):
            return complex(self) * other
        parts = _parts(other)
        if parts is None:
            return NotImplemented
        re, im = parts
        return _gaussian(self.re * re - self.im * im, self.re * im + self.im * re)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Coefficient:
        if isinstance(other, (float, complex)):
            return complex(self) / other
        parts = _parts(other)
        if parts is None:
            return NotImplemented
        re, im = parts
        return self * _gaussian(Fraction(re) / (re * re + im * im), -Fraction(im) / (re * re + im * im))

    def __rtruediv__(self, other: Any) -> Coefficient:
        size = Fraction(self.re * self.re + self.im * self.im)
        return _gaussian(self.re / size, -self.im / size) * other if _numeric(other) else NotImplemented

    def __pow__(self, power: int) -> Coefficient:
        result: Coefficient = 1
        for _ in range(abs(power)):
            result = self * result
        return result if power >= 0 else 1 / result

    def _sympy_(self) -> Any:
        import sympy

        re, im = Fraction(self.re), Fraction(self.im)
        return sympy.Rational(re.numerator, re.denominator) + sympy.I * sympy.Rational(im.numerator, im.denominator)


def _whole(value: Fraction | int) -> Fraction | int:
    return int(value) if value.denominator == 1 else value


def _gaussian(re: Fraction | int, im: Fraction | int) -> Coefficient:
    return Gaussian(re, im) if im else _whole(Fraction(re))


def _parts(value: Any) -> tuple[Any, Any] | None:
    if isinstance(value, Gaussian):
        return value.re, value.im
    return (value, 0) if isinstance(value, (int, Fraction)) else None


def _numeric(value: Any) -> bool:
    return isinstance(value, (int, Fraction, float, complex, Gaussian))


def require_sympy() -> Any:
    """SymPy, or one line on how to get it."""
    try:
        import sympy
    except ImportError as error:
        raise MissingDependencyError("sympy", "symbolic", "a symbolic coefficient") from error
    return sympy


def is_symbolic(value: Any) -> bool:
    """Whether a value is a SymPy expression (False without importing SymPy where nobody has)."""
    sympy = sys.modules.get("sympy")
    return sympy is not None and isinstance(value, sympy.Expr)


def is_coefficient(value: Any) -> bool:
    """Whether a value can stand in front of an operator."""
    return _numeric(value) or isinstance(value, (np.number, np.bool_)) or is_symbolic(value)


def as_coefficient(value: Any) -> Coefficient:
    """Bring a number to its simplest exact kind.

    Parameters
    ----------
    value : number or SymPy expression
        What the caller gave.

    Returns
    -------
    int, Fraction, Gaussian, float, complex or SymPy expression

    Raises
    ------
    InputTypeError
        For anything else.
    NonFiniteError
        For NaN and infinity.

    Examples
    --------
    >>> as_coefficient(2j), as_coefficient(0.5 + 0j), as_coefficient(np.int64(3))
    (Gaussian(0, 2), 0.5, 3)
    """
    if isinstance(value, (np.number, np.bool_)):
        value = value.item()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, Gaussian)):
        return value
    if isinstance(value, Fraction):
        return _whole(value)
    if isinstance(value, (float, complex)):
        return _floating(value)
    if is_symbolic(value):
        return _from_sympy(value)
    raise InputTypeError(
        f"a coefficient is a number or a SymPy expression; got {type(value).__name__} ({str(value)[:40]!r})"
    )


def _floating(value: Any) -> Coefficient:
    if not (math.isfinite(value.real) and math.isfinite(value.imag)):
        raise NonFiniteError(f"a coefficient is {value}; coefficients are finite numbers")
    if isinstance(value, float):
        return value
    if value.real.is_integer() and value.imag.is_integer() and abs(value) < 2**53:
        return _gaussian(int(value.real), int(value.imag))
    return value if value.imag else value.real


def _from_sympy(value: Any) -> Coefficient:
    if not value.is_number:
        return value
    if value.is_finite is False:
        raise NonFiniteError(f"a coefficient is {value}; coefficients are finite numbers")
    re, im = value.as_real_imag()
    if re.is_Rational and im.is_Rational:
        return _gaussian(Fraction(int(re.p), int(re.q)), Fraction(int(im.p), int(im.q)))
    if re.is_Float or im.is_Float:
        return _floating(complex(value))
    return value


def symbolic(value: Coefficient) -> Any:
    """The same number as a SymPy expression."""
    sympy = require_sympy()

    return sympy.sympify(value) if not isinstance(value, Gaussian) else value._sympy_()


def conjugate(value: Coefficient) -> Coefficient:
    """Complex conjugate of any coefficient."""
    if is_symbolic(value):
        import sympy

        return sympy.conjugate(value)
    return value.conjugate()


def expanded(value: Coefficient) -> Coefficient:
    """Multiply out a symbolic coefficient and collect its like terms; numbers come back as they are."""
    return as_coefficient(value.expand()) if is_symbolic(value) else value


def drawn_number(symbol: Any, rng: np.random.Generator, largest: int, signs: tuple[int, int] | None = None) -> Any:
    """A number below ``largest`` that a SymPy symbol may have, of any sign and any quadrant that its kind allows.

    ``sqrt(x^2)`` is x in one half of the plane only: numbers of one sign would not tell.

    Parameters
    ----------
    symbol : SymPy symbol
    rng : numpy Generator
    largest : int
    signs : pair of 1 or -1, optional
        Of the two parts, where the kind leaves them free; drawn when omitted.
    """
    a, b = (int(v) for v in rng.integers(1, largest, 2))
    s, t = signs or tuple(int(v) for v in 2 * rng.integers(0, 2, 2) - 1)
    if symbol.is_real or symbol.is_integer:
        if symbol.is_nonnegative or symbol.is_nonpositive:
            return -a if symbol.is_nonpositive else a
        return s * a
    return Gaussian(s * a, t * b)


def magnitude(value: Coefficient) -> float:
    """Size of a number; 1 for a symbolic coefficient."""
    return 1.0 if is_symbolic(value) else float(abs(value))


def is_zero(value: Coefficient) -> bool:
    """Whether a coefficient is zero; a symbolic one is multiplied out, and simplified where that does not settle it.

    Examples
    --------
    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> is_zero((x + 1) ** 2 - x**2 - 2 * x - 1), is_zero(sympy.sin(x) ** 2 + sympy.cos(x) ** 2 - 1), is_zero(x)
    (True, True, False)
    """
    if not is_symbolic(value):
        return value == 0
    plain = value.expand()
    if plain == 0:
        return True
    import sympy

    if plain.is_polynomial(*plain.free_symbols) and not plain.has(sympy.Function):
        numbers = sympy.Poly(plain, *plain.free_symbols).coeffs() if plain.free_symbols else [plain]
        if any(n.as_real_imag()[0].is_Rational and n.as_real_imag()[1].is_Rational for n in numbers):
            return False
    return bool(sympy.simplify(plain) == 0)
