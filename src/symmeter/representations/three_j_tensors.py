"""All 3j symbols of three spins at once: an exact integer sum where it fits 64 bits, a two-sided recursion beyond.

The sum over k of C(a,k) C(b,s-k) C(c,t-k) is at most 2^(a+b+c) = 2^(j1+j2+j3): int64 is exact up to a sum of 62.
Beyond, the symbols of fixed m3 are the eigenvector of the tridiagonal matrix of J^2 for the known eigenvalue
j3 (j3+1): it is built from both ends, where it grows, and joined in the middle, where it oscillates (Schulten and
Gordon, J. Math. Phys. 16, 1961 (1975); Luscombe and Luban, Phys. Rev. E 57, 7274 (1998)).
"""

from __future__ import annotations

from functools import lru_cache
from math import comb, factorial

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.representations.wigner import twice_spin

__all__ = ["clebsch_gordan_tensor", "wigner_3j_tensor"]

EXACT_SUM = 62


@lru_cache(maxsize=1)
def _tables() -> tuple[np.ndarray, np.ndarray]:
    binomials = np.array([[comb(n, k) for k in range(EXACT_SUM + 1)] for n in range(EXACT_SUM + 1)], dtype=np.int64)
    return binomials, np.array([float(factorial(n)) for n in range(2 * EXACT_SUM + 2)])


def three_j_exact_sum(a: np.ndarray, b: np.ndarray, c: np.ndarray, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """3j symbols (a b c; p q -p-q) of doubled arguments that fulfil the selection rules and have a+b+c <= 124."""
    binomials, factorials = _tables()
    r = -p - q
    x, y, z = (a + b - c) // 2, (a - b + c) // 2, (b + c - a) // 2
    s, t = (a - p) // 2, (b + q) // 2
    low = np.maximum(0, np.maximum(s - y, t - z))
    count = np.minimum(x, np.minimum(s, t)) - low + 1
    total = np.zeros(a.shape, dtype=np.int64)
    # Entries with many terms come last, so that each round works on a shrinking tail.
    order = np.argsort(count, kind="stable")
    first = np.searchsorted(count[order], np.arange(int(count.max(initial=0))), side="right")
    for step, start in enumerate(first):
        i = order[start:]
        k = low[i] + step
        term = binomials[x[i], k] * binomials[y[i], s[i] - k] * binomials[z[i], t[i] - k]
        total[i] += np.where(k % 2, -term, term)
    size = np.ones(a.shape)
    for j, m in ((a, p), (b, q), (c, r)):
        size *= factorials[(j + m) // 2] * factorials[(j - m) // 2]
    size /= factorials[(a + b + c) // 2 + 1] * factorials[x]
    size /= factorials[y] * factorials[z]
    sign = 1.0 - 2.0 * (((a - b - r) // 2) % 2)
    return sign * total * np.sqrt(size)


def _checked(j1: float, j2: float, j3: float) -> tuple[int, int, int]:
    a, b, c = twice_spin(j1), twice_spin(j2), twice_spin(j3)
    if not (abs(a - b) <= c <= a + b and (a + b + c) % 2 == 0):
        raise InputError(f"the spins {j1}, {j2}, {j3} do not couple: j3 must be one of |j1-j2|, |j1-j2|+1, ..., j1+j2")
    return a, b, c


def wigner_3j_tensor(j1: float, j2: float, j3: float) -> Float[np.ndarray, "a b c"]:
    """All 3j symbols (j1 j2 j3; m1 m2 m3), indices m = -j..j, in the phases of Condon and Shortley.

    Raises
    ------
    InputError
        If the three spins do not couple.

    Examples
    --------
    >>> wigner_3j_tensor(0.5, 0.5, 0).round(6)[..., 0]
    array([[ 0.      , -0.707107],
           [ 0.707107,  0.      ]])
    """
    return _tensor(*_checked(j1, j2, j3)).copy()


@lru_cache(maxsize=256)
def _tensor(a: int, b: int, c: int) -> np.ndarray:
    p, q = np.meshgrid(np.arange(-a, a + 1, 2), np.arange(-b, b + 1, 2), indexing="ij")
    inside = np.abs(p + q) <= c
    p, q = p[inside], q[inside]
    values = (
        three_j_exact_sum(np.full_like(p, a), np.full_like(p, b), np.full_like(p, c), p, q)
        if a + b + c <= 2 * EXACT_SUM
        else None
    )
    out = np.zeros((a + 1, b + 1, c + 1))
    if values is None:
        values = _by_recursion(a, b, c)[(p + q + c) // 2, (p + a) // 2]
    out[(p + a) // 2, (q + b) // 2, (c - p - q) // 2] = values
    out.setflags(write=False)
    return out


def clebsch_gordan_tensor(j1: float, j2: float, j3: float) -> Float[np.ndarray, "a b c"]:
    """All <j1 m1 j2 m2 | j3 m3>, indices m = -j..j.

    Examples
    --------
    >>> clebsch_gordan_tensor(0.5, 0.5, 1).round(6)[..., 1]
    array([[0.      , 0.707107],
           [0.707107, 0.      ]])
    """
    a, b, c = _checked(j1, j2, j3)
    r = np.arange(-c, c + 1, 2)
    sign = 1.0 - 2.0 * (((a - b + r) // 2) % 2)
    return _tensor(a, b, c)[..., ::-1] * (sign * np.sqrt(c + 1.0))


def _by_recursion(a: int, b: int, c: int) -> np.ndarray:
    """3j symbols as rows M = m1 + m2 = -j3..j3 and columns m1 = -j1..j1, doubled arguments; zero outside."""
    j1, j2, j3 = a / 2, b / 2, c / 2
    total = np.arange(-j3, j3 + 0.5)[:, None]
    m1 = np.arange(-j1, j1 + 0.5)[None, :]
    m2 = total - m1
    valid = np.abs(m2) <= j2
    diagonal = np.where(valid, j1 * (j1 + 1) + j2 * (j2 + 1) - j3 * (j3 + 1) + 2 * m1 * m2, 0.0)
    # down[m1] couples m1 and m1 - 1; it vanishes at the lower end of each row by itself.
    down = np.sqrt(np.maximum((j1 - m1 + 1) * (j1 + m1) * (j2 + m2 + 1) * (j2 - m2), 0.0)) * valid
    up = np.concatenate([down[:, 1:], np.zeros((len(total), 1))], axis=1)
    from_top = _one_sided(diagonal[:, ::-1], up[:, ::-1], down[:, ::-1], valid[:, ::-1])[:, ::-1]
    from_bottom = _one_sided(diagonal, down, up, valid)
    # Join where the equation is most oscillatory; two neighbours, since one of them may be near a zero.
    ratio = np.where(valid, np.abs(diagonal) / np.maximum(down + up, 1e-300), np.inf)
    rows = np.arange(len(total))
    at = np.argmin(ratio, axis=1)
    beside = np.where(np.take_along_axis(valid, np.minimum(at + 1, a)[:, None], 1)[:, 0] & (at < a), at + 1, at - 1)
    beside = np.where(valid[rows, np.maximum(beside, 0)], np.maximum(beside, 0), at)
    dot = from_top[rows, at] * from_bottom[rows, at] + from_top[rows, beside] * from_bottom[rows, beside]
    scale = dot / (from_bottom[rows, at] ** 2 + from_bottom[rows, beside] ** 2)
    joined = np.where(np.arange(a + 1)[None, :] >= at[:, None], from_top, from_bottom * scale[:, None])
    joined /= np.linalg.norm(joined, axis=1, keepdims=True)
    # Condon-Shortley: the coefficient with the largest m1 is positive; the 3j symbol adds (-1)^(j1-j2+M).
    last = a - np.argmax(valid[:, ::-1], axis=1)
    sign = np.sign(from_top[rows, last]) * (1.0 - 2.0 * ((a - b + np.rint(2 * total[:, 0]).astype(int)) // 2 % 2))
    return joined * (sign / np.sqrt(c + 1.0))[:, None]


def _one_sided(diagonal: np.ndarray, behind: np.ndarray, ahead: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Solve behind f[k-1] + diagonal f[k] + ahead f[k+1] = 0 rightwards from the first valid column of each row."""
    rows, columns = diagonal.shape
    out = np.zeros((rows, columns))
    first = np.argmax(valid, axis=1)
    out[np.arange(rows), first] = 1.0
    for k in range(columns - 1):
        previous = behind[:, k] * out[:, k - 1] if k else 0.0
        step = -(diagonal[:, k] * out[:, k] + previous) / np.where(ahead[:, k] > 0, ahead[:, k], 1.0)
        out[:, k + 1] = np.where((k >= first) & valid[:, k + 1], step, out[:, k + 1])
        large = np.abs(out[:, k + 1]) > 1e150
        if large.any():
            out[large, : k + 2] *= 1e-150
    return out
