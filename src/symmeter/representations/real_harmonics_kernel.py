"""Real solid harmonics of all degrees by the stable recursion in the degree, on NumPy arrays or torch tensors.

With polar axis z, r^l Y_lm = Q_lm(z, r) * C_m(x, y) with C_m = Re (x + iy)^m (Im for m < 0) and Q_lm the normalised
associated Legendre function without its factor sin(theta)^m. The recursion in l at fixed m runs from the small into
the oscillating solution, hence forward stable; nothing is divided by sin(theta), so that poles are ordinary points.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

__all__ = ["fill_solid_harmonics", "gradient_matrices", "legendre_factors"]

# Q_lm(1) grows like 10^(0.21 l): beyond these degrees it leaves the range of the type.
LARGEST_DEGREE = 1400
LARGEST_SINGLE_DEGREE = 150


@lru_cache(maxsize=64)
def legendre_factors(degree: int) -> tuple[np.ndarray, tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """Factors of the recursion: Q_mm, and for every l the columns a_lm (m < l) and a_lm b_lm (m < l - 1).

    The factor sqrt(2) of the real harmonics with m > 0 is part of Q_mm.
    """
    m = np.arange(1, degree + 1)
    diagonal = np.concatenate([[1.0], np.sqrt(2.0) * np.sqrt(np.cumprod((2 * m + 1) / (2 * m)))]) / np.sqrt(4 * np.pi)
    first, second = [np.empty((0, 1))], [np.empty((0, 1))]
    for ell in range(1, degree + 1):
        k = np.arange(ell, dtype=float)[:, None]
        a = np.sqrt((4.0 * ell * ell - 1) / (ell * ell - k * k))
        first.append(a)
        inner = k[: ell - 1]
        second.append(a[: ell - 1] * np.sqrt(((ell - 1.0) ** 2 - inner**2) / (4.0 * (ell - 1) ** 2 - 1)))
    for column in (diagonal, *first, *second):
        column.setflags(write=False)
    return diagonal, tuple(first), tuple(second)


def fill_solid_harmonics(xp: Any, degree: int, z: Any, x: Any, y: Any, r2: Any, factors: Any, out: Any) -> None:
    """Write the harmonics of n points into ``out`` of shape ((L+1)^2, n), component by component.

    Parameters
    ----------
    xp : module
        ``numpy`` or ``torch``.
    z, x, y : arrays of shape (n,)
        Coordinates, the polar one first.
    r2 : array of shape (n,) or None
        Squared radius; None for unit vectors.
    factors : tuple
        What :func:`legendre_factors` gives, in the namespace and type of the points.
    """
    diagonal, first, second = factors
    n = len(z)
    plane = xp.empty((2, degree + 1, n), **_kind(out))
    cosines, sines = plane[0], plane[1]
    cosines[0], sines[0] = 1, 0
    for m in range(1, degree + 1):
        xp.multiply(cosines[m - 1], x, out=cosines[m])
        cosines[m] -= sines[m - 1] * y
        xp.multiply(sines[m - 1], x, out=sines[m])
        sines[m] += cosines[m - 1] * y
    legendre = xp.empty((3, degree + 1, n), **_kind(out))
    spare = xp.empty((max(degree, 1), n), **_kind(out))
    for ell in range(degree + 1):
        q, before, earlier = legendre[ell % 3], legendre[(ell - 1) % 3], legendre[(ell - 2) % 3]
        if ell:
            xp.multiply(before[:ell], z, out=q[:ell])
            q[:ell] *= first[ell]
        if ell > 1:
            xp.multiply(earlier[: ell - 1], second[ell], out=spare[: ell - 1])
            if r2 is not None:
                spare[: ell - 1] *= r2
            q[: ell - 1] -= spare[: ell - 1]
        q[ell] = diagonal[ell]
        centre = ell * ell + ell
        xp.multiply(q[: ell + 1], cosines[: ell + 1], out=out[centre : centre + ell + 1])
        sine_rows = out[ell * ell : centre]
        # Torch has no negative strides: there the sines stay in rising m, and the caller turns them round.
        xp.multiply(q[1 : ell + 1], sines[1 : ell + 1], out=sine_rows[::-1] if xp is np else sine_rows)


def _kind(array: Any) -> dict[str, Any]:
    return {"dtype": array.dtype} if isinstance(array, np.ndarray) else {"dtype": array.dtype, "device": array.device}


@lru_cache(maxsize=16)
def gradient_matrices(degree: int) -> tuple[np.ndarray, ...]:
    """For every l the matrices G with d(r^l Y_lm)/dx_a = sum_k G[a, m, k] r^(l-1) Y_(l-1)k, a = x, y, z (polar axis z).

    The gradient of a harmonic polynomial is harmonic and homogeneous of one degree less, hence a finite combination.
    With the complex solid harmonics of Condon and Shortley, d/dz lowers l, and d/dx +- i d/dy lower l and move m
    (Varshalovich, Moskalev, Khersonskii, Quantum Theory of Angular Momentum, section 5.8).
    """
    from symmeter.representations.harmonic_conventions import real_to_complex

    out: list[np.ndarray] = [np.zeros((3, 1, 0))]
    for ell in range(1, degree + 1):
        m = np.arange(-ell, ell + 1)
        k = np.arange(-(ell - 1), ell)
        size = np.sqrt((2 * ell + 1) / (2 * ell - 1))
        polar = np.where(m[:, None] == k, np.sqrt(np.maximum((ell + m) * (ell - m), 0))[:, None], 0.0)
        plus = np.where(m[:, None] + 1 == k, np.sqrt(np.maximum((ell - m) * (ell - m - 1), 0))[:, None], 0.0)
        minus = np.where(m[:, None] - 1 == k, -np.sqrt(np.maximum((ell + m) * (ell + m - 1), 0))[:, None], 0.0)
        x, y = (plus + minus) / 2, (plus - minus) / 2j
        to, back = real_to_complex(ell).conj().T, real_to_complex(ell - 1)
        stack = np.stack([np.real(to @ g @ back) for g in (x, y, polar)]) * size
        stack.setflags(write=False)
        out.append(stack)
    return tuple(out)
