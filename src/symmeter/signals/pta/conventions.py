"""One sky, three ways to write it: what ``c_lm`` and ``Gamma_lm`` mean, and how to go from one to another.

``mingarelli`` (the library's own): k is the direction of propagation, real harmonics have no Condon-Shortley phase,
``Gamma`` is the bare integral, and an isotropic sky has ``c_00 = sqrt(4 pi)``. ``enterprise``: the same directions,
real harmonics with signs (-1)^m, and 3 / (8 pi) inside. ``source``: k points to the source, hence signs (-1)^l.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from symmeter.errors import ShapeError, UnknownNameError, nearest_name

__all__ = ["BETA", "CONVENTIONS", "convention_factors", "convert_coefficients", "degrees_and_orders"]

#: From bare integrals to correlations that are 1/2 for two pulsars in one direction.
BETA = 3 / (8 * np.pi)

#: Names of the conventions.
CONVENTIONS = ("mingarelli", "enterprise", "source")


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
