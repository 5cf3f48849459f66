"""How people write cyclotomic numbers: 1/2, i, w, sqrt(5), phi, 2cos(2pi/7), z16^3."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import gcd, isqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from symmeter.groups.cyclotomic import Cyclotomic

__all__ = ["SYMBOLS", "written"]

#: What the symbols mean, for the foot of a table.
SYMBOLS = {
    "phi": "phi = (1 + sqrt(5))/2, the golden ratio",
    "w": "w = exp(2 pi i/3)",
    "i": "i = sqrt(-1)",
}


@lru_cache(maxsize=16_384)
def written(value: Cyclotomic) -> str:
    """The number as people write it, such as "phi - 1" or "i*sqrt(3)"."""
    if value.is_rational:
        return str(value.coefficients[0])
    for way in (_root_of_unity, _quadratic, _cosine):
        text = way(value)
        if text is not None:
            return text
    return _sum([(c, _power(value.conductor, k)) for k, c in _sparsest(value) if c])


def _sparsest(value: Cyclotomic) -> list[tuple[int, Fraction]]:
    """Terms (power, coefficient); for a prime conductor, where the sum of all powers is 0, as few as possible."""
    n, c = value.conductor, list(value.coefficients)
    if n - len(c) == 1:
        c.append(Fraction(0))
        most = max(c, key=c.count)
        c = [x - most for x in c]
    return list(enumerate(c))


def _power(n: int, k: int) -> str:
    """``z_n**k`` in lowest terms."""
    common = gcd(n, k) if k else n
    n, k = n // common, k // common
    if n == 1:
        return ""
    symbol = {3: "w", 4: "i"}.get(n, f"z{n}")
    return symbol if k == 1 else f"{symbol}^{k}"


def _sum(terms: list[tuple[Fraction, str]]) -> str:
    text = ""
    for c, symbol in terms:
        size = abs(c)
        if not symbol:
            body = str(size)
        elif size == 1:
            body = symbol
        elif size.denominator == 1:
            body = f"{size}{symbol}" if symbol[0] not in "0123456789" else f"{size}*{symbol}"
        else:
            body = f"{size.numerator if size.numerator != 1 else ''}{symbol}/{size.denominator}"
        if not text:
            text = body if c > 0 else f"-{body}"
        else:
            text += f" + {body}" if c > 0 else f" - {body}"
    return text or "0"


def _root_of_unity(value: Cyclotomic) -> str | None:
    """A rational multiple of a root of unity."""
    square = value * value.conjugate()
    if not square.is_rational:
        return None
    size = _square_root(square.coefficients[0])
    if size is None:
        return None
    from symmeter.groups.cyclotomic import Cyclotomic

    unit = value * (1 / size)
    n = value.conductor
    for k in range(n):
        root = Cyclotomic.root(n, k)
        if unit == root or unit == -root:
            sign = size if unit == root else -size
            # -z^k of an even-order field is a power of z too; the shorter writing is chosen.
            if unit != root and n % 2 == 0:
                continue
            return _best_root(n, k, sign)
    return None


def _best_root(n: int, k: int, sign: Fraction) -> str:
    common = gcd(n, k)
    n, k = n // common, k // common
    if n % 2 == 0 and 2 * k > n:
        return _sum([(-sign, _power(n, k - n // 2))])
    return _sum([(sign, _power(n, k))])


def _square_root(x: Fraction) -> Fraction | None:
    a, b = isqrt(x.numerator) if x.numerator >= 0 else -1, isqrt(x.denominator)
    return Fraction(a, b) if a >= 0 and a * a == x.numerator and b * b == x.denominator else None


def _quadratic(value: Cyclotomic) -> str | None:
    """``a + b sqrt(d)`` with rational a, b; Q(sqrt(5)) through the golden ratio when that is shorter."""
    orbit = value.conjugates()
    if len(orbit) == 4:
        return _gaussian(value)
    if len(orbit) != 2:
        return None
    a = (value + orbit[1]).coefficients[0] / 2
    square = (value - a) * (value - a)
    radicand = square.coefficients[0]
    inner, outer = _squarefree(radicand.numerator * radicand.denominator)
    b = Fraction(outer, radicand.denominator)
    z = complex(value - a)
    if (z.real if inner > 0 else z.imag) < 0:
        b = -b
    if inner == -1:
        return _sum([(a, ""), (b, "i")] if a else [(b, "i")])
    if inner == 5 and b.denominator == 2 and a.denominator == 2 and (a - b).denominator == 1:
        return _golden(int(a - b), int(2 * b))
    if inner == -3 and b.denominator == 2 and a.denominator == 2:
        return _sum([(t, s) for t, s in ((a + b, ""), (2 * b, "w")) if t])
    symbol = f"sqrt({inner})" if inner > 0 else ("i*sqrt(" + str(-inner) + ")")
    if a.denominator == 1 and b.denominator == 1:
        return _sum([(a, ""), (b, symbol)] if a else [(b, symbol)])
    d = max(a.denominator, b.denominator)
    if d % a.denominator or d % b.denominator:
        d = a.denominator * b.denominator
    body = _sum([(a * d, ""), (b * d, symbol)] if a else [(b * d, symbol)])
    return f"({body})/{d}" if a else f"{body}/{d}"


def _golden(rational: int, golden: int) -> str:
    if golden < 0 < rational:
        return _sum([(Fraction(rational), ""), (Fraction(golden), "phi")])
    terms = [(Fraction(golden), "phi")]
    return _sum([*terms, (Fraction(rational), "")] if rational else terms)


def _gaussian(value: Cyclotomic) -> str | None:
    """i times a real quadratic number."""
    from symmeter.groups.cyclotomic import Cyclotomic

    turned = value * Cyclotomic.root(4, -1)
    if not turned.is_real or len(turned.conjugates()) != 2:
        return None
    text = _quadratic(turned)
    if text is None:
        return None
    return f"i*{text}" if text[0] != "-" and " " not in text else f"i*({text})"


def _squarefree(n: int) -> tuple[int, int]:
    """``n = inner * outer**2`` with squarefree inner."""
    outer, k = 1, 2
    while k * k <= abs(n):
        while n % (k * k) == 0:
            n //= k * k
            outer *= k
        k += 1
    return n, outer


def _cosine(value: Cyclotomic) -> str | None:
    """A rational multiple of ``2 cos(2 pi k / n)``."""
    from symmeter.groups.cyclotomic import Cyclotomic

    if not value.is_real:
        return None
    n = value.conductor
    # Turns k/n of an odd conductor as they are, 2cos(4pi/7); those of an even one within the first quadrant.
    for k in range(1, n // 2 + 1):
        if n % 2 == 0 and 4 * k > n:
            break
        wave = Cyclotomic.root(n, k) + Cyclotomic.root(n, -k)
        if wave.conductor != n:
            continue
        ratio = value / wave
        if ratio.is_rational:
            top, bottom = (2 * k, n) if n % 2 else (k, n // 2)
            common = gcd(top, bottom)
            top, bottom = top // common, bottom // common
            return _sum([(ratio.coefficients[0], f"2cos({'' if top == 1 else top}pi/{bottom})")])
    return None
