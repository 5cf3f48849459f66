"""Quasinormal frequencies of black holes by Leaver's continued fraction: how the light ring itself rings.

Mass one, ``exp(-i omega t)``: the imaginary part is negative.

References
----------
E. W. Leaver, *An analytic representation for the quasi-normal modes of Kerr black holes*, Proc. R. Soc. Lond. A 402,
285 (1985).
"""

# ruff: noqa: E741  (l is the degree, as in every book)

from __future__ import annotations

import numpy as np

from symmeter.errors import InputError
from symmeter.signals.echoes.spheroidal_eigenvalues import spheroidal_eigenvalue
from symmeter.signals.echoes.transfer_functions import check_mode, check_spin

__all__ = ["quasinormal_frequency"]

_DEPTH = 400


def _continued_fraction(omega: complex, spin: float, s: int, l: int, m: int) -> complex:
    """Leaver's equation, zero at a quasinormal frequency (in his units, mass one half)."""
    a, w = spin / 2.0, 2.0 * omega
    b = np.sqrt(1.0 - 4.0 * a * a)
    separation = spheroidal_eigenvalue(spin * omega, s, l, m)
    turn = w / 2.0 - a * m
    c0 = 1 - s - 1j * w - 2j / b * turn
    c1 = -4 + 2j * w * (2 + b) + 4j / b * turn
    c2 = s + 3 - 3j * w - 2j / b * turn
    c3 = w**2 * (4 + 2 * b - a**2) - 2 * a * m * w - s - 1 + (2 + b) * 1j * w - separation + (4 * w + 2j) / b * turn
    c4 = s + 1 - 2 * w**2 - (2 * s + 3) * 1j * w - (4 * w + 2j) / b * turn
    fraction = -1.0 + 0.0j
    for n in range(_DEPTH, 0, -1):
        alpha = (n - 1) ** 2 + (c0 + 1) * (n - 1) + c0
        beta = -2 * n**2 + (c1 + 2) * n + c3
        gamma = n**2 + (c2 - 3) * n + c4 - c2 + 2
        fraction = gamma / (beta - (n**2 + (c0 + 1) * n + c0) * fraction)
        if n == 1:
            return c3 - alpha * fraction
    raise AssertionError


def quasinormal_frequency(
    spin: float = 0.0,
    l: int = 2,
    m: int = 2,
    s: int = -2,
    *,
    guess: complex | None = None,
) -> complex:
    """The least damped quasinormal frequency of a hole, or the one nearest a guess.

    Parameters
    ----------
    spin : float
        Below one.
    l, m, s : int
    guess : complex, optional
        Start of Newton's iteration; without it the mode is followed from a spin of zero.

    Raises
    ------
    InputError
        If the iteration does not settle.

    Examples
    --------
    >>> print(f"{quasinormal_frequency():.6f}")
    0.373672-0.088962j
    """
    spin = check_spin(spin)
    check_mode(l, m, s)
    if spin < 0:
        spin, m = -spin, -m
    if guess is not None:
        return _root(guess, spin, s, l, m)
    # Far from the hole's throat the light ring at r = 3 turns and falls apart at the rate 1 / sqrt(27).
    omega = complex(l + 0.5 - (s * s + 0.3) / (4.0 * l + 2.0), -0.5) / np.sqrt(27.0)
    for step in np.append(np.arange(0.0, spin, 0.1), spin):
        omega = _root(omega, float(step), s, l, m)
    return omega


def _root(omega: complex, spin: float, s: int, l: int, m: int) -> complex:
    for _ in range(60):
        value = _continued_fraction(omega, spin, s, l, m)
        h = 1e-6
        slope = (_continued_fraction(omega + h, spin, s, l, m) - _continued_fraction(omega - h, spin, s, l, m)) / 2 / h
        step = value / slope
        omega -= step
        if abs(step) < 1e-13:
            return omega
    raise InputError(f"no quasinormal frequency was found near the guess (spin {spin:g}, l {l}, m {m}, s {s})")
