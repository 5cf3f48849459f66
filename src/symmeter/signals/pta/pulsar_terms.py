"""Overlap functions with the pulsars' own terms, for pulsars at finite distance: quadrature of what oscillates.

A wave along k turns the response of pulsar a by ``1 - exp(2 pi i f L_a (1 + k.p_a))``. Many wavelengths away the second
term averages out between pulsars and doubles the product of a pulsar with itself, which is what the exact functions of
:mod:`symmeter.signals.pta.overlap_functions` have. With it the kernel is an entire function of k: the kink where waves
come along a pulsar is gone, and a Gauss-Legendre grid of the sphere whose degree exceeds the phases is exact to
rounding.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError, ShapeError
from symmeter.representations import gauss_legendre_grid, real_sph_harm

__all__ = ["checked_turns", "own_basis", "pair_basis"]

#: Products of points and pairs beyond which a quadrature is refused: some minutes of work.
_LARGEST = 3_000_000_000
_BLOCK = 8192


def checked_turns(distance: Any, n: int) -> Float[np.ndarray, " n"]:
    """One distance in wavelengths for each of n pulsars.

    Raises
    ------
    InputError, ShapeError
    """
    turns = np.asarray(distance, dtype=float)
    if turns.ndim == 0:
        turns = np.full(n, turns)
    if turns.shape != (n,):
        raise ShapeError(f"distance has shape {turns.shape}; give one number, or one for each of {n} pulsars")
    if not (turns > 0).all() or not np.isfinite(turns).all():
        raise InputError("distance must be positive and finite: f L / c, in wavelengths")
    return turns


def _degree(phase: float, lmax: int) -> int:
    """Degree at which plane waves of this phase, times harmonics, are resolved to rounding."""
    return int(np.ceil(phase + 12 * np.cbrt(max(phase, 1.0)) + lmax + 24))


def pair_basis(
    x: Float[np.ndarray, "n 3"], pairs: np.ndarray, zeta: Float[np.ndarray, " p"], lmax: int, turns: np.ndarray
) -> Complex[np.ndarray, "p k"]:
    """Integrals of real harmonics with both terms of both pulsars; complex, since the distances of two differ.

    Raises
    ------
    InputError
        When the phases need a larger grid than is worth its time.
    """
    close = int((np.minimum(turns[pairs[:, 0]], turns[pairs[:, 1]]) * zeta < 1).sum())
    if close:
        warnings.warn(
            f"{close} of {len(pairs)} pairs are closer than a wavelength (f L zeta < 1): their pulsar terms add up, "
            "and depend on the distances to a fraction of a wavelength",
            stacklevel=4,
        )
    phase = 2 * np.pi * float((turns[pairs[:, 0]] + turns[pairs[:, 1]]).max())
    degree = _degree(phase, lmax)
    if degree**2 / 2 * len(pairs) > _LARGEST:
        raise InputError(
            f"{turns.max():.3g} wavelengths need {degree**2 // 2:,} directions for each of {len(pairs)} pairs; leave "
            "distance out (pulsar terms of pairs are negligible there), or take fewer pulsars"
        )
    grid = gauss_legendre_grid(degree, axis="z")
    points, weights = np.asarray(grid.points), np.asarray(grid.weights)
    starts = np.searchsorted(pairs[:, 0], np.arange(len(x) + 1))
    out = np.zeros((len(pairs), (lmax + 1) ** 2), dtype=complex)
    for low in range(0, len(points), _BLOCK):
        k = points[low : low + _BLOCK]
        y = real_sph_harm(k, lmax, axis="z") * weights[low : low + _BLOCK, None]
        along = x @ k.T
        size, response = 1 - along**2, _response(1 + along, turns)
        for a in range(len(x)):
            rows = slice(starts[a], starts[a + 1])
            b = pairs[rows, 1]
            if len(b):
                across = (x[b] @ x[a])[:, None] - along[a] * along[b]
                kernel = (2 * across**2 - size[a] * size[b]) / 4 * response[a] * response[b].conj()
                out[rows] += kernel.real @ y + 1j * (kernel.imag @ y)
    return out


def _response(above: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """``(1 - exp(2 pi i fL t)) / t`` without dividing by t = 1 + k.p."""
    phase = turns[:, None] * above
    return -2j * np.pi * turns[:, None] * np.exp(1j * np.pi * phase) * np.sinc(phase)


def own_basis(x: Float[np.ndarray, "n 3"], lmax: int, turns: np.ndarray) -> Float[np.ndarray, "n k"]:
    """The same for each pulsar with itself: one integral over the height, at any distance."""
    out = np.empty((len(x), (lmax + 1) ** 2))
    at = real_sph_harm(x, lmax, axis="z")
    for value in np.unique(turns):
        n = int(np.ceil(2 * np.pi * value)) // 2 + lmax + 24 + int(6 * np.cbrt(value + 1))
        t, w = np.polynomial.legendre.leggauss(min(n, 6000)) if n <= 6000 else _panels(n)
        # 2 pi (1 - x)^2 / 4 times 2 - 2 cos(2 pi fL (1 + x)), about the axis of the pulsar.
        kernel = np.pi * (1 - t) ** 2 * (1 - np.cos(2 * np.pi * value * (1 + t))) * w
        legendre = np.polynomial.legendre.legvander(t, lmax)
        integrals = kernel @ legendre
        some = turns == value
        ell = np.repeat(np.arange(lmax + 1), 2 * np.arange(lmax + 1) + 1)
        out[some] = at[some] * integrals[ell]
    return out


def _panels(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes of many short rules, for phases of thousands of turns."""
    t, w = np.polynomial.legendre.leggauss(40)
    count = -(-n // 12)
    edges = np.linspace(-1, 1, count + 1)
    middle, half = (edges[1:] + edges[:-1]) / 2, 1 / count
    return (middle[:, None] + half * t).ravel(), np.tile(w * half, count)
