"""Distinct Minkowski spaces in three dimensions: vacua that differ by a supertranslation, in the bulk and exactly.

``X = x + chi(r) a(phi)`` moves each point of flat space by a vector that depends on its angle: ``a^t = alpha +
alpha''`` and ``a = alpha'' n - alpha' e`` with the radial and angular unit vectors. Since ``da/dphi`` is null, the flat
metric in the new coordinates is that of the vacuum ``Theta = -1, Xi = -(alpha' + alpha''')`` wherever chi = 1, with no
corrections. A cut-off chi that vanishes near the axis makes the map smooth there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.spacetime.metrics import Metric

__all__ = ["displacement", "radial_step", "smallest_stretch", "supertranslated_minkowski"]


def supertranslated_minkowski(alpha: str = "alpha", cutoff: str = "1") -> Metric:
    """Flat space in the coordinates of a supertranslated vacuum.

    Parameters
    ----------
    alpha : str
        A function of phi; the free function alpha when omitted.
    cutoff : str
        A function of r; ``"chi"`` is a free one.

    Examples
    --------
    >>> print(supertranslated_minkowski("0").as_tensor())
    [u, u] = -1
    [u, r] = -1
    [r, u] = -1
    [phi, phi] = r^2
    >>> supertranslated_minkowski(cutoff="chi").riemann().is_zero()
    True
    """
    flat = Metric("-dt^2 + dx^2 + dy^2")
    first, second = f"D({alpha}, phi)", f"D({alpha}, phi, phi)"
    radial, angular = f"(r + ({cutoff})*{second})", f"(({cutoff})*{first})"
    moved = {
        "t": f"u + r + ({cutoff})*(({alpha}) + {second})",
        # The angular unit vector is (-sin, cos), and the displacement along it -alpha'.
        "x": f"{radial}*cos(phi) + {angular}*sin(phi)",
        "y": f"{radial}*sin(phi) - {angular}*cos(phi)",
    }
    return flat.in_coordinates(["u", "r", "phi"], moved, functions="alpha(phi) chi(r)")


def displacement(alpha: Callable[[np.ndarray], np.ndarray], phi: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 3"]:
    """``(a^t, a^x, a^y)`` of a function on the circle, at equally spaced angles."""
    values = np.asarray(alpha(phi), dtype=np.float64)
    n = len(phi)
    if n < 8 or not np.allclose(np.diff(phi), 2 * np.pi / n):
        raise InputError("give at least 8 angles 2 pi k / n, so that derivatives can be taken by modes")
    modes = np.fft.rfft(values)
    k = np.fft.rfftfreq(n, 1 / n)
    odd = 1j * k
    if n % 2 == 0:
        odd[-1] = 0
    first, second = np.fft.irfft(odd * modes, n), np.fft.irfft(-(k**2) * modes, n)
    cos, sin = np.cos(phi), np.sin(phi)
    return np.stack([values + second, second * cos + first * sin, second * sin - first * cos], axis=1)


def radial_step(r: Float[np.ndarray, " m"], start: float, width: float) -> Float[np.ndarray, " m"]:
    """A smooth cut-off: 0 up to ``start``, 1 from ``start + width`` on, with all derivatives.

    Examples
    --------
    >>> radial_step(np.array([0.0, 1.0, 2.0, 3.0, 4.0]), 1.0, 2.0).round(3).tolist()
    [0.0, 0.0, 0.5, 1.0, 1.0]
    """
    if not (width > 0 and start >= 0):
        raise InputError(f"the step starts at {start:g} and is {width:g} wide; both are lengths, the width above 0")
    s = np.clip((np.asarray(r, dtype=np.float64) - start) / width, 0.0, 1.0)
    with np.errstate(divide="ignore"):
        rising, falling = np.exp(-1 / s), np.exp(-1 / (1 - s))
    return rising / (rising + falling)


def smallest_stretch(
    alpha: Callable[[np.ndarray], np.ndarray], start: float, width: float, *, angles: int = 256, radii: int = 400
) -> float:
    """The least of the area density over r: positive where the map of the bulk folds nowhere.

    Parameters
    ----------
    alpha : callable
    start, width : float
        Of the cut-off :func:`radial_step`.
    angles, radii : int
    """
    phi = 2 * np.pi * np.arange(angles) / angles
    r = np.linspace(start / radii if start else width / radii, start + 1.5 * width, radii)
    chi = radial_step(r, start, width)
    slope = np.gradient(chi, r)
    a = displacement(alpha, phi)[:, 1:]
    angular = np.stack([-np.sin(phi), np.cos(phi)], axis=1)
    radial = np.stack([np.cos(phi), np.sin(phi)], axis=1)
    # In space: columns n + chi' a and r e + chi a'; the shift of time does not change the area.
    around = np.fft.irfft(1j * np.fft.rfftfreq(angles, 1 / angles)[:, None] * np.fft.rfft(a, axis=0), angles, axis=0)
    out = radial[None] + slope[:, None, None] * a[None]
    along = r[:, None, None] * angular[None] + chi[:, None, None] * around[None]
    determinant = out[..., 0] * along[..., 1] - out[..., 1] * along[..., 0]
    return float((determinant / r[:, None]).min())
