"""Noise of detectors as designed: amplitude spectral densities of public curves, and noise drawn from them.

Advanced Virgo and KAGRA follow the fits of Manzotti and Dietz; the other curves are our own tables of a few points on
each public curve, joined by monotone cubics in the logarithms, within 3 % (O4: 6 %) of it away from the narrow lines
of mirror suspensions, which are left out. Beyond its table a curve is infinite: such bins carry no weight.

References
----------
A. Manzotti, A. Dietz, arXiv:1202.4031 (2012); LIGO documents T0900288 (zero detuning, high power), T2000012 (O4),
T1800042 (A+), P1600143 (Cosmic Explorer); Einstein Telescope document ET-0000A-18 (ET-D).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, NonFiniteError, UnknownNameError, nearest_name

__all__ = ["DESIGNS", "coloured_noise", "design_asd", "design_psd"]

# (hertz, decimal logarithm of strain per root hertz)
_ALIGO = (
    (10.32, -21.900), (11.04, -22.059), (13.37, -22.324), (31.37, -23.074), (40.23, -23.217), (67.28, -23.361),
    (207.9, -23.428), (401.8, -23.415), (470.2, -23.402), (506.0, -23.395), (1441.0, -23.154), (2400.0, -22.956),
    (4071.0, -22.750),
)  # fmt: skip
_ALIGO_O4 = (
    (20.01, -22.360), (21.00, -22.483), (21.99, -22.597), (22.78, -22.702), (23.99, -22.830), (26.80, -22.939),
    (30.16, -23.001), (39.36, -23.178), (52.51, -23.277), (69.67, -23.342), (78.42, -23.365), (100.5, -23.409),
    (218.3, -23.501), (378.0, -23.516), (569.7, -23.478), (1088.0, -23.302), (4055.0, -22.766),
)  # fmt: skip
_A_PLUS = (
    (10.51, -21.947), (11.21, -22.168), (13.64, -22.496), (29.68, -23.237), (41.97, -23.453), (97.39, -23.724),
    (185.8, -23.801), (338.6, -23.805), (472.0, -23.767), (504.2, -23.755), (584.9, -23.725), (991.8, -23.557),
    (4067.0, -22.996),
)  # fmt: skip
_ET_D = (
    (3.001, -22.655), (3.894, -23.071), (7.010, -23.871), (8.634, -23.936), (14.53, -23.942), (16.05, -23.961),
    (20.77, -24.029), (24.17, -24.083), (33.78, -24.038), (39.69, -24.102), (52.92, -24.247), (115.6, -24.427),
    (214.9, -24.490), (349.4, -24.487), (406.5, -24.472), (447.8, -24.459), (627.4, -24.387), (1440.0, -24.099),
    (3991.0, -23.668),
)  # fmt: skip
_CE = (
    (5.000, -21.933), (5.940, -22.771), (6.295, -23.028), (6.496, -23.160), (14.83, -24.553), (20.10, -24.692),
    (33.09, -24.767), (146.4, -24.793), (226.5, -24.770), (306.3, -24.740), (593.9, -24.606), (1032.0, -24.422),
    (2371.0, -24.037), (2628.0, -23.972),
)  # fmt: skip

Curve = Callable[[Float[np.ndarray, " n"]], Float[np.ndarray, " n"]]


def _table(points: tuple[tuple[float, float], ...]) -> Curve:
    def curve(f: np.ndarray) -> np.ndarray:
        from scipy.interpolate import PchipInterpolator

        x, y = np.array(points).T
        out = np.full(f.shape, np.inf)
        inside = (f >= x[0]) & (f <= x[-1])
        out[inside] = 10.0 ** PchipInterpolator(np.log(x), y)(np.log(f[inside]))
        return out

    return curve


def _fit(scale: float, pivot: float, lowest: float, terms: tuple[tuple[float, float, float, float], ...]) -> Curve:
    def curve(f: np.ndarray) -> np.ndarray:
        out = np.full(f.shape, np.inf)
        inside = (f >= lowest) & (f <= 8192.0)
        x = np.log(f[inside] / pivot)
        out[inside] = scale * sum(a * np.exp(b + c * x + d * x * x) for a, b, c, d in terms)
        return out

    return curve


_CURVES: dict[str, Curve] = {
    "aligo": _table(_ALIGO),
    "aligo-o4": _table(_ALIGO_O4),
    "a-plus": _table(_A_PLUS),
    "virgo": _fit(
        1.259e-24, 300.0, 10.0,
        ((0.07, -0.142, -1.437, 0.407), (3.1, -0.466, -1.043, -0.548), (0.4, -0.304, 2.896, -0.293),
         (0.09, 1.466, 3.722, -0.984)),
    ),
    "kagra": _fit(
        6.499e-25, 100.0, 10.0,
        ((9.72e-9, -1.43, -9.88, -0.23), (1.17, 0.14, -3.10, -0.26), (1.70, 0.14, 1.09, -0.013),
         (1.25, 0.071, 2.83, -4.91)),
    ),
    "et-d": _table(_ET_D),
    "cosmic-explorer": _table(_CE),
}  # fmt: skip

#: Names of the curves.
DESIGNS = tuple(_CURVES)


def design_asd(name: str, frequencies: Any) -> Float[np.ndarray, " n"]:
    """Amplitude spectral density, strain per root hertz, one-sided.

    Parameters
    ----------
    name : str
        One of ``DESIGNS``.
    frequencies : array of shape (n,)
        Hertz.

    Raises
    ------
    UnknownNameError
        With the nearest name.

    Examples
    --------
    >>> print(f"{design_asd('aligo', [100.0])[0]:.2e}", design_asd("aligo", [5.0])[0])
    4.00e-24 inf
    """
    if name not in _CURVES:
        near = nearest_name(str(name), DESIGNS, cutoff=0.4)
        right = f"did you mean {near}?" if near else f"there are {', '.join(DESIGNS)}"
        raise UnknownNameError(f"no design curve is called {name!r}; {right}")
    f = np.atleast_1d(np.asarray(frequencies, dtype=float))
    if not np.all(np.isfinite(f)) or np.any(f < 0):
        raise NonFiniteError("frequencies of a design curve are finite and not negative")
    return _CURVES[name](f)


def design_psd(name: str, frequencies: Any) -> Float[np.ndarray, " n"]:
    """Power spectral density, strain squared per hertz, one-sided; infinite beyond the curve.

    Examples
    --------
    >>> bool(design_psd("virgo", [200.0])[0] > design_psd("et-d", [200.0])[0])
    True
    """
    return design_asd(name, frequencies) ** 2


def coloured_noise(
    psd: str | Float[np.ndarray, " n"] | float,
    duration: float,
    sample_rate: float,
    rng: np.random.Generator | int | None = 0,
) -> Float[np.ndarray, " k"]:
    """Gaussian noise with a given one-sided power spectral density.

    Parameters
    ----------
    psd : str, float or array of shape (k // 2 + 1,)
        A design curve, a constant (white noise of variance s**2 has ``2 s**2 / sample_rate``), or values at
        ``j / duration``; infinite ones are left silent. Below a design curve its first value goes on.
    duration : float
        Seconds.
    sample_rate : float
        Hertz.
    rng : numpy Generator or int

    Returns
    -------
    array of shape (round(duration * sample_rate),)

    Examples
    --------
    >>> x = coloured_noise(2.0 / 1024, 32.0, 1024.0, rng=0)
    >>> round(float(x.std()), 2)
    1.0
    """
    for what, value in (("duration", duration), ("sample rate", sample_rate)):
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"the {what} is {value:g}; it must be positive")
    k = round(duration * sample_rate)
    if k < 4:
        raise InputError(f"{duration:g} s at {sample_rate:g} Hz are {k} samples; noise needs four or more")
    f = np.arange(k // 2 + 1) * (sample_rate / k)
    if isinstance(psd, str):
        density = design_psd(psd, f)
        # Below its curve a detector is not silent: a silent band would be full of what leaks in from its neighbours.
        first = np.flatnonzero(np.isfinite(density))
        if len(first):
            density[: first[0]] = density[first[0]]
    else:
        density = np.broadcast_to(np.asarray(psd, dtype=float), f.shape)
    if np.any(np.isnan(density)) or np.any(density < 0):
        raise InputError("a spectral density is a positive number at each frequency")
    draws = np.random.default_rng(rng).standard_normal((2, len(f)))
    sizes = np.sqrt(np.where(np.isfinite(density), density, 0.0) * k / sample_rate / 4.0)
    bins = sizes * (draws[0] + 1j * draws[1])
    # Frequencies zero and Nyquist are real, and hold their power in one number.
    bins[0] = np.sqrt(2.0) * bins[0].real
    if k % 2 == 0:
        bins[-1] = np.sqrt(2.0) * bins[-1].real
    return np.fft.irfft(bins, k) * sample_rate
