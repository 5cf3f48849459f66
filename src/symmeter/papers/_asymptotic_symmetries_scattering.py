"""A wave that comes in from past null infinity of flat space and leaves to future null infinity, simulated.

A field in 2+1 dimensions is a sum of plane waves, so that its evolution in a periodic box is exact. The energy that
passes a circle of radius R is measured by angle, incoming before and outgoing after it has crossed; with R it tends to
the energy through null infinity, whose Fourier coefficients are the charges of supertranslations.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["scattering"]

_ANGLES = 96


def _packets(kx: np.ndarray, ky: np.ndarray) -> np.ndarray:
    """Amplitudes of three packets that go different ways and miss each other's middle."""
    out = np.zeros(kx.shape, dtype=complex)
    for weight, (px, py), width, (x, y) in (
        (1.0, (1.6, 0.3), 0.45, (0.6, -1.0)),
        (0.7, (-0.5, 1.5), 0.35, (-1.1, 0.4)),
        (0.5, (0.2, -1.9), 0.40, (0.3, 0.9)),
    ):
        out += weight * np.exp(-((kx - px) ** 2 + (ky - py) ** 2) / (2 * width**2) - 1j * (kx * x + ky * y))
    return out


def _energy_by_angle(radius: float, step: float = 0.25) -> tuple[np.ndarray, np.ndarray]:
    """Energy that passes inwards before t = 0 and outwards after, by angle."""
    box = 5.0 * radius
    spacing = 2 * np.pi / box
    number = int(3.6 / spacing)
    axis = spacing * np.arange(-number, number + 1)
    kx, ky = (a.ravel() for a in np.meshgrid(axis, axis, indexing="ij"))
    size = np.hypot(kx, ky)
    keep = (size > 0) & (size < 3.6)
    kx, ky, size = kx[keep], ky[keep], size[keep]
    amplitude = _packets(kx, ky) * spacing**2
    kept = np.abs(amplitude) > 1e-9 * np.abs(amplitude).max()
    kx, ky, size, amplitude = kx[kept], ky[kept], size[kept], amplitude[kept]
    phi = 2 * np.pi * np.arange(_ANGLES) / _ANGLES
    n = np.stack([np.cos(phi), np.sin(phi)])
    along = np.outer(n[0], kx) + np.outer(n[1], ky)
    wave = np.exp(1j * radius * along)
    times = np.arange(-1.6 * radius, 1.6 * radius + step / 2, step)
    turning = np.exp(-1j * np.outer(size, times)) * amplitude[:, None]
    rate = np.real(wave @ (-1j * size[:, None] * turning))
    slope = np.real((1j * along * wave) @ turning)
    flux = -rate * slope * radius * step
    return -flux[:, times < 0].sum(1), flux[:, times > 0].sum(1)


def scattering(radii: tuple[float, ...]) -> dict[str, Any]:
    """Energy by angle at two radii and extrapolated to infinity, and how well the points of the circles match."""
    found = [_energy_by_angle(r) for r in radii]
    # What is left at a finite radius is a series in 1/R: its value at 0 by the polynomial through all radii.
    inverse = 1 / np.array(radii)
    weights = [np.prod([-y / (x - y) for y in inverse if y != x]) for x in inverse]
    past, future = (np.asarray(sum(w * pair[k] for w, pair in zip(weights, found))) for k in (0, 1))
    turned = np.roll(past, _ANGLES // 2)
    modes = [np.fft.rfft(x)[:9] / _ANGLES for x in (future, turned, past)]
    scale = float(np.abs(modes[0]).max())
    return {
        "past": past.tolist(),
        "future": future.tolist(),
        "finite": [[f.tolist() for f in pair] for pair in found],
        "radii": list(radii),
        "energy": [float(past.mean()), float(future.mean())],
        "antipodal": float(np.abs(modes[0] - modes[1]).max()) / scale,
        "same point": float(np.abs(modes[0] - modes[2]).max()) / scale,
        "best turn": _best_turn(past, future),
    }


def _best_turn(past: np.ndarray, future: np.ndarray) -> float:
    """The turn of the circle at which the two agree best, degrees."""
    a, b = np.fft.rfft(past), np.fft.rfft(future)
    fine = np.fft.irfft(np.conj(a) * b, 3600 * 2)
    return float(np.argmax(fine) * 360 / len(fine))
