"""A uniform comb of damped lines: the template of echoes that assumes no waveform ("UniEw").

A line that starts with the data and decays at the rate ``w`` has the spectrum ``A w / (w + i omega) (1 - exp(-T (w + i
omega)))``, omega from its centre. Lines sit at ``(n + q0) spacing``. Each keeps what rises above a fifth of its peak
(87.18 % of its power), at least three bins to each side, and ends half way to its neighbours.

References
----------
J. Ren, D. Wu, arXiv:2105.01912 (2021); D. Wu, P. Gao, J. Ren, N. Afshordi, arXiv:2308.01017 (2023).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Complex, Float, Int

from symmeter.errors import InputError, NonFiniteError, UnknownNameError, nearest_name

__all__ = ["CUT", "PARAMETERS", "TRUNCATIONS", "Comb", "comb_template", "cut_of_lines", "ln_bessel_i0"]

#: Order of the parameters in arrays; the last may be left out.
PARAMETERS = ("width", "amplitude", "phase", "spacing", "fmin", "fmax", "t_offset")
TRUNCATIONS = ("exact", "reference")
#: Share of a line's peak below which it is dropped.
CUT = 0.2


def ln_bessel_i0(x: Any) -> Any:
    """``ln I0(x)``, which does not overflow.

    Examples
    --------
    >>> print(f"{ln_bessel_i0(3.7):.12f} {ln_bessel_i0(1e6):.6f}")
    2.167751999143 999992.173306
    """
    from scipy.special import i0e

    x = np.abs(x)
    return np.log(i0e(x)) + x


def check_truncation(name: str) -> str:
    if name not in TRUNCATIONS:
        near = nearest_name(str(name), TRUNCATIONS)
        right = f"did you mean {near}?" if near else "use exact or reference"
        raise UnknownNameError(f"no truncation is called {name!r}; {right}")
    return name


def cut_of_lines(width: Any, spacing: Any, duration: float, cut: float = CUT) -> Any:
    """Half of the angular frequency that a line keeps: ``min(max(w sqrt(1 - cut**2) / cut, 6 pi / T), pi spacing)``."""
    resolved = np.asarray(width) * (np.sqrt(1.0 - cut * cut) / cut)
    return np.minimum(np.maximum(resolved, 6.0 * np.pi / duration), np.pi * np.asarray(spacing))


@dataclass(frozen=True)
class Comb:
    """A comb of lines.

    Attributes
    ----------
    width : float
        ``w = 1 / tau``, radians per second.
    amplitude : float
        Height of a resolved line, strain per hertz.
    phase : float
        Place of the lines, in spacings, in [0, 1).
    spacing : float
        Hertz.
    fmin, fmax : float
        Hertz; bins outside carry nothing.
    t_offset : float
        Seconds from the start of the data to the first echo.
    """

    width: float
    amplitude: float
    phase: float
    spacing: float
    fmin: float
    fmax: float
    t_offset: float = 0.0

    def __post_init__(self) -> None:
        values = [getattr(self, name) for name in PARAMETERS]
        if not all(np.isfinite(v) for v in values):
            raise NonFiniteError(f"a comb has finite parameters; got {dict(zip(PARAMETERS, values))}")
        if self.width <= 0 or self.spacing <= 0:
            raise InputError(f"width {self.width:g} and spacing {self.spacing:g} of a comb must be positive")
        if self.amplitude < 0:
            raise InputError(f"the amplitude of a comb is {self.amplitude:g}; it cannot be negative")
        if not 0 <= self.fmin < self.fmax:
            raise InputError(f"fmin {self.fmin:g} and fmax {self.fmax:g} must grow from zero or more")

    @classmethod
    def of(cls, theta: Any) -> Comb:
        """From a Comb, a mapping with the names of ``PARAMETERS``, or six or seven numbers in that order."""
        if isinstance(theta, cls):
            return theta
        if isinstance(theta, dict):
            missing = [name for name in PARAMETERS[:6] if name not in theta]
            if missing:
                raise InputError(f"a comb has no {missing[0]!r}; give {', '.join(PARAMETERS[:6])}")
            return cls(*(float(theta[name]) for name in PARAMETERS if name in theta))
        row = np.asarray(theta, dtype=float).ravel()
        if len(row) not in (6, 7):
            raise InputError(f"a comb has 6 or 7 parameters ({', '.join(PARAMETERS)}); got {len(row)}")
        return cls(*(float(v) for v in row))

    def array(self) -> Float[np.ndarray, "7"]:
        """The parameters in the order of ``PARAMETERS``."""
        return np.array([getattr(self, name) for name in PARAMETERS])

    def replace(self, **changes: float) -> Comb:
        return replace(self, **changes)

    @property
    def mode_frequencies(self) -> Float[np.ndarray, " m"]:
        """Hertz; the lines whose centres lie in the band."""
        first = int(np.ceil(self.fmin / self.spacing - self.phase))
        last = int(np.floor(self.fmax / self.spacing - self.phase))
        return (np.arange(first, last + 1) + self.phase) * self.spacing

    @property
    def delay(self) -> float:
        """Seconds between echoes: one over the spacing."""
        return 1.0 / self.spacing

    def modes(self, frequencies: Float[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
        """Number of the nearest line of each frequency."""
        return np.floor(np.asarray(frequencies) / self.spacing - self.phase + 0.5).astype(int)

    def template(
        self, frequencies: Float[np.ndarray, " n"], duration: float | None = None, truncation: str = "exact"
    ) -> Complex[np.ndarray, " n"]:
        """The spectrum; see :func:`comb_template`."""
        return comb_template(self, frequencies, duration, truncation)

    def snr(self, frequencies: Float[np.ndarray, " n"], psd: Any, duration: float | None = None) -> float:
        """Optimal signal-to-noise ratio, ``sqrt(4 df sum |h|**2 / S)``."""
        f = np.asarray(frequencies, dtype=float)
        h = self.template(f, duration)
        return float(np.sqrt(4.0 * (f[1] - f[0]) * np.sum(np.abs(h) ** 2 / np.asarray(psd, dtype=float))))


def even_grid(frequencies: Any) -> tuple[Float[np.ndarray, " n"], float]:
    """Frequencies as an array, with their step; they must start at a multiple of it."""
    f = np.asarray(frequencies, dtype=float)
    if f.ndim != 1 or len(f) < 2:
        raise InputError(f"frequencies are a list of two or more; got shape {f.shape}")
    step = float((f[-1] - f[0]) / (len(f) - 1))
    if not np.isfinite(step) or step <= 0 or np.max(np.abs(np.diff(f) - step)) > 1e-6 * step:
        raise InputError("frequencies must grow in even steps, j times one over the duration")
    return f, step


def comb_template(
    comb: Comb | Any,
    frequencies: Float[np.ndarray, " n"],
    duration: float | None = None,
    truncation: str = "exact",
    cut: float = CUT,
) -> Complex[np.ndarray, " n"]:
    """Spectrum of a comb, zero outside its lines and its band.

    Parameters
    ----------
    comb : Comb, mapping, or six or seven numbers
    frequencies : array of shape (n,)
        Even steps of ``df``, from a multiple of it, hertz.
    duration : float, optional
        Seconds of data; one over the step when omitted.
    truncation : {"exact", "reference"}
        How lines end with the data: ``exp(-T (w + i omega))`` as the transform has it, or with ``w - i omega`` as in
        the published code. The two differ by one phase for each line when the duration is one over the step.
    cut : float
        Share of the peak at which lines are cut.

    Returns
    -------
    complex array of shape (n,)
        Strain per hertz.

    Examples
    --------
    >>> f = np.arange(8192) / 8.0
    >>> h = comb_template(Comb(0.3, 0.1, 0.4, 6.5, 60.0, 300.0), f)
    >>> int(np.count_nonzero(h)), round(float(np.abs(h).max()), 4)
    (222, 0.0864)
    """
    comb = Comb.of(comb)
    check_truncation(truncation)
    f, df = even_grid(frequencies)
    total = 1.0 / df if duration is None else float(duration)
    centres = (comb.modes(f) + comb.phase) * comb.spacing
    om = 2.0 * np.pi * (f - centres)
    bins = np.rint(f / df).astype(int)
    kept = np.abs(om) < cut_of_lines(comb.width, comb.spacing, total, cut)
    first, last = band_of_bins(comb.fmin, comb.fmax, df)
    kept &= (bins >= first) & (bins < last)
    om, sign = om[kept], (1.0 if truncation == "exact" else -1.0)
    ends = 1.0 - np.exp(-total * (comb.width + sign * 1j * om))
    h = np.zeros(len(f), dtype=complex)
    h[kept] = comb.amplitude * comb.width / (comb.width + 1j * om) * ends
    if comb.t_offset:
        h[kept] *= np.exp(-2j * np.pi * f[kept] * comb.t_offset)
    return h


def band_of_bins(fmin: float, fmax: float, df: float) -> tuple[int, int]:
    """First bin of a band, and the one after its last, as the published code cuts."""
    return int(fmin / df), int(fmax / df + 2)
