"""How the detectors of a network see a source of known place on the sky: antenna factors and delays.

A wave of inclination ``iota`` adds ``C h(f)`` to a detector, ``C = F_+ (1 + cos(iota)**2) / 2 - i F_x cos(iota)``: for
``iota = 0`` the circular polarisation that the echoes of a merger seen face on have. Angles follow the conventions of
LIGO's algorithm library, as public sky maps and posteriors do.

References
----------
W. G. Anderson and others, Phys. Rev. D 63, 042003 (2001); LIGO document T980044 for the detectors' places; S. Aoki and
others, Astron. Astrophys. 105, 359 (1982), for sidereal time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError, UnknownNameError, nearest_name

__all__ = ["DETECTORS", "NetworkResponse", "network_response"]

#: Latitude, longitude, height (metres), azimuths of the arms (clockwise from north), tilts of the arms; radians.
_SITES = {
    "H1": (0.81079526383, -2.08405676917, 142.554, 5.65487724844, 4.08408092164, -0.0006195, 1.25e-05),
    "L1": (0.53342313506, -1.58430937078, -6.574, 4.40317772346, 2.83238139666, -0.0003121, -0.0006107),
    "V1": (0.76151183984, 0.18333805213, 51.884, 0.33916285222, 5.05155183261, 0.0, 0.0),
    "K1": (0.6355068497, 2.396441015, 414.181, 1.054113, -0.5166798, 0.0031414, -0.0036270),
}  # fmt: skip
DETECTORS = tuple(_SITES)

_LIGHT = 299_792_458.0
#: GPS times from which UTC lags GPS time by one second more, from 14 on.
_LEAPS = (820_108_814, 914_803_215, 1_025_136_016, 1_119_744_017, 1_167_264_018)
#: GPS time of noon, 1 January 2000 (UTC).
_J2000 = 630_763_213.0


@dataclass(frozen=True, eq=False)
class NetworkResponse:
    """Antenna factors and delays of a network.

    Attributes
    ----------
    detectors : tuple of str
    antenna : complex array of shape (d,)
    delays : array of shape (d,)
        Seconds after the first of them.
    """

    detectors: tuple[str, ...]
    antenna: Complex[np.ndarray, " d"]
    delays: Float[np.ndarray, " d"]


def _sidereal(gps: float) -> float:
    """Greenwich's mean sidereal time, radians."""
    seconds = gps - _J2000 - (sum(gps >= leap for leap in _LEAPS))
    t = seconds / 86_400.0 / 36_525.0
    mean = 67_310.54841 + (876_600.0 * 3600.0 + 8_640_184.812866) * t + 0.093104 * t**2 - 6.2e-6 * t**3
    return float(2.0 * np.pi * (mean % 86_400.0) / 86_400.0)


def _site(name: str) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3 3"]]:
    """Place (metres, from the centre of the Earth) and response tensor."""
    latitude, longitude, height, *azimuths, x_tilt, y_tilt = _SITES[name]
    a, b = 6_378_137.0, 6_356_752.314
    sin, cos = np.sin(latitude), np.cos(latitude)
    radius = a * a / np.hypot(a * cos, b * sin)
    up = np.array([cos * np.cos(longitude), cos * np.sin(longitude), sin])
    place = np.array([*(up[:2] * (radius + height)), (b * b / (a * a) * radius + height) * sin])
    north = np.array([-sin * np.cos(longitude), -sin * np.sin(longitude), cos])
    east = np.array([-np.sin(longitude), np.cos(longitude), 0.0])
    x, y = (
        np.cos(tilt) * (np.cos(az) * north + np.sin(az) * east) + np.sin(tilt) * up
        for az, tilt in zip(azimuths, (x_tilt, y_tilt))
    )
    return place, 0.5 * (np.outer(x, x) - np.outer(y, y))


def network_response(
    detectors: Sequence[str],
    right_ascension: float,
    declination: float,
    gps: float,
    polarisation: float = 0.0,
    inclination: float = 0.0,
) -> NetworkResponse:
    """Antenna factors and delays, for the arguments ``antenna`` and ``delays`` of a search.

    Parameters
    ----------
    detectors : sequence of str
        ``"H1"``, ``"L1"``, ``"V1"``, ``"K1"``, in the order of the strains.
    right_ascension, declination : float
        Radians.
    gps : float
        Time of the event, seconds.
    polarisation : float
        Angle, radians; of a circular wave it turns all factors alike, and means nothing.
    inclination : float
        Of the orbit, radians: 0 or pi for circular waves of either hand.

    Raises
    ------
    SymmeterError
        Detectors that are not known, angles that are none.

    Examples
    --------
    >>> seen = network_response(["H1", "L1"], right_ascension=1.95, declination=-1.27, gps=1126259462.4)
    >>> seen.delays.round(4)                                        # first in Louisiana, 7 ms later in Washington
    array([0.007, 0.   ])
    """
    names = tuple(str(name) for name in detectors)
    for name in names:
        if name not in _SITES:
            near = nearest_name(name, DETECTORS, cutoff=0.4)
            right = f"did you mean {near}?" if near else f"there are {', '.join(DETECTORS)}"
            raise UnknownNameError(f"no detector is called {name!r}; {right}")
    if not names:
        raise InputError("a network has one detector or more")
    angles = {
        "right ascension": right_ascension, "declination": declination, "polarisation": polarisation,
        "inclination": inclination, "GPS time": gps,
    }  # fmt: skip
    for what, value in angles.items():
        if not np.isfinite(value):
            raise InputError(f"the {what} is {value}; give a finite number")
    if abs(declination) > 0.5 * np.pi + 1e-12:
        raise InputError(f"the declination is {declination:g} rad; it lies between -pi/2 and pi/2")
    turn = right_ascension - _sidereal(gps)
    sin, cos = np.sin(declination), np.cos(declination)
    source = np.array([cos * np.cos(turn), cos * np.sin(turn), sin])
    # Westward and southward on the sky, turned by the polarisation angle.
    west = np.array([np.sin(turn), -np.cos(turn), 0.0])
    south = np.array([sin * np.cos(turn), sin * np.sin(turn), -cos])
    x = np.cos(polarisation) * west - np.sin(polarisation) * south
    y = -np.sin(polarisation) * west - np.cos(polarisation) * south
    plus, cross = np.outer(x, x) - np.outer(y, y), np.outer(x, y) + np.outer(y, x)
    factors, delays = [], []
    for name in names:
        place, tensor = _site(name)
        heard = np.sum(tensor * plus), np.sum(tensor * cross)
        factors.append(heard[0] * 0.5 * (1.0 + np.cos(inclination) ** 2) - 1j * heard[1] * np.cos(inclination))
        delays.append(-place @ source / _LIGHT)
    late = np.array(delays)
    return NetworkResponse(names, np.array(factors), late - late.min())
