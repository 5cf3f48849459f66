"""From strain and the spectra of its noise to the data of a search."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from symmeter.errors import InputError, ShapeError
from symmeter.signals.echoes.detector_data import DetectorData
from symmeter.signals.echoes.line_notches import LineMask, checked_bands, in_bands
from symmeter.signals.echoes.power_spectrum import PowerSpectrum
from symmeter.signals.echoes.strain import Strain

__all__ = ["LateOnset", "prepare"]


class LateOnset(UserWarning):
    """Data that do not start with the echoes, so that phases run across lines."""


def as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _density(psd: Any, f: np.ndarray) -> np.ndarray:
    if isinstance(psd, PowerSpectrum):
        return psd.on(f)
    if isinstance(psd, str):
        from symmeter.signals.echoes.design_noise import design_psd

        return design_psd(psd, f)
    values = np.asarray(psd, dtype=float)
    if values.ndim == 0:
        return np.full(len(f), float(values))
    if values.shape == (len(f) + 1,):
        return values[:-1]
    if values.shape != f.shape:
        raise ShapeError(
            f"the psd has {values.size} frequencies and the data {len(f)}; give a PowerSpectrum, which is interpolated"
        )
    return values


def _mask(mask: Any, psd: Any, f: np.ndarray) -> np.ndarray:
    if isinstance(mask, LineMask) and mask.bands:
        return mask.on(f)
    array = np.asarray(mask)
    if array.dtype != bool:
        return in_bands(f, checked_bands(mask))
    if array.shape == f.shape:
        return array
    if isinstance(psd, PowerSpectrum) and array.shape == psd.frequencies.shape:
        step = psd.frequencies[1] - psd.frequencies[0]
        return array[np.clip(np.rint(f / step).astype(int), 0, len(array) - 1)]
    raise ShapeError(f"the mask has shape {array.shape}; the data have {len(f)} frequencies")


def prepare(
    strains: Any,
    psd: Any,
    *,
    mask: Any = None,
    onset: float | None = None,
    delays: Any = None,
    antenna: Any = None,
    width: float | None = None,
) -> DetectorData:
    """The data of a search.

    Parameters
    ----------
    strains : Strain, or a list of one for each detector
        Of equal rates and durations; they should start with the first echo.
    psd : PowerSpectrum, float, array, name of a design curve, or a list of one for each detector
        One-sided.
    mask : LineMask, bool array (True: left out), list of bands, or a list of one for each detector, optional
    onset : float, optional
        Time of the first echo; the data are cut to start there, or a warning says what the gap costs.
    delays : array, optional
        Seconds by which the wave reaches each detector late.
    antenna : complex array, optional
    width : float, optional
        Of lines, radians per second, for the warning.

    Raises
    ------
    SymmeterError
        Strains that do not fit together, densities on other grids.

    Warns
    -----
    LateOnset
        If the data start after the first echo.
    """
    series = [Strain.of(s) for s in as_list(strains)]
    if not series:
        raise InputError("there is no strain to search")
    rates, lengths = {s.sample_rate for s in series}, {len(s.values) for s in series}
    if len(rates) > 1 or len(lengths) > 1:
        shown = ", ".join(f"{s.duration:g} s at {s.sample_rate:g} Hz" for s in series)
        raise InputError(f"the strains of detectors must have one rate and duration; got {shown}")
    if onset is not None:
        series = [_from_onset(s, onset, width) for s in series]
    f = series[0].spectrum()[0]
    densities = as_list(psd) if isinstance(psd, (list, tuple)) else [psd] * len(series)
    if len(densities) != len(series):
        raise ShapeError(f"there are {len(densities)} densities for {len(series)} detectors")
    masks: Sequence[Any] = [mask] * len(series)
    if isinstance(mask, (list, tuple)) and mask and isinstance(mask[0], np.ndarray):
        masks = mask
    table = np.array([_density(p, f) for p in densities])
    hidden = None
    if mask is not None:
        hidden = np.array([_mask(m, p, f) for m, p in zip(masks, densities)])
    floors = np.array([s.lowest for s in series])
    if np.any(floors > 0):
        below = f < floors[:, None]
        hidden = below if hidden is None else hidden | below
    names = [s.detector or f"detector {i + 1}" for i, s in enumerate(series)]
    spectra = np.array([s.spectrum()[1] for s in series])
    return DetectorData.of(f, spectra, table, mask=hidden, delays=delays, antenna=antenna, names=names)


def _from_onset(strain: Strain, onset: float, width: float | None) -> Strain:
    late = strain.start - onset
    if late <= 0.5 / strain.sample_rate:
        return strain.cut(onset)
    w = 1.0 / strain.duration if width is None else width
    # Lines have decayed by then, and phases run by w times the delay across each.
    kept = float(np.exp(-2.0 * w * late))
    warnings.warn(
        f"the data start {late:.4g} s after the echoes: lines of width {w:.3g} keep {100 * kept:.3g} % of their power, "
        f"and phases run by {w * late:.3g} rad across them",
        LateOnset,
        stacklevel=3,
    )
    return strain
