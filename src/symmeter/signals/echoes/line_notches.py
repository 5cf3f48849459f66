"""Spectral lines of instruments: found as bumps over a running median, and left out of the search."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from symmeter.errors import InputError
from symmeter.signals.echoes.power_spectrum import PowerSpectrum

__all__ = ["LineMask", "notch_lines"]


class LineMask(np.ndarray):
    """Booleans on the frequencies of a density, True where a line is; the bands they stand for come along.

    Attributes
    ----------
    bands : tuple of (float, float)
        Hertz.
    """

    bands: tuple[tuple[float, float], ...]

    def __array_finalize__(self, other: Any) -> None:
        self.bands = getattr(other, "bands", ())

    def on(self, frequencies: Any) -> np.ndarray:
        """The mask on other frequencies."""
        return in_bands(frequencies, self.bands)


def in_bands(frequencies: Any, bands: Iterable[tuple[float, float]]) -> np.ndarray:
    f = np.asarray(frequencies, dtype=float)
    out = np.zeros(f.shape, dtype=bool)
    for low, high in bands:
        out |= (f >= low) & (f <= high)
    return out


def checked_bands(bands: Any) -> tuple[tuple[float, float], ...]:
    out = []
    for band in bands:
        try:
            low, high = (float(v) for v in band)
        except (TypeError, ValueError):
            raise InputError(f"a band is a pair (low, high) of hertz; got {band!r}") from None
        if not 0 <= low < high:
            raise InputError(f"the band ({low:g}, {high:g}) Hz does not grow from zero or more")
        out.append((low, high))
    return tuple(out)


def notch_lines(
    psd: PowerSpectrum,
    extra: Iterable[tuple[float, float]] = (),
    *,
    threshold: float | None = None,
    width: float = 32.0,
    margin: int = 1,
) -> LineMask:
    """Where lines stand out of a density.

    Parameters
    ----------
    psd : PowerSpectrum
    extra : pairs of floats
        Further bands to leave out, hertz: mains, calibration lines.
    threshold : float, optional
        Times the running median that makes a line; by default what noise alone reaches once in a thousand spectra.
    width : float
        Hertz of the running median.
    margin : int
        Bins to leave out on each side of a line.

    Returns
    -------
    LineMask
        For the argument ``mask`` of the search: such bins get the weight zero, and drop out of it exactly.

    Examples
    --------
    >>> f = np.arange(1025.0) / 2
    >>> psd = PowerSpectrum(f, np.where(f == 60.0, 50.0, 1.0))
    >>> notch_lines(psd, extra=[(120, 121)]).bands
    ((59.25, 60.75), (120.0, 121.0))
    """
    from scipy.ndimage import median_filter

    f, s = psd.frequencies, psd.values
    df = float(f[1] - f[0])
    if threshold is None:
        # Relative scatter of the estimate, 1 / sqrt(averages); the tail of its logarithm, by a normal one.
        sigma = 0.0 if not np.isfinite(psd.averages) else 1.0 / np.sqrt(psd.averages)
        threshold = max(1.5, float(np.exp(np.sqrt(2.0 * np.log(1e3 * len(s))) * sigma)))
    if not threshold > 1:
        raise InputError(f"the threshold is {threshold:g}; a line stands out of the median by a factor above one")
    size = int(width / df) // 2 * 2 + 1
    finite = np.where(np.isfinite(s), s, np.nanmax(np.where(np.isfinite(s), s, np.nan)))
    floor = median_filter(finite, max(size, 3), mode="nearest")
    marks = finite > threshold * floor
    marks[0] = False
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marks, [False]]).astype(int)))
    reach = (margin + 0.5) * df
    found = tuple((max(float(f[a]) - reach, 0.0), float(f[b - 1]) + reach) for a, b in zip(edges[::2], edges[1::2]))
    mask = np.zeros(len(f), dtype=bool).view(LineMask)
    mask.bands = found + checked_bands(extra)
    mask |= in_bands(f, mask.bands)
    return mask
