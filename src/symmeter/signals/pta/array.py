"""An array of pulsars: positions, pairs, and the exact correlations that any sky of power gives them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError, ShapeError
from symmeter.representations import complex_from_real, wigner_d_all
from symmeter.signals.pta.conventions import (
    BETA,
    checked_lmax,
    convention_factors,
    degrees_and_orders,
    real_coefficients,
)
from symmeter.signals.pta.overlap_functions import pair_frame_overlap
from symmeter.signals.pta.pulsar_terms import checked_turns, own_basis, pair_basis

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
        if isinstance(names, str):
            raise InputError(f"{names!r} is one text; give a list of names of pulsars")
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
        if len(names := tuple(names) if names is not None else tuple(f"P{k}" for k in range(len(ra)))) != len(ra):
            raise ShapeError(f"{len(names)} names for {len(ra)} pulsars")
        x = np.column_stack((np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)))
        return cls(x, names)

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
        self,
        lmax: int,
        real: bool = True,
        convention: str = "mingarelli",
        auto: bool = False,
        distance: float | Float[np.ndarray, " n"] | None = None,
    ) -> Float[np.ndarray, "p k"] | Complex[np.ndarray, "p k"]:
        """Correlations of each pair for each harmonic of the power on the sky, exact.

        Parameters
        ----------
        lmax : int
        real : bool
            Real harmonics with polar axis z (component l*l + l + m), or complex ones with the Condon-Shortley phase.
        convention : str
            See :mod:`symmeter.signals.pta.conventions`; enterprise's is one of real harmonics.
        auto : bool
            Further rows for each pulsar with itself, pulsar term included.
        distance : float or array of shape (n,), optional
            Of the pulsars in wavelengths, f L / c (1 kpc at 1 nHz is 102.9): the pulsar terms of all pairs are kept,
            by quadrature, and the result is complex. Without it pulsars are many wavelengths away and apart.

        Returns
        -------
        array of shape (pairs [+ pulsars], (lmax+1)^2)

        Raises
        ------
        InputError, ShapeError, UnknownNameError
        """
        lmax = checked_lmax(lmax)
        factors = convention_factors(lmax, convention)
        if not real and convention == "enterprise":
            raise InputError("convention 'enterprise' is one of real harmonics; leave real=True")
        if distance is None:
            out = self._real_basis(lmax)
            if auto:
                own = np.column_stack([np.arange(len(self))] * 2)
                out = np.vstack((out, 2 * self._rotated(lmax, own, np.zeros(len(self)))))
        else:
            turns = checked_turns(distance, len(self))
            out = pair_basis(self.directions, self.pairs, self.angles, lmax, turns)
            if auto:
                out = np.vstack((out, own_basis(self.directions, lmax, turns)))
        if real:
            return out * factors
        if np.iscomplexobj(out):
            # A linear map over the reals; factors of complex harmonics depend on the degree alone.
            return (complex_from_real(np.real(out)) + 1j * complex_from_real(np.imag(out))) * factors
        return complex_from_real(out) * factors

    def _real_basis(self, lmax: int) -> np.ndarray:
        """From the frame of each pair to that of the sky: one turn about a pulsar a pair, one rotation a pulsar.

        Either pulsar of a pair can be the pole. Taking for each pulsar the next n // 2 after it makes rows of one
        length, so that all pulsars are turned by one batched product a degree.
        """
        n = len(self)
        first = np.repeat(np.arange(n), n // 2)
        steps = np.tile(np.arange(1, n // 2 + 1), n)
        second = (first + steps) % n
        rotated = self._rotated(lmax, np.column_stack((first, second)), self.separations[first, second])
        a, b = self.pairs.T
        ahead = b - a
        place = np.where(ahead <= n // 2, a * (n // 2) + ahead - 1, b * (n // 2) + n - ahead - 1)
        return rotated[place]

    def _rotated(self, lmax: int, pairs: np.ndarray, zeta: np.ndarray) -> np.ndarray:
        """Rows of pairs (a, b), equally many for each a, in order."""
        n = len(self)
        theta, phi = _angles_of(self.directions)
        turn = _azimuths(self.directions, theta, phi, pairs)[:, None] * np.arange(1, lmax + 1)
        # Real harmonics about a: orders -m are sines, without the factors of either frame, which the rotation has.
        waves = np.hstack((np.sin(turn)[:, ::-1], np.ones((len(pairs), 1)), np.cos(turn)))
        ell, m = degrees_and_orders(lmax)
        vectors = pair_frame_overlap(lmax, zeta)[:, ell * (ell + 1) // 2 + np.abs(m)]
        vectors *= waves[:, lmax + m]
        vectors = vectors.reshape(n, -1, (lmax + 1) ** 2)
        out = np.empty_like(vectors)
        for k, d in enumerate(wigner_d_all(lmax, theta)):
            some = slice(k * k, (k + 1) ** 2)
            np.matmul(vectors[:, :, some], _turning(d, phi, k).swapaxes(1, 2), out=out[:, :, some])
        return out.reshape(len(pairs), -1)

    def orf(
        self,
        c: Any = None,
        convention: str = "mingarelli",
        auto: bool = False,
        distance: float | Float[np.ndarray, " n"] | None = None,
    ) -> Float[np.ndarray, " p"] | Complex[np.ndarray, " p"]:
        """Correlations of the pairs for a sky; Hellings and Downs' for an isotropic one.

        Parameters
        ----------
        c : SkyPower or array of shape ((lmax+1)^2,), optional
            The sky, or coefficients of its power: real ones, or complex ones with ``c_l,-m = (-1)^m conj(c_lm)``.
            ``sqrt(4 pi)`` alone, an isotropic sky, when omitted.
        convention, auto, distance
            As in :meth:`orf_basis`. A SkyPower has the convention "mingarelli".

        Raises
        ------
        InputError
            For complex coefficients of a power that would not be real, and for a SkyPower in another convention.
        """
        from symmeter.signals.pta.power import SkyPower

        if isinstance(c, SkyPower) and convention != "mingarelli":
            raise InputError(
                f"a SkyPower has the convention 'mingarelli', and {convention!r} was asked for; leave convention out"
            )
        given = np.asarray([np.sqrt(4 * np.pi)] if c is None else c.c if isinstance(c, SkyPower) else c)
        if np.iscomplexobj(given) and convention == "enterprise":
            raise InputError("convention 'enterprise' is one of real coefficients; give real ones")
        real = real_coefficients(given)
        basis = self.orf_basis(round(np.sqrt(real.size)) - 1, True, convention, auto, distance)
        return basis @ real if convention == "enterprise" else BETA * (basis @ real)

    def orf_matrix(self, c: Any = None, distance: Any = None) -> Float[np.ndarray, "n n"] | Complex[np.ndarray, "n n"]:
        """The same as a matrix over pulsars, pulsar terms on the diagonal; Hermitian with distances."""
        values = self.orf(c, auto=True, distance=distance)
        out = np.diag(values[len(self.pairs) :])
        a, b = self.pairs.T
        out[a, b], out[b, a] = values[: len(self.pairs)], values[: len(self.pairs)].conj()
        return out

    def fisher(self, lmax: int, sigma: Any, amplitude2: float = 1.0) -> Float[np.ndarray, "k k"]:
        """What correlations known to sigma tell of the coefficients: :func:`~symmeter.signals.pta.fisher_matrix`.

        Examples
        --------
        >>> Array.from_jnames(["J1713+0747", "J1909-3744", "J0437-4715"]).fisher(lmax=0, sigma=0.1).shape
        (1, 1)
        """
        from symmeter.signals.pta.information import fisher_matrix

        return fisher_matrix(self, lmax, sigma, amplitude2)

    def simulate(self, sky: Any, T_years: float = 15.0, **options: Any) -> Any:
        """Residuals under a sky of power: :func:`~symmeter.signals.pta.simulate` has the options.

        Examples
        --------
        >>> array = Array.from_jnames(["J1713+0747", "J1909-3744", "J0437-4715"])
        >>> array.simulate([np.sqrt(4 * np.pi)], T_years=10, bins=3, seed=0).amplitudes.shape
        (3, 3)
        """
        from symmeter.signals.pta.residuals import simulate

        return simulate(self, sky, T_years, **options)

    def pair_covariance(
        self, sigma: Any, sky: Any = None, amplitude2: float = 1.0, bins: float = 1.0
    ) -> Float[np.ndarray, "p p"]:
        """Covariance of the correlations of pairs, with the background's own noise.

        Two pairs share the waves that they measure: ``sigma^2`` on the diagonal, and ``A^4 / (2 n)`` times
        ``Gamma_ac Gamma_bd + Gamma_ad Gamma_bc`` with the overlap functions of the sky, own terms included.

        Parameters
        ----------
        sigma : float or array of shape (pairs,)
            Deviations by the pulsars' noise.
        sky : SkyPower or coefficients, optional
            Isotropic when omitted.
        amplitude2 : float
        bins : float
            Number n of independent complex amplitudes of each pulsar that a correlation is averaged over.

        Raises
        ------
        InputError, ShapeError
        """
        from symmeter.signals.pta.information import noise_factor

        if not bins > 0 or not amplitude2 >= 0:
            raise InputError(f"bins is {bins:g} and amplitude2 {amplitude2:g}; bins must be > 0 and amplitude2 >= 0")
        if np.ndim(sigma) > 1:
            raise ShapeError("sigma must be one deviation, or one for each pair")
        deviations = noise_factor(sigma, len(self.pairs))
        gamma = amplitude2 * self.orf_matrix(sky)
        a, b = self.pairs.T
        shared = gamma[np.ix_(a, a)] * gamma[np.ix_(b, b)] + gamma[np.ix_(a, b)] * gamma[np.ix_(b, a)]
        return np.diag(deviations**2) + shared / (2 * bins)


def _angles_of(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.arctan2(np.hypot(x[:, 0], x[:, 1]), x[:, 2]), np.arctan2(x[:, 1], x[:, 0])


def _azimuths(x: np.ndarray, theta: np.ndarray, phi: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Azimuth of b when a is turned onto the pole."""
    a, b = pairs.T
    ct, st, cp, sp = np.cos(theta[a]), np.sin(theta[a]), np.cos(phi[a]), np.sin(phi[a])
    along = ct * (cp * x[b, 0] + sp * x[b, 1]) - st * x[b, 2]
    across = cp * x[b, 1] - sp * x[b, 0]
    return np.arctan2(across, along)


def _turning(d: np.ndarray, phi: np.ndarray, ell: int) -> np.ndarray:
    """Rotations of one degree, from orders about each pulsar (sines, then cosines) to real harmonics of the sky."""
    upper = d[:, ell:, :]
    sign = (-1.0) ** np.arange(ell + 1)
    positive, negative = upper[:, :, ell:], sign * upper[:, :, ell::-1]
    even, odd = positive + negative, positive - negative
    even[:, :, 0] /= 2
    order = np.arange(ell + 1)
    scale = np.sqrt(2) * (-1.0) ** order
    scale[0] = 1.0
    c, s = (f(phi[:, None] * order)[:, :, None] * scale[:, None] for f in (np.cos, np.sin))
    out = np.empty((len(phi), 2 * ell + 1, 2 * ell + 1))
    # exp(i m phi) times (even + i odd): real parts go to +m, imaginary ones to -m.
    out[:, ell:, ell:], out[:, ell::-1, ell:] = c * even, s * even
    back = odd[:, :, :0:-1]
    out[:, ell:, :ell], out[:, ell::-1, :ell] = -s * back, c * back
    # Order 0 has no imaginary part; the second writing put it there.
    out[:, ell, ell:], out[:, ell, :ell] = even[:, 0], 0.0
    return out
