"""One sky, three ways to write it: what ``c_lm`` and ``Gamma_lm`` mean, and how to go from one to another.

``mingarelli`` (the library's own): k is the direction of propagation, real harmonics have no Condon-Shortley phase,
``Gamma`` is the bare integral, and an isotropic sky has ``c_00 = sqrt(4 pi)``. ``enterprise``: the same directions,
real harmonics with signs (-1)^m, and 3 / (8 pi) inside. ``source``: k points to the source, hence signs (-1)^l.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError, NonFiniteError, ShapeError, UnknownNameError, nearest_name

__all__ = [
    "BETA",
    "CONVENTIONS",
    "checked_lmax",
    "complex_coefficients",
    "convention_factors",
    "convert_coefficients",
    "degrees_and_orders",
    "real_coefficients",
]

#: From bare integrals to correlations that are 1/2 for two pulsars in one direction.
BETA = 3 / (8 * np.pi)

#: Names of the conventions.
CONVENTIONS = ("mingarelli", "enterprise", "source")


def checked_lmax(lmax: Any) -> int:
    """The largest degree as an int.

    Raises
    ------
    InputError

    Examples
    --------
    >>> checked_lmax(8)
    8
    """
    whole = isinstance(lmax, (int, np.integer)) and not isinstance(lmax, bool)
    if not whole or lmax < 0:
        raise InputError(f"lmax is {lmax!r}; it must be a whole number >= 0")
    return int(lmax)


def degrees_and_orders(lmax: int) -> tuple[np.ndarray, np.ndarray]:
    """Degree and order of each component l*l + l + m."""
    ell = np.repeat(np.arange(lmax + 1), 2 * np.arange(lmax + 1) + 1)
    return ell, np.arange((lmax + 1) ** 2) - ell * ell - ell


def convention_factors(lmax: int, convention: str) -> Float[np.ndarray, " k"]:
    """What each component of a basis in the convention is of the library's own.

    Raises
    ------
    UnknownNameError

    Examples
    --------
    >>> convention_factors(1, "source")
    array([ 1., -1., -1., -1.])
    """
    if convention not in CONVENTIONS:
        close = nearest_name(convention, CONVENTIONS)
        hint = f"; did you mean {close!r}?" if close else ""
        raise UnknownNameError(f"no convention is called {convention!r}; known are {', '.join(CONVENTIONS)}{hint}")
    ell, m = degrees_and_orders(lmax)
    if convention == "source":
        return (-1.0) ** ell
    return BETA * (-1.0) ** m if convention == "enterprise" else np.ones(len(ell))


def convert_coefficients(c: Float[np.ndarray, "*batch k"], source: str, target: str) -> Float[np.ndarray, "*batch k"]:
    """Real coefficients of the power of a sky from one convention to another, the sky being the same.

    Parameters
    ----------
    c : array of shape (..., (L+1)^2)
    source, target : str
        Of :data:`CONVENTIONS`. The factor 3 / (8 pi) belongs to the basis, so coefficients change by signs alone.

    Raises
    ------
    ShapeError, UnknownNameError

    Examples
    --------
    >>> convert_coefficients([1.0, 0.0, 0.5, 0.0], "mingarelli", "source")
    array([ 1. , -0. , -0.5, -0. ])
    """
    c = np.asarray(c, dtype=float)
    lmax = round(np.sqrt(c.shape[-1])) - 1 if c.ndim else -1
    if lmax < 0 or (lmax + 1) ** 2 != c.shape[-1]:
        raise ShapeError(f"coefficients have shape {c.shape}; the last axis must be (lmax + 1)^2")
    signs = [np.sign(convention_factors(lmax, name)) for name in (source, target)]
    return c * signs[0] * signs[1]


def _degree_of(c: np.ndarray) -> int:
    lmax = round(np.sqrt(c.shape[-1])) - 1 if c.ndim == 1 else -1
    if lmax < 0 or (lmax + 1) ** 2 != c.shape[-1]:
        raise ShapeError(f"coefficients have shape {c.shape}; there must be (lmax + 1)^2 of them")
    return lmax


def real_coefficients(c: Any) -> Float[np.ndarray, " k"]:
    """Coefficients for real harmonics from real or complex ones of the same real power.

    Parameters
    ----------
    c : array of shape ((L+1)^2,), or SkyPower
        Real ones are returned as they are. Complex ones (Condon-Shortley phase, component l*l + l + m) must obey
        ``c_l,-m = (-1)^m conj(c_lm)``.

    Raises
    ------
    InputError, NonFiniteError, ShapeError

    Examples
    --------
    >>> real_coefficients([1.0, 0.1 + 0.2j, 0.5, -0.1 + 0.2j]).round(4)
    array([1.    , 0.2828, 0.5   , 0.1414])
    """
    c = np.asarray(getattr(c, "c", c))
    if c.dtype.kind not in "biufc":
        raise InputError(f"coefficients of a sky are numbers; got {c.dtype}")
    lmax = _degree_of(c)
    if not np.isfinite(c).all():
        raise NonFiniteError("a coefficient of the sky is NaN or infinite")
    if not np.iscomplexobj(c):
        return c.astype(float)
    ell, m = degrees_and_orders(lmax)
    mirrored = (-1.0) ** m * c[ell * (ell + 1) - m].conj()
    off = np.abs(c - mirrored)
    if off.max() > 1e-8 * np.abs(c).max():
        k = int(off.argmax())
        raise InputError(
            f"complex coefficients of a real power obey c_l,-m = (-1)^m conj(c_lm); l = {ell[k]}, m = {m[k]} is off by "
            f"{off[k]:.3g}"
        )
    scale = np.sqrt(2) * (-1.0) ** m
    ahead = c[ell * (ell + 1) + np.abs(m)]
    return np.where(m == 0, np.real(c), np.where(m > 0, scale * np.real(c), -scale * np.imag(ahead)))


def complex_coefficients(c: Float[np.ndarray, " k"]) -> Complex[np.ndarray, " k"]:
    """The reverse of :func:`real_coefficients`.

    Examples
    --------
    >>> complex_coefficients([1.0, 0.2 * 2**0.5, 0.5, 0.1 * 2**0.5]).round(12)
    array([ 1. +0.j ,  0.1+0.2j,  0.5+0.j , -0.1+0.2j])
    """
    c = np.asarray(c, dtype=float)
    ell, m = degrees_and_orders(_degree_of(c))
    size = np.abs(m)
    cosine, sine = c[ell * (ell + 1) + size], c[ell * (ell + 1) - size]
    positive = (-1.0) ** m * (cosine - 1j * sine) / np.sqrt(2)
    return np.where(m == 0, c, np.where(m > 0, positive, (-1.0) ** m * positive.conj()))
