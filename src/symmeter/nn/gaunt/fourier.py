"""The paper's own route: functions on the sphere as Fourier series on a torus, multiplied by fast Fourier transform.

A function is continued to theta in [0, 2 pi) with a signed sine, f(-theta, phi + pi) = f(theta, phi), and has
finitely many modes there: f = sum_uv F_uv exp(i(u theta + v phi)), |u|, |v| <= L. Only v = +-m occurs for order m.
Products are convolutions of F, hence products after zero-padding to 2 (L1 + L2) + 1 modes; back, the modes are
integrated over the sphere proper, where all u contribute. Luo, Chen, Krishnapriyan (ICLR 2024), section 3.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch

from symmeter.nn.gaunt.degrees import basis_factors, size_of
from symmeter.representations import real_sph_harm

__all__ = ["fourier_arrays", "fourier_product"]


def _legendre(theta: np.ndarray, lmax: int) -> np.ndarray:
    """Normalised Legendre functions continued with a signed sine, (points, (lmax+1)^2), at orders m >= 0."""
    points = np.stack([np.sin(theta), 0 * theta, np.cos(theta)], -1)
    values = real_sph_harm(points, lmax, axis="z", normalize=False)
    ell = np.arange(lmax + 1)
    scale = np.where(np.concatenate([np.arange(-k, k + 1) for k in ell]) == 0, 1.0, np.sqrt(0.5))
    # At azimuth 0 the cosine harmonic is sqrt(2) times the Legendre function; x = sin(theta) carries the sign.
    return values * scale


def _positions(lmax: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows m = 0..lmax and columns l = m..lmax: positions of (l, m) and (l, -m), which are real, and the way back."""
    plus = np.zeros((lmax + 1, lmax + 1), dtype=np.int64)
    minus, inside = plus.copy(), np.zeros((lmax + 1, lmax + 1))
    back = np.zeros(size_of(lmax), dtype=np.int64)
    for m in range(lmax + 1):
        ell = np.arange(m, lmax + 1)
        plus[m, : len(ell)], minus[m, : len(ell)] = ell * ell + ell + m, ell * ell + ell - m
        inside[m, : len(ell)] = 1
        where = m * (lmax + 1) + np.arange(len(ell))
        back[ell * ell + ell + m] = where
        if m:
            back[ell * ell + ell - m] = where + (lmax + 1) ** 2
    return plus, minus, inside, back


def _to_modes(lmax: int, factors: np.ndarray) -> dict[str, np.ndarray]:
    """For every m the matrix from coefficients a_l = (c_lm - i c_l,-m)/sqrt(2) to modes u = -lmax..lmax."""
    n = 4 * lmax + 4
    theta = 2 * np.pi * np.arange(n) / n
    modes = np.fft.fft(_legendre(theta, lmax), axis=0)[np.arange(-lmax, lmax + 1)] / n
    plus, minus, inside, _ = _positions(lmax)
    matrix = (modes[:, plus] * inside * factors[plus]).transpose(1, 2, 0)
    half = np.where(np.arange(lmax + 1) == 0, 1.0, np.sqrt(0.5))[:, None, None]
    return {"plus": plus.reshape(-1), "minus": minus.reshape(-1), "modes": np.ascontiguousarray(matrix * half)}


def _from_modes(lmax: int, reach: int, factors: np.ndarray) -> dict[str, np.ndarray]:
    """For every m the matrix from modes u = -reach..reach to coefficients of degrees l = m..lmax."""
    # exp(i u theta) sin(theta) is no polynomial in cos(theta) for every parity: enough nodes in theta itself.
    x, w = np.polynomial.legendre.leggauss(3 * (reach + lmax) + 24)
    theta, w = np.pi * (x + 1) / 2, w * np.pi / 2
    u = np.arange(-reach, reach + 1)
    weighted = (np.exp(1j * u[:, None] * theta) * np.sin(theta) * w) @ _legendre(theta, lmax) * 2 * np.pi
    plus, _, inside, back = _positions(lmax)
    matrix = (weighted[:, plus] * inside / factors[plus]).transpose(1, 0, 2)
    # Modes at -m are the conjugates: the sum of both is sqrt(2) times a real or imaginary part.
    twice = np.where(np.arange(lmax + 1) == 0, 1.0, np.sqrt(2.0))[:, None, None]
    return {"integrals": np.ascontiguousarray(matrix * twice), "back": back}


@lru_cache(maxsize=64)
def fourier_arrays(lmaxes: tuple[int, int, int], normalization: str) -> dict[str, np.ndarray]:
    """The sparse matrices between coefficients and modes."""
    first, second, out = (basis_factors(lmax, normalization) for lmax in lmaxes)
    arrays = {f"{k}1": v for k, v in _to_modes(lmaxes[0], first).items()}
    arrays |= {f"{k}2": v for k, v in _to_modes(lmaxes[1], second).items()}
    return arrays | _from_modes(lmaxes[2], lmaxes[0] + lmaxes[1], out)


def fourier_product(x: torch.Tensor, y: torch.Tensor, constants: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """The product by two-dimensional Fourier transforms, with the constants of :func:`fourier_arrays`."""
    plus1, minus1, modes1, plus2, minus2, modes2, integrals, back = constants
    size = modes1.shape[2] + modes2.shape[2] - 1
    lead = torch.broadcast_shapes(x.shape[:-1], y.shape[:-1])
    if not lead.numel():
        # Fourier transforms refuse empty batches.
        return (x.sum() + y.sum()).expand(*lead, back.shape[0])
    f = _modes(x, plus1, minus1, modes1, size) * _modes(y, plus2, minus2, modes2, size)
    # F_uv for v >= 0 of the product; the arrays above hold u = 0 at place 0 and negative u at the end.
    orders, reach = integrals.shape[0], (size - 1) // 2
    spectrum = torch.fft.rfft2(f, norm="forward")
    columns = spectrum[..., : min(orders, reach + 1)]
    if orders > reach + 1:
        columns = torch.nn.functional.pad(columns, (0, orders - reach - 1))
    columns = torch.roll(columns, reach, -2).movedim(-1, -2)
    found = torch.einsum("...mu,mul->...ml", columns, integrals).flatten(-2)
    return torch.cat((found.real, -found.imag), -1).index_select(-1, back)


def _modes(x: torch.Tensor, plus: torch.Tensor, minus: torch.Tensor, modes: torch.Tensor, size: int) -> torch.Tensor:
    """Values on the torus of (size, size) points."""
    orders, degrees, length = modes.shape
    cosine = x.index_select(-1, plus).unflatten(-1, (orders, degrees))
    sine = x.index_select(-1, minus).unflatten(-1, (orders, degrees))
    keep = torch.arange(orders, device=x.device)[:, None] > 0
    a = torch.complex(cosine, torch.where(keep, -sine, torch.zeros_like(sine)))
    spectrum = torch.einsum("...ml,mlu->...um", a, modes)
    # v = 0 .. size // 2 for the inverse real transform; u wraps around.
    spectrum = torch.nn.functional.pad(spectrum, (0, size // 2 + 1 - orders, 0, size - length))
    return torch.fft.irfft2(torch.roll(spectrum, -(length // 2), -2), s=(size, size), norm="forward")
