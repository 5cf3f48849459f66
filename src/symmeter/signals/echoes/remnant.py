"""What the mass and spin of a remnant say about its echoes: their delay, the spacing of the comb, and its band.

The wall stands about a Planck length from the would-be horizon, so that the delay is ``2 eta ln(M / l_Pl) (1 + 1 /
sqrt(1 - chi**2))`` masses; ``eta`` is one for a proper Planck length and may differ by factors of order one. Masses
are in solar masses as measured in the frame of the source; a redshift makes them longer for us.

References
----------
J. Abedi, H. Dykaar, N. Afshordi, Phys. Rev. D 96, 082004 (2017); E. Berti, V. Cardoso, C. M. Will, Phys. Rev. D 73,
064030 (2006), for fits of the ringdown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symmeter.errors import InputError, NonFiniteError, ShapeError

__all__ = [
    "PLANCK_LENGTH", "SOLAR_MASS_METRES", "SOLAR_MASS_SECONDS", "RemnantRanges", "comb_spacing", "delay_of_compactness",
    "echo_delay", "remnant_ranges", "ringdown_frequency",
]  # fmt: skip

#: G M_sun / c**3 in seconds, G M_sun / c**2 in metres (IAU nominal), and the Planck length in metres (CODATA 2018).
SOLAR_MASS_SECONDS = 4.925490947641267e-06
SOLAR_MASS_METRES = 1476.6250380501
PLANCK_LENGTH = 1.616255e-35


def _positive(name: str, value: Any, unit: str = "") -> np.ndarray:
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"{name} is a number; got {value!r}") from None
    if not np.all(np.isfinite(array)):
        raise NonFiniteError(f"{name} is not finite")
    if array.size == 0 or np.any(array <= 0):
        raise InputError(f"{name} is {array.min(initial=0.0):g}{unit}; it must be positive")
    return array


def _spin(value: Any) -> np.ndarray:
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"the spin is a number; got {value!r}") from None
    if not np.all(np.isfinite(array)):
        raise NonFiniteError("the spin is not finite")
    if array.size == 0 or np.any(array < 0) or np.any(array >= 1):
        wrong = array.max(initial=0.0) if np.any(array >= 1) else array.min(initial=0.0)
        raise InputError(f"the spin is {wrong:g}; a remnant has 0 <= spin < 1")
    return array


def ringdown_frequency(spin: Any) -> Any:
    """Frequency of the mode l = m = 2 times the mass, by the usual fit: ``(1.5251 - 1.1568 (1 - chi)**0.129)/(2 pi)``.

    Examples
    --------
    >>> round(float(ringdown_frequency(0.69)), 7)
    0.0844333
    """
    return (1.5251 - 1.1568 * (1.0 - _spin(spin)) ** 0.129) / (2.0 * np.pi)


def echo_delay(mass: Any, spin: Any, eta: Any = 1.0, redshift: Any = 0.0) -> Any:
    """Time between echoes, in seconds as we measure them.

    Parameters
    ----------
    mass : float or array
        Solar masses, in the frame of the source.
    spin : float or array
        Below one.
    eta : float or array
        Over a proper Planck length; 1 to 4 are usual.
    redshift : float or array

    Examples
    --------
    >>> round(float(echo_delay(68.0, 0.69, redshift=0.09)), 4)
    0.1593
    """
    mass, eta = _positive("mass", mass, " solar masses"), _positive("eta", eta)
    z = np.asarray(redshift, dtype=float)
    if np.any(~np.isfinite(z)) or np.any(z < 0):
        raise InputError("the redshift is negative or not finite; give zero or more")
    ratio = np.log(mass * SOLAR_MASS_METRES / PLANCK_LENGTH)
    in_masses = 2.0 * eta * ratio * (1.0 + 1.0 / np.sqrt(1.0 - _spin(spin) ** 2))
    return in_masses * mass * SOLAR_MASS_SECONDS * (1.0 + z)


def comb_spacing(mass: Any, spin: Any, eta: Any = 1.0) -> Any:
    """Spacing of the comb times the mass, ``M / delay``, without units.

    Examples
    --------
    >>> round(float(comb_spacing(50.0, 0.69)), 6)
    0.002299
    """
    return np.asarray(mass, dtype=float) * SOLAR_MASS_SECONDS / echo_delay(mass, spin, eta)


def delay_of_compactness(epsilon: Any, spin: Any = 0.0) -> Any:
    """Delay in masses of a wall at ``r = r_+ (1 + epsilon)``, to the top of the barrier and back.

    ``1 - 1/compactness`` is about epsilon. The barrier of Schwarzschild's hole peaks near r = 3; of rotating holes the
    circular orbit of light that goes along.

    Examples
    --------
    >>> round(float(delay_of_compactness(1e-40)), 1)
    367.6
    """
    from symmeter.signals.echoes.radial_equations import Hole

    epsilon, chi = _positive("epsilon", epsilon), _spin(spin)
    if np.any(epsilon >= 0.1):
        raise InputError(f"epsilon is {np.max(epsilon):g}; a wall that makes echoes lies below 0.1 from the horizon")

    def one(e: float, s: float) -> float:
        hole = Hole(s)
        ring = 2.0 * (1.0 + np.cos(2.0 / 3.0 * np.arccos(-s)))
        gap = hole.outer - hole.inner
        # The logarithm is taken of the distance itself, which the sum with the radius would swallow.
        wall = hole.tortoise_constant + 2.0 * hole.outer / gap * np.log(e * hole.outer)
        return 2.0 * float(hole.tortoise(ring) - wall)

    return np.vectorize(one)(epsilon, chi)


@dataclass(frozen=True)
class RemnantRanges:
    """Where the comb of a remnant may lie, as measured by us.

    Attributes
    ----------
    spacing : (float, float)
        Hertz.
    delay : (float, float)
        Seconds.
    highest : float
        Ringdown frequency, above which the light ring keeps nothing in, hertz.
    widest : float
        Largest ``w = 1 / tau`` of a mode that a comb can still show: the smaller of the spacings' upper end, in
        1/seconds, as the paper takes it.
    """

    spacing: tuple[float, float]
    delay: tuple[float, float]
    highest: float
    widest: float


def remnant_ranges(
    mass: Any, spin: Any, redshift: Any = 0.0, eta: tuple[float, float] = (1.0, 4.0), deviations: float = 2.0
) -> RemnantRanges:
    """Ranges of a search from what is known of the remnant.

    Parameters
    ----------
    mass, spin, redshift : float, (float, float), or array of samples
        A value, a value with its deviation, or samples of a posterior (more than two).
    eta : (float, float)
    deviations : float
        How many deviations count; of samples, the quantiles that belong to them.

    Raises
    ------
    InputError
        Masses that are not positive, spins of one or more, eta that does not grow.

    Examples
    --------
    >>> ranges = remnant_ranges(68.0, 0.69, 0.09)
    >>> [round(v, 3) for v in ranges.spacing], round(ranges.highest, 1)
    ([1.569, 6.276], 231.3)
    """
    low, high = (float(v) for v in eta)
    if not 0 < low <= high:
        raise InputError(f"eta is ({low:g}, {high:g}); give two growing positive numbers")
    _positive("deviations", deviations)
    masses, spins, shifts = (_ends(v, deviations) for v in (mass, spin, redshift))
    spins = (max(spins[0], 0.0), spins[1])
    if spins[1] >= 1.0 and np.ndim(spin) and len(np.atleast_1d(spin)) == 2:
        spins = (spins[0], 1.0 - 1e-6)
    delays = [
        float(echo_delay(m, s, e, max(z, 0.0))) for m in masses for s in spins for z in shifts for e in (low, high)
    ]
    shortest, longest = min(delays), max(delays)
    fastest = max(
        float(ringdown_frequency(s) / (m * SOLAR_MASS_SECONDS * (1.0 + max(z, 0.0))))
        for m in masses for s in spins for z in shifts
    )  # fmt: skip
    return RemnantRanges((1.0 / longest, 1.0 / shortest), (shortest, longest), fastest, 1.0 / shortest)


def _ends(value: Any, deviations: float) -> tuple[float, float]:
    array = np.asarray(value, dtype=float)
    if array.ndim == 0:
        return float(array), float(array)
    if array.ndim != 1:
        raise ShapeError(f"give a number, a pair (value, deviation) or a list of samples; got shape {array.shape}")
    if not np.all(np.isfinite(array)):
        raise NonFiniteError("samples of the remnant are not finite")
    if len(array) == 2:
        return float(array[0] - deviations * array[1]), float(array[0] + deviations * array[1])
    from math import erf, sqrt

    tail = 0.5 * (1.0 - erf(deviations / sqrt(2.0)))
    low, high = np.quantile(array, (tail, 1.0 - tail))
    return float(low), float(high)
