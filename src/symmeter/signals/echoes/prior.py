"""Prior of the parameters of a comb: widths log-uniform, the others uniform, spacings and bands from a remnant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, UnknownNameError
from symmeter.signals.echoes.detector_data import DetectorData

__all__ = ["UniEwPrior"]


@dataclass(frozen=True)
class UniEwPrior:
    """Prior of a uniform comb.

    Attributes
    ----------
    width : (float or None, float)
        Radians per second, log-uniform; None is one over the duration of the data, below which nothing is resolved.
    amplitude : (float, float)
        Uniform: strain per hertz, or multiples of the mean modulus of the noise.
    spacing : (float, float)
        Hertz.
    band : (float, float)
        Hertz: fmin and fmax, or with ``free_band`` the range in which both are uniform, ``min_modes`` spacings apart.
    free_band : bool
    spacing_density : {"uniform", "proportional"}
        ``"proportional"`` grows with the spacing: uniform in spacing and in the hertz of the phase below it.
    min_modes : int
    amplitude_unit : {"strain", "noise"}
    """

    width: tuple[float | None, float] = (None, 0.5)
    amplitude: tuple[float, float] = (0.0, 10.0)
    spacing: tuple[float, float] = (1.0, 10.0)
    band: tuple[float, float] = (50.0, 339.0)
    free_band: bool = False
    spacing_density: str = "uniform"
    min_modes: int = 10
    amplitude_unit: str = "strain"

    def __post_init__(self) -> None:
        for name in ("amplitude", "spacing", "band"):
            low, high = (float(v) for v in getattr(self, name))
            if not (np.isfinite(low) and np.isfinite(high) and 0 <= low < high):
                raise InputError(f"the range of {name} is ({low:g}, {high:g}); give two growing numbers, zero or more")
        low, high = self.width
        if not (np.isfinite(high) and high > 0 and (low is None or 0 < low < high)):
            raise InputError(f"the range of width is ({low}, {high:g}); give two growing positive numbers")
        if self.spacing[0] <= 0:
            raise InputError("the least spacing is zero; it must be positive")
        if self.spacing_density not in ("uniform", "proportional"):
            raise UnknownNameError(f"no density is called {self.spacing_density!r}; use uniform or proportional")
        if self.amplitude_unit not in ("strain", "noise"):
            raise UnknownNameError(f"no unit is called {self.amplitude_unit!r}; use strain or noise")
        if self.min_modes < 2:
            raise InputError(f"min_modes is {self.min_modes}; a comb has two lines or more")
        modes = (self.band[1] - self.band[0]) / (self.spacing[1] if self.free_band else self.spacing[0])
        if modes < self.min_modes:
            raise InputError(
                f"the band {self.band[0]:g} to {self.band[1]:g} Hz holds {modes:.1f} lines; it must hold "
                f"min_modes = {self.min_modes}: widen it, or narrow the spacing"
            )

    @classmethod
    def from_remnant(
        cls, mass: Any, spin: Any, redshift: Any = 0.0, eta: tuple[float, float] = (1.0, 4.0), **changes: Any
    ) -> UniEwPrior:
        """From the remnant: spacing of walls ``eta`` Planck lengths away, band up to the ringdown.

        Parameters
        ----------
        mass, spin, redshift : float, (float, float), or array of samples
            Solar masses in the frame of the source; a value, a value with its deviation, or samples.
        eta : (float, float)
        **changes
            Other attributes of the prior.

        Examples
        --------
        >>> prior = UniEwPrior.from_remnant(68.0, 0.69, 0.09)
        >>> [round(v, 3) for v in prior.spacing], round(prior.band[1], 1)
        ([1.569, 6.276], 231.3)
        """
        from symmeter.signals.echoes.remnant import remnant_ranges

        found = remnant_ranges(mass, spin, redshift, eta)
        settings: dict[str, Any] = {
            "width": (None, found.widest), "amplitude": (0.01, 10.0), "spacing": found.spacing,
            "band": (0.0, found.highest), "free_band": True, "amplitude_unit": "noise",
        }  # fmt: skip
        return cls(**{**settings, **changes})

    def replace(self, **changes: Any) -> UniEwPrior:
        return replace(self, **changes)

    def settled(self, data: DetectorData) -> UniEwPrior:
        """With numbers where the prior depends on the data, checked against them.

        Raises
        ------
        InputError
            Data too short (below two over the least spacing), bands above Nyquist, widths below one over the duration.
        """
        shortest = 2.0 / self.spacing[0]
        if data.duration <= shortest:
            raise InputError(
                f"{data.duration:g} s of data are too short: spacings from {self.spacing[0]:g} Hz need {shortest:.4g} s"
            )
        if self.band[1] > data.highest + data.df:
            raise InputError(f"fmax {self.band[1]:g} Hz lies above the data's highest frequency, {data.highest:g} Hz")
        low = data.df if self.width[0] is None else self.width[0]
        if low < data.df * (1.0 - 1e-9):
            raise InputError(f"the width prior starts at {low:g}, below one over the duration, {data.df:g}; raise it")
        if low >= self.width[1]:
            raise InputError(
                f"the width prior ends at {self.width[1]:g}, one over the duration is {low:g}; take more data"
            )
        amplitude = self.amplitude
        if self.amplitude_unit == "noise":
            unit = noise_modulus(data, self.band)
            amplitude = (amplitude[0] * unit, amplitude[1] * unit)
        return replace(self, width=(low, self.width[1]), amplitude=amplitude, amplitude_unit="strain")

    def sample(self, n: int, rng: np.random.Generator | int | None = 0) -> Float[np.ndarray, "n 6"]:
        """Draws, in the order of ``PARAMETERS``; the prior must be settled."""
        self._must_be_settled()
        rng = np.random.default_rng(rng)
        u = rng.random((6, n))
        low, high = self.width
        assert low is not None
        out = np.empty((n, 6))
        out[:, 0] = low * (high / low) ** u[0]
        out[:, 1] = self.amplitude[0] + (self.amplitude[1] - self.amplitude[0]) * u[1]
        out[:, 2] = u[2]
        a, b = self.spacing
        if self.free_band:
            # The room for bands shrinks with the spacing: draw by rejection.
            return self._with_bands(out, rng)
        out[:, 3] = a + (b - a) * u[3] if self.spacing_density == "uniform" else np.sqrt(a * a + (b * b - a * a) * u[3])
        out[:, 4], out[:, 5] = self.band
        return out

    def _with_bands(self, out: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        have, n = 0, len(out)
        a, b = self.spacing
        low, high = self.band
        while have < n:
            m = 4 * (n - have) + 64
            spacing = a + (b - a) * rng.random(m)
            if self.spacing_density == "proportional":
                spacing = np.sqrt(a * a + (b * b - a * a) * rng.random(m))
            ends = low + (high - low) * rng.random((2, m))
            good = np.flatnonzero(ends[1] - ends[0] > self.min_modes * spacing)[: n - have]
            rows = slice(have, have + len(good))
            out[rows, 3], out[rows, 4], out[rows, 5] = spacing[good], ends[0, good], ends[1, good]
            have += len(good)
        return out

    def transform(self, u: Float[np.ndarray, "n p"]) -> Float[np.ndarray, "n 6"]:
        """Combs at places of the unit cube of 4 dimensions (6 with a free band), as nested samplers want the prior."""
        self._must_be_settled()
        u = np.asarray(u, dtype=float)
        low, high = self.width
        assert low is not None
        out = np.empty((len(u), 6))
        out[:, 0] = low * (high / low) ** u[:, 0]
        out[:, 1] = self.amplitude[0] + (self.amplitude[1] - self.amplitude[0]) * u[:, 1]
        out[:, 2] = np.minimum(u[:, 2], 1.0 - 1e-16)
        a, b = self.spacing
        if not self.free_band:
            proportional = self.spacing_density == "proportional"
            out[:, 3] = np.sqrt(a * a + (b * b - a * a) * u[:, 3]) if proportional else a + (b - a) * u[:, 3]
            out[:, 4:] = self.band
            return out
        # The room for bands is a polynomial of the spacing: its share below each, on a grid that linear steps resolve.
        s = np.linspace(a, b, 4001)
        weight = self.band_room(s) * (s if self.spacing_density == "proportional" else 1.0)
        share = np.concatenate([[0.0], np.cumsum(0.5 * (weight[1:] + weight[:-1]))])
        out[:, 3] = np.interp(u[:, 3], share / share[-1], s)
        # Of a triangle: lengths beyond the least have a linear density, and places are uniform in what is left.
        least = self.min_modes * out[:, 3]
        room = self.band[1] - self.band[0] - least
        length = least + room * (1.0 - np.sqrt(u[:, 4]))
        out[:, 4] = self.band[0] + (self.band[1] - self.band[0] - length) * u[:, 5]
        out[:, 5] = out[:, 4] + length
        return out

    def band_room(self, spacing: Any) -> Any:
        """Area of (fmin, fmax) that a spacing leaves, ``(L - min_modes spacing)**2 / 2``; one for fixed bands."""
        if not self.free_band:
            return np.ones_like(np.asarray(spacing, dtype=float))
        left = np.maximum(self.band[1] - self.band[0] - self.min_modes * np.asarray(spacing), 0.0)
        return 0.5 * left**2

    def ln_density(self, theta: Float[np.ndarray, "n p"]) -> Float[np.ndarray, " n"]:
        """ln of the normalised density of (width, amplitude, phase, spacing[, fmin, fmax])."""
        self._must_be_settled()
        w, amp, q0, space, fmin, fmax = np.asarray(theta, dtype=float)[:, :6].T
        low, high = self.width
        assert low is not None
        a, b = self.spacing
        inside = (w >= low) & (w <= high) & (amp >= self.amplitude[0]) & (amp <= self.amplitude[1])
        inside &= (space >= a) & (space <= b) & (q0 >= 0) & (q0 < 1)
        density = -np.log(np.maximum(w, 1e-300) * np.log(high / low)) - np.log(self.amplitude[1] - self.amplitude[0])
        if self.spacing_density == "proportional":
            density += np.log(np.maximum(space, 1e-300))
        density -= np.log(self._spacing_norm())
        if self.free_band:
            inside &= (fmin >= self.band[0]) & (fmax <= self.band[1]) & (fmax - fmin > self.min_modes * space)
        return np.where(inside, density, -np.inf)

    def _spacing_norm(self) -> float:
        a, b = self.spacing
        x, w = np.polynomial.legendre.leggauss(16)
        s = 0.5 * (a + b) + 0.5 * (b - a) * x
        weight = s if self.spacing_density == "proportional" else np.ones_like(s)
        # Polynomials of degree three at most (bands never vanish inside the range): exact.
        return float(0.5 * (b - a) * np.sum(w * weight * self.band_room(s)))

    def _must_be_settled(self) -> None:
        if self.width[0] is None or self.amplitude_unit != "strain":
            raise InputError("the prior depends on the data: take prior.settled(data) first")


def noise_modulus(data: DetectorData, band: tuple[float, float]) -> float:
    """Mean of ``|n(f)|`` of the network's noise in a band: of white noise, ``sqrt(pi T S / 8)``."""
    _, weight = data.channels(True)
    f = data.frequencies
    inside = (f >= band[0]) & (f <= band[1]) & (weight[0] > 0)
    if not np.any(inside):
        raise InputError(f"every bin from {band[0]:g} to {band[1]:g} Hz is masked or beyond the psd")
    inverse = float(np.mean(weight[0][inside])) / (4.0 * data.df)
    return float(np.sqrt(np.pi * data.duration / (8.0 * inverse)))
