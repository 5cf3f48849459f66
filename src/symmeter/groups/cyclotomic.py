"""Exact numbers of cyclotomic fields: the values of characters, printed as people write them.

A number of Q(z_n), z_n = exp(2 pi i / n), is an integer combination of 1, z_n, ..., z_n^(phi(n)-1) over a positive
denominator, with n the smallest possible (the conductor), so that equal numbers have equal representations.
Washington, Introduction to Cyclotomic Fields, chapter 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np
from jaxtyping import Int

from symmeter.errors import InputError, InputTypeError

__all__ = ["Cyclotomic", "cyclotomic_polynomial", "reduction_matrix", "totient"]

_LARGEST = 100_000


class Cyclotomic:
    """An exact element of a cyclotomic field.

    Parameters
    ----------
    n : int
        Order of the root of unity z = exp(2 pi i / n).
    coefficients : sequence of int
        ``sum_k coefficients[k] * z**k``; any length.
    denominator : int
        Positive integer by which the sum is divided.

    Examples
    --------
    >>> z = Cyclotomic.root(5)
    >>> z + z.conjugate(), z**5
    (Cyclotomic('phi - 1'), Cyclotomic('1'))
    >>> Cyclotomic.root(8) + Cyclotomic.root(8) ** 7
    Cyclotomic('sqrt(2)')
    >>> 1 / (1 + Cyclotomic.root(3)) == -Cyclotomic.root(3)
    True
    """

    __slots__ = ("_coefficients", "_conductor", "_denominator")

    def __init__(self, n: int, coefficients: Sequence[int], denominator: int = 1) -> None:
        if not 1 <= n <= _LARGEST:
            raise InputError(f"roots of unity of order {n} are not kept; the order must be in 1..{_LARGEST}")
        if denominator == 0:
            raise InputError("the denominator of a cyclotomic number is 0; it must be a positive integer")
        folded = [0] * n
        for k, c in enumerate(coefficients):
            if c != int(c):
                raise InputTypeError(f"coefficient {k} is {c!r}; coefficients are integers over one denominator")
            folded[k % n] += int(c)
        conductor, reduced, denominator = _canonical(n, tuple(folded), int(denominator))
        self._conductor = conductor
        self._coefficients = reduced
        self._denominator = denominator

    @classmethod
    def _trusted(cls, n: int, coefficients: tuple[int, ...], denominator: int) -> Cyclotomic:
        value = cls.__new__(cls)
        value._conductor, value._coefficients, value._denominator = n, coefficients, denominator
        return value

    @classmethod
    def root(cls, n: int, power: int = 1) -> Cyclotomic:
        """``exp(2 pi i power / n)``."""
        if n < 1:
            raise InputError(f"a root of unity has a positive order; got {n}")
        return cls(n, [0] * (power % n) + [1])

    @property
    def conductor(self) -> int:
        """Smallest n with the number in Q(exp(2 pi i / n))."""
        return self._conductor

    @property
    def coefficients(self) -> tuple[Fraction, ...]:
        """Coefficients of 1, z, ..., z**(phi(n)-1) with z = exp(2 pi i / conductor)."""
        return tuple(Fraction(c, self._denominator) for c in self._coefficients)

    @property
    def is_rational(self) -> bool:
        return self._conductor == 1

    @property
    def is_integral(self) -> bool:
        """Whether it is an algebraic integer."""
        return self._denominator == 1

    @property
    def is_real(self) -> bool:
        return self == self.conjugate()

    @property
    def is_zero(self) -> bool:
        return self._conductor == 1 and self._coefficients[0] == 0

    def galois(self, a: int) -> Cyclotomic:
        """Image under z -> z**a, for a coprime to the conductor."""
        n = self._conductor
        if math.gcd(a, n) != 1:
            raise InputError(f"z -> z**{a} is no automorphism of Q(z_{n}); the exponent must be coprime to {n}")
        moved = [0] * n
        for k, c in enumerate(self._coefficients):
            moved[k * a % n] += c
        return Cyclotomic(n, moved, self._denominator)

    def conjugate(self) -> Cyclotomic:
        """Complex conjugate."""
        return self.galois(-1)

    def conjugates(self) -> tuple[Cyclotomic, ...]:
        """The different images under all automorphisms, this number first."""
        n = self._conductor
        return tuple(dict.fromkeys(self.galois(a) for a in range(1, n + 1) if math.gcd(a, n) == 1))

    def norm(self) -> Fraction:
        """Product of the different conjugates."""
        product = Cyclotomic(1, [1])
        for x in self.conjugates():
            product = product * x
        return Fraction(product._coefficients[0], product._denominator)

    def __add__(self, other: Cyclotomic | int | Fraction) -> Cyclotomic:
        o = _as_cyclotomic(other)
        if o is None:
            return NotImplemented
        n = math.lcm(self._conductor, o._conductor)
        d = math.lcm(self._denominator, o._denominator)
        total = [0] * n
        for x in (self, o):
            step, scale = n // x._conductor, d // x._denominator
            for k, c in enumerate(x._coefficients):
                total[k * step] += c * scale
        return Cyclotomic(n, total, d)

    __radd__ = __add__

    def __mul__(self, other: Cyclotomic | int | Fraction) -> Cyclotomic:
        o = _as_cyclotomic(other)
        if o is None:
            return NotImplemented
        n = math.lcm(self._conductor, o._conductor)
        a, b = n // self._conductor, n // o._conductor
        total = [0] * n
        for j, x in enumerate(self._coefficients):
            if x:
                for k, y in enumerate(o._coefficients):
                    total[(j * a + k * b) % n] += x * y
        return Cyclotomic(n, total, self._denominator * o._denominator)

    __rmul__ = __mul__

    def __neg__(self) -> Cyclotomic:
        return Cyclotomic._trusted(self._conductor, tuple(-c for c in self._coefficients), self._denominator)

    def __sub__(self, other: Cyclotomic | int | Fraction) -> Cyclotomic:
        o = _as_cyclotomic(other)
        return NotImplemented if o is None else self + (-o)

    def __rsub__(self, other: Cyclotomic | int | Fraction) -> Cyclotomic:
        return -self + other

    def inverse(self) -> Cyclotomic:
        """``1 / self``: the other conjugates over the norm."""
        if self.is_zero:
            raise InputError("division by zero in a cyclotomic field")
        others = Cyclotomic(1, [1])
        for x in self.conjugates()[1:]:
            others = others * x
        norm = others * self
        return others * Fraction(norm._denominator, norm._coefficients[0])

    def __truediv__(self, other: Cyclotomic | int | Fraction) -> Cyclotomic:
        o = _as_cyclotomic(other)
        return NotImplemented if o is None else self * o.inverse()

    def __rtruediv__(self, other: int | Fraction) -> Cyclotomic:
        return self.inverse() * other

    def __pow__(self, exponent: int) -> Cyclotomic:
        base = self if exponent >= 0 else self.inverse()
        result = Cyclotomic(1, [1])
        e = abs(int(exponent))
        while e:
            if e & 1:
                result = result * base
            base = base * base
            e >>= 1
        return result

    def __complex__(self) -> complex:
        angles = 2j * np.pi * np.arange(len(self._coefficients)) / self._conductor
        return complex(np.dot(np.array(self._coefficients, dtype=float), np.exp(angles)) / self._denominator)

    def __float__(self) -> float:
        if not self.is_real:
            raise InputError(f"{self} is not real; use complex()")
        return complex(self).real

    def __int__(self) -> int:
        if not (self.is_rational and self.is_integral):
            raise InputError(f"{self} is not an integer")
        return self._coefficients[0]

    def __eq__(self, other: object) -> bool:
        o = _as_cyclotomic(other)
        return NotImplemented if o is None else self._key == o._key

    @property
    def _key(self) -> tuple[int, tuple[int, ...], int]:
        return self._conductor, self._coefficients, self._denominator

    def __hash__(self) -> int:
        if self._conductor == 1:
            return hash(Fraction(self._coefficients[0], self._denominator))
        return hash(self._key)

    def __bool__(self) -> bool:
        return not self.is_zero

    def __str__(self) -> str:
        from symmeter.groups.cyclotomic_text import written

        return written(self)

    def __repr__(self) -> str:
        return f"Cyclotomic('{self}')"


def _as_cyclotomic(value: object) -> Cyclotomic | None:
    if isinstance(value, Cyclotomic):
        return value
    if isinstance(value, (int, np.integer)):
        return Cyclotomic._trusted(1, (int(value),), 1)
    if isinstance(value, Fraction):
        return Cyclotomic._trusted(1, (value.numerator,), value.denominator)
    return None


@lru_cache(maxsize=65_536)
def _canonical(n: int, folded: tuple[int, ...], denominator: int) -> tuple[int, tuple[int, ...], int]:
    """Smallest field, coefficients in its power basis and denominator in lowest terms."""
    if not any(folded[1:]):
        n, folded = 1, folded[:1]
    coefficients = _reduced(n, folded)
    descended = True
    while descended:
        descended = False
        for p in _primes(n):
            smaller = _descend(n, p, coefficients, denominator)
            if smaller is not None:
                n, coefficients, denominator = smaller
                descended = True
                break
    common = math.gcd(denominator, *coefficients)
    if denominator < 0:
        common = -common
    if not any(coefficients):
        return 1, (0,), 1
    return n, tuple(c // common for c in coefficients), denominator // common


def _descend(n: int, p: int, c: tuple[int, ...], denominator: int) -> tuple[int, tuple[int, ...], int] | None:
    """The same number in Q(z_(n/p)), or None when it does not lie there."""
    m = n // p
    if m % p == 0:
        # Phi_n(x) = Phi_m(x^p): the smaller field is spanned by every p-th power of the basis.
        if any(x for k, x in enumerate(c) if k % p):
            return None
        return m, c[::p], denominator
    # z_n^k has the trace p - 1 or -1 times a power of z_m; a number of the smaller field has p - 1 times itself.
    inverse = pow(p, -1, m) if m > 1 else 0
    traced = [0] * m
    for k, x in enumerate(c):
        traced[k * inverse % m] += x * (p - 1 if k % p == 0 else -1)
    small = _reduced(m, tuple(traced))
    lifted = [0] * n
    for k, x in enumerate(small):
        lifted[k * p] += x
    if _reduced(n, tuple(lifted)) != tuple((p - 1) * x for x in c):
        return None
    return m, small, denominator * (p - 1)


def _reduced(n: int, folded: Sequence[int]) -> tuple[int, ...]:
    polynomial = cyclotomic_polynomial(n)
    degree = len(polynomial) - 1
    c = list(folded) + [0] * max(0, degree - len(folded))
    for k in range(len(c) - 1, degree - 1, -1):
        top = c[k]
        if top:
            for j, q in enumerate(polynomial):
                if q:
                    c[k - degree + j] -= top * q
    return tuple(c[:degree])


@lru_cache(maxsize=1024)
def cyclotomic_polynomial(n: int) -> tuple[int, ...]:
    """Coefficients of Phi_n, the constant term first.

    Examples
    --------
    >>> cyclotomic_polynomial(12)
    (1, 0, -1, 0, 1)
    """
    polynomial = [-1, 1]
    for p in _primes(n):
        # Phi_(mp)(x) = Phi_m(x^p) / Phi_m(x) for a prime p that does not divide m.
        stretched = [0] * ((len(polynomial) - 1) * p + 1)
        stretched[::p] = polynomial
        quotient = [0] * (len(stretched) - len(polynomial) + 1)
        for k in range(len(quotient) - 1, -1, -1):
            quotient[k] = stretched[k + len(polynomial) - 1]
            for j, q in enumerate(polynomial):
                stretched[k + j] -= quotient[k] * q
        polynomial = quotient
    rest = n // math.prod(_primes(n))
    full = [0] * ((len(polynomial) - 1) * rest + 1)
    full[::rest] = polynomial
    return tuple(full)


@lru_cache(maxsize=256)
def _reduction(n: int) -> np.ndarray:
    degree = totient(n)
    rows = np.zeros((n, degree), dtype=np.int64)
    tail = -np.array(cyclotomic_polynomial(n)[:degree], dtype=np.int64)
    rows[0, 0] = 1
    for k in range(1, n):
        rows[k, 1:] = rows[k - 1, :-1]
        rows[k] += rows[k - 1, -1] * tail
    rows.setflags(write=False)
    return rows


def reduction_matrix(n: int) -> Int[np.ndarray, "n phi"]:
    """Row k holds z_n**k in the basis 1, z_n, ..., z_n**(phi(n)-1)."""
    return _reduction(n)


def totient(n: int) -> int:
    """Euler's phi: the degree of Q(z_n)."""
    for p in _primes(n):
        n -= n // p
    return n


@lru_cache(maxsize=4096)
def _primes(n: int) -> tuple[int, ...]:
    found, p = [], 2
    while p * p <= n:
        if n % p == 0:
            found.append(p)
            while n % p == 0:
                n //= p
        p += 1
    return tuple([*found, n] if n > 1 else found)
