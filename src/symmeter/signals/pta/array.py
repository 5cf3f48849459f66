"""An array of pulsars: positions, pairs, and the exact correlations that any sky of power gives them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError, ShapeError
from symmeter.representations import complex_from_real, wigner_d_all
from symmeter.signals.pta.conventions import BETA, convention_factors
from symmeter.signals.pta.overlap_functions import pair_frame_overlap

__all__ = ["Array", "position_of_name"]

_NAME = re.compile(r"[JB]?(\d{2})(\d{2})([+-])(\d{2})(\d{2})?[A-Za-z]?")
#: Nearer than this two pulsars are one.
_SAME = 1e-9


def position_of_name(name: str) -> tuple[float, float]:
    """Right ascension and declination in radians from a name such as J1713+0747, good to some arc minutes.

    Raises
    ------
    InputError

    Examples
    --------
    >>> [round(float(np.degrees(x)), 4) for x in position_of_name("J1713+0747")]
    [258.25, 7.7833]
    """
    match = _NAME.fullmatch(name.strip().replace("\u2212", "-"))
    if match is None:
        raise InputError(f"{name!r} is no pulsar name; write J1713+0747 (hours, minutes, sign, degrees, minutes)")
    hours, minutes, degrees, arc = int(match[1]), int(match[2]), int(match[4]), int(match[5] or 0)
    if hours > 23 or minutes > 59 or degrees > 90 or arc > 59:
        raise InputError(f"{name!r} has no place in the sky: {hours} h {minutes} min, {degrees} degrees {arc} minutes")
    sign = -1.0 if match[3] == "-" else 1.0
    return np.radians(15 * (hours + minutes / 60)), sign * np.radians(degrees + arc / 60)


@dataclass(frozen=True, eq=False)
class Array:
    """Pulsars by their directions.

    Attributes
    ----------
    directions : array of shape (n, 3)
        Unit vectors from the Earth to the pulsars.
    names : tuple of str
    """

    directions: Float[np.ndarray, "n 3"]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        x = np.asarray(self.directions, dtype=float)
        if x.ndim != 2 or x.shape[1] != 3 or len(x) < 2:
            raise ShapeError(f"directions have shape {x.shape}; they must be (n, 3) with at least two pulsars")
        if not np.isfinite(x).all() or (np.linalg.norm(x, axis=1) == 0).any():
            raise InputError("a direction is zero or not finite")
        if len(self.names) != len(x):
            raise ShapeError(f"{len(self.names)} names for {len(x)} pulsars")
        object.__setattr__(self, "directions", x / np.linalg.norm(x, axis=1, keepdims=True))
        near = np.argwhere(np.triu(self.separations < _SAME, 1))
        if len(near):
            a, b = near[0]
            raise InputError(f"{self.names[a]} and {self.names[b]} are at one place; leave one out")

    @classmethod
    def from_jnames(cls, names: Sequence[str]) -> Array:
        """Positions from names.

        Raises
        ------
        InputError
            For names that are none, and for pulsars that come twice.

        Examples
        --------
        >>> a = Array.from_jnames(["J1713+0747", "J1909-3744", "J0437-4715"])
        >>> a.pairs.shape, round(float(np.degrees(a.angles[0])), 4)
        ((3, 2), 52.954)
        """
        return cls.from_equatorial(*np.array([position_of_name(n) for n in names]).reshape(-1, 2).T, names=names)

    @classmethod
    def from_equatorial(
        cls, ra: Float[np.ndarray, " n"], dec: Float[np.ndarray, " n"], names: Sequence[str] | None = None
    ) -> Array:
        """Positions from right ascension and declination, radians."""
        ra, dec = np.atleast_1d(np.asarray(ra, dtype=float)), np.atleast_1d(np.asarray(dec, dtype=float))
        if ra.shape != dec.shape or ra.ndim != 1:
            raise ShapeError(f"ra has shape {ra.shape} and dec {dec.shape}; give one of each for every pulsar")
        if len(dec) and np.abs(dec).max() > np.pi / 2 + 1e-9:
            raise InputError(f"dec reaches {np.abs(dec).max():.3g}; it is in radians, within pi/2")
        x = np.column_stack((np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)))
        return cls(x, tuple(names) if names is not None else tuple(f"P{k}" for k in range(len(x))))

    @classmethod
    def from_ecliptic(
        cls, lon: Float[np.ndarray, " n"], lat: Float[np.ndarray, " n"], names: Sequence[str] | None = None
    ) -> Array:
        """Positions from ecliptic longitude and latitude (J2000), radians; directions are equatorial."""
        given = cls.from_equatorial(lon, lat, names)
        obliquity = np.radians(23.4392911)
        c, s = np.cos(obliquity), np.sin(obliquity)
        turned = given.directions @ np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
        return cls(turned, given.names)

    def __len__(self) -> int:
        return len(self.directions)

    @cached_property
    def pairs(self) -> np.ndarray:
        """Indices (a, b), a < b, in the order of all rows of pairs."""
        return np.column_stack(np.triu_indices(len(self), 1))

    @cached_property
    def separations(self) -> Float[np.ndarray, "n n"]:
        """Angles between all pulsars, accurate also for small ones."""
        x = self.directions
        apart = np.linalg.norm(x[:, None] - x[None], axis=-1)
        together = np.linalg.norm(x[:, None] + x[None], axis=-1)
        return 2 * np.arctan2(apart, together)

    @property
    def angles(self) -> Float[np.ndarray, " p"]:
        """Angles of the pairs."""
        return self.separations[self.pairs[:, 0], self.pairs[:, 1]]

    def orf_basis(
        self, lmax: int, real: bool = True, convention: str = "mingarelli", auto: bool = False
    ) -> Float[np.ndarray, "p k"] | Complex[np.ndarray, "p k"]:
        """Correlations of each pair for each harmonic of the power on the sky, exact.

        Parameters
        ----------
        lmax : int
        real : bool
            Real harmonics with polar axis z (component l*l + l + m), or complex ones with the Condon-Shortley phase.
        convention : str
            See :mod:`symmeter.signals.pta.conventions`; the other two are for real harmonics.
        auto : bool
            Further rows for each pulsar with itself, pulsar term included.

        Returns
        -------
        array of shape (pairs [+ pulsars], (lmax+1)^2)

        Raises
        ------
        InputError, UnknownNameError
        """
        if lmax < 0:
            raise InputError(f"lmax is {lmax}; it must be >= 0")
        factors = convention_factors(lmax, convention)
        if not real and convention != "mingarelli":
            raise InputError(f"convention {convention!r} is one of real harmonics; leave real=True")
        out = self._real_basis(lmax, self.pairs, self.angles)
        if auto:
            own = np.column_stack([np.arange(len(self))] * 2)
            out = np.vstack((out, 2 * self._real_basis(lmax, own, np.zeros(len(self)))))
        return out * factors if real else complex_from_real(out)

    def _real_basis(self, lmax: int, pairs: np.ndarray, zeta: np.ndarray) -> np.ndarray:
        """From the frame of each pair to that of the sky: one rotation a pulsar, one turn about it a pair."""
        overlap = pair_frame_overlap(lmax, zeta)
        theta, phi = _angles_of(self.directions)
        turn = _azimuths(self.directions, theta, phi, pairs)
        order = np.arange(lmax + 1)
        cosine, sine = np.cos(turn[:, None] * order), np.sin(turn[:, None] * order)
        ahead = phi[pairs[:, 0]][:, None] * order
        c, s = np.cos(ahead), np.sin(ahead)
        small = wigner_d_all(lmax, theta)
        starts = np.searchsorted(pairs[:, 0], np.arange(len(self) + 1))
        out = np.empty((len(pairs), (lmax + 1) ** 2))
        for ell in range(lmax + 1):
            gamma = overlap[:, ell * (ell + 1) // 2 :][:, : ell + 1]
            even, odd = _halves(small[ell], ell)
            x, y = np.empty_like(gamma), np.empty_like(gamma)
            first, second = gamma * cosine[:, : ell + 1], gamma * sine[:, : ell + 1]
            for a in range(len(self)):
                rows = slice(starts[a], starts[a + 1])
                x[rows], y[rows] = first[rows] @ even[a].T, second[rows] @ odd[a].T
            # exp(i m phi) times x + i y, then real harmonics: sqrt(2) (-1)^m Re and Im.
            real = x * c[:, : ell + 1] - y * s[:, : ell + 1]
            imag = x * s[:, : ell + 1] + y * c[:, : ell + 1]
            scale = np.sqrt(2) * (-1.0) ** order[1 : ell + 1]
            base = ell * ell + ell
            out[:, base] = real[:, 0]
            out[:, base + 1 : base + ell + 1] = real[:, 1:] * scale
            out[:, base - ell : base] = (imag[:, 1:] * scale)[:, ::-1]
        return out

    def orf(
        self, c: Float[np.ndarray, " k"] | None = None, convention: str = "mingarelli", auto: bool = False
    ) -> Float[np.ndarray, " p"]:
        """Correlations of the pairs for a sky; Hellings and Downs' for an isotropic one.

        Parameters
        ----------
        c : array of shape ((lmax+1)^2,), optional
            Real coefficients of the power, ``sqrt(4 pi)`` alone for an isotropic sky.
        convention, auto
            As in :meth:`orf_basis`.
        """
        c = np.array([np.sqrt(4 * np.pi)]) if c is None else np.asarray(c, dtype=float)
        lmax = round(np.sqrt(c.size)) - 1
        if c.ndim != 1 or (lmax + 1) ** 2 != c.size:
            raise ShapeError(f"coefficients have shape {c.shape}; there must be (lmax + 1)^2 of them")
        basis = self.orf_basis(lmax, True, convention, auto)
        return basis @ c if convention == "enterprise" else BETA * (basis @ c)

    def orf_matrix(self, c: Float[np.ndarray, " k"] | None = None) -> Float[np.ndarray, "n n"]:
        """The same as a matrix over pulsars, pulsar terms on the diagonal."""
        values = self.orf(c, auto=True)
        out = np.diag(values[len(self.pairs) :])
        a, b = self.pairs.T
        out[a, b] = out[b, a] = values[: len(self.pairs)]
        return out


def _angles_of(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.arctan2(np.hypot(x[:, 0], x[:, 1]), x[:, 2]), np.arctan2(x[:, 1], x[:, 0])


def _azimuths(x: np.ndarray, theta: np.ndarray, phi: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Azimuth of b when a is turned onto the pole."""
    a, b = pairs.T
    ct, st, cp, sp = np.cos(theta[a]), np.sin(theta[a]), np.cos(phi[a]), np.sin(phi[a])
    along = ct * (cp * x[b, 0] + sp * x[b, 1]) - st * x[b, 2]
    across = cp * x[b, 1] - sp * x[b, 0]
    return np.arctan2(across, along)


def _halves(d: np.ndarray, ell: int) -> tuple[np.ndarray, np.ndarray]:
    """Matrices that take ``gamma_m cos`` and ``gamma_m sin`` to real and imaginary parts, orders 0..l."""
    upper = d[:, ell:, :]
    positive, negative = upper[:, :, ell:], upper[:, :, ell::-1]
    sign = (-1.0) ** np.arange(ell + 1)
    even, odd = positive + sign * negative, positive - sign * negative
    even[:, :, 0] /= 2
    return even, odd
