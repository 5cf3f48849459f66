"""Solutions of linear equations with polynomial coefficients by power series, for many frequencies at once.

The radial equations of black holes are ``p2 y'' + p1 y' + p0 y = 0`` with coefficients of degree four in r, a regular
singular point at the horizon and an irregular one at infinity (confluent Heun equations). Frobenius' series starts at
the horizon, the asymptotic series at infinity, and Taylor's series carries a solution from point to point; each is a
recurrence that is read off the coefficients. Conventions: coefficients are rows ``p[k]`` for ``r**k``, one column for
each frequency.

References
----------
C. M. Bender, S. A. Orszag, *Advanced Mathematical Methods for Scientists and Engineers*, chapter 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float, Num

__all__ = ["RadialEquation", "polynomial_product"]

_TERMS = 44
_ASYMPTOTIC_TERMS = 60


def polynomial_product(*factors: Num[np.ndarray, "d n"]) -> Num[np.ndarray, "d n"]:
    """Product of polynomials whose rows are coefficients by growing power.

    Examples
    --------
    >>> polynomial_product(np.array([[1], [1]]), np.array([[-1], [1]])).ravel()       # (1 + r)(r - 1)
    array([-1,  0,  1])
    """
    result = factors[0]
    for factor in factors[1:]:
        width = np.broadcast_shapes(result.shape[1:], factor.shape[1:])
        out = np.zeros((len(result) + len(factor) - 1, *width), np.result_type(result, factor))
        for k, row in enumerate(factor):
            out[k : k + len(result)] += result * row
        result = out
    return result


def _shifted(p: Complex[np.ndarray, "5 n"], at: Float[np.ndarray, " n"]) -> Complex[np.ndarray, "5 n"]:
    """Coefficients of ``p(at + h)`` by powers of h (Horner's scheme, repeated)."""
    out = np.array(np.broadcast_to(p, (len(p), *np.broadcast_shapes(p.shape[1:], at.shape))))
    for first in range(len(p) - 1):
        for k in range(len(p) - 2, first - 1, -1):
            out[k] += at * out[k + 1]
    return out


@dataclass(frozen=True, eq=False)
class RadialEquation:
    """``p2 y'' + p1 y' + p0 y = 0`` for n frequencies.

    Parameters
    ----------
    p2, p1, p0 : complex arrays of shape (5, n)
        Coefficients by growing power of r.
    horizon : float
        The outer regular singular point; the inner one lies at ``inner``.
    inner : float
    omega : complex array of shape (n,)
        Frequencies: solutions go like ``exp(+-i omega r)`` far away.
    """

    p2: Complex[np.ndarray, "5 n"]
    p1: Complex[np.ndarray, "5 n"]
    p0: Complex[np.ndarray, "5 n"]
    horizon: float
    inner: float
    omega: Complex[np.ndarray, " n"]

    def near_horizon(self, exponent: Complex[np.ndarray, " n"], terms: int) -> Complex[np.ndarray, "terms n"]:
        """Coefficients of ``(r - horizon)**exponent * sum c_k (r - horizon)**k``, ``c_0 = 1``."""
        at = np.full(self.omega.shape, self.horizon)
        a, b, e = (_shifted(p, at) for p in (self.p2, self.p1, self.p0))
        c = np.zeros((terms, len(self.omega)), complex)
        c[0] = 1.0

        def factor(power: Complex[np.ndarray, " n"], gap: int) -> Complex[np.ndarray, " n"]:
            # What c_k contributes to the coefficient that lies `gap` powers above its own.
            out = e[gap] if gap < 5 else np.zeros_like(power)
            out = out + (power * b[gap + 1] if gap + 1 < 5 else 0.0)
            return out + (power * (power - 1) * a[gap + 2] if gap + 2 < 5 else 0.0)

        for n in range(1, terms):
            total = sum(factor(exponent + k, n - k) * c[k] for k in range(max(0, n - 4), n))
            c[n] = -total / factor(exponent + n, 0)
        return c

    def from_horizon(
        self, exponent: Complex[np.ndarray, " n"], r: Float[np.ndarray, " n"], terms: int = 80
    ) -> tuple[Complex[np.ndarray, " n"], Complex[np.ndarray, " n"]]:
        """Frobenius' solution and its derivative at r, well within ``horizon - inner`` of the horizon."""
        t = r - self.horizon
        c = self.near_horizon(exponent, terms)
        powers = t ** np.arange(terms)[:, None]
        value = (c * powers).sum(0)
        slope = (c * powers * (exponent + np.arange(terms)[:, None])).sum(0) / t
        lead = np.exp(exponent * np.log(t))
        return lead * value, lead * slope

    def from_infinity(
        self, sign: int, power: float, r: Float[np.ndarray, " n"]
    ) -> tuple[Complex[np.ndarray, " n"], Complex[np.ndarray, " n"]]:
        """``exp(sign i omega (r + 2 ln(r / 2))) r**power (1 + c_1 / r + ...)`` and its derivative.

        The series is asymptotic and stops before its smallest term.
        """
        i_omega = sign * 1j * self.omega
        q = power + 2.0 * i_omega
        a, b, e = self.p2, self.p1, self.p0

        def factor(k: int, j: int) -> Complex[np.ndarray, " n"]:
            # What c_k contributes to the power j of the polynomial part, j <= 4.
            out = np.zeros(self.omega.shape, complex)
            if j >= 0:
                out = a[j] * i_omega**2 + i_omega * b[j] + e[j]
            if 0 <= j + 1 < 5:
                out = out + (q - k) * (2.0 * i_omega * a[j + 1] + b[j + 1])
            if 0 <= j + 2 < 5:
                out = out + (q - k) * (q - k - 1.0) * a[j + 2]
            return out

        c = [np.ones(self.omega.shape, complex)]
        value, slope = np.ones_like(c[0]), i_omega + q / r
        # Of the last two terms, since one alone may vanish by chance.
        last, size, going = np.full(len(r), np.inf), np.full(len(r), np.inf), np.ones(len(r), bool)
        for n in range(1, _ASYMPTOTIC_TERMS):
            total = sum(factor(k, 3 - n + k) * c[k] for k in range(max(0, n - 5), n))
            # The coefficient of c_n two powers below the leading one: only the mixed term is left of it.
            c.append(total / (2.0 * i_omega * n * a[4]))
            term = c[n] * r ** (-float(n))
            going &= np.abs(term) < np.maximum(last, size)
            last, size = size, np.abs(term)
            term = np.where(going, term, 0.0)
            value = value + term
            slope = slope + term * (i_omega + (q - n) / r)
        lead = np.exp(i_omega * (r + 2.0 * np.log(r / 2.0))) * r**power
        return lead * value, lead * slope

    def carried(
        self,
        r: Float[np.ndarray, " n"],
        solutions: Complex[np.ndarray, "k 2 n"],
        end: Float[np.ndarray, " n"],
    ) -> Complex[np.ndarray, "k 2 n"]:
        """Solutions (values, derivatives) that are known at r, carried to ``end`` nearer the hole."""
        y = np.array(solutions)
        at = np.array(r, dtype=float)
        while np.any(at > end):
            # Well inside the circle of convergence, and no more than a few radians of the local wave.
            powers = at ** np.arange(5)[:, None]
            rate = np.sqrt(np.abs((self.p0 * powers).sum(0) / (self.p2 * powers).sum(0)))
            longest = np.minimum(0.45 * (at - self.horizon), 2.5 / np.maximum(rate, 1e-300))
            step = -np.minimum(longest, at - end)
            y = self._step(at, step, y)
            at = np.where(at + step <= end * (1 + 1e-15), end, at + step)
        return y

    def _step(
        self, at: Float[np.ndarray, " n"], h: Float[np.ndarray, " n"], y: Complex[np.ndarray, "k 2 n"]
    ) -> Complex[np.ndarray, "k 2 n"]:
        a, b, e = (_shifted(p, at) for p in (self.p2, self.p1, self.p0))
        scale = h ** np.arange(5)[:, None]
        a, b, e = a * scale, b * scale * h, e * scale * h**2
        c = np.zeros((_TERMS, *y[:, 0].shape), complex)
        c[0], c[1] = y[:, 0], y[:, 1] * h
        inverse = 1.0 / a[0]
        a, b, e = a * inverse, b * inverse, e * inverse
        for n in range(_TERMS - 2):
            total = b[0] * ((n + 1) * c[n + 1]) + e[0] * c[n]
            for j in range(1, min(n, 4) + 1):
                k = n - j
                total += ((k + 2) * (k + 1) * a[j]) * c[k + 2] + ((k + 1) * b[j]) * c[k + 1] + e[j] * c[k]
            c[n + 2] = -total / ((n + 2) * (n + 1))
        orders = np.arange(_TERMS)[:, None, None]
        out = np.empty_like(y)
        out[:, 0] = c.sum(0)
        out[:, 1] = np.where(h == 0, y[:, 1], (c * orders).sum(0) / np.where(h == 0, 1.0, h))
        return out
